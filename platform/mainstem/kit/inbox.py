"""The inbox: letters from outside, kept once, exactly as they came."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work


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
) -> UUID | None:
    """Keep a letter and the fact that it came; None when this very letter came before."""
    id = work.value(
        """INSERT INTO inbox (id, provider, account, event_id, type, object_id, api_version,
                              payload, happened_at, received_at)
           VALUES (%(id)s, %(provider)s, %(account)s, %(event_id)s, %(type)s, %(object_id)s,
                   %(api_version)s, %(payload)s, %(happened_at)s, %(now)s)
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
    )
    if id is not None:
        record(work, "gateway.received", id)
    return id
