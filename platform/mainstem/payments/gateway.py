"""The only file that knows Stripe's SDK: our words on one side, its calls on the other.

Whether the address leads to Stripe or to the embedded gateway is configuration; nothing here or
above can tell. Each call either gives a plain record, or raises GatewayDeclined (a certain no) or
GatewayUnavailable (anything else: the outcome is unknown).

Every amount on our side of it is in our minor units; here it becomes the gateway's, and back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import stripe

from mainstem.currencies import (
    AmountNotPossible,
    fee_from_gateway,
    from_gateway,
    to_gateway,
)
from mainstem.money import Money
from mainstem.payments.errors import (
    GatewayBusy,
    GatewayDeclined,
    GatewayKeyRefused,
    GatewayUnavailable,
    WebhookRefused,
)

stripe.enable_telemetry = False

API_VERSION = stripe.api_version
"""In which events that carry their object are written: the one that this SDK reads."""

_TIMEOUT_SECONDS = 20
_TOLERANCE_SECONDS = 300
_WORD_MAX = 255
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_CHARGE = "payment_intent.latest_charge.balance_transaction"


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """One event the gateway told us of. It says where to look, never what is true.

    `intent_id` is the payment intent that its object belongs to or is, where it says so.
    """

    event_id: str
    account: str
    type: str
    object_id: str
    intent_id: str | None
    api_version: str
    livemode: bool
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class SessionState:
    """A checkout as the gateway has it now."""

    id: str
    url: str | None
    status: str
    payment_status: str
    amount_minor: int
    currency: str
    intent_id: str | None
    intent_status: str
    charge_id: str | None
    fee_minor: int
    captured_at: datetime | None
    method_fingerprint: str | None
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class RefundState:
    """A refund as the gateway has it now."""

    id: str
    status: str
    amount_minor: int
    currency: str
    metadata: dict[str, str]
    created_at: datetime
    reason: str
    failure: str


@dataclass(frozen=True, slots=True)
class DisputeState:
    """A dispute and the money it has moved: taken and given back, and its fee."""

    id: str
    intent_id: str | None
    charge_id: str
    status: str
    currency: str
    amount_minor: int
    withdrawn_minor: int
    fee_minor: int
    movements: int
    opened_at: datetime
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class PayoutState:
    """A bank payout of a connected account."""

    id: str
    status: str
    amount_minor: int
    currency: str
    failure: str
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class TransferState:
    """Money moved to a connected account, and what of it was taken back: (reversal, amount)."""

    id: str
    amount_minor: int
    currency: str
    metadata: dict[str, str]
    reversals: tuple[tuple[str, int], ...]

    @property
    def left_minor(self) -> int:
        """What has not been taken back."""
        return self.amount_minor - sum(amount for _, amount in self.reversals)


@dataclass(frozen=True, slots=True)
class AccountState:
    """A connected account: may it receive transfers and pay them out, and in which currencies?"""

    id: str
    can_receive: bool
    rejected: bool
    onboarded: bool
    currencies: tuple[str, ...] | None = None
    """Those of its bank accounts; None where the gateway does not say."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """The company's account: may it charge, and pay out to the company's bank?"""

    id: str
    country: str
    currency: str
    can_charge: bool
    can_pay_out: bool
    cards: str
    """Of paying by card: active, pending or inactive; empty where the gateway does not say."""
    due: tuple[str, ...]
    """What the gateway asks for, in its own words."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the gateway sends events. An `api_version` is told of those that carry their object."""

    id: str
    url: str
    is_thin: bool
    of_connected: bool | None
    """Whether connected accounts' events go there; None where the gateway does not say."""
    is_enabled: bool
    events: tuple[str, ...]
    api_version: str | None


@dataclass(frozen=True, slots=True)
class NewDestination:
    """A destination to be: its name at the gateway, and which events it is to have."""

    name: str
    url: str
    is_thin: bool
    of_connected: bool
    events: tuple[str, ...]


