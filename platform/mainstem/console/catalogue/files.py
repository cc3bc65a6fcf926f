"""Catalogue files at the console: uploaded, their columns told, looked at, applied; and sent out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import catalog, catalog_files
from mainstem.catalog import Product
from mainstem.catalog_files import Assumed, CatalogueFile, Preview, Proposal
from mainstem.console.uploaded import Column, ToldProblem, columns_of, told_problems
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.forms import Form, FormFields, Ticked, whole
from mainstem.web.rendering import LANGUAGE_NAMES, language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, refused, show
from mainstem.web.staff.screen import Screen

PAGE = "/console/catalogue/import"
FORM_MAX = catalog_files.BYTES_MAX + 100_000
SHOWN = 200
_EMPTY = ("", "Leave this column out")


class Import(Page, kw_only=True):
    """Where a file is uploaded, and those of the last weeks."""

    files: Sequence[CatalogueFile]
    kinds: dict[str, str]


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


@get("/catalogue/import", sync_to_thread=True)
def page(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Where a file is uploaded."""
    return show(request, "console/catalogue_import.html", _import(request, work))


def _import(request: HttpRequest, work: Work) -> Import:
    return Import(
        **layout_of(request, work, "catalogue"),
        files=catalog_files.recent(work),
        kinds=dict(_kinds(request)),
    )


@post("/catalogue/import", sync_to_thread=True, request_max_body_size=FORM_MAX)
def upload(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Take a file in, and go to the page where its columns are told."""
    received: list[UUID] = []

    def take() -> None:
        chosen = form.file("file")
        if chosen is None:
            raise InvalidInput(Problem("/file", "missing", "Choose a CSV file."))
        currencies = list(catalog.shipping_rates(work)) or ["SEK"]
        departments = list(catalog.departments(work))
        assumed = Assumed(
            currency=currencies[0],
            locale=language_of(request).locale,
            department=departments[0] if departments else "",
        )
        received.append(
            catalog_files.receive(work, chosen.filename, chosen.file.read(), assumed=assumed)
        )

    if no := refused(work, take):
        return show(request, "console/catalogue_import.html", _import(request, work), no, form)
    return redirect(request, f"{PAGE}/{received[0]}")


@get("/catalogue/import/{id:uuid}", sync_to_thread=True)
def one(request: HttpRequest, work: NamedDependency[Work], id: FromPath[UUID]) -> HttpResponse:
    """A file: its columns, what it would do, how far it has come."""
    return _screen(id).show(request, work)


class ColumnsFields(FormFields):
    """What a file holds, beside what each of its columns says (`column-0` and so on)."""

    kind: str = ""
    currency: str = ""
    locale: str = ""
    department: str = ""
    tax_bp: Annotated[int | None, whole(digits=9)] = 2500
    fetch_pictures: Ticked = False


class ApplicationFields(FormFields):
    """Whether products that are not right are left out."""

    leave_out: Ticked = False


@post("/catalogue/import/{id:uuid}/columns", sync_to_thread=True)
def columns(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    id: FromPath[UUID],
) -> HttpResponse:
    """Say what the columns hold, and what the file leaves out."""

    def tell() -> None:
        sent, said = form.into(ColumnsFields), form.numbered("column")
        header = catalog_files.table_of(work, id).header
        told = {name: said.get(no, "") for no, name in enumerate(header)}
        assumed = Assumed(
            currency=sent.currency,
            locale=sent.locale,
            department=sent.department,
            tax_bp=sent.tax_bp or 0,
            fetch_pictures=sent.fetch_pictures,
        )
        if sent.currency not in catalog.shipping_rates(work):
            raise InvalidInput(
                Problem("/currency", "not_offered", "This is not one of the choices.")
            )
        catalog_files.tell_columns(work, id, sent.kind, told, assumed)

    return _screen(id).do(request, work, tell, "The columns are remembered.", form)


@post("/catalogue/import/{id:uuid}/application", sync_to_thread=True)
def apply(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    id: FromPath[UUID],
) -> HttpResponse:
    """Have the worker apply the file."""
    return _screen(id).do(
        request,
        work,
        lambda: catalog_files.request(work, id, leave_out=form.into(ApplicationFields).leave_out),
        "The file is being applied. This page tells how far it has come.",
        form,
    )


@get("/catalogue/export.csv", sync_to_thread=True)
def export(work: NamedDependency[Work]) -> Response[bytes]:
    """Everything that is sold, in our own columns."""
    # With the mark by which spreadsheets know UTF-8.
    data = catalog_files.exported(work).encode("utf-8-sig")
    headers = {"content-disposition": 'attachment; filename="catalogue.csv"'}
    return Response(data, media_type="text/csv", headers=headers)


# ---------------------------------------------------------------- the page of one file


def _screen(id: UUID) -> Screen:
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
        kinds=_kinds(request),
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


def _kinds(request: HttpRequest) -> list[tuple[str, str]]:
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


routes = [page, upload, one, columns, apply, export]
