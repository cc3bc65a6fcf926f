"""Storefronts of affiliates: drafts that wait for the company, and what becomes of them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem.kit.documents import Document, Lines
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.rendering import language_of
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    ADMIN,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    show,
)
from mainstem.web.staff.screen import Screens
from mainstem_affiliates import editor
from mainstem_affiliates.editor import StorefrontDraft, StorefrontVersion, WaitingDraft
from mainstem_affiliates.portal.shop.choices import in_words
from mainstem_affiliates.storefront.preview import preview as drawn


class Waiting(Page, kw_only=True):
    """The drafts that wait, the longest first."""

    rows: list[WaitingDraft]


class Difference(msgspec.Struct, frozen=True):
    """One thing that a draft says otherwise than what clients see."""

    name: str
    now: str
    then: str


class Draft(Page, kw_only=True):
    """One draft beside what clients see."""

    state: str
    reason: str
    name: str
    affiliate: str
    is_new: bool
    submitted_at: datetime | None
    submitted_by: str
    differences: list[Difference]
    url: str


@get("/storefronts", sync_to_thread=True)
def waiting(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The drafts that wait for the company."""
    page = Waiting(**layout_of(request, work, "setup"), rows=editor.waiting(work))
    return show(request, "console/storefronts.html", page)


def _draft(request: HttpRequest, work: Work, home: int, id: UUID) -> Draft:
    language = language_of(request)
    version = editor.get_version(work, home, id)
    by = version.submitted_by or version.changed_by
    return Draft(
        **layout_of(request, work, "setup"),
        state=version.state,
        reason=version.reason,
        name=version.draft.name,
        affiliate=work.value("SELECT name FROM affiliate WHERE id = %(id)s", id=home),
        is_new=version.storefront_id is None,
        submitted_at=version.submitted_at,
        submitted_by=names_of(work, language, [by])[by],
        differences=_differences(work, language, version),
        url=_url(home, id),
    )


def _differences(work: Work, language: Language, version: StorefrontVersion) -> list[Difference]:
    """What is otherwise than clients see it; of a new storefront, all that it says."""
    then = in_words(work, language, version.draft)
    now: dict[str, str] = {}
    if version.storefront_id is not None:
        live = editor.read_live(work, version.home_id, version.storefront_id)
        now = in_words(work, language, live)
    return [
        Difference(language.text(str(field.title)), now.get(name, ""), then[name])
        for name, field in StorefrontDraft.model_fields.items()
        if now.get(name, "") != then[name]
    ]


def _url(home: int, id: UUID) -> str:
    return f"/console/storefronts/{home}/{id}"


DRAFTS = Screens("console/storefront_draft.html", _draft, _url)


@get("/storefronts/{home:int}/{id:uuid}", sync_to_thread=True)
def one(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], id: FromPath[UUID]
) -> HttpResponse:
    """One draft beside what clients see."""
    return DRAFTS.of(home, id).show(request, work)


@get("/storefronts/{home:int}/{id:uuid}/preview")
async def preview(request: HttpRequest, home: FromPath[int], id: FromPath[UUID]) -> HttpResponse:
    """The front page that the draft would have, for the frame on its page."""
    return await drawn(request, home, id)


class SentBack(Document):
    """Why a draft is sent back."""

    reason: Lines = Field(title="Reason", description="The affiliate reads it.")


def _approve(work: Work, *, home: int, id: UUID) -> Told:
    """Publish the draft of an affiliate's storefront that waits for the company."""
    done = editor.approve(work, home, id)
    return Told("Clients see it from now on.", outcome="done" if done else "done_before")


def _return(work: Work, body: SentBack, *, home: int, id: UUID) -> Told:
    """Send the draft of an affiliate's storefront back to them, with the reason."""
    done = editor.return_draft(work, home, id, reason=body.reason)
    return Told("Sent back. The affiliate is told why.", outcome="done" if done else "done_before")


APPROVE = Command(
    name="approve_storefront",
    path="/storefronts/{home:int}/{id:uuid}/approval",
    do=_approve,
    scope="setup:write",
    roles=ADMIN,
    tag="Storefronts",
)
RETURN = Command(
    name="return_storefront",
    path="/storefronts/{home:int}/{id:uuid}/return",
    do=_return,
    body=SentBack,
    example={"reason": "The headline promises delivery within a day. Please leave that out."},
    scope="setup:write",
    roles=ADMIN,
    tag="Storefronts",
)

commands = [APPROVE, RETURN]
routes = [
    waiting,
    one,
    preview,
    form_route(APPROVE, DRAFTS.of, refills=False),
    form_route(RETURN, DRAFTS.of),
]
