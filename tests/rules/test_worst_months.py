"""The most that a plan can cost, searched and shown; what nobody gains by appearing twice, and who does."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.test_plan_findings import period, plan, rule, tiers

from mainstem.money import BASIS
from mainstem.plan.costs import worst_case
from mainstem.plan.document import PlanDocument, compiled, compiled_period
from mainstem.plan.exact_shares import Portion
from mainstem.plan.findings import lint
from mainstem.plan.periods import Participant, earnings
from mainstem.plan.sales import credits
from mainstem.plan.splitting import paid, period_split
from mainstem.plan.uplines import Member
from mainstem.plan.worst_months import (
    bound_bp,
    people,
    period_share,
    played,
    sale_share,
    worst_month,
)


def document(**said: Any) -> PlanDocument:
    return PlanDocument.model_validate(plan(rule(1000), **said))


# ---------------------------------------------------------------- one sale


def test_a_sale_may_cost_more_without_somebody_who_is_paid_little() -> None:
    """10 %, 1 % of that and 9 % of that again: 10.109 %. Without the one in between the last gets more, and of
    what the company's own account sells they get 9 % of the whole."""
    said = PlanDocument.model_validate(plan(rule(1000, 100, 900, levels_of="level_below")))
    worst = worst_case(compiled(said))
    assert (worst.share, worst.unpaid) == (Fraction(109, 1000), (1,))


def test_where_everybody_unpaid_is_passed_over_no_level_stays_empty_below_another() -> None:
    passed = dict.fromkeys(("house", "suspended", "inactive"), "passed_over")
    said = plan(rule(1000, 100, 10_000, levels_of="level_below"), uplines=passed)
    sale = compiled(PlanDocument.model_validate(said))
    assert worst_case(sale).share == Fraction(102, 1000)


def test_what_a_sale_pays_at_most_does_not_hide_what_a_small_one_costs() -> None:
    said = PlanDocument.model_validate(plan(rule(1000, at_most_minor={"SEK": 50_000})))
    assert worst_case(compiled(said)).share == Fraction(1, 10)


SALE_RULES = st.builds(
    lambda rates, of, cap, most: rule(*rates, levels_of=of, cap_bp=cap, at_most_minor=most),
    st.lists(st.integers(1, 10_000), min_size=1, max_size=4),
    st.sampled_from(["sale", "level_below"]),
    st.integers(1, 9000),
    st.one_of(st.just({}), st.builds(lambda most: {"SEK": most}, st.integers(100, 10**6))),
)


@given(
    SALE_RULES,
    st.sampled_from(["uses_up_level", "passed_over"]),
    st.sampled_from(["uses_up_level", "passed_over"]),
    st.integers(1, 10_000),
)
@settings(max_examples=60)
def test_no_upline_of_any_kind_costs_more_at_any_size_than_the_worst_that_is_found(
    said: dict[str, Any], house: str, suspended: str, cap: int
) -> None:
    uplines = {"house": house, "suspended": suspended, "inactive": "passed_over"}
    sale = compiled(PlanDocument.model_validate(plan(said, uplines=uplines, cap_bp=cap)))
    worst = worst_case(sale)
    kinds = ("paid", "house", "suspended")
    dearest = Fraction(0)
    for depth in range(1, len(said["levels"]) + 1):
        for line in product(kinds, repeat=depth):
            upline = [
                Member(n + 1, kind == "house", kind == "suspended") for n, kind in enumerate(line)
            ]
            for of in (10**4, 10**6, 10**9, worst.of_minor):
                got = credits(sale, upline, "SEK", [Portion("all", of, pieces=1)])
                dearest = max(dearest, Fraction(sum(one.credited_minor for one in got), of))
    # What was rounded down of a small sale is not rounded down of a large one.
    assert worst.share <= dearest <= worst.share + Fraction(1, worst.of_minor)


# ---------------------------------------------------------------- one month


def test_a_goal_and_the_top_tier_do_not_meet_in_one_volume() -> None:
    """2 % from 0 and 3 % from 100,000.00; 10.00 at 1,000.00: never 1 % and 3 % of the same sale."""
    said = document(
        period=period(
            tiers=[tiers("whole", (0, 200), (10_000_000, 300))],
            goals=[{"id": "goal", "personal_minor": {"SEK": 100_000}, "pays_minor": {"SEK": 1000}}],
        )
    )
    assert bound_bp(said) == (1000, 301), "3 % and a hundredth of 1 %, or 3 % at the goal"
    found = worst_month(said, "SEK")
    assert found.share == Fraction(1000 + 301, BASIS)
    assert (found.volume_minor, found.paid) == (10_000_000, {"volume": 300_000, "goal": 1000})


def test_the_month_that_is_shown_costs_what_a_teams_tiers_cost_everybody_above() -> None:
    said = document(period=period(tiers=[tiers("marginal", (0, 300), volume="team", depth=2)]))
    found = worst_month(said, "SEK")
    assert found.share == Fraction(1000 + 900, BASIS)
    assert bound_bp(said) == (1000, 900)


