"""Those who sign in: when they did last, what each may open, and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import identity, mail
from mainstem.console.setup.words import CHOICES
from mainstem.kit.documents import Document
from mainstem.kit.errors import NotFound
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    ADMIN,
    MONEY,
    ORDERS,
    SERVICE,
    SHIP,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    show,
)
from mainstem.web.staff.screen import Screen
from mainstem.web.staff.typed import Reason

PEOPLE_MAX = 200

_RIGHTS = (
    ("Pick, pack and hand over", SHIP),
    ("Leads, quotes and jobs", SERVICE),
    ("Orders, cancellations and refunds", ORDERS),
    ("Payouts, books, codes and the plan", MONEY),
    ("Approve what a colleague has asked for", MONEY),
    ("Activity, and what failed", ADMIN),
    ("Set-up, colleagues and keys", ADMIN),
)
"""What there is to do, and which roles do it. An admin does everything."""


class PersonRow(msgspec.Struct, frozen=True):
    """Somebody who signs in, and where it stands with them."""

    id: int
    name: str
    email: str
    works_for: str
    roles: list[str]
    signed_in_at: datetime | None
    invited_until: datetime | None
    has_password: bool
    has_second_factor: bool
    sessions: int
    url: str


class PeoplePage(Page, kw_only=True):
    """Who signs in, and the matrix of rights; or those of one affiliate."""

    people: list[PersonRow]
    affiliate: str = ""
    columns: list[tuple[str, str]]
    rights: list[tuple[str, list[bool]]]
    link: str = ""
    link_name: str = ""
    mailed_to: str = ""


# The newest session of somebody and the newest invitation, each found by an index.
_PEOPLE = """
SELECT p.id, p.name, p.email, p.password_hash IS NOT NULL AS has_password,
       EXISTS (SELECT 1 FROM totp t WHERE t.person_id = p.id AND t.confirmed_at IS NOT NULL)
         OR EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id) AS has_second_factor,
       array_agg(DISTINCT m.role) AS roles, coalesce(min(a.name), '') AS works_for,
       (SELECT max(s.created_at) FROM sign_in_session s WHERE s.person_id = p.id) AS signed_in_at,
       (SELECT max(i.expires_at) FROM invitation i
         WHERE i.person_id = p.id AND i.accepted_at IS NULL AND i.expires_at > %(now)s)
         AS invited_until,
       (SELECT count(*) FROM sign_in_session s
         WHERE s.person_id = p.id AND s.revoked_at IS NULL AND s.expires_at > %(now)s
           AND s.seen_at > %(idle)s) AS sessions
  FROM person p
  JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
  LEFT JOIN affiliate a ON a.id = m.affiliate_id
 WHERE CASE WHEN %(slug)s <> '' THEN a.slug = %(slug)s
            ELSE m.role <> 'affiliate' OR p.password_hash IS NULL
              OR EXISTS (SELECT 1 FROM totp t WHERE t.person_id = p.id AND t.confirmed_at IS NOT NULL)
              OR EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = p.id) END
 GROUP BY p.id ORDER BY bool_or(m.role = 'affiliate'), p.name, p.id LIMIT %(most)s"""


@get("/setup/people", sync_to_thread=True)
def people(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Everybody who works here, and those of affiliates who have no password yet."""
    return show(request, "console/setup_people.html", _page(request, work))


class PersonFields(FormFields):
    """Somebody, by number."""

    person: Annotated[int | None, whole(digits=18)] = None


