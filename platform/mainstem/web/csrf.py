"""Against forged requests: what a form must carry, and who is asked for it.

The token is derived from a cookie of ours and from the session, so neither another site, nor
another person's token, nor a cookie planted by a neighbouring host opens anything. Nothing that a
browser sent is ever written into a page.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from markupsafe import Markup

from mainstem.kit.errors import Refused
from mainstem.kit.signed import in_force
from mainstem.web.context import Connection, app_context_of, lax_cookie, request_context_of

FIELD = "csrf_token"
HEADER = "x-csrf-token"
PLACEHOLDER = "csrf-token-of-the-reader"
"""What stands in a cached page until it is sent to somebody."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ForgedRequest(Refused):
    """The form did not come from a page that we gave to this browser."""

    code = "form_expired"
    status = 403
    message = "This form is too old or came from another page. Go back, load it again and resend."


async def against_forgery(
    connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler
) -> None:
    """A guard of the whole application: every change needs the token, but where a route is marked
    `csrf="exempt"` because it never looks at a cookie."""
    method = str(connection.scope.get("method", "GET"))
    if method in _SAFE or handler.opt.get("csrf") == "exempt":
        return
    if connection.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        raise ForgedRequest
    given = connection.headers.get(HEADER)
    if given is None and connection.headers.get("content-type", "").startswith(_FORMS):
        assert isinstance(connection, Request)
        request_context_of(connection).form = form = await connection.form()
        given = form.get(FIELD)
    cookie = connection.cookies.get(app_context_of(connection).cookie_name("csrf"))
    if not isinstance(given, str) or not cookie:
        raise ForgedRequest
    signing = in_force(app_context_of(connection).settings.secret)
    right = [_token(connection, cookie, secret) for secret in signing]
    if not any(hmac.compare_digest(given.encode(), one.encode()) for one in right):
        raise ForgedRequest


def csrf_token(connection: Connection) -> str:
    """The token for this browser; a first visit gets the cookie that goes with it."""
    app_context, request_context = app_context_of(connection), request_context_of(connection)
    name = app_context.cookie_name("csrf")
    cookie = request_context.csrf or connection.cookies.get(name)
    if not cookie:
        cookie = request_context.csrf = secrets.token_urlsafe(24)
        request_context.cookies[name] = cookie
        request_context.cookies[name].update(lax_cookie(app_context))
    return _token(connection, cookie, app_context.settings.secret)


def csrf_input(token: str) -> Markup:
    """The hidden field of a form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token)


class LazyInput:
    """The hidden field, made when a template writes it: a page without a form sets no cookie."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __html__(self) -> str:
        return csrf_input(csrf_token(self._connection))

    __str__ = __html__


def _token(connection: Connection, cookie: str, secret: str) -> str:
    app_context = app_context_of(connection)
    name = app_context.cookie_name("session")
    given = request_context_of(connection).cookies.get(name)
    # A page that comes with a new session has forms that are sent with it.
    session = given.value if given is not None else connection.cookies.get(name, "")
    message = f"csrf\n{cookie}\n{session}".encode()
    made = hmac.digest(secret.encode(), message, hashlib.sha256)
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()
