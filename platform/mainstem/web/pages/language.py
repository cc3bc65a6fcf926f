"""The reader's language, kept for a year."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.di import NamedDependency

from mainstem.kit.locale import LOCALES
from mainstem.web.forms import Form, FormFields
from mainstem.web.rendering import (
    local_path,
    redirect,
    set_cookie,
)

Page = Response[bytes]

YEAR_SECONDS = 365 * 24 * 3600


class LanguageFields(FormFields):
    """A language, and the page that was being read."""

    lang: str = ""
    next: str = ""


@post("/language")
async def language_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Read on in another language."""
    sent = form.into(LanguageFields)
    if sent.lang in LOCALES:
        set_cookie(request, "lang", sent.lang, seconds=YEAR_SECONDS)
    return redirect(request, local_path(sent.next))


routes = [language_form]
