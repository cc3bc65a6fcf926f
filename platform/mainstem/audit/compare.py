"""What was credited and posted beside what should have been: every difference, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mainstem.audit.books import BACK, CREDIT, HOLD, Credited, Posted, sums
from mainstem.audit.columns import Bools, Ints
from mainstem.audit.documents import LEVELS_MAX, Rule
from mainstem.audit.facts import Facts
from mainstem.audit.kernel import Earned
from mainstem.kit.bulk import RowKey


@dataclass(frozen=True, slots=True)
class Difference:
    """One amount that is not what it should be.

    `what` is `credited` or `reversed` of a level; `beneficiary`, whose it is, with the ids of affiliates
    in place of amounts; `moved`, what was put under another day and does not add up to nothing; `posted`,
    what the books have of an order by one rule for one affiliate, at all levels together; `stray`, a posting
    that no line stands behind; `reward`, what stands of what sending a friend gave a side, which `rule` names.
    Of a closed period, whose name stands for the order, it is `credited`, `posted` or `rank`, by its number.
    """

    what: str
    home_id: int
    order_id: str
    order: str
    rule: str
    level: int | None
    affiliate_id: int
    currency: str
    should_be: int
    is_now: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What the two sides are compared by: the orders, and the rules that they were sold by."""

    keys: Sequence[RowKey]
    facts: Facts
    rules: Sequence[Rule]


def differences(
    batch: Batch,
    due: Earned,
    credited: Credited,
    credited_by: Ints,
    posted: Posted,
    posted_by: Ints,
) -> Iterator[Difference]:
    """Everything that differs on orders of which nothing waits to be followed up.

    `credited_by` and `posted_by` say of each row which of the rules it is of.
    """
    several = batch.facts.shared
    of_one = ~several[credited.order]
    yield from _levels(
        batch, due.only(~several[due.order]), credited.only(of_one), credited_by[of_one]
    )
    yield from _shared(
        batch, due.only(several[due.order]), credited.only(~of_one), credited_by[~of_one]
    )
    yield from _posted(batch, due, posted, posted_by)


