"""The history of set-up: every change of a thing, before and after, who made it and when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from mainstem.kit.documents import Document
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work

SHOWN_MAX = 100


class Change(NamedTuple):
    """One change: who, when, and each field as (name, before, after)."""

    at: datetime
    actor: str
    is_new: bool
    is_retired: bool
    fields: list[tuple[str, Any, Any]]


def note(
    work: Work, resource: str, key: str, before: Document | None, after: Document | None
) -> None:
    """Keep a change of a thing, and record the fact of it."""
    work.run(
        """INSERT INTO setup_change (id, resource, key, before, after, actor, work_id, at)
           VALUES (%(id)s, %(resource)s, %(key)s, %(before)s::jsonb, %(after)s::jsonb, %(actor)s,
                   %(work)s, %(now)s)""",
        id=new_id(),
        resource=resource,
        key=key,
        before=_json(before),
        after=_json(after),
        actor=str(work.actor),
        work=work.id,
        now=work.now(),
    )
    did = "created" if before is None else "retired" if after is None else "changed"
    record(work, f"setup.{did}", f"{resource}/{key}")


def _json(document: Document | None) -> str | None:
    return None if document is None else json.dumps(document.written(), ensure_ascii=False)


def changes(work: Work, resource: str, key: str) -> list[Change]:
    """What has become of a thing, newest first, the last hundred changes of it."""
    rows = work.rows(
        """SELECT before, after, actor, at FROM setup_change
            WHERE resource = %(resource)s AND key = %(key)s
            ORDER BY at DESC, id DESC LIMIT %(most)s""",
        resource=resource,
        key=key,
        most=SHOWN_MAX,
    )
    return [
        Change(
            row.at,
            row.actor,
            row.before is None,
            row.after is None,
            [*differences(row.before or {}, row.after or {})],
        )
        for row in rows
    ]


def changes_of_works(
    work: Work, things: Sequence[tuple[str, str, UUID]]
) -> dict[tuple[str, str, UUID], list[tuple[str, Any, Any]]]:
    """What was different after each of these works, by (resource, key, work)."""
    if not things:
        return {}
    resources, keys, works = (list(column) for column in zip(*things, strict=True))
    rows = work.rows(
        """SELECT c.resource, c.key, c.work_id, c.before, c.after
             FROM unnest(%(resources)s::text[], %(keys)s::text[], %(works)s::uuid[])
                  AS asked (resource, key, work_id)
             JOIN setup_change c USING (resource, key, work_id) ORDER BY c.at, c.id""",
        resources=resources,
        keys=keys,
        works=works,
    )
    found: dict[tuple[str, str, UUID], list[tuple[str, Any, Any]]] = {}
    for row in rows:
        changed = differences(row.before or {}, row.after or {})
        found.setdefault((row.resource, row.key, row.work_id), []).extend(changed)
    return found


def differences(before: Any, after: Any, name: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each value that differs, as (where, before, after); `where` as in `variants.1.sku`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys([*before, *after]):
            inner = f"{name}.{key}" if name else str(key)
            yield from differences(before.get(key), after.get(key), inner)
    elif _rows(before) and _rows(after):
        for no in range(max(len(before), len(after))):
            yield from differences(
                before[no] if no < len(before) else None,
                after[no] if no < len(after) else None,
                f"{name}.{no + 1}",
            )
    elif before != after:
        yield name, before, after


def _rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict) for one in value)
