"""Tax and delivery where people meet them: in the storefront, over the API and in the money room."""

from __future__ import annotations

from typing import Any

import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order, a_quoted_lead
from tests.delivery.test_zones import EXPRESS, PARCEL, a_zone
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.paying import database, gateway
from tests.surfaces.shopping import (
    ADA_FORM,
    SECRET,
    Buyer,
    a_shop_with_texts,
    hidden,
    order_link,
    pay_at,
)
from tests.surfaces.staff import staffed
from tests.tax.setting import GERMAN_NUMBER, classify, settle_tax

from mainstem import delivery, identity, tax, worker
from mainstem.catalog.prices import OfferPrice, set_offers
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem_affiliates.storefront import cached_storefront
from mainstem_fulfillment import jobs

__all__ = ["database", "gateway"]

BERLIN_FORM = ADA_FORM | {
    "address-line1": "Unter den Linden 1",
    "address-postal_code": "10115",
    "address-city": "Berlin",
    "address-country": "DE",
}


@pytest.fixture(autouse=True)
def looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cached storefront is as fresh as its last look."""
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)


@pytest.fixture
def company(database: Database) -> Company:
    """A company that taxes by destination, and delivers to Sweden and Germany in two ways."""
    with database.work() as work:
        made = a_company(work)
        settle_tax(work, sells_to_businesses=True)
        classify(work, KETTLE, "standard")
        delivery.save_zone(work, None, a_zone(countries=["SE", "DE"], methods=[PARCEL, EXPRESS]))
        return made


@pytest.fixture
def buyer(database: Database, company: Company, open_app: Open) -> Buyer:
    return Buyer(open_app(service_jobs=jobs), a_shop_with_texts(database, company))


def the_order(database: Database) -> Any:
    with database.work() as work:
        [row] = work.rows("SELECT * FROM orders")
    return row


def said(page: Any) -> str:
    return words_of(page).replace("\N{NO-BREAK SPACE}", " ")


def test_from_the_checkout_to_the_report_of_tax(buyer: Buyer, database: Database) -> None:
    """Ada has a kettle sent to Berlin by express; the tax that she pays is Germany's."""
    buyer.put(KETTLE, 1)
    page = buyer.get("checkout")
    words = said(page)
    assert "Paket, SEK 59.00" in words or "Parcel, SEK 59.00" in words
    assert "Express, SEK 149.00" in words
    assert "With you between 4 Mar 2026 and 5 Mar 2026." in words
    form = hidden(page) | BERLIN_FORM | {"delivery_method": "express"}
    answer = buyer.send(form)
    assert answer.status_code == 409
    assert "With what you have chosen it costs SEK 1,399.00 instead of SEK 1,309.00." in said(
        answer
    )
    sent = buyer.send(form | hidden(answer))
    assert sent.status_code == 303
    back = pay_at(sent.headers["location"])
    buyer.reader.get(back.removeprefix("http://company.example"))
    worker.drain(database)
    order = the_order(database)
    assert (order.total_minor, order.paid_minor) == (139900, 139900)
    assert order.delivery["method"] == "express"
    with database.work() as work:
        [row] = tax.report(
            work, work.now().date().replace(day=1), work.now().date().replace(day=31)
        )
    assert (row.country, row.bp, row.treatment) == ("DE", 1900, "destination")
    assert (row.net_minor + row.tax_minor, row.tax_minor) == (139900, order.tax_minor)


def test_only_served_countries_are_there_to_choose(buyer: Buyer) -> None:
    buyer.put(KETTLE, 1)
    page = buyer.get("checkout").text
    assert '<option value="SE"' in page
    assert '<option value="DE"' in page
    assert '<option value="NO"' not in page
    refused = buyer.send(buyer.form() | {"address-country": "NO"})
    assert refused.status_code == 422


