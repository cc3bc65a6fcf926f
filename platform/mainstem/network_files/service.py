"""A file on its way into the network: received, its columns told, looked at, and applied as a whole.

Applying is one job of the worker's and one transaction: whatever is wrong is told with its line, and
then nothing of the file was done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypedDict
from uuid import UUID

import msgspec

from mainstem import attribution, network, setup
from mainstem.attribution import BoundElsewhere
from mainstem.catalog_files import (
    RowProblem,
    Table,
    of_problem,
    read_table,
    remember_columns,
    remembered_columns,
)
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import Fact, record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Actor, Work
from mainstem.network_files import columns as columns_
from mainstem.network_files.affiliates import AFFILIATES, STOREFRONTS, reading
from mainstem.network_files.bindings import Bound, bindings_of
from mainstem.network_files.cells import lines_of
from mainstem.network_files.opening import bring_in
from mainstem.network_files.proposing import Preview, Proposal

REQUESTED = "network.import_requested"
PROBLEMS_TOLD = 500
TOLD_EVERY = 100
KEPT = timedelta(days=30)
AFFILIATES_MAX = 5_000


class FileHasProblems(Refused):
    """Some rows of the file are not right. A network comes in as a whole, or not at all."""

    code: ClassVar[str] = "file_has_problems"
    status: ClassVar[int] = 422
    message: ClassVar[str] = (
        "The file has rows that are not right: {count}. Correct them, and upload it again."
    )


class Report(TypedDict, total=False):
    """What came of a file: empty before it is applied."""

    new: int
    changed: int
    same: int
    of_nobody: int
    openings: int
    problems: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class NetworkFile:
    """A file as it stands: what it is, what its columns say, and how far it has come.

    `stopped` is whether applying it has broken off and is tried again only when somebody asks.
    """

    id: UUID
    name: str
    kind: str
    state: str
    columns: Mapping[str, str]
    report: Report
    total: int
    done: int
    uploaded_at: datetime
    stopped: bool = False


def receive(work: Work, name: str, data: bytes) -> UUID:
    """Take a file in; its id. Columns are told as the last file of this header told them, or guessed.

    Raises Refused for what is no table.
    """
    table = read_table(data, name)
    id = new_id()
    remembered = remembered_columns(work, columns_.header_hash(table.header))
    if remembered:
        kind, told = remembered
    else:
        kind = columns_.kind_of(table.header)
        told = columns_.guessed(kind, table.header)
    work.run(
        """INSERT INTO network_file (id, name, kind, state, content, columns, uploaded_at, uploaded_by)
           VALUES (%(id)s, %(name)s, %(kind)s, 'uploaded', %(content)s, %(columns)s::jsonb, %(now)s,
                   %(actor)s)""",
        id=id,
        name=name.strip()[:200] or "network.csv",
        kind=kind,
        content=data,
        columns=_json(told),
        now=work.now(),
        actor=str(work.actor),
    )
    return id


_FILE = """
SELECT id, name, kind, state, columns, report, total, done, uploaded_at,
       state = 'applying' AND EXISTS (
         SELECT 1 FROM fact_waiting WHERE name = %(name)s AND subject = network_file.id::text
            AND fact_waiting.state = 'dead') AS stopped
  FROM network_file"""


def look(work: Work, id: UUID) -> NetworkFile:
    """The file; NotFound where there is none."""
    row = work.row(f"{_FILE} WHERE id = %(id)s", name=REQUESTED, id=id)
    if row is None:
        raise NotFound("file")
    return NetworkFile(**row._asdict())


def recent(work: Work) -> list[NetworkFile]:
    """The files of the last weeks, the newest first."""
    rows = work.rows(f"{_FILE} ORDER BY uploaded_at DESC LIMIT 20", name=REQUESTED)
    return [NetworkFile(**row._asdict()) for row in rows]


def table_of(work: Work, id: UUID) -> Table:
    """The rows of a file."""
    content = work.value("SELECT content FROM network_file WHERE id = %(id)s", id=id)
    if content is None:
        raise NotFound("file")
    return read_table(bytes(content))


def tell_columns(work: Work, id: UUID, kind: str, columns: Mapping[str, str]) -> None:
    """Say what the file is and what each column holds; remembered for files of this header."""
    if kind not in columns_.KINDS:
        raise InvalidInput(Problem("/kind", "not_offered", "This is not one of the choices."))
    header = table_of(work, id).header
    told = {name: field for name, field in columns.items() if name in header and field}
    if look(work, id).kind != kind and not set(told.values()) & set(columns_.FIELDS[kind]):
        told = columns_.guessed(kind, header)
    told = {name: field for name, field in told.items() if columns_.is_field(kind, field)}
    said = list(told.values())
    problems = [
        Problem(f"/column-{header.index(name)}", "duplicate", "Another column says this already.")
        for n, (name, field) in enumerate(told.items())
        if field in said[:n]
    ]
    if problems:
        raise InvalidInput(*problems)
    remember_columns(work, columns_.header_hash(header), kind, told)
    work.run(
        """UPDATE network_file SET kind = %(kind)s, columns = %(columns)s::jsonb
            WHERE id = %(id)s AND state = 'uploaded'""",
        id=id,
        kind=kind,
        columns=_json(told),
    )


def previewed(work: Work, id: UUID) -> Preview:
    """What the file would do now; nothing is changed by it."""
    return _preview(work, look(work, id))


def _preview(work: Work, file: NetworkFile) -> Preview:
    table = table_of(work, file.id)
    found = Preview(problems=list(table.problems))
    lines = list(lines_of(table, file.columns))
    read = reading(work, file.name)
    if file.kind == "affiliates":
        if len(lines) > AFFILIATES_MAX:
            reason = "A file has at most {most} affiliates. Divide it, sponsors first."
            found.problems.append(RowProblem(1, "", reason, {"most": AFFILIATES_MAX}))
            return found
        found.affiliates = read.proposals(lines)
        found.problems += read.problems
    else:
        clients = bindings_of(work, lines, read.known, by_tag=file.kind == "shopify_customers")
        found.clients, found.of_nobody = clients.clients, clients.of_nobody
        found.problems += clients.problems
    found.problems.sort(key=lambda one: one.line)
    return found


def request(work: Work, id: UUID) -> None:
    """Have the worker apply the file. Raises FileHasProblems; asking again changes nothing."""
    row = work.row("SELECT state FROM network_file WHERE id = %(id)s FOR UPDATE", id=id)
    if row is None:
        raise NotFound("file")
    if row.state != "uploaded":
        return
    found = previewed(work, id)
    if found.problems:
        raise FileHasProblems(count=len({problem.line for problem in found.problems}))
    work.run(
        "UPDATE network_file SET state = 'applying', total = %(total)s WHERE id = %(id)s",
        id=id,
        total=len(found.affiliates) + len(found.clients),
    )
    record(work, REQUESTED, id)


def forget(work: Work) -> int:
    """Let go of files that came long ago: they name people; how many."""
    return work.run(
        "DELETE FROM network_file WHERE uploaded_at < %(before)s", before=work.now() - KEPT
    )


def problems_of(report: Report) -> Iterator[RowProblem]:
    """The problems that a report tells."""
    return (RowProblem(**one) for one in report.get("problems", []))


# ---------------------------------------------------------------- the worker's part


class _Undone(Exception):
    """Something of the file was not right: all of it is undone."""


def run(database: Database, fact: Fact) -> None:
    """Apply the file of a request, as a whole or not at all. Begun anew after a fall, it begins from
    the start, and what was done by then is known."""
    with database.work() as work:
        row = work.row(
            "SELECT state, uploaded_by FROM network_file WHERE id = %(id)s", id=fact.uuid
        )
        if row is None or row.state != "applying":
            return
    kind, _, name = str(row.uploaded_by).partition(":")
    actor = Actor(kind, name)
    problems: list[RowProblem] = []
    try:
        with database.work(actor) as work:
            file = look(work, fact.uuid)
            found = _preview(work, file)
            problems += found.problems
            report = _apply(work, found, problems, lambda done: _tell(database, file.id, done))
            if problems:
                raise _Undone
            _end(work, file.id, "applied", report)
            record(work, "network.imported", file.id)
    except _Undone:
        with database.work(actor) as work:
            _end(work, fact.uuid, "refused", {"problems": _told(problems)})
            record(work, "network.import_refused", fact.uuid)


def _apply(
    work: Work, found: Preview, problems: list[RowProblem], tell: Callable[[int], None]
) -> Report:
    """Save everything that a file says, and keep what is refused."""
    report: Report = {kind: found.count(kind) for kind in ("new", "changed", "same")}  # type: ignore[assignment]
    report["of_nobody"] = found.of_nobody
    for no, one in enumerate(found.affiliates, start=1):
        problems += _saved(work, one)
        if no % TOLD_EVERY == 0:
            tell(no)
    if not problems:
        openings = {one.after.slug: one.openings for one in found.affiliates if one.openings}
        report["openings"] = bring_in(work, openings)
        attribution.bring_in(work, _bound(work, found.clients))
    return report


def _saved(work: Work, one: Proposal) -> list[RowProblem]:
    try:
        with work.session.begin_nested():
            setup.save(work, AFFILIATES, one.after, seen=setup.ANY)
            if one.joined_at is not None:
                network.joined_before(work, one.after.slug, one.joined_at)
            if one.storefront is not None:
                setup.save(work, STOREFRONTS, one.storefront, seen=setup.ANY)
    except Refused as refused:
        said = refused.problems or [Problem("", refused.code, refused.message, refused.facts)]
        return [of_problem(one.line, it.pointer.strip("/"), it) for it in said]
    return []


def _bound(work: Work, clients: Sequence[Bound]) -> list[BoundElsewhere]:
    ids = {
        row.slug: row.id
        for row in work.rows(
            "SELECT slug, id FROM affiliate WHERE slug = ANY(%(slugs)s::text[])",
            slugs=sorted({one.affiliate for one in clients}),
        )
    }
    return [
        BoundElsewhere(one.client_key, ids[one.affiliate], one.since, one.until)
        for one in clients
        if not one.is_known
    ]


def _tell(database: Database, id: UUID, done: int) -> None:
    """How far it has come, apart from what is being done, so that somebody sees it."""
    with database.work() as work:
        work.run("UPDATE network_file SET done = %(done)s WHERE id = %(id)s", id=id, done=done)


def _end(work: Work, id: UUID, state: str, report: Report) -> None:
    work.run(
        """UPDATE network_file SET state = %(state)s, report = %(report)s::jsonb,
                  done = CASE WHEN %(state)s = 'applied' THEN total ELSE 0 END
            WHERE id = %(id)s""",
        id=id,
        state=state,
        report=_json(report),
    )


def _told(problems: Sequence[RowProblem]) -> list[dict[str, Any]]:
    return [asdict(one) for one in sorted(problems, key=lambda one: one.line)[:PROBLEMS_TOLD]]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
