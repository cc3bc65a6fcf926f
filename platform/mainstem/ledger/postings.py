"""Accounting on one page: what each event of the business does to the accounts.

A posting has a key that is made from what it is about, a reason in words, and lines that add up to
nothing: debits on the one hand, credits on the other. The parent's own accounts are named alone; an
affiliate's says `of` whom. Nothing is posted that is not on this page. What goes back is posted the
other way round: an amount below zero goes to the other side, and an amount of nothing is no line.

What the company has and has spent grows by debits, what it owes and has sold by credits
(`ledger.chart` explains every account).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from mainstem.ledger.chart import PARENT, Entry, Transfer, moved
from mainstem.money import Money

CASH = {"stripe": "gateway_cash", "external": "bank_cash"}
"""Where the money of a payment arrives, by who took it."""

Posting = Transfer | None
"""What an event posts; None where it has moved nothing."""

# ---------------------------------------------------------------- clients pay


def payment_captured(
    home_id: int, payment_id: UUID, order: str, provider: str, paid: Money, *, tax: Money, on: date
) -> Posting:
    """A payment is captured."""
    return _posting(
        home_id, capture_key(payment_id), f"Payment of order {order}", on,
        debit(CASH[provider], paid),
        credit("sales", paid - tax),
        credit("tax", tax),
    )  # fmt: skip


def fee_charged(
    home_id: int, payment_id: UUID, order: str, provider: str, fee: Money, *, on: date
) -> Posting:
    """The gateway's fee for a payment is known."""
    return _posting(
        home_id, f"fee:{payment_id}", f"Gateway's fee on order {order}", on,
        debit("fees", fee),
        credit(CASH[provider], fee),
    )  # fmt: skip


# ---------------------------------------------------------------- money goes back


def refund_succeeded(
    home_id: int, refund: UUID, order: str, provider: str, back: Money, *, tax: Money, on: date
) -> Posting:
    """A refund has succeeded."""
    return _posting(
        home_id, refund_key(refund), f"Refund on order {order}", on,
        debit("sales", back - tax),
        debit("tax", tax),
        credit(CASH[provider], back),
    )  # fmt: skip


def refund_failed(
    home_id: int, refund: UUID, order: str, provider: str, back: Money, *, tax: Money, on: date
) -> Posting:
    """A refund that had succeeded has failed."""
    return _posting(
        home_id, f"refund_failed:{refund}", f"Failed refund put back on order {order}", on,
        debit(CASH[provider], back),
        credit("sales", back - tax),
        credit("tax", tax),
    )  # fmt: skip


def dispute_moved(
    home_id: int, dispute: UUID, number: int, order: str, taken: Money, *, fee: Money, on: date
) -> Posting:
    """A dispute takes money, or gives it back."""
    return _posting(
        home_id, f"dispute:{dispute}:{number}", f"Dispute on order {order}", on,
        debit("disputes", taken),
        debit("fees", fee),
        credit("gateway_cash", taken + fee),
    )  # fmt: skip


def dispute_lost(
    home_id: int, dispute: UUID, number: int, order: str, lost: Money, *, on: date
) -> Posting:
    """A dispute is lost, or (below zero) not lost after all."""
    words = "Lost dispute" if lost.minor > 0 else "Dispute not lost after all"
    return _posting(
        home_id, f"dispute_lost:{dispute}:{number}", f"{words} on order {order}", on,
        debit("chargeback_losses", lost),
        credit("disputes", lost),
    )  # fmt: skip


# ---------------------------------------------------------------- an order is paid a second time


def duplicate_captured(
    home_id: int, payment_id: UUID, order: str, paid: Money, *, on: date
) -> Posting:
    """A duplicate payment is captured: nobody's until it has gone back."""
    return _posting(
        home_id, capture_key(payment_id), f"Duplicate payment of order {order}", on,
        debit("gateway_cash", paid),
        credit("suspense", paid),
    )  # fmt: skip


def duplicate_fee_charged(
    home_id: int, payment_id: UUID, order: str, fee: Money, *, on: date
) -> Posting:
    """The gateway's fee for a duplicate payment is known."""
    return _posting(
        home_id, f"fee:{payment_id}", f"Gateway's fee on the duplicate payment of order {order}", on,
        debit("fees", fee),
        credit("gateway_cash", fee),
    )  # fmt: skip


def duplicate_refunded(home_id: int, refund: str, order: str, back: Money, *, on: date) -> Posting:
    """A duplicate payment is refunded."""
    return _posting(
        home_id, refund_key(refund), f"Duplicate payment refunded, order {order}", on,
        debit("suspense", back),
        credit("gateway_cash", back),
    )  # fmt: skip


def duplicate_refund_failed(
    home_id: int, refund: str, order: str, back: Money, *, on: date
) -> Posting:
    """The refund of a duplicate payment has failed after all."""
    return _posting(
        home_id, f"refund_failed:{refund}", f"Refund of a duplicate payment failed, order {order}", on,
        debit("gateway_cash", back),
        credit("suspense", back),
    )  # fmt: skip


