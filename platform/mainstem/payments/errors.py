"""The few kinds of trouble there are with money outside."""

from __future__ import annotations

from typing import ClassVar

from mainstem.kit.errors import Refused, Unavailable


class GatewayUnavailable(Unavailable):
    """No certain answer: it may have happened. Look before trying again, with the same key."""


class GatewayBusy(GatewayUnavailable):
    """The same request is still being answered; its answer comes under the same key."""


class GatewayKeyRefused(GatewayUnavailable):
    """Our key was mistyped, has run out or was revoked: no request is taken until it is mended."""


class GatewayDeclined(Exception):
    """A certain no: nothing happened. `code` is the gateway's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class WebhookRefused(Refused):
    """A webhook event that is not from the gateway, or not for us. `reason` is what staff are told of it."""

    code: ClassVar[str] = "webhook_refused"
    status: ClassVar[int] = 400
    message: ClassVar[str] = "The webhook event's signature does not match: {why}."

    def __init__(self, *, why: str, reason: str = "signature") -> None:
        self.reason = reason
        super().__init__(why=why)


class DestinationsBeingMade(Refused):
    """Somebody else has pressed the button just before."""

    code: ClassVar[str] = "destinations_being_made"
    status: ClassVar[int] = 409
    message: ClassVar[str] = (
        "Somebody is creating the destinations just now. Look again in some minutes."
    )


class OrderNotPayable(Refused):
    """The order is not waiting for money."""

    code: ClassVar[str] = "order_not_payable"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "Order {number} is {state} and cannot be paid."


class NothingToRefund(Refused):
    """More would go back than came in or than the line has left."""

    code: ClassVar[str] = "nothing_to_refund"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "Only {left} of {asked} can still be refunded."


class TakenByDispute(NothingToRefund):
    """The client's bank has taken what would go back."""

    code: ClassVar[str] = "taken_by_dispute"
    message: ClassVar[str] = (
        "The client's bank has taken {taken} of this payment. Only {left} of {asked} can still be"
        " refunded."
    )


class ChargebackOpen(NothingToRefund):
    """The bank has not decided yet, and meanwhile the gateway sends nothing back."""

    code: ClassVar[str] = "chargeback_open"
    message: ClassVar[str] = (
        "A chargeback is open on this payment. Nothing of it can be refunded until the bank has decided."
    )


class ChargebackLost(NothingToRefund):
    """The bank has decided for the client, and the gateway sends nothing more back."""

    code: ClassVar[str] = "chargeback_lost"
    message: ClassVar[str] = (
        "The chargeback on this payment is lost. The gateway refunds nothing more of it."
    )


class InvalidBankAccount(Refused):
    """No bank could read this, or its check digits are wrong."""

    code: ClassVar[str] = "invalid_bank_account"
    status: ClassVar[int] = 422
    message: ClassVar[str] = "This account number cannot be right. Write the IBAN as it stands."


class AccountInUse(Refused):
    """The gateway pays the affiliate in this currency."""

    code: ClassVar[str] = "account_in_use"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "What is earned in {currency} already goes to the payout account."
