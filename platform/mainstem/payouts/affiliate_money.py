"""Where the affiliates' money is: every state of it in one row a currency, so that they add up.

Earned is what the commissions come to. With what was brought in from another programme it is pending, or
payable (or a debt below zero), or in a payout: under way, on hold, returned by the bank, or paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES, postings
from mainstem.money import Money
from mainstem.payments import TAKEN


@dataclass(frozen=True, slots=True)
class AffiliateMoney:
    """Money in one currency, of one affiliate or of all. `debt` is what is owed to the company.

    `changed` is what came from other currencies, or, below zero, went into them; `brought` is what was
    brought in from another programme, or, below zero, was owed there.
    """

    pending: Money
    payable: Money
    debt: Money
    under_way: Money
    on_hold: Money
    failed: Money
    paid: Money
    changed: Money
    brought: Money

    @property
    def currency(self) -> str:
        """The currency of them all."""
        return self.pending.currency

    @property
    def earned(self) -> Money:
        """What all of it comes to."""
        kept = self.pending + self.payable - self.debt
        in_payouts = self.under_way + self.on_hold + self.failed + self.paid
        return kept + in_payouts - self.changed - self.brought


# What the gateway has taken back of a payout is payable again, and counts there. Each state of
# payouts has an index of its own.
_MONEY = """
SELECT currency, place, sum(minor)::bigint AS minor
  FROM (SELECT currency, minor,
               CASE WHEN account = 'pending' THEN 'pending'
                    WHEN minor < 0 THEN 'debt' ELSE 'payable' END AS place
          FROM (SELECT owner_id, currency, account, sum(minor) AS minor
                  FROM (SELECT owner_id, currency, account, balance_minor AS minor
                          FROM ledger_balance WHERE account IN ('pending', 'payable') {owner}
                         UNION ALL
                        SELECT owner_id, currency, account, signed_minor FROM {recent}
                         WHERE account IN ('pending', 'payable') {owner}) AS parts
                 GROUP BY 1, 2, 3) AS owned
         UNION ALL
        SELECT currency, amount_minor - returned_minor,
               CASE state WHEN 'on_hold' THEN state ELSE 'under_way' END
          FROM payout WHERE state IN ('reserved','transferring','transferred','requested',
                                      'in_transit','on_hold','reversing') {home}
         UNION ALL
        SELECT currency, amount_minor - returned_minor, 'failed' FROM payout
         WHERE state = 'failed' {home}
         UNION ALL
        SELECT currency, amount_minor - returned_minor, 'paid' FROM payout
         WHERE state = 'paid' {home}
         UNION ALL
        SELECT from_currency, -from_minor, 'changed' FROM conversion WHERE true {home}
         UNION ALL
        SELECT to_currency, to_minor, 'changed' FROM conversion WHERE true {home}
         UNION ALL
        {brought}) AS everywhere
 GROUP BY 1, 2"""

# One posting a currency, found by its key.
_BROUGHT = """
SELECT e.currency, e.signed_minor, 'brought'
  FROM ledger_transfer t JOIN ledger_entry e ON e.home_id = t.home_id AND e.transfer_id = t.id
 WHERE t.home_id = %(id)s AND t.key = ANY(%(openings)s::text[]) AND e.owner_id = %(id)s"""
_BROUGHT_BY_ALL = f"""
SELECT currency, -sum(minor), 'brought'
  FROM (SELECT currency, balance_minor AS minor FROM ledger_balance
         WHERE owner_id = 0 AND account = 'opening_balances'
         UNION ALL
        SELECT currency, signed_minor FROM {RECENT_ENTRIES}
         WHERE owner_id = 0 AND account = 'opening_balances') AS parts
 GROUP BY 1"""
_OPENINGS = [postings.opening_key(currency) for currency in sorted(TAKEN)]


def money_of(work: Work, affiliate_id: int) -> dict[str, AffiliateMoney]:
    """Where the money of one affiliate is, by currency."""
    sql = _MONEY.format(
        recent=RECENT_ENTRIES,
        owner="AND owner_id = %(id)s",
        home="AND home_id = %(id)s",
        brought=_BROUGHT,
    )
    return _by_currency(work.rows(sql, id=affiliate_id, openings=_OPENINGS))


def money_of_all(work: Work) -> dict[str, AffiliateMoney]:
    """Where the money of all affiliates together is, by currency."""
    sql = _MONEY.format(recent=RECENT_ENTRIES, owner="", home="", brought=_BROUGHT_BY_ALL)
    return _by_currency(work.rows(sql))


def no_money(currency: str) -> AffiliateMoney:
    """Where nothing is."""
    return AffiliateMoney(*[Money(0, currency)] * 9)


def _by_currency(rows: Sequence[Any]) -> dict[str, AffiliateMoney]:
    found: dict[str, AffiliateMoney] = {}
    for row in sorted(rows, key=lambda row: str(row.currency)):
        so_far = found.get(row.currency) or no_money(row.currency)
        amount = Money(abs(row.minor) if row.place == "debt" else row.minor, row.currency)
        found[row.currency] = replace(so_far, **{row.place: amount})
    return found
