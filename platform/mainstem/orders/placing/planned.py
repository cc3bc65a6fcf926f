"""Under which rule of the plan each line of a batch is sold, and what of the upline is frozen for it.

What no plan in force asks about is not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from functools import partial
from typing import Any, NamedTuple

import msgspec

from mainstem.kit.bulk import given, relation
from mainstem.kit.work import Query, Work
from mainstem.money import MINOR_MAX
from mainstem.network import Upline
from mainstem.orders.placing.draft import Draft
from mainstem.orders.placing.known import Known
from mainstem.plan import NOBODY, Line, Milestone, Plan, SaleRule, book

UplineFacts = dict[str, dict[str, Any]]
"""By how many steps they stand above the seller: what of somebody decides whether they are paid."""


class _LookBack(NamedTuple):
    """An affiliate's own sales before an instant: within so many days, and how many are enough."""

    affiliate_id: int
    at: datetime
    days: int
    most: int


_OWN_SALES = f"""
SELECT asked.affiliate_id, asked.at, asked.days, count(sale.at)::int AS sales
  FROM {relation(_LookBack, "asked")}
  LEFT JOIN LATERAL (
       SELECT o.delivered_at AS at FROM orders o
        WHERE o.seller_id = asked.affiliate_id AND o.earns AND o.delivered_at <= asked.at
          AND o.delivered_at >= asked.at - make_interval(days => asked.days::int)
        LIMIT asked.most) AS sale ON true
 GROUP BY 1, 2, 3"""


class _RankAt(NamedTuple):
    affiliate_id: int
    at: datetime


# Their ranks when the last period before a sale was closed.
_RANKS = f"""
SELECT asked.affiliate_id, asked.at, last.highest, last.paid_as, last.qualified
  FROM {relation(_RankAt, "asked")}
 CROSS JOIN LATERAL (
       SELECT s.highest, s.paid_as, s.qualified
         FROM period_standing s JOIN period p USING (starts_on)
        WHERE s.home_id = asked.affiliate_id AND p.closed_at <= asked.at
        ORDER BY s.starts_on DESC LIMIT 1) AS last"""

# The oldest are enough: no plan asks for more than so many.
_CLIENTS = """
SELECT asked.key, array_agg(sale.paid_at ORDER BY sale.paid_at) AS paid
  FROM unnest(%(keys)s::text[]) AS asked (key)
 CROSS JOIN LATERAL (
       SELECT o.paid_at FROM orders o
        WHERE o.client_key = asked.key AND o.paid_at IS NOT NULL
          AND (%(refunded)s OR o.refunded_minor < o.paid_minor)
        ORDER BY o.placed_at LIMIT %(most)s) AS sale
 GROUP BY 1"""

_PRODUCTS = """
SELECT p.id, p.slug, p.category FROM product p WHERE p.id = ANY(%(ids)s::bigint[])"""


class Sale(NamedTuple):
    """What of an order the rules of a plan may ask about: `lines` are the kind and product of each, and
    whether it is known what it costs; `net_minor` is what all lines come to without tax and delivery;
    `imported` is one of a history, whose earlier orders may stand in the same batch, and `from_lead` one
    that a request was won by."""

    currency: str
    storefront: str
    client_key: str
    at: datetime
    lines: list[tuple[str, int, bool]]
    net_minor: int
    imported: bool = False
    from_lead: bool = False


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """The version of the plan that an order is sold under, the rules of each line (one for each milestone of
    a service; none where none is for it), and what is kept of whoever stands above the seller."""

    plan: Plan
    milestones: list[dict[Milestone, SaleRule]]
    upline_facts: UplineFacts | None

    @property
    def rules(self) -> list[SaleRule | None]:
        """What each line pays for being delivered."""
        return [rules.get("delivered") for rules in self.milestones]


