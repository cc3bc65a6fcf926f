"""The application's own pages: front, sign-in, set-up, choice of affiliate, language, health."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from mainstem.identity import (
    SESSION_MAX,
    Identity,
    Session,
    SignInRefused,
    TooManyAttempts,
    has_staff,
    set_up,
    sign_in,
    sign_out,
    who,
)
from mainstem.kit import paging
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.locale import LOCALES
from mainstem.kit.paging import SortColumn, Sorting
from mainstem.kit.work import CLIENT, SYSTEM, Work
from mainstem.web import listing
from mainstem.web.context import Busy, Connection, app_context_of, network_address
from mainstem.web.forms import Form, field_errors, whole_number
from mainstem.web.guards import identity_of
from mainstem.web.health import is_current
from mainstem.web.listing import Listing
from mainstem.web.rendering import (
    language_of,
    local_path,
    locale_of,
    redirect,
    render,
    set_cookie,
    words,
)
from mainstem.web.works import in_work

T = TypeVar("T")
Page = Response[bytes]
SIGN_INS_WAITING_MAX = 40
_YEAR = 365 * 24 * 3600


class Shop(msgspec.Struct, frozen=True):
    """A storefront on the front page."""

    name: str
    url: str
    lead: str


class FrontPage(msgspec.Struct, frozen=True):
    """What the front page shows."""

    shops: list[Shop]
    listing: Listing
    needs_setup: bool


class SignInPage(msgspec.Struct, frozen=True):
    """What the sign-in page shows; `error` is what was wrong with the last try."""

    next: str
    email: str = ""
    error: str = ""
    here: str = "/sign-in"


class SetupPage(msgspec.Struct, frozen=True):
    """What the set-up page shows; errors are (field, text)."""

    token: str
    name: str = ""
    email: str = ""
    refused: str = ""
    errors: dict[str, str] = {}
    here: str = "/setup"


class Affiliation(msgspec.Struct, frozen=True):
    """An affiliate somebody may act for."""

    id: int
    name: str


class ChoicePage(msgspec.Struct, frozen=True):
    """What the page shows on which somebody says for whom they act."""

    affiliates: list[Affiliation]
    next: str


SHOPS_MAX = 24
"""Storefronts on one page of the front page."""
_SHOPS = """SELECT id, slug, name, locales, texts FROM storefront WHERE active {seek} {sorted}"""
_BY_OPENED = Sorting("opened", (SortColumn("id", "id", int),), descending=False)


@get("/")
async def front(request: Request[Any, Any, Any]) -> Page:
    """The front page: the storefronts, page by page, and sign-in for affiliates and staff."""
    locale = locale_of(request)
    cursor = listing.cursor_of(request)

    def look(work: Work) -> FrontPage:
        found = paging.read(work, _SHOPS, _BY_OPENED, cursor=cursor, most=SHOPS_MAX)
        shops = []
        for row in found.rows:
            texts = row.texts.get(locale) or row.texts.get(row.locales[0]) or {}
            shops.append(Shop(row.name, f"/s/{row.slug}", str(texts.get("tagline", ""))))
        return FrontPage(shops, listing.build("/", found), needs_setup=not has_staff(work))

    return render(request, "pages/front.html", await in_work(request, CLIENT, look))


@get("/sign-in")
async def sign_in_page(request: Request[Any, Any, Any]) -> Page:
    """The sign-in page; who is signed in already goes on."""
    wanted = local_path(request.query_params.get("next", ""), "")
    identity = await identity_of(request)
    if identity is not None:
        return redirect(request, wanted or home_of(identity))
    return render(request, "pages/sign_in.html", SignInPage(next=wanted))


@post("/sign-in")
async def sign_in_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Sign in, or say that the two do not go together."""
    app_context, wanted = app_context_of(request), local_path(form["next"], "")
    replaces = request.cookies.get(app_context.cookie_name("session"))

    def enter() -> Session:
        return sign_in(
            app_context.database,
            email=form["email"],
            password=form.raw("password"),
            address=network_address(request) or "unknown",
            agent=request.headers.get("user-agent", ""),
            replaces=replaces,
            clock=app_context.clock,
        )

    try:
        session = await _in_the_sign_in_pool(request, enter)
    except (SignInRefused, TooManyAttempts) as no:
        page = SignInPage(next=wanted, email=form["email"], error=words(language_of(request), no))
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


@get("/setup")
async def setup_page(request: Request[Any, Any, Any]) -> Page:
    """The set-up page, while there is no staff."""
    if await in_work(request, CLIENT, has_staff):
        raise NotFound("page")
    return render(request, "pages/setup.html", SetupPage(request.query_params.get("token", "")))


@post("/setup")
async def setup_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Make the first admin and send them to the sign-in page."""
    app_context, language = app_context_of(request), language_of(request)
    if await in_work(request, CLIENT, has_staff):
        raise NotFound("page")

    def begin() -> int:
        return set_up(
            app_context.database,
            token=form["token"],
            name=form["name"],
            email=form["email"],
            password=form.raw("password"),
            locale=language.locale,
            clock=app_context.clock,
        )

    try:
        await _in_the_sign_in_pool(request, begin)
    except Refused as no:
        errors = field_errors(no.problems)
        page = SetupPage(
            token=form["token"],
            name=form["name"],
            email=form["email"],
            refused="" if errors else words(language, no),
            errors={name: words(language, problem) for name, problem in errors.items()},
        )
        return render(request, "pages/setup.html", page, status=no.status)
    notice = language.text("Your company is set up. Sign in to begin.")
    return redirect(request, "/sign-in", notice=notice)


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
    chosen = whole_number(form["affiliate"], digits=18)
    set_cookie(request, "affiliate", "" if chosen is None else str(chosen), seconds=_YEAR)
    return redirect(request, local_path(form["next"], "/portal"))


@post("/language")
async def language_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Read on in another language."""
    if form["lang"] in LOCALES:
        set_cookie(request, "lang", form["lang"], seconds=_YEAR, plain=True)
    return redirect(request, local_path(form["next"]))


@get("/health/live")
async def live() -> dict[str, str]:
    """Whether this process answers."""
    return {"status": "alive"}


@get("/health/ready")
async def ready(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Whether it may get traffic: a page would get its place, and the database answers with the
    schema of this version."""
    looking = asyncio.ensure_future(in_work(request, SYSTEM, is_current))
    # Its failure may come when nobody waits for it any more.
    looking.add_done_callback(lambda done: done.cancelled() or done.exception())
    try:
        # Who stops waiting does not stop the thread: the place is free when the connection is.
        is_ready = await asyncio.wait_for(asyncio.shield(looking), 3)
    except Exception as error:
        return Response({"status": "not ready", "why": type(error).__name__}, status_code=503)
    if not is_ready:
        return Response({"status": "not ready", "why": "migrations"}, status_code=503)
    return Response({"status": "ready"})


def home_of(identity: Identity) -> str:
    """Where somebody begins."""
    if identity.may("finance"):
        return "/console"
    if identity.is_staff:
        return "/desk"
    return "/portal" if identity.affiliate_ids else "/"


async def _in_the_sign_in_pool(connection: Connection, do: Callable[[], T]) -> T:
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


routes = [
    front,
    sign_in_page,
    sign_in_form,
    sign_out_form,
    setup_page,
    setup_form,
    choice_page,
    choice_form,
    language_form,
    live,
    ready,
]
