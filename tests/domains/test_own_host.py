"""A storefront on a host of its own: it stands there alone, and everything leads back to that host."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from mainstem import domains, identity
from mainstem.kit.db import Database
from mainstem.mail.links import Links
from mainstem.mail.sending import _place_of
from mainstem.web import own_hosts
from mainstem_affiliates.storefront import cached_storefront
from tests.company import KETTLE, Company, a_company, an_order
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.paying import database, gateway
from tests.surfaces.shopping import ADA_FORM, a_shop_with_texts, hidden, pay_at

__all__ = ["database", "gateway"]

HOST = "shop.cedar.example.com"
At = Callable[..., Reader]


@pytest.fixture(autouse=True)
def looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(own_hosts, "FRESH_SECONDS", 0.0)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def slug(database: Database, company: Company) -> str:
    return a_shop_with_texts(database, company)


@pytest.fixture
def at(open_app: Open, slug: str) -> At:
    """Somebody with a browser at a host, with cookies of that host alone."""

    def enter(host: str = HOST, **changes: Any) -> Reader:
        shared = open_app(**changes).client
        scheme = str(changes.get("public_url", "http://")).partition("://")[0]
        client = httpx.Client(transport=shared._transport, base_url=f"{scheme}://{host}")
        client.headers["accept-language"] = "en"
        return Reader(client)

    return enter


def has_proved(database: Database, company: Company, host: str = HOST, *, shop: Any = None) -> None:
    shop = shop or company.shop
    with database.work() as work:
        row = domains.add(work, shop.home_id, shop.id, host)
        domains.note(work, shop.home_id, row.id, "proved")


def test_a_host_that_nobody_has_proved_is_not_answered(
    at: At, database: Database, company: Company
) -> None:
    assert at().get("/").status_code == 400
    with database.work() as work:
        row = domains.add(work, company.shop.home_id, company.shop.id, HOST)
    assert at().get("/").status_code == 400
    with database.work() as work:
        domains.note(work, row.home_id, row.id, "proved")
    assert at().get("/").status_code == 200
    assert at(f"{HOST}:8443").get("/").status_code == 200
    with database.work() as work:
        domains.remove(work, row.home_id, row.id)
    assert at().get("/").status_code == 400


def test_the_storefront_stands_there_alone(
    at: At, database: Database, company: Company, slug: str
) -> None:
    has_proved(database, company)
    reader = at()
    home = reader.get("/")
    assert "Iron that lasts" in words_of(home)
    links = set(re.findall(r'href="(/[^"]*)"', home.text)) - {"/"}
    assert not [one for one in links if one.startswith("/s/")]
    for path in ("/p/kettle", "/c/services", "/basket", "/search?q=kettle", "/terms", "/track"):
        page = reader.get(path)
        assert page.status_code == 200, path
        assert f"/s/{slug}" not in page.text.replace(f"basket-{slug}", ""), path
    for path in (
        "/console", "/portal", "/desk", "/sign-in", "/api/v1", "/api/v1/orders", "/webhooks/stripe/payments",
        f"/s/{slug}", "/s/shop-1", "/setup", "/choose", "/inbox",
    ):  # fmt: skip
        assert reader.get(path).status_code == 404, path
        assert "There is nothing at this address" in words_of(reader.get(path)), path
    assert reader.client.post("/webhooks/stripe/payments", content=b"{}").status_code in (
        403,
        404,
        405,
    )


def test_what_is_kept_for_everybody_is_kept_for_each_host(
    at: At, database: Database, company: Company, slug: str
) -> None:
    has_proved(database, company)
    here, there = at("company.example"), at()
    for _ in range(2):
        assert f'href="/s/{slug}/p/kettle"' in here.get(f"/s/{slug}?lang=en").text
        assert 'href="/p/kettle"' in there.get("/?lang=en").text


def test_both_addresses_say_that_the_own_host_is_the_one(
    at: At, database: Database, company: Company, slug: str
) -> None:
    has_proved(database, company)
    for page in (
        at().get("/p/kettle?lang=en"),
        at("company.example").get(f"/s/{slug}/p/kettle?lang=en"),
    ):
        assert f'<link rel="canonical" href="http://{HOST}/p/kettle?lang=en">' in page.text
    assert f"Sitemap: http://{HOST}/sitemap.xml" in at().client.get("/robots.txt").text
    whole = at().client.get("/sitemap.xml").text
    assert f"<loc>http://{HOST}/p/kettle?lang=sv</loc>" in whole
    assert f"/s/{slug}" not in whole
    assert f"/s/{slug}/sitemap.xml" not in at("company.example").client.get("/sitemap.xml").text


def test_a_basket_is_each_host_s_own(
    at: At, database: Database, company: Company, slug: str
) -> None:
    has_proved(database, company)
    reader = at()
    token = re.search(r'name="csrf_token" value="([^"]+)"', reader.get("/p/kettle").text)
    assert token
    answer = reader.client.post(
        "/basket",
        data={"csrf_token": token[1], "sku": KETTLE, "quantity": "2"},
        headers={"accept": "text/html"},
    )
    assert answer.status_code in (200, 303)
    assert answer.headers.get("location", "/basket") == "/basket"
    cookies = answer.headers.get_list("set-cookie")
    assert cookies and not [one for one in cookies if "domain=" in one.lower()]
    assert "Kettle" in words_of(reader.get("/basket"))


def test_an_order_leads_back_to_the_host_it_began_on(
    at: At, database: Database, company: Company, slug: str
) -> None:
    has_proved(database, company)
    reader = at()

    def send(path: str, form: dict[str, str]) -> httpx.Response:
        token = re.search(r'name="csrf_token" value="([^"]+)"', reader.get("/p/kettle").text)
        assert token
        return reader.client.post(
            path, data={"csrf_token": token[1], **form}, headers={"accept": "text/html"}
        )

    assert reader.get("/checkout").headers["location"] == "/basket"
    send("/basket", {"sku": KETTLE, "quantity": "1"})
    page = reader.get("/checkout")
    answer = send("/checkout", hidden(page) | ADA_FORM)
    assert answer.status_code == 303, words_of(answer)
    assert "/c/pay/" in answer.headers["location"]
    back = pay_at(answer.headers["location"])
    assert back.startswith(f"http://{HOST}/order/"), back
    order = reader.get(back.removeprefix(f"http://{HOST}"))
    assert order.headers["location"].startswith("/order/")
    page = reader.get(order.headers["location"])
    assert page.status_code == 200
    assert "noindex" in page.headers["x-robots-tag"]
    assert 'href="/p/kettle"' in page.text or 'href="/"' in page.text
    with database.work() as work:
        work.tools = replace(work.tools, public_url="http://company.example")
        row = work.one("SELECT home_id, id FROM orders")
        assert domains.url_of(work, row.home_id, row.id) == f"http://{HOST}"
        work.run("UPDATE storefront_domain SET state = 'paused'")
        assert domains.url_of(work, row.home_id, row.id) == "http://company.example"
        work.run("UPDATE storefront_domain SET state = 'proved'")


def test_another_storefront_s_order_is_not_shown_there(
    at: At, database: Database, company: Company, slug: str, settings: Any
) -> None:
    has_proved(database, company)
    with database.work() as work:
        placed = an_order(work, company.birch_shop, (KETTLE, 1))
    link = identity.client_link(settings.secret, placed.home_id, placed.order_id)
    assert at("company.example").get(f"/order/{link}").status_code == 200
    assert at().get(f"/order/{link}").status_code == 404


def test_mail_about_an_order_leads_to_the_host_it_began_on(
    database: Database, company: Company
) -> None:
    class Row:
        home_id = 3
        context = json.loads(
            '{"shop": {"name": "Cedar"}, "order": {"home_id": 3, "id": "01936f2a-7c00-7000-8000-000000000001"}}'
        )

    has_proved(database, company)
    with database.work() as work:
        work.tools = replace(work.tools, public_url="https://company.example")
        assert _place_of(work, Row()) == "https://company.example"
        domains.remember(work, company.cedar, UUID(Row.context["order"]["id"]), HOST)
        assert Links(_place_of(work, Row()), "s" * 32).page("/x") == f"https://{HOST}/x"


def test_nothing_is_promised_for_what_else_the_affiliate_has_below_their_name(
    at: At, database: Database, company: Company
) -> None:
    has_proved(database, company)
    ours = at("company.example", public_url="https://company.example").get("/")
    theirs = at(HOST, public_url="https://company.example").get("/")
    assert ours.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert theirs.headers["strict-transport-security"] == "max-age=63072000"
    assert "frame-ancestors 'none'" in theirs.headers["content-security-policy"]


def test_a_web_server_beside_us_asks_for_whom_it_may_have_a_certificate(
    at: At, database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_proved(database, company)
    reader = at("127.0.0.1:8400")

    def ask(domain: str, peer: str = "127.0.0.1", **headers: str) -> int:
        monkeypatch.setattr("mainstem.web.pages.internal.network_address", lambda _: peer)
        answer = reader.client.get("/internal/domain", params={"domain": domain}, headers=headers)
        assert answer.content == b""
        return answer.status_code

    assert ask(HOST) == ask(HOST.upper() + ".") == 200
    assert ask("other.example.com") == ask("") == ask("x" * 9000) == 404
    assert ask(HOST, peer="203.0.113.9") == 404
    assert ask(HOST, **{"x-forwarded-for": "127.0.0.1"}) == 404
    for _ in range(130):
        last = ask("other.example.com")
    assert last == 429


def test_a_closed_storefront_serves_nothing_at_its_host(
    at: At, database: Database, company: Company, slug: str
) -> None:
    has_proved(database, company)
    with database.work() as work:
        work.run("UPDATE storefront SET active = false WHERE slug = %(slug)s", slug=slug)
    assert at().get("/").status_code == 400
