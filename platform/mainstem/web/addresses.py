"""Which addresses are pages, and which page a form belongs to.

A form's address only takes what is sent to it. What a reader opens, comes back to or reads in
another language is the page that the form stands on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from litestar import Litestar

from mainstem.web.context import Connection, app_context_of

_SHAPES = {"int": r"\d+", "uuid": r"[0-9a-fA-F-]{36}", "path": r".+"}
_PATH_MAX = 2000


def page_of(connection: Connection) -> str:
    """The address of the page that this request belongs to; "/" where there is none above it.

    A page's own address; for a form the page that it was sent from, as far as the browser tells
    and it is one of ours, or else the nearest page above the form's address.
    """
    path = connection.url.path
    if connection.scope.get("method") in ("GET", "HEAD") and _is_page(connection, path):
        return path
    return _sent_from(connection) or page_above(connection)


def page_above(connection: Connection) -> str:
    """The nearest page at this address or above it: of `/desk/…/1/picking` it is `/desk/…/1`."""
    path = connection.url.path.rstrip("/")
    while path:
        if _is_page(connection, path):
            return path
        path = path.rpartition("/")[0]
    return "/"


def _sent_from(connection: Connection) -> str:
    try:
        parts = urlsplit(connection.headers.get("referer", "")[:_PATH_MAX])
        ours = (parts.hostname or "") in app_context_of(connection).hosts
    except ValueError:
        return ""
    if not ours or parts.path == "/" or not _is_page(connection, parts.path):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _is_page(connection: Connection, path: str) -> bool:
    shapes = app_context_of(connection).parts.get(PageShapes)
    if shapes.pattern is None:
        shapes.pattern = _pages(connection.app)
    return bool(shapes.pattern.fullmatch(path))


@dataclass(slots=True)
class PageShapes:
    """The addresses of every page of the application, once somebody has asked."""

    pattern: re.Pattern[str] | None = None


def _pages(app: Litestar) -> re.Pattern[str]:
    shapes = [
        "".join(f"/{_shape(part)}" for part in route.path_components) or "/"
        for route in app.routes
        if "GET" in getattr(route, "methods", ()) and not _leads_nowhere(route)
    ]
    return re.compile("|".join(shapes))


def _leads_nowhere(route: Any) -> bool:
    """Whether it only says that nothing is there."""
    handlers = getattr(route, "route_handlers", ())
    return any(handler.opt.get("is_lost") for handler in handlers)


def _shape(part: Any) -> str:
    if isinstance(part, str):
        return re.escape(part)
    return _SHAPES.get(part.full.partition(":")[2].strip(), "[^/]+")
