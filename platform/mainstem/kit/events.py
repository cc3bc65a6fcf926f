"""Facts: a name and an id. The same row is outbox, audit trail and activity feed.

A fact carries no payload, so nothing in it grows stale: a reaction looks up what it needs.
Facts that something follows from also wait in `fact_waiting`, once for each of their consumers,
until that one's reaction has run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from mainstem.kit.bulk import given, relation
from mainstem.kit.ids import new_ids
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened: in whose home, to what."""

    id: UUID
    home_id: int
    name: str
    subject: str

    @property
    def uuid(self) -> UUID:
        """The subject, where it is one of our ids."""
        return UUID(self.subject)


class _FactRow(NamedTuple):
    home_id: int
    id: UUID
    subject: str
    happened_at: datetime


_KEEP = f"""
INSERT INTO fact (home_id, id, name, subject, actor, work_id, happened_at)
SELECT home_id, id, %(name)s, subject, %(actor)s, %(work)s, happened_at
  FROM {relation(_FactRow, "new")}
ON CONFLICT DO NOTHING"""
_KEEP_WAITING = f"""
WITH fact AS ({_KEEP} RETURNING home_id, id, subject)
INSERT INTO fact_waiting (id, consumer, home_id, name, subject, next_at, group_key)
SELECT id, consumer, home_id, %(name)s, subject, clock_timestamp(), %(group)s
  FROM fact CROSS JOIN unnest(%(consumers)s::text[]) AS consumer"""


def record(
    work: Work, name: str, subject: object, *, home: int = 0, group_key: str | None = None
) -> None:
    """Keep one fact of this work. Facts that wait under one `group_key` are taken together."""
    record_all(work, name, [(home, subject)], group_key=group_key)


def record_all(
    work: Work,
    name: str,
    subjects: Sequence[tuple[int, object]],
    *,
    happened_at: Sequence[datetime] | None = None,
    reacts: bool = True,
    group_key: str | None = None,
) -> None:
    """Keep many facts of one name, as (home, subject).

    A clock fact that is already there stays as it is. With `reacts` off, nothing waits: the caller
    has itself done, in this work, what would have followed.
    """
    if not subjects:
        return
    times = happened_at or [work.now()] * len(subjects)
    facts = [
        _FactRow(home, id, str(subject), at)
        for (home, subject), id, at in zip(subjects, new_ids(len(subjects)), times, strict=True)
    ]
    consumers = work.tools.consumers.get(name) if reacts else None
    work.run(
        _KEEP_WAITING if consumers else _KEEP,
        name=name,
        consumers=list(consumers or ()),
        actor=str(work.actor),
        work=work.id,
        group=group_key,
        **given(facts, _FactRow, "new"),
    )


def retry(work: Work, fact_id: UUID, consumer: str) -> bool:
    """Give a consumer's dead or waiting fact another chance now; False when it has run already."""
    return bool(
        work.run(
            """UPDATE fact_waiting SET state = 'waiting', attempts = 0, next_at = clock_timestamp()
                WHERE id = %(id)s AND consumer = %(consumer)s""",
            id=fact_id,
            consumer=consumer,
        )
    )
