"""An order as it stands for whoever is paid for it: to whom it is credited, and what of its money went back.

In SQL, beside `orders o`, for those who read orders in sets.
"""

from __future__ import annotations

CREDITED_TO = """
  LEFT JOIN LATERAL (
       SELECT id, to_seller_id, upline, groups, upline_facts, also_credited FROM attribution_change
        WHERE home_id = o.home_id AND order_id = o.id AND state = 'approved'
        ORDER BY decided_at DESC, id DESC LIMIT 1) AS moved ON true
 CROSS JOIN LATERAL (
       SELECT moved.upline IS NOT NULL AS reattributed,
              coalesce(moved.to_seller_id, o.seller_id) AS seller_id, coalesce(moved.upline, o.upline) AS upline,
              CASE WHEN moved.upline IS NULL THEN o.groups ELSE moved.groups END AS groups,
              CASE WHEN moved.upline IS NULL THEN o.upline_facts ELSE moved.upline_facts END
                AS upline_facts,
              CASE WHEN moved.upline IS NULL THEN o.also_credited ELSE moved.also_credited END
                AS also_credited) AS credited"""
"""`credited`: the seller and upline as at the sale, or the newest that staff have agreed to since; and to whom
else, where it is credited to several (`mainstem.orders.shared`)."""

GOODWILL = """
 CROSS JOIN LATERAL (
       -- What the company bears takes nothing back, unless the client's bank has taken the rest.
       SELECT o.refunded_minor > 0 AND (o.disputed_minor = 0
              OR o.refunded_minor + o.disputed_minor < o.paid_minor) AS stands) AS kindness
 CROSS JOIN LATERAL (
       SELECT CASE WHEN kindness.stands THEN (
              SELECT sum(goodwill_minor)::bigint FROM order_line
               WHERE home_id = o.home_id AND order_id = o.id) ELSE 0 END AS minor) AS goodwill"""
"""`goodwill.minor`: what of its refunds the company bears."""


def back_of(line: str) -> str:
    """What of a line's money went back and takes its part of commission along: of `order_line` by this name,
    beside GOODWILL."""
    return (
        f"{line}.refunded_minor - CASE WHEN kindness.stands THEN {line}.goodwill_minor ELSE 0 END"
    )
