"""The portal: what an affiliate earned, why and what next; and nothing of anybody else's."""

from __future__ import annotations

import importlib
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.catalogs import translations
from tests.company import (
    BO,
    KETTLE,
    SKILLET,
    Company,
    a_company,
    a_lead,
    a_paid_order,
    a_quoted_lead,
    an_affiliate,
    an_order,
)
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.paying import gateway
from tests.surfaces.shopping import order_link

from mainstem import earnings, flow, identity, leads, ledger, network, payments, payouts, worker
from mainstem.identity import passwords
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.orders import CREDITED_TO, ClientDetails, Placed
from mainstem.payments import Gateway
from mainstem_affiliates.portal import orders, reads
from mainstem_fulfillment import shipments

__all__ = ["gateway"]

ROUTES = (
    "/portal",
    "/portal/payouts",
    "/portal/periods",
    "/portal/orders",
    "/portal/leads",
    "/portal/team",
    "/portal/account",
)


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        hashed = passwords.hash_password(PASSWORD)
        dora = an_affiliate(work, "dora")
        for name, id in (
            ("alder", company.alder),
            ("birch", company.birch),
            ("cedar", company.cedar),
            ("dora", dora),
        ):
            person = identity.create_person(
                work, email=f"{name}@people.example", name=name.title(), password_hash=hashed
            )
            identity.grant(work, person, "affiliate", affiliate_id=id)
    return company


@pytest.fixture
def signed_in(open_app: Open, company: Company) -> Any:
    """Gives a reader who is signed in as an affiliate, reading English."""

    def enter(name: str, language: str = "en") -> Reader:
        reader = open_app()
        reader.client.headers["accept-language"] = language
        assert reader.sign_in(f"{name}@people.example").status_code == 303
        reader.client.cookies.set("lang", language)
        return reader

    return enter


def delivered(database: Database, shop: Any, *lines: tuple[str, int], **changes: Any) -> Placed:
    """A paid order, shipped and delivered, its commission credited."""
    with database.work() as work:
        placed = a_paid_order(work, shop, *lines, **changes)
    worker.drain(database)
    key = (placed.home_id, placed.order_id, 1)
    with database.work() as work:
        shipments.start_pick(work, key)
        for line in shipments.contents(work, key):
            shipments.pick(work, key, line.sku, quantity=line.quantity)
        shipments.pack(work, key, carrier="PostNord", tracking="UB1")
        shipments.hand_over(work, key)
        shipments.deliver(work, [key])
    worker.drain(database)
    return placed


def give_back(database: Database, placed: Placed, minor: int) -> None:
    with database.work() as work:
        payments.request_refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=minor,
            reason="returned",
            lines=[(1, minor)],
        )
    worker.drain(database)


def paid_out(database: Database, clock: FixedClock, affiliate: int) -> None:
    """A month passes and everything payable is paid by bank."""
    clock.move(timedelta(days=33))
    with database.work() as work:
        work.run(
            """INSERT INTO pay_account VALUES (%(id)s, 'bank', 'SE-1', 'SEK', 'active', now())
               ON CONFLICT DO NOTHING""",
            id=affiliate,
        )
        earnings.release(work, clock.now().date())
        payouts.run(work, clock.now().date())
    worker.drain(database)
    with database.work() as work:
        payouts.confirm_bank(
            work, [(r.home_id, r.id) for r in work.rows("SELECT home_id, id FROM payout")]
        )


# ------------------------------------------------------------------------- what, why, what next


