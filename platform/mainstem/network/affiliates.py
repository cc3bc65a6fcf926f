"""Affiliates: who they are, and how one joins under a sponsor, who exists already: so no circle can begin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mainstem.kit.contact import email_key
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.lookalike import skeleton, skeletons
from mainstem.kit.text import normalized, refuse_unseen
from mainstem.kit.work import Query, Work
from mainstem.network.states import step_to, take_step


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
    skeletons: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))


class AffiliateExists(Refused):
    """The slug is taken."""

    code: ClassVar[str] = "affiliate_exists"
    message: ClassVar[str] = "There is already an affiliate called {slug}."


class SlugAlike(InvalidInput):
    """Another affiliate's name in addresses looks like this one."""

    @classmethod
    def of(cls, other: str) -> SlugAlike:
        """The refusal, with whose name it would be taken for."""
        alike = "This could be taken for {slug}, which is another affiliate. Say another name in addresses."
        return cls(Problem("/slug", "slug_alike", alike, {"slug": other}))


def names(work: Work, ids: Iterable[int]) -> dict[int, str]:
    """What each of these affiliates is called, by id."""
    rows = work.rows(
        "SELECT id, name FROM affiliate WHERE id = ANY(%(ids)s::bigint[])", ids=sorted(set(ids))
    )
    return {row.id: row.name for row in rows}


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

    Raises AffiliateExists, SlugAlike, and InvalidInput for a name that others would read otherwise than
    it is.
    """
    refuse_unseen("/name", name)
    refuse_unseen("/slug", slug)
    _refuse_alike(work, slug)
    row = work.row(
        """WITH me AS (SELECT nextval(pg_get_serial_sequence('affiliate', 'id')) AS id),
                -- A sponsor who is being moved is waited for.
                under AS (SELECT upline FROM affiliate WHERE id = %(sponsor)s FOR SHARE),
                above AS (SELECT coalesce((SELECT upline FROM under), '{}'::bigint[]) AS upline),
                joined AS (
                  INSERT INTO affiliate (id, slug, name, email_key, phone_key, country, locale, state,
                                         sponsor_id, is_house, upline, joined_at, skeletons)
                  SELECT me.id, %(slug)s, %(name)s, %(email)s, %(phone)s, %(country)s, %(locale)s,
                         %(state)s, %(sponsor)s, %(house)s, me.id || above.upline, %(now)s, %(skeletons)s
                    FROM me, above
                  ON CONFLICT (slug) DO NOTHING RETURNING id, sponsor_id, joined_at),
                sponsored AS (
                  INSERT INTO sponsorship (affiliate_id, sponsor_id, valid_from, actor)
                  SELECT id, sponsor_id, joined_at, %(actor)s FROM joined)
           SELECT id FROM joined""",
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
        skeletons=skeletons(name, slug),
        actor=str(work.actor),
    )
    if row is None:
        raise AffiliateExists(slug=slug)
    return int(row.id)


def joined_before(work: Work, slug: str, at: datetime) -> None:
    """Say when somebody joined who has just come from elsewhere, and under whom they have been since."""
    assert at <= work.now(), "nobody joins tomorrow"
    id = work.value(
        "UPDATE affiliate SET joined_at = %(at)s WHERE slug = %(slug)s RETURNING id",
        slug=slug,
        at=at,
    )
    work.run(
        """UPDATE sponsorship SET valid_from = %(at)s
            WHERE affiliate_id = %(id)s AND valid_to IS NULL""",
        id=id,
        at=at,
    )


_ALIKE = """
SELECT slug FROM affiliate
 WHERE skeletons && ARRAY[%(seen)s]::text[] AND slug <> %(slug)s ORDER BY id"""


def _refuse_alike(work: Work, slug: str) -> None:
    """One name in addresses is nobody's twin; two who take such names at once are asked one after another."""
    seen = skeleton(slug)
    # One after the other on the server, in one round trip: the second sees what the lock has waited for.
    _, others = work.fetch_all(
        [
            Query("SELECT pg_advisory_xact_lock(7246)", {}, len),
            Query(_ALIKE, {"seen": seen, "slug": slug}, list),
        ]
    )
    if alike := next((row.slug for row in others if skeleton(row.slug) == seen), None):
        raise SlugAlike.of(alike)


def change(
    work: Work,
    *,
    slug: str,
    name: str,
    email: str,
    country: str,
    locale: str,
    state: str,
    why: str = "",
) -> int:
    """Change what is said of an affiliate, and their state; the id. Nothing that they have earned
    depends on it. Raises NotFound, InvalidInput for a name that others would read otherwise, and what
    `take_step` raises."""
    refuse_unseen("/name", name)
    row = work.row("SELECT id, state FROM affiliate WHERE slug = %(slug)s FOR UPDATE", slug=slug)
    if row is None:
        raise NotFound("affiliate")
    work.run(
        """UPDATE affiliate SET name = %(name)s, email_key = %(email)s, country = %(country)s,
                  locale = %(locale)s, skeletons = %(skeletons)s
            WHERE id = %(id)s""",
        id=row.id,
        name=normalized(name),
        email=email_key(email) or email.strip().lower(),
        country=country,
        locale=locale,
        skeletons=skeletons(name, slug),
    )
    if row.state != state:
        take_step(work, row.id, step_to(row.state, state), why=why)
    return int(row.id)
