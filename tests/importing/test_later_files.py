"""A later file may know more of an order, and nothing else: what differs is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.company import KETTLE, REPAIR, SKILLET, Company, a_company, an_order
from tests.importing.test_orders import a_csv, a_line, balances

from mainstem import importing, orders, payments
from mainstem.importing import Imported, NothingImported
from mainstem.kit import db
from mainstem.kit.db import Database

MIGRATIONS = Path(db.__file__).parents[1] / "migrations" / "versions"


@pytest.fixture
def company(database: Database) -> Company:
    """The company, with Cedar's shop under a name that files can use."""
    with database.work() as work:
        company = a_company(work)
        work.run("UPDATE storefront SET slug = 'shop' WHERE id = %(id)s", id=company.shop.id)
    return company


def brought(database: Database, folder: Path, *rows: dict[str, str]) -> Imported:
    return importing.orders(database, a_csv(folder, list(rows)))


def refused(database: Database, folder: Path, *rows: dict[str, str]) -> list[tuple[int, str, str]]:
    with pytest.raises(NothingImported) as said:
        brought(database, folder, *rows)
    return [(one.at, one.field, one.reason) for one in said.value.problems]


def back(minor: int, at: str, **changes: Any) -> dict[str, str]:
    return a_line(refunded_minor=minor, refunded_at=at, **changes)


def test_a_larger_refund_in_a_later_file_books_the_difference(
    database: Database, company: Company, tmp_path: Path
) -> None:
    brought(database, tmp_path, back(50000, "2026-02-01"))
    # Goods of 1,600.00 net, a quarter of which went back: 10 and 3 and 1 % of 1,200.00.
    assert balances(database, company)[company.cedar, "pending"] == 12000
    later = brought(database, tmp_path, back(200000, "2026-02-20T09:00:00Z"))
    assert (later.new, later.known, later.refunds) == (0, 1, 1)
    assert not any(balances(database, company).values())
    with database.work() as work:
        assert work.value("SELECT payment_status FROM orders") == "refunded"
        assert [tuple(row) for row in work.rows(
            "SELECT amount_minor, succeeded_at::date::text FROM refund ORDER BY succeeded_at"
        )] == [(50000, "2026-02-01"), (150000, "2026-02-20")]  # fmt: skip
    again = brought(database, tmp_path, back(200000, "2026-02-20 10:00:00 +0100"))
    assert (again.known, again.refunds) == (1, 0)


CHANGED: list[tuple[dict[str, object], str, str]] = [
    # what another file says, where, and what is answered
    ({"refunded_minor": 5000}, "refunded_minor", "was 50000 and is now 5000"),
    ({"refunded_minor": "", "refunded_at": ""}, "refunded_minor", "was 50000 and is now 0"),
    ({"refunded_at": "2026-02-02"}, "refunded_at", "was 2026-02-01T00:00:00Z and is now 2026-02-02T00:00:00Z"),
    ({"refunded_minor": 60000, "refunded_at": "2026-01-31"}, "refunded_at",
     "is before 2026-02-01T00:00:00Z, when less had gone back"),
    ({"paid_at": "2026-01-05T10:06:00Z"}, "paid_at", "was 2026-01-05T10:05:00Z and is now 2026-01-05T10:06:00Z"),
    ({"payment_reference": "bank 78"}, "payment_reference", "was bank 77 and is now bank 78"),
    ({"payment_reference": ""}, "payment_reference", "was bank 77 and is now empty"),
    ({"client_name": "Bo Ek"}, "client_name", "was Ada Lind and is now Bo Ek"),
    ({"client_email": "bo@example.com"}, "client_email", "was ada@example.com and is now bo@example.com"),
    ({"client_phone": "070-174 06 15"}, "client_phone", "was +46701740605 and is now +46701740615"),
    ({"city": "Malmö"}, "city", "was Stockholm and is now Malmö"),
    ({"placed_at": "2026-01-05T09:00:00Z"}, "placed_at",
     "was 2026-01-05T10:00:00Z and is now 2026-01-05T09:00:00Z"),
    ({"delivered_at": ""}, "delivered_at", "was 2026-01-08T12:00:00Z and is now empty"),
    ({"shipped_at": "2026-01-07T08:00:00Z"}, "shipped_at",
     "was 2026-01-06T08:00:00Z and is now 2026-01-07T08:00:00Z"),
    ({"quantity": 1}, "quantity", "was 2 and is now 1"),
    ({"line_total_minor": 250000}, "line_total_minor", "was 200000 and is now 250000"),
    ({"sku": SKILLET}, "sku", f"was not in the order, and now is: {SKILLET}"),
]  # fmt: skip


