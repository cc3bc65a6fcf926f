"""Looks whether a key leads to an account that this company can be paid by. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mainstem.payments.errors import GatewayDeclined, GatewayKeyRefused
from mainstem.payments.findings import FAILED, AccountFinding
from mainstem.payments.gateway import Gateway, OwnAccount

_SECRET = ("sk_", "rk_")
_LIVE = ("sk_live_", "rk_live_")
_TEST = ("sk_test_", "rk_test_")
_SAID_MAX = 300


@dataclass(frozen=True, slots=True)
class WantedAccount:
    """What the account has to be. Empty: the company has not said it, or takes any."""

    demo: bool
    country: str = ""
    currencies: tuple[str, ...] = ()
    account: str = ""


@dataclass(frozen=True, slots=True)
class AccountLook:
    """What was found of a key and its account; `account` is empty where the key led to none."""

    account: str
    findings: tuple[AccountFinding, ...]

    @property
    def is_usable(self) -> bool:
        """Whether nothing has failed."""
        return not any(one.severity == FAILED for one in self.findings)


def look_at_account(gateway: Gateway, key: str, wanted: WantedAccount) -> AccountLook:
    """What the gateway says of the account, held against what the company needs.

    Begins with the key alone, and sends nothing with one of the wrong mode. What follows from an
    earlier trouble is not listed beside it. Raises GatewayUnavailable where there was no answer.
    """
    mode = _mode(key, demo=wanted.demo)
    if mode.severity == FAILED:
        return AccountLook("", (mode,))
    try:
        own = gateway.own_account()
        if wanted.account not in ("", own.id):
            other = _found("other_account", account=own.id, known=wanted.account)
            return AccountLook(own.id, (mode, other))
        return AccountLook(own.id, (mode, *_of_account(gateway, own, wanted)))
    except GatewayKeyRefused as no:
        return AccountLook("", (mode, _found("key_refused", said=_said(no))))
    except GatewayDeclined as no:
        return AccountLook("", (mode, _found("account_not_readable", said=_said(no))))


def is_live(key: str) -> bool:
    """Whether a key moves money."""
    return key.startswith(_LIVE)


def _mode(key: str, *, demo: bool) -> AccountFinding:
    if not key.startswith(_SECRET) or not (key.startswith(_LIVE) or key.startswith(_TEST)):
        return _found("not_a_key")
    if not (key.isascii() and key.isprintable()) or " " in key:
        return _found("not_a_key")
    if is_live(key) and demo:
        return _found("live_key_in_demo")
    if not is_live(key) and not demo:
        return _found("test_key_in_production")
    return _found("right_mode")


def _of_account(
    gateway: Gateway, own: OwnAccount, wanted: WantedAccount
) -> Iterator[AccountFinding]:
    yield _found("account_found", account=own.id)
    yield from _charging(own)
    yield from _country(own, wanted)
    if wanted.currencies:
        yield from _currencies(gateway, own, wanted)
    yield _connect(gateway)


def _charging(own: OwnAccount) -> Iterator[AccountFinding]:
    due = ", ".join(own.due) or "-"
    if not own.can_charge:
        yield _found("cannot_charge", due=due)
    elif own.cards not in ("", "active"):
        yield _found("cards_inactive")
    else:
        yield _found("can_charge")
    if own.can_charge and own.due:
        yield _found("something_due", due=due)
    if not own.can_pay_out:
        yield _found("cannot_pay_out")


def _country(own: OwnAccount, wanted: WantedAccount) -> Iterator[AccountFinding]:
    if not wanted.country:
        yield _found("company_unknown")
    elif own.country and own.country != wanted.country:
        yield _found("other_country", account_country=own.country, company_country=wanted.country)
    elif own.country:
        yield _found("right_country")


def _currencies(
    gateway: Gateway, own: OwnAccount, wanted: WantedAccount
) -> Iterator[AccountFinding]:
    try:
        taken = gateway.payment_currencies(own.country)
    except GatewayDeclined as no:
        yield _found("currencies_not_readable", said=_said(no))
        return
    refused = [currency for currency in wanted.currencies if currency not in taken]
    if refused:
        yield _found(
            "currencies_not_taken", account_country=own.country, currencies=", ".join(refused)
        )
    else:
        yield _found("currencies_taken", currencies=", ".join(wanted.currencies))
    if own.currency and own.currency not in wanted.currencies:
        yield _found("currency_converted", currency=own.currency)


def _connect(gateway: Gateway) -> AccountFinding:
    try:
        gateway.refuse_without_connect()
    except GatewayDeclined as no:
        return _found("no_connect", said=_said(no))
    return _found("connect")


def _found(code: str, **facts: str) -> AccountFinding:
    return AccountFinding(code, facts)


def _said(no: GatewayDeclined | GatewayKeyRefused) -> str:
    """The gateway's own sentence, in its own language."""
    return (no.message if isinstance(no, GatewayDeclined) else str(no))[:_SAID_MAX]
