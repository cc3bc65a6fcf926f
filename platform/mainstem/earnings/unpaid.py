"""Why an affiliate was not paid for an order, or earns nothing of a member of their team: what is known,
gathered for `mainstem.plan.unpaid_reasons` to judge.

It is read in the company's Work, because the order may be of a shop that is not theirs to see. Nothing
that it gives names a client or another affiliate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from mainstem.earnings.delivered import ORDERS, credited_of, parties_of
from mainstem.earnings.queries import payable_on
from mainstem.kit import search_terms
from mainstem.kit.bulk import asked
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.network import ELIGIBLE
from mainstem.orders import CREDITED_TO, sold_under
from mainstem.plan import (
    NO_CAP,
    NOBODY,
    OF_A_LEAD,
    Member,
    MemberFacts,
    Party,
    Place,
    SalePlan,
    SaleRule,
    Standing,
    UnpaidFacts,
    UnpaidReason,
    book,
    places,
    why_nothing_from,
    why_unpaid,
)


@dataclass(frozen=True, slots=True)
class EarnedLine:
    """What an order has earned an affiliate by one rule at one level."""

    rule: str
    level: int
    amount: Money


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """Which order was meant, why the affiliate has of it what they have, and the lines that it is of."""

    home_id: int
    order_id: UUID
    number: str
    reason: UnpaidReason
    lines: list[EarnedLine]


_ORDER = f"""
SELECT o.home_id, o.id, o.number, o.currency, credited.groups, credited.upline_facts,
       credited.also_credited, o.state,
       o.paid_at IS NOT NULL AS is_paid, o.placed_at,
       credited.upline[1] AS seller_id, credited.upline, o.earns_reason, o.plan_version,
       CASE WHEN credited.reattributed THEN 'staff'
            WHEN o.attributed_by = 'binding' AND EXISTS (
                 SELECT FROM binding_change b
                  WHERE b.client_key = o.client_key AND b.to_affiliate_id = o.seller_id
                    AND b.state = 'approved' AND b.decided_at <= o.placed_at
                    AND b.bound_until > o.placed_at) THEN 'bound_by_staff'
            ELSE o.attributed_by END AS attributed_by,
       o.paid_minor > 0 AND o.refunded_minor + o.disputed_minor >= o.paid_minor AS is_all_back,
       coalesce(v.state, '') AS review, line.rules, line.due, line.delivered > 0 AS is_delivered,
       o.lead_id IS NULL AND line.has_service AS has_no_lead
  FROM orders o {CREDITED_TO}
  LEFT JOIN commission_review v ON v.home_id = o.home_id AND v.order_id = o.id
 CROSS JOIN LATERAL (SELECT array_agg(DISTINCT of_rule) AS rules,
                            array_agg(DISTINCT of_rule) FILTER (WHERE is_due) AS due
                       FROM order_line l {sold_under("l")}
                      WHERE l.home_id = o.home_id AND l.order_id = o.id) AS sold_by
 CROSS JOIN LATERAL (SELECT sold_by.rules, sold_by.due, sum(delivered) AS delivered,
                            bool_or(kind = 'service') AS has_service
                       FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id) AS line
 WHERE {search_terms.of_client("o")} AND o.number = %(number)s
 ORDER BY o.home_id = %(me)s DESC, o.placed_at DESC LIMIT 1"""

_EARNED = """
SELECT coalesce(sum(stands), 0)::bigint AS stands, coalesce(sum(credited), 0)::bigint AS credited,
       max(held_until) FILTER (WHERE stands > 0) AS held_until,
       max(held_until) FILTER (WHERE stands > 0)
         <= coalesce((SELECT max(day) FROM release_day), '-infinity') AS is_released
  FROM (SELECT held_until, sum(amount_minor) AS stands,
               sum(amount_minor) FILTER (WHERE kind = 'credit') AS credited
          FROM earning WHERE home_id = %(home)s AND source_id = %(order)s AND beneficiary_id = %(me)s
         GROUP BY held_until) AS by_hold"""

_LINES = """
SELECT rule, level, currency, sum(amount_minor)::bigint AS minor FROM earning
 WHERE home_id = %(home)s AND source_id = %(order)s AND beneficiary_id = %(me)s AND kind <> 'hold'
 GROUP BY rule, level, currency ORDER BY level, rule"""

# Who stood above the seller at the sale: sponsors are kept with the days from and until which they were.
_STEPS_THEN = """
WITH RECURSIVE above (id, steps) AS (
  SELECT %(seller)s::bigint, 0
   UNION ALL
  SELECT s.sponsor_id, above.steps + 1 FROM above
    JOIN sponsorship s ON s.affiliate_id = above.id AND s.sponsor_id IS NOT NULL
     AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
   WHERE above.id <> %(me)s)
