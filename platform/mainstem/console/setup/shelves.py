"""What lies where of one article: received, corrected for a reason, and every movement of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from pydantic import BeforeValidator

from mainstem.console.setup.words import CHOICES
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.web.forms import Form, FormFields
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    refused,
    show,
)
from mainstem_fulfillment import movements

SHELVES = "/console/setup/shelves"
TEMPLATE = "console/setup_shelves.html"


class Level(msgspec.Struct, frozen=True):
    """What lies at one location."""

    location: str
    on_hand: int
    reserved: int
    url: str


class Movement(msgspec.Struct, frozen=True):
    """What has come or gone: when, where, how many, why, and who said so."""

    at: datetime
    location: str
    pieces: str
    why: str
    reference: str
    who: str


class ShelvesPage(Page, kw_only=True):
    """One article on its shelves; without one, only the forms.

    `token` is the reference of a form that names none, so that sending it twice is harmless.
    """

    sku: str
    location: str
    name: str
    token: str
    levels: list[Level]
    locations: list[tuple[str, str]]
    reasons: list[tuple[str, str]]
    movements: list[Movement]


@get("/setup/shelves", sync_to_thread=True)
def shelves(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """One article on its shelves, and forms to receive and to correct."""
    sku, _, location = request.query_params.get("key", "").rpartition("@")
    return show(request, TEMPLATE, _page(request, work, sku, location))


def _pieces(text: str) -> int:
    """A whole number, with or without a sign; 0 for anything else."""
    said = text.strip().replace("\N{MINUS SIGN}", "-")
    return int(said) if re.fullmatch(r"[+-]?[0-9]{1,9}", said) else 0


class ShelfFields(FormFields):
    """A shelf, and the page that was sent."""

    sku: str = ""
    location: str = ""
    token: str = ""


class MovementFields(ShelfFields):
    """What is moved on a shelf, named by a reference or else by the page."""

    reference: str = ""

    @property
    def named(self) -> str:
        """What names the movement."""
        return self.reference or self.token


class ReceiptFields(MovementFields):
    """So many pieces came in."""

    pieces: Annotated[int, BeforeValidator(_pieces)] = 0


class CorrectionFields(MovementFields):
    """So many pieces more or fewer, and why."""

    delta: Annotated[int, BeforeValidator(_pieces)] = 0
    reason: str = ""


@post("/setup/shelves/receipt", sync_to_thread=True)
def receive(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Put received pieces on the shelf; the same reference again adds nothing."""

    def do() -> None:
        sent = form.into(ReceiptFields)
        pieces = sent.pieces
        if not 0 < pieces <= movements.PIECES_MAX:
            raise InvalidInput(Problem("/pieces", "out_of_range", "Say how many pieces came in."))
        goods = [(sent.sku, pieces)]
        movements.receive_named(work, sent.location, goods, reference=sent.named)

    return _done(request, work, form, refused(work, do), "Received.")


@post("/setup/shelves/correction", sync_to_thread=True)
def correct(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Correct a shelf by so many pieces, for a reason."""

    def do() -> None:
        sent = form.into(CorrectionFields)
        [shelf] = movements.named_shelves(work, sent.location, [sent.sku])
        movements.correct(work, shelf, sent.delta, reason=sent.reason, reference=sent.named)

    return _done(request, work, form, refused(work, do), "Corrected.")


def _done(
    request: HttpRequest, work: Work, form: Form, no: Refused | None, said: str
) -> HttpResponse:
    sent = form.into(ShelfFields)
    sku, location = sent.sku, sent.location
    if no:
        page = _page(request, work, sku, location, token=sent.token)
        return show(request, TEMPLATE, page, no, form)
    back = f"{SHELVES}?{urlencode({'key': f'{sku}@{location}'})}"
    return redirect(request, back, notice=language_of(request).text(said))


def _page(
    request: HttpRequest, work: Work, sku: str, location: str, *, token: str = ""
) -> ShelvesPage:
    language = language_of(request)
    return ShelvesPage(
        **layout_of(request, work, "setup"),
        sku=sku,
        location=location,
        name=_name(work, sku, language.locale),
        token=token or str(new_id()),
        levels=_levels(work, sku),
        locations=[
            (row.code, row.name)
            for row in work.rows(
                "SELECT code, name FROM location WHERE active ORDER BY position, code"
            )
        ],
        reasons=[(one, language.text(CHOICES[one])) for one in movements.REASONS],
        movements=_moved(request, work, sku),
    )


def _name(work: Work, sku: str, locale: str) -> str:
    found = work.value(
        """SELECT t.name FROM variant v JOIN product_text t USING (product_id)
            WHERE v.sku = %(sku)s ORDER BY t.locale <> %(locale)s, t.locale LIMIT 1""",
        sku=sku,
        locale=locale,
    )
    return str(found or "")


def _levels(work: Work, sku: str) -> list[Level]:
    rows = work.rows(
        """SELECT l.code, s.on_hand, s.reserved FROM stock_level s
             JOIN location l ON l.id = s.location_id JOIN variant v ON v.id = s.variant_id
            WHERE v.sku = %(sku)s ORDER BY l.position, l.code""",
        sku=sku,
    )
    return [
        Level(
            row.code,
            row.on_hand,
            row.reserved,
            f"/console/setup/stock/edit?{urlencode({'key': f'{sku}@{row.code}'})}",
        )
        for row in rows
    ]


def _moved(request: HttpRequest, work: Work, sku: str) -> list[Movement]:
    language = language_of(request)
    rows = movements.movements(work, sku)
    who = names_of(work, language, [row.actor for row in rows])
    return [
        Movement(
            at=row.at,
            location=row.location,
            pieces=f"{row.delta:+d}",
            why=language.text(CHOICES[row.reason]),
            reference=row.reference,
            who=who.get(row.actor, row.actor),
        )
        for row in rows
    ]


routes = [shelves, receive, correct]
