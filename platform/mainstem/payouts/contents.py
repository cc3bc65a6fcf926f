"""What a payout consists of: how its amount arose, and every movement in it.

A payout takes what is payable at one instant, so the books know it as what was left by the one before
and every entry since. An entry that ended a hold stands for many orders: it is told order by order,
by what was held until the day that it released.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money

LINES_MAX = 50

KINDS = (
    "released", "credited", "went_back", "converted", "canceled", "sent_after_all", "brought_in",
    "other",
)  # fmt: skip
"""What a line can be: commission whose hold was over, commission that had no hold any more, commission
that went back after it had become payable, money from or to another currency, an earlier payout that
was canceled, one that had been canceled and was sent all the same, a balance that was brought in from
another programme, and whatever else was booked."""


@dataclass(frozen=True, slots=True)
class PayoutContents:
    """How the amount of a payout arose. Opening, parts and gap less what was left are the amount."""

    home_id: int
    id: UUID
    number: str
    amount: Money
    state: str
    provider: str
    period: date
    reserved_at: datetime
    paid_at: datetime | None
    reference: str | None
    before: tuple[UUID, str] | None
    """The payout before it in this currency: id and number."""
    opening: Money
    parts: list[tuple[str, Money]]
    """Sums of the lines, by kind; what came and what went of one kind apart."""
    gap: Money
    """What was booked in the very moment in which a run looked; nearly always nothing."""
    left: Money
    after_no: int
    until_no: int


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One movement in a payout. Without an order it is none of a commission."""

    kind: str
    amount: Money
    on: date
    order: tuple[int, UUID, str] | None
    """The order's home, id and number."""
    level: int
    reason: str
    period: str = ""
    """What the period is called that earned it, where it was no order."""


_PAYOUT = """
SELECT p.home_id, p.id, p.number, p.amount_minor, p.currency, p.state, p.provider, p.period,
       p.reserved_at, p.paid_at, p.reference, p.left_minor, b.id AS before_id,
       b.number AS before_number, coalesce(b.left_minor, 0) AS opening_minor
  FROM payout p
  LEFT JOIN LATERAL (SELECT id, number, left_minor FROM payout
                      WHERE home_id = p.home_id AND currency = p.currency
                        AND (reserved_at, id) < (p.reserved_at, p.id)
                      ORDER BY reserved_at DESC, id DESC LIMIT 1) b ON true
 WHERE p.home_id = %(home)s AND p.id = %(id)s"""

# Asked with the keys as values: joined to a key that is put together, the rule of who may read a
# posting would be tried on every one there is.
_TRANSFERS = """
SELECT key, id FROM ledger_transfer WHERE home_id = %(home)s AND key = ANY(%(keys)s::text[])"""

# Every entry of the account since the payout before: found by the account's index, history unread.
_ENTRIES = """
SELECT e.transfer_id AS no, t.home_id, t.id, t.key, t.reason, t.effective_on, e.signed_minor,
       CASE split_part(t.key, ':', 1)
            WHEN 'release' THEN 'released'
            WHEN 'commission' THEN CASE WHEN e.signed_minor > 0 THEN 'credited' ELSE 'went_back' END
            WHEN 'period' THEN CASE WHEN e.signed_minor > 0 THEN 'credited' ELSE 'went_back' END
            WHEN 'conversion' THEN 'converted'
            WHEN 'payout_canceled' THEN 'canceled' WHEN 'reverse' THEN 'canceled'
            WHEN 'transfer' THEN 'sent_after_all' WHEN 'opening_balance' THEN 'brought_in' ELSE 'other' END AS kind
  FROM ledger_entry e JOIN ledger_transfer t ON t.home_id = e.home_id AND t.id = e.transfer_id
 WHERE e.owner_id = %(home)s AND e.account = 'payable' AND e.currency = %(currency)s
   AND e.transfer_id > %(after)s AND e.transfer_id < %(until)s"""

_PARTS = f"""
SELECT kind, signed_minor > 0 AS adds, sum(signed_minor)::bigint AS minor
  FROM ({_ENTRIES}) AS entry GROUP BY 1, 2"""

_NONE = "00000000-0000-0000-0000-000000000000"

