"""Who is told what, when: once for each reason and recipient, however often its fact comes."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.company import (
    BO,
    KETTLE,
    REPAIR,
    SKILLET,
    Company,
    a_paid_order,
    a_quoted_lead,
    an_order,
)

from mainstem import flow, guarantee, identity, leads, mail, orders, stock, worker
from mainstem.identity import read_client_link
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.events import Fact, record
from mainstem.kit.ids import new_id
from mainstem.kit.work import SYSTEM, Actor
from mainstem.mail import Recipient, sending
from mainstem.money import Money
from mainstem.orders import Placed
from mainstem_fulfillment import jobs, shipments

from .conftest import MailServer, Outbox

SEK = "SEK"


def text_of(message: Any) -> str:
    body = message.get_body(("plain",))
    return str(body.get_content()).replace("\N{NO-BREAK SPACE}", " ")


def sold(database: Database, company: Company, *lines: tuple[str, int], **changes: Any) -> Placed:
    """A paid order that has been routed."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, *(lines or [(KETTLE, 2)]), **changes)
    worker.drain(database)
    return placed


def packed_and_gone(database: Database, placed: Placed) -> None:
    key = (placed.home_id, placed.order_id, 1)
    with database.work(Actor("staff", "1")) as work:
        shipments.start_pick(work, key)
        for line in shipments.contents(work, key):
            shipments.pick(work, key, line.sku, quantity=line.quantity)
        shipments.pack(work, key, carrier="PostNord", tracking="UB123SE")
        shipments.hand_over(work, key)
    worker.drain(database)


def arrived(database: Database, placed: Placed) -> None:
    with database.work(Actor("staff", "1")) as work:
        shipments.deliver(work, [(placed.home_id, placed.order_id, 1)])
    worker.drain(database)


def again(database: Database, name: str, subject: object, home: int) -> None:
    with database.work() as work:
        record(work, name, subject, home=home)
    worker.drain(database)


# ---------------------------------------------------------------- clients


def test_a_storefront_order_is_confirmed_once_although_its_fact_comes_twice(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company)
    again(database, "order.paid", placed.order_id, placed.home_id)
    assert outbox.states() == [("order_confirmed", "sent")]
    [message] = post.taken
    assert post.recipients == ["ada@example.com"]
    assert message["subject"].startswith("Din order ")  # the order's language
    assert message["from"] == f"Shop of {company.cedar} <hello@alder.example>"
    assert message["list-unsubscribe"] is None, "it belongs to a purchase"
    text = text_of(message)
    assert "Kettle (sv) \N{MULTIPLICATION SIGN} 2: 2 500,00 kr" in text
    assert "varav moms 25 %: 500,00 kr" in text
    assert "114 55 Stockholm" in text
    link = text.partition("https://shop.example/order/")[2].split()[0]
    assert read_client_link("a secret" * 4, link) == (placed.home_id, placed.order_id)