class Gateway:
    """Calls to the gateway, as the parent company."""

    def __init__(
        self,
        api_key: str,
        *,
        api_base: str | None = None,
        retries: int = 2,
        timeout: int = _TIMEOUT_SECONDS,
    ) -> None:
        bases: dict[str, str] = {}
        if api_base:
            bases = dict.fromkeys(("api", "connect", "files", "meter_events"), api_base)
        self._stripe = stripe.StripeClient(
            api_key,
            base_addresses=bases,  # type: ignore[arg-type]
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    # ------------------------------------------------------------ checkout

    def create_session(self, request: dict[str, Any], key: str) -> SessionState:
        """Open a hosted checkout; `url` is where the client pays."""
        with _calling():
            items = [_line_item(item) for item in request["line_items"]]
            made = self._stripe.v1.checkout.sessions.create(
                request | {"line_items": items},  # type: ignore[arg-type]
                {"idempotency_key": key},
            )
            return _session(made)

    def session(self, id: str) -> SessionState:
        """A checkout with its charge and fee."""
        with _calling():
            return _session(self._stripe.v1.checkout.sessions.retrieve(id, {"expand": [_CHARGE]}))

    def session_of_intent(self, intent_id: str) -> SessionState | None:
        """The checkout that made a payment intent, with its charge and fee, if one did."""
        with _calling():
            found = self._stripe.v1.checkout.sessions.list(
                {"payment_intent": intent_id, "limit": 1, "expand": [f"data.{_CHARGE}"]}
            )
            return next((_session(session) for session in found.data), None)

    # ------------------------------------------------------------ money back

    def create_refund(self, request: dict[str, Any], key: str) -> RefundState:
        """Send money back. `currency` is the payment's, and says what the amount is."""
        with _calling():
            asked = _asked(request)
            asked.pop("currency", None)  # the gateway knows it from the payment
            return _refund(self._stripe.v1.refunds.create(asked, {"idempotency_key": key}))  # type: ignore[arg-type]

    def intent_of_charge(self, charge_id: str) -> str | None:
        """The payment intent that a charge belongs to."""
        with _calling():
            return _id(self._stripe.v1.charges.retrieve(charge_id).payment_intent)

    def intent_of_refund(self, refund_id: str) -> str | None:
        """The payment intent that a refund belongs to."""
        with _calling():
            return _id(self._stripe.v1.refunds.retrieve(refund_id).payment_intent)

    def refunds_of(self, intent_id: str) -> list[RefundState]:
        """Every refund of a payment, oldest first."""
        with _calling():
            found = self._stripe.v1.refunds.list({"payment_intent": intent_id, "limit": 100})
            return sorted(
                (_refund(r) for r in found.auto_paging_iter()), key=lambda r: (r.created_at, r.id)
            )

    def dispute(self, id: str) -> DisputeState:
        """A dispute and what it has moved."""
        with _calling():
            found = self._stripe.v1.disputes.retrieve(id)
            moves = list(getattr(found, "balance_transactions", None) or [])
            due = getattr(getattr(found, "evidence_details", None), "due_by", None)
            return DisputeState(
                id=found.id,
                intent_id=_id(found.payment_intent),
                charge_id=_id(found.charge) or "",
                status=str(found.status),
                currency=found.currency.upper(),
                amount_minor=_minor(found.amount, found.currency),
                withdrawn_minor=-sum(_minor(move.amount, move.currency) for move in moves),
                fee_minor=sum(_fee(move) for move in moves),
                movements=len(moves),
                opened_at=_time(found.created),
                respond_by=_time(due) if due else None,
            )

    # ------------------------------------------------------------ paying affiliates

    def create_transfer(self, request: dict[str, Any], key: str) -> str:
        """Move money from the parent's balance to an affiliate's; the transfer's id."""
        with _calling():
            return self._stripe.v1.transfers.create(
                _asked(request),  # type: ignore[arg-type]
                {"idempotency_key": key},
            ).id

    def find_transfer(self, group: str, *, destination: str, amount_minor: int) -> str | None:
        """The transfer of a group that went to this account with this amount, if it happened."""
        with _calling():
            found = self._stripe.v1.transfers.list({"transfer_group": group, "limit": 100})
            for transfer in found.auto_paging_iter():
                amount = _minor(transfer.amount, transfer.currency)
                if _id(transfer.destination) == destination and amount == amount_minor:
                    return transfer.id
        return None

    def create_payout(self, request: dict[str, Any], key: str, *, account: str) -> PayoutState:
        """Pay an affiliate's balance to their bank."""
        with _calling():
            options = {"idempotency_key": key, "stripe_account": account}
            return _payout(self._stripe.v1.payouts.create(_asked(request), options))  # type: ignore[arg-type]

    def find_payout(
        self, payout_id: str, *, account: str, besides: Collection[str] = ()
    ) -> PayoutState | None:
        """The bank payout that carries our payout's id, if it happened; not one of those besides."""
        with _calling():
            found = self._stripe.v1.payouts.list({"limit": 100}, {"stripe_account": account})
            for payout in found.auto_paging_iter():
                state = _payout(payout)
                if state.metadata.get("payout_id") == payout_id and state.id not in besides:
                    return state
        return None

    def payout(self, id: str, *, account: str) -> PayoutState:
        """A bank payout as it is now."""
        with _calling():
            return _payout(self._stripe.v1.payouts.retrieve(id, {}, {"stripe_account": account}))

    def transfer(self, id: str) -> TransferState:
        """A transfer and what has been taken back of it."""
        with _calling():
            found = self._stripe.v1.transfers.retrieve(id)
            reversals = self._stripe.v1.transfers.reversals.list(id, {"limit": 100})
            return TransferState(
                id=found.id,
                amount_minor=_minor(found.amount, found.currency),
                currency=found.currency.upper(),
                metadata=_metadata(found),
                reversals=tuple(
                    (one.id, _minor(one.amount, one.currency))
                    for one in reversals.auto_paging_iter()
                ),
            )

    def reverse_transfer(self, id: str, request: dict[str, Any], key: str) -> str:
        """Take a transfer back, whole or in part; the reversal's id. `currency` is the transfer's."""
        with _calling():
            asked = _asked(request)
            asked.pop("currency", None)
            made = self._stripe.v1.transfers.reversals.create(
                id,
                asked,  # type: ignore[arg-type]
                {"idempotency_key": key},
            )
            return made.id

    # ------------------------------------------------------------ accounts

    def create_account(self, request: dict[str, Any], key: str) -> AccountState:
        """Open a connected account."""
        with _calling():
            made = self._stripe.v2.core.accounts.create(request, {"idempotency_key": key})  # type: ignore[arg-type]
            return _account(made)

    def account(self, id: str) -> AccountState:
        """A connected account as it is now."""
        with _calling():
            include: Any = {"include": ["configuration.recipient", "requirements"]}
            state = _account(self._stripe.v2.core.accounts.retrieve(id, include))
        return replace(state, currencies=self._bank_currencies(id)) if state.can_receive else state

    def _bank_currencies(self, id: str) -> tuple[str, ...] | None:
        """A payout goes to a bank account in its own currency; each that there is, once."""
        try:
            with _calling():
                banks = self._stripe.v1.accounts.external_accounts.list(
                    id, {"object": "bank_account", "limit": 100}
                )
                found = {str(bank.currency).upper() for bank in banks.auto_paging_iter()}
        except GatewayDeclined:
            return None  # an account whose owner alone may see them
        return tuple(sorted(found))

    def onboarding_link(self, account: str, *, return_url: str, refresh_url: str) -> str:
        """Where the affiliate completes their account; good for one visit, minutes."""
        with _calling():
            request: Any = {
                "account": account,
                "use_case": {
                    "type": "account_onboarding",
                    "account_onboarding": {
                        "configurations": ["recipient"],
                        "refresh_url": refresh_url,
                        "return_url": return_url,
                    },
                },
            }
            return self._stripe.v2.core.account_links.create(request).url

    # ------------------------------------------------------------ the company's own account

    def own_account(self) -> OwnAccount:
        """The account that the key leads to."""
        with _calling():
            return _own_account(self._stripe.v1.accounts.retrieve_current())

    def payment_currencies(self, country: str) -> frozenset[str]:
        """What clients of an account in this country may pay in."""
        with _calling():
            spec = self._stripe.v1.country_specs.retrieve(country)
            return frozenset(currency.upper() for currency in spec.supported_payment_currencies)

    def refuse_without_connect(self) -> None:
        """Raises GatewayDeclined where the account may not have connected accounts."""
        with _calling():
            self._stripe.v2.core.accounts.list({"limit": 1})

    # ------------------------------------------------------------ where events are sent

    def destinations(self) -> list[Destination]:
        """Every webhook endpoint, and every destination of thin events."""
        with _calling():
            endpoints = self._stripe.v1.webhook_endpoints.list({"limit": 100})
            thin = self._stripe.v2.core.event_destinations.list(
                {"limit": 100, "include": ["webhook_endpoint.url"]}
            )
            return [
                *map(_endpoint, endpoints.auto_paging_iter()),
                *(_thin(one) for one in thin.auto_paging_iter() if one.event_payload == "thin"),
            ]

    def create_destination(self, wanted: NewDestination, key: str) -> str:
        """Have events sent to a URL from now on; the secret that signs them, shown this once."""
        with _calling():
            if wanted.is_thin:
                made: Any = self._stripe.v2.core.event_destinations.create(
                    _asked_thin(wanted), {"idempotency_key": key}
                )
                return str(made.webhook_endpoint.signing_secret)
            request: Any = {
                "url": wanted.url,
                "enabled_events": list(wanted.events),
                "connect": wanted.of_connected,
                "api_version": API_VERSION,
                "description": wanted.name,
            }
            return str(
                self._stripe.v1.webhook_endpoints.create(request, {"idempotency_key": key}).secret
            )

    def update_destination(self, found: Destination, events: Sequence[str]) -> None:
        """Have these events sent there, and no others. As often as one likes."""
        with _calling():
            if found.is_thin:
                self._stripe.v2.core.event_destinations.update(
                    found.id, {"enabled_events": list(events)}
                )
            else:
                changes: Any = {"enabled_events": list(events)}
                self._stripe.v1.webhook_endpoints.update(found.id, changes)


def verify(raw: bytes, signature: str, secrets: tuple[str, ...]) -> WebhookEvent:
    """The event in a webhook's raw body, if one of our secrets signed it. Raises WebhookRefused."""
    why, reason = "there is no secret", "signature"
    for secret in secrets:
        if not secret:
            continue  # an empty secret would verify against an empty key
        try:
            stripe.WebhookSignature.verify_header(
                raw.decode(), signature, secret, tolerance=_TOLERANCE_SECONDS
            )
        except stripe.SignatureVerificationError as error:
            why = str(error.user_message or error).split("\n")[0].rstrip(".")
            if "outside the tolerance" in why:
                reason = "too_old"
            continue
        except UnicodeDecodeError as error:
            raise WebhookRefused(why="it is not text", reason="not_event") from error
        if _signed_at(signature) > time.time() + _TOLERANCE_SECONDS:
            raise WebhookRefused(why="its time has not come yet", reason="ahead")
        return _webhook_event(raw)
    raise WebhookRefused(why=why, reason=reason)


def _signed_at(signature: str) -> int:
    """When a signature that fits was made. The SDK asks whether it is too old, and no more."""
    parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
    return int(parts["t"])


def _webhook_event(raw: bytes) -> WebhookEvent:
    try:
        event = json.loads(raw)
        thin = event["object"] == "v2.core.event"
        subject = event["related_object"] if thin else event["data"]["object"]
        created = event["created"]
        return WebhookEvent(
            event_id=_word(event["id"]),
            account=_word(event.get("account") or "", may_be_empty=True),
            type=_word(event["type"]),
            object_id=_word((subject or {}).get("id") or "", may_be_empty=True),
            intent_id=_intent_in(subject or {}),
            api_version=_word(event.get("api_version") or "", may_be_empty=True),
            livemode=bool(event.get("livemode")),
            happened_at=_plausible(datetime.fromisoformat(created) if thin else _time(created)),
        )
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError,
            OSError, RecursionError) as error:  # fmt: skip
        raise WebhookRefused(why="it is not an event", reason="not_event") from error


