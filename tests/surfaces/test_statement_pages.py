"""An affiliate's month: what was earned and went back, by rule and level, as a page and as a file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from tests.company import INSTALLATION, KETTLE, SKILLET
from tests.earnings.test_settling import deliver, refund
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.staff import Staff, staffed

from mainstem import identity, worker
from mainstem.identity import passwords
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def owner(staff: Staff, affiliate: int) -> Reader:
    """Whoever owns an affiliate, signed in."""
    email = f"owner{affiliate}@affiliates.example"
    with staff.database.work() as work:
        person = identity.create_person(
            work, email=email, name="Olle", locale="en",
            password_hash=passwords.hash_password(PASSWORD),
        )  # fmt: skip
        identity.grant(work, person, "affiliate", affiliate_id=affiliate)
    reader = staff.open_app()
    reader.sign_in(email)
    return reader


def rows_of(reader: Reader, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(reader.get(f"/portal/earnings.csv{query}").text)))


def test_a_month_is_told_with_its_sums_and_filtered_by_rule_and_level(
    staff: Staff, clock: FixedClock
) -> None:
    database, company = staff.database, staff.company
    with database.work() as work:
        first = staff.sold((KETTLE, 1), (INSTALLATION, 1))
        deliver(work, first, (1, 1), (2, 1))
    worker.drain(database)
    with database.work() as work:
        refund(work, first, 62_500, (1, 62_500))
    worker.drain(database)
    clock.move(timedelta(days=31))
    with database.work() as work:
        deliver(work, staff.sold((SKILLET, 1)), (1, 1))
    worker.drain(database)

    cedar, birch = owner(staff, company.cedar), owner(staff, company.birch)
    april = words_of(cedar.get("/portal/earnings")).replace("\N{NO-BREAK SPACE}", " ")
    assert "Earned SEK 64.00" in april
    march = words_of(cedar.get("/portal/earnings?month=2026-03")).replace("\N{NO-BREAK SPACE}", " ")
    # 10 % of 1,000.00, of which half went back, and 6 % of what counts of the installation.
    assert "Earned SEK 148.00" in march
    assert "Went back -SEK 50.00" in march.replace("\N{MINUS SIGN}", "-")
    assert "Together SEK 98.00" in march
    goods = words_of(cedar.get("/portal/earnings?month=2026-03&rule=goods"))
    assert "Together SEK 50.00" in goods.replace("\N{NO-BREAK SPACE}", " ")
    assert "Nothing was earned" in words_of(cedar.get("/portal/earnings?month=2026-03&level=1"))
    assert "SEK 15.00" in words_of(
        birch.get("/portal/earnings?month=2026-03&level=1&rule=goods")
    ).replace("\N{NO-BREAK SPACE}", " ")

    rows = rows_of(cedar, "?month=2026-03")
    assert sum(float(row["amount"]) for row in rows) == 98.00
    assert {(row["kind"], row["rule"], row["level"]) for row in rows} == {
        ("credit", "goods", "0"), ("credit", "service", "0"), ("reversal", "goods", "0"),
    }  # fmt: skip
    assert all(first.number in row["why"] for row in rows)
    assert [row["rule"] for row in rows_of(cedar, "?month=2026-03&rule=service")] == ["service"]
    assert rows_of(cedar, "?month=2026-02") == rows_of(cedar), (
        "a month that there is not is this one"
    )


def test_a_file_holds_every_line_of_a_month_however_many_pages_they_are(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstem_affiliates.portal.statement.READ_AT_ONCE", 2)
    with staff.database.work() as work:
        for _ in range(5):
            deliver(work, staff.sold((KETTLE, 1)), (1, 1))
    worker.drain(staff.database)
    rows = rows_of(owner(staff, staff.company.cedar))
    assert [row["amount"] for row in rows] == ["100.00"] * 5
