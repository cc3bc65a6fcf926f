"""What search engines and shared links see: one address a page, true prices, and nothing of anybody's own."""

from __future__ import annotations

import html
import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mainstem.kit.db import Database
from mainstem_affiliates.storefront import cached_storefront
from mainstem_affiliates.storefront.meta import as_script
from tests.company import KETTLE, Company, a_company
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.shopping import Buyer, a_shop_with_texts

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PUBLIC = "http://company.example"


@pytest.fixture(autouse=True)
def looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)


@pytest.fixture
def reader(open_app: Open) -> Reader:
    return open_app()


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def buyer(database: Database, company: Company, reader: Reader) -> Buyer:
    return Buyer(reader, a_shop_with_texts(database, company))


def meta(page: Any, name: str) -> str:
    found = re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)"', page.text)
    return html.unescape(found[1]) if found else ""


def link(page: Any, rel: str) -> list[str]:
    return [
        html.unescape(url)
        for url in re.findall(rf'<link rel="{rel}"[^>]* href="([^"]*)"', page.text)
    ]


def data(page: Any) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text)
    assert found
    said: dict[str, Any] = json.loads(found[1])
    return said


def test_a_page_has_one_address_whoever_led_there(buyer: Buyer) -> None:
    base = f"{PUBLIC}{buyer.url()}"
    for query in ("", "?ref=CEDAR", "?lang=en&ref=CEDAR", "?utm_source=x"):
        page = buyer.reader.get(f"{buyer.url()}{query}", **{"accept-language": "en"})
        assert link(page, "canonical") == [f"{base}?lang=en"]
        assert "CEDAR" not in "".join(link(page, "alternate"))
    assert set(link(page, "alternate")) == {base, f"{base}?lang=en", f"{base}?lang=sv"}
    product = buyer.reader.get(f"{buyer.url('p/kettle')}?variant={KETTLE}&lang=sv")
    assert link(product, "canonical") == [f"{base}/p/kettle?lang=sv"]


def test_a_page_says_what_it_is_when_it_is_shared(buyer: Buyer) -> None:
    home = buyer.reader.get(f"{buyer.url()}?lang=en")
    assert meta(home, "description") == meta(home, "og:description") == "Pans for every day."
    assert meta(home, "og:title").endswith("Iron that lasts")
    assert meta(home, "og:type") == "website"
    product = buyer.reader.get(f"{buyer.url('p/kettle')}?lang=en")
    assert meta(product, "og:type") == "product"
    assert meta(product, "og:title").startswith("Kettle")


def test_the_picture_of_a_shared_link_is_the_shop_s_name_in_its_colours(
    buyer: Buyer, database: Database
) -> None:
    home = buyer.reader.get(f"{buyer.url()}?lang=en")
    url = meta(home, "og:image").removeprefix(PUBLIC)
    answer = buyer.reader.client.get(url)
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    drawn = Image.open(io.BytesIO(answer.content))
    assert drawn.size == (1200, 630)
    assert len(answer.content) < 100_000
    before = drawn.getpixel((600, 620))
    with database.work() as work:
        work.run(
            "UPDATE storefront SET theme = 'heather', name = %(name)s WHERE slug = %(slug)s",
            name="A very long name of a shop with ever so many words in it",
            slug=buyer.slug,
        )
    assert meta(buyer.reader.get(f"{buyer.url()}?lang=en"), "og:image") != PUBLIC + url
    moved = buyer.reader.client.get(url)
    assert moved.status_code == 303, "an address that is kept for ever never shows anything else"
    now = buyer.reader.client.get(moved.headers["location"])
    assert Image.open(io.BytesIO(now.content)).getpixel((600, 620)) != before
    assert buyer.reader.client.get(f"{buyer.url()}/share/xx-00.png").status_code == 404


def test_data_say_the_price_with_tax_in_the_shop_s_currency_and_what_can_be_had(
    buyer: Buyer, database: Database
) -> None:
    said = data(buyer.reader.get(f"{buyer.url('p/kettle')}?lang=en"))
    assert said["@type"] == "Product"
    [offer] = said["offers"]
    assert (offer["price"], offer["priceCurrency"]) == ("1250.00", "SEK")
    assert offer["availability"].endswith("/InStock")
    assert offer["seller"]["name"] == "Foundry AB"
    assert offer["url"].startswith(f"{PUBLIC}{buyer.url('p/kettle')}")
    with database.work() as work:
        work.run("UPDATE stock_level SET on_hand = 0")
    [offer] = data(buyer.reader.get(f"{buyer.url('p/kettle')}?lang=en"))["offers"]
    assert offer["availability"].endswith("/OutOfStock")


