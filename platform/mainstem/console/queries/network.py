"""One affiliate: their accounts, who stands above them, and their storefronts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.ledger import RECENT_ENTRIES


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
