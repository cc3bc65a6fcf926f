"""The basket: what somebody wants, at which price they put it in, in a signed cookie."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from litestar import Request

from mainstem.kit.errors import Refused
from mainstem.kit.signed import signer
from mainstem.orders import PRICE_HOLDS, HeldPrice, LineWanted
from mainstem.web import app_context_of, request_context_of, set_cookie
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront

LINES_MAX = 40

QUANTITY_MAX = 99

_DAYS_KEPT = 30

_EPOCH = datetime.fromtimestamp(0, UTC)


class BasketFull(Refused):
    """More different things than one basket holds."""

    code = "basket_full"
    message = "A basket holds {most} different things. Order these first, then begin another."


class TooManyOfOne(Refused):
    """More of one thing than a household orders."""

    code = "too_many_of_one"
    message = "One basket holds at most {most} of the same thing. Write to us for more."


@dataclass(frozen=True, slots=True)
class BasketItem:
    """So many of an article at one price. `unit_minor` is what one cost when they were put in, or
    when a change of it was last told; None where that is not known."""

    sku: str
    quantity: int
    unit_minor: int | None = None
    since: datetime = _EPOCH

    @property
    def held(self) -> HeldPrice | None:
        """The price that holds for them, and until when."""
        if self.unit_minor is None:
            return None
        return HeldPrice(self.unit_minor, self.since + PRICE_HOLDS)


@dataclass(slots=True)
class Basket:
    """What somebody wants of one storefront, in the order in which they chose it."""

    currency: str = ""
    items: list[BasketItem] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many things are in it."""
        return sum(item.quantity for item in self.items)

    def quantity_of(self, sku: str) -> int:
        """How many of an article are in it, at whatever price."""
        return sum(item.quantity for item in self.items if item.sku == sku)

    def add(self, item: BasketItem) -> None:
        """Put more of something in. Pieces of one price stay together."""
        if item.quantity <= 0:
            return
        if self.quantity_of(item.sku) + item.quantity > QUANTITY_MAX:
            raise TooManyOfOne(most=QUANTITY_MAX)
        for i, there in enumerate(self.items):
            if (there.sku, there.unit_minor) == (item.sku, item.unit_minor):
                self.items[i] = replace(item, quantity=there.quantity + item.quantity)
                return
        if len(self.items) >= LINES_MAX:
            raise BasketFull(most=LINES_MAX)
        self.items.append(item)

    def set(self, at: int, quantity: int, now: BasketItem) -> None:
        """Have exactly so many in one place of it; none empties the place. What is more than there
        was comes in as `now`, at this moment's price."""
        there = self.items[at]
        if quantity > there.quantity:
            self.add(replace(now, quantity=quantity - there.quantity))
        elif quantity > 0:
            self.items[at] = replace(there, quantity=quantity)
        else:
            del self.items[at]

    @property
    def wanted(self) -> list[LineWanted]:
        """Its lines, as intake takes them."""
        return [LineWanted(one.sku, one.quantity, held=one.held) for one in self.items]


def read_basket(request: Request[Any, Any, Any], storefront: CachedStorefront) -> Basket:
    """The visitor's basket in this storefront; an empty one where the cookie is not ours."""
    app_context = app_context_of(request)
    name = app_context.cookie_name(f"basket-{storefront.slug}")
    kept = request_context_of(request).cookies.get(name)
    text = kept.value if kept else request.cookies.get(name, "")
    return unpacked(app_context.settings.secret, text, storefront.currency)


def save_basket(
    request: Request[Any, Any, Any], storefront: CachedStorefront, basket: Basket
) -> None:
    """Give the basket to the browser; an empty one is taken away."""
    text = packed(app_context_of(request).settings.secret, basket) if basket.items else ""
    set_cookie(request, f"basket-{storefront.slug}", text, seconds=_DAYS_KEPT * 24 * 3600)


def packed(secret: str, basket: Basket) -> str:
    """The basket as a signed text."""
    items = [
        [one.sku, one.quantity, one.unit_minor, int(one.since.timestamp())] for one in basket.items
    ]
    text = _serializer(secret).dumps([basket.currency, items])
    assert isinstance(text, str)
    return text


def unpacked(secret: str, text: str, currency: str) -> Basket:
    """The basket of a signed text; an empty one for any other. In another currency than that of its
    prices, none of them holds."""
    if not text:
        return Basket(currency)
    try:
        was, items = _serializer(secret).loads(text)
    except (BadData, ValueError):
        return Basket(currency)
    found = [
        BasketItem(sku, quantity, unit, datetime.fromtimestamp(since, UTC))
        for sku, quantity, unit, since in items
    ]
    if was != currency:
        found = [BasketItem(one.sku, one.quantity) for one in found]
    return Basket(currency, found)


def _serializer(secret: str) -> URLSafeSerializer:
    # Its number grows with its shape: a cookie of an earlier one is as good as none.
    return signer(secret, "basket.3")
