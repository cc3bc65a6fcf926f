"""The audit log: who did what, to what, and what was different then; without the clock's noise."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import KETTLE, Staff, order_url, staffed

from mainstem import setup
from mainstem.console import lists
from mainstem.console.audit import download, page
from mainstem.console.audit.told import KINDS, url_of
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import record, record_all
from mainstem.kit.work import Actor
from mainstem.web.staff.words import FACTS

AUDIT = "/console/audit"


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def rows_of(reader: Reader, query: str = "") -> list[dict[str, str]]:
    """The file that this filter gives, row by row."""
    answer = reader.get(f"{AUDIT}.csv{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return [*csv.DictReader(io.StringIO(answer.text))]


def renamed(staff: Staff, name: str) -> None:
    """Fia gives the first location this name."""
    kind = setup.RESOURCES["locations"]
    with staff.database.work(Actor("staff", str(staff.ids["fia"]))) as work:
        key = work.value("SELECT code FROM location ORDER BY position LIMIT 1")
        said = setup.read_one(work, kind, key)
        assert said is not None
        setup.save(work, kind, said.model_copy(update={"name": name}), seen=setup.ANY)


def test_every_fact_that_is_told_in_words_has_its_kind() -> None:
    assert {name.partition(".")[0] for name in FACTS} - KINDS.keys() <= {"gateway", "dispute"}


def test_a_change_of_set_up_is_shown_before_and_after_with_who_made_it(staff: Staff) -> None:
    renamed(staff, "Södra lagret")
    ada = staff.reader("ada")
    words = words_of(ada.get(f"{AUDIT}?kind=setup&by=staff:{staff.ids['fia']}"))
    assert "Setting changed" in words
    assert "Fia" in words
    assert "→ Södra lagret" in words
    [row] = rows_of(ada, "?kind=setup")
    assert row["who"] == "Fia"
    assert row["changed"].endswith("→ Södra lagret")
    assert rows_of(ada, f"?kind=setup&by=staff:{staff.ids['per']}") == []


def test_the_clock_stays_silent_unless_it_is_asked_for(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        for name in ("clock.sweep", "reconcile.payment"):
            record_all(work, name, [(placed.home_id, uuid4())], reacts=False)
    ada = staff.reader("ada")
    everything = {row["fact"] for row in rows_of(ada)}
    assert "order.placed" in everything
    assert not {name for name in everything if name.startswith(("clock.", "reconcile."))}
    assert {row["fact"] for row in rows_of(ada, "?kind=clock")} == {"clock.sweep"}
    assert {row["fact"] for row in rows_of(ada, "?kind=reconcile")} == {"reconcile.payment"}
    feed = words_of(ada.get("/console/facts"))
    assert "Unpaid orders checked" not in feed
    assert "Unpaid orders checked" in words_of(ada.get("/console/facts?whose=clock"))
    assert "Order placed" not in words_of(ada.get("/console/facts?whose=clock"))
    # Of one thing, everything is told.
    assert len(rows_of(ada, f"?about={placed.order_id}")) >= 2


# whom and what the address names → which facts are shown
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?kind=code", {"code.created"}),
        ("?kind=order", {"order.placed"}),
        ("?kind=nonsense", {"code.created", "order.placed"}),
        ("?by=affiliate:{cedar}", {"code.created"}),
        ("?by=affiliate:{cedar}&kind=order", set()),
        ("?by=client'--", {"code.created", "order.placed"}),
        ("?about=MY-CODE", {"code.created"}),
        ("?from=2000-01-01&to=2000-12-31", set()),
    ],
)
def test_the_log_is_narrowed(staff: Staff, query: str, expected: set[str]) -> None:
    with staff.database.work(Actor("affiliate", str(staff.company.cedar))) as work:
        record(work, "code.created", "MY-CODE", home=staff.company.cedar)
    with staff.database.work(Actor("client")) as work:
        record(work, "order.placed", uuid4(), home=staff.company.cedar)
    found = {
        row["fact"] for row in rows_of(staff.reader("ada"), query.format(cedar=staff.company.cedar))
    }
    assert found & {"code.created", "order.placed"} == expected


def test_only_an_admin_reads_it(staff: Staff) -> None:
    for name in ("fia", "li", "per"):
        assert staff.reader(name).get(AUDIT).status_code == 403, name
        assert staff.reader(name).get(f"{AUDIT}.csv").status_code == 403, name


def test_pages_of_the_log_follow_one_another(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "SHOWN", 2)
    with staff.database.work() as work:
        for no in range(3):
            record(work, "stock.counted", f"shelf-{no}")
    first = staff.reader("ada").get(f"{AUDIT}?kind=stock")
    older = html.unescape(re.findall(r'href="([^"]*)" rel="next"', first.text)[0])
    second = staff.reader("ada").get(older)
    shown = [re.findall(r">(shelf-\d)<", part.text) for part in (first, second)]
    assert [len(part) for part in shown] == [2, 1]
    assert {*shown[0], *shown[1]} == {"shelf-0", "shelf-1", "shelf-2"}


def test_a_file_is_read_in_parts_and_says_where_it_was_cut(
    staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staff.database.work() as work:
        for no in range(7):
            record(work, "stock.counted", f"shelf-{no}")
    monkeypatch.setattr(download, "READ_AT_ONCE", 2)
    ada = staff.reader("ada")
    assert sorted(row["about"] for row in rows_of(ada, "?kind=stock")) == [
        f"shelf-{no}" for no in range(7)
    ]
    monkeypatch.setattr(download, "ROWS_MAX", 5)
    rows = rows_of(ada, "?kind=stock")
    assert len(rows) == 6
    assert rows[-1]["what"] == "There is more. Ask for a shorter period."
    monkeypatch.setattr(download, "ROWS_MAX", 7)
    assert len(rows_of(ada, "?kind=stock")) == 7


@pytest.mark.parametrize("subject", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_is_a_formula(staff: Staff, subject: str) -> None:
    with staff.database.work() as work:
        record(work, "stock.counted", subject)
    [row] = rows_of(staff.reader("ada"), "?kind=stock")
    assert row["about"] == f"'{subject}"


ORDER = "01900000-0000-7000-8000-000000000001"
LEADS_TO = [
    ("order.paid", 3, ORDER, f"/console/orders/3/{ORDER}"),
    ("commission.settled", 3, ORDER, f"/console/orders/3/{ORDER}"),
    ("lead.won", 3, ORDER, f"/desk/leads/3/{ORDER}"),
    ("payout.paid", 3, ORDER, f"/console/payouts/3/{ORDER}"),
    ("fulfilment.packed", 3, f"{ORDER}:2", f"/desk/ship/3/{ORDER}/2"),
    ("job.done", 3, f"{ORDER}/1", f"/desk/jobs/3/{ORDER}/1"),
    ("affiliate.paused", 3, "3", "/console/affiliates/3"),
    ("code.created", 3, "MY-CODE", "/console/codes?q=MY-CODE"),
    ("setup.changed", 0, "teams/north", "/console/setup/teams/edit?key=north"),
    ("setup.changed", 0, "gone/north", f"{AUDIT}?about=gone%2Fnorth"),
    ("refund.failed", 3, ORDER, f"{AUDIT}?about={ORDER}"),
    ("order.paid", 3, "<script>", f"{AUDIT}?about=%3Cscript%3E"),
    ("fulfilment.packed", 3, f"{ORDER}:../x", f"{AUDIT}?about={ORDER}%3A..%2Fx"),
    ("person.signed_in", 0, "2", "/console/setup/people"),
    ("rate.set", 0, "USD:SEK", "/console/rates"),
    ("product.changed", 0, "kettle", "/console/setup/products/edit?key=kettle"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "home", "subject", "url"), LEADS_TO)
def test_each_fact_leads_to_its_thing(name: str, home: int, subject: str, url: str) -> None:
    assert url_of(name, home, subject) == url


def test_an_order_in_the_log_opens(staff: Staff, clock: FixedClock) -> None:
    placed = staff.sold((KETTLE, 1))
    clock.move(timedelta(minutes=1))
    shown: Any = staff.reader("ada").get(f"{AUDIT}?kind=order")
    assert f'href="{order_url(placed)}"' in shown.text


def test_the_feed_is_read_newest_first_whatever_it_is_narrowed_to(staff: Staff) -> None:
    staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        for narrowed in ({}, {"clock": True}, {"kind": "order"}, {"actor": "client"}):
            ids = [row.id for row in lists.facts(work, **narrowed).rows]
            assert ids == sorted(ids, reverse=True), narrowed
