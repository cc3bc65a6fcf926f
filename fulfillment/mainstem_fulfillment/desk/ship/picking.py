"""Picking: a pick list taken, scanned piece by piece, and what goes back on the shelf."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.forms import Form, whole_number
from mainstem.web.rendering import language_of, redirect, render
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    refused,
    said,
    show,
)
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk import queries
from mainstem_fulfillment.desk.ship.fulfilment import BASE, page_of, url_of

PIECES_MAX = 1000


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
            return show(request, "desk/work.html", page_of(request, work, key), refusal)
    return redirect(request, url_of(key))


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
    line = next(line for line in page.lines if line.sku.upper() == code.upper())
    page.heard_tone = "good"
    page.heard = language.text("{sku}: {picked} of {quantity}").format(
        sku=line.sku, picked=line.picked, quantity=line.quantity
    )
    if page.line is None:
        return redirect(request, url_of(key), notice=language.text("Everything is picked."))
    if request.headers.get("x-scan"):
        return render(request, "desk/work.html", page)
    return redirect(request, url_of(key), notice=page.heard)


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
    return redirect(request, url_of(key), notice=words)


def _pieces(text: str) -> int:
    if not text:
        return 1
    pieces = whole_number(text)
    if pieces is None or not 1 <= pieces <= PIECES_MAX:
        raise InvalidInput(Problem("/quantity", "invalid_field", "Count in whole pieces."))
    return pieces


routes = [start, scan, put_back]
