"""Signing in and out, and which affiliate somebody speaks for."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from mainstem.identity import (
    SESSION_MAX,
    Identity,
    Session,
    SignInRefused,
    TooManyAttempts,
    sign_in,
    sign_out,
    who,
)
from mainstem.kit.work import CLIENT, Work
from mainstem.web.context import Busy, Connection, app_context_of, network_address
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.guards import identity_of
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

T = TypeVar("T")

SIGN_INS_WAITING_MAX = 40


class SignInPage(msgspec.Struct, frozen=True):
    """What the sign-in page shows; `error` is what was wrong with the last try."""

    next: str
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
    wanted = local_path(request.query_params.get("next", ""), "")
    identity = await identity_of(request)
    if identity is not None:
        return redirect(request, wanted or home_of(identity))
    return render(request, "pages/sign_in.html", SignInPage(next=wanted))


class SignInFields(FormFields):
    """Who somebody is, and where they were going. The password is read as it was typed."""

    email: str = ""
    next: str = ""


class ChoiceFields(FormFields):
    """For whom somebody acts, and where they were going."""

    affiliate: Annotated[int | None, whole(digits=18)] = None
    next: str = ""


@post("/sign-in")
async def sign_in_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Sign in, or say that the two do not go together."""
    app_context, sent = app_context_of(request), form.into(SignInFields)
    wanted = local_path(sent.next, "")
    replaces = request.cookies.get(app_context.cookie_name("session"))

    def enter() -> Session:
        return sign_in(
            app_context.database,
            email=sent.email,
            password=form.raw("password"),
            address=network_address(request) or "unknown",
            agent=request.headers.get("user-agent", ""),
            replaces=replaces,
            clock=app_context.clock,
        )

    try:
        session = await in_the_sign_in_pool(request, enter)
    except (SignInRefused, TooManyAttempts) as no:
        page = SignInPage(next=wanted, email=sent.email, error=words(language_of(request), no))
        retry_after = getattr(no, "retry_after", None)
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        return render(request, "pages/sign_in.html", page, status=no.status, headers=headers)
    set_cookie(request, "session", session.token, seconds=int(SESSION_MAX.total_seconds()))
    identity = await in_work(
        request, CLIENT, lambda work: who(work, session.token), clock=app_context.clock
    )
    assert identity is not None, "the session was opened a moment ago"
    return redirect(request, wanted or home_of(identity))


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


def home_of(identity: Identity) -> str:
    """Where somebody begins."""
    if identity.may("finance"):
        return "/console"
    if identity.is_staff:
        return "/desk"
    return "/portal" if identity.affiliate_ids else "/"


async def in_the_sign_in_pool(connection: Connection, do: Callable[[], T]) -> T:
    """Check a password away from everybody else's threads; Busy when a crowd is waiting."""
    app_context = app_context_of(connection)
    if len(app_context.sign_ins_waiting) >= SIGN_INS_WAITING_MAX:
        raise Busy
    app_context.sign_ins_waiting.append(None)
    try:
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(app_context.sign_in_pool, lambda: context.run(do))
    finally:
        app_context.sign_ins_waiting.pop()


routes = [sign_in_page, sign_in_form, sign_out_form, choice_page, choice_form]
