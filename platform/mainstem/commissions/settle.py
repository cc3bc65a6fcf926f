"""Settle to target: work out what should stand for an order now, and post the difference.

Delivery, refund, dispute, cancellation, correction and repetition are all this one verb, so it does
not matter in which order they arrive or how often. What should stand is a pure function of what was
delivered and what went back (`mainstem.plan.evaluate`); this file only fetches, compares and writes,
for one order or for thousands alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from mainstem import ledger, planbook
from mainstem.kit.events import record_all
from mainstem.kit.work import Work, columns
from mainstem.ledger import PARENT, Entry, Transfer
from mainstem.ledger.chart import moved
from mainstem.money import rdiv
from mainstem.orders.progress import lock
from mainstem.plan import Plan, Rule, Share, evaluate, explain

_ORDERS = """
SELECT o.home_id, o.id, o.number, o.currency, o.upline, o.earns, o.plan_version, o.delivered_at,
       o.hold_days_goods, o.hold_days_service, o.total_minor, o.refunded_minor,
       o.unallocated_minor, o.disputed_minor, l.kind, l.earned, l.returned
  FROM orders o
  JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id) USING (home_id, id)
 CROSS JOIN LATERAL (
       SELECT kind, sum(earned)::bigint AS earned, sum(least(earned, back))::bigint AS returned
         FROM (SELECT kind, rdiv(commissionable_minor * delivered, quantity) AS earned,
                      CASE WHEN total_minor > 0
                           THEN rdiv(commissionable_minor * refunded_minor, total_minor)
                           ELSE 0 END AS back
                 FROM order_line WHERE home_id = o.home_id AND order_id = o.id) AS line
        GROUP BY kind) AS l
 ORDER BY o.home_id, o.id, l.kind"""

_STANDING = """
SELECT home_id, order_id, rule, level, min(beneficiary_id) AS beneficiary_id, max(no) AS no,
       max(held_until) AS held_until,
       coalesce(sum(amount_minor) FILTER (WHERE kind = 'credit'), 0)::bigint AS credited,
       coalesce(-sum(amount_minor) FILTER (WHERE kind <> 'credit'), 0)::bigint AS reversed
  FROM commission JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, order_id)
    USING (home_id, order_id)
 GROUP BY 1, 2, 3, 4"""

_WRITE = """
INSERT INTO commission (home_id, order_id, rule, level, no, beneficiary_id, kind, currency,
  amount_minor, base_minor, returned_minor, rate_bp, plan_version, held_until, explanation,
  credited_at)
SELECT *, %(now)s FROM unnest(%(homes)s::bigint[], %(orders)s::uuid[], %(rules)s::text[],
  %(levels)s::int[], %(nos)s::int[], %(beneficiaries)s::bigint[], %(kinds)s::text[],
  %(currencies)s::text[], %(amounts)s::bigint[], %(bases)s::bigint[], %(returned)s::bigint[],
  %(rates)s::int[], %(plans)s::int[], %(helds)s::date[], %(explanations)s::jsonb[])"""
_WRITE_COLUMNS = (
    "homes", "orders", "rules", "levels", "nos", "beneficiaries", "kinds", "currencies", "amounts",
    "bases", "returned", "rates", "plans", "helds", "explanations",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Move:
    """One level's difference: what is added to its credits, and what to its reversals."""

    share: Share
    credit_minor: int
    reverse_minor: int
    held_until: date


def settle(work: Work, orders: Sequence[tuple[int, UUID]]) -> int:
    """Bring these orders' commissions to what should stand; how many movements that took.

    Orders (home, id) may be named twice and may need nothing. They are locked in key order first.
    """
    keys = sorted(set(orders))
    if not keys:
        return 0
    lock(work, keys)
    asked = {"homes": [home for home, _ in keys], "ids": [id for _, id in keys]}
    standing: dict[tuple[int, UUID, str], dict[int, Any]] = {}
    for row in work.rows(_STANDING, **asked):
        standing.setdefault((row.home_id, row.order_id, row.rule), {})[row.level] = row
    found = work.rows(_ORDERS, **asked)
    plans = planbook.versions(work, {row.plan_version for row in found})
    released = work.value("SELECT max(day) FROM release_day") or date.min
    postings: list[Transfer] = []
    lines: list[tuple[Any, ...]] = []
    for row in found:
        stands = standing.get((row.home_id, row.id, row.kind), {})
        plan = plans[row.plan_version]
        base, returned = _base(row)
        moves = list(_moves(work, row, plan.rules[row.kind], base, returned, stands))
        if moves:
            first = max((line.no for line in stands.values()), default=0) + 1
            postings.append(_posting(work, row, moves, first, released))
            lines += _lines(row, plan, moves, first, base, returned)
    ledger.post(work, postings)
    if lines:
        work.run(
            _WRITE,
            now=work.now(),
            **dict(zip(_WRITE_COLUMNS, columns(lines, len(_WRITE_COLUMNS)), strict=True)),
        )
        record_all(work, "commission.settled", sorted({(line[0], line[1]) for line in lines}))
    return len(lines)


