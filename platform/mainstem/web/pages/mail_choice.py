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
from mainstem.mail import TOPICS
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form
from mainstem.web.rendering import language_of, redirect, render
from mainstem.web.works import in_work

Page = Response[bytes]

CHOICES = {"daily": "Each day", "weekly": "Each week", "never": "Never"}


class MailChoicePage(msgspec.Struct, frozen=True):
    """What is chosen now, and what may be: (value, label)."""

    topic: str
    choices: list[tuple[str, str]]
    chosen: str
    action: str
    here: str


@get("/mail/preference/{token:str}")
async def mail_choice(request: Request[Any, Any, Any], token: FromPath[str]) -> Page:
    """What this link is about, and how often it comes. To open it changes nothing."""
    return await _page(request, token)


@post("/mail/preference/{token:str}", status_code=200, opt={"csrf": "exempt"})
async def choose_mail(
    request: Request[Any, Any, Any], token: FromPath[str], form: NamedDependency[Form]
) -> Page:
    """Keep what was chosen; with nothing chosen, which is how programs ask, nothing more comes."""
    person_id, topic = mail.read_preference_token(_secret(request), token)
    choice = form["choice"]

    def keep(work: Work) -> None:
        mail.choose(work, person_id, topic, choice or mail.NEVER)

    await in_work(request, Actor("person", str(person_id)), keep)
    if not choice:
        return await _page(request, token)
    words = language_of(request).text("Kept. You can change it by the same link.")
    return redirect(request, f"/mail/preference/{token}", notice=words)


async def _page(request: Request[Any, Any, Any], token: str) -> Page:
    person_id, topic = mail.read_preference_token(_secret(request), token)
    language = language_of(request)
    chosen = await in_work(request, CLIENT, lambda work: mail.choice_of(work, person_id, topic))
    page = MailChoicePage(
        topic=language.text(TOPICS[topic].name),
        choices=[(one, language.text(CHOICES[one])) for one in TOPICS[topic].choices],
        chosen=chosen,
        action=f"/mail/preference/{token}",
        here=f"/mail/preference/{token}",
    )
    return render(request, "pages/mail_choice.html", page)


def _secret(request: Request[Any, Any, Any]) -> str:
    return app_context_of(request).settings.secret


routes = [mail_choice, choose_mail]
