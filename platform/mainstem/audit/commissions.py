"""Every commission ever credited, worked out anew from the raw facts and compared, batch by batch.

It reads, by a role that can write nothing, and holds no lock and no snapshot for longer than a batch, so it
runs beside a company that trades.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np

from mainstem.audit.books import (
    CREDITED,
    POSTED,
    STRAY_POSTINGS,
    Credited,
    Posted,
    credited_of,
    posted_of,
)
from mainstem.audit.client_caps import all_of_clients, limits, within
from mainstem.audit.columns import Ints
from mainstem.audit.compare import Batch, Difference, differences
from mainstem.audit.documents import BASIS, Rule, rules_of
from mainstem.audit.facts import LINES, ORDERS, Facts, batch, facts_of
from mainstem.audit.kernel import Earned, earned
from mainstem.audit.period_facts import next_closed
from mainstem.audit.periods import audit_period
from mainstem.audit.rewards import audit_rewards
from mainstem.audit.walk import PERIODS, STRAY, Cursor, begin, step
from mainstem.kit.bulk import RowKey
from mainstem.kit.db import Database
from mainstem.kit.work import Work

ORDERS_AT_ONCE = 10_000
NAMED_MAX = 100
"""So many differences are named; all are counted."""

# One statement, so that facts, lines and books are of one instant.
_BATCH = f"SELECT * FROM ({ORDERS}) AS o, ({LINES}) AS l, ({CREDITED}) AS e, ({POSTED}) AS p"


@dataclass(slots=True)
class Found:
    """How far an audit has come, and what differs."""

    orders: int = 0
    lines: int = 0
    """Movements of commission that were compared."""
    waiting: int = 0
    """Orders of which something waits to be followed up; a later audit looks at them."""
    seconds: float = 0.0
    wrong: int = 0
    named: list[Difference] = field(default_factory=list)

    @property
    def lines_per_second(self) -> int:
        """How many lines were worked out anew in a second."""
        return int(self.lines / self.seconds) if self.seconds else 0

    def add(self, found: Iterable[Difference]) -> None:
        """Count differences, and name the first of them."""
        for one in found:
            self.wrong += 1
            if len(self.named) < NAMED_MAX:
                self.named.append(one)


class Audit:
    """An audit on its way: what it has found so far, and where it goes on."""

    def __init__(
        self, database: Database, at: Cursor, found: Found | None = None, most: int | None = None
    ) -> None:
        self.at: Cursor | None = at
        self.found = found or Found()
        self._database, self._most = database, most or ORDERS_AT_ONCE
        self._rules: dict[tuple[int, str], Rule] = {}

    def go_on(self) -> bool:
        """Look at the next batch of orders; False when there is none."""
        if self.at is None:
            return False
        begun = time.perf_counter()
        with self._database.reading() as work:
            if self.at.part == STRAY:
                self.found.add(_stray(work))
                self.at = None
            elif self.at.part == PERIODS:
                self.at = self._period(work, date.fromordinal(self.at.home_id))
            else:
                part = step(work, self.at, self._most)
                self.at = part.then
                if part.keys:
                    _look(work, part.keys, self._rules, self.found)
        self.found.seconds += time.perf_counter() - begun
        return self.at is not None

    def _period(self, work: Work, after: date) -> Cursor:
        """Look at the next closed period, and say where to go on."""
        it = next_closed(work, after)
        if it is None:
            return Cursor(STRAY)
        lines, found = audit_period(work, it)
        self.found.lines += lines
        self.found.add(found)
        return Cursor(PERIODS, home_id=it.starts_on.toordinal())


def audit_commissions(
    database: Database,
    *,
    since: UUID | None = None,
    progress: Callable[[Found], None] | None = None,
) -> Found:
    """Audit every order at once, or those of which something happened since the fact of this id.

    `progress` is told after every batch.
    """
    audit = Audit(database, begin(since))
    while audit.go_on():
        if progress:
            progress(audit.found)
    return audit.found


def audit_orders(work: Work, keys: Sequence[RowKey]) -> Found:
    """Audit these orders (home, id) as a Work sees them now, in one statement."""
    found = Found()
    _look(work, keys, {}, found)
    return found


class _Read(NamedTuple):
    """Orders as they are: their facts, the rules by number, what was credited and posted, and by which rules."""

    facts: Facts
    rules: Sequence[Rule]
    credited: Credited
    posted: Posted
    by_line: Ints
    by_credit: Ints
    by_entry: Ints


def _look(
    work: Work, keys: Sequence[RowKey], rules: dict[tuple[int, str], Rule], found: Found
) -> None:
    read = _read(work, keys, rules)
    found.orders += len(keys)
    found.lines += len(read.credited.order)
    found.waiting += int(read.facts.waiting.sum())
    if limits(read.rules):
        found.add(_among_all_of_clients(work, keys, rules))
    else:
        due = earned(read.facts, read.rules, read.by_line)
        found.add(_compared(keys, read, due))
    found.add(audit_rewards(work, keys))


def _read(work: Work, keys: Sequence[RowKey], rules: dict[tuple[int, str], Rule]) -> _Read:
    row: Any = work.one(_BATCH, **batch(keys))
    facts, credited, posted = facts_of(row, len(keys)), credited_of(row), posted_of(row)
    _learn(work, facts, rules)
    numbered = _Numbered(rules, facts)
    by = [numbered.of(part.order, part.rule) for part in (facts.lines, credited, posted)]
    return _Read(facts, numbered.rules, credited, posted, *by)


def _among_all_of_clients(
    work: Work, keys: Sequence[RowKey], rules: dict[tuple[int, str], Rule]
) -> Iterator[Difference]:
    """What differs in these orders, worked out among all that their clients ever got."""
    whole = all_of_clients(work, keys)
    read = _read(work, whole, rules)
    due = earned(read.facts, read.rules, read.by_line)
    facts, due = within(work, whole, read.facts, due, read.rules)
    asked = {(home, str(id)) for home, id in keys}
    for one in _compared(whole, read._replace(facts=facts), due):
        if (one.home_id, one.order_id) in asked:
            yield one


def _compared(keys: Sequence[RowKey], read: _Read, due: Earned) -> Iterator[Difference]:
    return differences(
        Batch(keys, read.facts, read.rules),
        due,
        read.credited,
        read.by_credit,
        read.posted,
        read.by_entry,
    )


def _learn(work: Work, facts: Facts, rules: dict[tuple[int, str], Rule]) -> None:
    """Read the documents of the versions that are new here."""
    missing = {int(version) for version in np.unique(facts.version)} - {key[0] for key in rules}
    for version, document in work.rows(
        "SELECT version, document::text FROM plan_version WHERE version = ANY(%(new)s::int[])",
        new=sorted(missing),
    ):
        for rule in rules_of(version, json.loads(document)):
            rules[version, rule.id] = rule


class _Numbered:
    """The rules of a batch by number. What names a rule that its plan has not earns nothing."""

    def __init__(self, known: dict[tuple[int, str], Rule], facts: Facts) -> None:
        self._known, self._version = known, facts.version
        self._numbers: dict[tuple[int, str], int] = {}
        self.rules: list[Rule] = []

    def of(self, order: Ints, names: Sequence[str]) -> Ints:
        """The number of each rule that is named on an order."""
        versions = self._version[order].tolist()
        return np.array([self._number(key) for key in zip(versions, names, strict=True)], np.int64)

    def _number(self, key: tuple[int, str]) -> int:
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.rules)
            self.rules.append(self._known.get(key) or Rule(*key, (), BASIS, BASIS))
        return number


def _stray(work: Work) -> Iterator[Difference]:
    work.run("SET LOCAL statement_timeout = 0")  # it reads all the books, once
    work.run("SET LOCAL enable_nestloop = off")
    work.run("SET LOCAL work_mem = '256MB'")
    for row in work.rows(STRAY_POSTINGS, most=NAMED_MAX):
        yield Difference(
            "stray", row.home_id, row.order_id, row.key, row.rule, None, row.owner_id, row.currency,
            0, row.signed_minor,
        )  # fmt: skip
