"""The withdrawal function for everybody: two steps, no account, and a receipt at once.

The answer says nothing about whether there is such an order. It is looked for afterwards, by the
worker, so that neither words nor time tell.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import withdrawals
from mainstem.identity import TooManyAttempts, read_withdrawal_link
from mainstem.kit.errors import Refused
from mainstem.kit.work import CLIENT
from mainstem.web import Form, app_context_of, origin_of, redirect
from mainstem.web.throttle import WrongTries
from mainstem.web.works import in_work
from mainstem.withdrawals import Receipt, Statement
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.withdrawal_form import (
    WithdrawFields,
    WithdrawPage,
    receipt_url,
)


class StatementTries(WrongTries):
    """Statements in the open form, by network address. Nobody waits longer than a minute, and what
    somebody else sends keeps nobody's own statement out."""

    def __init__(self) -> None:
        super().__init__(10, 60)


class ReceiptPage(StorePage, frozen=True, kw_only=True):
    """The receipt of a withdrawal, to be kept or printed."""

    receipt: Receipt
    may_be_mailed: bool


@get("/s/{slug:str}/withdraw")
async def withdraw_page(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """The first step: who withdraws from which order."""
    number = request.query_params.get("number", "")[: withdrawals.NUMBER_MAX]
    return await _page(request, slug, WithdrawFields(number=number))


@post("/s/{slug:str}/withdraw", status_code=200)
async def state(
    request: Request[Any, Any, Any], slug: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """The second step: whether that is meant."""
    sent = form.into(WithdrawFields)
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    problems = list(withdrawals.check_statement(_statement(shopper, sent)))
    if problems:
        return await _page(request, slug, sent, errors=shopper.errors(problems))
    return await _page(request, slug, sent, confirms=not sent.change)


@post("/s/{slug:str}/withdraw/confirmation", status_code=200)
async def confirm(
    request: Request[Any, Any, Any], slug: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """The statement is made: from now it counts. Sent twice, the first receipt answers."""
    sent = form.into(WithdrawFields)
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    address, tries = origin_of(request), app_context_of(request).parts.get(StatementTries)
    if seconds := tries.wait(address):
        said = TooManyAttempts(seconds).text(shopper.language.text)
        answer = await _page(request, slug, sent, confirms=True, refused=said, status=429)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    if address:
        tries.wrong(address)
    statement = _statement(shopper, sent)
    try:
        made = await in_work(request, CLIENT, lambda work: withdrawals.submit(work, statement))
    except Refused as no:
        return await _page(
            request, slug, sent, errors=shopper.errors(no.problems), status=no.status
        )
    return redirect(request, receipt_url(request, made))


@get("/withdrawal/{token:str}")
async def receipt(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The receipt: what was said, on which day and at what time."""
    key = read_withdrawal_link(app_context_of(request).settings.secret, token)
    found = await in_work(request, CLIENT, lambda work: withdrawals.receipt(work, *key))
    shopper = Shopper(request, await cached_storefront_of(request, found.storefront))
    page = ReceiptPage(
        **with_languages_here(shopper.layout("withdraw")),
        receipt=found,
        may_be_mailed="@" in found.contact,
    )
    return shopper.page("storefront/withdrawal_receipt.html", page)


def with_languages_here(layout: dict[str, Any]) -> dict[str, Any]:
    """The layout of a page that has no storefront's address: its language is switched where it is."""
    here = [msgspec.structs.replace(link, url=f"?lang={link.code}") for link in layout["languages"]]
    return layout | {"languages": here}


def _statement(shopper: Shopper, sent: WithdrawFields) -> Statement:
    return Statement(
        home_id=shopper.storefront.home_id,
        storefront_id=shopper.storefront.id,
        channel="form",
        locale=shopper.locale,
        name=sent.name,
        number=sent.number,
        contact=sent.contact,
        parts=sent.parts,
    )


async def _page(
    request: Request[Any, Any, Any],
    slug: str,
    sent: WithdrawFields,
    *,
    confirms: bool = False,
    errors: dict[str, str] | None = None,
    refused: str = "",
    status: int = 200,
) -> Page:
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    page = WithdrawPage(
        **shopper.layout("withdraw"),
        confirms=confirms,
        action=shopper.links("withdraw"),
        confirm_action=shopper.links("withdraw/confirmation"),
        values=sent.values,
        lines=[],
        seen=None,
        until=None,
        is_over=False,
        errors=errors or {},
        refused=refused,
    )
    return shopper.page(
        "storefront/withdraw.html", page, status=422 if errors and status == 200 else status
    )


routes = [withdraw_page, state, confirm, receipt]
