"""The contexts of a request: what all requests share, and what we know of this one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from ipaddress import ip_address
from typing import Any, TypeVar
from uuid import UUID

from jinja2 import Environment
from litestar.connection import ASGIConnection
from litestar.datastructures import FormMultiDict

from mainstem.identity import ApiKey, Identity, StorefrontKey
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.ids import new_id
from mainstem.kit.settings import Settings
from mainstem.web.static import StaticFiles
from mainstem.web.throttle import Throttle, WrongTries

T = TypeVar("T")
KEY = "mainstem.request_context"
Connection = ASGIConnection[Any, Any, Any, Any]


class Busy(Refused):
    """More is going on than we can take; the same request succeeds a moment later."""

    code = "busy"
    status = 503
    message = "A lot is happening at once. Try again in a moment."
    retry_after = 2


def lax_cookie(app_context: AppContext) -> dict[str, Any]:
    """What every cookie of ours is: for the whole site, out of reach of scripts, sent only from
    our own pages and links, and over TLS where we are public."""
    return {"path": "/", "httponly": True, "samesite": "Lax", "secure": app_context.secure}


class Parts:
    """What the surfaces keep as long as the application lives: one thing of a kind, by its type."""

    def __init__(self) -> None:
        self._parts: dict[Any, Any] = {}

    def put(self, kind: type[T], part: T) -> None:
        """Have this as the one of its kind."""
        self._parts[kind] = part

    def get(self, kind: type[T]) -> T:
        """The one of its kind. What needs nothing to be made is made when it is first asked for."""
        if kind not in self._parts:
            self._parts[kind] = kind()
        part: T = self._parts[kind]
        return part


@dataclass(frozen=True, slots=True)
class AppContext:
    """What every request shares, made once by `create_app`."""

    settings: Settings
    database: Database
    files: StaticFiles
    pages: dict[str, Environment]
    clock: Clock
    """The clock of sessions: the machine's own, so that moving the demo's signs nobody out."""

    hosts: frozenset[str]
    form_targets: tuple[str, ...]
    places: asyncio.Semaphore
    """One place for each connection that a request may hold. Waiting for a place blocks no thread,
    so the threads are there for those who hold a connection and want to commit."""

    sign_in_pool: ThreadPoolExecutor
    """Where passwords are checked: two at a time, away from everybody else's threads."""

    sign_ins_waiting: list[None] = field(default_factory=list)
    gateway_throttle: Throttle = field(default_factory=lambda: Throttle(10))
    """Who has just made us ask the gateway, by opening a page."""

    wrong_look_ups: WrongTries = field(default_factory=lambda: WrongTries(10, 600))
    """Of orders by number and e-mail address, by network address."""

    parts: Parts = field(default_factory=Parts)

    wrong_codes: WrongTries = field(default_factory=lambda: WrongTries(20, 600))
    """Codes at a checkout that lead nowhere, by network address."""

    wrong_keys: WrongTries = field(default_factory=lambda: WrongTries(30, 600))
    """Keys at the API that are not in force, by network address."""

    @property
    def secure(self) -> bool:
        """Whether the public address is https."""
        return self.settings.public_url.startswith("https://")

    def cookie_name(self, name: str) -> str:
        """The name as browsers guard it best: __Host- cookies come from this host alone."""
        return f"__Host-{name}" if self.secure else name


@dataclass(frozen=True, slots=True)
class OwnHost:
    """A host of a storefront's own: as the browser wrote it, port and all, and whose it is."""

    host: str
    slug: str


@dataclass(slots=True)
class RequestContext:
    """What we know of one request. Its id is the id of its Work, its facts and its log lines."""

    id: UUID = field(default_factory=new_id)
    identity: Identity | None = None
    asked_who: bool = False
    affiliate_id: int | None = None
    rights: frozenset[str] = frozenset()
    """What whoever asks for an affiliate may do (`network.rights`)."""
    storefront: StorefrontKey | None = None
    api_key: ApiKey | None = None
    refused: str = ""
    """Why the request was turned away: the code of the problem that answers it."""

    roll_back: bool = False
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    csrf: str | None = None
    form: FormMultiDict | None = None
    locale: str | None = None
    own: OwnHost | None = None
    """Set on a host of a storefront's own."""


def app_context_of(connection: Connection) -> AppContext:
    """What every request of this application shares."""
    app_context = connection.app.state["app_context"]
    assert isinstance(app_context, AppContext)
    return app_context


def network_address(connection: Connection) -> str:
    """Where the request came from, as far as that is known. Behind a proxy the server has put the
    client's address here, and only a proxy that it was told to trust is believed."""
    return connection.client.host if connection.client else ""


def request_context_of(connection: Connection) -> RequestContext:
    """What we know of this request."""
    request_context = connection.scope[KEY]  # type: ignore[literal-required]
    assert isinstance(request_context, RequestContext)
    return request_context


def origin_of(connection: Connection) -> str:
    """The network address that a try or an unpaid order counts against; empty for none.

    In production a private one is a proxy's that we were not told of, and says nothing about who asks.
    """
    host = network_address(connection)
    try:
        counts = app_context_of(connection).settings.demo or not ip_address(host).is_private
    except ValueError:
        counts = bool(host)
    return host if counts else ""