SELECT steps FROM above WHERE id = %(me)s"""

_STATE_THEN = """
SELECT is_house, coalesce(
       (SELECT after FROM affiliate_step WHERE affiliate_id = a.id AND at <= %(at)s
         ORDER BY at DESC, id DESC LIMIT 1),
       (SELECT before FROM affiliate_step WHERE affiliate_id = a.id AND at > %(at)s
         ORDER BY at, id LIMIT 1), state) AS state
  FROM affiliate a WHERE id = %(me)s"""


def why_order_unpaid(work: Work, affiliate_id: int, number: str) -> OrderAnswer:
    """Which rule keeps an affiliate from an order's commission, or what they have of it.

    The number may be typed as people type it. Raises NotFound for none of ours.
    """
    wanted = search_terms.number_in(number)
    found = search_terms.terms(wanted) if wanted else None
    row = work.row(_ORDER, found=found, number=wanted, me=affiliate_id) if found else None
    if row is None:
        raise NotFound("order")
    reason = why_unpaid(_facts_of(work, row, affiliate_id))
    lines = [
        EarnedLine(line.rule, line.level, Money(line.minor, line.currency))
        for line in work.rows(_LINES, home=row.home_id, order=row.id, me=affiliate_id)
    ]
    return OrderAnswer(row.home_id, row.id, row.number, reason, lines)


def why_nothing_from_member(work: Work, affiliate_id: int, slug: str) -> UnpaidReason:
    """Why an affiliate earns nothing of what a member of their team sells, by the plan in force."""
    member = work.row(
        """SELECT id, name, array_position(upline, %(me)s::bigint) - 1 AS level FROM affiliate
            WHERE slug = %(slug)s AND id <> %(me)s AND %(me)s = ANY(upline)""",
        me=affiliate_id,
        slug=slug,
    )
    plan = book.now(work)
    return why_nothing_from(
        MemberFacts(
            member=member.name if member else slug,
            level=member.level if member else None,
            levels=plan.levels if plan else 0,
            standing=_standing(work, affiliate_id, work.now()),
            sales=_any(work, member.id, "paid_at") if member else 0,
            delivered=_any(work, member.id, "delivered_at") if member else 0,
        )
    )


def _facts_of(work: Work, row: Any, me: int) -> UnpaidFacts:
    plan = book.versions(work, [row.plan_version])[row.plan_version].sale
    rules = [plan.rule(name) for name in row.rules or ()]
    steps = _steps(work, row, me)
    where = _places_of(_upline_with(row, me), plan, rules, steps)
    paying = [rule for rule, place in where if _pays(rule, place, row.currency)]
    earned = work.one(_EARNED, home=row.home_id, order=row.id, me=me)
    return UnpaidFacts(
        order=row.number,
        currency=row.currency,
        sold_on=row.placed_at.astimezone(work.tools.zone).date(),
        state=row.state,
        is_paid=row.is_paid,
        steps=steps,
        is_above_now=steps is None and _is_above_now(work, row.seller_id, me),
        in_own_shop=row.home_id == me,
        attributed_by=row.attributed_by,
        earns_reason=row.earns_reason,
        standing=_standing_at_sale(work, row, me, [place for _, place in where]),
        levels=max((len(rule.levels) for rule in rules), default=0),
        pays_here=bool(paying),
        waits_for_acceptance=bool(paying) and not {rule.id for rule in paying} & {*(row.due or ())},
        needs_a_lead=row.has_no_lead
        and any(rule.when.milestone in OF_A_LEAD for rule in plan.rules),
        review=row.review,
        is_delivered=row.is_delivered,
        credited_minor=earned.credited,
        stands_minor=earned.stands,
        is_all_back=row.is_all_back,
        payable_on=payable_on(earned.held_until) if earned.held_until else None,
        is_released=bool(earned.is_released),
        is_left_nothing=not earned.credited and _is_left_nothing(work, row, me),
        is_all_of_client=not earned.credited and _is_all_of_client(work, row, me),
    )


def _steps(work: Work, row: Any, me: int) -> int | None:
    """How far above the seller somebody stood at the sale; None for not at all."""
    frozen = [member.id for member in _upline_with(row, me)]
    if me in frozen:
        return frozen.index(me)
    # Earlier orders keep nobody's name who was not paid, and nobody beyond the levels of their plan.
    found = work.value(_STEPS_THEN, seller=row.seller_id, at=row.placed_at, me=me)
    return None if found is None else int(found)


def _upline_with(row: Any, me: int) -> Sequence[Member]:
    """Of those to whom an order is credited the one that somebody stands nearest above, with everybody above;
    the seller where they stand above none."""

    def steps(party: Party) -> int:
        ids = [member.id for member in party.upline]
        return ids.index(me) if me in ids else len(ids) + 1000

    return min(parties_of(row), key=steps).upline


def _places_of(
    members: Sequence[Member], plan: SalePlan, rules: Sequence[SaleRule], steps: int | None
) -> list[tuple[SaleRule, Place]]:
    """Where somebody stands for each rule by which something of an order was sold; nowhere for a rule
    whose levels end below them."""
    found = [(rule, places(members, plan.uplines, rule.levels)) for rule in rules]
    return [(rule, of[steps]) for rule, of in found if steps is not None and steps < len(of)]


def _pays(rule: SaleRule, place: Place, currency: str) -> bool:
    if place.level is None:
        return False
    level = rule.levels[place.level]
    return level.rate_bp > 0 or level.each_minor.get(currency, 0) > 0


def _is_left_nothing(work: Work, row: Any, me: int) -> bool:
    """Whether somebody would be paid of an order if whoever comes before them left something of a cap."""
    version = book.versions(work, [row.plan_version])[row.plan_version]
    plan = version.sale
    if "priority" not in {plan.cap_by, *(rule.cap_by for rule in plan.rules)}:
        return False
    free = replace(
        plan, cap_bp=NO_CAP, rules=tuple(replace(rule, cap_bp=NO_CAP) for rule in plan.rules)
    )
    found = work.rows(ORDERS, **asked([(row.home_id, row.id)]))
    shares = credited_of(work, {row.plan_version: replace(version, sale=free)}, found)
    return any(one.beneficiary_id == me for _, _, all in shares for one in all)


def _is_all_of_client(work: Work, row: Any, me: int) -> bool:
    """Whether somebody would be paid of an order if it were the only one of its client."""
    version = book.versions(work, [row.plan_version])[row.plan_version]
    if not version.sale.limits_clients:
        return False
    found = work.rows(ORDERS, **asked([(row.home_id, row.id)]))
    shares = credited_of(work, {row.plan_version: version}, found)
    return any(one.beneficiary_id == me and one.by_client for _, _, all in shares for one in all)


def _standing_at_sale(work: Work, row: Any, me: int, of: Sequence[Place]) -> Standing:
    """Why somebody could not be paid where they stood; nothing where one rule could pay them."""
    reasons = [place.reason for place in of]
    if not reasons or None in reasons:
        return ""
    if of[0].member.id == NOBODY:  # it is kept that they were not paid, and not why
        return _standing(work, me, row.placed_at) or "not_active"
    return reasons[0] or ""


def _standing(work: Work, me: int, at: datetime) -> Standing:
    then = work.one(_STATE_THEN, me=me, at=at)
    if then.is_house:
        return "house"
    if then.state in ELIGIBLE:
        return ""
    return "suspended" if then.state == "suspended" else "not_active"


def _is_above_now(work: Work, seller: int, me: int) -> bool:
    return bool(
        work.value("SELECT %(me)s = ANY(upline) FROM affiliate WHERE id = %(id)s", me=me, id=seller)
    )


def _any(work: Work, seller: int, happened: str) -> int:
    """Whether something of the kind ever happened to an order of theirs: 1 or 0."""
    return int(
        work.value(
            f"""SELECT EXISTS (SELECT FROM orders WHERE seller_id = %(id)s
                                  AND {happened} IS NOT NULL)::int""",
            id=seller,
        )
    )
