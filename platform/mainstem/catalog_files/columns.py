"""Columns: what kind of file it is by its header, and which column says what.

Shopify has two generations of header for the same things. WooCommerce writes its header in the
language of the shop; three languages are known, and any other is told once, on the mapping page.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence

KINDS = {
    "own": "Mainstem",
    "shopify": "Shopify",
    "woocommerce": "WooCommerce",
    "other": "Another table",
}

FIELDS = {
    "slug": "Address of the product",
    "name": "Name",
    "summary": "Summary",
    "description": "Description",
    "department": "Department",
    "sku": "SKU",
    "gtin": "GTIN",
    "price": "Price",
    "compare_price": "Price before a reduction",
    "offer_price": "Offer price",
    "cost": "Cost per item",
    "offer_from": "Offer from",
    "offer_until": "Offer until",
    "option1_name": "Option 1: name",
    "option1_value": "Option 1: value",
    "option2_name": "Option 2: name",
    "option2_value": "Option 2: value",
    "option3_name": "Option 3: name",
    "option3_value": "Option 3: value",
    "weight_g": "Weight in grams",
    "weight_kg": "Weight in kilograms",
    "weight_lb": "Weight in pounds",
    "weight_oz": "Weight in ounces",
    "length_cm": "Length in centimetres",
    "width_cm": "Width in centimetres",
    "height_cm": "Height in centimetres",
    "length_in": "Length in inches",
    "width_in": "Width in inches",
    "height_in": "Height in inches",
    "picture": "Pictures (addresses)",
    "picture_alt": "Picture: description",
    "picture_position": "Picture: position",
    "variant_picture": "Picture of the variant (address)",
    "published": "Shown (yes or no)",
    "status": "Status",
    "origin": "Country of origin",
    "maker": "Manufacturer",
    "safety": "Safety",
    "guarantee_months": "Guarantee in months",
    "withdrawal": "Right of withdrawal",
    "position": "Position",
    "row_id": "Number of the row",
    "row_kind": "Kind of the row",
    "parent": "Parent of the row",
}
"""What a column may say, and what that is called; every value is a message to translate."""

IN_LANGUAGES = ("name", "summary", "description", "safety")
IN_CURRENCIES = ("price", "compare_price", "offer_price", "cost")

_SHOPIFY = {
    "handle": "slug", "url handle": "slug",
    "title": "name",
    "body (html)": "description", "body html": "description", "description": "description",
    "vendor": "maker",
    "type": "department", "custom product type": "department",
    "published": "published", "published on online store": "published",
    "status": "status",
    "option1 name": "option1_name", "option1 value": "option1_value",
    "option2 name": "option2_name", "option2 value": "option2_value",
    "option3 name": "option3_name", "option3 value": "option3_value",
    "variant sku": "sku", "sku": "sku",
    "variant barcode": "gtin", "barcode": "gtin",
    "variant grams": "weight_g", "weight value (grams)": "weight_g",
    "variant price": "price", "price": "price",
    "cost per item": "cost",
    "variant compare at price": "compare_price", "compare-at price": "compare_price",
    "image src": "picture", "product image url": "picture",
    "image position": "picture_position",
    "image alt text": "picture_alt",
    "variant image": "variant_picture", "variant image url": "variant_picture",
}  # fmt: skip
_METAFIELDS = {
    "country_of_origin": "origin",
    "origin_country": "origin",
    "warranty_months": "guarantee_months",
    "guarantee_months": "guarantee_months",
    "withdrawal": "withdrawal",
    "safety": "safety",
    "safety_warnings": "safety",
}
_METAFIELD = re.compile(r"\((?:product\.)?metafields\.[\w-]+\.([\w-]+)\)$", re.IGNORECASE)

_WOO = {
    "id": "row_id",
    "type": "row_kind", "typ": "row_kind",
    "sku": "sku", "artikelnummer": "sku", "artikelnr": "sku",
    "gtin, upc, ean, or isbn": "gtin", "gtin, upc, ean eller isbn": "gtin", "gtin, upc, ean oder isbn": "gtin",
    "name": "name", "namn": "name",
    "published": "published", "publicerad": "published", "veröffentlicht": "published",
    "short description": "summary", "kort beskrivning": "summary", "kurzbeschreibung": "summary",
    "description": "description", "beskrivning": "description", "beschreibung": "description",
    "date sale price starts": "offer_from", "reapris startar": "offer_from", "startdatum för reapris": "offer_from",
    "datum, an dem angebotspreis beginnt": "offer_from", "startdatum angebotspreis": "offer_from",
    "date sale price ends": "offer_until", "reapris slutar": "offer_until", "slutdatum för reapris": "offer_until",
    "datum, an dem angebotspreis endet": "offer_until", "enddatum angebotspreis": "offer_until",
    "sale price": "offer_price", "reapris": "offer_price", "rea-pris": "offer_price", "angebotspreis": "offer_price",
    "regular price": "price", "ordinarie pris": "price", "normalpris": "price", "regulärer preis": "price",
    "categories": "department", "kategorier": "department", "kategorien": "department",
    "images": "picture", "bilder": "picture",
    "parent": "parent", "överordnad": "parent", "förälder": "parent", "übergeordnetes produkt": "parent",
    "übergeordnet": "parent",
    "position": "position",
    "weight (kg)": "weight_kg", "vikt (kg)": "weight_kg", "gewicht (kg)": "weight_kg",
    "weight (g)": "weight_g", "vikt (g)": "weight_g", "gewicht (g)": "weight_g",
    "weight (lbs)": "weight_lb", "vikt (lbs)": "weight_lb", "gewicht (lbs)": "weight_lb",
    "weight (oz)": "weight_oz", "vikt (oz)": "weight_oz", "gewicht (oz)": "weight_oz",
    "length (cm)": "length_cm", "längd (cm)": "length_cm", "länge (cm)": "length_cm",
    "width (cm)": "width_cm", "bredd (cm)": "width_cm", "breite (cm)": "width_cm",
    "height (cm)": "height_cm", "höjd (cm)": "height_cm", "höhe (cm)": "height_cm",
    "length (in)": "length_in", "width (in)": "width_in", "height (in)": "height_in",
}  # fmt: skip
_WOO_ATTRIBUTE = (
    re.compile(
        r"(?:attribute|attribut|egenskap) (?P<no>[1-3]) (?P<what>name|namn|value\(s\)|värden?|värde\(n\)|wert\(e\))"
    ),
    re.compile(r"(?P<what>name|wert\(e\)) des attributs (?P<no>[1-3])"),
)
_OTHER = {
    "ean": "gtin", "gtin": "gtin", "barcode": "gtin", "streckkod": "gtin",
    "article": "sku", "article number": "sku", "article no": "sku", "item number": "sku", "sku": "sku",
    "artikel": "sku", "artikelnummer": "sku", "artikelnr": "sku", "artnr": "sku", "art.nr": "sku",
    "name": "name", "namn": "name", "title": "name", "benämning": "name",
    "cost": "cost", "cost per item": "cost", "inköpspris": "cost",
    "price": "price", "pris": "price", "description": "description", "beskrivning": "description",
    "category": "department", "kategori": "department", "department": "department", "avdelning": "department",
    "picture": "picture", "image": "picture", "bild": "picture", "weight": "weight_g", "vikt": "weight_g",
}  # fmt: skip


def header_hash(header: Sequence[str]) -> str:
    """What tells a header apart from every other one: its names, in whatever order."""
    named = "\n".join(sorted({_plain(name) for name in header}))
    return hashlib.sha256(named.encode()).hexdigest()


def kind_of(header: Iterable[str]) -> str:
    """Which kind of file has this header."""
    names = {_plain(name) for name in header}
    if {"mainstem", "slug", "sku"} <= names:
        return "own"
    if names & {"handle", "url handle"} and "title" in names:
        return "shopify"
    said = {field for name in names if (field := _woo(name))}
    if {"row_kind", "sku", "price"} <= said or {"row_id", "row_kind", "parent"} <= said:
        return "woocommerce"
    return "other"


def guessed(kind: str, header: Iterable[str]) -> dict[str, str]:
    """What each column says, as far as its name tells; a field is said by one column."""
    found: dict[str, str] = {}
    for name in header:
        field = _guess(kind, _plain(name))
        if field and field not in found.values():
            found[name] = field
    return found


def _guess(kind: str, name: str) -> str:
    match kind:
        case "shopify":
            if metafield := _METAFIELD.search(name):
                return _METAFIELDS.get(metafield[1], "")
            return _SHOPIFY.get(name, "")
        case "woocommerce":
            return _woo(name)
        case _:
            return _OTHER.get(name, "")


def _woo(name: str) -> str:
    for pattern in _WOO_ATTRIBUTE:
        if found := pattern.fullmatch(name):
            what = "name" if found["what"] in ("name", "namn") else "value"
            return f"option{found['no']}_{what}"
    return _WOO.get(name, "")


def _plain(name: str) -> str:
    return " ".join(name.strip().lstrip("\ufeff").casefold().split())


def unknown_fields(columns: Mapping[str, str]) -> list[str]:
    """The columns whose field there is not."""
    return [name for name, field in columns.items() if field and not _is_field(field)]


def _is_field(field: str) -> bool:
    plain, _, part = field.partition(":")
    if plain not in FIELDS:
        return False
    if not part:
        return True
    if plain in IN_LANGUAGES:
        return part in ("en", "sv")
    return plain in IN_CURRENCIES and bool(re.fullmatch("[A-Z]{3}", part))
