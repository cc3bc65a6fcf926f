"""Basis points as people read them."""

from __future__ import annotations

from decimal import Decimal


def percent(basis_points: int, per: int = 1) -> Decimal:
    """So many basis points, divided by `per`, in per cent to the hundredth."""
    return (Decimal(basis_points) / per / 100).quantize(Decimal("0.01")).normalize() + 0
