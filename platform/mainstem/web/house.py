"""The house and the visit: what every request shares, and what we know of this one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

from jinja2 import Environment
from litestar.connection import ASGIConnection
from litestar.datastructures import FormMultiDict

from mainstem.identity import Identity, StorefrontKey
from mainstem.kit.clock import Clock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.ids import new_id
from mainstem.kit.settings import Settings
from mainstem.web.seldom import Seldom
from mainstem.web.static import StaticFiles

KEY = "mainstem.visit"
Connection = ASGIConnection[Any, Any, Any, Any]


class Busy(Refused):
    """More is going on than we can take; the same request succeeds a moment later."""

    code = "busy"
    status = 503
    message = "A lot is happening at once. Try again in a moment."
    retry_after = 2


@dataclass(frozen=True, slots=True)
class House:
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

    door: ThreadPoolExecutor
    """Where passwords are checked: two at a time, away from everybody else's threads."""

    door_waiting: list[None] = field(default_factory=list)
    asked_gateway: Seldom = field(default_factory=lambda: Seldom(10))
    """Who has just made us ask the gateway, by opening a page."""

    @property
    def secure(self) -> bool:
        """Whether the public address is https."""
        return self.settings.public_url.startswith("https://")

    def cookie_name(self, name: str) -> str:
        """The name as browsers guard it best: __Host- cookies come from this host alone."""
        return f"__Host-{name}" if self.secure else name


@dataclass(slots=True)
class Visit:
    """What we know of one request. Its id is the id of its Work, its facts and its log lines."""

    id: UUID = field(default_factory=new_id)
    identity: Identity | None = None
    asked_who: bool = False
    affiliate_id: int | None = None
    storefront: StorefrontKey | None = None
    roll_back: bool = False
    cookies: SimpleCookie = field(default_factory=SimpleCookie)
    csrf: str | None = None
    form: FormMultiDict | None = None
    locale: str | None = None


def house_of(connection: Connection) -> House:
    """The house this request came to."""
    house = connection.app.state["house"]
    assert isinstance(house, House)
    return house


def visit_of(connection: Connection) -> Visit:
    """What we know of this request."""
    visit = connection.scope[KEY]  # type: ignore[literal-required]
    assert isinstance(visit, Visit)
    return visit
