"""Catalogue files at the console: uploaded, their columns told, looked at, applied; and sent out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import catalog, catalog_files
from mainstem.catalog_files import Assumed, CatalogueFile
from mainstem.console.catalogue.file_page import PAGE, kinds_of_file, screen_of
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.forms import Form, FormFields, Ticked, whole
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, refused, show

FORM_MAX = catalog_files.BYTES_MAX + 100_000


class Import(Page, kw_only=True):
    """Where a file is uploaded, and those of the last weeks."""

    files: Sequence[CatalogueFile]
    kinds: dict[str, str]


@get("/catalogue/import", sync_to_thread=True)
def page(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Where a file is uploaded."""
    return show(request, "console/catalogue_import.html", _import(request, work))


def _import(request: HttpRequest, work: Work) -> Import:
    return Import(
        **layout_of(request, work, "catalogue"),
        files=catalog_files.recent(work),
        kinds=dict(kinds_of_file(request)),
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
    return screen_of(id).show(request, work)


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

    return screen_of(id).do(request, work, tell, "The columns are remembered.", form)


@post("/catalogue/import/{id:uuid}/application", sync_to_thread=True)
def apply(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    id: FromPath[UUID],
) -> HttpResponse:
    """Have the worker apply the file."""
    return screen_of(id).do(
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


routes = [page, upload, one, columns, apply, export]
