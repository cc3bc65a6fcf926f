"""Departments and products as documents: what stands now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from mainstem.catalog.costs import costs
from mainstem.catalog.documents import (
    Contact,
    Department,
    Link,
    OfferPrices,
    Option,
    Product,
    ProductPicture,
    ScheduledPrices,
    Variant,
)
from mainstem.kit.work import Work


def departments(work: Work, slugs: Sequence[str] | None = None) -> dict[str, Department]:
    """Every department, or those of these slugs, by slug and in the company's order."""
    rows = work.rows(
        """SELECT slug, names, descriptions, position, hidden FROM department
            WHERE active AND (%(slugs)s::text[] IS NULL OR slug = ANY(%(slugs)s::text[]))
            ORDER BY position, slug""",
        slugs=None if slugs is None else list(slugs),
    )
    return {row.slug: Department(**row._asdict()) for row in rows}


def products(work: Work, slugs: Sequence[str] | None = None) -> dict[str, Product]:
    """Every product, or those of these slugs, by slug and in the company's order."""
    rows = work.rows(
        """SELECT * FROM product
            WHERE active AND (%(slugs)s::text[] IS NULL OR slug = ANY(%(slugs)s::text[]))
            ORDER BY kind, position, id""",
        slugs=None if slugs is None else list(slugs),
    )
    ids = [row.id for row in rows]
    texts = _grouped(work, "SELECT * FROM product_text WHERE product_id = ANY(%(ids)s)", ids)
    variants = _grouped(work, _VARIANTS, ids)
    pictures = _grouped(work, _PICTURES, ids)
    money = _Money(work, [variant.id for own in variants.values() for variant in own])
    return {
        row.slug: _product(
            row, texts.get(row.id, []), variants.get(row.id, []), pictures.get(row.id, []), money
        )
        for row in rows
    }


