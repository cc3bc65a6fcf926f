"""Apps for tests: an assembly serves one test after another, each with a company of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from litestar import Litestar

from mainstem import api, console
from mainstem.app import Assembly, assemble, create_app
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings
from mainstem_affiliates import portal, storefront
from mainstem_fulfillment import desk

_SHIPPED = [(surface, surface.routes) for surface in (storefront, portal, desk, console, api)]
_free: defaultdict[tuple[Any, ...], list[Assembly]] = defaultdict(list)


@contextmanager
def an_app(settings: Settings, database: Database, **options: Any) -> Iterator[Litestar]:
    """The app as it ships, or with the routes that this test gave it, until the test is over."""
    if any(surface.routes is not routes for surface, routes in _SHIPPED):
        yield create_app(settings, database, **options)
        return
    free = _free[settings.public_url, settings.zone, settings.demo]
    assembly = free.pop() if free else assemble(settings)
    yield create_app(settings, database, assembly=assembly, **options)
    free.append(assembly)