def test_where_nothing_is_delivered_nothing_is_put_into_a_basket(
    buyer: Buyer, database: Database
) -> None:
    with database.work() as work:
        before = delivery.read_zones(work)["sweden"]
        delivery.save_zone(work, before, a_zone(countries=["DK"]))
    page = said(buyer.get("p/kettle"))
    assert "We do not deliver to Sweden." in page
    assert "Add to basket" not in page
    answer = buyer.put(KETTLE, 1)
    assert answer.status_code == 303
    basket = buyer.reader.get(answer.headers["location"])
    assert "Your basket is empty" in said(basket)
    # Whoever lives in Denmark says so, and buys.
    with database.work() as work:
        now = delivery.read_zones(work)["sweden"]
        delivery.save_zone(work, now, a_zone(countries=["DK", "FI"]))
    buyer.reader.post(buyer.url("country"), {"country": "DK"})
    buyer.put(KETTLE, 1)
    assert "Your basket is empty" not in said(buyer.get("basket"))


def test_one_way_of_delivery_is_told_and_not_asked(buyer: Buyer, database: Database) -> None:
    with database.work() as work:
        before = delivery.read_zones(work)["sweden"]
        delivery.save_zone(work, before, a_zone(methods=[PARCEL]))
    buyer.put(KETTLE, 1)
    page = buyer.get("checkout")
    assert 'type="radio"' not in page.text
    assert "Parcel, PostNord. With you between 4 Mar 2026 and 5 Mar 2026." in said(page)


def test_a_basket_that_cannot_come_says_so(buyer: Buyer, database: Database) -> None:
    buyer.put(KETTLE, 1)
    with database.work() as work:
        before = delivery.read_zones(work)["sweden"]
        delivery.save_zone(work, before, a_zone(countries=["DK"]))
    page = said(buyer.get("basket"))
    assert "We do not deliver to this country. Choose another address." in page
    assert "To the checkout" not in page


def show_without_tax(database: Database, company: Company) -> None:
    with database.work() as work:
        work.run(
            "UPDATE storefront SET prices_include_tax = false WHERE id = %(id)s", id=company.shop.id
        )


def test_a_storefront_for_companies_shows_prices_without_tax_up_to_what_is_to_pay(
    buyer: Buyer, database: Database, company: Company
) -> None:
    show_without_tax(database, company)
    page = buyer.get("p/kettle")
    assert "SEK 1,000.00 excluding VAT" in said(page)
    assert '"price": "1250.00"' in page.text
    buyer.put(KETTLE, 2)
    sums = (
        "Goods, excluding VAT SEK 2,000.00 Delivery, excluding VAT SEK 47.20 VAT 25 % SEK 511.80"
        " To pay, including VAT SEK 2,559.00"
    )
    basket = said(buyer.get("basket"))
    assert "SEK 1,000.00 each SEK 2,000.00" in basket
    assert sums in basket
    assert "Prices are without VAT, which is added below" in basket
    checkout = said(buyer.get("checkout"))
    assert "Parcel, SEK 47.20 excluding VAT" in checkout
    assert "Express, SEK 119.20 excluding VAT" in checkout
    assert "2 \N{MULTIPLICATION SIGN} Kettle SEK 2,000.00" in checkout
    assert sums in checkout
    assert "Priser" not in checkout
    assert "Att betala, inklusive moms 2 559,00 kr" in said(buyer.get("checkout?lang=sv"))


def test_a_company_is_told_other_nets_before_it_orders_though_the_total_stays(
    buyer: Buyer, database: Database, company: Company
) -> None:
    show_without_tax(database, company)
    buyer.put(KETTLE, 2)
    page = buyer.get("checkout")
    assert "VAT 25 % SEK 511.80" in said(page)
    form = hidden(page) | BERLIN_FORM | {"delivery_method": "parcel"}
    answer = buyer.send(form)
    assert answer.status_code == 409
    assert (
        "other tax is due: look at the prices without it. The total is still SEK 2,559.00."
        in said(answer)
    )
    assert "VAT 19 % SEK 408.58" in said(answer)
    assert buyer.send(form | hidden(answer)).status_code == 303
    order = the_order(database)
    assert (order.total_minor, order.tax_minor) == (255900, 40858)


