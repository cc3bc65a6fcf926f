"""Orders over the API: placed by a storefront on another machine, and followed by it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from mainstem import store_credit
from mainstem.api import queries
from mainstem.api.bodies import (
    OrderBody,
    OrderDetails,
    OrderLine,
    OrderLinks,
    OrderList,
    OrderPlaced,
    OrderSeen,
    OrderSummary,
    Parcel,
)
from mainstem.api.requests import (
    Cursor,
    ExternalId,
    IdempotencyKey,
    Limit,
    Since,
    Until,
    instant,
    intake_of,
    key_of,
    reply,
)
from mainstem.identity import PAY, StorefrontKey, client_link
from mainstem.kit.contact import email_key
from mainstem.kit.errors import NotFound, Problem
from mainstem.kit.ids import made_at
from mainstem.kit.work import Work
from mainstem.orders import OrderRefused, OrderWanted, Placed, PriceChanged, Totals
from mainstem.web.context import app_context_of
from mainstem.web.guards import KeyRefused
from mainstem.web.problems import MEDIA_TYPE, explain
from mainstem.web.rendering import language_of
from mainstem_affiliates.intake import KeyRevoked

HttpRequest = Request[Any, Any, Any]
OrderState = Annotated[
    Literal["pending", "placed", "closed", "canceled", "expired"] | None,
    QueryParameter(name="state", description="Only those in this state"),
]


@post("/orders", status_code=201, opt={"key": "checked again", "scope": "orders:write"})
async def place_order(
    request: HttpRequest, data: JSONBody[OrderBody], idempotency_key: IdempotencyKey
) -> Response[OrderPlaced]:
    """Place an order.

    The prices are the server's own. The goods are reserved until `pay_by`; send the client to
    `links.pay`. The same request with the same key gives the same answer again, with the header
    `Idempotent-Replayed`.
    """
    key = key_of(request)
    wanted = OrderWanted(
        storefront_id=key.storefront_id,
        home_id=key.home_id,
        channel="api",
        key=idempotency_key,
        fingerprint=data.fingerprint,
        currency=data.currency,
        locale=data.locale,
        client=data.client.details(),
        address=data.address.address(),
        lines=[line.wanted() for line in data.lines],
        external_id=data.external_id,
        code=data.code,
        link=data.link,
        totals=data.totals.seen() if data.totals else None,
        key_id=key.id,
        delivery_method=data.delivery_method,
        vat_number=data.vat_number,
        use_store_credit=_is_theirs(request, data),
    )
    try:
        placed = await intake_of(request).order(wanted, key_hash=key.key_hash)
    except PriceChanged as changed:
        return _with_quote(request, changed)
    except KeyRevoked:
        raise KeyRefused from None
    return reply(request, _placed(request, placed), status=201, replayed=placed.replayed)


def _is_theirs(request: HttpRequest, data: OrderBody) -> bool:
    """Whether the client's store credit is used; OrderRefused where it is not shown to be theirs."""
    if not data.store_credit:
        return False
    owner = store_credit.proven(app_context_of(request).settings.secret, data.store_credit)
    if not owner or owner != email_key(data.client.email):
        raise OrderRefused(
            Problem("/store_credit", "store_credit_not_theirs",
                    "This text does not show that the store credit is this client's. Ask them for a new one.")
        )  # fmt: skip
    return True


@get("/orders", sync_to_thread=True, opt={"scope": "orders:read"})
def list_orders(
    request: HttpRequest,
    work: NamedDependency[Work],
    after: Cursor = None,
    limit: Limit = 50,
    in_state: OrderState = None,
    external_id: ExternalId = None,
    since: Since = None,
    until: Until = None,
) -> Response[OrderList]:
    """The storefront's orders, newest first.

    `next` and `previous` are cursors of the pages beside this one: send one of them as `after`,
    with the same filters.
    """
    key = key_of(request)
    found = queries.orders(
        work,
        home=key.home_id,
        storefront=key.storefront_id,
        state=in_state,
        external_id=external_id,
        since=instant("since", since),
        until=instant("until", until),
        cursor=after,
        most=limit,
    )
    shown = [OrderSummary(**_summary(request, key, row)) for row in found.rows]
    return reply(request, OrderList(shown, found.next, found.previous))


@get("/orders/{order_id:uuid}", sync_to_thread=True, opt={"scope": "orders:read"})
def show_order(
    request: HttpRequest, work: NamedDependency[Work], order_id: FromPath[UUID]
) -> Response[OrderDetails]:
    """One order, with its lines and the parcels that have left."""
    key = key_of(request)
    row = queries.order(work, home=key.home_id, storefront=key.storefront_id, id=order_id)
    if row is None:
        raise NotFound("order")
    home = key.home_id
    credit = store_credit.of_order(work, home, order_id)
    details = OrderDetails(
        **_summary(request, key, row),
        lines=[OrderLine(*line) for line in queries.lines(work, home=home, order=order_id)],
        parcels=[Parcel(*parcel) for parcel in queries.parcels(work, home=home, order=order_id)],
        store_credit_minor=credit.spent_minor,
        store_credit_given_back_minor=credit.given_back_minor,
    )
    return reply(request, details)


def _placed(request: HttpRequest, placed: Placed) -> OrderPlaced:
    """The same for a repeat as for the first request, whatever has become of the order since."""
    return OrderPlaced(
        id=placed.order_id,
        number=placed.number,
        state="pending",
        currency=placed.currency,
        totals=placed.totals,
        pay_by=placed.pay_by,
        links=_links(request, placed.home_id, placed.order_id),
    )


def _summary(request: HttpRequest, key: StorefrontKey, row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "number": row.number,
        "external_id": row.external_id,
        "state": row.state,
        "payment_status": row.payment_status,
        "fulfillment_status": row.fulfillment_status,
        "currency": row.currency,
        "totals": Totals(row.items_minor, row.shipping_minor, row.tax_minor, row.total_minor),
        "refunded_minor": row.refunded_minor,
        "placed_at": row.placed_at,
        "pay_by": row.pay_by,
        "paid_at": row.paid_at,
        "delivered_at": row.delivered_at,
        "links": _seen(request, key, row),
    }


def _links(request: HttpRequest, home_id: int, order_id: UUID) -> OrderLinks:
    return OrderLinks(
        _self(request, order_id),
        track=_page(request, home_id, order_id),
        pay=_page(request, home_id, order_id, PAY),
    )


def _seen(request: HttpRequest, key: StorefrontKey, row: Any) -> OrderSeen:
    """A client's page is theirs. Whoever handed their order in may see it, and nobody else."""
    own = row.key_id is not None and row.key_id == key.id
    return OrderSeen(
        _self(request, row.id), track=_page(request, row.home_id, row.id) if own else None
    )


def _self(request: HttpRequest, order_id: UUID) -> str:
    return f"{app_context_of(request).settings.public_url}/api/v1/orders/{order_id}"


def _page(request: HttpRequest, home_id: int, order_id: UUID, *may: str) -> str:
    """The order's page by a link that lets its bearer do so much, the same each time."""
    settings = app_context_of(request).settings
    token = client_link(settings.secret, home_id, order_id, made_at=made_at(order_id), may=may)
    return f"{settings.public_url}/order/{token}"


def _with_quote(request: HttpRequest, changed: PriceChanged) -> Response[Any]:
    """What the order costs now, beside what is wrong."""
    details = msgspec.to_builtins(explain(request, changed))
    return Response(
        msgspec.json.encode(details | {"quote": changed.quote}),
        status_code=changed.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language_of(request).locale, "Vary": "Accept-Language"},
    )
