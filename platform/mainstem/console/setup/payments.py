"""How the company is paid: its account at Stripe and its destinations, what they lack, and what to do.

The page shows the last look, which was kept. Only its buttons ask the gateway, and no transaction is
open while they do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec
from litestar import get, post
from litestar.di import NamedDependency

from mainstem import payments, setup
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.locale import Language
from mainstem.kit.telemetry import log
from mainstem.kit.work import Actor, Work
from mainstem.payments import (
    AccountFinding,
    DestinationState,
    GatewayUnavailable,
    PaymentCheck,
)
from mainstem.setup import Connection
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, at_most
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    reader_of,
    show,
)
from mainstem.web.works import in_work

T = TypeVar("T")
_AT = "/console/setup/payments"
_TEMPLATE = "console/setup_payments.html"
_KEY_MAX = 300

_WEIGHTS = {
    payments.PASSED: ("Right", "good"),
    payments.WARNING: ("Look at this", "wait"),
    payments.FAILED: ("Missing", "bad"),
}
_NAMES = {
    "platform": "Payments",
    "connect": "Payouts of affiliates",
    "thin": "Accounts of affiliates",
}
_STATES = {
    "ready": ("Ready", "good", ""),
    "other_version": (
        "Ready",
        "good",
        "It is of another API version, which does no harm: an event only says where to look.",
    ),
    "incomplete": ("Lacks events", "bad", "It does not tell of {events}."),
    "disabled": (
        "Turned off",
        "bad",
        "Turn it on again in Stripe's dashboard, under Webhooks. Nothing arrives until then.",
    ),
    "missing": ("Missing", "bad", ""),
}


class GatewaySilent(Refused):
    """There was no answer, so nothing is known."""

    code = "gateway_silent"
    status = 409
    message = "Stripe does not answer just now, so nothing was found out. Try again in a minute."


class AskedTooSoon(Refused):
    """Somebody presses faster than the gateway should be asked."""

    code = "asked_too_soon"
    status = 429
    message = "Stripe was asked a moment ago. Wait ten seconds."


class FindingRow(msgspec.Struct, frozen=True):
    """One thing that was found, and what to do about it."""

    label: str
    tone: str
    text: str
    fix: str


class DestinationRow(msgspec.Struct, frozen=True):
    """One destination of events, and how it is."""

    name: str
    url: str
    label: str
    tone: str
    note: str


class PaymentsPage(Page, kw_only=True):
    """The key, the last look at its account, and what the buttons have brought."""

    key_end: str
    livemode: bool
    account: str = ""
    checked_at: datetime | None = None
    passed: bool = False
    is_of_this_key: bool = True
    findings: list[FindingRow]
    destinations: list[DestinationRow]
    can_create: bool
    secrets: tuple[tuple[str, str], ...] = ()
    secrets_line: str = ""
    tried: tuple[FindingRow, ...] = ()
    tried_is_usable: bool = False


@get("/setup/payments", sync_to_thread=True)
def payments_page(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What was found when somebody last looked."""
    return show(request, _TEMPLATE, _page(request, work))


@post("/setup/payments/check")
async def check_account(request: HttpRequest) -> HttpResponse:
    """Look at the account and the destinations now."""
    try:
        _refuse_haste(request, "check")
        check = await _ask(request, setup.check_payments)
    except Refused as no:
        return await _shown(request, no=no)
    return _back(request, check)


@post("/setup/payments/destinations")
async def create_destinations(request: HttpRequest) -> HttpResponse:
    """Create the destinations that are missing; their signing secrets are shown this once."""
    try:
        check, secrets = await _ask(request, setup.connect_payments)
    except Refused as no:
        return await _shown(request, no=no)
    return await _shown(request, secrets=secrets) if secrets else _back(request, check)


class TriedKeyFields(FormFields):
    """A key that is looked at, and not kept."""

    key: Annotated[str, at_most(_KEY_MAX)] = ""


