"""The queues of the warehouse: what is to be picked, packed and handed over."""

from __future__ import annotations

from datetime import date

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem.kit.work import Work
from mainstem.orders import local_day
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    show,
)
from mainstem_fulfillment import shipments

QUEUES = {
    "pick": ("released", "assigned"),
    "picking": ("picking",),
    "pack": ("picked",),
    "hand-over": ("packed",),
    "parked": ("parked",),
}


class Queue(Page, kw_only=True):
    """The list of open work; `queue` is the part of it that is shown."""

    queue: str
    rows: list[shipments.ToDo]
    listing: Listing
    counts: dict[str, int]
    pickers: dict[str, str]
    today: date


@get("/ship", sync_to_thread=True)
def queue(
    request: HttpRequest, work: NamedDependency[Work], queue: FromQuery[str] = "pick"
) -> HttpResponse:
    """Open work, what was promised first comes first."""
    queue = queue if queue in (*QUEUES, "put-back", "all") else "pick"
    text, place = _narrows(request, work)
    found = shipments.to_do(
        work,
        states=QUEUES.get(queue),
        to_put_back=queue == "put-back",
        location=int(place.value) if place.value else None,
        text=text.value,
        cursor=listing.cursor_of(request),
    )
    page = Queue(
        **layout_of(request, work, "ship"),
        queue=queue,
        rows=found.rows,
        listing=listing.build("/desk/ship", found, text, place, queue=queue),
        counts=counts_of(work),
        pickers=names_of(work, language_of(request), [row.picker or "" for row in found.rows]),
        today=local_day(work, work.now()),
    )
    return show(request, "desk/queue.html", page)


def _narrows(request: HttpRequest, work: Work) -> tuple[listing.FilterField, listing.FilterField]:
    language = language_of(request)
    places = work.rows("SELECT id, name FROM location ORDER BY position, id")
    return (
        listing.text(
            request, "q", language.text("Client or number"), language.text("Name, order's number")
        ),
        listing.choice(
            request,
            "from",
            language.text("From"),
            [("", language.text("Any")), *((str(row.id), row.name) for row in places)],
        ),
    )


def counts_of(work: Work) -> dict[str, int]:
    """How many fulfilments stand in each queue."""
    found = shipments.counts(work)
    counts = {
        name: sum(one.count for one in found if one.state in states)
        for name, states in QUEUES.items()
    }
    counts["put-back"] = sum(one.count for one in found if one.to_put_back)
    moving = work.value("SELECT count(*) FROM parcel WHERE state = 'in_transit'")
    return counts | {"all": sum(one.count for one in found), "transit": moving}


routes = [queue]
