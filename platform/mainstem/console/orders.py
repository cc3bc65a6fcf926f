"""Orders: one page that says everything about an order, and what may be done with it."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import orders, payments
from mainstem.commissions import decide as decide_review
from mainstem.commissions import queries as commissions
from mainstem.commissions import review_of
from mainstem.commissions.queries import payable_on
from mainstem.console import lists, queries
from mainstem.console.reviews import Review, review_in_words
from mainstem.kit.errors import InvalidInput, InvalidTransition, Problem, Refused
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import lock
from mainstem.plan import tell
from mainstem.web import listing
from mainstem.web.forms import Form
from mainstem.web.guards import staff
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff import words as labels
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.layout import (
    MONEY,
    SERVICE,
    SHIP,
    Event,
    HttpRequest,
    HttpResponse,
    Page,
    fact_in_words,
    layout_of,
    names_of,
    reader_of,
    reasons_of,
    refund_reason,
    refused,
    said,
    show,
    tone_of,
)

REASON_MAX = 500


class RefundedMeanwhile(Refused):
    """Something was given back since the page was drawn."""

    code = "refunded_meanwhile"
    message = "Something was refunded since this page was loaded. Check what is left, then decide."


class NothingLeft(Refused):
    """All of it has gone back, or nothing ever came."""

    code = "nothing_left"
    message = "There is nothing left to refund."


class AllHasLeft(Refused):
    """What has left is given back by a refund, not canceled."""

    code = "all_has_left"
    message = "All of it is shipped already. Refund what is returned instead."


class LeftMeanwhile(Refused):
    """Something has left since the reader was asked whether it still goes."""

    code = "left_meanwhile"
    message = "Something was shipped since this page was loaded. Check what is left, then decide."


class Orders(Page, kw_only=True):
    """Orders, page by page."""

    rows: list[Any]
    listing: Listing
    payment: dict[str, tuple[str, str]]
    fulfillment: dict[str, tuple[str, str]]


class Commission(msgspec.Struct, frozen=True):
    """One movement of one level, in words."""

    level: int
    name: str
    url: str
    kind: str
    amount: Money
    explanation: str
    payable_on: date | None


class Candidate(msgspec.Struct, frozen=True):
    """One place or team that could have done it, and why it was taken or not."""

    name: str
    chosen: bool
    could: str
    why: str


class Decision(msgspec.Struct, frozen=True):
    """Why here."""

    title: str
    reason: str
    who: str
    at: Any
    candidates: list[Candidate]


class ActionState(msgspec.Struct, frozen=True):
    """An action: open, or closed with its reason."""

    allowed: bool
    why: str


class LineView(msgspec.Struct, frozen=True):
    """A line with its amounts; line 0 is the delivery."""

    no: int
    sku: str
    name: str
    kind: str
    quantity: int
    canceled: int
    shipped: int
    delivered: int
    unit: Money
    total: Money
    refunded: Money
    left: Money
    here: int
    """How many pieces have not left and are not canceled."""


class Approval(msgspec.Struct, frozen=True):
    """A request that a second person answers, or has answered."""

    id: UUID
    kind: str
    state: tuple[str, str]
    amount: Money
    reason: str
    reference: str
    words: str
    asked_by: str
    asked_at: Any
    decided_by: str
    decided_at: Any
    waits: bool
    mine: bool


class OrderPage(Page, kw_only=True):
    """Everything about one order."""

    order: Any
    url: str
    payment: tuple[str, str]
    fulfillment: tuple[str, str]
    attributed: str
    earns: str
    review: Review | None
    lines: list[LineView]
    sums: list[tuple[str, Money]]
    left: Money
    asked_minor: int
    still: int
    is_late: bool
    approvals: list[Approval]
    may_approve: bool
    alone: Money | None
    payments: list[Any]
    payment_states: dict[str, tuple[str, str]]
    providers: dict[str, str]
    refunds: list[Any]
    refund_states: dict[str, tuple[str, str]]
    disputes: list[Any]
    dispute_states: dict[str, tuple[str, str]]
    reasons: dict[str, str]
    why_refunded: dict[str, str]
    commissions: list[Commission]
    commission_total: Money
    parcels: list[Any]
    jobs: list[Any]
    decisions: list[Decision]
    timeline: list[Event]
    who: dict[str, str]
    cancel: ActionState
    refund: ActionState
    opens_desk: bool
    opens_jobs: bool
    opens_money: bool


@get("/orders", sync_to_thread=True)
def list_orders(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Orders, newest first unless asked otherwise."""
    language = language_of(request)
    text = language.text
    any_ = [("", text("Any"))]
    words = listing.text(
        request, "q", text("Client, number or parcel"), text("Name, phone, e-mail, number")
    )
    state = listing.choice(
        request,
        "state",
        text("State"),
        any_ + [(key, text(name)) for key, name in labels.ORDER_STATES.items()],
    )
    payment = listing.choice(
        request,
        "payment",
        text("Refunded"),
        any_ + [(key, text(labels.PAYMENT[key][0])) for key in lists.MONEY_BACK],
    )
    shop, shop_id = _storefront(request, work)
    currency = listing.choice(
        request,
        "currency",
        text("Currency"),
        any_ + [(code, code) for code in lists.currencies(work)],
    )
    days = listing.period(request, language)
    sort = listing.choice(
        request,
        "sort",
        text("Sort by"),
        [("newest", text("Newest first")), ("oldest", text("Oldest first"))],
    )
    since, until = listing.instants(days, work.tools.zone)
    found = lists.orders(
        work,
        state=state.value,
        payment=payment.value,
        storefront=shop_id,
        currency=currency.value,
        since=since,
        until=until,
        text=words.value,
        sorting=lists.ORDER_SORTINGS[sort.value],
        cursor=listing.cursor_of(request),
    )
    page = Orders(
        **layout_of(request, work, "orders"),
        rows=found.rows,
        listing=listing.build(
            "/console/orders", found, words, state, payment, shop, currency, *days, sort
        ),
        payment=_labelled(language, labels.PAYMENT),
        fulfillment=_labelled(language, labels.FULFILLMENT),
    )
    return show(request, "console/orders.html", page)


