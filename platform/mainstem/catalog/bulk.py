"""Many products changed at once: chosen by department or words, looked at, and saved one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from mainstem.catalog import reading
from mainstem.catalog.documents import Product, Variant
from mainstem.catalog.editing import save_product
from mainstem.catalog.search import search
from mainstem.catalog.version import version
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.money import BASIS, Money

MOST = 1_000
"""So many products are changed together at most."""


class CatalogueMoved(Refused):
    """Somebody has changed the catalogue since the change was looked at."""

    code: ClassVar[str] = "catalogue_moved"
    message: ClassVar[str] = (
        "The catalogue has changed since you looked. Look at the change again, then apply it."
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which products: those of a department, those that words find, or both."""

    department: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes different; None and empty leave a thing as it is.

    Prices change by hundredths of a per cent, or by an amount in the currency.
    """

    currency: str = ""
    price_bp: int | None = None
    price_minor: int | None = None
    department: str = ""
    hidden: bool | None = None
    commissionable_bp: int | None = None
    tax_bp: int | None = None
    tax_class: str = ""


def bulk_preview(work: Work, chosen: Chosen, change: Change) -> list[tuple[Product, Product]]:
    """Each product that would change, before and after.

    Raises InvalidInput where nothing is chosen, too much, or what would come of it is not possible.
    """
    slugs = _slugs(work, chosen)
    if len(slugs) > MOST:
        facts = {"count": len(slugs), "most": MOST}
        raise InvalidInput(
            Problem(
                "/words", "too_many", "{count} products are chosen. Choose at most {most}.", facts
            )
        )
    pairs, problems = [], []
    for before in reading.products(work, slugs).values():
        try:
            after = document(Product, changed_by(before, change))
        except InvalidInput as refused:
            problems += [_of(before, problem) for problem in refused.problems]
            continue
        if after != before:
            pairs.append((before, after))
    if problems:
        raise InvalidInput(*problems[:50])
    return pairs


Save = Callable[[Work, Product], object]
"""Makes a product what is said of it."""


def _plainly(work: Work, said: Product) -> bool:
    return save_product(work, None, said)


def bulk_apply(
    work: Work, chosen: Chosen, change: Change, *, seen: int, save: Save = _plainly
) -> int:
    """Save them; how many have changed. `seen` is the version of the catalogue that was looked at.

    `save` is by which door they go in: one that keeps what was before and after.
    """
    if version(work) != seen:
        raise CatalogueMoved
    pairs = bulk_preview(work, chosen, change)
    for before, after in pairs:
        try:
            save(work, after)
        except InvalidInput as refused:
            raise InvalidInput(*[_of(before, problem) for problem in refused.problems]) from None
    if pairs:
        record(work, "catalogue.bulk_edited", work.id)
    return len(pairs)


def changed_by(before: Product, change: Change) -> dict[str, Any]:
    """The product as it would be written."""
    said = before.written()
    simple = {
        "department": change.department or None,
        "hidden": change.hidden,
        "commissionable_bp": change.commissionable_bp,
        "tax_bp": change.tax_bp,
        "tax_class": change.tax_class or None,
    }
    said |= {name: value for name, value in simple.items() if value is not None}
    for variant, own in zip(before.variants, said["variants"], strict=True):
        own["prices"] = _prices(variant, change)
    return said


def _prices(variant: Variant, change: Change) -> Mapping[str, int]:
    prices = dict(variant.prices)
    if change.currency in prices:
        price = Money(prices[change.currency], change.currency)
        if change.price_bp is not None:
            price = price.part(BASIS + change.price_bp, BASIS)
        if change.price_minor is not None:
            price = price + Money(change.price_minor, change.currency)
        prices[change.currency] = price.minor
    return prices


def _slugs(work: Work, chosen: Chosen) -> list[str]:
    ids = search(work, chosen.words, locale="en", most=MOST + 1) if chosen.words else None
    rows = work.rows(
        """SELECT slug FROM product
            WHERE active AND (%(department)s = '' OR category = %(department)s)
              AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s::bigint[]))""",
        department=chosen.department,
        ids=ids,
    )
    return [row.slug for row in rows]


def _of(product: Product, problem: Problem) -> Problem:
    """The problem, with the product that it is of."""
    facts = {**problem.facts, "product": product.slug}
    return Problem("/price", problem.code, "{product}: " + problem.message, facts)
