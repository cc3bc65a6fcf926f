"""Lists of the company's things for its programs: what a row says, and the route of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from pydantic import BaseModel, ConfigDict

from mainstem.api.requests import Cursor, Limit, limited
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem.web.commands import parameters_of, with_signature
from mainstem.web.guards import integration_key

HttpRequest = Request[Any, Any, Any]
COMPANY = "/company"
"""What is the company's own: a storefront's rows are its own, and stand without it."""


class Row(BaseModel):
    """What is told of one thing, by the names that a query gives it."""

    model_config = ConfigDict(from_attributes=True, frozen=True, populate_by_name=True)


R = TypeVar("R", bound=Row)


class RowList(BaseModel, Generic[R]):
    """One page of things. `next` and `previous` are cursors of the pages beside it: send one of them
    as `after`, with the same filters."""

    items: list[R]
    next: str | None
    previous: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list that a program may read, page by page."""

    name: str
    path: str
    row: type[Row]
    scope: str
    tag: str
    words: str
    find: Callable[..., Page[Any]]
    """Reads a page: `find(work, cursor=…, most=…, strict=True, **filters)`."""
    filters: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """What narrows it: (kind of the parameter, what it is when it is left out)."""


def list_route(listing: Listing) -> HTTPRouteHandler:
    """The route of a list."""

    def run(
        request: HttpRequest, work: Work, after: str | None, limit: int, **filters: Any
    ) -> Response[Any]:
        limited(request)
        found = listing.find(work, cursor=after, most=limit, strict=True, **filters)
        rows = [listing.row.model_validate(row) for row in found.rows]
        page = RowList(items=rows, next=found.next, previous=found.previous)
        return Response(page.model_dump(mode="json"))

    parameters: dict[str, Any] = {
        "request": HttpRequest,
        "work": NamedDependency[Work],
        "after": Cursor,
        "limit": Limit,
        **{name: kind for name, (kind, _) in listing.filters.items()},
    }
    defaults = {name: default for name, (_, default) in listing.filters.items()}
    gives = Response[RowList[listing.row]]  # type: ignore[name-defined]
    handler = with_signature(run, parameters, gives, {"after": None, "limit": 50} | defaults)
    return _get(listing.path, listing.name, listing.scope, listing.tag, listing.words)(handler)


def show_route(
    path: str,
    row: type[Row],
    read: Callable[..., Any],
    *,
    name: str,
    scope: str,
    tag: str,
    parameters: Mapping[str, tuple[Any, Any]] | None = None,
) -> HTTPRouteHandler:
    """The route of one thing: what `read(work, **target)` gives, whose docstring tells of it."""
    further = parameters or {}

    def run(request: HttpRequest, work: Work, **target: Any) -> Response[Any]:
        limited(request)
        found = read(work, **target)
        return Response(row.model_validate(found).model_dump(mode="json"))

    taken = {
        "request": HttpRequest,
        "work": NamedDependency[Work],
        **parameters_of(path),
        **{name: kind for name, (kind, _) in further.items()},
    }
    defaults = {name: default for name, (_, default) in further.items()}
    gives = Response[row]  # type: ignore[valid-type]
    handler = with_signature(run, taken, gives, defaults)
    return _get(path, name, scope, tag, read.__doc__ or "")(handler)


def _get(
    path: str, name: str, scope: str, tag: str, words: str
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    return get(
        f"{COMPANY}{path}",
        sync_to_thread=True,
        guards=[integration_key(scope)],
        operation_id=name,
        summary=name.replace("_", " ").capitalize(),
        description=f"{' '.join(words.split())}\n\nScope `{scope}`.",
        tags=[tag],
    )
