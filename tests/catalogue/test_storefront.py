"""What a client sees of the catalogue: reductions, filters, search, pictures, safety and guarantee."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from tests.catalogue.test_saving import KITCHEN, a_pan
from tests.company import Company, a_company
from tests.pictures.test_uploads import a_picture
from tests.surfaces.conftest import (  # noqa: F401
    Open,
    Reader,
    light_hashes,
    open_app,
    reader,
    settings,
    words_of,
)
from tests.surfaces.shopping import Buyer, a_shop_with_texts

from mainstem import catalog, pictures
from mainstem.catalog import Product
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.settings import Settings
from mainstem.pictures import store_at
from mainstem_affiliates.storefront import assortment, cached_storefront


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A storefront is looked at anew for every page."""
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)


@pytest.fixture
def company(database: Database, clock: FixedClock) -> Company:
    """A company whose kitchen has a pan, for forty days."""
    with database.work() as work:
        company = a_company(work)
        catalog.save_department(work, None, KITCHEN)
        catalog.save_product(work, None, a_pan())
        catalog.save_product(work, None, a_pan(
            slug="bowl", names={"en": "Fire bowl", "sv": "Eldskål"}, options=[], summaries={}, safety={},
            variants=[{"sku": "BOWL", "prices": {"SEK": 129900}}], guarantee_months=0,
        ))  # fmt: skip
        for variant in work.rows("SELECT id FROM variant WHERE sku IN ('PAN-S', 'PAN-L')"):
            work.run(
                "INSERT INTO stock_level VALUES (%(v)s, %(place)s, 9, 0)",
                v=variant.id,
                place=company.stockholm,
            )
    clock.move(timedelta(days=40))
    return company


@pytest.fixture
def ada(reader: Reader, database: Database, company: Company) -> Buyer:  # noqa: F811
    return Buyer(reader, a_shop_with_texts(database, company))


def reduce(database: Database, minor: int, **more: Any) -> None:
    said = a_pan(**more).written()
    said["variants"][0]["offers"] = [{"prices": {"SEK": minor}}]
    with database.work() as work:
        catalog.save_product(work, None, document(Product, said))


def names(page: Any) -> list[str]:
    found = re.findall(r'class="goods-name"><a [^>]*>([^<]*)</a>', page.text)
    return [html.unescape(name) for name in found]


def test_a_reduction_stands_beside_the_lowest_price_of_thirty_days_everywhere(
    database: Database, ada: Buyer
) -> None:
    assert "Lowest price in 30 days" not in ada.get("p/pan").text
    reduce(database, 39900)
    for path in ("p/pan", "c/kitchen", "search?q=pan"):
        said = words_of(ada.get(path)).replace("\N{NO-BREAK SPACE}", " ")
        assert "399" in said, path
        assert "20% off" in said, path
        assert "Lowest price in 30 days: SEK 499" in said or "30 days: 499" in said, (path, said)
    ada.put("PAN-S")
    basket = words_of(ada.get("basket"))
    assert "20% off" in basket
    assert "Lowest price in 30 days" in basket
    assert "Lägsta pris" in ada.reader.get(f"/s/{ada.slug}/p/pan?lang=sv").text


def test_a_price_that_was_raised_for_it_is_no_reduction(
    database: Database, ada: Buyer, clock: FixedClock
) -> None:
    dearer = a_pan().written()
    dearer["variants"][0]["prices"] = {"SEK": 69900, "EUR": 4990}
    with database.work() as work:
        catalog.save_product(work, None, document(Product, dearer))
    clock.move(timedelta(days=2))
    dearer["variants"][0]["offers"] = [{"prices": {"SEK": 49900}}]
    with database.work() as work:
        catalog.save_product(work, None, document(Product, dearer))
    page = ada.get("p/pan")
    assert "499" in page.text
    assert "off" not in words_of(page).split()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Kettle", "Skillet", "Pan", "Fire bowl"]),
        ("?sort=price", ["Pan", "Skillet", "Kettle", "Fire bowl"]),
        ("?sort=price-down", ["Fire bowl", "Kettle", "Skillet", "Pan"]),
        ("?sort=name", ["Fire bowl", "Kettle", "Pan", "Skillet"]),
        ("?sort=worst", ["Kettle", "Skillet", "Pan", "Fire bowl"]),
        ("?from=600&to=1260", ["Kettle", "Skillet"]),
        ("?to=499", ["Pan"]),
        ("?stock=1&sort=name", ["Kettle", "Pan", "Skillet"]),
        ("?from=x&to=-1", ["Kettle", "Skillet", "Pan", "Fire bowl"]),
        ("?from=99999", []),
    ],
)  # fmt: skip
def test_a_department_is_sorted_and_narrowed_without_a_script(
    ada: Buyer, query: str, found: list[str]
) -> None:
    page = ada.get(f"c/kitchen{query}")
    assert page.status_code == 200
    assert names(page) == found
    if not found:
        assert "Nothing fits" in page.text


