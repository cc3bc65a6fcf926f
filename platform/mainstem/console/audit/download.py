"""The audit log as a file: sent while it is read, a page of it in a transaction of its own."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from litestar import get
from litestar.response import Stream

from mainstem.catalog_files import harmless
from mainstem.console.audit.asked import Asked, asked
from mainstem.console.audit.told import AuditRow, told
from mainstem.kit.locale import Language
from mainstem.kit.work import Actor, Work
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, reader_of
from mainstem.web.works import in_work

ROWS_MAX = 50_000
"""So many rows are sent at most; a last row says where more was asked for."""
READ_AT_ONCE = 1_000

COLUMNS = ("happened_at", "recorded_at", "who", "actor", "fact", "what", "about", "home", "changed")


@get("/audit.csv")
async def download(request: HttpRequest) -> Stream:
    """The same as the page, as far as it goes."""
    return Stream(
        _lines(request),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="audit.csv"'},
    )


async def _lines(request: HttpRequest) -> AsyncIterator[bytes]:
    language = language_of(request)
    actor = Actor("staff", str(reader_of(request).person_id))
    wanted: Asked = await in_work(request, actor, lambda work: asked(request, work))
    yield _written([COLUMNS])
    cursor, left = None, ROWS_MAX
    while left:
        read = partial(_read, wanted, language, cursor, min(READ_AT_ONCE, left))
        rows, cursor = await in_work(request, actor, read)
        left -= len(rows)
        yield _written([_cells(row) for row in rows])
        if cursor is None:
            return
    words = language.text("There is more. Ask for a shorter period.")
    yield _written([("", "", "", "", "", words, "", "", "")])


def _read(
    wanted: Asked, language: Language, cursor: str | None, most: int, work: Work
) -> tuple[list[AuditRow], str | None]:
    found = wanted.read(work, cursor, most)
    return told(work, language, found.rows), found.next


def _cells(row: AuditRow) -> tuple[Any, ...]:
    changed = "; ".join(f"{what}: {before} → {after}" for what, before, after in row.fields)
    times = (row.at.isoformat(), row.recorded_at.isoformat())
    return (*times, row.who, row.actor, row.name, row.what, row.subject, row.home_id or "", changed)


def _written(rows: list[tuple[Any, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(str(cell)) for cell in row] for row in rows)
    return text.getvalue().encode()
