"""One page that says everything about an order."""

from __future__ import annotations

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import mail, orders, store_credit, withdrawals
from mainstem.console import queries
from mainstem.console.orders.allowed import (
    action_state,
    alone,
    asked_minor,
    is_waited_for,
    still_here,
    why_not_cancel,
    why_not_refund,
)
from mainstem.console.orders.told import approval_of, decision_of, line_of, sums_of
from mainstem.console.orders.views import Commission, OrderPage
from mainstem.console.palette import client_url
from mainstem.console.reviews import review_in_words
from mainstem.earnings import promised, review_of
from mainstem.earnings import queries as earnings
from mainstem.earnings.queries import payable_on
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.plan import tell
from mainstem.web import mail_view
from mainstem.web.estimates import promised_view
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import (
    ADMIN,
    MONEY,
    SERVICE,
    SHIP,
    Event,
    HttpRequest,
    HttpResponse,
    fact_in_words,
    labelled,
    layout_of,
    names_of,
    reader_of,
    reasons_of,
    refund_reason,
    tone_of,
)
from mainstem.web.staff.screen import Screen, Screens

MAILS = 20
BASE = "/orders/{home:int}/{order:uuid}"


@get(BASE, sync_to_thread=True)
def order(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], order: FromPath[UUID]
) -> HttpResponse:
    """One order."""
    return ORDER.of(home, order).show(request, work)


def page_of(request: HttpRequest, work: Work, home: int, order_id: UUID) -> OrderPage:
    """Everything about one order, ready to be drawn."""
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
    movements = earnings.of_order(work, home, order_id)
    made = withdrawals.of_order(work, home, order_id)
    subjects = [
        str(order_id),
        *(str(one.id) for one in made),
        *(str(row.id) for rows in (found_payments, refunds, disputes, approvals) for row in rows),
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
    asked = asked_minor(refunds)
    taken = max(0, sum(row.withdrawn_minor for row in disputes))
    left = max(0, order.paid_minor - asked - taken)
    lines = queries.order_lines(work, home, order_id)
    still = still_here(lines)
    mails = mail.about(work, order.client_key, subjects, most=MAILS) if identity.may(*ADMIN) else []
    return OrderPage(
        **layout_of(request, work, "orders"),
        order=order,
        url=url_of(home, order_id),
        payment=labelled(language, labels.PAYMENT)[order.payment_status],
        fulfillment=labelled(language, labels.FULFILLMENT)[order.fulfillment_status],
        attributed=language.text(labels.ATTRIBUTED[order.attributed_by]),
        earns=language.text(
            labels.EARNS_NOTHING
            if order.state in ("canceled", "expired")
            else labels.EARNS.get(order.earns_reason, order.earns_reason)
        ),
        review=review_in_words(language, review, who),
        lines=[line_of(language, row, currency, left) for row in lines],
        sums=sums_of(language, order, store_credit.of_order(work, home, order_id)),
        left=Money(left, currency),
        asked_minor=asked,
        still=still,
        tax_notes=orders.tax_notes(order.taxes),
        is_late=is_waited_for(order)
        and orders.is_late(order.promised_on, work.now(), work.tools.zone),
        approvals=[approval_of(language, row, who, str(work.actor)) for row in approvals],
        may_approve=identity.may(*orders.MAY_APPROVE),
        alone=alone(work, currency),
        payments=found_payments,
        payment_states=labelled(language, labels.PAYMENT_STATES),
        providers={name: language.text(label) for name, label in labels.PROVIDERS.items()},
        refunds=refunds,
        refund_states=labelled(language, labels.REFUND_STATES),
        disputes=disputes,
        dispute_states=labelled(language, labels.DISPUTES),
        reasons=reasons_of(language, [row.error for row in refunds]),
        why_refunded=why_refunded,
        commissions=[
            Commission(
                row.level,
                row.beneficiary or "",
                f"/console/affiliates/{row.beneficiary_id}",
                row.kind,
                Money(row.amount_minor, row.currency),
                tell(row.explanation, language),
                payable_on(row.held_until),
            )
            for row in movements
        ],
        commission_total=Money(sum(row.amount_minor for row in movements), currency),
        promised=promised_view(promised(work, home, order_id), language),
        parcels=parcels,
        jobs=jobs,
        decisions=[decision_of(language, row, who, places) for row in routing],
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
        cancel=action_state(language, why_not_cancel(order, still)),
        refund=action_state(language, why_not_refund(left, found_payments, disputes)),
        withdrawals=made,
        withdrawal_states=labelled(language, labels.WITHDRAWAL_STATES),
        withdrawable=[
            (line.line_no, line.name, line.free)
            for line in withdrawals.lines_of(work, home, order_id)
            if line.free and order.state not in ("canceled", "expired")
        ],
        begin_asked_at=withdrawals.begin_asked_at(work, home, order_id),
        today=work.now().astimezone(work.tools.zone).date(),
        opens_desk=identity.may(*SHIP),
        opens_jobs=identity.may(*SERVICE),
        opens_money=identity.may(*MONEY),
        client_url=client_url(order.client_key),
        articles={row.sku: row.variant_id for row in lines if row.variant_id},
        mails=[mail_view.row_of(language, row, "/console/mail") for row in mails],
    )


def url_of(home: int, order_id: UUID) -> str:
    """Where the order's page is."""
    return f"/console/orders/{home}/{order_id}"


ORDER = Screens("console/order.html", page_of, url_of)


def of_order(home: int, order: UUID, **_: UUID) -> Screen:
    """The page of the order that an address names, whatever of the order it goes on to name."""
    return ORDER.of(home, order)


routes = [order]
