"""What a draft may say, looked up in what there is: names, colours, pictures, departments, goods."""

from __future__ import annotations

from collections.abc import Iterator

from mainstem import catalog, pictures
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem_affiliates import themes
from mainstem_affiliates.editor.documents import TEXTS, StorefrontDraft
from mainstem_affiliates.editor.names import name_problems

LIBRARY = ("hero-hills.svg", "hero-table.svg", "hero-window.svg", "hero-shelves.svg")
"""Large pictures that ship with the product, for whoever has none of their own."""

SERVICES = "services"
"""The department of all services."""

UNREADABLE = "Text in this colour cannot be read everywhere. The nearest that can is {nearest}."
NO_PICTURE = "There is no such picture. Choose one of ours, or send one of your own."


def check(
    work: Work,
    home_id: int,
    storefront_id: int | None,
    live: StorefrontDraft | None,
    draft: StorefrontDraft,
) -> None:
    """Raises InvalidInput with everything that stands against the draft. What clients see already
    (`live`) is not asked for again."""
    problems = [*_problems(work, home_id, storefront_id, live, draft)]
    if problems:
        raise InvalidInput(*problems)


def _problems(
    work: Work,
    home_id: int,
    storefront_id: int | None,
    live: StorefrontDraft | None,
    draft: StorefrontDraft,
) -> Iterator[Problem]:
    slug = draft.slug if live is None else None
    if live is None or live.name != draft.name:
        yield from name_problems(work, home_id, storefront_id, name=draft.name, slug=slug)
    if live is not None and (live.slug, live.currency) != (draft.slug, draft.currency):
        yield Problem(
            "/slug", "stays", "The address and the currency of an open shop stay as they are."
        )
    yield from _looks(live, draft)
    if draft.hero and not (live and live.hero == draft.hero) and not _is_picture(work, draft.hero):
        yield Problem("/hero", "not_found", NO_PICTURE)
    yield from _languages(work, live, draft)
    known = {*departments(work), *(live.departments if live else ())}
    for slug in draft.departments:
        if slug not in known:
            yield Problem(
                "/departments", "not_found", "There is no department {slug}.", {"slug": slug}
            )
    yield from catalog.unknown_products(work, "/featured", draft.featured)


def _looks(live: StorefrontDraft | None, draft: StorefrontDraft) -> Iterator[Problem]:
    if draft.theme not in themes.PALETTES:
        # A module may have a design of its own, which stays as long as nobody chooses one of ours.
        if live is None or live.theme != draft.theme:
            yield Problem("/theme", "not_offered", "Choose one of the palettes.")
    elif draft.accent:
        yield from unreadable(draft.theme, draft.accent)
    if draft.typeface and draft.typeface not in themes.TYPEFACES:
        yield Problem("/typeface", "not_offered", "Choose one of the typefaces.")


def unreadable(palette: str, accent: str, pointer: str = "/accent") -> Iterator[Problem]:
    """What stands against an accent colour on a palette: that text in it could not be read."""
    nearest = themes.nearest_accent(palette, accent)
    if nearest != accent:
        yield Problem(pointer, "unreadable", UNREADABLE, {"nearest": nearest})


def departments(work: Work) -> list[str]:
    """The departments that a storefront may show, in the company's order; services last."""
    rows = work.rows(
        """SELECT p.category AS slug FROM product p LEFT JOIN department d ON d.slug = p.category
            WHERE p.active AND p.kind = 'goods' AND coalesce(d.active AND NOT d.hidden, true)
            GROUP BY p.category ORDER BY min(d.position), p.category"""
    )
    services = work.value("SELECT true FROM product WHERE active AND kind = 'service' LIMIT 1")
    return [row.slug for row in rows] + ([SERVICES] if services else [])


def _is_picture(work: Work, file: str) -> bool:
    return file in LIBRARY or (pictures.is_uploaded(file) and pictures.find(work, file) is not None)


def _languages(
    work: Work, live: StorefrontDraft | None, draft: StorefrontDraft
) -> Iterator[Problem]:
    spoken = set(work.value("SELECT languages FROM company_profile") or ("en", "sv"))
    spoken |= set(live.languages if live else ())
    if not set(draft.languages) <= spoken:
        yield Problem("/languages", "not_offered", "The company does not speak this language.")
    for field in TEXTS:
        for locale in getattr(draft, field):
            if locale not in draft.languages and not (live and locale in getattr(live, field)):
                yield Problem(
                    f"/{field}/{locale}", "not_offered", "The shop does not speak this language."
                )
