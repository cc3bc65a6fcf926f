"""One unit of work: a request, a timer that fell due, or a control that somebody used.

Every verb takes it first. All that it changes is one transaction, and the events it causes are
written with it, so an event exists exactly when what it tells has happened.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from mainstem_gateway.ids import new_id
from mainstem_gateway.store import Record, Store
from mainstem_gateway.wire import JSON, WireError, encode, missing

API_VERSION = "2026-10-28.endive"
PLATFORM = "acct_1EmbeddedPlatform"


@dataclass(frozen=True)
class Settings:
    """How long things take, in seconds of the gateway's clock. Stripe takes days."""

    funds_delay: int = 0
    async_delay: int = 5
    refund_delay: int = 5
    dispute_delay: int = 5
    payout_delay: int = 5


@dataclass
class UnitOfWork:
    store: Store
    now: int
    base_url: str = ""
    account: str = PLATFORM
    ids: dict[str, str] = field(default_factory=dict)
    request_id: str | None = None
    idempotency_key: str | None = None
    settings: Settings = field(default_factory=Settings)
    is_stranger: bool = False  # the key leads to another account than the platform's
    # (account, currency) whose available money rose in it.
    raised: set[tuple[str, str]] = field(default_factory=set)

    # -- objects ---------------------------------------------------------------------------------

    def get(
        self, kind: str, id: str, param: str, *, status: int = 404, account: str | None = None
    ) -> Record:
        """The object of this account, or Stripe's `resource_missing`."""
        record = self.store.get(id, kind, account or self.account)
        if record is None:
            raise missing(kind, id, param, status=status)
        return record

    def add(self, kind: str, body: JSON, *, account: str | None = None, **hidden: Any) -> Record:
        return self.store.add(
            Record(body["id"], kind, account or self.account, self.now, body, hidden)
        )

    def change(self, record: Record, *events: str, **fields: Any) -> None:
        """Set fields, keep them, and tell the events what the fields were before."""
        before = {name: record.body.get(name) for name in fields}
        record.body |= fields
        self.store.save(record)
        previous = {name: old for name, old in before.items() if old != fields[name]}
        for event in events:
            self.emit(event, record, previous=previous or None)

    # -- events ----------------------------------------------------------------------------------

    def emit(self, type: str, record: Record, *, previous: JSON | None = None) -> None:
        from mainstem_gateway.shapes import shape  # shapes read through the unit

        self.emit_snapshot(type, record.id, record.account, shape(self, record), previous)

    def emit_snapshot(
        self, type: str, subject: str, account: str, shown: JSON, previous: JSON | None = None
    ) -> None:
        data: JSON = {"object": shown}
        if previous is not None:
            data["previous_attributes"] = previous
        endpoints = [
            e
            for e in self.store.find("webhook_endpoint")
            if e.hidden["connect"] == (account != PLATFORM) and wants(e, type)
        ]
        body: JSON = {
            "id": new_id("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": len(endpoints),
            "request": {"id": self.request_id, "idempotency_key": self.idempotency_key},
            "type": type,
        }
        if account != PLATFORM:
            body["account"] = account
        self._tell(body, account, type, subject, endpoints, thin=False)

    def emit_thin(self, type: str, subject: str, related: JSON, data: JSON | None = None) -> None:
        """A v2 event: what happened to what, and an address to read its state from."""
        destinations = [e for e in self.store.find("v2.core.event_destination") if wants(e, type)]
        body: JSON = {
            "id": new_id("v2.core.event"),
            "object": "v2.core.event",
            "type": type,
            "created": timestamp(self.now),
            "livemode": False,
            "related_object": related,
        }
        if self.request_id:
            request = {"id": self.request_id, "idempotency_key": self.idempotency_key or ""}
            body["reason"] = {"type": "request", "request": request}
        if data is not None:
            body["data"] = data
        self._tell(body, subject, type, subject, destinations, thin=True)

    def _tell(
        self,
        body: JSON,
        account: str,
        type: str,
        subject: str,
        endpoints: list[Record],
        *,
        thin: bool,
    ) -> None:
        db = self.store.db
        db.execute(
            "INSERT INTO events (id, account, type, subject, thin, created, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (body["id"], account, type, subject, int(thin), self.now, encode(body).decode()),
        )
        for endpoint in endpoints:
            db.execute(
                "INSERT INTO deliveries (event, endpoint, state, attempts, next_at) "
                "VALUES (?, ?, 'waiting', 0, 0)",
                (body["id"], endpoint.id),
            )


def wants(endpoint: Record, type: str) -> bool:
    enabled = endpoint.body["enabled_events"]
    return endpoint.body["status"] == "enabled" and ("*" in enabled or type in enabled)


def timestamp(at: int) -> str:
    """A v2 time."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def no_access(account: str) -> WireError:
    return WireError(
        403,
        "invalid_request_error",
        f"The provided key does not have access to account '{account}' "
        "(or that account does not exist). Application access may have been revoked.",
        code="account_invalid",
    )
