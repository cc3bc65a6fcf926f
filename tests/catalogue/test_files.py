"""Catalogue files: what comes in from Shopify, WooCommerce and our own columns, and what is refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalogue.test_saving import KITCHEN, OTHER_GTIN, a_pan
from tests.pictures.test_uploads import a_picture

from mainstem import catalog, catalog_files, flow, worker
from mainstem.catalog import Product
from mainstem.catalog_files import Assumed, FileHasProblems, TableRefused, columns, service, table
from mainstem.catalog_files.fetching import NotFetched, fetch
from mainstem.catalog_files.html_text import plain_text
from mainstem.catalog_files.own import as_it_was, harmless
from mainstem.catalog_files.table import CELL_MAX
from mainstem.catalog_files.values import CellUnfit, amount_of
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput
from mainstem.kit.slugs import slug_of
from mainstem.kit.work import Work
from mainstem.pictures import FolderStore

SEK = Assumed(currency="SEK", locale="en", department="kitchen")

OLD_SHOPIFY = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Variant SKU", "Variant Grams",
    "Variant Inventory Tracker", "Cost per item", "Variant Price", "Variant Compare At Price", "Variant Barcode",
    "Image Src", "Image Position", "Image Alt Text", "Variant Image", "Variant Weight Unit",
    "Included / European Union", "Price / European Union", "Compare At Price / European Union",
    "Country of origin (product.metafields.custom.country_of_origin)", "Status",
]  # fmt: skip
OLD_ROWS: list[dict[str, str]] = [
    {
        "Handle": "iron-pan", "Title": "Iron pan", "Vendor": "Foundry", "Type": "Pans", "Published": "true",
        "Body (HTML)": "<p>Cast <b>once</b>.</p><ul><li>Heavy</li></ul><script>alert(1)</script>",
        "Option1 Name": "Size", "Option1 Value": "Small", "Option2 Name": "Colour", "Option2 Value": "Black",
        "Variant SKU": "P-S-B", "Variant Grams": "1200", "Variant Price": "499.00", "Cost per item": "190.50",
        "Variant Compare At Price": "599.00", "Variant Barcode": "'4006381333931",
        "Image Src": "https://cdn.example.com/one.jpg", "Image Position": "1", "Image Alt Text": "A pan",
        "Price / European Union": "49.90", "Status": "active",
        "Country of origin (product.metafields.custom.country_of_origin)": "se",
    },
    {
        "Handle": "iron-pan", "Option1 Value": "Large", "Option2 Value": "Black", "Variant SKU": "P-L-B",
        "Variant Grams": "2200", "Variant Price": "699", "Price / European Union": "69.90",
        "Image Src": "https://cdn.example.com/two.jpg", "Image Position": "2",
        "Variant Image": "https://cdn.example.com/large.jpg",
    },
    {"Handle": "iron-pan", "Image Src": "https://cdn.example.com/three.jpg", "Image Position": "3"},
    {
        "Handle": "trivet", "Title": "Trivet", "Type": "Pans", "Published": "false", "Option1 Name": "Title",
        "Option1 Value": "Default Title", "Variant SKU": "", "Variant Price": "149.00", "Status": "draft",
    },
]  # fmt: skip
RENAMED = {
    "Handle": "URL handle", "Body (HTML)": "Description", "Published": "Published on online store",
    "Option1 Name": "Option1 name", "Option1 Value": "Option1 value", "Option2 Name": "Option2 name",
    "Option2 Value": "Option2 value", "Variant SKU": "SKU", "Variant Grams": "Weight value (grams)",
    "Variant Price": "Price", "Variant Compare At Price": "Compare-at price", "Variant Barcode": "Barcode",
    "Image Src": "Product image URL", "Image Position": "Image position", "Image Alt Text": "Image alt text",
    "Variant Image": "Variant image URL",
}  # fmt: skip

WOO_ROWS: list[dict[str, str]] = [
    {
        "ID": "10", "Type": "variable", "SKU": "MUG", "Name": "Mug", "Published": "1",
        "Short description": "<em>Warm</em> hands.", "Categories": "Kitchen > Mugs, Gifts",
        "Attribute 1 name": "Colour", "Attribute 1 value(s)": "Red, Blue",
        "Images": "https://x.example/1.jpg, https://x.example/2.jpg",
    },
    {
        "ID": "11", "Type": "variation", "SKU": "MUG-R", "Parent": "MUG", "Regular price": "129,00",
        "Attribute 1 name": "Colour", "Attribute 1 value(s)": "Red", "Weight (kg)": "0.35",
    },
    {
        "ID": "12", "Type": "variation", "SKU": "MUG-B", "Parent": "id:10", "Regular price": "1 129,50",
        "Sale price": "999", "Date sale price ends": "2026-04-01", "Attribute 1 name": "Colour",
        "Attribute 1 value(s)": "Blue",
    },
    {
        "ID": "13", "Type": "simple", "SKU": "SPOON", "Name": "Spoon", "Published": "0",
        "Regular price": "49.90", "Length (cm)": "21.5",
    },
]  # fmt: skip
SWEDISH = {
    "Type": "Typ", "SKU": "Artikelnummer", "Name": "Namn", "Published": "Publicerad",
    "Short description": "Kort beskrivning", "Categories": "Kategorier", "Images": "Bilder", "Parent": "Överordnad",
    "Regular price": "Ordinarie pris", "Sale price": "Reapris", "Date sale price ends": "Slutdatum för reapris",
    "Attribute 1 name": "Attribut 1 namn", "Attribute 1 value(s)": "Attribut 1 värde(n)", "Weight (kg)": "Vikt (kg)",
    "Length (cm)": "Längd (cm)",
}  # fmt: skip
GERMAN = {
    "Type": "Typ", "SKU": "Artikelnummer", "Published": "Veröffentlicht",
    "Short description": "Kurzbeschreibung", "Categories": "Kategorien", "Images": "Bilder",
    "Parent": "Übergeordnetes Produkt", "Regular price": "Regulärer Preis", "Sale price": "Angebotspreis",
    "Date sale price ends": "Datum, an dem Angebotspreis endet", "Attribute 1 name": "Attribut 1 Name",
    "Attribute 1 value(s)": "Attribut 1 Wert(e)", "Weight (kg)": "Gewicht (kg)", "Length (cm)": "Länge (cm)",
}  # fmt: skip


def a_file(
    rows: Sequence[Mapping[str, str]], renamed: Mapping[str, str] | None = None, mark: str = ","
) -> bytes:
    named = renamed or {}
    header = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    writer.writerow([named.get(name, name) for name in header])
    writer.writerows([[row.get(name, "") for name in header] for row in rows])
    return out.getvalue().encode()


@pytest.fixture
def work(database: Database) -> Iterator[Work]:
    with database.work() as work:
        catalog.save_department(work, None, KITCHEN)
        work.session.commit()
        yield work


def came(
    work: Work, data: bytes, assumed: Assumed = SEK, columns: Mapping[str, str] | None = None
) -> UUID:
    """The file, with these columns told besides those that are guessed."""
    id = catalog_files.receive(work, "goods.csv", data, assumed=assumed)
    file = catalog_files.look(work, id)
    if columns:
        catalog_files.tell_columns(work, id, file.kind, {**file.columns, **columns}, assumed)
    return id


def applied(database: Database, work: Work, id: UUID, *, leave_out: bool = False) -> Any:
    """The file applied by the worker; its report."""
    catalog_files.request(work, id, leave_out=leave_out)
    work.session.commit()
    while worker.work_outside(database) or worker.work_inside(database):
        pass
    file = catalog_files.look(work, id)
    assert file.state == "applied"
    assert file.done == file.total
    return file.report


def kind_of(data: bytes) -> str:
    return catalog_files.kind_of(catalog_files.read_table(data).header)


# ---------------------------------------------------------------- Shopify


@pytest.mark.parametrize("renamed", [None, RENAMED], ids=["old header", "new header"])
def test_a_shopify_export_of_either_generation_makes_the_same_products(
    database: Database, work: Work, renamed: Mapping[str, str] | None
) -> None:
    data = a_file(OLD_ROWS, renamed)
    assert kind_of(data) == "shopify"
    id = came(work, data, columns={"Price / European Union": "price:EUR"})
    found = catalog_files.previewed(work, id)
    assert found.problems == []
    assert [one.slug for one in found.departments] == ["pans"]
    assert applied(database, work, id) == {
        "new": 2, "changed": 0, "same": 0, "problems": [], "departments": ["pans"],
    }  # fmt: skip
    pan = catalog.products(work)["iron-pan"]
    assert pan.names == {"en": "Iron pan"}
    assert pan.descriptions == {"en": "Cast once.\n\n- Heavy"}
    assert (pan.department, pan.origin, pan.maker.name, pan.hidden) == (
        "pans",
        "SE",
        "Foundry",
        False,
    )
    assert [option.code for option in pan.options] == ["size", "colour"]
    small, large = pan.variants
    assert (small.sku, small.gtin, small.weight_g) == ("P-S-B", "4006381333931", 1200)
    assert small.choices == {"size": "small", "colour": "black"}
    assert small.prices == {"SEK": 59900, "EUR": 4990}
    assert [offer.prices for offer in small.offers] == [{"SEK": 49900}]
    assert (small.costs, large.costs) == ({"SEK": 19050}, {})
    assert (large.sku, large.prices, large.offers) == ("P-L-B", {"SEK": 69900, "EUR": 6990}, ())
    trivet = catalog.products(work)["trivet"]
    assert trivet.hidden
    assert trivet.options == ()
    assert [variant.sku for variant in trivet.variants] == ["TRIVET-1"]
    again = came(work, data)
    assert catalog_files.look(work, again).columns["Price / European Union"] == "price:EUR", (
        "remembered"
    )
    assert [one.kind for one in [catalog_files.previewed(work, again)]]
    assert applied(database, work, again)["same"] == 2


def test_pictures_are_fetched_and_kept_in_their_order(
    database: Database, work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"one": 100, "two": 200, "large": 300}

    def fetched(url: str) -> bytes:
        name = url.rpartition("/")[2].partition(".")[0]
        if name not in sizes:
            raise NotFetched("The server answered 404.")
        return a_picture("JPEG", (sizes[name], 50))

    monkeypatch.setattr(service, "fetch", fetched)
    database.tools = flow.tools(pictures=FolderStore(tmp_path))
    assumed = Assumed(currency="SEK", fetch_pictures=True)
    report = applied(database, work, came(work, a_file(OLD_ROWS), assumed))
    pan = catalog.products(work)["iron-pan"]
    widths = [
        work.value("SELECT width FROM picture WHERE hash = %(file)s", file=picture.file)
        for picture in pan.pictures
    ]
    assert widths == [100, 200, 300]
    assert pan.pictures[0].alt == {"en": "A pan"}
    assert [(one["line"], one["reason"]) for one in report["problems"]] == [
        (7, "The server answered 404.")
    ] or [one["reason"] for one in report["problems"]] == ["The server answered 404."]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x.jpg", "https://127.0.0.1/x", "https://localhost/x", "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data", "https://[::1]/x", "https://[::ffff:127.0.0.1]/x",
        "file:///etc/passwd", "https://user@example.com/", "https:///x", "", "https://0/x",
        "https://[fe80::1]/x", "https://100.64.0.1/x", "https://0x7f.1/x",
    ],
)  # fmt: skip
def test_a_picture_is_fetched_from_no_private_place(url: str) -> None:
    with pytest.raises(NotFetched):
        fetch(url)


@pytest.mark.parametrize("port", [22, 80, 5432, 8443])
def test_a_picture_is_fetched_by_the_port_of_https_and_no_other(
    monkeypatch: pytest.MonkeyPatch, port: int
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *of, **_: asked.append(of))
    with pytest.raises(NotFetched, match="must begin with https"):
        fetch(f"https://pictures.example.com:{port}/pan.jpg")
    assert asked == []


# ---------------------------------------------------------------- WooCommerce


@pytest.mark.parametrize("renamed", [None, SWEDISH, GERMAN], ids=["English", "Swedish", "German"])
def test_a_woocommerce_export_in_the_language_of_its_shop_makes_the_same_products(
    database: Database, work: Work, renamed: Mapping[str, str] | None
) -> None:
    data = a_file(WOO_ROWS, renamed, ";")
    assert kind_of(data) == "woocommerce"
    assert applied(database, work, came(work, data))["new"] == 2
    mug = catalog.products(work)["mug"]
    assert (mug.department, mug.summaries) == ("mugs", {"en": "Warm hands."})
    assert [value.code for value in mug.options[0].values] == ["red", "blue"]
    red, blue = mug.variants
    assert (red.sku, red.prices, red.weight_g, red.choices) == (
        "MUG-R", {"SEK": 12900}, 350, {"colour": "red"},
    )  # fmt: skip
    assert blue.prices == {"SEK": 112950}
    assert [offer.prices for offer in blue.offers] == [{"SEK": 99900}]
    spoon = catalog.products(work)["spoon"]
    assert spoon.hidden
    assert (spoon.department, spoon.variants[0].length_mm) == ("kitchen", 215)
    assert applied(database, work, came(work, data))["same"] == 2


def test_columns_in_any_other_language_are_told_once_and_remembered(
    database: Database, work: Work
) -> None:
    rows = [{"Nimi": "Pannu", "Koodi": "FI-1", "Hinta": "59,90", "Ryhmä": "Kitchen"}]
    told = {"Nimi": "name", "Koodi": "sku", "Hinta": "price:EUR", "Ryhmä": "department"}
    data = a_file(rows)
    id = came(work, data)
    assert catalog_files.look(work, id).columns == {}
    with pytest.raises(InvalidInput) as refused:
        catalog_files.tell_columns(
            work, id, "other", told | {"Ryhmä": "price:EUR", "Koodi": "colour"}, SEK
        )
    assert {one.pointer for one in refused.value.problems} == {"/Ryhmä", "/Koodi"}
    catalog_files.tell_columns(work, id, "other", told, SEK)
    assert applied(database, work, id)["new"] == 1
    assert catalog.products(work)["pannu"].variants[0].prices == {"EUR": 5990}
    again = catalog_files.receive(work, "next month.csv", data, assumed=SEK)
    assert catalog_files.look(work, again).columns == told


# ---------------------------------------------------------------- our own columns


@pytest.mark.parametrize("header", ["Artnr", "Art.nr", "Artikelnr", "Artikelnummer", "Item number"])
def test_the_article_number_of_a_table_is_known_by_what_shopkeepers_call_it(header: str) -> None:
    assert columns.guessed("other", [header])[header] == "sku"


def test_what_goes_out_in_our_own_columns_comes_back_as_it_was(
    database: Database, work: Work, clock: FixedClock
) -> None:
    said = a_pan().written()
    said["names"]["en"] = "=cmd|' /C calc'!A1"
    said["descriptions"] = {"sv": 'Två rader,\nmed "citat"; och mer'}
    said["variants"][0]["costs"] = {"EUR": 1999, "SEK": 21000}
    said["variants"][0]["points"] = 35
    said["variants"][0]["offers"] = [{"prices": {"SEK": 39900}, "ends_at": "2026-12-01T00:00:00Z"}]
    pan = document(Product, said)
    catalog.save_product(work, None, pan)
    clock.move(timedelta(hours=1))
    text = catalog_files.exported(work)
    for row in csv.reader(io.StringIO(text)):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@")]
    before, version = catalog.products(work), catalog.version(work)
    id = came(work, text.encode())
    assert catalog_files.look(work, id).kind == "own"
    assert catalog_files.previewed(work, id).count("same") == 1
    assert applied(database, work, id)["same"] == 1
    assert (catalog.products(work), catalog.version(work)) == (before, version)
    catalog.retire_product(work, pan)
    assert applied(database, work, came(work, text.encode()))["new"] == 1
    assert catalog.products(work)["pan"].names == pan.names


def test_a_price_that_is_changed_in_the_table_is_changed_in_the_catalogue(
    database: Database, work: Work, clock: FixedClock
) -> None:
    catalog.save_product(work, None, a_pan())
    clock.move(timedelta(days=1))
    text = catalog_files.exported(work).replace("499.00", "509.00")
    id = came(work, text.encode())
    [one] = catalog_files.previewed(work, id).proposals
    assert one.before is not None
    assert one.before.variants[0].prices["SEK"] == 49900
    assert one.after.variants[0].prices["SEK"] == 50900
    assert applied(database, work, id)["changed"] == 1
    assert catalog.products(work)["pan"] == one.after


@given(st.text(max_size=40))
def test_a_cell_is_no_formula_and_comes_back_as_it_was(text: str) -> None:
    cell = harmless(text)
    assert cell[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert as_it_was(cell) == text


# ---------------------------------------------------------------- what is not right


def test_every_problem_of_a_file_has_its_line_its_column_and_the_fix(
    database: Database, work: Work
) -> None:
    catalog.save_product(work, None, a_pan())
    rows = [
        {"Handle": "a", "Title": "A", "Variant SKU": "A-1", "Variant Price": "12,345"},
        {"Handle": "b", "Title": "B", "Variant SKU": "PAN-S", "Variant Price": "10"},
        {"Handle": "c", "Title": "C", "Variant SKU": "C-1", "Variant Price": "10", "Variant Barcode": "123"},
        {"Handle": "d", "Title": "D", "Variant SKU": "D 1", "Variant Price": "ten"},
        {"Handle": "e", "Title": "E", "Variant SKU": "E-1", "Variant Price": "10.005"},
        {"Handle": "f", "Title": "F", "Variant SKU": "F-1", "Variant Price": "10", "Variant Barcode": OTHER_GTIN},
    ]  # fmt: skip
    id = came(work, a_file(rows))
    found = catalog_files.previewed(work, id)
    assert [(one.line, one.column) for one in found.problems] == [
        (2, "Variant Price"), (3, "sku"), (4, "Variant Barcode"), (5, "Variant Price"), (5, "Variant SKU"),
        (6, "Variant Price"),
    ]  # fmt: skip
    assert all(one.text().endswith(".") for one in found.problems)
    with pytest.raises(FileHasProblems):
        catalog_files.request(work, id)
    assert set(catalog.products(work)) == {"pan"}, "nothing is changed"
    applied(database, work, id, leave_out=True)
    assert set(catalog.products(work)) == {"pan", "f"}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"Handle,Title\x00\na,b\n", "zero character"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), ""),
        (b"PK\x03\x04" + bytes(100), ""),
        (b"sep=;\nHandle;Title\n", "sep="),
        (b"Handle,Handle\na,b\n", "twice"),
        (b",,,\n1,2,3,4\n", "empty"),
        (b"x" * 20_000_001, "20 MB"),
        (",".join(f"c{n}" for n in range(1100)).encode(), "columns"),
    ],
    ids=["zero", "a picture", "a workbook", "sep", "twice", "no names", "too large", "too wide"],
)
def test_what_is_no_table_is_refused_and_nothing_is_kept(
    work: Work, data: bytes, says: str
) -> None:
    with pytest.raises((TableRefused, InvalidInput)) as refused:
        catalog_files.receive(work, "x.csv", data, assumed=SEK)
    assert says in " ".join(problem.text() for problem in refused.value.problems)
    assert not catalog_files.recent(work)


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (b"Handle,Title,Variant SKU\na,\"A,A-1\nb,B,B-1\n", 2),
        (b"Handle,Title,Variant SKU\na,A\"A,A-1\n", 2),
        (b"Handle,Title,Variant SKU\na,A,A-1,more\n", 2),
        (b"Handle,Title,Variant SKU\na," + b"A" * 200_001 + b",A-1\n", 2),
        (b"Handle,Title,Variant SKU\na,A\xe2\x80\x8bA,A-1\n", 2),
    ],
    ids=["unclosed", "quote inside", "too many cells", "a huge cell", "unseen"],
)  # fmt: skip
def test_a_row_that_cannot_be_read_is_a_problem_with_its_line(
    work: Work, rows: bytes, line: int
) -> None:
    found = catalog_files.previewed(work, came(work, rows))
    assert found.problems
    assert found.problems[0].line == line


def test_rows_that_cannot_be_read_count_as_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROWS_MAX", 3)
    with pytest.raises(TableRefused):
        table.read_table(b"Handle,Title\na,b\n" + b"a,b,c\n" * 3)
    assert len(table.read_table(b"Handle,Title\na,b\n" + b"a,b,c\n" * 2).problems) == 2


def test_a_file_as_spreadsheets_write_it_is_read(work: Work) -> None:
    text = "Handle;Title;Variant SKU;Variant Price\nskal;Skål;S-1;12,50\n"
    for data in (text.encode("utf-8-sig"), text.encode("utf-16"), text.encode("cp1252")):
        [one] = catalog_files.previewed(work, came(work, data)).proposals
        assert one.after.names == {"en": "Skål"}
        assert one.after.variants[0].prices == {"SEK": 1250}


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("499", "SEK", 49900), ("499.00", "SEK", 49900), ("499,5", "SEK", 49950), ("1 299,00", "SEK", 129900),
        ("1,299.50", "USD", 129950), ("1.299,50 €", "EUR", 129950), ("SEK 10", "SEK", 1000), ("10:-", "SEK", 1000),
        ("1,234,567", "USD", 123456700), ("500", "JPY", 500), ("0.500", "KWD", 500), ("12.345", "SEK", None),
        ("-5", "SEK", None), ("1e3", "SEK", None), ("", "SEK", None), ("0x10", "SEK", None), ("٣", "SEK", None),
        ("9" * 30, "SEK", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_it_is_written_or_not_at_all(
    text: str, currency: str, minor: int | None
) -> None:
    if minor is None:
        with pytest.raises(CellUnfit):
            amount_of(text, currency)
    else:
        assert amount_of(text, currency) == minor


@given(st.text(alphabet="<>/abp scriptonerror=\"'&;#x1 \n", max_size=200))
def test_html_becomes_text_whatever_it_is(html: str) -> None:
    assert isinstance(plain_text(html), str)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"), ("a &amp; b", "a & b"), ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<script>x</script>y", "y"), ("<style>p{}</style><b>z</b>", "z"), ("a<br>b", "a\nb"),
        ("<img src=x onerror=alert(1)>q", "q"), ("<svg><script>1</script></svg>w", "w"),
    ],
)  # fmt: skip
def test_nothing_of_html_is_left_but_what_it_says(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize(
    "mark",
    [
        "<!",
        "<!--",
        "<![CDATA[",
        "<a ",
        "<a '",
        '<a ">"',
        "<script>",
        "<svg>",
        "</",
        "&#",
        "<?",
        "<p>",
    ],
)
def test_html_that_never_ends_is_read_once(mark: str) -> None:
    """Were each mark looked for to the end, this would take minutes."""
    html = mark * (CELL_MAX // len(mark))
    for whole in (html, f"{html}>"):
        assert len(plain_text(whole)) <= len(whole)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br/>b<br />c", "a\nb\nc"), ("a<!-- b > c -->d", "ad"), ("a<!doctype html>b", "ab"),
        ("3 < 4 & 5 > 2", "3 < 4 & 5 > 2"), ("a <b", "a <b"), ('<a title="1 > 0">x</a>', "x"),
        ("<SCRIPT>if (a<b) x()</SCRIPT >y", "y"), ("<svg/>w", "w"), ("<b>caf&eacute;</b>", "café"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"), ("a<script>b", "a"), ("a<!-- b", "a"),
    ],
)  # fmt: skip
def test_html_is_read_as_browsers_show_it(html: str, text: str) -> None:
    assert plain_text(html) == text


@pytest.mark.parametrize("currency", ["(", "(x+x+)+y", "sek", "", "[", "SEK ", "ABCD", "\\"])
def test_a_column_of_prices_names_its_currency_by_three_letters(work: Work, currency: str) -> None:
    """A name that were read as a pattern would keep the reader busy for hours."""
    data = f"mainstem,slug,sku,price_{currency}\n1,pan,PAN-S,{'x' * 40}\n".encode()
    id = catalog_files.receive(work, "own.csv", data, assumed=SEK)
    told = [(one.line, one.column) for one in catalog_files.previewed(work, id).problems]
    assert (2, f"price_{currency}".strip()) in told


def test_an_address_is_made_of_any_name() -> None:
    names = {
        "Eldskål 60 cm": "eldskal-60-cm",
        "Straße": "strasse",
        "  ": "",
        "日本": "",
        "A" * 90: "a" * 60,
    }
    assert {name: slug_of(name) for name in names} == names
