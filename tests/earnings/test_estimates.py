"""What a request would earn is shown before the sale, and is what it earns when it comes to that."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from tests.company import (
    KETTLE,
    SKILLET,
    Company,
    a_company,
    a_lead,
    a_paid_order,
    a_quoted_lead,
    pay,
)
from tests.earnings.test_milestones import ALL, EACH, accept
from tests.earnings.test_rules_of_a_plan import PASSING, a_rule, earned, publish
from tests.earnings.test_settling import deliver

from mainstem import earnings, leads, worker
from mainstem.earnings import Estimate
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.orders import ClientDetails


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def estimated(work: Work, company: Company, lead: UUID) -> Estimate:
    found = earnings.estimate(work, company.cedar, lead, locale="en")
    assert found is not None
    return found


def shares(found: Estimate) -> dict[tuple[str, str], int]:
    return {
        (one.rule, one.beneficiary.lower()): one.amount.minor for one in found.shares if one.amount
    }


@pytest.mark.parametrize("cap_bp", [5000, 1100])
def test_a_quote_would_earn_by_milestone_what_it_then_earns(
    database: Database, company: Company, cap_bp: int
) -> None:
    with database.work() as work:
        publish(work, *EACH, cap_bp=cap_bp, cap_by="proportion")
        lead = a_quoted_lead(work, company.shop)
        found = estimated(work, company, lead)
        assert (found.amount, found.counts) == (Money(250_000, "SEK"), Money(200_000, "SEK"))
        assert found.reached == ("qualified",)
        assert found.total == Money(44_000 * cap_bp // max(cap_bp, 2200), "SEK")
        assert [one.milestone for one in found.of(company.birch)] == ["qualified", "delivered"]
        placed = leads.accept_quote(work, company.cedar, lead, 1, name="Ada Berg")
        pay(work, placed)
        deliver(work, placed, (1, 1))
        accept(work, placed)
        # The order says the rest.
        assert earnings.estimate(work, company.cedar, lead, locale="en") is None
    worker.drain(database)
    assert earned(database, placed) == shares(found)
    assert cap_bp < 2200 or shares(found) == ALL


def test_of_a_request_that_nobody_has_priced_the_rates_are_told_and_no_amount(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        found = estimated(work, company, a_lead(work, company.shop))
        assert (found.amount, found.total, found.reached) == (None, None, ())
        told = {(one.rule, one.beneficiary, one.rate_bp, one.amount) for one in found.shares}
        assert ("found", "Cedar", 500, None) in told
        assert ("done", "Birch", 100, None) in told


def test_a_service_with_a_price_of_its_own_is_estimated_at_it(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        lead = a_lead(work, company.shop)
        work.run(
            """INSERT INTO price (variant_id, currency, amount_minor, valid_from)
               SELECT id, 'SEK', 125000, %(now)s FROM variant WHERE product_id = %(product)s""",
            product=company.repair, now=work.now(),
        )  # fmt: skip
        found = estimated(work, company, lead)
        assert (found.amount, found.is_list_price) == (Money(125_000, "SEK"), True)
        assert found.total == Money(22_000, "SEK")


def test_what_a_participant_asks_for_themselves_would_earn_nobody_anything(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        birch = ClientDetails(name="Birch Ek", email="birch@affiliates.example")
        lead = a_quoted_lead(work, company.shop, client=birch)
        found = estimated(work, company, lead)
        assert (found.earns, found.earns_reason) == (False, "buyer_is_participant")
        assert found.shares == []


def test_who_is_active_at_the_delivery_is_estimated_as_if_it_were_today(
    database: Database, company: Company
) -> None:
    uplines = PASSING | {"own_sales_min": 1, "days": 90, "active_at": "delivery"}
    with database.work() as work:
        publish(work, a_rule("all", 1000, 300), uplines=uplines)
        lead = a_quoted_lead(work, company.shop)
        assert shares(estimated(work, company, lead)) == {("all", "cedar"): 20_000}
        own = a_paid_order(work, company.birch_shop, (SKILLET, 1), (KETTLE, 1))
        deliver(work, own, (1, 1))
        both = {("all", "cedar"): 20_000, ("all", "birch"): 6_000}
        assert shares(estimated(work, company, lead)) == both


def test_there_is_no_estimate_of_a_request_that_there_is_not(
    database: Database, company: Company
) -> None:
    with database.work() as work, pytest.raises(NotFound):
        earnings.estimate(work, company.cedar, uuid4(), locale="en")
