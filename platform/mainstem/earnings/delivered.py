"""What was delivered of an order and what went back, rule by rule: what a plan is asked about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from mainstem.earnings.activity import count_at_delivery
from mainstem.earnings.of_line import MARGIN_BACK, OF_LINE, Lines, lines_of, parts_of, portion_key
from mainstem.kit.bulk import ASKED, RowKey, asked
from mainstem.kit.work import Work
from mainstem.money import BASIS, rdiv
from mainstem.orders import CREDITED_TO, GOODWILL, replan
from mainstem.plan import (
    NOBODY,
    Basis,
    Credit,
    Member,
    Party,
    Plan,
    Portion,
    SaleRule,
    book,
    shared_credits,
)

ORDERS = f"""
SELECT o.home_id, o.id, o.number, o.currency, o.plan_version, o.placed_at, o.client_key, credited.*,
       o.active_as_of, o.delivered_at AS reached_at,
       -- What may be a participant's own purchase waits until somebody has looked.
       o.earns AND coalesce(v.state, 'released') = 'released' AS earns,
       o.address->>'country' AS country, o.address->>'postal_code' AS postal_code, o.total_minor,
       o.refunded_minor - goodwill.minor AS refunded_minor, o.unallocated_minor, o.disputed_minor, l.*
  FROM orders o
  JOIN {ASKED} USING (home_id, id)
  LEFT JOIN commission_review v ON v.home_id = o.home_id AND v.order_id = o.id {CREDITED_TO} {GOODWILL}
 CROSS JOIN LATERAL (
       -- Goods and services by one rule are held as goods are, from when the last of them came.
       SELECT rule, is_due, min(milestone) AS milestone, min(kind) AS kind,
              max(hold_days) AS hold_days, max(delivered_at) AS delivered_at,
              bool_and(arrived) AS arrived, sum(earned)::bigint AS earned,
              bool_or(is_reached) AS is_reached, sum(reached_earned)::bigint AS reached_earned,
              sum(reached_returned)::bigint AS reached_returned,
              sum(returned)::bigint AS returned, sum(price)::bigint AS price,
              sum(tax)::bigint AS tax, sum(paid_back)::bigint AS paid_back,
              sum(pieces)::bigint AS pieces, sum(counted_earned)::bigint AS counted_earned,
              sum(counted_net)::bigint AS counted_net, sum(counted_margin)::bigint AS counted_margin,
              sum(margin)::bigint AS margin, sum(margin_back)::bigint AS margin_back,
              array_agg(share ORDER BY share DESC) AS shares,
              array_agg(price - tax ORDER BY share DESC) AS nets
         FROM (
       SELECT rule, is_due, share, min(milestone) AS milestone, min(kind) AS kind,
              max(hold_days) AS hold_days, max(delivered_at) AS delivered_at,
              bool_and(arrived) AS arrived, sum(earned)::bigint AS earned,
              bool_or(is_reached) AS is_reached, sum(earned) FILTER (WHERE is_reached) AS reached_earned,
              sum(greatest(back - (worth - earned), 0)) FILTER (WHERE is_reached) AS reached_returned,
              -- Money for what was never delivered takes back nothing that was earned.
              sum(greatest(back - (worth - earned), 0))::bigint AS returned,
              sum(price)::bigint AS price, sum(tax)::bigint AS tax, sum(delivered)::bigint AS pieces,
              sum(earned) FILTER (WHERE is_counted) AS counted_earned,
              sum(price - tax) FILTER (WHERE is_counted) AS counted_net,
              sum(margin) FILTER (WHERE is_counted) AS counted_margin,
              sum(greatest(back_minor - (total_minor - price), 0))::bigint AS paid_back,
              sum(margin)::bigint AS margin,
              sum({MARGIN_BACK})::bigint AS margin_back
         FROM {OF_LINE}
        GROUP BY rule, is_due, share) AS of_share
        GROUP BY rule, is_due) AS l
 ORDER BY o.home_id, o.id, l.rule, l.is_due"""


def read(work: Work, keys: Sequence[RowKey]) -> tuple[list[Any], Mapping[int, Plan]]:
    """What was delivered of these orders and went back, and the versions that they fall under."""
    found = work.rows(ORDERS, **asked(keys))
    plans = book.versions(work, {row.plan_version for row in found})
    late = {
        (row.home_id, row.id)
        for row in found
        if plans[row.plan_version].document.version_by == "delivery"
    }
    if late:
        replan(work, sorted(late))
        found = work.rows(ORDERS, **asked(keys))
        plans = book.versions(work, {row.plan_version for row in found})
    if count_at_delivery(work, found, plans):
        found = work.rows(ORDERS, **asked(keys))
    return found, plans


def basis_of(row: Any) -> Basis:
    """What was delivered, its commissionable value, and how much of either went back.

    What was refunded or disputed without naming lines counts against every line alike, and money
    that went back twice over (a refund and a dispute of one charge) counts once.
    """
    if not row.earns:
        return Basis(0, 0, (), 0)
    left = row.total_minor - (row.refunded_minor - row.unallocated_minor)
    whole = min(row.unallocated_minor + row.disputed_minor, left)

    def back(delivered: int, by_line: int) -> int:
        return by_line + (rdiv((delivered - by_line) * whole, left) if left > 0 else 0)

    return Basis(
        row.price,
        row.tax,
        [(net, share) for net, share in zip(row.nets, row.shares, strict=True) if net],
        row.earned,
        back(row.price, row.paid_back),
        back(row.earned, row.returned),
        row.returned,
        whole,
        left,
    )


def upline_of(order: Any) -> list[Member]:
    """Whoever was credited with an order and everybody above them, as they were at the sale."""
    groups, facts = order.groups or {}, order.upline_facts or {}
    return [
        _member(facts.get(str(step), {}) | {"at": id}, groups)
        for step, id in enumerate(order.upline)
    ]


def parties_of(order: Any) -> list[Party]:
    """Everybody to whom an order is credited, with those above them as at the sale: its seller first."""
    also = order.also_credited or ()
    rest = BASIS - sum(one["part_bp"] for one in also)
    return [Party(upline_of(order), rest), *(_party(one) for one in also)]


def _party(kept: Mapping[str, Any]) -> Party:
    groups, facts = kept.get("groups", {}), kept.get("upline_facts", {})
    members = [
        _member(facts.get(str(step), {}) | {"at": id}, groups)
        for step, id in enumerate(kept["upline"])
    ]
    return Party(members, kept["part_bp"])


def _member(facts: Mapping[str, Any], groups: Mapping[str, Sequence[str]]) -> Member:
    id = facts.get("id", facts["at"])
    unknown = id == NOBODY  # of earlier orders it is only kept that they were not paid
    return Member(
        id=id,
        house=facts.get("house", False),
        suspended=facts.get("suspended", False) or unknown,
        own_sales=facts.get("own_sales", 0),
        groups=frozenset(groups.get(str(id), ())),
        rank=facts.get("rank", 0),
    )


def credited_of(
    work: Work, plans: Mapping[int, Plan], found: Sequence[Any]
) -> Iterator[tuple[Any, Basis, list[Credit]]]:
    """What each order's plan gives for it: by each of its rules what was sold and is due, and every level's
    share."""
    lines = lines_of(work, found, plans)
    for _, of_order in groupby(found, lambda row: (row.home_id, row.id)):
        found_rows = list(of_order)
        order = found_rows[0]
        plan = plans[order.plan_version].sale
        rows = [(row, _of_rates(plan.rule(row.rule), row, basis_of(row))) for row in found_rows]
        portions = [_portion(plan.rule(row.rule), row, basis, lines) for row, basis in rows]
        shares = shared_credits(plan, parties_of(order), order.currency, portions)
        for row, basis in rows:
            if not row.is_due:
                continue  # it has taken its place under the plan's cap, and is credited in its time
            yield row, basis, [one for one in shares if one.rule == row.rule]


@dataclass(frozen=True, slots=True)
class Worth:
    """What an order is worth to whoever is rewarded beside its commissions.

    `base_minor` is what was delivered and counts for commission, whether or not it earns anybody any,
    `returned_minor` what of it went back, `commission_minor` what affiliates are credited with.
    `rows` are what it was delivered as, rule by rule.
    """

    plan_version: int
    base_minor: int
    returned_minor: int
    commission_minor: int
    rows: Sequence[Any]


def worth_of(work: Work, keys: Sequence[RowKey]) -> dict[RowKey, Worth]:
    """What each of these orders (home, id) is worth; none is there of which no line has a rule."""
    found, plans = read(work, keys)
    worth: dict[RowKey, Worth] = {}
    for key, of_order in groupby(
        credited_of(work, plans, found), lambda one: (one[0].home_id, one[0].id)
    ):
        each = list(of_order)
        # Whatever pays by milestones counts once: each line as it reached the client.
        reached = [row for row, _, _ in each if row.is_reached]
        if not reached:
            continue
        bases = [
            basis_of(
                row._replace(earns=True, earned=row.reached_earned, returned=row.reached_returned)
            )
            for row in reached
        ]
        worth[key] = Worth(
            each[0][0].plan_version,
            sum(basis.base_minor for basis in bases),
            sum(basis.returned_minor for basis in bases),
            sum(share.credited_minor for _, _, shares in each for share in shares),
            reached,
        )
    return worth


def _of_rates(rule: SaleRule, row: Any, basis: Basis) -> Basis:
    """What was sold by one rule, in what its rates are of."""
    if rule.base == "net_price":
        base = basis.price_minor - basis.tax_minor
        returned = rdiv(base * basis.back_minor, basis.price_minor) if base else 0
        return replace(
            basis, base_minor=base, returned_minor=returned, named_minor=0, spread_minor=0
        )
    if rule.base == "margin" and row.earns:
        whole, left, named = basis.spread_minor, basis.spread_over_minor, row.margin_back
        spread = rdiv((row.margin - named) * whole, left) if left > 0 else 0
        return replace(
            basis, base_minor=row.margin, returned_minor=named + spread, named_minor=named
        )
    return basis


def _portion(rule: SaleRule, row: Any, basis: Basis, lines: Lines) -> Portion:
    """What was sold by one rule, in what its rates are of: what of it is worth anything once, as well."""
    worth = rule.of(row.counted_earned, row.counted_net, row.counted_margin)
    return Portion(
        row.rule, basis.base_minor, basis.returned_minor, row.pieces,
        worth_minor=(worth or 0) if row.earns else 0, is_due=row.is_due,
        lines=parts_of(rule, basis_of(row), lines.get(portion_key(row), ())) if row.earns else (),
    )  # fmt: skip
