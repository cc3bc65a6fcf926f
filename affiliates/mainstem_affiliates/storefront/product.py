"""A product's page: what it is, costs and how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from mainstem import catalog, stock
from mainstem.catalog import Details
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT, Work
from mainstem.money import Money
from mainstem.web.works import in_work
from mainstem_affiliates.storefront.assortment import Product, Variant
from mainstem_affiliates.storefront.cached_storefront import FEW, cached_storefront_of
from mainstem_affiliates.storefront.guarantee_notices import (
    DurabilityLabel,
    LegalNotice,
    durability_label,
    legal_notice,
)
from mainstem_affiliates.storefront.layout import Page, Shopper, StorePage
from mainstem_affiliates.storefront.product_data import photograph, structured_data
from mainstem_affiliates.storefront.shipping import (
    free_from_of,
    not_served_in,
    shipping_of,
    working_days,
)


@dataclass(frozen=True, slots=True)
class Choice:
    """A variant to choose: its own address, and whether it can be had."""

    variant: Variant
    path: str
    current: bool
    free: int
    reason: str
    """Why it cannot be had, as an English message; empty when it can."""


class ProductPage(StorePage, frozen=True, kw_only=True):
    """A product, one variant of it chosen."""

    product: Product
    details: Details
    notice: LegalNotice
    label: DurabilityLabel | None
    chosen: Choice
    choices: list[Choice]
    stock_note: str | None
    few: int
    related: Sequence[Product]
    shipping: Money | None
    days: tuple[int, int]
    """Within how many working days it comes."""
    not_served: str
    """The shop's country, where nothing is delivered to it."""
    free_from: Money | None


@get("/s/{slug:str}/p/{product:str}")
async def product(
    request: Request[Any, Any, Any], slug: FromPath[str], product: FromPath[str]
) -> Page:
    """A product; `?variant=` names which of its variants is looked at."""
    shopper = Shopper(request, await cached_storefront_of(request, slug))
    found = shopper.catalogue.by_slug.get(product)
    if found is None:
        raise NotFound("product")
    free = {variant.id: 0 for variant in found.variants}
    details = shopper.storefront.details.get((shopper.locale, found.id))

    def look(work: Work) -> None:
        nonlocal details
        # Stock moves between two versions of the catalogue: it is looked up, never kept.
        free.update(stock.availability(work, list(free)))
        if details is None:
            details = catalog.details(work, found.id, locale=shopper.locale)
            shopper.storefront.details[shopper.locale, found.id] = details

    if found.kind == "goods" or details is None:
        await in_work(request, CLIENT, look)
    assert details is not None
    shown = details
    wanted = request.query_params.get("variant", "")
    chosen = next((v for v in found.variants if v.sku == wanted), None)
    chosen = chosen or next((v for v in found.variants if free[v.id] > 0), found.variants[0])
    path = f"p/{found.slug}"
    seen = tuple(min(free[variant.id], FEW + 1) for variant in found.variants)

    def page(around: dict[str, Any]) -> StorePage:
        choices = [_choice(found, v, free[v.id], path, v is chosen) for v in found.variants]
        [current] = [choice for choice in choices if choice.current]
        storefront = shopper.storefront
        note = storefront.module.stock_note(current.free) if storefront.module else None
        return ProductPage(
            **around
            | {
                "meta": shopper.meta(
                    path,
                    description=found.summary,
                    picture=photograph(shopper, found),
                    kind="product" if found.kind == "goods" else "website",
                    data=structured_data(shopper, found, free),
                )
            },
            product=found,
            details=shown,
            notice=legal_notice(shopper.locale),
            label=_label(shopper, current, shown),
            chosen=current,
            choices=choices,
            stock_note=note,
            few=FEW,
            related=_related(shopper, found, shown.related),
            shipping=shipping_of(shopper),
            days=working_days(shopper),
            not_served=not_served_in(shopper),
            free_from=free_from_of(shopper),
        )

    return shopper.kept(
        (path, chosen.sku, seen),
        "storefront/product.html",
        page,
        path,
        current=found.category if found.kind == "goods" else "services",
        **({"variant": wanted} if wanted == chosen.sku else {}),
    )


def _label(shopper: Shopper, current: Choice, details: Details) -> DurabilityLabel | None:
    return durability_label(
        shopper.storefront,
        shopper.locale,
        sku=current.variant.sku,
        name=current.variant.name,
        months=details.guarantee_months,
        producer=details.maker.get("name", ""),
    )


def _choice(product: Product, variant: Variant, free: int, path: str, current: bool) -> Choice:
    reason = ""
    if product.kind == "goods" and variant.price is None:
        reason = "Not sold in this currency"
    elif product.kind == "goods" and free <= 0:
        reason = "Sold out just now"
    return Choice(variant, path, current, free, reason)


def _related(shopper: Shopper, product: Product, named: Sequence[str]) -> Sequence[Product]:
    """Four others: those that the product names, then its neighbours in the department."""
    known = shopper.catalogue.by_slug
    chosen = [known[slug] for slug in named if slug in known and not known[slug].hidden]
    around: Sequence[Product] = shopper.catalogue.services
    if product.kind == "goods":
        around = shopper.catalogue.departments.get(product.category, [])
    near = [one for one in around if one.category == product.category]
    at = near.index(product) if product in near else -1
    near = near[at + 1 :] + near[: max(at, 0)]
    return (chosen + [one for one in near if one not in chosen])[:4]


routes = [product]
