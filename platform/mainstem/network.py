"""Affiliates and who sponsors whom. A tree without cycles, because a sponsor must already exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mainstem.kit.contact import email_key
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.text import normalized, refuse_unseen
from mainstem.kit.work import Work
from mainstem.plan import NOBODY

ELIGIBLE = ("active", "paused")
"""States in which an affiliate is credited for sales: a pause stops new clients, not their pay."""


SEE_MONEY, BE_PAID, WORK = "see_money", "be_paid", "work"
"""What an affiliate does with us: see what is theirs; say where it goes; all the rest of the portal,
and the API of their storefronts."""

MAY: dict[str, frozenset[str]] = {
    "applied": frozenset(),
    "in_review": frozenset(),
    "active": frozenset({SEE_MONEY, BE_PAID, WORK}),
    "paused": frozenset({SEE_MONEY, BE_PAID, WORK}),
    "suspended": frozenset({SEE_MONEY}),
    "terminated": frozenset({SEE_MONEY, BE_PAID}),
    "rejected": frozenset(),
}
"""The one table of what an affiliate in each state may still do (docs/decisions/26)."""


class Affiliate(SQLModel, table=True):
    """A sub-company that wins clients. `upline` is the affiliate first, then every ancestor."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    slug: str
    name: str
    email_key: str
    phone_key: str | None = None
    country: str
    locale: str = "en"
    state: str = "active"
    sponsor_id: int | None = Field(default=None, sa_type=BigInteger)
    is_house: bool = False
    upline: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    joined_at: datetime


class AffiliateExists(Refused):
    """The slug is taken."""

    code: ClassVar[str] = "affiliate_exists"
    message: ClassVar[str] = "There is already an affiliate called {slug}."


def join(
    work: Work,
    *,
    slug: str,
    name: str,
    email: str,
    country: str,
    locale: str = "en",
    phone: str | None = None,
    sponsor_id: int | None = None,
    state: str = "active",
    is_house: bool = False,
) -> int:
    """A new affiliate under their sponsor; the id. Joining costs nothing and earns nobody
    anything.

    Raises AffiliateExists, and InvalidInput for a name that others would read otherwise than it is.
    """
    refuse_unseen("/name", name)
    refuse_unseen("/slug", slug)
    row = work.row(
        """WITH me AS (SELECT nextval(pg_get_serial_sequence('affiliate', 'id')) AS id),
                above AS (SELECT coalesce((SELECT upline FROM affiliate WHERE id = %(sponsor)s),
                                          '{}'::bigint[]) AS upline)
           INSERT INTO affiliate (id, slug, name, email_key, phone_key, country, locale, state,
                                  sponsor_id, is_house, upline, joined_at)
           SELECT me.id, %(slug)s, %(name)s, %(email)s, %(phone)s, %(country)s, %(locale)s,
                  %(state)s, %(sponsor)s, %(house)s, me.id || above.upline, %(now)s
             FROM me, above
           ON CONFLICT (slug) DO NOTHING RETURNING id""",
        slug=slug,
        name=normalized(name),
        email=email_key(email) or email.strip().lower(),
        phone=phone,
        country=country,
        locale=locale,
        state=state,
        sponsor=sponsor_id,
        house=is_house,
        now=work.now(),
    )
    if row is None:
        raise AffiliateExists(slug=slug)
    work.run(
        """INSERT INTO sponsorship (affiliate_id, sponsor_id, valid_from)
           VALUES (%(id)s, %(sponsor)s, %(now)s)""",
        id=row.id,
        sponsor=sponsor_id,
        now=work.now(),
    )
    return int(row.id)


def change(
    work: Work, *, slug: str, name: str, email: str, country: str, locale: str, state: str
) -> int:
    """Change what is said of an affiliate, and their state; the id. Nothing that they have earned
    depends on it. Raises NotFound, and InvalidInput for a name that others would read otherwise."""
    refuse_unseen("/name", name)
    row = work.row("SELECT id, state FROM affiliate WHERE slug = %(slug)s FOR UPDATE", slug=slug)
    if row is None:
        raise NotFound("affiliate")
    work.run(
        """UPDATE affiliate SET name = %(name)s, email_key = %(email)s, country = %(country)s,
                  locale = %(locale)s, state = %(state)s
            WHERE id = %(id)s""",
        id=row.id,
        name=normalized(name),
        email=email_key(email) or email.strip().lower(),
        country=country,
        locale=locale,
        state=state,
    )
    if row.state != state:
        record(work, f"affiliate.{state}", row.id, home=row.id)
    return int(row.id)


@dataclass(frozen=True, slots=True)
class Upline:
    """Where an affiliate stands now: their state, and their upline with themselves first.

    NOBODY stands where an ancestor is not eligible. The house account is the company's own: it is
    credited with nothing.
    """

    state: str
    affiliates: list[int]
    is_house: bool = False


def uplines(work: Work, affiliates: Sequence[int], *, levels: int = 1) -> dict[int, Upline]:
    """Each affiliate's state and upline as of now, this many levels of it.

    It is frozen on the order, so that no later move in the tree can change who is paid for it.
    """
    rows = work.rows(
        """SELECT me.id, me.state, me.is_house,
                  array_agg(CASE WHEN a.state = ANY(%(eligible)s) AND NOT a.is_house THEN a.id
                                 ELSE %(nobody)s END
                            ORDER BY u.level) AS upline
             FROM affiliate me
            CROSS JOIN LATERAL unnest(me.upline[1:%(levels)s]) WITH ORDINALITY AS u (id, level)
             JOIN affiliate a ON a.id = u.id
            WHERE me.id = ANY(%(affiliates)s::bigint[])
            GROUP BY me.id""",
        affiliates=sorted(set(affiliates)),
        eligible=list(ELIGIBLE),
        nobody=NOBODY,
        levels=levels,
    )
    # The seller always stands first: the order is theirs even when it earns nothing.
    return {row.id: Upline(row.state, [row.id, *row.upline[1:]], row.is_house) for row in rows}


@dataclass(frozen=True, slots=True)
class TeamMember:
    """An affiliate below another, and how far."""

    id: int
    slug: str
    name: str
    state: str
    joined_at: datetime
    sponsor_id: int | None
    level: int


def team(work: Work, affiliate_id: int) -> list[TeamMember]:
    """Everyone below an affiliate, nearest first."""
    return work.rows_as(
        TeamMember,
        """SELECT id, slug, name, state, joined_at, sponsor_id,
                  array_position(upline, %(id)s) - 1 AS level
             FROM affiliate WHERE upline @> ARRAY[%(id)s::bigint] AND id <> %(id)s
            ORDER BY level, name, id""",
        id=affiliate_id,
    )
