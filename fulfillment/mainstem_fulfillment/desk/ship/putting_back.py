"""What was canceled while it was picked goes back on the shelf."""

from __future__ import annotations

from uuid import UUID

from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import SHIP, HttpRequest, HttpResponse
from mainstem_fulfillment import shipments
from mainstem_fulfillment.desk.ship.fulfilment import API, BASE, url_of


def _put_back(work: Work, *, home: int, order: UUID, no: int) -> Told:
    """Say that what was canceled is back on the shelf. Said twice, it is the same."""
    pieces = shipments.put_back(work, (home, order, no))
    if not pieces:
        return Told("Confirmed: nothing had to go back on the shelf.", {"n": 0})
    return Told(
        "One piece is back on the shelf.", {"n": pieces}, many="{n} pieces are back on the shelf."
    )


PUT_BACK = Command(
    name="put_back_pieces",
    path=f"{API}/put-back",
    page=f"{BASE}/put-back",
    do=_put_back,
    scope="fulfillment:write",
    roles=SHIP,
    tag="Fulfilment",
)


@form_of(PUT_BACK)
def put_back(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    no: FromPath[int],
) -> HttpResponse:
    """What was canceled is back on the shelf. Said twice, it is the same."""
    said = PUT_BACK.sent(work, form, {"home": home, "order": order, "no": no})
    return redirect(request, url_of((home, order, no)), notice=said.words(language_of(request)))


commands = [PUT_BACK]
routes = [put_back]
