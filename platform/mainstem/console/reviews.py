"""Orders that may be a participant's own purchase: the list of them, and what an order's page says."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem import earnings
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show

_WHY = {
    "payment_method": "Paid with the card or account of {affiliate}, as order {order} was.",
    "address": "Goes to an address of {affiliate}, as order {order} did.",
}
KINDS = {"payment_method": "Card or account", "address": "Address"}
EARNS = {
    "held": "Likely an affiliate's own purchase: no commission is credited before it is reviewed.",
    "released": "Reviewed: a sale to a real client. It earns commission.",
    "refused": "Reviewed: an affiliate's own purchase. It earns no commission.",
}


class Review(msgspec.Struct, frozen=True):
    """What an order's page says of its review."""

    state: str
    earns: str
    held_at: datetime
    reasons: list[str]
    decided_by: str
    decided_at: datetime | None
    reason: str


class Reviews(Page, kw_only=True):
    """All that waits for a look."""

    rows: list[earnings.OrderToReview]
    kinds: dict[str, str]


def review_in_words(
    language: Language, row: earnings.CommissionReview | None, who: dict[str, str]
) -> Review | None:
    """A review as its order's page shows it."""
    if row is None:
        return None
    reasons = [
        language.text(_WHY[one["kind"]]).format(
            affiliate=one["affiliate"], order=one["learned_from"]
        )
        for one in row.reasons
    ]
    decided_by = who.get(row.decided_by or "", row.decided_by or "")
    return Review(
        row.state,
        language.text(EARNS[row.state]),
        row.held_at,
        reasons,
        decided_by,
        row.decided_at,
        row.reason or "",
    )


@get("/reviews", sync_to_thread=True)
def reviews(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Orders whose commission is held, the longest first."""
    language = language_of(request)
    page = Reviews(
        **layout_of(request, work, "money"),
        rows=earnings.waiting(work),
        kinds={kind: language.text(label) for kind, label in KINDS.items()},
    )
    return show(request, "console/reviews.html", page)


routes = [reviews]
