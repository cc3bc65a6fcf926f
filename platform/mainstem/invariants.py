"""Invariants: what must hold at every moment, each one query that must find nothing.

`mainstem check` runs them on the live database; every story, kill test and run ends with them.
"""

from __future__ import annotations

from mainstem import ledger, reports, tax
from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES, Finding

_INVARIANTS = {
    "What clients have of store credit is what the books say": """
        SELECT coalesce(h.currency, b.currency)
          FROM (SELECT c.currency, sum(e.amount_minor) AS minor FROM store_credit c
                  JOIN store_credit_entry e ON e.credit_id = c.id GROUP BY 1) AS h
          FULL JOIN (SELECT currency, sum(signed_minor) AS minor FROM ledger_entry
                      WHERE owner_id = 0 AND account = 'store_credit' GROUP BY 1) AS b USING (currency)
         WHERE coalesce(h.minor, 0) <> coalesce(b.minor, 0)""",
    "No store credit is below nothing but where it may be owed": """
        SELECT c.id::text FROM store_credit c JOIN store_credit_entry e ON e.credit_id = c.id
         WHERE NOT c.may_be_owed GROUP BY c.id HAVING sum(e.amount_minor) < 0""",
    "Every reward is granted, and taken back as far as it may be": """
        SELECT r.order_id::text FROM (
               SELECT home_id, order_id, side, sum(amount_minor) AS stands,
                      sum(amount_minor) FILTER (WHERE kind = 'credit') AS credited
                 FROM reward GROUP BY 1, 2, 3) AS r
          LEFT JOIN store_credit c ON c.home_id = r.home_id AND c.order_id = r.order_id AND c.kind = r.side
          LEFT JOIN LATERAL (
               SELECT sum(amount_minor) FILTER (WHERE kind = 'granted') AS granted,
                      sum(amount_minor) FILTER (WHERE kind IN ('granted', 'taken_back')) AS stands,
                      -coalesce(sum(amount_minor) FILTER (WHERE kind IN ('spent', 'given_back', 'expired')), 0) AS used
                 FROM store_credit_entry WHERE credit_id = c.id) AS e ON true
         WHERE e.granted IS DISTINCT FROM r.credited OR e.stands < r.stands
            OR e.stands > greatest(r.stands, e.used)""",
    "Every affiliate whose people sign in has an owner among them": """
        SELECT a.slug FROM affiliate a JOIN membership m ON m.affiliate_id = a.id AND m.revoked_at IS NULL
         GROUP BY a.id HAVING NOT bool_or(m.affiliate_role = 'owner')""",
    "Every affiliate stands below their sponsor and everybody above them": """
        SELECT a.slug FROM affiliate a LEFT JOIN affiliate s ON s.id = a.sponsor_id
         WHERE a.upline <> a.id || coalesce(s.upline, '{}')""",
    "Every affiliate's sponsor is the one that their history ends with": """
        SELECT a.slug FROM affiliate a JOIN sponsorship s ON s.affiliate_id = a.id AND s.valid_to IS NULL
         WHERE s.sponsor_id IS DISTINCT FROM a.sponsor_id""",
    "Stock that is promised is exactly what open orders were promised": """
        SELECT coalesce(s.variant_id, r.variant_id) || ' at ' || coalesce(s.location_id, r.location_id)
          FROM stock_level s
          FULL JOIN (SELECT r.variant_id, r.location_id, sum(r.quantity) AS promised
                       FROM reservation r
                       JOIN fulfilment f ON f.home_id = r.home_id AND f.order_id = r.order_id
                            AND f.no = r.fulfilment_no
                      WHERE r.released_at IS NULL AND f.state <> 'shipped'
                      GROUP BY 1, 2) r USING (variant_id, location_id)
         WHERE coalesce(s.reserved, 0) <> coalesce(r.promised, 0)""",
    "Nothing that was cancelled is still to be picked": """
        SELECT o.number FROM (
               SELECT home_id, order_id, line_no, sum(r.quantity) AS promised
                 FROM reservation r
                 JOIN fulfilment f USING (home_id, order_id)
                WHERE f.no = r.fulfilment_no AND r.released_at IS NULL
                  AND f.state IN ('assigned','released','picking','picked','packed','parked')
                GROUP BY 1, 2, 3) AS open
          JOIN order_line l USING (home_id, order_id, line_no)
          JOIN orders o ON o.home_id = l.home_id AND o.id = l.order_id
         WHERE o.state IN ('canceled', 'expired') OR open.promised > l.quantity - l.canceled""",
    "Every order's lines and delivery add up to its total": """
        SELECT o.number FROM orders o
          LEFT JOIN (SELECT home_id, order_id, sum(total_minor) AS lines, sum(refunded_minor) AS refunded
                       FROM order_line GROUP BY 1, 2) l ON l.home_id = o.home_id AND l.order_id = o.id
         WHERE l.lines IS DISTINCT FROM o.items_minor
            OR o.refunded_minor < l.refunded + o.unallocated_minor""",
    "Every paid order was paid what it says, and once": """
        SELECT o.number FROM orders o
          LEFT JOIN (SELECT home_id, order_id, sum(captured_minor) AS captured FROM payment
                      WHERE state = 'captured' GROUP BY 1, 2) p
            ON p.home_id = o.home_id AND p.order_id = o.id
         WHERE o.paid_minor <> coalesce(p.captured, 0)
           AND NOT EXISTS (SELECT 1 FROM payment q
                             JOIN fact_waiting w ON w.home_id = q.home_id AND w.subject = q.id::text
                            WHERE w.name = 'payment.captured'
                              AND q.home_id = o.home_id AND q.order_id = o.id)""",
    "What was refunded on an order is what its refunds say": """
        SELECT o.number FROM orders o
          JOIN (SELECT home_id, order_id, sum(amount_minor) FILTER (WHERE booked) AS back
                  FROM refund GROUP BY 1, 2) r ON r.home_id = o.home_id AND r.order_id = o.id
         WHERE o.refunded_minor <> coalesce(r.back, 0)""",
    "No more of a line is taken back after withdrawals than was sent": """
        SELECT o.number
          FROM (SELECT home_id, order_id, line_no, sum(returned) AS returned FROM withdrawal_line
                 GROUP BY 1, 2, 3) AS w
          JOIN order_line l USING (home_id, order_id, line_no)
          JOIN orders o ON o.home_id = l.home_id AND o.id = l.order_id
         WHERE l.kind = 'goods' AND (w.returned > l.shipped OR l.canceled + w.returned > l.quantity)""",
    "Every captured payment and booked refund stands in the books, once": """
        SELECT p.id::text FROM payment p
          LEFT JOIN ledger_transfer t ON t.home_id = p.home_id AND t.key = 'capture:' || p.id
          LEFT JOIN fact_waiting w ON w.name = 'payment.captured' AND w.subject = p.id::text
         WHERE p.state = 'captured' AND p.captured_minor > 0 AND t.id IS NULL AND w.id IS NULL
        UNION ALL
        SELECT r.id::text FROM refund r
          LEFT JOIN ledger_transfer t ON t.home_id = r.home_id AND t.key = 'refund:' || r.id
         WHERE r.booked AND t.id IS NULL""",
    "What a lost dispute has taken is booked as lost, and of no other": """
        SELECT d.provider_id FROM dispute d
         WHERE d.lost_minor <> CASE WHEN d.status = 'lost' THEN d.withdrawn_minor ELSE 0 END
           AND NOT EXISTS (SELECT 1 FROM fact_waiting w WHERE w.home_id = d.home_id
                              AND w.subject = d.order_id::text AND w.name = 'payment.disputed')""",
    "The books hold what open disputes have taken, and what lost ones have": f"""
        SELECT coalesce(b.currency, d.currency)
          FROM (SELECT currency, -sum(minor) FILTER (WHERE account = 'disputes') AS held,
                       -sum(minor) FILTER (WHERE account = 'chargeback_losses') AS lost
                  FROM (SELECT account, currency, balance_minor AS minor FROM ledger_balance
                         WHERE owner_id = 0 AND account IN ('disputes', 'chargeback_losses')
                         UNION ALL
                        SELECT account, currency, signed_minor FROM {RECENT_ENTRIES}
                         WHERE owner_id = 0 AND account IN ('disputes', 'chargeback_losses')) AS parts
                 GROUP BY 1) AS b
          FULL JOIN (SELECT currency, sum(booked_minor - lost_minor) AS held, sum(lost_minor) AS lost
                       FROM dispute GROUP BY 1) AS d USING (currency)
         WHERE coalesce(b.held, 0) <> coalesce(d.held, 0) OR coalesce(b.lost, 0) <> coalesce(d.lost, 0)""",
    "Tax by day is what the orders and refunds of the day say": tax.DAYS_DIFFER,
    "No commission stands without a delivered sale": """
        SELECT c.order_id::text FROM earning c
          JOIN orders o ON o.home_id = c.home_id AND o.id = c.order_id
         WHERE o.delivered_at IS NULL OR NOT o.earns""",
    "No commission is taken back beyond what was credited": """
        -- What a period takes back of its sales stands under its first day, and is never more than nothing.
        SELECT source_id::text FROM earning WHERE held_until IS DISTINCT FROM period_from
         GROUP BY home_id, source_id, rule, level
        HAVING sum(amount_minor) < 0
            OR coalesce(sum(amount_minor) FILTER (WHERE kind <> 'credit'), 0) > 0
         UNION ALL
        SELECT source_id::text FROM earning WHERE source = 'period' AND held_until = period_from
         GROUP BY home_id, source_id, rule HAVING sum(amount_minor) > 0""",
    "Nothing waits for goods to arrive when all of its order has": """
        SELECT c.order_id::text
          FROM (SELECT home_id, order_id FROM earning WHERE held_until = date '9999-12-31'
                 GROUP BY home_id, order_id, rule, level HAVING sum(amount_minor) <> 0) c
         WHERE NOT EXISTS (SELECT 1 FROM order_line l
                            WHERE l.home_id = c.home_id AND l.order_id = c.order_id
                              AND l.kind = 'goods' AND l.delivered < l.quantity - l.canceled)
           AND NOT EXISTS (SELECT 1 FROM fact_waiting w WHERE w.home_id = c.home_id
                              AND w.subject = c.order_id::text AND w.state = 'waiting')""",
    "The commissions are what the books expensed": f"""
        SELECT c.currency FROM (SELECT currency, sum(amount_minor) AS total FROM earning GROUP BY 1) c
          FULL JOIN (SELECT currency, -sum(minor) AS total
                       FROM (SELECT currency, balance_minor AS minor FROM ledger_balance
                              WHERE owner_id = 0 AND account = 'commission_expense'
                              UNION ALL
                             SELECT currency, signed_minor FROM {RECENT_ENTRIES}
                              WHERE owner_id = 0 AND account = 'commission_expense') AS parts
                      GROUP BY 1) e USING (currency)
         WHERE coalesce(c.total, 0) <> coalesce(e.total, 0)""",
    "Every delivered order has its commission, or the reason why not": """
        SELECT o.number FROM orders o
         WHERE o.fulfillment_status = 'delivered' AND o.earns
           AND NOT EXISTS (SELECT 1 FROM commission_review v WHERE v.home_id = o.home_id AND v.order_id = o.id
                              AND v.state <> 'released')
           AND NOT EXISTS (SELECT 1 FROM earning c WHERE c.home_id = o.home_id AND c.source_id = o.id)
           AND EXISTS (SELECT 1 FROM order_line l
                         JOIN plan_version p ON p.version = o.plan_version
                        CROSS JOIN LATERAL (
                              -- What its rule pays whoever sold it, where it asks nothing more of them.
                              SELECT CASE jsonb_typeof(p.document -> 'rules')
                                     WHEN 'object' THEN (p.document -> 'rules' -> l.rule -> 'levels_bp' ->> 0)::bigint
                                     ELSE (SELECT (r -> 'levels' -> 0 ->> 'rate_bp')::bigint
                                             FROM jsonb_array_elements(p.document -> 'rules') AS r
                                            WHERE r ->> 'id' = l.rule AND r -> 'levels' -> 0 -> 'groups' = '[]'
                                              AND r -> 'levels' -> 0 ->> 'rank_from' IS NULL) END AS bp) AS rate
                        WHERE l.home_id = o.home_id AND l.order_id = o.id
                          AND l.commissionable_minor * l.delivered * rate.bp >= 10000 * l.quantity
                          -- Other orders of the client may have come to all that one client pays.
                          AND NOT (p.limits_clients AND EXISTS (
                              SELECT 1 FROM orders other
                                JOIN earning c ON c.home_id = other.home_id AND c.source_id = other.id
                               WHERE other.client_key = o.client_key AND c.rule = l.rule)))
           AND NOT EXISTS (SELECT 1 FROM fact_waiting w WHERE w.home_id = o.home_id
                              AND w.subject = o.id::text AND w.state = 'waiting')""",
    "A fully refunded order leaves nobody a commission": """
        SELECT o.number FROM orders o
          JOIN (SELECT home_id, order_id, sum(amount_minor) AS total FROM earning GROUP BY 1, 2) c
            ON c.home_id = o.home_id AND c.order_id = o.id
         WHERE o.payment_status = 'refunded' AND o.refunded_minor = o.total_minor AND c.total <> 0
           -- Unless the company bears a part, for goods that the client keeps.
           AND NOT EXISTS (SELECT 1 FROM order_line l WHERE l.home_id = o.home_id AND l.order_id = o.id
                              AND l.goodwill_minor > 0)
           AND NOT EXISTS (SELECT 1 FROM fact_waiting w WHERE w.home_id = o.home_id
                              AND w.subject = o.id::text AND w.state = 'waiting')""",
    "Every payout was taken from what was payable, and left once": """
        SELECT p.number FROM payout p
          LEFT JOIN ledger_transfer r ON r.home_id = p.home_id AND r.key = 'payout:' || p.id
          LEFT JOIN ledger_transfer t ON t.home_id = p.home_id AND t.key = 'transfer:' || p.id
         WHERE r.id IS NULL
            OR (p.state IN ('transferred','requested','in_transit','paid') AND p.provider = 'stripe' AND t.id IS NULL)
            OR (p.state = 'paid' AND t.id IS NULL)
            OR (p.state = 'reserved' AND t.id IS NOT NULL)""",
    "What the books hold for payouts is what they have reserved and not sent": f"""
        SELECT coalesce(b.owner_id, p.home_id) || ' ' || coalesce(b.currency, p.currency)
          FROM (SELECT owner_id, currency, sum(minor) AS minor
                  FROM (SELECT owner_id, currency, balance_minor AS minor FROM ledger_balance
                         WHERE account = 'payout_clearing'
                         UNION ALL
                        SELECT owner_id, currency, signed_minor FROM {RECENT_ENTRIES}
                         WHERE account = 'payout_clearing') AS parts
                 GROUP BY 1, 2) AS b
          FULL JOIN (SELECT home_id, currency, sum(amount_minor) AS minor FROM payout
                      WHERE state IN ('reserved', 'transferring', 'on_hold', 'reversing', 'requested')
                        AND transfer_id IS NULL
                      GROUP BY 1, 2) AS p ON p.home_id = b.owner_id AND p.currency = b.currency
         WHERE coalesce(b.minor, 0) <> coalesce(p.minor, 0)""",
    "Every conversion is in the books on both sides": """
        SELECT c.id::text FROM conversion c
          LEFT JOIN ledger_transfer o ON o.home_id = c.home_id AND o.key = 'conversion:' || c.id || ':out'
          LEFT JOIN ledger_transfer i ON i.home_id = c.home_id AND i.key = 'conversion:' || c.id || ':in'
         WHERE o.currency IS DISTINCT FROM c.from_currency OR i.currency IS DISTINCT FROM c.to_currency""",
    "Every upline is the sponsor's upline with the affiliate before it": """
        SELECT a.slug FROM affiliate a LEFT JOIN affiliate s ON s.id = a.sponsor_id
         WHERE a.upline <> a.id || coalesce(s.upline, '{}'::bigint[])""",
    "No two jobs hold one team at one time": """
        SELECT order_id::text
          FROM (SELECT order_id, starts_at,
                       max(ends_at) OVER (PARTITION BY team_id
                                          ORDER BY starts_at, home_id, order_id, line_no
                                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS held_until
                  FROM job WHERE state IN ('scheduled','en_route','on_site')) AS j
         WHERE starts_at < held_until""",
    **reports.INVARIANTS,
    "No background task has failed": """SELECT name || ' ' || subject FROM fact_waiting WHERE state = 'dead'""",
}


def check(work: Work) -> list[Finding]:
    """Every invariant, the books' own among them, with how many things contradict it."""
    findings = ledger.audit(work)
    for invariant, sql in _INVARIANTS.items():
        row = work.row(
            f"SELECT count(*) AS wrong, min(found.name) AS example FROM ({sql}) AS found (name)"
        )
        assert row is not None
        findings.append(Finding(invariant, row.wrong, row.example or ""))
    return findings
