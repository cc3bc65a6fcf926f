"""Pages of nobody's own: the front page, signing in, the first visit, and whether we live."""

from __future__ import annotations

from typing import Any

from mainstem.web.pages import front, language, liveness, media, setup, sign_in

routes: list[Any] = [
    *front.routes,
    *sign_in.routes,
    *setup.routes,
    *language.routes,
    *liveness.routes,
    *media.routes,
]
