"""Orders of one client, whose commissions are settled together: where a rule limits what all of them pay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mainstem.kit.bulk import ASKED, RowKey, asked
from mainstem.kit.ids import in_key_order
from mainstem.kit.work import Work
from mainstem.orders import lock
from mainstem.plan import Basis, Credit, Plan, of_client

_OTHERS = f"""
SELECT DISTINCT other.home_id, other.id
  FROM {ASKED} JOIN orders o USING (home_id, id) JOIN orders other ON other.client_key = o.client_key
 WHERE other.delivered_at IS NOT NULL"""

Settled = tuple[Any, Basis, list[Credit]]
"""Of an order, by one of its rules: its row, what was sold, and every level's share."""


# Any number settle beside each other, but none beside a release: it would empty a hold that settling is about
# to take from.
_BESIDE_OTHERS = """
SELECT EXISTS (SELECT FROM plan_version WHERE limits_clients)
  FROM (SELECT pg_advisory_xact_lock_shared(7219)) AS held"""


def lock_to_settle(work: Work, orders: Sequence[RowKey]) -> list[RowKey]:
    """Take these orders (home, id), to settle them, in key order: the keys of what is taken.

    Where a version of the plan limits what all orders of a client pay, that is all that their clients have got.
    """
    keys = in_key_order(orders)
    if work.value(_BESIDE_OTHERS):
        return _lock_with_others(work, keys)
    lock(work, keys)
    return keys


def _lock_with_others(work: Work, keys: Sequence[RowKey]) -> list[RowKey]:
    # Whatever has come by the time they are taken is taken as well.
    found: set[RowKey] = set()
    wanted = set(keys) | _others(work, keys)
    while wanted - found:
        lock(work, in_key_order(wanted - found))
        found |= wanted
        wanted = _others(work, in_key_order(found))
    return in_key_order(found)


def _others(work: Work, keys: Sequence[RowKey]) -> set[RowKey]:
    return {(row.home_id, row.id) for row in work.rows(_OTHERS, **asked(keys))}


def within_clients(plans: Mapping[int, Plan], settled: Iterable[Settled]) -> list[Settled]:
    """The same with what the limits of clients leave: of each rule by its name, in whatever version, level and
    earner by themselves, the oldest order first."""
    found = list(settled)
    sales: dict[tuple[Any, ...], list[tuple[tuple[Any, ...], int, Credit, int]]] = {}
    for at, (row, _, shares) in enumerate(found):
        most = plans[row.plan_version].sale.rule(row.rule).at_most_client_minor.get(row.currency)
        if most is None:
            continue
        for share in shares:
            key = row.client_key, row.currency, row.rule, share.level, share.beneficiary_id
            when = row.placed_at, row.home_id, row.id
            sales.setdefault(key, []).append((when, at, share, most))
    left: dict[int, list[Credit]] = {}
    for of_one in sales.values():
        of_one.sort(key=lambda one: one[0])
        of_each = of_client((most, share.stands_minor) for _, _, share, most in of_one)
        for by_client, (_, at, share, _) in zip(of_each, of_one, strict=True):
            credited = by_client.left_of(share.credited_minor)
            stands = by_client.left_of(share.stands_minor)
            # One that nothing is left for is kept: what was credited before an older order came is
            # taken back in words that say why.
            one = replace(
                share,
                credited_minor=credited,
                reversed_minor=credited - stands,
                by_client=by_client,
            )
            left.setdefault(at, []).append(one)
    return [
        (row, basis, _kept(shares, left.get(at, ())))
        for at, (row, basis, shares) in enumerate(found)
    ]


def _kept(shares: Sequence[Credit], left: Sequence[Credit]) -> list[Credit]:
    """Those that no limit of a client is for, and what the limits leave of the others."""
    return [*(share for share in shares if share.by_client is None), *left]
