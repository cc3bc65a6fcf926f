"""What the page of an application shows, ready to be drawn."""

from __future__ import annotations

from datetime import datetime

import msgspec
from markupsafe import Markup

from mainstem.joining import Application
from mainstem.web.staff.layout import Event, Page


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
