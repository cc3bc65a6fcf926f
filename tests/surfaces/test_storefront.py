"""Looking around in a storefront: pages for everybody, kept once, and the basket that is one's own."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_shop, an_article
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.shopping import Buyer, a_shop_with_texts

from mainstem import catalog
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem_affiliates.storefront import basket as baskets
from mainstem_affiliates.storefront import cached_storefront, layout


@pytest.fixture(autouse=True)
def looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached storefront is as fresh as its last look; these tests change what is in it and look at once."""
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def buyer(database: Database, company: Company, reader: Reader) -> Buyer:
    return Buyer(reader, a_shop_with_texts(database, company))


def test_home_shows_what_the_shop_says_and_sells_in_the_readers_language(buyer: Buyer) -> None:
    english = buyer.get(**{"accept-language": "en"})
    assert english.status_code == 200
    words = words_of(english)
    for said in ("Iron that lasts", "Pans for every day.", "Kettle", "SEK 1,250.00", "Repair"):
        assert said in words, said
    assert "Advertisement</strong> · Cedar is paid for this." in english.text
    assert "Foundry AB" in english.text
    swedish = words_of(buyer.get(**{"accept-language": "sv"}))
    for said in ("Järn som håller", "Kettle (sv)", "1 250,00 kr"):
        assert said in swedish, said


def test_services_that_the_company_has_no_name_for_are_called_so_in_the_readers_language(
    buyer: Buyer, database: Database
) -> None:
    with database.work() as work:
        work.run("UPDATE storefront SET texts = texts #- '{sv,categories}' #- '{en,categories}'")
    for language, called in (("sv", "Tjänster"), ("en", "Services")):
        page = buyer.reader.get(f"{buyer.url()}?lang={language}").text
        [link] = re.findall(r'<a [^>]*c/services"[^>]*>([^<]*)</a>', page.partition("<main")[0])
        assert html.unescape(link) == called


def test_the_language_that_was_picked_stays(buyer: Buyer) -> None:
    assert "Järn som håller" in buyer.reader.get(buyer.url() + "?lang=sv").text
    assert "Järn som håller" in buyer.get(**{"accept-language": "en"}).text


def test_a_shop_that_is_closed_or_unknown_is_not_there(
    buyer: Buyer, database: Database, company: Company
) -> None:
    assert buyer.reader.get("/s/nowhere").status_code == 404
    with database.work() as work:
        work.run("UPDATE storefront SET active = false WHERE id = %(id)s", id=company.shop.id)
    assert buyer.get().status_code == 404


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("c/kitchen", "Kitchen"),
        ("c/services", "Work"),
        ("search?q=kettle", "1 result"),
        ("search?q=ketle", "Nothing here by that name"),
        ("p/kettle", "In stock"),
        ("p/repair", "Ask for a price"),
        ("ask/repair", "Send the question"),
        ("asked?about=repair", "we write or call within one working day"),
        ("basket", "Your basket is empty"),
        ("track", "Open the order"),
        ("terms", "Foundry AB is the seller"),
        ("privacy", "What we keep, and why"),
        ("accessibility", "WCAG 2.2"),
        ("withdrawal", "I withdraw from my contract"),
        ("programme", "I get a part."),
    ],
)
def test_each_page_opens_and_says_what_it_is_for(buyer: Buyer, path: str, said: str) -> None:
    page = buyer.get(path)
    assert page.status_code == 200
    assert said in words_of(page)


@pytest.mark.parametrize("path", ["c/nothing", "p/nothing", "ask/kettle", "ask/nothing"])
def test_what_the_shop_does_not_have_is_not_there(buyer: Buyer, path: str) -> None:
    assert buyer.get(path).status_code == 404


def test_a_shop_shows_its_own_assortment_alone(
    open_app: Open, database: Database, company: Company
) -> None:
    with database.work() as work:
        kettle = work.value("SELECT id FROM product WHERE slug = 'kettle'")
        a_shop(work, company.birch, products=[kettle])
        slug = work.value("SELECT slug FROM storefront WHERE product_ids IS NOT NULL")
    buyer = Buyer(open_app(), slug)
    assert "Kettle" in words_of(buyer.get())
    assert "Skillet" not in words_of(buyer.get())
    assert buyer.get("p/skillet").status_code == 404
    assert buyer.put(SKILLET).status_code == 404


