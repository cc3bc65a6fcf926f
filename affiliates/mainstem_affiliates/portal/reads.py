"""What an affiliate reads about their money, their clients and their team.

Every read runs on Work that the database has bound to them: what is not theirs is not there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from mainstem import ledger, planbook
from mainstem.commissions.queries import HELD_NOW, payable_on
from mainstem.kit import finding, paging
from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import is_late
from mainstem.payouts import AffiliateMoney, Conversion, conversions_of, money_of, no_money
from mainstem.plan import Explanation

MOVEMENTS_MAX = 20
ORDERS_MAX = 25
PAYOUTS_MAX = 25
TEAM_MAX = 60


@dataclass(frozen=True, slots=True)
class AffiliateProfile:
    """The affiliate who reads."""

    id: int
    name: str
    state: str
    currency: str
    shop: str | None
    """The slug of the affiliate's first storefront."""
    leads_waiting: int


@dataclass(frozen=True, slots=True)
class UpcomingPayable:
    """Money that becomes payable on a day, if nothing comes back before; None: nobody knows yet."""

    day: date | None
    amount: Money


@dataclass(frozen=True, slots=True)
class CurrencyBalance:
    """Where their money in one currency is, and what is still to come of it."""

    money: AffiliateMoney
    upcoming: list[UpcomingPayable]
    minimum: Money | None

    @property
    def currency(self) -> str:
        """The currency of all of it."""
        return self.money.currency

    @property
    def is_debt(self) -> bool:
        """Whether more went back than is left."""
        return bool(self.money.debt)

    def payable_by(self, day: date) -> Money:
        """What there is to pay out on a day, if nothing comes back before."""
        due = (one.amount for one in self.upcoming if one.day is not None and one.day <= day)
        return sum(due, self.money.payable)

    def missing(self, day: date) -> Money | None:
        """What is missing until it is paid out on that day; None when there is enough, or a debt."""
        payable = self.payable_by(day)
        if self.minimum is None or self.is_debt or payable.minor >= self.minimum.minor:
            return None
        return self.minimum - payable


@dataclass(frozen=True, slots=True)
class Movement:
    """One commission, or the part of it that went back, with its stored explanation."""

    kind: str
    level: int
    amount: Money
    explanation: Explanation
    credited_at: datetime
    payable_on: date | None
    is_matured: bool


@dataclass(frozen=True, slots=True)
class OrderMovements:
    """Everything one order earned the affiliate, oldest first, and what is left of it."""

    number: str
    order_id: UUID
    is_mine: bool
    total: Money
    at: datetime
    movements: list[Movement]


@dataclass(frozen=True, slots=True)
class Payout:
    """Money that was sent to the affiliate, or is about to be."""

    number: str
    amount: Money
    state: str
    reserved_at: datetime
    paid_at: datetime | None
    reference: str | None
    """What the company's bank wrote on it."""
    changed: list[Conversion]
    """What of it was earned in other currencies."""


@dataclass(frozen=True, slots=True)
class ClientOrder:
    """An order of one of the affiliate's clients."""

    id: UUID
    number: str
    state: str
    client: str
    city: str
    total: Money
    placed_at: datetime
    promised_by: date | None
    is_late: bool
    earned: Money | None
    is_mine: bool


@dataclass(frozen=True, slots=True)
class Teammate:
    """One affiliate of the team."""

    name: str
    level: int
    joined_at: datetime
    sponsor: str
    is_active: bool


@dataclass(frozen=True, slots=True)
class PayAccount:
    """Where the affiliate is paid."""

    provider: str
    account: str
    currency: str
    state: str


@dataclass(frozen=True, slots=True)
class Code:
    """A code that the affiliate's clients type, or a link that they follow."""

    code: str
    kind: str


