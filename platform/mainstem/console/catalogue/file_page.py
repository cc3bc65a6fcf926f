"""The page of one catalogue file: its columns while it waits, what it would do, what came of it."""

from __future__ import annotations

from uuid import UUID

import msgspec

from mainstem import catalog, catalog_files
from mainstem.catalog import Product
from mainstem.catalog_files import CatalogueFile, Preview, Proposal
from mainstem.console.uploaded import Column, ToldProblem, columns_of, told_problems
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.rendering import LANGUAGE_NAMES, language_of
from mainstem.web.staff.layout import HttpRequest, Page, layout_of
from mainstem.web.staff.screen import Screen

PAGE = "/console/catalogue/import"
SHOWN = 200
_EMPTY = ("", "Leave this column out")


class Row(msgspec.Struct, frozen=True):
    """One product of a file, as the preview shows it."""

    line: int
    slug: str
    name: str
    kind: str
    before: list[Money]
    after: list[Money]
    variants: int


class OneFile(Page, kw_only=True):
    """A file: its columns while it waits, its progress, what came of it."""

    file: CatalogueFile
    kinds: list[tuple[str, str]]
    columns: list[Column]
    fields: list[tuple[str, str]]
    currencies: list[tuple[str, str]]
    departments: list[tuple[str, str]]
    languages_: list[tuple[str, str]]
    rows: list[Row]
    counts: dict[str, int]
    problems: list[ToldProblem]
    problem_count: int
    new_departments: list[str]


def screen_of(id: UUID) -> Screen:
    """The page of one file, to be shown and to come back to."""
    return Screen(
        "console/catalogue_file.html",
        lambda request, work: _one(request, work, id),
        f"{PAGE}/{id}",
    )


def _one(request: HttpRequest, work: Work, id: UUID) -> OneFile:
    file = catalog_files.look(work, id)
    waits = file.state == "uploaded"
    found = catalog_files.previewed(work, id) if waits else Preview()
    problems = found.problems if waits else list(catalog_files.problems_of(file.report))
    counts = catalog_files.counts_of(file.report)
    if waits:
        counts = {kind: found.count(kind) for kind in counts}
    text = language_of(request).text
    return OneFile(
        **layout_of(request, work, "catalogue"),
        file=file,
        kinds=kinds_of_file(request),
        columns=columns_of(catalog_files.table_of(work, file.id), file.columns)
        if waits and file.kind != "own"
        else [],
        fields=_fields(request, work),
        currencies=[(code, code) for code in catalog.shipping_rates(work)],
        departments=[("", text("None")), *_departments(request, work)],
        languages_=list(LANGUAGE_NAMES.items()),
        rows=[_row(one, file.assumed.currency) for one in found.proposals[:SHOWN]],
        counts=counts,
        problems=told_problems(problems[:SHOWN], text),
        problem_count=len(problems),
        new_departments=[one.slug for one in found.departments],
    )


def kinds_of_file(request: HttpRequest) -> list[tuple[str, str]]:
    """What a file may be, as choices."""
    text = language_of(request).text
    return [(kind, text(name)) for kind, name in catalog_files.KINDS.items()]


def _fields(request: HttpRequest, work: Work) -> list[tuple[str, str]]:
    text = language_of(request).text
    choices = [(_EMPTY[0], text(_EMPTY[1]))]
    for field, name in catalog_files.FIELDS.items():
        choices.append((field, text(name)))
        if field in catalog_files.IN_LANGUAGES:
            choices += [(f"{field}:{locale}", f"{text(name)}, {locale}") for locale in ("en", "sv")]
        if field in catalog_files.IN_CURRENCIES:
            choices += [
                (f"{field}:{code}", f"{text(name)}, {code}")
                for code in catalog.shipping_rates(work)
            ]
    return choices


def _departments(request: HttpRequest, work: Work) -> list[tuple[str, str]]:
    locale = language_of(request).locale
    names = catalog.department_names(work, locale=locale)
    return [(slug, one.name) for slug, one in names.items()]


def _row(one: Proposal, currency: str) -> Row:
    names = one.after.names
    return Row(
        line=one.line,
        slug=one.after.slug,
        name=names.get("en") or next(iter(names.values())),
        kind=Preview.kind(one),
        before=_prices(one.before, currency),
        after=_prices(one.after, currency),
        variants=len(one.after.variants),
    )


def _prices(product: Product | None, currency: str) -> list[Money]:
    """The lowest and the highest price, where there are any."""
    variants = product.variants if product else ()
    minors = sorted({one.prices[currency] for one in variants if currency in one.prices})
    return [
        Money(minor, currency) for minor in (minors[:1] + minors[-1:] if minors[1:] else minors)
    ]
