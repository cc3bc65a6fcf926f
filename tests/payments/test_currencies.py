"""Two tables of currencies, ours and the gateway's, written apart: an amount means one sum of money."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import KETTLE, PLAN, Shop, a_lead, a_shop, an_affiliate, an_earning, an_order
from tests.harness import Harness

from mainstem import catalog, leads, ledger, payments, payouts
from mainstem.currencies import TAKEN, fee_from_gateway, from_gateway, to_gateway
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.ledger import PARENT
from mainstem.money import Money
from mainstem.payments import AmountNotPossible, payable_part
from mainstem.plan import PlanRefused, book
from mainstem_gateway import currencies as theirs

currencies = st.sampled_from(sorted(TAKEN))
amounts = st.integers(min_value=1, max_value=99_999_999)


def ours(amount: Money) -> Decimal:
    return Decimal(amount.minor).scaleb(-amount.exponent)


def at_the_gateway(units: int, currency: str) -> Decimal:
    return Decimal(units).scaleb(-theirs.exponent(currency.lower()))


@pytest.mark.parametrize(
    ("currency", "minor", "units", "shown"),
    [
        ("SEK", 125050, 125050, "SEK 1,250.50"),
        ("EUR", 1849, 1849, "€18.49"),
        ("JPY", 1250, 1250, "JPY 1,250"),
        ("ISK", 5690, 569000, "ISK 5,690"),
        ("UGX", 5690, 569000, "UGX 5,690"),
        ("MGA", 125000, 1250, "MGA 1,250"),
        ("KWD", 5120, 5120, "KWD 5.120"),
        ("TND", 5120, 5120, "TND 5.120"),
        ("HUF", 123456, 123456, "HUF 1,234.56"),
        ("TWD", 123456, 123456, "TWD 1,234.56"),
        ("XOF", 1250, 1250, "XOF 1,250"),
    ],
)
def test_an_amount_is_written_as_the_gateway_wants_it(
    currency: str, minor: int, units: int, shown: str
) -> None:
    assert to_gateway(Money(minor, currency)) == units
    assert from_gateway(units, currency) == Money(minor, currency)
    assert theirs.shown(units, currency.lower()).replace("\N{NO-BREAK SPACE}", " ") == shown


def test_both_sides_take_the_same_currencies() -> None:
    assert {currency.lower() for currency in TAKEN} == theirs.KNOWN


@given(currencies, amounts)
def test_every_amount_that_is_taken_is_the_same_sum_on_both_sides(
    currency: str, minor: int
) -> None:
    amount = Money(minor, currency)
    try:
        units = to_gateway(amount)
    except AmountNotPossible:
        step = theirs.step_of(currency.lower())
        exact = ours(amount).scaleb(theirs.exponent(currency.lower()))
        assert exact % step != 0 or exact > theirs.AMOUNT_MAX, "the gateway would have taken it"
        return
    assert units % theirs.step_of(currency.lower()) == 0
    assert at_the_gateway(units, currency) == ours(amount)
    assert from_gateway(units, currency) == amount


@given(currencies, amounts)
def test_every_amount_of_the_gateways_comes_back_as_it_was(currency: str, units: int) -> None:
    units = units // theirs.step_of(currency.lower()) * theirs.step_of(currency.lower())
    amount = from_gateway(units, currency)
    assert ours(amount) == at_the_gateway(units, currency)
    if units:
        assert to_gateway(amount) == units


@given(currencies, amounts)
def test_a_fee_is_never_more_than_half_a_minor_unit_off(currency: str, units: int) -> None:
    fee = fee_from_gateway(units, currency)
    assert abs(ours(fee) - at_the_gateway(units, currency)) <= Decimal(5).scaleb(-fee.exponent - 1)


@given(currencies, st.integers(min_value=0, max_value=99_999_999))
def test_a_payout_is_rounded_down_to_what_a_bank_can_be_sent(currency: str, minor: int) -> None:
    amount = Money(minor, currency)
    part = payable_part(amount)
    assert 0 <= part.minor <= minor
    rest = minor - part.minor
    assert rest < payments.payout_step(currency), "no more stays than must"
    if part and payments.amount_problem(part) is None:
        assert to_gateway(part) % theirs.step_of(currency.lower(), to_bank=True) == 0


@pytest.mark.parametrize(
    ("currency", "minor", "why"),
    [
        ("MGA", 125050, "MGA can only be paid in steps of 1.00."),
        ("KWD", 5124, "KWD can only be paid in steps of 0.010."),
        ("IQD", 1250000, "Payments are not taken in IQD."),
        ("CLF", 12345, "Payments are not taken in CLF."),
        ("ISK", 1_000_000, "At most 999999 ISK can be paid at once."),
        ("SEK", 100_000_000, "At most 999999.99 SEK can be paid at once."),
    ],
)
def test_what_nobody_could_be_charged_is_refused_when_the_price_is_set(
    harness: Harness, currency: str, minor: int, why: str
) -> None:
    with harness.database.work() as work:
        kettle = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=KETTLE)
        with pytest.raises(AmountNotPossible, match=re.escape(why)):
            catalog.set_price(work, kettle, currency, minor)
        with pytest.raises(AmountNotPossible, match=re.escape(why)):
            catalog.set_shipping_rate(work, currency, minor, free_from_minor=0, tax_bp=0)
        lead = a_lead(work, a_shop(work, harness.company.cedar, currency=currency))
        leads.qualify(work, harness.company.cedar, lead)
        with pytest.raises(InvalidInput) as quoted:
            leads.draft_quote(
                work, harness.company.cedar, lead,
                amount=Money(minor, currency), scope="All of it", valid_days=14,
            )  # fmt: skip
        assert [problem.text() for problem in quoted.value.problems] == [why]
        assert not work.rows("SELECT 1 FROM price WHERE amount_minor = %(minor)s", minor=minor)


@pytest.mark.parametrize("year", [1, 2010, 2029, 9999])
def test_a_price_that_begins_years_away_is_a_slip_of_the_pen(harness: Harness, year: int) -> None:
    at = datetime(year, 1, 1, tzinfo=UTC)
    with harness.database.work() as work:
        kettle = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=KETTLE)
        with pytest.raises(InvalidInput) as refused:
            catalog.set_price(work, kettle, "SEK", 77, valid_from=at)
        [problem] = refused.value.problems
        assert problem.pointer == "/valid_from"
        first, last = problem.facts["first"], problem.facts["last"]
        assert isinstance(first, datetime)
        assert isinstance(last, datetime)
        assert first <= work.now() <= last
        assert not work.rows("SELECT 1 FROM price WHERE amount_minor = 77")
        catalog.set_price(work, kettle, "SEK", 77, valid_from=last)


@pytest.mark.parametrize(
    ("currency", "minor"), [("HUF", 123456), ("TWD", 100050), ("IQD", 1000), ("MGA", 50)]
)
def test_a_plan_whose_minimum_no_bank_can_be_sent_is_not_published(
    database: Database, currency: str, minor: int
) -> None:
    with database.work() as work:
        with pytest.raises(PlanRefused) as refused:
            book.publish(
                work, PLAN | {"minimum_payout_minor": {currency: minor}}, effective_from=work.now()
            )
        [problem] = refused.value.problems
        assert problem.pointer == f"/minimum_payout_minor/{currency}"
        assert currency in problem.text()
        assert work.value("SELECT count(*) FROM plan_version") == 0


# ---------------------------------------------------------------- through the real SDK


def a_shop_in(harness: Harness, currency: str, *, kettle: int, delivery: int) -> Shop:
    """Cedar's second shop, in another currency."""
    with harness.database.work() as work:
        catalog.set_shipping_rate(work, currency, delivery, free_from_minor=10**9, tax_bp=2500)
        variant = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=KETTLE)
        catalog.set_price(
            work, variant, currency, kettle, valid_from=work.now() - timedelta(days=1)
        )
        return a_shop(work, harness.company.cedar, currency=currency)


