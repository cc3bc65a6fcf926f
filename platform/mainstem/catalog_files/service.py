"""A file on its way into the catalogue: received, its columns told, looked at, and applied.

Applying is one job of the worker's: pictures are fetched between transactions, and products saved by
the same verb as by hand, so many at a time that its progress can be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import ClassVar, TypedDict
from uuid import UUID

import msgspec

from mainstem import catalog, pictures
from mainstem.catalog import Product
from mainstem.catalog_files import columns as columns_
from mainstem.catalog_files.drafts import Assumed
from mainstem.catalog_files.fetching import NotFetched, fetch
from mainstem.catalog_files.memory import remember_columns, remembered_columns
from mainstem.catalog_files.own import written
from mainstem.catalog_files.proposing import Preview, Proposal, preview
from mainstem.catalog_files.table import RowProblem, Table, of_problem, read_table
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import Fact, record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Actor, Work
from mainstem.pictures import Picture, PictureRefused

AT_ONCE = 50
REQUESTED = "catalogue.import_requested"
PROBLEMS_TOLD = 500
KEPT = timedelta(days=30)


class FileHasProblems(Refused):
    """Some rows of the file are not right, and nobody has said that they are to be left out."""

    code: ClassVar[str] = "file_has_problems"
    status: ClassVar[int] = 422
    message: ClassVar[str] = (
        "The file has rows that are not right: {count}. Correct them, or choose to leave those products out."
    )


class ReportedProblem(TypedDict):
    """A problem as a report keeps it: the fields of RowProblem."""

    line: int
    column: str
    reason: str
    facts: dict[str, str | int]
    nearest: str


class Report(TypedDict, total=False):
    """What came of a file: empty before it is applied. `through` is the line that it has reached."""

    new: int
    changed: int
    same: int
    problems: list[ReportedProblem]
    departments: list[str]
    through: int


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A file as it stands: what it is, what its columns say, and how far it has come.

    `stopped` is whether applying it has broken off and is tried again only when somebody asks.
    """

    id: UUID
    name: str
    kind: str
    state: str
    columns: Mapping[str, str]
    assumed: Assumed
    report: Report
    total: int
    done: int
    uploaded_at: datetime
    stopped: bool = False


def receive(work: Work, name: str, data: bytes, *, assumed: Assumed) -> UUID:
    """Take a file in; its id. Columns are told as the last file of this header told them, or guessed.

    Raises Refused for what is no table.
    """
    table = read_table(data, name)
    id, kind = new_id(), columns_.kind_of(table.header)
    remembered = remembered_columns(work, columns_.header_hash(table.header))
    told = remembered[1] if remembered else columns_.guessed(kind, table.header)
    work.run(
        """INSERT INTO catalogue_file (id, name, kind, state, content, columns, settings, total,
                                       uploaded_at, uploaded_by)
           VALUES (%(id)s, %(name)s, %(kind)s, 'uploaded', %(content)s, %(columns)s::jsonb,
                   %(settings)s::jsonb, 0, %(now)s, %(actor)s)""",
        id=id,
        name=name.strip()[:200] or "catalogue.csv",
        kind=kind,
        content=data,
        columns=_json(told),
        settings=_json(asdict(assumed)),
        now=work.now(),
        actor=str(work.actor),
    )
    return id


def look(work: Work, id: UUID) -> CatalogueFile:
    """The file; NotFound where there is none."""
    row = work.row(
        """SELECT id, name, kind, state, columns, settings AS assumed, report, total, done,
                  uploaded_at, state = 'applying' AND EXISTS (
                    SELECT 1 FROM fact_waiting WHERE name = %(name)s AND subject = %(subject)s
                       AND fact_waiting.state = 'dead') AS stopped
             FROM catalogue_file WHERE id = %(id)s""",
        name=REQUESTED,
        subject=str(id),
        id=id,
    )
    if row is None:
        raise NotFound("file")
    return CatalogueFile(**row._asdict() | {"assumed": Assumed(**row.assumed)})


