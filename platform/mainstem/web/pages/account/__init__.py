"""The account of whoever is signed in: password, second factors, and where they are signed in."""

from __future__ import annotations

from typing import Any

from litestar import Router

from mainstem.web.guards import signed_in
from mainstem.web.pages.account import (
    authenticator,
    overview,
    passkeys,
    password,
    recovery,
    sessions,
)

routes: list[Any] = [
    Router(
        "/account",
        route_handlers=[
            *overview.routes,
            *password.routes,
            *authenticator.routes,
            *passkeys.routes,
            *recovery.routes,
            *sessions.routes,
        ],
        guards=[signed_in],
    ),
]
