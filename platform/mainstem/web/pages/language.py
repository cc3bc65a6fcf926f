"""The reader's language, kept for a year."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency

from mainstem.kit.locale import LOCALES
from mainstem.web.forms import Form
from mainstem.web.rendering import (
    local_path,
    redirect,
    set_cookie,
)

Page = Response[bytes]

YEAR_SECONDS = 365 * 24 * 3600


@post("/language")
async def language_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Read on in another language."""
    if form["lang"] in LOCALES:
        set_cookie(request, "lang", form["lang"], seconds=YEAR_SECONDS, plain=True)
    return redirect(request, local_path(form["next"]))


routes = [language_form]