def _storefront(request: HttpRequest, work: Work) -> tuple[listing.FilterField, int | None]:
    """The field for a storefront, chosen while they are few and named when they are many."""
    language, name = language_of(request), "storefront"
    shops = lists.storefronts(work)
    if len(shops) <= lists.CHOICES_MAX:
        options = [("", language.text("Any")), *((str(row.id), row.name) for row in shops)]
        chosen = listing.choice(request, name, language.text("Storefront"), options)
        return chosen, int(chosen.value) if chosen.value else None
    named = listing.text(request, name, language.text("Storefront"), language.text("Its name"))
    # A name that nobody has is nobody's storefront, not everybody's.
    return named, (lists.storefront_named(work, named.value) or 0) if named.value else None


def _labelled(language: Any, states: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {state: (language.text(label), tone) for state, (label, tone) in states.items()}


BASE = "/orders/{home:int}/{order:uuid}"


@get(BASE, sync_to_thread=True)
def order(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], order: FromPath[UUID]
) -> HttpResponse:
    """One order."""
    return show(request, "console/order.html", _page(request, work, home, order))


def _page(request: HttpRequest, work: Work, home: int, order_id: UUID) -> OrderPage:
    language, identity = language_of(request), reader_of(request)
    order = queries.order(work, home, order_id)
    currency = order.currency
    found_payments = queries.payments_of(work, home, order_id)
    refunds = queries.refunds_of(work, home, order_id)
    disputes = queries.disputes_of(work, home, order_id)
    jobs = queries.jobs_of(work, home, order_id)
    approvals = queries.approvals_of(work, home, order_id)
    parcels = queries.parcels_of(work, home, order_id)
    routing = queries.routing_of(work, home, order_id)
    movements = commissions.of_order(work, home, order_id)
    subjects = [
        str(order_id),
        *(str(row.id) for row in (*found_payments, *refunds, *disputes, *approvals)),
        *(f"{order_id}:{row.no}" for row in parcels),
        *(f"{order_id}/{row.line_no}" for row in jobs),
    ]
    facts = queries.facts_of(work, home, subjects)
    actors = [*(f.actor for f in facts), *(r.actor for r in refunds), *(d.actor for d in routing)]
    actors += [actor for row in approvals for actor in (row.asked_by, row.decided_by or "")]
    review = review_of(work, home, order_id)
    actors += [review.decided_by or ""] if review else []
    who = names_of(work, language, [*actors, *(row.picker or "" for row in parcels)])
    why_refunded = {str(row.id): refund_reason(language, row.reason) for row in refunds}
    reasons = {str(row.id): row.reason for row in approvals} | why_refunded
    places = queries.places(work) if routing else {}
    asked = _asked_minor(refunds)
    taken = max(0, sum(row.withdrawn_minor for row in disputes))
    left = max(0, order.paid_minor - asked - taken)
    lines = queries.order_lines(work, home, order_id)
    still = _still_here(lines)
    return OrderPage(
        **layout_of(request, work, "orders"),
        order=order,
        url=_url(home, order_id),
        payment=_labelled(language, labels.PAYMENT)[order.payment_status],
        fulfillment=_labelled(language, labels.FULFILLMENT)[order.fulfillment_status],
        attributed=language.text(labels.ATTRIBUTED[order.attributed_by]),
        earns=language.text(
            labels.EARNS_NOTHING
            if order.state in ("canceled", "expired")
            else labels.EARNS.get(order.earns_reason, order.earns_reason)
        ),
        review=review_in_words(language, review, who),
        lines=[
            LineView(
                row.line_no,
                row.sku,
                row.name or language.text("Delivery"),
                row.kind,
                row.quantity,
                row.canceled,
                row.shipped,
                row.delivered,
                Money(row.unit_minor, currency),
                Money(row.total_minor, currency),
                Money(row.refunded_minor, currency),
                Money(max(0, min(row.total_minor - row.asked_minor, left)), currency),
                row.quantity - row.canceled - row.shipped if row.line_no else 0,
            )
            for row in lines
        ],
        sums=_sums(language, order),
        left=Money(left, currency),
        asked_minor=asked,
        still=still,
        is_late=_is_waited_for(order)
        and orders.is_late(order.promised_on, work.now(), work.tools.zone),
        approvals=[_approval(language, row, who, str(work.actor)) for row in approvals],
        may_approve=identity.may(*orders.MAY_APPROVE),
        alone=_alone(work, currency),
        payments=found_payments,
        payment_states=_labelled(language, labels.PAYMENT_STATES),
        providers={name: language.text(label) for name, label in labels.PROVIDERS.items()},
        refunds=refunds,
        refund_states=_labelled(language, labels.REFUND_STATES),
        disputes=disputes,
        dispute_states=_labelled(language, labels.DISPUTES),
        reasons=reasons_of(language, [row.error for row in refunds]),
        why_refunded=why_refunded,
        commissions=[
            Commission(
                row.level,
                row.beneficiary,
                f"/console/affiliates/{row.beneficiary_id}",
                row.kind,
                Money(row.amount_minor, row.currency),
                tell(row.explanation, language),
                payable_on(row.held_until),
            )
            for row in movements
        ],
        commission_total=Money(sum(row.amount_minor for row in movements), currency),
        parcels=parcels,
        jobs=jobs,
        decisions=[_decision(language, row, who, places) for row in routing],
        timeline=[
            Event(
                at=fact.happened_at,
                text=fact_in_words(language, fact.name),
                who=who.get(fact.actor, fact.actor),
                tone=tone_of(fact.name),
                reason=reasons.get(fact.subject),
            )
            for fact in facts
        ],
        who=who,
        cancel=_action_state(language, _why_not_cancel(order, still)),
        refund=_action_state(language, _why_not_refund(left, found_payments, disputes)),
        opens_desk=identity.may(*SHIP),
        opens_jobs=identity.may(*SERVICE),
        opens_money=identity.may(*MONEY),
    )


