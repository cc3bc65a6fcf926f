"""Storefronts, as staff open them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from mainstem import catalog
from mainstem.company import Colour
from mainstem.kit import search_terms
from mainstem.kit.documents import (
    Currency,
    Document,
    Fold,
    Line,
    Locale,
    LongTexts,
    Name,
    Picture,
    Refers,
    Slug,
    Texts,
)
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.payments import TAKEN
from mainstem.setup.resource import Resource
from mainstem.setup.resources.affiliates import no_affiliate
from mainstem_affiliates import themes
from mainstem_affiliates.contract import Storefront
from mainstem_affiliates.editor import unreadable
from mainstem_affiliates.stores import open_storefront

_SAID = ("headline", "tagline", "intro", "about", "opening", "disclosure", "programme")
_OF_THE_SHOP = ("hero", "city", "owner")


class StorefrontDocument(Document):
    """A shop of one affiliate: what it is called, what it sells and what it says."""

    folds: ClassVar[tuple[Fold, ...]] = (
        Fold("What it sells", ("assortment", "prices_include_tax")),
        Fold("How goods are arranged", ("departments", "featured", "arrangement")),
        Fold("What it says", ("headline", "tagline", "intro", "about", "opening")),
        Fold("How the affiliate is paid, in words", ("disclosure", "programme")),
        Fold("How it looks", ("theme", "typeface", "accent", "hero", "city", "owner")),
    )

    slug: Slug = Field(title="Name in addresses", description="The shop is at /s/ and this.")
    affiliate: Annotated[Slug, Refers("affiliates")] = Field(title="Affiliate")
    name: Name = Field(title="Name")
    theme: Annotated[Slug | Literal[""], Refers("themes", may_be_new=True)] = Field(
        "", title="Theme", description="One of the palettes, or the class of a module's own."
    )
    typeface: Literal["", "plain", "firm", "book", "letter"] = Field(
        "", title="Typeface of headings", description="Empty: the one that goes with the palette."
    )
    accent: Colour = Field("", title="Own colour", description="In place of the palette's.")
    languages: list[Locale] = Field(min_length=1, title="Languages")
    currency: Annotated[Currency, Refers("currencies")] = Field(title="Currency")
    assortment: Annotated[list[Slug], Refers("products", in_order=True)] = Field(
        default_factory=list,
        title="Assortment",
        description="Products in the shop's order; none: everything you sell.",
    )
    departments: Annotated[list[Slug], Refers("departments", in_order=True)] = Field(
        default_factory=list,
        title="Departments",
        description="Those that are shown, in their order, services too; none: all of them.",
    )
    featured: Annotated[list[Slug], Refers("products", in_order=True)] = Field(
        default_factory=list, title="Featured", description="They stand before all others."
    )
    arrangement: Literal["", "newest", "price", "name"] = Field(
        "", title="Order of the rest", description="Empty: as the assortment has them."
    )
    headline: Texts = Field(default_factory=dict, title="Headline")
    tagline: Texts = Field(default_factory=dict, title="Tagline")
    intro: LongTexts = Field(default_factory=dict, title="Introduction")
    about: LongTexts = Field(default_factory=dict, title="About the affiliate")
    opening: Texts = Field(
        default_factory=dict, title="Opening message", description="A line above everything."
    )
    disclosure: LongTexts = Field(
        default_factory=dict,
        title="Disclosure",
        description="That they are paid for what is bought.",
    )
    programme: LongTexts = Field(default_factory=dict, title="How they are paid")
    hero: Picture = Field("", title="Large picture")
    city: Line = Field("", title="Town")
    owner: Line = Field("", title="Who keeps the shop")
    prices_include_tax: bool = Field(
        True, title="Prices with tax", description="Off for shops that sell to businesses."
    )
    active: bool = Field(True, title="Open")

    @model_validator(mode="after")
    def _spoken(self) -> StorefrontDocument:
        if self.currency not in TAKEN:
            raise ValueError("Give the currency by its three letters, such as EUR.")
        return self


_STOREFRONTS = """
SELECT s.slug, a.slug AS affiliate, s.name, s.theme, s.typeface, s.accent, s.locales AS languages,
       s.currency, s.active, s.prices_include_tax, s.arrangement,
       coalesce(s.departments, '{}') AS departments,
       ARRAY(SELECT p.slug FROM unnest(s.featured) WITH ORDINALITY AS one (id, no)
               JOIN product p ON p.id = one.id ORDER BY one.no) AS featured,
       s.texts, ARRAY(SELECT p.slug FROM unnest(s.product_ids) WITH ORDINALITY AS one (id, no)
                        JOIN product p ON p.id = one.id ORDER BY one.no) AS assortment
  FROM storefront s JOIN affiliate a ON a.id = s.home_id
 WHERE %(slugs)s::text[] IS NULL OR s.slug = ANY(%(slugs)s::text[])
 ORDER BY s.id"""


def _storefronts(work: Work, keys: Sequence[str] | None) -> Mapping[str, StorefrontDocument]:
    rows = work.rows(_STOREFRONTS, slugs=None if keys is None else list(keys))
    return {row.slug: _document(row) for row in rows}


def _document(row: Any) -> StorefrontDocument:
    said = row._asdict()
    texts = said.pop("texts")
    in_locales = {locale: texts[locale] for locale in ("en", "sv") if locale in texts}
    for field in _SAID:
        said[field] = {
            locale: text[field] for locale, text in in_locales.items() if text.get(field)
        }
    of_the_shop: dict[str, Any] = next(iter(in_locales.values()), {})
    return StorefrontDocument.model_validate(
        said | {field: of_the_shop.get(field, "") for field in _OF_THE_SHOP}
    )


def _find(work: Work, after: str, most: int, query: str) -> list[str]:
    rows = work.rows(
        """SELECT slug FROM storefront
            WHERE slug > %(after)s AND (slug ILIKE %(like)s OR name ILIKE %(like)s)
            ORDER BY slug LIMIT %(most)s""",
        after=after,
        like=search_terms.containing(query),
        most=most,
    )
    return [row.slug for row in rows]


def _save(work: Work, before: StorefrontDocument | None, said: StorefrontDocument) -> None:
    home = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=said.affiliate)
    if problems := [*_problems(work, home, before, said)]:
        raise InvalidInput(*problems)
    open_storefront(
        work,
        home,
        Storefront(
            slug=said.slug,
            name=said.name,
            theme=said.theme,
            typeface=said.typeface,
            accent=said.accent,
            departments=said.departments or None,
            featured=said.featured,
            arrangement=said.arrangement,
            languages=said.languages,
            currency=said.currency,
            assortment=said.assortment or None,
            texts=_texts(said),
        ),
        active=said.active,
    )
    work.run(
        """UPDATE storefront SET prices_include_tax = %(include)s
            WHERE slug = %(slug)s AND prices_include_tax <> %(include)s""",
        slug=said.slug,
        include=said.prices_include_tax,
    )


def _problems(
    work: Work, home: int | None, before: StorefrontDocument | None, said: StorefrontDocument
) -> Iterator[Problem]:
    if home is None:
        yield no_affiliate(work, "/affiliate", said.affiliate)
    elif before and before.affiliate != said.affiliate:
        yield Problem("/affiliate", "stays", "A shop stays its affiliate's: open another one.")
    yield from catalog.unknown_products(work, "/assortment", said.assortment)
    yield from catalog.unknown_products(work, "/featured", said.featured)
    if said.accent and said.theme in themes.PALETTES:
        yield from unreadable(said.theme, said.accent)


def _texts(said: StorefrontDocument) -> dict[str, dict[str, object]]:
    of_the_shop = {field: getattr(said, field) for field in _OF_THE_SHOP}
    return {
        locale: {field: text for field in _SAID if (text := getattr(said, field).get(locale))}
        | {field: text for field, text in of_the_shop.items() if text}
        for locale in ("en", "sv")
        if locale in said.languages or any(locale in getattr(said, field) for field in _SAID)
    }


STOREFRONTS = Resource(
    name="storefronts",
    title="Storefronts",
    one="storefront",
    model=StorefrontDocument,
    key="slug",
    read=_storefronts,
    save=_save,
    retire=lambda work, before: _save(work, before, before.model_copy(update={"active": False})),
    columns=("name", "slug", "affiliate", "currency", "active"),
    empty="Clients buy in a storefront: open the first one.",
    help="Where clients buy. Each belongs to an affiliate, or to your house account.",
    find=_find,
)