def _base(row: Any) -> tuple[int, int]:
    """The commissionable value that was delivered, and how much of it went back.

    What was refunded or disputed without naming lines counts against every line alike, and money
    that went back twice over (a refund and a dispute of one charge) counts once.
    """
    if not row.earns:
        return 0, 0
    left = row.total_minor - (row.refunded_minor - row.unallocated_minor)
    whole = min(row.unallocated_minor + row.disputed_minor, left)
    kept = row.earned - row.returned
    extra = rdiv(kept * whole, left) if left > 0 else 0
    return row.earned, row.returned + extra


def _moves(
    work: Work, row: Any, rule: Rule, base: int, returned: int, stands: dict[int, Any]
) -> Iterator[_Move]:
    target = {share.level: share for share in evaluate(rule, row.upline, base, returned)}
    hold = row.hold_days_goods if row.kind == "goods" else row.hold_days_service
    delivered = row.delivered_at or work.now()
    ends = delivered.astimezone(work.tools.zone).date() + timedelta(days=hold)
    for level in sorted(target.keys() | stands.keys()):
        now: Any = stands.get(level)
        share = target.get(level) or Share(level, now.beneficiary_id, 0, 0, 0)
        credit = share.credited_minor - (now.credited if now else 0)
        reverse = share.reversed_minor - (now.reversed if now else 0)
        if credit or reverse:
            # New credit starts a hold of its own; a reversal comes out of the hold it was put in.
            held = ends if credit or now is None else now.held_until
            yield _Move(share, credit, reverse, held)


def _posting(work: Work, row: Any, moves: Sequence[_Move], first: int, released: date) -> Transfer:
    entries: list[Entry] = []
    total = 0
    for move in moves:
        amount = move.credit_minor - move.reverse_minor
        total += amount
        owner = move.share.beneficiary_id
        if move.held_until > released:
            entries += moved(owner, "pending", amount, move.held_until)
        else:
            entries += moved(owner, "payable", amount)
    entries += moved(PARENT, "commission_expense", -total)
    return Transfer(
        row.home_id,
        f"commission:{row.id}:{row.kind}:{first}",
        f"Commission on order {row.number}",
        row.currency,
        work.now().astimezone(work.tools.zone).date(),
        entries,
    )


def _lines(
    row: Any, plan: Plan, moves: Sequence[_Move], first: int, base: int, returned: int
) -> Iterator[tuple[Any, ...]]:
    rule = plan.rules[row.kind]
    capped = rule.cap_bp if sum(rule.levels_bp[: len(row.upline)]) > rule.cap_bp else None
    for move in moves:
        share = move.share
        steps = [("credit", move.credit_minor)] if move.credit_minor else []
        if move.reverse_minor:
            kind = "reversal" if move.reverse_minor > 0 else "restored"
            steps.append((kind, -move.reverse_minor))
        for no, (kind, amount) in enumerate(steps, start=first):
            explanation = explain(
                kind,
                rule=row.kind,
                level=share.level,
                order=row.number,
                currency=row.currency,
                rate_bp=share.rate_bp,
                base_minor=base,
                returned_minor=returned,
                credited_minor=share.credited_minor,
                reversed_minor=share.reversed_minor,
                capped_bp=capped,
            )
            yield (
                row.home_id, row.id, row.kind, share.level, no, share.beneficiary_id, kind,
                row.currency, amount, base, returned, share.rate_bp, row.plan_version,
                move.held_until, json.dumps(explanation),
            )  # fmt: skip