def me(work: Work) -> AffiliateProfile:
    """Who reads."""
    row = work.row(
        """SELECT a.id, a.name, a.state, s.slug, s.currency,
                  (SELECT count(*) FROM lead WHERE home_id = a.id AND state = 'new') AS waiting
             FROM affiliate a
             LEFT JOIN LATERAL (SELECT slug, currency FROM storefront
                                 WHERE home_id = a.id AND active ORDER BY id LIMIT 1) s ON true
            WHERE a.id = %(id)s""",
        id=work.home,
    )
    if row is None:
        raise NotFound("affiliate")
    return AffiliateProfile(
        row.id, row.name, row.state, row.currency or "SEK", row.slug, row.waiting
    )


def balances(work: Work, reader: AffiliateProfile) -> list[CurrencyBalance]:
    """Their money, one standing a currency, the shop's own first; at least that one."""
    found = money_of(work, reader.id)
    held: dict[str, list[UpcomingPayable]] = {}
    for _, currency, day, minor in ledger.held_until(work, date.max, owner_id=reader.id):
        held.setdefault(currency, []).append(
            UpcomingPayable(payable_on(day), Money(minor, currency))
        )
    plan = planbook.now(work)
    minimum = plan.minimum_payout_minor if plan else {}
    order = [reader.currency, *(currency for currency in found if currency != reader.currency)]
    return [
        CurrencyBalance(
            money=found.get(currency) or no_money(currency),
            upcoming=held.get(currency, []),
            minimum=Money(minimum[currency], currency) if currency in minimum else None,
        )
        for currency in order
    ]


_MOVED = Sorting(
    "moved",
    (
        SortColumn("c.credited_at", "credited_at", datetime),
        SortColumn("c.order_id", "order_id", UUID),
        SortColumn("c.rule", "rule", str),
        SortColumn("c.level", "level", int),
        SortColumn("c.no", "no", int),
    ),
)
_PAGE = """
SELECT c.credited_at, c.home_id, c.order_id, c.rule, c.level, c.no FROM commission c
 WHERE c.beneficiary_id = %(id)s {seek} {sorted}"""

_MOVEMENTS = f"""
SELECT c.home_id, c.order_id, c.rule, c.level, c.no, c.kind, c.currency, c.amount_minor,
       held.held_until, c.explanation, c.credited_at,
       held.held_until <= coalesce((SELECT max(day) FROM release_day), '-infinity') AS matured
  FROM commission c
  JOIN {ASKED_ORDERS} USING (home_id, order_id)
{HELD_NOW}
 WHERE c.beneficiary_id = %(id)s AND c.kind <> 'hold'
 ORDER BY c.order_id, c.rule, c.level, c.no"""


def movements(
    work: Work, reader: AffiliateProfile, *, cursor: str | None = None
) -> tuple[list[OrderMovements], Page]:
    """What the affiliate earned, order by order, newest movement first; and the page it stands on.

    An order is shown whole, on the page of its newest movement, and on no other.
    """
    page = paging.read(work, _PAGE, _MOVED, cursor=cursor, most=MOVEMENTS_MAX, id=reader.id)
    orders = dict.fromkeys((row.home_id, row.order_id) for row in page.rows)
    here = {_key(row) for row in page.rows}
    grouped = _grouped(work, reader, list(orders))
    shown = [grouped[id] for _, id in orders if max(map(_key, grouped[id])) in here]
    return [_of_order(reader, rows) for rows in shown], page


def _key(row: Any) -> tuple[Any, ...]:
    return row.credited_at, row.order_id, row.rule, row.level, row.no


def _grouped(
    work: Work, reader: AffiliateProfile, orders: Sequence[RowKey]
) -> dict[UUID, list[Any]]:
    grouped: dict[UUID, list[Any]] = {}
    for row in work.rows(_MOVEMENTS, id=reader.id, **asked(orders)):
        grouped.setdefault(row.order_id, []).append(row)
    return grouped