def _word(text: object, *, may_be_empty: bool = False) -> str:
    """A text that a column keeps: whatever else is signed by mistake is no event."""
    if not isinstance(text, str) or len(text) > _WORD_MAX or not (text or may_be_empty):
        raise ValueError(text)
    text.encode()  # half a surrogate pair is no text
    if not text.isprintable():
        raise ValueError(text)
    return text


def _plausible(at: datetime) -> datetime:
    if not _FIRST_YEAR <= at.year < _LAST_YEAR:
        raise ValueError(at)
    return at


def _intent_in(subject: dict[str, Any]) -> str | None:
    named = subject.get("id" if subject.get("object") == "payment_intent" else "payment_intent")
    return _word(named) if isinstance(named, str) and named else None


@contextmanager
def _calling() -> Iterator[None]:
    """Turn the SDK's exceptions into our two kinds. Whatever is not a certain no is unknown."""
    try:
        yield
    except stripe.AuthenticationError as error:
        # Our key has run out or was mistyped: the request is as good as before once that is mended.
        raise GatewayKeyRefused(str(error.user_message or error)) from error
    except (stripe.CardError, stripe.PermissionError) as error:
        raise GatewayDeclined(error.code or "refused", str(error.user_message or error)) from error
    except stripe.IdempotencyError as error:
        if error.http_status == 409:
            raise GatewayBusy(str(error)) from error
        raise GatewayDeclined("idempotency_error", str(error.user_message or error)) from error
    except stripe.InvalidRequestError as error:
        if error.http_status == 409:
            raise GatewayBusy(str(error)) from error
        raise GatewayDeclined(
            error.code or "invalid_request", str(error.user_message or error)
        ) from error
    except AmountNotPossible as error:
        raise GatewayDeclined(error.code, str(error)) from error
    except GatewayDeclined:
        raise
    except Exception as error:
        raise GatewayUnavailable(f"{type(error).__name__}: {error}") from error


