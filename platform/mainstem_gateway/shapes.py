"""How each kept object is shown, and which of its ids can be expanded."""

from typing import Any

from mainstem_gateway import balance
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import PLATFORM, UnitOfWork
from mainstem_gateway.wire import JSON, invalid, not_simulated

EXPAND_DEPTH_MAX = 4

EXPANDABLE = {
    "checkout.session": {"payment_intent", "line_items", "customer", "setup_intent",
                         "subscription", "invoice", "payment_link"},
    "payment_intent": {"latest_charge", "customer", "payment_method", "review", "on_behalf_of"},
    "charge": {"balance_transaction", "payment_intent", "refunds", "customer", "transfer",
               "failure_balance_transaction", "source_transfer", "review", "on_behalf_of",
               "application", "application_fee"},
    "refund": {"balance_transaction", "charge", "payment_intent", "failure_balance_transaction",
               "source_transfer_reversal", "transfer_reversal"},
    "dispute": {"charge", "payment_intent"},
    "transfer": {"balance_transaction", "destination", "destination_payment",
                 "source_transaction"},
    "transfer_reversal": {"balance_transaction", "transfer", "destination_payment_refund",
                          "source_refund"},
    "payout": {"balance_transaction", "destination", "failure_balance_transaction",
               "original_payout", "reversed_by"},
    "balance_transaction": {"source"},
    "topup": {"balance_transaction"},
}  # fmt: skip
# Plain parts that hold expandable things further in.
THROUGH = {"data", "reversals", "refunds", "line_items", "balance_transactions"}


def shape(unit: UnitOfWork, record: Record) -> JSON:
    """The object as an answer or event shows it, nothing expanded."""
    match record.kind:
        case "checkout.session":
            return _session(unit, record)
        case "transfer":
            return _transfer(unit, record)
        case "dispute":
            return _dispute(unit, record)
        case _:
            return record.body


def _session(unit: UnitOfWork, record: Record) -> JSON:
    url = f"{unit.base_url}/c/pay/{record.id}" if record.body["status"] == "open" else None
    return record.body | {"url": url}


def line_items(record: Record, *, limit: int = 10) -> JSON:
    items = record.hidden["line_items"]
    return {
        "object": "list",
        "data": items[:limit],
        "has_more": len(items) > limit,
        "url": f"/v1/checkout/sessions/{record.id}/line_items",
    }


def _transfer(unit: UnitOfWork, record: Record) -> JSON:
    return record.body | {"reversals": reversals(unit, record.id)}


def reversals(unit: UnitOfWork, transfer: str, *, limit: int = 10) -> JSON:
    found = unit.store.find("transfer_reversal", where={"transfer": transfer}, limit=limit + 1)
    return {
        "object": "list",
        "data": [r.body for r in found[:limit]],
        "has_more": len(found) > limit,
        "url": f"/v1/transfers/{transfer}/reversals",
    }


def refunds(unit: UnitOfWork, charge: str) -> JSON:
    found = unit.store.find("refund", where={"charge": charge}, limit=11)
    return {
        "object": "list",
        "data": [r.body for r in found[:10]],
        "has_more": len(found) > 10,
        "url": f"/v1/charges/{charge}/refunds",
    }


def _dispute(unit: UnitOfWork, record: Record) -> JSON:
    shown = [balance.shown_transaction(unit, id) for id in record.body["balance_transactions"]]
    return record.body | {"balance_transactions": shown}


def expand(unit: UnitOfWork, body: JSON, paths: list[str]) -> JSON:
    """The answer with each `expand[]` path opened, or Stripe's refusal of the path."""
    for path in paths:
        names = path.split(".")
        if len(names) > EXPAND_DEPTH_MAX:
            raise invalid(
                f"You cannot expand more than {EXPAND_DEPTH_MAX} levels of a property. "
                f"Property: {path}",
                param="expand",
            )
        body = _opened(unit, body, names, path)
    return body


def _opened(unit: UnitOfWork, value: Any, names: list[str], path: str) -> Any:
    if isinstance(value, list):
        return [_opened(unit, item, names, path) for item in value]
    if not names or value is None:
        return value
    name, rest = names[0], names[1:]
    may = EXPANDABLE.get(str(value.get("object")), set()) if isinstance(value, dict) else set()
    if name not in may and not (name in THROUGH and name in value):
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    opened = value.get(name)
    if opened is None and name == "line_items":
        session = unit.store.get(value["id"], "checkout.session")
        opened = line_items(session) if session else None
    elif opened is None and name == "refunds":
        opened = refunds(unit, value["id"])
    elif isinstance(opened, str):
        opened = _by_id(unit, opened, path)
    return value | {name: _opened(unit, opened, rest, path)}


def _by_id(unit: UnitOfWork, id: str, path: str) -> JSON:
    if id.startswith("txn_"):
        found = balance.shown_transaction(unit, id)
    else:
        record = unit.store.get(id)
        visible = record is not None and (
            record.account == unit.account or unit.account == PLATFORM
        )
        found = shape(unit, record) if record and visible and id[:5] != "acct_" else None
    if found is None:
        raise not_simulated(f"the expansion `{path}`")
    return found
