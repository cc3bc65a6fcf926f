"""One fulfilment, at the step that is its turn."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
)
from mainstem.web.staff.screen import Screen, Screens
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.shipments import FulfilmentKey


class FulfilmentPage(Page, kw_only=True):
    """One fulfilment: `line` is the one to pick now, None when all are. `stops` are what was
    canceled while somebody had it in hand: first of all they go back on the shelf. `scans` says
    whether articles are scanned now."""

    it: queries.FulfilmentDetails
    url: str
    lines: list[shipments.PickLine]
    line: shipments.PickLine | None
    stops: list[shipments.StopLine]
    scans: bool
    picked: int
    pieces: int
    picker: str
    mine: bool
    carriers: list[str]
    heard: str = ""
    heard_tone: str = ""


BASE = "/ship/{home:int}/{order:uuid}/{no:int}"
API = "/fulfilments/{home:int}/{order:uuid}/{no:int}"
"""Where a program finds it."""


@get(BASE, sync_to_thread=True)
def fulfilment(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """One fulfilment, at the step that is its turn."""
    return FULFILMENT.of((home, order, no)).show(request, work)


def page_of(request: HttpRequest, work: Work, key: FulfilmentKey) -> FulfilmentPage:
    """The fulfilment, at its step."""
    it = queries.fulfilment(work, *key)
    lines = shipments.contents(work, key)
    language = language_of(request)
    me = str(work.actor)
    return FulfilmentPage(
        **layout_of(request, work, "ship"),
        it=it,
        url=url_of(key),
        lines=lines,
        line=next((line for line in lines if line.picked < line.quantity), None),
        stops=shipments.stops(work, key),
        scans=it.state == "picking" and it.order_state == "placed",
        picked=sum(line.picked for line in lines),
        pieces=sum(line.quantity for line in lines),
        picker=names_of(work, language, [it.picker or ""]).get(it.picker or "", ""),
        mine=it.picker == me,
        carriers=[*filter(None, dict.fromkeys([it.chosen_carrier, *queries.carriers(work)]))],
    )


def url_of(key: FulfilmentKey) -> str:
    """Where the fulfilment's page is."""
    return f"/desk/ship/{key[0]}/{key[1]}/{key[2]}"


FULFILMENT = Screens("desk/work.html", page_of, url_of)


def of_fulfilment(home: int, order: UUID, no: int) -> Screen:
    """The page of the fulfilment that an address names."""
    return FULFILMENT.of((home, order, no))


routes = [fulfilment]
