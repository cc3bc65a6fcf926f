"""Stock over the API: goods that are received, and shelves that are corrected for a reason."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from litestar import Request, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from pydantic import Field

from mainstem import setup
from mainstem.api.repeats import Repeatable, answered_once
from mainstem.api.requests import limited
from mainstem.kit.documents import Code, Document, Name
from mainstem.kit.work import Work
from mainstem.web.guards import integration_key, strict_json
from mainstem_fulfillment import movements

HttpRequest = Request[Any, Any, Any]
Reference = Annotated[Name, Field(max_length=movements.REFERENCE_MAX)]
_TAGS = ["Stock"]


class ReceivedLine(Document):
    """So many pieces of an article."""

    sku: Name
    pieces: int = Field(ge=1, le=movements.PIECES_MAX)


class StockReceipt(Document):
    """Goods that have come in. The same reference again adds nothing."""

    location: Code
    reference: Reference
    lines: list[ReceivedLine] = Field(min_length=1, max_length=1000)


class StockCorrection(Document):
    """So many pieces more or less than was known, and why. The same reference again changes nothing."""

    sku: Name
    location: Code
    delta: int = Field(ge=-movements.PIECES_MAX, le=movements.PIECES_MAX)
    reason: Literal["correction", "damaged", "lost", "found", "shrink"]
    reference: Reference


class StockOnHand(Document):
    """How many pieces of an article lie at a location now."""

    sku: str
    location: str
    on_hand: int


class StockMoved(Document):
    """What lies on the shelves that were named."""

    levels: list[StockOnHand]


@post(
    "/stock/receipts",
    status_code=200,
    sync_to_thread=True,
    guards=[integration_key("setup:write"), strict_json],
    tags=_TAGS,
)
def receive_stock(
    request: HttpRequest,
    work: NamedDependency[Work],
    data: JSONBody[StockReceipt],
    idempotency_key: Repeatable = None,
) -> Response[StockMoved]:
    """Put received goods on the shelf. All of them, or with a refusal none."""
    limited(request)

    def do() -> Response[Any]:
        goods = [(line.sku, line.pieces) for line in data.lines]
        movements.receive_named(work, data.location, goods, reference=data.reference)
        return _moved(work, data.location, [line.sku for line in data.lines])

    return answered_once(request, work, idempotency_key, data, do)


@post(
    "/stock/corrections",
    status_code=200,
    sync_to_thread=True,
    guards=[integration_key("setup:write"), strict_json],
    tags=_TAGS,
)
def correct_stock(
    request: HttpRequest,
    work: NamedDependency[Work],
    data: JSONBody[StockCorrection],
    idempotency_key: Repeatable = None,
) -> Response[StockMoved]:
    """Correct a shelf by so many pieces, for a reason. What orders were promised stays."""
    limited(request)

    def do() -> Response[Any]:
        [shelf] = movements.named_shelves(work, data.location, [data.sku])
        movements.correct(work, shelf, data.delta, reason=data.reason, reference=data.reference)
        return _moved(work, data.location, [data.sku])

    return answered_once(request, work, idempotency_key, data, do)


def _moved(work: Work, location: str, skus: list[str]) -> Response[Any]:
    found = setup.resource("stock").read(work, [f"{sku}@{location}" for sku in dict.fromkeys(skus)])
    levels = [
        StockOnHand(sku=one.sku, location=one.location, on_hand=one.on_hand)
        for one in found.values()
    ]
    return Response(StockMoved(levels=levels).written(), status_code=200)


routes: list[Any] = [receive_stock, correct_stock]
