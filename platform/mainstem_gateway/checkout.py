"""Checkout sessions: opened by the merchant, paid or left by the client, expired by time."""

from typing import Any
from urllib.parse import urlsplit

from mainstem_gateway import payments
from mainstem_gateway.balance import known_currency, whole_steps
from mainstem_gateway.cards import CARDS, Card, delayed_method, offered
from mainstem_gateway.currencies import AMOUNT_MAX, LEAST_CHARGE, shown
from mainstem_gateway.ids import new_id
from mainstem_gateway.listing import filters, page
from mainstem_gateway.shapes import line_items as line_items_of
from mainstem_gateway.shapes import shape
from mainstem_gateway.store import Record
from mainstem_gateway.unit_of_work import UnitOfWork
from mainstem_gateway.wire import JSON, invalid, not_simulated, refused

HALF_HOUR, DAY = 1800, 86400
# Stripe asks for half an hour at least. The caller computed it a moment ago, on its own clock.
CLOCK_SLACK = 60
LINES_MAX = 100


def create(unit: UnitOfWork, params: JSON) -> JSON:
    if (mode := params.get("mode")) is None:
        raise invalid("Missing required param: mode.", param="mode", code="parameter_missing")
    if mode != "payment":
        raise not_simulated(f"Checkout in {mode} mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise not_simulated(f"Checkout with ui_mode {params['ui_mode']}")
    currency, items = _line_items(unit, params)
    total = sum(item["amount_total"] for item in items)
    least = LEAST_CHARGE.get(currency, 50)
    if total < least:
        raise invalid(
            "The Checkout Session's total amount must convert to at least "
            f"{shown(least, currency)}.",
            code="amount_too_small",
        )
    if total > AMOUNT_MAX:
        raise invalid("The Checkout Session's total amount is too large.", code="amount_too_large")
    methods = _methods(params, currency)
    intent = params.get("payment_intent_data", {})
    if intent.get("capture_method") == "manual":
        raise not_simulated("manual capture")
    if (params.get("adaptive_pricing") or {}).get("enabled"):
        raise not_simulated("adaptive pricing")
    if params.get("customer_creation") == "always":
        raise not_simulated("customers")
    email = params.get("customer_email")
    if email is not None and not plausible_email(email):
        raise invalid(
            f"Invalid email address: {email}", param="customer_email", code="email_invalid"
        )
    body = {
        **NOT_USED,
        "id": new_id("checkout.session"),
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.get("billing_address_collection"),
        "cancel_url": _url(params, "cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": unit.now,
        "currency": currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": (params.get("custom_text") or {}).get("submit") or None,
            "terms_of_service_acceptance": None,
        },
        "customer_creation": "if_required",
        "customer_details": _details(email),
        "customer_email": email,
        "expires_at": _expiry(unit, params),
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": params.get("metadata") or {},
        "mode": "payment",
        "payment_intent": None,
        "payment_method_collection": "if_required",
        "payment_method_options": {},
        "payment_method_types": methods,
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "submit_type": params.get("submit_type"),
        "success_url": _url(params, "success_url", needed=True),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": None,
    }
    session = unit.add(
        "checkout.session",
        body,
        line_items=items,
        looks=[_look(line["price_data"]["product_data"]) for line in params["line_items"]],
        intent=intent,
        shop=(params.get("branding_settings") or {}).get("display_name"),
    )
    unit.store.set_timer(body["expires_at"], "session.expire", session.id, session.account)
    return shape(unit, session)


def retrieve(unit: UnitOfWork, params: JSON) -> JSON:
    return shape(unit, unit.get("checkout.session", unit.ids["session"], "session"))


def list_all(unit: UnitOfWork, params: JSON) -> JSON:
    where = filters(params, "payment_intent", "status")
    return page(unit, "checkout.session", params, "/v1/checkout/sessions", shape, where)


def line_items(unit: UnitOfWork, params: JSON) -> JSON:
    session = unit.get("checkout.session", unit.ids["session"], "session")
    if "starting_after" in params or "ending_before" in params:
        return _later_items(session, params)
    return line_items_of(session, limit=params.get("limit", 10))


def expire(unit: UnitOfWork, params: JSON) -> JSON:
    session = unit.get("checkout.session", unit.ids["session"], "session")
    if session.body["status"] != "open":
        raise refused(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session.body['status']}.",
            None,
        )
    _expire(unit, session)
    return shape(unit, session)


