"""Coming in: what the browser is, which cookies it gets, and where somebody goes on to."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response

from mainstem.identity import (
    PENDING_FOR,
    SESSION_MAX,
    Browser,
    Identity,
    PendingSignIn,
    Session,
    sign_in,
    who,
)
from mainstem.kit.work import CLIENT
from mainstem.web.context import Busy, Connection, app_context_of, network_address
from mainstem.web.forms import FormFields
from mainstem.web.rendering import language_of, local_path, redirect, set_cookie
from mainstem.web.works import in_work

T = TypeVar("T")
HttpRequest = Request[Any, Any, Any]
Page = Response[bytes]

SIGN_INS_WAITING_MAX = 40
DEVICE_SECONDS = 400 * 24 * 3600
"""As long as browsers keep any cookie."""
PENDING, DEVICE = "second-step", "device"
PRESS_AGAIN = "You are signed in again. Nothing was done yet: press the button once more."


class Onward(msgspec.Struct, frozen=True):
    """Where somebody goes on to; `pressed` when it was a button that asked for a fresh sign-in."""

    next: str = ""
    pressed: str = ""

    @property
    def query(self) -> str:
        """The same for an address, with its question mark; empty for nowhere in particular."""
        said = {
            name: value for name, value in (("next", self.next), ("pressed", self.pressed)) if value
        }
        return f"?{urlencode(said)}" if said else ""


class OnwardFields(FormFields):
    """Where they were going."""

    next: str = ""
    pressed: str = ""

    @property
    def onward(self) -> Onward:
        """The same, with nothing in it that leads elsewhere."""
        return _onward(self.next, self.pressed)


def onward_of(request: HttpRequest) -> Onward:
    """Where the address says that somebody goes on to."""
    return _onward(request.query_params.get("next", ""), request.query_params.get("pressed", ""))


def _onward(next: str, pressed: str) -> Onward:
    return Onward(local_path(next, ""), "yes" if pressed == "yes" else "")


def browser_of(request: HttpRequest) -> Browser:
    """What is known of the browser that signs in."""
    name = app_context_of(request).cookie_name
    return Browser(
        address=network_address(request) or "unknown",
        agent=request.headers.get("user-agent", ""),
        device=request.cookies.get(name(DEVICE), ""),
        replaces=request.cookies.get(name("session")),
    )


async def enter(request: HttpRequest, email: str, password: str) -> Session | PendingSignIn:
    """The session for the right password, or the way to the second step. Raises as `sign_in` does."""
    app_context, browser = app_context_of(request), browser_of(request)

    def check() -> Session | PendingSignIn:
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

    return await in_the_sign_in_pool(request, check)


async def go_on(request: HttpRequest, entered: Session | PendingSignIn, onward: Onward) -> Page:
    """On to where they were going, or to the second step before that."""
    if isinstance(entered, PendingSignIn):
        return to_second_step(request, entered, onward)
    return await let_in(request, entered, onward)


async def let_in(request: HttpRequest, session: Session, onward: Onward, *, said: str = "") -> Page:
    """The browser keeps the session, and they go on to where they were going, and are told so much."""
    keep_session(request, session.token)
    set_cookie(request, DEVICE, session.device, seconds=DEVICE_SECONDS)
    set_cookie(request, PENDING, "")
    clock = app_context_of(request).clock
    identity = await in_work(request, CLIENT, lambda work: who(work, session.token), clock=clock)
    assert identity is not None, "the session was opened a moment ago"
    is_pressed = bool(onward.pressed and onward.next)
    notice = language_of(request).text(PRESS_AGAIN if is_pressed else said)
    tone = "wait" if is_pressed else "good"
    return redirect(request, onward.next or home_of(identity), notice=notice, tone=tone)


def keep_session(request: HttpRequest, token: str) -> None:
    """Give the browser the token of its session."""
    set_cookie(request, "session", token, seconds=int(SESSION_MAX.total_seconds()))


def to_second_step(request: HttpRequest, pending: PendingSignIn, onward: Onward) -> Page:
    """The password was right; on to the second factor."""
    set_cookie(request, PENDING, pending.token, seconds=int(PENDING_FOR.total_seconds()))
    return redirect(request, f"/sign-in/second-step{onward.query}")


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


def retry_headers(no: Exception) -> dict[str, str]:
    """When to come back, where a refusal says so."""
    seconds = getattr(no, "retry_after", None)
    return {"Retry-After": str(seconds)} if seconds else {}
