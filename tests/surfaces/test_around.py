"""The pages around one client, article, affiliate and order: what stands on each, and that each leads to
the others, for whoever may see them."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from tests.company import BO, a_lead, a_paid_order, a_quoted_lead
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, REPAIR, SKILLET, Staff, order_url, staffed

from mainstem import mail
from mainstem.console import lists, queries
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem_fulfillment import movements

ADA = "ada@example.com"
CLIENT = f"/console/clients?key={ADA}"


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def article(staff: Staff, sku: str = KETTLE) -> str:
    with staff.database.work() as work:
        return f"/console/articles/{work.value('SELECT id FROM variant WHERE sku = %(s)s', s=sku)}"


# ------------------------------------------------------------------------- the client


def test_everything_of_a_client_stands_on_one_page(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 2))
    visit = staff.sold((REPAIR, 1))
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
        other = a_quoted_lead(work, staff.company.birch_shop, client=BO)
        key = work.value("SELECT client_key FROM orders WHERE id = %(id)s", id=placed.order_id)
        work.run(
            """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency,
                      amount_minor, opened_at)
               VALUES (%(home)s, gen_random_uuid(), %(order)s, 'du_1', 'needs_response', 'SEK', 4200,
                       %(now)s)""",
            home=placed.home_id, order=placed.order_id, now=work.now(),
        )  # fmt: skip
        mail.mark_bounced(work, key, "550 no such user")
        number = work.value("SELECT number FROM lead WHERE id = %(id)s", id=lead)
        of_bo = work.value("SELECT number FROM lead WHERE id = %(id)s", id=other)
    assert key == ADA
    page = staff.reader("ada").get(CLIENT)
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    for told in (placed.number, visit.number, number, "Disputed: answer it", "SEK 42.00",
                 "Mail to this address bounced", "Cedar"):  # fmt: skip
        assert told in words, told
    assert of_bo not in words
    assert f'href="{order_url(placed)}"' in page.text
    assert f'href="/console/affiliates/{staff.company.cedar}"' in page.text


def test_a_client_is_known_by_any_spelling_of_the_address_and_a_stranger_by_none(
    staff: Staff,
) -> None:
    staff.sold((KETTLE, 1))
    fia = staff.reader("fia")
    assert fia.get(f"/console/clients?key={quote(' Ada@Example.com ')}").status_code == 200
    for key in ("", "nobody@example.com", "%", "ada@example.co", "x" * 300):
        assert fia.get(f"/console/clients?key={quote(key)}").status_code == 404, key


def test_of_a_client_each_role_sees_what_it_sees_elsewhere(staff: Staff) -> None:
    staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        number = work.value(
            "SELECT number FROM lead WHERE id = %(id)s", id=a_lead(work, staff.company.shop)
        )
    assert staff.reader("per").get(CLIENT).status_code == 403
    fia, li = staff.reader("fia").get(CLIENT), staff.reader("li").get(CLIENT)
    assert number not in words_of(fia)
    assert number in words_of(li)
    assert f'href="/console/affiliates/{staff.company.cedar}"' not in li.text
    for page in (fia, li):
        assert "Mail to them" not in words_of(page)


def test_a_client_s_orders_come_page_by_page(staff: Staff, clock: FixedClock) -> None:
    with staff.database.work() as work:
        numbers = []
        for _ in range(3):
            clock.move(timedelta(minutes=1))
            numbers.append(a_paid_order(work, staff.company.shop, (KETTLE, 1)).number)
        a_paid_order(work, staff.company.shop, (KETTLE, 1), client=BO)
        first = lists.orders_of_client(work, ADA, most=2)
        second = lists.orders_of_client(work, ADA, cursor=first.next, most=2)
        assert [row.number for row in (*first.rows, *second.rows)] == numbers[::-1]
        assert second.next is None


# ------------------------------------------------------------------------- the article


def test_everything_of_an_article_stands_on_one_page(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 2))
    with staff.database.work() as work:
        code = work.value("SELECT code FROM location ORDER BY position LIMIT 1")
        movements.receive_named(work, code, [(KETTLE, 5)], reference="note 17")
        variant = work.value("SELECT id FROM variant WHERE sku = %(s)s", s=KETTLE)
        work.run(
            """INSERT INTO price_offer (variant_id, currency, amount_minor, valid_from, valid_until)
               VALUES (%(v)s, 'SEK', 12300, %(now)s, %(now)s + interval '9 days')""",
            v=variant, now=work.now(),
        )  # fmt: skip
    page = staff.reader("ada").get(article(staff))
    words = words_of(page).replace("\N{NO-BREAK SPACE}", " ")
    for told in (KETTLE, placed.number, "note 17", "+5", "Offer", "SEK 123.00", "List price"):
        assert told in words, told
    assert f'href="{order_url(placed)}"' in page.text
    assert 'href="/console/clients?key=ada@example.com"' in page.text
    assert "/console/setup/shelves?key=" in page.text


def test_of_an_article_a_picker_sees_the_shelves_and_no_client(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    page = staff.reader("per").get(article(staff))
    words = words_of(page)
    assert "On hand" in words
    assert placed.number not in words
    assert "/console/setup/" not in page.text
    assert staff.reader("per").get("/console/articles/999999").status_code == 404


def test_sales_of_an_article_are_the_newest_and_of_no_other(staff: Staff) -> None:
    with staff.database.work() as work:
        mine = [a_paid_order(work, staff.company.shop, (KETTLE, 1)) for _ in range(3)]
        other = a_paid_order(work, staff.company.shop, (SKILLET, 1))
    words = words_of(staff.reader("li").get(article(staff)))
    assert [one.number for one in mine[::-1]] == re.findall(
        "|".join(one.number for one in mine), words
    )
    assert other.number not in words


# ------------------------------------------------------------------------- affiliate and order


def test_an_affiliate_s_page_leads_to_what_is_new_of_theirs(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    cedar = staff.company.cedar
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
        number = work.value("SELECT number FROM lead WHERE id = %(id)s", id=lead)
    page = staff.reader("ada").get(f"/console/affiliates/{cedar}")
    assert f'href="{order_url(placed)}"' in page.text
    assert f'href="/desk/leads/{staff.company.shop.home_id}/{lead}"' in page.text
    assert "/console/setup/storefronts/edit?key=" in page.text
    assert f'href="/console/audit?by=affiliate:{cedar}"' in page.text
    shown = staff.reader("fia").get(f"/console/affiliates/{cedar}")
    assert number in words_of(shown)
    assert "/desk/leads/" not in shown.text
    assert "/console/setup/" not in shown.text


def test_an_order_leads_to_its_client_its_articles_and_its_affiliate(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    page = staff.reader("ada").get(order_url(placed)).text
    for url in ("/console/clients?key=ada@example.com", article(staff),
                f"/console/affiliates/{staff.company.cedar}"):  # fmt: skip
        assert f'href="{url}"' in page, url
    assert staff.reader("li").get(order_url(placed)).status_code == 200


def test_nobody_is_found_who_has_never_bought_or_asked(staff: Staff) -> None:
    with staff.database.work() as work, pytest.raises(NotFound):
        queries.client(work, "stranger@example.com")
