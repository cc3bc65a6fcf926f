"""A closed period audited: its ranks and all that it has credited and posted, beside what should have been.

What everybody sold is taken as it was kept with the period; that it is what the orders say `periods check` proves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mainstem.audit.columns import Ints, as_numbers
from mainstem.audit.compare import Difference
from mainstem.audit.period_facts import (
    CREDITED,
    ClosedPeriod,
    Ranks,
    closed_before,
    months_of,
    ranks_of,
    tree_of,
)
from mainstem.audit.period_kernel import Month, Tree, due, reached
from mainstem.kit.work import Work

KNOWN = ("tiers", "goals", "pools", "leaderboards")
"""The rules of a period that are worked out here. What others pay is compared with the books alone."""
NO_CURRENCY = "XXX"


def audit_period(work: Work, it: ClosedPeriod) -> tuple[int, list[Difference]]:
    """How many lines of a closed period were compared, and everything that differs."""
    work.run("SET LOCAL statement_timeout = 0")
    while True:
        settled = _settled(work, it)
        found = _compared(work, it)
        if _settled(work, it) == settled:  # or what was read is of two instants
            return found


def _settled(work: Work, it: ClosedPeriod) -> int:
    return int(
        work.value(
            "SELECT max(no) FROM period_settlement WHERE starts_on = %(day)s", day=it.starts_on
        )
    )


def _compared(work: Work, it: ClosedPeriod) -> tuple[int, list[Difference]]:
    tree, kept = tree_of(work, it.starts_on), ranks_of(work, it.starts_on)
    paid_as = _numbers(it.said, kept, tree)
    should = {
        (month.currency, rule): amounts
        for month in months_of(work, it.starts_on, tree, corrected=True)
        for rule, amounts in due(it.said, tree, month, paid_as)
    }
    lines, found = 0, [*_ranks(work, it, tree, kept)]
    for row in work.rows(CREDITED, day=it.starts_on):
        lines += row.lines
        found += _credited(it, tree, row, should.pop((row.currency, row.rule), None))
    for (currency, rule), amounts in should.items():  # nothing of it was credited at all
        found += _named(it, "credited", rule, currency, tree.id, amounts, np.zeros_like(amounts))
    return lines, found


def _credited(it: ClosedPeriod, tree: Tree, row: Any, amounts: Ints | None) -> Iterator[Difference]:
    ids, now, booked = (as_numbers(column) for column in (row.ids, row.amounts, row.booked))
    yield from _named(it, "posted", row.rule, row.currency, ids, now, booked)
    if amounts is None:
        if row.rule in _unknown(it.said):
            return
        amounts = np.zeros(len(tree.id), np.int64)
    credited = np.zeros(len(tree.id), np.int64)
    at, took_part = np.searchsorted(tree.id, ids), np.isin(ids, tree.id)
    credited[at[took_part]] = now[took_part]
    yield from _named(it, "credited", row.rule, row.currency, tree.id, amounts, credited)
    none, others = np.zeros_like(ids[~took_part]), ids[~took_part]
    yield from _named(it, "credited", row.rule, row.currency, others, none, now[~took_part])


def _named(
    it: ClosedPeriod, what: str, rule: str, currency: str, ids: Ints, should: Ints, now: Ints
) -> Iterator[Difference]:
    for at in np.flatnonzero(should != now):
        id = int(ids[at])
        yield Difference(
            what, id, "", it.name, rule, None, id, currency, int(should[at]), int(now[at])
        )


def _unknown(said: Mapping[str, Any]) -> set[str]:
    """The rules of words that are not worked out here: those that a word lists, or the one called as the word."""
    found: set[str] = set()
    for word, rules in said.items():
        if isinstance(rules, dict):
            found.add(word)
        elif word not in KNOWN and isinstance(rules, list):
            found |= {rule["id"] for rule in rules}
    return found


# ---------------------------------------------------------------- ranks


def _ranks(work: Work, it: ClosedPeriod, tree: Tree, kept: Ranks) -> Iterator[Difference]:
    """Everybody whose ranks are not what the sales at the close and the ranks before it make them."""
    names = ["", *_names(it.said)]
    if len(names) == 1:
        return
    qualified = _qualified(it, tree, months_of(work, it.starts_on, tree, corrected=False))
    day = closed_before(work, it.starts_on)
    before = _by_id(ranks_of(work, day)) if day else {}
    stands, grace = _by_id(kept), it.said["ranks"].get("grace_periods", 0)
    for id, number in zip(tree.id.tolist(), qualified.tolist(), strict=True):
        if number or id in before:
            should = _next(names, before.get(id, ("", "", "", "", 0)), number, grace)
        elif id in stands:
            should = ("", "", "", "", 0)
        else:
            continue
        if stands.get(id) != should:
            held = stands.get(id, ("", "", "", "", 0))[1]
            yield _rank(it, id, _place(names, should[1]), _place(names, held))


Row = tuple[str, str, str, str, int]
"""The highest rank, the one paid as, the one before that, the one qualified for, and the periods of grace."""


def _next(names: list[str], was: Row, number: int, grace: int) -> Row:
    """An affiliate's ranks after a period in which they qualified for so high a one."""
    ever = max(_place(names, was[0]), number)
    paid = _place(names, was[1])
    kept = number < paid and was[4] < grace
    return (
        names[ever] if ever else was[0],
        names[paid if kept else number],
        was[1],
        names[number],
        was[4] + 1 if kept else 0,
    )


def _qualified(it: ClosedPeriod, tree: Tree, months: list[Month]) -> Ints:
    found = np.zeros(len(tree.id), np.int64)
    for month in months:
        found = np.maximum(found, reached(it.said, tree, month))
    return found


def _names(said: Mapping[str, Any]) -> list[str]:
    return [rank["id"] for rank in (said.get("ranks") or {}).get("ranks") or ()]


def _place(names: list[str], name: str) -> int:
    return names.index(name) if name in names else 0


def _numbers(said: Mapping[str, Any], kept: Ranks, tree: Tree) -> Ints:
    names = ["", *_names(said)]
    found = np.zeros(len(tree.id), np.int64)
    places = {name: _place(names, name) for name in set(kept.paid_as)}
    found[np.searchsorted(tree.id, kept.id)] = [places[name] for name in kept.paid_as]
    return found


def _by_id(kept: Ranks) -> dict[int, Row]:
    rows = zip(
        kept.highest, kept.paid_as, kept.before, kept.qualified, kept.grace.tolist(), strict=True
    )
    return dict(zip(kept.id.tolist(), rows, strict=True))


def _rank(it: ClosedPeriod, id: int, should: int, now: int) -> Difference:
    return Difference("rank", id, "", it.name, "", None, id, NO_CURRENCY, should, now)
