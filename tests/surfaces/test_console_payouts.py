"""The console's money room: payouts canceled, who is excluded from a run and why, refunds that failed."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from tests.company import an_earning
from tests.surfaces.conftest import PASSWORD, Open, words_of
from tests.surfaces.staff import KETTLE, Staff, month_passes, order_url, staffed

from mainstem import earnings, identity, invariants, ledger, payments, payouts, worker
from mainstem.identity import passwords
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.money import Money
from mainstem.orders import Placed


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def sound(staff: Staff) -> None:
    """The company's checks pass."""
    with staff.database.work() as work:
        assert not [finding for finding in invariants.check(work) if finding.wrong]


def payable(staff: Staff, clock: FixedClock) -> None:
    """Cedar, Birch and Alder have 200.00, 60.00 and 20.00 to be paid."""
    staff.delivered((KETTLE, 2))
    month_passes(clock)
    with staff.database.work() as work:
        earnings.release(work, clock.now().date())


def reserved(staff: Staff, clock: FixedClock, provider: str = "bank") -> Any:
    staff.pay_account(staff.company.cedar, provider)
    payable(staff, clock)
    staff.reader("fia").post("/console/payouts")
    with staff.database.work() as work:
        return work.row("SELECT home_id, id, number FROM payout")


def payout_url(payout: Any) -> str:
    return f"/console/payouts/{payout.home_id}/{payout.id}"


def cedars_payable(staff: Staff) -> int:
    with staff.database.work() as work:
        return ledger.balance(work, staff.company.cedar, "payable", "SEK").minor


def test_a_payout_that_our_bank_cannot_pay_is_canceled_with_its_reason(
    staff: Staff, clock: FixedClock
) -> None:
    payout = reserved(staff, clock)
    fia, url = staff.reader("fia"), f"{payout_url(payout)}/cancellation"
    page = fia.post(url, {"reason": ""})
    assert (page.status_code, "Say why" in words_of(page)) == (422, True)
    assert cedars_payable(staff) == 0
    assert fia.post(url, {"reason": "The bank knows no such account"}).status_code == 303
    assert "The money is payable again." in fia.get("/console/payouts").text
    assert cedars_payable(staff) == 20000
    everything = words_of(fia.get("/console/payouts?view=all"))
    assert "Cancelled Reason for cancellation: The bank knows no such account" in everything
    again = fia.post(url, {"reason": "Again"})
    assert again.status_code == 409
    assert "This payout is cancelled; it cannot be cancelled now." in words_of(again)
    worker.drain(staff.database)
    assert cedars_payable(staff) == 20000
    with staff.database.work() as work:
        actor = work.value("SELECT actor FROM fact WHERE name = 'payout.cancel_requested'")
    assert actor == f"staff:{staff.ids['fia']}"
    sound(staff)


def test_a_payout_leads_to_what_it_consists_of(staff: Staff, clock: FixedClock) -> None:
    payout = reserved(staff, clock)
    fia = staff.reader("fia")
    assert f'href="{payout_url(payout)}"' in fia.get("/console/payouts").text
    page = fia.get(payout_url(payout))
    assert page.status_code == 200
    words = words_of(page)
    assert "Before the first payout SEK 0.00" in words
    assert "Commission whose return window was over SEK 200.00 This payout SEK 200.00" in words
    assert 'href="/console/orders/' in page.text
    assert fia.get(f"/console/payouts/{payout.home_id}/{uuid4()}").status_code == 404
    assert staff.reader("per").get(payout_url(payout)).status_code == 403


def test_a_payout_on_hold_is_canceled_after_a_question(staff: Staff, clock: FixedClock) -> None:
    payout = reserved(staff, clock, "stripe")
    with staff.database.work() as work:
        work.run("UPDATE payout SET state = 'on_hold', error = 'account_closed: gone'")
        work.run("DELETE FROM fact_waiting")
    fia = staff.reader("fia")
    page = fia.get("/console/payouts?view=held")
    assert "Cancel payout" in words_of(page)
    assert "to Cedar? It is payable again." in page.text
    url = f"{payout_url(payout)}/cancellation"
    assert fia.post(url, {"reason": "They have left"}).status_code == 303
    worker.drain(staff.database)
    with staff.database.work() as work:
        row = work.one("SELECT state, cancel_reason FROM payout")
    assert (row.state, row.cancel_reason) == ("canceled", "They have left")
    assert cedars_payable(staff) == 20000
    sound(staff)


