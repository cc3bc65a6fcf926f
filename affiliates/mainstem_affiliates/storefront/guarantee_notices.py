"""The law's notice of the legal guarantee, and the label of a producer's own, as pages show them."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from mainstem import catalog, guarantee
from mainstem.kit.work import Work
from mainstem_affiliates.storefront.cached_storefront import CachedStorefront


@dataclass(frozen=True, slots=True)
class LegalNotice:
    """The notice: its drawing, and its words for whoever cannot read a drawing."""

    drawing: Markup
    words: list[str]
    url: str
    shown_url: str


@dataclass(frozen=True, slots=True)
class DurabilityLabel:
    """A label: its drawing, what of, and for how many years."""

    drawing: Markup
    words: list[str]
    name: str
    years: str
    url: str


def legal_notice(locale: str) -> LegalNotice:
    """The notice in this language."""
    said = guarantee.notice_of(locale)
    return LegalNotice(
        Markup(guarantee.notice_svg(locale)),  # noqa: S704 - we draw it, and escape its words
        guarantee.notice_words(locale),
        said.url,
        said.shown_url,
    )


def durability_label(
    storefront: CachedStorefront,
    locale: str,
    *,
    sku: str,
    name: str,
    months: int,
    producer: str,
    no: int = 1,
) -> DurabilityLabel | None:
    """The label of one article; None where its producer guarantees no more than the law.

    Goods whose maker nobody has named are the company's own. `no` tells it from others on its page.
    """
    given = guarantee.durability(months, producer=producer or storefront.seller["name"], model=sku)
    if given is None:
        return None
    return DurabilityLabel(
        Markup(guarantee.label_svg(given, locale, name=f"durability-{no}")),  # noqa: S704 - as above
        guarantee.label_words(given, locale),
        name,
        given.years(locale),
        guarantee.LABEL_URL,
    )


def labels_of(
    work: Work, storefront: CachedStorefront, locale: str, named: dict[str, str]
) -> list[DurabilityLabel]:
    """The labels of these articles, given by their numbers and names."""
    labels = (
        durability_label(
            storefront,
            locale,
            sku=found.sku,
            name=named[found.sku],
            months=found.months,
            producer=found.producer,
            no=no,
        )
        for no, found in enumerate(catalog.guarantees(work, named), 1)
    )
    return [label for label in labels if label]
