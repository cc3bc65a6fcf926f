"""Links to an order's page: they can be closed, no search engine keeps them, and looking is cheap."""

from __future__ import annotations

import time
from typing import Any

import pytest
from tests.company import KETTLE, Company, a_company, a_paid_order, an_order
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.shopping import SECRET, Buyer, a_shop_with_texts, order_link
from tests.surfaces.staff import order_url, staffed

from mainstem import flow, identity, payments
from mainstem.kit.db import Database
from mainstem.orders import Placed
from mainstem.payments import Gateway


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def placed(database: Database, company: Company) -> Placed:
    a_shop_with_texts(database, company)
    with database.work() as work:
        return a_paid_order(work, company.shop, (KETTLE, 1))


def test_the_client_closes_every_earlier_link_and_gets_a_new_one(
    reader: Reader, database: Database, placed: Placed
) -> None:
    earlier = order_link(placed)
    looking = f"/order/{identity.client_link(SECRET, placed.home_id, placed.order_id, may=())}"
    assert "Who else can open this page?" in words_of(reader.get(f"{earlier}?lang=en"))
    assert "Who else can open this page?" not in words_of(reader.get(looking))
    assert reader.post(f"{looking}/links/withdrawal").status_code == 403
    new = reader.post(f"{earlier}/links/withdrawal").headers["location"]
    assert new not in (earlier, looking)
    page = reader.get(new)
    assert (page.status_code, "No earlier link opens this page" in page.text) == (200, True)
    for link in (earlier, looking):
        answer = reader.get(link)
        assert answer.status_code == 410
        assert "This link has been closed. Find your order again by its number" in words_of(answer)
    for verb in ("payment", "sign-off", "links/withdrawal"):
        assert reader.post(f"{earlier}/{verb}", {"line": "1"}).status_code == 410, verb
    assert reader.get(f"{earlier}/return").status_code == 410
    with database.work() as work:
        told = work.rows("SELECT actor FROM fact WHERE name = 'order.links_withdrawn'")
        number = work.value("SELECT number FROM orders")
        slug = work.value("SELECT slug FROM storefront WHERE name = 'Cedar Iron'")
    assert [row.actor for row in told] == ["client"]
    found = Buyer(reader, slug).reader.post(
        f"/s/{slug}/track", {"number": number, "email": "ada@example.com"}
    )
    assert reader.get(found.headers["location"]).status_code == 200, "by number and e-mail"


def test_whoever_guesses_at_numbers_and_addresses_waits(
    reader: Reader, database: Database, placed: Placed
) -> None:
    with database.work() as work:
        slug = work.value("SELECT slug FROM storefront WHERE name = 'Cedar Iron'")

    def look_up(email: str) -> Any:
        return Buyer(reader, slug).reader.post(
            f"/s/{slug}/track", {"number": placed.number, "email": email}
        )

    for no in range(10):
        assert look_up("ada@example.com").status_code == 303, "who knows it is never slowed"
        assert look_up(f"a{no}@example.com").status_code == 404
    slowed = look_up("ada@example.com")
    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 600
    assert "Try again in 10 min" in words_of(slowed)


def test_staff_close_the_clients_links(database: Database, open_app: Open) -> None:
    staff = staffed(database, open_app)
    a_shop_with_texts(database, staff.company)
    placed = staff.sold((KETTLE, 1))
    link, somebody = order_link(placed), open_app()
    assert somebody.get(link).status_code == 200
    desk = staff.reader("ada")
    assert "Close the client's links" in words_of(desk.get(order_url(placed)))
    assert desk.post(f"{order_url(placed)}/links/withdrawal").status_code == 303
    assert somebody.get(link).status_code == 410
    assert "Earlier links to the client's page closed" in words_of(desk.get(order_url(placed)))


def test_an_old_link_says_how_to_get_a_new_one(
    reader: Reader, placed: Placed, monkeypatch: pytest.MonkeyPatch
) -> None:
    link, now = order_link(placed), time.time()
    monkeypatch.setattr(time, "time", lambda: now + 181 * 86_400)
    answer = reader.get(link)
    assert answer.status_code == 410
    assert "This link is too old. Find your order again" in words_of(answer)


def test_no_search_engine_keeps_what_is_somebodys(
    reader: Reader, placed: Placed, database: Database
) -> None:
    with database.work() as work:
        slug = work.value("SELECT slug FROM storefront WHERE name = 'Cedar Iron'")
    kept_out = (order_link(placed), "/sign-in", "/portal", "/console", "/api/v1", "/quote/x")
    for path in kept_out:
        assert "noindex" in reader.get(path).headers["x-robots-tag"], path
    for path in ("/", f"/s/{slug}"):
        assert "x-robots-tag" not in reader.get(path).headers, path


def test_who_comes_back_again_and_again_asks_the_gateway_once(
    reader: Reader,
    database: Database,
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    a_shop_with_texts(database, company)
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 1))
        work.run(
            """INSERT INTO payment (home_id, id, order_id, provider, state, currency, amount_minor,
                                    session_id, created_at)
               VALUES (%(home)s, gen_random_uuid(), %(id)s, 'stripe', 'open', 'SEK', 125000,
                       'cs_1', %(now)s)""",
            home=placed.home_id,
            id=placed.order_id,
            now=work.now(),
        )
    away = Gateway("sk_test_embedded", api_base="http://127.0.0.1:1", retries=0)
    database.tools = flow.tools(gateway=away)
    asked: list[Any] = []
    ask = payments.settle_session

    def counted(*given: Any) -> Any:
        asked.append(given)
        return ask(*given)

    monkeypatch.setattr(payments, "settle_session", counted)
    for _ in range(10):
        assert reader.get(f"{order_link(placed)}/return").status_code == 303
    assert len(asked) == 1