def hold_days(rules: Mapping[Milestone, SaleRule]) -> int:
    """How long what a line pays for being delivered is held; the longest of the others where it pays nothing
    for that, 0 for nothing at all."""
    if "delivered" in rules:
        return rules["delivered"].hold_days
    return max((rule.hold_days for rule in rules.values()), default=0)


def milestone_rules(rules: Mapping[Milestone, SaleRule]) -> str | None:
    """What a line pays for its other milestones, as it is kept; None for nothing."""
    said = {
        milestone: {"rule": rule.id, "hold_days": rule.hold_days}
        for milestone, rule in rules.items()
        if milestone != "delivered"
    }
    return msgspec.json.encode(said).decode() if said else None


@dataclass(slots=True)
class PlanFacts:
    """What the plans in force ask about, of everything that a batch may be sold by."""

    published: list[book.Published]
    zone: tzinfo
    products: dict[int, tuple[str, str]] = field(default_factory=dict)
    own_sales: dict[tuple[int, datetime, int], int] = field(default_factory=dict)
    paid: dict[tuple[str, bool], list[datetime]] = field(default_factory=dict)
    """When a client's orders were paid, the oldest first: with or without those whose money went back."""

    ranks: dict[tuple[int, datetime], Any] = field(default_factory=dict)
    as_delivered: bool = False
    """Whether what a plan counts at delivery is counted at the sale: as if it were delivered at once."""

    def copy(self) -> PlanFacts:
        """The same before any of it is written, for a batch that may have to be written twice."""
        return replace(self, paid={key: list(paid) for key, paid in self.paid.items()})

    def of(
        self, sale: Sale, seller: int, upline: Upline, *, in_force: datetime | None = None
    ) -> PlannedOrder:
        """How one order is sold, by whoever is credited with it; by the version in force when it was
        placed, or at another instant."""
        plan = book.choose(self.published, in_force or sale.at, upline.joined_at)
        before = self._paid_before(sale, plan)
        # What no plan in force can tell apart is asked about once.
        alike: dict[tuple[object, ...], dict[Milestone, SaleRule]] = {}
        milestones = []
        for sold in sale.lines:
            kind, product_id, has_cost = sold
            sort = kind, self.products.get(product_id), has_cost
            if sort not in alike:
                line = self._line(sale, sold, seller, upline, before)
                alike[sort] = plan.sale.at_milestones(line, from_lead=sale.from_lead)
            milestones.append(alike[sort])
        return PlannedOrder(plan, milestones, self.upline_facts(sale, plan, upline))

    def lines(self, sale: Sale, seller: int, upline: Upline, plan: Plan) -> list[Line]:
        """Each line of a sale as a version of the plan is asked about it."""
        before = self._paid_before(sale, plan)
        return [self._line(sale, line, seller, upline, before) for line in sale.lines]

    def _paid_before(self, sale: Sale, plan: Plan) -> list[datetime]:
        known = self.paid.setdefault((sale.client_key, _counts_refunded(plan)), [])
        before = sorted(at for at in known if at <= sale.at)
        if sale.imported:
            # The next one of an imported history is not their first.
            known.append(sale.at)
        return before

    def _line(
        self,
        sale: Sale,
        sold: tuple[str, int, bool],
        seller: int,
        upline: Upline,
        before: Sequence[datetime],
    ) -> Line:
        kind, product_id, has_cost = sold
        product, department = self.products.get(product_id, ("", ""))
        day = sale.at.astimezone(self.zone).date()
        first = before[0].astimezone(self.zone).date() if before else day
        return Line(
            kind=kind,
            currency=sale.currency,
            product=product,
            departments=frozenset({department}),
            storefront=sale.storefront,
            affiliate=upline.slug,
            groups=frozenset((upline.groups or {}).get(str(seller), ())),
            sold_on=day,
            orders_before=len(before),
            months=months_between(first, day),
            has_cost=has_cost,
            order_minor=sale.net_minor,
        )

    def upline_facts(self, sale: Sale, plan: Plan, upline: Upline) -> UplineFacts | None:
        """What is kept of whoever stands above somebody, where a version of the plan asks for it."""
        facts: UplineFacts = {step: dict(one) for step, one in (upline.unpaid or {}).items()}
        asked = plan.sale.uplines
        for step, id in enumerate(upline.affiliates):
            # What is counted at delivery is counted then.
            at_sale = asked.own_sales_min and (self.as_delivered or not asked.asks_at_delivery)
            if at_sale and step and id != NOBODY:
                sales = self.own_sales.get((id, sale.at, asked.days), 0)
                facts.setdefault(str(step), {})["own_sales"] = sales
            if rank := self._rank(plan, id, sale.at):
                facts.setdefault(str(step), {})["rank"] = rank
        return facts or None

    def _rank(self, plan: Plan, affiliate_id: int, at: datetime) -> int:
        """The number of the rank that a sale sees somebody in; 0 for none."""
        found = self.ranks.get((affiliate_id, at))
        ranks = plan.document.period.ranks if plan.document.period else None
        if found is None or ranks is None:
            return 0
        name = {
            "highest_so_far": found.highest,
            "paid_as_of_last_period": found.paid_as,
            "qualified_in_last_period": found.qualified,
        }[ranks.sale_sees]
        names = plan.document.rank_names
        return names.index(name) + 1 if name in names else 0


