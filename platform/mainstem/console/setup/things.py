"""A page for each thing that is set, and a list of each kind: drawn from the registry."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import company, setup
from mainstem.console.setup.fields import Around, FormField, fields_of
from mainstem.console.setup.history import Moment, history_of
from mainstem.console.setup.people import Invitable, of_affiliate
from mainstem.console.setup.shapes import has_picture
from mainstem.console.setup.suggestions import few_names
from mainstem.console.setup.typed import in_percent, meant, typed
from mainstem.console.setup.uploads import FORM_MAX, taken_in
from mainstem.console.setup.words import CHOICES
from mainstem.kit import search_terms
from mainstem.kit.documents import Document, document
from mainstem.kit.errors import InvalidInput, NotFound, Refused
from mainstem.kit.locale import LOCALES, Language
from mainstem.kit.work import Work
from mainstem.setup import Resource
from mainstem.web.context import request_context_of
from mainstem.web.forms import Form, FormFields
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    refused,
    show,
)

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


@get("/setup/{name:str}", sync_to_thread=True)
def things(request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]) -> HttpResponse:
    """Every thing of a kind; or the only one of it."""
    kind = setup.resource(name)
    if kind.single:
        return _thing(request, work, kind, setup.read_one(work, kind))
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
        more=_more(language, kind),
    )
    return show(request, "console/setup_things.html", page)


def _titled(language: Language, kind: Resource[Any], column: str) -> str:
    return language.text(kind.model.model_fields[column].title or column)


def _cells(language: Language, kind: Resource[Any], one: Document) -> list[str]:
    return [_shown(language, column, getattr(one, column)) for column in kind.columns]


def _more(language: Language, kind: Resource[Any], key: str = "") -> tuple[str, str] | None:
    """What else can be done with things of this kind, or with one of them: its title and address."""
    if kind.more is None:
        return None
    title, url = kind.more
    return language.text(title), f"{url}?{urlencode({'key': key})}" if key else url


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


_PROOF = {"staff": FRESH, "affiliates": FRESH}
"""Things that say who may sign in. An empty form of them asks too, so that nothing is typed in vain."""


@get("/setup/{name:str}/new", sync_to_thread=True, opt={"proof": _PROOF})
def new_thing(
    request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]
) -> HttpResponse:
    """An empty form."""
    return _thing(request, work, _several(name), None)


@get("/setup/{name:str}/edit", sync_to_thread=True)
def thing(request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]) -> HttpResponse:
    """One thing, to look at and to change."""
    kind = _several(name)
    found = setup.read_one(work, kind, request.query_params.get("key", ""))
    if found is None:
        raise NotFound(kind.one)
    return _thing(request, work, kind, found)


class ThingFields(FormFields):
    """What stands beside the document in its form: whose it is, its version, and whether a row more
    was asked for."""

    key: str = ""
    version: str = ""
    more: str = ""


@post(
    "/setup/{name:str}",
    sync_to_thread=True,
    request_max_body_size=FORM_MAX,
    opt={"proof": _PROOF},
)
def save_thing(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    name: FromPath[str],
) -> HttpResponse:
    """Save what was typed: a new thing, or the one whose version stands in the form."""
    kind = setup.resource(name)
    form, unfit = taken_in(request, work, form)
    sent, said = form.into(ThingFields), typed(kind.model, form)
    if unfit or sent.more:
        return _again(request, work, kind, sent, said, unfit)
    saved: list[str] = []

    def do() -> None:
        try:
            wanted = document(kind.model, meant(kind.model, said, work.tools.zone))
        except InvalidInput as no:
            raise in_percent(no) from None
        kept = setup.save(work, kind, wanted, seen=sent.version or None)
        saved.append(kind.key_of(kept.document))

    if no := refused(work, do):
        return _again(request, work, kind, sent, said, no)
    back = "/console/setup" if kind.single else f"/console/setup/{name}"
    return redirect(request, back, notice=language_of(request).text("Saved."))


@post("/setup/{name:str}/retire", sync_to_thread=True, opt={"proof": _PROOF})
def retire_thing(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    name: FromPath[str],
) -> HttpResponse:
    """Take a thing out of use."""
    kind = _several(name)
    sent = form.into(ThingFields)
    no = refused(work, lambda: setup.retire(work, kind, sent.key, seen=sent.version))
    if no:
        return _thing(request, work, kind, setup.read_one(work, kind, sent.key), no=no)
    said = language_of(request).text("Taken out of use.")
    return redirect(request, f"/console/setup/{name}", notice=said)


def _again(
    request: HttpRequest,
    work: Work,
    kind: Resource[Any],
    sent: ThingFields,
    said: dict[str, Any],
    no: Refused | None,
) -> HttpResponse:
    """The form as it was filled in."""
    found = setup.read_one(work, kind, sent.key) if sent.key else None
    answer = _thing(
        request, work, kind, found, said=said, no=no, version=sent.version, more=sent.more
    )
    # What was refused is undone already. The pictures that came with it stay, as their names do.
    request_context_of(request).roll_back = False
    return answer


def _thing(
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
        more=_more(language, kind, key) if found else None,
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


def _several(name: str) -> Resource[Any]:
    kind = setup.resource(name)
    if kind.single:
        raise NotFound("page")
    return kind


def _url(kind: Resource[Any], key: str) -> str:
    return f"/console/setup/{kind.name}/edit?{urlencode({'key': key})}"


routes = [things, new_thing, thing, save_thing, retire_thing]
