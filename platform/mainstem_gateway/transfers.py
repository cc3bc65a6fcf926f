"""Transfers: the platform's money onto a connected account, and back again."""

from mainstem_gateway import accounts, balance
from mainstem_gateway.currencies import shown
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import filters, page
from mainstem_gateway.payments import CHARGE_NOT_USED
from mainstem_gateway.shapes import reversals, shape
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import PLATFORM, UnitOfWork
from mainstem_gateway.wire import JSON, invalid, missing, not_simulated, refused


def create(unit: UnitOfWork, params: JSON) -> JSON:
    if unit.account != PLATFORM:
        raise not_simulated("transfers made by a connected account")
    if "amount" not in params:
        raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
    amount = balance.positive(params, "amount")
    currency = balance.known_currency(params["currency"])
    balance.whole_steps(amount, currency, "amount")
    destination = unit.store.get(params["destination"], "v2.core.account")
    if destination is None:
        raise missing("destination", params["destination"], "destination", status=400)
    source = _source(unit, params, amount, currency)
    if not accounts.may_receive(destination):
        raise refused(
            "Your destination account needs to have at least one of the following capabilities "
            "enabled: transfers, crypto_transfers, legacy_payments",
            "insufficient_capabilities_for_transfer",
        )
    available_on = unit.now
    if source:
        txn = balance.shown_transaction(unit, source.body["balance_transaction"] or "")
        available_on = max(unit.now, txn["available_on"] if txn else unit.now)
    elif balance.available(unit, unit.account, currency) < amount:
        raise refused(
            f"You have insufficient available funds in your Stripe account. Try adding funds "
            f"directly to your available balance ({currency.upper()}).",
            "balance_insufficient",
        )
    group = params.get("transfer_group", source.body["transfer_group"] if source else None)
    body = {
        "id": new_id("transfer"),
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": unit.now,
        "currency": currency,
        "description": params.get("description"),
        "destination": destination.id,
        "destination_payment": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "reversed": False,
        "source_transaction": source.id if source else None,
        "source_type": "card",
        "transfer_group": group,
    }
    transfer = unit.add("transfer", body)
    sent = balance.post(
        unit, PLATFORM, currency, -amount, "transfer", transfer.id,
        description=params.get("description"), available_on=available_on,
    )  # fmt: skip
    received = _receive(unit, transfer, available_on)
    unit.change(transfer, balance_transaction=sent, destination_payment=received.id)
    unit.emit("transfer.created", transfer)
    return shape(unit, transfer)


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    return shape(unit, unit.get("transfer", unit.ids["transfer"], "transfer"))


def update(unit: UnitOfWork, params: JSON) -> JSON:
    transfer = unit.get("transfer", unit.ids["transfer"], "transfer")
    metadata = balance.updated_metadata(transfer, params.get("metadata"))
    description = params.get("description", transfer.body["description"])
    unit.change(transfer, "transfer.updated", metadata=metadata, description=description)
    return shape(unit, transfer)


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    where = filters(params, "destination", "transfer_group")
    return page(unit, "transfer", params, "/v1/transfers", shape, where)


def reverse(unit: UnitOfWork, params: JSON) -> JSON:
    """Take back what the account still has of it, whole or in part."""
    transfer = unit.get("transfer", unit.ids["id"], "id")
    currency = transfer.body["currency"]
    left = transfer.body["amount"] - transfer.body["amount_reversed"]
    if left == 0:
        raise refused(f"Transfer {transfer.id} is already fully reversed.", None)
    amount = balance.positive(params, "amount") if "amount" in params else left
    balance.whole_steps(amount, currency, "amount")
    if amount > left:
        raise refused(
            f"Transfer reversal amount ({shown(amount, currency)}) is greater than unreversed "
            f"amount ({shown(left, currency)}).",
            None,
            param="amount",
        )
    holder = transfer.body["destination"]
    coming = balance.shown(unit, holder)["pending"]
    pending = sum(c["amount"] for c in coming if c["currency"] == currency)
    if balance.available(unit, holder, currency) + pending < amount:
        raise refused(
            "The connected account has insufficient funds for this reversal.",
            "balance_insufficient",
        )
    id = new_id("transfer_reversal")
    body = {
        "id": id,
        "object": "transfer_reversal",
        "amount": amount,
        "balance_transaction": balance.post(
            unit, PLATFORM, currency, amount, "transfer_refund", id,
            description=params.get("description"),
        ),
        "created": unit.now,
        "currency": currency,
        "destination_payment_refund": _give_back(unit, transfer, amount),
        "metadata": params.get("metadata") or {},
        "source_refund": None,
        "transfer": transfer.id,
    }  # fmt: skip
    reversal = unit.add("transfer_reversal", body)
    reversed_total = transfer.body["amount_reversed"] + amount
    unit.change(
        transfer, "transfer.reversed", amount_reversed=reversed_total,
        reversed=reversed_total == transfer.body["amount"],
    )  # fmt: skip
    return reversal.body


