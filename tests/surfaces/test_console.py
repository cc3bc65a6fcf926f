"""The console: the funnel, orders, money, facts, the demo's clock; and who may open what."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.company import BO, a_lead, a_paid_order, a_quoted_lead, an_order
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import (
    KETTLE,
    REPAIR,
    SKILLET,
    Staff,
    hidden,
    month_passes,
    order_url,
    pick_url,
    staffed,
)

from mainstem import earnings, invariants, ledger, payments, payouts, worker
from mainstem.console.clock import ClockIsReal, let_time_pass
from mainstem.kit import inbox
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.kit.settings import Settings
from mainstem.ledger.chart import Entry, Transfer
from mainstem.orders import ClientDetails, Placed


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def sound(staff: Staff) -> None:
    """The company's checks pass."""
    with staff.database.work() as work:
        assert not [finding for finding in invariants.check(work) if finding.wrong]


# ------------------------------------------------------------------------- the funnel


def test_the_funnel_counts_what_stands_at_a_step_and_leads_there(staff: Staff) -> None:
    staff.sold((KETTLE, 1))
    staff.sold((SKILLET, 1))
    staff.sold((REPAIR, 1))
    with staff.database.work() as work:
        a_lead(work, staff.company.shop)
        a_quoted_lead(work, staff.company.birch_shop, client=BO)
    page = staff.reader("ada").get("/console")
    words = words_of(page)
    for told in ("To pick 2", "New leads 1", "Quotes out 1", "Visits without a team 1"):
        assert told in words, told
    assert "Picking" not in words, "what is nothing is not shown"
    assert 'href="/desk/ship"' in page.text


def test_each_role_sees_its_part_of_home(staff: Staff) -> None:
    staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        a_quoted_lead(work, staff.company.birch_shop, client=BO)
        a_lead(work, staff.company.shop)
        record(work, "order.delivered", uuid4(), home=staff.company.cedar)
        work.run("UPDATE fact_waiting SET state = 'dead', attempts = 12")
    shown = {
        "ada": {"To pick", "Quotes out", "New leads", "Failed tasks"},
        "fia": set(),
        "per": {"To pick"},
        "li": {"Quotes out", "New leads"},
    }
    for name, labels in shown.items():
        words = words_of(staff.reader(name).get("/console"))
        seen = {
            one for one in ("To pick", "Quotes out", "New leads", "Failed tasks") if one in words
        }
        assert seen == labels, name


