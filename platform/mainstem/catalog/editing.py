"""Products: saved as their document says, and retired.

A save brings what stands to what is wanted and touches nothing else: a price that has not changed
gets no row, a variant that is gone is retired, for orders and the history of prices name it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from mainstem.catalog import reading
from mainstem.catalog.costs import set_costs
from mainstem.catalog.documents import Product, Variant
from mainstem.catalog.model import ProductRow, VariantRow
from mainstem.catalog.prices import (
    ListPrice,
    OfferPrice,
    ScheduledPrice,
    set_list_prices,
    set_offers,
    set_scheduled_prices,
)
from mainstem.catalog.rules import problems_of
from mainstem.catalog.version import changed
from mainstem.kit.bulk import insert_many
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.events import record
from mainstem.kit.nearest import unknown
from mainstem.kit.work import Work
from mainstem.pictures import is_uploaded

KIND_STAYS = ("not_changeable", "Goods stay goods, and a service a service.")


def save_product(work: Work, before: Product | None, after: Product) -> bool:
    """The product as it is to be; whether anything has changed by it.

    Raises InvalidInput with every problem named, and nothing changed. A retired product of this
    slug is taken back.
    """
    row = _taken(work, before.slug if before else after.slug)
    there = reading.products(work, [row.slug]).get(row.slug) if row else None
    if there == after:
        return False
    problems = [*problems_of(after), *_problems_beside(work, row, after)]
    if problems:
        raise InvalidInput(*problems)
    created = row is None
    _write(work, row or _new(work, after), after)
    if not created and reading.products(work, [after.slug]).get(after.slug) == there:
        return False
    record(work, "product.created" if created else "product.changed", after.slug)
    changed(work)
    return True


def _new(work: Work, after: Product) -> ProductRow:
    row = ProductRow(
        slug=after.slug,
        kind=after.kind,
        category=after.department,
        tax_bp=after.tax_bp,
        created_at=work.now(),
    )
    work.session.add(row)
    return row


def _write(work: Work, row: ProductRow, after: Product) -> None:
    _write_product(row, after)
    work.session.flush()
    assert row.id is not None
    _write_texts(work, row.id, after)
    _write_pictures(work, row.id, after)
    _write_variants(work, row.id, after)


def retire_product(work: Work, before: Product) -> None:
    """Take a product off sale for good; what was ordered of it stays as it is."""
    row = _taken(work, before.slug)
    if row is None or not row.active:
        return
    row.active = False
    record(work, "product.retired", before.slug)
    changed(work)


def _taken(work: Work, slug: str) -> ProductRow | None:
    id = work.value("SELECT id FROM product WHERE slug = %(slug)s", slug=slug)
    return None if id is None else work.take(ProductRow, id)


# ---------------------------------------------------------------- what stands beside it


def _problems_beside(work: Work, row: ProductRow | None, after: Product) -> Iterator[Problem]:
    """What is wrong with a product because of what else there is."""
    if row is not None and row.kind != after.kind:
        yield Problem("/kind", *KIND_STAYS)
    if row is not None and row.slug != after.slug and _taken(work, after.slug) is not None:
        yield Problem("/slug", "taken", "Another product has this address.")
    if (row is None or row.category != after.department) and not work.value(
        "SELECT 1 FROM department WHERE slug = %(slug)s AND active", slug=after.department
    ):
        known = [row.slug for row in work.rows("SELECT slug FROM department WHERE active")]
        yield unknown(
            "/department",
            "There is no such department.",
            after.department,
            known,
            code="not_offered",
        )
    yield from _unknown_pictures(work, after)
    yield from _taken_numbers(work, row.id if row else None, after)


def unknown_products(work: Work, pointer: str, slugs: Sequence[str]) -> Iterator[Problem]:
    """The problem of each of these names that no product has, with the nearest that one has."""
    rows = work.rows("SELECT slug FROM product WHERE slug = ANY(%(slugs)s)", slugs=[*slugs])
    there = {row.slug for row in rows}
    missing = [(no, slug) for no, slug in enumerate(slugs) if slug not in there]
    if not missing:
        return
    known = [row.slug for row in work.rows("SELECT slug FROM product WHERE active")]
    for no, slug in missing:
        yield unknown(
            f"{pointer}/{no}", "No product is called {slug}.", slug, known, facts={"slug": slug}
        )


def _unknown_pictures(work: Work, after: Product) -> Iterator[Problem]:
    files = [picture.file for picture in after.pictures if is_uploaded(picture.file)]
    found = work.rows("SELECT hash FROM picture WHERE hash = ANY(%(files)s)", files=files)
    known = {row.hash for row in found}
    for at, picture in enumerate(after.pictures):
        if is_uploaded(picture.file) and picture.file not in known:
            yield Problem(f"/pictures/{at}/file", "unknown", "There is no such picture. Upload it.")


def _taken_numbers(work: Work, id: int | None, after: Product) -> Iterator[Problem]:
    rows = work.rows(
        """SELECT sku, gtin, active FROM variant
            WHERE product_id IS DISTINCT FROM %(id)s
              AND (sku = ANY(%(skus)s) OR active AND gtin <> '' AND gtin = ANY(%(gtins)s))""",
        id=id,
        skus=[variant.sku for variant in after.variants],
        gtins=[variant.gtin for variant in after.variants],
    )
    skus = {row.sku for row in rows}
    gtins = {row.gtin for row in rows if row.active and row.gtin}
    for at, variant in enumerate(after.variants):
        if variant.sku in skus:
            yield Problem(f"/variants/{at}/sku", "taken", "Another product has this SKU.")
        if variant.gtin in gtins:
            yield Problem(f"/variants/{at}/gtin", "taken", "Another article has this GTIN.")


# ---------------------------------------------------------------- writing


_SAME = (
    "slug", "kind", "position", "tax_bp", "commissionable_bp", "hidden", "sold_from", "sold_until",
    "perishable", "withdrawal", "origin", "guarantee_months", "visit_minutes", "buffer_minutes",
)  # fmt: skip
"""What is called the same in the document and in the table."""


def _write_product(row: ProductRow, after: Product) -> None:
    written = after.model_dump(mode="json")
    wanted: dict[str, Any] = {field: getattr(after, field) for field in _SAME}
    wanted |= {
        "category": after.department,
        "tax_class": after.tax_class or None,
        "active": True,
        "picture": after.pictures[0].file if after.pictures else "",
        "options": written["options"],
        "maker": _said(written["maker"]),
        "responsible": _said(written["responsible"]),
        "documents": written["documents"],
        "related": list(after.related),
        "skills": list(after.skills),
    }
    for field, value in wanted.items():
        if getattr(row, field) != value:
            setattr(row, field, value)


def _said(contact: dict[str, str]) -> dict[str, str]:
    return {field: text for field, text in contact.items() if text}


class _Text(NamedTuple):
    product_id: int
    locale: str
    name: str
    summary: str
    description: str
    safety: str


def _write_texts(work: Work, id: int, after: Product) -> None:
    texts = [
        _Text(
            id,
            locale,
            name,
            after.summaries.get(locale, ""),
            after.descriptions.get(locale, ""),
            after.safety.get(locale, ""),
        )
        for locale, name in after.names.items()
    ]
    work.run(
        "DELETE FROM product_text WHERE product_id = %(id)s AND locale <> ALL(%(locales)s)",
        id=id,
        locales=[text.locale for text in texts],
    )
    insert_many(
        work,
        "product_text",
        texts,
        then="""ON CONFLICT (product_id, locale) DO UPDATE
                SET (name, summary, description, safety)
                    = (excluded.name, excluded.summary, excluded.description, excluded.safety)
                WHERE (product_text.name, product_text.summary, product_text.description,
                       product_text.safety)
                      IS DISTINCT FROM (excluded.name, excluded.summary, excluded.description,
                                        excluded.safety)""",
    )


def _write_pictures(work: Work, id: int, after: Product) -> None:
    work.run("DELETE FROM product_picture WHERE product_id = %(id)s", id=id)
    for at, picture in enumerate(after.pictures):
        if is_uploaded(picture.file):
            work.run(
                """INSERT INTO product_picture
                   VALUES (%(id)s, %(at)s, %(file)s, %(x)s, %(y)s, %(alt)s::jsonb)""",
                id=id,
                at=at,
                file=picture.file,
                x=picture.focus_x,
                y=picture.focus_y,
                alt=_json(dict(picture.alt)),
            )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_variants(work: Work, id: int, after: Product) -> None:
    rows = {
        row.sku: work.take(VariantRow, row.id)
        for row in work.rows(
            "SELECT id, sku FROM variant WHERE product_id = %(id)s ORDER BY id FOR UPDATE", id=id
        )
    }
    for sku in rows.keys() - {variant.sku for variant in after.variants}:
        rows[sku].active = False
    for at, variant in enumerate(after.variants):
        row = rows.get(variant.sku)
        if row is None:
            row = rows[variant.sku] = VariantRow(product_id=id, sku=variant.sku)
            work.session.add(row)
        _write_variant(row, variant, at, after)
    work.session.flush()
    _write_money(work, {sku: row.id or 0 for sku, row in rows.items()}, after)


def _write_variant(row: VariantRow, variant: Variant, at: int, product: Product) -> None:
    names = dict(variant.names) or reading.chosen_names(product.options, variant.choices)
    wanted: dict[str, Any] = {
        "name_en": names.get("en", ""),
        "name_sv": names.get("sv", ""),
        "position": at,
        "active": True,
        "choices": dict(variant.choices),
    }
    for field in ("points", "gtin", "weight_g", "length_mm", "width_mm", "height_mm"):
        wanted[field] = getattr(variant, field)
    for field, value in wanted.items():
        if getattr(row, field) != value:
            setattr(row, field, value)


def _write_money(work: Work, ids: dict[str, int], after: Product) -> None:
    wanted = {ids[variant.sku]: variant for variant in after.variants}
    there = work.rows(
        """SELECT DISTINCT variant_id, currency FROM price WHERE variant_id = ANY(%(ids)s)""",
        ids=list(wanted),
    )
    prices = [
        ListPrice(id, currency, minor)
        for id, variant in wanted.items()
        for currency, minor in _list_prices(variant, work.now()).items()
    ]
    prices += [
        ListPrice(row.variant_id, row.currency, None)
        for row in there
        if row.currency not in _list_prices(wanted[row.variant_id], work.now())
    ]
    set_list_prices(work, prices)
    scheduled = [
        ScheduledPrice(id, currency, minor, one.starts_at)
        for id, variant in wanted.items()
        for one in variant.scheduled_prices
        for currency, minor in one.prices.items()
    ]
    set_scheduled_prices(work, list(wanted), scheduled)
    offers = [
        OfferPrice(id, currency, minor, offer.starts_at or work.now(), offer.ends_at)
        for id, variant in wanted.items()
        for offer in variant.offers
        for currency, minor in offer.prices.items()
    ]
    set_offers(work, list(wanted), offers)
    set_costs(work, {id: variant.costs for id, variant in wanted.items()})


def _list_prices(variant: Variant, now: datetime) -> dict[str, int]:
    """The list prices by a document that may have been written before some of them began."""
    found = dict(variant.prices)
    for one in sorted(variant.scheduled_prices, key=lambda one: one.starts_at):
        if one.starts_at <= now:
            found |= one.prices
    return found
