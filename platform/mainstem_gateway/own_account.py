"""The platform's own account, what its country takes, and which keys lead to it."""

from typing import Any

from mainstem_gateway.currencies import KNOWN
from mainstem_gateway.store import Store
from mainstem_gateway.unit_of_work import PLATFORM, UnitOfWork
from mainstem_gateway.wire import JSON, WireError, decode, encode, not_simulated

STRANGER = "acct_1EmbeddedStranger"
"""Whose the keys are that a control has made somebody else's."""

_FACTS = "own_account"
_KEYS = "keys"
KEY_STANDINGS = ("valid", "revoked", "of_another")

USUAL: JSON = {
    "country": "SE",
    "default_currency": "sek",
    "charges_enabled": True,
    "payouts_enabled": True,
    "card_payments": "active",
    "currently_due": [],
    "disabled_reason": None,
    "is_platform": True,
}
"""What the account is until a control says otherwise."""


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    facts = _facts(unit.store)
    due = facts["currently_due"]
    return {
        "id": STRANGER if unit.is_stranger else PLATFORM,
        "object": "account",
        "type": "standard",
        "country": facts["country"],
        "default_currency": facts["default_currency"],
        "charges_enabled": facts["charges_enabled"],
        "payouts_enabled": facts["payouts_enabled"],
        "details_submitted": True,
        "email": "owner@example.com",
        "capabilities": {"card_payments": facts["card_payments"], "transfers": "active"},
        "controller": {"type": "account"},
        "requirements": {
            "alternatives": [],
            "current_deadline": None,
            "currently_due": due,
            "disabled_reason": facts["disabled_reason"],
            "errors": [],
            "eventually_due": due,
            "past_due": [] if facts["disabled_reason"] is None else due,
            "pending_verification": [],
        },
    }


def country_spec(unit: UnitOfWork, params: JSON) -> JSON:
    """What may be paid in: all that the gateway knows. Banks abroad it leaves out."""
    country = unit.ids["country"].upper()
    facts = _facts(unit.store)
    if country != facts["country"]:
        raise not_simulated(f"the country {country}: the account is in {facts['country']}")
    fields: JSON = {"minimum": [], "additional": []}
    return {
        "id": country,
        "object": "country_spec",
        "default_currency": facts["default_currency"],
        "supported_bank_account_currencies": {facts["default_currency"]: [country]},
        "supported_payment_currencies": sorted(KNOWN),
        "supported_payment_methods": ["card", "stripe"],
        "supported_transfer_countries": [country],
        "verification_fields": {"company": fields, "individual": fields},
    }


def let_in(unit: UnitOfWork, key: str, operation: str) -> None:
    """Refuse a key that was revoked, and what only the other's account could answer."""
    standing = _kept(unit.store, _KEYS).get(key, "valid")
    if standing == "revoked":
        raise WireError(
            401,
            "invalid_request_error",
            f"Expired API Key provided: {key[:8]}{'*' * 8}{key[-4:]}",
            code="api_key_expired",
        )
    unit.is_stranger = standing == "of_another"
    if unit.is_stranger and operation != "get /v1/account":
        raise not_simulated(f"{operation} for another account than the platform's")
    if "/v2/core/accounts" in operation and not _facts(unit.store)["is_platform"]:
        raise WireError(
            403,
            "invalid_request_error",
            "Only Stripe Connect platforms can work with other accounts. Sign up for Connect first.",
        )


def change(store: Store, given: JSON) -> JSON:
    """Make facts of the account other than usual; with none given, usual again."""
    facts = _facts(store) | given if given else dict(USUAL)
    _keep(store, _FACTS, facts)
    return facts


def change_key(store: Store, key: str, standing: str) -> JSON:
    """Say what a key is from now on."""
    keys = _kept(store, _KEYS) | {key: standing}
    _keep(store, _KEYS, keys)
    return {"key": key, "standing": standing}


def _facts(store: Store) -> JSON:
    return USUAL | _kept(store, _FACTS)


def _kept(store: Store, name: str) -> dict[str, Any]:
    found = store.meta(name)
    return decode(found) if found else {}


def _keep(store: Store, name: str, value: JSON) -> None:
    store.set_meta(name, encode(value).decode())
