"""The cached storefront: what every visitor sees alike, kept in memory and looked at again.

Reading it takes the database once a second at most. A change of the storefront, or of anything in
the assortment that it shares with others, makes it anew, and every page that was drawn from it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from litestar import Request

from mainstem import orders, tax
from mainstem.catalog import Details, ShippingRate
from mainstem.company import SELLER, CompanyDocument, Logo, published_documents
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT, Work
from mainstem.network import ELIGIBLE
from mainstem.orders import Conditions
from mainstem.web import app_context_of, request_context_of
from mainstem.web.works import in_work
from mainstem_affiliates.contract import Storefront, installed
from mainstem_affiliates.storefront.assortment import (
    Assortment,
    Assortments,
    Catalogue,
    Product,
)
from mainstem_affiliates.themes import PALETTES, Theme, theme_of

FRESH_SECONDS = 1.0
PAGES_MAX = 5_000
FEW = 5
"""So many or fewer are named; more are simply there."""


@dataclass(slots=True)
class CachedStorefront:
    """A storefront and its catalogues, with the pages that were drawn from them."""

    id: int
    home_id: int
    slug: str
    name: str
    theme: str
    """The class of a module's own; empty for a palette of ours."""
    design: Theme | None
    """Palette, typeface and accent; None for a module's own."""
    featured: tuple[int, ...]
    """Products that stand before all others, by id."""
    locales: tuple[str, ...]
    currency: str
    country: str
    texts: Mapping[str, Any]
    company: Mapping[str, Any]
    documents: Mapping[str, CompanyDocument]
    """What the company has published: terms, privacy and the like, by kind."""
    takes_orders: bool
    version: int
    rate: ShippingRate | None
    conditions: Conditions
    logo: Logo | None
    """The company's, where it sells in its own name."""
    takes_applications: bool
    """Whether the programme is open, so that its pages lead there."""
    prices_include_tax: bool
    """Whether its pages show prices with tax. A basket always says what is paid."""
    own_host: str | None
    """The host of its own that it is found at; None for none."""
    catalogues: Mapping[str, Catalogue]
    module: Storefront | None
    sources: Mapping[str, Assortment]
    """What the catalogues are taken from, by language."""
    looked_at: float
    as_of: datetime
    """When that was, on the company's clock."""
    row: StorefrontRow
    pages: dict[tuple[Any, ...], bytes] = field(default_factory=dict)
    details: dict[tuple[str, int], Details] = field(default_factory=dict)
    """What only a product's own page shows, by language and product, as it was first asked for."""

    def text(self, locale: str, key: str) -> str:
        """What the shop says under a key, in this language or else its first."""
        for code in (locale, *self.locales):
            said = self.texts.get(code, {}).get(key)
            if isinstance(said, str) and said:
                return said
        return ""

    def category(self, locale: str, slug: str) -> str:
        """The name of a department; of services nothing, where the company has no name for them."""
        named = self.texts.get(locale, {}).get("categories", {}).get(slug)
        department = self.sources[locale].departments.get(slug) if not named else None
        unnamed = "" if slug == "services" else slug.replace("-", " ").capitalize()
        return str(named or (department and department.name) or unnamed)

    def shows(self, locale: str, slug: str) -> bool:
        """Whether the navigation names a department."""
        department = self.sources[locale].departments.get(slug)
        return department is None or not department.hidden

    def published(self, locale: str, kind: str) -> str:
        """What the company has published about this in a language; empty for nothing."""
        found = self.documents.get(kind)
        return found.texts.get(locale, "") if found else ""  # type: ignore[call-overload]

    @property
    def seller(self) -> Mapping[str, str]:
        """Who sells: the parent, as the client must know it."""
        told = {
            key: str(self.company.get(key, "")) for key in ("name", "number", "address", "email")
        }
        return told | {"vat_number": self.row.vat_number or ""}

    @property
    def is_own(self) -> bool:
        """Whether the company sells here itself, and nobody is paid for recommending it."""
        return bool(self.row.is_house)

    def page(self, key: tuple[Any, ...], draw: Callable[[], bytes]) -> bytes:
        """The page drawn for this key; it lives as long as this copy of the storefront."""
        if key not in self.pages:
            if len(self.pages) >= PAGES_MAX:
                self.pages.clear()
            self.pages[key] = draw()
        return self.pages[key]


@dataclass(frozen=True, slots=True, kw_only=True)
class StorefrontRow:
    """A storefront as its row has it, with what else its pages show of affiliate and company."""

    id: int
    home_id: int
    slug: str
    name: str
    theme: str
    typeface: str
    accent: str
    locales: Sequence[str]
    currency: str
    texts: Mapping[str, Any]
    product_ids: Sequence[int] | None
    departments: Sequence[str] | None
    featured: Sequence[int]
    arrangement: str
    prices_include_tax: bool
    state: str
    country: str
    is_house: bool
    version: int
    seller: Mapping[str, Any] | None
    vat_number: str | None
    takes_applications: bool
    logo: Mapping[str, Any] | None
    own_host: str | None


