"""A paper that an applicant gave, as staff save it."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import joining
from mainstem.joining import PaperStore
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.staff.layout import HttpRequest


@get("/applications/{id:uuid}/papers/{answer:uuid}", sync_to_thread=True)
def paper(
    request: HttpRequest, work: NamedDependency[Work], id: FromPath[UUID], answer: FromPath[UUID]
) -> Response[bytes]:
    """A paper, to be saved and not to be shown: whatever is in it, no page of ours runs it."""
    joining.application(work, id)
    found = next((one for one in joining.answers_of(work, id).values() if one.id == answer), None)
    settings = app_context_of(request).settings
    store = PaperStore(settings.data)
    data = store.get(found.paper_hash) if found and found.paper_hash else None
    if found is None or data is None:
        raise NotFound("paper")
    # Once more: what was kept before there was a scanner, or before it knew this, is not opened either.
    joining.refuse_infected(settings.scanner, data)
    headers = {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(found.paper_name)}",
        "content-security-policy": "default-src 'none'; sandbox",
        "cache-control": "private, no-store",
    }
    return Response(data, media_type=joining.MEDIA_TYPES[found.paper_kind], headers=headers)


routes = [paper]
