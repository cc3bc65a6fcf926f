"""The holding tank: who joined without a sponsor, and waits for staff to place them."""

from __future__ import annotations

from litestar import get
from litestar.di import NamedDependency
from pydantic import Field

from mainstem import joining, sponsors
from mainstem.kit.documents import Document, Slug
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.sponsors import Waiting
from mainstem.web import listing
from mainstem.web.commands import Command
from mainstem.web.listing import Listing
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY, HttpRequest, HttpResponse, Page, layout_of
from mainstem.web.staff.screen import Screens
from mainstem.web.staff.typed import Reason

WAITING = 40


class HoldingTank(Page, kw_only=True):
    """Who waits to be placed. `days` is how long one waits; 0: nobody does."""

    rows: list[Waiting]
    listing: Listing
    days: int
    default_sponsor: str
    opens_setup: bool


class PlacementBody(Document):
    """Under whom, and why."""

    sponsor: Slug = Field(title="Sponsor", description="Their name in addresses.")
    reason: Reason


@get("/network/holding-tank", sync_to_thread=True)
def holding_tank(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Who waits to be placed."""
    return TANK.of().show(request, work)


def _tank(request: HttpRequest, work: Work) -> HoldingTank:
    found = sponsors.in_holding_tank(work, cursor=listing.cursor_of(request), most=WAITING)
    programme = joining.programme_of(work)
    layout = layout_of(request, work, "affiliates")
    return HoldingTank(
        **layout,
        rows=found.rows,
        listing=listing.build("/console/network/holding-tank", found),
        days=programme.holding_days,
        default_sponsor=programme.default_sponsor,
        opens_setup=any(section.key == "setup" for section in layout["console"].sections),
    )


def _place(work: Work, body: PlacementBody, *, id: int) -> str:
    """Give an affiliate who waits in the holding tank their sponsor, from now on."""
    sponsor = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=body.sponsor)
    if sponsor is None:
        no = "No affiliate is called {slug}."
        raise InvalidInput(Problem("/sponsor", "unknown", no, {"slug": body.sponsor}))
    sponsors.place(work, id, int(sponsor), reason=body.reason)
    return "Placed. They are in that team from now on."


PLACE = Command(
    name="place_affiliate", path="/affiliates/{id:int}/placement", page="/network/{id:int}/placement",
    do=_place, body=PlacementBody,
    example={"sponsor": "kulla", "reason": "They live in the same town."},
    scope="affiliates:write", roles=MONEY, tag="Affiliates",
)  # fmt: skip

TANK = Screens("console/network_waiting.html", _tank, lambda: "/console/network/holding-tank")
commands = [PLACE]
routes = [holding_tank, form_route(PLACE, lambda id: TANK.of())]