# ------------------------------------------------------------------------- products


def test_each_variant_has_an_address_and_what_is_sold_out_says_so(
    buyer: Buyer, database: Database, company: Company
) -> None:
    with database.work() as work:
        kettle = work.value("SELECT id FROM product WHERE slug = 'kettle'")
        small = work.value(
            """INSERT INTO variant (product_id, sku, name_en, name_sv, position)
               VALUES (%(kettle)s, 'KETTLE-S', 'Small', 'Liten', 2) RETURNING id""",
            kettle=kettle,
        )
        catalog.set_price(work, small, "SEK", 99000, valid_from=work.now() - timedelta(days=1))
    first = buyer.get("p/kettle")
    assert "In stock" in words_of(first)
    assert 'href="/s/' in first.text
    second = buyer.get("p/kettle?variant=KETTLE-S")
    assert "Sold out just now" in words_of(second)
    assert 'name="sku" value="KETTLE-S"' not in second.text
    assert "from SEK 990.00" in words_of(buyer.get())
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', second.text, re.DOTALL)[1])  # type: ignore[index]
    assert {
        offer["sku"]: (offer["price"], offer["availability"][-10:]) for offer in data["offers"]
    } == {
        "KETTLE-1": ("1250.00", "rg/InStock"),
        "KETTLE-S": ("990.00", "OutOfStock"),
    }


def test_stock_is_said_as_it_is_now_on_a_page_that_is_kept(
    buyer: Buyer, database: Database
) -> None:
    assert "In stock" in words_of(buyer.get("p/kettle"))
    with database.work() as work:
        work.run("UPDATE stock_level SET reserved = on_hand - 1")
    assert "Only 2 left" in words_of(buyer.get("p/kettle"))
    with database.work() as work:
        work.run("UPDATE stock_level SET reserved = on_hand")
    assert "Sold out just now" in words_of(buyer.get("p/kettle"))


def test_a_new_price_stands_on_the_page_as_soon_as_the_catalogue_has_changed(
    buyer: Buyer, database: Database, clock: FixedClock
) -> None:
    assert "SEK 1,250.00" in words_of(buyer.get())
    clock.move(timedelta(minutes=1))
    with database.work() as work:
        catalog.set_price(
            work, work.value("SELECT id FROM variant WHERE sku = 'KETTLE-1'"), "SEK", 130000
        )
    assert "SEK 1,300.00" in words_of(buyer.get())


def test_nothing_in_a_name_can_leave_its_place(buyer: Buyer, database: Database) -> None:
    with database.work() as work:
        an_article(work, "Pan", "PAN-1", sek=1000)
        work.run(
            "UPDATE product_text SET name = %(name)s, summary = %(name)s WHERE name LIKE 'Pan%%'",
            name="</script><script>alert(1)</script>",
        )
        catalog.changed(work)
    page = buyer.get("p/pan")
    assert page.status_code == 200
    assert "<script>alert" not in page.text


# ------------------------------------------------------------------------- kept for everybody


def test_two_visitors_get_the_same_page_with_a_token_basket_and_referral_of_their_own(
    open_app: Open, database: Database, company: Company
) -> None:
    slug = a_shop_with_texts(database, company)
    ada, bo = Buyer(open_app(), slug), Buyer(open_app(), slug, "?ref=CEDAR")
    ada.put(KETTLE, 3)
    adas, bos = ada.get("p/kettle"), bo.get("p/kettle")
    tokens = [re.search(r'csrf_token" value="([^"]+)"', page.text)[1] for page in (adas, bos)]  # type: ignore[index]
    assert tokens[0] != tokens[1]
    assert "csrf-token-of-the-reader" not in adas.text + bos.text
    assert "3 things in it" in adas.text
    assert "things in it" not in bos.text
    assert "ref=CEDAR" not in adas.text
    links = re.findall(rf'(?:href|action|hx-post)="(/s/{slug}[^"#]*)"', bos.text)
    assert links
    assert all("ref=CEDAR" in link for link in links), links
    assert "REFERRAL" not in adas.text + bos.text
    assert adas.headers["cache-control"] == "private, no-cache"


