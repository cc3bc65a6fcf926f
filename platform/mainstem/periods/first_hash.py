"""The hash of a period as it was written before its figures were columns: what was closed then is checked by it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mainstem.periods.batch import Paid
from mainstem.periods.columns import NOBODY, Facts
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.titles import Titles as TitleColumns


@dataclass(frozen=True, slots=True)
class Titles:
    """An affiliate's ranks by name, as they were written down."""

    highest: str
    paid_as: str
    paid_as_before: str
    qualified: str
    grace_used: int


def of(
    plan: PeriodPlan, facts: Facts, earnings: Mapping[str, Sequence[Paid]], titles: TitleColumns
) -> str:
    """The hash, a line for everybody and everything."""
    digest = hashlib.sha256(plan.hash.encode())
    for line in (*_people(facts), *_sold(facts), *_earned(facts)):
        digest.update(line.encode())
    said = plan.document.period
    boards = {board.id for board in said.leaderboards} if said else set()
    lines = [*_paid(facts, earnings, boards), *_ranks(titles)]
    digest.update("\n".join(lines).encode())
    return digest.hexdigest()


def _people(facts: Facts) -> Iterator[str]:
    people = facts.people
    rows = (people.id, people.sponsor, people.house, people.suspended)
    for id, sponsor, house, suspended in zip(*(row.tolist() for row in rows), strict=True):
        groups = sorted(people.groups.get(id, ()))
        yield f"{id} {None if sponsor == NOBODY else sponsor} {house} {suspended} {groups}\n"


def _sold(facts: Facts) -> Iterator[str]:
    for currency in sorted(facts.sold):
        rows = (column.tolist() for column in facts.sold[currency].all())
        for id, volume, clients, reached in zip(*rows, strict=True):
            at = (reached + 946_684_800_000_000) / 1_000_000
            yield f"{currency} {id} {volume} {clients} {at}\n"


def _earned(facts: Facts) -> Iterator[str]:
    for currency in sorted(facts.earned):
        for id, has in sorted(facts.earned[currency].items()):
            yield f"{currency} {id} {has}\n"


def _paid(
    facts: Facts, earnings: Mapping[str, Sequence[Paid]], boards: Collection[str]
) -> Iterator[str]:
    for currency in sorted(earnings):
        reached: dict[int, int] = {}
        if boards:
            sold = facts.sold[currency]
            reached = dict(zip(sold.id.tolist(), sold.reached.tolist(), strict=True))
        for paid in earnings[currency]:
            found = list(paid.earnings())
            if paid.rule in boards:  # in the order of their places
                found.sort(
                    key=lambda one: (-one.of_minor, reached[one.beneficiary_id], one.beneficiary_id)
                )
            for one in found:
                yield f"{currency} {one.rule} {one.beneficiary_id} {one.of_minor} {one.amount_minor}"


def _ranks(titles: TitleColumns) -> Iterator[str]:
    names = titles.names
    rows = (column.tolist() for column in titles.columns())
    for id, highest, paid_as, before, qualified, grace in zip(*rows, strict=True):
        one = Titles(names[highest], names[paid_as], names[before], names[qualified], grace)
        yield f"{id} {one}"
