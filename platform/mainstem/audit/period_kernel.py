"""What a closed period should have given everybody, worked out by columns: the third implementation of its rules.

It reads the document of the plan itself and follows docs/plan-reference.md; it shares no line with what closes
periods, neither with the definition nor with its columns. A tree is summed from its leaves here, a tier by what
its rate adds to the one below, and a team wave by wave upwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from mainstem.audit.arithmetic import part
from mainstem.audit.columns import Bools, Ints
from mainstem.audit.documents import BASIS, UNBOUNDED


@dataclass(frozen=True)
class Tree:
    """Everybody who took part, by their ids, which rise; `above` is the place of their sponsor, -1 for none."""

    id: Ints
    above: Ints
    house: Bools
    suspended: Bools

    @cached_property
    def waves(self) -> list[Ints]:
        """Everybody in the order in which their team is complete: first those with nobody below."""
        missing = np.bincount(self.above[self.above >= 0], minlength=len(self.id))
        found, ready = [], np.flatnonzero(missing == 0)
        while len(ready):
            found.append(ready)
            up = self.above[ready]
            sponsors, many = np.unique(up[up >= 0], return_counts=True)
            missing[sponsors] -= many
            ready = sponsors[missing[sponsors] == 0]
        return found

    def up(self, values: Ints) -> Ints:
        """What everybody's own recruits have, in all."""
        found = np.zeros_like(values)
        stands = self.above >= 0
        np.add.at(found, self.above[stands], values[stands])
        return found


@dataclass(frozen=True)
class Month:
    """What everybody sold in one currency: how much, to how many clients, and when the last of it counted."""

    currency: str
    volume: Ints
    clients: Ints
    reached: Ints
    moved: list[tuple[list[int], int]] = field(default_factory=list)
    """What was sold under another upline than that of the close, where the plan counts it there."""


def due(
    said: Mapping[str, Any], tree: Tree, month: Month, paid_as: Ints
) -> Iterator[tuple[str, Ints]]:
    """What each rule of a period's document gives everybody: its id, and an amount for each.

    `paid_as` is everybody's rank by number, 0 for none.
    """
    may, code = ~tree.house & ~tree.suspended, month.currency
    for rule in said.get("tiers") or ():
        if code in rule["tiers"][0]["from_minor"]:
            yield rule["id"], np.where(may, _tiers(rule, tree, month), 0)
    for goal in said.get("goals") or ():
        if code in goal["pays_minor"]:
            reached = may & (month.volume >= goal["personal_minor"][code])
            yield goal["id"], np.where(reached, goal["pays_minor"][code], 0)
    numbers = {rank["id"]: n for n, rank in enumerate(_ranks(said), 1)}
    for pool in said.get("pools") or ():
        yield pool["id"], _pool(pool, tree, month, paid_as >= numbers[pool["rank_from"]])
    for board in said.get("leaderboards") or ():
        if code in board["prizes_minor"]:
            yield board["id"], _board(board, tree, month, may)


