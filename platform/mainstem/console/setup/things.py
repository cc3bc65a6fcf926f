"""A list of each kind of thing that is set, drawn from the registry."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import setup
from mainstem.console.setup.thing import more_of, show_thing
from mainstem.console.setup.words import CHOICES
from mainstem.kit import search_terms
from mainstem.kit.documents import Document
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.setup import Resource
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show

ROWS = 50
MARKED_MAX = 500


class ThingsPage(Page, kw_only=True):
    """A list of one kind of thing."""

    title: str
    help: str
    empty: str
    name: str
    columns: list[tuple[str, str]]
    rows: list[tuple[str, list[str], str]]
    asked: str
    next_url: str
    can_search: bool
    more: tuple[str, str] | None


@get("/setup/{name:str}", sync_to_thread=True)
def things(request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]) -> HttpResponse:
    """Every thing of a kind; or the only one of it."""
    kind = setup.resource(name)
    if kind.single:
        return show_thing(request, work, kind, setup.read_one(work, kind))
    language = language_of(request)
    asked = search_terms.as_typed(request.query_params.get("q", ""))
    found, after = _some(work, kind, asked, request.query_params.get("after", ""))
    further = urlencode({"q": asked, "after": after})
    marks = kind.marks(work) if kind.marks else {}
    if request.query_params.get("marked") and kind.marks:
        found, after = dict(kind.read(work, [*marks][:MARKED_MAX])), ""
    page = ThingsPage(
        **layout_of(request, work, "setup"),
        title=language.text(kind.title),
        help=language.text(kind.help),
        empty=language.text(kind.empty),
        name=kind.name,
        columns=[(_titled(language, kind, column), "text") for column in kind.columns],
        rows=[
            (
                _url(kind, key),
                _cells(language, kind, one),
                language.text(marks[key]) if key in marks else "",
            )
            for key, one in found.items()
        ],
        asked=asked,
        next_url=f"/console/setup/{name}?{further}" if after else "",
        can_search=kind.find is not None,
        more=more_of(language, kind),
    )
    return show(request, "console/setup_things.html", page)


def _titled(language: Language, kind: Resource[Any], column: str) -> str:
    return language.text(kind.model.model_fields[column].title or column)


def _cells(language: Language, kind: Resource[Any], one: Document) -> list[str]:
    return [_shown(language, column, getattr(one, column)) for column in kind.columns]


def _some(
    work: Work, kind: Resource[Any], asked: str, after: str
) -> tuple[dict[str, Document], str]:
    """One page of things, and after which the next page begins."""
    if kind.find is None:
        return dict(kind.read(work, None)), ""
    keys = kind.find(work, after, ROWS + 1, asked)
    found = (kind.outlined or kind.read)(work, keys[:ROWS])
    shown = {key: found[key] for key in keys[:ROWS] if key in found}
    return shown, keys[ROWS - 1] if len(keys) > ROWS else ""


def _shown(language: Language, column: str, value: Any) -> str:
    if column.endswith("_bp"):
        return language.percent(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(language.text("yes") if value else language.text("no"))
    if isinstance(value, dict):
        return str(value.get(language.locale) or next(iter(value.values()), ""))
    if isinstance(value, list):
        return ", ".join(language.text(CHOICES.get(str(one), str(one))) for one in value[:6])
    return str(language.text(CHOICES.get(str(value), str(value))))


def _url(kind: Resource[Any], key: str) -> str:
    return f"/console/setup/{kind.name}/edit?{urlencode({'key': key})}"


routes = [things]
