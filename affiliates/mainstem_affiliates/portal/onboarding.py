"""To the payment service's own page and back: who the affiliate is, and where to be paid."""

from __future__ import annotations

import asyncio

from litestar import get, post

from mainstem import network, payments
from mainstem.kit.telemetry import log
from mainstem.kit.work import Actor
from mainstem.payments import GatewayDeclined, GatewayUnavailable
from mainstem.web import (
    app_context_of,
    language_of,
    redirect,
)
from mainstem.web.proof import MONEY
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, me_of
from mainstem_affiliates.portal.reads import (
    CurrencyBalance,
)


@post("/account/onboarding", status_code=200, opt={"right": network.BE_PAID, "proof": MONEY})
async def start_onboarding(request: HttpRequest) -> Page:
    """On to the payment service's own page, where the affiliate says where to be paid."""
    return await _to_onboarding(request)


@get("/account/onboarding", opt={"right": network.BE_PAID})
async def resume_onboarding(request: HttpRequest) -> Page:
    """The payment service sends them back here when its link has grown too old. A new one is made
    when they ask for it: an address that is only looked at opens and makes nothing."""
    said = language_of(request).text("That page was too old. Continue from here.")
    return redirect(request, "/portal/account#pay", notice=said, tone="wait")


@get("/account/return", opt={"right": network.BE_PAID})
async def back_from_onboarding(request: HttpRequest) -> Page:
    """Back from the payment service: look at once how far the affiliate came."""
    me, database = me_of(request), app_context_of(request).database

    def look() -> None:
        with database.work(Actor("affiliate", str(me)), home=me) as work:
            found = {one.account for one in reads.pay_accounts(work) if one.provider == "stripe"}
        for account in found:
            payments.account_changed(database, account)

    try:
        if app_context_of(request).gateway_throttle.allows(f"account:{me}"):
            await asyncio.to_thread(look)
    except (GatewayUnavailable, GatewayDeclined) as trouble:
        log("portal").warning("the gateway did not answer", cause=str(trouble)[:300])
    return redirect(request, "/portal/account")


async def _to_onboarding(request: HttpRequest) -> Page:
    me, app_context = me_of(request), app_context_of(request)
    there = f"{app_context.settings.public_url}/portal/account"

    def begin() -> str:
        with app_context.database.work(Actor("affiliate", str(me)), home=me) as work:
            reader = reads.me(work)
            by_bank = {one.currency for one in reads.pay_accounts(work) if one.provider == "bank"}
            balances = reads.balances(work, reader)
            currency = _currency_to_be_paid_in(
                [one for one in balances if one.currency not in by_bank] or balances
            )
        payments.open_account(app_context.database, me, currency=currency)
        return payments.onboarding_link(
            app_context.database,
            me,
            return_url=f"{there}/return",
            refresh_url=f"{there}/onboarding",
        )

    try:
        # On the loop's own threads: a slow gateway must not hold up those that serve pages.
        url = await asyncio.to_thread(begin)
    except (GatewayUnavailable, GatewayDeclined) as trouble:
        log("portal").warning("the gateway did not answer", cause=str(trouble)[:300])
        said = "The payment service cannot be reached just now. Try again in a minute."
        notice = language_of(request).text(said)
        return redirect(request, "/portal/account", notice=notice, tone="wait")
    return redirect(request, url)


def _currency_to_be_paid_in(balances: list[CurrencyBalance]) -> str:
    """The currency in which the affiliate has most; their shop's where they have nothing yet."""

    def to_come(one: CurrencyBalance) -> int:
        return one.money.payable.minor + one.money.pending.minor

    most = max(balances, key=to_come)
    return most.currency if to_come(most) > 0 else balances[0].currency


routes = [start_onboarding, resume_onboarding, back_from_onboarding]
