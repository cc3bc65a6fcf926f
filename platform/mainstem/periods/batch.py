"""What a plan gives for a period, for everybody at once: `plan.periods`, column by column, to the cent.

`plan.periods` is the definition. What is said here says it again for a million; a property holds both
together. A rule that this does not know, or amounts that could leave 64 bits, are worked out by the definition
itself, one affiliate after the other: slower, and never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Any

import numpy as np

from mainstem.kit.columns import Bools, Ints
from mainstem.money import BASIS, largest_remainder
from mainstem.periods.as_at_sale import add_down, at_close, with_legs
from mainstem.periods.columns import InCurrency, People
from mainstem.plan import periods as definition
from mainstem.plan.periods import (
    FirstSale,
    Goal,
    Leaderboard,
    PeriodCap,
    PeriodEarning,
    PeriodRules,
    Pool,
    Rank,
    RankRules,
    Tier,
    TierRule,
)

SAFE = 2**60
"""Below this, doubled and added to, no number of ours leaves 64 bits."""

KNOWN: dict[type, frozenset[str]] = {
    # What follows from all that was earned together comes after this (`plan.period_limits`).
    PeriodRules: frozenset(
        {
            "ranks",
            "tiers",
            "goals",
            "pools",
            "leaderboards",
            "caps",
            "first_sales",
            "overrides_are_asked",
            "teams",
        }
    ),
    PeriodCap: frozenset({"id", "at_most_minor", "of"}),
    FirstSale: frozenset({"id", "pays_minor", "at_most_bp"}),
    RankRules: frozenset({"ranks", "leg_share_of", "grace_periods"}),
    Rank: frozenset(
        [
            "id",
            "personal_minor",
            "team_minor",
            "clients",
            "legs",
            "leg_volume_minor",
            "leg_share_bp",
            "stated",
        ]
    ),
    TierRule: frozenset({"id", "volume", "of", "threshold", "tiers", "depth"}),
    Tier: frozenset({"from_minor", "rate_bp"}),
    Goal: frozenset({"id", "personal_minor", "pays_minor"}),
    Pool: frozenset({"id", "share_bp", "rank_from", "disqualified"}),
    Leaderboard: frozenset({"id", "prizes_minor", "ties", "least_minor"}),
}
"""Every word of a period that is worked out by columns."""

ONE_BY_ONE: dict[type, frozenset[str]] = {}
"""Words that are not: a plan that says one of them is worked out by the definition, as a whole."""


@dataclass(frozen=True)
class Paid:
    """What one rule pays in one currency: to whom, of how much, how much; by their ids, which rise."""

    rule: str
    id: Ints
    of: Ints
    amount: Ints
    whole_minor: int = 0
    points: int | Ints = 0
    """The same for everybody, or each their own."""

    def counts(self) -> Ints:
        """The points of each."""
        return np.broadcast_to(np.asarray(self.points, np.int64), self.id.shape)

    def earnings(self, chosen: Bools | slice = slice(None)) -> Iterator[PeriodEarning]:
        """The same, one by one."""
        columns = (self.id, self.of, self.amount, self.counts())
        for id, of, amount, points in zip(
            *(column[chosen].tolist() for column in columns), strict=True
        ):
            yield PeriodEarning(self.rule, id, of, amount, self.whole_minor, points)


def nothing(rule: str) -> Paid:
    """A rule that pays nobody."""
    none = np.empty(0, np.int64)
    return Paid(rule, none, none, none)


@dataclass(frozen=True)
class Teams:
    """Everybody's team, themselves in it: what it sold, and what of that its legs did. And leg by leg: whose it is,
    what it sold, and the most that any one in it sold."""

    volume: Ints
    legs: Ints
    leg_of: Ints
    leg: Ints
    strongest: Ints


def teams(people: InCurrency) -> Teams:
    """Everybody's team, worked out from the bottom up."""
    volume = at_close(people)
    strongest = volume.copy()
    above, below = people.people.above, people.people.below
    for level in reversed(people.people.levels[1:]):
        np.add.at(volume, above[level], volume[level])
        np.maximum.at(strongest, above[level], strongest[level])
    legs = (above[below], volume[below], strongest[below])
    if people.elsewhere:
        legs = with_legs(people, legs)
    of_legs = np.zeros(len(people.volume), np.int64)
    np.add.at(of_legs, legs[0], legs[1])
    return Teams(people.volume + of_legs, of_legs, *legs)