def _of_order(reader: AffiliateProfile, rows: Sequence[Any]) -> OrderMovements:
    currency = rows[0].currency
    return OrderMovements(
        number=str(rows[0].explanation["facts"]["order"]),
        order_id=rows[0].order_id,
        is_mine=rows[0].home_id == reader.id,
        total=Money(sum(row.amount_minor for row in rows), currency),
        at=max(row.credited_at for row in rows),
        movements=[
            Movement(
                kind=row.kind,
                level=row.level,
                amount=Money(row.amount_minor, currency),
                explanation=row.explanation,
                credited_at=row.credited_at,
                payable_on=payable_on(row.held_until),
                is_matured=row.matured,
            )
            for row in rows
        ],
    )


_PAYOUTS = Sorting(
    "payouts", (SortColumn("reserved_at", "reserved_at", datetime), SortColumn("id", "id", UUID))
)


def payouts(
    work: Work,
    reader: AffiliateProfile,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    most: int = PAYOUTS_MAX,
) -> Page:
    """Their payouts, newest first."""
    where = ["home_id = %(id)s AND state <> 'canceled'"]
    if since:
        where.append("reserved_at >= %(since)s")
    if until:
        where.append("reserved_at < %(until)s")
    page = paging.read(
        work,
        f"""SELECT id, number, amount_minor, currency, state, reserved_at, paid_at,
                     reference FROM payout
             WHERE {" AND ".join(where)} {{seek}} {{sorted}}""",
        _PAYOUTS,
        cursor=cursor,
        most=most,
        id=reader.id,
        since=since,
        until=until,
    )
    changed = conversions_of(work, reader.id, [row.id for row in page.rows])
    rows = [
        Payout(
            row.number,
            Money(row.amount_minor, row.currency),
            row.state,
            row.reserved_at,
            row.paid_at,
            row.reference,
            changed.get(row.id, []),
        )
        for row in page.rows
    ]
    return replace(page, rows=rows)


_PLACED = Sorting(
    "placed",
    (
        SortColumn("o.placed_at", "placed_at", datetime),
        SortColumn("o.home_id", "home_id", int),
        SortColumn("o.id", "id", UUID),
    ),
)

# Theirs by storefront, and theirs by client: each read by its own index, then put together.
_ORDERS = """
WITH page AS (
  SELECT * FROM (
    (SELECT o.placed_at, o.home_id, o.id FROM orders o
      WHERE o.home_id = %(id)s {where} {seek} {sorted})
    UNION
    (SELECT o.placed_at, o.home_id, o.id FROM orders o
      WHERE o.seller_id = %(id)s {where} {seek} {sorted})) AS o {sorted})
SELECT o.home_id, o.id, o.number, o.state, o.payment_status, o.fulfillment_status, o.currency,
       o.total_minor, o.client->>'name' AS client, o.address->>'city' AS city, o.placed_at,
       o.paid_at, o.pay_by, o.promised_on,
       (SELECT sum(c.amount_minor)::bigint FROM commission c
         WHERE c.home_id = o.home_id AND c.order_id = o.id AND c.beneficiary_id = %(id)s) AS earned
  FROM page JOIN orders o USING (home_id, id)
 {sorted}"""


def orders(
    work: Work,
    reader: AffiliateProfile,
    *,
    state: str = "",
    text: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
) -> Page:
    """The orders of the affiliate's clients, newest first."""
    terms = finding.terms(text)
    where = ""
    if state:
        where += " AND o.state = %(state)s"
    if since:
        where += " AND o.placed_at >= %(since)s"
    if until:
        where += " AND o.placed_at < %(until)s"
    if text:
        where += f" AND {finding.of_client_without_contact('o')}"
    page = paging.read(
        work,
        _ORDERS.replace("{where}", where),
        _PLACED,
        cursor=cursor,
        most=ORDERS_MAX,
        id=reader.id,
        state=state,
        found=terms,
        since=since,
        until=until,
    )
    rows = [
        ClientOrder(
            id=row.id,
            number=row.number,
            state=order_state(row, work.now()),
            client=row.client,
            city=row.city,
            total=Money(row.total_minor, row.currency),
            placed_at=row.placed_at,
            promised_by=row.promised_on,
            is_late=is_late(row.promised_on, work.now(), work.tools.zone),
            earned=None if row.earned is None else Money(row.earned, row.currency),
            is_mine=row.home_id == reader.id,
        )
        for row in page.rows
    ]
    return replace(page, rows=rows)