def test_a_shop_for_companies_confirms_and_quotes_without_tax_and_then_what_is_paid(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        work.run("UPDATE storefront SET prices_include_tax = false")
        a_quoted_lead(work, company.shop)
        quoted = work.value("SELECT amount_minor FROM quote")
    placed = sold(database, company)
    texts = {str(message["subject"]).split()[1]: text_of(message) for message in post.taken}
    confirmed = texts["order"].replace("\r\n", "\n")
    assert "Kettle (sv) \N{MULTIPLICATION SIGN} 2: 2 000,00 kr" in confirmed
    assert (
        "Summa, exklusive moms: 2 000,00 kr\nMoms 25 %: 500,00 kr\nSumma inklusive moms: 2 500,00 kr"
    ) in confirmed
    assert placed.total_minor == 250000
    assert "varav moms" not in confirmed
    quote = texts["offert"].replace("\r\n", "\n")
    assert quoted == 250000
    assert (
        "Summa, exklusive moms: 2 000,00 kr\nMoms 25 %: 500,00 kr\nSumma inklusive moms: 2 500,00 kr"
    ) in quote


def test_the_confirmation_of_goods_carries_the_laws_notice_and_the_producers_guarantee(
    database: Database, company: Company, post: MailServer
) -> None:
    with database.work() as work:
        work.run(
            """UPDATE product SET guarantee_months = 60, maker = '{"name": "Foundry AB"}'
                WHERE id = (SELECT product_id FROM variant WHERE sku = %(sku)s)""",
            sku=KETTLE,
        )
    sold(database, company, (KETTLE, 1), (SKILLET, 1))
    [message] = post.taken
    html = str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]
    enclosed = {
        part["content-id"].strip("<>"): part.get_content()
        for part in message.walk()
        if part.get_content_maintype() == "image"
    }
    assert set(enclosed) == {"legal-guarantee@enclosed", "durability-1@enclosed"}
    for cid, picture in enclosed.items():
        assert f'src="cid:{cid}"' in html
        assert picture.startswith(b"\x89PNG")
    assert enclosed["legal-guarantee@enclosed"] == guarantee.notice_png("sv")
    for form in (text_of(message), html):
        assert "Du har minst två års reklamationsrätt" in form
        assert "GARAN: Foundry AB, KETTLE" in form
        assert "Tillverkarens garanti i antal år: 5." in form
    assert len(message.as_bytes()) < 150_000


def test_what_a_producer_guaranteed_then_is_what_the_mail_says_later(
    database: Database, company: Company, post: MailServer
) -> None:
    with database.work() as work:
        work.run('UPDATE product SET guarantee_months = 60, maker = \'{"name": "Foundry AB"}\'')
        a_paid_order(work, company.shop, (KETTLE, 1))
    while worker.work_inside(database):
        pass
    with database.work() as work:
        work.run("UPDATE product SET guarantee_months = 0")
    worker.drain(database)
    assert "i antal år: 5." in text_of(post.taken[0])


def test_the_confirmation_of_a_service_has_no_notice_of_goods(
    database: Database, company: Company, post: MailServer
) -> None:
    sold(database, company, (REPAIR, 1))
    [message] = [one for one in post.taken if "bekräftad" in str(one["subject"])]
    assert not [part for part in message.walk() if part.get_content_maintype() == "image"]
    assert "minst två års reklamationsrätt" not in text_of(message)