def text_of(url: str) -> str:
    with urlopen(url, timeout=20) as answer:
        page = answer.read().decode()
    return html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("currency", "kettle", "delivery", "total", "shown"),
    [
        ("ISK", 5690, 990, 12370, "12 370"),
        ("UGX", 569000, 9000, 1147000, None),
        ("MGA", 5690000, 100000, 11480000, "114 800"),
        ("KWD", 5120, 500, 10740, "10,740"),
        ("JPY", 5690, 990, 12370, "12 370"),
        ("HUF", 569055, 50000, 1188110, "11 881,10"),
    ],
)
def test_the_gateways_page_asks_for_the_same_sum_as_ours_and_the_books_keep_it(
    harness: Harness, currency: str, kettle: int, delivery: int, total: int, shown: str | None
) -> None:
    shop = a_shop_in(harness, currency, kettle=kettle, delivery=delivery)
    with harness.database.work() as work:
        placed = an_order(work, shop, (KETTLE, 2))
    assert placed.total_minor == total
    if shown is None:
        # A hundred times as many units at the gateway: more than its eight digits.
        with pytest.raises(payments.GatewayUnavailable, match="amount"):
            harness.checkout(placed)
        return
    session = harness.checkout(placed)
    assert f"{shown} " in text_of(harness.payment(placed).pay_url)

    harness.trigger("sessions/pay", session=session, card="success")
    payments.settle_session(harness.database, session)
    harness.drain()
    payment = harness.payment(placed)
    assert (payment.state, payment.captured_minor) == ("captured", total)
    charge = harness.stripe.v1.charges.retrieve(payment.charge_id)
    assert at_the_gateway(charge.amount, currency) == ours(Money(total, currency))
    assert harness.order(placed).paid_minor == total

    back = kettle  # one of the two
    with harness.database.work() as work:
        refund = payments.request_refund(
            work, placed.home_id, placed.order_id,
            amount_minor=back, reason="One is dented", lines=[(1, back)],
        )  # fmt: skip
    harness.drain()
    [row] = harness.rows("SELECT * FROM refund WHERE id = %(id)s", id=refund)
    assert (row.state, row.amount_minor) == ("succeeded", back)
    [found] = harness.gateway.refunds_of(payment.intent_id)
    assert (found.amount_minor, found.currency) == (back, currency)

    harness.trigger("disputes/open", charge=payment.charge_id)
    harness.webhook_events_arrive()
    [dispute] = harness.rows("SELECT * FROM dispute WHERE order_id = %(id)s", id=placed.order_id)
    assert dispute.amount_minor == dispute.withdrawn_minor == total
    assert same_at_the_gateway(harness, currency)
    harness.every_check_passes()


