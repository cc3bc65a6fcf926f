"""The plan: what it gives to the cent, and what it can never be made to say."""

from __future__ import annotations

import copy
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.company import PLAN
from tests.rules.one_rate import Rates, as_first_reckoned, shares_of, told

from mainstem.money import BASIS, rdiv
from mainstem.plan import (
    NOBODY,
    Credit,
    Line,
    Member,
    PlanRefused,
    Portion,
    SalePlan,
    SaleRule,
    fingerprint,
    parse,
)
from mainstem.plan import credits as every_credit
from mainstem.plan.sale_rules import Level, When

RULES = st.builds(
    Rates,
    st.lists(st.integers(0, BASIS), min_size=1, max_size=10).map(
        lambda levels: tuple(sorted(levels, reverse=True))
    ),
    st.integers(1, BASIS),
)
UPLINES = st.lists(st.sampled_from([NOBODY, 11, 12, 13, 14]), min_size=1, max_size=10)
BASES = st.integers(0, 10**9) | st.integers(0, 200)


def credits(shares: list[Credit]) -> list[int]:
    return [share.credited_minor for share in shares]


def rule(*levels_bp: int, cap_bp: int | None = None) -> Rates:
    return Rates(levels_bp, cap_bp or sum(levels_bp))


# ---------------------------------------------------------------- golden numbers


def test_golden_three_refunds_of_a_third_take_back_33_34_33() -> None:
    """Base 9.99, commission 1.00: rounded up each time it would be 102, half up 99."""
    ten_percent = rule(1002)
    taken = [
        shares_of(ten_percent, [11], 999, returned)[0].reversed_minor
        for returned in (333, 666, 999)
    ]
    assert shares_of(ten_percent, [11], 999, 0)[0].credited_minor == 100
    assert taken == [33, 67, 100]
    assert [taken[0], taken[1] - taken[0], taken[2] - taken[1]] == [33, 34, 33]


def test_golden_thirty_refunds_of_a_thirtieth_take_back_one_hundred() -> None:
    """Rounded up each time, thirty refunds would take back 120 of 100."""
    ten_percent = rule(1002)
    taken = [
        shares_of(ten_percent, [11], 999, rdiv(999 * n, 30))[0].reversed_minor for n in range(31)
    ]
    assert taken[0] == 0
    assert taken[-1] == 100
    assert taken == sorted(taken)


def test_golden_five_levels_of_half_a_crown_give_ten() -> None:
    """Base 0.50 at 10/5/3/2/1 %: half up per level would pay 12, floor 9; 10.5 are allowed."""
    five = rule(1000, 500, 300, 200, 100)
    shares = shares_of(five, [11, 12, 13, 14, 15], 50, 0)
    assert {share.level: share.credited_minor for share in shares} == {0: 5, 1: 3, 2: 1, 3: 1}
    assert sum(credits(shares)) == 10


def test_golden_five_levels_of_a_third_give_699() -> None:
    """Base 33.33: half up would pay 700, floor 697."""
    five = rule(1000, 500, 300, 200, 100)
    parts = credits(shares_of(five, [11, 12, 13, 14, 15], 3333, 0))
    assert parts == [333, 166, 100, 67, 33]
    assert sum(parts) == 699


def test_golden_a_thousand_orders_never_pay_beyond_the_plan() -> None:
    """Half up per level, a thousand orders of 0.50 would pay 120.00 where 105.00 are allowed."""
    five = rule(1000, 500, 300, 200, 100)
    paid = sum(sum(credits(shares_of(five, [11, 12, 13, 14, 15], 50, 0))) for _ in range(1000))
    assert paid == 10_000
    assert paid <= 10_500


# ---------------------------------------------------------------- properties


