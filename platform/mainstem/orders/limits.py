"""One right for money going back: who has it, how much of an order one may send back alone, and the
request that another person answers when it is more.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal
from uuid import UUID

from mainstem import identity
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.money import Money, exponent
from mainstem.orders.model import OrderKey

MAY_REFUND = ("lead_desk", "finance", "admin")
MAY_APPROVE = ("finance", "admin")

PROGRAM = "integration"
"""The kind of actor that a program is which has shown a key of the company's own."""

LIMITS: Mapping[str, Mapping[str, int]] = {
    "lead_desk": {"SEK": 5_000, "NOK": 5_000, "DKK": 3_500, "EUR": 500, "USD": 500, "GBP": 400},
    "finance": {
        "SEK": 50_000, "NOK": 50_000, "DKK": 35_000, "EUR": 5_000, "USD": 5_000, "GBP": 4_000,
    },
    PROGRAM: {"SEK": 5_000, "NOK": 5_000, "DKK": 3_500, "EUR": 500, "USD": 500, "GBP": 400},
}  # fmt: skip
"""What one person in a role, or the company's programs together, may send back of one order, in whole
units. An admin acts in every role of people.
A currency that is not named has no limit to stay under: there, a second person always answers.
MAINSTEM_REFUND_LIMITS sets others."""

Outcome = Literal["done", "needs_approval"]
"""What came of asking for money to go back."""


class MayNotRefund(Refused):
    """Sending money back is not the reader's to do."""

    code: ClassVar[str] = "may_not_refund"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "Your role does not make refunds. Ask the lead desk or finance."


class WaitsForApproval(Refused):
    """One request at a time: the next would be decided on figures that the first one changes."""

    code: ClassVar[str] = "waits_for_approval"
    message: ClassVar[str] = (
        "{amount} of this order waits for a colleague's approval already. Decide that first."
    )


def limit_of(work: Work, currency: str) -> Money | None:
    """How much of one order the actor may send back alone; None for all of it: what the company's
    own rules send back has been decided by them. Raises MayNotRefund."""
    own = LIMITS if not work.tools.refund_limits else _with(work.tools.refund_limits)
    if work.actor.kind == PROGRAM:
        return _money(own[PROGRAM].get(currency, 0), currency)
    if work.actor.kind != "staff":
        return None
    roles = identity.roles_of(work, work.actor)
    if roles.isdisjoint(MAY_REFUND):
        raise MayNotRefund
    people = own.keys() - {PROGRAM}
    units = max(
        own.get(role, {}).get(currency, 0)
        for role in (people if "admin" in roles else roles & people or {""})
    )
    return _money(units, currency)


def _money(units: int, currency: str) -> Money:
    return Money(units * 10 ** exponent(currency), currency)


def _with(given: Mapping[str, Mapping[str, int]]) -> Mapping[str, Mapping[str, int]]:
    return {role: {**LIMITS.get(role, {}), **given.get(role, {})} for role in {*LIMITS, *given}}


def alone(work: Work, key: OrderKey, amount: Money) -> bool:
    """Whether the actor may send this back without asking anybody.

    Whatever they have sent back of the order before counts too, so that a large sum in small parts is
    still a large sum; what somebody else has approved does not. The company's programs count as one:
    a second key is no second person.
    """
    limit = limit_of(work, amount.currency)
    if limit is None:
        return True
    before = work.value(
        """SELECT coalesce(sum(amount_minor), 0)::bigint FROM refund
            WHERE home_id = %(home)s AND order_id = %(order)s
              AND (actor = %(actor)s OR %(program)s AND starts_with(actor, 'integration:'))
              AND approval_id IS NULL AND state IN ('requested', 'submitted', 'succeeded')""",
        home=key[0],
        order=key[1],
        actor=str(work.actor),
        program=work.actor.kind == PROGRAM,
    )
    return bool(before + amount.minor <= limit.minor)


def refuse_while_waiting(work: Work, key: OrderKey, currency: str) -> None:
    """Raise WaitsForApproval while a request about this order waits, whoever would go before it."""
    waiting = work.value(
        """SELECT amount_minor FROM approval WHERE home_id = %(home)s AND order_id = %(order)s
              AND state = 'needs_approval'""",
        home=key[0],
        order=key[1],
    )
    if waiting is not None:
        raise WaitsForApproval(amount=Money(waiting, currency))


def request_approval(
    work: Work,
    key: OrderKey,
    kind: str,
    amount: Money,
    *,
    reason: str,
    lines: Sequence[tuple[int, int]] = (),
    goods_go: bool = False,
    pieces: Mapping[int, int] | None = None,
    holds_goods: bool,
    goodwill: bool = False,
    settles: UUID | None = None,
    reference: str | None = None,
) -> UUID:
    """Ask a second person; the request's id. Nothing moves until it is answered, and with
    `holds_goods` neither do the goods. `settles` is the failed refund that our own bank paid under
    `reference`. Raises WaitsForApproval when something waits already."""
    refuse_while_waiting(work, key, amount.currency)
    id = new_id()
    work.run(
        """INSERT INTO approval (home_id, id, order_id, kind, state, currency, amount_minor, lines,
                                 goods_go, pieces, holds_goods, goodwill, reason, asked_by, asked_at,
                                 settles, reference)
           VALUES (%(home)s, %(id)s, %(order)s, %(kind)s, 'needs_approval', %(currency)s, %(amount)s,
                   %(lines)s::jsonb, %(go)s, %(pieces)s::jsonb, %(holds)s, %(goodwill)s, %(reason)s,
                   %(actor)s, %(now)s, %(settles)s, %(reference)s)""",
        home=key[0],
        id=id,
        order=key[1],
        kind=kind,
        currency=amount.currency,
        amount=amount.minor,
        lines=json.dumps([{"line_no": no, "amount_minor": minor} for no, minor in lines]),
        go=goods_go,
        pieces=json.dumps({str(no): count for no, count in (pieces or {}).items()}),
        holds=holds_goods,
        goodwill=goodwill,
        reason=reason,
        actor=str(work.actor),
        now=work.now(),
        settles=settles,
        reference=reference,
    )
    record(work, "approval.asked", id, home=key[0])
    return id
