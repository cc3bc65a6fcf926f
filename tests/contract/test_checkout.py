"""A client pays at the hosted checkout: every named card, twice, late, never."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import stripe
from stripe_receiver import Receiver
from stripe_suite import SECRETS, Page, Process, order, whole


def test_a_session_shows_its_lines_total_and_address(client: stripe.StripeClient) -> None:
    lines = order(1500, metadata={"order": "1001"}, client_reference_id="1001")
    lines["line_items"][0]["quantity"] = 2
    session = client.v1.checkout.sessions.create(lines | {"expand": ["line_items"]})
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert (session.amount_total, session.currency) == (3000, "eur")
    assert session.url and session.url.startswith("http")
    assert session.metadata and session.metadata.order == "1001"
    assert session.line_items and session.line_items.data[0].quantity == 2
    listed = client.v1.checkout.sessions.line_items.list(session.id)
    assert [i.amount_total for i in listed.data] == [3000]


@pytest.mark.embedded
def test_paying_through_the_pages_form_pays_the_order(
    client: stripe.StripeClient, page: Page, receiver: Receiver
) -> None:
    wanted = order(
        3000,
        customer_email="anna@example.com",
        payment_intent_data={"transfer_group": "order_77", "metadata": {"order": "77"}},
        metadata={"order": "77"},
    )
    session = client.v1.checkout.sessions.create(wanted)
    shown = page.open(session.url)
    assert "Cast-iron skillet" in shown.text and "€30.00" in shown.text
    assert "TEST MODE" in shown.text
    names = set(re.findall(r'<input[^>]* name="(\w+)"', shown.text))
    assert names == {"card"}, "a checkout asks for a card by its name, never for a number"
    paid = page.press(session.url, card="success")
    assert paid.status_code == 303
    assert paid.headers["location"] == f"http://127.0.0.1:9/thanks?cs={session.id}"

    done = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    assert (done.status, done.payment_status, done.url) == ("complete", "paid", None)
    intent: Any = done.payment_intent
    charge = intent.latest_charge
    assert (intent.status, intent.amount_received) == ("succeeded", 3000)
    assert intent.transfer_group == charge.transfer_group == "order_77"
    assert intent.metadata.order == "77"
    assert charge.billing_details.email == "anna@example.com"
    txn = charge.balance_transaction
    assert (txn.amount, txn.fee, txn.net) == (3000, 70, 2930), "1.5 % and 25 cent"

    of_this = receiver.wait_for(lambda e: _about(e, session.id, intent.id, charge.id), count=4)
    types = {r.event["type"] for r in of_this}
    assert types == {
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
        "charge.updated",
    }
    updated = next(r.event for r in of_this if r.event["type"] == "charge.updated")
    assert updated["data"]["previous_attributes"] == {"balance_transaction": None}
    for delivery in of_this:
        event = client.construct_event(delivery.body, delivery.signature, SECRETS["platform"])
        assert event.livemode is False


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("card", "code", "reason", "words"),
    [
        ("declined", "card_declined", "generic_decline", "Banken nekade kortet"),
        ("insufficient_funds", "card_declined", "insufficient_funds", "inte tillräckligt"),
    ],
)
def test_a_refused_card_charges_nothing_and_another_may_be_tried(
    client: stripe.StripeClient, page: Page, card: str, code: str, reason: str, words: str
) -> None:
    session = client.v1.checkout.sessions.create(order(locale="sv"))
    back = page.pay(session.url, card)
    assert (back.status_code, back.headers["location"]) == (303, f"/c/pay/{session.id}")
    shown = page.open(session.url).text
    assert "Betalningen gick inte igenom" in shown and words in shown
    tried = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    intent: Any = tried.payment_intent
    assert (tried.status, intent.status) == ("open", "requires_payment_method")
    assert intent.last_payment_error.code == code
    assert intent.last_payment_error.decline_code == reason
    failed = client.v1.charges.retrieve(intent.latest_charge)
    assert (failed.status, failed.paid, failed.balance_transaction) == ("failed", False, None)

    assert page.pay(session.url, "success").headers["location"].startswith("http://127.0.0.1:9/")
    charges = client.v1.charges.list({"payment_intent": intent.id}).data
    assert [c.status for c in charges] == ["succeeded", "failed"]


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("answer", "status", "intent_status"),
    [
        ("approve", "complete", "succeeded"),
        ("refuse", "open", "requires_payment_method"),
    ],
)
def test_three_d_secure_asks_the_client_once_more(
    client: stripe.StripeClient, page: Page, answer: str, status: str, intent_status: str
) -> None:
    session = client.v1.checkout.sessions.create(order())
    step = page.pay(session.url, "authentication").headers["location"]
    assert step == f"/c/pay/{session.id}/confirm"
    waiting = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    intent: Any = waiting.payment_intent
    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    confirm = f"{session.url}/confirm"
    assert "Approve the payment" in page.open(confirm).text
    page.press(confirm, answer=answer)
    done = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (done.status, whole(done.payment_intent).status) == (status, intent_status)


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("card", "arrived", "event", "status", "words"),
    [
        ("delayed_success", True, "async_payment_succeeded", "paid", "This order is paid"),
        ("delayed_failure", False, "async_payment_failed", "unpaid", "Your bank did not pay"),
    ],
)
@pytest.mark.parametrize("currency", ["eur", "sek"])
def test_a_delayed_payment_completes_unpaid_and_is_decided_later(
    client: stripe.StripeClient,
    page: Page,
    receiver: Receiver,
    trigger: Callable[..., dict[str, Any]],
    card: str,
    arrived: bool,
    event: str,
    status: str,
    words: str,
    currency: str,
) -> None:
    session = client.v1.checkout.sessions.create(order(3000, currency))
    assert page.pay(session.url, card).headers["location"].startswith("http://127.0.0.1:9/")
    waiting = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert whole(waiting.payment_intent).status == "processing"
    assert "Your bank has been asked to pay" in page.open(session.url).text
    trigger("sessions/bank_answers", session=session.id, arrived=arrived)
    done = client.v1.checkout.sessions.retrieve(session.id)
    assert done.payment_status == status
    assert words in page.open(session.url).text
    name = f"checkout.session.{event}"
    receiver.wait_for(lambda e: e["type"] == name and _about(e, session.id))


@pytest.mark.embedded
def test_pressing_pay_twice_charges_once(client: stripe.StripeClient, page: Page) -> None:
    session = client.v1.checkout.sessions.create(order())
    first = page.pay(session.url, "success")
    second = page.press(session.url, card="success", email="client@example.com")
    assert second.headers["location"] == first.headers["location"]
    done = client.v1.checkout.sessions.retrieve(session.id)
    charges = client.v1.charges.list({"payment_intent": str(done.payment_intent)})
    assert len(charges.data) == 1


def test_an_expired_session_cannot_be_paid(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    expired = client.v1.checkout.sessions.expire(session.id)
    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        client.v1.checkout.sessions.expire(session.id)


@pytest.mark.embedded
def test_the_page_of_an_expired_session_says_so(
    client: stripe.StripeClient, page: Page, receiver: Receiver
) -> None:
    session = client.v1.checkout.sessions.create(order())
    page.pay(session.url, "declined")
    client.v1.checkout.sessions.expire(session.id)
    shown = page.press(session.url, card="success", email="client@example.com")
    assert "This checkout has expired" in shown.text
    assert "http://127.0.0.1:9/cart" in shown.text
    done = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (done.status, whole(done.payment_intent).status) == ("expired", "canceled")
    receiver.wait_for(lambda e: e["type"] == "checkout.session.expired" and _about(e, session.id))
    receiver.wait_for(
        lambda e: (
            e["type"] == "payment_intent.canceled" and _about(e, whole(done.payment_intent).id)
        )
    )


@pytest.mark.embedded
def test_checkout_owns_its_payment_intents(client: stripe.StripeClient, page: Page) -> None:
    session = client.v1.checkout.sessions.create(order())
    page.pay(session.url, "declined")
    intent = str(client.v1.checkout.sessions.retrieve(session.id).payment_intent)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.cancel(intent)
    assert refused.value.code == "payment_intent_unexpected_state"


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("locale", "accepted", "words", "amount"),
    [
        ("sv", "en", "Din order Betala", "1\N{NO-BREAK SPACE}299,50\N{NO-BREAK SPACE}kr"),
        ("en", "sv", "Pay", "SEK\N{NO-BREAK SPACE}1,299.50"),
        ("auto", "sv-SE,sv;q=0.9", "Betala", "1\N{NO-BREAK SPACE}299,50\N{NO-BREAK SPACE}kr"),
        ("de", "en", "Pay", "SEK\N{NO-BREAK SPACE}1,299.50"),
    ],
)
def test_the_page_speaks_the_clients_language(
    client: stripe.StripeClient, page: Page, locale: Any, accepted: str, words: str, amount: str
) -> None:
    session = client.v1.checkout.sessions.create(order(129950, "sek", locale=locale))
    shown = html.unescape(page.open(session.url, language=accepted).text)
    assert words.split()[-1] in shown and amount in shown


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (3000, "jpy", "JPY\N{NO-BREAK SPACE}3,000"),
        (1234560, "kwd", "KWD\N{NO-BREAK SPACE}1,234.560"),
        (12345678, "usd", "$123,456.78"),
    ],
)
def test_amounts_are_shown_in_their_currencys_own_units(
    client: stripe.StripeClient, page: Page, amount: int, currency: str, shown: str
) -> None:
    session = client.v1.checkout.sessions.create(order(amount, currency))
    assert shown in html.unescape(page.open(str(session.url)).text)


@pytest.mark.embedded
def test_the_page_runs_no_script_and_leads_only_to_the_shop(
    client: stripe.StripeClient, page: Page
) -> None:
    session = client.v1.checkout.sessions.create(order())
    shown = page.open(session.url)
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "form-action 'self' http://127.0.0.1:9" in policy
    assert "<script" not in shown.text and "style=" not in shown.text


@pytest.mark.embedded
def test_a_form_without_card_or_email_is_shown_again(
    client: stripe.StripeClient, page: Page
) -> None:
    session = client.v1.checkout.sessions.create(order())
    shown = page.press(session.url, email="nobody", card="4242424242424242")
    assert shown.status_code == 400
    assert "Enter an email address" in shown.text and "Choose how" in shown.text
    assert client.v1.checkout.sessions.retrieve(session.id).payment_intent is None


@pytest.mark.embedded
def test_a_session_that_takes_cards_only_offers_no_bank(
    client: stripe.StripeClient, page: Page
) -> None:
    wanted = order(allowed_payment_method_types=["card"])
    session = client.v1.checkout.sessions.create(wanted)
    assert session.payment_method_types == ["card"]
    assert "delayed_success" not in page.open(session.url).text


@pytest.mark.embedded
def test_a_page_elsewhere_cannot_press_buttons(
    client: stripe.StripeClient, page: Page, gateway: Process
) -> None:
    session = client.v1.checkout.sessions.create(order())
    fields = {"card": "success", "email": "client@example.com"}
    headers = {"origin": "https://elsewhere.example"}
    assert session.url
    refused = page.browser.post(session.url, data=fields, headers=headers)
    assert refused.status_code == 403
    headers = {"host": "gateway.example"}
    assert page.browser.get(gateway.url + "/__gateway/", headers=headers).status_code == 403


def _about(event: dict[str, Any], *ids: str) -> bool:
    return event["object"] == "event" and event["data"]["object"].get("id") in ids