def test_a_storefront_for_everybody_shows_what_is_paid(buyer: Buyer) -> None:
    buyer.put(KETTLE, 1)
    checkout = said(buyer.get("checkout"))
    assert "1 \N{MULTIPLICATION SIGN} Kettle SEK 1,250.00" in checkout
    assert "Goods SEK 1,250.00 Delivery SEK 59.00 To pay SEK 1,309.00" in checkout
    assert "excluding" not in checkout


def test_two_rates_are_told_apart_where_prices_are_without_tax(
    buyer: Buyer, database: Database, company: Company
) -> None:
    show_without_tax(database, company)
    with database.work() as work:
        classify(work, SKILLET, "food")
    buyer.put(KETTLE, 1)
    buyer.put(SKILLET, 1)
    basket = said(buyer.get("basket"))
    # The delivery of 59.00 is shared by value: 35.98 at 25 % and 23.02 at 12 %.
    assert (
        "Goods, excluding VAT SEK 1,714.29 Delivery, excluding VAT SEK 49.33"
        " VAT 25 % SEK 257.20 VAT 12 % SEK 88.18 To pay, including VAT SEK 2,109.00"
    ) in basket


def test_a_page_without_tax_shows_the_prior_price_without_it_too(
    buyer: Buyer, database: Database, company: Company, clock: FixedClock
) -> None:
    show_without_tax(database, company)
    with database.work() as work:
        variant = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=KETTLE)
        offer = OfferPrice(variant, "SEK", 100000, work.now(), None)
        set_offers(work, [variant], [offer])
        work.run("UPDATE catalogue_version SET version = version + 1")
    page = said(buyer.get("p/kettle"))
    assert "SEK 800.00" in page
    assert "SEK 1,000.00" in page
    assert "SEK 1,250.00" not in page
    buyer.put(KETTLE, 1)
    basket = said(buyer.get("basket"))
    assert "SEK 800.00 each · 20% off" in basket
    assert "Lowest price in 30 days: SEK 1,000.00" in basket


