"""Addresses that programs know beforehand: where to tell of a hole, and where a password is changed."""

from __future__ import annotations

from datetime import timedelta

from litestar import Response, get

from mainstem import company
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT
from mainstem.web.context import app_context_of
from mainstem.web.pages.entering import HttpRequest, Page
from mainstem.web.rendering import redirect
from mainstem.web.works import in_work

GOOD_FOR = timedelta(days=180)
"""How long what is said may be believed: always in the future, and less than the year that is usual."""


@get("/.well-known/security.txt")
async def security_txt(request: HttpRequest) -> Response[bytes]:
    """Whom to tell of a hole (RFC 9116): the company's own address. Nothing until it has said one."""
    profile = await in_work(request, CLIENT, company.profile)
    if profile is None:
        raise NotFound("page")
    app_context = app_context_of(request)
    expires = (app_context.clock.now() + GOOD_FOR).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    lines = [
        f"Contact: mailto:{profile.email}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        f"Canonical: {app_context.settings.public_url}/.well-known/security.txt",
        f"Preferred-Languages: {', '.join(profile.languages)}",
    ]
    body = "".join(f"{line}\r\n" for line in lines)
    return Response(body.encode(), media_type="text/plain")


@get("/.well-known/change-password")
async def change_password(request: HttpRequest) -> Page:
    """Where a password manager sends its reader."""
    return redirect(request, "/account/password")


routes = [security_txt, change_password]
