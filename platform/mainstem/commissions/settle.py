"""Settle to target: work out what should stand for an order now, and post the difference.

Delivery, refund, dispute, cancellation, correction and repetition are all this one verb, so it does
not matter in which order they arrive or how often. What should stand is a pure function of what was
delivered and what went back (`mainstem.plan.evaluate`); this file only fetches, compares and writes,
for one order or for thousands alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from mainstem import ledger, planbook
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work, columns
from mainstem.ledger import HELD_OPEN, PARENT, Transfer, moved
from mainstem.money import rdiv
from mainstem.orders import lock, payable_on
from mainstem.plan import Basis, Plan, Rule, Share, evaluate, explain

_ORDERS = """
SELECT o.home_id, o.id, o.number, o.currency, o.upline, o.plan_version, o.placed_at,
       -- What may be a participant's own purchase waits until somebody has looked.
       o.earns AND coalesce(v.state, 'released') = 'released' AS earns,
       o.address->>'country' AS country, o.address->>'postal_code' AS postal_code, o.total_minor,
       o.refunded_minor, o.unallocated_minor, o.disputed_minor, l.*
  FROM orders o
  JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, id) USING (home_id, id)
  LEFT JOIN commission_review v ON v.home_id = o.home_id AND v.order_id = o.id
 CROSS JOIN LATERAL (
       SELECT kind, max(hold_days) AS hold_days, max(delivered_at) AS delivered_at,
              bool_and(arrived) AS arrived, sum(earned)::bigint AS earned,
              sum(returned)::bigint AS returned, sum(price)::bigint AS price,
              sum(tax)::bigint AS tax, sum(paid_back)::bigint AS paid_back,
              array_agg(share ORDER BY share DESC) AS shares,
              array_agg(price - tax ORDER BY share DESC) AS nets
         FROM (
       SELECT kind, share, max(hold_days) AS hold_days, max(delivered_at) AS delivered_at,
              bool_and(arrived) AS arrived, sum(earned)::bigint AS earned,
              -- Money for what was never delivered takes back nothing that was earned.
              sum(greatest(back - (worth - earned), 0))::bigint AS returned,
              sum(price)::bigint AS price, sum(tax)::bigint AS tax,
              sum(greatest(refunded_minor - (total_minor - price), 0))::bigint AS paid_back
         FROM (SELECT kind, hold_days, delivered_at, worth, total_minor, refunded_minor,
                      commissionable_bp AS share,
                      part(total_minor, delivered, quantity) AS price,
                      part(tax_minor, delivered, quantity) AS tax,
                      -- What was canceled or refunded before it came is not waited for.
                      delivered >= quantity - canceled OR total_minor > 0 AND refunded_minor
                        >= part(total_minor, quantity - delivered, quantity) AS arrived,
                      part(commissionable_minor, delivered, quantity) AS earned,
                      -- First it went back for the pieces that were canceled.
                      CASE WHEN kept > 0
                           THEN part(worth, greatest(refunded_minor - (total_minor - kept), 0), kept)
                           ELSE 0 END AS back
                 FROM (SELECT *, part(total_minor, quantity - canceled, quantity) AS kept,
                              part(commissionable_minor, quantity - canceled, quantity) AS worth
                         FROM order_line WHERE home_id = o.home_id AND order_id = o.id) AS still
              ) AS line
        GROUP BY kind, share) AS of_share
        GROUP BY kind) AS l
 ORDER BY o.home_id, o.id, l.kind"""

_STANDING = """
SELECT home_id, order_id, rule, level, held_until, min(beneficiary_id) AS beneficiary_id,
       max(no) AS no, sum(amount_minor)::bigint AS stands,
       coalesce(sum(amount_minor) FILTER (WHERE kind = 'credit'), 0)::bigint AS credited,
       coalesce(-sum(amount_minor) FILTER (WHERE kind IN ('reversal', 'restored')), 0)::bigint
         AS reversed
  FROM commission JOIN unnest(%(homes)s::bigint[], %(ids)s::uuid[]) AS asked (home_id, order_id)
    USING (home_id, order_id)
 GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"""

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


@dataclass(slots=True)
class _Standing:
    """What stands of one level's commission on one order, by the day its hold ends."""

    beneficiary_id: int
    no: int = 0
    credited: int = 0
    reversed: int = 0
    holds: dict[date, int] = field(default_factory=dict)

    def add(self, row: Any) -> None:
        self.no = max(self.no, row.no)
        self.credited += row.credited
        self.reversed += row.reversed
        self.holds[row.held_until] = row.stands


