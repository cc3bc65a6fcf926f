"""What one line of an order pays a level at most: from the delivery to the books."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.audited import everything_holds
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order
from tests.earnings.test_margin import ENGLISH, costs, told
from tests.earnings.test_rules_of_a_plan import a_rule, earned, publish, sell
from tests.earnings.test_settling import deliver, refund
from tests.earnings.test_shared_orders import SPLIT
from tests.lab.test_history import ZONE

from mainstem import earnings, worker
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.lab import Facts, NotKnown, export
from mainstem.orders import Placed
from mainstem.plan import book
from mainstem.plan.sale_documents import SaleRuleDocument


@pytest.fixture
def company(database: Database) -> Iterator[Company]:
    """Kettles are 1,000.00 without tax and skillets 640.00."""
    with database.work() as work:
        made = a_company(work)
    yield made
    everything_holds(database)


def planned(database: Database, *rates: int, most: int = 150_00, **more: Any) -> None:
    with database.work() as work:
        plan = {"credit": more.pop("credit")} if "credit" in more else {}
        publish(work, a_rule("all", *rates, at_most_line_minor={"SEK": most}, **more), **plan)


def goes_back(database: Database, placed: Placed, minor: int, *lines: tuple[int, int]) -> None:
    with database.work() as work:
        refund(work, placed, minor, *lines)
    worker.drain(database)


def test_each_line_is_limited_for_itself_and_what_goes_back_of_it_is_taken_of_it_alone(
    database: Database, company: Company
) -> None:
    """Three kettles at 10 % would be 300.00 and pay 150.00; a skillet pays its 64.00. One kettle back takes
    nothing, the second 50.00."""
    planned(database, 1000, 300)
    placed = sell(database, company, (KETTLE, 3), (SKILLET, 1))
    assert earned(database, placed) == {("all", "cedar"): 214_00, ("all", "birch"): 109_20}
    goes_back(database, placed, 125_000, (1, 125_000))
    assert earned(database, placed) == {("all", "cedar"): 214_00, ("all", "birch"): 79_20}
    goes_back(database, placed, 125_000, (1, 125_000))
    assert earned(database, placed) == {("all", "cedar"): 164_00, ("all", "birch"): 49_20}
    goes_back(database, placed, 80_000, (2, 80_000))
    assert earned(database, placed) == {("all", "cedar"): 100_00, ("all", "birch"): 30_00}
    goes_back(database, placed, 125_000, (1, 125_000))
    assert earned(database, placed) == {}


def test_lines_that_come_late_twice_and_after_a_refund_come_to_the_same(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    whole = sell(database, company, (KETTLE, 3), (SKILLET, 1))
    goes_back(database, whole, 250_000, (1, 250_000))
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 3), (SKILLET, 1))
        deliver(work, placed, (2, 1))
    worker.drain(database)
    assert earned(database, placed) == {("all", "cedar"): 64_00}
    with database.work() as work:
        deliver(work, placed, (1, 2))
    worker.drain(database)
    assert earned(database, placed) == {("all", "cedar"): 214_00}
    goes_back(database, placed, 250_000, (1, 250_000))
    with database.work() as work:
        deliver(work, placed, (1, 1))
    worker.drain(database)
    assert earned(database, placed) == earned(database, whole) == {("all", "cedar"): 164_00}
    with database.work() as work:
        assert earnings.settle(work, [(placed.home_id, placed.order_id)] * 2) == 0


def test_what_a_bank_takes_counts_against_every_line_and_comes_back_when_the_dispute_is_won(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    placed = sell(database, company, (KETTLE, 3), (SKILLET, 1))
    for taken, stands in ((227_500, 182_00), (0, 214_00), (455_000, 0), (227_500, 182_00)):
        with database.work() as work:
            bank_takes(work, placed, taken)
        worker.drain(database)
        assert sum(earned(database, placed).values()) == stands


def bank_takes(work: Work, placed: Placed, minor: int) -> None:
    """So much of an order is taken, in all, until it is known who is right."""
    key = {"home": placed.home_id, "order": placed.order_id, "taken": minor}
    work.run(
        """INSERT INTO dispute (home_id, id, order_id, provider_id, status, currency,
                  amount_minor, withdrawn_minor, fee_minor, movements, opened_at)
           SELECT %(home)s, %(order)s, %(order)s, 'dp_1', 'needs_response', 'SEK', 455000, 0, 0, 1, now()
            WHERE NOT EXISTS (SELECT FROM dispute WHERE id = %(order)s)""",
        **key,
    )
    work.run(
        "UPDATE dispute SET withdrawn_minor = %(taken)s, movements = movements + 1 WHERE id = %(order)s",
        **key,
    )
    record(work, "payment.disputed", placed.order_id, home=placed.home_id)


def test_an_order_that_is_settled_beside_itself_is_limited_once(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 3), (SKILLET, 1))
        deliver(work, placed, (1, 3), (2, 1))

    def settled(_: int) -> int:
        with database.work() as work:
            return earnings.settle(work, [(placed.home_id, placed.order_id)])

    with ThreadPoolExecutor(3) as beside:
        assert sorted(beside.map(settled, range(3))) == [0, 0, 1]
    assert earned(database, placed) == {("all", "cedar"): 214_00}


@pytest.mark.parametrize(
    ("base", "before", "after"),
    [
        ("commissionable_value", {"cedar": 214_00}, {"cedar": 182_00}),
        ("net_price", {"cedar": 214_00}, {"cedar": 182_00}),
        # 400.00 of each kettle and 340.00 of the skillet are left.
        ("margin", {"cedar": 154_00}, {"cedar": 77_00}),
    ],
)
def test_money_that_names_no_line_goes_back_of_every_line_alike(
    database: Database, company: Company, base: str, before: dict[str, int], after: dict[str, int]
) -> None:
    """Half of everything: of the kettles what is left still reaches the limit, of the skillet half goes."""
    with database.work() as work:
        costs(work, KETTLE, SEK=60_000)
        costs(work, SKILLET, SEK=30_000)
    planned(database, 1000, base=base)
    placed = sell(database, company, (KETTLE, 3), (SKILLET, 1))
    assert earned(database, placed) == {("all", who): minor for who, minor in before.items()}
    goes_back(database, placed, 227_500)
    assert earned(database, placed) == {("all", who): minor for who, minor in after.items()}


def test_each_of_several_who_share_an_order_has_their_part_of_the_limit(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        code = a_code(work, company)
    planned(database, 1000, credit=SPLIT)
    placed = sell(database, company, (KETTLE, 3), (SKILLET, 1), code=code)
    assert earned(database, placed) == {("all", "cedar"): 85_60, ("all", "alder"): 128_40}


def a_code(work: Work, company: Company) -> str:
    work.run(
        "INSERT INTO referral_code (code, affiliate_id, kind, created_at)"
        " VALUES ('ALDER-CODE', %(id)s, 'code', now())",
        id=company.alder,
    )
    return "ALDER-CODE"


def test_whoever_is_paid_reads_how_many_lines_reached_the_limit_and_what_the_others_come_to(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    placed = sell(database, company, (KETTLE, 3), (SKILLET, 1))
    goes_back(database, placed, 80_000, (2, 80_000))
    credit, back = told(database, placed)
    assert (
        "10 % of that is the share of this level. No level gets more than SEK 150.00 for one line of a"
        " sale. Lines that come to more: 1 of 2; the others come to SEK 64.00 together." in credit
    )
    assert "that is SEK 214.00" in credit
    assert back.endswith(
        "no level keeps more than SEK 150.00 for one line: of your SEK 214.00, SEK 64.00 goes back in all."
    )


def test_whoever_asks_why_it_is_not_more_hears_of_the_limit_of_a_line(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    placed = sell(database, company, (KETTLE, 3), (SKILLET, 1))
    with database.work() as work:
        (said,) = earnings.why_not_more(
            work, placed.home_id, placed.order_id, company.cedar, ENGLISH
        )
    assert said.replace("\N{NO-BREAK SPACE}", " ") == (
        "One line of a sale pays a level no more than a fixed amount: without it your share would have been"
        " SEK 150.00 higher."
    )


def test_what_an_order_promises_before_it_comes_is_limited_as_it_will_be(
    database: Database, company: Company
) -> None:
    planned(database, 1000)
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 3), (SKILLET, 1))
    worker.drain(database)
    with database.work() as work:
        (share,) = earnings.promised(work, placed.home_id, placed.order_id)
    assert share.amount.minor == 214_00


def test_every_amount_of_a_rule_is_stated_in_the_same_currencies() -> None:
    said = a_rule("all", 1000, at_most_minor={"SEK": 1}, at_most_line_minor={"EUR": 1})
    with pytest.raises(ValidationError, match="the same currencies"):
        SaleRuleDocument.model_validate(said)


def test_a_backtest_refuses_it_and_says_why(
    database: Database, company: Company, tmp_path: Path
) -> None:
    planned(database, 1000)
    sell(database, company, (KETTLE, 1))
    export(database, tmp_path / "facts", zone=ZONE)
    with database.work() as work:
        plan = book.in_force(work, work.now())
    with pytest.raises(NotKnown, match="all limits what one line pays"):
        Facts.at(tmp_path / "facts").refuse_unknown(plan.sale)
