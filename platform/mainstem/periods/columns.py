"""A period's facts as columns: who took part and what each sold, a place for everybody, by their ids."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from mainstem.kit.columns import Bools, Ints
from mainstem.plan.period_limits import Earned
from mainstem.plan.periods import Elsewhere, Participant

NOBODY = 0
"""Stands where somebody has no sponsor: no affiliate has this id."""


@dataclass(frozen=True)
class People:
    """Everybody who took part, by their ids, which rise: whom they stood under, and who may not be paid.

    `groups` are, by affiliate, those of whoever was in any.
    """

    id: Ints
    sponsor: Ints
    house: Bools
    suspended: Bools
    groups: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def above(self) -> Ints:
        """The place of everybody's sponsor; -1 where they have none who took part."""
        at, known = self.places(self.sponsor)
        return np.where(known, at, -1)

    @cached_property
    def levels(self) -> list[Ints]:
        """Everybody's place, each after whom they stand under: those at the top, then those below them."""
        order = np.argsort(self.above, kind="stable")
        ends = np.searchsorted(self.above[order], np.arange(len(self.id)), side="right")
        starts = np.searchsorted(self.above[order], np.arange(len(self.id)), side="left")
        found: list[Ints] = []
        level = np.flatnonzero(self.above < 0)
        while len(level):
            found.append(level)
            many = ends[level] - starts[level]
            before = np.cumsum(many) - many
            level = order[np.repeat(starts[level] - before, many) + np.arange(many.sum())]
        return found

    @cached_property
    def below(self) -> Ints:
        """Everybody who stands under somebody."""
        return np.concatenate([np.empty(0, np.int64), *self.levels[1:]])

    @property
    def may_be_paid(self) -> Bools:
        """Who is neither the company's own nor suspended."""
        may: Bools = ~(self.house | self.suspended)
        return may

    def places(self, ids: Ints) -> tuple[Ints, Bools]:
        """Where these affiliates stand, and which of them took part."""
        if not len(self.id):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), bool)
        first, last = self.id[0], self.id[-1]
        if last - first == len(self.id) - 1:  # without a gap: nothing has to be searched
            at = np.clip(ids - first, 0, len(self.id) - 1)
        else:
            at = np.minimum(np.searchsorted(self.id, ids), len(self.id) - 1)
        known: Bools = self.id[at] == ids
        return at, known