OF_COMPANY = f"""c.version, ({SELLER}) AS seller,
       (SELECT said->>'number' FROM tax_settings, jsonb_array_elements(vat_numbers) AS said
         WHERE said->>'country' = home_country LIMIT 1) AS vat_number,
       coalesce((SELECT is_open FROM programme), false) AS takes_applications,
       (SELECT jsonb_build_object('hash', i.hash, 'width', i.width, 'height', i.height)
          FROM company_profile p JOIN picture i ON i.hash = p.logo) AS logo"""

COLUMNS = f"""s.id, s.home_id, s.slug, s.name, s.theme, s.typeface, s.accent, s.locales, s.currency,
       s.texts, s.product_ids, s.departments, s.featured, s.arrangement, s.prices_include_tax,
       a.state, a.country, a.is_house, {OF_COMPANY},
       (SELECT d.host FROM storefront_domain d
         WHERE d.home_id = s.home_id AND d.storefront_id = s.id AND d.state = 'proved'
         ORDER BY d.proved_at, d.id LIMIT 1) AS own_host"""

_OPEN = f"""
SELECT {COLUMNS}
  FROM storefront s JOIN affiliate a ON a.id = s.home_id CROSS JOIN catalogue_version c
 WHERE s.slug = %(slug)s AND s.active"""


class CachedStorefronts(dict[str, CachedStorefront]):
    """Those of this process, by slug."""


async def cached_storefront_of(request: Request[Any, Any, Any], slug: str) -> CachedStorefront:
    """The storefront as of a second ago at most; NotFound for no open storefront, and on a host of
    its own for any other."""
    own = request_context_of(request).own
    if own is not None and own.slug != slug:
        raise NotFound("page")
    parts = app_context_of(request).parts
    kept, assortments = parts.get(CachedStorefronts), parts.get(Assortments)
    storefront, now = kept.get(slug), time.monotonic()
    if storefront is None or now - storefront.looked_at >= FRESH_SECONDS:
        if storefront is not None:
            storefront.looked_at = now  # whoever comes meanwhile need not look as well
        try:
            storefront = await in_work(
                request, CLIENT, lambda work: look(work, slug, assortments, storefront)
            )
        except NotFound:
            kept.pop(slug, None)
            raise
        kept[slug] = storefront
    return storefront


def look(
    work: Work, slug: str, assortments: Assortments, before: CachedStorefront | None = None
) -> CachedStorefront:
    """The storefront as it is now: the copy from before where nothing has changed."""
    found = work.rows_as(StorefrontRow, _OPEN, slug=slug)
    if not found:
        raise NotFound("storefront")
    return as_row(work, found[0], assortments, before)


def as_row(
    work: Work,
    row: StorefrontRow,
    assortments: Assortments,
    before: CachedStorefront | None = None,
) -> CachedStorefront:
    """The storefront that a row describes, also one that nobody can open yet."""
    now = time.monotonic()
    sources = {
        locale: assortments.get(work, locale=locale, currency=row.currency, version=row.version)
        for locale in row.locales
    }
    if (
        before is not None
        and before.row == row
        and all(before.sources[locale] is found for locale, found in sources.items())
    ):
        before.looked_at, before.as_of = now, work.now()
        return before
    conditions = orders.conditions(work)
    return CachedStorefront(
        id=row.id,
        home_id=row.home_id,
        slug=row.slug,
        name=row.name,
        theme="" if row.theme in PALETTES else row.theme,
        design=theme_of(row.theme, row.typeface, row.accent),
        featured=tuple(row.featured),
        locales=tuple(row.locales),
        currency=row.currency,
        country=row.country,
        texts=row.texts,
        company=row.seller or row.texts.get("seller") or {},
        logo=Logo(row.logo["hash"], row.logo["width"], row.logo["height"])
        if row.is_house and row.logo
        else None,
        documents=published_documents(work),
        takes_orders=row.state in ELIGIBLE,
        takes_applications=row.takes_applications,
        version=row.version,
        rate=conditions.rates.get(row.currency),
        conditions=conditions,
        prices_include_tax=row.prices_include_tax,
        own_host=row.own_host,
        catalogues={
            locale: _shown(_arranged(found.of(row.product_ids), row), row, conditions, work)
            for locale, found in sources.items()
        },
        module=installed().get(row.slug),
        sources=sources,
        looked_at=now,
        as_of=work.now(),
        row=row,
    )


def _arranged(catalogue: Catalogue, row: StorefrontRow) -> Catalogue:
    """The catalogue with the departments that the shop shows, the featured first."""
    return catalogue.arranged(row.departments, row.featured, row.arrangement)


def _shown(
    catalogue: Catalogue, row: StorefrontRow, conditions: Conditions, work: Work
) -> Catalogue:
    """The catalogue with its prices as this storefront shows them."""
    if row.prices_include_tax:
        return catalogue
    home = tax.Sale(tax.territory_of(conditions.tax.home or row.country), work.now())

    def rate_bp(product: Product) -> int:
        return tax.rate_at_home(
            conditions.tax, home, tax_class=product.tax_class, own_bp=product.tax_bp
        )

    return catalogue.without_tax(rate_bp)
