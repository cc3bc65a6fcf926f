"""How intake says no."""

from __future__ import annotations

from typing import ClassVar

from mainstem.kit.errors import Problem, Refused
from mainstem.kit.idempotency import IdempotencyMismatch
from mainstem.orders.model import PriceQuote

__all__ = [
    "DuplicateExternalId",
    "IdempotencyMismatch",
    "InsufficientStock",
    "OrderRefused",
    "PriceChanged",
]


class OrderRefused(Refused):
    """Something in the order is not right; every problem is named at once."""

    code: ClassVar[str] = "order_invalid"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "Something in this order is not right."


class InsufficientStock(Refused):
    """There is not enough of something; nothing was reserved."""

    code: ClassVar[str] = "insufficient_stock"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "There is not enough in stock for this order."


class DuplicateExternalId(Refused):
    """Another request has used this external id."""

    code: ClassVar[str] = "duplicate_external_id"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "The external id {external_id} already belongs to order {number}."


class PriceChanged(Refused):
    """The buyer saw another price than the one in force; `quote` is what it costs now."""

    code: ClassVar[str] = "price_changed"
    status: ClassVar[int] = 409
    message: ClassVar[str] = (
        "A price has changed. Show the buyer the new one and order again with a new key."
    )

    def __init__(self, quote: PriceQuote, *problems: Problem) -> None:
        self.quote = quote
        super().__init__(*problems)
