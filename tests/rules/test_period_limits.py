"""What a period says of all that an affiliate gets together, for any earnings and any caps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mainstem.money import BASIS
from mainstem.plan.period_limits import NOTHING, Earned, limited
from mainstem.plan.periods import (
    OVERRIDES,
    CapOf,
    FirstSale,
    Participant,
    PeriodCap,
    PeriodEarning,
    PeriodRules,
)

MINOR = st.integers(0, 10**7) | st.sampled_from([100, 101, 5000])
RARELY = st.sampled_from([False, False, False, True])
OF: st.SearchStrategy[CapOf] = st.sampled_from(["sales", "everything"])
PEOPLE = st.lists(
    st.tuples(MINOR, st.booleans(), st.booleans()), min_size=1, max_size=6
).map(
    lambda drawn: [
        Participant(n, n - 1 or None, volume, house=house, suspended=suspended)
        for n, (volume, house, suspended) in enumerate(drawn, 1)
    ]
)  # fmt: skip
EARNED = st.fixed_dictionaries(
    dict.fromkeys(range(1, 7), st.builds(Earned, MINOR, MINOR, st.integers(0, 3), st.booleans()))
)
PAID = st.lists(st.builds(PeriodEarning, st.just("goal"), st.integers(1, 6), MINOR, MINOR))
CAPS = st.lists(st.tuples(MINOR, OF), max_size=3).map(
    lambda drawn: tuple(PeriodCap(f"cap-{n}", most, of) for n, (most, of) in enumerate(drawn))
)
FIRST = st.lists(
    st.builds(FirstSale, st.just("first"), MINOR, st.integers(1, BASIS)), min_size=1, max_size=1
)


@given(PEOPLE, EARNED, PAID, CAPS, FIRST, st.booleans(), st.frozensets(st.integers(1, 6)))
def test_nobody_is_left_with_more_than_a_cap_nor_with_less_than_it_takes(
    people: list[Participant],
    earned: dict[int, Earned],
    paid: list[PeriodEarning],
    caps: tuple[PeriodCap, ...],
    first: list[FirstSale],
    asked: bool,
    active: frozenset[int],
) -> None:
    rules = PeriodRules(caps=caps, first_sales=tuple(first), overrides_are_asked=asked)
    found = limited(rules, people, earned, active, paid)
    assert found[: len(paid)] == paid
    for id in range(1, 7):
        has, own = earned.get(id, NOTHING), [one for one in found if one.beneficiary_id == id]
        sales = has.own_minor + has.sponsor_minor
        kept = sales + sum(one.amount_minor for one in own if one.rule == OVERRIDES)
        assert kept == (has.own_minor if asked and id not in active else sales)
        whole = sales + sum(one.amount_minor for one in own)
        for cap in caps:
            if cap.of == "everything":
                assert whole <= cap.at_most_minor
            else:
                beside = sum(one.amount_minor for one in own if one.rule in ("goal", "first"))
                assert whole - beside <= cap.at_most_minor
        if all(cap.of == "everything" for cap in caps):
            assert whole >= min([kept, *(cap.at_most_minor for cap in caps)])


@given(PEOPLE, EARNED, FIRST)
def test_a_first_sale_pays_a_sponsor_a_share_of_it_at_most_and_nobody_for_bringing_in(
    people: list[Participant], earned: dict[int, Earned], first: list[FirstSale]
) -> None:
    found = limited(PeriodRules(first_sales=tuple(first)), people, earned, (), [])
    for rule in first:
        sold = {one.id: one.volume_minor for one in people if earned.get(one.id, NOTHING).is_first}
        for one in found:
            under = [who.id for who in people if who.sponsor_id == one.beneficiary_id]
            most = sum(sold.get(id, 0) for id in under) * rule.at_most_bp
            assert 0 < one.amount_minor * BASIS <= most
