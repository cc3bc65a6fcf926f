"""Signing in and out, and which affiliate somebody speaks for."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from mainstem.identity import (
    SignInRefused,
    TooManyAttempts,
    sign_out,
)
from mainstem.kit.work import CLIENT, Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.guards import identity_of
from mainstem.web.pages.entering import (
    Onward,
    OnwardFields,
    enter,
    go_on,
    home_of,
    onward_of,
    retry_headers,
)
from mainstem.web.pages.language import YEAR_SECONDS
from mainstem.web.rendering import (
    language_of,
    local_path,
    redirect,
    render,
    set_cookie,
    words,
)
from mainstem.web.works import in_work

Page = Response[bytes]


class SignInPage(msgspec.Struct, frozen=True):
    """What the sign-in page shows; `error` is what was wrong with the last try."""

    onward: Onward
    email: str = ""
    error: str = ""
    here: str = "/sign-in"


class Affiliation(msgspec.Struct, frozen=True):
    """An affiliate somebody may act for."""

    id: int
    name: str


class ChoicePage(msgspec.Struct, frozen=True):
    """What the page shows on which somebody says for whom they act."""

    affiliates: list[Affiliation]
    next: str


@get("/sign-in")
async def sign_in_page(request: Request[Any, Any, Any]) -> Page:
    """The sign-in page; who is signed in already goes on."""
    onward = onward_of(request)
    identity = await identity_of(request)
    if identity is not None:
        return redirect(request, onward.next or home_of(identity))
    return render(request, "pages/sign_in.html", SignInPage(onward))


class SignInFields(OnwardFields):
    """Who somebody is, and where they were going. The password is read as it was typed."""

    email: str = ""


class ChoiceFields(FormFields):
    """For whom somebody acts, and where they were going."""

    affiliate: Annotated[int | None, whole(digits=18)] = None
    next: str = ""


@post("/sign-in")
async def sign_in_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Sign in, or say that the two do not go together."""
    sent = form.into(SignInFields)
    try:
        entered = await enter(request, sent.email, form.raw("password"))
    except (SignInRefused, TooManyAttempts) as no:
        page = SignInPage(sent.onward, email=sent.email, error=words(language_of(request), no))
        return render(
            request, "pages/sign_in.html", page, status=no.status, headers=retry_headers(no)
        )
    return await go_on(request, entered, sent.onward)


@post("/sign-out")
async def sign_out_form(request: Request[Any, Any, Any]) -> Page:
    """End this session, here and on the server."""
    app_context = app_context_of(request)
    token = request.cookies.get(app_context.cookie_name("session"))
    if token:
        await in_work(request, CLIENT, lambda work: sign_out(work, token), clock=app_context.clock)
    for name in ("session", "affiliate", "csrf"):
        set_cookie(request, name, "")
    return redirect(request, "/", notice=language_of(request).text("You are signed out."))


@get("/choose")
async def choice_page(request: Request[Any, Any, Any]) -> Page:
    """For whom do they act?"""
    identity = await identity_of(request)
    if identity is None:
        return redirect(request, "/sign-in?next=/choose")
    mine = list(identity.affiliate_ids)

    def look(work: Work) -> list[Affiliation]:
        rows = work.rows(
            "SELECT id, name FROM affiliate WHERE id = ANY(%(mine)s) ORDER BY name", mine=mine
        )
        return [Affiliation(row.id, row.name) for row in rows]

    wanted = local_path(request.query_params.get("next", ""), "/portal")
    page = ChoicePage(await in_work(request, CLIENT, look), next=wanted)
    return render(request, "pages/choose.html", page)


@post("/choose")
async def choice_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Remember it in this browser. The guard checks at every request that it is theirs."""
    sent = form.into(ChoiceFields)
    chosen = sent.affiliate
    set_cookie(request, "affiliate", "" if chosen is None else str(chosen), seconds=YEAR_SECONDS)
    return redirect(request, local_path(sent.next, "/portal"))


routes = [
    sign_in_page,
    sign_in_form,
    sign_out_form,
    choice_page,
    choice_form,
]
