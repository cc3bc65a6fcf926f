"""Whom we have asked to apply: a link by mail that opens the application filled in."""

from __future__ import annotations

from typing import Literal

from litestar import get
from litestar.di import NamedDependency
from pydantic import Field

from mainstem import joining
from mainstem.joining import InvitationRow
from mainstem.kit.documents import Document, Email, Name, Slug
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.listing import Listing
from mainstem.web.rendering import LANGUAGE_NAMES, language_of
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY, HttpRequest, HttpResponse, Page, layout_of
from mainstem.web.staff.screen import Screen


class InvitationsPage(Page, kw_only=True):
    """Whom we have asked to apply, and the form for one more."""

    rows: list[InvitationRow]
    listing: Listing
    languages_of_ours: list[tuple[str, str]]
    locale: str


class InvitationBody(Document):
    """Whom to ask."""

    email: Email = Field(title="E-mail")
    name: Name = Field(title="Name")
    locale: Literal["en", "sv"] = Field(
        title="Language", description="In which the mail is written."
    )
    sponsor: Slug | Literal[""] = Field(
        "", title="Sponsor", description="An affiliate's name in addresses; empty: none."
    )


def _invite(work: Work, body: InvitationBody) -> Told:
    """Ask somebody to apply, by a mail with a link that opens the application filled in. They still agree
    to the terms, and you still decide."""
    joining.ask_to_apply(
        work, email=body.email, name=body.name, locale=body.locale, sponsor=body.sponsor
    )
    return Told("{email} is asked to apply.", {"email": body.email})


INVITE = Command(
    name="invite_to_apply", path="/invitations", page="/applications/invitations", do=_invite,
    body=InvitationBody,
    example={"email": "maja@example.com", "name": "Maja Ek", "locale": "sv", "sponsor": ""},
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip


@get("/applications/invitations", sync_to_thread=True)
def invitations(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Whom we have asked to apply."""
    return INVITATIONS.show(request, work)


def _invitations(request: HttpRequest, work: Work) -> InvitationsPage:
    found = joining.invitations(work, cursor=listing.cursor_of(request))
    return InvitationsPage(
        **layout_of(request, work, "affiliates"),
        rows=found.rows,
        listing=listing.build("/console/applications/invitations", found),
        languages_of_ours=list(LANGUAGE_NAMES.items()),
        locale=language_of(request).locale,
    )


INVITATIONS = Screen("console/invitations.html", _invitations, "/console/applications/invitations")
commands = [INVITE]
routes = [invitations, form_route(INVITE, lambda: INVITATIONS)]
