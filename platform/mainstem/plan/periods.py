"""What a plan gives for a period: ranks, volume tiers and bonuses, from what a closed month holds.

Pure and exact, like a sale. Everything that the trade reads in several ways is a setting of the plan, and
each setting is followed here and nowhere else. A period is worked out as a whole: whoever runs it again
over the same facts gets the same amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from mainstem.money import BASIS, largest_remainder, rdiv

Volume = Literal["personal", "team"]
Teams = Literal["as_at_close", "as_at_sale"]
"""Whose team a sale counts for where its seller, or somebody above them, has moved since: theirs under whom the seller
stands when the period ends, or theirs under whom it was sold."""

Elsewhere = Mapping[tuple[int, ...], int]
"""What was sold under another upline than its seller stood under at the end: by that upline, the seller first."""

TierOf = Literal["marginal", "whole"]
"""Each part of a volume at its own tier's rate; or all of it at the rate of the tier that it reached."""

Threshold = Literal["from", "above"]
"""Whether a volume that is exactly a tier's threshold has reached it."""

LegShareOf = Literal["all_team_volume", "needed_volume", "other_legs"]
"""What a leg may be so much of, at most: of all the team's volume; of the volume that the rank asks for;
or of what all other legs together have."""


@dataclass(frozen=True, slots=True)
class Participant:
    """An affiliate in a period: whom they stood under at its end, and what they sold to clients.

    `volume_minor` is what was delivered and did not come back. `clients` is how many clients bought.
    """

    id: int
    sponsor_id: int | None
    volume_minor: int = 0
    clients: int = 0
    house: bool = False
    suspended: bool = False
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Tier:
    """One step of a volume: from where on, and at which rate."""

    from_minor: int
    rate_bp: int


@dataclass(frozen=True, slots=True)
class TierRule:
    """What a period's volume pays beside the single sales. The tiers begin at 0 and rise.

    A team's volume is counted `depth` levels down, so that one sale is never paid for without end.
    """

    id: str
    volume: Volume
    of: TierOf
    threshold: Threshold
    tiers: tuple[Tier, ...]
    depth: int = 0

    def pays(self, volume_minor: int) -> int:
        """What a volume pays, in minor units, rounded once."""
        return rdiv(sum(part * rate for part, rate in self.parts(volume_minor)), BASIS)

    def parts(self, volume_minor: int) -> list[tuple[int, int]]:
        """How much of a volume is paid at which rate, the lowest tier first."""
        reached = [tier for tier in self.tiers if self._reached(tier, volume_minor)]
        if not reached or volume_minor <= 0:
            return []
        if self.of == "whole":
            return [(volume_minor, reached[-1].rate_bp)]
        ends = [tier.from_minor for tier in reached[1:]] + [volume_minor]
        return [
            (end - tier.from_minor, tier.rate_bp) for tier, end in zip(reached, ends, strict=True)
        ]

    def _reached(self, tier: Tier, volume_minor: int) -> bool:
        if self.threshold == "from" or tier.from_minor == 0:
            return volume_minor >= tier.from_minor
        return volume_minor > tier.from_minor


@dataclass(frozen=True, slots=True)
class Rank:
    """What an affiliate needs in a period to qualify for a rank. 0 asks for nothing.

    `legs` is how many of the affiliates directly below must have somebody in their team, themselves
    among them, who sold `leg_volume_minor` or more. No leg counts for more than `leg_share_bp` of what
    the plan says; 0 lets every leg count whole.
    """

    id: str
    personal_minor: int = 0
    team_minor: int = 0
    clients: int = 0
    legs: int = 0
    leg_volume_minor: int = 0
    leg_share_bp: int = 0
    stated: bool = True
    """Whether it says what it asks for in this currency; nobody qualifies for it in another."""


@dataclass(frozen=True, slots=True)
class RankRules:
    """The ranks from the lowest to the highest, and how they are kept.

    Somebody who qualifies for less than they are paid as keeps that for `grace_periods` periods.
    """

    ranks: tuple[Rank, ...]
    leg_share_of: LegShareOf = "all_team_volume"
    grace_periods: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """An affiliate's ranks as numbers, 0 for none: the highest ever, what they are paid as, what they
    qualified for when the period closed, and for how many periods they have been paid above that."""

    highest: int = 0
    paid_as: int = 0
    qualified: int = 0
    grace_used: int = 0


