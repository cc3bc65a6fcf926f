"""A history of orders comes in whole, or not at all, and only once."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.company import KETTLE, REPAIR, SKILLET, Company, a_company

from mainstem import importing, invariants, ledger
from mainstem.importing import FileUnreadable, NothingImported
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

FIRST = {
    "external_id": "A-1",
    "storefront": "shop",
    "placed_at": "2026-01-05T10:00:00Z",
    "currency": "SEK",
    "locale": "sv",
    "client_name": "Ada Lind",
    "client_email": "Ada@example.com",
    "client_phone": "070-174 06 05",
    "address_line1": "Storgatan 1",
    "postal_code": "114 55",
    "city": "Stockholm",
    "country": "SE",
    "sku": KETTLE,
    "quantity": "2",
    "line_total_minor": "200000",
    "paid_at": "2026-01-05T10:05:00Z",
    "payment_reference": "bank 77",
    "shipped_at": "2026-01-06T08:00:00Z",
    "delivered_at": "2026-01-08T12:00:00Z",
    "refunded_minor": "",
    "refunded_at": "",
}


def a_line(**changes: Any) -> dict[str, str]:
    """The first row, with some fields otherwise."""
    return FIRST | {name: str(value) for name, value in changes.items()}


def an_order_of_everything() -> list[dict[str, str]]:
    """Goods of which one line went back in part, and a service that was performed."""
    return [
        a_line(),
        a_line(sku=SKILLET, quantity=1, line_total_minor=75000, refunded_minor=25000,
               refunded_at="2026-02-20T09:00:00Z"),
        a_line(sku=REPAIR, quantity=1, line_total_minor=100000),
    ]  # fmt: skip


def a_csv(folder: Path, rows: list[dict[str, str]], *, columns: list[str] | None = None) -> Path:
    words = io.StringIO()
    table = csv.DictWriter(words, columns or list(FIRST), extrasaction="ignore")
    table.writeheader()
    table.writerows(rows)
    path = folder / "orders.csv"
    path.write_text(words.getvalue())
    return path


@pytest.fixture
def company(database: Database) -> Company:
    """The company, with Cedar's shop under a name that files can use."""
    with database.work() as work:
        company = a_company(work)
        work.run("UPDATE storefront SET slug = 'shop' WHERE id = %(id)s", id=company.shop.id)
    return company


def balances(database: Database, company: Company) -> dict[tuple[int, str], int]:
    with database.work() as work:
        found = ledger.balances(work, [company.alder, company.birch, company.cedar])
        assert not [finding for finding in invariants.check(work) if finding.wrong]
        assert not work.value("SELECT count(*) FROM fact_waiting")
    return {(owner, account): minor for (owner, account, _), minor in found.items()}


def test_a_history_earns_what_the_same_sales_would_earn_today(
    database: Database, company: Company, tmp_path: Path
) -> None:
    done = importing.orders(database, a_csv(tmp_path, an_order_of_everything()))
    assert (done.orders, done.lines, done.new, done.known) == (1, 3, 1, 0)
    assert (done.paid, done.shipped, done.delivered, done.refunds) == (1, 1, 2, 1)
    # Net of 25 %: kettles 1,600.00; skillet 600.00 of which a third went back; repair 800.00.
    # Goods pay 10, 3 and 1 %, services 6, 1.5 and 0.5 %.
    assert balances(database, company) == {
        (company.cedar, "pending"): 22000 - 2000 + 4800,
        (company.birch, "pending"): 6600 - 600 + 1200,
        (company.alder, "pending"): 2200 - 200 + 400,
    }
    with database.work() as work:
        row = work.row(
            """SELECT channel, external_id, client_key, state, payment_status, fulfillment_status,
                      total_minor, refunded_minor, delivered_at::text FROM orders"""
        )
        assert tuple(row or ()) == (
            "import", "A-1", "ada@example.com", "placed", "partially_refunded", "delivered",
            375000, 25000, "2026-01-08 12:00:00+00",
        )  # fmt: skip
        assert work.value("SELECT state FROM job") == "signed_off"
        assert work.value("SELECT reference FROM payment") == "bank 77"


def test_the_same_file_again_brings_nothing_new(
    database: Database, company: Company, tmp_path: Path
) -> None:
    file = a_csv(tmp_path, an_order_of_everything())
    importing.orders(database, file)
    before = balances(database, company)
    again = importing.orders(database, file)
    assert (again.orders, again.new, again.known) == (1, 0, 1)
    assert (again.paid, again.shipped, again.delivered, again.refunds) == (0, 0, 0, 0)
    assert balances(database, company) == before


