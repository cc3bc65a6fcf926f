"""How often somebody wants what they may refuse: by the link of the message itself, signed in or not.

The link names the person and the topic. A program that reads mail refuses for its reader by one
POST to it (RFC 8058); a person opens it and chooses.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import mail
from mainstem.kit.work import CLIENT, Actor, Work
from mainstem.web import mail_choices
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form
from mainstem.web.mail_choices import MailChoices
from mainstem.web.rendering import language_of, redirect, render
from mainstem.web.works import in_work

Page = Response[bytes]


class MailChoicePage(msgspec.Struct, frozen=True):
    """All that whoever has the link may choose."""

    mine: MailChoices
    action: str
    here: str


@get("/mail/preference/{token:str}")
async def mail_choice(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """All that its reader gets, and how often. To open it changes nothing."""
    return await _page(request, token)


@post("/mail/preference/{token:str}", status_code=200, opt={"csrf": "exempt"})
async def choose_mail(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Keep what was chosen; with nothing chosen, which is how programs ask, no more comes of what the
    link is about."""
    person_id, topic = mail.read_preference_token(_secret(request), token)
    chosen = mail_choices.chosen_in(form)

    def choose(work: Work) -> None:
        if chosen:
            mail_choices.keep(work, person_id, chosen)
        else:
            mail.unsubscribe(work, person_id, topic)

    await in_work(request, Actor("person", str(person_id)), choose)
    if not chosen:
        return await _page(request, token)
    words = language_of(request).text(mail_choices.KEPT)
    return redirect(request, f"/mail/preference/{token}", notice=words)


async def _page(request: Request[Any, Any, Any], token: str) -> Page:
    person_id, _ = mail.read_preference_token(_secret(request), token)
    language = language_of(request)
    mine = await in_work(
        request, CLIENT, lambda work: mail_choices.choices_for(work, language, person_id)
    )
    here = f"/mail/preference/{token}"
    return render(request, "pages/mail_choice.html", MailChoicePage(mine, here, here))


def _secret(request: Request[Any, Any, Any]) -> str:
    return app_context_of(request).settings.secret


routes = [mail_choice, choose_mail]
