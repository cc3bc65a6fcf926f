"""Refunds: money back to the client, at once, later, or come back when the bank refuses it."""

from mainstem_gateway import balance
from mainstem_gateway.cards import CARDS
from mainstem_gateway.currencies import shown
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import filters, page
from mainstem_gateway.shapes import shape
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON, invalid, missing, refused


def create(unit: UnitOfWork, params: JSON) -> JSON:
    charge = _charge_of(unit, params)
    left = charge.body["amount"] - charge.body["amount_refunded"]
    if charge.body["disputed"] and _charged_back(unit, charge):
        raise refused(
            f"Charge {charge.id} has been charged back; cannot issue a refund.", "charge_disputed"
        )
    if left == 0:
        raise refused(f"Charge {charge.id} has already been refunded.", "charge_already_refunded")
    amount = balance.positive(params, "amount") if "amount" in params else left
    currency = charge.body["currency"]
    balance.whole_steps(amount, currency, "amount")
    if amount > left:
        raise refused(
            f"Refund amount ({shown(amount, currency)}) is greater than unrefunded amount on "
            f"charge ({shown(left, currency)})",
            None,
            param="amount",
        )
    refund = _open(unit, charge, amount, params)
    refunded = charge.body["amount_refunded"] + amount
    unit.emit("refund.created", refund)
    unit.change(
        charge, "charge.refunded", amount_refunded=refunded,
        refunded=refunded == charge.body["amount"],
    )  # fmt: skip
    return refund.body


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    return unit.get("refund", unit.ids["refund"], "refund").body


def update(unit: UnitOfWork, params: JSON) -> JSON:
    refund = unit.get("refund", unit.ids["refund"], "refund")
    metadata = balance.updated_metadata(refund, params.get("metadata"))
    unit.change(refund, "refund.updated", metadata=metadata)
    return refund.body


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    where = filters(params, "charge", "payment_intent")
    return page(unit, "refund", params, "/v1/refunds", shape, where)


def settle(unit: UnitOfWork, refund: Record) -> None:
    """The pending refund went through: its money leaves the balance now."""
    if refund.body["status"] != "pending":
        return
    txn = _book(unit, refund)
    refund.body.pop("pending_reason", None)
    unit.change(refund, "refund.updated", status="succeeded", balance_transaction=txn)


def fail(unit: UnitOfWork, refund: Record, reason: str = "expired_or_canceled_card") -> None:
    """The bank sent it back: the money is on the balance again and the charge is owed again."""
    if refund.body["status"] not in {"pending", "succeeded"}:
        raise refused(f"Refund {refund.id} has a status of {refund.body['status']}.", None)
    charge = unit.get("charge", refund.body["charge"], "charge", account=refund.account)
    amount = refund.body["amount"]
    fields: JSON = {"status": "failed", "failure_reason": reason}
    if refund.body["balance_transaction"]:
        fields["failure_balance_transaction"] = balance.post(
            unit, refund.account, refund.body["currency"], amount, "refund_failure", refund.id,
            description="REFUND FAILURE",
        )  # fmt: skip
    refund.body.pop("pending_reason", None)
    unit.change(refund, "refund.updated", "refund.failed", **fields)
    unit.change(
        charge, "charge.updated", refunded=False,
        amount_refunded=charge.body["amount_refunded"] - amount,
    )  # fmt: skip


def settle_fell_due(unit: UnitOfWork, id: str) -> None:
    refund = unit.store.get(id, "refund")
    if refund and refund.body["status"] == "pending":
        settle(unit, refund)


def fail_fell_due(unit: UnitOfWork, id: str) -> None:
    refund = unit.store.get(id, "refund")
    if refund and refund.body["status"] in {"pending", "succeeded"}:
        fail(unit, refund)


def settle_waiting(unit: UnitOfWork, account: str, currency: str) -> None:
    """Refunds that waited for money, oldest first, as far as it reaches."""
    waiting = [
        r
        for r in reversed(unit.store.find("refund", account=account, where={"status": "pending"}))
        if r.body.get("pending_reason") == "insufficient_funds" and r.body["currency"] == currency
    ]
    for refund in waiting:
        if balance.available(unit, account, currency) < refund.body["amount"]:
            break
        settle(unit, refund)


def _charge_of(unit: UnitOfWork, params: JSON) -> Record:
    if "charge" in params and "payment_intent" in params:
        raise invalid("You may only specify one of these parameters: charge, payment_intent.")
    if "charge" in params:
        charge = unit.get("charge", params["charge"], "charge", status=404)
        if charge.body["status"] != "succeeded":
            raise refused(f"Charge {charge.id} has not been paid.", "charge_not_refundable")
        return charge
    if "payment_intent" not in params:
        raise invalid(
            "One of the following params should be provided for this request: "
            "payment_intent or charge."
        )
    intent = unit.get("payment_intent", params["payment_intent"], "payment_intent", status=404)
    latest = unit.store.get(intent.body["latest_charge"] or "", "charge")
    if latest is None or latest.body["status"] != "succeeded":
        raise refused(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            "payment_intent_unexpected_state",
        )
    return latest


def _charged_back(unit: UnitOfWork, charge: Record) -> bool:
    """Inquiries and disputes won leave the charge refundable."""
    found = unit.store.find("dispute", where={"charge": charge.id})
    return any(not d.body["is_charge_refundable"] for d in found)


def _open(unit: UnitOfWork, charge: Record, amount: int, params: JSON) -> Record:
    later = CARDS[charge.hidden["card"]].later if charge.hidden.get("card") else None
    by_card = charge.hidden.get("method") == "card"
    currency = charge.body["currency"]
    short = balance.available(unit, charge.account, currency) < amount
    pending = short or later == "refund_pending" or not by_card
    method = charge.hidden.get("method") or "card"
    destination: JSON = (
        {"card": {"type": "refund", "reference_status": "pending",
                  "reference_type": "acquirer_reference_number"}, "type": "card"}
        if by_card
        else {"type": method, method: {}}
        if method != "customer_balance"
        else {"type": method}
    )  # fmt: skip
    body = {
        "id": new_id("refund"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge.id,
        "created": unit.now,
        "currency": currency,
        "destination_details": destination,
        "metadata": params.get("metadata") or {},
        "payment_intent": charge.body["payment_intent"],
        "reason": params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if pending else "succeeded",
        "transfer_reversal": None,
    }
    if pending:
        body["pending_reason"] = "insufficient_funds" if short else "processing"
    refund = unit.add("refund", body)
    if not pending:
        unit.change(refund, balance_transaction=_book(unit, refund))
    due = unit.now + unit.settings.refund_delay
    if later == "refund_fails":
        unit.store.set_timer(due, "refund.fail", refund.id, refund.account)
    elif pending and not short:
        unit.store.set_timer(due, "refund.settle", refund.id, refund.account)
    return refund


def _book(unit: UnitOfWork, refund: Record) -> str:
    charge = unit.store.get(refund.body["charge"], "charge")
    if charge is None:
        raise missing("charge", refund.body["charge"], "charge")
    kind = "refund" if charge.hidden.get("method") == "card" else "payment_refund"
    return balance.post(
        unit, refund.account, refund.body["currency"], -refund.body["amount"], kind, refund.id,
        description=f"REFUND FOR CHARGE ({charge.id})",
    )  # fmt: skip