# One line an order or period, rule and hold: what went back before the hold was over was never payable.
_LINES = f"""
WITH entry AS MATERIALIZED ({_ENTRIES}),
line AS (
  SELECT entry.no, entry.kind, entry.effective_on, '' AS reason, held.home_id AS order_home,
         held.order_id, held.rule, sum(held.minor)::bigint AS minor
    FROM entry
    -- Each by its index, however few rows the planner takes the tables to have.
   CROSS JOIN LATERAL (SELECT currency, held_until FROM ledger_entry
                        WHERE home_id = entry.home_id AND transfer_id = entry.id
                          AND owner_id = %(home)s AND account = 'pending' OFFSET 0) r
   CROSS JOIN LATERAL (
         SELECT s.home_id, split_part(s.key, ':', 2)::uuid AS order_id,
                split_part(s.key, ':', 3) AS rule, sum(h.signed_minor) AS minor
           FROM ledger_entry h
           JOIN ledger_transfer s ON s.home_id = h.home_id AND s.id = h.transfer_id
          WHERE h.owner_id = %(home)s AND h.account = 'pending' AND h.currency = r.currency
            AND h.held_until = r.held_until AND h.transfer_id < entry.no
            AND (s.key LIKE 'commission:%%' OR s.key LIKE 'period:%%')
          GROUP BY 1, 2, 3) held
   WHERE entry.kind = 'released'
   GROUP BY 1, 2, 3, 5, 6, 7 HAVING sum(held.minor) <> 0
  UNION ALL
  SELECT no, kind, effective_on, '', home_id, split_part(key, ':', 2)::uuid,
         split_part(key, ':', 3), signed_minor
    FROM entry WHERE kind IN ('credited', 'went_back')
  UNION ALL
  SELECT no, kind, effective_on, reason, 0, '{_NONE}'::uuid, '', signed_minor
    FROM entry WHERE kind NOT IN ('released', 'credited', 'went_back')),
page AS (SELECT * FROM line WHERE true {{seek}} {{sorted}})
SELECT page.*, c.level, c.number, c.period
  FROM page
  LEFT JOIN LATERAL (
       SELECT level, explanation->'facts'->>'order' AS number, explanation->'facts'->>'period' AS period
         FROM earning
        WHERE home_id = page.order_home AND source_id = page.order_id AND rule = page.rule
          AND beneficiary_id = %(home)s
        ORDER BY no LIMIT 1) c ON true
 {{sorted}}"""

_BOOKED = Sorting(
    "booked",
    (
        SortColumn("no", "no", int),
        SortColumn("order_home", "order_home", int),
        SortColumn("order_id", "order_id", UUID),
        SortColumn("rule", "rule", str),
    ),
)


def contents_of(work: Work, home_id: int, payout_id: UUID) -> PayoutContents:
    """How the amount of an affiliate's payout arose. Raises NotFound."""
    row = work.row(_PAYOUT, home=home_id, id=payout_id)
    if row is None:
        raise NotFound("payout")
    after_no, until_no = _span(work, home_id, row.before_id, row.id)
    parts = work.rows(_PARTS, home=home_id, currency=row.currency, after=after_no, until=until_no)
    opening, taken = row.opening_minor, row.amount_minor + row.left_minor
    return PayoutContents(
        home_id=row.home_id,
        id=row.id,
        number=row.number,
        amount=Money(row.amount_minor, row.currency),
        state=row.state,
        provider=row.provider,
        period=row.period,
        reserved_at=row.reserved_at,
        paid_at=row.paid_at,
        reference=row.reference,
        before=(row.before_id, row.before_number) if row.before_id else None,
        opening=Money(opening, row.currency),
        parts=[
            (part.kind, Money(part.minor, row.currency))
            for part in sorted(parts, key=lambda part: (KINDS.index(part.kind), not part.adds))
        ],
        gap=Money(taken - opening - sum(part.minor for part in parts), row.currency),
        left=Money(row.left_minor, row.currency),
        after_no=after_no,
        until_no=until_no,
    )


def _span(work: Work, home_id: int, before_id: UUID | None, payout_id: UUID) -> tuple[int, int]:
    """The postings of the payout before (0: there was none) and of this one. Nothing lies between
    them where this one was never booked, as only a check of the books would find."""
    keys = [f"payout:{id}" for id in (before_id, payout_id)]
    found = {row.key: row.id for row in work.rows(_TRANSFERS, home=home_id, keys=keys)}
    after_no = found.get(keys[0], 0)
    return after_no, found.get(keys[1], after_no)


def lines_of(
    work: Work, of: PayoutContents, *, cursor: str | None = None, most: int = LINES_MAX
) -> Page[Any]:
    """The movements in a payout, newest first, as PayoutLine."""
    currency = of.amount.currency
    page = paging.read(
        work,
        _LINES,
        _BOOKED,
        cursor=cursor,
        most=most,
        home=of.home_id,
        currency=currency,
        after=of.after_no,
        until=of.until_no,
    )
    return replace(page, rows=[_line(row, currency) for row in page.rows])


def _line(row: Any, currency: str) -> PayoutLine:
    return PayoutLine(
        kind=row.kind,
        amount=Money(row.minor, currency),
        on=row.effective_on,
        order=(row.order_home, row.order_id, row.number) if row.number else None,
        level=row.level or 0,
        reason=row.reason,
        period=row.period or "",
    )
