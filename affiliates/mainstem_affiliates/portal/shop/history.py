"""What clients have seen of a storefront: each version, who made it, and a way back to it."""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.web import language_of, redirect, render
from mainstem_affiliates import editor
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of
from mainstem_affiliates.portal.shop.who import ROOT, as_editor, draft_url
from mainstem_affiliates.storefront.preview import preview as drawn


class SeenVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that clients have seen. `changes` names what was otherwise in the one before.

    `approved_by` is empty where whoever made it published it, or where the company approved it.
    """

    number: int
    published_at: datetime
    made_by: str
    approved_by: str
    is_approved_by_us: bool
    changes: list[str]
    preview_url: str
    restore_url: str
    is_current: bool


class HistoryPage(PortalPage, frozen=True, kw_only=True):
    """The versions of a storefront, the latest first."""

    shop: str
    versions: list[SeenVersion]


@get("/storefront/history/{shop:str}")
async def history(request: HttpRequest, work: NamedDependency[Work], shop: FromPath[str]) -> Page:
    """Every version that clients have seen."""
    me = reads.me(work)
    storefront = editor.storefront_named(work, me.id, shop)
    if storefront is None:
        raise NotFound("storefront")
    found = editor.versions(work, me.id, storefront)
    labels = {
        name: language_of(request).text(str(field.title))
        for name, field in editor.StorefrontDraft.model_fields.items()
    }
    ours = {one.approved_by for one in found if not _is_of_theirs(one.approved_by)}
    others = {by for one in found for by in (one.made_by, one.approved_by)} - ours
    who = {by: editor.name_of(work, by) for by in others} | dict.fromkeys(ours, "")
    who["company"] = language_of(request).text("The company")
    versions = [
        SeenVersion(
            number=one.number,
            published_at=one.published_at,
            made_by=who[one.made_by],
            approved_by=who[one.approved_by] if one.approved_by != one.made_by else "",
            is_approved_by_us=one.approved_by in ours and one.approved_by != one.made_by,
            changes=[
                labels[field]
                for field, value in one.document.items()
                if field in labels and before is not None and before.document.get(field) != value
            ],
            preview_url=f"{ROOT}/versions/{one.id}/preview",
            restore_url=f"{ROOT}/versions/{one.id}/restoration",
            is_current=one is found[0],
        )
        for one, before in zip_longest(found, found[1:])
    ]
    page = HistoryPage(**around(request, me, "shop"), shop=shop, versions=versions)
    return render(request, "portal/shop_history.html", page)


def _is_of_theirs(actor: str) -> bool:
    """Whether it is somebody of the affiliate: the company's own people are not told by name."""
    return actor.partition(":")[0] in ("person", "affiliate")


@get("/storefront/versions/{id:uuid}/preview")
async def look_back(request: HttpRequest, id: FromPath[UUID]) -> Page:
    """The front page as clients saw it, with the goods and prices of today."""
    return await drawn(request, me_of(request), id)


@post("/storefront/versions/{id:uuid}/restoration")
async def restore(request: HttpRequest, id: FromPath[UUID]) -> Page:
    """Begin a draft that says what an earlier version said."""
    draft = await as_editor(request, lambda work: editor.restore(work, me_of(request), id))
    return redirect(request, draft_url(draft, "publish"))


routes = [history, look_back, restore]
