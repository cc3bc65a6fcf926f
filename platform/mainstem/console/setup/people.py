"""Those who sign in: when they did last, and what each may open."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem import identity
from mainstem.console.setup.words import CHOICES
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
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
    show,
)
from mainstem.web.staff.screen import Screen

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
    return show(request, "console/setup_people.html", people_page(request, work))


def people_page(request: HttpRequest, work: Work) -> PeoplePage:
    """Those who sign in, or those of one affiliate, ready to be drawn."""
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


PEOPLE = Screen("console/setup_people.html", people_page, "/console/setup/people")
routes = [people]
