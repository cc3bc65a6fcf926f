"""Reads of commissions, for pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mainstem.kit.work import Work


def earned(work: Work, affiliate_id: int, *, most: int = 50, before: Any = None) -> list[Any]:
    """An affiliate's movements, newest first, each with the explanation that was stored."""
    return work.rows(
        """SELECT c.home_id, c.order_id, c.rule, c.level, c.no, c.kind, c.currency, c.amount_minor,
                  c.base_minor, c.returned_minor, c.rate_bp, c.plan_version, c.held_until,
                  c.explanation, c.credited_at,
                  c.held_until <= coalesce((SELECT max(day) FROM release_day), '-infinity') AS matured
             FROM commission c
            WHERE c.beneficiary_id = %(id)s
              AND (%(before)s::timestamptz IS NULL OR c.credited_at < %(before)s)
            ORDER BY c.credited_at DESC, c.order_id, c.rule, c.level, c.no DESC LIMIT %(most)s""",
        id=affiliate_id,
        before=before,
        most=most,
    )


def of_order(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """Every movement on one order, as far as the reader may see them."""
    return work.rows(
        """SELECT c.rule, c.level, c.no, c.kind, c.currency, c.amount_minor, c.base_minor,
                  c.returned_minor, c.rate_bp, c.plan_version, c.held_until, c.explanation,
                  c.credited_at, c.beneficiary_id, a.name AS beneficiary
             FROM commission c LEFT JOIN affiliate a ON a.id = c.beneficiary_id
            WHERE c.home_id = %(home)s AND c.order_id = %(order)s
            ORDER BY c.rule, c.level, c.no""",
        home=home_id,
        order=order_id,
    )