def _line_item(item: dict[str, Any]) -> dict[str, Any]:
    price = item["price_data"]
    unit = to_gateway(Money(price["unit_amount"], price["currency"].upper()))
    return item | {"price_data": price | {"unit_amount": unit}}


def _asked(request: dict[str, Any]) -> dict[str, Any]:
    """A request in our minor units, in the gateway's. One kept without its currency is as it was."""
    if "currency" not in request or "amount" not in request:
        return dict(request)
    amount = to_gateway(Money(request["amount"], request["currency"].upper()))
    return request | {"amount": amount}


def _minor(units: int, currency: str) -> int:
    return from_gateway(units, currency.upper()).minor


def _fee(movement: Any) -> int:
    return fee_from_gateway(movement.fee, movement.currency.upper()).minor


def _session(session: Any) -> SessionState:
    intent = getattr(session, "payment_intent", None)
    charge = (
        None
        if intent is None or isinstance(intent, str)
        else getattr(intent, "latest_charge", None)
    )
    movement = None if charge is None or isinstance(charge, str) else charge.balance_transaction
    return SessionState(
        id=session.id,
        url=getattr(session, "url", None),
        status=str(session.status),
        payment_status=str(session.payment_status),
        amount_minor=_minor(session.amount_total or 0, session.currency or ""),
        currency=(session.currency or "").upper(),
        intent_id=_id(intent),
        intent_status="" if intent is None or isinstance(intent, str) else str(intent.status),
        charge_id=_id(charge),
        fee_minor=0 if movement is None or isinstance(movement, str) else _fee(movement),
        captured_at=None if charge is None or isinstance(charge, str) else _time(charge.created),
        method_fingerprint=_fingerprint(charge),
        metadata=_metadata(session),
    )


