"""Whatever identifier somebody has in hand finds its thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from tests.company import a_quoted_lead, an_order
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, SKILLET, Staff, order_url, staffed

from mainstem.kit import search_terms
from mainstem.kit.db import Database
from mainstem.orders import ClientDetails, Placed

OLSSON = ClientDetails(name="Åsa Öhman-Lindström", email="asa@example.com", phone="070-174 06 35")


@dataclass
class Known:
    staff: Staff
    order: Placed
    lead: Any
    lead_number: str
    payout_number: str


@pytest.fixture
def known(database: Database, open_app: Open) -> Known:
    staff = staffed(database, open_app)
    order = staff.sold((KETTLE, 1), client=OLSSON, external_id="WEB-2041/7")
    with database.work() as work:
        an_order(work, staff.company.shop, (SKILLET, 1))
        lead = a_quoted_lead(work, staff.company.birch_shop)
        values = {"home": order.home_id, "order": order.order_id, "now": work.now()}
        work.run(
            """UPDATE payment SET intent_id = 'pi_3Q1', charge_id = 'ch_3Q1' WHERE order_id = %(order)s""",
            **values,
        )
        work.run(
            """INSERT INTO refund (home_id, id, order_id, payment_id, state, currency, amount_minor,
                                   reason, provider_id, actor, requested_at)
               SELECT home_id, gen_random_uuid(), order_id, id, 'failed', currency, 100, 'broken', 're_3Q1',
                      'staff:1', %(now)s FROM payment WHERE order_id = %(order)s""",
            **values,
        )
        work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency, amount_minor,
                                    opened_at)
               VALUES (%(home)s, gen_random_uuid(), %(order)s, 'du_3Q1', 'won', 'SEK', 0, %(now)s)""",
            **values,
        )
        work.run(
            """INSERT INTO parcel (home_id, order_id, no, fulfilment_no, carrier, tracking, state)
               VALUES (%(home)s, %(order)s, 1, 1, 'PostNord', '00370730254738177216', 'label_bought')""",
            **values,
        )
        work.run(
            """INSERT INTO payout (home_id, id, number, period, provider, account, currency,
                                   amount_minor, state, transfer_id, payout_id, reserved_at)
               VALUES (%(home)s, gen_random_uuid(), '7KQ2M-94TXD', '2026-03-02', 'stripe',
                       'acct_1Cedar', 'SEK', 50000, 'paid', 'tr_9Q1', 'po_9Q1', %(now)s)""",
            **values,
        )
        work.run(
            "INSERT INTO referral_code VALUES ('KETTLE-TIME', %(home)s, 'code', %(now)s, NULL)",
            **values,
        )
        number = work.value("SELECT number FROM lead WHERE id = %(lead)s", lead=lead)
    staff.pay_account(order.home_id, "stripe")
    return Known(staff, order, lead, number, "7KQ2M-94TXD")


def test_everything_that_names_an_order_opens_it(known: Known) -> None:
    number = known.order.number
    bare = number.replace("-", "")
    fia = known.staff.reader("fia")
    for typed in (
        number, number.lower(), f"#{number}", bare, f" # {bare} ", f"{bare[:5]} {bare[5:]}",
        "asa@example.com", "ASA@EXAMPLE.COM", "WEB-2041/7", "web-2041/7",
        "Åsa Öhman", "asa ohman", "ÖHMAN", "lindstr", "Lindström, Åsa",
        "070-174 06 35", "0701740635", "+46701740635", "+46 (0)70 174 06 35", "0046 70 1740635",
        "pi_3Q1", "ch_3Q1", "re_3Q1", "du_3Q1",
        "00370730254738177216", "0037 0730 2547 3817 7216", str(known.order.order_id),
    ):  # fmt: skip
        answer = fia.client.get(
            "/console/search", params={"q": typed}, headers={"accept": "text/html"}
        )
        assert answer.status_code == 303, (typed, words_of(answer)[:300])
        assert answer.headers["location"] == order_url(known.order), typed