STEPS = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 3000)), max_size=2, unique_by=lambda one: one[0]
)
PERIODS = st.builds(
    lambda own, team, depth, of, threshold, goal: period(
        tiers=[
            tiers(of, (0, 100), *((n * 1000, bp) for n, bp in sorted(own)), threshold=threshold),
            tiers(
                of, (0, 50), *((n * 1000, bp) for n, bp in sorted(team)),
                id="team", volume="team", depth=depth, threshold=threshold,
            ),
        ],
        goals=[{"id": "goal", "personal_minor": {"SEK": goal[0] * 1000}, "pays_minor": {"SEK": goal[1]}}],
    ),
    STEPS, STEPS, st.integers(1, 2), st.sampled_from(["marginal", "whole"]),
    st.sampled_from(["from", "above"]), st.tuples(st.integers(1, 5), st.integers(1, 300)),
)  # fmt: skip
TREES = ((None,), (None, 0), (None, 0, 0), (None, 0, 1))


@given(PERIODS)
@settings(max_examples=25, deadline=None)
def test_no_small_company_pays_more_than_the_bound_and_the_month_shown_is_one(
    said: dict[str, Any],
) -> None:
    """Every tree of three with every volume of so many: each is tried."""
    plan_of = PlanDocument.model_validate(plan(rule(1000), cap_bp=10_000, period=said))
    rules, most = compiled_period(plan_of, "SEK"), period_share(plan_of, "SEK")
    for tree in TREES:
        for each in product((0, 999, 1000, 1001, 3000, 5001), repeat=len(tree)):
            paid_in_all = paid(rules, tree, each)
            # Half a unit for each line that was rounded.
            assert Fraction(paid_in_all) <= most * sum(each) + len(tree) * 2
    found = worst_month(plan_of, "SEK")
    shape = (found.sellers, found.volume_minor, found.above, found.in_a_line)
    worked_out = sum(one.amount_minor for one in played(rules, people(*shape), 0))
    assert worked_out == sum(found.paid.values()), "the month that is shown was worked out"
    sold = found.sold_minor
    lines = 2 * (found.sellers + found.above)
    assert found.share <= sale_share(plan_of, "SEK") + most + Fraction(lines, sold)


@given(PERIODS.map(lambda said: {**said, "tiers": said["tiers"][:1]}))
@settings(max_examples=25, deadline=None)
def test_of_what_affiliates_sell_themselves_the_maximum_is_exact(said: dict[str, Any]) -> None:
    plan_of = PlanDocument.model_validate(plan(rule(1000), cap_bp=10_000, period=said))
    found = worst_month(plan_of, "SEK")
    at_most = sale_share(plan_of, "SEK") + period_share(plan_of, "SEK")
    # Beyond the last threshold a marginal rate is come near to, and never quite reached.
    assert abs(found.share - at_most) <= Fraction(1, found.volume_minor) + Fraction(1, 10**5)


# ---------------------------------------------------------------- appearing twice


def test_who_reaches_a_goal_twice_is_shown_as_a_tree() -> None:
    goal = {"id": "goal", "personal_minor": {"SEK": 1000}, "pays_minor": {"SEK": 20}}
    found = [
        one
        for one in lint(plan(rule(1000), period=period(goals=[goal])))
        if one.code == "twice_in_a_period_gains"
    ]
    assert [one.problem.text() for one in found] == [
        "One company that sells 30.00 SEK in a period is paid 0.20 SEK by its rules; as A: 10.00 SEK"
        " (B: 10.00 SEK, C: 10.00 SEK) it is paid 0.60 SEK. It is met by one account for each company and the review"
        " of what looks like one."
    ]


def test_tiers_of_own_sales_that_rise_are_gained_by_nobody_who_splits() -> None:
    said = document(period=period(tiers=[tiers("marginal", (0, 100), (1000, 300), (5000, 500))]))
    assert period_split(said, "SEK") is None


def test_a_teams_tiers_are_gained_by_whoever_stands_above_themselves() -> None:
    said = document(
        period=period(tiers=[tiers("marginal", (0, 100), (1000, 100), volume="team", depth=1)])
    )
    found = period_split(said, "SEK")
    assert found is not None
    assert found.tree(str).startswith("A: 0 (B: ")
    assert found.paid_minor > found.once_minor


@given(PERIODS)
@settings(max_examples=25, deadline=None)
def test_where_no_split_is_found_none_of_the_small_ones_gains(said: dict[str, Any]) -> None:
    own = {**said, "tiers": said["tiers"][:1]}
    plan_of = PlanDocument.model_validate(plan(rule(1000), cap_bp=10_000, period=own))
    if period_split(plan_of, "SEK") is not None:
        return
    rules = compiled_period(plan_of, "SEK")
    for one, two in combinations((999, 1000, 1001, 2000, 3000, 5001), 2):
        once = paid(rules, (None,), (one + two,))
        assert paid(rules, (None, 0), (one, two)) <= once + 2


@pytest.mark.parametrize("sold", [0, 500, 1500])
def test_a_tree_of_accounts_is_paid_as_a_period_pays_them(sold: int) -> None:
    said = document(period=period(tiers=[tiers("marginal", (0, 100), volume="team", depth=1)]))
    rules = compiled_period(said, "SEK")
    people_of = [Participant(1, None, 0, 1), Participant(2, 1, sold, 1)]
    assert paid(rules, (None, 0), (0, sold)) == sum(
        one.amount_minor for one in earnings(rules, people_of, {})
    )
