"""An authenticator app: its secret as a picture and as text, and the first code that confirms it."""

from __future__ import annotations

import msgspec
import segno
from litestar import get, post
from litestar.di import NamedDependency
from markupsafe import Markup

from mainstem.identity import (
    WrongCode,
    add_totp,
    begin_totp,
    begun_totp,
    remove_totp,
    totp_uri,
)
from mainstem.web.brand import brand_of
from mainstem.web.forms import Form
from mainstem.web.pages.account.around import HOME, after_adding, in_my_work, reader_of
from mainstem.web.pages.entering import HttpRequest, Onward, OnwardFields, Page, onward_of
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of, redirect, render, words

URL = "/account/authenticator"


class AuthenticatorPage(msgspec.Struct, frozen=True):
    """The secret of an app, to be read by a camera or typed, and the field for its first code."""

    qr: str
    secret: str
    onward: Onward
    error: str = ""
    here: str = URL


class CodeFields(OnwardFields):
    """The first code of the app, and where they were going."""

    code: str = ""


@post("/authenticator", opt={"proof": FRESH})
async def begin(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Make a secret and show it."""
    person_id = reader_of(request).person_id
    await in_my_work(request, lambda work: begin_totp(work, person_id))
    return redirect(request, URL + form.into(OnwardFields).onward.query)


@get("/authenticator", opt={"proof": FRESH})
async def authenticator(request: HttpRequest) -> Page:
    """The secret that was begun with."""
    return await _page(request, onward_of(request))


@post("/authenticator/confirmation", opt={"proof": FRESH})
async def confirm(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Take the app into use, by its first code."""
    reader, sent = reader_of(request), form.into(CodeFields)
    try:
        added = await in_my_work(
            request,
            lambda work: add_totp(work, reader.person_id, reader.session_id, sent.code),
        )
    except WrongCode as no:
        return await _page(request, sent.onward, no)
    said = "Your authenticator app is set up."
    return await after_adding(request, added, sent.onward, said)


@post("/authenticator/removal", opt={"proof": FRESH})
async def remove(request: HttpRequest) -> Page:
    """Ask for its codes no more."""
    person_id = reader_of(request).person_id
    await in_my_work(request, lambda work: remove_totp(work, person_id))
    said = language_of(request).text("The authenticator app is removed.")
    return redirect(request, HOME, notice=said)


async def _page(request: HttpRequest, onward: Onward, no: WrongCode | None = None) -> Page:
    reader = reader_of(request)
    secret = await in_my_work(request, lambda work: begun_totp(work, reader.person_id))
    if secret is None:
        return redirect(request, HOME)
    uri = totp_uri(secret, email=reader.email, company=brand_of(request).name)
    page = AuthenticatorPage(
        qr=_drawn(uri),
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        onward=onward,
        error=words(language_of(request), no.problems[0]) if no else "",
    )
    status = no.status if no else 200
    return render(request, "pages/account_authenticator.html", page, status=status)


def _drawn(uri: str) -> Markup:
    """The QR code, black on white in the dark too: cameras want it so."""
    drawn = segno.make(uri, error="m", micro=False).svg_inline(
        omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return Markup(drawn)  # noqa: S704  drawn by us, of an address that is escaped in it as dots


routes = [begin, authenticator, confirm, remove]
