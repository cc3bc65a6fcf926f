"""Settle to target: what sending friends should have given, and the difference to what it has.

Delivery, refund, dispute, review and repetition are all this one verb, so neither their order nor their
number matters. Every friend of a client is looked at together, since only so many of a year are rewarded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from mainstem import store_credit
from mainstem.kit.bulk import Json, RowKey, insert_many
from mainstem.kit.events import record_all
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.ledger import HELD_OPEN
from mainstem.plan import RewardCredit, Side, explain_reward, rewards_of, why_no_reward
from mainstem.rewards.facts import Sent, looked_at, read
from mainstem.rewards.went_back import went_back
from mainstem.store_credit import Given, GivenAs

FACTS = (
    "order.delivered", "order.work_accepted", "order.refunded", "order.disputed", "order.canceled",
    "order.expired", "order.lines_canceled", "order.reattributed", "goodwill.ended",
    "commission.released_by_review", "commission.refused_by_review", "store_credit.given_back",
)  # fmt: skip
"""After which an order may give another reward than before, or the credit that was spent on it comes back."""

SIDES: tuple[Side, ...] = ("referrer", "friend")

# One at a time for each client who sends friends: which of them are rewarded is decided together.
_LOCK = "SELECT pg_advisory_xact_lock(7274, hashtext(%(key)s))"

_STANDING = """
SELECT r.home_id, r.order_id, r.side, max(r.no) AS no,
       coalesce(sum(amount_minor) FILTER (WHERE kind = 'credit'), 0)::bigint AS credited,
       coalesce(-sum(amount_minor) FILTER (WHERE kind <> 'credit'), 0)::bigint AS reversed
  FROM reward r JOIN client_referral c USING (home_id, order_id)
 WHERE c.referrer_key = ANY(%(referrers)s::text[]) AND c.placed_at >= %(since)s AND c.placed_at < %(until)s
 GROUP BY 1, 2, 3"""


class _RewardRow(NamedTuple):
    home_id: int
    order_id: UUID
    side: str
    no: int
    client_key: str
    kind: str
    currency: str
    amount_minor: int
    base_minor: int
    returned_minor: int
    plan_version: int
    explanation: Json
    settled_at: datetime


class _Standing(NamedTuple):
    no: int = 0
    credited: int = 0
    reversed: int = 0


def follow(work: Work, orders: Sequence[RowKey]) -> None:
    """Give back what was spent on these orders and goes back with the money, and settle what they give."""
    store_credit.settle_orders(work, orders, went_back)
    settle(work, orders)


def settle(work: Work, orders: Sequence[RowKey]) -> int:
    """Bring what these orders (home, id) give for a friend to what should stand; how many steps it took.

    Most orders were sent by nobody, and take one look.
    """
    looked = looked_at(work, orders) if orders else None
    if looked is None:
        return 0
    for key in looked.referrers:
        work.run(_LOCK, key=key)
    sent = read(work, looked)
    standing = {
        (row.home_id, row.order_id, row.side): _Standing(row.no, row.credited, row.reversed)
        for row in work.rows(_STANDING, **looked._asdict())
    }
    rows: list[_RewardRow] = []
    given: list[Given] = []
    for one in sent:
        for side, share, before in _sides(one, standing):
            steps, stands = _steps(share, before)
            rows += _rows(work, one, side, share, before, steps)
            if stands[0]:
                given.append(Given(_credit(one, side), *stands))
    insert_many(work, "reward", rows)
    store_credit.settle_given(work, given)
    record_all(
        work, "reward.settled", in_key_order((row.home_id, row.order_id) for row in rows)
    )  # fmt: skip
    return len(rows)


def _sides(
    one: Sent, standing: dict[tuple[int, UUID, str], _Standing]
) -> Iterator[tuple[Side, RewardCredit | None, _Standing]]:
    """What each side should have, None for nothing, and what it has."""
    should = {
        share.side: share for share in rewards_of(one.rule, one.facts, cap_bp=one.plan.sale.cap_bp)
    }
    for side in SIDES:
        before = standing.get((one.home_id, one.order_id, side), _Standing())
        if side in should or before.credited:
            yield side, should.get(side), before


def _steps(
    share: RewardCredit | None, before: _Standing
) -> tuple[list[tuple[str, int]], tuple[int, int]]:
    """From what stands to what should, and what was credited and reversed in all by then.

    What was credited once never falls: it is reversed.
    """
    credited = max(before.credited, share.credited_minor if share else 0)
    reversed_minor = credited - (share.stands_minor if share else 0)
    more = reversed_minor - before.reversed
    steps = [
        ("credit", credited - before.credited),
        ("reversal" if more > 0 else "restored", -more),
    ]
    return [(kind, minor) for kind, minor in steps if minor], (credited, reversed_minor)


def _rows(
    work: Work,
    one: Sent,
    side: Side,
    share: RewardCredit | None,
    before: _Standing,
    steps: Sequence[tuple[str, int]],
) -> Iterator[_RewardRow]:
    for no, (kind, minor) in enumerate(steps, before.no + 1):
        said: Any = explain_reward(
            one.rule, one.facts, share, side=side, number=one.number,
            cap_bp=one.plan.sale.cap_bp, why=why_no_reward(one.rule, one.facts),
        )  # fmt: skip
        yield _RewardRow(
            one.home_id, one.order_id, side, no, _whose(one, side), kind, one.facts.currency, minor,
            one.facts.base_minor, one.facts.returned_minor, one.plan.version,
            Json(json.dumps(said)), work.now(),
        )  # fmt: skip


def _whose(one: Sent, side: Side) -> str:
    return one.referrer_key if side == "referrer" else one.friend_key


def _credit(one: Sent, side: Side) -> GivenAs:
    return GivenAs(
        key=f"reward:{one.home_id}:{one.order_id}:{side}",
        client_key=_whose(one, side),
        currency=one.facts.currency,
        kind=side,
        home_id=one.home_id,
        order_id=one.order_id,
        reason="",
        available_on=one.payable_on,
        expires_on=_expires(one.payable_on, one.rule.expires_days),
        may_be_owed=one.rule.spent == "is_owed",
    )


def _expires(usable_from: date, days: int | None) -> date | None:
    if days is None or usable_from == HELD_OPEN:
        return None
    return usable_from + timedelta(days=days)
