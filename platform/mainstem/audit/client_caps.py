"""What all sales to one client may pay a level: by the client's orders, all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from mainstem.audit.documents import Rule
from mainstem.audit.facts import ASKED, Facts, batch
from mainstem.audit.kernel import Earned
from mainstem.kit.bulk import RowKey
from mainstem.kit.work import Work

_ALL = f"""
SELECT DISTINCT other.home_id, other.id
  FROM {ASKED} JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.order_id
  JOIN orders other ON other.client_key = o.client_key
 WHERE other.delivered_at IS NOT NULL"""

_OLDEST = f"""
SELECT o.home_id, o.id, dense_rank() OVER (ORDER BY o.client_key) AS client,
       row_number() OVER (ORDER BY o.placed_at, o.home_id, o.id) AS place
  FROM {ASKED} JOIN orders o ON o.home_id = asked.home_id AND o.id = asked.order_id"""


def limits(rules: Sequence[Rule]) -> bool:
    """Whether a rule limits what all sales to one client pay."""
    return any(rule.at_most_client_minor for rule in rules)


def all_of_clients(work: Work, keys: Sequence[RowKey]) -> list[RowKey]:
    """These orders (home, id), and all that their clients ever got."""
    more = [(row.home_id, row.id) for row in work.rows(_ALL, **batch(keys))]
    return [*keys, *sorted(set(more) - set(keys))]


def within(
    work: Work, keys: Sequence[RowKey], facts: Facts, due: Earned, rules: Sequence[Rule]
) -> tuple[Facts, Earned]:
    """What is due within what each client may pay, the oldest order first. While one of a client's orders waits to
    be followed up, all of them do."""
    rows: Sequence[Any] = work.rows(_OLDEST, **batch(keys))
    of_order = {(row.home_id, row.id): (row.client, row.place) for row in rows}
    clients = np.array([of_order[key][0] for key in keys], np.int64)
    waits = np.isin(clients, clients[facts.waiting])
    room: dict[tuple[int, int, str, int, int], int] = {}
    credited, back = due.credited.copy(), due.reversed.copy()
    for at in sorted(range(len(due.order)), key=lambda at: of_order[keys[int(due.order[at])]][1]):
        order, rule = int(due.order[at]), rules[due.rule[at]]
        currency = facts.currencies[facts.currency[order]]
        most = rule.at_most_client_minor.get(currency)
        if most is None:
            continue
        whose = (
            int(clients[order]), int(facts.currency[order]), rule.id, int(due.level[at]),
            int(due.who[at]),
        )  # fmt: skip
        left = max(0, most - room.get(whose, 0))
        stands = min(left, int(credited[at] - back[at]))
        credited[at] = min(left, int(credited[at]))
        back[at] = credited[at] - stands
        room[whose] = room.get(whose, 0) + stands
    kept = replace(due, credited=credited, reversed=back)
    return replace(facts, waiting=waits), kept.only(credited > 0)
