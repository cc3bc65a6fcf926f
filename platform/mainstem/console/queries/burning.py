"""What waits for somebody, of every kind: how many, since when, until when, and how much money.

One statement for all kinds that a reader may see. Each part reads what is open by a partial index, and
nothing that grows with history.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from fractions import Fraction
from typing import Any

from mainstem import payouts
from mainstem.calendar import REFUND_DAYS
from mainstem.console.queries.money import OWED_BACK
from mainstem.console.urgency import Waiting
from mainstem.kit.work import Work
from mainstem.leads.queries import STAGE
from mainstem.money import Money

QUOTE_DAYS = 3
"""So many days before a quote runs out it is shown."""
MAIL_DAYS = 7
"""So long a message that could not be sent is something to look at."""

# Every part gives: kind, currency (null where there is no money), n, minor, since, due.
PARTS: dict[str, str] = {
    "late_promises": """
SELECT 'late_promises', o.currency::text, count(*), sum(o.total_minor),
       min(o.placed_at), min(o.promised_on + time '23:59:59') AT TIME ZONE %(zone)s
  FROM orders o
  JOIN (SELECT home_id, order_id FROM fulfilment
         WHERE state IN ('assigned','released','picking','picked','packed','parked')
         UNION SELECT home_id, order_id FROM parcel WHERE state = 'in_transit') AS under_way
    ON under_way.home_id = o.home_id AND under_way.order_id = o.id
 WHERE o.state = 'placed' AND o.promised_on < %(today)s
 GROUP BY 2""",
    "disputes_to_answer": """
SELECT 'disputes_to_answer', currency::text, count(*), sum(amount_minor), min(opened_at), min(respond_by)
  FROM dispute WHERE status IN ('needs_response', 'warning_needs_response') GROUP BY 2""",
    "payouts_failed": """
SELECT 'payouts_failed', currency::text, count(*), sum(amount_minor), min(reserved_at), NULL
  FROM payout WHERE state = 'failed' AND state <> 'paid' GROUP BY 2""",
    "payouts_held": """
SELECT 'payouts_held', currency::text, count(*), sum(amount_minor), min(reserved_at), NULL
  FROM payout WHERE state = 'on_hold' AND state <> 'paid' GROUP BY 2""",
    "payouts_to_confirm": """
SELECT 'payouts_to_confirm', currency::text, count(*), sum(amount_minor), min(reserved_at), NULL
  FROM payout WHERE state IN ('reserved', 'requested') AND state <> 'paid' AND provider = 'bank' GROUP BY 2""",
    "unpaid_excluded": """
SELECT 'unpaid_excluded', b.currency::text, count(*), sum(b.balance_minor), NULL, NULL
  FROM ledger_balance b JOIN affiliate a ON a.id = b.owner_id
 WHERE b.account = 'payable' AND b.balance_minor > 0 AND a.state IN ('active', 'paused', 'terminated')
   AND NOT EXISTS (
     SELECT 1 FROM pay_account p WHERE p.home_id = b.owner_id AND p.state = 'active'
        AND (p.currency = b.currency OR %(converts)s AND EXISTS (
              SELECT 1 FROM exchange_rate r
               WHERE r.from_currency = b.currency AND r.to_currency = p.currency
                 AND r.published_at > %(rates_since)s)))
 GROUP BY 2""",
    "refunds_owed": f"""
SELECT 'refunds_owed', currency::text, count(*), sum(amount_minor), min(since), NULL
  FROM ({OWED_BACK}) AS owed GROUP BY 2""",
    "withdrawals": """
SELECT 'withdrawals', o.currency::text, count(*), coalesce(sum(o.total_minor - o.refunded_minor), 0),
       min(w.received_at), min(w.received_at) + %(refund_within)s::interval
  FROM withdrawal w LEFT JOIN orders o ON o.home_id = w.home_id AND o.id = w.order_id
 WHERE w.state = 'received' GROUP BY 2""",
    "applications": """
SELECT 'applications', NULL, count(*), 0, min(confirmed_at), NULL
  FROM application WHERE state IN ('applied', 'in_review')""",
    "storefronts_waiting": """
SELECT 'storefronts_waiting', NULL, count(*), 0, min(submitted_at), NULL
  FROM storefront_version WHERE state = 'submitted'""",
    "to_approve": """
SELECT 'to_approve', currency::text, count(*), sum(amount_minor), min(asked_at), NULL
  FROM approval WHERE state = 'needs_approval' GROUP BY 2""",
    "commissions_held": """
SELECT 'commissions_held', NULL, count(*), 0, min(held_at), NULL
  FROM commission_review WHERE state = 'held'""",
    "inquiries": """
SELECT 'inquiries', NULL, count(*), 0, min(asked_at), min(due_on + time '23:59:59') AT TIME ZONE %(zone)s
  FROM commission_inquiry WHERE state = 'open'""",
    "reattributions": """
SELECT 'reattributions', NULL, count(*), 0, min(asked_at), NULL
  FROM (SELECT asked_at FROM attribution_change WHERE state = 'needs_approval'
         UNION ALL
        SELECT asked_at FROM binding_change WHERE state = 'needs_approval') AS waiting""",
    "plans_proposed": """
