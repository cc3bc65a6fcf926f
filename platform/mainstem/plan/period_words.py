"""What a plan says of a period, in words: ranks, tiers, goals, pools and prizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from mainstem.plan.period_documents import (
    LeaderboardDocument,
    PeriodDocument,
    PoolDocument,
    RankDocument,
    TierRuleDocument,
)

EVERY = {
    "month": "At the end of each month, by the company's calendar, its sales pay beside this:",
    "quarter": "At the end of each quarter, by the company's calendar, its sales pay beside this:",
    "year": "At the end of each year, by the company's calendar, its sales pay beside this:",
}
COUNTED_AT = {
    "order": "A sale counts in the period in which it was ordered, once it has been delivered.",
    "delivery": "A sale counts in the period in which it was delivered.",
    "end_of_hold": "A sale counts in the period in which it may no longer come back.",
}
TEAMS = {
    "as_at_close": "For a team all that an affiliate sold in the period counts where they stand when it ends.",
    "as_at_sale": "For a team each sale counts for the upline that it was sold under, also where somebody has"
    " moved since.",
}
CLOSED = (
    "What comes back later is settled in the period that is open then, and names the one that it belongs"
    " to."
)
PERIOD_HELD = "What a period pays is held for {days} days from its close."
OWN_VOLUME = "Of what an affiliate sold in the period:"
TEAM_VOLUME = "Of what an affiliate and everybody up to {depth} levels below sold in the period:"
STEP = {
    ("marginal", "from"): "From {at} on, {rate} of what is above it.",
    ("marginal", "above"): "Above {at}, {rate} of what is above it.",
    ("whole", "from"): "From {at} on, {rate} of all of it.",
    ("whole", "above"): "Above {at}, {rate} of all of it.",
}
GOAL = "Whoever sold for {at} or more in the period gets {pays}."
POOL = (
    "{rate} of everything that was sold in the period is shared among those of the rank {rank} or higher,"
    " by what each sold."
)
POOL_LAPSE = {
    "lapses": "The share of somebody who may not be paid stays with the company.",
    "is_shared_out": "The share of somebody who may not be paid goes to the others.",
}
BOARD = "Those who sold most in the period get {prizes}, if they sold for {least} or more."
BOARD_TIES = {
    "share_the_places": "Several who sold the same share the prizes of their places.",
    "who_sold_first": "Of several who sold the same, whoever reached it first comes first.",
}
FIRST_SALE = (
    "When somebody whom an affiliate brought in has delivered their first sale to a client, their sponsor gets {pays},"
    " at most {most} of what they sold in that period. Nobody is paid for bringing somebody in."
)
OVERRIDES_SALES = (
    "A sponsor keeps their shares of what others sold in the period only with {n} sales of their own or more in it;"
    " else these shares go back to the company."
)
OVERRIDES_VOLUME = (
    "A sponsor keeps their shares of what others sold in the period only with own sales for {amounts} or more in it;"
    " else these shares go back to the company."
)
OVERRIDES_BOTH = (
    "A sponsor keeps their shares of what others sold in the period only with {n} sales of their own or more in it,"
    " for {amounts} or more; else these shares go back to the company."
)
CAP_OF = {
    "sales": "No affiliate gets more than {most} of the sales of a period; what is above goes back to the company.",
    "everything": "No affiliate gets more than {most} of the sales of a period and of what it pays beside them; what"
    " is above goes back to the company.",
}
WHOLE_ORDERS = "For this an order counts whole, when all of it has arrived."
RANK = "The rank {rank} takes {asked}."
RANK_OWN = "own sales for {amounts}"
RANK_TEAM = "sales of the team for {amounts}"
RANK_CLIENTS = "clients who bought: {n}"
RANK_LEGS = "active legs: {n}"
RANK_LEGS_SOLD = "active legs, in which one sold for {amounts}: {n}"
RANK_NOTHING = "nothing"
LEG_SHARE = {
    "all_team_volume": "No leg counts for more than {share} of all that the team sold.",
    "needed_volume": "No leg counts for more than {share} of what the rank asks of the team.",
    "other_legs": "No leg counts for more than {share} of what the other legs sold.",
}
SALE_SEES = {
    "qualified_in_last_period": "A sale pays by the rank that was qualified for in the last period closed before it.",
    "highest_so_far": "A sale pays by the highest rank that was reached before it.",
    "paid_as_of_last_period": "A sale pays by the rank that the last closed period paid as.",
}
GRACE = "Whoever qualifies for less is paid as before for {n} more periods; the highest rank stays as a title."
NO_GRACE = (
    "Whoever qualifies for less is paid as that from then on; the highest rank stays as a title."
)

PERIOD_SENTENCES = (
    *EVERY.values(), *COUNTED_AT.values(), *TEAMS.values(), CLOSED, PERIOD_HELD, OWN_VOLUME, TEAM_VOLUME,
    *STEP.values(),
    GOAL, POOL, *POOL_LAPSE.values(), BOARD, *BOARD_TIES.values(), RANK, RANK_OWN, RANK_TEAM,
    RANK_CLIENTS, RANK_LEGS, RANK_LEGS_SOLD, RANK_NOTHING, *LEG_SHARE.values(), *SALE_SEES.values(),
    GRACE, NO_GRACE, FIRST_SALE, OVERRIDES_SALES, OVERRIDES_VOLUME, OVERRIDES_BOTH, *CAP_OF.values(), WHOLE_ORDERS,
)  # fmt: skip
"""Everything that may be said of a period."""


class Teller(Protocol):
    """Says a message with what fills it, and writes amounts and rates, for one reader."""

    def say(self, message: str, **facts: object) -> str:
        """The message in the reader's language, filled in."""
        ...

    def amounts(self, minor: Mapping[str, int]) -> str:
        """An amount in each of its currencies."""
        ...

    def rate(self, basis_points: int) -> str:
        """A rate in the reader's language."""
        ...

    def joined(self, parts: list[str]) -> str:
        """Several things one after the other."""
        ...