def duplicate_disputed(
    home_id: int,
    payment_id: UUID,
    dispute: str,
    number: int,
    order: str,
    taken: Money,
    *,
    fee: Money,
    on: date,
) -> Posting:
    """A dispute takes a duplicate payment back, or gives it again."""
    return _posting(
        home_id, f"{duplicate_disputes(payment_id, dispute)}{number}",
        f"Dispute of the duplicate payment of order {order}", on,
        debit("suspense", taken),
        debit("fees", fee),
        credit("gateway_cash", taken + fee),
    )  # fmt: skip


# ---------------------------------------------------------------- affiliates earn


def commission_settled(
    home_id: int,
    order_id: UUID,
    rule: str,
    number: int,
    order: str,
    currency: str,
    earned_minor: Mapping[tuple[int, date | None], int],
    *,
    on: date,
) -> Posting:
    """A delivered sale earns, or what it earned goes back.

    Each amount by its affiliate and the day on which its hold ends; None when that is over.
    """
    return _posting(
        home_id, f"commission:{order_id}:{rule}:{number}", f"Commission on order {order}", on,
        debit("commission_expense", Money(sum(earned_minor.values()), currency)),
        *(
            credit("pending" if held else "payable", Money(minor, currency), of=affiliate, held=held)
            for (affiliate, held), minor in earned_minor.items()
        ),
    )  # fmt: skip


def period_settled(
    affiliate: int,
    source_id: UUID,
    rule: str,
    number: int,
    period: str,
    currency: str,
    earned_minor: Mapping[date | None, int],
    *,
    on: date,
) -> Posting:
    """A closed period earns, or what it earned goes back.

    Each amount by the day on which its hold ends; None when that is over.
    """
    return _posting(
        affiliate, f"period:{source_id}:{rule}:{number}", f"Commission for {period}", on,
        debit("commission_expense", Money(sum(earned_minor.values()), currency)),
        *(
            credit("pending" if held else "payable", Money(minor, currency), of=affiliate, held=held)
            for held, minor in earned_minor.items()
        ),
    )  # fmt: skip


def hold_released(
    affiliate: int, day: date, again: int, currency: str, due: Sequence[tuple[date, int]]
) -> Posting:
    """The hold is over.

    What was held until each of these days, in minor units. `again` counts the looks at this day
    before.
    """
    return _posting(
        affiliate, f"release:{currency}:{day}" + (f":{again}" if again else ""), f"Hold over on {day}", day,
        *(debit("pending", Money(minor, currency), of=affiliate, held=held) for held, minor in due),
        credit("payable", Money(sum(minor for _, minor in due), currency), of=affiliate),
    )  # fmt: skip


def opening_balance(affiliate: int, earned: Money, reason: str, *, on: date) -> Posting:
    """A balance is brought in from another programme."""
    return _posting(
        affiliate, opening_key(earned.currency), reason, on,
        debit("opening_balances", earned),
        credit("payable", earned, of=affiliate),
    )  # fmt: skip


# ---------------------------------------------------------------- affiliates are paid


def payout_reserved(
    affiliate: int, payout_id: UUID, number: str, amount: Money, *, on: date
) -> Posting:
    """A payout is reserved."""
    return _posting(
        affiliate, f"payout:{payout_id}", f"Payout {number} reserved", on,
        debit("payable", amount, of=affiliate),
        credit("payout_clearing", amount, of=affiliate),
    )  # fmt: skip


def payout_transferred(
    affiliate: int, payout_id: UUID, number: str, amount: Money, *, on: date
) -> Posting:
    """A payout has left through the gateway."""
    return _posting(
        affiliate, f"transfer:{payout_id}", f"Payout {number} transferred", on,
        debit("payout_clearing", amount, of=affiliate),
        credit("gateway_cash", amount),
    )  # fmt: skip


def canceled_payout_transferred(
    affiliate: int, payout_id: UUID, number: str, amount: Money, *, on: date
) -> Posting:
    """A payout that was canceled has left all the same: it is fetched back."""
    return _posting(
        affiliate, f"transfer:{payout_id}", f"Payout {number} transferred", on,
        debit("payable", amount, of=affiliate),
        credit("gateway_cash", amount),
    )  # fmt: skip


def payout_left_bank(
    affiliate: int, payout_id: UUID, number: str, amount: Money, reference: str | None, *, on: date
) -> Posting:
    """A payout has left the company's own bank."""
    words = f"Payout {number} paid by bank" + (f": {reference}" if reference else "")
    return _posting(
        affiliate, f"transfer:{payout_id}", words, on,
        debit("payout_clearing", amount, of=affiliate),
        credit("bank_cash", amount),
    )  # fmt: skip


def payout_canceled(
    affiliate: int, payout_id: UUID, number: str, amount: Money, reason: str, *, on: date
) -> Posting:
    """A payout is canceled before it left."""
    return _posting(
        affiliate, f"payout_canceled:{payout_id}", f"Payout {number} canceled: {reason}", on,
        debit("payout_clearing", amount, of=affiliate),
        credit("payable", amount, of=affiliate),
    )  # fmt: skip