@given(RULES, UPLINES, BASES)
@settings(max_examples=300)
def test_what_is_paid_is_the_exact_total_rounded_down_and_never_above_the_cap(
    given_rule: Rates, upline: list[int], base: int
) -> None:
    shares = shares_of(given_rule, upline, base, 0)
    present = [
        (level, bp)
        for level, (who, bp) in enumerate(zip(upline, given_rule.levels_bp, strict=False))
        if who != NOBODY
    ]
    allowed = min(sum(bp for _, bp in present), given_rule.cap_bp)
    assert sum(credits(shares)) == floor(Fraction(base * allowed, BASIS))
    assert sum(credits(shares)) * BASIS <= base * given_rule.cap_bp
    for share in shares:
        assert share.beneficiary_id == upline[share.level] != NOBODY
        assert share.rate_bp == given_rule.levels_bp[share.level]
        assert share.credited_minor > 0


@given(RULES, UPLINES, st.integers(1, 10**6), st.lists(st.integers(0, 10**6), max_size=12))
@settings(max_examples=300)
def test_any_sequence_of_refunds_that_adds_up_to_the_whole_takes_back_every_cent(
    given_rule: Rates, upline: list[int], base: int, cuts: list[int]
) -> None:
    steps = [*sorted(cut % (base + 1) for cut in cuts), base]
    taken = dict.fromkeys(range(len(upline)), 0)
    for returned in steps:
        for share in shares_of(given_rule, upline, base, returned):
            assert taken[share.level] <= share.reversed_minor <= share.credited_minor
            taken[share.level] = share.reversed_minor
    for share in shares_of(given_rule, upline, base, base):
        assert taken[share.level] == share.credited_minor


@given(RULES, UPLINES, BASES)
@example(rule(1000, 500, 300, cap_bp=5000), [11, NOBODY, 13], 10_000)
def test_an_ancestor_who_is_not_eligible_leaves_their_share_with_the_parent(
    given_rule: Rates, upline: list[int], base: int
) -> None:
    """Nobody above moves up into their place: the others get what they would have got, to the cent
    that the rounding of the smaller total moves, unless the cap had cut them all."""
    whole = [who or 99 for who in upline]
    if sum(given_rule.levels_bp[: len(whole)]) > given_rule.cap_bp:
        return
    full = {share.level: share.credited_minor for share in shares_of(given_rule, whole, base, 0)}
    for share in shares_of(given_rule, upline, base, 0):
        assert share.beneficiary_id == upline[share.level] != NOBODY
        assert abs(share.credited_minor - full.get(share.level, 0)) <= 1


def test_the_cap_cuts_every_level_in_proportion() -> None:
    assert credits(shares_of(rule(1000, 1000, cap_bp=1000), [11, 12], 10_000, 0)) == [500, 500]
    assert credits(shares_of(rule(1000, 500, cap_bp=750), [11, 12], 10_000, 0)) == [500, 250]


def test_a_cent_that_fits_two_levels_goes_to_the_lower_one() -> None:
    assert credits(shares_of(rule(500, 500), [11, 12], 110, 0)) == [6, 5]


def test_no_more_goes_back_than_was_delivered() -> None:
    for returned in (-1, 101):
        with pytest.raises(AssertionError):
            shares_of(rule(1000), [11], 100, returned)


# ---------------------------------------------------------------- what a plan may not say


def changed(**goods: Any) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(PLAN)
    document["rules"]["goods"] |= goods
    return document


def without(*path: str) -> dict[str, Any]:
    document: dict[str, Any] = copy.deepcopy(PLAN)
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    return document


