"""One application: everything that was said, who is like it, and what is still missing."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import joining, network
from mainstem.console.joining.applications import waited
from mainstem.console.joining.views import ApplicationPage, GivenView, LikeView, QuestionView
from mainstem.joining import Application
from mainstem.kit.locale import Language
from mainstem.kit.transitions import Action
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.rich_text import rich
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import Event, HttpRequest, HttpResponse, layout_of, names_of, said
from mainstem.web.staff.screen import Screens

LIKE = {
    "name": "A name that looks the same",
    "email": "The same e-mail",
    "phone": "The same telephone",
    "number": "The same company number",
    "origin": "Sent from the same network on the same day",
}


_NAMES = {"review": "Take up", "ask": "Ask for something", "approve": "Approve", "reject": "Reject"}


@get("/applications/{id:uuid}", sync_to_thread=True)
def application(
    request: HttpRequest, work: NamedDependency[Work], id: FromPath[UUID]
) -> HttpResponse:
    """One application."""
    return APPLICATION.of(id).show(request, work)


def _application(request: HttpRequest, work: Work, id: UUID) -> ApplicationPage:
    language, it = language_of(request), joining.application(work, id)
    steps = {name: network.STATES.action(it.state, name) for name in _NAMES}
    agreed = joining.agreement_named(work, it.agreement_locale, it.agreement_version)
    like = joining.alike(work, it)
    from_there = sum(row.what == "origin" for row in like) + 1
    return ApplicationPage(
        **layout_of(request, work, "affiliates"),
        it=it,
        country=language.country(it.country),
        waits=waited(language, it.confirmed_at, work.now()) if it.decided_at is None else "",
        like=[
            LikeView(
                language.text(LIKE[row.what]),
                row.name,
                row.state,
                f"/console/{row.kind}s/{row.id}",
            )
            for row in like
        ],
        many_from_there=from_there >= joining.ORIGIN_MANY,
        given=_given(work, language, it),
        questions=_questions(work, language, id),
        events=_events(work, language, id),
        terms=rich(agreed.body),
        agreement_hash=it.agreement_hash.hex(),
        slug=joining.slug_of(it.company_name),
        sponsor_warning=_sponsor_warning(work, language, it),
        affiliate_url=f"/console/affiliates/{it.affiliate_id}" if it.affiliate_id else "",
        open_steps=[name for name, step in steps.items() if step.allowed],
        closed_steps=[
            (language.text(_NAMES[name]), _why(language, step))
            for name, step in steps.items()
            if not step.allowed
        ],
    )


def _why(language: Language, step: Action) -> str:
    return said(language, step.refusal) if step.refusal else ""


def _given(work: Work, language: Language, it: Application) -> list[GivenView]:
    given = joining.answers_of(work, it.id)
    found = []
    for one in joining.programme_of(work).requirements:
        answer = given.get(one.code)
        names = one.names
        found.append(
            GivenView(
                name=names.get("sv" if language.locale == "sv" else "en")
                or next(iter(names.values())),
                required=one.required,
                words=answer.words if answer else "",
                paper=answer.paper_name if answer else "",
                paper_url=f"/console/applications/{it.id}/papers/{answer.id}"
                if answer and answer.paper_hash
                else "",
                given_at=answer.given_at if answer else None,
            )
        )
    return found


def _questions(work: Work, language: Language, id: UUID) -> list[QuestionView]:
    rows = joining.questions_of(work, id)
    who = names_of(work, language, [row.asked_by for row in rows])
    return [
        QuestionView(row.question, who[row.asked_by], row.asked_at, row.answer, row.answered_at)
        for row in rows
    ]


def _events(work: Work, language: Language, id: UUID) -> list[Event]:
    rows = joining.history(work, id)
    who = names_of(work, language, [row.actor for row in rows])
    return [
        Event(
            at=row.at,
            text=language.text(labels.AFFILIATE_STATES[row.after]),
            who=who[row.actor],
            tone={"active": "good", "rejected": "bad"}.get(row.after),
            reason=row.why or None,
        )
        for row in rows
    ]


def _sponsor_warning(work: Work, language: Language, it: Application) -> str:
    if it.sponsor_id is None or it.decided_at is not None:
        return ""
    no = joining.why_not_recruit(work, joining.sponsor_of(work, it.sponsor_id))
    return said(language, no) if no else ""


APPLICATION = Screens("console/application.html", _application, "/console/applications/{}".format)
routes = [application]