def test_another_change_of_what_was_known_is_refused_with_what_was_and_what_is(
    database: Database, company: Company, tmp_path: Path
) -> None:
    first = back(50000, "2026-02-01")
    brought(database, tmp_path, first)
    before = balances(database, company)
    for changes, name, reason in CHANGED:
        row = first | {name: str(value) for name, value in changes.items()}
        assert (2, name, reason) in refused(database, tmp_path, row), changes
    assert refused(database, tmp_path, first, a_line(sku=SKILLET, quantity=1)) == [
        (3, "sku", f"was not in the order, and now is: {SKILLET}")
    ]
    assert balances(database, company) == before


def test_another_spelling_of_the_same_is_no_change(
    database: Database, company: Company, tmp_path: Path
) -> None:
    brought(database, tmp_path, a_line())
    spelled = a_line(
        client_email="ADA@example.com", client_phone="+46 70 174 06 05", postal_code="SE-11455",
        paid_at="2026-01-05 11:05:00 +0100", country="se",
    )  # fmt: skip
    assert brought(database, tmp_path, spelled).known == 1


def test_the_rows_of_an_order_may_come_in_any_order(
    database: Database, company: Company, tmp_path: Path
) -> None:
    one, other = a_line(), a_line(sku=SKILLET, quantity=1, line_total_minor=75000)
    brought(database, tmp_path, one, other)
    assert brought(database, tmp_path, other, one).known == 1
    later = brought(
        database, tmp_path, other | {"refunded_minor": "75000", "refunded_at": "2026-02-01"}, one
    )
    assert later.refunds == 1
    with database.work() as work:
        assert [tuple(row) for row in work.rows("SELECT sku, refunded_minor FROM order_line")] == [
            (KETTLE, 0), (SKILLET, 75000),
        ]  # fmt: skip


def test_of_lines_all_alike_each_is_given_back_once(
    database: Database, company: Company, tmp_path: Path
) -> None:
    plain = a_line(quantity=1, line_total_minor=100000)
    whole = plain | {"refunded_minor": "100000", "refunded_at": "2026-02-01"}
    half = plain | {"refunded_minor": "40000", "refunded_at": "2026-02-01"}
    brought(database, tmp_path, plain, half)
    later = brought(database, tmp_path, whole, plain)
    assert later.refunds == 1
    assert brought(database, tmp_path, plain, whole).refunds == 0
    assert brought(database, tmp_path, whole, whole).refunds == 1
    with database.work() as work:
        assert work.value("SELECT sum(amount_minor) FROM refund") == 200000


def test_a_row_that_is_there_twice_is_refused_with_both_lines_and_the_way_out(
    database: Database, company: Company, tmp_path: Path
) -> None:
    other = a_line(sku=SKILLET, quantity=1, line_total_minor=75000)
    went_back = back(50000, "2026-02-01", external_id="A-2")
    way_out = "take it out, or, if both were sold, add the quantities and amounts into one row"
    assert refused(
        database, tmp_path, a_line(), other, a_line(), a_line(),
        went_back, went_back | {"refunded_at": "2026-02-01 00:00:00Z"},
    ) == [
        (4, "", f"says the same as line 2 of the same order: {way_out}"),
        (5, "", f"says the same as line 2 of the same order: {way_out}"),
        (7, "", f"says the same as line 6 of the same order: {way_out}"),
    ]  # fmt: skip
    with database.work() as work:
        assert work.value("SELECT count(*) FROM orders") == 0
    # The same article at another total, or another part of which went back, is another line; so
    # is the same row of another order.
    apart = a_line(line_total_minor=150000)
    done = brought(
        database, tmp_path, a_line(), apart, back(50000, "2026-02-01"), a_line(external_id="A-2")
    )
    assert (done.new, done.lines) == (2, 4)


