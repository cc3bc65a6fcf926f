"""Uploaded pictures, by names that never mean anything else."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath

from mainstem import pictures
from mainstem.kit.errors import NotFound
from mainstem.web.context import app_context_of

_FOREVER = "public, max-age=31536000, immutable"


@get("/media/{name:str}")
async def picture(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[bytes]:
    """One size of a picture in one format, to be kept for ever."""
    known = pictures.NAME.fullmatch(name)
    if known is None:
        raise NotFound("picture")
    etag = f'"{name}"'
    headers = {"cache-control": _FOREVER, "etag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(b"", status_code=304, headers=headers)
    settings = app_context_of(request).settings
    store = pictures.store_at(settings.pictures, settings.data)
    data = await sync_to_thread(store.get, name)
    if data is None:
        raise NotFound("picture")
    return Response(data, media_type=pictures.MEDIA_TYPES[known[3]], headers=headers)


routes = [picture]
