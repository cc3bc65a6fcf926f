"""Orders under a company's tax: what is frozen on them, and the one price that everybody sees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.company import (
    HOME,
    KETTLE,
    REPAIR,
    SKILLET,
    Company,
    a_company,
    a_paid_order,
    an_order,
    pay,
)
from tests.tax.setting import (
    BERLIN,
    GERMAN_NUMBER,
    HELSINKI,
    MARIEHAMN,
    OSLO,
    classify,
    settle_tax,
)

from mainstem import catalog, earnings, ledger, orders, payments, tax, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import Work
from mainstem.orders import Placed


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def frozen(work: Work, placed: Placed) -> list[tuple[Any, ...]]:
    """Each line's total, rate, tax, whose it is, how it is treated and why."""
    return [
        tuple(row)
        for row in work.rows(
            """SELECT total_minor, tax_bp, tax_minor, tax_country, tax_treatment, tax_reason
                 FROM order_line WHERE order_id = %(id)s ORDER BY line_no""",
            id=placed.order_id,
        )
    ]


def kept(work: Work, placed: Placed) -> Any:
    return work.row("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)


def test_without_settings_an_order_is_as_it_always_was(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 2), address=BERLIN)
        assert frozen(work, placed) == [(250000, 2500, 50000, None, "domestic", "article")]
        row = kept(work, placed)
        assert (row.taxes, row.delivery, row.threshold_minor) == (None, None, 0)


def test_a_sale_to_another_country_carries_its_tax_at_the_same_price(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work)
        classify(work, KETTLE, "standard")
        placed = an_order(work, company.shop, (KETTLE, 2), address=BERLIN)
        assert frozen(work, placed) == [(250000, 1900, 39916, "DE", "destination", "oss")]
        assert placed.totals.total_minor == 250000
        taxes = kept(work, placed).taxes
        assert taxes["rates"] == [
            {
                "country": "DE", "bp": 1900, "treatment": "destination", "reason": "oss",
                "net_minor": 210084, "tax_minor": 39916, "rounding_minor": 0,
            }
        ]  # fmt: skip
        at_home = an_order(work, company.shop, (KETTLE, 2))
        assert frozen(work, at_home) == [(250000, 2500, 50000, "SE", "domestic", "home")]


def test_what_leaves_the_eu_costs_the_price_without_tax(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work)
        classify(work, KETTLE, "standard")
        for address, reason in ((OSLO, "outside_eu"), (MARIEHAMN, "special_territory")):
            placed = an_order(work, company.shop, (KETTLE, 1), address=address)
            [line] = frozen(work, placed)
            assert line == (100000, 0, 0, address.country, "export", reason)
            assert placed.totals.tax_minor == 0


def test_a_company_may_ask_the_same_price_of_everybody(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work, untaxed_price="same_price")
        placed = an_order(work, company.shop, (KETTLE, 1), address=OSLO)
        assert frozen(work, placed)[0][:3] == (125000, 0, 0)


def test_the_commissionable_value_is_what_is_left_without_the_clients_tax(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work)
        classify(work, KETTLE, "standard")
        for address, counts in ((HOME, 100000), (BERLIN, 105042), (OSLO, 100000)):
            placed = an_order(work, company.shop, (KETTLE, 1), address=address)
            assert counts == work.value(
                "SELECT commissionable_minor FROM order_line WHERE order_id = %(id)s",
                id=placed.order_id,
            )


def test_only_a_checked_number_of_another_country_is_reverse_charge(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work, sells_to_businesses=True)
        classify(work, KETTLE, "standard")
        with_number = {"address": BERLIN, "vat_number": "de 136 695 976"}
        unchecked = an_order(work, company.shop, (KETTLE, 1), **with_number)
        assert frozen(work, unchecked)[0][4] == "destination"
        tax.record_check_by_hand(work, GERMAN_NUMBER, is_valid=True, name="Muster GmbH")
        checked = an_order(work, company.shop, (KETTLE, 1), **with_number)
        assert frozen(work, checked) == [(100000, 0, 0, "DE", "reverse_charge", "reverse_charge")]
        assert kept(work, checked).taxes["vat_number"] == GERMAN_NUMBER
        at_home = an_order(work, company.shop, (KETTLE, 1), vat_number=GERMAN_NUMBER)
        assert frozen(work, at_home)[0][4] == "domestic"
        with pytest.raises(Refused) as no:
            an_order(work, company.shop, (KETTLE, 1), vat_number="DE1")
        assert [one.pointer for one in no.value.problems] == ["/vat_number"]


