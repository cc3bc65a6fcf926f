"""An invitation: whoever was let in chooses a password by the link that was sent to them."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from mainstem.identity import Invited, accept, invited
from mainstem.kit.errors import Refused
from mainstem.kit.work import CLIENT
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, field_errors
from mainstem.web.pages.entering import in_the_sign_in_pool
from mainstem.web.rendering import language_of, redirect, render, words
from mainstem.web.works import in_work

Page = Response[bytes]


class InvitationPage(msgspec.Struct, frozen=True):
    """What the page shows; errors are by field."""

    token: str
    name: str
    email: str
    errors: dict[str, str] = {}
    here: str = "/invitation"


@get("/invitation")
async def invitation_page(request: Request[Any, Any, Any]) -> Page:
    """Choose a password, by a link that is still valid."""
    token = request.query_params.get("token", "")
    return _page(request, token, await _someone(request, token))


class InvitationFields(FormFields):
    """The link that was followed. The password is read as it was typed."""

    token: str = ""


@post("/invitation")
async def invitation_form(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Keep the password and send them to the sign-in page."""
    app_context, token = app_context_of(request), form.into(InvitationFields).token
    someone = await _someone(request, token)
    password = form.raw("password")
    try:
        await in_the_sign_in_pool(
            request, lambda: accept(app_context.database, token, password, clock=app_context.clock)
        )
    except Refused as no:
        if not no.problems:
            raise
        return _page(request, token, someone, no)
    notice = language_of(request).text("Your password is set. Sign in with it.")
    return redirect(request, "/sign-in", notice=notice)


async def _someone(request: Request[Any, Any, Any], token: str) -> Invited:
    clock = app_context_of(request).clock
    return await in_work(request, CLIENT, lambda work: invited(work, token), clock=clock)


def _page(
    request: Request[Any, Any, Any], token: str, someone: Invited, no: Refused | None = None
) -> Page:
    language = language_of(request)
    errors = field_errors(no.problems) if no else {}
    page = InvitationPage(
        token=token,
        name=someone.name,
        email=someone.email,
        errors={name: words(language, problem) for name, problem in errors.items()},
    )
    return render(request, "pages/invitation.html", page, status=no.status if no else 200)


routes = [invitation_page, invitation_form]
