"""The manners of the wire: keys, errors, lists, expansions, and what is honestly not simulated."""

import ast
import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe
from stripe_suite import Page, Payment, Process, client_for, order

import mainstem_gateway
from mainstem_gateway import NotLoopback, Settings, build_app, running, serve
from mainstem_gateway.exchange import Request


@pytest.mark.parametrize("key", ["sk_live_abc", "rk_live_abc"])
@pytest.mark.embedded
def test_live_keys_are_refused(gateway: Process, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match="refuses live keys"):
        client_for(gateway.url, key=key).v1.balance.retrieve()


@pytest.mark.parametrize("key", ["pk_test_abc", "nonsense"])
@pytest.mark.embedded
def test_only_secret_test_keys_are_accepted(gateway: Process, page: Page, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError, match="Invalid API Key"):
        client_for(gateway.url, key=key).v1.balance.retrieve()
    assert page.browser.get(f"{gateway.url}/v1/balance").status_code == 401
    assert client_for(gateway.url, key="rk_test_abc").v1.balance.retrieve().livemode is False


@pytest.mark.embedded
def test_what_is_not_simulated_says_so(lenient_client: stripe.StripeClient) -> None:
    tries: list[Callable[[], Any]] = [
        lambda: lenient_client.v1.customers.create({"name": "Anna"}),
        lambda: lenient_client.v1.payment_intents.create({"amount": 1, "currency": "eur"}),
        lambda: lenient_client.v1.refunds.cancel("re_1"),
        lambda: lenient_client.v2.core.accounts.persons.list("acct_1"),
        lambda: lenient_client.v1.checkout.sessions.create(order(automatic_tax={"enabled": True})),
        lambda: lenient_client.v1.checkout.sessions.create(order() | {"mode": "subscription"}),
    ]
    for attempt in tries:
        with pytest.raises(stripe.APIError, match="embedded gateway does not simulate") as no:
            attempt()
        assert no.value.http_status == 501


