"""Money in a currency that no account takes: another account, changed money, or the company's bank."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import an_earning
from tests.till import Till

from mainstem import ledger, payments, payouts
from mainstem.kit.work import SYSTEM
from mainstem.ledger import PARENT
from mainstem.money import Money
from mainstem.payments import AccountInUse, InvalidBankAccount
from mainstem.payouts import RateRefused
from mainstem_affiliates.portal import reads

IBAN = "SE45 5000 0000 0583 9825 7466"


def earns(till: Till, *amounts: Money) -> int:
    """Birch has earned these, and is paid in kronor."""
    birch = till.company.birch
    with till.database.work() as work:
        for amount in amounts:
            an_earning(work, birch, amount)
    return birch


def run(till: Till, *, policy: str = "convert") -> int:
    """A run of payouts, a day later than the last."""
    till.clock.move(timedelta(days=1))
    object.__setattr__(till.database.tools, "other_currency", policy)
    with till.database.work() as work:
        return payouts.run(work, till.clock.now().date())


def a_rate(till: Till, figure: str = "11.2345", *, days_old: int = 0, one: str = "EUR") -> None:
    with till.database.work() as work:
        at = work.now() - timedelta(days=days_old)
        payouts.set_rate(work, one, "SEK", figure, source="ECB reference rate", published_at=at)


def reasons(till: Till, affiliate: int) -> dict[str, str]:
    with till.database.work() as work:
        return {
            one.payable.currency: one.reason for one in payouts.left_out(work, affiliate=affiliate)
        }


def payable(till: Till, affiliate: int, currency: str) -> int:
    with till.database.work() as work:
        return ledger.balance(work, affiliate, "payable", currency).minor


def payouts_of(till: Till) -> list[Any]:
    return till.rows("SELECT * FROM payout ORDER BY reserved_at, currency")


def test_an_account_with_banks_in_two_currencies_is_paid_in_both(till: Till) -> None:
    birch = earns(till, Money(50000, "SEK"), Money(3000, "EUR"))
    account = till.affiliate_account(birch)
    till.stripe.v1.topups.create(
        {"amount": 3000, "currency": "eur", "description": "From the bank"}
    )
    assert reasons(till, birch) == {"EUR": "other_currency"}
    till.pull("accounts/bank", account=account, currency="EUR")
    till.letters_arrive()
    accounts = till.rows("SELECT currency, account, state FROM pay_account ORDER BY 1")
    assert [tuple(row) for row in accounts] == [
        ("EUR", account, "active"), ("SEK", account, "active"),
    ]  # fmt: skip
    assert reasons(till, birch) == {}
    assert run(till) == 2
    till.drain()
    assert [(row.currency, row.amount_minor, row.state) for row in payouts_of(till)] == [
        ("EUR", 3000, "requested"), ("SEK", 50000, "requested"),
    ]  # fmt: skip
    euro = payouts_of(till)[0]
    till.pull("payouts/fail", payout=euro.payout_id)
    till.letters_arrive()
    states = {
        row.currency: row.state for row in till.rows("SELECT currency, state FROM pay_account")
    }
    assert states == {"EUR": "restricted", "SEK": "active"}, "the other bank is as well as before"
    till.every_truth_holds()


def test_what_no_account_takes_is_changed_at_the_payout_and_stands_on_it(till: Till) -> None:
    birch = earns(till, Money(50000, "SEK"), Money(1849, "EUR"))
    till.affiliate_account(birch)
    a_rate(till)
    assert reasons(till, birch) == {"EUR": "changed"}
    published = till.clock.now()
    assert run(till) == 1
    till.drain()
    [payout] = payouts_of(till)
    # 18.49 EUR at 11.2345 is 207.725905 SEK.
    assert (payout.currency, payout.amount_minor, payout.state) == (
        "SEK",
        50000 + 20773,
        "requested",
    )
    with till.database.work() as work:
        found = ledger.balances(work, [birch, PARENT])
    assert found[birch, "payable", "EUR"] == found[birch, "payable", "SEK"] == 0
    assert found[PARENT, "fx_difference", "EUR"] == 1849
    assert found[PARENT, "fx_difference", "SEK"] == -20773
    with till.database.work(home=birch) as work:
        [told] = reads.payouts(work, reads.me(work)).rows
    [changed] = told.changed
    assert (changed.before, changed.after) == (Money(1849, "EUR"), Money(20773, "SEK"))
    assert (changed.rate.figure, changed.rate.source) == ("11.2345", "ECB reference rate")
    assert changed.rate.published_at == published
    with till.database.work() as work:
        money = payouts.money_of(work, birch)
    assert money["EUR"].earned == Money(1849, "EUR")
    assert money["SEK"].earned == Money(50000, "SEK")
    assert money["SEK"].under_way == Money(70773, "SEK")
    assert run(till) == 0, "nothing is changed twice"
    till.every_truth_holds()


def test_nothing_is_changed_without_a_payout_that_it_becomes_part_of(till: Till) -> None:
    birch = earns(till, Money(100, "SEK"), Money(500, "EUR"))
    till.affiliate_account(birch)
    a_rate(till)
    assert run(till) == 0, "together still below the minimum of 200.00"
    assert payable(till, birch, "EUR") == 500
    earns(till, Money(1300, "EUR"))
    assert run(till) == 1
    assert payouts_of(till)[0].amount_minor == 100 + 20222
    till.every_truth_holds()


@pytest.mark.parametrize(("policy", "days_old"), [("bank", 0), ("convert", 8), ("convert", None)])
def test_where_nothing_may_be_changed_the_companys_bank_pays(
    till: Till, policy: str, days_old: int | None
) -> None:
    birch = earns(till, Money(50000, "SEK"), Money(3000, "EUR"))
    till.affiliate_account(birch)
    if days_old is not None:
        a_rate(till, days_old=days_old)
    assert run(till, policy=policy) == 1, "the kronor"
    assert reasons(till, birch) == {"EUR": "other_currency"}
    with till.database.work() as work:
        payments.tell_bank_account(work, birch, currency="EUR", account=IBAN)
    assert reasons(till, birch) == {}
    assert run(till, policy=policy) == 1
    till.drain()
    [by_bank] = till.rows("SELECT * FROM payout WHERE currency = 'EUR'")
    assert (by_bank.provider, by_bank.account, by_bank.amount_minor) == ("bank", IBAN, 3000)
    assert by_bank.state == "requested"
    with till.database.work() as work:
        key = (by_bank.home_id, by_bank.id)
        assert payouts.confirm_bank(work, [key], reference="OCR 7731") == 1
        assert payouts.confirm_bank(work, [key], reference="OCR 7732") == 0
    [paid] = till.rows("SELECT * FROM payout WHERE currency = 'EUR'")
    assert (paid.state, paid.reference) == ("paid", "OCR 7731")
    till.every_truth_holds()


def test_whom_the_payment_service_refuses_is_paid_by_the_companys_bank(till: Till) -> None:
    birch = earns(till, Money(50000, "SEK"))
    till.affiliate_account(birch)
    with till.database.work() as work:
        with pytest.raises(AccountInUse):
            payments.tell_bank_account(work, birch, currency="SEK", account=IBAN)
        work.run("UPDATE pay_account SET state = 'rejected'")
    assert reasons(till, birch) == {"SEK": "account_refused"}
    with till.database.work() as work:
        payments.tell_bank_account(work, birch, currency="SEK", account=IBAN)
    assert reasons(till, birch) == {}
    assert run(till) == 1
    assert payouts_of(till)[0].provider == "bank"


@pytest.mark.parametrize(
    ("account", "right"),
    [
        (IBAN, True),
        ("se4550000000058398257466", True),
        ("SE45 5000 0000 0583 9825 7467", False),
        ("Handelsbanken 6789-123 456 789", True),
        ("Handelsbanken", False),
        ("", False),
        ("12\u202e345678", False),
        ("1" * 81, False),
    ],
)
def test_an_account_that_no_bank_could_read_is_refused(
    till: Till, account: str, right: bool
) -> None:
    with till.database.work(SYSTEM) as work:
        if right:
            payments.tell_bank_account(work, till.company.birch, currency="EUR", account=account)
        else:
            with pytest.raises(InvalidBankAccount):
                payments.tell_bank_account(
                    work, till.company.birch, currency="EUR", account=account
                )


@pytest.mark.parametrize(
    ("one", "into", "figure", "source", "days"),
    [
        ("EUR", "EUR", "1", "x", 0), ("EUR", "SEK", "0", "x", 0), ("EUR", "SEK", "-1", "x", 0),
        ("EUR", "SEK", "1.0000000001", "x", 0), ("EUR", "SEK", "NaN", "x", 0),
        ("EUR", "SEK", "eleven", "x", 0), ("EUR", "SEK", "11", "", 0), ("EUR", "SEK", "11", "x", 1),
        ("eur", "SEK", "11", "x", 0), ("EUR", "SE", "11", "x", 0),
    ],
)  # fmt: skip
def test_what_nobody_has_published_is_no_rate(
    till: Till, one: str, into: str, figure: str, source: str, days: int
) -> None:
    with till.database.work() as work, pytest.raises(RateRefused):
        at = work.now() + timedelta(days=days)
        payouts.set_rate(work, one, into, figure, source=source, published_at=at)


def test_a_rate_of_one_instant_is_never_another(till: Till) -> None:
    a_rate(till, "11.2345")
    a_rate(till, "11.2345")
    with pytest.raises(RateRefused):
        a_rate(till, "11.2346")
    a_rate(till, "11.2", days_old=1)
    with till.database.work() as work:
        assert payouts.rates_in_force(work)["EUR", "SEK"].figure == "11.2345"


@given(
    st.integers(1, 10**12),
    st.integers(1, 10**13),
    st.sampled_from(["SEK", "JPY", "KWD"]),
    st.sampled_from(["EUR", "ISK", "BHD"]),
)
def test_changed_money_is_the_exact_product_rounded_half_up_once(
    minor: int, billionths: int, one: str, into: str
) -> None:
    before = Money(minor, one)
    after = before.converted(into, billionths)
    exact = Decimal(minor).scaleb(-before.exponent) * Decimal(billionths).scaleb(-9)
    assert Decimal(after.minor) == exact.scaleb(after.exponent).quantize(Decimal(1), ROUND_HALF_UP)