SELECT 'plans_proposed', NULL, count(*), 0, min(proposed_at), NULL
  FROM plan_proposal WHERE state = 'needs_approval'""",
    "checks_failed": """
SELECT 'checks_failed', NULL, sum(wrong), 0, min(ended_at), NULL
  FROM ((SELECT wrong, ended_at FROM check_run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1)
        UNION ALL
        (SELECT least(wrong, 1), ended_at FROM audit_run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1)) AS last
 WHERE wrong > 0""",
    "quotes_expiring": """
SELECT 'quotes_expiring', currency::text, count(*), sum(amount_minor), min(sent_at), min(valid_until)
  FROM quote WHERE state IN ('sent', 'viewed') AND valid_until > %(now)s AND valid_until < %(soon)s
 GROUP BY 2""",
    "leads_follow_up": f"""
SELECT 'leads_follow_up', q.currency::text, count(*), sum(q.amount_minor), min(q.valid_until),
       min(q.valid_until)
  FROM (SELECT l.home_id, l.id, {STAGE} AS stage FROM lead l WHERE l.state = 'quoted') AS l
 CROSS JOIN LATERAL (SELECT currency, amount_minor, least(valid_until, answered_at) AS valid_until
                       FROM quote WHERE home_id = l.home_id AND lead_id = l.id
                      ORDER BY no DESC LIMIT 1) AS q
 WHERE l.stage = 'follow_up' GROUP BY 2""",
    "leads_new": """
SELECT 'leads_new', NULL, count(*), 0, min(created_at), NULL FROM lead WHERE state = 'new'""",
    "jobs_unscheduled": """
SELECT 'jobs_unscheduled', o.currency::text, count(*), sum(l.total_minor), min(j.created_at), NULL
  FROM job j JOIN orders o ON o.home_id = j.home_id AND o.id = j.order_id
  JOIN order_line l ON l.home_id = j.home_id AND l.order_id = j.order_id AND l.line_no = j.line_no
 WHERE j.state = 'unscheduled' GROUP BY 2""",
    "jobs_disputed": """
SELECT 'jobs_disputed', o.currency::text, count(*), sum(l.total_minor), min(j.done_at), NULL
  FROM job j JOIN orders o ON o.home_id = j.home_id AND o.id = j.order_id
  JOIN order_line l ON l.home_id = j.home_id AND l.order_id = j.order_id AND l.line_no = j.line_no
 WHERE j.state = 'disputed' GROUP BY 2""",
    "stock_low": """
SELECT 'stock_low', NULL, count(*), 0, NULL, NULL
  FROM stock_level s JOIN variant v ON v.id = s.variant_id AND v.active
  JOIN product pr ON pr.id = v.product_id AND pr.active
  JOIN location lo ON lo.id = s.location_id AND lo.active
 WHERE s.low_stock_mark IS NOT NULL AND s.on_hand - s.reserved <= s.low_stock_mark""",
    "dead_letters": """
SELECT 'dead_letters', NULL, count(*), 0, min(f.recorded_at), NULL
  FROM fact_waiting w JOIN fact f ON f.home_id = w.home_id AND f.id = w.id WHERE w.state = 'dead'""",
    "mail_failed": """
SELECT 'mail_failed', NULL, count(*), 0, min(created_at), NULL
  FROM mail WHERE state = 'failed' AND created_at > %(mailed_since)s""",
}
"""Each kind of thing that waits for somebody, and the statement that counts it."""


def what_waits(work: Work, kinds: Collection[str]) -> list[Waiting]:
    """What waits of these kinds, each once, whatever currencies its money is in."""
    if not kinds:
        return []
    now, zone = work.now(), work.tools.zone
    parts = " UNION ALL ".join(f"({sql})" for kind, sql in PARTS.items() if kind in kinds)
    rows = work.rows(
        f"""SELECT kind, currency, n::int, minor::bigint, since::timestamptz, due::timestamptz
              FROM ({parts}) AS w (kind, currency, n, minor, since, due) WHERE n > 0""",
        now=now,
        today=now.astimezone(zone).date(),
        zone=str(zone),
        soon=now + timedelta(days=QUOTE_DAYS),
        mailed_since=now - timedelta(days=MAIL_DAYS),
        refund_within=timedelta(days=REFUND_DAYS),
        rates_since=now - payouts.RATE_LIFE,
        converts=work.tools.other_currency == "convert",
    )
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row)
    return [_together(kind, of_kind) for kind, of_kind in found.items()]


def _together(kind: str, rows: list[Any]) -> Waiting:
    return Waiting(
        kind,
        sum(row.n for row in rows),
        min((row.since for row in rows if row.since), default=None),
        min((row.due for row in rows if row.due), default=None),
        tuple(Money(row.minor, row.currency) for row in rows if row.currency and row.minor),
    )


def worth(work: Work) -> dict[str, Fraction]:
    """What one unit of each currency is in the company's own, where a rate was published."""
    own = work.value("SELECT currencies[1] FROM company_profile")
    return {
        source: Fraction(rate.billionths, 10**9)
        for (source, target), rate in payouts.rates_in_force(work).items()
        if target == own
    }