def test_the_tax_of_delivery_is_shared_by_value_in_a_mixed_basket(
    database: Database, company: Company
) -> None:
    """A kettle at 25 % and food at 6 % with delivery of 49.00: both of 100.00, so half each."""
    with database.work() as work:
        settle_tax(work)
        _both_cost_a_hundred(work)
        classify(work, KETTLE, "standard")
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
        delivery = kept(work, placed).taxes["delivery"]
        assert [(one["bp"], one["gross_minor"], one["tax_minor"]) for one in delivery] == [
            (2500, 2450, 490),
            (1200, 2450, 262),
        ]
        assert placed.totals.tax_minor == 2000 + 1071 + 490 + 262


def test_the_tax_of_delivery_is_the_standard_rate_where_the_company_says_so(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work, delivery_tax="rate")
        _both_cost_a_hundred(work)
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (SKILLET, 1))
        [delivery] = kept(work, placed).taxes["delivery"]
        assert (delivery["bp"], delivery["tax_minor"]) == (2500, 980)


def _both_cost_a_hundred(work: Work) -> None:
    _all_cost(work, 10000)


def _all_cost(work: Work, minor: int) -> None:
    for row in work.rows("SELECT id FROM variant WHERE sku IN ('KETTLE-1', 'SKILLET-1')"):
        catalog.set_price(work, row.id, "SEK", minor)


@pytest.mark.parametrize(
    ("mode", "total", "of_tax", "lines"),
    [
        ("line", 50000, 7985, [10000] * 5),
        ("sum_by_net", 49998, 7983, [10000, 10000, 10000, 9999, 9999]),
        ("sum_by_net_keep_gross", 50000, 7983, [10000] * 5),
    ],
)
def test_golden_five_positions_of_a_hundred_at_nineteen_per_cent(
    database: Database,
    company: Company,
    mode: str,
    total: int,
    of_tax: int,
    lines: list[int],
) -> None:
    with database.work() as work:
        settle_tax(work, rounding=mode)
        _both_cost_a_hundred(work)
        classify(work, KETTLE, "standard")
        placed = an_order(work, company.shop, *[(KETTLE, 1)] * 5, address=BERLIN)
        assert (placed.totals.items_minor, placed.totals.tax_minor) == (total, of_tax)
        assert [line[0] for line in frozen(work, placed)] == lines
        [sums] = kept(work, placed).taxes["rates"]
        assert sums["net_minor"] + sums["tax_minor"] + sums["rounding_minor"] == total