def test_the_front_says_whose_shop_it_is_and_who_sells(buyer: Buyer) -> None:
    said = data(buyer.reader.get(f"{buyer.url()}?lang=en"))
    assert said["@type"] == "Organization"
    assert said["url"] == f"{PUBLIC}{buyer.url()}"
    assert said["parentOrganization"]["legalName"] == "Foundry AB"


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_data_never_end_their_script_and_come_back_as_they_were(thing: Any) -> None:
    text = str(as_script({"said": thing}))
    assert "<" not in text and ">" not in text and "&" not in text
    assert json.loads(text) == {"said": thing}


def test_what_a_product_is_called_cannot_end_the_script(buyer: Buyer, database: Database) -> None:
    with database.work() as work:
        work.run("UPDATE product_text SET name = '</script><script>alert(1)</script>'")
        work.run("UPDATE catalogue_version SET version = version + 1")
    page = buyer.reader.get(f"{buyer.url('p/kettle')}?lang=en")
    assert "<script>alert" not in page.text
    assert data(page)["name"] == "</script><script>alert(1)</script>"


def test_the_sitemap_names_every_page_in_every_language_and_each_opens(buyer: Buyer) -> None:
    index = ElementTree.fromstring(buyer.reader.client.get("/sitemap.xml").content)
    maps = [one.text or "" for one in index.iter(f"{SITEMAP}loc")]
    assert f"{PUBLIC}{buyer.url()}/sitemap.xml" in maps
    whole = ElementTree.fromstring(buyer.reader.client.get(f"{buyer.url()}/sitemap.xml").content)
    pages = [one.text or "" for one in whole.iter(f"{SITEMAP}loc")]
    assert f"{PUBLIC}{buyer.url('p/kettle')}?lang=sv" in pages
    assert len(pages) == len(set(pages)) > 10
    for url in pages:
        page = buyer.reader.get(url.removeprefix(PUBLIC))
        assert page.status_code == 200, url
        assert "x-robots-tag" not in page.headers, url
        assert link(page, "canonical") == [url]


def test_robots_are_told_what_to_leave_and_where_the_map_is(buyer: Buyer) -> None:
    told = buyer.reader.client.get("/robots.txt")
    assert told.headers["content-type"].startswith("text/plain")
    assert f"Sitemap: {PUBLIC}/sitemap.xml" in told.text
    assert "Disallow: /portal" in told.text and "Disallow: /s/\n" not in told.text


@pytest.mark.parametrize(
    "page", ["basket", "search?q=x", "track", "checkout", "nowhere", "p/nothing"]
)
def test_what_is_one_visitor_s_or_is_not_there_is_found_by_nobody(buyer: Buyer, page: str) -> None:
    answer = buyer.reader.get(buyer.url(page))
    assert "noindex" in answer.headers["x-robots-tag"]
    assert link(answer, "canonical") == []


@pytest.mark.parametrize(
    "page", ["p/nothing", "c/nothing", "nowhere", "nowhere/at/all", "p/kettle/more"]
)
def test_who_is_lost_is_lost_inside_the_shop(buyer: Buyer, page: str) -> None:
    answer = buyer.reader.get(f"{buyer.url(page)}?lang=en&ref=CEDAR")
    assert answer.status_code == 404
    assert "There is nothing at this address" in words_of(answer)
    assert "Kettle" in words_of(answer)
    assert f'href="{buyer.url()}?ref=CEDAR"' in answer.text
    assert 'role="search"' in answer.text


def test_no_shop_is_lost_outside_any_shop(buyer: Buyer) -> None:
    answer = buyer.reader.get("/s/nowhere/p/kettle", **{"accept-language": "en"})
    assert answer.status_code == 404
    assert "There is nothing here" in words_of(answer)
    api = buyer.reader.client.get(buyer.url("p/nothing"), headers={"accept": "application/json"})
    assert api.json()["code"] == "not_found"


def test_a_form_s_address_still_leads_back_to_its_page(buyer: Buyer) -> None:
    answer = buyer.reader.get(buyer.url("basket/lines"))
    assert (answer.status_code, answer.headers["location"]) == (303, buyer.url("basket"))