@dataclass(frozen=True, slots=True)
class _Move:
    """One level's difference: (kind, day on which its hold ends, signed amount) each."""

    share: Share
    before: _Standing
    steps: Sequence[tuple[str, date, int]]


def settle(work: Work, orders: Sequence[tuple[int, UUID]]) -> int:
    """Bring these orders' commissions to what should stand; how many movements that took.

    Orders (home, id) may be named twice and may need nothing. They are locked in key order first.
    """
    keys = in_key_order(orders)
    if not keys:
        return 0
    # Any number settle beside each other, but none beside a release: it would empty a hold that
    # this is about to take from.
    work.run("SELECT pg_advisory_xact_lock_shared(7219)")
    lock(work, keys)
    asked = {"homes": [home for home, _ in keys], "ids": [id for _, id in keys]}
    standing: dict[tuple[int, UUID, str], dict[int, _Standing]] = {}
    for row in work.rows(_STANDING, **asked):
        levels = standing.setdefault((row.home_id, row.order_id, row.rule), {})
        levels.setdefault(row.level, _Standing(row.beneficiary_id)).add(row)
    found = work.rows(_ORDERS, **asked)
    plans = planbook.versions(work, {row.plan_version for row in found})
    released = work.value("SELECT max(day) FROM release_day") or date.min
    postings: list[Transfer] = []
    lines: list[tuple[Any, ...]] = []
    for row in found:
        stands = standing.get((row.home_id, row.id, row.kind), {})
        plan = plans[row.plan_version]
        basis = _basis(row)
        moves = list(_moves(work, row, plan.rules[row.kind], basis, stands, released))
        if moves:
            first = max((line.no for line in stands.values()), default=0) + 1
            if posting := _posting(work, row, moves, first, released):
                postings.append(posting)
            lines += _lines(row, plan, moves, first, basis)
    ledger.post(work, postings)
    if lines:
        work.run(
            _WRITE,
            now=work.now(),
            **dict(zip(_WRITE_COLUMNS, columns(lines, len(_WRITE_COLUMNS)), strict=True)),
        )
        record_all(work, "commission.settled", in_key_order((line[0], line[1]) for line in lines))
    return len(lines)


def _basis(row: Any) -> Basis:
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


def _moves(
    work: Work,
    row: Any,
    rule: Rule,
    basis: Basis,
    stands: dict[int, _Standing],
    released: date,
) -> Iterator[_Move]:
    should = evaluate(rule, row.upline, basis.base_minor, basis.returned_minor)
    target = {share.level: share for share in should}
    goods = row.kind == "goods"
    over = HELD_OPEN if goods and not row.arrived else payable_on(row, work.tools.zone)
    for level in sorted(target.keys() | stands.keys()):
        now = stands.get(level) or _Standing(target[level].beneficiary_id)
        share = target.get(level) or Share(level, now.beneficiary_id, 0, 0, 0)
        holds, ends, steps = dict(now.holds), over, []
        if goods:
            ends = _put_off(holds, over, released)
            steps = list(_together(holds, ends, released))
        steps += _steps(share, now, holds, ends, ends if goods else max(holds, default=ends))
        if steps:
            yield _Move(share, now, steps)


