"""Lists on pages: what narrows them, how they are sorted, and the pages beside the one shown.

Everything stands in the address, so that a list can be sent to a colleague as it is seen. What an
address says that the list does not know is as if it had not been said.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request

from mainstem.kit import paging, search_terms
from mainstem.kit.locale import Language

CURSOR = "page"
"""The name of the cursor in the address of a page."""


class FilterField(msgspec.Struct, frozen=True):
    """One field that narrows a list. `kind`: choice (of `options`), date, search."""

    name: str
    label: str
    value: str
    kind: str = "choice"
    options: list[tuple[str, str]] = []
    hint: str = ""


class Listing(msgspec.Struct, frozen=True):
    """What a list's page shows around its rows: its filters, whether any is used, and the pages beside it."""

    url: str
    fields: list[FilterField]
    kept: list[tuple[str, str]]
    narrowed: bool
    everything_url: str
    previous_url: str | None
    next_url: str | None


def cursor_of(request: Request[Any, Any, Any], name: str = CURSOR) -> str | None:
    """Where in the list the reader is. A second list on a page has a name of its own."""
    return request.query_params.get(name) or None


def text(request: Request[Any, Any, Any], name: str, label: str, hint: str = "") -> FilterField:
    """A field in which words are looked for."""
    typed = search_terms.as_typed(request.query_params.get(name, ""))
    return FilterField(name, label, typed, "search", hint=hint)


def choice(
    request: Request[Any, Any, Any], name: str, label: str, options: Iterable[tuple[str, str]]
) -> FilterField:
    """A field that takes one of some values; the first option stands for none."""
    options = list(options)
    asked = request.query_params.get(name, "")
    known = {value for value, _ in options}
    return FilterField(name, label, asked if asked in known else options[0][0], options=options)


def day(request: Request[Any, Any, Any], name: str, label: str) -> FilterField:
    """A field that takes a day."""
    found = _date(request.query_params.get(name, ""))
    return FilterField(name, label, found.isoformat() if found else "", "date")


def period(
    request: Request[Any, Any, Any], language: Language, of: str = ""
) -> tuple[FilterField, FilterField]:
    """The two days between which it was; `of` says what."""
    since, until = language.text("From"), language.text("Up to")
    if of:
        since, until = f"{of}: {since.lower()}", f"{of}: {until.lower()}"
    return day(request, "from", since), day(request, "to", until)


def instants(
    fields: tuple[FilterField, FilterField], zone: ZoneInfo
) -> tuple[datetime | None, datetime | None]:
    """The period of two day fields, from the first one's midnight to the end of the second."""
    since, until = (_date(field.value) for field in fields)
    return (
        datetime.combine(since, time.min, zone).astimezone(UTC) if since else None,
        datetime.combine(until + timedelta(days=1), time.min, zone).astimezone(UTC)
        if until
        else None,
    )


def day_of(field: FilterField) -> date | None:
    """The day that stands in a day field."""
    return _date(field.value)


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1900 <= found.year <= 9000 else None


def build(
    url: str,
    page: paging.Page[Any],
    *fields: FilterField,
    anchor: str = "",
    cursor: str = CURSOR,
    **kept: str,
) -> Listing:
    """What one page of a list at `url` shows around its rows. `kept` stays as it is: which list it is."""
    said = {name: value for name, value in kept.items() if value}
    used = {field.name: field.value for field in fields if field.value != _nothing(field)}

    def at(place: str | None) -> str | None:
        if place is None:
            return None
        return f"{url}?{urlencode(said | used | {cursor: place})}{anchor}"

    return Listing(
        url=url,
        fields=list(fields),
        kept=list(said.items()),
        narrowed=any(name != "sort" for name in used),
        everything_url=f"{url}?{urlencode(said)}" if said else url,
        previous_url=at(page.previous),
        next_url=at(page.next),
    )


def _nothing(field: FilterField) -> str:
    return field.options[0][0] if field.options else ""
