"""The parts of an order's page in the reader's words."""

from __future__ import annotations

from typing import Any

from mainstem.console import queries
from mainstem.console.orders.views import Approval, Candidate, Decision, LineView
from mainstem.kit.locale import Language
from mainstem.money import Money
from mainstem.store_credit import OrderCredit
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import labelled


def approval_of(
    language: Language, row: queries.ApprovalRow, who: dict[str, str], me: str
) -> Approval:
    """A request for a second person, as the page shows it."""
    return Approval(
        row.id,
        row.kind,
        labelled(language, labels.APPROVAL_STATES)[row.state],
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
        row.goodwill,
    )


def line_of(language: Language, row: queries.LineRow, currency: str, left_minor: int) -> LineView:
    """A line with its amounts; no line gives back more than is left of the whole payment."""
    return LineView(
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
        Money(max(0, min(row.total_minor - row.asked_minor, left_minor)), currency),
        row.quantity - row.canceled - row.shipped if row.line_no else 0,
    )


def sums_of(
    language: Language, order: queries.OrderDetails, credit: OrderCredit
) -> list[tuple[str, Money]]:
    """What the order came to, what was paid, went back and is kept; and the store credit that made it cheaper."""

    def line(label: str, minor: int) -> tuple[str, Money]:
        return language.text(label), Money(minor, order.currency)

    sums = [line("Total", order.total_minor), line("of which tax", order.tax_minor)]
    if credit.spent_minor:
        sums.append(line("Store credit, taken off above", -credit.spent_minor))
    if credit.given_back_minor:
        sums.append(line("of which given back", credit.given_back_minor))
    sums.append(line("Paid", order.paid_minor))
    if order.refunded_minor:
        sums.append(line("Refunded", -order.refunded_minor))
    if order.unallocated_minor:
        sums.append(line("of which without a line", -order.unallocated_minor))
    if order.disputed_minor:
        sums.append(line("Taken by disputes", -order.disputed_minor))
    kept = order.paid_minor - order.refunded_minor - order.disputed_minor
    return [*sums, line("Kept", kept)]


def decision_of(language: Any, row: Any, who: dict[str, str], places: dict[str, str]) -> Decision:
    """Why goods go from there, or a team was taken."""
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