def test_each_role_opens_its_own_part_of_the_console(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    cedar = staff.company.cedar
    areas = {
        "orders": ["/console/orders", order_url(placed)],
        "money": ["/console/payouts", "/console/ledger", "/console/ledger/0/sales/SEK",
                  f"/console/ledger/{cedar}/pending/SEK", "/console/affiliates",
                  f"/console/affiliates/{cedar}", "/console/plan"],
        "facts": ["/console/facts", "/console/clock"],
    }  # fmt: skip
    expected = {
        "ada": {"orders": 200, "money": 200, "facts": 200},
        "fia": {"orders": 200, "money": 200, "facts": 403},
        "li": {"orders": 200, "money": 403, "facts": 403},
        "per": {"orders": 403, "money": 403, "facts": 403},
    }
    for name, by_area in expected.items():
        reader = staff.reader(name)
        for area, status in by_area.items():
            for path in areas[area]:
                assert reader.get(path).status_code == status, (name, path)


def test_forms_without_a_token_are_refused(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    fia = staff.reader("fia")
    for path in ("/console/payouts", f"{order_url(placed)}/refunds"):
        answer = fia.client.post(path, data={"amount": "1", "reason": "x", "asked": "0"})
        assert answer.status_code == 403, path
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM refund") == 0


# ------------------------------------------------------------------------- search


def test_the_only_thing_found_opens_at_once(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    fia = staff.reader("fia")
    typed = placed.number.replace("-", "").lower()
    for text in (placed.number, typed, "ADA@example.com"):
        answer = fia.get(f"/console/search?q={text}")
        assert answer.headers.get("location") == order_url(placed), text


def test_a_search_finds_only_what_the_reader_may_open(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    per, li = staff.reader("per"), staff.reader("li")
    assert per.get("/console/search?q=SE123").headers["location"] == pick_url(placed)
    assert li.get("/console/search?q=SE123").headers["location"] == order_url(placed)
    assert "Nothing found" in words_of(per.get("/console/search?q=ada@example.com"))
    assert "Nothing found" in words_of(li.get("/console/search?q=Cedar"))
    assert staff.reader("fia").get("/console/search?q=ceda").status_code == 303
    assert "Nothing found" in words_of(staff.reader("fia").get("/console/search?q=%25"))


# ------------------------------------------------------------------------- orders


def test_a_split_order_says_how_many_pieces_each_place_gives(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 150))
    page = words_of(staff.reader("fia").get(order_url(placed)))
    assert "0 of 1 lines" not in page
    assert "100 of 150 pieces" in page
    assert "50 of 150 pieces" in page


def test_what_the_gateway_calls_by_a_code_is_told_in_words(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency, amount_minor,
                                    opened_at)
               VALUES (%(home)s, %(id)s, %(order)s, 'du_1', 'needs_response', 'SEK', 100, %(now)s)""",
            home=placed.home_id,
            id=uuid4(),
            order=placed.order_id,
            now=work.now(),
        )
        work.run(
            """INSERT INTO payout (home_id, id, number, period, provider, account, currency,
                                   amount_minor, state, error, reserved_at)
               VALUES (%(home)s, %(id)s, 'AAAAA-AAAAA', '2026-03-02', 'stripe', 'acct_1', 'SEK', 100,
                       'failed', 'account_closed', %(now)s)""",
            home=placed.home_id,
            id=uuid4(),
            now=work.now(),
        )
    fia = staff.reader("fia")
    order, payouts = fia.get(order_url(placed)), fia.get("/console/payouts?view=held")
    assert "needs_response" not in order.text
    assert "Disputed: answer it" in words_of(order)
    assert "account_closed" not in payouts.text
    assert "The bank account has been closed." in words_of(payouts)


def test_an_orders_page_explains_every_cent_and_every_step(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    page = words_of(staff.reader("fia").get(order_url(placed)))
    for told in (
        "Kettle (sv)",
        "Paid SEK 2,500.00",
        "All of the SEK 2,000.00 without tax counts for commission. 10 % of that is SEK 200.00.",
        "+SEK 200.00",
        "+SEK 60.00",
        "+SEK 20.00",
        "Total SEK 280.00",
        "Order routing",
        "Goods from STH",
        "1 of 1 lines Comes later in the company's order",
        "A sale to a real client",
        "Picking started",
        "PostNord SE123",
        "Per",
    ):
        assert told in page.replace("\N{NO-BREAK SPACE}", " "), told


def refund_form(reader: Reader, placed: Placed, **fields: str) -> dict[str, str]:
    """The refund form as it stands on the page, filled in."""
    asked = hidden(reader.get(order_url(placed)), "asked")
    return {"asked": asked, "reason": "Dented"} | fields


def test_staff_are_asked_whether_the_goods_still_go(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 3))
    fia, url = staff.reader("fia"), f"{order_url(placed)}/refunds"
    page = words_of(fia.get(order_url(placed)))
    assert "Should the goods still be shipped?" in page
    assert "3 pieces not shipped. Empty: as many as the amount pays for." in page
    form = refund_form(fia, placed, **{"line-1": "100", "goods": "go", "still": "3"})
    assert fia.post(url, form).status_code == 303
    with staff.database.work() as work:
        assert work.value("SELECT canceled FROM order_line") == 0
    form = refund_form(fia, placed, **{"line-1": "100", "pieces-1": "2", "goods": "stay"})
    refused = fia.post(url, form)
    assert refused.status_code == 422
    assert "The 2 of KETTLE-1 that are not to ship cost SEK 2,500.00." in words_of(refused)
    form = refund_form(fia, placed, **{"line-1": "2500", "pieces-1": "2", "goods": "stay"})
    assert fia.post(url, form | {"still": "4"}).status_code == 409, "another page than this one"
    assert fia.post(url, form | {"still": "3"}).status_code == 303
    assert fia.post(url, form | {"still": "3"}).status_code == 303, "sent twice"
    with staff.database.work() as work:
        assert work.value("SELECT canceled FROM order_line") == 2
        assert work.value("SELECT count(*) FROM refund") == 2
    page = words_of(fia.get(order_url(placed)))
    assert "Cancel what is not shipped (1 piece)" not in page, "nothing is shipped yet"
    assert fia.post(f"{order_url(placed)}/refunds", form | {"pieces-1": "x"}).status_code == 422
    sound(staff)


def test_a_refund_by_line_takes_the_same_part_of_the_commission_back(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2), (SKILLET, 1))
    fia, url = staff.reader("fia"), f"{order_url(placed)}/refunds"
    answer = fia.post(url, refund_form(fia, placed, **{"line-1": "1250"}))
    assert answer.status_code == 303, words_of(answer)
    worker.drain(staff.database)
    page = words_of(fia.get(order_url(placed))).replace("\N{NO-BREAK SPACE}", " ")
    assert "Refunded \N{MINUS SIGN}SEK 1,250.00" in page
    assert "Dented" in page
    assert "\N{MINUS SIGN}SEK 100.00" in page
    with staff.database.work() as work:
        assert work.value("SELECT refunded_minor FROM order_line WHERE line_no = 1") == 125000
        assert work.value("SELECT sum(amount_minor)::int FROM earning WHERE level = 0") == 16400
        row = work.one("SELECT actor, reason FROM refund")
        assert (row.actor, row.reason) == (f"staff:{staff.ids['fia']}", "Dented")
    sound(staff)


def test_a_refund_sent_twice_goes_back_once(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    fia, url = staff.reader("fia"), f"{order_url(placed)}/refunds"
    form = refund_form(fia, placed, amount="100")
    assert fia.post(url, form).status_code == 303
    again = fia.post(url, form)
    assert again.status_code == 303
    assert "This refund was requested already." in fia.get(order_url(placed)).text
    with staff.database.work() as work:
        assert work.value("SELECT array_agg(amount_minor) FROM refund") == [10000]


def test_two_who_refund_at_once_are_told_of_each_other(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    fia, ada, url = staff.reader("fia"), staff.reader("ada"), f"{order_url(placed)}/refunds"
    fias, other = refund_form(fia, placed, amount="100"), refund_form(ada, placed, amount="100")
    assert fia.post(url, fias).status_code == 303
    page = ada.post(url, other)
    assert page.status_code == 409
    assert "Something was refunded since this page was loaded." in words_of(page)
    assert hidden(page, "asked") == "10000"
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM refund") == 1


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"amount": "2500.01"}, 409, "Only SEK 2,500.00 of SEK 2,500.01 can still be refunded."),
        ({"line-1": "2501"}, 409, "can still be refunded"),
        ({"line-7": "1"}, 409, "can still be refunded"),
        ({"amount": "12.5"}, 422, "Write an amount with 2 decimals or none"),
        ({"amount": "-5"}, 422, "Write an amount with 2 decimals or none"),
        ({"line-1": "all"}, 422, "Write an amount with 2 decimals or none"),
        ({}, 422, "Write how much to refund, and for which lines."),
        ({"amount": "5", "reason": ""}, 422, "Say why, in at most 500 characters"),
    ],
)
def test_a_refund_that_cannot_be_is_refused_on_the_page(
    staff: Staff, fields: dict[str, str], status: int, said: str
) -> None:
    placed = staff.delivered((KETTLE, 2))
    fia = staff.reader("fia")
    page = fia.post(f"{order_url(placed)}/refunds", refund_form(fia, placed, **fields))
    assert (page.status_code, said in words_of(page)) == (status, True), words_of(page)
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM refund") == 0


def test_a_large_sum_waits_for_a_second_person(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 16))
    li, fia, url = staff.reader("li"), staff.reader("fia"), order_url(placed)
    assert "Above SEK 5,000.00 of one order" in words_of(li.get(url))
    answer = li.post(f"{url}/cancellation", {"reason": "Moved"})
    assert answer.status_code == 303
    page = li.get(url)
    assert "A colleague has to approve it." in page.text
    assert "Li asks to cancel the order: SEK 20,000.00 would be refunded." in words_of(page)
    assert "Withdraw the request" in words_of(page)
    assert placed.number in words_of(fia.get("/console/refunds"))
    assert "To approve" in words_of(fia.get("/console"))
    [asked] = re.findall(rf'action="({url}/approvals/[^/]+)/approval"', fia.get(url).text)
    assert f"{asked}/approval" not in page.text
    assert li.post(f"{asked}/approval").status_code == 403
    assert "Somebody else has to approve it." in words_of(li.post(f"{asked}/approval"))
    assert fia.post(f"{asked}/denial", {"reason": ""}).status_code == 422
    assert fia.post(f"{asked}/approval").status_code == 303
    again = fia.post(f"{asked}/approval")
    assert "This request is approved; it cannot be approved now." in words_of(again)
    worker.drain(staff.database)
    done = words_of(fia.get(url))
    assert "Approved by a colleague" in done
    assert "Refund succeeded" in done
    with staff.database.work() as work:
        assert work.value("SELECT state FROM orders") == "canceled"
    sound(staff)


def test_a_denied_request_says_why_and_a_small_sum_waits_for_nobody(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 16))
    li, fia, url = staff.reader("li"), staff.reader("fia"), order_url(placed)
    form = refund_form(li, placed, amount="5000.01", goods="stay")
    for _ in range(2):  # sent twice
        assert li.post(f"{url}/refunds", form).status_code == 303
    per = staff.reader("per")
    assert "Wait" in words_of(per.get("/desk/ship"))
    assert "Keep the goods here" in words_of(per.get(pick_url(placed)))
    assert "a refund to the client waits" in words_of(per.post(f"{pick_url(placed)}/picking"))
    [asked] = re.findall(rf'action="({url}/approvals/[^/]+)/denial"', fia.get(url).text)
    fia.post(f"{asked}/denial", {"reason": "A replacement is on its way."})
    page = words_of(li.get(url))
    assert "A replacement is on its way." in page
    assert "Denied: nothing is refunded" in page
    assert li.post(f"{url}/refunds", form | {"amount": "5000"}).status_code == 303
    with staff.database.work() as work:
        assert work.rows("SELECT amount_minor FROM refund") == [(500000,)]
    sound(staff)


def test_a_broken_promise_is_seen_where_people_work(staff: Staff, clock: FixedClock) -> None:
    placed = staff.sold((KETTLE, 1))
    per = staff.reader("per")
    page = words_of(per.get("/desk/ship"))
    assert "9 Mar 2026" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Late" not in page
    clock.move(timedelta(days=8))
    assert "Late" in words_of(staff.reader("per").get("/desk/ship"))
    page = words_of(staff.reader("fia").get(order_url(placed)))
    assert "Promised by 9 Mar 2026." in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Late" in page


def test_a_picker_sends_no_money_back(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    form = {"asked": "0", "amount": "1", "reason": "x"}
    assert staff.reader("per").post(f"{order_url(placed)}/refunds", form).status_code == 403
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM refund") == 0


def test_an_order_is_cancelled_with_its_reason_and_only_before_it_leaves(staff: Staff) -> None:
    kept, gone = staff.sold((KETTLE, 1)), staff.delivered((SKILLET, 1))
    li = staff.reader("li")
    page = li.post(f"{order_url(kept)}/cancellation", {"reason": ""})
    assert (page.status_code, "Say why" in words_of(page)) == (422, True)
    assert li.post(f"{order_url(kept)}/cancellation", {"reason": "Moved"}).status_code == 303
    again = li.post(f"{order_url(kept)}/cancellation", {"reason": "Moved"})
    assert again.status_code == 409
    assert "This order is cancelled; it cannot be cancelled now." in words_of(again)
    assert "All of it is shipped already." in words_of(li.get(order_url(gone)))
    assert "it earns no commission" in words_of(li.get(order_url(kept)))
    assert "it earns commission when it is delivered" in words_of(li.get(order_url(gone)))
    assert li.post(f"{order_url(gone)}/cancellation", {"reason": "x"}).status_code == 409
    worker.drain(staff.database)
    with staff.database.work() as work:
        states = work.rows("SELECT id, state, refunded_minor = paid_minor AS back FROM orders")
    assert {(row.id, row.state, row.back) for row in states} == {
        (kept.order_id, "canceled", True),
        (gone.order_id, "placed", False),
    }
    sound(staff)


def test_what_a_bank_has_taken_is_not_called_refunded(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        work.run("UPDATE orders SET payment_status = 'disputed', disputed_minor = paid_minor")
    li = staff.reader("li")
    answer = li.post(f"{order_url(placed)}/cancellation", {"reason": "Moved"})
    assert answer.status_code == 303
    words = words_of(li.get(answer.headers["location"]))
    assert "it is refunded if the chargeback is won" in words
    assert "What was paid is refunded" not in words


def test_a_dispute_that_was_won_and_a_refund_that_came_back_are_not_told_as_new_ones(
    staff: Staff,
) -> None:
    """Both are recorded again when they end: what stands in the timeline must be true of both."""
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency, amount_minor,
                                    withdrawn_minor, fee_minor, booked_minor, booked_fee_minor, bookings,
                                    movements, opened_at)
               VALUES (%(home)s, %(id)s, %(order)s, 'du_1', 'won', 'SEK', 125000, 0, 0, 0, 0, 0, 0,
                       %(now)s)""",
            home=placed.home_id,
            id=uuid4(),
            order=placed.order_id,
            now=work.now(),
        )
        for name in ("payment.disputed", "order.disputed", "order.refunded"):
            record(work, name, placed.order_id, home=placed.home_id)
        work.run("DELETE FROM fact_waiting")
    page = staff.reader("fia").get(order_url(placed))
    told = words_of(page)
    assert "Won: the money is ours" in told
    for untrue in ("Payment disputed", "Dispute added", "Refund added", "\N{MINUS SIGN}SEK 0.00"):
        assert untrue not in told.replace("\N{NO-BREAK SPACE}", " "), untrue
    for true in ("News of a dispute", "Disputed amount of the order updated"):
        assert true in told
    assert "Refunded amount of the order updated" in told


@pytest.mark.parametrize(
    ("reason", "english", "swedish"),
    [
        ("canceled", "The order is cancelled.", "Ordern är avbruten."),
        ("dispute_lost", "The dispute was lost.", "Tvisten förlorades."),
        ("paid_too_late", "its goods had been released.", "varorna redan hade släppts."),
        ("Dented lid", "Dented lid", "Dented lid"),
    ],
)
def test_why_the_company_refunds_by_itself_is_told_in_words(
    staff: Staff, reason: str, english: str, swedish: str
) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=125000, reason=reason
        )
        work.run("DELETE FROM fact_waiting")
        work.run("UPDATE refund SET state = 'failed', error = 'declined'")
    fia = staff.reader("fia")
    for language, told in (("en", english), ("sv", swedish)):
        for page in (order_url(placed), "/console/refunds"):
            fia.get(f"{page}?lang={language}")
            words = words_of(fia.get(page))
            assert told in words, (language, page)
            assert "dispute_lost" not in words
            assert "paid_too_late" not in words


def test_an_order_that_is_not_there_is_not_found(staff: Staff) -> None:
    assert staff.reader("fia").get(f"/console/orders/1/{uuid4()}").status_code == 404


def test_an_unpaid_order_has_its_page(staff: Staff) -> None:
    with staff.database.work() as work:
        placed = an_order(work, staff.company.shop, (KETTLE, 1))
    page = words_of(staff.reader("fia").get(order_url(placed)))
    assert "Nothing has been paid yet." in page
    assert "There is nothing left to refund." in page
    assert placed.number in words_of(staff.reader("fia").get("/console/orders"))


# ------------------------------------------------------------------------- money


def test_payouts_are_run_by_hand_once_a_day_and_confirmed_once(
    staff: Staff, clock: FixedClock
) -> None:
    staff.pay_account(staff.company.cedar)
    staff.delivered((KETTLE, 2))
    month_passes(clock)
    with staff.database.work() as work:
        earnings.release(work, clock.now().date())
    fia = staff.reader("fia")
    payable = words_of(fia.get("/console/payouts"))
    assert "SEK 280.00 payable to 3 affiliates · paid from SEK 200.00" in payable
    for said in ("One payout is reserved.", "Nobody has enough to be paid now."):
        assert fia.post("/console/payouts").status_code == 303
        assert said in fia.get("/console/payouts").text
    worker.drain(staff.database)
    with staff.database.work() as work:
        payout = work.one("SELECT home_id, id, amount_minor, state FROM payout")
        assert (payout.amount_minor, payout.state) == (20000, "requested")
        assert work.value("SELECT actor FROM fact WHERE name = 'payout.run'") == (
            f"staff:{staff.ids['fia']}"
        )
    url = f"/console/payouts/{payout.home_id}/{payout.id}/confirmation"
    assert "Mark as paid" in words_of(fia.get("/console/payouts?view=bank"))
    unsaid = fia.post(url)
    assert (unsaid.status_code, "Write the bank's reference" in words_of(unsaid)) == (422, True)
    for reference in ("BG 5050-1055, 27 Nov", "another"):
        assert fia.post(url, {"reference": reference}).status_code == 303
    with staff.database.work() as work:
        assert work.value("SELECT reference FROM payout") == "BG 5050-1055, 27 Nov"
        assert work.value("SELECT count(*) FROM fact WHERE name = 'payout.paid'") == 1
        assert ledger.balance(work, 0, "bank_cash", "SEK").minor == 20000 - 250000
    sound(staff)


def test_a_held_payout_shows_its_error_and_is_tried_again(staff: Staff, clock: FixedClock) -> None:
    staff.pay_account(staff.company.cedar)
    staff.delivered((KETTLE, 2))
    month_passes(clock)
    with staff.database.work() as work:
        earnings.release(work, clock.now().date())
    fia = staff.reader("fia")
    fia.post("/console/payouts")
    with staff.database.work() as work:
        work.run("UPDATE payout SET state = 'on_hold', error = 'account_restricted: passport'")
        payout = work.one("SELECT home_id, id FROM payout")
    page = words_of(fia.get("/console/payouts?view=held"))
    assert "account_restricted: passport" in page
    url = f"/console/payouts/{payout.home_id}/{payout.id}"
    assert fia.post(f"{url}/confirmation", {"reference": "BG 1"}).status_code == 409
    assert fia.post(f"{url}/retry").status_code == 303
    with staff.database.work() as work:
        row = work.one("SELECT state, error FROM payout")
        assert (row.state, row.error) == ("reserved", None)
        work.run("UPDATE payout SET state = 'paid'")
    again = fia.post(f"{url}/retry")
    assert again.status_code == 409
    assert "This payout is paid; it cannot be retried now." in words_of(again)


def test_a_failed_payout_waits_for_the_one_that_overtook_it(
    staff: Staff, clock: FixedClock
) -> None:
    staff.pay_account(staff.company.cedar)
    staff.delivered((KETTLE, 2))
    month_passes(clock)
    with staff.database.work() as work:
        earnings.release(work, clock.now().date())
    fia = staff.reader("fia")
    fia.post("/console/payouts")
    with staff.database.work() as work:
        work.run("UPDATE payout SET state = 'failed'")
        failed = work.one("SELECT home_id, id FROM payout")
        work.run(
            """INSERT INTO payout SELECT home_id, %(id)s, 'LATER-00001', period + 7, provider,
                      account, currency, amount_minor, 'reserved', NULL, NULL, NULL, reserved_at
                 FROM payout""",
            id=uuid4(),
        )
    page = fia.post(f"/console/payouts/{failed.home_id}/{failed.id}/retry")
    assert page.status_code == 409
    assert "Another payout to this affiliate is in progress." in words_of(page)


def test_the_books_sum_to_zero_and_the_audit_says_so(staff: Staff) -> None:
    staff.delivered((KETTLE, 2))
    fia = staff.reader("fia")
    assert "Last checked" not in words_of(fia.get("/console/ledger"))
    assert fia.post("/console/ledger/checks").status_code == 303
    page = words_of(fia.get("/console/ledger"))
    assert "The check has begun." in page
    assert "A check is under way, asked for at" in page
    assert fia.post("/console/ledger/checks").status_code == 303
    assert "A check is under way already." in words_of(fia.get("/console/ledger"))
    worker.drain(staff.database)
    page = words_of(fia.get("/console/ledger"))
    assert "under way" not in page
    assert "Last checked" in page
    assert "Trial balance in SEK" in page
    assert "Total SEK 2,780.00 SEK 2,780.00 SEK 0.00" in page
    assert "checks passed." in page
    # What the company has and has spent grows by debits: nothing here is below zero.
    assert "SEK 280.00 debit" in page
    assert "credit" in page
    assert "\N{MINUS SIGN}" not in page
    entries = words_of(fia.get(f"/console/ledger/{staff.company.cedar}/pending/SEK"))
    assert "In the return window Cedar , SEK SEK 200.00" in entries
    assert "Commission on order" in entries
    assert fia.get("/console/ledger/0/pending/SEK").status_code == 404
    assert fia.get("/console/ledger/999/pending/SEK").status_code == 404


def test_an_audit_that_finds_something_names_it(staff: Staff) -> None:
    staff.delivered((KETTLE, 2))
    with staff.database.work() as work:
        ledger.roll_up(work)
    with staff.database.work() as work:
        ledger.roll_up(work)
        work.run(
            "UPDATE ledger_balance SET balance_minor = balance_minor + 1 WHERE account = 'tax'"
        )
    fia = staff.reader("fia")
    fia.post("/console/ledger/checks")
    worker.drain(staff.database)
    page = words_of(fia.get("/console/ledger"))
    assert "One check failed." in page
    assert "Every rolled-up balance is the sum of its entries One contradicts it : 0 tax" in page


def test_the_ledger_shows_the_last_audit_with_what_differs_and_a_link_to_the_order(
    staff: Staff,
) -> None:
    placed = staff.delivered((KETTLE, 2))
    fia = staff.reader("fia")
    assert "Each night every commission is worked out again" in words_of(fia.get("/console/ledger"))
    assert fia.post("/console/ledger/audits").status_code == 303
    page = words_of(fia.get("/console/ledger"))
    assert "The audit has begun." in page
    assert "An audit is under way, asked for at" in page
    fia.post("/console/ledger/audits")
    assert "An audit is under way already." in words_of(fia.get("/console/ledger"))
    worker.drain(staff.database)
    page = words_of(fia.get("/console/ledger"))
    assert "1 orders and 3 lines were worked out again" in page
    assert "Nothing differs." in page
    with staff.database.work() as work:
        work.run(
            """INSERT INTO earning (home_id, source_id, rule, level, no, beneficiary_id, kind, currency,
                                    amount_minor, base_minor, returned_minor, rate_bp, plan_version,
                                    held_until, explanation, credited_at)
               SELECT home_id, source_id, rule, level, 9, beneficiary_id, kind, currency, 1, base_minor,
                      returned_minor, rate_bp, plan_version, held_until, explanation, credited_at
                 FROM earning WHERE level = 1"""
        )
    fia.post("/console/ledger/audits")
    worker.drain(staff.database)
    answer = fia.get("/console/ledger")
    page = words_of(answer)
    assert "One amount differs." in page
    assert f"{placed.number} goods Level 1 Birch Credited amount SEK 60.00 SEK 60.01" in page
    assert f'href="/console/orders/{placed.home_id}/{placed.order_id}"' in answer.text


def test_an_accounts_entries_are_paged(staff: Staff) -> None:
    with staff.database.work() as work:
        ledger.post(
            work,
            [
                Transfer(0, f"test:{n}", f"Entry number {n:03}", "SEK", work.now().date(), [
                    Entry(0, "sales", "C", 100), Entry(0, "suspense", "D", 100)])
                for n in range(60)
            ],
        )  # fmt: skip
    fia = staff.reader("fia")
    first = fia.get("/console/ledger/0/sales/SEK")
    assert "Entry number 059" in first.text
    assert "Entry number 009" not in first.text
    older = first.text.partition('rel="prev"')[0].split("?page=")[1].split('"')[0]
    second = fia.get(f"/console/ledger/0/sales/SEK?page={older}")
    assert "Entry number 009" in second.text
    assert "Entry number 010" not in second.text
    assert fia.get("/console/ledger/0/sales/SEK?page=x").status_code == 200


def test_an_affiliates_page_shows_their_place_and_their_accounts(staff: Staff) -> None:
    staff.pay_account(staff.company.cedar)
    staff.delivered((KETTLE, 2))
    fia = staff.reader("fia")
    page = words_of(fia.get(f"/console/affiliates/{staff.company.birch}"))
    for told in (
        "Sponsors In the network Alder",
        "One affiliate in the team The whole team Cedar",
        "SEK 60.00",
        "Your team won this client, level 1.",
    ):
        assert told in page, told
    assert "Bank Can be paid" in words_of(fia.get(f"/console/affiliates/{staff.company.cedar}"))
    assert "Nobody by that name" in words_of(fia.get("/console/affiliates?q=zzz"))
    assert fia.get("/console/affiliates/999").status_code == 404


def test_the_plan_in_force_is_told_in_words(staff: Staff) -> None:
    page = words_of(staff.reader("fia").get("/console/plan")).replace("\N{NO-BREAK SPACE}", " ")
    for told in ("First plan version 1",
                 "Goods Whoever made the sale gets 10 % of what counts for commission. The sponsor at"
                 " level 1 gets 3 % of the same. The sponsor at level 2 gets 1 % of the same. All levels"
                 " together get 14 % of that at most", "It is held for 30 days",
                 "Less than €20.00 or SEK 200.00 is not paid out"):  # fmt: skip
        assert told in page, (told, page)


# ------------------------------------------------------------------------- facts


def test_a_dead_letter_is_shown_and_retried(staff: Staff) -> None:
    with staff.database.work() as work:
        record(work, "order.delivered", uuid4(), home=staff.company.cedar)
        work.run(
            """UPDATE fact_waiting SET state = 'dead', attempts = 12, error = 'ValueError: broken'
                WHERE consumer = 'commissions'"""
        )
        id = work.value("SELECT id FROM fact_waiting")
    ada = staff.reader("ada")
    page = words_of(ada.get("/console/facts"))
    for told in ("Delivered order.delivered", "Failed", "ValueError: broken", "12"):
        assert told in page, told
    assert "Failed tasks 1" in words_of(ada.get("/console"))
    assert ada.post(f"/console/facts/{id}/commissions/retry").status_code == 303
    with staff.database.work() as work:
        row = work.one("SELECT state, attempts FROM fact_waiting WHERE consumer = 'commissions'")
        assert (row.state, row.attempts) == ("waiting", 0)
        retried = work.one("SELECT subject, actor FROM fact WHERE name = 'fact.revived'")
        assert (retried.subject, retried.actor) == (str(id), f"staff:{staff.ids['ada']}")
    worker.drain(staff.database)
    assert ada.post(f"/console/facts/{id}/commissions/retry").status_code == 303
    assert "It has run already." in ada.get("/console/facts").text
    assert ada.post(f"/console/facts/{uuid4()}/commissions/retry").status_code == 404


def test_staff_see_which_events_were_refused_and_why(staff: Staff) -> None:
    ada = staff.reader("ada")
    assert "Events that were refused" not in ada.get("/console/facts").text
    with staff.database.work() as work:
        inbox.note_refused(work, "signature", times=3)
        inbox.note_refused(work, "other_account", type="payout.paid", account="acct_theirs")
    page = words_of(ada.get("/console/facts"))
    assert "Its signature matches none of our signing secrets." in page
    assert "It was about an account that is not ours. payout.paid acct_theirs 1" in page


def test_the_feed_is_narrowed_to_one_thing_and_turned_page_by_page(staff: Staff) -> None:
    placed, other = staff.sold((KETTLE, 1)), staff.sold((SKILLET, 1))
    ada = staff.reader("ada")
    about = ada.get(f"/console/facts?subject={placed.order_id}").text
    assert str(placed.order_id) in about
    assert str(other.order_id) not in about
    with staff.database.work() as work:
        for n in range(120):
            record(work, "stock.counted", f"{n}@1")
    first = ada.get("/console/facts").text
    older = first.split("?page=")[1].split('"')[0]
    second = ada.get(f"/console/facts?page={older}").text
    assert ">119@1<" in first
    assert ">5@1<" not in first
    assert ">5@1<" in second
    assert ">119@1<" not in second
    assert "No activity found" in words_of(ada.get("/console/facts?subject=nobody"))


# ------------------------------------------------------------------------- the demo's clock


def ahead(staff: Staff) -> timedelta:
    with staff.database.work() as work:
        set_ahead: timedelta = work.value("SELECT ahead FROM demo_clock")
        return set_ahead


def test_the_demos_clock_is_moved_ahead_once_and_never_back(staff: Staff) -> None:
    ada = staff.reader("ada")
    page = ada.get("/console/clock")
    assert "Company time" in words_of(page)
    assert "Real time" in words_of(page)
    form = {"ahead": hidden(page, "ahead"), "days": "31", "hours": "6"}
    for _ in range(2):
        assert ada.post("/console/clock", form).status_code == 303
    assert ahead(staff) == timedelta(days=31, hours=6)
    seconds = str(int(ahead(staff).total_seconds()))
    for wrong in ({"days": "-1"}, {"days": "0", "hours": "0"}, {"days": "soon"}, {"days": "400"}):
        answer = ada.post("/console/clock", {"ahead": seconds} | wrong)
        assert answer.status_code == 422, wrong
    assert ahead(staff) == timedelta(days=31, hours=6)
    with staff.database.work() as work:
        actor = work.value("SELECT actor FROM fact WHERE name = 'company.clock_moved'")
    assert actor == f"staff:{staff.ids['ada']}"


def test_in_demo_mode_the_next_work_has_the_moved_time(staff: Staff, settings: Settings) -> None:
    demo = Database(staff.database.url, demo=True, pool=2)
    with demo.work() as work:
        before = work.now()
        let_time_pass(work, timedelta(days=3), settings=settings)
    with demo.work() as work:
        assert timedelta(days=3) <= work.now() - before < timedelta(days=3, minutes=1)
    demo.close()


def test_what_is_earned_abroad_is_still_changed_when_a_demo_has_moved_its_clock(
    staff: Staff, settings: Settings
) -> None:
    demo = Database(staff.database.url, demo=True, pool=2)
    with demo.work() as work:
        for one, source in (("EUR", payouts.DEMO_SOURCE), ("USD", "ECB reference rate")):
            payouts.set_rate(work, one, "SEK", "11.2", source=source, published_at=work.now())
        let_time_pass(work, timedelta(days=40), settings=settings)
    with demo.work() as work:
        found = payouts.rates_in_force(work)
    demo.close()
    # What somebody has typed from a bank's list is as old as it is.
    assert [(*pair, rate.figure) for pair, rate in found.items()] == [("EUR", "SEK", "11.2")]


def test_in_production_the_clock_cannot_be_moved(staff: Staff, settings: Settings) -> None:
    ada = staff.reader("ada", mode="production")
    staff.has_second_factor("ada")
    assert ada.get("/console/clock").status_code == 404
    assert "Company time" not in ada.get("/console").text
    page = ada.post("/console/clock", {"ahead": "0", "days": "1"})
    assert page.status_code == 403
    assert "The clock is moved in demo mode only." in words_of(page)
    with staff.database.work() as work, pytest.raises(ClockIsReal):
        let_time_pass(work, timedelta(days=1), settings=replace(settings, mode="production"))
    assert ahead(staff) == timedelta(0)


def test_only_an_admin_moves_the_clock(staff: Staff) -> None:
    for name in ("fia", "per", "li"):
        reader = staff.reader(name)
        assert reader.post("/console/clock", {"ahead": "0", "days": "1"}).status_code == 403
    assert ahead(staff) == timedelta(0)


# ------------------------------------------------------------------------- own purchases


def test_an_order_that_is_likely_an_own_purchase_is_looked_at_and_decided_on_its_page(
    staff: Staff,
) -> None:
    with staff.database.work() as work:
        cedar = ClientDetails("Cedar", "cedar@affiliates.example")
        own = a_paid_order(work, staff.company.shop, (KETTLE, 1), client=cedar)
        earnings.hold_for_review(work, [(own.home_id, own.order_id)])
        placed = a_paid_order(work, staff.company.shop, (KETTLE, 1), client=BO)
        earnings.hold_for_review(work, [(placed.home_id, placed.order_id)])
    finance = staff.reader("fia")
    assert "Commissions to review 1" in words_of(finance.get("/console"))
    assert placed.number in words_of(finance.get("/console/reviews"))
    words = words_of(finance.get(order_url(placed)))
    assert f"Goes to an address of Cedar, as order {own.number} did." in words
    url = f"{order_url(placed)}/commission-review"
    refused = finance.post(url, {"verdict": "release", "words": ""})
    assert refused.status_code == 422
    assert "Write why." in words_of(refused)
    assert finance.post(url, {"verdict": "release", "words": "A neighbour."}).status_code == 303
    words = words_of(finance.get(order_url(placed)))
    assert "“A neighbour.” Fia" in words
    assert "Nothing to review" in words_of(finance.get("/console/reviews"))
    assert staff.reader("li").post(url, {"verdict": "refuse", "words": "No."}).status_code == 403
