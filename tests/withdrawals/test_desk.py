"""The desk: what waits and is due, matching, what was told to others, and the same by program."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from tests.company import BO, INSTALLATION, KETTLE, SKILLET
from tests.surfaces.conftest import (
    Open,
    bare_surfaces,
    light_hashes,
    open_app,
    settings,
    words_of,
)
from tests.surfaces.programs import Program, a_program
from tests.surfaces.shopping import errors_of
from tests.surfaces.staff import Staff, order_url, staffed
from tests.withdrawals.stories import given_back, pieces_of, says, state_of, withdraws, writes_mail

from mainstem import flow, orders, withdrawals, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor
from mainstem.withdrawals import Submitted

__all__ = ["bare_surfaces", "light_hashes", "open_app", "settings"]

LIST = "/console/withdrawals"


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    database.tools = flow.tools()
    return staffed(database, open_app)


@pytest.fixture
def program(staff: Staff, open_app: Open) -> Program:
    return a_program(staff.database, open_app)


def url_of(made: Submitted) -> str:
    return f"{LIST}/{made.home_id}/{made.id}"


def withdrawn(staff: Staff, placed: Any, pieces: dict[int, int]) -> Submitted:
    made = withdraws(staff.database, placed, pieces)
    worker.drain(staff.database)
    return made


def test_what_is_due_first_comes_first_and_what_is_late_says_so(
    staff: Staff, clock: FixedClock
) -> None:
    early = staff.delivered((KETTLE, 1))
    first = withdrawn(staff, early, {1: 1})
    clock.move(timedelta(days=3))
    later = says(staff.database, early, number="00000-00000", name="Eve", contact="eve@example.com")
    worker.drain(staff.database)
    desk = staff.reader("li")
    page = desk.get(LIST)
    found = re.findall(rf'href="({LIST}/[^"]+)"', page.text)
    assert found == [url_of(first), url_of(later)]
    assert "16 Mar 2026" in words_of(page)
    assert "Without an order" in words_of(page)
    assert url_of(first) not in desk.get(f"{LIST}?view=unmatched").text
    clock.move(timedelta(days=30))
    assert "Late" in words_of(staff.reader("li").get(LIST))
    assert staff.reader("per").get(LIST).status_code == 403


def test_goods_that_are_back_are_paid_for_and_the_order_says_so(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    made = withdrawn(staff, placed, {1: 1})
    desk = staff.reader("li")
    assert "Accept and pay back" in words_of(desk.get(url_of(made)))
    wrong = desk.post(
        f"{url_of(made)}/acceptance",
        {"pieces-1": "2", "less-1": "1.250", "delivery": "", "reason": ""},
    )
    assert wrong.status_code == 422
    assert "less-1" in errors_of(wrong)
    answer = desk.post(
        f"{url_of(made)}/acceptance",
        {"pieces-1": "1", "less-1": "250", "delivery": "", "reason": "The lid is scratched."},
    )
    assert answer.status_code == 303, answer.text
    worker.drain(staff.database)
    assert given_back(staff.database, placed.order_id) == 100000
    assert state_of(staff.database, made) == ("accepted", "The lid is scratched.")
    page = words_of(desk.get(order_url(placed)))
    assert "Withdrawals" in page
    assert "Withdrawal answered" in page
    again = desk.post(f"{url_of(made)}/acceptance", {"pieces-1": "1", "delivery": ""})
    assert again.status_code == 409


def test_what_is_more_than_one_may_send_back_alone_waits_for_a_colleague(staff: Staff) -> None:
    writes_mail(staff.database)
    placed = staff.delivered((KETTLE, 8))
    made = withdrawn(staff, placed, {1: 8})
    desk = staff.reader("li")
    answer = desk.post(f"{url_of(made)}/acceptance", {"pieces-1": "8", "delivery": ""})
    assert answer.status_code == 303
    assert given_back(staff.database, placed.order_id) == 0
    assert "Waits for approval" in words_of(staff.reader("fia").get("/console/refunds"))
    worker.drain(staff.database)
    assert state_of(staff.database, made) == ("received", ""), "it may still be denied"
    assert answers_told(staff) == []
    page = words_of(desk.get(url_of(made)))
    assert "A colleague has to approve the money that goes back." in page
    assert "Accept and pay back" not in page
    for decision, said in (
        ("acceptance", {"pieces-1": "8", "delivery": ""}),
        ("refusal", {"reason": "No."}),
    ):
        assert desk.post(f"{url_of(made)}/{decision}", said).status_code == 409
    answered(staff, "approve")
    assert state_of(staff.database, made) == ("accepted", "")
    assert given_back(staff.database, placed.order_id) == placed.total_minor
    assert pieces_of(staff.database, made) == [(1, 8, 0, 8, 0, 1000000)]
    assert answers_told(staff) == ["accepted"]


def test_what_a_colleague_denies_waits_for_the_desk_again_and_nobody_was_told(staff: Staff) -> None:
    writes_mail(staff.database)
    placed = staff.delivered((KETTLE, 8))
    made = withdrawn(staff, placed, {1: 8})
    desk = staff.reader("li")
    desk.post(f"{url_of(made)}/acceptance", {"pieces-1": "8", "delivery": ""})
    answered(staff, "deny", words="Ask for photographs first.")
    assert state_of(staff.database, made) == ("received", "")
    assert pieces_of(staff.database, made) == [(1, 8, 0, 0, 0, 0)]
    assert answers_told(staff) == []
    assert given_back(staff.database, placed.order_id) == 0
    assert "Accept and pay back" in words_of(desk.get(url_of(made)))
    desk.post(f"{url_of(made)}/refusal", {"reason": "It was used for a year."})
    worker.drain(staff.database)
    assert state_of(staff.database, made)[0] == "declined"
    assert answers_told(staff) == ["declined"]


def answered(staff: Staff, verb: str, **words: str) -> None:
    """Finance answers the request that waits, and what follows is done."""
    with staff.database.work(Actor("staff", str(staff.ids["fia"]))) as work:
        [row] = work.rows("SELECT home_id, id FROM approval WHERE state = 'needs_approval'")
        getattr(orders, verb)(work, row.home_id, row.id, **words)
    worker.drain(staff.database)


def answers_told(staff: Staff) -> list[str]:
    """What clients were told of their withdrawals."""
    with staff.database.work() as work:
        rows = work.rows(
            "SELECT context FROM mail WHERE reason = 'withdrawal_answered' ORDER BY id"
        )
    return [row.context["state"] for row in rows]


def test_a_statement_that_fits_no_order_is_matched_or_put_away(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 2))
    made = says(staff.database, placed, name="Adam", contact="adam@example.com")
    other = says(staff.database, placed, number="I have lost it", contact="x@example.com")
    worker.drain(staff.database)
    desk = staff.reader("li")
    wrong = desk.post(f"{url_of(made)}/match", {"number": "00000-00000"})
    assert errors_of(wrong) == {"number": "No order of this shop's affiliate has this number."}
    assert desk.post(f"{url_of(made)}/match", {"number": placed.number}).status_code == 303
    worker.drain(staff.database)
    assert state_of(staff.database, made) == ("accepted", "")
    assert given_back(staff.database, placed.order_id) == placed.total_minor
    closed = desk.post(f"{url_of(other)}/closure", {"reason": "We find no such order."})
    assert closed.status_code == 303
    assert state_of(staff.database, other) == ("closed", "We find no such order.")


def test_what_was_said_in_words_is_read_by_the_desk(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 2), (SKILLET, 1))
    made = says(staff.database, placed, parts="One kettle, please")
    worker.drain(staff.database)
    desk = staff.reader("li")
    page = desk.get(url_of(made))
    assert "One kettle, please" in words_of(page)
    wrong = desk.post(f"{url_of(made)}/pieces", {"pieces-1": "3"})
    assert errors_of(wrong) == {"pieces-1": "At most 2 of this can be withdrawn from."}
    assert desk.post(f"{url_of(made)}/pieces", {"pieces-1": "1"}).status_code == 303
    worker.drain(staff.database)
    assert pieces_of(staff.database, made) == [(1, 1, 1, 0, 0, 125000)]
    assert desk.post(f"{url_of(made)}/pieces", {"pieces-1": "1"}).status_code == 409


def test_a_withdrawal_told_to_the_affiliate_counts_from_the_day_when_it_was_told(
    staff: Staff, clock: FixedClock
) -> None:
    placed = staff.delivered((KETTLE, 1))
    told_on = (clock.now() + timedelta(days=14)).date()
    clock.move(timedelta(days=20))
    desk = staff.reader("li")
    at = f"{order_url(placed)}/withdrawals"
    for day in ("2026-02-01", "2027-01-01", "never"):
        wrong = desk.post(
            at, {"told_on": day, "told_to": "affiliate", "pieces-1": "1", "seen": "0"}
        )
        assert wrong.status_code == 422
        assert "told_on" in errors_of(wrong)
    said = {"told_on": str(told_on), "told_to": "affiliate", "pieces-1": "1", "seen": "0"}
    for _ in range(2):
        assert desk.post(at, said).status_code == 303
    worker.drain(staff.database)
    with staff.database.work() as work:
        rows = work.rows("SELECT id, channel, received_at, recorded_at, state FROM withdrawal")
    assert len(rows) == 1
    assert rows[0].channel == "affiliate"
    assert rows[0].received_at.astimezone(staff.database.tools.zone).date() == told_on
    assert rows[0].state == "received", "in time, though it was written down too late"


def test_a_service_that_is_not_begun_is_canceled_and_paid_back(staff: Staff) -> None:
    placed = staff.sold((INSTALLATION, 1))
    made = withdrawn(staff, placed, {1: 1})
    assert state_of(staff.database, made) == ("accepted", "")
    with staff.database.work() as work:
        assert work.value("SELECT state FROM job") == "canceled"
    assert given_back(staff.database, placed.order_id) == placed.total_minor


def test_a_program_does_what_the_desk_does(staff: Staff, program: Program) -> None:
    placed = staff.delivered((KETTLE, 2))
    made = withdrawn(staff, placed, {1: 2})
    at = f"/company/withdrawals/{made.home_id}/{made.id}"
    body: dict[str, Any] = {"lines": [{"line_no": 1, "pieces": 1}]}
    [waits] = program.sees("/company/withdrawals")["items"]
    assert (waits["id"], waits["pieces"], waits["refund_due_on"]) == (
        str(made.id),
        2,
        "2026-03-16",
    )
    assert program.says(f"{at}/acceptance", body).json()["outcome"] == "done"
    [line] = program.sees(at)["lines"]
    assert (line["returned"], line["waits"], line["refunded_minor"]) == (1, 1, 125000)
    wrong = program.says(f"{at}/acceptance", {"lines": [{"line_no": 1, "pieces": 2}]})
    assert wrong.status_code == 422
    declined = program.says(f"{at}/refusal", {"reason": "It was never sent back."})
    assert declined.json()["outcome"] == "done"
    assert state_of(staff.database, made) == ("partly_accepted", "It was never sent back.")
    order = f"/company/orders/{placed.home_id}/{placed.order_id}/withdrawals"
    entered = program.says(order, {"told_on": "2026-03-02", "told_to": "company"})
    assert entered.json()["outcome"] == "done", entered.text


def test_an_affiliate_sees_that_an_order_was_withdrawn_from_and_not_what_anybody_typed(
    staff: Staff,
) -> None:
    placed = staff.sold((KETTLE, 1), client=BO)
    said = says(
        staff.database, placed, name=BO.name, contact="secret@example.com", parts="Private words"
    )
    worker.drain(staff.database)
    with staff.database.work(home=staff.company.cedar) as work:
        found = withdrawals.of_order(work, placed.home_id, placed.order_id)
        assert [one.id for one in found] == [said.id]
        with pytest.raises(Exception, match="permission denied"):
            work.rows("SELECT contact FROM withdrawal")
    with staff.database.work(home=staff.company.birch) as work:
        assert work.rows("SELECT id FROM withdrawal") == []


def test_the_desk_is_told_before_it_books_what_the_client_may_still_withdraw_from(
    staff: Staff, clock: FixedClock
) -> None:
    placed = staff.sold((INSTALLATION, 1))
    at = f"/desk/jobs/{placed.home_id}/{placed.order_id}/1"
    said = "has not asked us to begin before"
    page = words_of(staff.reader("li").get(at))
    assert said in page
    assert "16 Mar 2026" in page
    clock.move(timedelta(days=15))
    assert said not in words_of(staff.reader("li").get(at))