def test_a_later_file_brings_what_has_happened_since(
    database: Database, company: Company, tmp_path: Path
) -> None:
    begun = [row | {"shipped_at": "", "delivered_at": "", "refunded_minor": "", "refunded_at": ""}
             for row in an_order_of_everything()]  # fmt: skip
    first = importing.orders(database, a_csv(tmp_path, begun))
    assert (first.new, first.paid, first.shipped, first.delivered) == (1, 1, 0, 0)
    assert balances(database, company) == {}
    later = importing.orders(database, a_csv(tmp_path, an_order_of_everything()))
    assert (later.new, later.shipped, later.delivered, later.refunds) == (0, 1, 2, 1)
    assert balances(database, company)[company.cedar, "pending"] == 24800


def test_what_left_in_the_past_is_not_taken_from_todays_shelf(
    database: Database, company: Company, tmp_path: Path
) -> None:
    with database.work() as work:
        before = work.rows("SELECT * FROM stock_level ORDER BY 1, 2")
    importing.orders(database, a_csv(tmp_path, [a_line(quantity=5000, line_total_minor=500000000)]))
    with database.work() as work:
        assert work.rows("SELECT * FROM stock_level ORDER BY 1, 2") == before


def test_what_has_not_left_yet_waits_at_the_desk(
    database: Database, company: Company, tmp_path: Path
) -> None:
    importing.orders(database, a_csv(tmp_path, [a_line(shipped_at="", delivered_at="")]))
    with database.work() as work:
        assert work.value("SELECT state FROM fulfilment") == "released"
        assert work.value("SELECT max(reserved) FROM stock_level") == 2


@pytest.mark.parametrize("batch", [1, 1000])
@pytest.mark.parametrize(
    ("first", "seller"),
    [
        ({}, "cedar"),
        ({"delivered_at": "2026-01-20T12:00:00Z"}, "birch"),  # on its way when the second was made
        ({"delivered_at": ""}, "birch"),
        (
            {"refunded_minor": "200000", "refunded_at": "2026-01-07T12:00:00Z"},
            "birch",
        ),  # all of it went back before it came
        ({"refunded_minor": "200000", "refunded_at": "2026-01-09T12:00:00Z"}, "cedar"),
    ],
)
def test_a_history_binds_its_clients_at_its_own_times(
    database: Database, company: Company, tmp_path: Path, first: dict[str, str], seller: str,
    batch: int,
) -> None:  # fmt: skip
    with database.work() as work:
        work.run("UPDATE storefront SET slug = 'other' WHERE id = %(id)s", id=company.birch_shop.id)
    later = {"placed_at": "2026-01-12T10:00:00Z", "paid_at": "2026-01-12T10:00:00Z",
             "shipped_at": "", "delivered_at": "2026-01-14T10:00:00Z"}  # fmt: skip
    rows = [a_line(external_id="A-2", storefront="other", **later), a_line(**first)]
    importing.orders(database, a_csv(tmp_path, rows), batch=batch)
    with database.work() as work:
        assert work.value("SELECT seller_id FROM orders WHERE external_id = 'A-2'") == getattr(
            company, seller
        )
        [bound] = work.rows("SELECT affiliate_id, bound_at FROM client_binding")
        assert bound.affiliate_id == getattr(company, seller)


def test_a_history_that_is_brought_in_later_may_show_who_came_first(
    database: Database, company: Company, tmp_path: Path
) -> None:
    with database.work() as work:
        work.run("UPDATE storefront SET slug = 'other' WHERE id = %(id)s", id=company.birch_shop.id)
    importing.orders(database, a_csv(tmp_path, [a_line()]))
    earlier = {"placed_at": "2025-11-05T10:00:00Z", "paid_at": "2025-11-05T10:00:00Z",
               "shipped_at": "", "delivered_at": "2025-11-08T10:00:00Z"}  # fmt: skip
    importing.orders(
        database, a_csv(tmp_path, [a_line(external_id="A-0", storefront="other", **earlier)])
    )
    with database.work() as work:
        assert work.value("SELECT affiliate_id FROM client_binding") == company.birch
        assert work.value("SELECT seller_id FROM orders WHERE external_id = 'A-1'") == company.cedar


