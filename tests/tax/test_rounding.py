"""Rounding: tax by line or by sum, with the documented examples, and nothing lost in any mode."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import tax
from mainstem.money import net_of_tax, rdiv
from mainstem.tax import Rounding

FIVE = [100_00] * 5
MODES: tuple[Rounding, ...] = get_args(Rounding)


@pytest.mark.parametrize(
    ("mode", "net", "of_tax", "total"),
    [
        ("line", 420_15, 79_85, 500_00),
        ("sum_by_net", 420_15, 79_83, 499_98),
        ("sum_by_net_keep_gross", 420_17, 79_83, 500_00),
    ],
)
def test_golden_five_times_a_hundred_at_nineteen_per_cent(
    mode: Rounding, net: int, of_tax: int, total: int
) -> None:
    found = tax.split(FIVE, 1900, mode)
    assert (found.net_minor, found.tax_minor, found.total_minor) == (net, of_tax, total)
    assert found.rounding_minor == 0


def test_golden_the_nets_are_shared_among_the_lines() -> None:
    found = tax.split(FIVE, 1900, "sum_by_net_keep_gross")
    nets = [gross - of_tax for gross, of_tax in zip(found.grosses, found.taxes, strict=True)]
    assert nets == [84_03, 84_03, 84_03, 84_04, 84_04]
    by_net = tax.split(FIVE, 1900, "sum_by_net")
    assert by_net.grosses == (100_00, 100_00, 100_00, 99_99, 99_99)


def test_golden_a_gross_without_a_net_has_a_rounding_amount() -> None:
    assert not [net for net in range(9_97) if net + rdiv(net * 2500, 10_000) == 9_97]
    found = tax.split([9_97], 2500, "sum_by_net_keep_gross")
    assert (found.net_minor, found.tax_minor, found.rounding_minor) == (7_98, 2_00, -1)
    assert found.total_minor == 9_97


amounts = st.lists(st.integers(0, 10**9), max_size=30)
rates = st.integers(0, 10_000)


@given(amounts, rates, st.sampled_from(MODES))
def test_net_tax_and_rounding_are_the_total_in_every_mode(
    grosses: list[int], bp: int, mode: Rounding
) -> None:
    found = tax.split(grosses, bp, mode)
    assert found.net_minor + found.tax_minor + found.rounding_minor == found.total_minor
    assert sum(found.taxes) == found.tax_minor
    assert len(found.grosses) == len(found.taxes) == len(grosses)
    for gross, of_tax in zip(found.grosses, found.taxes, strict=True):
        assert 0 <= of_tax <= gross


@given(amounts, rates)
def test_by_sum_the_tax_is_that_of_the_net(grosses: list[int], bp: int) -> None:
    for mode in ("sum_by_net", "sum_by_net_keep_gross"):
        found = tax.split(grosses, bp, mode)
        if found.rounding_minor >= 0:
            assert found.tax_minor == rdiv(found.net_minor * bp, 10_000)
        assert abs(found.rounding_minor) <= 1


@given(amounts, rates)
def test_prices_stand_unless_the_company_lets_them_move(grosses: list[int], bp: int) -> None:
    for mode in ("line", "sum_by_net_keep_gross"):
        assert tax.split(grosses, bp, mode).grosses == tuple(grosses)
    moved = tax.split(grosses, bp, "sum_by_net")
    assert sum(map(abs, (a - b for a, b in zip(moved.grosses, grosses, strict=True)))) <= len(
        grosses
    )


@given(st.integers(0, 10**9), rates)
def test_one_line_alone_is_the_same_in_every_mode_where_a_net_fits(gross: int, bp: int) -> None:
    net = net_of_tax(gross, bp)
    if net + rdiv(net * bp, 10_000) == gross:
        assert len({tax.split([gross], bp, mode).taxes for mode in MODES}) == 1
