"""What whoever is signed in for the affiliate gets by mail."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency

from mainstem import network
from mainstem.kit.work import Actor
from mainstem.web import Form, language_of, mail_choices, redirect, render, request_context_of
from mainstem.web.mail_choices import MailChoices
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of


class MailPage(PortalPage, frozen=True, kw_only=True):
    """What one person gets, and how often."""

    mine: MailChoices


@get("/mail", opt={"right": network.MAIL})
async def mail_page(request: HttpRequest) -> Page:
    """What may be refused, and what comes in any case."""
    me, person_id = me_of(request), _person(request)
    head = await in_work(
        request,
        Actor("affiliate", str(me)),
        lambda work: around(request, reads.me(work), "mail"),
        home=me,
    )
    # Choices are a person's and not the affiliate's: read and kept beside what is.
    mine = await in_work(
        request,
        Actor("person", str(person_id)),
        lambda work: mail_choices.choices_for(work, language_of(request), person_id),
    )
    return render(request, "portal/mail.html", MailPage(**head, mine=mine))


@post("/mail", opt={"right": network.MAIL})
async def choose_mail(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Keep what was chosen."""
    person_id, chosen = _person(request), mail_choices.chosen_in(form)
    await in_work(
        request,
        Actor("person", str(person_id)),
        lambda work: mail_choices.keep(work, person_id, chosen),
    )
    return redirect(request, "/portal/mail", notice=language_of(request).text(mail_choices.KEPT))


def _person(request: HttpRequest) -> int:
    identity = request_context_of(request).identity
    assert identity is not None, "a guard has let them in"
    return identity.person_id


routes = [mail_page, choose_mail]