def test_a_client_stays_with_whoever_won_them_first_whatever_the_order_of_rows(
    database: Database, company: Company, tmp_path: Path
) -> None:
    with database.work() as work:
        work.run("UPDATE storefront SET slug = 'birch' WHERE id = %(id)s", id=company.birch_shop.id)
    rows = [
        a_line(external_id="late", storefront="birch", placed_at="2026-02-01T10:00:00Z",
               paid_at="2026-02-01T10:00:00Z", shipped_at="", delivered_at="2026-02-04T10:00:00Z"),
        a_line(external_id="early"),
    ]  # fmt: skip
    importing.orders(database, a_csv(tmp_path, rows))
    with database.work() as work:
        assert [
            tuple(row)
            for row in work.rows(
                "SELECT external_id, seller_id, attributed_by FROM orders ORDER BY placed_at"
            )
        ] == [("early", company.cedar, "storefront"), ("late", company.cedar, "binding")]


BAD = [
    # what is wrong, in which column, what is said
    ({"external_id": ""}, "external_id", "is empty"),
    ({"placed_at": "yesterday"}, "placed_at", "is no time: yesterday"),
    ({"placed_at": "2999-01-01"}, "placed_at", "lies in the future: 2999-01-01"),
    ({"quantity": "0"}, "quantity", "is not between 1 and 100000"),
    ({"quantity": "1.5"}, "quantity", "is no whole number: 1.5"),
    ({"quantity": "-3"}, "quantity", "is no whole number: -3"),
    ({"line_total_minor": "12,50"}, "line_total_minor", "is no whole number: 12,50"),
    ({"line_total_minor": "9999999999999999"}, "line_total_minor", "is too large"),
    ({"paid_at": ""}, "paid_at", "is empty"),
    ({"paid_at": "2026-01-04"}, "paid_at", "is before placed_at"),
    ({"shipped_at": "2026-01-04"}, "shipped_at", "is before paid_at"),
    ({"delivered_at": "2026-01-05 23:00"}, "delivered_at", "is before paid_at or shipped_at"),
    ({"refunded_minor": "200001", "refunded_at": "2026-02-01"}, "refunded_minor", "is more than the line"),
    ({"refunded_minor": "5"}, "refunded_at", "is missing: money went back"),
    ({"refunded_at": "2026-02-01"}, "refunded_at", "is there, but no refunded_minor"),
    ({"currency": "kr"}, "currency", "is no currency code: kr"),
    ({"locale": "de"}, "locale", "is neither en nor sv: de"),
    ({"storefront": "nowhere"}, "storefront", "does not exist: nowhere"),
    ({"sku": "NOTHING-1"}, "sku", "There is no article NOTHING-1."),
    ({"client_email": "\u200bada@example.com"}, "client_email",
     "There is a character here that cannot be seen (U+200B). Write it without."),
    ({"client_name": "Ada\nLind"}, "client_name",
     "There is a character here that cannot be seen (U+000A). Write it without."),
    ({"payment_reference": "7\u202e1"}, "payment_reference",
     "There is a character here that cannot be seen (U+202E). Write it without."),
    ({"client_email": "ada"}, "client_email", "Write an e-mail address like name@example.com."),
    ({"postal_code": "12"}, "postal_code", "Write a postal code of SE."),
    ({"currency": "JPY"}, "currency", "Orders are not taken in JPY."),
    ({"placed_at": "2019-01-01"}, "placed_at", "is before the first published plan"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "reason"), BAD, ids=[reason for _, _, reason in BAD])
def test_a_bad_row_is_named_with_its_field_and_nothing_is_written(
    database: Database,
    company: Company,
    tmp_path: Path,
    changes: dict[str, str],
    field: str,
    reason: str,
) -> None:
    rows = [a_line(external_id="good"), a_line(**changes)]
    with pytest.raises(NothingImported) as refused:
        importing.orders(database, a_csv(tmp_path, rows))
    said = [(p.at, p.field, p.reason) for p in refused.value.problems]
    assert (3, field, reason) in said
    with database.work() as work:
        for table in ("orders", "payment", "fact", "stock_movement", "client_binding"):
            assert work.value(f"SELECT count(*) FROM {table}") == 0