def _fingerprint(charge: Any) -> str | None:
    """By which the gateway knows the card or bank account again, whoever pays with it."""
    details = getattr(charge, "payment_method_details", None)
    method = getattr(details, getattr(details, "type", None) or "", None)
    return getattr(method, "fingerprint", None)


def _refund(refund: Any) -> RefundState:
    return RefundState(
        id=refund.id,
        status=str(refund.status),
        amount_minor=_minor(refund.amount, refund.currency),
        currency=refund.currency.upper(),
        metadata=_metadata(refund),
        created_at=_time(refund.created),
        reason=getattr(refund, "reason", None) or "",
        failure=getattr(refund, "failure_reason", None) or "",
    )


def _payout(payout: Any) -> PayoutState:
    return PayoutState(
        id=payout.id,
        status=str(payout.status),
        amount_minor=_minor(payout.amount, payout.currency),
        currency=payout.currency.upper(),
        failure=getattr(payout, "failure_code", None) or "",
        metadata=_metadata(payout),
    )


def _account(account: Any) -> AccountState:
    recipient = getattr(getattr(account, "configuration", None), "recipient", None)
    balance = getattr(getattr(recipient, "capabilities", None), "stripe_balance", None)
    transfers = getattr(getattr(balance, "stripe_transfers", None), "status", None)
    payouts = getattr(getattr(balance, "payouts", None), "status", None)
    return AccountState(
        id=account.id,
        # Without a word on payouts the transfers' own status decides.
        can_receive=transfers == "active" and payouts in ("active", None),
        rejected="rejected" in (transfers, payouts) or bool(getattr(account, "closed", False)),
        onboarded=transfers not in (None, "pending"),
    )


