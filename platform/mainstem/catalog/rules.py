"""What must hold of a product as a whole: pure, and every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from mainstem.catalog.documents import Product, Variant
from mainstem.kit.errors import Problem
from mainstem.money import Money
from mainstem.payments import amount_problem
from mainstem.pictures import is_uploaded


def problems_of(product: Product) -> list[Problem]:
    """Everything that is wrong with a product, looked at by itself."""
    return [
        *_twice("/options", [option.code for option in product.options], "code"),
        *_texts(product),
        *_variants(product),
        *_pictures(product),
    ]


def _texts(product: Product) -> Iterator[Problem]:
    for field in ("summaries", "descriptions", "safety"):
        for locale in getattr(product, field):
            if locale not in product.names:
                yield Problem(
                    f"/names/{locale}", "missing", "Give it a name in this language as well."
                )


def _variants(product: Product) -> Iterator[Problem]:
    yield from _twice("/variants", [variant.sku for variant in product.variants], "sku")
    gtins = [variant.gtin for variant in product.variants]
    yield from _twice("/variants", gtins, "gtin")
    chosen: dict[tuple[tuple[str, str], ...], int] = {}
    for at, variant in enumerate(product.variants):
        yield from _choices(product, variant, f"/variants/{at}/choices")
        yield from _prices(variant, f"/variants/{at}")
        choice = tuple(sorted(variant.choices.items()))
        if product.options and chosen.setdefault(choice, at) != at:
            yield Problem(
                f"/variants/{at}/choices", "duplicate", "Another variant has these same values."
            )


def _choices(product: Product, variant: Variant, pointer: str) -> Iterator[Problem]:
    values = {option.code: {value.code for value in option.values} for option in product.options}
    for option, value in variant.choices.items():
        if option not in values:
            yield Problem(f"{pointer}/{option}", "not_offered", "The product has no such option.")
        elif value not in values[option]:
            yield Problem(f"{pointer}/{option}", "not_offered", "The option has no such value.")
    for option in values.keys() - variant.choices.keys():
        yield Problem(f"{pointer}/{option}", "missing", "Choose a value of each option.")


def _prices(variant: Variant, pointer: str) -> Iterator[Problem]:
    for currency, minor in variant.prices.items():
        if problem := amount_problem(Money(minor, currency), f"{pointer}/prices/{currency}"):
            yield problem
    yield from _scheduled(variant, pointer)
    for n, offer in enumerate(variant.offers):
        at = f"{pointer}/offers/{n}/prices"
        if not offer.prices:
            yield Problem(at, "missing", "Give the price in at least one currency.")
        for currency, minor in offer.prices.items():
            if problem := amount_problem(Money(minor, currency), f"{at}/{currency}"):
                yield problem
            elif currency not in variant.prices:
                yield Problem(
                    f"{at}/{currency}", "missing", "Give it a price in this currency too."
                )
            elif minor >= variant.prices[currency]:
                yield Problem(
                    f"{at}/{currency}", "out_of_range", "An offer is lower than the price."
                )


def _scheduled(variant: Variant, pointer: str) -> Iterator[Problem]:
    begun: set[tuple[str, datetime]] = set()
    for n, scheduled in enumerate(variant.scheduled_prices):
        at = f"{pointer}/scheduled_prices/{n}"
        if not scheduled.prices:
            yield Problem(f"{at}/prices", "missing", "Give the price in at least one currency.")
        for currency, minor in scheduled.prices.items():
            if problem := amount_problem(Money(minor, currency), f"{at}/prices/{currency}"):
                yield problem
            if (currency, scheduled.starts_at) in begun:
                yield Problem(f"{at}/starts_at", "duplicate", "Another price begins then.")
            begun.add((currency, scheduled.starts_at))


def _pictures(product: Product) -> Iterator[Problem]:
    shipped = [picture for picture in product.pictures if not is_uploaded(picture.file)]
    if shipped and len(product.pictures) > 1:
        for at, picture in enumerate(product.pictures):
            if picture in shipped:
                yield Problem(
                    f"/pictures/{at}/file", "not_offered", "Upload this picture, then choose it."
                )
    yield from _twice("/pictures", [picture.file for picture in product.pictures], "file")


def _twice(pointer: str, values: Sequence[str], field: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for at, value in enumerate(values):
        if value and value in seen:
            yield Problem(f"{pointer}/{at}/{field}", "duplicate", "This is there twice.")
        seen.add(value)