def test_only_finance_cancels_a_payout(staff: Staff, clock: FixedClock) -> None:
    payout = reserved(staff, clock)
    for name in ("li", "per"):
        answer = staff.reader(name).post(f"{payout_url(payout)}/cancellation", {"reason": "x"})
        assert answer.status_code == 403
    assert cedars_payable(staff) == 0


# ------------------------------------------------------------------------- where the money is


@pytest.mark.parametrize(
    ("state", "tile", "column"),
    [
        ("in_transit", "Payouts under way", "Under way"),
        ("on_hold", "Payouts on hold", "On hold"),
        ("failed", "Payouts that failed", "Failed"),
        ("paid", None, "Paid"),
    ],
)
def test_a_payout_in_any_state_is_in_sight_of_staff_and_of_the_affiliate(
    staff: Staff, clock: FixedClock, state: str, tile: str | None, column: str
) -> None:
    payout = reserved(staff, clock)
    with staff.database.work() as work:
        work.run("UPDATE payout SET state = %(state)s", state=state)
        person = identity.create_person(
            work, email="cedar.self@example.com", name="Cedar",
            password_hash=passwords.hash_password(PASSWORD),
        )  # fmt: skip
        identity.grant(work, person, "affiliate", affiliate_id=payout.home_id)
    fia = staff.reader("fia")
    today = words_of(fia.get("/console"))
    for label in ("Payouts under way", "Payouts on hold", "Payouts that failed"):
        assert (f"{label} 1 " in f"{today} ") == (label == tile)
    page = fia.get("/console/payouts").text.replace("\N{NO-BREAK SPACE}", " ")
    shown = {
        label: re.sub("<[^>]+>", "", cell)
        for label, cell in re.findall(r'class="money" data-label="([^"]+)">(.*?)</td>', page)
    }
    assert shown[column] == "SEK 200.00"
    assert shown["Payable"] == "SEK 80.00", "what the sponsors have"
    assert shown["Earned in all"] == "SEK 280.00"

    cedar = staff.open_app()
    assert cedar.sign_in("cedar.self@example.com").status_code == 303
    front = words_of(cedar.get("/portal")).replace("\N{NO-BREAK SPACE}", " ")
    said = {
        "in_transit": "On the way to you SEK 200.00",
        "on_hold": "On hold: we are looking at it SEK 200.00",
        "failed": "Did not arrive: we are looking at it SEK 200.00",
        "paid": "Paid out so far SEK 200.00",
    }
    for other, words in said.items():
        assert (words in front) == (other == state)
    assert "Together SEK 200.00: all that you have earned." in front


def test_a_failed_refund_that_our_bank_has_paid_is_closed_on_the_orders_page(
    staff: Staff,
) -> None:
    placed = staff.sold((KETTLE, 2))
    with staff.database.work() as work:
        work.run("UPDATE payment SET provider = 'stripe', intent_id = 'pi_x'")
        refund = payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=125000, reason="returned",
            lines=[(1, 125000)],
        )  # fmt: skip
        work.run("UPDATE refund SET state = 'failed', error = 'expired_or_canceled_card'")
        work.run("DELETE FROM fact_waiting")
    url = f"{order_url(placed)}/refunds/{refund}/settlement"
    said = {"reference": "SEB 4711", "reason": "Paid by giro"}
    assert staff.reader("li").post(url, said).status_code == 403
    fia = staff.reader("fia")
    assert "Our bank has paid it" in words_of(fia.get(order_url(placed)))
    for missing in ("reference", "reason"):
        assert fia.post(url, said | {missing: ""}).status_code == 422
    assert fia.post(url, said).status_code == 303
    worker.drain(staff.database)
    page = words_of(fia.get(order_url(placed)))
    assert "Paid by giro · paid by our bank: SEB 4711" in page
    assert "Paid by our own bank instead: the failed refund is closed" in page
    assert "Our bank has paid it" not in page
    assert fia.post(url, said).status_code == 303, "said twice, it stands once"
    with staff.database.work() as work:
        assert work.value("SELECT refunded_minor FROM orders") == 125000


# ------------------------------------------------------------------------- excluded from a run, and why


