"""The audit works out anew what sending friends gave, and names a planted cent."""

from __future__ import annotations

import random
from datetime import timedelta

import psycopg
import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order
from tests.earnings.test_settling import deliver, every_check_passes, refund
from tests.rewards.friends import a_friend, a_programme, code_of_ada, stands

from mainstem import audit, earnings, rewards, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.orders import Placed

PROGRAMMES: tuple[dict[str, object], ...] = (
    {},
    {"referrer": {"fixed_minor": {"SEK": 9_999}}, "friend": {"rate_bp": 333}},
    {"friends_a_year": 1},
    {"least_minor": {"SEK": 90_000}},
    {"commission": "comes_first"},
)


def differences(database: Database) -> list[audit.Difference]:
    worker.drain(database)
    return audit.audit_commissions(database).named


@pytest.mark.parametrize("said", PROGRAMMES, ids=str)
@pytest.mark.parametrize("cap_bp", [5000, 1150])
def test_whatever_happened_in_whatever_order_the_second_reckoning_is_the_first(
    database: Database, clock: FixedClock, said: dict[str, object], cap_bp: int
) -> None:
    dice = random.Random(f"{said} {cap_bp}")
    with database.work() as work:
        company = a_company(work)
        a_programme(work, programme=said, cap_bp=cap_bp)
    code = code_of_ada(database)
    placed: list[Placed] = []
    for name in ("bo", "cleo", "dag", "bo"):
        client, address = a_friend(name)
        clock.move(timedelta(minutes=1))
        with database.work() as work:
            placed.append(
                a_paid_order(work, company.shop, (KETTLE, 2), (SKILLET, 3), client=client,
                             address=address, code=code)
            )  # fmt: skip
    steps = [(order, step) for order in placed for step in ("first", "rest", "some", "whole")]
    dice.shuffle(steps)
    for order, step in steps:
        with database.work() as work:
            if step == "first":
                deliver(work, order, (1, 1), (2, 3))
            elif step == "rest":
                deliver(work, order, (1, 1))
            elif step == "some" and dice.random() < 0.7:
                refund(work, order, 33_333, (1, 33_333))
            elif step == "whole" and dice.random() < 0.4:
                refund(work, order, 11_111)
        if dice.random() < 0.5:
            worker.drain(database)
    assert differences(database) == []
    every_check_passes(database)
    before = [stands(database, order) for order in placed]
    with database.work() as work:
        keys = [(order.home_id, order.order_id) for order in placed]
        earnings.settle(work, keys)
        assert rewards.settle(work, keys) == 0
    assert [stands(database, order) for order in placed] == before


def test_a_planted_cent_is_named(database: Database, database_url: str) -> None:
    with database.work() as work:
        company: Company = a_company(work)
        a_programme(work)
    client, address = a_friend("bo")
    code = code_of_ada(database)
    with database.work() as work:
        placed = a_paid_order(
            work, company.shop, (KETTLE, 1), client=client, address=address, code=code
        )
        deliver(work, placed, (1, 1))
    assert differences(database) == []
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE reward DISABLE TRIGGER append_only")
        connection.execute("UPDATE reward SET amount_minor = 10001 WHERE side = 'referrer'")
    [found] = differences(database)
    assert (found.what, found.rule, found.should_be, found.is_now) == (
        "reward", "referrer", 10_000, 10_001,
    )  # fmt: skip
