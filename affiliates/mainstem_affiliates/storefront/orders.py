"""The client's page of an order: what it is, how far it has come, and what may be done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath

from mainstem import orders, payments
from mainstem.identity import ANSWER, EVERYTHING, PAY
from mainstem.kit.errors import Refused
from mainstem.kit.telemetry import log
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.payments import GatewayDeclined, GatewayUnavailable
from mainstem.web import app_context_of, redirect
from mainstem.web.works import in_work
from mainstem.withdrawals import Submitted
from mainstem_affiliates.storefront import own_credit, reads
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.countries import country_name
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.order_link import in_force, opened, shopper_of
from mainstem_affiliates.storefront.own_credit import NOTHING, OwnCredit, OwnRewards, Rewarded
from mainstem_affiliates.storefront.payment import to_payment
from mainstem_affiliates.storefront.reads import OrderView
from mainstem_affiliates.storefront.service_jobs import ClientJob, Jobs
from mainstem_affiliates.storefront.timeline import Moment, timeline
from mainstem_affiliates.storefront.tracking import new_link
from mainstem_affiliates.storefront.withdrawal_form import receipt_url


class OrderPage(StorePage, frozen=True, kw_only=True):
    """An order: what, where it is, what it cost, what to do next."""

    order: OrderView
    country: str
    jobs: Sequence[ClientJob]
    may: dict[int, set[str]]
    """What may be done about each job, by its line."""
    may_pay: bool
    may_answer: bool
    """What this link lets its bearer do."""
    timeline: list[Moment]
    token: str
    errors: dict[str, str]
    refused: str
    gateway_is_away: bool
    credit: OwnCredit
    rewards: OwnRewards
    spent: Money | None
    """What of store credit this order was paid with."""
    receipt_urls: dict[str, str]
    """Where the receipt of each withdrawal is, by its id."""


@get("/order/{token:str}")
async def order_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The order of this link."""
    return await order_shown(request, token)


@get("/order/{token:str}/return")
async def back_from_payment(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """Back from the gateway: look at once how it went. Its webhook event may come before or after, and
    whoever comes back again and again waits for that."""
    link = opened(request, token, PAY)

    def look(work: Work) -> OrderView:
        in_force(work, link)
        return reads.order_view(work, link.home_id, link.order_id)

    view = await in_work(request, CLIENT, look)
    may_ask = app_context_of(request).gateway_throttle.allows(f"order:{link.order_id}")
    if may_ask and view.session_id is not None and view.state in ("unpaid", "expired"):
        try:
            await asyncio.to_thread(
                payments.settle_session, app_context_of(request).database, view.session_id
            )
        except (GatewayUnavailable, GatewayDeclined) as trouble:
            # The webhook event will tell; the page says that we are waiting for it.
            log("storefront").warning("the gateway did not answer", cause=str(trouble)[:300])
    return redirect(request, f"/order/{token}")


@post("/order/{token:str}/payment", status_code=200)
async def pay(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """On to the gateway's page for an order that is still unpaid."""
    link = opened(request, token, PAY)
    await in_work(request, CLIENT, lambda work: in_force(work, link))
    return await to_payment(request, link.home_id, link.order_id, token=token)


@post("/order/{token:str}/links/withdrawal", status_code=200)
async def withdraw_links(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The client has this link in hands that it is not meant for: all are withdrawn, and they get
    a new one."""
    link = opened(request, token, ANSWER)

    def withdraw(work: Work) -> str:
        in_force(work, link)
        open_from = orders.withdraw_links(work, link.home_id, link.order_id)
        return new_link(request, link.home_id, link.order_id, open_from, may=EVERYTHING)

    new = await in_work(request, CLIENT, withdraw)
    shopper = await shopper_of(request, link.home_id, link.order_id)
    said = "No earlier link opens this page any more. Keep the address of this one."
    return redirect(request, f"/order/{new}", notice=shopper.language.text(said))


def jobs_of(request: Request[Any, Any, Any]) -> Jobs:
    """What the pages of an order may ask of its services."""
    return app_context_of(request).parts.get(Jobs)  # type: ignore[type-abstract]


async def order_shown(
    request: Request[Any, Any, Any], token: str, *, no: Refused | None = None
) -> Page:
    """The page of the order that a link opens, with what was refused on it."""
    link = opened(request, token)
    home_id, order_id, rights = link.home_id, link.order_id, link.may
    jobs = jobs_of(request)

    secret = app_context_of(request).settings.secret

    def look(work: Work) -> tuple[OrderView, Sequence[ClientJob], OwnCredit, Rewarded]:
        in_force(work, link)
        view = reads.order_view(work, home_id, order_id)
        # What is the client's own is shown to nobody to whom the link was only lent.
        own = (
            own_credit.of_order(work, home_id, order_id, secret=secret)
            if ANSWER in rights
            else NOTHING
        )
        sent = own_credit.rewarded(work, home_id, order_id) if ANSWER in rights else Rewarded()
        return view, jobs.queries.of_order(work, home_id, order_id), own, sent

    view, work_to_do, own, sent = await in_work(request, CLIENT, look)
    shopper = Shopper(request, await cached_storefront_of(request, view.storefront))
    layout = shopper.layout("track")
    # The language is switched on this page, not on the way to another.
    layout["languages"] = [
        type(link)(link.code, link.name, f"?lang={link.code}", link.current)
        for link in layout["languages"]
    ]
    page = OrderPage(
        **layout,
        order=view,
        country=country_name(shopper.locale, view.address["country"]),
        jobs=work_to_do,
        may={
            job.key.line_no: {
                action.name for action in job.actions if action.allowed and ANSWER in rights
            }
            for job in work_to_do
        },
        timeline=timeline(shopper.language, view.moments),
        may_pay=PAY in rights,
        may_answer=ANSWER in rights,
        credit=own,
        rewards=own_credit.in_words(sent, shopper.language),
        spent=Money(own.spent_minor, view.total.currency) if own.spent_minor else None,
        token=token,
        errors=shopper.errors(no.problems if no else []),
        refused=shopper.says(no) if no and not no.problems else "",
        receipt_urls={
            str(one.id): receipt_url(request, Submitted(home_id, one.id, repeated=False))
            for one in view.withdrawals
        }
        if ANSWER in rights
        else {},
        gateway_is_away=request.query_params.get("payment") == "unavailable",
    )
    return shopper.page("storefront/order.html", page, status=no.status if no else 200)


routes = [order_page, back_from_payment, pay, withdraw_links, *own_credit.routes]