def test_a_run_tells_who_is_excluded_and_why(staff: Staff, clock: FixedClock) -> None:
    company = staff.company
    payable(staff, clock)
    fia = staff.reader("fia")

    def told() -> str:
        page = words_of(fia.get("/console/payouts?view=excluded"))
        return page.replace("\N{NO-BREAK SPACE}", " ").partition("and why")[2]

    assert "Cedar Has not told us where to be paid. SEK 200.00" in told()
    staff.pay_account(company.cedar)
    staff.pay_account(company.birch)
    staff.pay_account(company.alder)
    page = told()
    assert "Cedar" not in page
    assert "Birch Below SEK 200.00, from which we pay out. SEK 60.00" in page
    for change, said in (
        ("UPDATE pay_account SET state = 'restricted'", "The payout account is not ready."),
        ("UPDATE pay_account SET state = 'active', currency = 'EUR'",
         "Earned in SEK, but the payout account is in EUR."),
        ("UPDATE affiliate SET state = 'suspended'", "Not active with us: payouts are paused."),
    ):  # fmt: skip
        with staff.database.work() as work:
            work.run(f"{change} WHERE {'id' if 'affiliate' in change else 'home_id'} = %(id)s",
                     id=company.cedar)  # fmt: skip
        assert f"Cedar {said} SEK 200.00" in told()


def test_what_is_told_and_what_a_run_does_are_the_same(staff: Staff, clock: FixedClock) -> None:
    for affiliate in (staff.company.cedar, staff.company.birch):
        staff.pay_account(affiliate)
    payable(staff, clock)
    with staff.database.work() as work:
        before = {one.affiliate_id: one.reason for one in payouts.payout_exclusions(work)}
        assert payouts.run(work, clock.now().date()) == 1
        after = {one.affiliate_id: one.reason for one in payouts.payout_exclusions(work)}
        [paid] = work.rows("SELECT home_id FROM payout")
    assert before == {staff.company.birch: "below_minimum", staff.company.alder: "no_account"}
    assert paid.home_id not in before
    assert after == before, "who was paid whole has nothing left to wait for"
    with staff.database.work() as work:
        order = work.one("SELECT home_id, id FROM orders")
        payments.request_refund(
            work, order.home_id, order.id, amount_minor=250000, reason="returned"
        )
    worker.drain(staff.database)
    with staff.database.work() as work:
        [debt] = payouts.payout_exclusions(work)
    assert (debt.affiliate_id, debt.reason) == (staff.company.cedar, "debt")
    assert debt.payable.minor == -20000


def test_the_affiliate_reads_in_their_portal_why_their_money_waits(
    staff: Staff, clock: FixedClock
) -> None:
    payable(staff, clock)
    company, hashed = staff.company, passwords.hash_password(PASSWORD)
    with staff.database.work() as work:
        person = identity.create_person(
            work, email="cedar.self@example.com", name="Cedar", password_hash=hashed
        )
        identity.grant(work, person, "affiliate", affiliate_id=company.cedar)
    cedar = staff.open_app()
    assert cedar.sign_in("cedar.self@example.com").status_code == 303

    def told(locale: str = "en") -> str:
        page = cedar.get("/portal/payouts", **{"accept-language": locale})
        return words_of(page).replace("\N{NO-BREAK SPACE}", " ")

    assert "SEK 200.00 waits until you have told us where to pay you." in told()
    staff.pay_account(company.cedar)
    assert "SEK 200.00" not in told()
    with staff.database.work() as work:
        work.run("UPDATE pay_account SET currency = 'EUR'")
    assert "SEK 200.00 cannot go to your payout account, which is in EUR." in told()
    assert "60.00" not in told(), "nobody else's"


# ------------------------------------------------------------------------- other currencies


