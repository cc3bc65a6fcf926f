"""The layout of every storefront page, and how a page is kept or drawn for one visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import Request, Response

from mainstem.kit.errors import Problem, Refused
from mainstem.kit.locale import Language
from mainstem.web import (
    app_context_of,
    cached_page,
    draw,
    field_errors,
    render,
    request_context_of,
)
from mainstem.web.brand import LOGO_MAX, Brand
from mainstem.web.rendering import LANGUAGE_NAMES, LanguageLink, locale_of, words
from mainstem_affiliates.storefront.basket import read_basket
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront
from mainstem_affiliates.storefront.links import Links, Nowhere, fill, referral_of
from mainstem_affiliates.storefront.meta import Meta, meta_of
from mainstem_affiliates.storefront.theme_sheets import module_sheet_url
from mainstem_affiliates.themes import sheet_url

Page = Response[bytes]
HttpRequest = Request[Any, Any, Any]
COUNT_MARK = b"<!--the reader's basket-->"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The storefront as its layout names it."""

    name: str
    theme: str
    tagline: str
    disclosure: str
    programme_url: str | None
    home_url: str
    basket_url: str
    basket_count_url: str
    search_url: str
    withdraw_url: str
    """Where one withdraws; `withdrawal_url` is what is said about the right."""
    withdrawal_url: str
    terms_url: str
    privacy_url: str
    accessibility_url: str
    track_url: str
    joining_url: str | None
    """Where others may apply to sell, too; None while the company takes no applications."""
    stylesheet: str | None
    theme_url: str | None
    """The style sheet of its palette; None where it is a module's own."""
    opening: str
    """A line above everything; empty for none."""
    takes_orders: bool
    prices_include_tax: bool
    seller: dict[str, str]
    brand: Brand | None
    """The logo at its head; None for the shop's name in letters."""


class Department(msgspec.Struct, frozen=True):
    """A part of the assortment, as the navigation names it."""

    slug: str
    name: str
    url: str
    current: bool


