"""What becomes of a draft: published, recalled from the company, or thrown away."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.web import Form, language_of, redirect
from mainstem_affiliates import editor
from mainstem_affiliates.editor import Outcome
from mainstem_affiliates.portal.layout import HttpRequest, Page, me_of
from mainstem_affiliates.portal.shop.fields import SeenFields
from mainstem_affiliates.portal.shop.steps import refused
from mainstem_affiliates.portal.shop.who import ROOT, as_editor, draft_url

PUBLISHED = "Published. Your clients see it from now on."
SUBMITTED = "Sent to us. We look at it and write to you; until then your clients see what they saw."
SUBMITTED_FIRST = "Sent to us. We look at it and write to you; then your clients can come."
LOOK_AGAIN = (
    "We have changed your shop meanwhile: {fields}. Look at the preview, then publish once more to have"
    " it as it stands here."
)


@post("/storefront/drafts/{id:uuid}/publication", status_code=200)
async def publish(request: HttpRequest, form: NamedDependency[Form], id: FromPath[UUID]) -> Page:
    """Have clients see the draft, or have the company look at it first."""
    me, sent, language = me_of(request), form.into(SeenFields), language_of(request)

    def do(work: Work) -> tuple[Outcome, bool]:
        is_first = editor.get_version(work, me, id).storefront_id is None
        return editor.publish(work, me, id, seen=sent.seen or 0), is_first

    try:
        outcome, is_first = await as_editor(request, do)
    except Refused as no:
        return await refused(request, id, "publish", no, {})
    if outcome.state == "look_again":
        labels = [
            language.text(str(editor.StorefrontDraft.model_fields[field].title))
            for field in outcome.fields
        ]
        notice = language.text(LOOK_AGAIN).format(fields=", ".join(labels))
        return redirect(request, draft_url(id, "publish"), notice=notice, tone="wait")
    waiting = SUBMITTED_FIRST if is_first else SUBMITTED
    notice = language.text(PUBLISHED if outcome.state == "published" else waiting)
    return redirect(request, ROOT, notice=notice)


@post("/storefront/drafts/{id:uuid}/recall")
async def recall(request: HttpRequest, id: FromPath[UUID]) -> Page:
    """Recall the draft from the company, to go on with it."""
    await as_editor(request, lambda work: editor.recall(work, me_of(request), id))
    return redirect(request, draft_url(id, "name"))


@post("/storefront/drafts/{id:uuid}/discarding")
async def discard(request: HttpRequest, id: FromPath[UUID]) -> Page:
    """Throw the draft away. What clients see stays."""
    await as_editor(request, lambda work: editor.discard(work, me_of(request), id))
    notice = language_of(request).text(
        "The draft is thrown away. What your clients see is as it was."
    )
    return redirect(request, ROOT, notice=notice)


routes = [publish, recall, discard]
