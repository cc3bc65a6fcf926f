"""A second person answers: the request to send money back is carried out, denied or withdrawn."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from mainstem import identity, payments
from mainstem.identity import SamePerson
from mainstem.kit.errors import InvalidTransition, NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import ending, refunding
from mainstem.orders.limits import MAY_APPROVE
from mainstem.orders.progress import lock

__all__ = ["MayNotApprove", "MoreThanAsked", "SamePerson", "approve", "deny", "withdraw"]


class MayNotApprove(Refused):
    """Approving is not the reader's to do."""

    code: ClassVar[str] = "may_not_approve"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "Only finance approves refunds. Ask a colleague there."


class MoreThanAsked(Refused):
    """What would go back now is more than was asked for."""

    code: ClassVar[str] = "more_than_asked"
    message: ClassVar[str] = (
        "{now} would be refunded now, and {asked} was requested. Deny it and have it requested again."
    )


def approve(work: Work, home_id: int, approval_id: UUID) -> None:
    """Send back what a colleague asked for. It is checked again: what is no longer there is refused.

    Raises SamePerson, MayNotApprove, MoreThanAsked, InvalidTransition when it is answered already,
    and whatever the refund or the cancellation itself would.
    """
    it = _take(work, home_id, approval_id, "approved")
    _refuse_who_may_not(work, it)
    # Said first: the refunds that follow name it.
    _answer(work, it, "approved")
    if it.kind == "cancellation":
        most = Money(it.amount_minor, it.currency)
        back = ending.would_go_back(work, home_id, it.order_id)
        if back.minor > most.minor:
            raise MoreThanAsked(now=back, asked=most)
        ending.carry_out(work, home_id, it.order_id, reason=it.reason, approval_id=approval_id)
    elif it.kind == "settlement":
        failed = payments.failed_refund(work, home_id, it.settles)
        payments.settle_by_bank(
            work, failed, reason=it.reason, reference=it.reference, approval_id=approval_id
        )
    else:
        refunding.carry_out(
            work,
            home_id,
            it.order_id,
            amount_minor=it.amount_minor,
            reason=it.reason,
            lines=[(part["line_no"], part["amount_minor"]) for part in it.lines],
            goods_go=it.goods_go,
            pieces={int(no): count for no, count in it.pieces.items()},
            goodwill=it.goodwill,
            approval_id=approval_id,
        )
    record(work, "approval.given", approval_id, home=home_id)


def deny(work: Work, home_id: int, approval_id: UUID, *, words: str) -> None:
    """Send nothing back; why not, for whoever asked. Goods that waited for the answer go on."""
    it = _take(work, home_id, approval_id, "denied")
    _refuse_who_may_not(work, it)
    _answer(work, it, "denied", words)
    record(work, "approval.denied", approval_id, home=home_id)


def withdraw(work: Work, home_id: int, approval_id: UUID) -> None:
    """Whoever asked asks no more."""
    it = _take(work, home_id, approval_id, "withdrawn")
    if it.asked_by != str(work.actor):
        raise MayNotApprove
    _answer(work, it, "canceled")
    record(work, "approval.withdrawn", approval_id, home=home_id)


def _take(work: Work, home_id: int, approval_id: UUID, told: str) -> Any:
    key = {"home": home_id, "id": approval_id}
    order = work.value(
        "SELECT order_id FROM approval WHERE home_id = %(home)s AND id = %(id)s", **key
    )
    if order is None:
        raise NotFound("request")
    # The order before what is about it, as everywhere.
    lock(work, [(home_id, order)])
    it = work.row(
        "SELECT * FROM approval WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE", **key
    )
    assert it is not None, "requests are not deleted"
    if it.state != "needs_approval":
        raise InvalidTransition("request", it.state, told)
    return it


def _refuse_who_may_not(work: Work, it: Any) -> None:
    if not identity.is_second_person(work, it.asked_by, MAY_APPROVE):
        raise MayNotApprove


def _answer(work: Work, it: Any, state: str, words: str = "") -> None:
    work.run(
        """UPDATE approval SET state = %(state)s, decided_by = %(actor)s, decided_at = %(now)s,
                  words = %(words)s
            WHERE home_id = %(home)s AND id = %(id)s""",
        state=state,
        actor=str(work.actor),
        now=work.now(),
        words=words,
        home=it.home_id,
        id=it.id,
    )
