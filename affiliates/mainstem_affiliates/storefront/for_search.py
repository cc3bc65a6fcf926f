"""What search engines ask for first: what they may read, and which pages there are."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

from litestar import Request, Response, get
from litestar.params import FromPath

from mainstem.kit.work import CLIENT, Work
from mainstem.web import AppContext, app_context_of
from mainstem.web.works import in_work
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront, cached_storefront_of
from mainstem_affiliates.storefront.meta import base_url, page_url

SHOPS_MAX = 50_000
"""So many sitemaps one index may name."""

PAGES_MAX = 40_000
"""Fewer than a sitemap may name."""

_NOT_READ = ("/api/", "/console", "/desk", "/portal", "/order/", "/quote/", "/s/*/search")
_TOPICS = ("terms", "privacy", "accessibility", "withdrawal")
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"


@get("/robots.txt")
async def robots(request: Request[Any, Any, Any]) -> Response[str]:
    """What may be read on the company's own host, and where its sitemap is. What no search shall show
    says so itself, by a header: it is read, and left out."""
    public = app_context_of(request).settings.public_url
    return robots_text([*_NOT_READ], f"{public}/sitemap.xml")


@get("/s/{slug:str}/robots.txt")
async def own_robots(request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[str]:
    """The same on a storefront's own host."""
    storefront = await cached_storefront_of(request, slug)
    base = base_url(app_context_of(request), storefront)
    return robots_text(["/order/", "/quote/", "/search"], f"{base}/sitemap.xml")


def robots_text(not_read: list[str], sitemap: str) -> Response[str]:
    """A robots.txt."""
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in not_read),
        "",
        f"Sitemap: {sitemap}",
        "",
    ]
    return Response(
        "\n".join(lines), media_type="text/plain", headers={"cache-control": "public, max-age=3600"}
    )


@get("/sitemap.xml")
async def sitemap_index(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The sitemaps of all open storefronts that are on this host."""
    public = app_context_of(request).settings.public_url

    def look(work: Work) -> list[str]:
        rows = work.rows(
            """SELECT slug FROM storefront s
                WHERE active AND NOT EXISTS (SELECT FROM storefront_domain d
                       WHERE d.home_id = s.home_id AND d.storefront_id = s.id AND d.state = 'proved')
                ORDER BY id LIMIT %(most)s""",
            most=SHOPS_MAX,
        )
        return [row.slug for row in rows]

    slugs = await in_work(request, CLIENT, look)
    named = "".join(
        f"<sitemap><loc>{escape(f'{public}/s/{slug}/sitemap.xml')}</loc></sitemap>"
        for slug in slugs
    )
    return _xml(f'<sitemapindex xmlns="{_SCHEMA}">{named}</sitemapindex>')


@get("/s/{slug:str}/sitemap.xml")
async def sitemap(request: Request[Any, Any, Any], slug: FromPath[str]) -> Response[bytes]:
    """Every page of a storefront that a search may show, in each of its languages."""
    app_context, storefront = app_context_of(request), await cached_storefront_of(request, slug)
    return _xml(storefront.page(("sitemap",), lambda: _drawn(app_context, storefront)).decode())


def _drawn(app_context: AppContext, storefront: CachedStorefront) -> bytes:
    base = base_url(app_context, storefront)
    pages = "".join(
        _page(base, path, storefront.locales) for path in _paths(storefront)[:PAGES_MAX]
    )
    return f'<urlset xmlns="{_SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">{pages}</urlset>'.encode()


def _paths(storefront: CachedStorefront) -> list[str]:
    locale = storefront.locales[0]
    catalogue = storefront.catalogues[locale]
    departments = [one for one in catalogue.categories if storefront.shows(locale, one)]
    return [
        "",
        *(f"c/{slug}" for slug in departments),
        *(["c/services"] if catalogue.services else []),
        *(f"p/{one.slug}" for one in (*catalogue.goods, *catalogue.services)),
        *_TOPICS,
    ]


def _page(base: str, path: str, locales: tuple[str, ...]) -> str:
    if len(locales) == 1:
        return f"<url><loc>{escape(page_url(base, path))}</loc></url>"
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{code}" href={quoteattr(page_url(base, path, lang=code))}/>'
        for code in locales
    )
    return "".join(
        f"<url><loc>{escape(page_url(base, path, lang=code))}</loc>{others}</url>"
        for code in locales
    )


def _xml(body: str) -> Response[bytes]:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(),
        media_type="application/xml",
        headers={"cache-control": "public, max-age=600"},
    )


routes = [robots, own_robots, sitemap_index, sitemap]
