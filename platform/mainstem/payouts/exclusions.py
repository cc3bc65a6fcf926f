"""Who has something coming and is not in the next payout run, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mainstem.kit.bulk import given, relation
from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES
from mainstem.money import Money
from mainstem.payments import TAKEN, payout_step
from mainstem.payouts.exchange import Rate, rates_in_force
from mainstem.plan import book


@dataclass(frozen=True, slots=True)
class PayoutExclusion:
    """What one affiliate is not paid in one currency; a debt is below zero.

    `reason`: debt, not_active, no_account, other_currency, account_refused, account_not_ready,
    under_way, paid_today or below_minimum; or changed: it goes out in `paid_in`, with that payout.
    What must be put right first comes first.
    """

    affiliate_id: int
    name: str
    payable: Money
    reason: str
    paid_in: str
    """The currency of the account that takes it, or else of their first; empty without one."""
    minimum: Money


class _Minimum(NamedTuple):
    currency: str
    minor: int
    step: int


# The reasons are the run's own conditions, one by one; whoever meets them all is paid.
_EXCLUSIONS = f"""
SELECT * FROM (
  SELECT a.id, a.name, b.currency, b.minor, CASE WHEN p.state NOT IN ('rejected', 'closed') THEN p.currency
              ELSE coalesce(f.currency, '') END AS paid_in,
         coalesce(m.minor, 1) AS minimum, f.state AS first_state,
         CASE WHEN b.minor < 0 THEN 'debt'
              WHEN a.state NOT IN ('active', 'paused', 'terminated') THEN 'not_active'
              WHEN p.home_id IS NULL AND f.currency IS NULL THEN 'no_account'
              WHEN p.home_id IS NULL THEN 'other_currency'
              WHEN p.state IN ('rejected', 'closed') THEN 'account_refused'
              WHEN p.state <> 'active' THEN 'account_not_ready'
              WHEN EXISTS (SELECT 1 FROM payout o
                            WHERE o.home_id = a.id AND o.currency = b.currency
                              AND o.state IN ('reserved','transferring','transferred','requested',
                                              'in_transit','on_hold','reversing')) THEN 'under_way'
              WHEN EXISTS (SELECT 1 FROM payout o
                            WHERE o.home_id = a.id AND o.currency = b.currency
                              AND o.period = %(period)s) THEN 'paid_today'
              WHEN b.minor < coalesce(m.minor, 1)
                OR p.provider = 'stripe' AND b.minor < m.step THEN 'below_minimum' END AS reason
    FROM (SELECT owner_id, currency, sum(minor)::bigint AS minor
            FROM (SELECT owner_id, currency, balance_minor AS minor FROM ledger_balance
                   WHERE account = 'payable'
                     AND (%(affiliate)s::bigint IS NULL OR owner_id = %(affiliate)s)
                   UNION ALL
                  SELECT owner_id, currency, signed_minor FROM {RECENT_ENTRIES}
                   WHERE account = 'payable'
                     AND (%(affiliate)s::bigint IS NULL OR owner_id = %(affiliate)s)) AS parts
           GROUP BY 1, 2) AS b
    JOIN affiliate a ON a.id = b.owner_id
    LEFT JOIN pay_account p ON p.home_id = a.id AND p.currency = b.currency
    LEFT JOIN LATERAL (SELECT currency, state FROM pay_account
                        WHERE home_id = a.id AND currency <> b.currency
                        ORDER BY state <> 'active', opened_at, currency LIMIT 1) AS f ON true
    LEFT JOIN {relation(_Minimum, "m")}
      ON m.currency = b.currency
   WHERE b.minor <> 0) AS each
 WHERE reason IS NOT NULL
 ORDER BY reason IN ('below_minimum', 'paid_today', 'under_way'), abs(minor) DESC, name, id
 LIMIT %(most)s"""


def payout_exclusions(
    work: Work, *, affiliate: int | None = None, most: int = 200
) -> list[PayoutExclusion]:
    """Who would not be paid by a run today, and why; or what one affiliate would not be paid."""
    plan = book.now(work)
    minimum = plan.minimum_payout_minor if plan else {}
    minimums = [
        _Minimum(currency, minimum.get(currency, 1), payout_step(currency))
        for currency in sorted(TAKEN | set(minimum))
    ]
    rates = rates_in_force(work) if work.tools.other_currency == "convert" else {}
    return [
        PayoutExclusion(
            row.id,
            row.name,
            Money(row.minor, row.currency),
            _reason(row, rates),
            row.paid_in,
            Money(row.minimum, row.currency),
        )
        for row in work.rows(
            _EXCLUSIONS,
            affiliate=affiliate,
            period=work.now().astimezone(work.tools.zone).date(),
            most=most,
            **given(minimums, _Minimum, "m"),
        )
    ]


def _reason(row: Any, rates: Mapping[tuple[str, str], Rate]) -> str:
    """Why, once it is known what may be changed: what a rate leads to an account is on its way."""
    stuck = row.reason in ("other_currency", "account_refused")
    if stuck and row.first_state == "active" and (row.currency, row.paid_in) in rates:
        return "changed"
    return str(row.reason)
