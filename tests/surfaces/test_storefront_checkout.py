"""From the basket to a paid order and back to its page; from a question to a quote and its yes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from tests.company import (
    KETTLE,
    REPAIR,
    SKILLET,
    Company,
    a_company,
    a_paid_order,
    a_quoted_lead,
    an_order,
)
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.paying import database, gateway
from tests.surfaces.shopping import (
    ADA_FORM,
    SECRET,
    Buyer,
    a_shop_with_texts,
    errors_of,
    hidden,
    order_link,
    pay_at,
)

from mainstem import catalog, flow, identity, leads, orders, payments, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings
from mainstem.kit.work import SYSTEM
from mainstem.payments import Gateway
from mainstem_affiliates.storefront import cached_storefront
from mainstem_fulfillment import jobs, shipments

__all__ = ["database", "gateway"]


@pytest.fixture(autouse=True)
def looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached storefront is as fresh as its last look."""
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def reader(open_app: Open) -> Reader:
    """Somebody with a browser, where services are performed."""
    return open_app(service_jobs=jobs)


@pytest.fixture
def buyer(database: Database, company: Company, reader: Reader) -> Buyer:
    return Buyer(reader, a_shop_with_texts(database, company))


def placed_orders(database: Database) -> list[Any]:
    with database.work() as work:
        return work.rows("SELECT * FROM orders ORDER BY placed_at, id")


# ------------------------------------------------------------------------- the whole road


def test_from_home_to_a_delivered_order_without_an_account(
    buyer: Buyer, database: Database, company: Company
) -> None:
    buyer.put(KETTLE, 2)
    page = buyer.get("checkout")
    words = words_of(page)
    for said in (
        "To pay SEK 2,500.00",
        "Delivery free",
        "VAT, included in it SEK 500.00",
        "Order and pay",
    ):
        assert said in words, said
    sent = buyer.send(hidden(page) | ADA_FORM)
    assert sent.status_code == 303
    there = sent.headers["location"]
    assert "/c/pay/" in there
    assert "Your basket is empty" in words_of(buyer.get("basket"))

    back = pay_at(there)
    assert back.startswith("http://company.example/order/")
    link = back.removeprefix("http://company.example").removesuffix("/return")
    unpaid = buyer.reader.get(link)
    assert "Waiting for your payment" in words_of(unpaid)
    returned = buyer.reader.get(f"{link}/return")
    assert (returned.status_code, returned.headers["location"]) == (303, link)
    # Paid for the client as soon as the gateway says so, whatever the worker has done by then.
    assert "Paid. We are getting it ready" in words_of(buyer.reader.get(link))
    assert buyer.reader.get(f"{link}/return").status_code == 303
    worker.drain(database)
    paid = words_of(buyer.reader.get(link))
    assert "We have your payment" in paid
    assert "With you by 9 Mar 2026." in paid

    [order] = placed_orders(database)
    key = (order.home_id, order.id, 1)
    with database.work() as work:
        shipments.start_pick(work, key)
        shipments.pick(work, key, KETTLE, quantity=2)
        shipments.pack(work, key, carrier="PostNord", tracking="UB123SE")
        shipments.hand_over(work, key)
    shipped = words_of(buyer.reader.get(link))
    assert "On its way to you" in shipped
    assert "It left with PostNord, parcel UB123SE" in shipped
    with database.work() as work:
        work.run("UPDATE order_line SET shipped = 1")
    partly = words_of(buyer.reader.get(link))
    assert "A part of it is on its way" in partly
    assert "1 of 2 sent" in partly
    with database.work() as work:
        work.run("UPDATE order_line SET shipped = quantity")
    with database.work() as work:
        shipments.deliver(work, [key])
    worker.drain(database)
    delivered = words_of(buyer.reader.get(link))
    assert "It has arrived" in delivered
    with database.work() as work:
        payments.request_refund(
            work,
            order.home_id,
            order.id,
            amount_minor=125000,
            reason="returned",
            lines=[(1, 125000)],
        )
    worker.drain(database)
    refunded = words_of(buyer.reader.get(link))
    assert "Money went back to you" in refunded
    assert "\N{MINUS SIGN}SEK 1,250.00" in refunded


