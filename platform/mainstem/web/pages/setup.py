"""The first visit: the owner's own account, by the link that the start has printed."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from mainstem.identity import (
    has_staff,
    set_up,
)
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import CLIENT
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, field_errors
from mainstem.web.pages.entering import in_the_sign_in_pool
from mainstem.web.rendering import (
    language_of,
    redirect,
    render,
    words,
)
from mainstem.web.works import in_work

Page = Response[bytes]


class SetupPage(msgspec.Struct, frozen=True):
    """What the set-up page shows; errors are (field, text)."""

    token: str
    name: str = ""
    email: str = ""
    refused: str = ""
    errors: dict[str, str] = {}
    here: str = "/setup"


@get("/setup")
async def setup_page(request: Request[Any, Any, Any]) -> Page:
    """The set-up page, while there is no staff."""
    if await in_work(request, CLIENT, has_staff):
        raise NotFound("page")
    return render(request, "pages/setup.html", SetupPage(request.query_params.get("token", "")))


class SetupFields(FormFields):
    """The first admin, and what proves that they may begin. The password is read as it was typed."""

    token: str = ""
    name: str = ""
    email: str = ""


@post("/setup")
async def setup_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Make the first admin and send them to the sign-in page."""
    app_context, language = app_context_of(request), language_of(request)
    if await in_work(request, CLIENT, has_staff):
        raise NotFound("page")

    sent = form.into(SetupFields)

    def begin() -> int:
        return set_up(
            app_context.database,
            token=sent.token,
            name=sent.name,
            email=sent.email,
            password=form.raw("password"),
            locale=language.locale,
            clock=app_context.clock,
        )

    try:
        await in_the_sign_in_pool(request, begin)
    except Refused as no:
        return _again(request, sent, no)
    notice = language.text("Your company is set up. Sign in to begin.")
    return redirect(request, "/sign-in", notice=notice)


def _again(request: Request[Any, Any, Any], sent: SetupFields, no: Refused) -> Page:
    """The page as it was filled in, with what is wrong."""
    language, errors = language_of(request), field_errors(no.problems)
    page = SetupPage(
        token=sent.token,
        name=sent.name,
        email=sent.email,
        refused="" if errors else words(language, no),
        errors={name: words(language, problem) for name, problem in errors.items()},
    )
    return render(request, "pages/setup.html", page, status=no.status)


routes = [setup_page, setup_form]
