"""Pages of nobody's own: the front page, signing in, the first visit, whether we live, and mail."""

from __future__ import annotations

from typing import Any

from litestar import Router

from mainstem.web import brand
from mainstem.web.pages import (
    front,
    inbox,
    internal,
    invitation,
    language,
    liveness,
    mail_choice,
    media,
    setup,
    sign_in,
)

routes: list[Any] = [
    Router(
        "/",
        route_handlers=[
            *front.routes,
            *sign_in.routes,
            *setup.routes,
            *invitation.routes,
            *mail_choice.routes,
            *inbox.routes,
        ],
        before_request=brand.look,
    ),
    *language.routes,
    *liveness.routes,
    *internal.routes,
    *media.routes,
]