def sale_of(draft: Draft, known: Known) -> Sale:
    """What a plan may ask about an order that is being placed."""
    assert draft.client is not None, "an order is checked before it is planned"
    wanted = draft.wanted
    return Sale(
        wanted.currency,
        known.stores[wanted.storefront_id].slug,
        draft.client.key,
        draft.at,
        [
            (line.offer.kind, line.offer.product_id, cost is not None)
            for line, cost in zip(draft.price.lines, costs_of(draft, known), strict=True)
        ],
        sum(line.total_minor - line.tax_minor for line in draft.price.lines),
        wanted.delivered_at is not None,
        wanted.lead_id is not None,
    )


def costs_of(draft: Draft, known: Known) -> list[int | None]:
    """What each line of an order costs the company, all its pieces together; None where it is not known."""
    if draft.wanted.channel == "import":
        return [None] * len(draft.price.lines)
    found = [known.costs.get((one.offer.sku, draft.wanted.currency)) for one in draft.price.lines]
    return [
        None if cost is None else min(cost * line.quantity, MINOR_MAX)
        for cost, line in zip(found, draft.price.lines, strict=True)
    ]


def read(
    work: Work,
    sales: Sequence[Sale],
    published: list[book.Published],
    uplines: Iterable[Upline],
    *,
    until: datetime | None = None,
    as_delivered: bool = False,
) -> PlanFacts:
    """What the plans that a batch may fall under ask about it, in one round trip; nothing where they ask
    nothing. `until` is the last instant at which a version may be in force for one of them."""
    facts = PlanFacts(published, work.tools.zone, as_delivered=as_delivered)
    plans, everybody = _in_play(published, sales, until), list(uplines)
    queries = [
        *_products_queries(plans, sales, facts),
        *_clients_queries(plans, sales, facts),
        *_own_sales_queries(plans, sales, everybody, facts),
        *_ranks_queries(plans, sales, everybody, facts),
    ]
    if queries:
        work.fetch_all(queries)
    return facts


def estimated(work: Work, sale: Sale, seller: int, upline: Upline) -> PlannedOrder:
    """How a sale would be sold if it were agreed to and delivered at this moment."""
    published = work.fetch(book.published_query())
    facts = read(work, [sale], published, [upline], as_delivered=True)
    return facts.of(sale, seller, upline)


def months_between(first: date, then: date) -> int:
    """Whole months from one day to another: 31 January to 28 February is none, to 1 March one."""
    months = (then.year - first.year) * 12 + then.month - first.month
    return months - (then.day < first.day)


