"""Shares of a line add up to the line, however it is divided."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mainstem.withdrawals import share


@given(
    total=st.integers(0, 10**12),
    cuts=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    step=st.sampled_from([1, 100]),
)
def test_the_shares_of_all_pieces_are_the_line(total: int, cuts: list[int], step: int) -> None:
    total -= total % step  # what was paid is such a multiple itself
    quantity, gone, shares = sum(cuts), 0, []
    for pieces in cuts:
        shares.append(share(total, quantity, gone=gone, pieces=pieces, step=step))
        gone += pieces
        assert 0 <= sum(shares) <= total
    assert sum(shares) == total
    assert all(one % step == 0 for one in shares)


def test_a_hundred_kronor_for_three_go_back_as_33_34_and_33() -> None:
    assert [share(100, 3, gone=gone, pieces=1) for gone in range(3)] == [33, 34, 33]
