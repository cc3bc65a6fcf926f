"""What periods are worked out of, as facts: who took part in each month, and what each sold in each period.

    network/month=2026-03/                     `affiliate_id`, `sponsor_id` (0 for none), `house`, `suspended`
    volumes/counted=delivery/period=2026-03/   `affiliate_id`, `currency`, `volume_minor`, `clients`, `reached_at`

They are what the close of a period reads, as of its end: whoever stood where, and what had not come back since. A
quarter is `2026-Q1` and a year `2026`; `reached_at` only says who was before whom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from mainstem.lab.engines import Engine
from mainstem.lab.facts import Facts
from mainstem.periods import (
    EVERY,
    Every,
    People,
    PeriodFacts,
    Sales,
    Span,
    span_of,
)

COUNTED = ("order", "delivery", "end_of_hold")
"""The ways in which a plan may count a sale."""


def spans(first: str, last: str, every: Every) -> Iterator[Span]:
    """The periods that lie whole within these months, `2026-03`, both included, in order."""
    span = span_of(_day(first), every)
    if span.starts_on < _day(first):
        span = span.next
    end = span_of(_day(last), "month").ends_on
    while span.ends_on <= end:
        yield span
        span = span.next


def last_month(span: Span) -> str:
    """The month that a period ends with."""
    day = span.starts_on
    while span_of(day, "month").ends_on < span.ends_on:
        day = span_of(day, "month").ends_on
    return f"{day:%Y-%m}"


def write_people(duck: duckdb.DuckDBPyConnection, folder: Path, month: str, people: People) -> None:
    """Write who took part in a month."""
    columns = {
        "affiliate_id": people.id, "sponsor_id": people.sponsor,
        "house": people.house.astype(np.int64), "suspended": people.suspended.astype(np.int64),
    }  # fmt: skip
    _write(duck, folder / "network" / f"month={month}", columns)


def write_sales(
    duck: duckdb.DuckDBPyConnection,
    folder: Path,
    counted: str,
    span: Span,
    sold: Mapping[str, Sales],
) -> None:
    """Write what everybody sold in a period, counted in one of the ways."""
    into = folder / "volumes" / f"counted={counted}" / f"period={span.name}"
    names = ("affiliate_id", "volume_minor", "clients", "reached_at")
    for currency, sales in sorted(sold.items()):
        columns = dict(zip(names, sales.all(), strict=True))
        _write(duck, into, columns, f"'{currency}' AS currency, ", f"{currency}.parquet")


def _write(
    duck: duckdb.DuckDBPyConnection,
    into: Path,
    columns: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.int64]]],
    more: str = "",
    name: str = "part-0.parquet",
) -> None:
    into.mkdir(parents=True, exist_ok=True)
    duck.register("columns_of_period", dict(columns))
    file = str(into / name).replace("'", "''")
    duck.execute(
        f"COPY (SELECT {more}* FROM columns_of_period) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
    )
    duck.unregister("columns_of_period")


def read(engine: Engine, facts: Facts, counted: str, span: Span) -> PeriodFacts:
    """What a period is worked out of, by columns."""
    engine.reads("network", facts.files("network", last_month(span)))
    people = engine.columns(
        "SELECT affiliate_id, sponsor_id, house, suspended FROM network ORDER BY affiliate_id"
    )
    return PeriodFacts(
        People(
            people["affiliate_id"], people["sponsor_id"], people["house"] == 1, people["suspended"] == 1
        ),
        dict(_sold(engine, facts, counted, span)),
    )  # fmt: skip


def _sold(engine: Engine, facts: Facts, counted: str, span: Span) -> Iterator[tuple[str, Sales]]:
    folder = facts.folder / "volumes" / f"counted={counted}" / f"period={span.name}"
    for file in sorted(folder.glob("*.parquet")):
        engine.reads("volumes", str(file))
        found = engine.columns(
            """SELECT affiliate_id, volume_minor, clients, reached_at FROM volumes
                WHERE volume_minor > 0 ORDER BY affiliate_id"""
        )
        yield file.stem, Sales(*found.values())


def known(facts: Facts, counted: str, every: Every, months: Sequence[str]) -> list[Span]:
    """The periods that these facts say everything of: whole ones, from the first month that there is on."""
    if every not in EVERY or counted not in facts.about.counted:
        return []
    return list(spans(facts.months()[0], months[-1], every))


def _day(month: str) -> date:
    return date(int(month[:4]), int(month[5:7]), 1)
