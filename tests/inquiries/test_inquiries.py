"""An affiliate asks about a commission, and is answered by a day that both see."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from tests.company import KETTLE, Company, a_company, a_paid_order

from mainstem import earnings, inquiries, mail, orders, worker
from mainstem.inquiries import AskedAlready, TooManyInquiries, WantedInquiry, days_left, due_after
from mainstem.joining import Paper, PaperStore, forget_papers
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound
from mainstem.kit.events import record
from mainstem.kit.work import Actor, Work
from mainstem.orders import Placed

STOCKHOLM = ZoneInfo("Europe/Stockholm")
FIA = Actor("staff", "7")


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def delivered(work: Work, company: Company) -> Placed:
    placed = a_paid_order(work, company.shop, (KETTLE, 2))
    gone = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)]
    orders.record_shipment(work, gone)
    orders.record_delivery(work, gone)
    earnings.settle(work, [(placed.home_id, placed.order_id)])
    return placed


def wanted(placed: Placed, **changes: Any) -> WantedInquiry:
    return WantedInquiry(**({"number": placed.number, "words": "Ten per cent is more."} | changes))


def test_a_line_is_asked_about_answered_once_and_asked_about_again(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work(Actor("affiliate", str(company.birch))) as work:
        placed = delivered(work, company)
        asked = inquiries.ask(work, company.birch, wanted(placed, rule="goods", level=1))
        again = wanted(placed, rule="goods", level=1, words="And once more.")
        with pytest.raises(AskedAlready):
            inquiries.ask(work, company.birch, again)
        # Another line, or the whole order, is another matter.
        inquiries.ask(work, company.birch, wanted(placed))
    clock.move(timedelta(days=1))
    with database.work(FIA) as work:
        with pytest.raises(InvalidInput):
            inquiries.answer(work, company.birch, asked, upheld=False, reason=" ")
        inquiries.answer(work, company.birch, asked, upheld=False, reason="Level 1 gets 3 %.")
        with pytest.raises(InvalidTransition):
            inquiries.answer(work, company.birch, asked, upheld=True, reason="Or not.")
        it = inquiries.details(work, company.birch, asked)
        assert (it.state, it.answer, it.decided_by) == ("declined", "Level 1 gets 3 %.", "staff:7")
        assert (it.about, it.order_home_id, it.order_id) == (
            "amount",
            placed.home_id,
            placed.order_id,
        )
        inquiries.ask(work, company.birch, again)
        facts = work.rows("SELECT name, actor FROM fact WHERE subject = %(id)s", id=str(asked))
        assert [tuple(fact) for fact in facts] == [
            ("inquiry.asked", f"affiliate:{company.birch}"),
            ("inquiry.answered", "staff:7"),
        ]


def test_whoever_asked_may_withdraw_it_and_nobody_else(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        asked = inquiries.ask(work, company.cedar, wanted(delivered(work, company)))
        with pytest.raises(NotFound):
            inquiries.withdraw(work, company.birch, asked)
        inquiries.withdraw(work, company.cedar, asked)
        with pytest.raises(InvalidTransition):
            inquiries.answer(work, company.cedar, asked, upheld=True, reason="Yes.")
        assert inquiries.listed(work).rows == []


def test_a_line_that_is_somebody_elses_cannot_be_asked_about(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = delivered(work, company)
        for rule, level in (("goods", 0), ("goods", 2), ("bonus", 1)):
            with pytest.raises(NotFound):
                inquiries.ask(work, company.birch, wanted(placed, rule=rule, level=level))


def test_an_order_that_nobody_knows_is_asked_about_like_any_other(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        id = inquiries.ask(
            work, company.cedar, WantedInquiry(number="no such order", words="Where is it?")
        )
        it = inquiries.details(work, company.cedar, id)
        assert (it.number, it.order_id, it.about) == ("no such order", None, "missing")


@pytest.mark.parametrize(
    ("number", "words", "pointers"),
    [
        ("", "", ["/number", "/words"]),
        ("7", "x" * 2001, ["/words"]),
        ("7" * 41, "x", ["/number"]),
        ("7", "a\u200bb", ["/words"]),
    ],
)
def test_what_is_missing_is_said_at_once(
    database: Database, company: Company, number: str, words: str, pointers: list[str]
) -> None:
    with database.work() as work, pytest.raises(InvalidInput) as no:
        inquiries.ask(work, company.cedar, WantedInquiry(number=number, words=words))
    assert [problem.pointer for problem in no.value.problems] == pointers


def test_nobody_asks_more_than_anybody_could_mean(database: Database, company: Company) -> None:
    with database.work() as work:
        for no in range(inquiries.OPEN_MAX):
            inquiries.ask(work, company.cedar, WantedInquiry(number=f"order {no}", words="Why?"))
        with pytest.raises(TooManyInquiries):
            inquiries.ask(work, company.cedar, WantedInquiry(number="one more", words="Why?"))
        inquiries.ask(work, company.birch, WantedInquiry(number="one more", words="Why?"))


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        # Monday noon: Tuesday to Monday.
        (datetime(2026, 3, 2, 11, tzinfo=UTC), date(2026, 3, 9)),
        # A Friday whose night in UTC is Saturday at home.
        (datetime(2026, 3, 6, 23, 30, tzinfo=UTC), date(2026, 3, 13)),
        # Midsummer Eve, Christmas Eve and New Year's Eve are no working days.
        (datetime(2026, 6, 17, 11, tzinfo=UTC), date(2026, 6, 25)),
        (datetime(2026, 12, 22, 11, tzinfo=UTC), date(2027, 1, 4)),
    ],
)
def test_the_answer_is_due_within_five_working_days(asked: datetime, due: date) -> None:
    assert due_after(asked, STOCKHOLM) == due
    assert days_left(asked.astimezone(STOCKHOLM).date(), due, STOCKHOLM) == 5


def test_the_clock_stands_still_at_a_weekend_and_is_late_from_the_day_after() -> None:
    due = date(2026, 3, 6)
    left = [days_left(date(2026, 3, day), due, STOCKHOLM) for day in range(1, 11)]
    assert left == [5, 4, 3, 2, 1, 0, -1, -1, -1, -2]


def test_what_is_due_first_stands_first_and_a_late_one_is_told_on_the_console(
    database: Database, company: Company, clock: FixedClock
) -> None:
    from mainstem.console import queries

    with database.work() as work:
        first = inquiries.ask(work, company.cedar, WantedInquiry(number="one", words="Why?"))
    clock.move(timedelta(days=3))
    with database.work() as work:
        second = inquiries.ask(work, company.birch, WantedInquiry(number="two", words="Why?"))
        assert [row.id for row in inquiries.listed(work).rows] == [first, second]
        assert [row.id for row in inquiries.listed(work, all_of_them=True).rows] == [second, first]
        [waits] = queries.what_waits(work, ["inquiries"])
        assert (waits.count, waits.is_late(work.now())) == (2, False)
    clock.move(timedelta(days=12))
    with database.work() as work:
        [waits] = queries.what_waits(work, ["inquiries"])
        assert waits.is_late(work.now())


def test_a_list_is_read_page_by_page(database: Database, company: Company) -> None:
    with database.work() as work:
        for no in range(5):
            inquiries.ask(work, company.cedar, WantedInquiry(number=f"order {no}", words="Why?"))
        seen: list[Any] = []
        cursor = None
        while True:
            page = inquiries.listed(work, cursor=cursor, most=2)
            seen += [row.number for row in page.rows]
            cursor = page.next
            if cursor is None:
                break
        assert sorted(seen) == [f"order {no}" for no in range(5)]


def test_an_affiliate_reads_their_own_and_not_whose_shop_the_order_is_of(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        inquiries.ask(work, company.birch, wanted(delivered(work, company)))
    with database.work(Actor("affiliate", "1"), home=company.cedar) as work:
        assert inquiries.asked_by(work, company.birch).rows == []
    with database.work(Actor("affiliate", "1"), home=company.birch) as work:
        [mine] = inquiries.asked_by(work, company.birch).rows
        assert mine.words == "Ten per cent is more."
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            work.rows("SELECT order_home_id FROM commission_inquiry")


def test_evidence_stays_when_an_application_with_the_same_file_is_forgotten(
    database: Database, company: Company, clock: FixedClock, tmp_path: Any
) -> None:
    from dataclasses import replace

    store = PaperStore(tmp_path)
    hash = hashlib.sha256(b"%PDF").hexdigest()
    store.put(hash, b"%PDF")
    with database.work(tools=replace(database.tools, papers=store)) as work:
        paper = Paper(hash, "order.pdf", "pdf", 4)
        inquiries.ask(
            work, company.cedar, WantedInquiry(number="one", words="See here.", paper=paper)
        )
        work.run(
            "INSERT INTO forgotten_paper VALUES (%(hash)s, %(at)s)",
            hash=hash,
            at=clock.now() - timedelta(days=1),
        )
        assert forget_papers(work) == 0
    assert store.get(hash) == b"%PDF"


def test_whoever_asked_is_told_the_answer_by_mail_once(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        sender = mail.MailSettings(sender_name="Company", sender_address="hej@company.example")
        mail.save_settings(work, sender)
        asked = inquiries.ask(work, company.cedar, WantedInquiry(number="one", words="Why?"))
        inquiries.answer(work, company.cedar, asked, upheld=True, reason="You are right.")
    worker.drain(database)
    with database.work() as work:
        record(work, "inquiry.answered", asked, home=company.cedar)
    worker.drain(database)
    with database.work() as work:
        [told] = work.rows("SELECT home_id, recipient, context FROM mail")
        assert (told.home_id, told.recipient) == (company.cedar, "cedar@affiliates.example")
        assert (told.context["state"], told.context["answer"]) == ("upheld", "You are right.")
