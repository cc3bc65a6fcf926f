"""Rounded: the amounts of an order by rate, parted into net and tax as the company has set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mainstem import tax
from mainstem.orders.model import TaxOfDelivery, TaxSum


class Part(NamedTuple):
    """An amount of one rate, tax included, and what of it is tax: a line, or a share of delivery."""

    rate: tax.Rate
    gross: int
    tax: int

    @property
    def said(self) -> TaxOfDelivery:
        """As an order keeps it of its delivery."""
        rate = self.rate
        return TaxOfDelivery(
            rate.country, rate.bp, rate.treatment, rate.reason, self.gross, self.tax,
            rate.tax_class,
        )  # fmt: skip


def together(parts: Sequence[Part], mode: tax.Rounding) -> tuple[list[Part], list[TaxSum]]:
    """These parts in the same order, with tax rounded by this mode, and the sums of each rate."""
    groups: dict[tuple[str | None, int, tax.Treatment, str], list[int]] = {}
    for i, part in enumerate(parts):
        rate = part.rate
        groups.setdefault((rate.country, rate.bp, rate.treatment, rate.reason), []).append(i)
    found, sums = list(parts), []
    for (country, bp, treatment, reason), places in groups.items():
        split = tax.split([parts[i].gross for i in places], bp, mode)
        for i, gross, of_tax in zip(places, split.grosses, split.taxes, strict=True):
            found[i] = Part(parts[i].rate, gross, of_tax)
        sums.append(
            TaxSum(
                country, bp, treatment, reason,
                split.net_minor, split.tax_minor, split.rounding_minor,
            )
        )  # fmt: skip
    return found, sums
