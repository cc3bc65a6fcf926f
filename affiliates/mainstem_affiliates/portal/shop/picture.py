"""The large picture: one of ours, or a file of the affiliate's own."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from mainstem import pictures
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.work import Work
from mainstem.pictures import Picture
from mainstem.web import Form, app_context_of, redirect
from mainstem_affiliates import editor
from mainstem_affiliates.portal.layout import HttpRequest, Page, me_of
from mainstem_affiliates.portal.shop.fields import PictureFields
from mainstem_affiliates.portal.shop.steps import next_url, refused
from mainstem_affiliates.portal.shop.who import ROOT, as_editor

FORM_MAX = pictures.BYTES_MAX + 100_000
UPLOADS = {f"{ROOT}/picture": FORM_MAX}
"""How much the form that takes a picture reads."""


@post("/storefront/picture", status_code=200, request_max_body_size=FORM_MAX)
async def choose_picture(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Keep a picture, and have the draft show it. A file that was sent counts before one of ours."""
    sent, me = form.into(PictureFields), me_of(request)
    id = _id(sent.draft)
    # Whose draft it is, is looked at before a picture is made of anything.
    await as_editor(request, lambda work: editor.get_version(work, me, id).saved)
    try:
        made = await _made(request, form)

        def keep(work: Work) -> None:
            hero = pictures.named(work, made).hash if made else sent.hero
            editor.save(work, me, id, seen=sent.seen or 0, hero=hero)

        await as_editor(request, keep)
    except Refused as no:
        return await refused(request, id, "picture", no, {"hero": sent.hero})
    return redirect(request, next_url(id, "picture", sent.go))


async def _made(request: HttpRequest, form: Form) -> Picture | None:
    """The picture of the file that was sent, kept in every size; None where none was."""
    chosen = form.file("picture")
    if chosen is None:
        return None
    settings = app_context_of(request).settings
    store = pictures.store_at(settings.pictures, settings.data)
    # Made and kept before a Work is opened: none waits for the decoder or the bucket.
    return await sync_to_thread(pictures.prepared, store, await chosen.read())


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("draft") from None


routes = [choose_picture]
