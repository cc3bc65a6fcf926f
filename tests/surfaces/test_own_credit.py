"""A client sees their own store credit on the page of their order, and uses it at the checkout and over the API."""

from __future__ import annotations

from typing import Any

import pytest
from litestar.testing import TestClient
from tests.company import KETTLE, Company, a_company, a_paid_order
from tests.earnings.test_settling import deliver, every_check_passes
from tests.orders.test_api import a_body, client, key, send
from tests.rewards.friends import (
    ADA_KEY,
    a_friends_order,
    a_programme,
    code_of_ada,
    credit_of,
)
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.paying import database, gateway
from tests.surfaces.shopping import (
    ADA_FORM,
    SECRET,
    Buyer,
    a_shop_with_texts,
    hidden,
    order_link,
)

from mainstem import identity, rewards, store_credit
from mainstem.kit.db import Database
from mainstem.money import Money
from mainstem.orders import Placed
from mainstem_affiliates.storefront import cached_storefront
from mainstem_fulfillment import jobs

__all__ = ["client", "database", "gateway", "key"]


@pytest.fixture(autouse=True)
def looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        a_programme(work)
        return company


@pytest.fixture
def buyer(database: Database, company: Company, open_app: Open) -> Buyer:
    return Buyer(open_app(service_jobs=jobs), a_shop_with_texts(database, company))


@pytest.fixture
def placed(database: Database, company: Company, buyer: Buyer) -> Placed:
    """Ada has an order that was delivered, and 100.00 of store credit."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, placed, (1, 1))
        rewards.give_store_credit(work, ADA_KEY, Money(10_000, "SEK"), reason="The lid.")
    return placed


def told(reader: Reader, url: str) -> str:
    return words_of(reader.get(url)).replace("\N{NO-BREAK SPACE}", " ")


def test_what_a_client_has_and_the_code_for_a_friend_stand_on_their_order_and_nobody_elses(
    buyer: Buyer, placed: Placed
) -> None:
    link = order_link(placed)
    words = told(buyer.reader, f"{link}?lang=en")
    assert "Yours to use SEK 100.00" in words
    assert "Give a friend this code." in words
    lent = f"/order/{identity.client_link(SECRET, placed.home_id, placed.order_id, may=())}"
    assert "Yours to use" not in told(buyer.reader, lent)
    assert buyer.reader.post(f"{lent}/store-credit").status_code == 403
    assert "Din att använda" in told(buyer.reader, f"{link}?lang=sv")


def test_both_sides_are_told_how_their_reward_came_to_be_and_nothing_of_the_other(
    buyer: Buyer, company: Company, placed: Placed, database: Database
) -> None:
    friends = a_friends_order(database, company, code_of_ada(database))
    theirs = told(buyer.reader, f"{order_link(friends)}?lang=en")
    assert "5 % of that is SEK 50.00." in theirs
    assert "Ada" not in theirs
    sent = told(buyer.reader, f"{order_link(placed)}?lang=en")
    assert "You get 10 % of what was delivered to your friend and counts." in sent
    assert friends.number not in sent
    assert "1,000.00" not in sent
    assert "Du får 10 %" in told(buyer.reader, f"{order_link(placed)}?lang=sv")


def test_whoever_is_no_friend_is_told_so_and_nothing_of_who_sent_them(
    buyer: Buyer, company: Company, placed: Placed, database: Database
) -> None:
    code = code_of_ada(database)
    a_friends_order(database, company, code)
    second = a_friends_order(database, company, code)
    words = told(buyer.reader, f"{order_link(second)}?lang=en")
    assert "It was not the friend's first order." in words


def test_it_is_taken_off_at_the_checkout_and_the_order_costs_what_was_shown(
    buyer: Buyer, placed: Placed, database: Database
) -> None:
    assert buyer.reader.post(f"{order_link(placed)}/store-credit").status_code == 303
    buyer.put(KETTLE, 1)
    page = buyer.get("checkout")
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    assert "To pay SEK 1,150.00" in words
    assert "Your store credit, taken off above" in words
    sent = buyer.send(hidden(page) | ADA_FORM)
    assert sent.status_code == 303, words_of(sent)
    with database.work() as work:
        assert work.value("SELECT total_minor FROM orders ORDER BY recorded_at DESC") == 115_000
        order = work.one("SELECT home_id, id FROM orders WHERE total_minor = 115000")
        assert store_credit.spent_on(work, order.home_id, order.id) == 10_000
    assert credit_of(database) == (0, 0, 0)
    every_check_passes(database)


def test_with_another_e_mail_nothing_is_taken_off_and_the_price_is_told_anew(
    buyer: Buyer, placed: Placed, database: Database
) -> None:
    buyer.reader.post(f"{order_link(placed)}/store-credit")
    buyer.put(KETTLE, 1)
    form = hidden(buyer.get("checkout")) | ADA_FORM | {"client-email": "eve@example.com"}
    answer = buyer.send(form)
    assert answer.status_code == 409
    assert "SEK 1,250.00" in words_of(answer).replace("\N{NO-BREAK SPACE}", " ")
    assert credit_of(database) == (10_000, 0, 0)


def test_a_storefront_elsewhere_uses_it_with_the_text_that_the_client_has(
    client: TestClient[Any], key: str, placed: Placed, database: Database
) -> None:
    program = client
    secret = client.app.state.app_context.settings.secret
    proof = store_credit.proof_of(secret, ADA_KEY)
    wrong = send(program, key, a_body(store_credit="guessed"))
    assert wrong.status_code == 422
    assert "store_credit_not_theirs" in wrong.text
    mine = send(program, key, a_body(store_credit=store_credit.proof_of(secret, "eve@x.example")))
    assert mine.status_code == 422
    right = send(program, key, a_body(store_credit=proof))
    assert right.status_code == 201, right.text
    assert right.json()["totals"]["total_minor"] == 115_000
    assert credit_of(database) == (0, 0, 0)
    order = right.json()["id"]
    shown = program.get(
        f"/api/v1/orders/{order}", headers={"Authorization": f"Bearer {key}"}
    ).json()
    assert shown["store_credit_minor"] == 10_000
    assert shown["store_credit_given_back_minor"] == 0
