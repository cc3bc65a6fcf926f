"""Orders over the API: a storefront's key, its own key for each request, and every problem named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.assemblies import an_app
from tests.company import (
    INSTALLATION,
    KETTLE,
    SKILLET,
    Company,
    a_company,
    a_shop,
    an_article,
    an_order,
    pay,
)
from tests.orders.wanting import stock_of

from mainstem import identity
from mainstem.kit import settings
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.ids import new_id
from mainstem_fulfillment import inventory

ADA = {"name": "Ada Lind", "email": "ada@example.com", "phone": "070-174 06 05"}
HOME = {"line1": "Storgatan 1", "postal_code": "11455", "city": "Stockholm", "country": "SE"}


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def key(database: Database, company: Company) -> str:
    with database.work() as work:
        shop = company.shop
        return identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)


@pytest.fixture
def client(database: Database, tmp_path: Any) -> Iterator[TestClient[Any]]:
    config = settings.read(
        {"MAINSTEM_DATA": str(tmp_path), "MAINSTEM_PUBLIC_URL": "http://testserver"}
    )
    with (
        an_app(config, database, hosts=["testserver.local"]) as app,
        TestClient(app) as made,
    ):
        yield made


def a_body(*lines: tuple[str, int], **changes: Any) -> dict[str, Any]:
    ordered = [{"sku": sku, "quantity": quantity} for sku, quantity in lines or [(KETTLE, 1)]]
    body = {"currency": "SEK", "locale": "sv", "client": ADA, "address": HOME, "lines": ordered}
    return body | changes


def send(client: TestClient[Any], key: str, body: Any, **headers: str) -> Any:
    sent = {"authorization": f"Bearer {key}", "idempotency-key": f"request-{new_id()}"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/api/v1/orders", json=body, headers={k: v for k, v in sent.items() if v})


def look(client: TestClient[Any], key: str, path: str) -> Any:
    return client.get(f"/api/v1{path}", headers={"authorization": f"Bearer {key}"})


def orders_kept(database: Database) -> int:
    with database.work() as work:
        return int(work.value("SELECT count(*) FROM orders"))


def test_an_order_is_placed_and_followed(
    client: TestClient[Any], database: Database, company: Company, key: str, clock: FixedClock
) -> None:
    answer = send(client, key, a_body((KETTLE, 2), (SKILLET, 1), external_id="W-1001"))
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert order["totals"] == {
        "items_minor": 330000,
        "shipping_minor": 0,
        "tax_minor": 66000,
        "total_minor": 330000,
    }
    assert (order["state"], order["currency"]) == ("pending", "SEK")
    assert order["pay_by"] == (clock.now() + timedelta(minutes=30)).isoformat().replace(
        "+00:00", "Z"
    )
    assert order["links"]["track"].startswith("http://testserver/order/")
    assert answer.headers["ratelimit"].startswith('"key";r=')

    seen = look(client, key, f"/orders/{order['id']}").json()
    assert (seen["number"], seen["external_id"]) == (order["number"], "W-1001")
    assert seen["totals"] == order["totals"]
    assert seen["links"] == {name: order["links"][name] for name in ("self", "track")}
    assert [(line["sku"], line["quantity"], line["total_minor"]) for line in seen["lines"]] == [
        (KETTLE, 2, 250000),
        (SKILLET, 1, 80000),
    ]
    with database.work() as work:
        row = work.row("SELECT * FROM orders")
        assert row is not None
        assert (row.channel, row.seller_id, row.client_key) == (
            "api",
            company.cedar,
            "ada@example.com",
        )
        assert row.address["postal_code"] == "114 55"
        token = order["links"]["track"].rpartition("/")[2]
    secret = client.app.state["app_context"].settings.secret
    assert identity.read_client_link(secret, token) == (row.home_id, row.id)


def test_a_key_is_given_the_pages_of_orders_that_it_placed_and_of_no_others(
    client: TestClient[Any], database: Database, company: Company, key: str
) -> None:
    placed = send(client, key, a_body()).json()
    secret = client.app.state["app_context"].settings.secret
    token = {name: placed["links"][name].rpartition("/")[2] for name in ("track", "pay")}
    assert identity.rights_of(secret, token["track"]) == set()
    assert identity.rights_of(secret, token["pay"]) == {"pay"}
    with database.work() as work:
        theirs = an_order(work, company.shop, (KETTLE, 1))  # a client's own, in the open shop
        other = identity.issue_key(
            work, home_id=company.cedar, storefront_id=company.shop.id, label="another"
        )
    for who, own in ((key, placed["id"]), (other, None)):
        listed = look(client, who, "/orders").json()["orders"]
        assert {one["id"] for one in listed} == {placed["id"], str(theirs.order_id)}
        for one in [*listed, *(look(client, who, f"/orders/{one['id']}").json() for one in listed)]:
            assert set(one["links"]) == {"self", "track"}
            assert (one["links"]["track"] is not None) == (one["id"] == own)
            assert "ada@example.com" not in str(one)


def test_a_repeat_gets_the_very_same_answer_also_after_the_order_was_paid(
    client: TestClient[Any], database: Database, company: Company, key: str, clock: FixedClock
) -> None:
    first = send(client, key, a_body(), idempotency_key="the-same-key-0001")
    with database.work() as work:
        pay(
            work,
            work.one("SELECT home_id, id AS order_id, number, currency, total_minor FROM orders"),
        )
    clock.move(timedelta(hours=2))
    respaced = json.dumps(a_body(), indent=3, sort_keys=True)
    again = client.post(
        "/api/v1/orders",
        content=respaced,
        headers={
            "authorization": f"Bearer {key}",
            "idempotency-key": "the-same-key-0001",
            "content-type": "application/json",
        },
    )
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert orders_kept(database) == 1


def test_the_same_key_for_another_order_is_refused(client: TestClient[Any], key: str) -> None:
    send(client, key, a_body(), idempotency_key="the-same-key-0001")
    other = send(client, key, a_body((KETTLE, 2)), idempotency_key="the-same-key-0001")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_a_refused_order_leaves_its_key_free(
    client: TestClient[Any], database: Database, key: str
) -> None:
    with database.work() as work:
        stock_of(work, KETTLE, 0)
    refused = send(client, key, a_body(), idempotency_key="the-same-key-0001")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    assert refused.json()["errors"][0]["pointer"] == "/lines/0/quantity"
    mended = send(client, key, a_body((SKILLET, 1)), idempotency_key="the-same-key-0001")
    assert mended.status_code == 201


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ("", 400, "idempotency_key_missing"),
        ("short", 422, "invalid_field"),
        ("x" * 256, 422, "invalid_field"),
    ],
)
def test_a_request_needs_a_key_of_a_fit_length(
    client: TestClient[Any], database: Database, key: str, sent: str, status: int, code: str
) -> None:
    answer = send(client, key, a_body(), idempotency_key=sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert orders_kept(database) == 0


def test_every_problem_is_named_at_once_in_the_reader_s_language(
    client: TestClient[Any], key: str
) -> None:
    body = a_body(("NO-SUCH", 1), (INSTALLATION, 1))
    swedish = send(client, key, body, accept_language="sv-SE,sv;q=0.9").json()
    assert (swedish["status"], swedish["code"]) == (422, "order_invalid")
    assert [(e["pointer"], e["code"], e["message"]) for e in swedish["errors"]] == [
        ("/lines/0/sku", "unknown_sku", "Det finns ingen artikel NO-SUCH."),
        ("/lines/1/sku", "service_needs_quote", f"{INSTALLATION} är en tjänst: be om en offert."),
    ]
    body = a_body(
        client={"name": " ", "email": "ada@", "phone": "12"}, address=HOME | {"postal_code": "1"}
    )
    english = send(client, key, body).json()
    assert [(e["pointer"], e["code"]) for e in english["errors"]] == [
        ("/client/name", "missing"),
        ("/client/email", "email_invalid"),
        ("/address/postal_code", "postal_code_invalid"),
    ]
    assert english["errors"][0]["message"] == "Write your name."


def test_a_body_of_another_shape_is_refused_with_a_pointer_to_each_fault(
    client: TestClient[Any], key: str
) -> None:
    body = a_body(discount=5) | {"lines": [{"sku": KETTLE, "quantity": "1"}, {"quantity": 0}]}
    answer = send(client, key, body)
    assert answer.status_code == 422
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/lines/0/quantity", "wrong_type"),
        ("/lines/1/sku", "missing"),
        ("/lines/1/quantity", "out_of_range"),
        ("/discount", "unknown_field"),
    }


@pytest.mark.parametrize("field", ["name", "email", "phone"])
def test_a_text_that_cannot_be_kept_is_refused_and_not_a_fault_of_ours(
    client: TestClient[Any], key: str, field: str
) -> None:
    answer = send(client, key, a_body(client=ADA | {field: "a\0b@example.com"}))
    assert answer.status_code == 422
    assert f"/client/{field}" in [e["pointer"] for e in answer.json()["errors"]]


def test_other_terms_than_the_storefront_s_are_refused(client: TestClient[Any], key: str) -> None:
    answer = send(client, key, a_body(currency="EUR", locale="fi"))
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
        ("/currency", "currency_not_supported"),
        ("/locale", "invalid_field"),
    }


def test_the_price_the_buyer_saw_holds_or_the_order_is_not_placed(
    client: TestClient[Any], database: Database, key: str
) -> None:
    right = {"sku": KETTLE, "quantity": 2, "unit_price_minor": 125000}
    seen = a_body(lines=[right], totals={"total_minor": 250000, "tax_minor": 50000})
    assert send(client, key, seen).status_code == 201

    wrong = a_body(lines=[right | {"unit_price_minor": 100000}], totals={"total_minor": 200000})
    answer = send(client, key, wrong)
    assert (answer.status_code, answer.json()["code"]) == (409, "price_changed")
    assert [e["pointer"] for e in answer.json()["errors"]] == [
        "/lines/0/unit_price_minor",
        "/totals/total_minor",
    ]
    assert answer.json()["quote"] == {
        "currency": "SEK",
        "lines": [
            {"sku": KETTLE, "quantity": 2, "unit_price_minor": 125000, "total_minor": 250000}
        ],
        "totals": {
            "items_minor": 250000,
            "shipping_minor": 0,
            "tax_minor": 50000,
            "total_minor": 250000,
        },
    }
    assert orders_kept(database) == 1


def test_a_small_order_pays_for_its_delivery_and_the_charge_carries_its_tax(
    client: TestClient[Any], database: Database, company: Company, key: str
) -> None:
    with database.work() as work:
        washer = an_article(work, "Washer", "WASHER-1", sek=10000)
        inventory.receive(work, company.stockholm, [(washer, 5)], reference="washers")
    answer = send(client, key, a_body(("WASHER-1", 1)))
    assert answer.status_code == 201, answer.text
    assert answer.json()["totals"] == {
        "items_minor": 10000,
        "shipping_minor": 4900,
        "tax_minor": 2000 + 980,
        "total_minor": 14900,
    }


def test_an_external_id_belongs_to_one_order(
    client: TestClient[Any], database: Database, key: str
) -> None:
    first = send(client, key, a_body(external_id="W-1")).json()
    again = send(client, key, a_body(external_id="W-1"))
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_external_id")
    assert first["number"] in again.json()["detail"]
    assert orders_kept(database) == 1


def test_a_key_in_force_is_needed_and_one_taken_back_opens_nothing_at_once(
    client: TestClient[Any], database: Database, company: Company, key: str
) -> None:
    assert send(client, "", a_body()).status_code == 401
    assert send(client, "msk_nonsense", a_body()).status_code == 401
    assert send(client, key, a_body()).status_code == 201
    with database.work() as work:
        hashed = work.value("SELECT key_hash FROM storefront_key")
        identity.revoke_key(work, home_id=company.cedar, key_hash=hashed)
    refused = send(client, key, a_body())
    assert (refused.status_code, refused.json()["code"]) == (401, "key_refused")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert orders_kept(database) == 1


def test_a_storefront_sees_its_own_orders_alone(
    client: TestClient[Any], database: Database, company: Company, key: str
) -> None:
    order = send(client, key, a_body()).json()
    with database.work() as work:
        second = a_shop(work, company.cedar)
        others = [
            identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
            for shop in (company.birch_shop, second)
        ]
    for other in others:
        assert look(client, other, f"/orders/{order['id']}").status_code == 404
        assert look(client, other, "/orders").json() == {
            "orders": [],
            "next": None,
            "previous": None,
        }


def test_orders_are_listed_newest_first_page_by_page(client: TestClient[Any], key: str) -> None:
    numbers = [send(client, key, a_body()).json()["number"] for _ in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = look(client, key, f"/orders?limit=2{cursor and '&after=' + cursor}").json()
        seen.append([order["number"] for order in page["orders"]])
        cursor = page["next"]
    newest = numbers[::-1]
    assert seen == [newest[:2], newest[2:4], newest[4:]]
    told = look(client, key, "/orders?limit=0&state=lost&since=soon")
    assert told.status_code == 422
    assert [(e["pointer"], e["message"], e["source"]) for e in told.json()["errors"]] == [
        ("/limit", "This must be 1 or more.", "query"),
        ("/state", "This is not one of the choices.", "query"),
        ("/since", "This is not written as we need it.", "query"),
    ]
    assert look(client, key, "/orders?after=nonsense").status_code == 422


def test_too_many_requests_of_one_key_are_told_to_slow_down(
    client: TestClient[Any], key: str
) -> None:
    from mainstem.api.requests import RateLimiter

    client.app.state["app_context"].parts.put(RateLimiter, RateLimiter(per_second=1, burst=3))
    answers = [look(client, key, "/orders") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "1"
    assert answers[-1].json()["code"] == "rate_limited"


def test_the_description_names_every_way_to_be_refused(client: TestClient[Any]) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert set(paths["/api/v1/orders"]) == {"get", "post"}
    posted = paths["/api/v1/orders"]["post"]
    assert {"201", "400", "401", "404", "409", "422", "429", "503"} <= set(posted["responses"])
    [header] = [p for p in posted["parameters"] if p["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", True)


def test_a_lead_is_opened_followed_and_known_again(
    client: TestClient[Any], database: Database, key: str
) -> None:
    body = {
        "product": "repair",
        "client": ADA,
        "address": HOME,
        "consent": {"given": True, "text_version": "2026-01", "words": "You may contact me."},
        "currency": "SEK",
        "locale": "sv",
        "external_id": "L-1",
    }
    headers = {"authorization": f"Bearer {key}", "idempotency-key": "the-lead-key-0001"}
    first = client.post("/api/v1/leads", json=body, headers=headers)
    assert first.status_code == 201, first.text
    assert first.json()["state"] == "new"
    again = client.post("/api/v1/leads", json=body, headers=headers)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"

    seen = look(client, key, f"/leads/{first.json()['id']}").json()
    assert (seen["product"], seen["state"], seen["external_id"]) == ("repair", "new", "L-1")
    listed = look(client, key, "/leads").json()
    assert [lead["id"] for lead in listed["leads"]] == [first.json()["id"]]

    headers["idempotency-key"] = "the-lead-key-0002"
    without = body | {"consent": {"given": False, "text_version": "", "words": ""}}
    refused = client.post(
        "/api/v1/leads", json=without, headers=headers | {"accept-language": "sv"}
    )
    assert refused.status_code == 422
    assert ("/consent/given", "consent_required") in [
        (e["pointer"], e["code"]) for e in refused.json()["errors"]
    ]


def test_an_order_is_not_taken_by_a_key_that_may_only_look_or_has_ended_meanwhile(
    client: TestClient[Any], database: Database, company: Company, key: str
) -> None:
    with database.work() as work:
        shop = company.shop
        looks = identity.issue_key(
            work, home_id=shop.home_id, storefront_id=shop.id, scopes=["orders:read"]
        )
    refused = send(client, looks, a_body())
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert send(client, key, a_body()).status_code == 201
    with database.work() as work:
        id = work.value("SELECT id FROM storefront_key WHERE key_hash = %(hash)s",
                        hash=identity.hash_of(key))  # fmt: skip
        new = identity.roll_key(work, id)
    assert send(client, key, a_body()).status_code == 401, "though it was let in before"
    assert send(client, new, a_body()).status_code == 201
