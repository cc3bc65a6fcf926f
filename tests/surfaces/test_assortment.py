"""A storefront with a large assortment: pages of it, one catalogue for many shops, and a quick search."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from tests.company import Company, a_company, a_shop, an_article
from tests.surfaces.conftest import Reader

from mainstem import catalog
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem_affiliates.storefront import assortment, cached_storefront
from mainstem_affiliates.storefront.assortment import PAGE, Assortments

MANY = 2 * PAGE + 5


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        for no in range(MANY):
            an_article(work, f"Pot-{no:03}", f"POT-{no:03}", sek=10000)
        catalog.changed(work)
    return company


@pytest.fixture(autouse=True)
def in_english(reader: Reader) -> None:
    reader.client.headers["accept-language"] = "en"


@pytest.fixture
def slug(database: Database, company: Company) -> str:
    with database.work() as work:
        return str(work.value("SELECT slug FROM storefront WHERE id = %(id)s", id=company.shop.id))


def names(page: Any) -> list[str]:
    return re.findall(
        r"Pot-\d{3}", html.unescape(re.sub(r"<img[^>]*>|href=\"[^\"]*\"", "", page.text))
    )


def following(page: Any) -> str | None:
    found = re.search(r'href="([^"]*)" rel="next"', page.text)
    return html.unescape(found[1]) if found else None


def test_the_front_shows_the_first_goods_and_leads_to_pages_of_them_all(
    reader: Reader, slug: str
) -> None:
    front = reader.get(f"/s/{slug}")
    assert len(re.findall(r'<article class="goods">', front.text)) == PAGE + 2, "and two services"
    assert len(front.text) < 120_000
    assert f'href="/s/{slug}/c/all"' in front.text
    seen: list[str] = []
    url: str | None = f"/s/{slug}/c/all?ref=CEDAR"
    pages = 0
    while url:
        page = reader.get(url)
        assert page.status_code == 200
        seen += names(page)
        url = following(page)
        assert url is None or "ref=CEDAR" in url
        pages += 1
    assert pages == 3
    assert sorted(seen) == [f"Pot-{no:03}" for no in range(MANY)]


def test_a_department_and_a_search_are_turned_page_by_page(reader: Reader, slug: str) -> None:
    for path, first in ((f"/s/{slug}/c/kitchen", PAGE), (f"/s/{slug}/search?q=pot", PAGE)):
        page = reader.get(path)
        assert "Page 1 of 3" in page.text
        assert len(re.findall(r'<article class="goods">', page.text)) == first
        last = reader.get(f"{path}{'&' if '?' in path else '?'}page=3")
        assert "Page 3 of 3" in last.text
        assert following(last) is None
    found = reader.get(f"/s/{slug}/search?q=pot-007")
    assert set(names(found)) == {"Pot-007"}


@pytest.mark.parametrize("no", ["0", "-1", "x", "²", "9" * 30, "99", ""])
def test_a_page_that_is_not_there_is_the_nearest_one(reader: Reader, slug: str, no: str) -> None:
    page = reader.client.get(f"/s/{slug}/c/all", params={"page": no})
    assert page.status_code == 200
    assert f"Page {'3' if no == '99' else '1'} of 3" in page.text


def look(
    work: Work, assortments: Assortments, shop: Any, before: Any = None
) -> cached_storefront.CachedStorefront:
    slug = work.value("SELECT slug FROM storefront WHERE id = %(id)s", id=shop.id)
    return cached_storefront.look(work, slug, assortments, before)


def test_shops_of_one_language_and_currency_share_one_catalogue(
    database: Database, company: Company
) -> None:
    assortments = Assortments()
    with database.work() as work:
        few = a_shop(work, company.cedar, products=[company.repair])
        first, second = (
            look(work, assortments, shop) for shop in (company.shop, company.birch_shop)
        )
        third = look(work, assortments, company.alder_shop)
        narrow = look(work, assortments, few)
    assert first.catalogues["sv"] is second.catalogues["sv"]
    assert first.catalogues["sv"] is not third.catalogues["sv"], "it sells in euro"
    assert first.catalogues["sv"] is not first.catalogues["en"]
    [only] = narrow.catalogues["sv"].products
    assert any(only is one for one in first.catalogues["sv"].products)


def test_only_what_has_changed_is_made_anew_and_an_unchanged_catalogue_keeps_its_pages(
    database: Database, company: Company, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assortment, "AGE_SECONDS", 0)
    assortments = Assortments()
    with database.work() as work:
        before = look(work, assortments, company.shop)
        assert look(work, assortments, company.shop, before) is before, "nothing has moved"
        pot = before.catalogues["en"].by_sku["POT-007"]
        work.run(
            """INSERT INTO price (variant_id, currency, valid_from, amount_minor)
               VALUES (%(id)s, 'SEK', %(at)s, 7700)""",
            id=pot.variants[0].id,
            at=work.now() + timedelta(hours=1),
        )
        assert look(work, assortments, company.shop, before) is before, "the price has not begun"
    clock.move(timedelta(hours=2))
    with database.work() as work:
        after = look(work, assortments, company.shop, before)
    assert after is not before
    changed = [
        new.slug
        for old, new in zip(
            before.catalogues["en"].products, after.catalogues["en"].products, strict=True
        )
        if old is not new
    ]
    assert changed == ["pot-007"]
    assert after.catalogues["en"].by_sku["POT-007"].price.minor == 7700  # type: ignore[union-attr]


def test_a_new_version_of_the_catalogue_is_in_every_storefront_at_once(
    database: Database, company: Company
) -> None:
    assortments = Assortments()
    with database.work() as work:
        before = look(work, assortments, company.shop)
        an_article(work, "Lid", "LID", sek=5000)
        catalog.changed(work)
        after = look(work, assortments, company.shop, before)
    assert "LID" not in before.catalogues["sv"].by_sku
    assert "LID" in after.catalogues["sv"].by_sku
