"""What is sold: goods with variants, and services; their texts, pictures, prices with history."""

from mainstem.catalog.assortment import (
    AssortmentRow,
    DepartmentName,
    Details,
    Offered,
    assortment,
    department_names,
    details,
    offered,
)
from mainstem.catalog.bulk import CatalogueMoved, Change, Chosen, bulk_apply, bulk_preview
from mainstem.catalog.costs import costs_query
from mainstem.catalog.departments import retire_department, save_department
from mainstem.catalog.documents import (
    Contact,
    Department,
    Link,
    OfferPrices,
    Option,
    OptionValue,
    Product,
    ProductPicture,
    ScheduledPrices,
    Variant,
    is_gtin,
)
from mainstem.catalog.editing import KIND_STAYS, retire_product, save_product, unknown_products
from mainstem.catalog.guarantees import ProducerGuarantee, guarantees
from mainstem.catalog.offers import Offer, offers, offers_query, shares
from mainstem.catalog.prices import (
    PRICE_AGE_MAX,
    PRICE_AHEAD_MAX,
    next_price_change,
    set_price,
)
from mainstem.catalog.reading import departments, products
from mainstem.catalog.reductions import Reduction, Step, reduction, reductions, timeline
from mainstem.catalog.rules import problems_of
from mainstem.catalog.search import folded, search
from mainstem.catalog.shipping import (
    ShippingRate,
    set_shipping_rate,
    shipping_rates,
    shipping_rates_query,
)
from mainstem.catalog.version import changed, one_at_a_time, version

__all__ = [
    "KIND_STAYS",
    "PRICE_AGE_MAX",
    "PRICE_AHEAD_MAX",
    "AssortmentRow",
    "CatalogueMoved",
    "Change",
    "Chosen",
    "Contact",
    "Department",
    "DepartmentName",
    "Details",
    "Link",
    "Offer",
    "OfferPrices",
    "Offered",
    "Option",
    "OptionValue",
    "ProducerGuarantee",
    "Product",
    "ProductPicture",
    "Reduction",
    "ScheduledPrices",
    "ShippingRate",
    "Step",
    "Variant",
    "assortment",
    "bulk_apply",
    "bulk_preview",
    "changed",
    "costs_query",
    "department_names",
    "departments",
    "details",
    "folded",
    "guarantees",
    "is_gtin",
    "next_price_change",
    "offered",
    "offers",
    "offers_query",
    "one_at_a_time",
    "problems_of",
    "products",
    "reduction",
    "reductions",
    "retire_department",
    "retire_product",
    "save_department",
    "save_product",
    "search",
    "set_price",
    "set_shipping_rate",
    "shares",
    "shipping_rates",
    "shipping_rates_query",
    "timeline",
    "unknown_products",
    "version",
]
