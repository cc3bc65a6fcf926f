"""A period worked out for everybody at once is what it is one by one: any plan, any tree, any month, any ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.periods import batch
from mainstem.periods.batch import KNOWN, ONE_BY_ONE
from mainstem.periods.columns import Facts, InCurrency, People, Sales
from mainstem.periods.titles import Titles, next_titles
from mainstem.plan import periods as definition
from mainstem.plan.periods import (
    Goal,
    Leaderboard,
    PeriodEarning,
    PeriodRules,
    Pool,
    Rank,
    RankRules,
    Standing,
    Tier,
    TierRule,
    next_standing,
)

MINOR = st.one_of(st.integers(0, 30), st.integers(0, 10**6))
ABOVE_ZERO = st.integers(1, 10**6)
BP = st.integers(0, 10_000)


@st.composite
def months(draw: st.DrawFn) -> InCurrency:
    """A tree of any shape, what everybody in it sold, and when they had."""
    many = draw(st.integers(1, 25))
    ids = sorted(draw(st.sets(st.integers(1, 10**6), min_size=many, max_size=many)))
    # Some sponsors took no part; nobody stands under themselves, nor anybody below them.
    order = draw(st.permutations(ids))
    sponsor = {
        id: draw(st.sampled_from([0, 10**6 + 1, *order[:at]])) for at, id in enumerate(order)
    }
    flags = st.lists(st.sampled_from([False, False, False, True]), min_size=many, max_size=many)
    people = People(
        np.array(ids),
        np.array([sponsor[id] for id in ids]),
        np.array(draw(flags)),
        np.array(draw(flags)),
    )
    sellers = sorted(draw(st.sets(st.sampled_from(ids))))

    def column(values: st.SearchStrategy[int]) -> np.ndarray[Any, np.dtype[np.int64]]:
        many_sell = len(sellers)
        return np.array(draw(st.lists(values, min_size=many_sell, max_size=many_sell)), np.int64)

    volume = column(st.one_of(st.integers(1, 30), ABOVE_ZERO))
    elsewhere = draw(moved(ids, order, dict(zip(sellers, volume.tolist(), strict=True))))
    sales = Sales(
        np.array(sellers, np.int64), volume, column(st.integers(1, 5)), column(st.integers(0, 5))
    )
    return Facts(people, {"SEK": sales}, elsewhere={"SEK": elsewhere}).in_currency("SEK")


@st.composite
def moved(
    draw: st.DrawFn, ids: Sequence[int], order: Sequence[int], sold: dict[int, int]
) -> dict[tuple[int, ...], int]:
    """Some of what was sold, under uplines of another day: also of whoever is not known any more, and of nobody."""
    found: dict[tuple[int, ...], int] = {}
    for seller, volume in sorted(sold.items()):
        left = volume
        for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
            above = [0, *(id for id in order if id != seller)]
            upline = draw(st.lists(st.sampled_from(above), max_size=5, unique=True))
            minor = draw(st.integers(0, left))
            if minor and (seller, *upline) not in found:
                found[seller, *upline] = minor
                left -= minor
    return found


def rising(draw: st.DrawFn) -> tuple[Tier, ...]:
    starts = sorted({0, *draw(st.lists(MINOR, max_size=4))})
    return tuple(Tier(start, draw(BP)) for start in starts)


@st.composite
def tier_rules(draw: st.DrawFn) -> TierRule:
    depth = draw(st.integers(0, 4))
    return TierRule(
        f"tiers-{draw(st.integers(0, 99))}",
        "team" if depth else "personal",
        draw(st.sampled_from(["marginal", "whole"])),
        draw(st.sampled_from(["from", "above"])),
        rising(draw),
        depth,
    )


RANKS = st.builds(
    RankRules,
    st.lists(
        st.builds(
            Rank,
            st.just("rank"),
            MINOR,
            MINOR,
            st.integers(0, 3),
            st.integers(0, 3),
            MINOR,
            st.one_of(st.just(0), BP),
            stated=st.sampled_from([True, True, True, False]),
        ),
        max_size=4,
    ).map(tuple),
    st.sampled_from(["all_team_volume", "needed_volume", "other_legs"]),
    st.integers(0, 2),
)
RULES = st.builds(
    PeriodRules,
    RANKS,
    st.lists(tier_rules(), max_size=2, unique_by=lambda one: one.id).map(tuple),
    st.lists(st.builds(Goal, st.just("goal"), MINOR, ABOVE_ZERO), max_size=1).map(tuple),
    st.lists(
        st.builds(
            Pool,
            st.just("pool"),
            BP,
            st.integers(0, 3),
            st.sampled_from(["lapses", "is_shared_out"]),
        ),
        max_size=1,
    ).map(tuple),
    st.lists(
        st.builds(
            Leaderboard,
            st.just("board"),
            st.lists(ABOVE_ZERO, min_size=1, max_size=4).map(
                lambda prizes: tuple(sorted(prizes, reverse=True))
            ),
            st.sampled_from(["share_the_places", "who_sold_first"]),
            st.integers(1, 20),
        ),
        max_size=1,
    ).map(tuple),
)


def one_by_one(
    rules: PeriodRules, month: InCurrency, paid_as: Sequence[int]
) -> list[PeriodEarning]:
    ranks = dict(zip(month.people.id.tolist(), paid_as, strict=True))
    everybody, first = month.participants(), month.reached_first()
    return in_order(definition.earnings(rules, everybody, ranks, first, month.elsewhere))


def at_once(rules: PeriodRules, month: InCurrency, paid_as: Sequence[int]) -> list[PeriodEarning]:
    found = batch.earnings(rules, month, np.array(paid_as, np.int64))
    return in_order([one for paid in found for one in paid.earnings()])


def in_order(found: list[PeriodEarning]) -> list[PeriodEarning]:
    return sorted(found, key=lambda one: (one.rule, one.beneficiary_id))


@given(months(), RULES, st.data())
@settings(max_examples=300)
def test_a_period_for_all_pays_what_it_pays_one_by_one(
    month: InCurrency, rules: PeriodRules, data: st.DataObject
) -> None:
    assert batch.knows(rules), "or nothing is compared"
    assert batch.fits(month, rules), "or nothing is compared"
    many = len(month.volume)
    paid_as = data.draw(st.lists(st.integers(0, 3), min_size=many, max_size=many))
    assert at_once(rules, month, paid_as) == one_by_one(rules, month, paid_as)


@given(months(), RANKS)
@settings(max_examples=300)
def test_ranks_for_all_are_what_they_are_one_by_one_and_so_is_what_each_asks(
    month: InCurrency, rules: RankRules
) -> None:
    everybody = month.participants()
    teams = definition.teams(everybody, month.elsewhere)
    assert batch.qualified(rules, month).tolist() == [
        definition.qualified(rules, one, teams[one.id]) for one in everybody
    ]
    found = batch.teams(month)
    assert found.volume.tolist() == [teams[one.id].volume_minor for one in everybody]
    for rank in rules.ranks:
        asked = batch.asked_of(rules, rank, month, found)
        for place, one in enumerate(everybody):
            card = [
                (part.what, part.have, part.need)
                for part in definition.asked_of(rules, rank, one, teams[one.id])
            ]
            assert [(what, int(have[place]), need) for what, have, need in asked.parts()] == card


STANDINGS = st.builds(Standing, st.integers(0, 3), st.integers(0, 3), st.just(0), st.integers(0, 2))


@given(
    st.lists(st.tuples(STANDINGS, st.integers(0, 3)), min_size=1, max_size=20), st.integers(0, 2)
)
@settings(max_examples=200)
def test_titles_for_all_go_on_as_they_do_one_by_one(
    drawn: list[tuple[Standing, int]], grace: int
) -> None:
    rules = RankRules(tuple(Rank(name) for name in "abc"), grace_periods=grace)
    ids = np.arange(1, len(drawn) + 1)
    no = np.zeros(len(drawn), bool)
    people = People(ids, np.zeros(len(drawn), np.int64), no, no)
    rows = [(one.highest, one.paid_as, 0, 0, one.grace_used) for one, _ in drawn]
    before = Titles(["", "a", "b", "c"], ids, *np.array(rows, np.int64).T)
    now = np.array([now for _, now in drawn])
    after = next_titles(rules, people, before, now)
    for place, (one, reached) in enumerate(drawn):
        should = next_standing(rules, one, reached)
        assert (
            after.highest[place], after.paid_as[place], after.qualified[place], after.grace_used[place]
        ) == (should.highest, should.paid_as, should.qualified, should.grace_used)  # fmt: skip


# ---------------------------------------------------------------- what must not be left out


def all_rules() -> tuple[type, ...]:
    return (PeriodRules, RankRules, Rank, TierRule, Tier, Goal, Pool, Leaderboard)


@pytest.mark.parametrize("rules", all_rules())
def test_every_word_of_a_period_is_worked_out_by_columns_or_said_to_be_one_by_one(
    rules: type,
) -> None:
    said = {one.name for one in fields(rules)}
    assert said == KNOWN[rules] | ONE_BY_ONE.get(rules, frozenset())


MONTH = Facts(
    People(np.array([1, 2]), np.array([0, 1]), np.zeros(2, bool), np.zeros(2, bool)),
    {"SEK": Sales(np.array([2]), np.array([500]), np.array([1]), np.array([9]))},
).in_currency("SEK")


def test_a_word_that_is_new_is_worked_out_by_the_definition_and_not_left_out() -> None:
    tiers = TierRule("tiers", "personal", "whole", "from", (Tier(0, 100),))
    with_goal = PeriodRules(tiers=(tiers,), goals=(Goal("goal", 100, 7),))
    with patch.dict(KNOWN, {PeriodRules: KNOWN[PeriodRules] - {"goals"}}):
        assert not batch.knows(with_goal)
        assert batch.knows(PeriodRules(tiers=(tiers,))), "it says nothing of goals"
        found = at_once(with_goal, MONTH, [0, 0])
    assert [(one.rule, one.amount_minor) for one in found] == [("goal", 7), ("tiers", 5)]


def test_amounts_that_could_leave_64_bits_are_worked_out_by_numbers_without_an_end() -> None:
    large = replace(MONTH, volume=np.array([2**61, 2**61]))
    rules = PeriodRules(
        tiers=(TierRule("tiers", "personal", "whole", "from", (Tier(0, 9999),)),),
        ranks=RankRules((Rank("rank", team_minor=2**62, leg_share_bp=9999),)),
    )
    assert not batch.fits(large, rules)
    assert at_once(rules, large, [0, 0]) == one_by_one(rules, large, [0, 0])
    assert batch.qualified(rules.ranks, large).tolist() == [1, 0]


@pytest.mark.parametrize("which", ["pays", "volumes_down"])
def test_a_planted_cent_is_seen(which: str) -> None:
    rules = PeriodRules(
        tiers=(TierRule("tiers", "team", "whole", "from", (Tier(0, 5000),), depth=1),)
    )
    right = getattr(batch, which)
    with patch.object(batch, which, lambda *given: right(*given) + 2):
        assert at_once(rules, MONTH, [0, 0]) != one_by_one(rules, MONTH, [0, 0])
    assert at_once(rules, MONTH, [0, 0]) == one_by_one(rules, MONTH, [0, 0])