def same_at_the_gateway(harness: Harness, currency: str) -> bool:
    """Whether the books hold what the gateway holds of a currency."""
    balance = harness.stripe.v1.balance.retrieve()
    held = sum(
        part.amount for part in [*balance.available, *balance.pending]
        if part.currency == currency.lower()
    )  # fmt: skip
    with harness.database.work() as work:
        booked = ledger.balance(work, PARENT, "gateway_cash", currency)
    return at_the_gateway(held, currency) == ours(-booked)


def test_a_refund_that_the_gateway_cannot_say_is_refused_when_it_is_asked_for(
    harness: Harness,
) -> None:
    shop = a_shop_in(harness, "KWD", kettle=5120, delivery=500)
    with harness.database.work() as work:
        placed = an_order(work, shop, (KETTLE, 1))
    harness.trigger("sessions/pay", session=harness.checkout(placed), card="success")
    payments.settle_session(harness.database, harness.payment(placed).session_id)
    harness.drain()
    with (
        harness.database.work() as work,
        pytest.raises(AmountNotPossible, match=r"KWD can only be paid in steps of 0\.010\."),
    ):
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=1255, reason="A quarter"
        )


@pytest.mark.parametrize(
    ("currency", "payable", "paid", "units"),
    [
        ("HUF", 1_234_556, 1_234_500, 1_234_500),
        ("TWD", 1_234_556, 1_234_500, 1_234_500),
        ("ISK", 5_690, 5_690, 569_000),
        ("MGA", 1_234_556, 1_234_500, 12_345),
        ("KWD", 51_247, 51_240, 51_240),
    ],
)
def test_a_payout_sends_what_the_bank_can_take_and_keeps_the_rest_payable(
    harness: Harness, currency: str, payable: int, paid: int, units: int
) -> None:
    harness.stripe.v1.topups.create(
        {"amount": 10_000_000, "currency": currency.lower(), "description": "From the bank"}
    )
    with harness.database.work() as work:
        someone = an_affiliate(work, "someone")
        an_earning(work, someone, Money(payable, currency))
    account = payments.open_account(harness.database, someone, currency=currency)
    harness.trigger("accounts/standing", account=account, standing="active")
    payments.account_changed(harness.database, account)
    with harness.database.work() as work:
        assert payouts.run(work, harness.clock.now().date()) == 1
    harness.drain()
    [payout] = harness.rows("SELECT * FROM payout")
    assert (payout.state, payout.amount_minor) == ("requested", paid), payout.error
    banked = harness.stripe.v1.payouts.retrieve(payout.payout_id, {}, {"stripe_account": account})
    assert banked.amount == units
    with harness.database.work() as work:
        assert ledger.balance(work, someone, "payable", currency).minor == payable - paid
