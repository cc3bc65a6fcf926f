"""What people and tests may make happen: the bank, the client, time and trouble.

    POST /__gateway/controls/<name>    with a JSON object
    GET  /__gateway/controls           their names and parameters

A control does through the same verbs what Stripe, a bank or a client would have done.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from mainstem_gateway import accounts, checkout, disputes, own_account, payouts, refunds
from mainstem_gateway.balance import known_currency
from mainstem_gateway.cards import CARDS
from mainstem_gateway.faults import KINDS
from mainstem_gateway.shapes import shape
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON, WireError, invalid, missing

if TYPE_CHECKING:
    from mainstem_gateway.server import Gateway

CLIENT_EMAIL = "client@example.com"
ADVANCE_MAX = 10 * 365 * 86400


@dataclass(frozen=True)
class Control:
    trigger: Callable[["Gateway", JSON], JSON]
    says: str
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


def trigger(gateway: "Gateway", name: str, given: JSON) -> JSON:
    """Use one control. Raises the same errors as the wire, so a caller reads one kind."""
    control = CONTROLS.get(name)
    if control is None:
        raise WireError(404, "invalid_request_error", f"There is no control '{name}'.")
    for needed in control.needs:
        if needed not in given:
            raise invalid(
                f"Missing required param: {needed}.", param=needed, code="parameter_missing"
            )
    for known in given:
        if known not in control.needs + control.may:
            raise invalid(
                f"Received unknown parameter: {known}", param=known, code="parameter_unknown"
            )
    return control.trigger(gateway, given)


def described() -> JSON:
    return {
        name: {"says": control.says, "needs": control.needs, "may": control.may}
        for name, control in CONTROLS.items()
    }


def _pay(gateway: "Gateway", given: JSON) -> JSON:
    card = CARDS.get(given["card"])
    if card is None:
        raise invalid(f"A card is one of {', '.join(CARDS)}.", param="card")
    with gateway.unit() as unit:
        session = _find(unit, "checkout.session", given["session"])
        if session.body["status"] != "open":
            raise invalid(f"This session is {session.body['status']}.", param="session")
        email = given.get("email") or session.body["customer_email"] or CLIENT_EMAIL
        intent = checkout.pay(unit, session, card, email, given.get("name"))
        if card.outcome == "authenticate":
            checkout.authenticate(unit, session, approved=given.get("approve", True))
            intent = _find(unit, "payment_intent", intent.id)
        return {"session": shape(unit, session), "payment_intent": intent.body}


def _bank_answers(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        session = _find(unit, "checkout.session", given["session"])
        for timer in ("delayed.arrives", "delayed.fails"):
            unit.store.drop_timers(timer, session.id)
        checkout.delayed_money_decided(unit, session.id, arrived=given["arrived"])
        return shape(unit, _find(unit, "checkout.session", session.id))


def _expire(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        session = _find(unit, "checkout.session", given["session"])
        checkout.fell_due(unit, session.id)
        return shape(unit, _find(unit, "checkout.session", session.id))


def _settle_refund(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        refund = _find(unit, "refund", given["refund"])
        refunds.settle(unit, refund)
        return refund.body


def _fail_refund(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        refund = _find(unit, "refund", given["refund"])
        refunds.fail(unit, refund, given.get("reason", "expired_or_canceled_card"))
        return refund.body


def _open_dispute(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        charge = _find(unit, "charge", given["charge"])
        dispute = disputes.open_dispute(
            unit,
            charge,
            amount=given.get("amount"),
            reason=given.get("reason", "fraudulent"),
            inquiry=given.get("inquiry", False),
            withdraw=given.get("withdraw", True),
        )
        return shape(unit, dispute)


def _withdraw(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        dispute = _find(unit, "dispute", given["dispute"])
        disputes.withdraw_funds(unit, dispute)
        return shape(unit, dispute)


def _close_dispute(gateway: "Gateway", given: JSON) -> JSON:
    if given["outcome"] not in {"won", "lost"}:
        raise invalid("A dispute's outcome is won or lost.", param="outcome")
    with gateway.unit() as unit:
        dispute = _find(unit, "dispute", given["dispute"])
        disputes.close(unit, dispute, won=given["outcome"] == "won")
        return shape(unit, dispute)


def _arrive(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        payout = _find(unit, "payout", given["payout"])
        payouts.send(unit, payout.id)
        payouts.arrive(unit, payout.id)
        return _find(unit, "payout", payout.id).body


def _fail_payout(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        payout = _find(unit, "payout", given["payout"])
        payouts.fail(unit, payout, given.get("code", "account_closed"))
        return payout.body


def _standing(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        account = _find(unit, "v2.core.account", given["account"])
        accounts.come_to(unit, account, given["standing"])
        return accounts.shown(account, ["configuration.recipient", "requirements"])


def _add_bank(gateway: "Gateway", given: JSON) -> JSON:
    with gateway.unit() as unit:
        account = _find(unit, "v2.core.account", given["account"])
        accounts.add_bank(unit, account, known_currency(str(given["currency"])))
        return {"account": account.id, "banks": accounts.banks(account)}


def _own_account(gateway: "Gateway", given: JSON) -> JSON:
    return own_account.change(gateway.store, given)


def _key(gateway: "Gateway", given: JSON) -> JSON:
    if given["standing"] not in own_account.KEY_STANDINGS:
        known = ", ".join(own_account.KEY_STANDINGS)
        raise invalid(f"A key is one of {known}.", param="standing")
    return own_account.change_key(gateway.store, str(given["key"]), given["standing"])


def _advance(gateway: "Gateway", given: JSON) -> JSON:
    seconds = given["seconds"]
    if not isinstance(seconds, int) or not 0 <= seconds <= ADVANCE_MAX:
        raise invalid("Time goes forward, by a whole number of seconds.", param="seconds")
    gateway.advance(seconds)
    return {"now": gateway.now}


def _resend(gateway: "Gateway", given: JSON) -> JSON:
    """Send the event again to whoever had it, or to one endpoint."""
    with gateway.unit() as unit:
        event = given["event"]
        sent = unit.store.db.execute(
            "SELECT DISTINCT endpoint FROM deliveries WHERE event = ?", (event,)
        ).fetchall()
        if not unit.store.db.execute("SELECT 1 FROM events WHERE id = ?", (event,)).fetchone():
            raise missing("event", event, "event")
        wanted = [given["endpoint"]] if "endpoint" in given else [row[0] for row in sent]
        for endpoint in wanted:
            unit.store.db.execute(
                "INSERT INTO deliveries (event, endpoint, state, attempts, next_at) "
                "VALUES (?, ?, 'waiting', 0, 0)",
                (event, endpoint),
            )
        return {"event": event, "endpoints": wanted}


def _pause(gateway: "Gateway", given: JSON) -> JSON:
    gateway.delivery.paused = True
    return {"webhooks": "paused"}


def _resume(gateway: "Gateway", given: JSON) -> JSON:
    gateway.delivery.paused = False
    with gateway.store.work():
        gateway.store.db.execute("UPDATE deliveries SET next_at = 0 WHERE state = 'waiting'")
    gateway.nudge()
    return {"webhooks": "resumed"}


def _waiting(gateway: "Gateway", given: JSON) -> JSON:
    return {"waiting": gateway.delivery.waiting()}


def _order_fault(gateway: "Gateway", given: JSON) -> JSON:
    return asdict(gateway.faults.order(given))


def _clear_faults(gateway: "Gateway", given: JSON) -> JSON:
    gateway.faults.clear()
    return {"faults": []}


def _find(unit: UnitOfWork, kind: str, id: Any) -> Record:
    record = unit.store.get(str(id), kind)
    if record is None:
        raise missing(kind, str(id), kind.rsplit(".", 1)[-1])
    return record


CONTROLS = {
    "sessions/pay": Control(
        _pay,
        f"Pay a session with a test card: {', '.join(CARDS)}",
        ("session", "card"),
        ("email", "name", "approve"),
    ),
    "sessions/expire": Control(_expire, "Let a session expire now", ("session",)),
    "sessions/bank_answers": Control(
        _bank_answers, "The bank pays a delayed payment, or does not", ("session", "arrived")
    ),
    "refunds/settle": Control(_settle_refund, "A pending refund goes through", ("refund",)),
    "refunds/fail": Control(_fail_refund, "A refund comes back", ("refund",), ("reason",)),
    "disputes/open": Control(
        _open_dispute,
        "The client's bank disputes a charge",
        ("charge",),
        ("amount", "reason", "inquiry", "withdraw"),
    ),
    "disputes/withdraw": Control(_withdraw, "The disputed money is taken", ("dispute",)),
    "disputes/close": Control(
        _close_dispute, "The bank decides: won or lost", ("dispute", "outcome")
    ),
    "payouts/arrive": Control(_arrive, "A payout reaches the bank", ("payout",)),
    "payouts/fail": Control(
        _fail_payout, "A payout comes back, also after it was paid", ("payout",), ("code",)
    ),
    "accounts/standing": Control(
        _standing,
        f"An account becomes {', '.join(accounts.STANDINGS)}",
        ("account", "standing"),
    ),
    "accounts/bank": Control(
        _add_bank, "An account adds a bank account in a currency", ("account", "currency")
    ),
    "account/own": Control(
        _own_account,
        "The company's own account becomes other than usual; usual again with nothing given",
        (),
        tuple(own_account.USUAL),
    ),
    "account/key": Control(
        _key, f"A key becomes {', '.join(own_account.KEY_STANDINGS)}", ("key", "standing")
    ),
    "clock/advance": Control(_advance, "Let time pass", ("seconds",)),
    "events/resend": Control(_resend, "Send an event again", ("event",), ("endpoint",)),
    "webhooks/pause": Control(_pause, "Hold all webhooks back"),
    "webhooks/resume": Control(_resume, "Send all waiting webhooks now"),
    "webhooks/waiting": Control(_waiting, "Tell how many webhooks are still on their way"),
    "faults/order": Control(
        _order_fault,
        f"Order trouble: {', '.join(KINDS)}",
        ("kind",),
        ("method", "path", "times", "status", "seconds"),
    ),
    "faults/clear": Control(_clear_faults, "Clear all ordered trouble"),
}
