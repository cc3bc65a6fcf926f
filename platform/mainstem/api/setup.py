"""Set-up over the API: for every kind of thing a list, one of it, and ways to put and retire it.

The routes are made from the registry, so they know exactly what pages and files know.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

from litestar import Request, Response, delete, get, put
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from pydantic import BaseModel

from mainstem import setup
from mainstem.api.repeats import Repeatable, answered_once
from mainstem.api.requests import limited
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, NotFound, Problem
from mainstem.kit.work import Work
from mainstem.setup import ANY, ONLY, Resource
from mainstem.web.guards import integration_key, strict_json

D = TypeVar("D", bound=Document)
_BODY: Any = JSONBody
HttpRequest = Request[Any, Any, Any]
LISTED_MAX = 200

After = Annotated[
    str | None, QueryParameter(description="`next` of the page before", max_length=300)
]
Search = Annotated[
    str | None, QueryParameter(name="q", description="Only those named so", max_length=100)
]
Limit = Annotated[int, QueryParameter(ge=1, le=LISTED_MAX, description="How many at most")]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The ETag of the version that you have seen; `*` for whatever it is now.",
        max_length=100,
    ),
]


class Listed(BaseModel, Generic[D]):
    """One page of things. `next` is what to send as `after` for the page that follows."""

    items: list[D]
    next: str | None


def handlers(kind: Resource[Any]) -> list[HTTPRouteHandler]:
    """The routes of one kind of thing."""
    made = [_shows(kind), _puts(kind)] if kind.single else [_lists(kind), _shows(kind), _puts(kind)]
    if kind.retire is not None:
        made.append(_retires(kind))
    return made


def _path(kind: Resource[Any]) -> str:
    return f"/{kind.name}" if kind.single else f"/{kind.name}/{{key:path}}"


def _lists(kind: Resource[Any]) -> HTTPRouteHandler:
    def list_things(
        request: HttpRequest,
        work: NamedDependency[Work],
        after: After = None,
        limit: Limit = 50,
        search: Search = None,
    ) -> Response[Any]:
        limited(request)
        if kind.find is None:
            every = [*kind.read(work, None).values()]
            return Response(Listed(items=every, next=None).model_dump(mode="json"))
        keys = kind.find(work, after or "", limit + 1, search or "")
        found = kind.read(work, keys[:limit])
        shown = [found[key] for key in keys[:limit] if key in found]
        following = keys[limit - 1] if len(keys) > limit else None
        return Response(Listed(items=shown, next=following).model_dump(mode="json"))

    list_things.__annotations__["return"] = Response[Listed[kind.model]]  # type: ignore[name-defined]
    return get(
        f"/{kind.name}",
        sync_to_thread=True,
        guards=[integration_key(f"{kind.scope}:read")],
        **_told(kind, f"list_{kind.name}", f"{kind.title}, page by page. {kind.help}"),
    )(list_things)


def _shows(kind: Resource[Any]) -> HTTPRouteHandler:
    def show(request: HttpRequest, work: Work, key: str) -> Response[Any]:
        limited(request)
        found = setup.read_one(work, kind, key)
        if found is None:
            raise NotFound(kind.one)
        return _answer(found)

    words = f"One {kind.one} as it stands, with its version as the header `ETag`. {kind.help}"
    return get(
        _path(kind),
        sync_to_thread=True,
        guards=[integration_key(f"{kind.scope}:read")],
        **_told(kind, f"show_{_name(kind)}", words),
    )(_of_key(kind, show))


def _puts(kind: Resource[Any]) -> HTTPRouteHandler:
    def save(
        request: HttpRequest,
        work: Work,
        key: str,
        data: Document,
        seen: str | None,
        repeatable: str | None,
    ) -> Response[Any]:
        limited(request)
        if kind.key_of(data) != key:
            raise InvalidInput(
                Problem(f"/{kind.key}", "other_key", "Another {what} stands in the address.",
                        {"what": kind.one})
            )  # fmt: skip

        def do() -> Response[Any]:
            saved = setup.save(work, kind, data, seen=_version(seen))
            if saved.waits:
                return _answer(saved.document, status=202)
            return _answer(saved.document, status=201 if saved.is_new else 200)

        return answered_once(request, work, repeatable, data, do)

    words = (
        f"Make one {kind.one} what the body says, or change it to that. Send `If-Match` with the ETag"
        " that you have seen, and nothing for one that is new. What it says already changes nothing."
    )
    if kind.waiting is not None:
        words += " 202: it waits for a second person, and the answer is what stands until then."
    return put(
        _path(kind),
        sync_to_thread=True,
        guards=[integration_key(f"{kind.scope}:write"), strict_json],
        **_told(kind, f"put_{_name(kind)}", words),
    )(_with_body(kind, save))


def _retires(kind: Resource[Any]) -> HTTPRouteHandler:
    def retire(
        request: HttpRequest,
        work: NamedDependency[Work],
        key: FromPath[str],
        if_match: IfMatch = None,
    ) -> None:
        limited(request)
        setup.retire(work, kind, key.removeprefix("/"), seen=_version(if_match))

    return delete(
        _path(kind),
        sync_to_thread=True,
        guards=[integration_key(f"{kind.scope}:write")],
        **_told(kind, f"retire_{_name(kind)}", f"Take one {kind.one} out of use."),
    )(retire)


def _name(kind: Resource[Any]) -> str:
    return kind.one.replace(" ", "_")


def _told(kind: Resource[Any], operation: str, words: str) -> dict[str, Any]:
    return {"operation_id": operation, "description": words.strip(), "tags": [kind.title]}


def _of_key(
    kind: Resource[Any], show: Callable[[HttpRequest, Work, str], Response[Any]]
) -> Callable[..., Response[Any]]:
    """The handler of one thing: by the key in its address, or of the only one."""

    def only(request: HttpRequest, work: NamedDependency[Work]) -> Response[Any]:
        return show(request, work, ONLY)

    def by_key(
        request: HttpRequest, work: NamedDependency[Work], key: FromPath[str]
    ) -> Response[Any]:
        return show(request, work, key.removeprefix("/"))

    made: Callable[..., Response[Any]] = only if kind.single else by_key
    made.__annotations__["return"] = Response[kind.model]  # type: ignore[name-defined]
    return made


def _with_body(kind: Resource[Any], save: Callable[..., Response[Any]]) -> Callable[..., Any]:
    """The same for what is put, with the kind's own document as the body."""

    def only(
        request: HttpRequest,
        work: NamedDependency[Work],
        data: Any,
        if_match: IfMatch = None,
        idempotency_key: Repeatable = None,
    ) -> Response[Any]:
        return save(request, work, ONLY, data, if_match, idempotency_key)

    def by_key(
        request: HttpRequest,
        work: NamedDependency[Work],
        key: FromPath[str],
        data: Any,
        if_match: IfMatch = None,
        idempotency_key: Repeatable = None,
    ) -> Response[Any]:
        return save(request, work, key.removeprefix("/"), data, if_match, idempotency_key)

    made = only if kind.single else by_key
    made.__annotations__["data"] = _BODY[kind.model]
    made.__annotations__["return"] = Response[kind.model]  # type: ignore[name-defined]
    return made


def _version(if_match: str | None) -> str | None:
    """The version in an If-Match header, without its marks."""
    if if_match is None or if_match.strip() == ANY:
        return if_match and ANY
    return if_match.strip().removeprefix("W/").strip('"')


def _answer(document: Document, *, status: int = 200) -> Response[Any]:
    return Response(
        document.written(), status_code=status, headers={"ETag": f'"{document.version}"'}
    )


routes: list[Any] = [handler for kind in setup.RESOURCES.values() for handler in handlers(kind)]
