"""A product as search engines and other sites read it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mainstem import pictures
from mainstem.web import app_context_of
from mainstem_affiliates.storefront.assortment import Product
from mainstem_affiliates.storefront.layout import Shopper
from mainstem_affiliates.storefront.meta import base_url, page_url


def photograph(shopper: Shopper, product: Product) -> str:
    """The product's photograph, whole; empty for a drawing of ours, which no other site can show."""
    if not pictures.is_uploaded(product.picture):
        return ""
    public = app_context_of(shopper.request).settings.public_url
    return public + pictures.url(product.picture, 1280, "jpg")


def structured_data(shopper: Shopper, product: Product, free: dict[int, int]) -> dict[str, Any]:
    """The product as search engines read it (schema.org)."""
    app_context, storefront = app_context_of(shopper.request), shopper.storefront
    public = page_url(base_url(app_context, storefront), f"p/{product.slug}")
    seller = {"@type": "Organization", "name": storefront.seller["name"] or storefront.name}
    offers = [
        {
            "@type": "Offer",
            "sku": variant.sku,
            "url": f"{public}?variant={variant.sku}",
            "priceCurrency": price.currency,
            "price": f"{Decimal(price.minor).scaleb(-price.exponent):f}",
            "availability": "https://schema.org/InStock"
            if free[variant.id] > 0
            else "https://schema.org/OutOfStock",
            "itemCondition": "https://schema.org/NewCondition",
            "seller": seller,
        }
        for variant in product.variants
        if (price := shopper.catalogue.price_of[variant.sku]) is not None
        and product.kind == "goods"
    ]
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Product" if product.kind == "goods" else "Service",
        "name": product.name,
        "description": product.summary,
        "url": public,
    } | ({"offers": offers} if offers else {})
    if image := photograph(shopper, product):
        data["image"] = image
    return data
