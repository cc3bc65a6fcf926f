"""Applications to the programme, and whom staff have asked to apply."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import Field

from mainstem import joining
from mainstem.api.company.listing import Listing, Row, list_route, show_route
from mainstem.kit.paging import Page
from mainstem.kit.work import Work

SCOPE, TAG = "affiliates:read", "Applications"


class CompanyApplication(Row):
    """An application to the programme."""

    id: UUID
    state: str
    company: str = Field(validation_alias="company_name")
    country: str
    contact: str = Field(validation_alias="contact_name")
    sponsor: str | None
    sent_at: datetime = Field(validation_alias="confirmed_at")
    decided_at: datetime | None
    open_questions: int


class AlikeApplicant(Row):
    """Who is like an applicant, and in what."""

    what: str
    kind: str
    id: str
    name: str
    state: str


class GivenRequirement(Row):
    """What an applicant has given. A paper itself is on the page of staff only."""

    requirement: str
    words: str
    paper: str = Field(validation_alias="paper_name")
    given_at: datetime


class AskedQuestion(Row):
    """What staff have asked, and the answer."""

    id: UUID
    question: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


class CompanyApplicationDetails(Row):
    """Everything that an applicant has said, and what is like it."""

    id: UUID
    state: str
    company: str = Field(validation_alias="company_name")
    company_number: str
    country: str
    contact: str = Field(validation_alias="contact_name")
    email: str
    phone: str
    locale: str
    how: str
    website: str
    sponsor: str | None = Field(validation_alias="sponsor_slug")
    agreement_locale: str
    agreement_version: int
    agreement_sha256: str
    agreed_at: datetime
    sent_at: datetime = Field(validation_alias="confirmed_at")
    decided_at: datetime | None
    affiliate: int | None = Field(validation_alias="affiliate_id")
    given: list[GivenRequirement]
    missing: list[str]
    questions: list[AskedQuestion]
    alike: list[AlikeApplicant]


class AskedToApply(Row):
    """Somebody whom staff have asked to apply. Thirty days after the invitation ran out, name and e-mail
    are empty: they are forgotten."""

    id: UUID
    email: str
    name: str
    sponsor: str | None
    created_at: datetime
    expires_at: datetime
    has_applied: bool


def _read(work: Work, *, id: UUID) -> dict[str, Any]:
    """One application: what was said and agreed to, what was given, asked and answered, and who is like
    it."""
    it = joining.application(work, id)
    return {name: getattr(it, name) for name in it.__slots__} | {
        "agreement_sha256": it.agreement_hash.hex(),
        "given": list(joining.answers_of(work, id).values()),
        "missing": [one.code for one in joining.missing(work, id)],
        "questions": joining.questions_of(work, id),
        "alike": joining.alike(work, it),
    }


def _find(work: Work, *, in_state: str, **page: Any) -> Page[Any]:
    return joining.applications(work, state=in_state, **page)


State = Annotated[
    Literal["waiting", "all", "applied", "in_review", "active", "rejected"],
    QueryParameter(
        name="state",
        description="Only those in this state; `waiting`: those to be decided, the longest first",
    ),
]

routes = [
    list_route(
        Listing(
            name="list_applications",
            path="/applications",
            row=CompanyApplication,
            scope=SCOPE,
            tag=TAG,
            words="Applications whose e-mail was confirmed.",
            find=_find,
            filters={"in_state": (State, "waiting")},
        )
    ),
    show_route(
        "/applications/{id:uuid}",
        CompanyApplicationDetails,
        _read,
        name="show_application",
        scope=SCOPE,
        tag=TAG,
    ),
    list_route(
        Listing(
            name="list_invitations_to_apply",
            path="/invitations",
            row=AskedToApply,
            scope=SCOPE,
            tag=TAG,
            words="Whom staff have asked to apply, the newest first.",
            find=joining.invitations,
        )
    ),
]