def test_a_visit_that_only_looks_around_sets_no_cookie(buyer: Buyer) -> None:
    page = buyer.get("?ref=CEDAR")
    assert page.status_code == 200
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize("code", ['"><script>', "a b", "x" * 40, "ö"])
def test_a_referral_that_is_no_code_is_dropped(buyer: Buyer, code: str) -> None:
    page = buyer.reader.client.get(buyer.url(), params={"ref": code})
    assert page.status_code == 200
    assert "?ref=" not in page.text


def test_a_kept_home_is_drawn_once(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 60.0)
    buyer.get()
    drawn: list[object] = []

    def draw(*page: object) -> bytes:
        drawn.append(page)
        return b""

    monkeypatch.setattr(layout, "draw", draw)
    for _ in range(20):
        assert "Iron that lasts" in buyer.get().text
    assert drawn == []


# ------------------------------------------------------------------------- the basket


def test_the_same_thing_twice_is_one_line(buyer: Buyer) -> None:
    answer = buyer.put(KETTLE, 1)
    assert (answer.status_code, answer.headers["location"]) == (303, buyer.url("basket"))
    buyer.put(SKILLET, 1)
    buyer.put(KETTLE, 2)
    page = words_of(buyer.get("basket"))
    assert "SEK 3,750.00" in page  # three kettles
    assert "SEK 4,550.00" in page  # with the skillet; delivery is free above 500
    assert page.count("Kettle") >= 1
    assert "4 things in it" in buyer.get("basket").text


def test_changing_and_taking_out(buyer: Buyer) -> None:
    buyer.put(KETTLE, 1)
    buyer.put(SKILLET, 1)
    buyer.change(KETTLE, 125000, quantity="2")
    assert "SEK 3,300.00" in words_of(buyer.get("basket"))
    buyer.change(KETTLE, 125000, quantity="2", remove="1")
    assert "Kettle" not in words_of(buyer.get("basket"))
    buyer.change(SKILLET, 80000, quantity="0")
    assert "Your basket is empty" in words_of(buyer.get("basket"))


def test_a_basket_has_limits_and_says_them(buyer: Buyer, monkeypatch: pytest.MonkeyPatch) -> None:
    buyer.put(KETTLE, 99)
    assert buyer.put(KETTLE, 1).headers["location"] == buyer.url("basket")
    page = words_of(buyer.get("basket"))
    assert "at most 99 of the same thing" in page
    monkeypatch.setattr(baskets, "LINES_MAX", 1)
    buyer.put(SKILLET)
    assert "A basket holds 1 different things" in words_of(buyer.get("basket"))
    refused = buyer.change(KETTLE, 125000, quantity="500")
    assert refused.status_code == 409
    assert "at most 99" in words_of(refused)


@pytest.mark.parametrize("quantity", ["-1", "0", "1.5", "many", "9" * 30, ""])
def test_a_quantity_that_is_none_puts_nothing_in(buyer: Buyer, quantity: str) -> None:
    buyer.reader.post(buyer.url("basket"), {"sku": KETTLE, "quantity": quantity})
    assert "Your basket is empty" in words_of(buyer.get("basket"))


def test_a_basket_that_we_did_not_sign_is_an_empty_one(buyer: Buyer) -> None:
    buyer.reader.client.cookies.set(f"basket-{buyer.slug}", "W1siS0VUVExFLTEiLDFdXQ.forged")
    assert "Your basket is empty" in words_of(buyer.get("basket"))


def test_with_script_one_stays_and_the_number_in_the_header_grows(buyer: Buyer) -> None:
    answer = buyer.reader.post(
        buyer.url("basket"), {"sku": KETTLE, "quantity": "2"}, **{"hx-request": "true"}
    )
    assert answer.status_code == 200
    assert "is in the basket" in answer.text
    assert 'hx-swap-oob="true"' in answer.text
    assert "2 things in it" in answer.text
    assert "2 things in it" in buyer.get("basket/count").text


def test_what_is_gone_or_short_is_said_at_its_line(buyer: Buyer, database: Database) -> None:
    buyer.put(KETTLE, 5)
    buyer.put(SKILLET, 1)
    with database.work() as work:
        work.run("UPDATE stock_level SET reserved = on_hand - 1")
        work.run("UPDATE variant SET active = false WHERE sku = 'SKILLET-1'")
        catalog.changed(work)
    page = buyer.get("basket")
    assert "Only 2 left." in words_of(page)
    assert "We no longer sell this." in words_of(page)
    assert 'href="' + buyer.url("checkout") not in page.text
