"""What the form of a thing does: save it, show it again with what is wrong, take the thing out of use."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import setup
from mainstem.console.setup.thing import PROOF, kind_of_several, show_thing
from mainstem.console.setup.typed import comes_twice, in_percent, meant, typed
from mainstem.console.setup.uploads import FORM_MAX, taken_in
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput, Refused
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.setup import Resource
from mainstem.web.context import request_context_of
from mainstem.web.forms import Form, FormFields
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, refused


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
    opt={"proof": PROOF},
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
    return redirect(request, back, notice=_saved(language_of(request), said, work.tools.zone))


def _saved(language: Language, said: dict[str, Any], zone: ZoneInfo) -> str:
    """That it is saved, and how a time is understood that comes twice in the night it names."""
    if twice := comes_twice(said, zone):
        told = "Saved. {time} comes twice when the clocks are set back: the first is meant."
        return language.text(told).format(time=f"{twice:%H:%M}")
    return language.text("Saved.")


@post("/setup/{name:str}/retire", sync_to_thread=True, opt={"proof": PROOF})
def retire_thing(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    name: FromPath[str],
) -> HttpResponse:
    """Take a thing out of use."""
    kind = kind_of_several(name)
    sent = form.into(ThingFields)
    no = refused(work, lambda: setup.retire(work, kind, sent.key, seen=sent.version))
    if no:
        return show_thing(request, work, kind, setup.read_one(work, kind, sent.key), no=no)
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
    answer = show_thing(
        request, work, kind, found, said=said, no=no, version=sent.version, more=sent.more
    )
    # What was refused is undone already. The pictures that came with it stay, as their names do.
    request_context_of(request).roll_back = False
    return answer


routes = [save_thing, retire_thing]
