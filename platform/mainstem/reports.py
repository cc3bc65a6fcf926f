"""What commission costs: by month and rule beside what was sold, who earns more or less, and what is owed until when.

Pages read months that are rolled up behind the writers, never the books: each hour adds the entries of the
transactions that have ended since, each once. Money counts in the month of its posting's business date, so a month
that is over changes only by what is dated back into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from mainstem.kit.work import Work
from mainstem.money import Money

MONTHS = 13
MOVERS = 10
AGES = ("payable", "to_7", "to_14", "to_31", "later", "debt")
"""What is payable now; what is held for so many days more at most; and what affiliates owe."""


def roll_up(work: Work) -> None:
    """Add what was posted since the last time to the months, and work out anew what is owed."""
    work.run("SELECT pg_advisory_xact_lock(7276)")
    if work.value(_RESTORED):
        return  # The roll-up of balances says so, and how it is mended.
    work.run(_ADD, now=work.now())
    today = work.now().astimezone(work.tools.zone).date()
    work.run("DELETE FROM liability_age")
    work.run(_AGES, today=today)


_RESTORED = "SELECT before_xid > pg_snapshot_xmin(pg_current_snapshot()) FROM cost_mark"

# Nothing that was written below the horizon can still be coming: every transaction below it is over.
_ADD = """
WITH mark AS (
  SELECT before_xid AS since, pg_snapshot_xmin(pg_current_snapshot()) AS horizon FROM cost_mark),
new AS (
  SELECT date_trunc('month', t.effective_on)::date AS month, e.account, e.currency, e.home_id, e.transfer_id,
         CASE WHEN e.account = 'commission_expense' AND t.key ~ '^(commission|period):'
              THEN split_part(t.key, ':', 3) ELSE '' END AS rule,
         CASE e.account WHEN 'sales' THEN e.signed_minor ELSE -e.signed_minor END AS minor
    FROM mark JOIN ledger_transfer t ON t.xid >= since AND t.xid < horizon
   CROSS JOIN LATERAL (
         SELECT home_id, transfer_id, account, currency, signed_minor FROM ledger_entry
          WHERE home_id = t.home_id AND transfer_id = t.id AND owner_id = 0
            AND account IN ('sales', 'commission_expense') OFFSET 0) AS e),
costs AS (
  INSERT INTO cost_month (month, account, rule, currency, amount_minor)
  SELECT month, account, rule, currency, sum(minor)::bigint FROM new GROUP BY 1, 2, 3, 4
  ON CONFLICT (month, account, rule, currency) DO UPDATE
     SET amount_minor = cost_month.amount_minor + excluded.amount_minor),
earned AS (
  SELECT e.owner_id AS affiliate_id, n.month, n.currency, sum(e.signed_minor)::bigint AS minor
    FROM (SELECT DISTINCT home_id, transfer_id, month, currency FROM new
           WHERE account = 'commission_expense') AS n
    JOIN ledger_entry e ON e.home_id = n.home_id AND e.transfer_id = n.transfer_id AND e.owner_id > 0
   GROUP BY 1, 2, 3),
months AS (
  INSERT INTO earned_month (affiliate_id, month, currency, amount_minor, change_minor)
  SELECT affiliate_id, month, currency, sum(amount)::bigint, sum(change)::bigint
    FROM (SELECT affiliate_id, month, currency, minor AS amount, minor AS change FROM earned
          UNION ALL
          SELECT affiliate_id, (month + interval '1 month')::date, currency, 0, -minor FROM earned) AS each
   GROUP BY 1, 2, 3
  ON CONFLICT (affiliate_id, month, currency) DO UPDATE
     SET amount_minor = earned_month.amount_minor + excluded.amount_minor,
         change_minor = earned_month.change_minor + excluded.change_minor)
UPDATE cost_mark SET before_xid = horizon, at = %(now)s FROM mark"""

_AGES = """
INSERT INTO liability_age (currency, age, affiliates, amount_minor)
SELECT currency, age, count(DISTINCT owner_id)::int, sum(balance_minor)::bigint
  FROM (SELECT owner_id, currency, balance_minor,
               CASE WHEN held_until <= %(today)s::date + 7 THEN 'to_7'
                    WHEN held_until <= %(today)s::date + 14 THEN 'to_14'
                    WHEN held_until <= %(today)s::date + 31 THEN 'to_31' ELSE 'later' END AS age
          FROM ledger_held WHERE balance_minor <> 0
        UNION ALL
        SELECT owner_id, currency, balance_minor, CASE WHEN balance_minor > 0 THEN 'payable' ELSE 'debt' END
          FROM ledger_balance WHERE account = 'payable' AND balance_minor <> 0) AS each
 GROUP BY currency, age"""


@dataclass(frozen=True, slots=True)
class CostMonth:
    """What was sold in a month, less what went back and without tax, and what commission cost."""

    month: date
    currency: str
    sold_minor: int
    cost_minor: int


@dataclass(frozen=True, slots=True)
class RuleCost:
    """What a rule of the plan has cost in these months; no rule: a posting of another kind."""

    rule: str
    currency: str
    cost_minor: int


@dataclass(frozen=True, slots=True)
class Age:
    """What is owed to so many affiliates, and until when it is held; below zero, what they owe."""

    currency: str
    age: str
    affiliates: int
    amount_minor: int

    @property
    def amount(self) -> Money:
        """It, as money."""
        return Money(self.amount_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody whose earnings of a month are other than those of the month before."""

    affiliate_id: int
    name: str
    currency: str
    amount_minor: int
    change_minor: int


