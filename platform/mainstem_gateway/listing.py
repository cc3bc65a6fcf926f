"""Lists as Stripe pages them: newest first, cursors by id, filters by field and time."""

from collections.abc import Callable, Mapping
from typing import Any

from mainstem_gateway.store import COMPARISONS, Record
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON, decode, invalid, missing

LIMIT = 10


def page(
    unit: UnitOfWork,
    kind: str,
    params: JSON,
    url: str,
    show: Callable[[UnitOfWork, Record], JSON],
    where: Mapping[str, Any] | None = None,
    *,
    times: tuple[str, ...] = ("created",),
) -> JSON:
    """One page of the account's objects of a kind."""
    after, before = _cursors(unit, params, kind, "objects")
    limit = params.get("limit", LIMIT)
    found = unit.store.find(
        kind, account=unit.account, where=where, ranges=ranges(params, times),
        after=after, before=before, limit=limit + 1,
    )  # fmt: skip
    more = len(found) > limit
    found = found[-limit:] if before is not None else found[:limit]
    return envelope([show(unit, record) for record in found], more, url)


def envelope(data: list[JSON], more: bool, url: str) -> JSON:
    return {"object": "list", "data": data, "has_more": more, "url": url}


def filters(params: JSON, *names: str) -> dict[str, Any]:
    """The fields to filter by, of those that were given."""
    return {name: params[name] for name in names if name in params}


def ranges(params: JSON, names: tuple[str, ...] = ("created",)) -> dict[str, dict[str, int]]:
    """`created=5` and `created[gte]=5` alike, as bounds."""
    bounds = {}
    for name in names:
        if (given := params.get(name)) is not None:
            bounds[name] = given if isinstance(given, dict) else {"gte": given, "lte": given}
    return bounds


def rows(
    unit: UnitOfWork,
    table: str,
    params: JSON,
    where: dict[str, Any],
    bounds: dict[str, dict[str, int]],
    noun: str,
    extra: str = "",
) -> tuple[list[JSON], bool]:
    """The same paging over the tables of money and events; a list value means any of them."""
    sql, values = ["1"], []
    for name, value in where.items():
        options = value if isinstance(value, list) else [value]
        sql.append(f"{name} IN ({', '.join('?' * len(options))})")
        values += options
    for bound, value in bounds.get("created", {}).items():
        sql.append(f"created {COMPARISONS[bound]} ?")
        values.append(value)
    if extra:
        sql.append(extra)
    after, before = _cursors(unit, params, noun, table)
    if after is not None:
        sql.append("seq < ?")
        values.append(after)
    if before is not None:
        sql.append("seq > ?")
        values.append(before)
    limit = params.get("limit", LIMIT)
    found = unit.store.db.execute(
        f"SELECT body FROM {table} WHERE {' AND '.join(sql)} "
        f"ORDER BY seq {'ASC' if before is not None else 'DESC'} LIMIT ?",
        (*values, limit + 1),
    ).fetchall()
    bodies = [decode(row[0]) for row in found[:limit]]
    return (bodies[::-1] if before is not None else bodies), len(found) > limit


def _cursors(
    unit: UnitOfWork, params: JSON, noun: str, table: str
) -> tuple[int | None, int | None]:
    if "starting_after" in params and "ending_before" in params:
        raise invalid(
            "You may only specify one of these parameters: starting_after, ending_before."
        )
    seqs = []
    for name in ("starting_after", "ending_before"):
        seq = None
        if (id := params.get(name)) is not None:
            row = unit.store.db.execute(
                f"SELECT seq FROM {table} WHERE id = ? AND account = ?", (id, unit.account)
            ).fetchone()
            if row is None:
                raise missing(noun, id, name, status=400)
            seq = row[0]
        seqs.append(seq)
    return seqs[0], seqs[1]
