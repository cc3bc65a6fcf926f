"""Applications as staff read them: the list, one of them, and who else is like it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.lookalike import skeletons
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work

PAGE = 50
LIKE_MAX = 20
ORIGIN_WINDOW = timedelta(hours=24)
ORIGIN_MANY = 3
"""So many companies that apply from one network within a day may be one that plays several."""

WAITING = ("applied", "in_review")


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """An application as a list shows it."""

    id: UUID
    state: str
    company_name: str
    country: str
    contact_name: str
    sponsor: str | None
    confirmed_at: datetime
    decided_at: datetime | None
    open_questions: int


_COLUMNS = """
SELECT a.id, a.state, a.company_name, a.country, a.contact_name, s.name AS sponsor, a.confirmed_at,
       a.decided_at,
       (SELECT count(*) FROM application_question q
         WHERE q.application_id = a.id AND q.answered_at IS NULL)::int AS open_questions
  FROM application a LEFT JOIN affiliate s ON s.id = a.sponsor_id
 WHERE """
_BY_AGE = (SortColumn("a.confirmed_at", "confirmed_at", datetime), SortColumn("a.id", "id", UUID))
_OLDEST = Sorting("applications-waiting", _BY_AGE, descending=False)
_NEWEST = Sorting("applications", _BY_AGE)


def applications(
    work: Work,
    *,
    state: str = "waiting",
    cursor: str | None = None,
    most: int = PAGE,
    strict: bool = False,
) -> Page[ApplicationRow]:
    """Applications: those that wait for a decision, the longest first; those in one state, or all of
    them (`all`), the newest first."""
    where, sorting = {
        "waiting": ("a.state IN ('applied', 'in_review')", _OLDEST),
        "all": ("a.state <> 'unconfirmed'", _NEWEST),
    }.get(state, ("a.state = %(state)s AND a.state <> 'unconfirmed'", _NEWEST))
    return paging.read_as(
        work,
        ApplicationRow,
        f"{_COLUMNS}{where} {{seek}} {{sorted}}",
        sorting,
        cursor=cursor,
        most=most,
        strict=strict,
        state=state,
    )


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that an applicant has said, and how far it has come."""

    id: UUID
    state: str
    company_name: str
    company_number: str
    country: str
    contact_name: str
    email: str
    phone: str
    locale: str
    how: str
    website: str
    sponsor_id: int | None
    sponsor: str | None
    sponsor_slug: str | None
    invited: bool
    agreement_locale: str
    agreement_version: int
    agreement_hash: bytes
    agreed_at: datetime
    agreed_from: str
    confirmed_at: datetime
    decided_at: datetime | None
    affiliate_id: int | None


def application(work: Work, id: UUID) -> Application:
    """One application that somebody has confirmed; else NotFound."""
    found = work.rows_as(
        Application,
        """SELECT a.id, a.state, a.company_name, a.company_number, a.country, a.contact_name, a.email,
                  a.phone, a.locale, a.how, a.website, a.sponsor_id, s.name AS sponsor,
                  s.slug AS sponsor_slug, a.invitation_id IS NOT NULL AS invited, a.agreement_locale,
                  a.agreement_version, a.agreement_hash, a.agreed_at, a.agreed_from, a.confirmed_at,
                  a.decided_at, a.affiliate_id
             FROM application a LEFT JOIN affiliate s ON s.id = a.sponsor_id
            WHERE a.id = %(id)s AND a.state <> 'unconfirmed'""",
        id=id,
    )
    if not found:
        raise NotFound("application")
    return found[0]


@dataclass(frozen=True, slots=True)
class AlikeRow:
    """Somebody who is like an applicant, and in what: name, email, phone, number or origin."""

    what: str
    kind: str
    """affiliate or application"""
    id: str
    name: str
    state: str


