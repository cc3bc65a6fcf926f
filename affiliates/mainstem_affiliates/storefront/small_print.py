"""What a storefront must tell: terms, privacy, accessibility, withdrawal, and how it is paid.

The shop's own words come first, then what the company has published, then what we would say for it.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath
from markupsafe import Markup

from mainstem.kit.errors import NotFound
from mainstem.web.rich_text import rich
from mainstem_affiliates.storefront.cached_storefront import cached_storefront_of
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage

SMALL_PRINT = ("terms", "privacy", "accessibility", "withdrawal", "programme")


class SmallPrintPage(StorePage, frozen=True, kw_only=True):
    """What has to be said once. `words` are the shop's own."""

    topic: str
    words: str
    published: Markup
    """What the company has published about it; empty for nothing."""
    track_url: str


def _small_print(topic: str) -> Any:
    @get(f"/s/{{slug:str}}/{topic}", name=f"storefront-{topic}")
    async def small_print(request: Request[Any, Any, Any], slug: FromPath[str]) -> Page:
        shopper = Shopper(request, await cached_storefront_of(request, slug))
        said = shopper.storefront.text(shopper.locale, topic)
        published = shopper.storefront.published(shopper.locale, topic)
        if topic == "programme" and not (said or published):
            raise NotFound("page")

        def page(around: dict[str, Any]) -> StorePage:
            return SmallPrintPage(
                **around,
                topic=topic,
                words=said,
                published=rich(published),
                track_url=around["store"].track_url,
            )

        return shopper.kept((topic,), "storefront/small_print.html", page, topic)

    return small_print


routes = [_small_print(topic) for topic in SMALL_PRINT]
