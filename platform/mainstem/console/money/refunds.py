"""Refunds that wait for somebody, page by page."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency

from mainstem import payments
from mainstem.console import lists, queries
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    names_of,
    reasons_of,
    refund_reason,
    said,
    show,
)


class Refunds(Page, kw_only=True):
    """What waits for a second person, and who is owed money that would not go back."""

    waiting: list[queries.ApprovalRow]
    rows: list[lists.OwedBack]
    barred: dict[UUID, str]
    """Why a refund cannot be tried again now, by its id."""
    who: dict[str, str]
    reasons: dict[str, str]
    why_refunded: dict[UUID, str]
    listing: Listing


@get("/refunds", sync_to_thread=True)
def refunds(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Refunds that failed, each to be tried again at its order or settled in another way."""
    waiting = queries.approvals_waiting(work)
    found = lists.owed_back(work, cursor=listing.cursor_of(request))
    page = Refunds(
        **layout_of(request, work, "money"),
        waiting=waiting,
        rows=found.rows,
        barred={
            row.id: said(language_of(request), no)
            for row in found.rows
            if (no := payments.chargeback_of(row.disputes))
        },
        reasons=reasons_of(language_of(request), [row.error for row in found.rows]),
        why_refunded={
            row.id: refund_reason(language_of(request), row.reason) for row in found.rows
        },
        who=names_of(work, language_of(request), [row.asked_by for row in waiting]),
        listing=listing.build("/console/refunds", found),
    )
    return show(request, "console/refunds.html", page)


routes = [refunds]
