"""The pages of the editor, one question each: every answer is filled in, and Next saves and goes on."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import InvalidInput, NotFound, Refused
from mainstem.kit.work import Work
from mainstem.web import Form, app_context_of, field_errors, language_of, redirect, render
from mainstem.web.rendering import words
from mainstem.web.works import in_work
from mainstem_affiliates import editor
from mainstem_affiliates.editor import StorefrontDraft, StorefrontVersion
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of
from mainstem_affiliates.portal.shop.choices import Choices, choices_of
from mainstem_affiliates.portal.shop.fields import STEPS, SeenFields, said_in
from mainstem_affiliates.portal.shop.who import ROOT, as_editor, draft_url, editor_of
from mainstem_affiliates.storefront.preview import preview as drawn

LABELS = {
    "name": "Name",
    "look": "Look",
    "picture": "Picture",
    "words": "Words",
    "goods": "Goods",
    "publish": "Publish",
}


class StepPage(PortalPage, frozen=True, kw_only=True):
    """One question of the editor, with what is said so far."""

    step: str
    steps: list[tuple[str, str]]
    """Each as (its address, its name)."""
    no: int
    """Which of them this is, counted from 1."""
    back_url: str
    action: str
    preview_url: str
    draft_url: str
    draft_id: str
    draft: StorefrontDraft
    seen: int
    state: str
    reason: str
    is_new: bool
    choices: Choices
    shop_base: str
    waits: bool
    error: str
    errors: dict[str, str]


@get("/storefront/drafts/{id:uuid}/{step:str}")
async def show_step(
    request: HttpRequest, work: NamedDependency[Work], id: FromPath[UUID], step: FromPath[str]
) -> Page:
    """One question of the editor."""
    version = editor.get_version(work, me_of(request), id)
    if step not in STEPS:
        raise NotFound("page")
    if not version.is_open:
        return redirect(request, ROOT)
    if version.state == "submitted" and step != "publish":
        return redirect(request, draft_url(id, "publish"))
    return render(request, f"portal/shop_{step}.html", step_page(request, work, version, step))


@get("/storefront/drafts/{id:uuid}/preview")
async def preview(request: HttpRequest, id: FromPath[UUID]) -> Page:
    """The front page that the draft would have, for the frame on the editor's pages."""
    return await drawn(request, me_of(request), id)


@post("/storefront/drafts/{id:uuid}/{step:str}", status_code=200)
async def save_step(
    request: HttpRequest,
    form: NamedDependency[Form],
    id: FromPath[UUID],
    step: FromPath[str],
) -> Page:
    """Save what one page says, and go on to the next; or back to it, to look at it."""
    if step not in ("name", "look", "words", "goods"):
        raise NotFound("page")
    me, sent = me_of(request), form.into(SeenFields)
    said: dict[str, Any] = {}

    def keep(work: Work) -> None:
        said.update(said_in(step, form))
        editor.save(work, me, id, seen=sent.seen or 0, **said)

    try:
        await as_editor(request, keep)
    except Refused as no:
        return await refused(request, id, step, no, said)
    return redirect(request, next_url(id, step, sent.go))


def next_url(id: UUID, step: str, go: str) -> str:
    """Where somebody goes who has saved a page: to the next, or to the same one to look at it."""
    if go == "look":
        return draft_url(id, step) + "#preview"
    return draft_url(id, STEPS[STEPS.index(step) + 1])


async def refused(
    request: HttpRequest, id: UUID, step: str, no: Refused, said: dict[str, Any]
) -> Page:
    """The page of a step with what was refused on it. What was typed stays where only that was wrong."""
    if isinstance(no, NotFound):
        raise no
    typed = said if isinstance(no, InvalidInput) else {}

    def draw(work: Work) -> Page:
        version = editor.get_version(work, me_of(request), id)
        page = step_page(request, work, version, step, no=no, typed=typed)
        return render(request, f"portal/shop_{step}.html", page, status=no.status)

    return await in_work(request, editor_of(request), draw, home=me_of(request))


def step_page(
    request: HttpRequest,
    work: Work,
    version: StorefrontVersion,
    step: str,
    *,
    no: Refused | None = None,
    typed: dict[str, Any] | None = None,
) -> StepPage:
    """What the page of a step shows."""
    language = language_of(request)
    draft = version.draft.model_copy(update=typed or {})
    errors = field_errors(no.problems) if no else {}
    at = STEPS.index(step)
    return StepPage(
        **around(request, reads.me(work), "shop"),
        step=step,
        steps=[(draft_url(version.id, one), language.text(LABELS[one])) for one in STEPS],
        no=at + 1,
        back_url=draft_url(version.id, STEPS[at - 1]) if at else ROOT,
        action=f"{ROOT}/picture" if step == "picture" else draft_url(version.id, step),
        preview_url=draft_url(version.id, "preview"),
        draft_url=draft_url(version.id),
        draft_id=str(version.id),
        draft=draft,
        seen=version.saved,
        state=version.state,
        reason=version.reason,
        is_new=version.storefront_id is None,
        choices=choices_of(work, language, step, draft),
        shop_base=app_context_of(request).settings.public_url + "/s/",
        waits=editor.needs_approval(work),
        error=words(language, no) if no else "",
        errors={name: words(language, problem) for name, problem in errors.items()},
    )


routes = [preview, show_step, save_step]
