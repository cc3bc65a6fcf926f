"""Ship: what is to be picked, packed, handed over, and what is on its way."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.orders import local_day
from mainstem.web import listing
from mainstem.web.forms import Form, whole_number
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect, render
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    refused,
    said,
    show,
)
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.shipments import FulfilmentKey

QUEUES = {
    "pick": ("released", "assigned"),
    "picking": ("picking",),
    "pack": ("picked",),
    "hand-over": ("packed",),
    "parked": ("parked",),
}
PIECES_MAX = 1000


class Queue(Page, kw_only=True):
    """The list of open work; `queue` is the part of it that is shown."""

    queue: str
    rows: list[Any]
    listing: Listing
    counts: dict[str, int]
    pickers: dict[str, str]
    today: date


class Transit(Page, kw_only=True):
    """Parcels on their way."""

    queue: str
    rows: list[Any]
    listing: Listing
    counts: dict[str, int]
    today: date


class FulfilmentPage(Page, kw_only=True):
    """One fulfilment: `line` is the one to pick now, None when all are. `stops` are what was
    canceled while somebody had it in hand: first of all they go back on the shelf. `scans` says
    whether articles are scanned now."""

    it: Any
    url: str
    lines: list[Any]
    line: Any
    stops: list[Any]
    scans: bool
    picked: int
    pieces: int
    picker: str
    mine: bool
    carriers: list[str]
    heard: str = ""
    heard_tone: str = ""


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
        counts=_counts(work),
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


def _counts(work: Work) -> dict[str, int]:
    found = shipments.counts(work)
    counts = {
        name: sum(one.count for one in found if one.state in states)
        for name, states in QUEUES.items()
    }
    counts["put-back"] = sum(one.count for one in found if one.to_put_back)
    moving = work.value("SELECT count(*) FROM parcel WHERE state = 'in_transit'")
    return counts | {"all": sum(one.count for one in found), "transit": moving}


@get("/ship/transit", sync_to_thread=True)
def transit(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Parcels on their way, oldest first."""
    return _transit(request, work)


def _transit(request: HttpRequest, work: Work, no: Refused | None = None) -> HttpResponse:
    language = language_of(request)
    text = listing.text(
        request, "q", language.text("Client, number or parcel"), language.text("Name, tracking")
    )
    found = shipments.in_transit(work, text=text.value, cursor=listing.cursor_of(request))
    page = Transit(
        **layout_of(request, work, "ship"),
        queue="transit",
        rows=found.rows,
        listing=listing.build("/desk/ship/transit", found, text),
        counts=_counts(work),
        today=local_day(work, work.now()),
    )
    return show(request, "desk/transit.html", page, no)


