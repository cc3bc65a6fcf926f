"""What a period pays: tiers, ranks, pools and prizes, to the cent and in every way that they are read."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mainstem.money import BASIS, rdiv
from mainstem.plan.periods import (
    Goal,
    Leaderboard,
    LegShareOf,
    Participant,
    PeriodRules,
    Pool,
    Rank,
    RankRules,
    Standing,
    Threshold,
    Tier,
    TierOf,
    TierRule,
    asked_of,
    counted,
    earnings,
    next_standing,
    qualified,
    teams,
)

FIVE_SEVEN = (Tier(0, 500), Tier(1_000_00, 700))
FOUR_SIX_NINE = (Tier(0, 400), Tier(10_000_00, 600), Tier(25_000_00, 900))


def tiers(steps: tuple[Tier, ...], of: TierOf, threshold: Threshold = "from") -> TierRule:
    return TierRule("volume", "personal", of, threshold, steps)


# ---------------------------------------------------------------- tiers


@pytest.mark.parametrize(("of", "credit"), [("marginal", 12_00), ("whole", 32_00)])
def test_golden_an_order_of_two_hundred_over_the_threshold(of: TierOf, credit: int) -> None:
    """5 % to 1,000.00 and 7 % above; 900.00 in the month before an order of 200.00."""
    rule = tiers(FIVE_SEVEN, of)
    assert rule.pays(1_100_00) - rule.pays(900_00) == credit


def test_golden_a_refund_that_drops_below_the_threshold_takes_the_true_up_back_as_well() -> None:
    """150.00 of 1,100.00 back: 29.50 go, where 5 % of 150.00 would have been 7.50."""
    rule = tiers(FIVE_SEVEN, "whole")
    assert rule.pays(1_100_00) - rule.pays(950_00) == 29_50


@pytest.mark.parametrize(("of", "back"), [("marginal", 378_00), ("whole", 1_128_00)])
def test_golden_the_first_order_of_a_good_month_is_returned(of: TierOf, back: int) -> None:
    """4 % to 10,000, 6 % to 25,000, 9 % above; of 27,600.00 the first 5,000.00 come back."""
    rule = tiers(FOUR_SIX_NINE, of)
    assert rule.pays(27_600_00) - rule.pays(22_600_00) == back


@pytest.mark.parametrize(
    ("threshold", "volume", "pays"),
    [
        ("from", 999_99, 50_00),
        ("from", 1_000_00, 70_00),
        ("above", 1_000_00, 50_00),
        ("above", 1_000_01, 70_00),
    ],
)
def test_a_tier_is_reached_from_its_threshold_or_above_it(
    threshold: Threshold, volume: int, pays: int
) -> None:
    assert tiers(FIVE_SEVEN, "whole", threshold).pays(volume) == pays


TIERS = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, BASIS)), max_size=5).map(
    lambda steps: (
        Tier(0, 300),
        *(Tier(start, rate) for start, rate in sorted(dict(steps).items())),
    )
)


@given(TIERS, st.integers(0, 2 * 10**6), st.sampled_from(["from", "above"]))
@settings(max_examples=200)
def test_marginal_tiers_pay_each_part_at_its_own_rate_rounded_once(
    steps: tuple[Tier, ...], volume: int, threshold: Threshold
) -> None:
    exact = sum(
        (
            Fraction(max(0, min(volume, end) - tier.from_minor) * tier.rate_bp, BASIS)
            for tier, end in zip(
                steps, [*(tier.from_minor for tier in steps[1:]), 10**9], strict=True
            )
        ),
        Fraction(0),
    )
    assert tiers(steps, "marginal", threshold).pays(volume) == rdiv(
        exact.numerator, exact.denominator
    )


@given(TIERS, st.lists(st.integers(0, 10**6), max_size=8))
@settings(max_examples=200)
def test_however_a_volume_came_about_and_went_back_what_is_posted_adds_up(
    steps: tuple[Tier, ...], volumes: list[int]
) -> None:
    for of in ("marginal", "whole"):
        rule = tiers(steps, of)
        stands = 0
        for volume in [*volumes, 0]:
            stands += rule.pays(volume) - stands
            assert stands == rule.pays(volume)
        assert stands == 0


# ---------------------------------------------------------------- teams and ranks

#   1 ─ 2 ─ 4
#     └ 3
TEAM = [
    Participant(1, None, 100_00, clients=2),
    Participant(2, 1, 500_00, clients=5),
    Participant(3, 1, 200_00, clients=1),
    Participant(4, 2, 300_00, clients=1),
]


def test_a_team_is_oneself_and_everybody_below_leg_by_leg() -> None:
    found = teams(TEAM)
    assert found[1].volume_minor == 1_100_00
    assert found[1].legs == {2: 800_00, 3: 200_00}
    assert found[1].strongest == {2: 500_00, 3: 200_00}
    assert (found[4].volume_minor, found[4].legs) == (300_00, {})


@given(st.lists(st.tuples(st.integers(0, 10), st.integers(0, 1000)), min_size=1, max_size=30))
def test_the_teams_of_whoever_stands_at_the_top_hold_every_sale_once(
    drawn: list[tuple[int, int]],
) -> None:
    people = [
        Participant(n, sponsor if sponsor < n else None, minor)
        for n, (sponsor, minor) in enumerate(drawn)
    ]
    found = teams(people)
    tops = [one.id for one in people if one.sponsor_id is None]
    assert sum(found[id].volume_minor for id in tops) == sum(one.volume_minor for one in people)
    for one in people:
        legs = sum(found[one.id].legs.values())
        assert found[one.id].volume_minor == one.volume_minor + legs


@pytest.mark.parametrize(
    ("of", "counts"),
    [
        # Half of 1,100.00 is 550.00: the leg of 800.00 counts for that, the other whole.
        ("all_team_volume", 100_00 + 550_00 + 200_00),
        # Half of the 1,000.00 that are needed.
        ("needed_volume", 100_00 + 500_00 + 200_00),
        # Half of what the other leg has: 100.00 and 400.00, of which there are 200.00.
        ("other_legs", 100_00 + 100_00 + 200_00),
    ],
)
def test_a_leg_counts_for_so_much_of_what_the_plan_says(of: LegShareOf, counts: int) -> None:
    rank = Rank("silver", team_minor=1_000_00, leg_share_bp=5000)
    assert counted(RankRules((rank,), of), rank, TEAM[0], teams(TEAM)[1]) == counts


SILVER = Rank("silver", personal_minor=100_00, team_minor=1_000_00, clients=2, legs=2)
GOLD = Rank("gold", personal_minor=100_00, team_minor=5_000_00, clients=2, legs=2)
RULES = RankRules((SILVER, GOLD), grace_periods=1)


def test_a_rank_is_met_by_sales_clients_and_legs_and_says_what_is_missing() -> None:
    team = teams(TEAM)[1]
    assert qualified(RULES, TEAM[0], team) == 1
    report = asked_of(RULES, GOLD, TEAM[0], team)
    assert [(one.what, one.have, one.missing) for one in report] == [
        ("personal", 100_00, 0),
        ("team", 1_100_00, 3_900_00),
        ("clients", 2, 0),
        ("legs", 2, 0),
    ]
    assert qualified(RULES, TEAM[1], teams(TEAM)[2]) == 0


def test_a_leg_is_active_when_one_in_it_has_sold_enough() -> None:
    picky = RankRules((Rank("silver", legs=2, leg_volume_minor=300_00),))
    assert qualified(picky, TEAM[0], teams(TEAM)[1]) == 0
    easy = RankRules((Rank("silver", legs=2, leg_volume_minor=200_00),))
    assert qualified(easy, TEAM[0], teams(TEAM)[1]) == 1


@pytest.mark.parametrize(("house", "suspended"), [(True, False), (False, True)])
def test_whoever_may_not_be_paid_has_no_rank(house: bool, suspended: bool) -> None:
    barred = Participant(1, None, 100_00, 2, house, suspended)
    assert qualified(RULES, barred, teams(TEAM)[1]) == 0


def test_the_title_stays_and_the_pay_follows_after_the_grace() -> None:
    one = Standing()
    told = []
    for now in (2, 1, 1, 2, 0, 0, 0):
        one = next_standing(RULES, one, now)
        told.append((one.highest, one.paid_as, one.qualified))
    assert told == [
        (2, 2, 2),
        (2, 2, 1),  # grace
        (2, 1, 1),
        (2, 2, 2),
        (2, 2, 0),  # grace anew
        (2, 0, 0),
        (2, 0, 0),
    ]


# ---------------------------------------------------------------- what a period pays


def paid(rules: PeriodRules, people: list[Participant], ranks: dict[int, int]) -> dict[int, int]:
    return {one.beneficiary_id: one.amount_minor for one in earnings(rules, people, ranks)}


def test_a_tier_of_the_teams_volume_pays_whoever_stands_above_it() -> None:
    rules = PeriodRules(
        tiers=(TierRule("team", "team", "whole", "from", (Tier(0, 100),), depth=5),)
    )
    assert paid(rules, TEAM, {}) == {1: 11_00, 2: 8_00, 3: 2_00, 4: 3_00}


def test_a_team_counts_down_to_the_depth_that_the_rule_says() -> None:
    rules = PeriodRules(
        tiers=(TierRule("team", "team", "whole", "from", (Tier(0, 100),), depth=1),)
    )
    assert paid(rules, TEAM, {}) == {1: 8_00, 2: 8_00, 3: 2_00, 4: 3_00}


def test_a_goal_pays_whoever_reached_it() -> None:
    assert paid(PeriodRules(goals=(Goal("goal", 200_00, 25_00),)), TEAM, {}) == {
        2: 25_00, 3: 25_00, 4: 25_00,
    }  # fmt: skip


def test_a_pool_is_shared_by_points_and_never_pays_more_than_it_is() -> None:
    """1 % of 1,100.00 is 11.00, among 100.00, 500.00 and 200.00."""
    pool = Pool("pool", 100, rank_from=1, disqualified="lapses")
    shared = paid(PeriodRules(pools=(pool,)), TEAM, {1: 1, 2: 1, 3: 2})
    assert shared == {1: 1_38, 2: 6_87, 3: 2_75}
    assert sum(shared.values()) == 11_00


@pytest.mark.parametrize(
    ("disqualified", "shared"),
    [("lapses", {1: 1_38, 3: 2_75}), ("is_shared_out", {1: 3_67, 3: 7_33})],
)
def test_the_share_of_a_disqualified_member_lapses_or_is_shared_out(
    disqualified: str, shared: dict[int, int]
) -> None:
    pool = Pool("pool", 100, 1, disqualified)  # type: ignore[arg-type]
    barred = [
        Participant(one.id, one.sponsor_id, one.volume_minor, suspended=one.id == 2) for one in TEAM
    ]
    assert paid(PeriodRules(pools=(pool,)), barred, {1: 1, 2: 1, 3: 1}) == shared


def test_several_with_one_volume_share_their_places_or_whoever_was_first_is() -> None:
    alike = [Participant(n, None, minor) for n, minor in [(1, 50), (2, 90), (3, 50), (4, 50)]]
    shares = Leaderboard("board", (100, 50, 25), "share_the_places", 50)
    assert paid(PeriodRules(leaderboards=(shares,)), alike, {}) == {2: 100, 1: 25, 3: 25, 4: 25}
    first = PeriodRules(leaderboards=(Leaderboard("board", (100, 50, 25), "who_sold_first", 50),))
    found = earnings(first, alike, {}, reached_first=[4, 2, 1, 3])
    assert [(one.beneficiary_id, one.amount_minor) for one in found] == [(2, 100), (4, 50), (1, 25)]


def test_whoever_sold_less_than_the_board_asks_for_has_no_place() -> None:
    board = Leaderboard("board", (100, 50), "share_the_places", least_minor=60)
    people = [Participant(n, None, minor) for n, minor in [(1, 50), (2, 90)]]
    assert paid(PeriodRules(leaderboards=(board,)), people, {}) == {2: 100}


@given(
    st.lists(
        st.tuples(st.integers(0, 10**6), st.booleans(), st.booleans(), st.integers(0, 3)),
        min_size=1,
        max_size=12,
    ),
    st.integers(0, BASIS),
    st.lists(st.integers(1, 10**5), min_size=1, max_size=5),
    st.sampled_from(["lapses", "is_shared_out"]),
    st.sampled_from(["share_the_places", "who_sold_first"]),
)
@settings(max_examples=200)
def test_no_pool_and_no_board_pays_more_than_it_holds_or_anybody_who_may_not_be_paid(
    drawn: list[tuple[int, bool, bool, int]],
    share_bp: int,
    prizes: list[int],
    lapse: str,
    ties: str,
) -> None:
    people = [
        Participant(n, None, minor, 1, house, suspended)
        for n, (minor, house, suspended, _) in enumerate(drawn)
    ]
    rules = PeriodRules(
        pools=(Pool("pool", share_bp, 1, lapse),),  # type: ignore[arg-type]
        leaderboards=(Leaderboard("board", tuple(sorted(prizes)[::-1]), ties, 1),),  # type: ignore[arg-type]
    )
    found = earnings(rules, people, {n: rank for n, (_, _, _, rank) in enumerate(drawn)})
    of_pool = sum(one.amount_minor for one in found if one.rule == "pool")
    assert of_pool * BASIS <= sum(one.volume_minor for one in people) * share_bp
    assert sum(one.amount_minor for one in found if one.rule == "board") <= sum(prizes)
    barred = {one.id for one in people if one.house or one.suspended}
    assert not barred & {one.beneficiary_id for one in found}
