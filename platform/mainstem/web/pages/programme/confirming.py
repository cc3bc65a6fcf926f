"""The link in the mail: whoever has the mailbox reads what was said in their name, and confirms it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency

from mainstem import joining
from mainstem.identity import application_link
from mainstem.joining import APPLICANT
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields
from mainstem.web.rendering import language_of, redirect, render
from mainstem.web.works import in_work

Page = Response[bytes]


class ConfirmPage(msgspec.Struct, frozen=True):
    """What was said, to be confirmed."""

    token: str
    said: list[tuple[str, str]]
    here: str = "/programme/confirm"


class ConfirmFields(FormFields):
    """The link that was followed."""

    token: str = ""


@get("/programme/confirm")
async def confirmation(request: Request[Any, Any, Any]) -> Page:
    """What the link confirms. To open it confirms nothing: programs that read mail open links too."""
    token = request.query_params.get("token", "")
    row = await in_work(request, APPLICANT, lambda work: joining.to_confirm(work, token))
    language = language_of(request)
    said = [
        (language.text("Company"), row.company_name),
        (language.text("Company number"), row.company_number),
        (language.text("Country"), language.country(row.country)),
        (language.text("Contact person"), row.contact_name),
        (language.text("E-mail"), row.email),
        (language.text("Telephone"), row.phone),
        (language.text("How you will sell"), row.how),
        *([(language.text("Website"), row.website)] if row.website else []),
    ]
    return render(request, "pages/programme_confirm.html", ConfirmPage(token, said))


@post("/programme/confirm")
async def confirm(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Page:
    """Confirm, and go on to the applicant's own page."""
    token = form.into(ConfirmFields).token

    def do(work: Work) -> str:
        return application_link(
            app_context_of(request).settings.secret, joining.confirm(work, token)
        )

    link = await in_work(request, APPLICANT, do)
    notice = language_of(request).text(
        "Thank you: your e-mail is confirmed, and we read your application."
    )
    return redirect(request, f"/programme/application/{link}", notice=notice)


routes = [confirmation, confirm]
