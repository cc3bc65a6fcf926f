"""A client's store credit: what they have, granted and taken back by staff, and whom they have sent."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec
from pydantic import Field

from mainstem import rewards, store_credit
from mainstem.kit.contact import email_key
from mainstem.kit.documents import Currency, Document
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import MINOR_MAX, Money
from mainstem.rewards import SentFriend
from mainstem.store_credit import Balance, CreditView
from mainstem.web.commands import Command
from mainstem.web.forms import Form, FormFields
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.layout import ORDERS

KINDS = {
    "goodwill": "Out of kindness",
    "referrer": "For a friend whom they sent",
    "friend": "As a friend who was sent",
}


class CreditRow(msgspec.Struct, frozen=True):
    """One credit, with what it is for in the reader's words."""

    it: CreditView
    kind: str
    may_take_back: bool


class StoreCredit(msgspec.Struct, frozen=True):
    """The section of a client's page."""

    balances: list[Balance]
    credits: list[CreditRow]
    friends: list[SentFriend]
    currencies: list[tuple[str, str]]
    may_give: bool


def section(
    work: Work, language: Language, client_key: str, *, currencies: list[str], may_give: bool
) -> StoreCredit:
    """What there is to be said of a client's store credit, for this reader."""
    return StoreCredit(
        store_credit.balances_of(work, client_key),
        [
            CreditRow(
                one, language.text(KINDS[one.kind]), may_give and one.kind == "goodwill" and one.left_minor > 0
            )
            for one in store_credit.credits_of(work, client_key, most=20)
        ],
        rewards.friends_of(work, client_key),
        [(code, code) for code in currencies],
        may_give,
    )  # fmt: skip


# ---------------------------------------------------------------- what staff do


class CreditGrant(Document):
    """What a client is given for their next purchase, and why."""

    currency: Currency = Field(title="Currency")
    amount_minor: int = Field(ge=1, le=MINOR_MAX, title="Amount")
    reason: str = Field(title="Why", description="Kept, and shown to staff.")
    expires_on: date | None = Field(None, title="Expires", description="Empty: never.")


class CreditReason(Document):
    """Why something is taken back."""

    reason: str = Field(title="Why", description="Kept, and shown to staff.")


class _GrantFields(FormFields):
    currency: str = ""
    amount: str = ""
    expires_on: str = ""


def key_of(client: str) -> str:
    """The client whom an address or a form names."""
    return email_key(client) or client.strip().lower()


def _grant(work: Work, body: CreditGrant, *, client: str) -> str:
    """Give a client store credit for their next purchase. What one person gives one client in a year stays
    within the limit of their role for refunds."""
    amount = Money(body.amount_minor, body.currency)
    rewards.give_store_credit(
        work, key_of(client), amount, reason=body.reason, expires_on=body.expires_on
    )
    return "The store credit is granted."


def _read_grant(work: Work, form: Form, *, client: str) -> CreditGrant:
    sent = form.into(_GrantFields)
    amount = amount_in(sent.amount, sent.currency, pointer="/amount")
    return form.body(
        CreditGrant,
        currency=sent.currency,
        amount_minor=amount.minor,
        expires_on=sent.expires_on or None,
    )


def _take_back(work: Work, body: CreditReason, *, client: str, credit: UUID) -> str:
    """Take back what is left of store credit that was given out of kindness."""
    rewards.take_store_credit(work, credit, reason=body.reason)
    return "What was left of it is taken back."


GRANT = Command(
    name="grant_store_credit",
    path="/clients/{client:str}/store-credit",
    do=_grant,
    body=CreditGrant,
    example={"currency": "SEK", "amount_minor": 10000, "reason": "The lid was scratched."},
    read=_read_grant,
    scope="orders:write",
    roles=ORDERS,
    tag="Orders",
    fields={"/amount_minor": "/amount"},
)
TAKE_BACK = Command(
    name="take_store_credit_back",
    path="/clients/{client:str}/store-credit/{credit:uuid}/reversal",
    do=_take_back,
    body=CreditReason,
    example={"reason": "It was given twice."},
    scope="orders:write",
    roles=ORDERS,
    tag="Orders",
)
commands = [GRANT, TAKE_BACK]
