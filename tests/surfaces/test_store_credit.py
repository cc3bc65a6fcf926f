"""What staff see of a client's store credit, and give and take back."""

from __future__ import annotations

import pytest
from tests.company import an_order, pay
from tests.earnings.test_settling import every_check_passes, refund
from tests.rewards.friends import ADA_KEY, a_friends_order, a_programme, code_of_ada, credit_of
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, Staff, staffed

from mainstem import rewards, worker
from mainstem.kit.db import Database
from mainstem.money import Money

CLIENT = f"/console/clients?key={ADA_KEY}"
GRANT = f"/console/clients/{ADA_KEY}/store-credit"


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def words(staff: Staff, name: str = "fia") -> str:
    return words_of(staff.reader(name).get(CLIENT)).replace("\N{NO-BREAK SPACE}", " ")


def test_staff_give_a_client_store_credit_with_a_reason_and_take_back_what_is_left(
    staff: Staff,
) -> None:
    staff.delivered((KETTLE, 1))
    fia = staff.reader("fia")
    assert "They have none." in words(staff)
    sent = {
        "amount": "100",
        "currency": "SEK",
        "reason": "The lid was scratched.",
        "expires_on": "",
    }
    assert fia.post(GRANT, sent).status_code in (200, 303)
    assert credit_of(staff.database) == (10_000, 0, 0)
    told = words(staff)
    assert "SEK 100.00" in told
    assert "The lid was scratched." in told
    with staff.database.work() as work:
        credit = work.value("SELECT id FROM store_credit")
    fia.post(f"{GRANT}/{credit}/reversal", {"reason": "It was given twice."})
    assert credit_of(staff.database) == (0, 0, 0)
    every_check_passes(staff.database)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"reason": ""}, "Write why."),
        ({"amount": "much"}, "Write an amount"),
        ({"amount": "9999999"}, "You may give one client"),
        ({"expires_on": "2020-01-01"}, "Choose a day to come."),
    ],
)
def test_what_is_wrong_with_a_grant_is_told_and_nothing_is_given(
    staff: Staff, sent: dict[str, str], told: str
) -> None:
    staff.delivered((KETTLE, 1))
    whole = {"amount": "100", "currency": "SEK", "reason": "The lid.", "expires_on": ""} | sent
    answer = staff.reader("fia").post(GRANT, whole)
    assert told in words_of(answer)
    assert credit_of(staff.database) == (0, 0, 0)


def test_what_one_person_gives_one_client_in_a_year_counts_together(staff: Staff) -> None:
    staff.delivered((KETTLE, 1))
    fia = staff.reader("li")
    whole = {"amount": "3000", "currency": "SEK", "reason": "The lid.", "expires_on": ""}
    fia.post(GRANT, whole)
    assert "You may give one client" in words_of(fia.post(GRANT, whole))
    assert credit_of(staff.database) == (300_000, 0, 0)


def test_whom_a_client_has_sent_stands_on_their_page(staff: Staff) -> None:
    staff.delivered((KETTLE, 1))
    with staff.database.work() as work:
        a_programme(work)
    placed = a_friends_order(staff.database, staff.company, code_of_ada(staff.database))
    told = words(staff)
    assert placed.number in told
    assert "For a friend whom they sent" in told
    assert f"Of order {placed.number}, SEK 1,000.00 was delivered and counts." in told


def test_why_a_friend_gave_nothing_stands_on_the_page_of_whoever_sent_them(staff: Staff) -> None:
    staff.delivered((KETTLE, 1))
    with staff.database.work() as work:
        a_programme(work)
    code = code_of_ada(staff.database)
    a_friends_order(staff.database, staff.company, code)
    a_friends_order(staff.database, staff.company, code)
    assert "It was not the friend's first order." in words(staff)


def test_the_credit_that_was_spent_and_what_came_back_of_it_stand_on_the_order(
    staff: Staff,
) -> None:
    staff.delivered((KETTLE, 1))
    with staff.database.work() as work:
        rewards.give_store_credit(work, ADA_KEY, Money(10_000, "SEK"), reason="The lid.")
        placed = an_order(work, staff.company.shop, (KETTLE, 1), use_store_credit=True)
        pay(work, placed)
    worker.drain(staff.database)
    url = f"/console/orders/{placed.home_id}/{placed.order_id}"

    def told() -> str:
        seen = words_of(staff.reader("fia").get(url)).replace("\N{NO-BREAK SPACE}", " ")
        return seen.replace("\N{MINUS SIGN}", "-")

    assert "Store credit, taken off above -SEK 100.00" in told()
    assert "given back" not in told()
    with staff.database.work() as work:
        refund(work, placed, 57_500, (1, 57_500))
    worker.drain(staff.database)
    assert "of which given back SEK 50.00" in told()
