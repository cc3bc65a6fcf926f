"""What whoever withdraws is told, by a mail server: the receipt at once, the answer, and the receipt of
an order."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.company import BO, KETTLE, SKILLET, Company
from tests.mail.test_told import again, arrived, packed_and_gone, sold, text_of
from tests.withdrawals.stories import says, takes_back, withdraws

from mainstem import withdrawals, worker
from mainstem.identity import read_withdrawal_link
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.withdrawals import TakenBack

from .conftest import MailServer, Outbox

SECRET = "a secret" * 4


def told(post: MailServer, start: str) -> list[str]:
    """The texts of the messages whose subject begins so."""
    return [text_of(one) for one in post.taken if str(one["subject"]).startswith(start)]


def test_the_receipt_comes_at_once_with_what_was_said_and_its_day_and_time(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company, (KETTLE, 2))
    made = withdraws(database, placed, {1: 1})
    worker.drain(database)
    [text] = told(post, "Kvitto: du har ångrat")
    for said in (
        "2 mars 2026 10:00",
        "Ada Lind",
        placed.number,
        "1 \N{MULTIPLICATION SIGN} Kettle (sv)",
        "ada@example.com",
    ):
        assert said in text, said
    token = re.findall(r"/withdrawal/(\S+)", text)[0]
    assert read_withdrawal_link(SECRET, token) == (made.home_id, made.id)
    [answer] = told(post, "Vårt svar")
    assert "1 250,00 kr går tillbaka" in answer
    again(database, "withdrawal.received", made.id, made.home_id)
    again(database, "withdrawal.answered", made.id, made.home_id)
    assert len(told(post, "Kvitto: du har ångrat")) == 1
    assert len(told(post, "Vårt svar")) == 1


def test_the_receipt_goes_where_it_was_asked_for_and_the_answer_to_the_client(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company, (KETTLE, 1), client=BO)
    says(database, placed, name=BO.name, contact="holiday@example.com")
    worker.drain(database)
    to = [
        (row.reason, row.recipient) for row in outbox.rows() if row.reason.startswith("withdrawal")
    ]
    assert sorted(to) == [
        ("withdrawal_answered", "bo@example.com"),
        ("withdrawal_received", "bo@example.com"),
        ("withdrawal_received", "holiday@example.com"),
    ]
    holiday = [one for one in post.taken if "holiday" in str(one["to"])]
    assert len(holiday) == 1
    assert "/order/" not in text_of(holiday[0]), "it opens no order to whoever wrote"


def test_a_wrong_address_keeps_nothing_back(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company, (KETTLE, 1))
    post.at_rcpt["ada@exmaple.com"] = "550 nobody here"
    made = says(database, placed, contact="ada@exmaple.com")
    worker.drain(database)
    with database.work() as work:
        assert withdrawals.details(work, made.home_id, made.id).state == "accepted"
    assert len(told(post, "Kvitto: du har ångrat")) == 1, "the client has it all the same"


def test_out_of_time_is_answered_with_its_reason(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    placed = sold(database, company, (KETTLE, 1))
    packed_and_gone(database, placed)
    arrived(database, placed)
    clock.move(timedelta(days=20))
    withdraws(database, placed, {1: 1})
    worker.drain(database)
    [answer] = told(post, "Vårt svar")
    for said in (
        "De 14 dagar då du får ångra dig var slut",
        "1 \N{MULTIPLICATION SIGN} Kettle (sv)",
        "www.arn.se",
    ):
        assert said in answer, said
    assert "går tillbaka" not in answer


def test_what_is_kept_of_the_price_is_said_with_why(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company, (KETTLE, 1), (SKILLET, 1))
    packed_and_gone(database, placed)
    arrived(database, placed)
    made = withdraws(database, placed, {1: 1})
    worker.drain(database)
    assert told(post, "Vårt svar") == []
    takes_back(database, made, {1: TakenBack(1, 20000)}, reason="Locket är repat.")
    worker.drain(database)
    [answer] = told(post, "Vårt svar")
    for said in ("1 050,00 kr går tillbaka", "200,00 kr av priset behålls", "Locket är repat."):
        assert said in answer, said


def test_a_statement_that_is_put_away_is_answered_where_it_came_from(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company, (KETTLE, 1))
    made = says(database, placed, number="none", contact="eve@example.com", name="Eve")
    worker.drain(database)
    with database.work() as work:
        withdrawals.close(work, made.home_id, made.id, reason="We find no such order.")
    worker.drain(database)
    [answer] = told(post, "Vårt svar")
    assert "We find no such order." in answer
    assert [row.recipient for row in outbox.rows("withdrawal_answered")] == ["eve@example.com"]


def test_the_receipt_of_an_order_comes_once_a_day_however_often_it_is_asked_for(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    placed = sold(database, company, (KETTLE, 1))
    for _ in range(3):
        with database.work() as work:
            record(work, "receipt.requested", placed.order_id, home=placed.home_id)
        worker.drain(database)
    [text] = told(post, "Kvitto för order")
    for said in (
        placed.number,
        "Kettle (sv) \N{MULTIPLICATION SIGN} 1: 1 250,00 kr",
        "moms 25 %",
        "banköverföring",
    ):
        assert said in text, said
    clock.move(timedelta(days=1))
    with database.work() as work:
        record(work, "receipt.requested", placed.order_id, home=placed.home_id)
    worker.drain(database)
    assert len(told(post, "Kvitto för order")) == 2