def _is_waited_for(order: Any) -> bool:
    """Whether the client still waits for something of it."""
    return order.state == "placed" and order.fulfillment_status not in ("delivered", "canceled")


def _alone(work: Work, currency: str) -> Money | None:
    """What the reader may send back alone; None for whoever may not at all."""
    try:
        return orders.limit_of(work, currency)
    except Refused:
        return None


def _approval(language: Any, row: Any, who: dict[str, str], me: str) -> Approval:
    return Approval(
        row.id,
        row.kind,
        _labelled(language, labels.APPROVAL_STATES)[row.state],
        row.amount,
        row.reason,
        row.reference or "",
        row.words,
        who.get(row.asked_by, row.asked_by),
        row.asked_at,
        who.get(row.decided_by or "", ""),
        row.decided_at,
        row.state == "needs_approval",
        row.asked_by == me,
    )


def _url(home: int, order_id: UUID) -> str:
    return f"/console/orders/{home}/{order_id}"


def _asked_minor(refunds: list[Any]) -> int:
    """What has been asked back and may still go: a refund that failed counts no more."""
    return sum(
        row.amount_minor for row in refunds if row.state in ("requested", "submitted", "succeeded")
    )


def _sums(language: Any, order: Any) -> list[tuple[str, Money]]:
    def line(label: str, minor: int) -> tuple[str, Money]:
        return language.text(label), Money(minor, order.currency)

    sums = [line("Total", order.total_minor), line("of which tax", order.tax_minor)]
    sums.append(line("Paid", order.paid_minor))
    if order.refunded_minor:
        sums.append(line("Refunded", -order.refunded_minor))
    if order.unallocated_minor:
        sums.append(line("of which without a line", -order.unallocated_minor))
    if order.disputed_minor:
        sums.append(line("Taken by disputes", -order.disputed_minor))
    kept = order.paid_minor - order.refunded_minor - order.disputed_minor
    return [*sums, line("Kept", kept)]


