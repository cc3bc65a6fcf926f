"""The forms of a shelf: pieces received, and pieces corrected for a reason."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlencode

from litestar import post
from litestar.di import NamedDependency
from pydantic import BeforeValidator

from mainstem.console.setup.shelves import SHELVES, TEMPLATE, shelves_page
from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.work import Work
from mainstem.web.forms import Form, FormFields
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.layout import HttpRequest, HttpResponse, refused, show
from mainstem_fulfillment import movements


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
        page = shelves_page(request, work, sku, location, token=sent.token)
        return show(request, TEMPLATE, page, no, form)
    back = f"{SHELVES}?{urlencode({'key': f'{sku}@{location}'})}"
    return redirect(request, back, notice=language_of(request).text(said))


routes = [receive, correct]