def test_a_search_is_narrowed_and_keeps_its_words(ada: Buyer) -> None:
    page = ada.get("search?q=bowl&sort=price&stock=1")
    assert names(page) == []
    assert 'name="q" value="bowl"' in page.text
    assert names(ada.get("search?q=eldsk%C3%A5l")) == ["Fire bowl"], "in the other language"
    assert names(ada.get("search?q=PAN-L")) == ["Pan"]
    assert names(ada.get("search?q=%00")) == []


def test_what_is_hidden_is_on_no_list_and_opens_by_its_address(
    database: Database, ada: Buyer
) -> None:
    with database.work() as work:
        catalog.save_product(work, None, a_pan(hidden=True))
    assert "Pan" not in names(ada.get("c/kitchen"))
    assert names(ada.get("search?q=pan")) == []
    assert ada.get("p/pan").status_code == 200


def test_what_is_not_sold_yet_is_not_there_and_comes_by_itself(
    database: Database, ada: Buyer, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assortment, "AGE_SECONDS", 0)
    with database.work() as work:
        soon = (work.now() + timedelta(hours=1)).isoformat()
        catalog.save_product(work, None, a_pan(sold_from=soon))
    assert ada.get("p/pan").status_code == 404
    clock.move(timedelta(hours=2))
    assert ada.get("p/pan").status_code == 200


def test_goods_without_a_picture_show_a_plain_parcel(ada: Buyer) -> None:
    for path in ("c/kitchen", "p/pan"):
        assert "/pictures/no-picture" in ada.get(path).text, path


def test_a_product_shows_its_pictures_its_safety_and_its_guarantee(
    database: Database,
    ada: Buyer,
    settings: Settings,  # noqa: F811
) -> None:
    with database.work() as work:
        store = store_at("", settings.data)
        made = pictures.upload(work, store, a_picture())
        shown = [{"file": made.hash, "focus_x": 20, "focus_y": 80, "alt": {"en": "A pan, <hot>"}}]
        catalog.save_product(work, None, a_pan(pictures=shown, documents=[
            {"names": {"en": "Manual"}, "url": "https://foundry.example/manual.pdf"}
        ]))  # fmt: skip
    page = ada.get("p/pan")
    assert f"/media/{made.hash}-1280.avif 1280w" in page.text
    assert "at-x-20 at-y-80" in page.text
    assert "A pan, &lt;hot&gt;" in page.text
    assert ada.reader.get(f"/media/{made.hash}-640.jpg").status_code == 200
    said = words_of(page)
    for words in (
        "Minimum two-year legal guarantee protection for goods sold in the European Union.",
        "GARAN: Foundry AB, PAN-S",
        "Producer guarantee in years: 5.",
        "Foundry AB",
        "Hot.",
        "Sweden",
        "Manual",
    ):
        assert words in said, words
    bowl = words_of(ada.get("p/bowl"))
    assert "Minimum two-year legal guarantee" in bowl
    assert "Producer guarantee in years" not in bowl
    assert 'href="https://europa.eu/youreurope/guarantees"' in page.text
    ada.put("PAN-S")
    assert f"/media/{made.hash}-640.jpg" in ada.get("basket").text
    checkout = ada.get("checkout").text
    for words in ("Minimum two-year legal guarantee", "GARAN: Foundry AB, PAN-S"):
        assert 0 < checkout.index(words) < checkout.index("Order and pay"), "before it is ordered"