def _still_here(lines: list[Any]) -> int:
    """How many pieces are still to leave or to be performed."""
    return sum(row.quantity - row.canceled - row.shipped for row in lines if row.line_no)


def _why_not_cancel(order: Any, still: int) -> Refused | None:
    if order.state not in ("pending", "placed"):
        return InvalidTransition("order", order.state, "canceled")
    return AllHasLeft() if not still else None


def _why_not_refund(left: int, paid: list[Any], disputes: list[Any]) -> Refused | None:
    if left <= 0:
        return NothingLeft()
    if any(row.state == "captured" and row.provider != "stripe" for row in paid):
        return None
    return payments.chargeback_of([row.status for row in disputes])


def _action_state(language: Any, no: Refused | None) -> ActionState:
    return ActionState(no is None, said(language, no) if no else "")


def _decision(language: Any, row: Any, who: dict[str, str], places: dict[str, str]) -> Decision:
    goods = row.kind == "goods"
    candidates = [
        Candidate(
            places.get(one["location" if goods else "team"], one["location" if goods else "team"]),
            one["why"] == "chosen",
            _could(language, one)
            if goods
            else language.text("Half hours booked: {n}").format(n=one["booked_half_hours"]),
            language.text(labels.CANDIDATE.get(one["why"], one["why"])),
        )
        for one in row.candidates
    ]
    title = language.text("Goods from {place}" if goods else "Service by {place}")
    chosen = ", ".join(one.name for one in candidates if one.chosen)
    return Decision(
        title.format(place=chosen or language.text("nobody")),
        language.text(labels.ROUTED.get(row.reason, row.reason)),
        who.get(row.actor, row.actor),
        row.decided_at,
        candidates,
    )