@dataclass(frozen=True)
class Sales:
    """What affiliates sold in one currency, by their ids, which rise: how much, to how many clients, and when the
    last of it counted. Nobody is here who sold nothing."""

    id: Ints
    volume: Ints
    clients: Ints
    reached: Ints

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sales) and all(
            np.array_equal(mine, theirs)
            for mine, theirs in zip(self.all(), other.all(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    def all(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Its columns."""
        return self.id, self.volume, self.clients, self.reached

    def sorted_where(self, chosen: Bools) -> Sales:
        """Those of these places, by their ids."""
        order = np.argsort(self.id[chosen], kind="stable")
        return Sales(*(column[chosen][order] for column in self.all()))

    def unlike(self, was: Sales) -> Sales:
        """Those who have sold other than they had, as they have now; with nothing, where it is nothing now."""
        ids = np.union1d(self.id, was.id)
        mine, theirs = self._at(ids), was._at(ids)
        other = np.logical_or.reduce(
            [one != two for one, two in zip(mine.all()[1:], theirs.all()[1:], strict=True)]
        )
        gone = mine.volume == 0
        reached = np.where(gone, theirs.reached, mine.reached)
        return Sales(ids[other], mine.volume[other], mine.clients[other], reached[other])

    def _at(self, ids: Ints) -> Sales:
        """These affiliates, each with what they sold; those who sold nothing with 0."""
        columns = [np.zeros(len(ids), np.int64) for _ in range(3)]
        at = np.searchsorted(ids, self.id)
        for column, mine in zip(columns, self.all()[1:], strict=True):
            column[at] = mine
        return Sales(ids, *columns)

    def instead(self, ids: Ints, now: Sales) -> Sales:
        """The same, with these affiliates as they are now: among `now`, or without any sale."""
        rest = ~np.isin(self.id, ids)
        both = Sales(
            *(
                np.concatenate([mine[rest], theirs])
                for mine, theirs in zip(self.all(), now.all(), strict=True)
            )
        )
        return both.sorted_where(np.ones(len(both.id), bool))


NO_SALES = Sales(*(np.empty(0, np.int64) for _ in range(4)))


@dataclass(frozen=True)
class InCurrency:
    """Everybody with what they sold in one currency, a place for each."""

    people: People
    volume: Ints
    clients: Ints
    reached: Ints
    """When the last of it counted; of whoever sold nothing, after everybody."""
    elsewhere: Elsewhere = field(default_factory=dict)

    def participant(self, at: int) -> Participant:
        """One of them, as a rule for one is told."""
        people = self.people
        sponsor = int(people.sponsor[at])
        return Participant(
            int(people.id[at]),
            None if sponsor == NOBODY else sponsor,
            int(self.volume[at]),
            int(self.clients[at]),
            bool(people.house[at]),
            bool(people.suspended[at]),
            people.groups.get(int(people.id[at]), frozenset()),
        )

    def participants(self) -> list[Participant]:
        """All of them."""
        return [self.participant(at) for at in range(len(self.people.id))]

    def reached_first(self) -> list[int]:
        """Everybody who sold, by when they had reached what they sold."""
        sold = np.flatnonzero(self.volume)
        order = np.lexsort((self.people.id[sold], self.reached[sold]))
        first: list[int] = self.people.id[sold[order]].tolist()
        return first


@dataclass(frozen=True)
class Facts:
    """Who took part in a period, and what each sold, by currency."""

    people: People
    sold: Mapping[str, Sales] = field(default_factory=dict)
    earned: Mapping[str, Mapping[int, Earned]] = field(default_factory=dict)
    """What sales have earned them, by currency, where the plan asks."""
    elsewhere: Mapping[str, Elsewhere] = field(default_factory=dict)
    """By currency, where the plan counts each sale for the upline that it was sold under."""

    def in_currency(self, currency: str) -> InCurrency:
        """Everybody, with what they sold in one currency."""
        sales, many = self.sold.get(currency, NO_SALES), len(self.people.id)
        at, known = self.people.places(sales.id)
        at = at[known]
        volume, clients = np.zeros(many, np.int64), np.zeros(many, np.int64)
        reached = np.full(many, np.iinfo(np.int64).max)
        volume[at], clients[at] = sales.volume[known], sales.clients[known]
        reached[at] = sales.reached[known]
        elsewhere = self.elsewhere.get(currency, {})
        return InCurrency(self.people, volume, clients, reached, elsewhere)

    def told(self, digest: hashlib._Hash) -> None:
        """Tell a hash all of it, column by column."""
        people = self.people
        for column in (people.id, people.sponsor, people.house, people.suspended):
            tell(digest, column)
        said = sorted((id, sorted(names)) for id, names in people.groups.items() if names)
        digest.update(f"{said}\n".encode())
        for currency in sorted(self.sold):
            digest.update(f"{currency}\n".encode())
            for column in self.sold[currency].all():
                tell(digest, column)
        for currency in sorted(self.earned):
            digest.update(f"{currency} {sorted(self.earned[currency].items())}\n".encode())
        for currency in sorted(self.elsewhere):
            sold = sorted(self.elsewhere[currency].items())
            digest.update(f"elsewhere {currency} {sold}\n".encode())


def tell(digest: hashlib._Hash, column: Ints | Bools) -> None:
    """Tell a hash a column: how long it is, and its numbers of eight bytes."""
    digest.update(f"{len(column)}\n".encode())
    digest.update(column.astype("<i8").tobytes())
