"""Finding an order again by its number and e-mail address."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders
from mainstem.identity import (
    PAY,
    TooManyAttempts,
    client_link,
)
from mainstem.kit.work import CLIENT, Work
from mainstem.web import Form, app_context_of, origin_of, redirect
from mainstem.web.forms import FormFields, at_most
from mainstem.web.works import in_work
from mainstem_affiliates.storefront import reads
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage


class TrackPage(StorePage, frozen=True, kw_only=True):
    """Where one finds one's order again."""

    values: dict[str, str]
    error: str


@get("/s/{slug:str}/track")
async def track_page(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
    """Where one finds one's order again."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    page = TrackPage(**shopper.layout("track"), values={}, error="")
    return shopper.page("storefront/track.html", page)


class TrackFields(FormFields):
    """What names an order to whoever has no link to it."""

    number: Annotated[str, at_most(40)] = ""
    email: Annotated[str, at_most(255)] = ""


@post("/s/{slug:str}/track", status_code=200)
async def track(
    request: Request[Any, Any, Any], slug: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Open the order of this number for whoever knows the e-mail address that is on it, to look at
    and to pay for. Its affiliate may know both: what the client alone may do needs their own link."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    sent = form.into(TrackFields)
    number, email = sent.number, sent.email

    def look(work: Work) -> str | None:
        found = reads.order_for(work, shopper.storefront.id, number, email)
        if found is None:
            return None
        return new_link(request, *found, orders.links_open_from(work, *found), may={PAY})

    def again(status: int, said: str) -> Page:
        page = TrackPage(
            **shopper.layout("track"),
            values={"number": number, "email": email},
            error=said,
        )
        return shopper.page("storefront/track.html", page, status=status)

    address, tries = origin_of(request), app_context_of(request).wrong_look_ups
    if seconds := tries.wait(address):
        answer = again(429, TooManyAttempts(seconds).text(shopper.language.text))
        answer.headers["Retry-After"] = str(seconds)
        return answer
    token = await in_work(request, CLIENT, look)
    if token is None:
        if address:
            tries.wrong(address)
        said = "We find no order with this number and this e-mail address."
        return again(404, shopper.language.text(said))
    return redirect(request, f"/order/{token}")


def new_link(
    request: Request[Any, Any, Any],
    home_id: int,
    order_id: UUID,
    open_from: datetime,
    *,
    may: Collection[str],
) -> str:
    """The address of an order's page by a new link, which lets its bearer do so much."""
    made_at = max(datetime.now(UTC), open_from)
    secret = app_context_of(request).settings.secret
    return client_link(secret, home_id, order_id, made_at=made_at, may=may)


routes = [track_page, track]