def fell_due(unit: UnitOfWork, id: str) -> None:
    session = unit.store.get(id, "checkout.session")
    if session and session.body["status"] == "open":
        _expire(unit, session)


def _expire(unit: UnitOfWork, session: Record) -> None:
    unit.store.drop_timers("session.expire", session.id)
    unit.change(session, "checkout.session.expired", status="expired")
    if intent := intent_of(unit, session):
        payments.cancel_open(unit, intent, "expired")


# -- paying: what the hosted page and the control do ------------------------------------------------


def pay(
    unit: UnitOfWork, session: Record, card: Card, email: str, name: str | None = None
) -> Record:
    """Try to pay an open session with a test card; the payment intent tells how it went."""
    intent = intent_of(unit, session)
    if intent is None:
        intent = payments.open_intent(unit, session)
        unit.change(session, payment_intent=intent.id)
    session.hidden["card"] = card.name
    unit.change(session, customer_details=_details(email, name))
    if card.outcome == "authenticate":
        payments.ask_to_authenticate(unit, intent, card, f"{unit.base_url}/c/pay/{session.id}")
        return intent
    _confirm(unit, session, intent, card)
    return intent


def authenticate(unit: UnitOfWork, session: Record, *, approved: bool) -> Record:
    """The client's answer to the bank's extra step."""
    card = CARDS[session.hidden["card"]]
    intent = intent_of(unit, session)
    if intent is None or intent.body["status"] != "requires_action":
        raise refused("This payment does not wait for authentication.", None)
    if approved:
        _confirm(unit, session, intent, card)
    else:
        payments.fail_authentication(unit, intent, card, session)
    return intent


def _confirm(unit: UnitOfWork, session: Record, intent: Record, card: Card) -> None:
    if card.outcome == "declined":
        payments.decline(unit, intent, card, session)
        return
    unit.store.drop_timers("session.expire", session.id)
    if card.delayed:
        payments.start_delayed(unit, intent, card, session)
        unit.change(session, "checkout.session.completed", status="complete")
        return
    charge = payments.succeed(unit, intent, card, session)
    unit.change(session, "checkout.session.completed", status="complete", payment_status="paid")
    payments.settle(unit, charge)


def delayed_money_decided(unit: UnitOfWork, id: str, *, arrived: bool) -> None:
    """The bank's late answer for a session that completed unpaid."""
    session = unit.store.get(id, "checkout.session")
    intent = intent_of(unit, session) if session else None
    if session is None or intent is None or intent.body["status"] != "processing":
        return
    if not arrived:
        payments.fail_delayed(unit, intent)
        unit.emit("checkout.session.async_payment_failed", session)
        return
    charge = payments.succeed_delayed(unit, intent)
    unit.change(session, "checkout.session.async_payment_succeeded", payment_status="paid")
    payments.settle(unit, charge)


def plausible_email(text: str) -> bool:
    """Somebody at some place; whether mail arrives there is another matter."""
    name, at, place = text.partition("@")
    return bool(name and at and place) and "@" not in place and not set(text) & set(" \t\r\n")


def intent_of(unit: UnitOfWork, session: Record) -> Record | None:
    """The payment intent of a session, once somebody has tried to pay it."""
    id = session.body["payment_intent"]
    return unit.store.get(id, "payment_intent") if id else None


def _details(email: str | None, name: str | None = None) -> JSON | None:
    if email is None:
        return None
    return {
        "address": None, "business_name": None, "email": email, "individual_name": None,
        "name": name, "phone": None, "tax_exempt": "none", "tax_ids": [],
    }  # fmt: skip


# -- what create checks ---------------------------------------------------------------------------