def test_a_gross_without_a_net_keeps_its_rounding_amount(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        settle_tax(work, rounding="sum_by_net_keep_gross")
        _all_cost(work, 997)
        catalog.set_shipping_rate(work, "SEK", 0, free_from_minor=0, tax_bp=2500)
        placed = an_order(work, company.shop, (KETTLE, 1))
        [sums] = kept(work, placed).taxes["rates"]
        assert (sums["net_minor"], sums["tax_minor"], sums["rounding_minor"]) == (798, 200, -1)
        assert placed.totals.total_minor == 997


@pytest.mark.parametrize("mode", ["line", "sum_by_net", "sum_by_net_keep_gross"])
def test_refunds_piece_by_piece_leave_no_tax_behind(
    database: Database, company: Company, mode: str
) -> None:
    """Each line goes back at its own rate, and the last piece takes what is left."""
    with database.work() as work:
        settle_tax(work, rounding=mode)
        _both_cost_a_hundred(work)
        classify(work, SKILLET, "food")
        placed = a_paid_order(work, company.shop, (KETTLE, 3), (SKILLET, 2))
        lines = frozen(work, placed)
        shipping = placed.totals.shipping_minor
    parts = [(1, 3333), (2, 9999), (1, lines[0][0] - 3333), (2, lines[1][0] - 9999)]
    shipping = placed.totals.shipping_minor
    for no, minor in [*parts, *([(0, shipping)] if shipping else [])]:
        with database.work() as work:
            payments.request_refund(
                work,
                placed.home_id,
                placed.order_id,
                amount_minor=minor,
                reason="goodwill",
                lines=[(no, minor)],
            )
        worker.drain(database)
    with database.work() as work:
        balances = {key[1]: minor for key, minor in ledger.balances(work, [0]).items()}
        assert (balances.get("sales", 0), balances.get("tax", 0)) == (0, 0)


# ---------------------------------------------------------------- the tax point


def test_the_rate_is_that_of_the_payment_where_it_changed_since_the_order(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Food ordered on 31 March at 12 % and paid on 1 April at 6 %: the same price, less tax."""
    clock.set(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))  # 23:50 in Stockholm
    with database.work() as work:
        settle_tax(work)
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (SKILLET, 1))
        assert frozen(work, placed)[0][:3] == (80000, 1200, 8571)
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        pay(work, placed)
        assert frozen(work, placed)[0][:3] == (80000, 600, 4528)
        row = kept(work, placed)
        assert (row.total_minor, row.tax_minor, row.paid_minor) == (80000, 4528, 80000)
        assert row.taxes["rates"][0]["bp"] == 600
        booked = {key[1]: minor for key, minor in ledger.balances(work, [0]).items()}
        assert (booked["sales"], booked["tax"]) == (75472, 4528)
        counts = work.value(
            "SELECT commissionable_minor FROM order_line WHERE order_id = %(id)s",
            id=placed.order_id,
        )
        assert counts == 75472


def test_delivery_follows_the_goods_that_it_is_shared_with(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))
    with database.work() as work:
        settle_tax(work)
        _both_cost_a_hundred(work)
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (SKILLET, 1))
        assert placed.totals.tax_minor == 1071 + 525
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        pay(work, placed)
        assert kept(work, placed).tax_minor == 566 + 277


def test_delivery_is_shared_anew_where_only_some_of_the_goods_at_a_rate_change(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Food and plants are both at 12 % on 31 March; on 1 April only food is at 6 %."""
    clock.set(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))
    with database.work() as work:
        settle_tax(work)
        plants = tax.TaxRate(
            country="SE", tax_class="plants", valid_from=date(2021, 7, 1), rate_bp=1200
        )
        tax.save_rate(work, None, plants)
        _both_cost_a_hundred(work)
        classify(work, SKILLET, "food")
        classify(work, KETTLE, "plants")
        placed = an_order(work, company.shop, (KETTLE, 1), (SKILLET, 1))
        assert placed.totals.tax_minor == 1071 + 1071 + 525
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        pay(work, placed)
        row = kept(work, placed)
        shares = [(share["bp"], share["gross_minor"]) for share in row.taxes["delivery"]]
        assert shares == [(1200, 2450), (600, 2450)]
        assert row.tax_minor == 1071 + 566 + 262 + 139
        ledger.audit(work)


@pytest.mark.parametrize(
    ("standard", "plants", "of_article", "of_delivery"),
    [(2400, 2500, 2000, 948), (2500, 600, 566, 980), (2400, 600, 566, 948)],
)
def test_delivery_at_the_standard_rate_follows_that_rate_and_no_goods(
    database: Database,
    company: Company,
    clock: FixedClock,
    standard: int,
    plants: int,
    of_article: int,
    of_delivery: int,
) -> None:
    """Both are at 25 % on the last of June; what each is at on the first of July is its own."""
    clock.set(datetime(2026, 6, 30, 21, 50, tzinfo=UTC))
    july = date(2026, 7, 1)
    with database.work() as work:
        settle_tax(work, delivery_tax="rate")
        _changes(work, "standard", standard, july)
        _changes(work, "plants", plants, july)
        _both_cost_a_hundred(work)
        classify(work, KETTLE, "plants")
        placed = an_order(work, company.shop, (KETTLE, 1))
        assert placed.totals.tax_minor == 2000 + 980
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        pay(work, placed)
        row = kept(work, placed)
        assert [share["tax_minor"] for share in row.taxes["delivery"]] == [of_delivery]
        assert (row.total_minor, row.tax_minor) == (14900, of_article + of_delivery)
        ledger.audit(work)


def _changes(work: Work, tax_class: str, bp: int, day: date) -> None:
    """In Sweden this class is at 25 % until a day, and at another rate from then on."""
    for since, until, rate in ((date(2021, 7, 1), day, 2500), (day, None, bp)):
        found = tax.TaxRate(
            country="SE", tax_class=tax_class, valid_from=since, valid_until=until, rate_bp=rate
        )
        tax.save_rate(work, tax.read_rates(work).get(found.key), found)


@pytest.mark.parametrize("paid_after", [timedelta(minutes=5), timedelta(days=1)])
def test_a_payment_on_the_same_side_of_a_change_changes_nothing(
    database: Database, company: Company, clock: FixedClock, paid_after: timedelta
) -> None:
    clock.set(datetime(2026, 3, 29, 12, 0, tzinfo=UTC))
    with database.work() as work:
        settle_tax(work)
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (SKILLET, 1), pay_within=timedelta(days=3))
        before = frozen(work, placed)
    clock.move(paid_after)
    with database.work() as work:
        pay(work, placed)
        assert frozen(work, placed) == before


