"""The company's work done by its programs alone: no page is opened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE, a_lead, pay
from tests.surfaces.conftest import Open, light_hashes, open_app, settings
from tests.surfaces.programs import Program, a_program
from tests.surfaces.staff import Staff, month_passes, staffed

from mainstem import invariants, leads, ledger, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.kit.work import CLIENT

__all__ = ["light_hashes", "open_app", "settings"]


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


@pytest.fixture
def program(staff: Staff, open_app: Open) -> Program:
    return a_program(staff.database, open_app)


def sound(staff: Staff) -> None:
    """Nothing of the company contradicts itself."""
    worker.drain(staff.database)
    with staff.database.work() as work:
        assert [finding for finding in invariants.check(work) if finding.wrong] == []


def test_an_order_is_picked_sent_delivered_and_refunded(staff: Staff, program: Program) -> None:
    placed = staff.sold((KETTLE, 2))
    [waiting] = program.sees("/company/fulfilments?state=released")["items"]
    assert (waiting["order"], waiting["pieces"]) == (str(placed.order_id), 2)
    at = f"/company/fulfilments/{waiting['home']}/{waiting['order']}/{waiting['no']}"

    assert program.does(f"{at}/picking")["outcome"] == "done"
    assert program.does(f"{at}/picking")["outcome"] == "done_before"
    [line] = program.sees(at)["lines"]
    scan = {"code": line["sku"], "quantity": 1, "picked": 0}
    assert program.does(f"{at}/picks", scan)["facts"] == {"left": 1}
    late = program.says(f"{at}/picks", scan)
    assert (late.status_code, late.json()["code"]) == (409, "list_moved_on")
    assert program.does(f"{at}/picks", scan | {"picked": 1})["facts"] == {"left": 0}
    program.does(f"{at}/parcel", {"carrier": "PostNord", "tracking": "SE123"})
    program.does(f"{at}/handover")
    [parcel] = program.sees("/company/parcels")["items"]
    assert (parcel["tracking"], parcel["no"]) == ("SE123", 1)
    named = {name: parcel[name] for name in ("home", "order", "no")}
    assert program.does("/company/deliveries", {"parcels": [named]})["facts"] == {"n": 1}
    assert program.does(f"{at}/delivery")["outcome"] == "done_before"
    worker.drain(staff.database)

    of_order = f"/company/orders/{placed.home_id}/{placed.order_id}"
    order = program.sees(of_order)
    assert order["fulfillment_status"] == "delivered"
    assert (order["asked_minor"], order["still_here"]) == (0, 0)
    total = order["lines"][0]["total_minor"]
    refund = {
        "currency": "SEK",
        "lines": [{"line_no": 1, "amount_minor": total // 2}],
        "reason": "One came broken.",
        "seen": {"asked_minor": 0, "still_here": 0},
    }
    assert program.does(f"{of_order}/refunds", refund)["outcome"] == "done"
    assert program.does(f"{of_order}/refunds", refund)["outcome"] == "done_before"
    assert (
        program.says(f"{of_order}/refunds", refund | {"reason": "Another reason."}).json()["code"]
        == "refunded_meanwhile"
    )
    sound(staff)
    order = program.sees(of_order)
    assert (order["payment_status"], order["refunded_minor"]) == ("partially_refunded", total // 2)
    [one] = order["refunds"]
    assert (one["reason"], one["amount_minor"]) == ("One came broken.", total // 2)


def test_an_order_that_has_not_left_is_canceled(staff: Staff, program: Program) -> None:
    placed = staff.sold((KETTLE, 1))
    at = f"/company/orders/{placed.home_id}/{placed.order_id}"
    assert program.does(f"{at}/cancellation", {"reason": "Ordered twice."})["outcome"] == "done"
    sound(staff)
    assert program.sees(at)["state"] == "canceled"
    again = program.says(f"{at}/cancellation", {"reason": "Ordered twice."})
    assert (again.status_code, again.json()["code"]) == (409, "invalid_transition")


def test_a_lead_is_qualified_quoted_won_booked_and_signed_off(
    staff: Staff, program: Program, clock: FixedClock
) -> None:
    company = staff.company
    with staff.database.work() as work:
        a_lead(work, company.shop)
    [lead] = program.sees("/company/leads")["items"]
    at = f"/company/leads/{lead['home']}/{lead['id']}"
    program.does(f"{at}/qualification")
    program.does(f"{at}/reaching", {"by": "phone"})
    program.does(f"{at}/notes", {"words": "Wants it before midsummer."})
    said = {"words": "Wants it before midsummer."}
    assert program.does(f"{at}/notes", said)["outcome"] == "done_before"
    quote = {"currency": "SEK", "amount_minor": 250000, "scope": "Mend it.", "days": 14}
    program.does(f"{at}/quote", quote)
    program.does(f"{at}/quote/sending")
    [standing] = program.sees("/company/quotes")["items"]
    assert (standing["lead"], standing["amount_minor"]) == (lead["id"], 250000)

    with staff.database.work(CLIENT) as work:
        placed = leads.accept_quote(
            work, company.cedar, standing["lead"], standing["no"], name="Ada Lind"
        )
    assert program.sees(at)["state"] == "won"
    with staff.database.work() as work:
        pay(work, placed)
    worker.drain(staff.database)

    [job] = program.sees("/company/jobs")["items"]
    at = f"/company/jobs/{job['home']}/{job['order']}/{job['line']}"
    [first, *_] = program.sees(f"{at}/times?half_hours=4")["teams"]
    booking = {"team": first["team"], "starts_at": first["starts"][0], "half_hours": 4}
    assert program.does(f"{at}/schedule", booking)["outcome"] == "done"
    assert program.does(f"{at}/schedule", booking)["outcome"] == "done_before"
    [booked] = program.sees("/company/jobs?view=under_way")["items"]
    assert booked["starts_at"] == first["starts"][0]
    program.does(f"{at}/departure")
    program.does(f"{at}/arrival")
    program.does(f"{at}/report", {"report": "New element fitted."})
    [done] = program.sees("/company/jobs?view=sign_off")["items"]
    assert done["order"] == str(placed.order_id)
    program.does(f"{at}/signature", {"by": "Ada Lind"})
    sound(staff)
    assert program.sees(at)["signed_off_by"] == "Ada Lind"
    with staff.database.work() as work:
        # 2,500.00 with 25 % tax is 2,000.00 net: 6 %, 1.5 % and 0.5 % of it.
        assert ledger.balances(work, [company.cedar, company.birch, company.alder]) == {
            (company.cedar, "pending", "SEK"): 12000,
            (company.birch, "pending", "SEK"): 3000,
            (company.alder, "pending", "SEK"): 1000,
        }


def test_what_affiliates_have_earned_is_paid_out(
    staff: Staff, program: Program, clock: FixedClock
) -> None:
    staff.delivered((KETTLE, 4))
    month_passes(clock)
    with staff.database.work() as work:
        record(work, "clock.daily", work.now().date().isoformat())
    worker.drain(staff.database)
    account = {"currency": "SEK", "account": "SE45 5000 0000 0583 9825 7466"}
    program.does(f"/company/affiliates/{staff.company.cedar}/bank", account)

    assert program.does("/company/payouts")["facts"] == {"n": 1}
    assert program.does("/company/payouts")["outcome"] == "nothing_to_do"
    [payout] = program.sees("/company/payouts?state=reserved&currency=SEK")["items"]
    at = f"/company/payouts/{payout['home']}/{payout['id']}"
    paid = {"reference": "MB-2041"}
    assert program.does(f"{at}/confirmation", paid)["outcome"] == "done"
    assert program.does(f"{at}/confirmation", paid)["outcome"] == "done_before"
    sound(staff)
    [payout] = program.sees("/company/payouts?state=paid")["items"]
    assert (payout["amount_minor"], payout["reference"]) == (40000, "MB-2041")


def test_codes_and_rates_are_kept(staff: Staff, program: Program, clock: FixedClock) -> None:
    code = {"affiliate": "cedar", "code": "CEDAR10"}
    program.does("/company/codes", code)
    program.does("/company/codes/CEDAR10/affiliate", {"affiliate": "birch"})
    program.does("/company/codes/CEDAR10/retirement")
    rate: dict[str, Any] = {
        "from": "EUR",
        "to": "SEK",
        "rate": "11.2350",
        "source": "ECB",
        "published": (clock.now() - timedelta(hours=1)).isoformat(),
    }
    program.does("/company/rates", rate)
    bare = program.says("/company/rates", rate | {"published": "2026-03-02T08:00:00"})
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (422, "/published")
    with staff.database.work() as work:
        found = work.row(
            "SELECT affiliate_id, retired_at FROM referral_code WHERE code = 'CEDAR10'"
        )
        assert found is not None
        assert found.affiliate_id == staff.company.birch and found.retired_at is not None
        assert work.value("SELECT actor FROM exchange_rate").startswith("integration:")
