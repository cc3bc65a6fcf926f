"""Payment intents and charges: what becomes of a client's payment."""

from hashlib import sha256
from typing import Any

from mainstem_gateway import balance, disputes
from mainstem_gateway.cards import CARDS, Card, delayed_method
from mainstem_gateway.currencies import charge_fee
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import filters, page
from mainstem_gateway.shapes import shape
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON, refused

DECLINES = {
    "generic_decline": ("card_declined", "Your card was declined."),
    "insufficient_funds": ("card_declined", "Your card has insufficient funds."),
}
# Stripe has no 3-D Secure nor bank rails here; the page says what the client would have seen.
AUTHENTICATION_FAILED = (
    "payment_intent_authentication_failure",
    "The provided PaymentMethod has failed authentication. You can provide payment_method_data "
    "or a new PaymentMethod to attempt to fulfill this PaymentIntent again.",
)
DEBIT_FAILED = ("payment_method_provider_decline", "The bank did not pay this debit.")


def retrieve_intent(unit: UnitOfWork, params: JSON) -> JSON:
    return unit.get("payment_intent", unit.ids["intent"], "intent").body


def list_intents(unit: UnitOfWork, params: JSON) -> JSON:
    return page(unit, "payment_intent", params, "/v1/payment_intents", shape)


def cancel_intent(unit: UnitOfWork, params: JSON) -> JSON:
    """Checkout owns its intents: Stripe refuses to cancel them while the session may be paid."""
    intent = unit.get("payment_intent", unit.ids["intent"], "intent")
    status = intent.body["status"]
    if status in {"requires_payment_method", "requires_action"}:
        session = unit.store.get(intent.hidden["session"], "checkout.session")
        if session and session.body["status"] == "open":
            raise refused(
                "You cannot cancel a PaymentIntent that a Checkout Session created. "
                "Expire the Checkout Session instead.",
                "payment_intent_unexpected_state",
                param="intent",
            )
        _cancel(unit, intent, params.get("cancellation_reason"))
        return intent.body
    raise refused(
        f"You cannot cancel this PaymentIntent because it has a status of {status}. Only a "
        "PaymentIntent with one of the following statuses may be canceled: "
        "requires_payment_method, requires_capture, requires_confirmation, requires_action, "
        "processing.",
        "payment_intent_unexpected_state",
        param="intent",
    )


def retrieve_charge(unit: UnitOfWork, params: JSON) -> JSON:
    return unit.get("charge", unit.ids["charge"], "charge").body


def update_charge(unit: UnitOfWork, params: JSON) -> JSON:
    charge = unit.get("charge", unit.ids["charge"], "charge")
    metadata = balance.updated_metadata(charge, params.get("metadata"))
    description = params.get("description", charge.body["description"])
    unit.change(charge, "charge.updated", metadata=metadata, description=description)
    return charge.body


def list_charges(unit: UnitOfWork, params: JSON) -> JSON:
    where = filters(params, "payment_intent", "transfer_group")
    return page(unit, "charge", params, "/v1/charges", shape, where)


# -- what Checkout does ---------------------------------------------------------------------------


