"""Periods on pages: staff preview and close one, a program previews, and affiliates see how far they are."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.company import BO
from tests.months import APRIL, MARCH, a_sale, pays_for_periods, tiers
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.programs import a_program
from tests.surfaces.staff import PASSWORD, Staff, staffed

from mainstem import cli_periods, identity, payments, periods, worker
from mainstem.identity import passwords
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database

RANKS = {
    "leg_share_of": "needed_volume",
    "sale_sees": "paid_as_of_last_period",
    "grace_periods": 0,
    "ranks": [
        {"id": "silver", "personal_minor": {"SEK": 1_000_000}},
        {"id": "gold", "personal_minor": {"SEK": 5_000_000}, "clients": 3},
    ],
}


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    """The company of the golden month: 27,600.00, and its first order 5,000.00."""
    return staffed(database, open_app)


def a_month_of_sales(staff: Staff) -> Any:
    with staff.database.work() as work:
        first = a_sale(work, staff.company.shop, 500_000)
        a_sale(work, staff.company.shop, 2_260_000, client=BO)
        pays_for_periods(work, tiers=[tiers()], ranks=RANKS)
        periods.refresh(work)
    return first


def april_begins(staff: Staff, clock: FixedClock) -> None:
    clock.move(datetime(2026, 4, 2, 10, tzinfo=UTC) - clock.now())
    worker.drain(staff.database)


def plain(page: Any) -> str:
    return words_of(page).replace("\N{NO-BREAK SPACE}", " ")


def test_two_of_finance_close_a_month_on_its_page(staff: Staff, clock: FixedClock) -> None:
    a_month_of_sales(staff)
    fia = staff.reader("fia")
    assert "It is open: these are the figures so far." in words_of(
        fia.get("/console/periods/2026-03")
    )
    april_begins(staff, clock)
    fia = staff.reader("fia")
    assert fia.post("/console/periods/2026-03/preview").status_code == 303
    page = plain(fia.get("/console/periods/2026-03"))
    assert "2026-03 is previewed. Somebody else closes it." in page
    assert "Waits for a second person" in page
    assert "1,534.00" in page
    assert "Ranks that change" in page
    assert "Close the period" not in page, "not for whoever previewed it"
    refused = fia.post("/console/periods/2026-03/close")
    assert refused.status_code == 403
    assert "You previewed this period yourself." in words_of(refused)
    other = staff.reader("ada")
    assert "Close the period" in words_of(other.get("/console/periods/2026-03"))
    assert other.post("/console/periods/2026-03/close").status_code == 303
    page = words_of(other.get("/console/periods/2026-03"))
    assert "2026-03 is closed. What it pays is held and then payable." in page
    assert "2026-03 Closed" in words_of(other.get("/console/periods"))
    assert "2026-03" in words_of(other.get(f"/console/affiliates/{staff.company.cedar}"))


def test_a_difference_to_the_preview_before_is_shown(staff: Staff, clock: FixedClock) -> None:
    first = a_month_of_sales(staff)
    april_begins(staff, clock)
    fia = staff.reader("fia")
    fia.post("/console/periods/2026-03/preview")
    with staff.database.work() as work:
        payments.request_refund(
            work, first.home_id, first.order_id, amount_minor=first.total_minor, reason="returned"
        )
    worker.drain(staff.database)
    outdated = staff.reader("ada").post("/console/periods/2026-03/close")
    assert outdated.status_code == 409
    assert "Something has changed since 2026-03 was previewed." in words_of(outdated)
    fia.post("/console/periods/2026-03/preview")
    assert "378.00" in plain(fia.get("/console/periods/2026-03"))


def test_a_program_previews_and_reads_and_a_person_closes(
    staff: Staff, open_app: Open, clock: FixedClock
) -> None:
    a_month_of_sales(staff)
    april_begins(staff, clock)
    program = a_program(staff.database, open_app)
    assert program.does("/company/periods/2026-03/preview")["facts"] == {"period": "2026-03"}
    [april_or_march, *_] = program.sees("/company/periods")["items"]
    assert april_or_march["state"] in ("open", "previewed")
    [due] = program.sees("/company/period-earnings?period=2026-03")["items"]
    assert (due["affiliate"], due["rule"], due["amount_minor"]) == ("Cedar", "volume", 153_400)
    assert program.ask("GET", "/company/period-earnings").status_code == 404
    assert program.says("/company/periods/2026-03/close").status_code in (404, 405)


def test_an_empty_list_leads_to_the_plan(staff: Staff) -> None:
    page = staff.reader("fia").get("/console/periods")
    assert "The plan pays for no periods" in words_of(page)
    assert staff.reader("fia").get("/console/periods/nothing").status_code == 404


def test_an_affiliate_sees_how_far_they_are_and_what_comes_next(
    staff: Staff, open_app: Open, clock: FixedClock
) -> None:
    clock.move(datetime(2026, 3, 11, 9, tzinfo=UTC) - clock.now())
    a_month_of_sales(staff)
    with staff.database.work() as work:
        person = identity.create_person(
            work, email="cedar@people.example", name="Cedar",
            password_hash=passwords.hash_password(PASSWORD),
        )  # fmt: skip
        identity.grant(work, person, "affiliate", affiliate_id=staff.company.cedar)

    def signed_in() -> Any:
        reader = open_app()
        reader.client.headers["accept-language"] = "en"
        assert reader.sign_in("cedar@people.example").status_code == 303
        return reader

    reader = signed_in()
    assert "2026-03 so far" in words_of(reader.get("/portal"))
    page = plain(reader.get("/portal/periods"))
    for told in (
        "This month", "to 2 clients", "It would pay as it stands", "1,534.00", "Paid as silver",
        "To gold", "2 of 3", "1 missing", "as in the 10 of 31 days that are over",
    ):  # fmt: skip
        assert told in page, (told, page)
    april_begins(staff, clock)
    with staff.database.work() as work:
        periods.refresh(work)
    staff.reader("fia").post("/console/periods/2026-03/preview")
    staff.reader("ada").post("/console/periods/2026-03/close")
    page = plain(signed_in().get("/portal/periods"))
    assert "Nothing has counted yet" in page
    assert "What you sold in 2026-03 comes to" in page
    assert "payable on" in page


def test_the_commands_of_periods(
    staff: Staff, clock: FixedClock, capsys: pytest.CaptureFixture[str]
) -> None:
    a_month_of_sales(staff)
    april_begins(staff, clock)

    def says(verb: Any, **given: Any) -> tuple[int, str]:
        status = verb(staff.database, argparse.Namespace(**given))
        told = capsys.readouterr()
        return status, told.out + told.err

    status, told = says(cli_periods.list_periods)
    assert status == 0 and "2026-03" in told
    fia = {"period": MARCH, "by": "fia@example.com"}
    status, told = says(cli_periods.preview_period, **fia)
    assert status == 0 and "volume: 1534.00 SEK to 1" in told
    assert "s  1 earnings are worked out" in told, "whoever waits is told how far it is"
    status, told = says(cli_periods.close_period, **fia)
    assert status == 1 and "You previewed this period yourself." in told
    status, told = says(cli_periods.close_period, period=MARCH, by="nobody@example.com")
    assert status == 1 and "Nobody of the staff" in told
    status, told = says(cli_periods.close_period, period=MARCH, by="ada@example.com")
    assert status == 0 and "2026-03 is closed." in told
    assert "s  1 earnings are booked" in told
    status, told = says(cli_periods.check_periods, period=None)
    assert status == 0 and "2026-03 comes out the same to the cent." in told
    assert says(cli_periods.check_periods, period=APRIL)[0] in (0, 1)