def _in_play(
    published: Iterable[book.Published], sales: Sequence[Sale], until: datetime | None
) -> list[Plan]:
    """Those that an order of the batch may fall under: each down to the first that is for everybody."""
    latest, earliest = until or max(one.at for one in sales), min(one.at for one in sales)
    found = []
    for one in published:
        if one.effective_from > latest:
            continue
        found.append(one.plan)
        if one.is_for(earliest, datetime.min.replace(tzinfo=earliest.tzinfo)):
            break
    return found


def _products_queries(
    plans: Sequence[Plan], sales: Sequence[Sale], facts: PlanFacts
) -> Iterator[Query[None]]:
    if any(
        rule.when.products or rule.when.departments for plan in plans for rule in plan.sale.rules
    ):
        ids = sorted({product for sale in sales for _, product, _ in sale.lines})
        yield Query(_PRODUCTS, {"ids": ids}, partial(_keep_products, facts))


def _keep_products(facts: PlanFacts, rows: Iterable[Any]) -> None:
    facts.products = {row.id: (row.slug, row.category) for row in rows}


def _clients_queries(
    plans: Sequence[Plan], sales: Sequence[Sale], facts: PlanFacts
) -> Iterator[Query[None]]:
    keys = sorted({sale.client_key for sale in sales})
    for refunded in (True, False):
        rules = [
            rule.when
            for plan in plans
            if _counts_refunded(plan) == refunded
            for rule in plan.sale.rules
            if rule.when.asks_of_clients
        ]
        if rules:
            most = max(when.orders_max or 1 for when in rules)
            given = {"keys": keys, "most": most, "refunded": refunded}
            yield Query(_CLIENTS, given, partial(_keep_clients, facts, refunded))


def _counts_refunded(plan: Plan) -> bool:
    return plan.document.refunded_orders != "are_not_counted"


def _keep_clients(facts: PlanFacts, refunded: bool, rows: Iterable[Any]) -> None:
    facts.paid |= {(row.key, refunded): list(row.paid) for row in rows}


def _own_sales_queries(
    plans: Sequence[Plan], sales: Sequence[Sale], uplines: Iterable[Upline], facts: PlanFacts
) -> Iterator[Query[None]]:
    looks_back: dict[int, int] = {}
    for plan in plans:
        asked = plan.sale.uplines
        if asked.own_sales_min and (facts.as_delivered or not asked.asks_at_delivery):
            looks_back[asked.days] = max(looks_back.get(asked.days, 0), asked.own_sales_min)
    above = {id for one in uplines for id in one.affiliates[1:]} - {NOBODY}
    rows = [
        _LookBack(id, at, days, most)
        for days, most in looks_back.items()
        for at in sorted({sale.at for sale in sales})
        for id in sorted(above)
    ]
    if rows:
        yield Query(_OWN_SALES, given(rows, _LookBack, "asked"), partial(_keep_own_sales, facts))


def _keep_own_sales(facts: PlanFacts, rows: Iterable[Any]) -> None:
    facts.own_sales = {(row.affiliate_id, row.at, row.days): row.sales for row in rows}


def _ranks_queries(
    plans: Sequence[Plan], sales: Sequence[Sale], uplines: Iterable[Upline], facts: PlanFacts
) -> Iterator[Query[None]]:
    levels = (level for plan in plans for rule in plan.sale.rules for level in rule.levels)
    if any(level.rank_from for level in levels):
        ids = {id for one in uplines for id in one.affiliates} - {NOBODY}
        rows = [_RankAt(id, at) for at in sorted({sale.at for sale in sales}) for id in sorted(ids)]
        yield Query(_RANKS, given(rows, _RankAt, "asked"), partial(_keep_ranks, facts))


def _keep_ranks(facts: PlanFacts, rows: Iterable[Any]) -> None:
    facts.ranks = {(row.affiliate_id, row.at): row for row in rows}