def recent(work: Work) -> list[CatalogueFile]:
    """The files of the last weeks, the newest first."""
    rows = work.rows("SELECT id FROM catalogue_file ORDER BY uploaded_at DESC LIMIT 20")
    return [look(work, row.id) for row in rows]


def table_of(work: Work, id: UUID) -> Table:
    """The rows of a file."""
    content = work.value("SELECT content FROM catalogue_file WHERE id = %(id)s", id=id)
    if content is None:
        raise NotFound("file")
    return read_table(bytes(content))


def tell_columns(
    work: Work, id: UUID, kind: str, columns: Mapping[str, str], assumed: Assumed
) -> None:
    """Say what each column holds and what the file leaves out; remembered for files of this header."""
    table = table_of(work, id)
    told = {name: field for name, field in columns.items() if name in table.header and field}
    problems = [
        Problem(f"/{name}", "not_offered", "This is not one of the choices.")
        for name in columns_.unknown_fields(told)
    ]
    said = list(told.values())
    problems += [
        Problem(f"/{name}", "duplicate", "Another column says this already.")
        for n, (name, field) in enumerate(told.items())
        if field in said[:n]
    ]
    if kind not in columns_.KINDS:
        problems.append(Problem("/kind", "not_offered", "This is not one of the choices."))
    if problems:
        raise InvalidInput(*problems)
    remember_columns(work, columns_.header_hash(table.header), kind, told)
    work.run(
        """UPDATE catalogue_file SET kind = %(kind)s, columns = %(columns)s::jsonb,
                  settings = %(settings)s::jsonb
            WHERE id = %(id)s AND state = 'uploaded'""",
        id=id,
        kind=kind,
        columns=_json(told),
        settings=_json(asdict(assumed)),
    )


def previewed(work: Work, id: UUID) -> Preview:
    """What the file would do now; nothing is changed by it."""
    file = look(work, id)
    return preview(work, table_of(work, id), file.kind, file.columns, file.assumed)


def request(work: Work, id: UUID, *, leave_out: bool = False) -> None:
    """Have the worker apply the file. Raises FileHasProblems, unless what has any is to be left out."""
    row = work.row("SELECT state FROM catalogue_file WHERE id = %(id)s FOR UPDATE", id=id)
    if row is None:
        raise NotFound("file")
    if row.state != "uploaded":
        return
    found = previewed(work, id)
    if found.problems and not leave_out:
        raise FileHasProblems(count=len({problem.line for problem in found.problems}))
    work.run(
        """UPDATE catalogue_file SET state = 'applying', total = %(total)s WHERE id = %(id)s""",
        id=id,
        total=len(found.proposals),
    )
    record(work, REQUESTED, id)


def forget(work: Work) -> int:
    """Let go of files that came long ago; how many."""
    return work.run(
        "DELETE FROM catalogue_file WHERE uploaded_at < %(before)s", before=work.now() - KEPT
    )


def exported(work: Work, slugs: Sequence[str] | None = None) -> str:
    """Products as CSV in our own columns: all of them, or these."""
    return written(catalog.products(work, slugs).values())


# ---------------------------------------------------------------- the worker's part


Save = Callable[[Work, Product], bool]
"""Makes a product what is said of it; whether anything has changed."""


def _plainly(work: Work, said: Product) -> bool:
    return catalog.save_product(work, None, said)


def run(database: Database, fact: Fact, *, save: Save = _plainly) -> None:
    """Apply the file of a request; begun anew after a fall, it goes on after the last product that was
    applied, so that nothing is undone that somebody has changed since.

    `save` is by which door its products go in: one that keeps what was before and after.
    """
    with database.work() as work:
        row = work.row(
            "SELECT state, uploaded_by, report, done FROM catalogue_file WHERE id = %(id)s",
            id=fact.uuid,
        )
        if row is None or row.state != "applying":
            return
        kind, _, name = str(row.uploaded_by).partition(":")
        actor = Actor(kind, name)
        found = previewed(work, fact.uuid)
    _Job(database, fact.uuid, actor, found, save, row.report, row.done).run()