def found(known: Known, name: str, typed: str) -> str:
    answer = known.staff.reader(name).client.get(
        "/console/search", params={"q": typed}, headers={"accept": "text/html"}
    )
    return answer.headers["location"] if answer.status_code == 303 else words_of(answer)


def test_a_lead_is_found_by_its_number_its_quotes_and_its_client(known: Known) -> None:
    url = f"/desk/leads/{known.staff.company.birch}/{known.lead}"
    for typed in (known.lead_number, f"#{known.lead_number}-1", f"{known.lead_number}-1".lower()):
        assert found(known, "li", typed) == url, typed
    assert known.lead_number in found(known, "li", "Ada Lind")


def test_an_affiliate_is_found_by_name_address_code_and_account(known: Known) -> None:
    cedar = known.staff.company.cedar
    for typed in ("Cedar", "ced", "cedar@affiliates.example", "KETTLE-TIME", "kettle time",
                  f"account-{cedar}"):  # fmt: skip
        assert found(known, "fia", typed) == f"/console/affiliates/{cedar}", typed


def test_a_payout_is_found_by_its_number_and_the_gateways_ids(known: Known) -> None:
    for typed in (known.payout_number, "7kq2m94txd", "po_9Q1", "tr_9Q1"):
        url = found(known, "fia", typed)
        assert url == "/console/payouts?view=all&q=7KQ2M-94TXD", typed
    page = known.staff.reader("fia").get(url)
    assert "7KQ2M-94TXD" in words_of(page)


def test_an_article_is_found_by_its_sku_and_its_name(known: Known) -> None:
    for typed in ("KETTLE-1", "kettle-1", "kettl"):
        url = found(known, "per", typed)
        assert url.startswith("/console/articles/"), typed
        words = words_of(known.staff.reader("per").get(url))
        assert "KETTLE-1" in words
        assert "100 1 99" in words, "on hand, promised and free"


def test_the_slip_in_a_pickers_hand_opens_the_work_and_nothing_else_is_theirs(
    known: Known,
) -> None:
    work_url = f"/desk/ship/{known.order.home_id}/{known.order.order_id}/1"
    for typed in (f"#{known.order.number.replace('-', '')}", "0037 0730 2547 3817 7216"):
        assert found(known, "per", typed) == work_url, typed
    for typed in ("Cedar", known.lead_number, "po_9Q1", "pi_3Q1"):
        assert "Nothing found" in found(known, "per", typed), typed


ODD = [
    "'",
    "\\",
    "a' | 'b",
    "& | ! <->",
    "\u2028",
    "\0",
    "%",
    "_",
    ":*",
    "x" * 5000,
    "é",
    "😀",
    "(",
    "2",
]


def test_no_text_breaks_the_search(known: Known) -> None:
    ada = known.staff.reader("ada").client
    for typed in ODD:
        for path in ("/console/search", "/console/orders", "/console/affiliates",
                     "/desk/leads?view=new", "/desk/ship", "/console/payouts"):  # fmt: skip
            answer = ada.get(path, params={"q": typed}, headers={"accept": "text/html"})
            assert answer.status_code in (200, 303), (path, typed, answer.text[:200])


def test_a_number_is_read_however_people_say_it() -> None:
    for typed in ("6BMVH-7GAEJ", "#6BMVH-7GAEJ", "6bmvh7gaej", "6BMVH 7GAEJ", "6BMVH-7GAEJ-2",
                  "Order 6BMVH-7GAEJ", "Förfrågan 6BMVH-7GAEJ", "order: #6bmvh7gaej"):  # fmt: skip
        assert search_terms.number_in(typed) == "6BMVH-7GAEJ", typed
    assert search_terms.number_in("OIL00-00000") == "01100-00000", (
        "what is read out is written down"
    )
    for typed in ("", "6BMVH", "6BMVH-7GAEJ7", "UUUUU-UUUUU", "two words"):
        assert search_terms.number_in(typed) is None, typed