def _levels(
    batch: Batch, due: Earned, credited: Credited, credited_by: Ints
) -> Iterator[Difference]:
    width = len(batch.rules)
    of_due = (due.order * width + due.rule) * LEVELS_MAX + due.level
    yours = _still_theirs(batch, due, credited, credited_by, of_due)
    credited, credited_by = credited.only(yours), credited_by[yours]
    of_line = (credited.order * width + credited_by) * LEVELS_MAX + credited.level
    keys = np.union1d(of_due, of_line)
    order = keys // LEVELS_MAX // width
    settled = ~batch.facts.waiting[order]

    def kept(kind: int) -> Ints:
        rows = credited.kind == kind
        return _aligned(keys, *sums(of_line[rows], credited.amount[rows]))

    whose = _aligned(keys, of_due, due.who)
    whose_now = np.zeros_like(whose)
    whose_now[np.searchsorted(keys, of_line)] = credited.who
    one = np.ones(len(keys), bool)
    one[
        np.searchsorted(keys, of_line[credited.who != whose_now[np.searchsorted(keys, of_line)]])
    ] = False
    compared = (
        ("credited", _aligned(keys, of_due, due.credited), kept(CREDIT)),
        ("reversed", _aligned(keys, of_due, due.reversed), -kept(BACK)),
        ("moved", np.zeros_like(whose), kept(HOLD)),
    )
    wrong_whose = (whose > 0) & (whose_now > 0) & ((whose != whose_now) | ~one)
    for what, should, now in (*compared, ("beneficiary", whose, whose_now)):
        differs: Bools = wrong_whose if what == "beneficiary" else should != now
        for at in np.flatnonzero(settled & differs):
            rule = int(keys[at] // LEVELS_MAX % width)
            yield _difference(
                batch, what, int(order[at]), rule, int(keys[at] % LEVELS_MAX),
                int(whose_now[at] or whose[at]), int(should[at]), int(now[at]),
            )  # fmt: skip


def _still_theirs(
    batch: Batch, due: Earned, credited: Credited, credited_by: Ints, of_due: Ints
) -> Bools:
    """Which lines are of whoever an order is credited to. Whoever had it before staff credited it to another
    keeps lines that come to nothing: that they do is seen by what was posted to them."""
    of_line = (credited.order * len(batch.rules) + credited_by) * LEVELS_MAX + credited.level
    keys = np.union1d(of_due, of_line)
    whose = _aligned(keys, of_due, due.who)[np.searchsorted(keys, of_line)]
    theirs: Bools = ~batch.facts.moved[credited.order] | (credited.who == whose)
    return theirs


def _shared(
    batch: Batch, due: Earned, credited: Credited, credited_by: Ints
) -> Iterator[Difference]:
    """The same of orders that are credited to several, where one level is of several people."""
    should: dict[tuple[int, int, int, int], tuple[int, int]] = {}
    for order, rule, level, who, credit, back in zip(
        due.order, due.rule, due.level, due.who, due.credited, due.reversed, strict=True
    ):
        should[int(order), int(rule), int(level), int(who)] = int(credit), int(back)
    now: dict[tuple[int, int, int, int], list[int]] = {}
    for order, rule, level, who, kind, minor in zip(
        credited.order, credited_by, credited.level, credited.who, credited.kind, credited.amount,
        strict=True,
    ):  # fmt: skip
        key = int(order), int(rule), int(level), int(who)
        # Whoever had it before staff credited it to others keeps lines that come to nothing.
        if key in should or not batch.facts.moved[order]:
            now.setdefault(key, [0, 0, 0])[int(kind)] += int(minor)
    for key in sorted(should.keys() | now.keys()):
        if batch.facts.waiting[key[0]]:
            continue
        (credit, back), stands = should.get(key, (0, 0)), now.get(key, [0, 0, 0])
        compared = (("credited", credit, stands[CREDIT]), ("reversed", back, -stands[BACK]))
        for what, due_minor, minor in (*compared, ("moved", 0, stands[HOLD])):
            if due_minor != minor:
                order, rule, level, who = key
                yield _difference(batch, what, order, rule, level, who, due_minor, minor)


def _posted(batch: Batch, due: Earned, posted: Posted, posted_by: Ints) -> Iterator[Difference]:
    width = len(batch.rules)
    people, at = np.unique(np.concatenate([due.who, posted.who]), return_inverse=True)
    count = max(len(people), 1)
    of_due = (due.order * width + due.rule) * count + at[: len(due.who)]
    of_entry = (posted.order * width + posted_by) * count + at[len(due.who) :]
    keys = np.union1d(of_due, of_entry)
    should = _aligned(keys, *sums(of_due, due.credited - due.reversed))
    now = _aligned(keys, *sums(of_entry, posted.signed))
    order = keys // count // width
    for one in np.flatnonzero(~batch.facts.waiting[order] & (should != now)):
        yield _difference(
            batch, "posted", int(order[one]), int(keys[one] // count % width), None,
            int(people[keys[one] % count]), int(should[one]), int(now[one]),
        )  # fmt: skip


def _aligned(keys: Ints, of: Ints, values: Ints) -> Ints:
    """These values at their places among all keys, 0 elsewhere."""
    found = np.zeros(len(keys), np.int64)
    found[np.searchsorted(keys, of)] = values
    return found


def _difference(
    batch: Batch,
    what: str,
    order: int,
    rule: int,
    level: int | None,
    affiliate: int,
    should: int,
    now: int,
) -> Difference:
    home, id = batch.keys[order]
    facts = batch.facts
    return Difference(
        what,
        home,
        str(id),
        facts.number[order],
        batch.rules[rule].id,
        level,
        affiliate,
        facts.currencies[facts.currency[order]],
        should,
        now,
    )
