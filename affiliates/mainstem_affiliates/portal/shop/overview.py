"""The storefronts of an affiliate, how far their drafts are, and the beginning of a first one."""

from __future__ import annotations

from litestar import get, post
from litestar.di import NamedDependency

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.web import Form, app_context_of, redirect, render
from mainstem.web.forms import FormFields
from mainstem_affiliates import editor
from mainstem_affiliates.editor import OwnStorefront
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of
from mainstem_affiliates.portal.shop.who import as_editor, draft_url


class ShopsPage(PortalPage, frozen=True, kw_only=True):
    """Their storefronts; the draft of a new one stands last."""

    shops: list[OwnStorefront]
    who: dict[str, str]
    public_url: str
    waits: bool
    """Whether the company looks at what they publish first."""


class BegunFields(FormFields):
    """Which storefront is to be changed, by its name in addresses; none for a new one."""

    shop: str = ""


@get("/storefront")
async def shops(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """Their storefronts, each with what can be done with it next."""
    me = reads.me(work)
    found = editor.own(work, me.id)
    changed = {one.changed_by for one in found if one.changed_by}
    page = ShopsPage(
        **around(request, me, "shop"),
        shops=found,
        who={actor: editor.name_of(work, actor) for actor in changed},
        public_url=app_context_of(request).settings.public_url,
        waits=editor.needs_approval(work),
    )
    return render(request, "portal/shops.html", page)


@post("/storefront/drafts")
async def begin(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Begin to change a storefront, or to make a first one; whoever has begun goes on."""
    me, slug = me_of(request), form.into(BegunFields).shop

    def do(work: Work) -> str:
        if slug:
            storefront = editor.storefront_named(work, me, slug)
            if storefront is None:
                raise NotFound("storefront")
            return str(editor.begin(work, me, storefront))
        return str(editor.begin(work, me, None, editor.first_draft(work, me)))

    return redirect(request, draft_url(await as_editor(request, do), "name"))


routes = [shops, begin]
