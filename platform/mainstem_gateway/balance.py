"""Money: balance transactions, the balances they add up to, and top-ups of the platform."""

from mainstem_gateway.currencies import KNOWN, step_of
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import envelope, filters, page, ranges, rows
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import PLATFORM, UnitOfWork
from mainstem_gateway.wire import JSON, decode, encode, invalid, missing, not_simulated

CATEGORIES = {
    "charge": "charge", "payment": "charge", "refund": "refund", "payment_refund": "refund",
    "refund_failure": "refund_failure", "payment_failure_refund": "charge_failure",
    "transfer": "transfer", "transfer_refund": "transfer_reversal", "payout": "payout",
    "payout_failure": "payout_reversal", "payout_cancel": "payout_reversal", "topup": "topup",
}  # fmt: skip


def post(
    unit: UnitOfWork,
    account: str,
    currency: str,
    amount_minor: int,
    type: str,
    source: str,
    *,
    fee_minor: int = 0,
    fee_description: str = "Stripe processing fees",
    category: str | None = None,
    description: str | None = None,
    available_on: int | None = None,
) -> str:
    """One balance transaction; its id. Money in, less the fee; negative is money out."""
    fees = [{
        "amount": fee_minor, "application": None, "currency": currency,
        "description": fee_description, "type": "stripe_fee",
    }] if fee_minor else []  # fmt: skip
    available_on = unit.now if available_on is None else available_on
    net = amount_minor - fee_minor
    body = {
        "id": new_id("balance_transaction"),
        "object": "balance_transaction",
        "amount": amount_minor,
        "available_on": available_on,
        "balance_type": "payments",
        "created": unit.now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee_minor,
        "fee_details": fees,
        "net": net,
        "reporting_category": category or CATEGORIES[type],
        "source": source,
        "type": type,
    }
    unit.store.db.execute(
        "INSERT INTO money (id, account, currency, amount, fee, net, type, source, created, "
        "available_on, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (body["id"], account, currency, amount_minor, fee_minor, net, type, source, unit.now,
         available_on, encode(body).decode()),
    )  # fmt: skip
    if available_on > unit.now:
        unit.store.set_timer(available_on, "funds.available", currency, account)
    elif net > 0:
        unit.raised.add((account, currency))
    return str(body["id"])


def available(unit: UnitOfWork, account: str, currency: str) -> int:
    """What the account may spend now, in minor units; negative if it owes."""
    return _total(unit, account, currency) - _coming(unit, account, currency)


def _total(unit: UnitOfWork, account: str, currency: str) -> int:
    row = unit.store.db.execute(
        "SELECT total FROM totals WHERE account = ? AND currency = ?", (account, currency)
    ).fetchone()
    return row[0] if row else 0


def _coming(unit: UnitOfWork, account: str, currency: str) -> int:
    coming: int = unit.store.db.execute(
        "SELECT coalesce(sum(net), 0) FROM money "
        "WHERE account = ? AND currency = ? AND available_on > ?",
        (account, currency, unit.now),
    ).fetchone()[0]
    return coming


def retrieve(unit: UnitOfWork, params: JSON | None = None) -> JSON:
    return shown(unit, unit.account)


def shown(unit: UnitOfWork, account: str) -> JSON:
    rows = unit.store.db.execute(
        "SELECT currency FROM totals WHERE account = ? ORDER BY currency", (account,)
    ).fetchall()
    currencies = [row[0] for row in rows] or ["eur"]
    spendable, coming = [], []
    for currency in currencies:
        free, later = available(unit, account, currency), _coming(unit, account, currency)
        spendable.append({"amount": free, "currency": currency, "source_types": {"card": free}})
        coming.append({"amount": later, "currency": currency, "source_types": {"card": later}})
    body: JSON = {
        "object": "balance", "available": spendable, "livemode": False, "pending": coming,
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }  # fmt: skip
    if account == PLATFORM:
        body["connect_reserved"] = [{"amount": 0, "currency": c} for c in currencies]
    return body


def shown_transaction(unit: UnitOfWork, id: str, account: str | None = None) -> JSON | None:
    row = unit.store.db.execute("SELECT account, body FROM money WHERE id = ?", (id,)).fetchone()
    if row is None or (account and row[0] != account):
        return None
    return _dated(decode(row[1]), unit.now)


def _dated(body: JSON, now: int) -> JSON:
    return body | {"status": "available" if body["available_on"] <= now else "pending"}