class StorePage(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of a storefront shows. `basket_count` None is filled in when it is sent."""

    store: Head
    categories: list[Department]
    languages: list[LanguageLink]
    url: Links
    meta: Meta
    referral: str
    basket_count: int | None = None


class Shopper:
    """One request to a storefront: to which, in which language, led here by which link."""

    def __init__(
        self, request: HttpRequest, storefront: CachedStorefront, *, is_preview: bool = False
    ) -> None:
        """`is_preview`: for somebody who only looks at what it would be; no link leads anywhere."""
        self.request = request
        self.storefront = storefront
        self.locale = locale_of(request, storefront.locales)
        self.referral = "" if is_preview else referral_of(request)
        self.is_own_host = request_context_of(request).own is not None
        self.links = (
            Nowhere()
            if is_preview
            else Links(storefront.slug, self.referral, is_own_host=self.is_own_host)
        )
        self.catalogue = storefront.catalogues[self.locale]

    @property
    def language(self) -> Language:
        """The language of the page."""
        language = app_context_of(self.request).pages[self.locale].globals["language"]
        assert isinstance(language, Language)
        return language

    def named(self, department: str) -> str:
        """The name of a department; that of all services where the shop calls them nothing else."""
        named = self.storefront.category(self.locale, department)
        return named or str(self.language.text("Services"))

    def layout(self, path: str = "", *, current: str = "", **query: str) -> dict[str, Any]:
        """The layout's fields for the page of this path, for one visitor."""
        count = read_basket(self.request, self.storefront).count
        around = self._layout(self.links, path, current, query) | {"basket_count": count}
        if not path.startswith("c/"):  # only a department is the same page for everybody
            around["meta"] = msgspec.structs.replace(around["meta"], canonical="", alternates=[])
        return around

    def meta(self, path: str = "", **said: Any) -> Meta:
        """What the page of this path says of itself; `variant`, `page` and the like are its query."""
        told = {
            key: said.pop(key) for key in ("description", "picture", "kind", "data") if key in said
        }
        query = {key: value for key, value in said.items() if key == "page"}
        app_context = app_context_of(self.request)
        return meta_of(app_context, self.storefront, self.locale, path, query, **told)

    def _layout(
        self, links: Links, path: str, current: str, query: dict[str, str]
    ) -> dict[str, Any]:
        storefront, locale = self.storefront, self.locale
        departments = [one for one in self.catalogue.categories if storefront.shows(locale, one)]
        if self.catalogue.services:
            departments.append("services")
        return {
            "store": Head(
                name=storefront.name,
                theme=storefront.theme,
                tagline=storefront.text(locale, "tagline"),
                disclosure=self._disclosure(),
                programme_url=links("programme") if storefront.text(locale, "programme") else None,
                home_url=links(),
                basket_url=links("basket"),
                basket_count_url=links("basket/count"),
                search_url=links("search"),
                withdraw_url=links("withdraw"),
                withdrawal_url=links("withdrawal"),
                terms_url=links("terms"),
                privacy_url=links("privacy"),
                accessibility_url=links("accessibility"),
                track_url=links("track"),
                joining_url="/programme" if storefront.takes_applications else None,
                stylesheet=_stylesheet(storefront),
                theme_url=sheet_url(storefront.design) if storefront.design else None,
                opening=storefront.text(locale, "opening"),
                takes_orders=storefront.takes_orders,
                prices_include_tax=storefront.prices_include_tax,
                seller=dict(storefront.seller),
                brand=_brand(storefront),
            ),
            "categories": [
                Department(slug, self.named(slug), links(f"c/{slug}"), slug == current)
                for slug in departments
            ],
            "languages": [
                LanguageLink(
                    code, LANGUAGE_NAMES[code], links(path, **query, lang=code), code == locale
                )
                for code in storefront.locales
            ],
            "url": links,
            "meta": self.meta(path, **query),
            "referral": self.referral,
        }

    def _disclosure(self) -> str:
        """Who is paid for the recommendation: in the shop's words, or in ours where it has none. A shop
        may say it otherwise, and cannot leave it out."""
        storefront = self.storefront
        said = storefront.text(self.locale, "disclosure")
        if said or storefront.is_own:
            return said
        message = (
            "{shop} is paid a commission for what is sold here. {seller} is the seller."
            if storefront.seller["name"]
            else "{shop} is paid a commission for what is sold here."
        )
        return self.language.text(message).format(
            shop=storefront.name, seller=storefront.seller["name"]
        )

    def kept(
        self,
        key: tuple[Any, ...],
        template: str,
        page: Callable[[dict[str, Any]], StorePage],
        path: str = "",
        /,
        *,
        current: str = "",
        **query: str,
    ) -> Page:
        """A page that is the same for everybody: drawn once, sent with what is this visitor's."""
        app_context = app_context_of(self.request)

        def drawn() -> bytes:
            links = Links(self.storefront.slug, None, is_own_host=self.is_own_host)
            around = self._layout(links, path, current, query) | {"referral": ""}
            return draw(app_context, self.locale, template, page(around))

        body = self.storefront.page((self.locale, self.is_own_host, *key), drawn)
        body = fill(body, self.referral).replace(COUNT_MARK, self._count(), 1)
        return cached_page(self.request, body, headers={"content-language": self.locale})

    def _count(self) -> bytes:
        count = read_basket(self.request, self.storefront).count
        return self.storefront.page(
            (self.locale, "count", count), lambda: count_fragment(self.request, self.locale, count)
        )

    def page(self, template: str, page: StorePage, *, status: int = 200) -> Page:
        """A page for this visitor alone."""
        return render(self.request, template, page, status=status, locale=self.locale)

    def errors(self, problems: list[Problem]) -> dict[str, str]:
        """What is wrong with each field, by its name, in the reader's language."""
        return {
            name: words(self.language, problem) for name, problem in field_errors(problems).items()
        }

    def says(self, no: Refused | Problem) -> str:
        """A refusal in the reader's language."""
        return words(self.language, no)


def _stylesheet(storefront: CachedStorefront) -> str | None:
    """The style sheet of a module: its own, or one below /static."""
    module = storefront.module
    if module is None:
        return None
    return module_sheet_url(module) if module.css else module.stylesheet


def _brand(storefront: CachedStorefront) -> Brand | None:
    """The company's logo at the head of its own shop; an affiliate's shop has the affiliate's name."""
    if storefront.logo is None:
        return None
    return Brand(storefront.name, storefront.logo.hash, storefront.logo.fitted(*LOGO_MAX))


class CountFragment(msgspec.Struct, frozen=True):
    """The number in the basket."""

    count: int


def count_fragment(request: HttpRequest, locale: str, count: int) -> bytes:
    """The number in the header, as the page and htmx put it there."""
    return draw(app_context_of(request), locale, "storefront/count.html", CountFragment(count))
