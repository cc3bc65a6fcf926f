"""A client's store credit: what they have, granted and taken back by staff, and whom they have sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from pydantic import Field

from mainstem import rewards, store_credit
from mainstem.kit.contact import email_key
from mainstem.kit.documents import Currency, Document
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import MINOR_MAX, Money
from mainstem.plan import SIDE_WORDS, tell_no_reward, tell_reward
from mainstem.rewards import Explanations, SentFriend
from mainstem.store_credit import Balance, CreditView
from mainstem.web.commands import Command
from mainstem.web.forms import Form, FormFields
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.layout import ORDERS

KINDS = {"goodwill": "Out of kindness", **SIDE_WORDS}


class CreditRow(msgspec.Struct, frozen=True):
    """One credit, with what it is for in the reader's words."""

    it: CreditView
    kind: str
    may_take_back: bool
    told: str
    """How a reward came to be; empty for what was given out of kindness."""


class FriendRow(msgspec.Struct, frozen=True):
    """An order of a friend whom they sent, and why it gives what it does."""

    it: SentFriend
    told: str


class StoreCredit(msgspec.Struct, frozen=True):
    """The section of a client's page."""

    balances: list[Balance]
    credits: list[CreditRow]
    friends: list[FriendRow]
    currencies: list[tuple[str, str]]
    may_give: bool


def section(
    work: Work, language: Language, client_key: str, *, currencies: list[str], may_give: bool
) -> StoreCredit:
    """What there is to be said of a client's store credit, for this reader."""
    found = store_credit.credits_of(work, client_key, most=20)
    why = rewards.explanations_of(
        work, [(one.home_id, one.order_id) for one in found if one.home_id and one.order_id]
    )
    return StoreCredit(
        store_credit.balances_of(work, client_key),
        [
            CreditRow(
                one,
                language.text(KINDS[one.kind]),
                may_give and one.kind == "goodwill" and one.left_minor > 0,
                _told(_of(why, one), language),
            )
            for one in found
        ],
        _friends(work, language, client_key),
        [(code, code) for code in currencies],
        may_give,
    )


def _friends(work: Work, language: Language, client_key: str) -> list[FriendRow]:
    """Whom they sent, with the rule where an order gives nothing."""
    found = rewards.friends_of(work, client_key)
    keys = [(one.home_id, one.order_id) for one in found]
    said = rewards.explanations_of(work, keys)
    unsaid = [key for key in keys if (*key, "referrer") not in said]
    nothing = rewards.why_nothing(work, unsaid)
    return [
        FriendRow(
            one,
            tell_no_reward(nothing[key], language)
            if key in nothing
            else _told(said.get((*key, "referrer")), language),
        )
        for one, key in zip(found, keys, strict=True)
    ]


def _of(why: Explanations, one: CreditView) -> Mapping[str, Any] | None:
    if one.home_id is None or one.order_id is None:
        return None
    return why.get((one.home_id, one.order_id, one.kind))


def _told(said: Mapping[str, Any] | None, language: Language) -> str:
    return tell_reward(said, language) if said else ""


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
