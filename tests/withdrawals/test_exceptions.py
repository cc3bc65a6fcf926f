"""What the law excepts is said by article, shown before the order and on it; a service begins within the
period only for whoever asks for that."""

from __future__ import annotations

import pytest
from tests.company import (
    KETTLE,
    Company,
    a_company,
    a_paid_order,
    a_quoted_lead,
    an_order,
    pay,
)
from tests.surfaces.conftest import (
    Open,
    Reader,
    bare_surfaces,
    light_hashes,
    open_app,
    settings,
    words_of,
)
from tests.surfaces.shopping import SECRET, Buyer, a_shop_with_texts, order_link
from tests.withdrawals.stories import sends, state_of, withdraws

from mainstem import flow, identity, leads, withdrawals, worker
from mainstem.kit.db import Database
from mainstem.kit.work import CLIENT
from mainstem.payments import Gateway

__all__ = ["bare_surfaces", "light_hashes", "open_app", "settings"]

NOTES = {
    "made_to_measure": "Made to measure: there is no right of withdrawal.",
    "perishable": "It spoils soon: there is no right of withdrawal.",
    "sealed": "Sealed: the right of withdrawal ends when you break the seal.",
    "digital": "Delivered digitally: the right of withdrawal ends when the delivery begins.",
}


@pytest.fixture
def company(database: Database) -> Company:
    away = Gateway("sk_test_embedded", api_base="http://127.0.0.1:1", retries=0)
    database.tools = flow.tools(gateway=away)
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def reader(open_app: Open) -> Reader:
    reader = open_app()
    reader.client.headers["accept-language"] = "en"
    return reader


@pytest.mark.parametrize("kind", sorted(NOTES))
def test_an_exception_is_shown_at_the_offer_before_the_order_and_on_it(
    database: Database, company: Company, reader: Reader, kind: str
) -> None:
    with database.work() as work:
        work.run("UPDATE product SET withdrawal = %(kind)s WHERE slug = 'kettle'", kind=kind)
    buyer = Buyer(reader, a_shop_with_texts(database, company))
    assert NOTES[kind] in words_of(buyer.get("p/kettle"))
    assert "Change your mind within 14 days" not in words_of(buyer.get("p/kettle"))
    assert "Change your mind within 14 days" in words_of(buyer.get("p/skillet"))
    buyer.put(KETTLE)
    assert NOTES[kind] in words_of(buyer.get("checkout"))
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        work.run("UPDATE product SET withdrawal = 'yes'")
    assert NOTES[kind] in words_of(reader.get(order_link(placed))), "as it was ordered"
    assert NOTES[kind] in words_of(reader.get(f"{order_link(placed)}/withdrawal"))


@pytest.mark.parametrize("begins", [True, False])
def test_that_a_service_may_begin_is_asked_at_the_quote_and_kept_with_its_time(
    database: Database, company: Company, reader: Reader, begins: bool
) -> None:
    with database.work() as work:
        lead = a_quoted_lead(work, company.shop)
    link = "/quote/" + identity.quote_link(SECRET, company.cedar, lead)
    page = words_of(reader.get(link))
    assert "Begin before the 14 days are over in which I may withdraw." in page
    said = {"no": "1", "name": "Ada Lind", "agree": "yes"} | ({"begin": "yes"} if begins else {})
    assert reader.post(f"{link}/acceptance", said).status_code == 303
    with database.work() as work:
        row = work.one("SELECT begin_words, begin_asked_at, answered_at FROM quote")
    assert row.begin_words.startswith("Begin before the 14 days") == begins
    assert row.begin_asked_at == (row.answered_at if begins else None)


@pytest.mark.parametrize(("begin", "why"), [("Begin at once.", "performed"), ("", "")])
def test_a_service_that_was_begun_as_asked_and_is_done_is_for_the_desk_to_decline(
    database: Database, company: Company, begin: str, why: str
) -> None:
    with database.work(CLIENT) as work:
        lead = a_quoted_lead(work, company.shop)
        placed = leads.accept_quote(work, company.cedar, lead, 1, name="Ada", begin_words=begin)
        pay(work, placed)
    worker.drain(database)
    sends(database, placed, {1: 1})
    made = withdraws(database, placed, {1: 1})
    worker.drain(database)
    assert state_of(database, made) == ("received", "")
    with database.work() as work:
        [line] = withdrawals.details(work, made.home_id, made.id).lines
    assert (line.waits, line.why_not) == (1, why)


def test_a_receipt_has_seller_buyer_and_the_tax_of_each_rate_and_comes_by_mail(
    database: Database, company: Company, reader: Reader
) -> None:
    a_shop_with_texts(database, company)
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
    link = order_link(placed)
    told = words_of(reader.get(f"{link}/receipt")).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        placed.number, "Foundry AB", "556123-4567", "Ada Lind", "Storgatan 1", "by bank transfer",
        "SEK 2,500.00", "of which VAT at 25 % SEK 500.00",
    ):  # fmt: skip
        assert words in told, words
    for _ in range(2):
        assert reader.post(f"{link}/receipt/mail").status_code == 303
    with database.work() as work:
        assert work.value("SELECT count(*) FROM fact WHERE name = 'receipt.requested'") == 1
        unpaid = an_order(work, company.shop, (KETTLE, 1))
    assert reader.get(f"{order_link(unpaid)}/receipt").status_code == 404
