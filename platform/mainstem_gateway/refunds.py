"""Refunds: money back to the client, at once, later, or come back when the bank refuses it."""

from mainstem_gateway import balance
from mainstem_gateway.cards import CARDS
from mainstem_gateway.currencies import shown
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import filters, page
from mainstem_gateway.shapes import shape
from mainstem_gateway.store import Record
from mainstem_gateway.turn import Turn
from mainstem_gateway.wire import JSON, invalid, missing, refused


def create(turn: Turn, params: JSON) -> JSON:
    charge = _charge_of(turn, params)
    left = charge.body["amount"] - charge.body["amount_refunded"]
    if charge.body["disputed"] and _charged_back(turn, charge):
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
    refund = _open(turn, charge, amount, params)
    refunded = charge.body["amount_refunded"] + amount
    turn.emit("refund.created", refund)
    turn.change(
        charge, "charge.refunded", amount_refunded=refunded,
        refunded=refunded == charge.body["amount"],
    )  # fmt: skip
    return refund.body


def retrieve(turn: Turn, params: JSON) -> JSON:
    return turn.get("refund", turn.ids["refund"], "refund").body


def update(turn: Turn, params: JSON) -> JSON:
    refund = turn.get("refund", turn.ids["refund"], "refund")
    metadata = balance.updated_metadata(refund, params.get("metadata"))
    turn.change(refund, "refund.updated", metadata=metadata)
    return refund.body


def list_all(turn: Turn, params: JSON) -> JSON:
    where = filters(params, "charge", "payment_intent")
    return page(turn, "refund", params, "/v1/refunds", shape, where)


def settle(turn: Turn, refund: Record) -> None:
    """The pending refund went through: its money leaves the balance now."""
    if refund.body["status"] != "pending":
        return
    txn = _book(turn, refund)
    refund.body.pop("pending_reason", None)
    turn.change(refund, "refund.updated", status="succeeded", balance_transaction=txn)


def fail(turn: Turn, refund: Record, reason: str = "expired_or_canceled_card") -> None:
    """The bank sent it back: the money is on the balance again and the charge is owed again."""
    if refund.body["status"] not in {"pending", "succeeded"}:
        raise refused(f"Refund {refund.id} has a status of {refund.body['status']}.", None)
    charge = turn.get("charge", refund.body["charge"], "charge", account=refund.account)
    amount = refund.body["amount"]
    fields: JSON = {"status": "failed", "failure_reason": reason}
    if refund.body["balance_transaction"]:
        fields["failure_balance_transaction"] = balance.post(
            turn, refund.account, refund.body["currency"], amount, "refund_failure", refund.id,
            description="REFUND FAILURE",
        )  # fmt: skip
    refund.body.pop("pending_reason", None)
    turn.change(refund, "refund.updated", "refund.failed", **fields)
    turn.change(
        charge, "charge.updated", refunded=False,
        amount_refunded=charge.body["amount_refunded"] - amount,
    )  # fmt: skip


def settle_fell_due(turn: Turn, id: str) -> None:
    refund = turn.store.get(id, "refund")
    if refund and refund.body["status"] == "pending":
        settle(turn, refund)


def fail_fell_due(turn: Turn, id: str) -> None:
    refund = turn.store.get(id, "refund")
    if refund and refund.body["status"] in {"pending", "succeeded"}:
        fail(turn, refund)


def settle_waiting(turn: Turn, account: str, currency: str) -> None:
    """Refunds that waited for money, oldest first, as far as it reaches."""
    waiting = [
        r
        for r in reversed(turn.store.find("refund", account=account, where={"status": "pending"}))
        if r.body.get("pending_reason") == "insufficient_funds" and r.body["currency"] == currency
    ]
    for refund in waiting:
        if balance.available(turn, account, currency) < refund.body["amount"]:
            break
        settle(turn, refund)


def _charge_of(turn: Turn, params: JSON) -> Record:
    if "charge" in params and "payment_intent" in params:
        raise invalid("You may only specify one of these parameters: charge, payment_intent.")
    if "charge" in params:
        charge = turn.get("charge", params["charge"], "charge", status=404)
        if charge.body["status"] != "succeeded":
            raise refused(f"Charge {charge.id} has not been paid.", "charge_not_refundable")
        return charge
    if "payment_intent" not in params:
        raise invalid(
            "One of the following params should be provided for this request: "
            "payment_intent or charge."
        )
    intent = turn.get("payment_intent", params["payment_intent"], "payment_intent", status=404)
    latest = turn.store.get(intent.body["latest_charge"] or "", "charge")
    if latest is None or latest.body["status"] != "succeeded":
        raise refused(
            f"This PaymentIntent ({intent.id}) does not have a successful charge to refund.",
            "payment_intent_unexpected_state",
        )
    return latest


def _charged_back(turn: Turn, charge: Record) -> bool:
    """Inquiries and disputes won leave the charge refundable."""
    found = turn.store.find("dispute", where={"charge": charge.id})
    return any(not d.body["is_charge_refundable"] for d in found)


def _open(turn: Turn, charge: Record, amount: int, params: JSON) -> Record:
    later = CARDS[charge.hidden["card"]].later if charge.hidden.get("card") else None
    by_card = charge.hidden.get("method") == "card"
    currency = charge.body["currency"]
    short = balance.available(turn, charge.account, currency) < amount
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
        "created": turn.now,
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
    refund = turn.add("refund", body)
    if not pending:
        turn.change(refund, balance_transaction=_book(turn, refund))
    due = turn.now + turn.settings.refund_delay
    if later == "refund_fails":
        turn.store.set_timer(due, "refund.fail", refund.id, refund.account)
    elif pending and not short:
        turn.store.set_timer(due, "refund.settle", refund.id, refund.account)
    return refund


def _book(turn: Turn, refund: Record) -> str:
    charge = turn.store.get(refund.body["charge"], "charge")
    if charge is None:
        raise missing("charge", refund.body["charge"], "charge")
    kind = "refund" if charge.hidden.get("method") == "card" else "payment_refund"
    return balance.post(
        turn, refund.account, refund.body["currency"], -refund.body["amount"], kind, refund.id,
        description=f"REFUND FOR CHARGE ({charge.id})",
    )  # fmt: skip
