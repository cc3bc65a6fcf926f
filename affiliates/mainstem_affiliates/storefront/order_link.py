"""What the link to an order opens, and what it lets its bearer do."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from litestar import Request

from mainstem import orders
from mainstem.identity import OrderLink, read_order_link
from mainstem.kit.errors import Refused
from mainstem.kit.work import CLIENT, Work
from mainstem.web import app_context_of
from mainstem.web.works import in_work
from mainstem_affiliates.storefront import reads
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Shopper


class LinkOnlyShows(Refused):
    """The link has gone through other hands: it shows the order, and does not do this."""

    code: ClassVar[str] = "link_only_shows"
    status: ClassVar[int] = 403
    message: ClassVar[str] = (
        "This link does not let you do that. Open the link of your order confirmation, or write to us."
    )


def opened(request: Request[Any, Any, Any], token: str, right: str | None = None) -> OrderLink:
    """What a link opens, if it lets its bearer do that with it. Whether it has been withdrawn, the
    Work that follows checks."""
    link = read_order_link(app_context_of(request).settings.secret, token)
    if right and right not in link.may:
        raise LinkOnlyShows
    return link


def in_force(work: Work, link: OrderLink) -> None:
    """Raise LinkWithdrawn for a link that was closed."""
    orders.check_link(work, link.home_id, link.order_id, made_at=link.made_at)


async def shopper_of(request: Request[Any, Any, Any], home_id: int, order_id: UUID) -> Shopper:
    """The storefront in which an order was placed, for whoever reads its page."""
    slug = await in_work(request, CLIENT, lambda work: reads.storefront_of(work, home_id, order_id))
    return Shopper(request, await cached_storefront_of(request, slug))