def _put_off(holds: Mapping[date, int], over: date, released: date) -> date:
    """The day on which a hold is over: a day that was named before is kept, or put off."""
    named = (day for day, minor in holds.items() if minor > 0 and released < day < HELD_OPEN)
    return max([over, *named])


def _together(
    holds: dict[date, int], ends: date, released: date
) -> Iterator[tuple[str, date, int]]:
    """Bring what is still held of an order's goods under one day: the client's right to withdraw
    begins with the last of them."""
    for day in sorted(holds):
        minor = holds[day]
        if minor > 0 and released < day != ends:
            holds[day], holds[ends] = 0, holds.get(ends, 0) + minor
            yield "hold", day, -minor
            yield "hold", ends, minor


def _steps(
    share: Share, now: _Standing, holds: dict[date, int], ends: date, back: date
) -> Iterator[tuple[str, date, int]]:
    """From what stands to what should. New credit is held until `ends`, and `back` is the hold of
    what is restored; what is taken comes out of the holds it was put in, the latest first, so that
    none is ever overdrawn."""
    credit = share.credited_minor - now.credited
    reverse = share.reversed_minor - now.reversed
    if credit > 0:
        holds[ends] = holds.get(ends, 0) + credit
        yield "credit", ends, credit
    elif credit < 0:  # the rounding of a larger base may give a level one unit less
        yield from _taken("credit", -credit, holds)
    if reverse > 0:
        yield from _taken("reversal", reverse, holds)
    elif reverse < 0:
        yield "restored", back, -reverse


def _taken(kind: str, minor: int, holds: dict[date, int]) -> Iterator[tuple[str, date, int]]:
    for day in sorted(holds, reverse=True):
        part = min(minor, holds[day])
        if part > 0:
            holds[day] -= part
            minor -= part
            yield kind, day, -part
    assert minor == 0, "no more is taken back than stands"


def _posting(
    work: Work, row: Any, moves: Sequence[_Move], first: int, released: date
) -> Transfer | None:
    """The posting of these moves; None when they cancel out, as in a delivery after its refund."""
    changes: dict[tuple[int, str, date | None], int] = {}
    for move in moves:
        for _, ends, amount in move.steps:
            held = ends if ends > released else None
            account = (move.share.beneficiary_id, "pending" if held else "payable", held)
            changes[account] = changes.get(account, 0) + amount
    changes[PARENT, "commission_expense", None] = -sum(changes.values())
    entries = [
        entry
        for (owner, account, held), amount in changes.items()
        for entry in moved(owner, account, amount, held)
    ]
    if not entries:
        return None
    return Transfer(
        row.home_id,
        f"commission:{row.id}:{row.kind}:{first}",
        f"Commission on order {row.number}",
        row.currency,
        work.now().astimezone(work.tools.zone).date(),
        entries,
    )


def _lines(
    row: Any, plan: Plan, moves: Sequence[_Move], first: int, basis: Basis
) -> Iterator[tuple[Any, ...]]:
    rule = plan.rules[row.kind]
    present = rule.present_bp(row.upline)
    capped = (rule.cap_bp, present) if present > rule.cap_bp else None
    for move in moves:
        share, before = move.share, move.before
        for no, (kind, held, amount) in enumerate(move.steps, start=first):
            explanation = explain(
                kind,
                rule=row.kind,
                level=share.level,
                order=row.number,
                currency=row.currency,
                rate_bp=share.rate_bp,
                basis=basis,
                credited_minor=share.credited_minor,
                reversed_minor=share.reversed_minor,
                before_minor=before.credited if kind == "credit" else before.reversed,
                capped=capped,
            )
            yield (
                row.home_id, row.id, row.kind, share.level, no, share.beneficiary_id, kind,
                row.currency, amount, basis.base_minor, basis.returned_minor, share.rate_bp, row.plan_version,
                held, json.dumps(explanation),
            )  # fmt: skip
