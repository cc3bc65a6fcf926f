"""What a field may name, as somebody types: few names stand on the page, many are asked for."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import setup
from mainstem.console.setup.shapes import refers_to
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.setup import Name
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest

FEW = 20
"""How many names are offered at once."""


@get("/setup/suggestions/{kind:str}", sync_to_thread=True)
def suggestions(
    request: HttpRequest, work: NamedDependency[Work], kind: FromPath[str]
) -> list[Name]:
    """The names of a kind that have in them what was typed."""
    asked = request.query_params.get("q", "")
    locale = language_of(request).locale
    return setup.names(work, kind, asked, locale=locale, most=FEW)


def few_names(
    work: Work, document: type[Document], locale: str
) -> dict[str, list[tuple[str, str]]]:
    """The names that a document may choose from, of each kind of which there are few: what is called
    and how it is written, where that is not the same."""
    kinds = {
        refers.to
        for field in document.model_fields.values()
        if (refers := refers_to(field)) and not (refers.may_be_new or refers.in_order)
    }
    found = {kind: setup.names(work, kind, "", locale=locale, most=FEW + 1) for kind in kinds}
    return {
        kind: [(one.name, _called(one)) for one in those]
        for kind, those in found.items()
        if len(those) <= FEW
    }


def _called(one: Name) -> str:
    return f"{one.label} ({one.name})" if one.label else one.name


routes: list[Any] = [suggestions]
