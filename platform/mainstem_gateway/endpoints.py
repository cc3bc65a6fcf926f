"""Where events go: v1 webhook endpoints for snapshots, v2 destinations for thin events."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from mainstem_gateway.accounts import v2_page
from mainstem_gateway.balance import updated_metadata
from mainstem_gateway.ids import new_id, new_secret
from mainstem_gateway.listing import page
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import API_VERSION, PLATFORM, UnitOfWork, timestamp
from mainstem_gateway.wire import JSON, invalid, missing, not_simulated

ENDPOINTS_MAX = 16


def create(unit: UnitOfWork, params: JSON) -> JSON:
    """The endpoint with its signing secret, which is shown this once."""
    if len(unit.store.find("webhook_endpoint")) >= ENDPOINTS_MAX:
        raise invalid(
            f"You have reached the maximum of {ENDPOINTS_MAX} test webhook endpoints.",
            code="resource_limit",
        )
    if params.get("api_version", API_VERSION) != API_VERSION:
        raise not_simulated(f"events of API version {params['api_version']}")
    endpoint = _add(
        unit, _checked_url(params["url"]), params["enabled_events"], new_secret(),
        connect=params.get("connect", False), description=params.get("description") or None,
        metadata=params.get("metadata") or {}, api_version=params.get("api_version"),
    )  # fmt: skip
    return endpoint.body | {"secret": endpoint.hidden["secret"]}


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    return _endpoint(unit).body


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    return page(unit, "webhook_endpoint", params, "/v1/webhook_endpoints", lambda _, e: e.body)


def update(unit: UnitOfWork, params: JSON) -> JSON:
    endpoint = _endpoint(unit)
    if "url" in params:
        endpoint.body["url"] = endpoint.hidden["url"] = _checked_url(params["url"])
    if "enabled_events" in params:
        endpoint.body["enabled_events"] = params["enabled_events"]
    if "description" in params:
        endpoint.body["description"] = params["description"] or None
    if "disabled" in params:
        endpoint.body["status"] = "disabled" if params["disabled"] else "enabled"
    endpoint.body["metadata"] = updated_metadata(endpoint, params.get("metadata"))
    unit.store.save(endpoint)
    return endpoint.body


def delete(unit: UnitOfWork, params: JSON) -> JSON:
    endpoint = _endpoint(unit)
    _forget(unit, endpoint)
    return {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True}


def create_destination(unit: UnitOfWork, params: JSON) -> JSON:
    if params["type"] != "webhook_endpoint" or params["event_payload"] != "thin":
        raise not_simulated("event destinations other than thin events to a webhook endpoint")
    if "snapshot_api_version" in params:
        raise not_simulated("the parameter `snapshot_api_version` of /v2/core/event_destinations")
    url = params.get("webhook_endpoint", {}).get("url")
    if url is None:
        where = "webhook_endpoint[url]"
        raise invalid(f"Missing required param: {where}.", param=where, code="parameter_missing")
    destination = _add_destination(
        unit, _checked_url(url), params["enabled_events"], new_secret(), name=params["name"],
        description=params.get("description", ""), metadata=params.get("metadata") or {},
        events_from=params.get("events_from", ["@self"]),
    )  # fmt: skip
    return _shown_destination(destination, params.get("include"), secret=True)


def retrieve_destination(unit: UnitOfWork, params: JSON) -> JSON:
    return _shown_destination(_destination(unit), params.get("include"))


def list_destinations(unit: UnitOfWork, params: JSON) -> JSON:
    found = unit.store.find("v2.core.event_destination")
    return v2_page(
        params,
        "/v2/core/event_destinations",
        ((d.seq, d) for d in found),
        lambda d: _shown_destination(d, params.get("include")),
    )


def update_destination(unit: UnitOfWork, params: JSON) -> JSON:
    destination = _destination(unit)
    for name in ("name", "description", "enabled_events"):
        if name in params:
            destination.body[name] = params[name]
    if "webhook_endpoint" in params:
        destination.hidden["url"] = _checked_url(params["webhook_endpoint"]["url"])
    destination.body["metadata"] = updated_metadata(destination, params.get("metadata"))
    return _kept(unit, destination, params.get("include"))


def disable_destination(unit: UnitOfWork, params: JSON) -> JSON:
    destination = _destination(unit)
    destination.body["status"] = "disabled"
    destination.body["status_details"] = {"disabled": {"reason": "user"}}
    return _kept(unit, destination)


def enable_destination(unit: UnitOfWork, params: JSON) -> JSON:
    destination = _destination(unit)
    destination.body["status"] = "enabled"
    destination.body.pop("status_details", None)
    return _kept(unit, destination)


def delete_destination(unit: UnitOfWork, params: JSON) -> JSON:
    destination = _destination(unit)
    _forget(unit, destination)
    return {"id": destination.id, "object": "v2.core.event_destination"}


def ensure(
    unit: UnitOfWork, kind: str, url: str, secret: str, events: Sequence[str] = ("*",)
) -> None:
    """Register an endpoint given at the start; the same address again renews secret and events."""
    thin = kind == "thin"
    wanted = "v2.core.event_destination" if thin else "webhook_endpoint"
    for endpoint in unit.store.find(wanted):
        if endpoint.hidden["url"] != url or endpoint.hidden["connect"] != (kind == "connect"):
            continue
        endpoint.hidden["secret"] = secret
        endpoint.body["status"] = "enabled"
        endpoint.body["enabled_events"] = list(events)
        unit.store.save(endpoint)
        return
    if thin:
        _add_destination(unit, url, list(events), secret, name="Given at the start")
    else:
        _add(unit, url, list(events), secret, connect=kind == "connect", api_version=API_VERSION)


def _add(
    unit: UnitOfWork,
    url: str,
    enabled: list[str],
    secret: str,
    *,
    connect: bool,
    api_version: str | None,
    description: str | None = None,
    metadata: JSON | None = None,
) -> Record:
    body = {
        "id": new_id("webhook_endpoint"),
        "object": "webhook_endpoint",
        "api_version": api_version,
        "created": unit.now,
        "description": description,
        "enabled_events": enabled,
        "livemode": False,
        "metadata": metadata or {},
        "status": "enabled",
        "url": url,
    }
    return unit.add(
        "webhook_endpoint", body, account=PLATFORM, secret=secret, url=url, connect=connect
    )


def _add_destination(
    unit: UnitOfWork,
    url: str,
    enabled: list[str],
    secret: str,
    *,
    name: str,
    description: str = "",
    metadata: JSON | None = None,
    events_from: list[str] | None = None,
) -> Record:
    body = {
        "id": new_id("v2.core.event_destination"),
        "object": "v2.core.event_destination",
        "created": timestamp(unit.now),
        "description": description,
        "enabled_events": enabled,
        "event_payload": "thin",
        "events_from": events_from or ["@accounts"],
        "livemode": False,
        "metadata": metadata or {},
        "name": name,
        "status": "enabled",
        "type": "webhook_endpoint",
        "updated": timestamp(unit.now),
    }
    return unit.add(
        "v2.core.event_destination", body, account=PLATFORM, secret=secret, url=url, connect=False
    )


def _kept(unit: UnitOfWork, destination: Record, include: list[str] | None = None) -> JSON:
    destination.body["updated"] = timestamp(unit.now)
    unit.store.save(destination)
    return _shown_destination(destination, include)


def _shown_destination(record: Record, include: list[str] | None, *, secret: bool = False) -> JSON:
    shown: JSON = {}
    if "webhook_endpoint.url" in (include or ()):
        shown["url"] = record.hidden["url"]
    if secret and "webhook_endpoint.signing_secret" in (include or ()):
        shown["signing_secret"] = record.hidden["secret"]
    return record.body | {"webhook_endpoint": shown}


def _endpoint(unit: UnitOfWork) -> Record:
    id = unit.ids["webhook_endpoint"]
    return unit.get("webhook_endpoint", id, "webhook_endpoint", account=PLATFORM)


def _destination(unit: UnitOfWork) -> Record:
    destination = unit.store.get(unit.ids["id"], "v2.core.event_destination")
    if destination is None:
        raise missing("event destination", unit.ids["id"], "id")
    return destination


def _forget(unit: UnitOfWork, endpoint: Record) -> None:
    unit.store.remove(endpoint)
    unit.store.db.execute(
        "UPDATE deliveries SET state = 'given_up', error = 'endpoint deleted' "
        "WHERE endpoint = ? AND state = 'waiting'",
        (endpoint.id,),
    )


def _checked_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise invalid("Not a valid URL", param="url", code="url_invalid")
    return url