def test_of_an_order_that_is_paid_in_parts_the_first_payment_fixes_the_rate(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))
    with database.work() as work:
        settle_tax(work)
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (SKILLET, 1))
    with database.work() as work:
        sent = (placed.home_id, placed.order_id, 30000, "SEK", work.now(), "bank-1")
        orders.mark_paid(work, payments.record_external(work, [sent]))
        assert kept(work, placed).state == "pending"
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        rest = work.one(
            """INSERT INTO payment SELECT (jsonb_populate_record(p, jsonb_build_object(
                 'id', gen_random_uuid(), 'attempt', p.attempt + 1, 'captured_at', %(now)s::text,
                 'amount_minor', 50000, 'captured_minor', 50000))).*
                 FROM payment p WHERE order_id = %(id)s RETURNING home_id, id""",
            id=placed.order_id,
            now=work.now().isoformat(),
        )
        orders.mark_paid(work, [(rest.home_id, rest.id)])
    with database.work() as work:
        assert frozen(work, placed)[0][:3] == (80000, 1200, 8571)
        assert kept(work, placed).state == "placed"


def test_an_untaxed_order_stays_untaxed_whatever_a_rate_does(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))
    with database.work() as work:
        settle_tax(work)
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (SKILLET, 1), address=OSLO)
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        pay(work, placed)
        assert frozen(work, placed)[0][1:3] == (0, 0)


def test_a_service_on_a_won_quote_follows_the_same_rule(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))
    with database.work() as work:
        settle_tax(work)
        classify(work, REPAIR, "food")
        placed = an_order(work, company.shop, (REPAIR, 1), channel="lead")
        assert frozen(work, placed)[0][1] == 1200
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        pay(work, placed)
        assert frozen(work, placed)[0][:3] == (100000, 600, 5660)


def test_what_is_credited_follows_the_rate_of_the_payment(
    database: Database, company: Company, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 3, 31, 21, 50, tzinfo=UTC))
    with database.work() as work:
        settle_tax(work)
        classify(work, SKILLET, "food")
        placed = an_order(work, company.shop, (SKILLET, 1))
    clock.move(timedelta(minutes=20))
    with database.work() as work:
        pay(work, placed)
        line = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)]
        orders.record_shipment(work, line)
        orders.record_delivery(work, line)
        earnings.settle(work, [(placed.home_id, placed.order_id)])
        earned = work.value(
            "SELECT amount_minor FROM earning WHERE beneficiary_id = %(id)s", id=company.cedar
        )
        assert earned == 7547  # a tenth of 754.72
        ledger.audit(work)


def test_a_client_in_a_country_of_the_eu_pays_what_the_page_said(
    database: Database, company: Company
) -> None:
    """The same function prices the page and the order, so a total that was seen is taken."""
    with database.work() as work:
        settle_tax(work, rounding="sum_by_net")
        _both_cost_a_hundred(work)
        conditions = orders.conditions(work)
        offers = _offers(work, company)
        buyer = orders.Buyer("FI", "00100", "SEK", work.now())
        shown = orders.price_for(
            [orders.Article(offers[KETTLE], 1, 10000) for _ in range(5)], conditions, buyer
        )
        placed = an_order(
            work,
            company.shop,
            *[(KETTLE, 1)] * 5,
            address=HELSINKI,
            totals=orders.TotalsSeen(total_minor=shown.totals.total_minor),
        )
        assert placed.totals == shown.totals


def _offers(work: Work, company: Company) -> Any:
    return catalog.offers(work, [KETTLE], currency="SEK", locale="sv", at=work.now())