def open_intent(unit: UnitOfWork, session: Record) -> Record:
    """The intent of a session's first attempt. Metadata is the intent's own, never copied."""
    wanted = session.hidden["intent"]
    id = new_id("payment_intent")
    body = {
        **INTENT_NOT_USED,
        "id": id,
        "object": "payment_intent",
        "amount": session.body["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": wanted.get("capture_method", "automatic_async"),
        "client_secret": f"{id}_secret_{new_id('request')[4:]}",
        "confirmation_method": "automatic",
        "created": unit.now,
        "currency": session.body["currency"],
        "description": wanted.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": wanted.get("metadata") or {},
        "next_action": None,
        "payment_method": None,
        "payment_method_options": {},
        "payment_method_types": session.body["payment_method_types"],
        "receipt_email": wanted.get("receipt_email"),
        "statement_descriptor": wanted.get("statement_descriptor"),
        "statement_descriptor_suffix": wanted.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_group": wanted.get("transfer_group"),
    }
    return unit.add("payment_intent", body, session=session.id)


def succeed(unit: UnitOfWork, intent: Record, card: Card, session: Record) -> Record:
    """A card payment went through; `settle` books its money."""
    charge = _charge(unit, intent, card, session, status="succeeded")
    unit.emit("charge.succeeded", charge)
    _intent_succeeded(unit, intent, charge)
    return charge


def start_delayed(unit: UnitOfWork, intent: Record, card: Card, session: Record) -> Record:
    """A bank was asked; its answer comes when the timer falls due."""
    charge = _charge(unit, intent, card, session, status="pending")
    unit.change(
        intent, status="processing", latest_charge=charge.id, next_action=None,
        payment_method=charge.body["payment_method"], last_payment_error=None,
    )  # fmt: skip
    arrives = "delayed.arrives" if card.outcome == "delayed_paid" else "delayed.fails"
    unit.store.set_timer(unit.now + unit.settings.async_delay, arrives, session.id, session.account)
    return charge


def succeed_delayed(unit: UnitOfWork, intent: Record) -> Record:
    charge = unit.get("charge", intent.body["latest_charge"], "charge", account=intent.account)
    unit.change(
        charge, "charge.succeeded", status="succeeded", paid=True, captured=True,
        amount_captured=charge.body["amount"], outcome=_outcome(None),
    )  # fmt: skip
    _intent_succeeded(unit, intent, charge)
    return charge


def fail_delayed(unit: UnitOfWork, intent: Record) -> None:
    charge = unit.get("charge", intent.body["latest_charge"], "charge", account=intent.account)
    code, message = DEBIT_FAILED
    unit.change(charge, status="failed", failure_code=code, failure_message=message)
    _intent_failed(unit, intent, charge, code, message)


def decline(unit: UnitOfWork, intent: Record, card: Card, session: Record) -> Record:
    """The card was refused: the attempt is on record and the client may try another."""
    code, message = DECLINES[card.decline_code or "generic_decline"]
    charge = _charge(unit, intent, card, session, status="failed", failure=(code, message))
    _intent_failed(unit, intent, charge, code, message, decline_code=card.decline_code)
    return charge


def ask_to_authenticate(unit: UnitOfWork, intent: Record, card: Card, url: str) -> None:
    unit.change(
        intent,
        status="requires_action",
        payment_method=new_id("payment_method"),
        last_payment_error=None,
        next_action={
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": url, "url": f"{url}/confirm"},
        },
    )


def fail_authentication(unit: UnitOfWork, intent: Record, card: Card, session: Record) -> None:
    code, message = AUTHENTICATION_FAILED
    charge = _charge(unit, intent, card, session, status="failed", failure=(code, message))
    _intent_failed(unit, intent, charge, code, message)


def settle(unit: UnitOfWork, charge: Record) -> None:
    """Book the money, after the payment is told: that is how automatic_async capture comes."""
    amount, currency = charge.body["amount"], charge.body["currency"]
    kind = "charge" if charge.hidden["method"] == "card" else "payment"
    txn = balance.post(
        unit, charge.account, currency, amount, kind, charge.id,
        fee_minor=charge_fee(amount, currency), description=charge.body["description"],
        available_on=unit.now + unit.settings.funds_delay,
    )  # fmt: skip
    unit.change(charge, "charge.updated", balance_transaction=txn)
    if charge.hidden["card"] and CARDS[charge.hidden["card"]].later == "dispute":
        unit.store.set_timer(
            unit.now + unit.settings.dispute_delay, "dispute.open", charge.id, charge.account
        )


def cancel_open(unit: UnitOfWork, intent: Record, reason: str) -> None:
    """The session of this intent expired; an unfinished attempt ends with it."""
    if intent.body["status"] in {"requires_payment_method", "requires_action"}:
        _cancel(unit, intent, reason)


def open_dispute_fell_due(unit: UnitOfWork, charge_id: str) -> None:
    charge = unit.store.get(charge_id, "charge")
    if charge and not charge.body["disputed"]:
        disputes.open_dispute(unit, charge)


def _cancel(unit: UnitOfWork, intent: Record, reason: str | None) -> None:
    unit.change(
        intent, "payment_intent.canceled", status="canceled", canceled_at=unit.now,
        cancellation_reason=reason, next_action=None,
    )  # fmt: skip


def _intent_succeeded(unit: UnitOfWork, intent: Record, charge: Record) -> None:
    unit.change(
        intent,
        "payment_intent.succeeded",
        status="succeeded",
        amount_received=intent.body["amount"],
        latest_charge=charge.id,
        payment_method=charge.body["payment_method"],
        next_action=None,
        last_payment_error=None,
    )


def _intent_failed(
    unit: UnitOfWork,
    intent: Record,
    charge: Record,
    code: str,
    message: str,
    *,
    decline_code: str | None = None,
) -> None:
    error: JSON = {
        "type": "card_error",
        "charge": charge.id,
        "code": code,
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": message,
    }
    if decline_code:
        error["decline_code"] = decline_code
    unit.change(
        intent,
        "payment_intent.payment_failed",
        status="requires_payment_method",
        latest_charge=charge.id,
        payment_method=None,
        next_action=None,
        last_payment_error=error,
    )


def _charge(
    unit: UnitOfWork,
    intent: Record,
    card: Card,
    session: Record,
    *,
    status: str,
    failure: tuple[str, str] | None = None,
) -> Record:
    paid = status == "succeeded"
    amount, currency = intent.body["amount"], intent.body["currency"]
    method = delayed_method(currency) if card.delayed else "card"
    client = session.body["customer_details"] or {}
    code, message = failure or (None, None)
    body = {
        **CHARGE_NOT_USED,
        "id": new_id("charge"),
        "object": "charge",
        "amount": amount,
        "amount_captured": amount if paid else 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {
            "address": dict.fromkeys(ADDRESS),
            "email": client.get("email"),
            "name": client.get("name"),
            "phone": None,
            "tax_id": None,
        },
        "calculated_statement_descriptor": intent.body["statement_descriptor"],
        "captured": paid,
        "created": unit.now,
        "currency": currency,
        "description": intent.body["description"],
        "disputed": False,
        "failure_code": code,
        "failure_message": message,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent.body["metadata"]),
        "outcome": None if status == "pending" else _outcome(card if failure else None),
        "paid": paid,
        "payment_intent": intent.id,
        "payment_method": intent.body["payment_method"] or new_id("payment_method"),
        "payment_method_details": _method_details(
            method, card, client.get("name") or client.get("email") or ""
        ),
        "receipt_email": intent.body["receipt_email"],
        "refunded": False,
        "statement_descriptor": intent.body["statement_descriptor"],
        "statement_descriptor_suffix": intent.body["statement_descriptor_suffix"],
        "status": status,
        "transfer_group": intent.body["transfer_group"],
    }
    return unit.add("charge", body, card=card.name, method=method)


