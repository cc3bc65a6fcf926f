"""The rules of leads: which step follows which, what a request must hold, what a quote says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from mainstem.calendar import add_months
from mainstem.kit.contact import mailbox_of
from mainstem.kit.errors import InvalidTransition, Problem, Refused
from mainstem.kit.idempotency import KEY_MAX, KEY_MIN
from mainstem.kit.text import unseen_problems
from mainstem.kit.transitions import Action, Machine, Step
from mainstem.leads.model import Lead, LeadWanted, Quote
from mainstem.money import MINOR_MAX, Money
from mainstem.orders import Client, check_client
from mainstem.payments import amount_problem

OPEN = ("new", "qualified", "quoted")
CLOSED = ("won", "lost", "duplicate")
STANDING = ("sent", "viewed")
LOST_REASONS = (
    "no_answer",
    "too_expensive",
    "chose_other",
    "not_needed",
    "out_of_area",
    "not_possible",
    "not_serious",
)

PROTECTED = timedelta(days=30)
"""How long the first introducer of a client for a service is the only one, once the client was
reached; and how long a request that is repeated in one storefront is a duplicate."""

ASKED_PER_HOUR_MAX = 10
"""How many requests are taken from one network address in an hour."""

PAY_WITHIN = timedelta(days=7)
"""How long a client who said yes to a quote has to pay for it."""

MESSAGE_MAX = 4000
SCOPE_MAX = 8000
VALID_DAYS_MAX = 180
WANTED_MONTHS_MAX = 24
"""How far ahead a client may wish for a day."""

LEAD = Machine(
    "lead",
    Step("qualify", "qualified", ("new",), "qualified"),
    Step("draft_quote", "quoted", ("qualified", "quoted")),
    Step("send_quote", "quoted", ("qualified", "quoted"), "quoted"),
    Step("win", "won", ("quoted",), "won"),
    Step("lose", "lost", OPEN, "lost"),
    Step("reach", "reached", OPEN),
    Step("mark_duplicate", "marked as a duplicate", OPEN, "duplicate"),
    Step("note", "noted on", (*OPEN, *CLOSED)),
)
OFFERED_TO_STAFF = ("reach", "qualify", "draft_quote", "send_quote", "lose", "note")

QUOTE = Machine(
    "quote",
    Step("edit", "edited", ("draft",)),
    Step("send", "sent", ("draft",), "sent"),
    Step("view", "viewed", STANDING, "viewed"),
    Step("accept", "accepted", STANDING, "accepted"),
    Step("decline", "declined", STANDING, "declined"),
    Step("expire", "expired", STANDING, "expired"),
    Step("supersede", "superseded", ("draft", *STANDING), "superseded"),
)
OFFERED_TO_CLIENT = ("accept", "decline")


class NoDraft(Refused):
    """There is nothing to send."""

    code = "no_draft"
    message = "There is no draft to send. Write a quote first."


class QuoteNoLongerValid(Refused):
    """The client answers after the day the quote was good for."""

    code = "quote_expired"
    message = "This quote is no longer valid. Ask us for a new one."


class NotTheSameRequest(Refused):
    """The other lead is of another service or client, or has come to nothing."""

    code = "not_the_same_request"
    message = "Lead {number} is not open for the same service and the same client."


class AskedTooOften(Refused):
    """One network address sends one request after another."""

    code = "asked_too_often"
    status = 429
    message = "Many requests came from here just now. Try again in an hour, or write to us."
    retry_after = 3600


class ExternalIdTaken(Refused):
    """The integration uses one of its own numbers for two requests."""

    code = "duplicate_external_id"
    message = "The external id {external_id} already belongs to lead {number}."

    def __init__(self, external_id: str, number: str) -> None:
        super().__init__(external_id=external_id, number=number)


class _Stated(Protocol):
    @property
    def state(self) -> str: ...


class _Offer(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def valid_until(self) -> datetime: ...


def allowed_actions(lead: _Stated, quotes: Iterable[_Stated]) -> list[Action]:
    """What staff may do with a lead now, and why not the rest."""
    missing = None if any(quote.state == "draft" for quote in quotes) else NoDraft()
    guards: dict[str, Refused | None] = {"send_quote": missing}
    return [LEAD.action(lead.state, name, guards.get(name)) for name in OFFERED_TO_STAFF]


def quote_actions(lead: _Stated, quote: _Offer, now: datetime) -> list[Action]:
    """What the client may do with a quote now, and why not the rest."""
    return [
        QUOTE.action(quote.state, name, why_unanswerable(lead, quote, now))
        for name in OFFERED_TO_CLIENT
    ]


def why_unanswerable(lead: _Stated, quote: _Offer, now: datetime) -> Refused | None:
    """What stands against an answer to a quote that is otherwise open, if anything does."""
    if lead.state != "quoted":
        return InvalidTransition("lead", lead.state, "answered")
    if now >= quote.valid_until:
        return QuoteNoLongerValid()
    return None


# ------------------------------------------------------------------------- what a request holds


@dataclass(frozen=True, slots=True)
class Counter:
    """Where a request arrives: the storefront's terms and the service that was asked for.

    `takes`: the storefront is open; `sells`: it offers the service, if there is such a one.
    """

    currency: str
    locales: Sequence[str]
    takes: bool
    product_id: int | None
    sells: bool
    today: date


@dataclass(frozen=True, slots=True)
class Checked:
    """A request whose every field is right, in the form in which it is kept."""

    client: Client
    message: str


def contact_keys(lead: Lead, *, by: str = "") -> list[str]:
    """The contacts by which this person is known again, sorted; only those of one kind, `by`."""
    found = {"email": mailbox_of(lead.client_key), "phone": lead.phone_key}
    return [f"{kind}:{key}" for kind, key in found.items() if key and by in ("", kind)]


def key_fits(key: str) -> bool:
    """Whether an idempotency key has a length at which two are never alike by chance."""
    return KEY_MIN <= len(key) <= KEY_MAX


def check(wanted: LeadWanted, counter: Counter) -> Checked | list[Problem]:
    """The request in the form in which it is kept, or everything that is wrong with it."""
    client = check_client(wanted.client, wanted.address)
    problems = [
        *_request_problems(wanted, counter),
        *(client if isinstance(client, list) else ()),
        *_consent_problems(wanted),
    ]
    if problems or isinstance(client, list):
        return problems
    return Checked(client=client, message=wanted.message.strip())


def _request_problems(wanted: LeadWanted, counter: Counter) -> Iterator[Problem]:
    if not counter.takes:
        yield Problem("", "affiliate_suspended", "This storefront takes no requests now.")
    if not key_fits(wanted.key):
        yield Problem("/key", "invalid_field", "Send a key of {min} to {max} characters.",
                      {"min": KEY_MIN, "max": KEY_MAX})  # fmt: skip
    if counter.product_id is None:
        yield Problem("/product", "unknown_service", "We know no service called {product}.",
                      {"product": wanted.product})  # fmt: skip
    elif not counter.sells:
        yield Problem("/product", "not_sold_here", "{product} is not offered in this storefront.",
                      {"product": wanted.product})  # fmt: skip
    if wanted.currency != counter.currency:
        yield Problem("/currency", "currency_not_supported", "This storefront sells in {currency}.",
                      {"currency": counter.currency})  # fmt: skip
    if wanted.locale not in counter.locales:
        yield Problem("/locale", "invalid_field", "This storefront speaks {locales}.",
                      {"locales": ", ".join(counter.locales)})  # fmt: skip
    if len(wanted.message) > MESSAGE_MAX:
        yield Problem("/message", "too_long", "Keep the message under {max} characters.",
                      {"max": MESSAGE_MAX})  # fmt: skip
    yield from unseen_problems("/message", wanted.message, lines=True)
    yield from unseen_problems("/code", wanted.code)
    yield from unseen_problems("/link", wanted.link)
    if wanted.wanted_on is not None:
        yield from _wanted_day_problems(wanted.wanted_on, counter.today)
    if wanted.external_id is not None and not 1 <= len(wanted.external_id) <= 64:
        yield Problem("/external_id", "invalid_field", "Send an id of 1 to 64 characters.")
    else:
        yield from unseen_problems("/external_id", wanted.external_id or "")


def last_wanted_day(today: date) -> date:
    """The last day that a client may wish for."""
    return add_months(today, WANTED_MONTHS_MAX)


def _wanted_day_problems(day: date, today: date) -> Iterator[Problem]:
    last = last_wanted_day(today)
    if not today <= day <= last:
        code = "in_the_past" if day < today else "too_far_ahead"
        yield Problem("/wanted_on", code, "Choose a day from {first} to {last}.",
                      {"first": today, "last": last})  # fmt: skip


def _consent_problems(wanted: LeadWanted) -> Iterator[Problem]:
    if not wanted.consent.given:
        yield Problem("/consent/given", "consent_required",
                      "We need your consent before we may contact you.")  # fmt: skip
    if not wanted.consent.text_version.strip() or not wanted.consent.words.strip():
        yield Problem("/consent/words", "consent_required",
                      "Send the words that the client agreed to, and their version.")  # fmt: skip
    yield from unseen_problems("/consent/text_version", wanted.consent.text_version)
    yield from unseen_problems("/consent/words", wanted.consent.words, lines=True)


# ------------------------------------------------------------------------- what a quote says


def quote_problems(
    amount: Money, scope: str, valid_days: int, *, currency: str
) -> Iterator[Problem]:
    """Everything that is wrong with a quote that somebody is writing."""
    if amount.currency != currency:
        yield Problem("/amount", "currency_not_supported", "Quote in {currency}.",
                      {"currency": currency})  # fmt: skip
    if not 0 < amount.minor <= MINOR_MAX:
        yield Problem("/amount", "invalid_field", "Write an amount above zero.")
    elif (impossible := amount_problem(amount)) is not None:
        yield impossible
    if not scope.strip():
        yield Problem("/scope", "missing", "Describe what the price covers.")
    if len(scope) > SCOPE_MAX:
        yield Problem("/scope", "too_long", "Keep this under {max} characters.",
                      {"max": SCOPE_MAX})  # fmt: skip
    yield from unseen_problems("/scope", scope, lines=True)
    if not 1 <= valid_days <= VALID_DAYS_MAX:
        yield Problem("/valid_days", "invalid_field", "Let it be valid for 1 to {max} days.",
                      {"max": VALID_DAYS_MAX})  # fmt: skip


def words(number: str, quote: Quote) -> str:
    """The quote word for word, in the one form of which the hash is kept."""
    return "\n".join(
        [
            f"Quote {number}-{quote.no}",
            f"Amount {quote.amount_minor} {quote.currency}, tax included, in minor units",
            f"Valid until {quote.valid_until.isoformat()}",
            quote.scope,
        ]
    )


def hash_of(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def asked_again(signals: dict[str, Any], first_number: str) -> dict[str, Any]:
    """A duplicate's signals as they were found, with the lead that came first.

    A duplicate is never won, so its signals credit nobody: the first introducer keeps the client,
    and learns nothing from another's storefront.
    """
    return {**signals, "duplicate_of": first_number}