def _ranks(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list((said.get("ranks") or {}).get("ranks") or ())


def _tiers(rule: Mapping[str, Any], tree: Tree, month: Month) -> Ints:
    depth = rule.get("depth") or 0
    volume, layer = month.volume.copy(), _unmoved(tree, month)
    for _ in range(depth):
        layer = tree.up(layer)
        volume += layer
    for upline, minor in month.moved:
        above = np.isin(tree.id, [one for one in upline[1 : depth + 1] if one])
        volume[above] += minor
    starts = [tier["from_minor"][month.currency] for tier in rule["tiers"]]
    rates = np.array([tier["rate_bp"] for tier in rule["tiers"]], np.int64)
    if rule["of"] == "whole":
        # Above its threshold: where one unit less would have reached it.
        least = volume - (rule["threshold"] == "above")
        at = np.maximum(np.searchsorted(np.array(starts, np.int64), least, side="right") - 1, 0)
        return part(volume, rates[at], np.full(len(volume), BASIS))
    # Every tier adds what its rate is above the one below, for all beyond where it begins.
    exact = np.zeros(len(volume), object)
    for start, more in zip(starts, np.diff(rates, prepend=0).tolist(), strict=True):
        exact += np.maximum(volume - start, 0).astype(object) * more
    return np.array([(2 * one + BASIS) // (2 * BASIS) for one in exact.tolist()], np.int64)


def _pool(pool: Mapping[str, Any], tree: Tree, month: Month, ranked: Bools) -> Ints:
    shares = ranked & (month.volume > 0) & ~tree.house
    if pool["disqualified"] == "is_shared_out":
        shares &= ~tree.suspended
    at, amount = np.flatnonzero(shares), np.zeros(len(month.volume), np.int64)
    points = month.volume[at].tolist()
    money, whole = int(month.volume.sum()) * pool["share_bp"] // BASIS, sum(points)
    if points:
        exact = [divmod(money * one, whole) for one in points]
        left = money - sum(share for share, _ in exact)
        first = sorted(range(len(exact)), key=lambda n: (-exact[n][1], n))[:left]
        amount[at] = [share for share, _ in exact]
        amount[at[first]] += 1
    return np.where(tree.suspended, 0, amount)


def _board(board: Mapping[str, Any], tree: Tree, month: Month, may: Bools) -> Ints:
    prizes, amount = board["prizes_minor"][month.currency], np.zeros(len(month.volume), np.int64)
    at = np.flatnonzero(may & (month.volume >= board["least_minor"][month.currency]))
    at = at[np.lexsort((tree.id[at], month.reached[at], -month.volume[at]))]
    if board["ties"] == "who_sold_first":
        best = at[: len(prizes)]
        amount[best] = prizes[: len(best)]
        return amount
    volumes, first, many = np.unique(-month.volume[at], return_index=True, return_counts=True)
    for place, alike in zip(first.tolist(), many.tolist(), strict=True):
        share, left = divmod(sum(prizes[place : place + alike]), alike)
        group = at[place : place + alike]  # whoever reached it first has what is left over
        amount[group] = share
        amount[group[:left]] += 1
        if place + alike >= len(prizes):
            break
    assert len(volumes) == len(first), "each volume has one first place"
    return amount


# ---------------------------------------------------------------- ranks


@dataclass(frozen=True)
class _Legs:
    """Every leg: whose it is, what it sold, and the most that any one in it sold."""

    of: Ints
    sold: Ints
    best: Ints

    def up(self, values: Ints, many: int) -> Ints:
        """What the legs of everybody have, in all."""
        found = np.zeros(many, np.int64)
        np.add.at(found, self.of, values)
        return found


def _wave_by_wave(tree: Tree, month: Month) -> _Legs:
    team, best = month.volume.copy(), month.volume.copy()
    for wave in tree.waves:
        wave = wave[tree.above[wave] >= 0]
        np.add.at(team, tree.above[wave], team[wave])
        np.maximum.at(best, tree.above[wave], best[wave])
    stands = tree.above >= 0
    return _Legs(tree.above[stands], team[stands], best[stands])


def _sale_by_sale(tree: Tree, month: Month) -> _Legs:
    """The same where somebody moved: each sale goes up what it was sold under, and is then sorted by legs."""
    rows = [*_climbing(tree, _unmoved(tree, month)), *_told(tree, month)]
    of, head, seller, minor = np.concatenate(rows, axis=1)
    order = np.lexsort((seller, head, of))
    of, head, seller, minor = of[order], head[order], seller[order], minor[order]
    leg = (np.diff(of, prepend=-1) != 0) | (np.diff(head, prepend=-2) != 0)
    one = np.flatnonzero(leg | (np.diff(seller, prepend=-1) != 0))
    leg = np.flatnonzero(leg)
    if not len(leg):
        return _Legs(of, of, of)
    by_one = np.add.reduceat(minor, one)
    best = np.maximum.reduceat(by_one, np.searchsorted(one, leg))
    return _Legs(of[leg], np.add.reduceat(minor, leg), best)


def _climbing(tree: Tree, sold: Ints) -> Iterator[Ints]:
    """Who stood under whom at the close, step by step: whose leg, its head, the seller, and what they sold."""
    seller = head = np.flatnonzero(sold)
    while len(head):
        stands = tree.above[head] >= 0
        seller, head = seller[stands], head[stands]
        yield np.array([tree.above[head], head, seller, sold[seller]])
        head = tree.above[head]


def _told(tree: Tree, month: Month) -> Iterator[Ints]:
    yield np.empty((4, 0), np.int64)
    place = {int(id): at for at, id in enumerate(tree.id)} if month.moved else {}
    for upline, minor in month.moved:
        steps = [
            (place[above], place.get(head, -1), place[upline[0]], minor)
            for head, above in pairwise(upline)
            if above in place
        ]
        yield np.array(steps, np.int64).reshape(-1, 4).T


def _unmoved(tree: Tree, month: Month) -> Ints:
    """What everybody sold under the upline of the close."""
    left = month.volume.copy()
    for upline, minor in month.moved:
        left[np.searchsorted(tree.id, upline[0])] -= minor
    return left


def reached(said: Mapping[str, Any], tree: Tree, month: Month) -> Ints:
    """The number of the highest rank that everybody qualifies for in one currency; 0 for none."""
    legs = _sale_by_sale(tree, month) if month.moved else _wave_by_wave(tree, month)
    team = month.volume + legs.up(legs.sold, len(tree.id))
    found, of = np.zeros(len(team), np.int64), (said.get("ranks") or {}).get("leg_share_of", "")
    may = ~tree.house & ~tree.suspended
    for number, rank in enumerate(_ranks(said), 1):
        asked = _asked(rank, month.currency)
        if asked is None:
            continue
        active = legs.up((legs.best >= max(1, asked["leg"])).astype(np.int64), len(team))
        met = (
            (month.volume >= asked["personal"])
            & (_counted(rank, of, asked["team"], month, team, legs) >= asked["team"])
            & (month.clients >= rank.get("clients", 0))
            & (active >= rank.get("legs", 0))
        )
        found[may & met] = number
    return found


def _asked(rank: Mapping[str, Any], currency: str) -> dict[str, int] | None:
    """What a rank asks for in a currency; None where it states its amounts in others."""
    stated = {name: rank.get(f"{name}_minor") or {} for name in ("personal", "team", "leg_volume")}
    codes = {code for amounts in stated.values() for code in amounts}
    if codes and currency not in codes:
        return None
    return {
        "personal": stated["personal"].get(currency, 0),
        "team": stated["team"].get(currency, 0),
        "leg": stated["leg_volume"].get(currency, 0),
    }


def _counted(
    rank: Mapping[str, Any], of: str, need: int, month: Month, team: Ints, legs: _Legs
) -> Ints:
    share = rank.get("leg_share_bp", 0)
    if not share:
        return team
    whole = {
        "all_team_volume": team[legs.of],
        "needed_volume": np.full(len(legs.of), min(need, UNBOUNDED)),
        "other_legs": team[legs.of] - month.volume[legs.of] - legs.sold,
    }[of]
    # Rounded down, in two steps that stay within 64 bits for any amount.
    most = whole // BASIS * share + whole % BASIS * share // BASIS
    return month.volume + legs.up(np.minimum(legs.sold, most), len(team))