def rolled_up_at(work: Work) -> datetime | None:
    """As of when the months and ages are; None while nothing was rolled up."""
    at = work.value("SELECT at FROM cost_mark")
    return at if isinstance(at, datetime) else None


def months(work: Work, last: date) -> list[CostMonth]:
    """Thirteen months up to this one, the oldest first, those with nothing left out."""
    return work.rows_as(
        CostMonth,
        """SELECT month, currency,
                  coalesce(sum(amount_minor) FILTER (WHERE account = 'sales'), 0)::bigint AS sold_minor,
                  coalesce(sum(amount_minor) FILTER (WHERE account = 'commission_expense'), 0)::bigint AS cost_minor
             FROM cost_month WHERE month > %(last)s::date - make_interval(months => %(most)s) AND month <= %(last)s
            GROUP BY 1, 2 ORDER BY 1, 2""",
        last=last,
        most=MONTHS,
    )


def rules(work: Work, last: date) -> list[RuleCost]:
    """What each rule has cost in those months, the dearest first."""
    return work.rows_as(
        RuleCost,
        """SELECT rule, currency, sum(amount_minor)::bigint AS cost_minor FROM cost_month
            WHERE account = 'commission_expense' AND month <= %(last)s
              AND month > %(last)s::date - make_interval(months => %(most)s)
            GROUP BY 1, 2 ORDER BY 2, 3 DESC, 1""",
        last=last,
        most=MONTHS,
    )


def ages(work: Work) -> list[Age]:
    """What is owed to affiliates, by currency and in the order of `AGES`."""
    return work.rows_as(
        Age,
        """SELECT currency, age, affiliates, amount_minor FROM liability_age
            ORDER BY currency, array_position(%(ages)s::text[], age)""",
        ages=list(AGES),
    )


def movers(work: Work, month: date, currency: str, *, up: bool) -> list[Mover]:
    """Whose earnings rose or fell most from the month before, the most first."""
    way, order = (">", "DESC") if up else ("<", "ASC")
    return work.rows_as(
        Mover,
        f"""SELECT m.affiliate_id, a.name, m.currency, m.amount_minor, m.change_minor
              FROM (SELECT * FROM earned_month
                     WHERE month = %(month)s AND currency = %(currency)s AND change_minor {way} 0
                     ORDER BY change_minor {order}, affiliate_id {order} LIMIT %(most)s) AS m
              JOIN affiliate a ON a.id = m.affiliate_id
             ORDER BY m.change_minor {order}, m.affiliate_id {order}""",
        month=month,
        currency=currency,
        most=MOVERS,
    )


INVARIANTS = {
    "What was sold and what commission cost by month is what the ledger says": """
        SELECT coalesce(l.currency, m.currency) || ' ' || coalesce(l.account, m.account)
          FROM (SELECT currency, account,
                       sum(CASE account WHEN 'sales' THEN signed_minor ELSE -signed_minor END) AS minor
                  FROM (SELECT e.currency, e.account, e.signed_minor
                          FROM ledger_entry e JOIN ledger_transfer t ON t.home_id = e.home_id AND t.id = e.transfer_id
                         WHERE e.owner_id = 0 AND e.account IN ('sales', 'commission_expense')
                           AND t.xid < (SELECT before_xid FROM cost_mark)) AS entries
                 GROUP BY 1, 2) AS l
          FULL JOIN (SELECT currency, account, sum(amount_minor) AS minor FROM cost_month GROUP BY 1, 2) AS m
            USING (currency, account)
         WHERE coalesce(l.minor, 0) <> coalesce(m.minor, 0)""",
    "What affiliates earned in a month is what commission cost in it": """
        SELECT coalesce(c.currency, e.currency) || ' ' || coalesce(c.month, e.month)
          FROM (SELECT month, currency, sum(amount_minor) AS minor FROM cost_month
                 WHERE account = 'commission_expense' GROUP BY 1, 2) AS c
          FULL JOIN (SELECT month, currency, sum(amount_minor) AS minor FROM earned_month GROUP BY 1, 2) AS e
            USING (month, currency)
         WHERE coalesce(c.minor, 0) <> coalesce(e.minor, 0)""",
}
"""What must hold of the months, each a query that must find nothing."""
