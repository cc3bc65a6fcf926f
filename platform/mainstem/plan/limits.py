"""The limits of every plan, whatever it says."""

from __future__ import annotations

PAYS_ON = "delivered_sale"
NO_CAP = 10**9
"""A cap in basis points that no share reaches: fixed money may come to many times what was sold."""

NOBODY = 0
"""Stands in an upline where an ancestor was not eligible; the parent keeps that share."""
LEVELS_MAX = 10
HOLD_DAYS_MIN = 14
"""No commission is payable before the client's fourteen days of withdrawal are over."""
HOLD_DAYS_MAX = 365