def _outcome(declined: Card | None) -> JSON:
    if declined is None:
        return {
            "advice_code": None, "network_advice_code": None, "network_decline_code": None,
            "network_status": "approved_by_network", "reason": None, "risk_level": "normal",
            "seller_message": "Payment complete.", "type": "authorized",
        }  # fmt: skip
    return {
        "advice_code": "try_again_later", "network_advice_code": None,
        "network_decline_code": None, "network_status": "declined_by_network",
        "reason": declined.decline_code, "risk_level": "normal",
        "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }  # fmt: skip


def _fingerprint(card: Card, holder: str) -> str:
    """A card or bank account is one and the same in the same hands, whoever it pays for."""
    return sha256(f"{card.last4} {holder.strip().casefold()}".encode()).hexdigest()[:16]


def _method_details(method: str, card: Card, holder: str) -> JSON:
    fingerprint = _fingerprint(card, holder)
    match method:
        case "card":
            details: dict[str, Any] = {
                "amount_authorized": None,
                "brand": card.brand,
                "checks": {
                    "address_line1_check": None,
                    "address_postal_code_check": None,
                    "cvc_check": "pass",
                },
                "country": "US",
                "exp_month": 12,
                "exp_year": 2034,
                "fingerprint": fingerprint,
                "funding": "credit",
                "installments": None,
                "last4": card.last4,
                "mandate": None,
                "network": card.brand,
                "three_d_secure": None,
                "wallet": None,
            }
        case "sepa_debit":
            details = {
                "bank_code": None, "branch_code": None, "country": "AT",
                "fingerprint": fingerprint, "last4": card.last4, "mandate": None,
            }  # fmt: skip
        case "us_bank_account":
            details = {
                "account_holder_type": "individual", "account_type": "checking",
                "bank_name": "EMBEDDED TEST BANK", "fingerprint": fingerprint,
                "last4": card.last4, "payment_reference": None, "routing_number": "110000000",
            }  # fmt: skip
        case "bacs_debit":
            details = {
                "fingerprint": fingerprint, "last4": card.last4, "mandate": None,
                "sort_code": "108800",
            }  # fmt: skip
        case _:
            details = {}
    return {"type": method, method: details}


ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
INTENT_NOT_USED: JSON = {
    "application": None, "application_fee_amount": None, "automatic_payment_methods": None,
    "customer": None, "customer_account": None, "excluded_payment_method_types": None,
    "on_behalf_of": None, "payment_method_configuration_details": None, "processing": None,
    "review": None, "setup_future_usage": None, "shipping": None, "transfer_data": None,
}  # fmt: skip
CHARGE_NOT_USED: JSON = {
    "application": None, "application_fee": None, "application_fee_amount": None,
    "customer": None, "failure_balance_transaction": None, "on_behalf_of": None,
    "radar_options": {}, "receipt_number": None, "receipt_url": None, "review": None,
    "shipping": None, "source_transfer": None, "transfer_data": None,
}  # fmt: skip