def _could(language: Any, one: dict[str, Any]) -> str:
    """What a location could give: whole lines, or pieces where the order had to be split."""
    if "pieces" in one:
        told = language.text("{pieces} of {of} pieces")
        return str(told.format(pieces=one["pieces"], of=one["of_pieces"]))
    if one["why"] == "chosen" and one["lines"] < one["of"]:
        return str(language.text("A part of it"))
    return str(language.text("{lines} of {of} lines").format(lines=one["lines"], of=one["of"]))


# ------------------------------------------------------------------------- actions


@post(f"{BASE}/cancellation", sync_to_thread=True)
def cancel(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
) -> HttpResponse:
    """Cancel what has not left of an order; what was paid for it goes back."""

    waits = False

    def do() -> None:
        nonlocal waits
        waits = orders.cancel(work, home, order, reason=reason_in(form)) == "needs_approval"

    no = refused(work, do)
    if no:
        return show(request, "console/order.html", _page(request, work, home, order), no, form)
    found = queries.order(work, home, order)
    words = "The order is cancelled. What was paid is refunded."
    if waits:
        words = "A colleague has to approve it. Until then nothing moves."
    elif found.state == "canceled" and found.payment_status == "disputed":
        words = (
            "The order is cancelled. The client's bank has the money: it is refunded if the"
            " chargeback is won."
        )
    elif found.state != "canceled":
        words = "What was not shipped is cancelled. What was paid for it is refunded."
    return redirect(request, _url(home, order), notice=language_of(request).text(words))


@post(f"{BASE}/links/withdrawal", sync_to_thread=True)
def withdraw_links(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], order: FromPath[UUID]
) -> HttpResponse:
    """Close every link to the client's page; by number and e-mail the client gets a new one."""
    orders.withdraw_links(work, home, order)
    said = "No earlier link opens the client's page any more."
    return redirect(request, _url(home, order), notice=language_of(request).text(said))


@post(f"{BASE}/refunds/{{refund:uuid}}/retry", sync_to_thread=True, guards=[staff(*MONEY)])
def retry_refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    refund: FromPath[UUID],
) -> HttpResponse:
    """Try a refund again that failed."""
    no = refused(work, lambda: payments.retry_refund(work, home, refund))
    if no:
        return show(request, "console/order.html", _page(request, work, home, order), no)
    words = language_of(request).text("The refund is tried again.")
    return redirect(request, _url(home, order), notice=words)


@post(f"{BASE}/refunds/{{refund:uuid}}/settlement", sync_to_thread=True, guards=[staff(*MONEY)])
def settle_refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    refund: FromPath[UUID],
) -> HttpResponse:
    """Our own bank has paid what a failed refund was to give: close it."""
    outcome = ""

    def do() -> None:
        nonlocal outcome
        outcome = orders.settle_by_bank(
            work, home, refund, reason=reason_in(form), reference=reference_in(form)
        )

    no = refused(work, do)
    words = "The refund is closed: the bank has paid it."
    if outcome == "needs_approval":
        words = "A colleague has to approve it. Until then nothing moves."
    return _answered(request, work, home, order, no, words)


@post(f"{BASE}/payments/{{payment:uuid}}/retry", sync_to_thread=True, guards=[staff(*MONEY)])
def retry_duplicate_refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    payment: FromPath[UUID],
) -> HttpResponse:
    """Request the refund of a duplicate payment again."""
    no = refused(work, lambda: payments.request_duplicate_refund(work, home, payment))
    if no:
        return show(request, "console/order.html", _page(request, work, home, order), no)
    words = language_of(request).text("The refund is requested again.")
    return redirect(request, _url(home, order), notice=words)


APPROVAL = f"{BASE}/approvals/{{approval:uuid}}"


