"""Why an order gave a reward or none, for many orders at once: told to clients, to staff and on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked
from mainstem.kit.work import Work
from mainstem.plan import NoReward, why_no_reward
from mainstem.rewards.facts import looked_at, read

_NEWEST = f"""
SELECT DISTINCT ON (home_id, order_id, side) home_id, order_id, side, explanation
  FROM reward JOIN {ASKED_ORDERS} USING (home_id, order_id)
 ORDER BY home_id, order_id, side, no DESC"""

Explanations = Mapping[tuple[int, UUID, str], Mapping[str, Any]]


def explanations_of(work: Work, orders: Sequence[RowKey]) -> Explanations:
    """Why these orders (home, id) gave what they did, by home, order and side: of the newest step."""
    return {
        (row.home_id, row.order_id, row.side): row.explanation
        for row in work.rows(_NEWEST, **asked(orders))
    }


def why_nothing(work: Work, orders: Sequence[RowKey]) -> Mapping[RowKey, NoReward]:
    """Which rule keeps these orders (home, id) from a reward as things are; those alone that one keeps.

    It looks at the year of whoever sent them, so ask about orders that gave nothing.
    """
    looked = looked_at(work, orders) if orders else None
    if looked is None:
        return {}
    wanted = set(orders)
    found: dict[RowKey, NoReward] = {}
    for one in read(work, looked):
        key = one.home_id, one.order_id
        why = why_no_reward(one.rule, one.facts) if key in wanted else None
        if why is not None:
            found[key] = why
    return found
