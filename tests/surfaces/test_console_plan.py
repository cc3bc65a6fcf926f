"""The plan's page: what the rates are of, and a new version with its confirmation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.company import PLAN
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import Staff, staffed

from mainstem.kit.db import Database
from mainstem.plan import book


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def a_plan(name: str, cap_bp: int, *levels_bp: int) -> str:
    rules: Any = PLAN["rules"]
    goods = rules["goods"] | {"levels_bp": list(levels_bp), "cap_bp": cap_bp}
    return json.dumps(PLAN | {"name": name, "rules": rules | {"goods": goods}})


def test_the_page_says_of_what_the_rates_are(staff: Staff) -> None:
    with staff.database.work() as work:
        work.run("UPDATE product SET commissionable_bp = 4000 WHERE slug = 'repair'")
    page = words_of(staff.reader("fia").get("/console/plan")).replace("\N{NO-BREAK SPACE}", " ")
    for told in (
        "Whoever made the sale gets 10 % of what counts for commission.",
        "Of Repair, 40 % of it counts.",
        "rounded down together, and made whole by largest remainder",
    ):
        assert told in page, (told, page)


def test_a_plan_that_its_cap_cuts_is_published_only_once_that_is_meant(staff: Staff) -> None:
    fia = staff.reader("fia")
    form = {"document": a_plan("Three under a low cap", 1400, 1000, 800, 700)}
    asked = fia.post("/console/plan", form)
    assert asked.status_code == 409
    page = words_of(asked).replace("\N{NO-BREAK SPACE}", " ")
    assert "Publish it only if it is." in page
    assert "The levels add up to 25 %, above their cap of 14 %." in page
    assert "Yes, this is meant: publish it so" in page
    assert "who sold gets 5.6 % instead of 10 %" in page
    assert "Three under a low cap" in asked.text, "what was typed stays"
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM plan_version") == 1
    answer = fia.post("/console/plan", form | {"confirmed": "yes"})
    assert answer.status_code == 303
    page = words_of(fia.get("/console/plan"))
    assert "Version 2 of the plan is published." in page
    assert "Three under a low cap version 2" in page
    with staff.database.work() as work:
        row = work.row("SELECT published_by FROM plan_version WHERE version = 2")
        assert row is not None
        assert row.published_by == f"staff:{staff.ids['fia']}"


def test_a_plan_that_pays_more_than_the_whole_is_refused(staff: Staff) -> None:
    fia = staff.reader("fia")
    form = {"document": a_plan("Too much", 10000, 9000, 5000, 4000), "confirmed": "yes"}
    page = fia.post("/console/plan", form)
    assert page.status_code == 422
    assert "180 %, more than the whole of what is sold" in words_of(page).replace(
        "\N{NO-BREAK SPACE}", " "
    )
    swedish = staff.reader("fia")
    swedish.get("/console/plan?lang=sv")
    assert "mer än allt som säljs" in words_of(swedish.post("/console/plan", form))
    cut = {"document": a_plan("Cut", 1400, 1000, 800, 700)}
    told = words_of(swedish.post("/console/plan", cut)).replace("\N{NO-BREAK SPACE}", " ")
    assert "5,6 % i stället för 10 %" in told


def test_what_is_no_plan_or_no_day_is_said_beside_its_field(staff: Staff) -> None:
    fia = staff.reader("fia")
    good = a_plan("Another", 1400, 1000, 300, 100)
    for form, said in (
        ({"document": "{\n'"}, "This is no JSON: look at line 2."),
        ({"document": "[]"}, "A plan is a JSON object."),
        ({"document": "[" * 20_000}, "This is no plan that anybody could read."),
        ({"document": ""}, "This is no JSON: look at line 1."),
        ({"document": '{"\\ud800": 1}'}, "There is a character here that cannot be seen (U+D800)"),
        ({"document": good.replace("Another", "\\ud800")}, "cannot be seen (U+D800)"),
        ({"document": good.replace("Another", "\\u0000")}, "cannot be seen (U+0000)"),
        ({"document": good, "effective_from": "2026-02-30"}, "Give a day, from today on."),
        ({"document": good, "effective_from": "2026-03-01"}, "Give a day, from today on."),
        ({"document": good, "effective_from": "9999-12-31"}, "Give a day, from today on."),
        ({"document": "{}"}, "Give the plan a name."),
    ):
        page = fia.post("/console/plan", form)
        assert page.status_code == 422, form
        assert said in words_of(page), said


def test_a_plan_for_a_later_day_begins_with_that_day_where_the_company_lives(staff: Staff) -> None:
    form = {
        "document": a_plan("For summer", 1400, 1000, 300, 100),
        "effective_from": "2026-07-01",
    }
    assert staff.reader("fia").post("/console/plan", form).status_code == 303
    with staff.database.work() as work:
        start = work.value("SELECT effective_from FROM plan_version WHERE version = 2")
        assert start.isoformat() == "2026-06-30T22:00:00+00:00"
        assert book.in_force(work, work.now()).version == 1
        assert book.in_force(work, start).version == 2


def test_who_picks_parcels_publishes_no_plan(staff: Staff) -> None:
    form = {"document": a_plan("Mine", 1400, 1400)}
    assert staff.reader("per").post("/console/plan", form).status_code == 403
