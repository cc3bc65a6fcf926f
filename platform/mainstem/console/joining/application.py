"""One application: everything that was said, who is like it, what is still missing, and the decision."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from markupsafe import Markup
from pydantic import AfterValidator, Field

from mainstem import joining, network
from mainstem.console.joining.applications import waited
from mainstem.joining import Application, PaperStore
from mainstem.kit.documents import Document, Lines, Slug
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import Language
from mainstem.kit.transitions import Action
from mainstem.kit.validation import said_error
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.context import app_context_of
from mainstem.web.rendering import language_of
from mainstem.web.rich_text import rich
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    said,
)
from mainstem.web.staff.screen import Screens
from mainstem.web.staff.typed import Reason

QUESTION_MAX = 2000
LIKE = {
    "name": "A name that looks the same",
    "email": "The same e-mail",
    "phone": "The same telephone",
    "number": "The same company number",
    "origin": "Sent from the same network on the same day",
}


class LikeView(msgspec.Struct, frozen=True):
    """Somebody who is like the applicant, and in what."""

    what: str
    name: str
    state: str
    url: str


class GivenView(msgspec.Struct, frozen=True):
    """A requirement, and what was given for it."""

    name: str
    required: bool
    words: str
    paper: str
    paper_url: str
    given_at: datetime | None


class QuestionView(msgspec.Struct, frozen=True):
    """What was asked, and the answer."""

    question: str
    asked_by: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


class ApplicationPage(Page, kw_only=True):
    """One application. `steps` are open, or closed with the reason."""

    it: Application
    country: str
    waits: str
    like: list[LikeView]
    many_from_there: bool
    given: list[GivenView]
    questions: list[QuestionView]
    events: list[Event]
    terms: Markup
    agreement_hash: str
    slug: str
    sponsor_warning: str
    affiliate_url: str
    open_steps: list[str]
    closed_steps: list[tuple[str, str]]


_NAMES = {"review": "Take up", "ask": "Ask for something", "approve": "Approve", "reject": "Reject"}


@get("/applications/{id:uuid}", sync_to_thread=True)
def application(
    request: HttpRequest, work: NamedDependency[Work], id: FromPath[UUID]
) -> HttpResponse:
    """One application."""
    return APPLICATION.of(id).show(request, work)


@get("/applications/{id:uuid}/papers/{answer:uuid}", sync_to_thread=True)
def paper(
    request: HttpRequest, work: NamedDependency[Work], id: FromPath[UUID], answer: FromPath[UUID]
) -> Response[bytes]:
    """A paper, to be saved and not to be shown: whatever is in it, no page of ours runs it."""
    joining.application(work, id)
    found = next((one for one in joining.answers_of(work, id).values() if one.id == answer), None)
    settings = app_context_of(request).settings
    store = PaperStore(settings.data)
    data = store.get(found.paper_hash) if found and found.paper_hash else None
    if found is None or data is None:
        raise NotFound("paper")
    # Once more: what was kept before there was a scanner, or before it knew this, is not opened either.
    joining.refuse_infected(settings.scanner, data)
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.paper_name)}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
    }
    return Response(data, media_type=joining.MEDIA_TYPES[found.paper_kind], headers=headers)


# ------------------------------------------------------------------------- what staff do


def _a_question(text: str) -> str:
    if not 0 < len(text) <= QUESTION_MAX:
        raise said_error(
            "missing", "Write the question, in at most {max} characters.", max=QUESTION_MAX
        )
    return text


class QuestionBody(Document):
    """What staff want to know or have."""

    question: Annotated[Lines, AfterValidator(_a_question)] = Field(
        title="Question",
        description="It goes out by mail, and is answered on the applicant's page.",
    )


class ApprovalBody(Document):
    """What the new affiliate is called in addresses, and whether under a sponsor."""

    slug: Slug = Field(title="Name in addresses", description="It stays.")
    without_sponsor: bool = Field(
        False,
        title="Without a sponsor",
        description="Whoever's link it was gets nothing of their sales.",
    )


class RejectionBody(Document):
    """Why not."""

    reason: Reason


def _review(work: Work, *, id: UUID) -> str:
    """Take an application up: the applicant is told that somebody reads it."""
    joining.review(work, id)
    return "You have taken it up."


def _ask(work: Work, body: QuestionBody, *, id: UUID) -> str:
    """Ask an applicant for something, by mail; they answer on their page."""
    joining.ask(work, id, body.question)
    return "Asked. The answer will stand here."


def _approve(work: Work, body: ApprovalBody, *, id: UUID) -> Told:
    """Approve an application: it makes the affiliate, under their sponsor, and their first person as owner,
    who is sent an invitation. Nobody is paid for it."""
    joining.approve(work, id, slug=body.slug, without_sponsor=body.without_sponsor)
    return Told("{name} is an affiliate now.", {"name": joining.application(work, id).company_name})


def _reject(work: Work, body: RejectionBody, *, id: UUID) -> str:
    """Reject an application; the applicant is told why and may apply again."""
    joining.reject(work, id, body.reason)
    return "Rejected. They are told why."


REVIEW = Command(
    name="review_application", path="/applications/{id:uuid}/review", do=_review,
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip
ASK = Command(
    name="ask_applicant", path="/applications/{id:uuid}/question", do=_ask, body=QuestionBody,
    example={"question": "Do you have a place that clients can come to?"},
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip
APPROVE = Command(
    name="approve_application", path="/applications/{id:uuid}/approval", do=_approve, body=ApprovalBody,
    example={"slug": "kulla", "without_sponsor": False},
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip
REJECT = Command(
    name="reject_application", path="/applications/{id:uuid}/rejection", do=_reject, body=RejectionBody,
    example={"reason": "We have two shops in your town already."},
    scope="affiliates:write", roles=MONEY, tag="Applications",
)  # fmt: skip


# ------------------------------------------------------------------------- the page


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
commands = [REVIEW, ASK, APPROVE, REJECT]
routes = [
    application,
    paper,
    *(form_route(command, lambda id: APPLICATION.of(id)) for command in commands),
]
