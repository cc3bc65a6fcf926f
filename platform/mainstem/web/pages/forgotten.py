"""A forgotten password: a link is asked for, mailed to whoever has the e-mail, and opens once.

The answer is the same whether or not anybody has it, and so is the work that is done for it.
"""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.di import NamedDependency

from mainstem.identity import (
    Resettable,
    TooManyAttempts,
    request_reset,
    reset_password,
    resettable,
)
from mainstem.kit.errors import Refused
from mainstem.kit.work import CLIENT
from mainstem.web.context import app_context_of, network_address
from mainstem.web.forms import Form, FormFields, field_errors
from mainstem.web.pages.entering import HttpRequest, Page, in_the_sign_in_pool, retry_headers
from mainstem.web.rendering import language_of, redirect, render, words
from mainstem.web.works import in_work


class ForgottenPage(msgspec.Struct, frozen=True):
    """Where somebody asks for a link; `asked` when they have."""

    email: str = ""
    asked: bool = False
    error: str = ""
    here: str = "/sign-in/forgotten"


class NewPasswordPage(msgspec.Struct, frozen=True):
    """Where somebody chooses a password by a link; errors are by field."""

    token: str
    name: str
    email: str
    errors: dict[str, str] = {}
    here: str = "/sign-in/new-password"


class ForgottenFields(FormFields):
    """Whose password it is."""

    email: str = ""


class NewPasswordFields(FormFields):
    """The link that was followed. The password is read as it was typed."""

    token: str = ""


@get("/sign-in/forgotten")
async def forgotten_page(request: HttpRequest) -> Page:
    """Ask for a link."""
    page = ForgottenPage(asked=request.query_params.get("asked") == "yes")
    return render(request, "pages/forgotten.html", page)


@post("/sign-in/forgotten")
async def forgotten_form(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Take the request, and say nothing of whose e-mail it is."""
    email = form.into(ForgottenFields).email
    address = network_address(request) or "unknown"
    try:
        await in_work(
            request,
            CLIENT,
            lambda work: request_reset(work, email=email, address=address),
            clock=app_context_of(request).clock,
        )
    except TooManyAttempts as no:
        page = ForgottenPage(email=email, error=words(language_of(request), no))
        return render(
            request, "pages/forgotten.html", page, status=no.status, headers=retry_headers(no)
        )
    return redirect(request, "/sign-in/forgotten?asked=yes")


@get("/sign-in/new-password")
async def new_password_page(request: HttpRequest) -> Page:
    """Choose a password, by a link that is still valid."""
    token = request.query_params.get("token", "")
    return _page(request, token, await _someone(request, token))


@post("/sign-in/new-password")
async def new_password_form(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Keep the password, and send them to the sign-in page: a second factor is still asked for."""
    app_context, token = app_context_of(request), form.into(NewPasswordFields).token
    someone, password = await _someone(request, token), form.raw("password")
    try:
        await in_the_sign_in_pool(
            request,
            lambda: reset_password(app_context.database, token, password, clock=app_context.clock),
        )
    except Refused as no:
        if not no.problems:
            raise
        return _page(request, token, someone, no)
    notice = language_of(request).text("Your new password is set. Sign in with it.")
    return redirect(request, "/sign-in", notice=notice)


async def _someone(request: HttpRequest, token: str) -> Resettable:
    clock = app_context_of(request).clock
    return await in_work(request, CLIENT, lambda work: resettable(work, token), clock=clock)


def _page(request: HttpRequest, token: str, someone: Resettable, no: Refused | None = None) -> Page:
    language = language_of(request)
    errors = field_errors(no.problems) if no else {}
    page = NewPasswordPage(
        token=token,
        name=someone.name,
        email=someone.email,
        errors={name: words(language, problem) for name, problem in errors.items()},
    )
    status = no.status if no else 200
    return render(request, "pages/new_password.html", page, status=status)


routes = [forgotten_page, forgotten_form, new_password_page, new_password_form]
