"""The gateway as a server: who may ask, what was asked before, one transaction, one answer."""

import asyncio
import base64
import contextlib
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from mainstem_gateway import idempotency, own_account, timers
from mainstem_gateway.contract import checked
from mainstem_gateway.delivery import Delivery
from mainstem_gateway.exchange import Answer, Request, api_headers, error_answer
from mainstem_gateway.faults import Fault, Faults
from mainstem_gateway.idempotency import Kept, Keyed
from mainstem_gateway.pages import answer_page
from mainstem_gateway.routes import VERBS, find
from mainstem_gateway.shapes import expand
from mainstem_gateway.store import Store
from mainstem_gateway.unit_of_work import PLATFORM, Settings, UnitOfWork, no_access
from mainstem_gateway.wire import (
    JSON,
    WireError,
    decode,
    decode_form,
    encode,
    invalid,
    not_simulated,
)  # fmt: skip

log = logging.getLogger(__name__)

BODY_MAX = 1 << 20
_HOST = re.compile(r"(?:\[(?P<literal>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]@/]+))(?::\d{1,5})?")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Gateway:
    """The ASGI application and everything it keeps."""

    def __init__(
        self,
        store_path: Path,
        *,
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
        base_url: str = "",
        proof: str = "",
    ) -> None:
        self.proof = proof
        self.store = Store(store_path)
        self.settings = settings or Settings()
        self.base_url = base_url
        self.faults = Faults()
        self.delivery = Delivery(self.store, self.faults)
        self._clock = clock
        self._advanced = int(self.store.meta("clock_advanced") or 0)
        self._in_flight: set[Keyed] = set()
        self._nudge = asyncio.Event()
        self._beat: asyncio.Task[None] | None = None

    # -- time ------------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return int(self._clock()) + self._advanced

    def advance(self, seconds: int) -> None:
        """Let time pass; all that falls due on the way happens, each at its own moment."""
        self._advanced += seconds
        self.store.set_meta("clock_advanced", str(self._advanced))
        self.run_due()

    def run_due(self) -> None:
        now = self.now
        while (due := self.store.next_due()) is not None and due <= now:
            try:
                with self.unit(now=due) as unit:
                    if timer := self.store.take_due(due):
                        timers.run(unit, *timer[1:])
            except WireError as error:
                # What was to happen no longer can; it must not hold up everything after it.
                log.warning("a timer came to nothing: %s", error)
                with self.store.work():
                    self.store.take_due(due)

    @contextlib.contextmanager
    def unit(self, *, now: int | None = None, **facts: Any) -> Iterator[UnitOfWork]:
        """One unit, one transaction; its loose ends are tied before it commits."""
        with self.store.work():
            unit = UnitOfWork(
                self.store, self.now if now is None else now, self.base_url,
                settings=self.settings, **facts,
            )  # fmt: skip
            yield unit
            timers.finish(unit)
        self.nudge()

    def nudge(self) -> None:
        """Something is to be sent or falls due: look now rather than later."""
        self._nudge.set()

    # -- ASGI ------------------------------------------------------------------------------------

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = await _read(scope, receive)
        try:
            answer = await self.answer(request)
        except Exception:
            # A fault of the gateway's own: the caller must see a 500, and people the reason.
            log.exception("%s %s failed", request.method, request.path)
            answer = error_answer(
                request, WireError(500, "api_error", "The embedded gateway failed; see its log.")
            )
        if answer.dropped:
            await _drop(scope)
            return
        await send({
            "type": "http.response.start",
            "status": answer.status,
            "headers": [
                *((k.encode(), v.encode()) for k, v in answer.headers.items()),
                (b"content-length", str(len(answer.body)).encode()),
            ],
        })  # fmt: skip
        await send({"type": "http.response.body", "body": answer.body})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def start(self) -> None:
        self._beat = asyncio.get_running_loop().create_task(self._keep_time())

    async def close(self) -> None:
        if self._beat:
            self._beat.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._beat
        await self.delivery.close()
        self.store.close()

    async def _keep_time(self) -> None:
        with self.store.work():
            idempotency.prune(self.store, self.now)
        while True:
            self._nudge.clear()
            self.run_due()
            wait = self.delivery.send_due()
            if (due := self.store.next_due()) is not None:
                wait = min(wait, max(0.05, due - self.now))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudge.wait(), wait)

    # -- answering -------------------------------------------------------------------------------

    async def answer(self, request: Request) -> Answer:
        if (problem := _stranger(request)) is not None:
            return problem
        if not self.base_url:
            self.base_url = f"http://{request.headers.get('host', '127.0.0.1')}"
        self.run_due()
        if len(request.body) > BODY_MAX:
            error = WireError(413, "invalid_request_error", "The request body is too large.")
            return error_answer(request, error)
        if not request.path.startswith(("/v1/", "/v2/")):
            return answer_page(self, request)
        fault = self.faults.take(request.method, request.path)
        if fault and fault.kind == "drop_before":
            return Answer(0, b"", dropped=True)
        if fault and fault.kind == "http_before":
            return error_answer(request, _trouble(fault))
        try:
            key = self._key(request)
        except WireError as error:
            return error_answer(request, error)
        if key in self._in_flight:
            return error_answer(request, idempotency.in_flight(key))
        if key is None:
            return await self._with_fault(request, None, fault)
        self._in_flight.add(key)
        try:
            return await self._with_fault(request, key, fault)
        finally:
            self._in_flight.discard(key)

    async def _with_fault(self, request: Request, key: Keyed | None, fault: Fault | None) -> Answer:
        sticky = fault if fault and fault.kind == "sticky_http" else None
        answer = self._execute(request, key, sticky)
        match fault.kind if fault else "":
            case "latency":
                await asyncio.sleep(fault.seconds if fault else 0)
            case "drop_after":
                answer.dropped = True
            case "http_after":
                return error_answer(request, _trouble(fault))
        return answer

    def _key(self, request: Request) -> Keyed | None:
        account = _authenticated(request)
        given = request.headers.get("idempotency-key")
        if not given or request.method == "GET" or (request.method, request.path[1:3]) == (
            "DELETE", "v1",
        ):  # fmt: skip
            return None
        return idempotency.keyed(account, given, request.method, request.path, request.body)

    def _execute(self, request: Request, key: Keyed | None, sticky: Fault | None) -> Answer:
        """The operation, or its first answer again. One transaction, one write to the disk."""
        try:
            if key and (kept := idempotency.first_answer(self.store, key, self.now)):
                headers = api_headers(request, key, original=kept.request)
                return Answer(kept.status, kept.body, headers | {"Idempotent-Replayed": "true"})
            with self.unit(
                account=_authenticated(request), request_id=request.id,
                idempotency_key=key.key if key else None,
            ) as unit:  # fmt: skip
                answer = Answer(200, encode(_operate(unit, request)), api_headers(request, key))
                if sticky:
                    answer = error_answer(request, _trouble(sticky), key)
                if key:
                    kept = Kept(answer.status, answer.body, request.id)
                    idempotency.keep(self.store, key, kept, unit.now)
            return answer
        except WireError as error:
            answer = error_answer(request, error, key)
            if key and error.executed and request.path.startswith("/v1"):
                with self.store.work():
                    kept = Kept(answer.status, answer.body, request.id)
                    idempotency.keep(self.store, key, kept, self.now)
            return answer


