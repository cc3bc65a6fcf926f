"""Disputes: the client's bank takes the money back, and the merchant may answer."""

from typing import Any

from mainstem_gateway import balance
from mainstem_gateway.currencies import dispute_fee
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import filters, page
from mainstem_gateway.shapes import shape
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON, invalid, refused

ANSWER_DAYS = 20
OPEN = {"needs_response", "under_review", "warning_needs_response", "warning_under_review"}
# Stripe's test mode decides by these words; the gateway does the same.
VERDICTS = {"winning_evidence": "won", "losing_evidence": "lost"}
EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy",
    "cancellation_policy_disclosure", "cancellation_rebuttal", "customer_communication",
    "customer_email_address", "customer_name", "customer_purchase_ip", "customer_signature",
    "duplicate_charge_documentation", "duplicate_charge_explanation", "duplicate_charge_id",
    "product_description", "receipt", "refund_policy", "refund_policy_disclosure",
    "refund_refusal_explanation", "service_date", "service_documentation", "shipping_address",
    "shipping_carrier", "shipping_date", "shipping_documentation", "shipping_tracking_number",
    "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    return shape(unit, _dispute(unit))


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    where = filters(params, "charge", "payment_intent")
    return page(unit, "dispute", params, "/v1/disputes", shape, where)


def update(unit: UnitOfWork, params: JSON) -> JSON:
    """Keep evidence and, unless told otherwise, submit it to the bank."""
    dispute = _dispute(unit)
    fields: dict[str, Any] = {"metadata": balance.updated_metadata(dispute, params.get("metadata"))}
    given = params.get("evidence")
    if given is not None:
        status = dispute.body["status"]
        if status not in {"needs_response", "warning_needs_response"}:
            raise refused(
                "This dispute is already closed or under review; evidence cannot be changed.",
                None,
                param="evidence",
            )
        details = dict(dispute.body["evidence_details"], has_evidence=True)
        fields["evidence"] = dispute.body["evidence"] | given
        if params.get("submit", True):
            details["submission_count"] += 1
            fields["status"] = (
                "warning_under_review" if status.startswith("warning") else "under_review"
            )
        fields["evidence_details"] = details
    unit.change(dispute, "charge.dispute.updated", **fields)
    if "status" in fields:
        verdict = VERDICTS.get(dispute.body["evidence"].get("uncategorized_text"))
        if verdict:
            close(unit, dispute, won=verdict == "won")
    return shape(unit, dispute)


def accept(unit: UnitOfWork, params: JSON) -> JSON:
    """`close`: the merchant gives up; that is lost."""
    dispute = _dispute(unit)
    if dispute.body["status"] not in OPEN:
        raise refused("This dispute is already closed.", None)
    close(unit, dispute, won=False)
    return shape(unit, dispute)


# -- what the bank does: cards and controls ---------------------------------------------------------


def open_dispute(
    unit: UnitOfWork,
    charge: Record,
    *,
    amount: int | None = None,
    reason: str = "fraudulent",
    inquiry: bool = False,
    withdraw: bool = True,
) -> Record:
    """A dispute on a charge. An inquiry takes no money; it may be escalated by `withdraw`."""
    if charge.body["status"] != "succeeded":
        raise refused(f"Charge {charge.id} has not been paid.", None)
    disputed = charge.body["amount"] if amount is None else amount
    if not isinstance(disputed, int) or not 0 < disputed <= charge.body["amount"]:
        raise invalid("A dispute is about a part of its charge, at most the whole.", param="amount")
    balance.whole_steps(disputed, charge.body["currency"], "amount")
    body = {
        "id": new_id("dispute"),
        "object": "dispute",
        "amount": disputed,
        "balance_transactions": [],
        "charge": charge.id,
        "created": unit.now,
        "currency": charge.body["currency"],
        "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": unit.now + ANSWER_DAYS * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge.body["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network_reason_code": "10.4",
            },
            "type": "card",
        },
        "reason": reason,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    dispute = unit.add("dispute", body, account=charge.account)
    unit.change(charge, "charge.updated", disputed=True)
    unit.emit("charge.dispute.created", dispute)
    if withdraw and not inquiry:
        withdraw_funds(unit, dispute)
    return dispute


def withdraw_funds(unit: UnitOfWork, dispute: Record) -> None:
    """The disputed money and the fee leave the balance; an inquiry becomes a dispute."""
    if dispute.body["balance_transactions"]:
        raise refused("The funds of this dispute were withdrawn before.", None)
    if dispute.body["status"] not in OPEN:
        raise refused("This dispute is already closed.", None)
    txn = balance.post(
        unit, dispute.account, dispute.body["currency"], -dispute.body["amount"], "adjustment",
        dispute.id, fee_minor=dispute_fee(dispute.body["currency"]),
        fee_description="Dispute fee", category="dispute",
        description=f"Chargeback withdrawal for {dispute.body['charge']}",
    )  # fmt: skip
    unit.change(
        dispute,
        "charge.dispute.funds_withdrawn",
        balance_transactions=[txn],
        is_charge_refundable=False,
        status=dispute.body["status"].removeprefix("warning_"),
    )


def close(unit: UnitOfWork, dispute: Record, *, won: bool) -> None:
    """The bank's verdict. Won, the money comes back; the fee does not."""
    if dispute.body["status"] not in OPEN:
        raise refused("This dispute is already closed.", None)
    inquiry = dispute.body["status"].startswith("warning")
    taken = dispute.body["balance_transactions"]
    if won and taken:
        txn = balance.post(
            unit, dispute.account, dispute.body["currency"], dispute.body["amount"],
            "adjustment", dispute.id, category="dispute_reversal",
            description=f"Chargeback reversal for {dispute.body['charge']}",
        )  # fmt: skip
        unit.change(
            dispute, "charge.dispute.funds_reinstated", balance_transactions=[*taken, txn],
            status="won", is_charge_refundable=True,
        )  # fmt: skip
    status = "warning_closed" if inquiry else "won" if won else "lost"
    unit.change(
        dispute, "charge.dispute.closed", status=status,
        is_charge_refundable=inquiry or won,
    )  # fmt: skip


def _dispute(unit: UnitOfWork) -> Record:
    return unit.get("dispute", unit.ids["dispute"], "dispute")
