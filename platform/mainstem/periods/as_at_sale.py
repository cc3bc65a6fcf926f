"""Teams by columns where something was sold under another upline than its seller stood under at the end.

Whoever sold so has all that they sold told here upline by upline; all others are counted from the bottom up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from mainstem.kit.columns import Ints
from mainstem.periods.columns import InCurrency, People

Legs = tuple[Ints, Ints, Ints]
"""Leg by leg: the place of whose it is, what it sold, and the most that any one in it sold."""


def at_close(people: InCurrency) -> Ints:
    """What everybody sold who stood where they stood at the end all along; 0 of whoever did not."""
    volume = people.volume.copy()
    if people.elsewhere:
        sellers = np.array(sorted({upline[0] for upline in people.elsewhere}), np.int64)
        at, known = people.people.places(sellers)
        volume[at[known]] = 0
    return volume


def add_down(people: InCurrency, depth: int, found: Ints) -> None:
    """Add what those others sold to whoever stood at most so many levels above them."""
    for upline, minor in _sold(people):
        at, known = people.people.places(np.array(upline[1 : depth + 1], np.int64))
        np.add.at(found, at[known], minor)


def with_legs(people: InCurrency, legs: Legs) -> Legs:
    """The legs of everybody, with what those others sold."""
    leg_of, sold, strongest = (column.copy() for column in legs)
    below = people.people.below
    number = np.full(len(people.volume), -1)
    number[below] = np.arange(len(below))
    new: list[tuple[int, int, int]] = []
    for (above, head), of_sellers in _by_leg(people).items():
        minor, most = sum(of_sellers.values()), max(0, *of_sellers.values())
        at = _number(people.people, number, head)
        if at >= 0 and leg_of[at] == above:
            sold[at] += minor
            strongest[at] = max(strongest[at], most)
        else:  # it was somebody else's at the end
            new.append((above, minor, most))
    more = np.array(new, np.int64).reshape(-1, 3).T
    return (
        np.concatenate([leg_of, more[0]]),
        np.concatenate([sold, more[1]]),
        np.concatenate([strongest, more[2]]),
    )


def _by_leg(people: InCurrency) -> Mapping[tuple[int, int], dict[int, int]]:
    """What those others sold, each of them, by the place of whose leg it was and who stood at its head."""
    found: dict[tuple[int, int], dict[int, int]] = {}
    for upline, minor in _sold(people):
        at, known = people.people.places(np.array(upline, np.int64))
        for step in np.flatnonzero(known[1:]).tolist():
            leg = found.setdefault((int(at[step + 1]), upline[step]), {})
            leg[upline[0]] = leg.get(upline[0], 0) + minor
    return found


def _number(people: People, number: Ints, head: int) -> int:
    [at], [known] = people.places(np.array([head], np.int64))
    return int(number[at]) if known else -1


def _sold(people: InCurrency) -> Iterator[tuple[tuple[int, ...], int]]:
    """All that those others sold, by the upline that it counts for."""
    left: dict[int, int] = {}
    for upline, minor in people.elsewhere.items():
        [at], [known] = people.people.places(np.array([upline[0]], np.int64))
        if known:
            left[int(at)] = left.get(int(at), int(people.volume[at])) - minor
            yield upline, minor
    for at, minor in left.items():
        if minor:
            yield tuple(_at_end(people.people, at)), minor


def _at_end(people: People, at: int) -> Iterator[int]:
    while at >= 0:
        yield int(people.id[at])
        at = int(people.above[at])