@pytest.mark.parametrize(
    ("change", "code", "param"),
    [
        (
            {"payment_method_types": ["card"]},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        ({"succes_url": "http://x"}, "parameter_unknown", "succes_url"),
        ({"line_items": []}, "parameter_missing", "line_items"),
        ({"success_url": "shop"}, "url_invalid", "success_url"),
        ({"expires_at": 1}, None, "expires_at"),
        ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
        ({"customer_email": "anna at home"}, "email_invalid", "customer_email"),
        ({"mode": "gift"}, None, "mode"),
        ({"locale": "klingon"}, None, "locale"),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(
    lenient_client: stripe.StripeClient, change: Any, code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        lenient_client.v1.checkout.sessions.create(order() | change)
    assert refused.value.http_status == 400
    assert refused.value.param == param
    if code:
        assert refused.value.code == code


def test_a_wrong_line_is_named_by_its_place(lenient_client: stripe.StripeClient) -> None:
    wanted: Any = order()
    wanted["line_items"].append({"quantity": 1, "price_data": {"unit_amount": 1}})
    with pytest.raises(stripe.InvalidRequestError) as refused:
        lenient_client.v1.checkout.sessions.create(wanted)
    assert refused.value.param == "line_items[1][price_data][currency]"


def test_a_total_below_the_least_is_refused(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.create(order(5))
    assert refused.value.code == "amount_too_small"


def test_answers_carry_the_version_and_the_requests_id(client: stripe.StripeClient) -> None:
    answer: Any = client.v1.balance.retrieve().last_response
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
    assert answer.request_id.startswith("req_")


def test_lists_are_paged_newest_first_both_ways(client: stripe.StripeClient) -> None:
    made = [client.v1.checkout.sessions.create(order(300 + i)).id for i in range(5)][::-1]
    first = client.v1.checkout.sessions.list({"limit": 2})
    assert ([s.id for s in first.data], first.has_more) == (made[:2], True)
    after = client.v1.checkout.sessions.list({"limit": 2, "starting_after": made[1]})
    assert [s.id for s in after.data] == made[2:4]
    before = client.v1.checkout.sessions.list({"limit": 2, "ending_before": made[3]})
    assert ([s.id for s in before.data], before.has_more) == (made[1:3], True)
    pages = client.v1.checkout.sessions.list({"limit": 2}).auto_paging_iter()
    assert [next(pages).id for _ in range(5)] == made
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.list({"starting_after": "cs_test_unknown"})
    assert (refused.value.code, refused.value.param) == ("resource_missing", "starting_after")


def test_lists_are_cut_by_time(client: stripe.StripeClient) -> None:
    session = client.v1.checkout.sessions.create(order())
    at = session.created
    inside = client.v1.checkout.sessions.list({"created": {"gte": at, "lt": at + 1}, "limit": 100})
    assert session.id in [s.id for s in inside.data]
    later = client.v1.checkout.sessions.list({"created": {"gt": at + 5}, "limit": 100})
    assert session.id not in [s.id for s in later.data]


@pytest.mark.embedded
def test_limits_are_between_one_and_a_hundred(lenient_client: stripe.StripeClient) -> None:
    for limit in (0, 101):
        with pytest.raises(stripe.InvalidRequestError) as refused:
            lenient_client.v1.charges.list({"limit": limit})
        assert refused.value.param == "limit"


def test_answers_are_expanded_where_asked(
    client: stripe.StripeClient, pay: Callable[..., Payment]
) -> None:
    paid = pay(3000)
    refund: Any = client.v1.refunds.create(
        {"charge": paid.charge.id, "expand": ["charge.payment_intent", "balance_transaction"]}
    )
    assert refund.charge.payment_intent.id == paid.intent.id
    txn: Any = client.v1.balance_transactions.retrieve(
        refund.balance_transaction.id, {"expand": ["source.charge"]}
    )
    assert txn.source.charge.id == paid.charge.id
    charges: Any = client.v1.charges.list(
        {"payment_intent": paid.intent.id, "expand": ["data.balance_transaction"]}
    )
    assert charges.data[0].balance_transaction.fee >= 0
    for path in ("amount", "charge.nothing"):
        with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
            client.v1.refunds.retrieve(refund.id, {"expand": [path]})


def test_what_does_not_exist_is_missing(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"No such charge: 'ch_1nothing'") as no:
        client.v1.charges.retrieve("ch_1nothing")
    assert (no.value.code, no.value.http_status) == ("resource_missing", 404)


def test_metadata_is_merged_and_cleared(
    client: stripe.StripeClient, pay: Callable[..., Payment]
) -> None:
    charge = pay(3000).charge.id
    client.v1.charges.update(charge, {"metadata": {"a": "1", "b": "2"}})
    changed = client.v1.charges.update(charge, {"metadata": {"a": "", "c": "3"}})
    assert changed.metadata.to_dict() == {"b": "2", "c": "3"}
    assert client.v1.charges.update(charge, {"metadata": ""}).metadata.to_dict() == {}


@pytest.mark.embedded
def test_the_gateway_listens_on_loopback_only(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "192.0.2.1", "example.com"):
        with pytest.raises(NotLoopback):
            serve(tmp_path / "gateway.sqlite", host=host)


@pytest.mark.embedded
def test_money_may_take_its_time(tmp_path: Path, page: Page) -> None:
    """With a delay, a charge is pending until time has passed."""
    with running(tmp_path / "gateway.sqlite", settings=Settings(funds_delay=86400)) as url:
        client = client_for(url)
        session = client.v1.checkout.sessions.create(order())
        page.pay(str(session.url), "success")
        balance = client.v1.balance.retrieve()
        assert (balance.available[0].amount, balance.pending[0].amount) == (0, 2930)
        page.browser.post(f"{url}/__gateway/controls/clock/advance", json={"seconds": 86401})
        balance = client.v1.balance.retrieve()
        assert (balance.available[0].amount, balance.pending[0].amount) == (2930, 0)
        types = [e.type for e in client.v1.events.list().data]
        assert types[0] == "balance.available"


@pytest.mark.embedded
def test_time_alone_brings_the_later_troubles(tmp_path: Path, page: Page) -> None:
    with running(tmp_path / "gateway.sqlite") as url:
        client = client_for(url)
        for card in ("dispute", "delayed_success"):
            session = client.v1.checkout.sessions.create(order())
            page.pay(str(session.url), card)
        open_one = client.v1.checkout.sessions.create(order())
        page.browser.post(f"{url}/__gateway/controls/clock/advance", json={"seconds": 90_000})
        assert client.v1.disputes.list().data[0].status == "needs_response"
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        assert client.v1.checkout.sessions.retrieve(open_one.id).status == "expired"


@pytest.mark.embedded
def test_the_controls_page_shows_what_is_recent_and_its_buttons_work(
    client: stripe.StripeClient, page: Page, gateway: Process
) -> None:
    session = client.v1.checkout.sessions.create(order())
    shown = page.open(f"{gateway.url}/__gateway/").text
    assert session.id[-6:] in shown and "TEST MODE" in shown
    pressed = page.press(
        f"{gateway.url}/__gateway/trigger/sessions/pay", session=session.id, card="success"
    )
    assert pressed.status_code == 303
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    wrong = page.browser.post(
        f"{gateway.url}/__gateway/controls/sessions/pay", json={"session": "x"}
    )
    assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "card")
    known = page.browser.get(f"{gateway.url}/__gateway/controls").json()
    assert known["sessions/pay"]["needs"] == ["session", "card"]


def test_the_gateway_is_an_island() -> None:
    folder = Path(mainstem_gateway.__file__).parent
    allowed = {"jinja2", "msgspec", "uvicorn"} | set(sys.stdlib_module_names)
    for source in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                # How HTTP chooses a language is nobody's business in particular.
                ours = name.startswith("mainstem_gateway") or name == "mainstem.languages"
                assert ours or name.split(".")[0] in allowed, f"{source.name} imports {name}"


@pytest.mark.embedded
def test_the_command_refuses_what_it_cannot_serve(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mainstem_gateway", "--store", str(tmp_path / "g.sqlite")]
    outside = subprocess.run([*command, "--host", "0.0.0.0"], capture_output=True, text=True)
    assert (outside.returncode, "loopback only" in outside.stderr) == (1, True)
    half = subprocess.run([*command, "--webhook", "http://x"], capture_output=True, text=True)
    assert (half.returncode, "needs GATEWAY_WEBHOOK_SECRET" in half.stderr) == (2, True)


@pytest.mark.embedded
def test_the_application_can_be_built_without_a_server(tmp_path: Path) -> None:
    async def ask() -> int:
        gateway = build_app(tmp_path / "gateway.sqlite", lambda: 1_800_000_000.0)
        headers = {"authorization": "Bearer sk_test_x", "host": "127.0.0.1"}
        answer = await gateway.answer(Request("GET", "/v1/balance", "", headers, b""))
        await gateway.close()
        return answer.status

    assert asyncio.run(ask()) == 200


@pytest.mark.embedded
@pytest.mark.parametrize(
    ("host", "is_let_in"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8420", True),
        ("127.8.9.10", True),
        ("localhost", True),
        ("LOCALHOST:8420", True),
        ("[::1]:8420", True),
        ("127.evil.test", False),
        ("127.0.0.1.evil.test", False),
        ("localhost.evil.test", False),
        ("evil.test", False),
        ("[::1].evil.test", False),
        ("[::1", False),
        ("[::2]", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("me@127.0.0.1", False),
        ("127.0.0.1@evil.test", False),
        ("127.0.0.1:", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_the_gateway_answers_to_loopback_by_its_address_alone(
    gateway: Process, host: str, is_let_in: bool
) -> None:
    """A name that leads here may be a stranger's, whose page would then reach the controls."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        sent = f"GET /__gateway/controls HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        connection.sendall(sent.encode())
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200" if is_let_in else b"HTTP/1.1 403"), answer