@dataclass(frozen=True)
class Asked:
    """What there is of each thing that a rank asks for, a place for everybody; and what it takes."""

    personal: tuple[Ints, int]
    team: tuple[Ints, int]
    clients: tuple[Ints, int]
    legs: tuple[Ints, int]

    def parts(self) -> Iterator[tuple[str, Ints, int]]:
        """Each thing by its name, in the order in which a report card has them."""
        for one in fields(self):
            have, need = getattr(self, one.name)
            yield one.name, have, need

    @property
    def met(self) -> Bools:
        """Who has all of it."""
        met = [have >= need for _, have, need in self.parts() if need > 0]
        found: Bools = np.logical_and.reduce([np.ones(len(self.clients[0]), bool), *met])
        return found


def asked_of(rules: RankRules, rank: Rank, people: InCurrency, team: Teams) -> Asked:
    """Everything that a rank asks for, and what everybody has of it."""
    active = team.leg_of[team.strongest >= max(1, rank.leg_volume_minor)]
    return Asked(
        (people.volume, rank.personal_minor),
        (_counted(rules, rank, people, team), rank.team_minor),
        (people.clients, rank.clients),
        (np.bincount(active, minlength=len(people.volume)), rank.legs),
    )


def _counted(rules: RankRules, rank: Rank, people: InCurrency, team: Teams) -> Ints:
    if not rank.leg_share_bp:
        return team.volume
    above, leg = team.leg_of, team.leg
    of = {
        "all_team_volume": team.volume[above],
        "needed_volume": np.full(len(leg), rank.team_minor),
        "other_legs": team.legs[above] - leg,
    }[rules.leg_share_of]
    counted = people.volume.copy()
    np.add.at(counted, above, np.minimum(leg, of * rank.leg_share_bp // BASIS))
    return counted


def qualified(rules: RankRules, people: InCurrency) -> Ints:
    """The highest rank that each qualifies for, from 1 on; 0 for none."""
    found = np.zeros(len(people.volume), np.int64)
    if not knows(rules) or not fits(people, rules):
        return _qualified_one_by_one(rules, people)
    team, may = teams(people), people.people.may_be_paid
    for number, rank in enumerate(rules.ranks, 1):
        if rank.stated:
            found[may & asked_of(rules, rank, people, team).met] = number
    return found


def _qualified_one_by_one(rules: RankRules, people: InCurrency) -> Ints:
    everybody = people.participants()
    found = definition.teams(everybody, people.elsewhere)
    return np.array(
        [definition.qualified(rules, one, found[one.id]) for one in everybody], np.int64
    )


def earnings(rules: PeriodRules, people: InCurrency, paid_as: Ints) -> list[Paid]:
    """Everything that a period pays in one currency, rule by rule; nobody among it who gets nothing.

    `paid_as` is everybody's rank in it.
    """
    if not knows(rules) or not fits(people, rules):
        return _earnings_one_by_one(rules, people, paid_as)
    found = [_tiers(rule, people) for rule in rules.tiers]
    found += [_goal(goal, people) for goal in rules.goals]
    found += [_pool(pool, people, paid_as) for pool in rules.pools]
    found += [_board(board, people) for board in rules.leaderboards]
    return [one for one in found if len(one.id)]


def _tiers(rule: TierRule, people: InCurrency) -> Paid:
    volume = volumes_down(people, rule.depth if rule.volume == "team" else 0)
    return _paid(rule.id, people.people, people.people.may_be_paid, volume, pays(rule, volume))


def volumes_down(people: InCurrency, depth: int) -> Ints:
    """Everybody's own volume and that of whoever stands at most so many levels below."""
    volume = at_close(people)
    found = people.volume.copy()
    sellers = np.flatnonzero(volume)
    above = sellers
    for _ in range(depth):
        above = people.people.above[above]
        sellers, above = sellers[above >= 0], above[above >= 0]
        np.add.at(found, above, volume[sellers])
    if people.elsewhere:
        add_down(people, depth, found)
    return found


def pays(rule: TierRule, volume: Ints) -> Ints:
    """What each volume pays by a tier rule, rounded once."""
    starts = [tier.from_minor for tier in rule.tiers]
    exact = np.zeros(len(volume), np.int64)
    if rule.of == "whole":
        for tier in rule.tiers:
            start = tier.from_minor
            here = volume > start if rule.threshold == "above" and start else volume >= start
            exact[here] = volume[here] * tier.rate_bp
    else:
        # At a threshold itself its own part is nothing, whichever way that is counted.
        for tier, end in zip(rule.tiers, [*starts[1:], 2**62], strict=True):
            if tier.rate_bp:
                exact += np.maximum(np.minimum(volume, end) - tier.from_minor, 0) * tier.rate_bp
    return (2 * exact + BASIS) // (2 * BASIS)


def _goal(goal: Goal, people: InCurrency) -> Paid:
    reached = people.people.may_be_paid & (people.volume >= goal.personal_minor)
    amount = np.full(len(people.volume), goal.pays_minor)
    return _paid(goal.id, people.people, reached, people.volume, amount)


def _pool(pool: Pool, people: InCurrency, paid_as: Ints) -> Paid:
    who = people.people
    reached = (paid_as >= pool.rank_from) & (people.volume > 0) & ~who.house
    if pool.disqualified == "is_shared_out":
        reached &= ~who.suspended
    whole, points = int(people.volume.sum()), int(people.volume[reached].sum())
    amount = np.zeros(len(people.volume), np.int64)
    if points:
        # The points times the pool leave 64 bits, so they are shared by whole numbers without an end.
        weights = people.volume[reached].tolist()
        amount[reached] = largest_remainder(whole * pool.share_bp // BASIS, weights, points)
    paid = _paid(pool.id, who, reached & ~who.suspended, people.volume, amount)
    return Paid(pool.id, paid.id, paid.of, paid.amount, whole, points)


def _board(board: Leaderboard, people: InCurrency) -> Paid:
    """Only those who can have a place are told to the definition."""
    may = people.people.may_be_paid & (people.volume >= board.least_minor)
    sold = people.volume[may]
    if len(sold) > len(board.prizes_minor):
        last = np.partition(sold, -len(board.prizes_minor))[-len(board.prizes_minor)]
        may &= people.volume >= last
    at = np.flatnonzero(may)
    order = at[np.lexsort((people.people.id[at], people.reached[at]))]
    rules = PeriodRules(leaderboards=(board,))
    found = definition.earnings(
        rules,
        [people.participant(one) for one in at.tolist()],
        {},
        people.people.id[order].tolist(),
    )
    return _of(board.id, found)


def _paid(rule: str, people: People, to: Bools, of: Ints, amount: Ints) -> Paid:
    at = np.flatnonzero(to & (amount != 0))
    return Paid(rule, people.id[at], of[at], amount[at])


def _earnings_one_by_one(rules: PeriodRules, people: InCurrency, paid_as: Ints) -> list[Paid]:
    ranks = dict(zip(people.people.id.tolist(), paid_as.tolist(), strict=True))
    everybody, first = people.participants(), people.reached_first()
    return by_rule(definition.earnings(rules, everybody, ranks, first, people.elsewhere))


def by_rule(earned: Iterable[PeriodEarning]) -> list[Paid]:
    """Single earnings as columns, rule by rule."""
    rules: dict[str, list[PeriodEarning]] = {}
    for one in earned:
        rules.setdefault(one.rule, []).append(one)
    return [_of(rule, found) for rule, found in rules.items()]


def _of(rule: str, found: list[PeriodEarning]) -> Paid:
    rows = sorted((one.beneficiary_id, one.of_minor, one.amount_minor, one.points) for one in found)
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    whole = found[0].whole_minor if found else 0
    return Paid(rule, columns[0], columns[1], columns[2], whole, columns[3])


# ---------------------------------------------------------------- what is worked out by columns


def knows(said: Any) -> bool:
    """Whether all that rules say is worked out by columns: no word of theirs is new here, or it says nothing."""
    if type(said) is tuple:
        return all(knows(one) for one in said)
    if type(said) not in KNOWN:
        return not hasattr(said, "__dataclass_fields__")
    return all(
        knows(getattr(said, one.name))
        if one.name in KNOWN[type(said)]
        else getattr(said, one.name) == _default(one)
        for one in fields(said)
    )


def _default(one: Any) -> Any:
    return one.default_factory() if one.default_factory is not MISSING else one.default


def fits(people: InCurrency, rules: PeriodRules | RankRules) -> bool:
    """Whether no amount of theirs can leave 64 bits. Estimates by floats are right to one part in 10^15."""
    sold = float(np.abs(people.volume).sum(dtype=np.float64))
    if isinstance(rules, RankRules):
        return max(sold, *(rank.team_minor for rank in rules.ranks), 0) * BASIS < SAFE
    deep = max([rule.depth for rule in rules.tiers], default=0) + 1
    stated = [tier.from_minor for rule in rules.tiers for tier in rule.tiers]
    stated += [goal.pays_minor for goal in rules.goals]
    return max(sold * deep, *stated, 0) * BASIS < SAFE
