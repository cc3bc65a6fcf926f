"""Events as they are read back; they are written by the unit of work that caused them."""

from typing import Any

from mainstem_gateway.accounts import v2_page
from mainstem_gateway.listing import envelope, ranges, rows
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON, decode, invalid, missing

KEPT_SECONDS = 30 * 86400
TYPES_MAX = 20
UNDELIVERED = "id IN (SELECT event FROM deliveries WHERE state != 'delivered')"


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    body = _event(unit, unit.ids["id"], thin=False, account=unit.account)
    return _current(unit, body)


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.")
    if len(params.get("types", [])) > TYPES_MAX:
        raise invalid(f"You may list at most {TYPES_MAX} types.", param="types")
    where: dict[str, Any] = {"account": unit.account, "thin": 0}
    if wanted := params.get("types") or params.get("type"):
        where["type"] = wanted
    bounds = ranges(params)
    bounds["created"] = {"gt": unit.now - KEPT_SECONDS, **bounds.get("created", {})}
    delivered = params.get("delivery_success")
    extra = {None: "", False: UNDELIVERED, True: f"NOT {UNDELIVERED}"}[delivered]
    found, more = rows(unit, "events", params, where, bounds, "event", extra)
    return envelope([_current(unit, body) for body in found], more, "/v1/events")


def retrieve_v2(unit: UnitOfWork, params: JSON) -> JSON:
    return _event(unit, unit.ids["id"], thin=True)


def list_v2(unit: UnitOfWork, params: JSON) -> JSON:
    sql, values = ["thin = 1"], []
    if subject := params.get("object_id"):
        sql.append("subject = ?")
        values.append(subject)
    if types := params.get("types"):
        sql.append(f"type IN ({', '.join('?' * len(types))})")
        values += types
    found = unit.store.db.execute(
        f"SELECT seq, body FROM events WHERE {' AND '.join(sql)} ORDER BY seq DESC", values
    )
    return v2_page(params, "/v2/core/events", found, decode)


def _event(unit: UnitOfWork, id: str, *, thin: bool, account: str | None = None) -> JSON:
    row = unit.store.db.execute(
        "SELECT account, body FROM events WHERE id = ? AND thin = ?", (id, int(thin))
    ).fetchone()
    if row is None or (account and row[0] != account):
        raise missing("event", id, "id")
    body: JSON = decode(row[1])
    return body


def _current(unit: UnitOfWork, body: JSON) -> JSON:
    pending: int = unit.store.db.execute(
        "SELECT count(*) FROM deliveries WHERE event = ? AND state = 'waiting'", (body["id"],)
    ).fetchone()[0]
    return body | {"pending_webhooks": pending}
