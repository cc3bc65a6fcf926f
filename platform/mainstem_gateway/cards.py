"""The named test cards. They are chosen by name: nobody is ever asked for a card number."""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["paid", "declined", "authenticate", "delayed_paid", "delayed_failed"]


@dataclass(frozen=True)
class Card:
    """What a payment with this card does, now and later."""

    name: str
    outcome: Outcome
    last4: str
    brand: str = "visa"
    decline_code: str | None = None
    later: Literal["dispute", "refund_pending", "refund_fails"] | None = None

    @property
    def delayed(self) -> bool:
        return self.outcome in ("delayed_paid", "delayed_failed")


CARDS = {
    card.name: card
    for card in (
        Card("success", "paid", "4242"),
        Card("declined", "declined", "0002", decline_code="generic_decline"),
        Card("insufficient_funds", "declined", "9995", decline_code="insufficient_funds"),
        Card("authentication", "authenticate", "3155"),
        Card("delayed_success", "delayed_paid", "3201"),
        Card("delayed_failure", "delayed_failed", "3202"),
        Card("dispute", "paid", "0259", later="dispute"),
        Card("refund_pending", "paid", "7726", later="refund_pending"),
        Card("refund_fails", "paid", "5126", later="refund_fails"),
    )
}

# The debit or transfer from a bank that Stripe would offer in the currency. Where it has none
# (kronor among them) a bank transfer stands in, so that late money can be tried everywhere.
DELAYED_METHODS = {"eur": "sepa_debit", "usd": "us_bank_account", "gbp": "bacs_debit"}
DELAYED_ELSEWHERE = "customer_balance"


def delayed_method(currency: str) -> str:
    return DELAYED_METHODS.get(currency, DELAYED_ELSEWHERE)


def offered(methods: list[str]) -> list[Card]:
    """The cards of a session: delayed ones only if it takes the delayed method."""
    return [
        card
        for card in CARDS.values()
        if (any(m != "card" for m in methods) if card.delayed else "card" in methods)
    ]
