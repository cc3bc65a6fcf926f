"""Signing in once more: what hurts asks for proof of who is there, and they come back to where they were."""

from __future__ import annotations

import msgspec
from litestar import get, post
from litestar.di import NamedDependency

from mainstem.identity import SignInRefused, TooManyAttempts
from mainstem.web.forms import Form
from mainstem.web.guards import identity_of
from mainstem.web.pages.entering import (
    HttpRequest,
    Onward,
    OnwardFields,
    Page,
    enter,
    go_on,
    onward_of,
    retry_headers,
)
from mainstem.web.rendering import language_of, redirect, render, words


class AgainPage(msgspec.Struct, frozen=True):
    """What the page shows on which somebody proves once more who they are."""

    onward: Onward
    name: str
    email: str
    error: str = ""
    here: str = "/sign-in/again"


@get("/sign-in/again")
async def again_page(request: HttpRequest) -> Page:
    """Prove once more who is there, before something that hurts."""
    onward = onward_of(request)
    identity = await identity_of(request)
    if identity is None:
        return redirect(request, f"/sign-in{onward.query}")
    page = AgainPage(onward, identity.name, identity.email)
    return render(request, "pages/sign_in_again.html", page)


@post("/sign-in/again")
async def again_form(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """The same person signs in anew: another session takes the place of the one they had."""
    onward = form.into(OnwardFields).onward
    identity = await identity_of(request)
    if identity is None:
        return redirect(request, f"/sign-in{onward.query}")
    try:
        entered = await enter(request, identity.email, form.raw("password"))
    except (SignInRefused, TooManyAttempts) as no:
        said = "This is not your password." if isinstance(no, SignInRefused) else ""
        error = language_of(request).text(said) or words(language_of(request), no)
        page = AgainPage(onward, identity.name, identity.email, error)
        return render(
            request, "pages/sign_in_again.html", page, status=no.status, headers=retry_headers(no)
        )
    return await go_on(request, entered, onward)


routes = [again_page, again_form]
