"""Uploading a picture: for the page of a product, which then names it."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency

from mainstem import pictures
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Actor
from mainstem.web.context import app_context_of, request_context_of
from mainstem.web.forms import Form
from mainstem.web.works import in_work

FORM_MAX = pictures.BYTES_MAX + 100_000


class Uploaded(msgspec.Struct, frozen=True):
    """A picture that is kept: its name for documents, its size, and where it is seen."""

    file: str
    width: int
    height: int
    url: str


@post("/pictures", status_code=201, request_max_body_size=FORM_MAX)
async def upload(
    request: Request[Any, Any, Any], form: NamedDependency[Form]
) -> Response[Uploaded]:
    """Keep the picture of the field `picture`; its name is what a product's document says."""
    chosen = form.file("picture")
    if chosen is None:
        raise InvalidInput(Problem("/picture", "missing", "Choose a picture."))
    data = await chosen.read()
    settings = app_context_of(request).settings
    store = pictures.store_at(settings.pictures, settings.data)
    # Made and kept before a Work is opened: none waits for the decoder or the bucket.
    made = await sync_to_thread(pictures.prepared, store, data)
    identity = request_context_of(request).identity
    assert identity is not None, "a guard has let them in"

    actor = Actor("staff", str(identity.person_id))
    kept = await in_work(request, actor, lambda work: pictures.named(work, made))
    said = Uploaded(kept.hash, kept.width, kept.height, pictures.url(kept.hash))
    return Response(said, status_code=201, headers={"location": said.url})


routes = [upload]