@dataclass(slots=True)
class Team:
    """What a period holds of one affiliate's team: they themselves and everybody below."""

    volume_minor: int = 0
    legs: dict[int, int] = field(default_factory=dict)
    """The volume of each leg, by who stands at its head."""
    strongest: dict[int, int] = field(default_factory=dict)
    """The most that any one in each leg sold."""


def teams(
    participants: Iterable[Participant], elsewhere: Elsewhere | None = None
) -> dict[int, Team]:
    """Everybody's team, by id. A sponsor who is not among the participants is nobody's.

    What was sold `elsewhere` counts there, and not for those above its seller at the end.
    """
    known = {one.id: one for one in participants}
    if elsewhere:
        return _teams_as_at_sale(known, elsewhere)
    below: dict[int | None, list[int]] = {}
    for one in known.values():
        sponsor = one.sponsor_id if one.sponsor_id in known else None
        below.setdefault(sponsor, []).append(one.id)
    found = {id: Team(one.volume_minor) for id, one in known.items()}
    strongest = {id: one.volume_minor for id, one in known.items()}
    for id in reversed(_downwards(below)):
        for leg in below.get(id, ()):
            found[id].volume_minor += found[leg].volume_minor
            found[id].legs[leg] = found[leg].volume_minor
            found[id].strongest[leg] = strongest[leg]
            strongest[id] = max(strongest[id], strongest[leg])
    return found


def _downwards(below: Mapping[int | None, Sequence[int]]) -> list[int]:
    """Everybody, each after whom they stand under."""
    order: list[int] = []
    waiting = list(below.get(None, ()))
    while waiting:
        order.append(waiting.pop())
        waiting.extend(below.get(order[-1], ()))
    return order


def _teams_as_at_sale(known: Mapping[int, Participant], elsewhere: Elsewhere) -> dict[int, Team]:
    """The same sale by sale: a leg is whoever stands below somebody in an upline, wherever they stand now."""
    found = {id: Team(one.volume_minor) for id, one in known.items()}
    sold: dict[tuple[int, int, int], int] = {}
    for id, one in known.items():
        if one.sponsor_id in known:
            assert one.sponsor_id is not None, "nobody is not known"
            found[one.sponsor_id].legs.setdefault(id, 0)
            found[one.sponsor_id].strongest.setdefault(id, 0)
    for upline, minor in sold_under(known, elsewhere):
        for leg, above in pairwise(upline):
            if above in known:
                found[above].volume_minor += minor
                found[above].legs[leg] = found[above].legs.get(leg, 0) + minor
                key = (above, leg, upline[0])
                sold[key] = sold.get(key, 0) + minor
    for (above, leg, _), minor in sold.items():
        found[above].strongest[leg] = max(found[above].strongest.get(leg, 0), minor)
    return found


def sold_under(
    known: Mapping[int, Participant], elsewhere: Elsewhere
) -> Iterator[tuple[tuple[int, ...], int]]:
    """Everything that was sold, by the upline that it counts for: nobody in it twice."""
    left = {id: one.volume_minor for id, one in known.items()}
    for upline, minor in elsewhere.items():
        if upline[0] in known:
            left[upline[0]] -= minor
            yield upline, minor
    for id, minor in left.items():
        if minor:
            yield tuple(_upline(known, id)), minor


def _upline(known: Mapping[int, Participant], id: int) -> Iterator[int]:
    above: int | None = id
    while above is not None and above in known:
        yield above
        above = known[above].sponsor_id


def volumes_down(
    participants: Iterable[Participant], depth: int, elsewhere: Elsewhere | None = None
) -> dict[int, int]:
    """Everybody's own volume and that of whoever stands at most so many levels below, by id.

    What was sold `elsewhere` counts there, as in `teams`.
    """
    known = {one.id: one for one in participants}
    found = dict.fromkeys(known, 0)
    for upline, minor in sold_under(known, elsewhere or {}):
        for above in upline[: depth + 1]:
            if above in known:
                found[above] += minor
    return found