def order_state(row: Any, now: datetime) -> str:
    """Where an order stands, in one word."""
    if row.state in ("canceled", "expired"):
        return str(row.state)
    if row.payment_status in ("refunded", "disputed"):
        return str(row.payment_status)
    if row.state == "pending":
        return "unpaid" if row.pay_by > now else "expired"
    return {
        "canceled": "canceled",
        "delivered": "delivered",
        "shipped": "shipped",
        "partial": "shipped",
        "partially_delivered": "shipped",
    }.get(row.fulfillment_status, "paid")


def earned_on(work: Work, reader: AffiliateProfile, order_id: UUID) -> OrderMovements | None:
    """What one order of the affiliate's own storefront earned them, if anything yet."""
    rows = _grouped(work, reader, [(reader.id, order_id)]).get(order_id)
    return _of_order(reader, rows) if rows else None


_NEAREST = Sorting(
    "nearest",
    (
        SortColumn("t.level", "level", int),
        SortColumn("t.name", "name", str),
        SortColumn("t.id", "id", int),
    ),
    descending=False,
)
_TEAM = """
SELECT t.id, t.name, t.state, t.joined_at, t.level, coalesce(s.name, '') AS sponsor
  FROM (SELECT id, name, state, joined_at, sponsor_id,
               array_position(upline, %(id)s::bigint) - 1 AS level
          FROM affiliate WHERE upline @> ARRAY[%(id)s::bigint] AND id <> %(id)s {where}) AS t
  LEFT JOIN affiliate s ON s.id = t.sponsor_id
 WHERE true {seek} {sorted}"""


def team(
    work: Work, reader: AffiliateProfile, *, text: str = "", cursor: str | None = None
) -> Page:
    """The affiliate's team, nearest level first."""
    where = ""
    if text:
        where = f"AND found_by(name, NULL, NULL, NULL, NULL) {finding.MATCHES}"
    page = paging.read(
        work,
        _TEAM.replace("{where}", where),
        _NEAREST,
        cursor=cursor,
        most=TEAM_MAX,
        id=reader.id,
        found=finding.terms(text),
    )
    rows = [
        Teammate(row.name, row.level, row.joined_at, row.sponsor, row.state in ("active", "paused"))
        for row in page.rows
    ]
    return replace(page, rows=rows)


def team_size(work: Work, reader: AffiliateProfile) -> int:
    """How many have joined through the affiliate, at any level."""
    return int(
        work.value(
            """SELECT count(*) FROM affiliate
                WHERE upline @> ARRAY[%(id)s::bigint] AND id <> %(id)s""",
            id=reader.id,
        )
    )


def pay_accounts(work: Work) -> list[PayAccount]:
    """Where they are paid, once they have begun to say so: one a currency, the first one first."""
    return [
        PayAccount(row.provider, row.account, row.currency, row.state)
        for row in work.rows(
            """SELECT provider, account, currency, state FROM pay_account
                WHERE home_id = %(id)s ORDER BY provider = 'bank', opened_at, currency""",
            id=work.home,
        )
    ]


def codes(work: Work) -> list[Code]:
    """The affiliate's codes and links in force."""
    return [
        Code(row.code, row.kind)
        for row in work.rows(
            """SELECT code, kind FROM referral_code
                WHERE affiliate_id = %(id)s AND retired_at IS NULL ORDER BY kind, created_at, code""",
            id=work.home,
        )
    ]


def next_payout_day(work: Work) -> date:
    """The day of the next run of payouts: they run on Mondays."""
    today = work.now().astimezone(work.tools.zone).date()
    return today + timedelta(days=7 - today.weekday())
