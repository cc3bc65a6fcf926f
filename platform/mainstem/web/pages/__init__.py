"""Pages of no surface: the front page, signing in, one's account, the first visit, whether we live, mail."""

from __future__ import annotations

from typing import Any

from litestar import Router

from mainstem.web import brand
from mainstem.web.pages import (
    account,
    again,
    forgotten,
    front,
    inbox,
    internal,
    invitation,
    language,
    liveness,
    mail_choice,
    media,
    programme,
    second_step,
    setup,
    sign_in,
    well_known,
)

routes: list[Any] = [
    Router(
        "/",
        route_handlers=[
            *front.routes,
            *sign_in.routes,
            *again.routes,
            *second_step.routes,
            *forgotten.routes,
            *account.routes,
            *setup.routes,
            *invitation.routes,
            *mail_choice.routes,
            *inbox.routes,
            *programme.routes,
        ],
        before_request=brand.look,
    ),
    *language.routes,
    *liveness.routes,
    *internal.routes,
    *media.routes,
    *well_known.routes,
]