def _own_account(account: Any) -> OwnAccount:
    capabilities = getattr(account, "capabilities", None)
    requirements = getattr(account, "requirements", None)
    return OwnAccount(
        id=account.id,
        country=(getattr(account, "country", None) or "").upper(),
        currency=(getattr(account, "default_currency", None) or "").upper(),
        can_charge=bool(getattr(account, "charges_enabled", False)),
        can_pay_out=bool(getattr(account, "payouts_enabled", False)),
        cards=getattr(capabilities, "card_payments", None) or "",
        due=tuple(getattr(requirements, "currently_due", None) or ()),
    )


def _endpoint(endpoint: Any) -> Destination:
    return Destination(
        id=endpoint.id,
        url=endpoint.url,
        is_thin=False,
        of_connected=None,
        is_enabled=endpoint.status == "enabled",
        events=tuple(endpoint.enabled_events),
        api_version=getattr(endpoint, "api_version", None),
    )


def _thin(destination: Any) -> Destination:
    return Destination(
        id=destination.id,
        url=getattr(getattr(destination, "webhook_endpoint", None), "url", None) or "",
        is_thin=True,
        of_connected="@accounts" in (getattr(destination, "events_from", None) or ()),
        is_enabled=destination.status == "enabled",
        events=tuple(destination.enabled_events),
        api_version=None,
    )


def _asked_thin(wanted: NewDestination) -> Any:
    return {
        "name": wanted.name,
        "type": "webhook_endpoint",
        "event_payload": "thin",
        "events_from": ["@accounts" if wanted.of_connected else "@self"],
        "enabled_events": list(wanted.events),
        "webhook_endpoint": {"url": wanted.url},
        "include": ["webhook_endpoint.signing_secret", "webhook_endpoint.url"],
    }


def _metadata(thing: Any) -> dict[str, str]:
    metadata = getattr(thing, "metadata", None)
    return dict(metadata.to_dict()) if metadata else {}


def _id(thing: Any) -> str | None:
    return thing if thing is None or isinstance(thing, str) else str(thing.id)


def _time(seconds: int | float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
