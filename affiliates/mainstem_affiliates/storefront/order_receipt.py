"""The receipt of an order: to print on A4, and to have sent by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath

from mainstem.kit.errors import NotFound
from mainstem.kit.events import record
from mainstem.kit.work import CLIENT, Work
from mainstem.web import app_context_of, redirect
from mainstem.web.throttle import Throttle
from mainstem.web.works import in_work
from mainstem_affiliates.storefront import reads
from mainstem_affiliates.storefront.countries import country_name
from mainstem_affiliates.storefront.layout import Page, StorePage
from mainstem_affiliates.storefront.order_link import in_force, opened, shopper_of
from mainstem_affiliates.storefront.reads import OrderView
from mainstem_affiliates.storefront.withdrawing import with_languages_here


class ReceiptThrottle(Throttle):
    """Whose receipt was asked for by mail a moment ago."""

    def __init__(self) -> None:
        super().__init__(60)


class OrderReceiptPage(StorePage, frozen=True, kw_only=True):
    """What was bought from whom, what it cost with the tax of each rate, and how it was paid."""

    order: OrderView
    paid_at: datetime
    by_bank: bool
    country: str
    token: str


@get("/order/{token:str}/receipt")
async def receipt_page(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """The receipt of a paid order."""
    link = opened(request, token)

    def look(work: Work) -> OrderView:
        in_force(work, link)
        return reads.order_view(work, link.home_id, link.order_id)

    view = await in_work(request, CLIENT, look)
    if view.paid_at is None:
        raise NotFound("page")
    shopper = await shopper_of(request, link.home_id, link.order_id)
    page = OrderReceiptPage(
        **with_languages_here(shopper.layout("track")),
        order=view,
        paid_at=view.paid_at,
        by_bank=view.paid_by == "external",
        country=country_name(shopper.locale, view.address["country"]),
        token=token,
    )
    return shopper.page("storefront/receipt.html", page)


@post("/order/{token:str}/receipt/mail", status_code=200)
async def mail_receipt(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """Send the receipt to the address that stands on the order, wherever the link has come to."""
    link = opened(request, token)
    may = app_context_of(request).parts.get(ReceiptThrottle).allows(str(link.order_id))

    def ask(work: Work) -> None:
        in_force(work, link)
        if reads.order_view(work, link.home_id, link.order_id).paid_at is None:
            raise NotFound("page")
        if may:
            record(work, "receipt.requested", link.order_id, home=link.home_id)

    await in_work(request, CLIENT, ask)
    shopper = await shopper_of(request, link.home_id, link.order_id)
    said = "The receipt is on its way to the e-mail address of your order."
    return redirect(request, f"/order/{token}/receipt", notice=shopper.language.text(said))


routes = [receipt_page, mail_receipt]
