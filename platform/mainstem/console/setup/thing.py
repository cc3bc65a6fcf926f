"""The page of one thing that is set: its form, and what has become of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import company, setup
from mainstem.console.setup.fields import fields_of
from mainstem.console.setup.form_field import Around, FormField
from mainstem.console.setup.history import Moment, history_of
from mainstem.console.setup.invitations import Invitable, of_affiliate
from mainstem.console.setup.shapes import has_picture
from mainstem.console.setup.suggestions import few_names
from mainstem.kit.documents import Document
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.locale import LOCALES, Language
from mainstem.kit.work import Work
from mainstem.setup import Resource
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show


class ThingPage(Page, kw_only=True):
    """One thing: its form, and what has become of it."""

    title: str
    kind: str
    help: str
    url: str
    list_url: str
    fields: list[FormField]
    key: str
    version: str
    retire_url: str
    warnings: list[str]
    people: list[Invitable]
    takes_pictures: bool
    more: tuple[str, str] | None
    history: list[Moment]


def more_of(language: Language, kind: Resource[Any], key: str = "") -> tuple[str, str] | None:
    """What else can be done with things of this kind, or with one of them: its title and address."""
    if kind.more is None:
        return None
    title, url = kind.more
    return language.text(title), f"{url}?{urlencode({'key': key})}" if key else url


PROOF = {"staff": FRESH, "affiliates": FRESH}
"""Things that say who may sign in. An empty form of them asks too, so that nothing is typed in vain."""


@get("/setup/{name:str}/new", sync_to_thread=True, opt={"proof": PROOF})
def new_thing(
    request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]
) -> HttpResponse:
    """An empty form."""
    return show_thing(request, work, kind_of_several(name), None)


@get("/setup/{name:str}/edit", sync_to_thread=True)
def thing(request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]) -> HttpResponse:
    """One thing, to look at and to change."""
    kind = kind_of_several(name)
    found = setup.read_one(work, kind, request.query_params.get("key", ""))
    if found is None:
        raise NotFound(kind.one)
    return show_thing(request, work, kind, found)


def show_thing(
    request: HttpRequest,
    work: Work,
    kind: Resource[Any],
    found: Document | None,
    *,
    said: dict[str, Any] | None = None,
    no: Refused | None = None,
    version: str | None = None,
    more: str = "",
) -> HttpResponse:
    """The page of one thing as an answer, with what was refused on it."""
    page = thing_page(request, work, kind, found, said=said, version=version, more=more)
    return show(request, "console/setup_thing.html", page, no)


def thing_page(
    request: HttpRequest,
    work: Work,
    kind: Resource[Any],
    found: Document | None,
    *,
    said: dict[str, Any] | None = None,
    version: str | None = None,
    more: str = "",
) -> ThingPage:
    """The page of one thing as it stands, or as it was typed; `more` names the rows that get one more."""
    language = language_of(request)
    key = kind.key_of(found) if found else ""
    filled = said if said is not None else found.written() if found else {}
    return ThingPage(
        **layout_of(request, work, "setup"),
        title=language.text(kind.title) if kind.single else key or language.text("New"),
        kind=language.text(kind.title),
        help=language.text(kind.help),
        url=f"/console/setup/{kind.name}",
        list_url="/console/setup" if kind.single else f"/console/setup/{kind.name}",
        fields=fields_of(kind.model, filled, _around(request, work, kind, more)),
        key=key,
        version=(found.version if found else "") if version is None else version,
        retire_url=f"/console/setup/{kind.name}/retire" if kind.retire and found else "",
        warnings=[language.text(one) for one in kind.warnings(work, found)]
        if kind.warnings and found
        else [],
        more=more_of(language, kind, key) if found else None,
        takes_pictures=has_picture(kind.model),
        people=of_affiliate(work, key) if found and kind.name == "affiliates" else [],
        history=history_of(request, work, kind.name, key) if found else [],
    )


def _around(request: HttpRequest, work: Work, kind: Resource[Any], more: str) -> Around:
    """What the form of this kind needs to know."""
    profile = company.profile(work)
    language = language_of(request)
    return Around(
        language,
        profile.languages if profile else list(LOCALES),
        profile.currencies if profile else ["SEK", "EUR"],
        few_names(work, kind.model, language.locale),
        more=more,
    )


def kind_of_several(name: str) -> Resource[Any]:
    """The kind of this name, of which there are several; NotFound for one that stands alone."""
    kind = setup.resource(name)
    if kind.single:
        raise NotFound("page")
    return kind


routes = [new_thing, thing]