@dataclass(frozen=True, slots=True)
class Needed:
    """One thing that a rank asks for: what there is of it, and what it takes."""

    what: Literal["personal", "team", "clients", "legs"]
    have: int
    need: int

    @property
    def missing(self) -> int:
        """How much is still needed; 0 for nothing."""
        return max(0, self.need - self.have)


def asked_of(rules: RankRules, rank: Rank, participant: Participant, team: Team) -> list[Needed]:
    """Everything that a rank asks of an affiliate, and what they have of it: a report card."""
    active = sum(most >= max(1, rank.leg_volume_minor) for most in team.strongest.values())
    return [
        Needed("personal", participant.volume_minor, rank.personal_minor),
        Needed("team", counted(rules, rank, participant, team), rank.team_minor),
        Needed("clients", participant.clients, rank.clients),
        Needed("legs", active, rank.legs),
    ]


def counted(rules: RankRules, rank: Rank, participant: Participant, team: Team) -> int:
    """The team's volume as a rank counts it: no leg for more than its share."""
    if not rank.leg_share_bp:
        return team.volume_minor
    return participant.volume_minor + sum(
        min(minor, _leg_at_most(rules, rank, team, minor)) for minor in team.legs.values()
    )


def _leg_at_most(rules: RankRules, rank: Rank, team: Team, leg_minor: int) -> int:
    of = {
        "all_team_volume": team.volume_minor,
        "needed_volume": rank.team_minor,
        "other_legs": sum(team.legs.values()) - leg_minor,
    }[rules.leg_share_of]
    return of * rank.leg_share_bp // BASIS


def qualified(rules: RankRules, participant: Participant, team: Team) -> int:
    """The highest rank that an affiliate qualifies for, from 1 on; 0 for none.

    A rank does not ask for the ones below it: whoever meets the third and not the second is third.
    """
    if participant.house or participant.suspended:
        return 0
    return max(
        (
            number
            for number, rank in enumerate(rules.ranks, 1)
            if rank.stated
            and all(not one.missing for one in asked_of(rules, rank, participant, team))
        ),
        default=0,
    )


def next_standing(rules: RankRules, before: Standing, now: int) -> Standing:
    """The ranks after a period in which somebody qualified for `now`."""
    highest = max(before.highest, now)
    if now >= before.paid_as:
        return Standing(highest, now, now)
    if before.grace_used < rules.grace_periods:
        return Standing(highest, before.paid_as, now, before.grace_used + 1)
    return Standing(highest, now, now)


# ---------------------------------------------------------------- bonuses


@dataclass(frozen=True, slots=True)
class Goal:
    """Fixed money for whoever sold so much to clients in the period."""

    id: str
    personal_minor: int
    pays_minor: int


Lapse = Literal["lapses", "is_shared_out"]
"""What becomes of the share of somebody who may not be paid: the company keeps it, or the others get it."""


@dataclass(frozen=True, slots=True)
class Pool:
    """A part of the period's whole volume, shared by points among everybody paid as a rank or higher.

    A point is one minor unit of their own volume. The shares never add up to more than the pool.
    """

    id: str
    share_bp: int
    rank_from: int
    disqualified: Lapse


Ties = Literal["share_the_places", "who_sold_first"]
"""Several with one volume add up their places' prizes and share them; or whoever reached it first is first."""


@dataclass(frozen=True, slots=True)
class Leaderboard:
    """Prizes for those who sold most to clients in the period, the first place first."""

    id: str
    prizes_minor: tuple[int, ...]
    ties: Ties
    least_minor: int
    """Whoever sold less has no place."""


OVERRIDES = "overrides"
"""The rule under which sponsors' shares are taken back that are not kept."""

CapOf = Literal["sales", "everything"]
"""Whether a cap is of the commission of single sales, or of that and all that the period itself pays."""


@dataclass(frozen=True, slots=True)
class PeriodCap:
    """What one affiliate gets of the sales of a period at most."""

    id: str
    at_most_minor: int
    of: CapOf


@dataclass(frozen=True, slots=True)
class FirstSale:
    """Fixed money for a sponsor when somebody whom they brought in has delivered their first sale to a client: at
    most `at_most_bp` of what that affiliate sold in the period."""

    id: str
    pays_minor: int
    at_most_bp: int