@pytest.mark.parametrize(
    ("document", "pointer", "code"),
    [
        (changed(pays_on="recruit"), "/rules/goods/pays_on", "pays_without_sale"),
        (changed(pays_on="own_purchase"), "/rules/goods/pays_on", "pays_without_sale"),
        (changed(pays_on="placed_order"), "/rules/goods/pays_on", "pays_without_sale"),
        (changed(recruit_bonus_minor=5000), "/rules/goods/recruit_bonus_minor", "unknown_field"),
        (PLAN | {"joining_fee_minor": 9900}, "/joining_fee_minor", "unknown_field"),
        (changed(levels_bp=[300, 1000]), "/rules/goods/levels_bp", "upline_above_seller"),
        (changed(levels_bp=[]), "/rules/goods/levels_bp", "invalid_field"),
        (changed(levels_bp=[1] * 11), "/rules/goods/levels_bp", "invalid_field"),
        (changed(levels_bp=[10.5]), "/rules/goods/levels_bp", "invalid_field"),
        (changed(levels_bp=[True]), "/rules/goods/levels_bp", "invalid_field"),
        (changed(levels_bp=[-1]), "/rules/goods/levels_bp", "invalid_field"),
        (changed(cap_bp=0), "/rules/goods/cap_bp", "invalid_field"),
        (changed(cap_bp=10_001), "/rules/goods/cap_bp", "invalid_field"),
        (changed(hold_days=13), "/rules/goods/hold_days", "hold_too_short"),
        (changed(hold_days=366), "/rules/goods/hold_days", "hold_too_short"),
        (changed(hold_days="30"), "/rules/goods/hold_days", "hold_too_short"),
        (without("rules", "service"), "/rules", "invalid_field"),
        (PLAN | {"rules": "all"}, "/rules", "invalid_field"),
        (PLAN | {"name": ""}, "/name", "invalid_field"),
        (PLAN | {"minimum_payout_minor": {"SEK": 0}}, "/minimum_payout_minor", "invalid_field"),
        (PLAN | {"minimum_payout_minor": {"kronor": 5}}, "/minimum_payout_minor", "invalid_field"),
    ],
)
def test_a_plan_that_must_not_be_is_refused_where_it_is_wrong(
    document: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(PlanRefused) as refused:
        parse(document, version=1)
    assert (pointer, code) in {(p.pointer, p.code) for p in refused.value.problems}
    assert all(problem.text() for problem in refused.value.problems)


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(PlanRefused) as refused:
        parse(changed(pays_on="training", hold_days=0, bonus=1) | {"name": None}, version=1)
    assert {p.pointer for p in refused.value.problems} == {
        "/name", "/rules/goods/bonus", "/rules/goods/pays_on", "/rules/goods/hold_days",
    }  # fmt: skip


def test_the_same_plan_has_the_same_hash_however_it_was_typed() -> None:
    turned = dict(reversed([*PLAN.items()]))
    assert fingerprint(turned) == fingerprint(PLAN)
    assert fingerprint(changed(hold_days=31)) != fingerprint(PLAN)


def test_lines_by_two_rules_go_back_each_by_its_own_rate_and_never_by_a_blend() -> None:
    plan = SalePlan(
        (SaleRule("pans", (Level(1000),), 1000, 30), SaleRule("knives", (Level(1500),), 1500, 30))
    )
    sold = [Portion("pans", 10_000, 10_000), Portion("knives", 10_000, 0)]
    earned = every_credit(plan, [Member(11)], "SEK", sold)
    assert [(one.rule, one.credited_minor, one.reversed_minor) for one in earned] == [
        ("pans", 1000, 1000),
        ("knives", 1500, 0),
    ]


def test_a_line_is_sold_by_the_first_rule_that_is_for_it() -> None:
    line = Line("goods", "SEK", "pan", frozenset({"kitchen"}), "birch", "birch", frozenset(),
                date(2026, 5, 1))  # fmt: skip
    service = SaleRule("service", (Level(500),), 500, 14, When(kind="service"))
    pans = SaleRule("pans", (Level(1000),), 1000, 30, When(products=frozenset({"pan"})))
    goods = SaleRule("goods", (Level(1500),), 1500, 30, When(kind="goods"))
    assert SalePlan((service, pans, goods)).fitting(line) is pans
    assert SalePlan((service, goods, pans)).fitting(line) is goods
    assert SalePlan((service,)).fitting(line) is None


@given(RULES, UPLINES, BASES, st.fractions(0, 1))
@settings(max_examples=300)
def test_a_rate_a_level_is_reckoned_to_the_cent_as_it_was_first_reckoned(
    given_rule: Rates, upline: list[int], base: int, back: Fraction
) -> None:
    returned = floor(base * back)
    now = shares_of(given_rule, upline, base, returned)
    assert told(now) == as_first_reckoned(given_rule, upline, base, returned)
