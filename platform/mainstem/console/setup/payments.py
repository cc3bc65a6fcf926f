"""How the company is paid: its account at Stripe and its destinations, what they lack, and what to do.

The page shows the last look, which was kept. Only its buttons ask the gateway, and no transaction is
open while they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.di import NamedDependency

from mainstem import payments, setup
from mainstem.console.setup.gateway import actor_of, ask, connection_of, refuse_haste
from mainstem.console.setup.payment_words import (
    NAMES,
    DestinationRow,
    FindingRow,
    destination,
    finding,
)
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.payments import AccountFinding, PaymentCheck
from mainstem.web.forms import Form, FormFields, at_most
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show
from mainstem.web.works import in_work

_AT = "/console/setup/payments"
_TEMPLATE = "console/setup_payments.html"
_KEY_MAX = 300


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
        refuse_haste(request, "check")
        check = await ask(request, setup.check_payments)
    except Refused as no:
        return await _shown(request, no=no)
    return _back(request, check)


@post("/setup/payments/destinations", opt={"proof": FRESH})
async def create_destinations(request: HttpRequest) -> HttpResponse:
    """Create the destinations that are missing; their signing secrets are shown this once."""
    try:
        check, secrets = await ask(request, setup.connect_payments)
    except Refused as no:
        return await _shown(request, no=no)
    return await _shown(request, secrets=secrets) if secrets else _back(request, check)


class TriedKeyFields(FormFields):
    """A key that is looked at, and not kept."""

    key: Annotated[str, at_most(_KEY_MAX)] = ""


@post("/setup/payments/key", opt={"proof": FRESH})
async def try_key(request: HttpRequest, form: NamedDependency[Form]) -> HttpResponse:
    """Try another key, before it is put into the environment. It is not kept."""
    try:
        refuse_haste(request, "key")
        key = form.into(TriedKeyFields).key
        look, _ = await ask(request, setup.try_key, key)
    except Refused as no:
        return await _shown(request, no=no)
    return await _shown(request, tried=look.findings, is_usable=look.is_usable)


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
            page.secrets = tuple((language.text(NAMES[kind]), one) for kind, one in secrets.items())
            page.secrets_line = setup.secrets_line(secrets)
        page.tried = tuple(finding(language, one) for one in tried)
        page.tried_is_usable = is_usable
        return show(request, _TEMPLATE, page, no)

    return await in_work(request, actor_of(request), draw)


def _back(request: HttpRequest, check: PaymentCheck) -> HttpResponse:
    good = "Everything is there: clients can pay and affiliates can be paid."
    words = good if check.passed else "Something is missing. It stands below with what to do."
    tone = "good" if check.passed else "wait"
    return redirect(request, _AT, notice=language_of(request).text(words), tone=tone)


def _page(request: HttpRequest, work: Work) -> PaymentsPage:
    language, connection = language_of(request), connection_of(request)
    check = payments.last_check(work)
    page = PaymentsPage(
        **layout_of(request, work, "setup"),
        key_end=connection.key_end,
        livemode=payments.is_live(connection.key),
        findings=[finding(language, one) for one in check.findings] if check else [],
        destinations=[destination(language, one) for one in check.destinations] if check else [],
        can_create=bool(check and any(one.can_be_mended for one in check.destinations)),
    )
    if check:
        page.account, page.passed, page.checked_at = check.account, check.passed, check.checked_at
        page.is_of_this_key = check.key_end == connection.key_end
    return page


routes = [payments_page, check_account, create_destinations, try_key]
