"""Money in a currency that no account takes: another account, changed money, or the company's bank."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.company import an_earning
from tests.harness import Harness

from mainstem import ledger, payments, payouts
from mainstem.kit.work import SYSTEM
from mainstem.ledger import PARENT
from mainstem.money import Money
from mainstem.payments import AccountInUse, InvalidBankAccount
from mainstem.payouts import RateRefused
from mainstem_affiliates.portal import reads

IBAN = "SE45 5000 0000 0583 9825 7466"


def earns(harness: Harness, *amounts: Money) -> int:
    """Birch has earned these, and is paid in kronor."""
    birch = harness.company.birch
    with harness.database.work() as work:
        for amount in amounts:
            an_earning(work, birch, amount)
    return birch


def run(harness: Harness, *, policy: str = "convert") -> int:
    """A run of payouts, a day later than the last."""
    harness.clock.move(timedelta(days=1))
    object.__setattr__(harness.database.tools, "other_currency", policy)
    with harness.database.work() as work:
        return payouts.run(work, harness.clock.now().date())


def a_rate(
    harness: Harness, figure: str = "11.2345", *, days_old: int = 0, one: str = "EUR"
) -> None:
    with harness.database.work() as work:
        at = work.now() - timedelta(days=days_old)
        payouts.set_rate(work, one, "SEK", figure, source="ECB reference rate", published_at=at)


def reasons(harness: Harness, affiliate: int) -> dict[str, str]:
    with harness.database.work() as work:
        return {
            one.payable.currency: one.reason
            for one in payouts.payout_exclusions(work, affiliate=affiliate)
        }


def payable(harness: Harness, affiliate: int, currency: str) -> int:
    with harness.database.work() as work:
        return ledger.balance(work, affiliate, "payable", currency).minor


def payouts_of(harness: Harness) -> list[Any]:
    return harness.rows("SELECT * FROM payout ORDER BY reserved_at, currency")


def test_an_account_with_banks_in_two_currencies_is_paid_in_both(harness: Harness) -> None:
    birch = earns(harness, Money(50000, "SEK"), Money(3000, "EUR"))
    account = harness.affiliate_account(birch)
    harness.stripe.v1.topups.create(
        {"amount": 3000, "currency": "eur", "description": "From the bank"}
    )
    assert reasons(harness, birch) == {"EUR": "other_currency"}
    harness.trigger("accounts/bank", account=account, currency="EUR")
    harness.webhook_events_arrive()
    accounts = harness.rows("SELECT currency, account, state FROM pay_account ORDER BY 1")
    assert [tuple(row) for row in accounts] == [
        ("EUR", account, "active"), ("SEK", account, "active"),
    ]  # fmt: skip
    assert reasons(harness, birch) == {}
    assert run(harness) == 2
    harness.drain()
    assert [(row.currency, row.amount_minor, row.state) for row in payouts_of(harness)] == [
        ("EUR", 3000, "requested"), ("SEK", 50000, "requested"),
    ]  # fmt: skip
    euro = payouts_of(harness)[0]
    harness.trigger("payouts/fail", payout=euro.payout_id)
    harness.webhook_events_arrive()
    states = {
        row.currency: row.state for row in harness.rows("SELECT currency, state FROM pay_account")
    }
    assert states == {"EUR": "restricted", "SEK": "active"}, "the other bank is as well as before"
    harness.every_check_passes()


def test_what_no_account_takes_is_changed_at_the_payout_and_stands_on_it(harness: Harness) -> None:
    birch = earns(harness, Money(50000, "SEK"), Money(1849, "EUR"))
    harness.affiliate_account(birch)
    a_rate(harness)
    assert reasons(harness, birch) == {"EUR": "changed"}
    published = harness.clock.now()
    assert run(harness) == 1
    harness.drain()
    [payout] = payouts_of(harness)
    # 18.49 EUR at 11.2345 is 207.725905 SEK.
    assert (payout.currency, payout.amount_minor, payout.state) == (
        "SEK",
        50000 + 20773,
        "requested",
    )
    with harness.database.work() as work:
        found = ledger.balances(work, [birch, PARENT])
    assert found[birch, "payable", "EUR"] == found[birch, "payable", "SEK"] == 0
    assert found[PARENT, "fx_difference", "EUR"] == 1849
    assert found[PARENT, "fx_difference", "SEK"] == -20773
    with harness.database.work(home=birch) as work:
        [told] = reads.payouts(work, reads.me(work)).rows
    [changed] = told.changed
    assert (changed.before, changed.after) == (Money(1849, "EUR"), Money(20773, "SEK"))
    assert (changed.rate.figure, changed.rate.source) == ("11.2345", "ECB reference rate")
    assert changed.rate.published_at == published
    with harness.database.work() as work:
        money = payouts.money_of(work, birch)
    assert money["EUR"].earned == Money(1849, "EUR")
    assert money["SEK"].earned == Money(50000, "SEK")
    assert money["SEK"].under_way == Money(70773, "SEK")
    assert run(harness) == 0, "nothing is changed twice"
    harness.every_check_passes()


def test_nothing_is_changed_without_a_payout_that_it_becomes_part_of(harness: Harness) -> None:
    birch = earns(harness, Money(100, "SEK"), Money(500, "EUR"))
    harness.affiliate_account(birch)
    a_rate(harness)
    assert run(harness) == 0, "together still below the minimum of 200.00"
    assert payable(harness, birch, "EUR") == 500
    earns(harness, Money(1300, "EUR"))
    assert run(harness) == 1
    assert payouts_of(harness)[0].amount_minor == 100 + 20222
    harness.every_check_passes()


@pytest.mark.parametrize(("policy", "days_old"), [("bank", 0), ("convert", 8), ("convert", None)])
def test_where_nothing_may_be_changed_the_companys_bank_pays(
    harness: Harness, policy: str, days_old: int | None
) -> None:
    birch = earns(harness, Money(50000, "SEK"), Money(3000, "EUR"))
    harness.affiliate_account(birch)
    if days_old is not None:
        a_rate(harness, days_old=days_old)
    assert run(harness, policy=policy) == 1, "the kronor"
    assert reasons(harness, birch) == {"EUR": "other_currency"}
    with harness.database.work() as work:
        payments.tell_bank_account(work, birch, currency="EUR", account=IBAN)
    assert reasons(harness, birch) == {}
    assert run(harness, policy=policy) == 1
    harness.drain()
    [by_bank] = harness.rows("SELECT * FROM payout WHERE currency = 'EUR'")
    assert (by_bank.provider, by_bank.account, by_bank.amount_minor) == ("bank", IBAN, 3000)
    assert by_bank.state == "requested"
    with harness.database.work() as work:
        key = (by_bank.home_id, by_bank.id)
        assert payouts.confirm_bank(work, [key], reference="OCR 7731") == 1
        assert payouts.confirm_bank(work, [key], reference="OCR 7732") == 0
    [paid] = harness.rows("SELECT * FROM payout WHERE currency = 'EUR'")
    assert (paid.state, paid.reference) == ("paid", "OCR 7731")
    harness.every_check_passes()


def test_whom_the_payment_service_refuses_is_paid_by_the_companys_bank(harness: Harness) -> None:
    birch = earns(harness, Money(50000, "SEK"))
    harness.affiliate_account(birch)
    with harness.database.work() as work:
        with pytest.raises(AccountInUse):
            payments.tell_bank_account(work, birch, currency="SEK", account=IBAN)
        work.run("UPDATE pay_account SET state = 'rejected'")
    assert reasons(harness, birch) == {"SEK": "account_refused"}
    with harness.database.work() as work:
        payments.tell_bank_account(work, birch, currency="SEK", account=IBAN)
    assert reasons(harness, birch) == {}
    assert run(harness) == 1
    assert payouts_of(harness)[0].provider == "bank"


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
    harness: Harness, account: str, right: bool
) -> None:
    with harness.database.work(SYSTEM) as work:
        if right:
            payments.tell_bank_account(work, harness.company.birch, currency="EUR", account=account)
        else:
            with pytest.raises(InvalidBankAccount):
                payments.tell_bank_account(
                    work, harness.company.birch, currency="EUR", account=account
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
    harness: Harness, one: str, into: str, figure: str, source: str, days: int
) -> None:
    with harness.database.work() as work, pytest.raises(RateRefused):
        at = work.now() + timedelta(days=days)
        payouts.set_rate(work, one, into, figure, source=source, published_at=at)


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_a_rate_is_of_the_last_year(harness: Harness, year: int) -> None:
    at = datetime(year, 1, 1, 12, tzinfo=UTC)
    with harness.database.work() as work, pytest.raises(RateRefused) as refused:
        payouts.set_rate(work, "EUR", "SEK", "11", source="ECB", published_at=at)
    first, last = harness.clock.now() - timedelta(days=366), harness.clock.now()
    [problem] = refused.value.problems
    assert problem.pointer == "/published"
    assert problem.facts == {"first": first, "last": last}
    a_rate(harness, "11.2345", days_old=366)


def test_a_rate_of_one_instant_is_never_another(harness: Harness) -> None:
    a_rate(harness, "11.2345")
    a_rate(harness, "11.2345")
    with pytest.raises(RateRefused):
        a_rate(harness, "11.2346")
    a_rate(harness, "11.2", days_old=1)
    with harness.database.work() as work:
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