def test_the_first_screen_says_what_the_affiliate_earned_why_and_what_next(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    page = signed_in("cedar").get("/portal")
    assert page.status_code == 200
    words = words_of(page)
    for said in (
        "Available for payout SEK 0.00",
        "In the return window SEK 200.00 the first part on 2 Apr 2026",
        "Tell us where to pay you",
        f"Order {placed.number} +SEK 200.00",
        f"SEK 2,500.00 was paid for goods delivered on order {placed.number}, SEK 500.00 of it tax.",
        "All of the SEK 2,000.00 without tax counts for commission.",
        "10 % of that is SEK 200.00. You won this client.",
        "payable on 2 Apr 2026",
    ):
        assert said in words, said
    clock.move(timedelta(days=31))
    with database.work() as work:
        earnings.release(work, clock.now().date())
    words = words_of(signed_in("cedar").get("/portal"))
    assert "Available for payout SEK 200.00" in words
    assert "payable since 2 Apr 2026" in words


def test_an_upline_reads_their_part_and_its_level_but_not_the_client(
    database: Database, company: Company, signed_in: Any
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    reader = signed_in("birch")
    words = words_of(reader.get("/portal"))
    assert "3 % of that is SEK 60.00. Your team won this client, level 1." in words
    assert "SEK 200.00" not in words, "what Cedar earned is Cedar's"
    assert f"/portal/orders/{placed.order_id}" not in reader.get("/portal").text
    assert "Ada" not in words_of(reader.get("/portal/orders"))


def test_the_seller_reads_the_points_of_what_was_ordered_and_the_client_does_not(
    database: Database, company: Company, signed_in: Any
) -> None:
    with database.work() as work:
        work.run("UPDATE variant SET points = 35 WHERE sku = %(sku)s", sku=KETTLE)
    placed = delivered(database, company.shop, (KETTLE, 2), (SKILLET, 1))
    with database.work() as work:
        work.run("UPDATE variant SET points = 50 WHERE sku = %(sku)s", sku=KETTLE)
    reader = signed_in("cedar")
    words = words_of(reader.get(f"/portal/orders/{placed.order_id}"))
    assert words.count("Points: ") == 1, "an article without points says nothing of them"
    assert "Points: 70" in words
    of_client = reader.get(order_link(placed))
    assert placed.number in of_client.text
    assert "Points" not in words_of(of_client)


def test_whoever_has_a_part_of_an_order_reads_how_much_and_nothing_of_the_others(
    database: Database, company: Company, signed_in: Any
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    url = f"/portal/orders/{placed.order_id}"
    assert "of this order is credited to you" not in words_of(signed_in("cedar").get(url))
    with database.work() as work:
        work.run(
            """UPDATE orders SET also_credited = jsonb_build_array(jsonb_build_object(
                      'part_bp', 6000, 'upline', jsonb_build_array(%(other)s::bigint)))""",
            other=company.birch,
        )
    words = words_of(signed_in("cedar").get(url))
    assert "40 % of this order is credited to you, the rest to others." in words
    assert "Birch" not in words
    assert "40 % av den här ordern" in words_of(signed_in("cedar", "sv").get(url))


def test_what_went_back_stands_beside_what_it_came_from(
    database: Database, company: Company, signed_in: Any
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    give_back(database, placed, 125000)
    words = words_of(signed_in("cedar").get("/portal"))
    assert f"Order {placed.number} +SEK 100.00" in words
    assert (
        f"SEK 1,250.00 of the SEK 2,500.00 that was paid on order {placed.number} was refunded or"
        " is disputed, and with it SEK 1,000.00 of the SEK 2,000.00 that counts for commission. The same"
        " part of your SEK 200.00, rounded to the nearest, goes back: SEK 100.00 in all."
        " \N{MINUS SIGN}SEK 100.00"
    ) in words
    swedish = words_of(signed_in("cedar", "sv").get("/portal"))
    assert "har återbetalats eller är tvistiga" in swedish
    assert "was refunded" not in swedish


def test_a_debt_is_shown_as_one_and_explained(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    paid_out(database, clock, company.cedar)
    give_back(database, placed, 125000)
    words = words_of(signed_in("cedar").get("/portal"))
    assert "Debt, paid off by your next commissions SEK 100.00" in words
    assert "Your next commissions pay off SEK 100.00 first" in words
    assert "You need not send anything" in words
    assert "Paid out so far SEK 200.00" in words


def test_payouts_tell_how_far_they_are(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    delivered(database, company.shop, (KETTLE, 2))
    paid_out(database, clock, company.cedar)
    reader = signed_in("cedar")
    words = words_of(reader.get("/portal/payouts"))
    assert "SEK 200.00" in words
    assert "Paid Payout" in words


def test_a_payout_shows_the_commissions_that_it_pays_and_what_was_netted(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    first = delivered(database, company.shop, (KETTLE, 2))
    paid_out(database, clock, company.cedar)
    give_back(database, first, 125000)
    second = delivered(database, company.shop, (KETTLE, 4), client=BO)
    paid_out(database, clock, company.cedar)
    reader = signed_in("cedar")
    [newest, oldest] = re.findall(
        r'href="(/portal/payouts/[^"]+)"', reader.get("/portal/payouts").text
    )
    words = words_of(reader.get(newest))
    for said in (
        "Commission whose return window was over SEK 400.00",
        "Commission that went back after it had become payable \N{MINUS SIGN}SEK 100.00",
        "This payout SEK 300.00",
        f"{second.number} 0 Commission whose return window was over SEK 400.00",
        f"{first.number} 0 Commission that went back after it had become payable \N{MINUS SIGN}SEK 100.00",
    ):
        assert said in words, (said, words)
    assert "Before the first payout SEK 0.00" in words_of(reader.get(oldest))
    swedish = words_of(signed_in("cedar", "sv").get(newest))
    assert "Den här utbetalningen 300,00 kr" in swedish
    assert "Commission" not in swedish
    assert signed_in("birch").get(newest).status_code == 404


def test_a_commission_says_when_it_was_paid_out_and_before_that_that_it_is_on_its_way(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    gone = delivered(database, company.shop, (KETTLE, 1), client=BO)
    give_back(database, gone, 125000)
    clock.move(timedelta(days=33))
    with database.work() as work:
        work.run(
            "INSERT INTO pay_account VALUES (%(id)s, 'bank', 'SE-1', 'SEK', 'active', now())",
            id=company.cedar,
        )
        earnings.release(work, clock.now().date())
    reader = signed_in("cedar")
    assert words_of(reader.get("/portal")).count("payable since") == 1
    clock.move(timedelta(days=1))
    with database.work() as work:
        payouts.run(work, clock.now().date())
        [payout] = work.rows("SELECT home_id, id, number FROM payout")
    reader = signed_in("cedar")
    words = words_of(reader.get("/portal"))
    assert f"on its way, in payout {payout.number}" in words
    clock.move(timedelta(days=2))
    with database.work() as work:
        payouts.confirm_bank(work, [(payout.home_id, payout.id)])
    day = f"{clock.now().day} {clock.now():%b} {clock.now().year}"
    reader = signed_in("cedar")
    for path in ("/portal", f"/portal/orders/{placed.order_id}"):
        words = words_of(reader.get(path))
        assert f"paid out on {day}" in words, path
        assert "payable since" not in words, path
    assert "went back before it was payable" in words_of(reader.get("/portal"))
    # What is credited afterwards waits for the payout after it.
    delivered(database, company.shop, (KETTLE, 2), client=BO)
    assert words_of(reader.get("/portal")).count("paid out on") == 1


def test_below_the_minimum_the_affiliate_reads_how_much_is_missing(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    delivered(database, company.shop, (SKILLET, 1))
    paid_out(database, clock, company.cedar)
    words = words_of(signed_in("cedar").get("/portal"))
    assert "Available for payout SEK 64.00" in words
    assert "SEK 136.00 more and it is paid out" in words
    assert "Payouts begin at SEK 200.00." in words


def test_what_becomes_payable_before_the_next_run_goes_out_with_it(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    delivered(database, company.shop, (KETTLE, 2))
    with database.work() as work:
        work.run(
            "INSERT INTO pay_account VALUES (%(id)s, 'bank', 'SE-1', 'SEK', 'active', now())",
            id=company.cedar,
        )
        [held] = ledger.held_until(work, date.max, owner_id=company.cedar)
    day = held[2]
    clock.set(datetime.combine(day - timedelta(days=1), time(12), UTC))
    words = words_of(signed_in("cedar").get("/portal"))
    monday = day + timedelta(days=-day.weekday() % 7)
    assert f"SEK 200.00 goes out on {monday.day} {monday:%b} {monday.year}" in words


def test_two_currencies_are_never_added(
    database: Database, company: Company, signed_in: Any
) -> None:
    delivered(database, company.shop, (KETTLE, 2))
    delivered(database, company.alder_shop, (KETTLE, 2), client=BO)
    words = words_of(signed_in("alder").get("/portal"))
    assert "In the return window €20.00" in words
    assert "In SEK" in words
    assert "In the return window SEK 20.00" in words


def test_every_page_says_what_to_do_when_it_is_empty(signed_in: Any) -> None:
    reader = signed_in("dora")
    for path, said in (
        ("/portal", "Open your shop"),
        ("/portal/storefront", "Everything is filled in already"),
        ("/portal/payouts", "Nothing has been paid out yet"),
        ("/portal/orders", "No orders yet"),
        ("/portal/leads", "No leads yet"),
        ("/portal/team", "Nobody has joined through you yet"),
        ("/portal/account", "Not set up yet"),
    ):
        page = reader.get(path)
        assert page.status_code == 200, path
        assert said in words_of(page), path


def test_every_movement_is_on_exactly_one_page_even_when_all_share_one_instant(
    database: Database, company: Company, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reads.earnings, "MOVEMENTS_MAX", 2)
    monkeypatch.setattr(reads.client_orders, "ORDERS_MAX", 2)
    placed = [delivered(database, company.shop, (KETTLE, 1)) for _ in range(5)]
    give_back(database, placed[2], 1000)
    reader = signed_in("cedar")
    for path in ("/portal", "/portal/orders"):
        seen: list[str] = []
        url: str | None = path
        while url:
            page = reader.get(url)
            assert page.status_code == 200
            seen += [
                one.number
                for one in placed
                if f"{one.number}</a></h3>" in page.text or f"{one.number} ·" in page.text
            ]
            url = _older(page)
        assert sorted(seen) == sorted(one.number for one in placed), path


def _older(page: httpx.Response) -> str | None:
    found = re.search(r'href="([^"]*page=[^"#]*)[^"]*" rel="next"', page.text)
    return found[1] if found else None


@pytest.mark.parametrize("place", ["x", "1-2", "9" * 40, "-1", "1-" + "g" * 32])
def test_a_place_in_a_list_that_we_did_not_write_is_its_beginning(
    signed_in: Any, place: str
) -> None:
    reader = signed_in("dora")
    for path in ("/portal", "/portal/orders"):
        assert reader.client.get(path, params={"page": place}).status_code == 200


# -----------------------------------------------------------------------theirs, and nobody else's


def test_no_page_of_the_portal_shows_anothers_orders_leads_clients_or_money(
    database: Database, company: Company, signed_in: Any, clock: FixedClock
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    with database.work() as work:
        lead = a_quoted_lead(work, company.shop, client=BO, minor=432100)
        leads.note(work, company.cedar, lead, words="The dog bites.")
        number = work.value("SELECT number FROM lead")
        work.run(
            "INSERT INTO referral_code VALUES ('CEDARS', %(id)s, 'code', now(), NULL)",
            id=company.cedar,
        )
    paid_out(database, clock, company.cedar)
    portal = signed_in("cedar")
    everything = "".join(words_of(portal.get(path)) for path in ROUTES)
    order_page = portal.get(f"/portal/orders/{placed.order_id}")
    assert order_page.status_code == 200
    secrets = (
        "Ada Lind",
        "Bo Ek",
        placed.number,
        number,
        "SEK 4,321.00",
        "SEK 2,500.00",
        "SEK 200.00",
        "CEDARS",
    )
    for secret in secrets:
        assert secret in everything, f"the test can see {secret} at all"
    assert "The dog bites." not in everything

    for name in ("dora", "birch"):
        other = signed_in(name)
        # An upline is told the order of their own commission, and the sums it was reckoned from.
        hidden = [s for s in secrets if name == "dora" or s not in (placed.number, "SEK 200.00")]
        for path in ROUTES:
            page = other.get(path)
            assert page.status_code == 200
            for secret in hidden:
                if path == "/portal" and secret == "SEK 200.00":
                    continue  # the plan's minimum
                assert secret not in words_of(page), (name, path, secret)
        assert other.get(f"/portal/orders/{placed.order_id}").status_code == 404


def test_a_client_won_by_code_in_anothers_shop_is_listed_without_the_order(
    database: Database, company: Company, signed_in: Any
) -> None:
    with database.work() as work:
        work.run(
            "INSERT INTO referral_code VALUES ('ALDER', %(id)s, 'code', now(), NULL)",
            id=company.alder,
        )
        placed = an_order(work, company.shop, (KETTLE, 1), code="ALDER")
    reader = signed_in("alder")
    words = words_of(reader.get("/portal/orders"))
    assert placed.number in words
    assert "bought in another shop" in words
    assert reader.get(f"/portal/orders/{placed.order_id}").status_code == 404


def test_an_order_of_the_shop_shows_its_lines_and_no_address(
    database: Database, company: Company, signed_in: Any
) -> None:
    placed = delivered(database, company.shop, (KETTLE, 2))
    page = signed_in("cedar").get(f"/portal/orders/{placed.order_id}")
    words = words_of(page)
    assert "2 \N{MULTIPLICATION SIGN} Kettle" in words
    assert "Ada Lind, Stockholm" in words
    assert "What it earned you" in words
    for private in ("Storgatan", "ada@example.com", "114 55", "0701740605"):
        assert private not in page.text


def test_an_order_that_earns_nobody_says_so_and_promises_nothing(
    database: Database, company: Company, signed_in: Any
) -> None:
    with database.work() as work:
        bought = an_order(
            work,
            company.shop,
            (KETTLE, 1),
            client=ClientDetails(name="Birch", email="birch@affiliates.example", phone=""),
        )
        waiting = an_order(work, company.shop, (KETTLE, 1))
    reader = signed_in("cedar")
    words = words_of(reader.get(f"/portal/orders/{bought.order_id}"))
    assert "what they buy earns no commission" in words
    assert "calculated when it has been delivered" not in words
    waits = words_of(reader.get(f"/portal/orders/{waiting.order_id}"))
    assert "Your commission is calculated when it has been delivered." in waits


def test_the_affiliates_leads_tell_how_far_they_are(
    database: Database, company: Company, signed_in: Any
) -> None:
    with database.work() as work:
        a_lead(work, company.shop)
        lost = a_lead(work, company.shop, client=BO, product="installation")
        leads.lose(work, company.cedar, lost, reason="too_expensive")
    page = signed_in("cedar").get("/portal/leads")
    words = words_of(page)
    assert "We call within a working day" in words
    assert "too expensive" in words
    assert '<span class="count">1</span>' in page.text


def test_who_introduced_a_request_and_their_sponsors_see_their_own_share_of_it_before_it_is_earned(
    database: Database, company: Company, signed_in: Any
) -> None:
    with database.work() as work:
        lead = a_quoted_lead(work, company.shop)
        unpriced = a_lead(work, company.shop, client=BO)
    url = f"/portal/leads/{company.cedar}/{lead}"
    assert url in signed_in("cedar").get("/portal/leads").text
    words = words_of(signed_in("cedar").get(url))
    assert "Not yet earned" in words
    assert "SEK 120.00" in words
    assert "Birch" not in words
    of_birch = words_of(signed_in("birch").get(url))
    assert "SEK 30.00" in of_birch
    assert "120.00" not in of_birch
    assert "Ada" not in of_birch
    assert signed_in("dora").get(url).status_code == 404
    told = words_of(signed_in("cedar").get(f"/portal/leads/{company.cedar}/{unpriced}"))
    assert "Nobody has said yet what the work costs." in told
    assert re.search(r"6\s?%", told)
    with database.work() as work:
        leads.lose(work, company.cedar, lead, reason="too_expensive")
    assert "This request is over" in words_of(signed_in("cedar").get(url))
    assert signed_in("birch").get(url).status_code == 404


def asking(path: str, typed: str) -> str:
    return f"{path}?{urlencode({'q': typed})}"


def test_a_search_tells_nothing_that_the_list_does_not_show(
    database: Database, company: Company, signed_in: Any
) -> None:
    zoe = ClientDetails(name="Zoe Ek", email="qvist@hidden.example", phone="+46701740605")
    with database.work() as work:
        order = an_order(work, company.shop, (KETTLE, 1), client=zoe, external_id="web-7781").number
        a_lead(work, company.shop, client=zoe)
        lead = work.value("SELECT number FROM lead")
        work.run("UPDATE affiliate SET slug = 'wagtail' WHERE id = %(id)s", id=company.cedar)
    for typed in ("zoe", "Zoe Ek", "ek", order, "web-77"):
        found = signed_in("cedar").get(asking("/portal/orders", typed))
        assert order in words_of(found), typed
    for typed in ("zoe", lead):
        assert "Zoe Ek" in words_of(signed_in("cedar").get(asking("/portal/leads", typed))), typed
    assert "Cedar" in words_of(signed_in("birch").get(asking("/portal/team", "ceda")))
    for typed in ("qvi", "qvist@", "qvist@hidden.example", "070 174 06 05", "1740605", "+174"):
        reader = signed_in("cedar")
        assert "No orders match" in words_of(reader.get(asking("/portal/orders", typed))), typed
        assert "No leads match" in words_of(reader.get(asking("/portal/leads", typed))), typed
    assert "Nobody by that name" in words_of(signed_in("birch").get(asking("/portal/team", "wagt")))


def test_the_team_is_opened_leg_by_leg_and_tells_what_a_leg_sells_and_nothing_of_clients(
    database: Database, company: Company, signed_in: Any
) -> None:
    delivered(database, company.shop, (KETTLE, 2))
    with database.work() as work:
        network.work_out_teams(work, CREDITED_TO)
    words = words_of(signed_in("alder").get("/portal/team"))
    assert (
        "Birch No sale lately Level 1 · joined March 2026 · one below, one of the leg sells"
        in words
    )
    assert "SEK 2,000.00 the leg this month" in words
    assert "Cedar" not in words
    assert "Ada" not in words
    below = words_of(signed_in("alder").get(f"/portal/team/{company.birch}"))
    assert "Cedar Sells Level 2 · joined March 2026 · through Birch" in below
    assert "SEK" not in below, "what somebody deeper sells is told of the whole leg alone"
    assert "Ada" not in below


def test_nobody_opens_a_leg_that_is_not_of_their_own_team(company: Company, signed_in: Any) -> None:
    for reader, other in (
        ("cedar", company.birch),
        ("cedar", company.cedar),
        ("birch", company.alder),
    ):
        assert signed_in(reader).get(f"/portal/team/{other}").status_code == 404


def test_nobody_gets_in_without_being_an_affiliate(reader: Reader, company: Company) -> None:
    for path in (*ROUTES, "/portal/account/onboarding", "/portal/account/return"):
        assert reader.get(path).headers["location"].startswith("/sign-in"), path


# ----------------------------------------------------------------------- their account


def test_the_affiliates_links_and_codes(
    database: Database, company: Company, signed_in: Any
) -> None:
    reader = signed_in("cedar")
    page = reader.get("/portal/account")
    assert "http://company.example/s/shop-" in page.text
    made = reader.post("/portal/account/codes", {"code": "sunday stew"})
    assert made.status_code == 303
    assert "SUNDAY-STEW" in words_of(reader.get("/portal/account"))
    with database.work() as work:
        row = work.one("SELECT affiliate_id, kind FROM referral_code WHERE code = 'SUNDAY-STEW'")
        assert tuple(row) == (company.cedar, "code")
    taken = signed_in("dora").post("/portal/account/codes", {"code": "SUNDAY-STEW"})
    assert taken.status_code == 422
    assert "This code is taken. Choose another." in words_of(taken)
    bad = reader.post("/portal/account/codes", {"code": "å!"})
    assert 'href="/portal/account?lang=en"' in bad.text
    assert reader.get("/portal/account/codes?lang=en").headers["location"] == (
        "/portal/account?lang=en"
    )
    assert bad.status_code == 422
    assert "Use 2 to 32 letters" in words_of(bad)


def test_an_affiliate_says_where_to_be_paid_and_comes_back_ready(
    database: Database, company: Company, signed_in: Any, gateway: str
) -> None:
    database.tools = flow.tools(gateway=Gateway("sk_test_embedded", api_base=gateway))
    reader = signed_in("cedar")
    there = reader.post("/portal/account/onboarding").headers["location"]
    assert there.startswith(gateway)
    assert "Payouts arrive" not in words_of(reader.get("/portal/account"))
    with httpx.Client(follow_redirects=False, timeout=20) as browser:
        page = browser.get(there)
        assert page.status_code == 200
        [ready, *_] = re.findall(r'name="outcome" value="([^"]+)"', page.text)
        answer = browser.post(there, data={"outcome": ready})
    assert answer.status_code in (302, 303), answer.text[:500]
    # An address that is only looked at opens and makes nothing: one asks, with the form.
    again = reader.get("/portal/account/onboarding")
    assert again.headers["location"] == "/portal/account#pay"
    assert reader.get("/portal/account/return").status_code == 303
    with database.work() as work:
        state = work.value("SELECT state FROM pay_account")
    words = words_of(reader.get("/portal/account"))
    assert state == "active"
    assert "Ready" in words
    assert "Payouts arrive on the account" in words


def test_a_gateway_that_is_away_is_said_and_nothing_is_lost(
    database: Database, company: Company, signed_in: Any
) -> None:
    away = Gateway("sk_test_embedded", api_base="http://127.0.0.1:1", retries=0)
    database.tools = flow.tools(gateway=away)
    reader = signed_in("cedar")
    answer = reader.post("/portal/account/onboarding")
    assert answer.headers["location"] == "/portal/account"
    assert "cannot be reached just now" in words_of(reader.get("/portal/account"))


def test_to_look_at_the_onboarding_address_opens_no_pay_account(
    database: Database, company: Company, signed_in: Any, gateway: str
) -> None:
    database.tools = flow.tools(gateway=Gateway("sk_test_embedded", api_base=gateway))
    reader = signed_in("cedar")
    assert reader.get("/portal/account/onboarding").status_code == 303
    assert "That page was too old" in words_of(reader.get("/portal/account"))
    with database.work() as work:
        assert work.value("SELECT count(*) FROM pay_account") == 0
        assert work.value("SELECT count(*) FROM operation") == 0


MONEY = {
    "/portal", "/portal/mail", "/portal/payouts", "/portal/periods", "/portal/plan", "/portal/earnings",
    "/portal/earnings.csv", "/portal/why",
    "/portal/inquiries",
}  # fmt: skip
PAID = {
    "/portal/account",
    "/portal/account/bank",
    "/portal/account/onboarding",
    "/portal/account/return",
    "/portal/company",
}


@pytest.mark.parametrize(
    ("state", "open_to_them"),
    [
        ("active", None),
        ("paused", None),
        ("suspended", MONEY),
        ("terminated", MONEY | PAID),
        ("applied", set()),
        ("in_review", set()),
        ("rejected", set()),
    ],
)
def test_what_an_affiliate_may_still_do_is_said_by_one_table(
    database: Database, company: Company, signed_in: Any, state: str, open_to_them: set[str] | None
) -> None:
    reader = signed_in("cedar")
    key = ""
    with database.work() as work:
        shop = company.shop
        key = identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
        work.run("UPDATE affiliate SET state = %(s)s WHERE id = %(id)s", s=state, id=company.cedar)
    found = {}
    for route in reader.client.app.routes:
        if route.path.startswith("/portal") and "{" not in route.path:
            for method in sorted({"GET", "POST"} & set(route.route_handler_map)):
                ask = reader.get if method == "GET" else reader.post
                found[route.path, method] = ask(route.path).status_code != 403
    mine = {path for path, _ in found} if open_to_them is None else open_to_them
    assert found == {(path, method): path in mine for path, method in found}
    assert len(found) >= 10
    headers = {"authorization": f"Bearer {key}"}
    for path in ("orders", "leads"):
        answer = reader.client.get(f"/api/v1/{path}", headers=headers)
        assert answer.status_code == (200 if open_to_them is None else 403), path
        if answer.status_code == 403:
            assert answer.json()["code"] == "affiliate_suspended"
    if state == "suspended":
        words = words_of(reader.get("/portal"))
        page = reader.get("/portal").text
        assert "Available for payout" in words
        assert "You are suspended with us" in page
        assert "/portal/orders" not in page


def test_who_is_signed_in_chooses_what_they_get_by_mail(
    database: Database, company: Company, signed_in: Any
) -> None:
    alder, cedar = signed_in("alder"), signed_in("cedar")
    page = alder.get("/portal/mail")
    said = words_of(page)
    for words in ("Mail you get", "What you have earned", "Each day", "Always sent", "Payout paid"):
        assert words in said, words
    assert "The company's week" not in said, "that is for staff"
    assert 'value="weekly" checked' in page.text
    assert 'href="/portal/mail"' in alder.get("/portal").text
    assert alder.post("/portal/mail", {"credit_digest": "daily"}).status_code == 303
    assert 'value="daily" checked' in alder.get("/portal/mail").text
    assert 'value="weekly" checked' in cedar.get("/portal/mail").text, "it is each person's own"
    assert alder.post("/portal/mail", {"credit_digest": "hourly"}).status_code == 422


# ------------------------------------------------------------------------- Swedish


def test_who_only_sells_for_an_affiliate_is_asked_nothing_about_its_earnings(
    database: Database, company: Company, signed_in: Any
) -> None:
    reader = signed_in("cedar")
    assert "credit_digest" in reader.get("/portal/mail").text
    with database.work() as work:
        work.run(
            "UPDATE membership SET affiliate_role = 'seller' WHERE affiliate_id = %(id)s",
            id=company.cedar,
        )
    page = reader.get("/portal/mail?lang=en")
    assert page.status_code == 200
    assert "credit_digest" not in page.text
    assert "Payout paid" not in words_of(page)
    assert "Sign-in from a new device" in words_of(page)
    reader.post("/portal/mail", {"credit_digest": "daily"})
    with database.work() as work:
        assert work.value("SELECT count(*) FROM mail_preference") == 0


def test_every_sentence_of_the_plan_and_the_portal_has_its_swedish() -> None:
    sentences = importlib.import_module("mainstem.plan.explain")
    told = [*sentences.SENTENCES, *orders._SAID_OF_CLIENT.values()]
    assert [message for message in told if message not in translations()] == []


@pytest.mark.parametrize("path", ROUTES)
def test_each_page_in_swedish_has_no_english_heading(
    database: Database, company: Company, signed_in: Any, path: str
) -> None:
    reader = signed_in("cedar", "sv")
    page = reader.get(path)
    assert page.status_code == 200
    words = words_of(page)
    for english in ("Nothing", "No ", " your ", " the ", "Paid", "You "):
        assert english not in words, english