def test_the_page_of_an_order_follows_its_storefront(
    buyer: Buyer, database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
    page = said(buyer.reader.get(order_link(placed)))
    assert "2 \N{MULTIPLICATION SIGN} Kettle (sv) SEK 2,500.00" in page
    assert "VAT, included in it SEK 511.80" in page
    show_without_tax(database, company)
    page = said(buyer.reader.get(order_link(placed)))
    assert "2 \N{MULTIPLICATION SIGN} Kettle (sv) SEK 2,000.00" in page
    assert (
        "Goods, excluding VAT SEK 2,000.00 Delivery, excluding VAT SEK 47.20 VAT 25 % SEK 511.80"
        " Total, including VAT SEK 2,559.00"
    ) in page


def test_a_quote_of_a_storefront_for_companies_says_its_price_without_tax_first(
    buyer: Buyer, database: Database, company: Company
) -> None:
    with database.work() as work:
        lead = a_quoted_lead(work, company.shop)
        minor = work.value("SELECT amount_minor FROM quote")
    link = "/quote/" + identity.quote_link(SECRET, company.cedar, lead)
    gross, net = f"SEK {minor / 100:,.2f}", f"SEK {minor * 0.8 / 100:,.2f}"
    assert f"{gross} including VAT, fixed" in said(buyer.reader.get(link))
    show_without_tax(database, company)
    page = said(buyer.reader.get(link))
    assert f"{net} excluding VAT, fixed" in page
    assert f"VAT 25 % SEK {minor * 0.2 / 100:,.2f} Total, including VAT {gross}" in page
    assert f"I accept the quote at {gross}, VAT included." in page


def test_a_business_with_a_checked_number_pays_no_tax(buyer: Buyer, database: Database) -> None:
    buyer.put(KETTLE, 1)
    with database.work() as work:
        tax.record_check_by_hand(work, GERMAN_NUMBER, is_valid=True)
    form = buyer.form() | BERLIN_FORM | {"vat_number": "DE 136695976"}
    answer = buyer.send(form)
    assert "it costs SEK 1,047.20 instead of SEK 1,309.00" in said(answer)
    assert buyer.send(form | hidden(answer)).status_code == 303
    order = the_order(database)
    assert (order.tax_minor, order.taxes["vat_number"]) == (0, GERMAN_NUMBER)


@pytest.mark.parametrize(
    ("answer", "untaxed"),
    [
        (tax.VatAnswer(True, "Muster GmbH", "WAPI"), True),
        (tax.VatAnswer(False), False),
        (None, False),
    ],
)
def test_a_number_is_looked_up_at_vies_where_the_company_does_so(
    buyer: Buyer,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    answer: tax.VatAnswer | None,
    untaxed: bool,
) -> None:
    """Where VIES is away, or says no, a business is taxed like anybody."""
    with database.work() as work:
        settle_tax(work, sells_to_businesses=True, check_with_vies=True)
    monkeypatch.setattr(tax.Vies, "check", lambda self, number: _answer(answer))
    buyer.put(KETTLE, 1)
    form = buyer.form() | BERLIN_FORM | {"vat_number": GERMAN_NUMBER}
    first = buyer.send(form)
    sent = buyer.send(form | hidden(first)) if first.status_code == 409 else first
    assert sent.status_code == 303
    assert (the_order(database).tax_minor == 0) is untaxed
    with database.work() as work:
        kept = [row.checked_by for row in work.rows("SELECT checked_by FROM vat_check")]
    assert kept == ([] if answer is None else ["vies"])


def _answer(answer: tax.VatAnswer | None) -> tax.VatAnswer:
    if answer is None:
        raise tax.CheckUnavailable("away")
    return answer


# ---------------------------------------------------------------- the money room


def test_finance_reads_tax_by_country_and_takes_it_as_a_file(
    database: Database, open_app: Open
) -> None:
    staff = staffed(database, open_app)
    with database.work() as work:
        settle_tax(work)
    staff.sold((KETTLE, 1))
    fia = staff.reader("fia")
    page = said(fia.get("/console/tax?since=2026-03-01&until=2026-03-31"))
    assert "Sweden 25 % Our own tax SEK 1,000.00 SEK 250.00" in page
    file = fia.get("/console/tax.csv?since=2026-03-01&until=2026-03-31")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.text.splitlines() == [
        "country,bp,treatment,currency,net_minor,tax_minor,refunded_net_minor,refunded_tax_minor",
        "SE,2500,domestic,SEK,100000,25000,0,0",
    ]
    assert "Nothing was sold in this period" in said(fia.get("/console/tax"))
    for odd in (
        "since=x",
        "since=2026-03-01&until=1999-01-01",
        "since=2026-03-01&until=2030-01-01",
    ):
        assert fia.get(f"/console/tax?{odd}").status_code == 200


def test_who_ships_has_no_business_with_tax(database: Database, open_app: Open) -> None:
    staff = staffed(database, open_app)
    for path in ("/console/tax", "/console/tax.csv"):
        assert staff.reader("per").get(path).status_code == 403


def test_staff_keep_what_they_found_of_a_number(database: Database, open_app: Open) -> None:
    staff = staffed(database, open_app)
    fia = staff.reader("fia")
    form = {"vat_number": "DE 136 695 976", "name": "Muster GmbH", "is_valid": "yes"}
    assert fia.post("/console/tax/numbers", form).status_code == 303
    assert "DE136695976 Muster GmbH Valid" in said(fia.get("/console/tax"))
    with database.work() as work:
        [check] = tax.last_checks(work, [GERMAN_NUMBER]).values()
    assert check.checked_by == f"staff:{staff.ids['fia']}"
    refused = fia.post("/console/tax/numbers", form | {"vat_number": "DE1"})
    assert refused.status_code == 422
    assert "This is not a VAT number." in said(refused)