def test_the_referral_in_the_address_reaches_the_order(
    reader: Reader, database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO referral_code VALUES ('BIRCH', %(id)s, 'link', now(), NULL)""",
            id=company.birch,
        )
    buyer = Buyer(reader, a_shop_with_texts(database, company), "?ref=BIRCH")
    buyer.put(KETTLE)
    assert buyer.send(buyer.form()).status_code == 303
    [order] = placed_orders(database)
    assert order.attribution["link"] == ["BIRCH", company.birch]


def test_whoever_guesses_at_codes_waits_and_may_order_without_one(buyer: Buyer) -> None:
    buyer.put(KETTLE)
    for no in range(20):
        assert buyer.send(buyer.form() | {"code": f"GUESS{no}"}).status_code == 422
    slowed = buyer.send(buyer.form() | {"code": "GUESS20"})
    assert slowed.status_code == 429
    assert "Too many attempts. Try again in 10 min." in words_of(slowed)
    assert buyer.send(buyer.form()).status_code == 303


def test_a_code_that_was_typed_wins_and_one_that_leads_nowhere_is_said(
    buyer: Buyer, database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run(
            """INSERT INTO referral_code VALUES ('ALDER', %(id)s, 'code', now(), NULL)""",
            id=company.alder,
        )
    buyer.put(KETTLE)
    refused = buyer.send(buyer.form() | {"code": "ELDER"})
    assert refused.status_code == 422
    assert errors_of(refused) == {"code": "We do not know this code. Remove it to continue."}
    assert placed_orders(database) == []
    assert buyer.send(hidden(refused) | ADA_FORM | {"code": "alder"}).status_code == 303
    [order] = placed_orders(database)
    assert (order.seller_id, order.attributed_by) == (company.alder, "code")


# ------------------------------------------------------------------------- refusals


def test_an_empty_basket_has_no_checkout(buyer: Buyer) -> None:
    answer = buyer.get("checkout")
    assert (answer.status_code, answer.headers["location"]) == (303, buyer.url("basket"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            {
                "client-name": "Write your name.",
                "client-email": "Write an e-mail address like name@example.com.",
                "address-line1": "Write the street and number.",
                "address-postal_code": "Write a postal code of Sweden.",
                "address-city": "Write the town.",
            },
        ),
        ("sv", None),
    ],
)
def test_everything_wrong_is_said_beside_its_field_at_once(
    reader: Reader, database: Database, company: Company, language: str, said: dict[str, str] | None
) -> None:
    buyer = Buyer(reader, a_shop_with_texts(database, company), language=language)
    buyer.put(KETTLE)
    wrong = {
        "client-name": " ",
        "client-email": "ada@",
        "address-line1": "",
        "address-postal_code": "1145",
        "address-city": "",
    }
    page = buyer.send(buyer.form() | wrong)
    assert page.status_code == 422
    found = errors_of(page)
    assert set(found) == set(wrong)
    if said:
        assert found == said
    else:
        english = {text for text in found.values() if text.startswith("Write")}
        assert not english, "every sentence is Swedish"
        assert found["client-name"] == "Skriv ditt namn."
    assert 'value="ada@"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert placed_orders(database) == []
    # Mended, it goes through.
    assert buyer.send(hidden(page) | ADA_FORM).status_code == 303


def asks(database: Database, minor: int, sku: str = KETTLE) -> None:
    """The shop asks another price from now on."""
    with database.work() as work:
        variant = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=sku)
        catalog.set_price(work, variant, "SEK", minor)


def test_a_price_holds_for_a_week_from_when_a_thing_was_put_in(
    buyer: Buyer, database: Database, clock: FixedClock
) -> None:
    buyer.put(KETTLE)
    clock.move(timedelta(days=6, hours=23))
    asks(database, 130000)
    assert "SEK 1,250.00 each" in words_of(buyer.get("basket"))
    assert buyer.send(buyer.form()).status_code == 303
    [order] = placed_orders(database)
    assert order.total_minor == 125000


def test_a_price_that_no_longer_holds_is_told_before_anything_is_ordered(
    buyer: Buyer, database: Database, clock: FixedClock
) -> None:
    buyer.put(KETTLE)
    asks_from = clock.now() + timedelta(minutes=1)
    clock.move(timedelta(days=6, hours=23))
    form = buyer.form()
    clock.move(timedelta(hours=2))
    asks(database, 130000)
    page = buyer.send(form)
    assert page.status_code == 409
    assert "it was SEK 1,250.00 and is SEK 1,300.00" in words_of(page)
    assert placed_orders(database) == []
    assert buyer.send(hidden(page) | ADA_FORM).status_code == 303
    [order] = placed_orders(database)
    assert order.total_minor == 130000
    assert order.placed_at > asks_from


def test_a_basket_says_what_has_become_dearer_and_holds_the_new_price(
    buyer: Buyer, database: Database, clock: FixedClock
) -> None:
    buyer.put(KETTLE)
    clock.move(timedelta(days=8))
    asks(database, 130000)
    told = words_of(buyer.get("basket"))
    assert "SEK 1,300.00 each It was SEK 1,250.00 when you put it here." in told
    clock.move(timedelta(days=1))
    asks(database, 140000)
    assert "It was" not in words_of(buyer.get("basket"))
    assert buyer.send(buyer.form()).status_code == 303
    [order] = placed_orders(database)
    assert order.total_minor == 130000


def test_a_lower_price_counts_at_once_and_holds_from_then_on(
    buyer: Buyer, database: Database, clock: FixedClock
) -> None:
    buyer.put(KETTLE)
    clock.move(timedelta(days=1))
    asks(database, 100000)
    assert "SEK 1,000.00 each" in words_of(buyer.get("basket"))
    clock.move(timedelta(days=6))
    asks(database, 150000)
    assert "SEK 1,000.00 each" in words_of(buyer.get("basket"))


def test_what_is_added_later_has_the_price_of_that_moment(
    buyer: Buyer, database: Database, clock: FixedClock
) -> None:
    buyer.put(KETTLE, 2)
    clock.move(timedelta(hours=1))
    asks(database, 130000)
    buyer.put(KETTLE)
    page = words_of(buyer.get("basket"))
    assert "SEK 1,250.00 each SEK 2,500.00" in page
    assert "SEK 1,300.00 each SEK 1,300.00" in page
    buyer.change(KETTLE, 125000, quantity="3")  # one more, at what it costs now
    assert buyer.send(buyer.form()).status_code == 303
    with database.work() as work:
        lines = work.rows("SELECT quantity, unit_minor FROM order_line ORDER BY line_no")
    assert [tuple(line) for line in lines] == [(2, 125000), (2, 130000)]


def test_a_price_of_another_currency_holds_nothing(
    buyer: Buyer, database: Database, clock: FixedClock
) -> None:
    buyer.put(KETTLE)
    with database.work() as work:
        variant = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=KETTLE)
        catalog.set_price(work, variant, "EUR", 11900)
        work.run("UPDATE storefront SET currency = 'EUR'")
    clock.move(timedelta(seconds=1))
    page = words_of(buyer.get("basket"))
    assert "€119.00 each" in page
    assert "1,250" not in page


def test_what_sold_out_meanwhile_is_said_at_its_line(buyer: Buyer, database: Database) -> None:
    buyer.put(KETTLE, 3)
    form = buyer.form()
    with database.work() as work:
        work.run("UPDATE stock_level SET reserved = on_hand - 1")
    page = buyer.send(form)
    assert page.status_code == 409
    assert "Only 2 left." in words_of(page)
    assert "KETTLE-1" not in words_of(page)
    assert placed_orders(database) == []
    # The basket is as it was: the client decides.
    assert "3 things in it" in buyer.get("basket").text


def test_a_form_without_the_token_is_refused(buyer: Buyer, database: Database) -> None:
    buyer.put(KETTLE)
    answer = buyer.reader.client.post(buyer.url("checkout"), data=buyer.form())
    assert answer.status_code == 403
    assert placed_orders(database) == []


def test_a_suspended_shop_takes_no_order(
    buyer: Buyer, database: Database, company: Company
) -> None:
    buyer.put(KETTLE)
    form = buyer.form()
    with database.work() as work:
        work.run("UPDATE affiliate SET state = 'suspended' WHERE id = %(id)s", id=company.cedar)
    assert buyer.send(form).status_code == 422
    assert "takes no orders just now" in words_of(buyer.get("p/kettle"))
    assert placed_orders(database) == []


# ------------------------------------------------------------------------- twice is once


def test_the_button_pressed_twice_is_one_order(buyer: Buyer, database: Database) -> None:
    buyer.put(KETTLE)
    form = buyer.form()
    first, second = buyer.send(form), buyer.send(form)
    assert first.status_code == second.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    assert len(placed_orders(database)) == 1


def test_the_button_pressed_five_times_at_once_is_one_order(
    buyer: Buyer, database: Database
) -> None:
    buyer.put(KETTLE)
    form = {"csrf_token": buyer.reader.token()} | buyer.form()

    def press(_: int) -> Any:
        return buyer.reader.client.post(
            buyer.url("checkout"), data=form, headers={"accept": "text/html"}
        )

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(press, range(5)))
    assert {answer.status_code for answer in answers} == {303}
    assert len(placed_orders(database)) == 1
    with database.work() as work:
        assert work.value("SELECT count(*) FROM payment") == 1
    pages = {
        answer.headers["location"] for answer in answers if "/c/pay/" in answer.headers["location"]
    }
    assert len(pages) == 1


def test_an_ordered_page_that_is_changed_and_sent_again_asks_first(
    buyer: Buyer, database: Database
) -> None:
    buyer.put(KETTLE)
    form = buyer.form()
    buyer.send(form)
    page = buyer.send(form | {"client-name": "Ada Lind-Ek"})
    assert page.status_code == 409
    assert "This page has been ordered already." in words_of(page)
    assert len(placed_orders(database)) == 1
    assert buyer.send(hidden(page) | ADA_FORM).status_code == 303
    assert len(placed_orders(database)) == 2


def test_another_tabs_basket_does_not_change_what_is_ordered(
    buyer: Buyer, database: Database
) -> None:
    buyer.put(KETTLE)
    form = buyer.form()
    buyer.put(SKILLET)
    assert buyer.send(form).status_code == 303
    [order] = placed_orders(database)
    assert order.items_minor == 125000
    # What the other tab put in is still wanted.
    assert "Skillet" in words_of(buyer.get("basket"))


def test_a_gateway_that_is_away_keeps_the_order_and_says_so(
    open_app: Open,
    database_url: str,
    clock: FixedClock,
    database: Database,
    company: Company,
    settings: Settings,
) -> None:
    slug = a_shop_with_texts(database, company)
    database.tools = flow.tools(
        gateway=Gateway("sk_test_embedded", api_base="http://127.0.0.1:1", retries=0)
    )
    buyer = Buyer(open_app(), slug)
    buyer.put(KETTLE)
    sent = buyer.send(buyer.form())
    assert sent.status_code == 303
    page = buyer.reader.get(sent.headers["location"])
    assert "The payment page cannot be reached just now." in words_of(page)
    assert "Pay SEK 1,250.00" in words_of(page)


# ------------------------------------------------------------------------- the order's page


def test_only_the_signed_link_of_an_order_opens_it(
    reader: Reader, database: Database, company: Company
) -> None:
    with database.work() as work:
        first, other = (
            an_order(work, company.shop, (KETTLE, 1)),
            an_order(work, company.birch_shop, (KETTLE, 1)),
        )
    link = order_link(first)
    assert first.number in reader.get(link).text
    assert other.number not in reader.get(link).text
    forged = [
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        "/order/" + identity.client_link("another secret" * 3, first.home_id, first.order_id),
        "/order/" + identity.quote_link(SECRET, first.home_id, first.order_id),
        "/order/" + identity.client_link(SECRET, other.home_id, first.order_id),
        f"/order/{first.order_id}",
        f"/order/{first.number}",
    ]
    for wrong in forged:
        for path in (wrong, f"{wrong}/return"):
            assert reader.get(path).status_code == 404, path
        for path in (f"{wrong}/payment", f"{wrong}/sign-off"):
            assert reader.post(path, {"line": "1", "by": "Ada"}).status_code == 404, path


def test_a_link_that_went_through_other_hands_does_no_more_than_it_says(
    reader: Reader, database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 1))
    reader.client.headers["accept-language"] = "en"

    def link(*may: str) -> str:
        return "/order/" + identity.client_link(SECRET, placed.home_id, placed.order_id, may=may)

    shows = reader.get(link())
    assert placed.number in words_of(shows)
    assert "Pay now" not in words_of(shows)
    assert "This link shows the order and does no more" in words_of(shows)
    assert reader.get(f"{link()}/return").status_code == 403
    for path in ("payment", "sign-off"):
        refused = reader.post(f"{link()}/{path}", {"line": "1", "by": "Ada", "answer": "yes"})
        assert refused.status_code == 403, path
        assert "This link does not let you do that" in refused.text
    pays = link(identity.PAY)
    assert "Pay now" in words_of(reader.get(pays))
    assert reader.post(f"{pays}/sign-off", {"line": "1", "by": "Ada"}).status_code == 403
    assert "/c/pay/" in reader.post(f"{pays}/payment").headers["location"]
    with database.work() as work:
        [asked] = work.rows("SELECT request FROM operation WHERE kind = 'checkout'")
        assert asked.request["cancel_url"].endswith(pays), "one comes back to no more than that"
        assert asked.request["success_url"].endswith(f"{pays}/return")


def test_an_unpaid_order_can_be_paid_until_its_time_is_over(
    reader: Reader, database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 1))
    link = order_link(placed)
    reader.client.headers["accept-language"] = "en"
    assert "We keep this for you until 2 Mar 2026 10:30" in words_of(reader.get(link))
    assert "/c/pay/" in reader.post(f"{link}/payment").headers["location"]
    clock.move(timedelta(minutes=31))
    with database.work() as work:
        orders.expire_unpaid(work)
    late = reader.get(link)
    assert "Not paid in time" in words_of(late)
    assert "Pay now" not in words_of(late)
    assert "/c/pay/" not in reader.post(f"{link}/payment").headers["location"]


def test_number_and_email_open_the_order_and_nothing_else_does(
    buyer: Buyer, database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 1))
    bare = placed.number.replace("-", "")
    for typed in (placed.number.lower(), f"#{placed.number}", bare, f" {bare[:5]} {bare[5:]} "):
        found = buyer.reader.post(
            buyer.url("track"), {"number": typed, "email": " ADA@example.com"}
        )
        assert found.status_code == 303, typed
        assert placed.number in buyer.reader.get(found.headers["location"]).text
    for number, email in ((placed.number, "bo@example.com"), ("AAAAA-AAAAA", "ada@example.com")):
        refused = buyer.reader.post(buyer.url("track"), {"number": number, "email": email})
        assert refused.status_code == 404
        assert "We find no order with this number" in words_of(refused)


def a_finished_job(database: Database, company: Company) -> Any:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (REPAIR, 1))
    worker.drain(database)
    key = jobs.JobKey(placed.home_id, placed.order_id, 1)
    with database.work(SYSTEM) as work:
        [times, *_] = [
            t
            for t in jobs.free_slots(work, key, first_day=work.now().date() + timedelta(days=1))
            if t.starts
        ]
        jobs.schedule(
            work, key, team_id=times.team_id, starts_at=times.starts[0], duration=timedelta(hours=1)
        )
        jobs.depart(work, key)
        jobs.arrive(work, key)
        jobs.finish(work, key, report="New gasket, new glass.")
    return placed


def test_the_client_signs_a_finished_job_off_and_it_is_delivered(
    reader: Reader, database: Database, company: Company
) -> None:
    placed = a_finished_job(database, company)
    link = order_link(placed)
    reader.client.headers["accept-language"] = "en"
    page = reader.get(link)
    assert "New gasket, new glass." in words_of(page)
    assert "I am satisfied: sign off" in words_of(page)
    nameless = reader.post(f"{link}/sign-off", {"line": "1", "answer": "yes", "by": ""})
    assert nameless.status_code == 422
    assert errors_of(nameless) == {"by": "Write who accepts the work."}
    done = reader.post(f"{link}/sign-off", {"line": "1", "answer": "yes", "by": "Ada Lind"})
    assert done.status_code == 303
    assert "Signed off" in words_of(reader.get(link))
    again = reader.post(f"{link}/sign-off", {"line": "1", "answer": "yes", "by": "Ada Lind"})
    assert again.status_code == 409
    with database.work() as work:
        assert work.value("SELECT delivered FROM order_line") == 1
        assert work.value("SELECT signed_off_by FROM job") == "Ada Lind"


def test_what_number_and_email_open_shows_and_pays_and_answers_nothing(
    buyer: Buyer, database: Database, company: Company
) -> None:
    placed = a_finished_job(database, company)
    asked = {"number": placed.number, "email": "ada@example.com"}
    found = buyer.reader.post(buyer.url("track"), asked).headers["location"]
    words = words_of(buyer.reader.get(found))
    assert "New gasket, new glass." in words
    assert "To sign the work off, or to tell us that something is not done, open the link" in words
    assert "To close links that have come into the wrong hands, open the link" in words
    for button in ("I am satisfied", "Something is not done", "Close every earlier link"):
        assert button not in words
    for answer in ("yes", "objection"):
        sent = {"line": "1", "answer": answer, "by": "Ada", "objection": "It smokes."}
        assert buyer.reader.post(f"{found}/sign-off", sent).status_code == 403
    assert buyer.reader.post(f"{found}/links/withdrawal").status_code == 403
    with database.work() as work:
        assert work.value("SELECT state FROM job") == "done"
        unpaid = an_order(work, company.shop, (KETTLE, 1))
    asked["number"] = unpaid.number
    found = buyer.reader.post(buyer.url("track"), asked).headers["location"]
    assert "/c/pay/" in buyer.reader.post(f"{found}/payment").headers["location"]


def test_the_client_can_say_what_is_not_done(
    reader: Reader, database: Database, company: Company
) -> None:
    placed = a_finished_job(database, company)
    link = order_link(placed)
    reader.client.headers["accept-language"] = "en"
    empty = reader.post(f"{link}/sign-off", {"line": "1", "answer": "objection", "objection": ""})
    assert errors_of(empty) == {"objection": "Write what is not done."}
    reader.post(f"{link}/sign-off", {"line": "1", "answer": "objection", "objection": "It smokes."})
    assert "You wrote: It smokes." in words_of(reader.get(link))
    with database.work() as work:
        assert work.value("SELECT state FROM job") == "disputed"


# ------------------------------------------------------------------------- questions and quotes


def a_question(buyer: Buyer, **changes: str) -> dict[str, str]:
    page = buyer.get("ask/repair")
    assert page.status_code == 200
    asked = {"message": "It smokes.", "wanted_on": "2026-03-20", "consent": "yes"}
    return hidden(page) | ADA_FORM | asked | changes


def test_a_question_becomes_a_lead_with_the_consent_in_the_words_that_were_shown(
    buyer: Buyer, database: Database, company: Company
) -> None:
    form = a_question(buyer)
    first = buyer.reader.post(buyer.url("ask/repair"), form)
    again = buyer.reader.post(buyer.url("ask/repair"), form)
    assert first.status_code == again.status_code == 303
    thanks = words_of(buyer.reader.get(first.headers["location"]))
    assert "Thank you. We have your question Repair:" in thanks
    with database.work() as work:
        [lead] = work.rows("SELECT * FROM lead")
        [consent] = work.rows("SELECT * FROM consent")
    assert (lead.home_id, lead.message, str(lead.wanted_on)) == (
        company.cedar,
        "It smokes.",
        "2026-03-20",
    )
    assert lead.client["name"] == "Ada Lind"
    assert consent.words.startswith("Foundry AB may contact me by e-mail and telephone")
    assert consent.text_version


def test_a_question_without_consent_or_with_a_day_that_is_none_is_refused_at_its_field(
    buyer: Buyer, database: Database
) -> None:
    page = buyer.reader.post(
        buyer.url("ask/repair"), a_question(buyer, consent="", **{"client-email": "no"})
    )
    assert page.status_code == 422
    assert set(errors_of(page)) == {"consent-given", "client-email"}
    assert "It smokes." in page.text
    for day in ("2026-03-01", "soon", "9999-12-31", "0001-01-01"):
        page = buyer.reader.post(buyer.url("ask/repair"), a_question(buyer, wanted_on=day))
        assert set(errors_of(page)) == {"wanted_on"}, day
    with database.work() as work:
        assert work.value("SELECT count(*) FROM lead") == 0


def a_quote(database: Database, company: Company) -> tuple[Any, str]:
    with database.work() as work:
        lead = a_quoted_lead(work, company.shop)
    return lead, "/quote/" + identity.quote_link(SECRET, company.cedar, lead)


def test_a_quote_is_read_accepted_and_paid_and_yes_twice_is_one_order(
    reader: Reader, database: Database, company: Company
) -> None:
    _, link = a_quote(database, company)
    reader.client.headers["accept-language"] = "en"
    page = reader.get(link)
    for said in ("SEK 2,500.00", "Take it apart, mend it, put it together again.", "Order and pay"):
        assert said in words_of(page), said
    with database.work() as work:
        assert work.value("SELECT state FROM quote") == "viewed"
    unsaid = reader.post(f"{link}/acceptance", {"no": "1", "name": "Ada Lind"})
    assert unsaid.status_code == 422
    assert set(errors_of(unsaid)) == {"agree"}
    yes = {"no": "1", "name": "Ada Lind", "agree": "yes"}
    first, second = reader.post(f"{link}/acceptance", yes), reader.post(f"{link}/acceptance", yes)
    assert "/c/pay/" in first.headers["location"]
    assert first.headers["location"] == second.headers["location"]
    [order] = placed_orders(database)
    assert (order.total_minor, order.channel) == (250000, "lead")
    accepted = words_of(reader.get(link))
    assert "Accepted by Ada Lind" in accepted
    assert "To your order" in accepted


def test_a_quote_can_be_declined_and_then_no_longer_accepted(
    reader: Reader, database: Database, company: Company
) -> None:
    lead, link = a_quote(database, company)
    reader.client.headers["accept-language"] = "en"
    assert reader.post(f"{link}/refusal", {"no": "1", "words": "Too dear."}).status_code == 303
    assert "You said no" in words_of(reader.get(link))
    late = reader.post(f"{link}/acceptance", {"no": "1", "name": "Ada", "agree": "yes"})
    assert late.status_code == 409
    assert placed_orders(database) == []
    with database.work() as work:
        assert work.value("SELECT words FROM lead_note") == "Too dear."
        assert work.value("SELECT answered_by FROM quote") == "Ada Lind"
        assert leads.queries.page(work, company.cedar, lead, locale="en").state == "quoted"


def test_only_the_signed_link_of_a_quote_opens_it(
    reader: Reader, database: Database, company: Company
) -> None:
    lead, link = a_quote(database, company)
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 1))
    for wrong in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        "/quote/" + identity.client_link(SECRET, company.cedar, lead),
        "/quote/" + identity.quote_link(SECRET, company.birch, lead),
        "/quote/" + identity.quote_link(SECRET, placed.home_id, placed.order_id),
    ):
        assert reader.get(wrong).status_code == 404
        yes = {"no": "1", "name": "Eve", "agree": "yes"}
        assert reader.post(f"{wrong}/acceptance", yes).status_code == 404
        assert reader.post(f"{wrong}/refusal", yes).status_code == 404


def test_a_version_that_was_never_sent_cannot_be_accepted(
    reader: Reader, database: Database, company: Company
) -> None:
    _, link = a_quote(database, company)
    for no in ("2", "0", "", "-1", "x"):
        answer = reader.post(f"{link}/acceptance", {"no": no, "name": "Ada", "agree": "yes"})
        assert answer.status_code == 404, no
    assert placed_orders(database) == []