def test_a_later_file_with_a_row_twice_is_refused_and_the_same_rows_again_are_not(
    database: Database, company: Company, tmp_path: Path
) -> None:
    brought(database, tmp_path, a_line())
    way_out = "take it out, or, if both were sold, add the quantities and amounts into one row"
    assert refused(database, tmp_path, a_line(), a_line()) == [
        (3, "", f"says the same as line 2 of the same order: {way_out}")
    ]
    went_back = back(50000, "2026-02-01")
    assert refused(database, tmp_path, went_back, went_back) == [
        (3, "", f"says the same as line 2 of the same order: {way_out}")
    ]
    # An order that came with two lines that have since become alike goes on having two.
    half = a_line(external_id="A-2", quantity=1, line_total_minor=100000)
    back_whole = half | {"refunded_minor": "100000", "refunded_at": "2026-02-01"}
    brought(database, tmp_path, half, back_whole)
    assert brought(database, tmp_path, back_whole, back_whole).refunds == 1
    assert brought(database, tmp_path, back_whole, back_whole).refunds == 0
    assert refused(database, tmp_path, back_whole, back_whole, back_whole) == [
        (4, "", f"says the same as line 2 of the same order: {way_out}")
    ]


def test_what_has_happened_here_since_is_no_contradiction(
    database: Database, company: Company, tmp_path: Path
) -> None:
    brought(database, tmp_path, a_line())
    with database.work() as work:
        order = work.row("SELECT home_id, id FROM orders")
        assert order is not None
        payments.request_refund(
            work, *order, amount_minor=150000, reason="returned", lines=[(1, 150000)]
        )
        orders.record_refund(work, [tuple(order)])
    assert brought(database, tmp_path, a_line()).known == 1
    assert brought(database, tmp_path, back(50000, "2026-02-01")).refunds == 1
    assert refused(database, tmp_path, back(50001, "2026-02-02")) == [
        (2, "refunded_minor",
         "is 1 more than before, and only 0 are left to go back: the rest went back here")
    ]  # fmt: skip


def test_an_order_that_did_not_come_by_a_file_is_not_taken_for_one_that_did(
    database: Database, company: Company, tmp_path: Path
) -> None:
    with database.work() as work:
        number = an_order(work, company.shop, (REPAIR, 1), external_id="A-1", channel="lead",
                          lines=[orders.LineWanted(REPAIR, 1, 100000)]).number  # fmt: skip
    assert refused(database, tmp_path, a_line()) == [
        (2, "external_id", f"The external id A-1 already belongs to order {number}.")
    ]


def test_one_person_in_a_file_is_one_client(
    database: Database, company: Company, tmp_path: Path
) -> None:
    emails = ["Ada@Example.com", " ada@example.com", "\uff41da@example.com"]
    rows = [a_line(external_id=f"A-{n}", client_email=email) for n, email in enumerate(emails)]
    brought(database, tmp_path, *rows)
    with database.work() as work:
        assert work.value("SELECT count(DISTINCT client_key) FROM orders") == 1
    assert refused(
        database, tmp_path, a_line(external_id="B", client_email="a\u200bda@example.com")
    ) == [
        (
            2,
            "client_email",
            "There is a character here that cannot be seen (U+200B). Write it without.",
        )
    ]


def test_no_phone_and_no_prefix_of_a_postal_code_keeps_a_file_out(
    database: Database, company: Company, tmp_path: Path
) -> None:
    brought(
        database,
        tmp_path,
        a_line(client_phone="070-000", postal_code="SE-114 55"),
        a_line(external_id="A-2", client_phone="", postal_code="S-114 55"),
    )
    with database.work() as work:
        assert [tuple(row) for row in work.rows(
            "SELECT client ->> 'phone' AS phone, address ->> 'postal_code' AS code FROM orders ORDER BY external_id"
        )] == [("070-000", "114 55"), ("", "114 55")]  # fmt: skip


def test_orders_that_came_before_files_were_remembered_are_remembered_as_they_came(
    database: Database, database_url: str, company: Company, tmp_path: Path
) -> None:
    brought(
        database,
        tmp_path,
        back(50000, "2026-02-01", client_phone="+46701740605"),
        a_line(sku=REPAIR, quantity=1, line_total_minor=100000, client_phone="+46701740605"),
        a_line(external_id="A-2", shipped_at="", delivered_at="", client_phone=""),
        a_line(external_id="A-3", shipped_at="", client_phone=""),
    )
    everything = "SELECT said, lines FROM imported_order ORDER BY external_id"
    [migration] = MIGRATIONS.glob("*_imported_orders.sql")
    sql = migration.read_text()
    backfill = sql[sql.index("CREATE FUNCTION pg_temp") : sql.index("-- The company's own")]
    with psycopg.connect(database_url) as connection:
        before = connection.execute(everything).fetchall()
        connection.execute("DELETE FROM imported_order")
        connection.execute(backfill)
        assert connection.execute(everything).fetchall() == before
        assert len(before) == 3