def transfer_reversed(
    affiliate: int, reversal: str, number: str, amount: Money, reason: str, *, on: date
) -> Posting:
    """A payout's transfer is fetched back."""
    return _posting(
        affiliate, f"reverse:{reversal}", f"Payout {number} canceled: {reason}", on,
        debit("gateway_cash", amount),
        credit("payable", amount, of=affiliate),
    )  # fmt: skip


def earnings_converted_from(
    affiliate: int, conversion_id: UUID, before: Money, reason: str, *, on: date
) -> Posting:
    """Earnings are converted for a payout: what they were."""
    return _posting(
        affiliate, f"conversion:{conversion_id}:out", reason, on,
        debit("payable", before, of=affiliate),
        credit("fx_difference", before),
    )  # fmt: skip


def earnings_converted_into(
    affiliate: int, conversion_id: UUID, after: Money, reason: str, *, on: date
) -> Posting:
    """Earnings are converted for a payout: what they have become."""
    return _posting(
        affiliate, f"conversion:{conversion_id}:in", reason, on,
        debit("fx_difference", after),
        credit("payable", after, of=affiliate),
    )  # fmt: skip


# ---------------------------------------------------------------- clients have store credit


def store_credit_granted(
    home_id: int, credit_id: UUID, number: int, granted: Money, *, on: date
) -> Posting:
    """A client is granted store credit, or (below zero) it is taken back: set aside until it is used."""
    words = "Store credit granted" if granted.minor > 0 else "Store credit taken back"
    return _posting(
        home_id, store_credit_key(credit_id, number), words, on,
        debit("store_credit_cost", granted),
        credit("store_credit", granted),
    )  # fmt: skip


def store_credit_spent(
    home_id: int, credit_id: UUID, number: int, order: str, spent: Money, *, on: date
) -> Posting:
    """Store credit makes an order cheaper, or (below zero) comes back from it.

    The order's payment books sales that are smaller by it, so what had been set aside is released.
    """
    words = "spent on" if spent.minor > 0 else "given back of"
    return _posting(
        home_id, store_credit_key(credit_id, number), f"Store credit {words} order {order}", on,
        debit("store_credit", spent),
        credit("store_credit_cost", spent),
    )  # fmt: skip


def store_credit_expired(
    home_id: int, credit_id: UUID, number: int, expired: Money, *, on: date
) -> Posting:
    """Store credit was not used in its time."""
    return _posting(
        home_id, store_credit_key(credit_id, number), "Store credit expired", on,
        debit("store_credit", expired),
        credit("store_credit_cost", expired),
    )  # fmt: skip


# ---------------------------------------------------------------- the demo


def demo_funded(key: str, amount: Money, *, on: date) -> Posting:
    """The demo's gateway is given money from its bank."""
    return _posting(
        PARENT, key, "Moved from the bank to the gateway", on,
        debit("gateway_cash", amount),
        credit("bank_cash", amount),
    )  # fmt: skip


# ---------------------------------------------------------------- keys that are looked up


def capture_key(payment_id: UUID) -> str:
    """The key of a captured payment."""
    return f"capture:{payment_id}"


def refund_key(refund: UUID | str) -> str:
    """The key of a refund: ours by its id, a duplicate payment's by the gateway's."""
    return f"refund:{refund}"


def duplicate_disputes(payment_id: UUID, dispute: str = "") -> str:
    """How the keys begin of all disputes of a duplicate payment, or of one; a number follows."""
    return f"dispute:{payment_id}:" + (f"{dispute}:" if dispute else "")


def store_credit_key(credit_id: UUID, number: int) -> str:
    """The key of a step of a client's store credit."""
    return f"store_credit:{credit_id}:{number}"


def opening_key(currency: str) -> str:
    """The key of a balance that was brought in: one an affiliate and currency, so never twice."""
    return f"opening_balance:{currency}"


# ---------------------------------------------------------------- lines


class Line(NamedTuple):
    """One line of a posting: credits above zero, debits below. Of `pending`, until when it is held."""

    owner_id: int
    account: str
    signed_minor: int
    currency: str
    held: date | None


def debit(account: str, amount: Money, *, of: int = PARENT, held: date | None = None) -> Line:
    """An amount on the debit side of an account."""
    return Line(of, account, -amount.minor, amount.currency, held)


def credit(account: str, amount: Money, *, of: int = PARENT, held: date | None = None) -> Line:
    """An amount on the credit side of an account."""
    return Line(of, account, amount.minor, amount.currency, held)


def _posting(home_id: int, key: str, reason: str, on: date, *lines: Line) -> Posting:
    currency = lines[0].currency
    entries: list[Entry] = []
    for owner, account, minor, of_line, held in lines:
        assert of_line == currency, "a posting is in one currency"
        entries += moved(owner, account, minor, held)
    return Transfer(home_id, key, reason, currency, on, entries) if entries else None