class _Job:
    """One file being applied."""

    def __init__(
        self,
        database: Database,
        id: UUID,
        actor: Actor,
        found: Preview,
        save: Save,
        told: Report,
        done: int,
    ) -> None:
        """`told` is the report of what was applied before a fall, so many products; empty at first."""
        self._database, self._id, self._actor, self._found = database, id, actor, found
        self._save_product = save
        self._counts = counts_of(told)
        self._through = told.get("through", 0)
        self._done = done
        self._problems = list(problems_of(told) if told else found.problems)
        self._departments = told.get("departments") or [one.slug for one in found.departments]

    def run(self) -> None:
        """Save every product, so many at a time."""
        with self._database.work(self._actor) as work:
            for department in self._found.departments:
                catalog.save_department(work, None, department)
        left = sorted(
            (one for one in self._found.proposals if one.line > self._through),
            key=lambda one: one.line,
        )
        for begin in range(0, len(left), AT_ONCE):
            batch = [(one, self._fetched(one)) for one in left[begin : begin + AT_ONCE]]
            with self._database.work(self._actor) as work:
                for one, found in batch:
                    self._save(work, one, found)
                self._done, self._through = self._done + len(batch), batch[-1][0].line
                self._tell(work)
        with self._database.work(self._actor) as work:
            self._tell(work, state="applied")
            record(work, "catalogue.imported", self._id)

    def _fetched(self, one: Proposal) -> list[tuple[Picture, str]]:
        """The pictures of a product, kept, with their descriptions."""
        found = []
        for line, url, alt in one.pictures:
            try:
                store = self._database.tools.pictures
                assert store is not None, "a store of pictures is among the worker's tools"
                found.append((pictures.prepared(store, fetch(url)), alt))
            except (NotFetched, PictureRefused) as no:
                self._problems.append(RowProblem(line, url[:200], no.message, dict(no.facts)))
        return found

    def _save(self, work: Work, one: Proposal, found: Sequence[tuple[Picture, str]]) -> None:
        after = one.after
        if found:
            shown = {picture.hash: alt for picture, alt in found}
            for picture, _ in found:
                pictures.named(work, picture)
            after = _with_pictures(after, shown)
        try:
            with work.session.begin_nested():
                changed = self._save_product(work, after)
        except Refused as refused:
            # One product that cannot be saved stops none of the others, and is told with its line.
            said = refused.problems or [Problem("", refused.code, refused.message, refused.facts)]
            self._problems += [of_problem(one.line, it.pointer.strip("/"), it) for it in said]
        else:
            self._counts["same" if not changed else "new" if one.before is None else "changed"] += 1

    def _tell(self, work: Work, *, state: str = "applying") -> None:
        report: dict[str, object] = {
            **self._counts,
            "problems": [asdict(one) for one in self._problems[:PROBLEMS_TOLD]],
            "departments": self._departments,
        }
        if state == "applying":
            report["through"] = self._through
        work.run(
            """UPDATE catalogue_file SET done = %(done)s, state = %(state)s, report = %(report)s::jsonb
                WHERE id = %(id)s""",
            id=self._id,
            done=self._done,
            state=state,
            report=_json(report),
        )


def _with_pictures(product: Product, shown: Mapping[str, str]) -> Product:
    """The product with these pictures, each described as before where the file says nothing of it."""
    known = {picture.file: picture for picture in product.pictures}
    listed = []
    for file, alt in shown.items():
        picture = known.get(file) or catalog.ProductPicture(file=file)
        if alt and not picture.alt:
            picture = catalog.ProductPicture(file=file, alt={"en": alt[:200]})
        listed.append(picture)
    return product.model_copy(update={"pictures": tuple(listed)})


def counts_of(report: Report) -> dict[str, int]:
    """How many products are `new`, `changed` or the `same` by a report."""
    return {
        "new": report.get("new", 0),
        "changed": report.get("changed", 0),
        "same": report.get("same", 0),
    }


def problems_of(report: Report) -> Iterator[RowProblem]:
    """The problems that a report tells."""
    return (RowProblem(**one) for one in report.get("problems", []))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
