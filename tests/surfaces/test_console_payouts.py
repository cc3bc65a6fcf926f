"""The console's money room: payouts called off, who is left out and why, refunds that failed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, Staff, month_passes, staffed

from mainstem import commissions, invariants, ledger, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database


@pytest.fixture
def house(database: Database, open_house: Open) -> Staff:
    return staffed(database, open_house)


def sound(house: Staff) -> None:
    """The company's truths hold."""
    with house.database.work() as work:
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def payable(house: Staff, clock: FixedClock) -> None:
    """Cedar, Birch and Alder have 200.00, 60.00 and 20.00 to be paid."""
    house.delivered((KETTLE, 2))
    month_passes(clock)
    with house.database.work() as work:
        commissions.release(work, clock.now().date())


def reserved(house: Staff, clock: FixedClock, provider: str = "bank") -> Any:
    house.pay_account(house.company.cedar, provider)
    payable(house, clock)
    house.reader("fia").post("/console/payouts")
    with house.database.work() as work:
        return work.row("SELECT home_id, id, number FROM payout")


def payout_url(payout: Any) -> str:
    return f"/console/payouts/{payout.home_id}/{payout.id}"


def cedars_payable(house: Staff) -> int:
    with house.database.work() as work:
        return ledger.balance(work, house.company.cedar, "payable", "SEK").minor


def test_a_payout_that_our_bank_cannot_pay_is_called_off_with_its_reason(
    house: Staff, clock: FixedClock
) -> None:
    payout = reserved(house, clock)
    fia, url = house.reader("fia"), f"{payout_url(payout)}/cancellation"
    page = fia.post(url, {"reason": ""})
    assert (page.status_code, "Say why" in words_of(page)) == (422, True)
    assert cedars_payable(house) == 0
    assert fia.post(url, {"reason": "The bank knows no such account"}).status_code == 303
    assert "The money is payable again." in fia.get("/console/payouts").text
    assert cedars_payable(house) == 20000
    page = words_of(fia.get("/console/payouts?view=all"))
    assert "Cancelled Called off: The bank knows no such account" in page
    again = fia.post(url, {"reason": "Again"})
    assert again.status_code == 409
    assert "This payout is cancelled; it cannot be called off now." in words_of(again)
    worker.drain(house.database)
    assert cedars_payable(house) == 20000
    with house.database.work() as work:
        actor = work.value("SELECT actor FROM fact WHERE name = 'payout.called_off'")
    assert actor == f"staff:{house.ids['fia']}"
    sound(house)


def test_a_payout_on_hold_is_called_off_after_a_question(house: Staff, clock: FixedClock) -> None:
    payout = reserved(house, clock, "stripe")
    with house.database.work() as work:
        work.run("UPDATE payout SET state = 'on_hold', error = 'account_closed: gone'")
        work.run("DELETE FROM fact_waiting")
    fia = house.reader("fia")
    page = fia.get("/console/payouts?view=held")
    assert "Call it off" in words_of(page)
    assert "to Cedar? It is payable again." in page.text
    url = f"{payout_url(payout)}/cancellation"
    assert fia.post(url, {"reason": "She has left"}).status_code == 303
    worker.drain(house.database)
    with house.database.work() as work:
        row = work.row("SELECT state, called_off FROM payout")
    assert (row.state, row.called_off) == ("canceled", "She has left")
    assert cedars_payable(house) == 20000
    sound(house)


def test_only_finance_calls_a_payout_off(house: Staff, clock: FixedClock) -> None:
    payout = reserved(house, clock)
    for name in ("li", "per"):
        answer = house.reader(name).post(f"{payout_url(payout)}/cancellation", {"reason": "x"})
        assert answer.status_code == 403
    assert cedars_payable(house) == 0
