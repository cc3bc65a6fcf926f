"""One payout: what it pays, how it went, and what may be done about it."""

from __future__ import annotations

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import payouts
from mainstem.console import queries
from mainstem.console.money.payouts import payouts_screen
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web import listing, payout_words
from mainstem.web.forms import Form
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    show,
)
from mainstem.web.staff.typed import reason_in, reference_in

PAYOUT = "/payouts/{home:int}/{payout:uuid}"


class PayoutPage(Page, kw_only=True):
    """One payout, how its amount arose, and what it pays."""

    it: payouts.PayoutContents
    name: str
    provider: str
    sums: list[tuple[str, Money]]
    rows: list[payout_words.LineView]
    listing: Listing


@get(PAYOUT, sync_to_thread=True)
def show_payout(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], payout: FromPath[UUID]
) -> HttpResponse:
    """One payout, and every movement that it pays."""
    language = language_of(request)
    it = payouts.contents_of(work, home, payout)
    found = payouts.lines_of(work, it, cursor=listing.cursor_of(request))
    page = PayoutPage(
        **layout_of(request, work, "money"),
        it=it,
        name=queries.affiliate(work, home).name,
        provider=language.text(labels.PROVIDERS[it.provider]),
        sums=payout_words.sums_of(language, it),
        rows=payout_words.rows_of(
            language,
            found.rows,
            lambda home, id: f"/console/orders/{home}/{id}",
            with_reasons=True,
        ),
        listing=listing.build(f"/console/payouts/{home}/{it.id}", found),
    )
    return show(request, "console/payout.html", page)


@post(f"{PAYOUT}/retry", sync_to_thread=True)
def retry(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], payout: FromPath[UUID]
) -> HttpResponse:
    """Try again what was held or failed."""
    return payouts_screen("held").do(
        request,
        work,
        lambda: payouts.retry(work, home, payout),
        "The payout is tried again.",
    )


@post(f"{PAYOUT}/cancellation", sync_to_thread=True)
def cancel(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    payout: FromPath[UUID],
) -> HttpResponse:
    """Cancel a payout that cannot be paid: what it was to pay is owed again."""
    return payouts_screen("held", "/console/payouts?view=held").do(
        request,
        work,
        lambda: payouts.cancel(work, home, payout, reason=reason_in(form)),
        "The payout is cancelled. The money is payable again.",
    )


@post(f"{PAYOUT}/confirmation", sync_to_thread=True)
def confirm(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    payout: FromPath[UUID],
) -> HttpResponse:
    """Our own bank has paid it, under a reference. Said twice, it is booked once."""

    def do() -> str:
        row = queries.payout(work, home, payout)
        if row.state != "paid" and not payouts.confirm_bank(
            work, [(home, payout)], reference=reference_in(form)
        ):
            raise InvalidTransition("payout", row.state, "confirmed")
        return "The payout is paid and booked."

    return payouts_screen("bank", "/console/payouts?view=bank").act(request, work, do)


routes = [show_payout, retry, cancel, confirm]