def _grouped(work: Work, sql: str, ids: list[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in work.rows(sql, ids=ids):
        found.setdefault(row.product_id, []).append(row)
    return found


_VARIANTS = """
SELECT * FROM variant WHERE product_id = ANY(%(ids)s) AND active ORDER BY position, id"""
_PICTURES = """
SELECT product_id, picture_hash AS file, focus_x, focus_y, alt FROM product_picture
 WHERE product_id = ANY(%(ids)s) ORDER BY position"""


class _Money:
    """The list prices in force and the offers that are not over, by variant."""

    def __init__(self, work: Work, variants: list[int]) -> None:
        self._prices: dict[int, dict[str, int]] = {}
        self._scheduled: dict[int, dict[datetime, dict[str, int]]] = {}
        self._offers: dict[int, dict[tuple[Any, ...], dict[str, int]]] = {}
        self._costs = costs(work, variants)
        now = work.now()
        for row in work.rows(
            """SELECT variant_id, currency, amount_minor, valid_from FROM price
                WHERE variant_id = ANY(%(ids)s) AND valid_from > %(now)s AND NOT withdrawn
                ORDER BY valid_from, currency""",
            ids=variants,
            now=now,
        ):
            own = self._scheduled.setdefault(row.variant_id, {})
            own.setdefault(row.valid_from, {})[row.currency] = row.amount_minor
        for row in work.rows(
            """SELECT DISTINCT ON (variant_id, currency) variant_id, currency, amount_minor,
                      withdrawn
                 FROM price WHERE variant_id = ANY(%(ids)s) AND valid_from <= %(now)s
                ORDER BY variant_id, currency, valid_from DESC""",
            ids=variants,
            now=now,
        ):
            if not row.withdrawn:
                self._prices.setdefault(row.variant_id, {})[row.currency] = row.amount_minor
        for row in work.rows(
            """SELECT variant_id, currency, amount_minor, valid_from, valid_until FROM price_offer
                WHERE variant_id = ANY(%(ids)s)
                  AND (valid_until IS NULL OR valid_until > %(now)s)
                ORDER BY valid_from, valid_until, currency, id""",
            ids=variants,
            now=now,
        ):
            times = (row.valid_from, row.valid_until)
            offered = self._offers.setdefault(row.variant_id, {})
            offered.setdefault(times, {})[row.currency] = row.amount_minor

    def prices(self, variant: int) -> dict[str, int]:
        """What it costs, by currency."""
        return self._prices.get(variant, {})

    def costs(self, variant: int) -> dict[str, int]:
        """What one piece costs the company, by currency."""
        return self._costs.get(variant, {})

    def scheduled(self, variant: int) -> tuple[ScheduledPrices, ...]:
        """What it will cost, and from when."""
        return tuple(
            ScheduledPrices(prices=prices, starts_at=starts)
            for starts, prices in self._scheduled.get(variant, {}).items()
        )

    def offers(self, variant: int) -> tuple[OfferPrices, ...]:
        """What lowers that for a time."""
        return tuple(
            OfferPrices(prices=prices, starts_at=starts, ends_at=ends)
            for (starts, ends), prices in self._offers.get(variant, {}).items()
        )


def _product(
    row: Any, texts: Sequence[Any], variants: Sequence[Any], pictures: Sequence[Any], money: _Money
) -> Product:
    said: Mapping[str, Mapping[str, str]] = {
        field: {text.locale: getattr(text, field) for text in texts}
        for field in ("name", "summary", "description", "safety")
    }
    shown = [ProductPicture(**_without(picture, "product_id")) for picture in pictures]
    if not shown and row.picture:
        shown = [ProductPicture(file=row.picture)]
    options = tuple(Option(**option) for option in row.options)
    return Product.model_construct(
        slug=row.slug,
        kind=row.kind,
        department=row.category,
        names=_texts(said["name"]) or {"en": row.slug},
        summaries=_texts(said["summary"]),
        descriptions=_texts(said["description"]),
        safety=_texts(said["safety"]),
        position=row.position,
        tax_bp=row.tax_bp,
        tax_class=row.tax_class or "",
        commissionable_bp=row.commissionable_bp,
        options=options,
        variants=tuple(_variant(variant, options, money) for variant in variants),
        pictures=tuple(shown),
        hidden=row.hidden,
        sold_from=row.sold_from,
        sold_until=row.sold_until,
        perishable=row.perishable,
        withdrawal=row.withdrawal,
        origin=row.origin,
        maker=Contact(**row.maker),
        responsible=Contact(**row.responsible),
        guarantee_months=row.guarantee_months,
        documents=tuple(Link(**link) for link in row.documents),
        related=tuple(row.related),
        visit_minutes=row.visit_minutes,
        buffer_minutes=row.buffer_minutes,
        skills=tuple(row.skills),
    )


def _variant(row: Any, options: Sequence[Option], money: _Money) -> Variant:
    names = {"en": row.name_en, "sv": row.name_sv}
    return Variant.model_construct(
        sku=row.sku,
        names={} if names == chosen_names(options, row.choices) else _texts(names),
        choices=dict(sorted(row.choices.items())),
        prices=money.prices(row.id),
        scheduled_prices=money.scheduled(row.id),
        offers=money.offers(row.id),
        costs=money.costs(row.id),
        points=row.points,
        gtin=row.gtin,
        weight_g=row.weight_g,
        length_mm=row.length_mm,
        width_mm=row.width_mm,
        height_mm=row.height_mm,
    )


def chosen_names(options: Iterable[Option], choices: Mapping[str, str]) -> dict[str, str]:
    """What a variant is called by the values that it has, in each language."""
    values = [
        value.names
        for option in options
        for value in option.values
        if choices.get(option.code) == value.code
    ]

    def said(locale: str) -> str:
        texts = [
            cast("Mapping[str, str]", names).get(locale) or next(iter(names.values()), "")
            for names in values
        ]
        return ", ".join(texts)

    return {"en": said("en"), "sv": said("sv")}


def _texts(texts: Mapping[str, str]) -> dict[str, str]:
    return {locale: texts[locale] for locale in sorted(texts) if texts[locale]}


def _without(row: Any, name: str) -> dict[str, Any]:
    return {key: value for key, value in row._asdict().items() if key != name}