def _line_items(unit: UnitOfWork, params: JSON) -> tuple[str, list[JSON]]:
    given = params.get("line_items") or []
    if not given:
        raise invalid(
            "Missing required param: line_items.", param="line_items", code="parameter_missing"
        )
    if len(given) > LINES_MAX:
        raise invalid(f"A Checkout Session has at most {LINES_MAX} line items.", param="line_items")
    currencies = set()
    items = []
    for i, line in enumerate(given):
        at = f"line_items[{i}]"
        if (price := line.get("price_data")) is None:
            raise invalid(f"You must specify either `price` or `price_data` for {at}.", param=at)
        for name in ("unit_amount", "product_data"):
            if name not in price:
                where = f"{at}[price_data][{name}]"
                raise invalid(
                    f"Missing required param: {where}.", param=where, code="parameter_missing"
                )
        if (quantity := line.get("quantity")) is None or quantity < 1:
            raise invalid(
                "Quantity is required. Add `quantity` to your line item."
                if quantity is None
                else "This value must be greater than or equal to 1.",
                param=f"{at}[quantity]",
                code=None if quantity is None else "parameter_invalid_integer",
            )
        if price["unit_amount"] < 0:
            raise invalid(
                "This value must be greater than or equal to 0.",
                param=f"{at}[price_data][unit_amount]",
                code="parameter_invalid_integer",
            )
        currency = known_currency(price["currency"])
        currencies.add(currency)
        whole_steps(price["unit_amount"], currency, f"{at}[price_data][unit_amount]")
        items.append(_item(unit, line, price, currency, quantity))
    if len(currencies) > 1 or ("currency" in params and {params["currency"]} != currencies):
        raise invalid("All line items must have the same currency.", param="line_items")
    return currencies.pop(), items


def _item(unit: UnitOfWork, line: JSON, price: JSON, currency: str, quantity: int) -> JSON:
    total = price["unit_amount"] * quantity
    return {
        "id": new_id("item"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": price["product_data"]["name"],
        "metadata": line.get("metadata") or {},
        "price": {
            "id": new_id("price"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": unit.now,
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": new_id("product"),
            "recurring": None,
            "tax_behavior": price.get("tax_behavior", "unspecified"),
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": price["unit_amount"],
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": quantity,
    }


def _look(product: JSON) -> JSON:
    """What only the page shows of a line."""
    return {
        "description": product.get("description"),
        "image": next(iter(product.get("images") or []), None),
    }


def _methods(params: JSON, currency: str) -> list[str]:
    simulated = ["card", delayed_method(currency)]
    allowed = params.get("allowed_payment_method_types")
    for method in allowed or []:
        if method not in simulated:
            raise not_simulated(f"the payment method {method} in {currency.upper()}")
    methods = [m for m in simulated if allowed is None or m in allowed]
    if not offered(methods):
        raise invalid("No valid payment method types for this Checkout Session.")
    return methods


def _url(params: JSON, name: str, *, needed: bool = False) -> str | None:
    given: str | None = params.get(name)
    if given is None:
        if needed:
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
        return None
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise invalid("Not a valid URL", param=name, code="url_invalid")
    return given


def _expiry(unit: UnitOfWork, params: JSON) -> int:
    given: int = params.get("expires_at", unit.now + DAY)
    if given < unit.now + HALF_HOUR - CLOCK_SLACK:
        raise invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session "
            "creation.",
            param="expires_at",
        )
    if given > unit.now + DAY + CLOCK_SLACK:
        raise invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return given


def _later_items(session: Record, params: JSON) -> JSON:
    items = session.hidden["line_items"]
    positions = {item["id"]: i for i, item in enumerate(items)}
    cursor = params.get("starting_after", params.get("ending_before"))
    if cursor not in positions:
        raise invalid(f"No such line item: '{cursor}'", code="resource_missing")
    limit, at = params.get("limit", 10), positions[cursor]
    if "starting_after" in params:
        rest = items[at + 1 :]
        chosen, more = rest[:limit], len(rest) > limit
    else:
        rest = items[:at]
        chosen, more = rest[-limit:], len(rest) > limit
    url = f"/v1/checkout/sessions/{session.id}/line_items"
    return {"object": "list", "data": chosen, "has_more": more, "url": url}


# What Stripe shows and the gateway never fills.
NOT_USED: dict[str, Any] = {
    "after_expiration": None, "allow_promotion_codes": None, "client_secret": None,
    "collected_information": None, "consent": None, "consent_collection": None,
    "currency_conversion": None, "customer": None, "customer_account": None, "discounts": [],
    "invoice": None, "invoice_creation": None, "origin_context": None, "payment_link": None,
    "payment_method_configuration_details": None, "permissions": None, "recovered_from": None,
    "saved_payment_method_options": None, "setup_intent": None,
    "shipping_address_collection": None, "shipping_cost": None, "subscription": None,
    "wallet_options": None,
}  # fmt: skip
