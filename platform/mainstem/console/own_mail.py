"""What whoever of the staff is signed in gets by mail."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency

from mainstem.kit.work import Work
from mainstem.web import mail_choices
from mainstem.web.forms import Form
from mainstem.web.mail_choices import MailChoices
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    reader_of,
    show,
)

URL = "/console/my-mail"


class OwnMailPage(Page, kw_only=True):
    """What one person gets, and how often."""

    mine: MailChoices


@get("/my-mail", sync_to_thread=True)
def own_mail(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What may be refused, and what comes in any case."""
    mine = mail_choices.choices_for(work, language_of(request), reader_of(request).person_id)
    page = OwnMailPage(**layout_of(request, work, "my-mail"), mine=mine)
    return show(request, "console/own_mail.html", page)


@post("/my-mail", sync_to_thread=True)
def choose_mail(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Keep what was chosen."""
    mail_choices.keep(work, reader_of(request).person_id, mail_choices.chosen_in(form))
    return redirect(request, URL, notice=language_of(request).text(mail_choices.KEPT))


routes = [own_mail, choose_mail]
