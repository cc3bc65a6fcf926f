"""What was earned in a month: by rule and level, with its sums, as a page and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import date, datetime, time
from functools import partial
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.response import Stream

from mainstem import network
from mainstem.kit.locale import Language
from mainstem.kit.work import Actor, Work
from mainstem.money import Money, decimal_text
from mainstem.plan import tell
from mainstem.web import language_of, listing, render
from mainstem.web.listing import FilterField, Listing
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around
from mainstem_affiliates.portal.reads import Earned, StatementAsked, StatementSum

COLUMNS = ("credited_at", "kind", "source", "rule", "level", "currency", "amount", "why")
READ_AT_ONCE = 500


class Line(msgspec.Struct, frozen=True):
    """A commission, or a part of it that went back, as the page shows it."""

    at: datetime
    text: str
    rule: str
    level: int
    amount: Money


class StatementPage(PortalPage, frozen=True, kw_only=True):
    """A month's earnings."""

    lines: list[Line]
    sums: list[StatementSum]
    listing: Listing
    csv_url: str


@get("/earnings", opt={"right": network.SEE_MONEY})
async def statement(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """What was earned in a month, filtered by rule and level, with its sums."""
    me, language = reads.me(work), language_of(request)
    fields = _fields(request, work, me.id, language)
    asked = _asked(fields)
    rows, page = reads.statement(work, me.id, asked, cursor=listing.cursor_of(request))
    shown = StatementPage(
        **around(request, me, "earnings"),
        lines=[
            Line(row.credited_at, _told(row, language), row.rule, row.level, row.amount)
            for row in rows
        ],
        sums=reads.statement_sums(work, me.id, asked),
        listing=listing.build("/portal/earnings", page, *fields),
        csv_url="/portal/earnings.csv?" + urlencode({one.name: one.value for one in fields}),
    )
    return render(request, "portal/statement.html", shown)


@get("/earnings.csv", opt={"right": network.SEE_MONEY})
async def download(request: HttpRequest, work: NamedDependency[Work]) -> Stream:
    """The same as a file, every line of the month."""
    me, language = reads.me(work), language_of(request)
    asked = _asked(_fields(request, work, me.id, language))
    name = f"earnings-{asked.month:%Y-%m}.csv"
    return Stream(
        _lines(request, me.id, asked, language),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _lines(
    request: HttpRequest, affiliate_id: int, asked: StatementAsked, language: Language
) -> AsyncIterator[bytes]:
    yield _written([COLUMNS])
    actor = Actor("affiliate", str(affiliate_id))
    cursor = None
    while True:
        read = partial(_read, affiliate_id, asked, cursor)
        rows, cursor = await in_work(request, actor, read)
        yield _written([_cells(row, language) for row in rows])
        if cursor is None:
            return


def _read(
    affiliate_id: int, asked: StatementAsked, cursor: str | None, work: Work
) -> tuple[list[Earned], str | None]:
    rows, page = reads.statement(work, affiliate_id, asked, cursor=cursor, most=READ_AT_ONCE)
    return rows, page.next


def _fields(
    request: HttpRequest, work: Work, affiliate_id: int, language: Language
) -> list[FilterField]:
    months = [
        (f"{month:%Y-%m}", language.month(datetime.combine(month, time(12), language.zone)))
        for month in reads.months_of(work, affiliate_id)
    ]
    month = listing.choice(request, "month", language.text("Month"), months)
    rules = reads.statement_rules(work, affiliate_id, _month(month))
    levels = [
        (str(level), language.text("Level {level}").format(level=level)) for level in range(10)
    ]
    everything = ("", language.text("All"))
    return [
        month,
        listing.choice(
            request, "rule", language.text("Rule"), [everything, *((name, name) for name in rules)]
        ),
        listing.choice(request, "level", language.text("Level"), [everything, *levels]),
    ]


def _asked(fields: list[FilterField]) -> StatementAsked:
    month, rule, level = fields
    return StatementAsked(_month(month), rule.value, int(level.value) if level.value else None)


def _month(field: FilterField) -> date:
    return date.fromisoformat(f"{field.value}-01")


def _told(row: Earned, language: Language) -> str:
    return tell(row.explanation, language, of_team=row.level > 0)


def _cells(row: Earned, language: Language) -> tuple[str, ...]:
    source = row.period_from.isoformat() if row.period_from else row.source
    amount = decimal_text(row.amount_minor, row.currency)
    return (
        row.credited_at.astimezone(language.zone).isoformat(timespec="seconds"), row.kind, source, row.rule,
        str(row.level), row.currency, amount, _told(row, language),
    )  # fmt: skip


def _written(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


routes = [statement, download]
