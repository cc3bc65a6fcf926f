"""A move is asked for: looked at first, with who gains and loses what, and then requested with its reason."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem import network, sponsors
from mainstem.console.network.tree import NODE
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.network import Standing
from mainstem.sponsors import Preview
from mainstem.web.commands import Command, Told
from mainstem.web.rendering import language_of
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY, HttpRequest, HttpResponse, Page, layout_of, said
from mainstem.web.staff.screen import Screens
from mainstem.web.staff.typed import Reason


class MoveForm(Page, kw_only=True):
    """Where somebody is to move, and what that would change."""

    it: Standing
    members: int
    sponsor: str
    without_sponsor: bool
    preview: Preview | None
    why_not: str
    tomorrow_or_later: date


class MoveBody(Document):
    """Under whom, from when, and why."""

    sponsor: str = Field(
        "",
        title="New sponsor",
        description="Their name in addresses. They and all below move there.",
    )
    without_sponsor: bool = Field(
        False, title="Under nobody", description="They stand first in a tree of their own."
    )
    on: date | None = Field(
        None,
        title="From",
        description="The day on which they move. None: as soon as it is approved.",
    )
    reason: Reason


def _new_sponsor(work: Work, slug: str, *, without_sponsor: bool) -> int | None:
    if without_sponsor:
        return None
    if not slug:
        raise InvalidInput(Problem("/sponsor", "missing", "Say whose team they are to be in."))
    id = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=slug)
    if id is None:
        no = "No affiliate is called {slug}."
        raise InvalidInput(Problem("/sponsor", "unknown", no, {"slug": slug}))
    return int(id)


@get("/network/{id:int}/move", sync_to_thread=True)
def move(request: HttpRequest, work: NamedDependency[Work], id: FromPath[int]) -> HttpResponse:
    """Where somebody is to move, and what that would change."""
    return MOVE.of(id).show(request, work)


def _form(request: HttpRequest, work: Work, id: int) -> MoveForm:
    language, asked = language_of(request), request.query_params
    slug, nobody = asked.get("sponsor", "")[:80].strip(), asked.get("without_sponsor") == "yes"
    found: Preview | None = None
    why_not = ""
    if slug or nobody:
        try:
            found = sponsors.preview(work, id, _new_sponsor(work, slug, without_sponsor=nobody))
        except InvalidInput as no:
            why_not = no.problems[0].text(language.text)
        except Refused as no:
            why_not = said(language, no)
    return MoveForm(
        **layout_of(request, work, "affiliates"),
        it=network.standing(work, id),
        members=network.team_size(work, id),
        sponsor=slug,
        without_sponsor=nobody,
        preview=found,
        why_not=why_not,
        tomorrow_or_later=work.now().astimezone(work.tools.zone).date(),
    )


def _ask(work: Work, body: MoveBody, *, id: int) -> Told:
    """Ask for an affiliate and everybody below to move under another sponsor, or under nobody. Nothing
    moves until a second person has approved it, and nothing in the past changes."""
    under = _new_sponsor(work, body.sponsor, without_sponsor=body.without_sponsor)
    sponsors.ask(work, id, under, reason=body.reason, on=body.on)
    return Told("Requested. A colleague has to approve it.", outcome="needs_approval")


def _withdraw(work: Work, *, move: UUID) -> str:
    """Ask no more for a move that has not been carried out: only whoever has asked may withdraw it."""
    sponsors.withdraw(work, move)
    return "Withdrawn. Nobody moves."


ASK = Command(
    name="request_sponsor_move", path="/affiliates/{id:int}/sponsor-move",
    page="/network/{id:int}/move", do=_ask, body=MoveBody,
    example={"sponsor": "kulla", "reason": "They work in one town, and have agreed on it."},
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip
WITHDRAW = Command(
    name="withdraw_sponsor_move", path="/network/moves/{move:uuid}/withdrawal", do=_withdraw,
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip


MOVE = Screens("console/network_move.html", _form, "/console/network/{}".format)
commands = [ASK, WITHDRAW]
routes = [move, form_route(ASK, lambda id: MOVE.of(id))]
__all__ = ["NODE", "WITHDRAW", "commands", "routes"]
