"""The inbox: webhook events, kept once, exactly as they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Query, Work

AHEAD_MAX = timedelta(seconds=300)
"""How far another's clock may go before ours."""


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """A webhook event as it was kept: what it is about, and of which payment, where it says so."""

    id: UUID
    type: str
    object_id: str
    account: str
    intent_id: str | None


@dataclass(frozen=True, slots=True)
class RefusedEvents:
    """What was not taken on one day for one reason: how often, and what the last of it was."""

    day: date
    reason: str
    times: int
    last_at: datetime
    last_type: str
    last_account: str


def receive(
    work: Work,
    *,
    provider: str,
    account: str,
    event_id: str,
    type: str,
    object_id: str,
    api_version: str,
    payload: bytes,
    happened_at: datetime,
    intent_id: str | None = None,
) -> UUID | None:
    """Keep a webhook event and the fact that it came; None when this very event came before.

    Events that name one payment intent wait together: one request answers them all. One that says it
    is still to come would be the last word on its thing for as long as that takes: it is kept as of
    its arrival, and not refused, as what it is about is looked up in any case.
    """
    now = work.now()
    if happened_at > now + AHEAD_MAX:
        happened_at = now
    id = work.value(
        """INSERT INTO inbox (id, provider, account, event_id, type, object_id, api_version,
                              payload, happened_at, received_at, intent_id)
           VALUES (%(id)s, %(provider)s, %(account)s, %(event_id)s, %(type)s, %(object_id)s,
                   %(api_version)s, %(payload)s, %(happened_at)s, %(now)s, %(intent)s)
           ON CONFLICT (provider, account, event_id) DO NOTHING RETURNING id""",
        id=new_id(),
        provider=provider,
        account=account,
        event_id=event_id,
        type=type,
        object_id=object_id,
        api_version=api_version,
        payload=payload,
        happened_at=happened_at,
        now=now,
        intent=intent_id,
    )
    if id is None:
        return None
    record(work, "webhook.received", id, group_key=intent_id)
    return UUID(str(id))


def note_refused(
    work: Work, reason: str, *, times: int = 1, type: str = "", account: str = ""
) -> None:
    """Count a webhook event that was not taken, for staff: by day and reason."""
    work.run(
        """INSERT INTO refused_event AS r (day, reason, times, last_at, last_type, last_account)
           VALUES (%(day)s, %(reason)s, %(times)s, %(now)s, %(type)s, %(account)s)
           ON CONFLICT (day, reason) DO UPDATE
              SET times = r.times + excluded.times, last_at = excluded.last_at,
                  last_type = excluded.last_type, last_account = excluded.last_account""",
        day=work.now().date(),
        reason=reason,
        times=times,
        now=work.now(),
        type=type[:200],
        account=account[:200],
    )


def refused(work: Work, *, days: int = 14) -> list[RefusedEvents]:
    """What was not taken in the last days, newest first: a row a day and reason."""
    return work.rows_as(
        RefusedEvents,
        """SELECT day, reason, times, last_at, last_type, last_account FROM refused_event
            WHERE day > %(since)s ORDER BY last_at DESC""",
        since=work.now().date() - timedelta(days=days),
    )


def received(ids: Sequence[UUID]) -> Query[list[ReceivedEvent]]:
    """The webhook events of these ids, in the order in which they happened."""
    return Query(
        """SELECT id, type, object_id, account, intent_id FROM inbox
            WHERE id = ANY(%(ids)s::uuid[]) ORDER BY happened_at, id""",
        {"ids": list(ids)},
        lambda rows: [ReceivedEvent(*row) for row in rows],
    )
