"""To whom an order is credited: as at its sale, or as staff have said since."""

from __future__ import annotations

CREDITED_TO = """
  LEFT JOIN LATERAL (
       SELECT upline, groups, upline_facts FROM attribution_change
        WHERE home_id = o.home_id AND order_id = o.id AND state = 'approved'
        ORDER BY decided_at DESC, id DESC LIMIT 1) AS moved ON true
 CROSS JOIN LATERAL (
       SELECT moved.upline IS NOT NULL AS reattributed, coalesce(moved.upline, o.upline) AS upline,
              CASE WHEN moved.upline IS NULL THEN o.groups ELSE moved.groups END AS groups,
              CASE WHEN moved.upline IS NULL THEN o.upline_facts ELSE moved.upline_facts END
                AS upline_facts) AS credited"""
"""Beside `orders o`: `credited.upline` with its groups and facts, the newest that was approved."""
