"""What store credit and rewards do, by rule: never more back than came, no refund raises, any order the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mainstem.plan import FriendsOrder, ReferAFriend, rewards_of
from mainstem.plan.rewards import Reward
from mainstem.store_credit import given_back_minor, spread, taken_back_minor

MINOR = st.integers(0, 10**7)
AMOUNTS = st.integers(1, 10**6)


@st.composite
def rewards(draw: Any) -> Reward:
    if draw(st.booleans()):
        return Reward(fixed_minor={"SEK": draw(AMOUNTS)})
    most = {"SEK": draw(AMOUNTS)} if draw(st.booleans()) else {}
    return Reward(rate_bp=draw(st.integers(0, 10_000)), most_minor=most)


@st.composite
def programmes(draw: Any) -> ReferAFriend:
    return ReferAFriend(
        draw(rewards()), draw(rewards()), 30, draw(st.integers(1, 20)),
        draw(st.sampled_from(["stands_beside", "comes_first"])),
        draw(st.sampled_from(["company_bears", "is_owed"])),
        least_minor={"SEK": draw(AMOUNTS)} if draw(st.booleans()) else {},
    )  # fmt: skip


@given(
    programmes(), st.integers(1, 10**7), st.integers(0, 10_000), st.integers(1, 10_000),
    st.lists(st.integers(0, 10_000), min_size=1, max_size=6),
)  # fmt: skip
def test_a_reward_is_within_the_plans_cap_falls_with_what_goes_back_and_ends_at_nothing(
    rule: ReferAFriend, base: int, commission_bp: int, cap_bp: int, back_bp: list[int]
) -> None:
    commission = base * min(commission_bp, cap_bp) // 10_000
    before: dict[str, int] | None = None
    for part in [0, *sorted(back_bp), 10_000]:
        order = FriendsOrder("SEK", base, base * part // 10_000, commission)
        found = rewards_of(rule, order, cap_bp=cap_bp)
        credited = sum(one.credited_minor for one in found)
        assert credited + commission <= base * cap_bp // 10_000
        stands = {str(one.side): one.stands_minor for one in found}
        assert all(0 <= one.reversed_minor <= one.credited_minor for one in found)
        if before is not None:
            assert all(minor <= before[side] for side, minor in stands.items())
        before = stands
    assert set((before or {}).values()) <= {0}


@given(programmes(), st.integers(1, 10**7), MINOR)
def test_two_orders_of_halves_give_no_more_than_one_for_only_the_first_is_rewarded(
    rule: ReferAFriend, base: int, commission: int
) -> None:
    def paid(minor: int, *, is_first: bool) -> int:
        order = FriendsOrder("SEK", minor, 0, min(commission, minor), is_first=is_first)
        return sum(one.stands_minor for one in rewards_of(rule, order, cap_bp=10_000))

    assert paid(base, is_first=False) == 0


@given(MINOR, MINOR, MINOR, MINOR, st.booleans())
def test_no_more_of_a_credit_is_taken_back_than_should_be_nor_than_the_company_does_not_bear(
    granted: int, back: int, spent: int, expired: int, may_be_owed: bool
) -> None:
    back, spent = min(back, granted), min(spent, granted)
    expired = min(expired, granted - spent)
    taken = taken_back_minor(granted, back, spent=spent, expired=expired, may_be_owed=may_be_owed)
    assert 0 <= taken <= back
    left = granted - taken - spent - expired
    if may_be_owed:
        assert taken == min(back, granted - expired)
    else:
        assert left >= 0
        assert taken == min(back, granted - spent - expired)


@given(MINOR, st.integers(1, 10**7), st.lists(st.integers(0, 10**7), max_size=6))
def test_what_comes_back_with_the_money_rises_with_it_and_is_all_of_it_at_the_end(
    spent: int, total: int, refunds: list[int]
) -> None:
    came = [
        given_back_minor(spent, total=total, refunded=min(one, total), ended_unpaid=False)
        for one in [0, *sorted(refunds), total]
    ]
    assert came == sorted(came)
    assert (came[0], came[-1]) == (0, spent)


@given(MINOR, st.lists(st.integers(-100, 10**6), max_size=8))
def test_an_amount_is_spread_over_credits_as_far_as_they_reach(
    minor: int, there: list[int]
) -> None:
    parts = spread(minor, list(enumerate(there)))
    assert sum(parts.values()) == min(minor, sum(max(0, one) for one in there))
    assert all(0 < part <= there[number] for number, part in parts.items())
