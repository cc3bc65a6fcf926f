"""What happened, and what has yet to follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.console.lists.sales import PAGE
from mainstem.kit import paging
from mainstem.kit.ids import first_at
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class FactRow:
    """Something that happened."""

    id: UUID
    home_id: int
    name: str
    subject: str
    actor: str
    happened_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingFact:
    """A fact whose consumer has yet to react, or could not."""

    id: UUID
    consumer: str
    home_id: int
    name: str
    subject: str
    state: str
    attempts: int
    next_at: datetime
    error: str | None
    recorded_at: datetime
    actor: str


FACTS_PAGE = 100
# Ids are made in the order of time, by the machine's clock.
FACTS = Sorting("facts", (SortColumn("id", "id", UUID), SortColumn("home_id", "home_id", int)))
_FACTS = """
SELECT id, home_id, name, subject, actor, happened_at, recorded_at FROM fact
 WHERE {where} {seek} {sorted}"""


def facts(
    work: Work,
    *,
    subject: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    most: int = FACTS_PAGE,
) -> Page[FactRow]:
    """What happened, newest first: to one subject, or to the whole company."""
    where = ["subject = %(subject)s" if subject else "true"]
    if since:
        where.append("id >= %(since)s::uuid")
    if until:
        where.append("id < %(until)s::uuid")
    return paging.read_as(
        work,
        FactRow,
        _FACTS.replace("{where}", " AND ".join(where)),
        FACTS,
        cursor=cursor,
        most=most,
        subject=subject,
        since=first_at(since) if since else None,
        until=first_at(until) if until else None,
    )


DUE_SHOWN = 25
_WAITING = """
SELECT w.id, w.consumer, w.home_id, w.name, w.subject, w.state, w.attempts, w.next_at, w.error,
       f.recorded_at, f.actor
  FROM fact_waiting w JOIN fact f ON f.home_id = w.home_id AND f.id = w.id"""


TROUBLE = Sorting(
    "trouble",
    (
        SortColumn("w.state", "state", str),
        SortColumn("w.next_at", "next_at", datetime),
        SortColumn("w.id", "id", UUID),
        SortColumn("w.consumer", "consumer", str),
    ),
    descending=False,
)


def in_trouble(
    work: Work, *, cursor: str | None = None, most: int = PAGE, strict: bool = False
) -> Page[WaitingFact]:
    """Facts whose reaction has failed, the dead letters first."""
    sql = f"{_WAITING} WHERE (w.state = 'dead' OR w.attempts > 0) {{seek}} {{sorted}}"
    return paging.read_as(work, WaitingFact, sql, TROUBLE, cursor=cursor, most=most, strict=strict)


def due(work: Work) -> list[WaitingFact]:
    """The facts whose turn is next."""
    return work.rows_as(
        WaitingFact,
        f"""{_WAITING} WHERE w.state = 'waiting' AND w.attempts = 0
            ORDER BY w.next_at, w.id, w.consumer LIMIT %(most)s""",
        most=DUE_SHOWN,
    )