@post("/setup/payments/key")
async def try_key(request: HttpRequest, form: NamedDependency[Form]) -> HttpResponse:
    """Try another key, before it is put into the environment. It is not kept."""
    try:
        _refuse_haste(request, "key")
        key = form.into(TriedKeyFields).key
        look, _ = await _ask(request, setup.try_key, key)
    except Refused as no:
        return await _shown(request, no=no)
    return await _shown(request, tried=look.findings, is_usable=look.is_usable)


async def _ask(
    request: HttpRequest, verb: Callable[[Database, Actor, Connection], T], key: str | None = None
) -> T:
    """What a verb finds that asks the gateway, off the threads that serve pages."""
    database, connection = app_context_of(request).database, _connection(request, key)
    try:
        return await asyncio.to_thread(verb, database, _actor(request), connection)
    except GatewayUnavailable as trouble:
        log("console").warning("the gateway did not answer", cause=str(trouble)[:300])
        raise GatewaySilent from trouble


async def _shown(
    request: HttpRequest,
    *,
    no: Refused | None = None,
    secrets: Mapping[str, str] | None = None,
    tried: tuple[AccountFinding, ...] = (),
    is_usable: bool = False,
) -> HttpResponse:
    """The page with what a button has brought. A form is not filled in again: a key was in it."""

    def draw(work: Work) -> HttpResponse:
        page, language = _page(request, work), language_of(request)
        if secrets:
            page.secrets = tuple(
                (language.text(_NAMES[kind]), one) for kind, one in secrets.items()
            )
            page.secrets_line = setup.secrets_line(secrets)
        page.tried = tuple(_finding(language, one) for one in tried)
        page.tried_is_usable = is_usable
        return show(request, _TEMPLATE, page, no)

    return await in_work(request, _actor(request), draw)


def _back(request: HttpRequest, check: PaymentCheck) -> HttpResponse:
    good = "Everything is there: clients can pay and affiliates can be paid."
    words = good if check.passed else "Something is missing. It stands below with what to do."
    tone = "good" if check.passed else "wait"
    return redirect(request, _AT, notice=language_of(request).text(words), tone=tone)


def _page(request: HttpRequest, work: Work) -> PaymentsPage:
    language, connection = language_of(request), _connection(request)
    check = payments.last_check(work)
    page = PaymentsPage(
        **layout_of(request, work, "setup"),
        key_end=connection.key_end,
        livemode=payments.is_live(connection.key),
        findings=[_finding(language, one) for one in check.findings] if check else [],
        destinations=[_destination(language, one) for one in check.destinations] if check else [],
        can_create=bool(check and any(one.can_be_mended for one in check.destinations)),
    )
    if check:
        page.account, page.passed, page.checked_at = check.account, check.passed, check.checked_at
        page.is_of_this_key = check.key_end == connection.key_end
    return page


def _finding(language: Language, one: AccountFinding) -> FindingRow:
    label, tone = _WEIGHTS[one.severity]
    return FindingRow(language.text(label), tone, one.words(language.text), one.fix(language.text))


def _destination(language: Language, one: DestinationState) -> DestinationRow:
    label, tone, note = _STATES[one.state]
    notes = [language.text(note).format(events=", ".join(one.lacking))] if note else []
    if one.problem == payments.NO_ANSWER:
        notes.append(language.text("There was no certain answer. Check again before you go on."))
    elif one.problem:
        notes.append(language.text("Stripe says: {said}").format(said=one.problem))
    return DestinationRow(
        language.text(_NAMES[one.kind]), one.url, language.text(label), tone, " ".join(notes)
    )


def _connection(request: HttpRequest, key: str | None = None) -> Connection:
    config = app_context_of(request).settings
    return Connection(
        config.stripe_key if key is None else key,
        config.stripe_api_base,
        config.public_url,
        config.demo,
        None if key or config.is_embedded else len(set(config.stripe_webhook_secrets)),
    )


def _actor(request: HttpRequest) -> Actor:
    return Actor("staff", str(reader_of(request).person_id))


def _refuse_haste(request: HttpRequest, what: str) -> None:
    who = reader_of(request).person_id
    if not app_context_of(request).gateway_throttle.allows(f"setup:{what}:{who}"):
        raise AskedTooSoon


routes = [payments_page, check_account, create_destinations, try_key]