def test_money_that_no_account_takes_has_a_way_that_the_affiliate_and_staff_can_go(
    staff: Staff, clock: FixedClock
) -> None:
    company, hashed = staff.company, passwords.hash_password(PASSWORD)
    staff.pay_account(company.cedar)
    with staff.database.work() as work:
        an_earning(work, company.cedar, Money(1849, "EUR"))
        an_earning(work, company.cedar, Money(50000, "SEK"))
        person = identity.create_person(
            work, email="cedar.self@example.com", name="Cedar", password_hash=hashed
        )
        identity.grant(work, person, "affiliate", affiliate_id=company.cedar)
    cedar = staff.open_app()
    assert cedar.sign_in("cedar.self@example.com").status_code == 303
    fia = staff.reader("fia")

    def read(page: Any) -> str:
        return words_of(page).replace("\N{NO-BREAK SPACE}", " ")

    account = read(cedar.get("/portal/account"))
    assert "converted into the currency of your first account" in account
    assert "€18.49 cannot go to your payout account, which is in SEK. Give us a bank" in account

    rate = {"from": "EUR", "to": "SEK", "rate": "11,2345", "source": "ECB reference rate"}
    wrong = fia.post("/console/rates", rate | {"rate": "0", "published": "2026-03-02T08:00"})
    assert (wrong.status_code, "a rate above zero" in read(wrong)) == (422, True)
    wrong = fia.post("/console/rates", rate | {"published": "0001-01-01T08:00"})
    assert (wrong.status_code, 'id="field-published-error"' in wrong.text) == (422, True)
    assert "Give a time from 1 Mar 2025" in read(wrong)
    assert fia.post("/console/rates", rate | {"published": "2026-03-02T08:00"}).status_code == 303
    assert "EUR 11.2345 SEK ECB reference rate 2 Mar 2026 08:00" in read(fia.get("/console/rates"))
    waits = "€18.49 goes out with your payout in SEK, converted at that day's rate."
    assert waits in read(cedar.get("/portal/payouts"))

    fia.post("/console/payouts")
    assert (
        "SEK 207.73 of it is €18.49 that you earned, at 11.2345 SEK per EUR"
        " (ECB reference rate, 2 Mar 2026 08:00)" in read(cedar.get("/portal/payouts"))
    )
    front = read(cedar.get("/portal"))
    assert "On the way to you SEK 707.73" in front
    assert (
        "Together SEK 500.00 that you have earned, and SEK 207.73 from other currencies." in front
    )
    assert "Converted into another currency €18.49 Earned in all €18.49" in front
    with staff.database.work() as work:
        payout = work.row("SELECT home_id, id FROM payout")
    assert fia.post(f"{payout_url(payout)}/confirmation", {"reference": "BG 77"}).status_code == 303
    assert "bank reference BG 77" in read(cedar.get("/portal/payouts"))
    sound(staff)


def test_the_affiliate_or_staff_say_where_our_bank_pays_a_currency(
    staff: Staff, clock: FixedClock
) -> None:
    company, hashed = staff.company, passwords.hash_password(PASSWORD)
    staff.pay_account(company.cedar, "stripe")
    with staff.database.work() as work:
        an_earning(work, company.cedar, Money(1849, "EUR"))
        person = identity.create_person(
            work, email="cedar.self@example.com", name="Cedar", password_hash=hashed
        )
        identity.grant(work, person, "affiliate", affiliate_id=company.cedar)
    cedar = staff.open_app()
    assert cedar.sign_in("cedar.self@example.com").status_code == 303
    told = {"currency": "EUR", "account": "SE45 5000 0000 0583 9825 7467"}
    wrong = cedar.post("/portal/account/bank", told)
    assert (wrong.status_code, "This account number cannot be right." in words_of(wrong)) == (
        422,
        True,
    )
    for currency in ("SEK", "USD", ""):
        answer = cedar.post("/portal/account/bank", told | {"currency": currency})
        assert answer.status_code == 422
    right = "SE45 5000 0000 0583 9825 7466"
    assert cedar.post("/portal/account/bank", told | {"account": right}).status_code == 303
    assert f"from our own bank to {right}" in words_of(cedar.get("/portal/account"))
    with staff.database.work() as work:
        rows = work.rows("SELECT currency, provider, account FROM pay_account ORDER BY 1")
    assert [tuple(row) for row in rows] == [
        ("EUR", "bank", right), ("SEK", "stripe", f"account-{company.cedar}"),
    ]  # fmt: skip

    fia, url = staff.reader("fia"), f"/console/affiliates/{company.cedar}"
    assert right in words_of(fia.get(url))
    other = "Handelsbanken 6789-123 456 789"
    assert fia.post(f"{url}/bank", {"currency": "EUR", "account": other}).status_code == 303
    assert other in words_of(fia.get(url))
    taken = fia.post(f"{url}/bank", {"currency": "SEK", "account": other})
    assert (taken.status_code, "already goes to the payout account" in words_of(taken)) == (
        409,
        True,
    )
    assert staff.reader("per").post(f"{url}/bank", {"currency": "EUR"}).status_code == 403
    assert staff.reader("per").get("/console/rates").status_code == 403


# ------------------------------------------------------------------------- refunds that failed


