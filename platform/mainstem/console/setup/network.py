"""Network files at the console: uploaded, their columns told, looked at, and applied as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import catalog_files, network_files
from mainstem.console.uploaded import Column, ToldProblem, columns_of, told_problems
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.network_files import Bound, NetworkFile, Preview, Proposal
from mainstem.payments import TAKEN
from mainstem.web.forms import Form, FormFields
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, refused, show
from mainstem.web.staff.screen import Screen

PAGE = "/console/setup/network"
FORM_MAX = catalog_files.BYTES_MAX + 100_000
SHOWN = 200
_NOTHING = ("", "Leave this column out")


class NetworkImport(Page, kw_only=True):
    """Where a file is uploaded, and those of the last weeks."""

    files: Sequence[NetworkFile]
    kinds: dict[str, str]


class AffiliateRow(msgspec.Struct, frozen=True):
    """One affiliate of a file, as the preview shows them."""

    line: int
    name: str
    slug: str
    sponsor: str
    storefront: str
    openings: list[Money]
    kind: str


class ClientRow(msgspec.Struct, frozen=True):
    """One client of a file, as the preview shows them."""

    line: int
    client: str
    affiliate: str
    until: str
    kind: str


class OneNetworkFile(Page, kw_only=True):
    """A file: its columns while it waits, its progress, what came of it."""

    file: NetworkFile
    kinds: list[tuple[str, str]]
    columns: list[Column]
    fields: list[tuple[str, str]]
    affiliates: list[AffiliateRow]
    clients: list[ClientRow]
    counts: dict[str, int]
    rows: int
    of_nobody: int
    problems: list[ToldProblem]
    problem_count: int


@get("/setup/network", sync_to_thread=True)
def page(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Where a file is uploaded."""
    return show(request, "console/setup_network.html", _import(request, work))


def _import(request: HttpRequest, work: Work) -> NetworkImport:
    return NetworkImport(
        **layout_of(request, work, "setup"),
        files=network_files.recent(work),
        kinds=dict(_kinds(request)),
    )


@post("/setup/network", sync_to_thread=True, request_max_body_size=FORM_MAX)
def upload(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Take a file in, and go to the page where its columns are told."""
    received: list[UUID] = []

    def take() -> None:
        chosen = form.file("file")
        if chosen is None:
            raise InvalidInput(Problem("/file", "missing", "Choose a CSV file."))
        received.append(network_files.receive(work, chosen.filename, chosen.file.read()))

    if no := refused(work, take):
        return show(request, "console/setup_network.html", _import(request, work), no, form)
    return redirect(request, f"{PAGE}/{received[0]}")


@get("/setup/network/{id:uuid}", sync_to_thread=True)
def one(request: HttpRequest, work: NamedDependency[Work], id: FromPath[UUID]) -> HttpResponse:
    """A file: its columns, what it would do, how far it has come."""
    return _screen(id).show(request, work)


class ColumnsFields(FormFields):
    """What a file is, beside what each of its columns says (`column-0` and so on)."""

    kind: str = ""


@post("/setup/network/{id:uuid}/columns", sync_to_thread=True)
def columns(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    id: FromPath[UUID],
) -> HttpResponse:
    """Say what the file is and what its columns hold."""

    def tell() -> None:
        sent, said = form.into(ColumnsFields), form.numbered("column")
        header = network_files.table_of(work, id).header
        told = {name: said.get(no, "") for no, name in enumerate(header)}
        network_files.tell_columns(work, id, sent.kind, told)

    return _screen(id).do(request, work, tell, "The columns are remembered.", form)


@post("/setup/network/{id:uuid}/application", sync_to_thread=True)
def apply(
    request: HttpRequest,
    work: NamedDependency[Work],
    id: FromPath[UUID],
) -> HttpResponse:
    """Have the worker apply the file."""
    return _screen(id).do(
        request,
        work,
        lambda: network_files.request(work, id),
        "The file is being applied. This page tells how far it has come.",
    )


# ---------------------------------------------------------------- the page of one file


def _screen(id: UUID) -> Screen:
    return Screen(
        "console/setup_network_file.html",
        lambda request, work: _one(request, work, id),
        f"{PAGE}/{id}",
    )


def _one(request: HttpRequest, work: Work, id: UUID) -> OneNetworkFile:
    file = network_files.look(work, id)
    waits = file.state == "uploaded"
    found = network_files.previewed(work, id) if waits else Preview()
    problems = found.problems if waits else list(network_files.problems_of(file.report))
    kinds = ("new", "changed", "same")
    counts = {kind: found.count(kind) if waits else int(file.report.get(kind, 0)) for kind in kinds}  # type: ignore[call-overload]
    text = language_of(request).text
    return OneNetworkFile(
        **layout_of(request, work, "setup"),
        file=file,
        kinds=_kinds(request),
        columns=columns_of(network_files.table_of(work, file.id), file.columns) if waits else [],
        fields=_fields(request, file.kind),
        affiliates=[_affiliate(one) for one in found.affiliates[:SHOWN]],
        clients=[_client(request, one) for one in found.clients[:SHOWN]],
        counts=counts,
        rows=len(found.affiliates) + len(found.clients),
        of_nobody=found.of_nobody if waits else file.report.get("of_nobody", 0),
        problems=told_problems(problems[:SHOWN], text),
        problem_count=len({one.line for one in problems}),
    )


def _kinds(request: HttpRequest) -> list[tuple[str, str]]:
    text = language_of(request).text
    return [(kind, text(name)) for kind, name in network_files.KINDS.items()]


def _fields(request: HttpRequest, kind: str) -> list[tuple[str, str]]:
    text = language_of(request).text
    choices = [(_NOTHING[0], text(_NOTHING[1]))]
    for field, name in network_files.FIELDS[kind].items():
        choices.append((field, text(name)))
        if field in network_files.IN_CURRENCIES:
            choices += [(f"{field}:{code}", f"{text(name)}, {code}") for code in sorted(TAKEN)]
    return choices


def _affiliate(one: Proposal) -> AffiliateRow:
    return AffiliateRow(
        line=one.line,
        name=one.after.name,
        slug=one.after.slug,
        sponsor=one.after.sponsor,
        storefront=one.storefront.slug if one.storefront else "",
        openings=[opening.amount for opening in one.openings],
        kind=one.kind,
    )


def _client(request: HttpRequest, one: Bound) -> ClientRow:
    until = language_of(request).day(one.until)
    return ClientRow(
        one.line, one.client_key, one.affiliate, until, "same" if one.is_known else "new"
    )


routes = [page, upload, one, columns, apply]