def test_what_was_promised_then_is_what_is_read_later(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
    while worker.work_inside(database):
        pass
    with database.work() as work:
        work.run("UPDATE storefront SET name = 'Another name'")
        work.run("UPDATE product_text SET name = 'Something else'")
    worker.drain(database)
    text = text_of(post.taken[0])
    assert "Kettle (sv) \N{MULTIPLICATION SIGN} 1" in text
    assert f"Shop of {company.cedar}" in text


def test_an_order_has_a_message_for_each_step_of_its_way(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company)
    packed_and_gone(database, placed)
    arrived(database, placed)
    for name in ("order.shipped", "order.delivered"):
        again(database, name, placed.order_id, placed.home_id)
    assert [row.reason for row in outbox.rows() if row.recipient_kind == "client"] == [
        "order_confirmed", "parcel_sent", "parcel_delivered",
    ]  # fmt: skip
    sent, delivered = (text_of(m) for m in post.taken[1:3])
    assert "PostNord" in sent
    assert "https://tracking.postnord.com/?id=UB123SE" in sent
    assert "2 \N{MULTIPLICATION SIGN} Kettle (sv)" in sent
    assert "Du får ångra köpet av det som låg i det till och med" in delivered


def test_a_fact_that_comes_late_says_what_holds_now(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company)
    key = (placed.home_id, placed.order_id, 1)
    with database.work(Actor("staff", "1")) as work:
        shipments.start_pick(work, key)
        shipments.pick(work, key, KETTLE, quantity=2)
        shipments.pack(work, key, carrier="PostNord", tracking="UB123SE")
        shipments.hand_over(work, key)
        shipments.deliver(work, [key])
    worker.drain(database)
    assert "parcel_sent" not in Counter(row.reason for row in outbox.rows())
    assert len(outbox.rows("parcel_delivered")) == 1


def test_an_imported_history_tells_its_clients_nothing(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    placed = sold(database, company, channel="import")
    packed_and_gone(database, placed)
    arrived(database, placed)
    assert [row.reason for row in outbox.rows() if row.recipient_kind == "client"] == []


def test_a_canceled_order_and_a_failed_payment_are_told(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (SKILLET, 1))
        payment = new_id()
        work.run(
            """INSERT INTO payment (home_id, id, order_id, provider, state, currency, amount_minor,
                                    created_at)
               VALUES (%(home)s, %(id)s, %(order)s, 'stripe', 'failed', 'SEK', 84900, %(now)s)""",
            home=placed.home_id, id=payment, order=placed.order_id, now=work.now(),
        )  # fmt: skip
        record(work, "payment.failed", payment, home=placed.home_id)
    worker.drain(database)
    with database.work(Actor("staff", "1")) as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="The client asked")
    worker.drain(database)
    again(database, "payment.failed", payment, placed.home_id)
    assert outbox.states() == [("payment_failed", "sent"), ("order_canceled", "sent")]
    assert "gick inte igenom" in text_of(post.taken[0])


def test_each_version_of_a_quote_is_told_and_its_end_is_reminded_of(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    with database.work() as work:
        lead = a_quoted_lead(work, company.shop)
    worker.drain(database)
    again(database, "lead.quoted", lead, company.cedar)
    with database.work() as work:
        leads.draft_quote(
            work, company.cedar, lead, amount=Money(200000, SEK), scope="Less.", valid_days=14
        )
        leads.send_quote(work, company.cedar, lead)
    worker.drain(database)
    assert outbox.states() == [("quote_sent", "sent")] * 2
    assert "2 000,00 kr" in text_of(post.taken[1])
    for _ in range(14):
        worker.tick(database)
        worker.drain(database)
        clock.move(timedelta(days=1))
    assert len(outbox.rows("quote_reminder")) == 1
    assert outbox.rows("quote_reminder")[0].created_at == clock.now() - timedelta(days=2)


def test_a_visit_is_booked_reminded_of_set_out_to_and_signed_off(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    placed = sold(database, company, (REPAIR, 1), channel="lead")
    key = jobs.JobKey(placed.home_id, placed.order_id, 1)
    starts = clock.now() + timedelta(days=2)
    staff = Actor("staff", "1")
    with database.work(staff) as work:
        jobs.schedule(
            work, key, team_id=company.north, starts_at=starts, duration=timedelta(hours=2)
        )
    worker.drain(database)
    for _ in range(2):
        clock.move(timedelta(days=1))
        worker.tick(database)
        worker.drain(database)
    for step in (jobs.depart, jobs.arrive):
        with database.work(staff) as work:
            step(work, key)
        worker.drain(database)
    with database.work(staff) as work:
        jobs.finish(work, key, report="Mended.")
    worker.drain(database)
    told = [row.reason for row in outbox.rows() if row.recipient_kind == "client"]
    assert told == [
        "order_confirmed",
        "visit_booked",
        "visit_reminder",
        "team_on_the_way",
        "sign_off",
    ]
    assert "Mended." in text_of(post.taken[-1])


# ---------------------------------------------------------------- affiliates and staff


def a_person(database: Database, name: str, *roles: str, affiliate: int | None = None) -> int:
    with database.work() as work:
        id = identity.create_person(
            work, email=f"{name.lower()}@people.example", name=name, locale="sv"
        )
        for role in roles:
            identity.grant(work, id, role)
        if affiliate:
            identity.grant(work, id, "affiliate", affiliate_id=affiliate)
    return id


def test_a_first_sale_is_the_first_only_and_goes_to_everybody_of_the_affiliate(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    a_person(database, "Elin", affiliate=company.cedar)
    a_person(database, "Sam", affiliate=company.cedar)
    for _ in range(2):
        placed = sold(database, company)
        packed_and_gone(database, placed)
        arrived(database, placed)
        again(database, "commission.settled", placed.order_id, placed.home_id)
    first = outbox.rows("first_sale")
    assert sorted(row.recipient for row in first) == ["elin@people.example", "sam@people.example"]
    assert {row.home_id for row in first} == {company.cedar}


def test_what_was_earned_is_told_as_often_as_its_reader_chose(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    people = {
        name: a_person(database, name, affiliate=company.cedar) for name in ("Di", "We", "Ne")
    }
    with database.work() as work:
        mail.choose(work, people["Di"], "credit_digest", "daily")
        mail.choose(work, people["Ne"], "credit_digest", "never")
    worker.tick(database)
    placed = sold(database, company)
    packed_and_gone(database, placed)
    arrived(database, placed)
    for _ in range(8):
        clock.move(timedelta(days=1))
        worker.tick(database)
        worker.drain(database)
    told = [(row.recipient_name, row.subject) for row in outbox.rows("credit_digest")]
    assert sorted(told) == [("Di", "daily:2026-03-02"), ("We", "weekly:2026-03-08")]
    [message] = [m for m in post.taken if "we@people.example" in str(m["to"])
                 and "veckan" in str(m["subject"])]  # fmt: skip
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert "Tillgodofört, 1 order: 200,00 kr" in text_of(message)


def test_a_payout_that_arrived_or_failed_is_told_to_whom_it_concerns(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    a_person(database, "Fia", "finance")
    ids = {"paid": new_id(), "failed": new_id()}
    with database.work() as work:
        for no, (state, id) in enumerate(ids.items()):
            work.run(
                """INSERT INTO payout (home_id, id, number, period, provider, account, currency,
                                       amount_minor, state, reserved_at, paid_at)
                   VALUES (%(home)s, %(id)s, %(number)s, %(period)s, 'bank', 'x', 'SEK', 50000,
                           %(state)s, %(now)s, %(now)s)""",
                home=company.cedar, id=id, number=f"P-{no}", state=state, now=work.now(),
                period=date(2026, 3, 2 + no),
            )  # fmt: skip
    for state, id in ids.items():
        again(database, f"payout.{state}", id, company.cedar)
        again(database, f"payout.{state}", id, company.cedar)
    told = Counter((row.reason, row.recipient) for row in outbox.rows())
    assert told == Counter(
        {
            ("payout_sent", "cedar@affiliates.example"): 1,
            ("payout_failed", "cedar@affiliates.example"): 1,
            ("failed_payout", "fia@people.example"): 1,
        }
    )


def test_an_account_that_needs_its_owner_is_told_of(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO pay_account (home_id, provider, account, currency, state, updated_at)
               VALUES (%(home)s, 'stripe', 'acct_1', 'SEK', 'restricted', %(now)s)""",
            home=company.cedar,
            now=work.now(),
        )
    for _ in range(2):
        again(database, "account.changed", company.cedar, company.cedar)
    assert [row.reason for row in outbox.rows()] == ["account_needs_you"]


def test_staff_hear_of_failed_tasks_once_a_day_and_of_the_week(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    ada = a_person(database, "Ada", "admin", "finance")
    quiet = a_person(database, "Quiet", "finance")
    with database.work() as work:
        mail.unsubscribe(work, quiet, "weekly_summary")
        record(work, "order.delivered", new_id(), home=company.cedar)
        work.run("UPDATE fact_waiting SET state = 'dead'")
    sold(database, company)
    for _ in range(3):
        clock.move(timedelta(hours=1))
        worker.tick(database)
        worker.drain(database)
    assert [row.person_id for row in outbox.rows("dead_letters")] == [ada]
    for _ in range(7):
        clock.move(timedelta(days=1))
        worker.tick(database)
        worker.drain(database)
    assert len(outbox.rows("dead_letters")) == 8
    [week] = [row for row in outbox.rows("weekly_summary") if row.subject == "2026-03-02"]
    assert week.person_id == ada
    assert week.context["sums"][0]["sold"] == {"minor": 250000, "currency": SEK}


def test_low_stock_is_told_once_for_what_is_low(
    database: Database, company: Company, post: MailServer, outbox: Outbox, clock: FixedClock
) -> None:
    """A company may do without marks."""
    a_person(database, "Per", "picker")
    with database.work() as work:
        from mainstem.mail import staff

        assert stock.low_shelves(work) == []
        staff.low_stock(work, clock.now().date())
    assert outbox.rows() == []


def test_low_stock_of_two_articles_is_one_message(
    database: Database, database_url: str, company: Company, post: MailServer, outbox: Outbox,
    clock: FixedClock,
) -> None:  # fmt: skip
    import psycopg

    from mainstem.mail import staff

    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("UPDATE stock_level SET low_stock_mark = 100")
    a_person(database, "Per", "picker")
    for days in (0, 1, 7):
        with database.work() as work:
            staff.low_stock(work, clock.now().date() + timedelta(days=days))
    rows = outbox.rows("low_stock")
    assert len(rows) == 2, "once a week for the same shelves"
    assert len(rows[0].context["shelves"]) == 4


def test_a_company_that_has_not_said_who_writes_tells_nobody(
    database: Database, post: MailServer, outbox: Outbox
) -> None:
    from tests.company import a_company

    with database.work() as work:
        company = a_company(work)
    sold(database, company)
    assert outbox.rows() == []
    assert post.taken == []


# ---------------------------------------------------------------- sending


def test_the_queue_asks_again_after_a_temporary_no_and_holds_up_nobody_else(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    post.at_rcpt["ada@example.com"] = "451 4.3.0 later"
    sold(database, company)
    sold(database, company, client=BO)
    assert post.recipients == ["bo@example.com"]
    [waiting] = [row for row in outbox.rows() if row.state == "queued"]
    assert (waiting.attempts, waiting.error) == (1, "451 4.3.0 later")
    del post.at_rcpt["ada@example.com"]
    outbox.due()
    worker.drain(database)
    assert [row.state for row in outbox.rows()] == ["sent", "sent"]
    assert outbox.rows()[0].attempts == 2


def test_an_address_that_bounces_gets_nothing_more_until_staff_say_so(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    post.at_rcpt["ada@example.com"] = "550 5.1.1 no such user"
    first = sold(database, company)
    assert outbox.states() == [("order_confirmed", "failed")]
    packed_and_gone(database, first)
    assert outbox.states()[1:] == [("parcel_sent", "suppressed")]
    assert outbox.rows()[1].error == "550 5.1.1 no such user"
    with database.work() as work:
        assert mail.lift_bounce(work, "ada@example.com")
    del post.at_rcpt["ada@example.com"]
    arrived(database, first)
    assert ("parcel_delivered", "sent") in outbox.states()


def test_what_was_queued_before_the_bounce_is_held_back_too(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        for _ in range(2):
            a_paid_order(work, company.shop, (KETTLE, 1))
    post.at_rcpt["ada@example.com"] = "550 5.1.1 no such user"
    worker.drain(database)
    assert sorted(state for _, state in outbox.states()) == ["failed", "suppressed"]


@pytest.mark.parametrize("address", [f"{'a' * 65}@example.com", "åsa@example.com"])
def test_an_address_that_few_servers_take_fails_by_itself(
    database: Database, company: Company, post: MailServer, outbox: Outbox, address: str
) -> None:
    post.at_rcpt[address] = "553 5.1.3 no"
    with database.work() as work:
        to = Recipient(address, "Ada\N{COMBINING ACUTE ACCENT}", "en")
        context = mail.ApplicationStep(name="A", affiliate="A", application_id=UUID(int=1))
        assert mail.queue(work, "application_received", to=to, subject=1, context=context)
        other = Recipient("bo@example.com", "Bo", "en")
        assert mail.queue(work, "application_received", to=other, subject=1, context=context)
    worker.drain(database)
    assert sorted(row.state for row in outbox.rows()) == ["failed", "sent"]
    with database.work() as work:
        assert work.value("SELECT count(*) FROM fact_waiting") == 0


def test_a_name_that_would_break_out_of_a_header_is_never_sent(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        to = Recipient("ada@example.com", "Ada\r\nBcc: everybody@example.com", "en")
        context = mail.ApplicationStep(name="A", affiliate="A", application_id=UUID(int=1))
        mail.queue(work, "application_received", to=to, subject=1, context=context)
    worker.drain(database)
    [row] = outbox.rows()
    assert row.state == "failed"
    assert "header" in row.error
    assert post.taken == []


def test_a_worker_that_ends_in_the_middle_sends_again_under_the_same_id(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    post.at_data = [None]  # the message has gone, and no answer comes
    sold(database, company)
    assert outbox.states() == [("order_confirmed", "queued")]
    outbox.due()
    worker.drain(database)
    [row] = outbox.rows()
    assert (row.state, row.attempts) == ("sent", 2)
    assert post.taken[0]["message-id"] == row.message_id == f"<{row.id}@alder.example>"


def test_two_workers_beside_each_other_send_it_once(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 1))
    while worker.work_inside(database):
        pass
    [row] = outbox.rows()
    fact = Fact(new_id(), row.home_id, "mail.queued", str(row.id))
    refused: list[BaseException] = []

    def deliver() -> None:
        try:
            sending.deliver(database, fact)
        except mail.MailDeferred as busy:
            refused.append(busy)

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(post.taken) == 1
    assert outbox.rows()[0].state == "sent"
    sending.deliver(database, fact)  # and late
    assert len(post.taken) == 1


def test_a_server_that_stays_away_ends_in_a_mail_that_says_so(
    database: Database, company: Company, post: MailServer, outbox: Outbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(sending, "ATTEMPTS_MAX", 2)
    post.at_rcpt["ada@example.com"] = "450 4.2.0 not now"
    sold(database, company)
    outbox.due()
    worker.drain(database)
    [row] = outbox.rows()
    assert (row.state, row.attempts, row.error) == ("failed", 2, "450 4.2.0 not now")
    with database.work() as work:
        assert work.value("SELECT count(*) FROM fact_waiting") == 0


def test_without_a_server_mail_is_kept_to_be_read(
    database: Database, company: Company, outbox: Outbox
) -> None:
    sold(database, company)
    assert outbox.states() == [("order_confirmed", "kept")]
    with database.work() as work:
        assert not work.value("SELECT count(*) FROM fact WHERE name = 'mail.queued'")


def test_many_orders_cost_the_mail_consumer_one_statement_each_way(
    database: Database, company: Company, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.work() as work:
        placed = [a_paid_order(work, company.shop, (KETTLE, 1)) for _ in range(12)]
    facts = [Fact(new_id(), one.home_id, "order.paid", str(one.order_id)) for one in placed]
    with database.work(SYSTEM) as work:
        asked: list[str] = []
        rows = type(work).rows

        def counted(self: Any, sql: str, **values: Any) -> list[Any]:
            asked.append(sql)
            return rows(self, sql, **values)

        monkeypatch.setattr(type(work), "rows", counted)
        flow.REACTIONS["order.paid"]["mail"](work, facts)
    assert len(asked) <= 4
    assert len(outbox.rows()) == 12


def test_settings_are_saved_as_a_document_and_the_same_changes_nothing(database: Database) -> None:
    settings = mail.MailSettings(sender_name="Alder", sender_address="a@alder.example")
    with database.work() as work:
        assert mail.read_settings(work) is None
        assert mail.save_settings(work, settings)
        assert not mail.save_settings(work, settings)
        assert mail.read_settings(work) == settings
        mail.retire_settings(work)
        assert mail.read_settings(work) is None


@pytest.mark.parametrize("address", ["nobody", "a@b", "a@b.se\r\nBcc: c@d.se"])
def test_a_sender_is_an_address(address: str) -> None:
    from mainstem.kit.documents import document
    from mainstem.kit.errors import InvalidInput

    with pytest.raises(InvalidInput):
        document(mail.MailSettings, {"sender_name": "A", "sender_address": address})