def failed_refund(staff: Staff, placed: Placed, minor: int) -> None:
    """The gateway would not send it back."""
    with staff.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=minor, reason="Dented"
        )
        work.run("DELETE FROM fact_waiting WHERE name IN ('refund.requested', 'payment.refunded')")
        work.run(
            """UPDATE refund SET state = 'failed', succeeded_at = NULL,
                      error = 'balance_insufficient: no money'"""
        )


def test_a_failed_refund_is_a_task_and_is_tried_again_from_the_list_and_the_order(
    staff: Staff,
) -> None:
    placed = staff.delivered((KETTLE, 2))
    fia = staff.reader("fia")
    assert "No refund has failed" in words_of(fia.get("/console/refunds"))
    assert "Refunds that failed" not in words_of(fia.get("/console"))
    failed_refund(staff, placed, 125000)
    assert "Refunds that failed 1" in words_of(fia.get("/console"))
    listed = fia.get("/console/refunds")
    for told in (placed.number, "Dented", "balance_insufficient: no money", "1,250.00"):
        assert told in words_of(listed), told
    page = fia.get(order_url(placed))
    [url] = set(re.findall(r'action="([^"]+/retry)"', page.text))
    assert url in listed.text
    assert fia.post(url).status_code == 303
    assert "The refund is tried again." in fia.get(order_url(placed)).text
    with staff.database.work() as work:
        assert work.value("SELECT state FROM refund") == "requested"
    assert "No refund has failed" in words_of(fia.get("/console/refunds"))
    again = fia.post(url)
    assert again.status_code == 409
    assert "This refund is requested; it cannot be retried now." in words_of(again)


def test_a_failed_refund_whose_money_went_back_otherwise_is_nobodys_task(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    failed_refund(staff, placed, 125000)
    with staff.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=200000, reason="By bank"
        )
        failed = work.value("SELECT id FROM refund WHERE state = 'failed'")
    worker.drain(staff.database)
    fia = staff.reader("fia")
    assert "Refunds that failed" not in words_of(fia.get("/console"))
    assert "Try the refund again" not in words_of(fia.get(order_url(placed)))
    page = fia.post(f"{order_url(placed)}/refunds/{failed}/retry")
    assert (page.status_code, "can still be refunded" in words_of(page)) == (409, True)
    sound(staff)


def test_a_duplicate_payment_that_could_not_be_refunded_is_a_task(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    with staff.database.work() as work:
        work.run(
            """INSERT INTO payment (home_id, id, order_id, provider, attempt, state, currency,
                      amount_minor, captured_minor, intent_id, created_at, captured_at)
               SELECT home_id, %(id)s, order_id, 'stripe', 2, 'duplicate', currency, amount_minor,
                      amount_minor, 'pi_second', created_at, captured_at FROM payment""",
            id=uuid4(),
        )
        work.run(
            """INSERT INTO operation (home_id, id, kind, subject_id, key, request, state, error,
                                      opened_at)
               SELECT home_id, %(id)s, 'refund', id, 'refund:2', '{}', 'failed',
                      'charge_disputed: no', created_at FROM payment WHERE state = 'duplicate'""",
            id=uuid4(),
        )
    fia = staff.reader("fia")
    assert "Refunds that failed 1" in words_of(fia.get("/console"))
    listed = words_of(fia.get("/console/refunds"))
    for told in (placed.number, "Duplicate payment", "charge_disputed: no", "2,500.00"):
        assert told in listed, told
    page = fia.get(order_url(placed))
    assert "Duplicate payment" in words_of(page)
    [url] = re.findall(r'action="([^"]+/payments/[^"]+/retry)"', page.text)
    assert fia.post(url).status_code == 303
    assert "The refund is requested again." in fia.get(order_url(placed)).text
    with staff.database.work() as work:
        assert work.value("SELECT count(*) FROM fact WHERE name = 'retry.duplicate'") == 1
        work.run("UPDATE payment SET state = 'returned' WHERE state = 'duplicate'")
    again = fia.post(url)
    assert again.status_code == 409
    assert "This payment is sent back; it cannot be sent back now." in words_of(again)
    assert "Refunds that failed" not in words_of(fia.get("/console"))


def test_only_finance_tries_a_refund_again(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    failed_refund(staff, placed, 125000)
    with staff.database.work() as work:
        failed = work.value("SELECT id FROM refund")
    li = staff.reader("li")
    assert "Try the refund again" not in words_of(li.get(order_url(placed)))
    assert li.post(f"{order_url(placed)}/refunds/{failed}/retry").status_code == 403
    assert li.get("/console/refunds").status_code == 403
