"""Operations: one durable row for each write to the outside, made before it is tried.

Its key is what makes a retry the same request. An answer closes it; a certain no closes it as
failed, and only a new attempt with a new key may follow; anything else leaves it unknown, and the
next try looks first.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.kit.bulk import Json, given, relation
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work


def open_operation(
    work: Work, home_id: int, kind: str, subject_id: UUID, request: dict[str, Any]
) -> Any:
    """The operation to try for a subject: the open one, or the next attempt.

    Returns a row: id, attempt, key, request, state, tried (whether it was tried before).
    """
    row = work.row(
        """SELECT id, attempt, key, request, state, first_tried_at IS NOT NULL AS tried
             FROM operation
            WHERE home_id = %(home)s AND kind = %(kind)s AND subject_id = %(subject)s
            ORDER BY attempt DESC LIMIT 1""",
        home=home_id,
        kind=kind,
        subject=subject_id,
    )
    if row is not None and row.state in ("todo", "unknown"):
        return row
    attempt = row.attempt + 1 if row else 1
    return work.row(
        """INSERT INTO operation (home_id, id, kind, subject_id, attempt, key, request, state, opened_at)
           VALUES (%(home)s, %(id)s, %(kind)s, %(subject)s, %(attempt)s, %(key)s, %(request)s::jsonb,
                   'todo', %(now)s)
        RETURNING id, attempt, key, request, state, false AS tried""",
        home=home_id,
        id=new_id(),
        kind=kind,
        subject=subject_id,
        attempt=attempt,
        key=key_of(kind, subject_id, attempt),
        request=json.dumps(request),
        now=work.now(),
    )


def key_of(kind: str, subject_id: UUID, attempt: int) -> str:
    """The key under which an attempt is the same request, however often it is sent."""
    return f"{kind}:{subject_id}:{attempt}"


class _OperationRow(NamedTuple):
    home_id: int
    id: UUID
    kind: str
    subject_id: UUID
    key: str
    request: Json


_OPEN_TRIED = f"""
INSERT INTO operation (home_id, id, kind, subject_id, attempt, key, request, state,
                       opened_at, first_tried_at)
SELECT home_id, id, kind, subject_id, 1, key, request, 'unknown', %(now)s, %(now)s
  FROM {relation(_OperationRow, "new")}
RETURNING home_id, subject_id, id, attempt, key, request, state, false AS tried"""


def open_tried(
    work: Work, operations: Sequence[tuple[int, UUID, str, UUID, dict[str, Any]]]
) -> list[Any]:
    """First operations of new subjects, as (home, id, kind, subject, request), tried at once.

    Rows as `open_operation` gives them, with home_id and subject_id. A request is as it was kept:
    the next try must send the very same one.
    """
    new = [
        _OperationRow(home, id, kind, subject, key_of(kind, subject, 1), Json(json.dumps(request)))
        for home, id, kind, subject, request in operations
    ]
    return work.rows(_OPEN_TRIED, now=work.now(), **given(new, _OperationRow, "new"))


def trying(work: Work, home_id: int, id: UUID) -> None:
    """Note, before the call, that the outcome will be unknown until an answer is written."""
    work.run(
        """UPDATE operation SET state = 'unknown', first_tried_at = coalesce(first_tried_at, %(now)s)
            WHERE home_id = %(home)s AND id = %(id)s AND state IN ('todo', 'unknown')""",
        home=home_id,
        id=id,
        now=work.now(),
    )


def close(
    work: Work, home_id: int, id: UUID, *, provider_id: str | None = None, error: str | None = None
) -> bool:
    """Write the answer: what the gateway made, or why it certainly did not; whether it was news.

    What it made stays made, whatever a second try beside the first was told; and a no is heard once.
    """
    touched = work.run(
        """UPDATE operation SET state = %(state)s, provider_id = %(provider)s, error = %(error)s,
                  closed_at = %(now)s
            WHERE home_id = %(home)s AND id = %(id)s AND state <> 'done'
              AND (%(state)s = 'done' OR state <> 'failed')""",
        home=home_id,
        id=id,
        state="failed" if error else "done",
        provider=provider_id,
        error=error,
        now=work.now(),
    )
    return touched > 0
