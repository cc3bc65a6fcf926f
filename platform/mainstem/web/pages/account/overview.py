"""One page shows all of an account: what it is signed in to with, and where."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get

from mainstem.identity import (
    OpenSession,
    Passkey,
    SecondFactors,
    device_of,
    relying_party,
    second_factors_of,
    sessions_of,
)
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.guards import cannot_do_without
from mainstem.web.pages.account.around import HOME, in_my_work, reader_of
from mainstem.web.pages.entering import HttpRequest, Onward, Page, home_of, onward_of
from mainstem.web.rendering import language_of, render


class SessionRow(msgspec.Struct, frozen=True):
    """Where somebody is signed in."""

    id: int
    device: str
    place: str
    created_at: datetime
    seen_at: datetime
    is_here: bool


class AccountPage(msgspec.Struct, frozen=True):
    """All that there is to an account."""

    name: str
    email: str
    home_url: str
    onward: Onward
    is_needed: bool
    """Whether the page that they wanted asks for a second factor first."""
    is_required: bool
    """Whether their role cannot do without one."""
    totp_since: datetime | None
    passkeys: list[Passkey]
    recovery_codes: int
    passkey_origin: str
    sessions: list[SessionRow]
    here: str = HOME


@get("/")
async def account(request: HttpRequest) -> Page:
    """The account of whoever is signed in."""
    reader, language = reader_of(request), language_of(request)

    def look(work: Work) -> tuple[SecondFactors, list[OpenSession]]:
        return second_factors_of(work, reader.person_id), sessions_of(work, reader.person_id)

    has, sessions = await in_my_work(request, look)
    page = AccountPage(
        name=reader.name,
        email=reader.email,
        home_url=home_of(reader),
        onward=onward_of(request),
        is_needed=request.query_params.get("needed") == "yes" and not has.any,
        is_required=cannot_do_without(request, reader),
        totp_since=has.totp_since,
        passkeys=has.passkeys,
        recovery_codes=has.recovery_codes,
        passkey_origin=relying_party(app_context_of(request).settings.public_url).origin,
        sessions=[_row(language, one, reader.session_id) for one in sessions],
    )
    return render(request, "pages/account.html", page)


def _row(language: Language, one: OpenSession, here: int) -> SessionRow:
    return SessionRow(
        id=one.id,
        device=device_in_words(language, one.agent),
        place=one.address,
        created_at=one.created_at,
        seen_at=one.seen_at,
        is_here=one.id == here,
    )


def device_in_words(language: Language, agent: str) -> str:
    """What a browser says that it is, as people call it."""
    device = device_of(agent)
    if device.browser and device.system:
        said = language.text("%(browser)s on %(system)s")
        return said % {"browser": device.browser, "system": device.system}
    return device.browser or device.system or language.text("A browser that does not say which")


routes = [account]
