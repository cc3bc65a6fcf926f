"""What a request would earn everybody if it were won, delivered and kept: by the very engine that pays, before
the sale, and marked as not yet earned.

It is read in the company's Work: who stands above the seller is not everybody's to see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from mainstem import attribution, leads, network
from mainstem.attribution import AttributionRequest, LeadCredit
from mainstem.earnings.delivered import upline_of
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.network import Upline
from mainstem.orders import PlannedOrder, Sale, estimated
from mainstem.plan import Credit, Member, Milestone, Portion, SaleRule, credits, places


@dataclass(frozen=True, slots=True)
class EstimatedShare:
    """What one level would get for one milestone by one rule: `rate_bp`, or `each` for a piece. `amount` is
    None while nobody knows what the work costs."""

    milestone: Milestone
    rule: str
    level: int
    rate_bp: int
    each: Money | None
    beneficiary_id: int
    beneficiary: str
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a request would earn. `amount` is what it was worked out of, tax included: the quote's, or the
    `list_price` of the service; None where there is neither. `reached` are the milestones behind it already,
    none of which is earned. `earns` is whether anybody would be paid, and `earns_reason` why not."""

    home_id: int
    lead_id: UUID
    number: str
    service: str
    currency: str
    amount: Money | None
    is_list_price: bool
    counts: Money | None
    reached: tuple[Milestone, ...]
    earns: bool
    earns_reason: str
    shares: list[EstimatedShare]

    @property
    def total(self) -> Money | None:
        """All shares together; None while nobody knows what the work costs."""
        if self.amount is None:
            return None
        return Money(sum(one.amount.minor for one in self.shares if one.amount), self.currency)

    def of(self, affiliate_id: int) -> list[EstimatedShare]:
        """Those of one affiliate, which alone are theirs to see."""
        return [one for one in self.shares if one.beneficiary_id == affiliate_id]


_LEAD = """
SELECT l.home_id, l.id, l.number, l.product_id, l.storefront_id, l.state, l.currency, l.client_key,
       l.phone_key, l.address, l.seller_id, l.attributed_by, l.attribution, s.slug AS storefront,
       coalesce(own.name, english.name, p.slug) AS service,
       -- What the client has before them, else what is being written.
       (SELECT amount_minor FROM quote q WHERE q.home_id = l.home_id AND q.lead_id = l.id
           AND q.state IN ('sent', 'viewed', 'draft') ORDER BY q.state = 'draft', q.no DESC LIMIT 1) AS quoted_minor
  FROM lead l
  JOIN storefront s ON s.id = l.storefront_id
  JOIN product p ON p.id = l.product_id
  LEFT JOIN product_text own ON own.product_id = p.id AND own.locale = %(locale)s
  LEFT JOIN product_text english ON english.product_id = p.id AND english.locale = 'en'
 WHERE l.home_id = %(home)s AND l.id = %(lead)s"""

_REACHED: dict[str, tuple[Milestone, ...]] = {
    "qualified": ("qualified",),
    "quoted": ("qualified",),
    "won": ("qualified", "won"),
}


def estimate(
    work: Work, home_id: int, lead_id: UUID, *, locale: str, amount: Money | None = None
) -> Estimate | None:
    """What an open request would earn everybody, of an amount with tax or of what it is quoted at; None for
    one that is over. Raises NotFound."""
    lead = work.row(_LEAD, home=home_id, lead=lead_id, locale=locale)
    if lead is None:
        raise NotFound("lead")
    if lead.state in leads.CLOSED:
        return None
    of, is_list_price = _amount(work, lead, amount)
    decision, upline = _credited(work, lead)
    counted = _counted(work, lead, of)
    sale = _sale(work, lead, counted)
    planned = estimated(work, sale, decision.seller_id, upline)
    members = _members(planned, upline)
    shares = list(_shares(planned, members, lead.currency, counted)) if decision.earns else []
    names = network.names(work, [one.beneficiary_id for one in shares])
    return Estimate(
        home_id=home_id,
        lead_id=lead_id,
        number=lead.number,
        service=lead.service,
        currency=lead.currency,
        amount=of,
        is_list_price=is_list_price,
        counts=Money(counted.counts_minor, lead.currency) if counted else None,
        reached=_REACHED.get(lead.state, ()),
        earns=decision.earns,
        earns_reason=decision.earns_reason,
        shares=[_named(one, names) for one in shares],
    )


