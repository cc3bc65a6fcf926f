"""What may be found of an account at the gateway: its words, and what to do about it.

Every text is a message of the catalogue with named places; `facts` fill them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

PASSED, WARNING, FAILED = "passed", "warning", "failed"


class Wording(NamedTuple):
    """How one thing weighs, what it is, and how it is mended."""

    severity: str
    words: str
    fix: str = ""


_WORDINGS: dict[str, Wording] = {
    "not_a_key": Wording(
        FAILED,
        "This is no secret key of Stripe's.",
        "In Stripe's dashboard, under Developers and API keys, copy the secret key: it begins with"
        " sk_ or rk_.",
    ),
    "live_key_in_demo": Wording(
        FAILED,
        "The key is for live mode, and this company is a demo.",
        "Use a test key: a demo must never move money. Nothing was sent with this one.",
    ),
    "test_key_in_production": Wording(
        FAILED,
        "The key is for test mode: clients would order and pay nothing.",
        "Use the live key. Test keys are for a demo.",
    ),
    "right_mode": Wording(PASSED, "The key is for the right mode."),
    "key_refused": Wording(
        FAILED,
        "Stripe does not take this key: {said}",
        "It was mistyped, has run out or was revoked. Make a new one in Stripe's dashboard.",
    ),
    "account_not_readable": Wording(
        FAILED,
        "The key may not read the account: {said}",
        "Give the restricted key the rights that the guide lists, or use the secret key.",
    ),
    "other_account": Wording(
        FAILED,
        "The key is of {account}, and your clients have paid to {known}.",
        "Use a key of {known}: what was paid there can be refunded from nowhere else.",
    ),
    "account_found": Wording(PASSED, "The key is of the account {account}."),
    "cannot_charge": Wording(
        FAILED,
        "The account may not take payments yet.",
        "Complete it in Stripe's dashboard. Stripe asks for: {due}.",
    ),
    "cards_inactive": Wording(
        FAILED,
        "The account may not take cards.",
        "Turn card payments on in Stripe's dashboard, under Payment methods.",
    ),
    "can_charge": Wording(PASSED, "The account takes payments."),
    "something_due": Wording(
        WARNING,
        "Stripe asks for more about the company: {due}.",
        "Answer it in Stripe's dashboard before Stripe closes the account for payments.",
    ),
    "cannot_pay_out": Wording(
        WARNING,
        "Stripe does not pay out to the company's bank.",
        "Enter your bank account in Stripe's dashboard.",
    ),
    "company_unknown": Wording(
        WARNING,
        "The company has not said where it is and what it takes, so that is not compared.",
        "Say who the company is, and check again.",
    ),
    "other_country": Wording(
        WARNING,
        "The account is in {account_country}, and the company in {company_country}.",
        "Look whether it is the right account. Stripe wants it where the company is registered.",
    ),
    "right_country": Wording(PASSED, "The account is in the company's country."),
    "currencies_not_taken": Wording(
        FAILED,
        "An account in {account_country} takes no payments in {currencies}.",
        "Take these out of the company's currencies.",
    ),
    "currencies_not_readable": Wording(
        WARNING,
        "The key may not read what clients can pay in: {said}",
        "Give the restricted key the rights that the guide lists, or compare it in the dashboard.",
    ),
    "currencies_taken": Wording(PASSED, "Clients can pay in {currencies}."),
    "currency_converted": Wording(
        WARNING,
        "The account is kept in {currency}, which the company does not take: Stripe changes what"
        " clients pay.",
        "Add a bank account in each of your currencies in Stripe's dashboard.",
    ),
    "no_connect": Wording(
        FAILED,
        "Affiliates cannot be paid: the account is not signed up for Connect. Stripe says: {said}",
        "Sign up for Connect in Stripe's dashboard.",
    ),
    "connect": Wording(PASSED, "Affiliates can be paid: the account is signed up for Connect."),
    "secrets_missing": Wording(
        WARNING,
        "The environment has fewer signing secrets ({there}) than there are destinations ({needed}).",
        "Add the secret of each to STRIPE_WEBHOOK_SECRET: an event that none of them fits is refused.",
    ),
    "events_refused": Wording(
        WARNING,
        "Events were refused in the last day, because no signing secret fits them.",
        "Compare STRIPE_WEBHOOK_SECRET with the secrets of the destinations in Stripe's dashboard.",
    ),
    "destinations_not_readable": Wording(
        FAILED,
        "The key may not read where events are sent: {said}",
        "Give the restricted key the rights that the guide lists, or use the secret key.",
    ),
}


@dataclass(frozen=True, slots=True)
class AccountFinding:
    """One thing that was found. `code` is stable; the words are the catalogue's."""

    code: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """passed, warning or failed."""
        return _WORDINGS[self.code].severity

    def words(self, translate: Callable[[str], str] = str) -> str:
        """What was found."""
        return translate(_WORDINGS[self.code].words).format(**self.facts)

    def fix(self, translate: Callable[[str], str] = str) -> str:
        """What to do about it; empty for nothing."""
        text = _WORDINGS[self.code].fix
        return translate(text).format(**self.facts) if text else ""
