"""Everybody's ranks in a period as columns: numbers into one list of names, so that names outlive a plan."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mainstem.kit.columns import Bools, Ints
from mainstem.periods.columns import People, tell
from mainstem.plan.periods import RankRules


@dataclass(frozen=True)
class Titles:
    """Ranks by affiliate, whose ids rise, as places in `names`: 0 is none, then the plan's own from the lowest to
    the highest, then those of plans before. Nobody is here who never had any."""

    names: Sequence[str]
    id: Ints
    highest: Ints
    paid_as: Ints
    paid_as_before: Ints
    qualified: Ints
    grace_used: Ints

    def columns(self) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints]:
        """All but the names."""
        return (
            self.id,
            self.highest,
            self.paid_as,
            self.paid_as_before,
            self.qualified,
            self.grace_used,
        )

    def only(self, chosen: Bools) -> Titles:
        """Those of these places."""
        return Titles(self.names, *(column[chosen] for column in self.columns()))

    def for_all(self, people: People) -> Titles:
        """A place for everybody who took part; whoever had no rank has 0."""
        at, known = people.places(self.id)
        columns = [np.zeros(len(people.id), np.int64) for _ in range(5)]
        for column, kept in zip(columns, self.columns()[1:], strict=True):
            column[at[known]] = kept[known]
        return Titles(self.names, people.id, *columns)

    def unlike(self, other: Titles) -> list[int]:
        """Whose ranks are not the same in both. Both have the same names."""
        ids = np.union1d(self.id, other.id)
        one, two = self._at(ids), other._at(ids)
        found: list[int] = ids[(one != two).any(axis=0)].tolist()
        return found

    def _at(self, ids: Ints) -> Ints:
        """Columns of these affiliates; of whoever is not here, -1."""
        found = np.full((5, len(ids)), -1, np.int64)
        found[:, np.searchsorted(ids, self.id)] = self.columns()[1:]
        return found

    def told(self, digest: hashlib._Hash) -> None:
        """Tell a hash all of them."""
        digest.update(f"{list(self.names)}\n".encode())
        for column in self.columns():
            tell(digest, column)


def no_titles(ranks: Sequence[str]) -> Titles:
    """Nobody has any rank of a plan with these."""
    return Titles(["", *ranks], *(np.empty(0, np.int64) for _ in range(6)))


def next_titles(rules: RankRules, people: People, before: Titles, now: Ints) -> Titles:
    """Everybody's ranks after a period in which each qualified for `now`: `plan.periods.next_standing`, for all."""
    was = before.for_all(people)
    known = np.isin(people.id, before.id)
    of_plan = len(rules.ranks)
    highest = np.maximum(np.where(was.highest <= of_plan, was.highest, 0), now)
    paid_as = np.where(was.paid_as <= of_plan, was.paid_as, 0)
    grace = (now < paid_as) & (was.grace_used < rules.grace_periods)
    after = replace(
        was,
        # A rank of a plan before stays who was never of one of this plan's.
        highest=np.where(highest > 0, highest, was.highest),
        paid_as=np.where(grace, paid_as, now),
        paid_as_before=was.paid_as,
        qualified=now,
        grace_used=np.where(grace, was.grace_used + 1, 0),
    )
    return after.only(known | (now > 0))