def period_clauses(said: PeriodDocument, teller: Teller) -> Iterator[tuple[str, list[str]]]:
    """What a period pays, clause by clause: what it is about, and its sentences."""
    yield (
        "period",
        [
            teller.say(EVERY[said.every]),
            teller.say(COUNTED_AT[said.counted_at]),
            *([teller.say(TEAMS[said.teams])] if said.teams else []),
            teller.say(CLOSED),
            teller.say(PERIOD_HELD, days=said.hold_days),
        ],
    )
    for tiers in said.tiers:
        yield tiers.id, list(_tiers(tiers, teller))
    for goal in said.goals:
        pays = teller.amounts(goal.pays_minor)
        yield goal.id, [teller.say(GOAL, at=teller.amounts(goal.personal_minor), pays=pays)]
    for pool in said.pools:
        yield pool.id, list(_pool(pool, teller))
    for board in said.leaderboards:
        yield board.id, list(_board(board, teller))
    yield from _limits(said, teller)
    if said.ranks:
        sees = [teller.say(SALE_SEES[said.ranks.sale_sees])]
        grace = said.ranks.grace_periods
        sees.append(teller.say(GRACE, n=grace) if grace else teller.say(NO_GRACE))
        yield "ranks", sees
        for rank in said.ranks.ranks:
            yield f"rank {rank.id}", list(_rank(rank, said.ranks.leg_share_of, teller))


def _limits(said: PeriodDocument, teller: Teller) -> Iterator[tuple[str, list[str]]]:
    """What is said of all that an affiliate gets of a period."""
    for first in said.first_sales:
        pays, most = teller.amounts(first.pays_minor), teller.rate(first.at_most_bp)
        yield first.id, [teller.say(FIRST_SALE, pays=pays, most=most), teller.say(WHOLE_ORDERS)]
    if said.overrides:
        n, volume = said.overrides.own_sales_min, said.overrides.own_volume_minor
        asked = OVERRIDES_BOTH if n and volume else OVERRIDES_SALES if n else OVERRIDES_VOLUME
        told = teller.say(asked, n=n, amounts=teller.amounts(volume))
        yield "overrides", [told, teller.say(WHOLE_ORDERS)]
    for cap in said.caps:
        told = teller.say(CAP_OF[cap.of], most=teller.amounts(cap.at_most_minor))
        yield cap.id, [told, teller.say(WHOLE_ORDERS)]


def _tiers(rule: TierRuleDocument, teller: Teller) -> Iterator[str]:
    yield teller.say(TEAM_VOLUME, depth=rule.depth) if rule.depth else teller.say(OWN_VOLUME)
    for tier in rule.tiers:
        at = teller.amounts(tier.from_minor)
        yield teller.say(STEP[rule.of, rule.threshold], at=at, rate=teller.rate(tier.rate_bp))


def _pool(pool: PoolDocument, teller: Teller) -> Iterator[str]:
    yield teller.say(POOL, rate=teller.rate(pool.share_bp), rank=pool.rank_from)
    yield teller.say(POOL_LAPSE[pool.disqualified])


def _board(board: LeaderboardDocument, teller: Teller) -> Iterator[str]:
    places = max(len(prizes) for prizes in board.prizes_minor.values())
    prizes = [
        teller.amounts({code: each[n] for code, each in board.prizes_minor.items() if n < len(each)})
        for n in range(places)
    ]  # fmt: skip
    yield teller.say(BOARD, prizes=teller.joined(prizes), least=teller.amounts(board.least_minor))
    yield teller.say(BOARD_TIES[board.ties])


def _rank(rank: RankDocument, leg_share_of: str, teller: Teller) -> Iterator[str]:
    asked = []
    if rank.personal_minor:
        asked.append(teller.say(RANK_OWN, amounts=teller.amounts(rank.personal_minor)))
    if rank.team_minor:
        asked.append(teller.say(RANK_TEAM, amounts=teller.amounts(rank.team_minor)))
    if rank.clients:
        asked.append(teller.say(RANK_CLIENTS, n=rank.clients))
    if rank.legs and rank.leg_volume_minor:
        sold = teller.amounts(rank.leg_volume_minor)
        asked.append(teller.say(RANK_LEGS_SOLD, n=rank.legs, amounts=sold))
    elif rank.legs:
        asked.append(teller.say(RANK_LEGS, n=rank.legs))
    yield teller.say(RANK, rank=rank.id, asked=teller.joined(asked or [teller.say(RANK_NOTHING)]))
    if rank.leg_share_bp:
        yield teller.say(LEG_SHARE[leg_share_of], share=teller.rate(rank.leg_share_bp))