def list_reversals(unit: UnitOfWork, params: JSON) -> JSON:
    transfer = unit.get("transfer", unit.ids["id"], "id")
    url = f"/v1/transfers/{transfer.id}/reversals"
    if set(params) <= {"limit"}:
        return reversals(unit, transfer.id, limit=params.get("limit", 10))
    return page(unit, "transfer_reversal", params, url, shape, {"transfer": transfer.id})


def retrieve_reversal(unit: UnitOfWork, params: JSON) -> JSON:
    reversal = unit.get("transfer_reversal", unit.ids["id"], "id")
    if reversal.body["transfer"] != unit.ids["transfer"]:
        raise missing("transfer_reversal", reversal.id, "id")
    return reversal.body


def _source(unit: UnitOfWork, params: JSON, amount: int, currency: str) -> Record | None:
    """The charge a transfer is tied to; together they may not send more than it brought."""
    if "source_transaction" not in params:
        return None
    charge = unit.get("charge", params["source_transaction"], "source_transaction", status=400)
    if charge.body["currency"] != currency:
        raise invalid(
            "The currency of source_transaction's balance transaction must be the same as the "
            "transfer currency.",
            param="currency",
        )
    tied = unit.store.find("transfer", where={"source_transaction": charge.id})
    used = sum(t.body["amount"] - t.body["amount_reversed"] for t in tied)
    if used + amount > charge.body["amount"]:
        raise refused(
            "Insufficient funds: the transfers of this source_transaction would exceed the "
            f"charge ({shown(charge.body['amount'], currency)}).",
            "balance_insufficient",
        )
    return charge


def _receive(unit: UnitOfWork, transfer: Record, available_on: int) -> Record:
    """What the connected account sees of a transfer: a payment on its own balance."""
    id, amount = new_id("destination_payment"), transfer.body["amount"]
    holder = transfer.body["destination"]
    txn = balance.post(
        unit, holder, transfer.body["currency"], amount, "payment", id, available_on=available_on
    )
    body = {
        **CHARGE_NOT_USED,
        "id": id,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": 0,
        "balance_transaction": txn,
        "billing_details": {
            "address": None, "email": None, "name": None, "phone": None, "tax_id": None,
        },
        "calculated_statement_descriptor": None,
        "captured": True,
        "created": unit.now,
        "currency": transfer.body["currency"],
        "description": None,
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "fraud_details": {},
        "livemode": False,
        "metadata": {},
        "outcome": None,
        "paid": True,
        "payment_intent": None,
        "payment_method": None,
        "payment_method_details": {
            "stripe_account": {}, "type": "stripe_account",
        },
        "receipt_email": None,
        "refunded": False,
        "source_transfer": transfer.id,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded",
        "transfer_group": transfer.body["transfer_group"],
    }  # fmt: skip
    return unit.add("charge", body, account=holder, card=None, method="stripe_account")


def _give_back(unit: UnitOfWork, transfer: Record, amount: int) -> str:
    payment = unit.store.get(transfer.body["destination_payment"], "charge")
    if payment is None:
        raise missing("charge", transfer.body["destination_payment"], "id")
    id = new_id("payment_refund")
    currency = transfer.body["currency"]
    txn = balance.post(unit, payment.account, currency, -amount, "payment_refund", id)
    body = {
        "id": id,
        "object": "refund",
        "amount": amount,
        "balance_transaction": txn,
        "charge": payment.id,
        "created": unit.now,
        "currency": currency,
        "metadata": {},
        "payment_intent": None,
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    unit.add("refund", body, account=payment.account)
    given_back = payment.body["amount_refunded"] + amount
    unit.change(payment, amount_refunded=given_back, refunded=given_back == payment.body["amount"])
    return id