def transaction(unit: UnitOfWork, params: JSON) -> JSON:
    body = shown_transaction(unit, unit.ids["id"], unit.account)
    if body is None:
        raise missing("balance transaction", unit.ids["id"], "id")
    return body


def transactions(unit: UnitOfWork, params: JSON) -> JSON:
    where = filters(params, "currency", "source", "type")
    found, more = rows(
        unit, "money", params, {"account": unit.account, **where}, ranges(params),
        "balance transaction",
    )  # fmt: skip
    return envelope([_dated(b, unit.now) for b in found], more, "/v1/balance_transactions")


def settings(unit: UnitOfWork, params: JSON) -> JSON:
    """Payout schedule of the account. Payouts are only ever made by hand here."""
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": False,
            "payouts": {
                "automatic_transfer_rules_by_currency": None,
                "minimum_balance_by_currency": None,
                "schedule": {"interval": "manual"},
                "statement_descriptor": None,
                "status": "enabled",
            },
            "settlement_timing": {"delay_days": 0},
        },
    }


def update_settings(unit: UnitOfWork, params: JSON) -> JSON:
    schedule = params.get("payments", {}).get("payouts", {}).get("schedule", {})
    if schedule.get("interval", "manual") != "manual":
        raise not_simulated(f"automatic payouts ({schedule['interval']}); the schedule is manual")
    return settings(unit, params)


def top_up(unit: UnitOfWork, params: JSON) -> JSON:
    """Money of the platform's own, on its balance at once."""
    amount, currency = positive(params, "amount"), known_currency(params["currency"])
    whole_steps(amount, currency, "amount")
    topup = unit.add(
        "topup",
        {
            "id": new_id("topup"),
            "object": "topup",
            "amount": amount,
            "balance_transaction": None,
            "created": unit.now,
            "currency": currency,
            "description": params.get("description"),
            "expected_availability_date": unit.now,
            "failure_code": None,
            "failure_message": None,
            "livemode": False,
            "metadata": params.get("metadata") or {},
            "source": None,
            "statement_descriptor": params.get("statement_descriptor"),
            "status": "pending",
            "transfer_group": params.get("transfer_group"),
        },
    )
    unit.emit("topup.created", topup)
    txn = post(unit, unit.account, currency, amount, "topup", topup.id)
    unit.change(topup, "topup.succeeded", status="succeeded", balance_transaction=txn)
    return topup.body


def retrieve_topup(unit: UnitOfWork, params: JSON) -> JSON:
    return unit.get("topup", unit.ids["topup"], "topup").body


def list_topups(unit: UnitOfWork, params: JSON) -> JSON:
    return page(unit, "topup", params, "/v1/topups", lambda _, topup: topup.body)


def tell_of_available(unit: UnitOfWork) -> None:
    """At the end of a unit of work: one `balance.available` for each account that can spend more."""
    for account in sorted({account for account, _ in unit.raised}):
        unit.emit_snapshot("balance.available", account, account, shown(unit, account))
    unit.raised.clear()


def funds_fell_due(unit: UnitOfWork, currency: str, account: str) -> None:
    unit.raised.add((account, currency))


def positive(params: JSON, name: str) -> int:
    amount: int = params[name]
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.",
            param=name, code="parameter_invalid_integer",
        )  # fmt: skip
    return amount


def whole_steps(amount_minor: int, currency: str, param: str, *, to_bank: bool = False) -> int:
    """The amount, where the currency can say it: Iceland's has no hundredths, Kuwait's ends in 0."""
    step = step_of(currency, to_bank=to_bank)
    if amount_minor % step:
        raise invalid(
            f"Invalid amount. Amounts in {currency.upper()} must be evenly divisible by {step}"
            f"{' to be paid out' if to_bank else ''}.",
            param=param, code="parameter_invalid_integer",
        )  # fmt: skip
    return amount_minor


def known_currency(given: str) -> str:
    currency = given.lower()
    if currency not in KNOWN:
        raise invalid(
            f"Invalid currency: {given}. The embedded gateway knows these currencies: "
            f"{', '.join(sorted(KNOWN))}",
            param="currency",
        )
    return currency


def updated_metadata(record: Record, given: JSON | str | None) -> JSON:
    """Stripe merges: a key with an empty value goes, an empty whole clears all."""
    if given == "":
        return {}
    merged = record.body.get("metadata", {}) | (given or {})
    return {k: v for k, v in merged.items() if v != ""}
