"""One request and its answer, apart from any server."""

from dataclasses import dataclass, field

from mainstem_gateway.idempotency import Keyed
from mainstem_gateway.ids import new_id
from mainstem_gateway.unit_of_work import API_VERSION
from mainstem_gateway.wire import WireError, encode


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    id: str = field(default_factory=lambda: new_id("request"))


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    # The connection closes instead of answering: a fault somebody ordered.
    dropped: bool = False


def api_headers(
    request: Request, key: Keyed | None, *, original: str | None = None
) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Request-Id": request.id,
        "Stripe-Version": request.headers.get("stripe-version", API_VERSION),
        "Cache-Control": "no-cache, no-store",
    }
    if key:
        headers["Idempotency-Key"] = key.key.encode("ascii", "replace").decode()
    if original:
        headers["Original-Request"] = original
    if account := request.headers.get("stripe-account"):
        headers["Stripe-Account"] = account
    return headers


def error_answer(request: Request, error: WireError, key: Keyed | None = None) -> Answer:
    return Answer(error.status, encode({"error": error.body}), api_headers(request, key))
