"""Pictures over the API: uploaded as they are, then named by products and storefronts."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread

from mainstem import pictures
from mainstem.api.requests import limited
from mainstem.kit.documents import Document
from mainstem.kit.work import Actor
from mainstem.web.context import app_context_of, request_context_of
from mainstem.web.guards import integration_key
from mainstem.web.works import in_work

UPLOADS = {"/api/v1/pictures": pictures.BYTES_MAX}
"""How much each route that takes a file reads of it."""


class UploadedPicture(Document):
    """A picture that is kept: its name for documents, how large it was, and where it is seen."""

    file: str
    width: int
    height: int
    url: str


@post(
    "/pictures",
    status_code=201,
    guards=[integration_key("setup:write")],
    request_max_body_size=pictures.BYTES_MAX,
    tags=["Products"],
)
async def upload_picture(request: Request[Any, Any, Any]) -> Response[UploadedPicture]:
    """Upload a picture: the body is the file itself, as JPEG, PNG, WebP, GIF or AVIF.

    It is checked, made anew in every size and kept by its content: the same file twice is one
    picture. `file` of the answer is what a product's document says.
    """
    limited(request)
    data = await request.body()
    settings = app_context_of(request).settings
    store = pictures.store_at(settings.pictures, settings.data)
    # Made and kept before a Work is opened: none waits for the decoder or the bucket.
    made = await sync_to_thread(pictures.prepared, store, data)
    key = request_context_of(request).api_key
    assert key is not None, "a guard has let it in"
    actor = Actor("integration", str(key.id))
    kept = await in_work(request, actor, lambda work: pictures.named(work, made))
    said = UploadedPicture(
        file=kept.hash, width=kept.width, height=kept.height, url=pictures.url(kept.hash)
    )
    written: Any = said.written()
    return Response(written, status_code=201, headers={"location": said.url})


routes: list[Any] = [upload_picture]
