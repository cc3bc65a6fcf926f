"""Rounding: the tax of several amounts at one rate, by line or by their sum.

`line` works tax out amount by amount. `sum_by_net` adds the nets up and takes the tax of the sum, as
invoices by EN 16931 do; what is paid may then be another than the prices said. With
`sum_by_net_keep_gross` the prices stand, the net is found that their sum has, and is shared among
the amounts; where no net fits, what is left over is a rounding amount of the invoice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mainstem.money import BASIS, largest_remainder, net_of_tax, rdiv
from mainstem.tax.rules import Rounding


@dataclass(frozen=True, slots=True)
class Split:
    """Amounts of one rate, parted into net and tax, in minor units.

    `grosses` are what is paid for each and `taxes` what of it is tax. An invoice says `net_minor`,
    `tax_minor` and `rounding_minor`; together they are what is paid.
    """

    grosses: tuple[int, ...]
    taxes: tuple[int, ...]
    net_minor: int
    tax_minor: int
    rounding_minor: int

    @property
    def total_minor(self) -> int:
        """What is paid for all of it."""
        return sum(self.grosses)


def split(grosses: Sequence[int], bp: int, mode: Rounding) -> Split:
    """These amounts, tax included, all at one rate, parted as the mode says."""
    if mode == "line":
        return _by_line(grosses, bp)
    if mode == "sum_by_net":
        return _by_net(grosses, bp)
    return _keeping_gross(grosses, bp)


def _by_line(grosses: Sequence[int], bp: int) -> Split:
    taxes = tuple(gross - net_of_tax(gross, bp) for gross in grosses)
    tax = sum(taxes)
    return Split(tuple(grosses), taxes, sum(grosses) - tax, tax, 0)


def _by_net(grosses: Sequence[int], bp: int) -> Split:
    nets = [net_of_tax(gross, bp) for gross in grosses]
    net = sum(nets)
    tax = rdiv(net * bp, BASIS)
    taxes = _shared(tax, nets)
    paid = tuple(n + t for n, t in zip(nets, taxes, strict=True))
    return Split(paid, taxes, net, tax, 0)


def _keeping_gross(grosses: Sequence[int], bp: int) -> Split:
    gross = sum(grosses)
    net = net_of_tax(gross, bp)
    tax = min(rdiv(net * bp, BASIS), gross)
    return Split(tuple(grosses), _shared(tax, grosses), net, tax, gross - net - tax)


def _shared(tax: int, weights: Sequence[int]) -> tuple[int, ...]:
    whole = sum(weights)
    return tuple(largest_remainder(tax, weights, whole)) if whole else (0,) * len(weights)
