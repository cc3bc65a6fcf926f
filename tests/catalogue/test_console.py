"""The catalogue at the console: pictures, files and many changes, by hand and with a browser's forms."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.catalogue.test_files import OLD_ROWS, a_file
from tests.catalogue.test_saving import KITCHEN, a_pan
from tests.pictures.test_uploads import a_picture
from tests.surfaces.conftest import (  # noqa: F401
    Open,
    Reader,
    light_hashes,
    open_app,
    people,
    reader,
    settings,
    words_of,
)

from mainstem import catalog, setup, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

Staff = Any


@pytest.fixture
def ada(reader: Reader, people: dict[str, int], database: Database) -> Reader:  # noqa: F811
    """The admin, signed in, with a kitchen of one pan."""
    with database.work() as work:
        catalog.set_shipping_rate(work, "SEK", 4900, free_from_minor=50000, tax_bp=2500)
        catalog.set_shipping_rate(work, "EUR", 490, free_from_minor=5000, tax_bp=2500)
        catalog.save_department(work, None, KITCHEN)
        catalog.save_product(work, None, a_pan())
    reader.sign_in("ada@example.com")
    return reader


def send(
    who: Reader, path: str, data: bytes, *, name: str = "x", field: str = "file"
) -> httpx.Response:
    """A form with a file."""
    return who.client.post(
        path,
        data={"csrf_token": who.token("/console")},
        files={field: (name, data)},
        headers={"accept": "text/html"},
    )


def test_a_picture_is_uploaded_and_seen_by_everybody(ada: Reader, open_app: Open) -> None:  # noqa: F811
    kept = send(ada, "/console/pictures", a_picture(), name="pan.txt", field="picture")
    assert kept.status_code == 201, kept.text
    said = kept.json()
    assert re.fullmatch("[0-9a-f]{64}", said["file"])
    assert (said["width"], said["height"]) == (800, 400)
    seen = open_app().get(said["url"])
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/webp")
    assert "immutable" in seen.headers["cache-control"]
    assert seen.headers["x-content-type-options"] == "nosniff"
    again = open_app().get(said["url"], **{"if-none-match": seen.headers["etag"]})
    assert again.status_code == 304
    for name in (
        "0" * 64 + "-640.webp",
        "x.webp",
        said["file"] + "-641.webp",
        said["file"] + "-640.html",
    ):
        assert open_app().get(f"/media/{name}").status_code == 404


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<svg><script>alert(1)</script></svg>", "SVG files are not taken"),
        (b"GIF89a<html>", "something in this file besides"),
        (b"hello", "not a picture in a format"),
        (bytes(20_000_050), "too large"),
    ],
    ids=["svg", "polyglot", "text", "large"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(ada: Reader, data: bytes, says: str) -> None:
    refused = send(ada, "/console/pictures", data, name="pan.jpg", field="picture")
    assert refused.status_code == 422
    assert says in refused.text


def test_nobody_but_staff_uploads(open_app: Open, ada: Reader) -> None:  # noqa: F811
    stranger = open_app()
    for path in ("/console/pictures", "/console/catalogue/import"):
        answer = stranger.client.post(path, files={"file": ("x", b"x" * 2_000_000)})
        assert answer.status_code in (303, 401, 403, 413), answer.status_code


def test_a_file_is_uploaded_looked_at_and_applied(
    ada: Reader, database: Database, clock: FixedClock
) -> None:
    rows = [row | {"Variant Barcode": ""} for row in OLD_ROWS]
    sent = send(ada, "/console/catalogue/import", a_file(rows), name="products_export.csv")
    assert sent.status_code == 303, sent.text
    url = sent.headers["location"]
    page = ada.get(url)
    for said in ("Shopify", "Variant SKU", "P-S-B", "What it would do", "New departments: pans"):
        assert said in page.text, said
    number = re.search(r'name="column-(\d+)"[^>]*>(?:(?!</tr>).)*', page.text)
    assert number
    form = dict(re.findall(r'name="(column-\d+)">.*?<option value="([^"]*)" selected>', page.text))
    form |= {
        "kind": "shopify",
        "currency": "SEK",
        "locale": "sv",
        "department": "kitchen",
        "tax_bp": "2500",
    }
    assert ada.post(f"{url}/columns", form).status_code == 303
    assert ada.post(f"{url}/application").status_code == 303
    assert "of 2 products" in ada.get(url).text
    assert "Being applied" in words_of(ada.get("/console/catalogue/import"))
    while worker.work_outside(database) or worker.work_inside(database):
        pass
    assert "The file is applied." in words_of(ada.get(url))
    with database.work() as work:
        assert catalog.products(work)["iron-pan"].names == {"sv": "Iron pan"}
        assert work.value("SELECT actor FROM fact WHERE name = 'catalogue.imported'").startswith(
            "staff:"
        )
    assert "products_export.csv" in ada.get("/console/catalogue/import").text
    export = ada.get("/console/catalogue/export.csv")
    assert export.headers["content-disposition"] == 'attachment; filename="catalogue.csv"'
    assert export.headers["content-type"] == "text/csv; charset=utf-8"
    assert "PAN-S" in export.text


def test_a_file_with_problems_says_where_and_changes_nothing(
    ada: Reader, database: Database
) -> None:
    rows = [{"Handle": "a", "Title": "A", "Variant SKU": "A-1", "Variant Price": "ten"}]
    url = send(ada, "/console/catalogue/import", a_file(rows)).headers["location"]
    assert "Write a number, such as 1250 or 1250.50." in ada.get(url).text
    refused = ada.post(f"{url}/application")
    assert refused.status_code == 422
    no_table = send(ada, "/console/catalogue/import", b"a\0b")
    assert no_table.status_code == 422
    assert "zero character" in no_table.text
    in_swedish = send(ada, "/console/catalogue/import?lang=sv", b"Handle,Handle\na,b\n")
    assert "De här kolumnerna finns två gånger: Handle." in words_of(in_swedish)
    too_many = b"Handle,Title,Variant SKU\na,A,A-1,more\n"
    url = send(ada, "/console/catalogue/import", too_many).headers["location"]
    assert "Har 4 celler och rubrikraden 3" in words_of(ada.get(f"{url}?lang=sv"))
    assert "Has 4 cells, and the header 3" in words_of(ada.get(f"{url}?lang=en"))
    with database.work() as work:
        assert set(catalog.products(work)) == {"pan"}


def test_many_products_change_together_after_a_look(
    ada: Reader, database: Database, clock: FixedClock
) -> None:
    clock.move(timedelta(minutes=5))
    form = {
        "department": "kitchen",
        "currency": "SEK",
        "percent": "-10",
        "hidden": "yes",
        "commissionable": "50",
    }
    look = ada.post("/console/catalogue/bulk/preview", form)
    assert look.status_code == 200
    assert "Change one product" in look.text
    with database.work() as work:
        assert catalog.products(work)["pan"] == a_pan(), "looking changes nothing"
        version = str(catalog.version(work))
    assert ada.post("/console/catalogue/bulk", form | {"version": "1"}).status_code == 409
    assert ada.post("/console/catalogue/bulk", form | {"version": version}).status_code == 303
    assert "One product is changed." in words_of(ada.get("/console/catalogue/bulk"))
    with database.work() as work:
        pan = catalog.products(work)["pan"]
        newest, *_ = setup.changes(work, "products", "pan")
        told = {where: (was, now) for where, was, now in newest.fields}
        assert told["variants.1.prices.SEK"] == (49900, 44910), "what was before, and after"
    assert [variant.prices["SEK"] for variant in pan.variants] == [44910, 62910]
    assert pan.variants[0].prices["EUR"] == 4990
    assert (pan.hidden, pan.commissionable_bp) == (True, 5000)


@pytest.mark.parametrize(
    ("field", "value"),
    [("percent", "-100"), ("percent", "x"), ("percent", "1.234"), ("amount", "ten"), ("commissionable", "101"),
     ("amount", "-10000"), ("to_department", "garage")],
)  # fmt: skip
def test_a_change_that_cannot_be_is_refused_and_nothing_is_changed(
    ada: Reader, database: Database, field: str, value: str
) -> None:
    form = {"currency": "SEK", field: value}
    with database.work() as work:
        version = str(catalog.version(work))
    answer = ada.post("/console/catalogue/bulk", form | {"version": version})
    assert answer.status_code == 422, answer.text
    with database.work() as work:
        assert catalog.products(work)["pan"] == a_pan()