# Each part is found by an index of its own, and no more of it is read than is shown.
_ALIKE = """
WITH me AS (SELECT * FROM application WHERE id = %(id)s)
(SELECT 'name' AS what, 'affiliate' AS kind, f.id::text, f.name, f.state
   FROM affiliate f WHERE f.skeletons && %(skeletons)s::text[] LIMIT %(most)s)
UNION ALL
(SELECT 'email', 'affiliate', f.id::text, f.name, f.state
   FROM affiliate f WHERE f.email_key = (SELECT lower(email) FROM me) LIMIT %(most)s)
UNION ALL
(SELECT 'phone', 'affiliate', f.id::text, f.name, f.state
   FROM affiliate f WHERE f.phone_key = (SELECT phone_key FROM me) LIMIT %(most)s)
UNION ALL
(SELECT DISTINCT 'number', 'affiliate', f.id::text, f.name, f.state
   FROM affiliate_details d JOIN affiliate f ON f.id = d.affiliate_id
  WHERE d.number = (SELECT company_number FROM me) AND d.number <> '' LIMIT %(most)s)
UNION ALL
(SELECT 'name', 'application', o.id::text, o.company_name, o.state FROM application o
  WHERE o.skeletons && %(skeletons)s::text[] AND o.state <> 'unconfirmed' AND o.id <> %(id)s LIMIT %(most)s)
UNION ALL
(SELECT 'phone', 'application', o.id::text, o.company_name, o.state FROM application o
  WHERE o.phone_key = (SELECT phone_key FROM me) AND o.state <> 'unconfirmed' AND o.id <> %(id)s LIMIT %(most)s)
UNION ALL
(SELECT 'number', 'application', o.id::text, o.company_name, o.state FROM application o
  WHERE o.company_number = (SELECT company_number FROM me) AND o.state <> 'unconfirmed' AND o.id <> %(id)s
  LIMIT %(most)s)
UNION ALL
(SELECT 'origin', 'application', o.id::text, o.company_name, o.state FROM application o, me
  WHERE o.origin = me.origin AND me.origin <> '' AND o.state <> 'unconfirmed' AND o.id <> me.id
    AND o.asked_at BETWEEN me.asked_at - %(window)s AND me.asked_at + %(window)s LIMIT %(most)s)"""


def alike(work: Work, it: Application) -> list[AlikeRow]:
    """Affiliates and applicants whose name looks like this one's, or who share a phone, an e-mail, a
    company number or a network with it."""
    rows = work.rows_as(
        AlikeRow,
        _ALIKE,
        id=it.id,
        skeletons=skeletons(it.company_name),
        window=ORIGIN_WINDOW,
        most=LIKE_MAX,
    )
    mine = str(it.affiliate_id)
    return [row for row in rows if (row.kind, row.id) != ("affiliate", mine)]


@dataclass(frozen=True, slots=True)
class InvitationRow:
    """Somebody whom staff have asked to apply. Name and e-mail are empty once they are forgotten."""

    id: UUID
    email: str
    name: str
    sponsor: str | None
    invited_by: str
    created_at: datetime
    expires_at: datetime
    forgotten_at: datetime | None
    has_applied: bool


_INVITED = """
SELECT i.id, i.email, i.name, s.name AS sponsor, i.invited_by, i.created_at, i.expires_at,
       i.forgotten_at,
       EXISTS (SELECT 1 FROM application a WHERE a.invitation_id = i.id AND a.state <> 'unconfirmed')
         AS has_applied
  FROM programme_invitation i LEFT JOIN affiliate s ON s.id = i.sponsor_id
 WHERE true {seek} {sorted}"""
_BY_CREATED = Sorting(
    "programme-invitations",
    (SortColumn("i.created_at", "created_at", datetime), SortColumn("i.id", "id", UUID)),
)


def invitations(
    work: Work, *, cursor: str | None = None, most: int = PAGE, strict: bool = False
) -> Page[InvitationRow]:
    """Whom staff have asked to apply, the newest first."""
    return paging.read_as(
        work, InvitationRow, _INVITED, _BY_CREATED, cursor=cursor, most=most, strict=strict
    )


@dataclass(frozen=True, slots=True)
class ApplicationStepRow:
    """A step of an application: from which state to which, who took it, when and why."""

    before: str
    after: str
    why: str
    actor: str
    at: datetime


def history(work: Work, id: UUID) -> list[ApplicationStepRow]:
    """Everything that became of an application, the oldest first."""
    return work.rows_as(
        ApplicationStepRow,
        """SELECT before, after, why, actor, at FROM affiliate_step
            WHERE application_id = %(id)s ORDER BY at, id""",
        id=id,
    )