@post("/ship/deliveries", sync_to_thread=True)
def deliver(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Say that the ticked parcels have arrived. Saying it again changes nothing."""
    keys = _keys(form.all("parcel"))
    if not keys:
        return _transit(request, work, NothingTicked())
    done = shipments.deliver(work, keys)
    language = language_of(request)
    words = language.count("One parcel is delivered.", "{n} parcels are delivered.", done)
    if done == 0:
        words = language.text("They were delivered already.")
    return redirect(request, "/desk/ship/transit", notice=words)


class NothingTicked(Refused):
    """No row was chosen."""

    code = "nothing_ticked"
    status = 422
    message = "Select the parcels that have arrived."


def _keys(sent: list[str]) -> list[FulfilmentKey]:
    keys = []
    for text in sent:
        try:
            said, order, nth = text.split(":")
            home, no = whole_number(said), whole_number(nth, digits=4)
            if home is None or no is None:
                raise ValueError
            keys.append((home, UUID(order), no))
        except ValueError:
            raise InvalidInput(
                Problem("/parcel", "invalid_field", "This is not one of the parcels.")
            ) from None
    return keys


# ------------------------------------------------------------------------- one fulfilment

BASE = "/ship/{home:int}/{order:uuid}/{no:int}"


@get(BASE, sync_to_thread=True)
def fulfilment(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """One fulfilment, at the step that is its turn."""
    return show(request, "desk/work.html", _page(request, work, (home, order, no)))


def _page(request: HttpRequest, work: Work, key: FulfilmentKey) -> FulfilmentPage:
    it = queries.fulfilment(work, *key)
    lines = shipments.contents(work, key)
    language = language_of(request)
    me = str(work.actor)
    return FulfilmentPage(
        **layout_of(request, work, "ship"),
        it=it,
        url=_url(key),
        lines=lines,
        line=next((line for line in lines if line.picked < line.quantity), None),
        stops=shipments.stops(work, key),
        scans=it.state == "picking" and it.order_state == "placed",
        picked=sum(line.picked for line in lines),
        pieces=sum(line.quantity for line in lines),
        picker=names_of(work, language, [it.picker or ""]).get(it.picker or "", ""),
        mine=it.picker == me,
        carriers=queries.carriers(work),
    )


def _url(key: FulfilmentKey) -> str:
    return f"/desk/ship/{key[0]}/{key[1]}/{key[2]}"


def _again(
    request: HttpRequest, work: Work, key: FulfilmentKey, no: Refused, form: Form | None = None
) -> HttpResponse:
    return show(request, "desk/work.html", _page(request, work, key), no, form)


@post(f"{BASE}/picking", sync_to_thread=True)
def start(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """Take a pick list. Taking one's own again only opens it."""
    key = (home, order, no)
    before = queries.fulfilment(work, *key)
    if before.state != "picking" or before.picker != str(work.actor):
        refusal = refused(work, lambda: shipments.start_pick(work, key))
        if refusal:
            return _again(request, work, key, refusal)
    return redirect(request, _url(key))


@post(f"{BASE}/picks", sync_to_thread=True)
def scan(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """One scan. `picked` is how many pieces the page had counted, so that a repeat is noticed."""
    key = (home, order, no)
    code = form["code"]

    def count() -> None:
        pieces = _pieces(form["quantity"])
        if not code:
            raise InvalidInput(Problem("/code", "missing", "Scan an article or type its number."))
        shipments.pick(work, key, code, quantity=pieces, counted=form["picked"] or None)

    refusal = refused(work, count)
    language = language_of(request)
    page = _page(request, work, key)
    if refusal:
        page.heard, page.heard_tone = said(language, refusal), "bad"
        if refusal.problems:
            page.heard = " ".join(problem.text(language.text) for problem in refusal.problems)
        if not page.scans:
            # The list is over, and the field with what it says is gone: it is said above the page.
            if request.headers.get("x-scan"):
                return redirect(request, _url(key), notice=page.heard, tone="bad")
            page.error = page.heard
        return render(request, "desk/work.html", page, status=refusal.status)
    line = next(line for line in page.lines if line.sku.upper() == code.upper())
    page.heard_tone = "good"
    page.heard = language.text("{sku}: {picked} of {quantity}").format(
        sku=line.sku, picked=line.picked, quantity=line.quantity
    )
    if page.line is None:
        return redirect(request, _url(key), notice=language.text("Everything is picked."))
    if request.headers.get("x-scan"):
        return render(request, "desk/work.html", page)
    return redirect(request, _url(key), notice=page.heard)


@post(f"{BASE}/put-back", sync_to_thread=True)
def put_back(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """What was canceled is back on the shelf. Said twice, it is the same."""
    key = (home, order, no)
    language = language_of(request)
    pieces = shipments.put_back(work, key)
    words = language.count(
        "One piece is back on the shelf.", "{n} pieces are back on the shelf.", pieces
    )
    if not pieces:
        words = language.text("Confirmed: nothing had to go back on the shelf.")
    return redirect(request, _url(key), notice=words)


def _pieces(text: str) -> int:
    if not text:
        return 1
    pieces = whole_number(text)
    if pieces is None or not 1 <= pieces <= PIECES_MAX:
        raise InvalidInput(Problem("/quantity", "invalid_field", "Count in whole pieces."))
    return pieces


@post(f"{BASE}/parcel", sync_to_thread=True)
def pack(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """Close the box: a carrier, and the number on its label."""
    key = (home, order, no)

    def close() -> None:
        problems = [
            Problem(f"/{name}", "missing", message)
            for name, message in (
                ("carrier", "Say who carries it."),
                ("tracking", "Scan or type the number on the label."),
            )
            if not form[name]
        ]
        if problems:
            raise InvalidInput(*problems)
        shipments.pack(work, key, carrier=form["carrier"][:60], tracking=form["tracking"][:80])

    refusal = refused(work, close)
    if refusal:
        return _again(request, work, key, refusal, form)
    return redirect(request, _url(key), notice=language_of(request).text("The box is closed."))


@post(f"{BASE}/handover", sync_to_thread=True)
def hand_over(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """The carrier has taken it."""
    key = (home, order, no)
    refusal = refused(work, lambda: shipments.hand_over(work, key))
    if refusal:
        return _again(request, work, key, refusal)
    number = queries.fulfilment(work, *key).number
    words = language_of(request).text("Order {number} is on its way.").format(number=number)
    return redirect(request, "/desk/ship?queue=hand-over", notice=words)


@post(f"{BASE}/delivery", sync_to_thread=True)
def delivered(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """The client has it. Said twice, it is the same."""
    key = (home, order, no)
    language = language_of(request)
    done = shipments.deliver(work, [key])
    parcel = queries.fulfilment(work, *key)
    if not done and parcel.parcel_state != "delivered":
        return _again(request, work, key, NotOnItsWay())
    words = "Delivered." if done else "They were delivered already."
    return redirect(request, _url(key), notice=language.text(words))


class NotOnItsWay(Refused):
    """Only what has left can arrive."""

    code = "not_on_its_way"
    message = "This parcel has not left yet, so it cannot have arrived."


routes = [queue, transit, deliver, fulfilment, start, scan, put_back, pack, hand_over, delivered]
