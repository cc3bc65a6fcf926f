"""Another password, for whoever knows the one of now."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.di import NamedDependency

from mainstem.identity import Session, change_password
from mainstem.kit.errors import Refused
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, field_errors
from mainstem.web.pages.account.around import HOME, reader_of
from mainstem.web.pages.entering import (
    HttpRequest,
    Onward,
    Page,
    browser_of,
    in_the_sign_in_pool,
    let_in,
    retry_headers,
)
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of, render, words


class PasswordPage(msgspec.Struct, frozen=True):
    """Where somebody changes their password; errors are by field."""

    email: str
    errors: dict[str, str] = {}
    error: str = ""
    here: str = "/account/password"


@get("/password", opt={"proof": FRESH})
async def password_page(request: HttpRequest) -> Page:
    """The old password, and a new one."""
    return render(request, "pages/account_password.html", PasswordPage(reader_of(request).email))


@post("/password", opt={"proof": FRESH})
async def password_form(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Keep the new password; every other session ends, and this one goes on as a new one."""
    app_context, reader, browser = app_context_of(request), reader_of(request), browser_of(request)
    old, new = form.raw("old"), form.raw("password")

    def change() -> Session:
        return change_password(
            app_context.database,
            reader.person_id,
            old=old,
            new=new,
            browser=browser,
            clock=app_context.clock,
        )

    try:
        session = await in_the_sign_in_pool(request, change)
    except Refused as no:
        return _refused(request, no)
    said = "Your password is changed, and every other session of yours has ended."
    return await let_in(request, session, Onward(HOME), said=said)


def _refused(request: HttpRequest, no: Refused) -> Page:
    language = language_of(request)
    errors = field_errors(no.problems)
    page = PasswordPage(
        reader_of(request).email,
        errors={name: words(language, problem) for name, problem in errors.items()},
        error="" if errors else words(language, no),
    )
    return render(
        request,
        "pages/account_password.html",
        page,
        status=no.status,
        headers=retry_headers(no),
    )


routes = [password_page, password_form]
