"""The hosted checkout: what is bought, what it costs, and a named test card to pay it with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from mainstem_gateway import checkout as sessions
from mainstem_gateway.cards import CARDS, offered
from mainstem_gateway.currencies import shown
from mainstem_gateway.exchange import Answer, Request
from mainstem_gateway.pages.rendering import locale_of, not_found, page, redirect
from mainstem_gateway.pages.texts import CARD_TEXTS, TEXTS
from mainstem_gateway.store import Record

if TYPE_CHECKING:
    from mainstem_gateway.server import Gateway


@dataclass(frozen=True)
class CheckoutLine:
    name: str
    description: str | None
    image: str | None
    quantity: int
    each: str | None
    total: str


@dataclass(frozen=True)
class Choice:
    name: str
    says: str
    value: str
    ending: str


def checkout(gateway: "Gateway", request: Request, id: str) -> Answer:
    session = gateway.store.get(id, "checkout.session")
    if session is None:
        return not_found(request)
    if request.method == "POST" and session.body["status"] == "open":
        return _pay(gateway, request, session)
    if request.method == "POST" and session.body["status"] == "complete":
        # The button was pressed twice: the second press follows the first.
        return redirect(success_url(session))
    return _show(gateway, request, session)


def confirm(gateway: "Gateway", request: Request, id: str) -> Answer:
    """The bank's extra step."""
    session = gateway.store.get(id, "checkout.session")
    if session is None:
        return not_found(request)
    with gateway.unit() as unit:
        intent = sessions.intent_of(unit, session)
        waits = (
            session.body["status"] == "open"
            and intent is not None
            and intent.body["status"] == "requires_action"
        )
        if not waits:
            done = session.body["status"] == "complete"
            return redirect(success_url(session) if done else f"/c/pay/{id}")
        if request.method == "POST":
            approved = _form(request).get("answer") == "approve"
            sessions.authenticate(unit, session, approved=approved)
            return redirect(success_url(session) if approved else f"/c/pay/{id}")
    locale = locale_of(request, session.body["locale"])
    return page(
        "bank.html",
        locale=locale,
        goes_to=(session.body["success_url"],),
        shop=shop(session),
        amount=shown(session.body["amount_total"], session.body["currency"], locale=locale),
    )


def success_url(session: Record) -> str:
    wanted: str = session.body["success_url"]
    return wanted.replace("{CHECKOUT_SESSION_ID}", session.id)


def shop(session: Record) -> str:
    """Who is paid: the name the merchant gave, else the address the client came from."""
    return session.hidden["shop"] or urlsplit(session.body["success_url"]).hostname or "the shop"


def _pay(gateway: "Gateway", request: Request, session: Record) -> Answer:
    form = _form(request)
    email = session.body["customer_email"] or form.get("email", "").strip()
    names = {card.name for card in offered(session.body["payment_method_types"])}
    problems = {}
    if not sessions.plausible_email(email):
        problems["email"] = "no_email"
    if form.get("card") not in names:
        problems["card"] = "no_card"
    if problems:
        return _show(gateway, request, session, problems=problems, form=form)
    with gateway.unit() as unit:
        intent = sessions.pay(unit, session, CARDS[form["card"]], email)
    if session.body["status"] == "complete":
        return redirect(success_url(session))
    step = "/confirm" if intent.body["status"] == "requires_action" else ""
    return redirect(f"/c/pay/{session.id}{step}")


def _show(
    gateway: "Gateway",
    request: Request,
    session: Record,
    *,
    problems: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
) -> Answer:
    body = session.body
    locale = locale_of(request, body["locale"])
    texts = TEXTS[locale]
    currency = body["currency"]
    amount = shown(body["amount_total"], currency, locale=locale)
    with gateway.unit() as unit:
        intent = sessions.intent_of(unit, session)
    failure = intent.body["last_payment_error"] if intent else None
    verb = {"book": "book", "donate": "donate"}.get(body["submit_type"], "pay")
    lines = _lines(session, locale)
    details = body["customer_details"] or {}
    return page(
        "checkout.html",
        status=400 if problems else 200,
        locale=locale,
        goes_to=(body["success_url"],),
        pictures=tuple(line.image for line in lines),
        session=body,
        shop=shop(session),
        lines=lines,
        amount=amount,
        button=texts[verb].format(amount=amount),
        note=(body["custom_text"]["submit"] or {}).get("message"),
        success_url=success_url(session),
        waits=bool(intent and intent.body["status"] == "requires_action"),
        # The error's own words are for the merchant; the client is told in plain ones.
        failure=texts[failure.get("decline_code") or failure["code"]] if failure else None,
        problems=problems or {},
        email=(form or {}).get("email", details.get("email") or ""),
        chosen=(form or {}).get("card", "success"),
        groups=_groups(session, locale),
    )


def _lines(session: Record, locale: str) -> list[CheckoutLine]:
    lines = []
    for item, look in zip(session.hidden["line_items"], session.hidden["looks"], strict=True):
        currency, quantity = item["currency"], item["quantity"]
        each = shown(item["price"]["unit_amount"], currency, locale=locale)
        total = shown(item["amount_total"], currency, locale=locale)
        lines.append(
            CheckoutLine(
                item["description"],
                look["description"],
                look["image"],
                quantity,
                each if quantity > 1 else None,
                total,
            )
        )
    return lines


def _groups(session: Record, locale: str) -> list[tuple[str, list[Choice]]]:
    groups: dict[str, list[Choice]] = {}
    for card in offered(session.body["payment_method_types"]):
        group = "bank" if card.delayed else "later_cards" if card.later else "cards"
        text = CARD_TEXTS[locale][card.name]
        groups.setdefault(group, []).append(
            Choice(text["name"], text["says"], card.name, card.last4)
        )
    return list(groups.items())


def _form(request: Request) -> dict[str, str]:
    try:
        fields = parse_qs(request.body.decode("utf-8"), max_num_fields=50)
    except ValueError:
        return {}
    return {name: values[-1] for name, values in fields.items()}
