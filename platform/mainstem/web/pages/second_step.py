"""The second step of signing in: a code of the app, a passkey, or a recovery code.

Whoever is here has no session. A cookie of ten minutes opens these pages and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

import msgspec
from litestar import Response, get, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from mainstem.identity import (
    Browser,
    SecondFactors,
    Session,
    SignInOver,
    finish_with_code,
    finish_with_passkey,
    finish_with_recovery_code,
    pending_factors,
    pending_passkey_options,
    relying_party,
)
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import CLIENT, Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form
from mainstem.web.pages.entering import (
    PENDING,
    HttpRequest,
    Onward,
    OnwardFields,
    Page,
    browser_of,
    let_in,
    onward_of,
    retry_headers,
)
from mainstem.web.rendering import language_of, redirect, render, set_cookie, words
from mainstem.web.works import in_work

T = TypeVar("T")


class SecondStepPage(msgspec.Struct, frozen=True):
    """What somebody may prove themselves with."""

    onward: Onward
    has_totp: bool
    has_passkey: bool
    has_recovery_codes: bool
    passkey_origin: str
    error: str = ""
    errors: dict[str, str] = {}
    here: str = "/sign-in/second-step"


class CodeFields(OnwardFields):
    """A code of the app, and where they were going."""

    code: str = ""


class RecoveryFields(OnwardFields):
    """A recovery code, and where they were going."""

    recovery: str = ""


class PasskeyFields(OnwardFields):
    """What a passkey has signed, as the browser gives it, and where they were going."""

    credential: str = ""


@get("/sign-in/second-step")
async def second_step_page(request: HttpRequest) -> Page:
    """The second step, for whoever has taken the first."""
    onward = onward_of(request)
    try:
        return _page(request, onward, await _factors(request))
    except SignInOver as no:
        return _begin_again(request, onward, no)


@post("/sign-in/second-step")
async def code_form(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Come in by a code of the app."""
    sent = form.into(CodeFields)
    return await _finish(request, sent.onward, finish_with_code, sent.code)


@post("/sign-in/second-step/recovery")
async def recovery_form(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Come in by a recovery code, which is used with that."""
    sent = form.into(RecoveryFields)
    return await _finish(request, sent.onward, finish_with_recovery_code, sent.recovery)


@post("/sign-in/second-step/passkey/options", status_code=200)
async def passkey_options(request: HttpRequest) -> Response[bytes]:
    """What the browser is to sign, as JSON."""
    options = await _in_work(request, lambda work: pending_passkey_options(work, _token(request)))
    return Response(options.encode(), media_type="application/json")


@post("/sign-in/second-step/passkey")
async def passkey_form(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Come in by what a passkey has signed."""
    sent = form.into(PasskeyFields)
    return await _finish(request, sent.onward, finish_with_passkey, sent.credential)


class Finish(Protocol):
    """The second step by one factor: what was given, and the session it opens."""

    def __call__(
        self, database: Database, token: str, given: str, browser: Browser, /, *, clock: Clock
    ) -> Session: ...


async def _finish(request: HttpRequest, onward: Onward, finish: Finish, given: str) -> Page:
    database, clock = app_context_of(request).database, app_context_of(request).clock
    token, browser = _token(request), browser_of(request)
    try:
        session = await sync_to_thread(lambda: finish(database, token, given, browser, clock=clock))
    except SignInOver as no:
        return _begin_again(request, onward, no)
    except Refused as no:
        try:
            return _page(request, onward, await _factors(request), no)
        except SignInOver as over:
            return _begin_again(request, onward, over)
    return await let_in(request, session, onward)


def _begin_again(request: HttpRequest, onward: Onward, no: SignInOver) -> Page:
    set_cookie(request, PENDING, "")
    said = words(language_of(request), no)
    return redirect(request, f"/sign-in{onward.query}", notice=said, tone="wait")


def _page(
    request: HttpRequest, onward: Onward, has: SecondFactors, no: Refused | None = None
) -> Page:
    language = language_of(request)
    page = SecondStepPage(
        onward,
        has_totp=has.totp_since is not None,
        has_passkey=bool(has.passkeys),
        has_recovery_codes=has.recovery_codes > 0,
        passkey_origin=relying_party(app_context_of(request).settings.public_url).origin,
        error=words(language, no) if no and not no.problems else "",
        errors={one.pointer.strip("/"): words(language, one) for one in no.problems} if no else {},
    )
    status = no.status if no else 200
    headers = retry_headers(no) if no else {}
    return render(request, "pages/second_step.html", page, status=status, headers=headers)


async def _factors(request: HttpRequest) -> SecondFactors:
    return await _in_work(request, lambda work: pending_factors(work, _token(request)))


async def _in_work(request: HttpRequest, do: Callable[[Work], T]) -> T:
    return await in_work(request, CLIENT, do, clock=app_context_of(request).clock)


def _token(request: HttpRequest) -> str:
    return request.cookies.get(app_context_of(request).cookie_name(PENDING), "")


routes = [second_step_page, code_form, recovery_form, passkey_options, passkey_form]
