"""The inbox: letters from outside, kept once, exactly as they came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Question, Work


@dataclass(frozen=True, slots=True)
class Kept:
    """A letter as it was kept: what it is about, and of which payment, where it says so."""

    id: UUID
    type: str
    object_id: str
    account: str
    intent_id: str | None


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
    """Keep a letter and the fact that it came; None when this very letter came before.

    Letters that name one payment intent wait together: one look answers them all.
    """
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
        now=work.now(),
        intent=intent_id,
    )
    if id is not None:
        record(work, "gateway.received", id, group_key=intent_id)
    return id


def kept(ids: Sequence[UUID]) -> Question[list[Kept]]:
    """The letters of these ids, in the order in which they happened."""
    return Question(
        """SELECT id, type, object_id, account, intent_id FROM inbox
            WHERE id = ANY(%(ids)s::uuid[]) ORDER BY happened_at, id""",
        {"ids": list(ids)},
        lambda rows: [Kept(*row) for row in rows],
    )