def test_every_problem_of_a_file_is_named_at_once(
    database: Database, company: Company, tmp_path: Path
) -> None:
    rows = [
        a_line(external_id="1", quantity="many"),
        a_line(external_id="2", client_name="", paid_at="?"),
        a_line(external_id="3", city=""),
        a_line(external_id="3", city="Malmö"),
    ]
    with pytest.raises(NothingImported) as refused:
        importing.orders(database, a_csv(tmp_path, rows))
    assert [(p.at, p.field, p.reason) for p in refused.value.problems] == [
        (2, "quantity", "is no whole number: many"),
        (3, "client_name", "is empty"),
        (3, "paid_at", "is no time: ?"),
        (4, "city", "is empty"),
        (5, "city", "differs from line 4 of the same order"),
    ]


def test_an_external_id_that_comes_back_as_another_order_is_refused(
    database: Database, company: Company, tmp_path: Path
) -> None:
    importing.orders(database, a_csv(tmp_path, [a_line()]))
    with pytest.raises(NothingImported) as refused:
        importing.orders(database, a_csv(tmp_path, [a_line(quantity=3)]))
    assert [(p.at, p.field, p.reason) for p in refused.value.problems] == [
        (2, "quantity", "was 2 and is now 3")
    ]


def test_columns_are_named_that_are_missing_or_unknown(
    database: Database, company: Company, tmp_path: Path
) -> None:
    columns = [name for name in FIRST if name != "paid_at"] + ["discount"]
    with pytest.raises(FileUnreadable, match=r"missing: paid_at\. .*not known: discount\."):
        importing.orders(database, a_csv(tmp_path, [a_line(discount=1)], columns=columns))
    with pytest.raises(FileUnreadable, match="There is no file"):
        importing.orders(database, tmp_path / "none.csv")


def test_parquet_says_the_same_as_csv(database: Database, company: Company, tmp_path: Path) -> None:
    source = a_csv(tmp_path, an_order_of_everything())
    target = tmp_path / "orders.parquet"
    with duckdb.connect() as duck:
        # Typed, as a data warehouse would write it.
        duck.execute(f"COPY (SELECT * FROM read_csv('{source}')) TO '{target}' (FORMAT parquet)")
    assert importing.orders(database, target).new == 1
    bad = tmp_path / "bad.parquet"
    with duckdb.connect() as duck:
        duck.execute(
            f"COPY (SELECT * REPLACE ('x' AS quantity) FROM '{target}') TO '{bad}' (FORMAT parquet)"
        )
    with pytest.raises(NothingImported) as refused:
        importing.orders(database, bad)
    assert (refused.value.unit, refused.value.problems[0].at) == ("row", 1)
    assert importing.orders(database, source).known == 1
    assert balances(database, company)[company.cedar, "pending"] == 24800


def test_batches_of_any_size_give_the_same_cents(
    database: Database, company: Company, tmp_path: Path, clock: FixedClock
) -> None:
    rows = [
        a_line(external_id=f"A-{n}", line_total_minor=1000 + 37 * n, client_email=f"c{n % 4}@example.com",
               refunded_minor=7 * n if n % 3 else "", refunded_at="2026-01-20" if n % 3 else "")
        for n in range(1, 24)
    ]  # fmt: skip
    importing.orders(database, a_csv(tmp_path, rows), batch=3)
    small = balances(database, company)
    with database.work() as work:
        amounts = work.rows(
            """SELECT o.external_id, c.rule, c.level, c.kind, c.amount_minor FROM earning c
                 JOIN orders o ON o.home_id = c.home_id AND o.id = c.order_id ORDER BY 1, 2, 3, 4"""
        )
    clock.move(timedelta(days=1))
    assert importing.orders(database, a_csv(tmp_path, rows), batch=1000).known == 23
    assert balances(database, company) == small
    assert sum(row.amount_minor for row in amounts) == sum(small.values())


def test_the_command_tells_progress_problems_and_the_result(
    database: Database, company: Company, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert importing.cli_import(database, a_csv(tmp_path, [a_line()])) == 0
    said = capsys.readouterr()
    assert said.err == "1 of 1 orders\n"
    assert json.loads(said.out) == {
        "orders": 1, "lines": 1, "new": 1, "known": 0, "paid": 1, "shipped": 1, "delivered": 1, "refunds": 0,
    }  # fmt: skip
    many = [a_line(external_id=f"B-{n}", quantity="x") for n in range(60)]
    assert importing.cli_import(database, a_csv(tmp_path, many)) == 1
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert lines[0] == "line 2, quantity: is no whole number: x"
    assert lines[-2:] == ["and 10 more", "60 problems; nothing was imported."]
    assert len(lines) == 52
    assert importing.cli_import(database, a_csv(tmp_path, many[:1])) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "1 problem; nothing was imported."
