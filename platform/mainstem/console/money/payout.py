"""One payout: what it pays, how it went, and what may be done about it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import payouts
from mainstem.console import queries
from mainstem.console.money.payouts import payouts_screen
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web import listing, payout_words
from mainstem.web.commands import Command, Told
from mainstem.web.listing import Listing
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    show,
)
from mainstem.web.staff.screen import Screen
from mainstem.web.staff.typed import Reason, Reference

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


class PayoutCancellation(Document):
    """Why a payout is canceled."""

    reason: Reason


class BankPayment(Document):
    """By which transfer our own bank has paid."""

    reference: Reference


def _retry(work: Work, *, home: int, payout: UUID) -> str:
    """Try a payout again that was held or failed."""
    payouts.retry(work, home, payout)
    return "The payout is tried again."


def _cancel(work: Work, body: PayoutCancellation, *, home: int, payout: UUID) -> str:
    """Cancel a payout that cannot be paid: what it was to pay is owed again."""
    payouts.cancel(work, home, payout, reason=body.reason)
    return "The payout is cancelled. The money is payable again."


def _confirm(work: Work, body: BankPayment, *, home: int, payout: UUID) -> str | Told:
    """Say that our own bank has paid it, under a reference. Said twice, it is booked once."""
    state = queries.payout_state(work, home, payout)
    if state == "paid":
        return Told("The payout is paid and booked.", outcome="done_before")
    if not payouts.confirm_bank(work, [(home, payout)], reference=body.reference):
        raise InvalidTransition("payout", state, "confirmed")
    return "The payout is paid and booked."


RETRY = Command(
    name="retry_payout",
    path=f"{PAYOUT}/retry",
    proof=MONEY_PROOF,
    do=_retry,
    scope="money:write",
    roles=MONEY,
    tag="Payouts",
)
CANCEL = Command(
    name="cancel_payout",
    path=f"{PAYOUT}/cancellation",
    proof=MONEY_PROOF,
    do=_cancel,
    body=PayoutCancellation,
    example={"reason": "Their bank has closed the account."},
    scope="money:write",
    roles=MONEY,
    tag="Payouts",
)
CONFIRM = Command(
    name="confirm_payout",
    path=f"{PAYOUT}/confirmation",
    proof=MONEY_PROOF,
    do=_confirm,
    body=BankPayment,
    example={"reference": "MB-2041"},
    scope="money:write",
    roles=MONEY,
    tag="Payouts",
)


def _back_to(view: str, *, says: bool = True) -> Callable[..., Screen]:
    """The payouts of one view, whichever of them the form was about."""
    url = f"/console/payouts?view={view}" if says else "/console/payouts"
    return lambda **_: payouts_screen(view, url)


commands = [RETRY, CANCEL, CONFIRM]
routes = [
    show_payout,
    form_route(RETRY, _back_to("held", says=False), refills=False),
    form_route(CANCEL, _back_to("held"), refills=False),
    form_route(CONFIRM, _back_to("bank"), refills=False),
]