@post("/setup/people/invitation", sync_to_thread=True, opt={"proof": FRESH})
def invite_person(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Make a link by which somebody chooses a password: mailed to them, and shown this once."""
    who = work.row(_PERSON, id=form.into(PersonFields).person)
    if who is None:
        raise NotFound("person")
    reference = new_id()
    token = identity.invite(work, who.id, reference=reference)
    mailed = _mail(request, work, who, reference)
    page = _page(request, work)
    page.link = f"{app_context_of(request).settings.public_url}/invitation?token={token}"
    page.link_name = who.name
    page.mailed_to = who.email if mailed else ""
    return show(request, "console/setup_people.html", page)


class EndedSessions(Document):
    """Why sessions are ended."""

    reason: Reason


def _end_sessions(work: Work, body: EndedSessions, *, person: int) -> Told:
    """Sign somebody out everywhere, at once. They may sign in again, and a mail tells them why."""
    ended = identity.end_sessions_for(work, person, reason=body.reason)
    if not ended:
        return Told("They are signed in nowhere.", outcome="nothing_to_do")
    return Told("They are signed out everywhere. A mail tells them.")


def _end_all_sessions(work: Work, body: EndedSessions) -> Told:
    """Sign everybody out everywhere, at once, but whoever does it. They may sign in again, and a mail
    tells each of them why."""
    people = identity.end_everybodys_sessions(work, reason=body.reason)
    if not people:
        return Told("Nobody else is signed in.", outcome="nothing_to_do")
    return Told(
        "One person is signed out everywhere. A mail tells them.",
        {"n": people},
        many="{n} people are signed out everywhere. A mail tells them.",
    )


END_SESSIONS = Command(
    name="end_sessions",
    path="/people/{person:int}/sessions/end",
    page="/setup/people/{person:int}/sessions/end",
    proof=FRESH,
    do=_end_sessions,
    body=EndedSessions,
    example={"reason": "Their laptop was stolen."},
    scope="staff:write",
    roles=ADMIN,
    tag="People",
)

END_ALL_SESSIONS = Command(
    name="end_all_sessions",
    path="/sessions/end",
    page="/setup/people/sessions/end",
    proof=FRESH,
    do=_end_all_sessions,
    body=EndedSessions,
    example={"reason": "A password list with our addresses was found."},
    scope="staff:write",
    roles=ADMIN,
    tag="People",
)


class LostSecondFactor(Document):
    """Why a colleague's second factor is removed."""

    reason: Reason


@post(
    "/setup/people/{person:int}/second-factor/removal",
    sync_to_thread=True,
    opt={"proof": FRESH},
)
def remove_second_factor(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    person: FromPath[int],
) -> HttpResponse:
    """Remove what somebody has lost: their password is enough until they set up another."""

    def do() -> None:
        reason = form.body(LostSecondFactor).reason
        identity.take_second_factors_away(work, person, reason=reason)

    said = (
        "Their second factor is removed, and every session of theirs has ended. A mail tells them."
    )
    return PEOPLE.do(request, work, do, said, form)


_PERSON = """
SELECT p.id, p.name, p.email, coalesce(p.locale, min(a.locale), 'en') AS locale,
       coalesce(min(a.name), '') AS affiliate
  FROM person p
  JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
  LEFT JOIN affiliate a ON a.id = m.affiliate_id
 WHERE p.id = %(id)s GROUP BY p.id"""


def _mail(request: HttpRequest, work: Work, who: Any, reference: UUID) -> bool:
    """Write to them, where the company sends mail; whether something goes out."""
    sender = mail.read_settings(work)
    if sender is None:
        return False
    actor = str(work.actor)
    queued = mail.queue(
        work,
        "staff_invitation",
        to=mail.Recipient(who.email, who.name, who.locale, who.id),
        subject=reference,
        context=mail.Invitation(
            name=who.name,
            company=sender.sender_name,
            invited_by=names_of(work, language_of(request), [actor]).get(actor, sender.sender_name),
            reference=reference,
            expires_at=work.now() + identity.INVITATION_VALID_FOR,
            affiliate=who.affiliate,
        ),
    )
    return queued and work.tools.smtp is not None


class Invitable(msgspec.Struct, frozen=True):
    """Somebody of an affiliate, as its page offers to invite them."""

    id: int
    name: str
    email: str
    has_password: bool


def of_affiliate(work: Work, slug: str) -> list[Invitable]:
    """Those who sign in for an affiliate, by name."""
    rows = work.rows(
        """SELECT p.id, p.name, p.email, p.password_hash IS NOT NULL AS has_password
             FROM affiliate a JOIN membership m ON m.affiliate_id = a.id AND m.revoked_at IS NULL
             JOIN person p ON p.id = m.person_id
            WHERE a.slug = %(slug)s ORDER BY p.name, p.id""",
        slug=slug,
    )
    return [Invitable(*row) for row in rows]


def _page(request: HttpRequest, work: Work) -> PeoplePage:
    language = language_of(request)

    def called(role: str) -> str:
        return language.text(CHOICES.get(role, role))

    slug = request.query_params.get("affiliate", "")
    now = work.now()
    rows = work.rows(
        _PEOPLE, now=now, idle=now - identity.IDLE, slug=slug.replace("\0", ""), most=PEOPLE_MAX
    )
    return PeoplePage(
        **layout_of(request, work, "setup"),
        affiliate=next((row.works_for for row in rows), "") if slug else "",
        people=[
            _row(row, [called(role) for role in identity.ROLES if role in row.roles])
            for row in rows
        ],
        columns=[
            (language.text("What"), "text"),
            *((called(role), "text") for role in identity.STAFF),
        ],
        rights=[
            (language.text(what), [role in roles or role == "admin" for role in identity.STAFF])
            for what, roles in _RIGHTS
        ],
    )


def _row(row: Any, roles: list[str]) -> PersonRow:
    is_staff = not row.works_for
    return PersonRow(
        id=row.id,
        name=row.name,
        email=row.email,
        works_for=row.works_for,
        roles=roles if is_staff else [],
        signed_in_at=row.signed_in_at,
        invited_until=row.invited_until,
        has_password=row.has_password,
        has_second_factor=row.has_second_factor,
        sessions=row.sessions,
        url=f"/console/setup/staff/edit?{urlencode({'key': row.email.lower()})}"
        if is_staff
        else "",
    )


PEOPLE = Screen("console/setup_people.html", _page, "/console/setup/people")

commands = [END_SESSIONS, END_ALL_SESSIONS]

routes = [
    people,
    invite_person,
    remove_second_factor,
    form_route(END_SESSIONS, lambda person: PEOPLE),
    form_route(END_ALL_SESSIONS, lambda: PEOPLE),
]
