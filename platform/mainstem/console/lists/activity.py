"""What happened, and what has yet to follow from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    work_id: UUID
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
SELECT id, home_id, name, subject, actor, work_id, happened_at, recorded_at FROM fact
 WHERE {where} {seek} {sorted}"""

CLOCK = ("clock", "reconcile")
"""The kinds of facts that nobody did: the clock's, and what is asked again of the gateway."""
BUSY = (*CLOCK, "order", "payment", "fulfilment", "commission", "mail", "webhook")
"""The kinds that every order brings; the others are few, and have an index."""
PEOPLE = ("staff", "person", "affiliate", "integration")
"""The kinds of actors whose facts have an index: people, and programs that somebody let in."""

_KIND = "kind"
_WORD = re.compile(r"[a-z_]{1,40}")


def facts(
    work: Work,
    *,
    subject: str = "",
    kind: str = "",
    actor: str = "",
    clock: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: str | None = None,
    most: int = FACTS_PAGE,
) -> Page[FactRow]:
    """What happened, newest first: to one subject, of one kind, by one actor, or to the whole company.

    What the clock did is left out unless it is asked for (`clock`), and then it stands alone; of one
    subject everything is told. Each way is read by an index of its own, in the words that it is made of.
    """
    where = [*_narrowed(subject, kind, actor, clock)]
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
        actor=actor,
        since=first_at(since) if since else None,
        until=first_at(until) if until else None,
    )


def _narrowed(subject: str, kind: str, actor: str, clock: bool) -> Iterator[str]:
    if subject:
        yield "subject = %(subject)s"
    elif kind in CLOCK or (clock and not kind):
        yield f"{_KIND} IN {CLOCK}"
    else:
        yield f"{_KIND} NOT IN {CLOCK}"
    if kind:
        # In words, and not as a value: a plan that is made for any kind reads past all that there is of
        # the frequent ones to find that there is none of a rare one.
        yield f"{_KIND} = '{kind}'" if _WORD.fullmatch(kind) else "false"
        if kind not in BUSY:
            yield f"{_KIND} NOT IN {BUSY}"
    if actor:
        yield "actor = %(actor)s"
        if actor.partition(":")[0] in PEOPLE:
            yield f"split_part(actor, ':', 1) IN {PEOPLE}"


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