def _operate(unit: UnitOfWork, request: Request) -> JSON:
    method = request.method.lower()
    found = find(method, request.path)
    if found is None:
        raise not_simulated(f"{request.method} {request.path}")
    operation, unit.ids = found
    own_account.let_in(unit, _key_of(request), operation)
    if unit.account != PLATFORM and not unit.store.get(unit.account, "v2.core.account"):
        raise no_access(unit.account)
    params = _params(operation, request)
    paths = params.pop("expand", [])
    return expand(unit, VERBS[operation](unit, params), paths)


def _params(operation: str, request: Request) -> JSON:
    if request.method == "GET" or request.path.startswith("/v1"):
        try:
            text = request.query if request.method != "POST" else request.body.decode("utf-8")
            form = decode_form(text)
        except ValueError:
            raise invalid("The request body is not a valid form.") from None
        return checked(operation, form, form=True)
    try:
        raw = decode(request.body or b"{}")
    except ValueError:
        raise invalid("The request body is not valid JSON.") from None
    return checked(operation, raw, form=False)


def _authenticated(request: Request) -> str:
    """The account that the request acts for. Only test keys are let in."""
    key = _key_of(request)
    if not key:
        raise WireError(
            401, "invalid_request_error",
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_KEY').",
        )  # fmt: skip
    if key.startswith(("sk_live_", "rk_live_")):
        raise WireError(
            401, "invalid_request_error",
            "This is the embedded gateway, which moves no real money: it refuses live keys. "
            "Use a key that starts with sk_test_, or point the client at Stripe.",
        )  # fmt: skip
    if not key.startswith(("sk_test_", "rk_test_")):
        shown = key[:8] + "*" * 8
        raise WireError(401, "invalid_request_error", f"Invalid API Key provided: {shown}")
    account = request.headers.get("stripe-account") or request.headers.get("stripe-context")
    return account or PLATFORM


def _key_of(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        with contextlib.suppress(ValueError):
            key = base64.b64decode(key).decode("latin-1").partition(":")[0]
    return key


def _stranger(request: Request) -> Answer | None:
    """Only this machine, by its own name: a page elsewhere must not reach the controls."""
    host = request.headers.get("host", "127.0.0.1")
    if not _is_loopback(host):
        message = f"The embedded gateway answers on loopback only, not as '{host[:100]}'."
        return error_answer(request, WireError(403, "invalid_request_error", message))
    origin = request.headers.get("origin")
    if request.method == "POST" and origin and origin.partition("://")[2] != host:
        message = "The embedded gateway takes no requests from other sites' pages."
        return error_answer(request, WireError(403, "invalid_request_error", message))
    return None


def _is_loopback(host: str) -> bool:
    """Whether a Host header names this machine: `localhost`, or an address that is loopback.

    Any other name may be a stranger's that leads here, whatever it begins or ends with.
    """
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found["literal"] or found["name"]
    with contextlib.suppress(ValueError):
        return ip_address(name).is_loopback
    return name.lower() == "localhost"


def _trouble(fault: Fault | None) -> WireError:
    status = fault.status if fault else 500
    if status == 429:
        return WireError(429, "invalid_request_error", "Too many requests.", code="rate_limit")
    message = "An error occurred with our connection to Stripe. (A fault ordered by a control.)"
    return WireError(status, "api_error", message)


async def _read(scope: Scope, receive: Receive) -> Request:
    body, more = b"", True
    while more and len(body) <= BODY_MAX:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
    path = scope["path"]
    query = scope.get("query_string", b"").decode("latin-1")
    return Request(scope["method"], path, query, headers, body[: BODY_MAX + 1])


async def _drop(scope: Scope) -> None:
    transport = scope.get("mainstem.transport")
    if transport is None:
        raise ConnectionError("a fault closes this connection")
    transport.abort()
    # The server must see the loss before we return, or it reports a missing answer.
    await asyncio.sleep(0.01)
