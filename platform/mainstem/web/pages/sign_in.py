"""Signing in and out, signing in once more, and which affiliate somebody speaks for."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from mainstem.identity import (
    PendingSignIn,
    Session,
    SignInRefused,
    TooManyAttempts,
    sign_in,
    sign_out,
)
from mainstem.kit.work import CLIENT, Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.guards import identity_of
from mainstem.web.pages.entering import (
    Onward,
    OnwardFields,
    browser_of,
    home_of,
    in_the_sign_in_pool,
    let_in,
    onward_of,
    retry_headers,
    to_second_step,
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


class AgainPage(msgspec.Struct, frozen=True):
    """What the page shows on which somebody proves once more who they are."""

    onward: Onward
    name: str
    email: str
    error: str = ""
    here: str = "/sign-in/again"


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
        entered = await _enter(request, sent.email, form.raw("password"))
    except (SignInRefused, TooManyAttempts) as no:
        page = SignInPage(sent.onward, email=sent.email, error=words(language_of(request), no))
        return render(
            request, "pages/sign_in.html", page, status=no.status, headers=retry_headers(no)
        )
    return await _on(request, entered, sent.onward)


@get("/sign-in/again")
async def again_page(request: Request[Any, Any, Any]) -> Page:
    """Prove once more who is there, before something that hurts."""
    onward = onward_of(request)
    identity = await identity_of(request)
    if identity is None:
        return redirect(request, f"/sign-in{onward.query}")
    page = AgainPage(onward, identity.name, identity.email)
    return render(request, "pages/sign_in_again.html", page)


@post("/sign-in/again")
async def again_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """The same person signs in anew: another session takes the place of the one they had."""
    onward = form.into(OnwardFields).onward
    identity = await identity_of(request)
    if identity is None:
        return redirect(request, f"/sign-in{onward.query}")
    try:
        entered = await _enter(request, identity.email, form.raw("password"))
    except (SignInRefused, TooManyAttempts) as no:
        said = "This is not your password." if isinstance(no, SignInRefused) else ""
        error = language_of(request).text(said) or words(language_of(request), no)
        page = AgainPage(onward, identity.name, identity.email, error)
        return render(
            request, "pages/sign_in_again.html", page, status=no.status, headers=retry_headers(no)
        )
    return await _on(request, entered, onward)


async def _enter(
    request: Request[Any, Any, Any], email: str, password: str
) -> Session | PendingSignIn:
    app_context, browser = app_context_of(request), browser_of(request)

    def enter() -> Session | PendingSignIn:
        return sign_in(
            app_context.database,
            email=email,
            password=password,
            address=browser.address,
            agent=browser.agent,
            device=browser.device,
            replaces=browser.replaces,
            clock=app_context.clock,
        )

    return await in_the_sign_in_pool(request, enter)


async def _on(
    request: Request[Any, Any, Any], entered: Session | PendingSignIn, onward: Onward
) -> Page:
    if isinstance(entered, PendingSignIn):
        return to_second_step(request, entered, onward)
    return await let_in(request, entered, onward)


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
    again_page,
    again_form,
    sign_out_form,
    choice_page,
    choice_form,
]