def _amount(work: Work, lead: Any, amount: Money | None) -> tuple[Money | None, bool]:
    if amount is not None:
        return amount, False
    if lead.quoted_minor is not None:
        return Money(lead.quoted_minor, lead.currency), False
    listed = leads.list_price(work, lead.product_id, lead.currency, at=work.now())
    return listed, listed is not None


def _credited(work: Work, lead: Any) -> tuple[attribution.Decision, Upline]:
    """Who would be credited, as when the order is placed: as the lead was, with the upline of today."""
    request = AttributionRequest(
        storefront_id=lead.storefront_id,
        home_id=lead.home_id,
        client_key=lead.client_key,
        phone_key=lead.phone_key,
        code="",
        link="",
        at=work.now(),
        lead_credit=LeadCredit(lead.seller_id, lead.attributed_by, lead.attribution),
    )
    found = work.fetch_all(attribution.queries([request]))
    evidence = attribution.gather_evidence(work, [request], found, levels=None)
    decision = evidence.decide(request)
    return decision, evidence.uplines[decision.seller_id]


def _sale(work: Work, lead: Any, counted: leads.CountedQuote | None) -> Sale:
    cost = leads.cost_of(work, lead.product_id, lead.currency, at=work.now())
    product = [("service", int(lead.product_id), cost is not None)]
    # Without an amount it is no large order.
    net = counted.net_minor if counted else 0
    return Sale(
        lead.currency, lead.storefront, lead.client_key, work.now(), product, net, from_lead=True
    )


@dataclass(frozen=True, slots=True)
class _Frozen:
    """What an order would keep of those above its seller."""

    upline: Sequence[int]
    groups: Any
    upline_facts: Any


def _members(planned: PlannedOrder, upline: Upline) -> list[Member]:
    return upline_of(_Frozen(upline.affiliates, upline.groups, planned.upline_facts))


def _counted(work: Work, lead: Any, of: Money | None) -> leads.CountedQuote | None:
    if of is None:
        return None
    return leads.counted_of_quote(work, lead.product_id, lead.address, of, at=work.now())


def _shares(
    planned: PlannedOrder,
    members: Sequence[Member],
    currency: str,
    counted: leads.CountedQuote | None,
) -> Iterator[EstimatedShare]:
    [rules] = planned.milestones
    credited = _credits(planned, members, currency, counted) if counted else None
    for milestone, rule in rules.items():
        for place in places(members, planned.plan.sale.uplines, rule.levels):
            if place.reason is not None or place.level is None:
                continue
            level, whose = rule.levels[place.level], place.member.id
            each = level.each_minor.get(currency)
            if not level.rate_bp and not each:
                continue
            minor = credited.get((rule.id, place.level), 0) if credited is not None else None
            yield EstimatedShare(
                milestone=milestone,
                rule=rule.id,
                level=place.level,
                rate_bp=level.rate_bp,
                each=Money(each, currency) if each else None,
                beneficiary_id=whose,
                beneficiary="",
                amount=None if minor is None else Money(minor, currency),
            )


def _credits(
    planned: PlannedOrder, members: Sequence[Member], currency: str, counted: leads.CountedQuote
) -> dict[tuple[str, int], int]:
    [rules] = planned.milestones
    portions = [
        Portion(
            rule.id,
            base := rule.of(counted.counts_minor, counted.net_minor, counted.margin_minor),
            pieces=1,
            # The service is worth once what it is worth, as `orders.sold_under` counts it.
            worth_minor=base if milestone == _counting(rules) else 0,
        )
        for milestone, rule in rules.items()
    ]
    found: list[Credit] = credits(planned.plan.sale, members, currency, portions)
    return {(one.rule, one.level): one.credited_minor for one in found}


def _counting(rules: dict[Milestone, SaleRule]) -> Milestone:
    return "delivered" if "delivered" in rules else next(iter(rules))


def _named(one: EstimatedShare, names: dict[int, str]) -> EstimatedShare:
    return replace(one, beneficiary=names[one.beneficiary_id])
