"""Who has something coming and is not in the next payout run, and why."""

from __future__ import annotations

from dataclasses import dataclass

from mainstem import planbook
from mainstem.kit.work import Work
from mainstem.money import Money


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one affiliate is not paid in one currency; a debt is below zero.

    `reason`: debt, not_active, no_account, other_currency, account_not_ready, under_way, paid_today
    or below_minimum. What must be put right first comes first.
    """

    affiliate_id: int
    name: str
    payable: Money
    reason: str
    paid_in: str
    """The currency of her pay account; empty without one."""
    minimum: Money


# The reasons are the run's own conditions, one by one; whoever meets them all is paid.
_LEFT_OUT = """
SELECT * FROM (
  SELECT a.id, a.name, b.currency, b.minor, coalesce(p.currency, '') AS paid_in,
         coalesce(m.minor, 1) AS minimum,
         CASE WHEN b.minor < 0 THEN 'debt'
              WHEN a.state NOT IN ('active', 'paused', 'terminated') THEN 'not_active'
              WHEN p.home_id IS NULL THEN 'no_account'
              WHEN p.currency <> b.currency THEN 'other_currency'
              WHEN p.state <> 'active' THEN 'account_not_ready'
              WHEN EXISTS (SELECT 1 FROM payout o
                            WHERE o.home_id = a.id AND o.currency = b.currency
                              AND o.state IN ('reserved','transferring','transferred','requested',
                                              'in_transit','on_hold','unwinding')) THEN 'under_way'
              WHEN EXISTS (SELECT 1 FROM payout o
                            WHERE o.home_id = a.id AND o.currency = b.currency
                              AND o.period = %(period)s) THEN 'paid_today'
              WHEN b.minor < coalesce(m.minor, 1) THEN 'below_minimum' END AS reason
    FROM (SELECT owner_id, currency, sum(minor)::bigint AS minor
            FROM (SELECT owner_id, currency, balance_minor AS minor FROM ledger_balance
                   WHERE account = 'payable'
                     AND (%(affiliate)s::bigint IS NULL OR owner_id = %(affiliate)s)
                   UNION ALL
                  SELECT owner_id, currency, signed_minor FROM ledger_entry
                   WHERE account = 'payable' AND xid >= (SELECT before_xid FROM ledger_mark)
                     AND (%(affiliate)s::bigint IS NULL OR owner_id = %(affiliate)s)) AS parts
           GROUP BY 1, 2) AS b
    JOIN affiliate a ON a.id = b.owner_id
    LEFT JOIN pay_account p ON p.home_id = a.id
    LEFT JOIN unnest(%(currencies)s::text[], %(minimums)s::bigint[]) AS m (currency, minor)
      ON m.currency = b.currency
   WHERE b.minor <> 0) AS each
 WHERE reason IS NOT NULL
 ORDER BY reason IN ('below_minimum', 'paid_today', 'under_way'), abs(minor) DESC, name, id
 LIMIT %(most)s"""


def left_out(work: Work, *, affiliate: int | None = None, most: int = 200) -> list[LeftOut]:
    """Who would not be paid by a run today, and why; or what one affiliate would not be paid."""
    plan = planbook.now(work)
    minimum = plan.minimum_payout_minor if plan else {}
    return [
        LeftOut(
            row.id,
            row.name,
            Money(row.minor, row.currency),
            row.reason,
            row.paid_in,
            Money(row.minimum, row.currency),
        )
        for row in work.rows(
            _LEFT_OUT,
            affiliate=affiliate,
            period=work.now().astimezone(work.tools.zone).date(),
            currencies=list(minimum),
            minimums=list(minimum.values()),
            most=most,
        )
    ]