@dataclass(frozen=True, slots=True)
class PeriodRules:
    """What a version of the plan says of a period in one currency."""

    ranks: RankRules = field(default_factory=lambda: RankRules(()))
    tiers: tuple[TierRule, ...] = ()
    goals: tuple[Goal, ...] = ()
    pools: tuple[Pool, ...] = ()
    leaderboards: tuple[Leaderboard, ...] = ()
    caps: tuple[PeriodCap, ...] = ()
    first_sales: tuple[FirstSale, ...] = ()
    overrides_are_asked: bool = False
    """Whether a sponsor's shares are kept only by whoever sold so much themselves."""
    teams: Teams = "as_at_close"


@dataclass(frozen=True, slots=True)
class PeriodEarning:
    """What one rule gives one affiliate for the period, and of what, in minor units.

    Of a pool, `whole_minor` is all that was sold, and `points` those of everybody who shares it.
    """

    rule: str
    beneficiary_id: int
    of_minor: int
    amount_minor: int
    whole_minor: int = 0
    points: int = 0


def earnings(
    rules: PeriodRules,
    participants: Sequence[Participant],
    paid_as: Mapping[int, int],
    reached_first: Sequence[int] = (),
    elsewhere: Elsewhere | None = None,
) -> list[PeriodEarning]:
    """Everything that a period pays, by rule and then by affiliate; nothing where the amount is 0.

    `paid_as` is everybody's rank in it, `reached_first` who reached their volume before whom, for
    leaderboards that ask. What was sold `elsewhere` counts for the teams there.
    """
    everybody = sorted(participants, key=lambda one: one.id)
    earning = [one for one in everybody if not one.house and not one.suspended]
    found = [
        PeriodEarning(rule.id, one.id, volumes[one.id], rule.pays(volumes[one.id]))
        for rule in rules.tiers
        for depth in [rule.depth if rule.volume == "team" else 0]
        for volumes in [volumes_down(everybody, depth, elsewhere)]
        for one in earning
    ]
    found += [
        PeriodEarning(goal.id, one.id, one.volume_minor, goal.pays_minor)
        for goal in rules.goals
        for one in earning
        if one.volume_minor >= goal.personal_minor
    ]
    for pool in rules.pools:
        found += _pool(pool, everybody, paid_as)
    for board in rules.leaderboards:
        found += _board(board, earning, reached_first)
    return [one for one in found if one.amount_minor]


def _pool(
    pool: Pool, everybody: Sequence[Participant], paid_as: Mapping[int, int]
) -> list[PeriodEarning]:
    whole = sum(one.volume_minor for one in everybody)
    reached = [
        one
        for one in everybody
        if paid_as.get(one.id, 0) >= pool.rank_from and one.volume_minor > 0 and not one.house
    ]
    if pool.disqualified == "is_shared_out":
        reached = [one for one in reached if not one.suspended]
    points = [one.volume_minor for one in reached]
    if not points:
        return []
    shares = largest_remainder(whole * pool.share_bp // BASIS, points, sum(points))
    return [
        PeriodEarning(pool.id, one.id, one.volume_minor, share, whole, sum(points))
        for one, share in zip(reached, shares, strict=True)
        if not one.suspended
    ]


def _board(
    board: Leaderboard, earning: Sequence[Participant], reached_first: Sequence[int]
) -> list[PeriodEarning]:
    place = {id: number for number, id in enumerate(reached_first)}
    sellers = sorted(
        (one for one in earning if one.volume_minor >= board.least_minor),
        key=lambda one: (-one.volume_minor, place.get(one.id, len(place)), one.id),
    )
    if board.ties == "who_sold_first":
        return [
            PeriodEarning(board.id, one.id, one.volume_minor, prize)
            for one, prize in zip(sellers, board.prizes_minor, strict=False)
        ]
    found: list[PeriodEarning] = []
    taken = 0
    while taken < min(len(sellers), len(board.prizes_minor)):
        volume = sellers[taken].volume_minor
        alike = [one for one in sellers if one.volume_minor == volume]
        prizes = sum(board.prizes_minor[taken : taken + len(alike)])
        parts = largest_remainder(prizes, [1] * len(alike), len(alike))
        found += [
            PeriodEarning(board.id, one.id, volume, part)
            for one, part in zip(alike, parts, strict=True)
        ]
        taken += len(alike)
    return found
