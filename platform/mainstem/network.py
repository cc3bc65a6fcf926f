"""Affiliates and who sponsors whom. A tree without cycles, because a sponsor must already exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from mainstem.kit.contact import email_key
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.lookalike import skeleton, skeletons
from mainstem.kit.text import normalized, refuse_unseen
from mainstem.kit.transitions import Machine, Step
from mainstem.kit.work import Work
from mainstem.plan import NOBODY

ELIGIBLE = ("active", "paused")
"""States in which an affiliate is credited for sales: a pause stops new clients, not their pay."""


SEE_MONEY, BE_PAID, WORK = "see_money", "be_paid", "work"
"""What an affiliate does with us: see what is theirs; say where it goes; all the rest of the portal,
and the API of their storefronts."""

ACCOUNT, COMPANY_DATA, PEOPLE, MAIL = "account", "company_data", "people", "mail"
"""Who they are: their account, the company's name, numbers and address in law, who signs in for them, and
what each of those gets by mail."""

ANSWER = "answer"
"""What an applicant does: give what is asked for, and answer questions."""

_EVERYTHING = frozenset({SEE_MONEY, BE_PAID, WORK, ACCOUNT, COMPANY_DATA, PEOPLE, MAIL})

MAY: dict[str, frozenset[str]] = {
    "applied": frozenset({ANSWER}),
    "in_review": frozenset({ANSWER}),
    "active": _EVERYTHING,
    "paused": _EVERYTHING,
    "suspended": frozenset({SEE_MONEY, MAIL}),
    "terminated": frozenset({SEE_MONEY, BE_PAID, ACCOUNT, COMPANY_DATA, MAIL}),
    "rejected": frozenset(),
}
"""The one table of what an affiliate in each state may still do (docs/decisions/26)."""

ROLE_MAY: dict[str, frozenset[str]] = {
    "owner": _EVERYTHING,
    "seller": frozenset({WORK, ACCOUNT, MAIL}),
    "accountant": frozenset({SEE_MONEY, BE_PAID, ACCOUNT, COMPANY_DATA, MAIL}),
}
"""The one table of what each role within an affiliate may do, where its state lets anybody."""


def rights(state: str, role: str) -> frozenset[str]:
    """What somebody in this role of an affiliate in this state may do."""
    return MAY[state] & ROLE_MAY[role]


STATES = Machine(
    "affiliate",
    Step("review", "taken up", ("applied",), "in_review"),
    Step("ask", "asked for something", ("applied", "in_review"), "in_review"),
    Step("approve", "approved", ("applied", "in_review"), "active"),
    Step("reject", "rejected", ("applied", "in_review"), "rejected"),
    Step("pause", "paused", ("active",), "paused"),
    Step("resume", "made active again", ("paused", "suspended", "terminated"), "active"),
    Step("suspend", "suspended", ("active", "paused"), "suspended"),
    Step("terminate", "ended", ("active", "paused", "suspended"), "terminated"),
)
"""Every step of an applicant, and of the affiliate that they become."""

NEEDS_WHY = frozenset({"reject", "suspend", "terminate"})
"""Steps that are told with their reason."""


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
                above AS (SELECT coalesce((SELECT upline FROM affiliate WHERE id = %(sponsor)s),
                                          '{}'::bigint[]) AS upline)
           INSERT INTO affiliate (id, slug, name, email_key, phone_key, country, locale, state,
                                  sponsor_id, is_house, upline, joined_at, skeletons)
           SELECT me.id, %(slug)s, %(name)s, %(email)s, %(phone)s, %(country)s, %(locale)s,
                  %(state)s, %(sponsor)s, %(house)s, me.id || above.upline, %(now)s, %(skeletons)s
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
        skeletons=skeletons(name, slug),
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


def _refuse_alike(work: Work, slug: str) -> None:
    """One name in addresses is nobody's twin; two who take such names at once are asked one after another."""
    work.run("SELECT pg_advisory_xact_lock(7246)")
    seen = skeleton(slug)
    others = work.rows(
        """SELECT slug FROM affiliate
            WHERE skeletons && ARRAY[%(seen)s]::text[] AND slug <> %(slug)s ORDER BY id""",
        seen=seen,
        slug=slug,
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


def step_to(before: str, after: str) -> str:
    """The step that leads from one state to another; InvalidTransition where none does."""
    for action, step in STATES.steps.items():
        if before in step.sources and step.target == after:
            return action
    raise InvalidTransition("affiliate", before, after)


class WhyMissing(InvalidInput):
    """The affiliate is told why, so somebody has to say it."""

    @classmethod
    def at(cls, pointer: str) -> WhyMissing:
        """The refusal, with the field in which it is said."""
        return cls(Problem(pointer, "missing", "Say why: the affiliate is told."))


def take_step(work: Work, affiliate_id: int, action: str, *, why: str = "") -> str:
    """Take a step of an affiliate's; the state that they are in now. What they have earned stays theirs.

    Raises NotFound, InvalidTransition, and WhyMissing for a step that needs its reason.
    """
    before = work.value("SELECT state FROM affiliate WHERE id = %(id)s FOR UPDATE", id=affiliate_id)
    if before is None:
        raise NotFound("affiliate")
    after = STATES.step(before, action)
    if action in NEEDS_WHY and not why.strip():
        raise WhyMissing.at("/why")
    work.run(
        "UPDATE affiliate SET state = %(state)s WHERE id = %(id)s", id=affiliate_id, state=after
    )
    note_step(work, before, after, why=why, affiliate_id=affiliate_id)
    record(work, f"affiliate.{after}", affiliate_id, home=affiliate_id)
    return after


def note_step(
    work: Work,
    before: str,
    after: str,
    *,
    why: str = "",
    affiliate_id: int | None = None,
    application_id: UUID | None = None,
) -> None:
    """Keep that somebody went from one state to another: who did it, when and why."""
    work.run(
        """INSERT INTO affiliate_step
             (id, application_id, affiliate_id, before, after, why, actor, work_id, at)
           VALUES (%(id)s, %(application)s, %(affiliate)s, %(before)s, %(after)s, %(why)s, %(actor)s,
                   %(work)s, %(now)s)""",
        id=new_id(),
        application=application_id,
        affiliate=affiliate_id,
        before=before,
        after=after,
        why=why.strip(),
        actor=str(work.actor),
        work=work.id,
        now=work.now(),
    )


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step that was taken: from which state to which, and why."""

    before: str
    after: str
    why: str
    actor: str
    at: datetime


def steps_of(work: Work, affiliate_id: int, *, most: int = 40) -> list[StepTaken]:
    """An affiliate's steps, from when they applied, the newest first."""
    return work.rows_as(
        StepTaken,
        """SELECT before, after, why, actor, at FROM affiliate_step
            WHERE affiliate_id = %(id)s ORDER BY at DESC, id DESC LIMIT %(most)s""",
        id=affiliate_id,
        most=most,
    )


@dataclass(frozen=True, slots=True)
class Upline:
    """Where an affiliate stands now: their state, and their upline with themselves first.

    NOBODY stands where an ancestor is not eligible. The house account is the company's own: it is
    credited with nothing. `groups` are those of each of them who is in any, by their id. `unpaid` are the
    ancestors for whom NOBODY stands, by how many steps above they are: {id, house, suspended}.
    """

    state: str
    affiliates: list[int]
    is_house: bool = False
    groups: dict[str, list[str]] | None = None
    slug: str = ""
    joined_at: datetime | None = None
    unpaid: dict[str, dict[str, Any]] | None = None


def uplines(work: Work, affiliates: Sequence[int], *, levels: int | None = 1) -> dict[int, Upline]:
    """Each affiliate's state and upline as of now: this many levels of it, or all with their groups.

    It is frozen on the order, so that no later move in the tree can change who is paid for it.
    """
    rows = work.rows(
        """SELECT me.id, me.state, me.is_house, me.slug, me.joined_at,
                  array_agg(CASE WHEN a.state = ANY(%(eligible)s) AND NOT a.is_house THEN a.id
                                 ELSE %(nobody)s END
                            ORDER BY u.level) AS upline,
                  CASE WHEN %(levels)s::int IS NULL THEN (
                       SELECT jsonb_object_agg(affiliate_id, names) FROM (
                              SELECT affiliate_id, jsonb_agg(name ORDER BY name) AS names
                                FROM affiliate_group
                               WHERE affiliate_id = ANY(me.upline) AND from_at <= %(now)s
                                 AND (until_at IS NULL OR until_at > %(now)s)
                               GROUP BY 1) AS of_each) END AS groups,
                  jsonb_object_agg(u.level - 1, jsonb_strip_nulls(jsonb_build_object(
                      'id', a.id, 'house', nullif(a.is_house, false),
                      'suspended', nullif(NOT a.state = ANY(%(eligible)s), false))))
                    FILTER (WHERE u.level > 1 AND (a.is_house OR NOT a.state = ANY(%(eligible)s)))
                    AS unpaid
             FROM affiliate me
            CROSS JOIN LATERAL unnest(me.upline[1 : coalesce(%(levels)s::int, cardinality(me.upline))])
                               WITH ORDINALITY AS u (id, level)
             JOIN affiliate a ON a.id = u.id
            WHERE me.id = ANY(%(affiliates)s::bigint[])
            GROUP BY me.id""",
        affiliates=sorted(set(affiliates)),
        eligible=list(ELIGIBLE),
        nobody=NOBODY,
        levels=levels,
        now=work.now(),
    )
    # The seller always stands first: the order is theirs even when it earns nothing.
    return {
        row.id: Upline(
            row.state,
            [row.id, *row.upline[1:]],
            row.is_house,
            row.groups,
            row.slug,
            row.joined_at,
            row.unpaid,
        )
        for row in rows
    }


def join_group(work: Work, affiliate_id: int, name: str) -> None:
    """An affiliate is in a group from now on. Twice is the same."""
    work.take(Affiliate, affiliate_id)
    work.run(
        """INSERT INTO affiliate_group (affiliate_id, name, from_at, actor)
           SELECT %(id)s, %(name)s, %(now)s, %(actor)s
            WHERE NOT EXISTS (SELECT FROM affiliate_group WHERE affiliate_id = %(id)s
                                 AND name = %(name)s AND until_at IS NULL)
           ON CONFLICT (affiliate_id, name, from_at) DO UPDATE SET until_at = NULL""",
        id=affiliate_id,
        name=name,
        now=work.now(),
        actor=str(work.actor),
    )


def leave_group(work: Work, affiliate_id: int, name: str) -> None:
    """An affiliate is in a group no longer: what was sold before keeps that they were."""
    work.run(
        """UPDATE affiliate_group SET until_at = greatest(%(now)s, from_at)
            WHERE affiliate_id = %(id)s AND name = %(name)s AND until_at IS NULL""",
        id=affiliate_id,
        name=name,
        now=work.now(),
    )


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
