"""Payouts: from a balance to the bank, arriving later, and sometimes coming back."""

from mainstem_gateway import accounts, balance
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import filters, page
from mainstem_gateway.shapes import shape
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import PLATFORM, UnitOfWork
from mainstem_gateway.wire import JSON, refused

FAILURES = {
    "account_closed": "The bank account has been closed.",
    "no_account": "The bank account details on file are probably incorrect. "
    "No bank account could be found with those details.",
    "could_not_process": "The bank could not process this payout.",
    "invalid_account_number": "The routing number seems correct, but the account number is "
    "invalid.",
}


def create(unit: UnitOfWork, params: JSON) -> JSON:
    amount = balance.positive(params, "amount")
    currency = balance.known_currency(params["currency"])
    balance.whole_steps(amount, currency, "amount", to_bank=True)
    bank = "ba_1EmbeddedPlatformBank"
    if unit.account != PLATFORM:
        account = unit.get("v2.core.account", unit.account, "account", account=PLATFORM)
        if not accounts.may_pay_out(account):
            raise refused(
                "Cannot create payouts: this account has requirements that need to be "
                "collected before payouts are enabled.",
                "payouts_not_allowed",
            )
        if (held := accounts.banks(account).get(currency)) is None:
            raise refused(
                f"Sorry, you don't have any external accounts in that currency ({currency}).",
                None,
                param="currency",
            )
        bank = held
    if balance.available(unit, unit.account, currency) < amount:
        raise refused(
            "You have insufficient funds in your Stripe account for this payout. "
            f"({currency.upper()})",
            "balance_insufficient",
            param="amount",
        )
    delay = 0 if params.get("method") == "instant" else unit.settings.payout_delay
    id = new_id("payout")
    body = {
        "id": id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": unit.now + delay,
        "automatic": False,
        "balance_transaction": balance.post(
            unit, unit.account, currency, -amount, "payout", id, description="STRIPE PAYOUT"
        ),
        "created": unit.now,
        "currency": currency,
        "description": params.get("description"),
        "destination": bank,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "method": params.get("method", "standard"),
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": params.get("statement_descriptor"),
        "status": "pending",
        "trace_id": None,
        "type": "bank_account",
    }
    payout = unit.add("payout", body)
    unit.emit("payout.created", payout)
    unit.store.set_timer(unit.now + delay // 2, "payout.send", id, unit.account)
    unit.store.set_timer(body["arrival_date"], "payout.arrive", id, unit.account)
    return payout.body


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    return unit.get("payout", unit.ids["payout"], "payout").body


def update(unit: UnitOfWork, params: JSON) -> JSON:
    payout = unit.get("payout", unit.ids["payout"], "payout")
    metadata = balance.updated_metadata(payout, params.get("metadata"))
    unit.change(payout, "payout.updated", metadata=metadata)
    return payout.body


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    where = filters(params, "status")
    times = ("created", "arrival_date")
    return page(unit, "payout", params, "/v1/payouts", shape, where, times=times)


def cancel(unit: UnitOfWork, params: JSON) -> JSON:
    payout = unit.get("payout", unit.ids["payout"], "payout")
    if payout.body["status"] != "pending":
        raise refused(
            "Payouts can only be canceled while they are pending. This payout has a status of "
            f"{payout.body['status']}.",
            None,
        )
    _stop_timers(unit, payout)
    txn = _money_back(unit, payout, "payout_cancel")
    unit.change(
        payout, "payout.updated", "payout.canceled", status="canceled",
        failure_balance_transaction=txn,
    )  # fmt: skip
    return payout.body


# -- what the bank does: timers and controls --------------------------------------------------------


def send(unit: UnitOfWork, id: str) -> None:
    payout = unit.store.get(id, "payout")
    if payout and payout.body["status"] == "pending":
        unit.change(payout, "payout.updated", status="in_transit")


def arrive(unit: UnitOfWork, id: str) -> None:
    payout = unit.store.get(id, "payout")
    if payout and payout.body["status"] in {"pending", "in_transit"}:
        _stop_timers(unit, payout)
        unit.change(
            payout, "payout.updated", "payout.paid", status="paid",
            trace_id={"status": "supported", "value": f"FP{payout.id[-14:].upper()}"},
        )  # fmt: skip


def fail(unit: UnitOfWork, payout: Record, code: str = "account_closed") -> None:
    """The bank sends the money back, also after it looked paid; the bank account is spent."""
    if payout.body["status"] not in {"pending", "in_transit", "paid"}:
        raise refused(f"Payout {payout.id} has a status of {payout.body['status']}.", None)
    _stop_timers(unit, payout)
    txn = _money_back(unit, payout, "payout_failure")
    unit.change(
        payout, "payout.updated", "payout.failed", status="failed", failure_code=code,
        failure_message=FAILURES.get(code, "The bank could not process this payout."),
        failure_balance_transaction=txn,
    )  # fmt: skip
    if payout.account != PLATFORM:
        accounts.lose_bank(unit, payout.account, payout.body["currency"])


def _money_back(unit: UnitOfWork, payout: Record, type: str) -> str:
    return balance.post(
        unit, payout.account, payout.body["currency"], payout.body["amount"], type, payout.id,
        description="STRIPE PAYOUT REVERSAL",
    )  # fmt: skip


def _stop_timers(unit: UnitOfWork, payout: Record) -> None:
    unit.store.drop_timers("payout.send", payout.id)
    unit.store.drop_timers("payout.arrive", payout.id)
