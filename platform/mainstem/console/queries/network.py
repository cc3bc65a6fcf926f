"""One affiliate: their accounts, who stands above them, their people and storefronts, and what is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES
from mainstem.money import Money


@dataclass(frozen=True, slots=True)
class AffiliateDetails:
    """One affiliate, and how to reach them."""

    id: int
    name: str
    state: str
    email_key: str
    phone_key: str | None
    country: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class PayAccountRow:
    """Where an affiliate is paid."""

    provider: str
    account: str
    currency: str
    state: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class UplineRow:
    """Who stands above an affiliate, and how far."""

    id: int
    name: str
    state: str
    level: int


@dataclass(frozen=True, slots=True)
class StorefrontRow:
    """A storefront of an affiliate's."""

    id: int
    slug: str
    name: str
    currency: str
    active: bool


@dataclass(frozen=True, slots=True)
class KeyOfStorefront:
    """A key by which a storefront elsewhere sends its orders."""

    id: int
    label: str
    storefront: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewsOfAffiliate:
    """An order or a lead that an affiliate is credited for."""

    home_id: int
    id: UUID
    number: str
    state: str
    client: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PayoutOfAffiliate:
    """A payout to an affiliate."""

    home_id: int
    id: UUID
    number: str
    period: date
    state: str
    currency: str
    amount_minor: int

    @property
    def amount(self) -> Money:
        """What was or is paid."""
        return Money(self.amount_minor, self.currency)


def affiliate(work: Work, id: int) -> AffiliateDetails:
    """One affiliate; else NotFound."""
    found = work.rows_as(
        AffiliateDetails,
        """SELECT id, name, state, email_key, phone_key, country, joined_at FROM affiliate
            WHERE id = %(id)s""",
        id=id,
    )
    if not found:
        raise NotFound("affiliate")
    return found[0]


def pay_accounts(work: Work, id: int) -> list[PayAccountRow]:
    """Where an affiliate is paid, one account a currency."""
    return work.rows_as(
        PayAccountRow,
        """SELECT provider, account, currency, state, updated_at FROM pay_account
            WHERE home_id = %(id)s ORDER BY provider = 'bank', opened_at, currency""",
        id=id,
    )


def currencies(work: Work, id: int) -> list[str]:
    """The currencies that an affiliate has or could have money in."""
    return [
        row.currency
        for row in work.rows(
            f"""SELECT currency FROM storefront WHERE home_id = %(id)s
               UNION SELECT currency FROM ledger_balance WHERE owner_id = %(id)s
               UNION SELECT currency FROM {RECENT_ENTRIES} WHERE owner_id = %(id)s
               UNION SELECT currency FROM pay_account WHERE home_id = %(id)s ORDER BY 1""",
            id=id,
        )
    ]


def upline(work: Work, id: int) -> list[UplineRow]:
    """Who stands above an affiliate, nearest first."""
    return work.rows_as(
        UplineRow,
        """SELECT a.id, a.name, a.state, u.level - 1 AS level
             FROM affiliate me CROSS JOIN LATERAL unnest(me.upline) WITH ORDINALITY AS u (id, level)
             JOIN affiliate a ON a.id = u.id
            WHERE me.id = %(id)s AND u.level > 1 ORDER BY u.level""",
        id=id,
    )


def storefronts_of(work: Work, id: int) -> list[StorefrontRow]:
    """An affiliate's storefronts."""
    return work.rows_as(
        StorefrontRow,
        """SELECT id, slug, name, currency, active FROM storefront
            WHERE home_id = %(id)s ORDER BY name""",
        id=id,
    )


SHOWN = 10
PEOPLE = 50


def keys_of(work: Work, id: int) -> list[KeyOfStorefront]:
    """The keys in force of an affiliate's storefronts, newest first."""
    return work.rows_as(
        KeyOfStorefront,
        """SELECT k.id, k.label, s.name AS storefront, k.created_at
             FROM storefront_key k JOIN storefront s ON s.home_id = k.home_id AND s.id = k.storefront_id
            WHERE k.home_id = %(id)s AND k.revoked_at IS NULL
            ORDER BY k.created_at DESC, k.id DESC LIMIT %(most)s""",
        id=id,
        most=PEOPLE,
    )


def orders_credited(work: Work, id: int) -> list[NewsOfAffiliate]:
    """The latest orders that an affiliate is credited for."""
    return _news(work, "orders", "placed_at", id)


def leads_credited(work: Work, id: int) -> list[NewsOfAffiliate]:
    """The latest leads that an affiliate is credited for."""
    return _news(work, "lead", "created_at", id)


def _news(work: Work, table: str, at: str, id: int) -> list[NewsOfAffiliate]:
    return work.rows_as(
        NewsOfAffiliate,
        f"""SELECT home_id, id, number, state, client->>'name' AS client, {at} AS at FROM {table}
             WHERE seller_id = %(id)s ORDER BY {at} DESC LIMIT %(most)s""",
        id=id,
        most=SHOWN,
    )


def payouts_of(work: Work, id: int) -> list[PayoutOfAffiliate]:
    """The latest payouts to an affiliate. Their ids are made in the order of time."""
    return work.rows_as(
        PayoutOfAffiliate,
        """SELECT home_id, id, number, period, state, currency::text, amount_minor FROM payout
            WHERE home_id = %(id)s ORDER BY id DESC LIMIT %(most)s""",
        id=id,
        most=SHOWN,
    )
