"""Picking: a pick list taken, and scanned piece by piece."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import AfterValidator, Field

from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.validation import said_error
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form, FormFields, whole_number
from mainstem.web.rendering import language_of, redirect, render
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import SHIP, HttpRequest, HttpResponse, refused, said, show
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.desk.ship.fulfilment import API, BASE, page_of, url_of

PIECES_MAX = 1000


def _an_article(text: str) -> str:
    if not text:
        raise said_error("missing", "Scan an article or type its number.")
    return text


class Scan(Document):
    """Pieces of one article that were taken off the shelf."""

    code: Annotated[str, AfterValidator(_an_article)] = Field(
        title="Article", description="Its number or the bar code on it, as it is scanned."
    )
    quantity: int = Field(1, ge=1, le=PIECES_MAX, title="Pieces")
    picked: int | None = Field(
        None,
        ge=0,
        le=2**31,
        title="Counted before",
        description="How many pieces of the list were picked before this. Another number by now is"
        " refused, so that a scan is not counted twice.",
    )


def _start(work: Work, *, home: int, order: UUID, no: int) -> str | Told:
    """Take a pick list; whoever takes it owns it. To take one's own again changes nothing."""
    before = queries.fulfilment(work, home, order, no)
    if before.state == "picking" and before.picker == str(work.actor):
        return Told("The pick list is yours.", outcome="done_before")
    shipments.start_pick(work, (home, order, no))
    return "The pick list is yours."


def _scan(work: Work, body: Scan, *, home: int, order: UUID, no: int) -> Told:
    """Count pieces of an article as picked. With the last one the list is picked."""
    left = shipments.pick(
        work, (home, order, no), body.code, quantity=body.quantity, counted=body.picked
    )
    if not left:
        return Told("Everything is picked.", {"left": 0})
    return Told("Picked: {left} left.", {"left": left})


class ScanFields(FormFields):
    """A scan as the page sends it. The count that it was drawn with may be any text."""

    code: str = ""
    quantity: str = ""
    picked: str = ""


def _read(work: Work, form: Form, **_: Any) -> Scan:
    sent = form.into(ScanFields)
    counted = whole_number(sent.picked)
    return form.body(
        Scan,
        quantity=_pieces(sent.quantity),
        picked=(2**31 if counted is None else counted) if sent.picked else None,
    )


START = Command(
    name="start_picking",
    path=f"{API}/picking",
    page=f"{BASE}/picking",
    do=_start,
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)


SCAN = Command(
    name="pick_pieces",
    path=f"{API}/picks",
    page=f"{BASE}/picks",
    do=_scan,
    body=Scan,
    read=_read,
    example={"code": "KETTLE-1", "quantity": 2, "picked": 0},
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)


@form_of(START)
def start(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """Take a pick list. Taking one's own again only opens it."""
    key, target = (home, order, no), {"home": home, "order": order, "no": no}
    refusal = refused(work, lambda: START.sent(work, form, target))
    if refusal:
        return show(request, "desk/work.html", page_of(request, work, key), refusal)
    return redirect(request, url_of(key))


@form_of(SCAN)
def scan(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """One scan. `picked` is how many pieces the page had counted, so that a repeat is noticed."""
    key, target = (home, order, no), {"home": home, "order": order, "no": no}
    refusal = refused(work, lambda: SCAN.sent(work, form, target))
    language = language_of(request)
    page = page_of(request, work, key)
    if refusal:
        page.heard, page.heard_tone = said(language, refusal), "bad"
        if refusal.problems:
            page.heard = " ".join(problem.text(language.text) for problem in refusal.problems)
        if not page.scans:
            # The list is over, and the field with what it says is gone: it is said above the page.
            if request.headers.get("x-scan"):
                return redirect(request, url_of(key), notice=page.heard, tone="bad")
            page.error = page.heard
        return render(request, "desk/work.html", page, status=refusal.status)
    # An article may stand on several lines: what is heard is all of it.
    found = shipments.scanned_lines(page.lines, form.into(ScanFields).code)
    page.heard_tone = "good"
    page.heard = language.text("{sku}: {picked} of {quantity}").format(
        sku=found[0].sku,
        picked=sum(line.picked for line in found),
        quantity=sum(line.quantity for line in found),
    )
    if page.line is None:
        return redirect(request, url_of(key), notice=language.text("Everything is picked."))
    if request.headers.get("x-scan"):
        return render(request, "desk/work.html", page)
    return redirect(request, url_of(key), notice=page.heard)


def _pieces(text: str) -> int:
    if not text:
        return 1
    pieces = whole_number(text)
    if pieces is None or not 1 <= pieces <= PIECES_MAX:
        raise InvalidInput(Problem("/quantity", "invalid_field", "Count in whole pieces."))
    return pieces


commands = [START, SCAN]
routes = [start, scan]
