"""Everything recent on one page, each with the buttons of what may happen to it next."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from mainstem_gateway import accounts, balance, controls
from mainstem_gateway.cards import CARDS
from mainstem_gateway.currencies import shown
from mainstem_gateway.exchange import Answer, Request
from mainstem_gateway.faults import KINDS
from mainstem_gateway.pages.rendering import page, redirect
from mainstem_gateway.store import Record
from mainstem_gateway.wire import JSON, WireError, decode

if TYPE_CHECKING:
    from mainstem_gateway.server import Gateway

RECENT = 12
EVENTS = 25
NUMBERS = {"seconds", "times", "status"}
BOOLEANS = {"arrived", "inquiry", "withdraw", "approve"}


@dataclass(frozen=True)
class Button:
    """One control with its parameters, as a small form."""

    label: str
    control: str
    fields: dict[str, str]
    options: tuple[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Row:
    id: str
    what: str
    amount: str
    status: str
    at: str
    buttons: list[Button]


def overview(gateway: "Gateway", request: Request) -> Answer:
    notice = dict(parse_qsl(request.query)).get("notice")
    store = gateway.store
    with gateway.unit() as unit:
        holders = [(balance.shown(unit, unit.account), "The platform")]
        holders += [
            (balance.shown(unit, a.id), str(a.body.get("display_name", a.id)))
            for a in store.find("v2.core.account", limit=RECENT)
        ]
    sections = [
        ("Checkout sessions", [_session(r) for r in store.find("checkout.session", limit=RECENT)]),
        ("Charges", [_charge(r) for r in store.find("charge", limit=RECENT)]),
        ("Refunds", [_refund(r) for r in store.find("refund", limit=RECENT)]),
        ("Disputes", [_dispute(r) for r in store.find("dispute", limit=RECENT)]),
        ("Transfers", [_transfer(r) for r in store.find("transfer", limit=RECENT)]),
        ("Payouts", [_payout(r) for r in store.find("payout", limit=RECENT)]),
        ("Accounts", [_account(r) for r in store.find("v2.core.account", limit=RECENT)]),
    ]
    return page(
        "admin.html",
        notice=notice,
        now=_time(gateway.now),
        balances=[
            (name, [shown(m["amount"], m["currency"]) for m in body["available"]],
             [shown(m["amount"], m["currency"]) for m in body["pending"] if m["amount"]])
            for body, name in holders
        ],
        sections=sections,
        events=_events(gateway),
        endpoints=[
            (e.hidden["url"], _audience(e), e.body["status"])
            for kind in ("webhook_endpoint", "v2.core.event_destination")
            for e in store.find(kind)
        ],
        paused=gateway.delivery.paused,
        faults=gateway.faults.waiting,
        kinds=KINDS,
    )  # fmt: skip


def trigger(gateway: "Gateway", request: Request, name: str) -> Answer:
    """A button was pressed: the same control as over JSON, then back to the page."""
    given: JSON = {}
    for field, text in parse_qsl(request.body.decode("utf-8", "replace")):
        if field in NUMBERS:
            given[field] = int(text) if text.isdecimal() else text
        elif field in BOOLEANS:
            given[field] = text == "true"
        else:
            given[field] = text
    try:
        controls.trigger(gateway, name, given)
        notice = f"Done: {controls.CONTROLS[name].says}"
    except WireError as error:
        notice = f"Not done: {error}"
    return redirect(f"/__gateway/?notice={quote(notice)}")


def _session(r: Record) -> Row:
    buttons = []
    if r.body["status"] == "open":
        names = tuple(CARDS)
        buttons = [
            Button("Pay", "sessions/pay", {"session": r.id}, ("card", names)),
            Button("Expire", "sessions/expire", {"session": r.id}),
        ]
    elif r.body["status"] == "complete" and r.body["payment_status"] == "unpaid":
        control = "sessions/bank_answers"
        buttons = [
            Button("Bank pays", control, {"session": r.id, "arrived": "true"}),
            Button("Bank refuses", control, {"session": r.id, "arrived": "false"}),
        ]
    status = f"{r.body['status']}, {r.body['payment_status']}"
    what = ", ".join(i["description"] for i in r.hidden["line_items"][:3])
    return _row(r, what, r.body["amount_total"], status, buttons)


def _charge(r: Record) -> Row:
    buttons = []
    if r.body["status"] == "succeeded" and not r.body["disputed"] and r.hidden["card"]:
        buttons = [
            Button("Dispute", "disputes/open", {"charge": r.id}),
            Button("Inquire", "disputes/open", {"charge": r.id, "inquiry": "true"}),
        ]
    status = "refunded" if r.body["refunded"] else r.body["status"]
    what = CARDS[r.hidden["card"]].name if r.hidden["card"] else "from a transfer"
    return _row(r, what, r.body["amount"], status, buttons)


def _refund(r: Record) -> Row:
    buttons = []
    if r.body["status"] == "pending":
        buttons.append(Button("Go through", "refunds/settle", {"refund": r.id}))
    if r.body["status"] in {"pending", "succeeded"} and r.body["payment_intent"]:
        buttons.append(Button("Come back", "refunds/fail", {"refund": r.id}))
    return _row(r, r.body["reason"] or "", r.body["amount"], r.body["status"], buttons)


def _dispute(r: Record) -> Row:
    buttons = []
    if r.body["status"] not in {"won", "lost", "warning_closed"}:
        if not r.body["balance_transactions"]:
            buttons.append(Button("Take funds", "disputes/withdraw", {"dispute": r.id}))
        for outcome in ("won", "lost"):
            fields = {"dispute": r.id, "outcome": outcome}
            buttons.append(Button(outcome.title(), "disputes/close", fields))
    return _row(r, r.body["reason"], r.body["amount"], r.body["status"], buttons)


def _transfer(r: Record) -> Row:
    back = shown(r.body["amount_reversed"], r.body["currency"])
    status = "reversed" if r.body["reversed"] else ""
    if r.body["amount_reversed"] and not r.body["reversed"]:
        status = f"{back} reversed"
    return _row(r, r.body["transfer_group"] or "", r.body["amount"], status, [])


def _payout(r: Record) -> Row:
    buttons = []
    if r.body["status"] in {"pending", "in_transit"}:
        buttons.append(Button("Arrive", "payouts/arrive", {"payout": r.id}))
    if r.body["status"] in {"pending", "in_transit", "paid"}:
        buttons.append(Button("Come back", "payouts/fail", {"payout": r.id}))
    return _row(r, r.account, r.body["amount"], r.body["status"], buttons)


def _account(r: Record) -> Row:
    options = ("standing", tuple(s for s in accounts.STANDINGS if s != "new"))
    button = Button("Become", "accounts/standing", {"account": r.id}, options)
    status = "closed" if r.body["closed"] else r.hidden["standing"].replace("_", " ")
    buttons = [] if r.body["closed"] else [button]
    at = _time(r.created)
    return Row(r.id, str(r.body.get("display_name", "")), "", status, at, buttons)


def _row(r: Record, what: str, amount: int, status: str, buttons: list[Button]) -> Row:
    money = shown(amount, r.body["currency"])
    return Row(r.id, what, money, status.replace("_", " "), _time(r.created), buttons)


def _events(gateway: "Gateway") -> list[dict[str, Any]]:
    rows = gateway.store.db.execute(
        "SELECT e.id, e.type, e.created, e.body, "
        "(SELECT group_concat(d.state || ' ' || d.attempts || coalesce(' ' || d.error, '') || "
        "coalesce(' HTTP ' || d.http_status, ''), '; ') FROM deliveries d WHERE d.event = e.id) "
        "FROM events e ORDER BY e.seq DESC LIMIT ?",
        (EVENTS,),
    ).fetchall()
    return [
        {
            "id": id,
            "type": type,
            "at": _time(created),
            "subject": _subject(decode(body)),
            "sent": deliveries is not None,
            "deliveries": deliveries or "no endpoint asked for it",
        }
        for id, type, created, body, deliveries in rows
    ]


def _subject(event: JSON) -> str:
    if event["object"] == "v2.core.event":
        return str(event["related_object"]["id"])
    return str(event["data"]["object"].get("id", event["data"]["object"]["object"]))


def _audience(endpoint: Record) -> str:
    if endpoint.kind == "v2.core.event_destination":
        return "thin"
    return "connect" if endpoint.hidden["connect"] else "platform"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")