@post(f"{APPROVAL}/approval", sync_to_thread=True)
def approve(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """The second person says yes."""
    asked = {row.id: row.kind for row in queries.approvals_of(work, home, order)}
    no = refused(work, lambda: orders.approve(work, home, approval))
    words = "Approved. The refund is requested."
    if asked.get(approval) == "settlement":
        words = "The refund is closed: the bank has paid it."
    return _answered(request, work, home, order, no, words)


@post(f"{APPROVAL}/denial", sync_to_thread=True)
def deny(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """The second person says no, and why."""
    no = refused(work, lambda: orders.deny(work, home, approval, words=reason_in(form)))
    return _answered(request, work, home, order, no, "Denied. Nothing is refunded.")


@post(f"{APPROVAL}/withdrawal", sync_to_thread=True)
def withdraw(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    approval: FromPath[UUID],
) -> HttpResponse:
    """Whoever asked asks no more."""
    no = refused(work, lambda: orders.withdraw(work, home, approval))
    return _answered(request, work, home, order, no, "Withdrawn. Nothing is refunded.")


def _answered(
    request: HttpRequest, work: Work, home: int, order: UUID, no: Refused | None, words: str
) -> HttpResponse:
    if no:
        return show(request, "console/order.html", _page(request, work, home, order), no)
    return redirect(request, _url(home, order), notice=language_of(request).text(words))


@post(f"{BASE}/refunds", sync_to_thread=True)
def refund(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
) -> HttpResponse:
    """Send money back: by line, or an amount. The form says what had been asked back before it,
    so that the same form sent twice sends nothing twice, and what was still here when the reader was
    asked whether the goods go."""
    repeated = waits = False

    def do() -> None:
        nonlocal repeated, waits
        currency = queries.order(work, home, order).currency
        wanted = _wanted(form, currency)
        reason = reason_in(form)
        lock(work, [(home, order)])
        before = queries.refunds_of(work, home, order)
        if form["asked"] != str(_asked_minor(before)):
            last = before[-1] if before else None
            repeated = last is not None and _is_the_same(
                last, wanted, reason, str(work.actor), form["asked"], before
            )
            if not repeated:
                raise RefundedMeanwhile()
            return
        repeated = _waits_already(
            queries.approvals_of(work, home, order), wanted, reason, str(work.actor)
        )
        if repeated:
            return
        if form["still"] and form["still"] != str(
            _still_here(queries.order_lines(work, home, order))
        ):
            raise LeftMeanwhile()
        outcome = orders.refund(
            work,
            home,
            order,
            amount_minor=wanted.amount_minor,
            reason=reason,
            lines=wanted.lines,
            goods_go=wanted.goods_go,
            pieces=wanted.pieces,
        )
        waits = outcome == "needs_approval"

    no = refused(work, do)
    if no:
        return show(request, "console/order.html", _page(request, work, home, order), no, form)
    language = language_of(request)
    words = "This refund was requested already." if repeated else "The refund is requested."
    if waits:
        words = "A colleague has to approve it. Until then nothing moves."
    return redirect(request, _url(home, order), notice=language.text(words))


class _RefundForm(msgspec.Struct, frozen=True):
    """What a refund form says."""

    lines: list[tuple[int, int]]
    """(line, amount) of each line that is given something back."""
    amount_minor: int
    goods_go: bool
    pieces: dict[int, int] | None
    """How many of each line no longer go; None: as many as its amount pays for."""


def _is_the_same(
    last: Any, wanted: _RefundForm, reason: str, actor: str, asked: str, before: list[Any]
) -> bool:
    """Whether this form was sent a moment ago: it stands as the last refund, and before it stood
    what the form says."""
    kept = [(part["line_no"], part["amount_minor"]) for part in last.lines]
    said = {str(no): count for no, count in (wanted.pieces or {}).items() if count}
    return (
        (kept, last.amount_minor, last.goods_go, last.reason, last.actor)
        == (wanted.lines, wanted.amount_minor, wanted.goods_go, reason, actor)
        and (wanted.pieces is None or last.pieces == said)
        and asked == str(_asked_minor(before[:-1]))
    )


def _waits_already(approvals: list[Any], wanted: _RefundForm, reason: str, actor: str) -> bool:
    """Whether this form was sent a moment ago, and waits for a second person."""
    return any(
        row.state == "needs_approval"
        and row.kind == "refund"
        and (row.asked_by, row.reason, row.amount_minor, row.goods_go)
        == (actor, reason, wanted.amount_minor, wanted.goods_go)
        and [(part["line_no"], part["amount_minor"]) for part in row.lines] == wanted.lines
        and row.pieces == {str(no): count for no, count in (wanted.pieces or {}).items()}
        for row in approvals
    )


def _wanted(form: Form, currency: str) -> _RefundForm:
    """What goes back, of what, and what becomes of the goods; InvalidInput with every problem."""
    lines = []
    problems: list[Problem] = []
    for name, text in form.texts().items():
        no = _line_in(name, "line-")
        if no is not None and text:
            try:
                lines.append((no, amount_in(text, currency, pointer=f"/{name}").minor))
            except InvalidInput as found:
                problems += found.problems
    amount = sum(minor for _, minor in lines)
    if form["amount"]:
        try:
            amount += amount_in(form["amount"], currency).minor
        except InvalidInput as found:
            problems += found.problems
    if not amount and not problems:
        problems.append(
            Problem("/amount", "missing", "Write how much to refund, and for which lines.")
        )
    goods_go = form["goods"] == "go"
    counted = {} if goods_go else _counted(form, problems)
    if problems:
        raise InvalidInput(*problems)
    # Where one line's pieces are counted, the others' are worked out from their amounts.
    return _RefundForm(sorted(lines), amount, goods_go, counted or None)


def _counted(form: Form, problems: list[Problem]) -> dict[int, int]:
    counted = {}
    for name, text in form.texts().items():
        no = _line_in(name, "pieces-")
        if no is None or not text:
            continue
        if text.isascii() and text.isdecimal() and len(text) < 7:
            counted[no] = int(text)
        else:
            problems.append(Problem(f"/{name}", "invalid_field", "Count in whole pieces."))
    return counted


def _line_in(name: str, prefix: str) -> int | None:
    """The line that a field is of: `line-3` is of the third."""
    number = name.removeprefix(prefix)
    if name.startswith(prefix) and number.isascii() and number.isdecimal() and len(number) < 4:
        return int(number)
    return None


REFERENCE_MAX = 140
"""As long as banks carry a text."""


def reference_in(form: Form) -> str:
    """What the bank wrote on a transfer. Raises InvalidInput when nothing is said."""
    if not 0 < len(form["reference"]) <= REFERENCE_MAX:
        raise InvalidInput(
            Problem(
                "/reference",
                "missing",
                "Write the bank's reference, in at most {max} characters: they find the money by it.",
                {"max": REFERENCE_MAX},
            )
        )
    refuse_unseen("/reference", form["reference"])
    return form["reference"]


def reason_in(form: Form) -> str:
    """Why staff do it, in their own words. Raises InvalidInput when nothing is said."""
    if not 0 < len(form["reason"]) <= REASON_MAX:
        raise InvalidInput(
            Problem(
                "/reason",
                "missing",
                "Say why, in at most {max} characters: the affiliate may ask.",
                {"max": REASON_MAX},
            )
        )
    refuse_unseen("/reason", form["reason"])
    return form["reason"]


@post(f"{BASE}/commission-review", sync_to_thread=True, guards=[staff(*MONEY)])
def review(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
) -> HttpResponse:
    """Say whose purchase an order is: `verdict` is release or refuse, `words` why."""
    release = form["verdict"] == "release"

    def do() -> None:
        if form["verdict"] not in ("release", "refuse"):
            raise InvalidInput(Problem("/verdict", "missing", "This is needed."))
        decide_review(work, home, order, release=release, words=form["words"])

    no = refused(work, do)
    words = (
        "Released: it earns commission like any other sale."
        if release
        else "Refused: it earns no commission."
    )
    return _answered(request, work, home, order, no, words)


routes = [
    list_orders,
    order,
    cancel,
    withdraw_links,
    review,
    refund,
    approve,
    deny,
    withdraw,
    retry_refund,
    settle_refund,
    retry_duplicate_refund,
]
