"""Staff have a plan tried over what was sold: a worker does it, one at a time, and what came out is kept."""

from __future__ import annotations

import json
import threading
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from tests.company import PLAN
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, Staff, staffed

from mainstem import backtests, lab
from mainstem.backtests import BacktestRuns, running
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.plan import PlanRefused

DEARER: dict[str, Any] = PLAN | {
    "name": "Dearer",
    "rules": {
        "goods": {"levels_bp": [1200, 300, 100], "cap_bp": 1600, "hold_days": 30},
        "service": {"levels_bp": [600, 150, 50], "cap_bp": 800, "hold_days": 14},
    },
}


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    """One kettle for 1,250.00 with tax, 1,000.00 without, is delivered."""
    staff = staffed(database, open_app)
    staff.delivered((KETTLE, 1))
    return staff


def ask(database: Database, **changes: Any) -> UUID:
    with database.work() as work:
        day = work.now().date()
        return backtests.request(
            work, DEARER | changes, first_on=day.replace(day=1), last_on=day.replace(day=28)
        )


def state(database: Database, run: UUID) -> str:
    with database.work() as work:
        return backtests.run_of(work, run).state


def test_a_plan_is_tried_beside_the_one_in_force_and_what_came_out_is_kept(
    staff: Staff, database: Database
) -> None:
    run = ask(database)
    assert backtests.run_next(database) == 1
    assert backtests.run_next(database) == 0
    with database.work() as work:
        it = backtests.run_of(work, run)
        assert (it.state, it.plan, it.against, it.error) == ("done", "Dearer", 1, "")
        report = backtests.report_of(work, run)
    assert report is not None
    assert [report.cost(side, "SEK") for side in lab.SIDES] == [14000, 16000]
    assert not (running.FOLDERS / str(run)).exists()


def test_fia_tries_a_plan_sees_how_far_it_is_and_reads_what_it_costs(
    staff: Staff, database: Database
) -> None:
    fia = staff.reader("fia")
    here = "/console/plan/lab"
    form = {"plan": json.dumps(DEARER), "from_month": "2026-03", "to_month": "2026-03"}
    assert fia.post(here, form).status_code == 303
    assert "Waits for a worker" in words_of(fia.get(here))
    with database.work() as work:
        [it] = backtests.runs(work, most=5).rows
    page = fia.get(f"{here}/{it.id}")
    assert 'http-equiv="refresh"' in page.text
    assert "A worker takes it up in a moment." in words_of(page)
    backtests.run_next(database)
    page = fia.get(f"{here}/{it.id}")
    assert "refresh" not in page.text
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    for told in (
        "In force: First plan SEK 140.00 14 % of what was sold",
        "Tried: Dearer SEK 160.00 16 % of what was sold",
        "Goods, level 0 SEK 100.00 SEK 120.00 +SEK 20.00",
        "1 gain, 0 lose, and 2 earn what they did.",
        "Cedar SEK 100.00 SEK 120.00",
    ):
        assert told in words, (told, words)
    rows = fia.get(f"{here}/{it.id}/report.csv").text.splitlines()
    assert rows[0] == "of,rule,level,kind,currency,before_minor,after_minor"
    assert "sale,goods,0,goods,SEK,10000,12000" in rows
    kept = fia.get(f"{here}/{it.id}/report.json").json()
    assert kept["after"]["plan"] == "Dearer"
    fia.get("/console?lang=sv")
    assert "vinner" in words_of(fia.get(f"{here}/{it.id}"))


def test_what_cannot_be_tried_is_said_beside_its_field(staff: Staff) -> None:
    fia, here = staff.reader("fia"), "/console/plan/lab"
    good = {"plan": json.dumps(DEARER), "from_month": "2026-03", "to_month": "2026-03"}
    for changes, said in (
        ({"plan": ""}, "Say which plan is to be tried."),
        ({"plan": "rules = "}, "This is no TOML"),
        ({"from_month": "March"}, "Write a month, such as 2026-01."),
        ({"from_month": "2026-04"}, "The last month is before the first."),
    ):
        page = fia.post(here, good | changes)
        assert page.status_code == 422
        assert said in words_of(page), said
    assert staff.reader("per").post(here, good).status_code == 403


def test_one_runs_at_a_time_and_who_cancels_it_may_ask_again(
    staff: Staff, database: Database
) -> None:
    first = ask(database)
    with pytest.raises(BacktestRuns):
        ask(database)
    with database.work() as work:
        backtests.cancel(work, first)
    with pytest.raises(InvalidTransition), database.work() as work:
        backtests.cancel(work, first)
    second = ask(database)
    assert backtests.run_next(database) == 1
    assert (state(database, first), state(database, second)) == ("canceled", "done")


def test_a_run_that_is_canceled_meanwhile_keeps_nothing(
    staff: Staff, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ask(database)

    def meanwhile(*given: Any, **more: Any) -> None:
        with database.work() as work:
            backtests.cancel(work, run)
        more["watching"].stopped.set()
        raise lab.Stopped

    monkeypatch.setattr(lab, "backtest", meanwhile)
    backtests.run_next(database)
    assert state(database, run) == "canceled"
    with database.work() as work:
        assert backtests.report_of(work, run) is None


def test_a_worker_that_is_told_to_stop_leaves_the_run_for_the_next(
    staff: Staff, database: Database
) -> None:
    run, stop = ask(database), threading.Event()
    stop.set()
    backtests.run_next(database, stop)
    assert state(database, run) == "waiting"
    backtests.run_next(database)
    assert state(database, run) == "done"


def test_a_run_whose_worker_was_killed_is_ended_and_another_may_be_asked_for(
    staff: Staff, database: Database
) -> None:
    lost = ask(database)
    with database.work() as work:
        work.run(
            """UPDATE backtest_run SET state = 'running',
                      moved_at = clock_timestamp() - interval '4 minutes'"""
        )
    again = ask(database)
    assert state(database, lost) == "failed"
    page = words_of(staff.reader("fia").get(f"/console/plan/lab/{lost}"))
    assert "The worker ended before the backtest did. Run it again." in page
    backtests.run_next(database)
    assert state(database, again) == "done"


def test_what_nobody_may_publish_is_not_tried_and_what_fails_is_told(
    staff: Staff, database: Database
) -> None:
    rules = DEARER["rules"]
    dear = rules | {"goods": rules["goods"] | {"levels_bp": [9000, 5000], "cap_bp": 10000}}
    with pytest.raises(PlanRefused):
        ask(database, rules=dear)
    with database.work() as work:
        run = backtests.request(work, DEARER, first_on=date(2020, 1, 1), last_on=date(2020, 1, 31))
    backtests.run_next(database)
    with database.work() as work:
        it = backtests.run_of(work, run)
        assert (it.state, it.error) == ("failed", "Nothing was sold in these days.")
