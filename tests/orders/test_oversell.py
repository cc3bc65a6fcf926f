"""Ten units and twenty guests: exactly ten are sold, whichever way they order."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import psycopg
import pytest
import sqlalchemy
from tests.company import KETTLE, SKILLET, Company, a_company
from tests.orders.wanting import place_alone, promised, stock_of, wanted
from tests.waits import PATIENCE

from mainstem import flow, orders, stock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import InsufficientStock, OrderWanted, Placed
from mainstem_affiliates.intake import Intake

GUESTS = 20
UNITS = 10


@pytest.fixture
def crowd(database_url: str, clock: Any) -> Iterator[Database]:
    """A database with a connection for each guest, so that nobody waits for anybody."""
    made = Database(database_url, clock=clock, tools=flow.tools(), pool=GUESTS + 4)
    yield made
    made.close()


@pytest.fixture
def company(crowd: Database) -> Company:
    with crowd.work() as work:
        company = a_company(work, stock=1000)
        stock_of(work, KETTLE, UNITS)
        return company


def at_once(doing: list[Callable[[], Any]], *, barrier: bool) -> list[Any]:
    """What each gives, all begun in threads of their own, at one instant or as they come."""
    gate = Barrier(len(doing) if barrier else 1)

    def run(do: Callable[[], Any]) -> Any:
        gate.wait(PATIENCE)
        return do()

    with ThreadPoolExecutor(len(doing)) as threads:
        return list(threads.map(run, doing))


def exactly_the_units_are_sold(crowd: Database, answers: list[Any]) -> None:
    assert Counter(type(answer) for answer in answers) == {
        Placed: UNITS,
        InsufficientStock: GUESTS - UNITS,
    }
    with crowd.work() as work:
        assert promised(work)[KETTLE] == (UNITS, UNITS)
        assert work.value("SELECT count(*) FROM orders") == UNITS
        assert work.value("SELECT count(*) FROM fact WHERE name = 'order.placed'") == UNITS


@pytest.mark.parametrize("barrier", [True, False], ids=["at one instant", "as they come"])
def test_twenty_guests_with_a_connection_each_buy_exactly_what_is_there(
    crowd: Database, company: Company, barrier: bool
) -> None:
    guests = [wanted(company.shop, (KETTLE, 1)) for _ in range(GUESTS)]
    answers = at_once([partial(place_alone, crowd, one) for one in guests], barrier=barrier)
    exactly_the_units_are_sold(crowd, answers)


@pytest.mark.parametrize("most", [1, 7, 64])
def test_twenty_guests_of_one_batcher_buy_exactly_what_is_there(
    crowd: Database, company: Company, most: int
) -> None:
    guests = [wanted(company.shop, (KETTLE, 1)) for _ in range(GUESTS)]

    async def all_of_them(intake: Intake) -> list[Any]:
        return await asyncio.gather(*(intake.order(one) for one in guests), return_exceptions=True)

    intake = Intake(crowd, most=most, in_flight=3)
    answers = asyncio.run(all_of_them(intake))
    intake.stop()
    exactly_the_units_are_sold(crowd, answers)


def test_a_basket_larger_than_what_is_left_takes_nothing(crowd: Database, company: Company) -> None:
    placed, refused, smaller = (
        place_alone(crowd, wanted(company.shop, (KETTLE, quantity), (SKILLET, 1)))
        for quantity in (7, 4, 3)
    )
    assert isinstance(placed, Placed)
    assert isinstance(refused, InsufficientStock)
    assert [(p.pointer, p.facts["available"]) for p in refused.problems] == [
        ("/lines/0/quantity", 3)
    ]
    assert isinstance(smaller, Placed)
    with crowd.work() as work:
        assert promised(work) == {KETTLE: (10, 10), SKILLET: (2, 2)}


def test_two_lines_of_one_article_are_counted_together(crowd: Database, company: Company) -> None:
    answer = place_alone(crowd, wanted(company.shop, (KETTLE, 6), (KETTLE, 5)))
    assert isinstance(answer, InsufficientStock)
    assert isinstance(place_alone(crowd, wanted(company.shop, (KETTLE, 6), (KETTLE, 4))), Placed)


def test_crossing_baskets_never_wait_for_each_other_in_a_circle(
    crowd: Database, company: Company
) -> None:
    with crowd.work() as work:
        stock_of(work, KETTLE, 1000)

    def shop(number: int) -> list[Any]:
        basket = [(KETTLE, 1), (SKILLET, 1)]
        return [
            place_alone(crowd, wanted(company.shop, *(basket if number % 2 else basket[::-1])))
            for _ in range(15)
        ]

    answers = at_once([partial(shop, n) for n in range(12)], barrier=True)
    assert {type(answer) for of_one in answers for answer in of_one} == {Placed}
    with crowd.work() as work:
        assert promised(work) == {KETTLE: (180, 180), SKILLET: (180, 180)}


@pytest.mark.parametrize("death", ["of the program", "of the connection"])
def test_a_death_between_taking_and_committing_leaves_nothing(
    crowd: Database, company: Company, monkeypatch: pytest.MonkeyPatch, death: str
) -> None:
    take = stock.take

    def take_and_die(work: Work, taken: Any) -> None:
        take(work, taken)
        if death == "of the program":
            raise SystemExit
        with psycopg.connect(crowd.url, autocommit=True) as other:
            pid = work.value("SELECT pg_backend_pid()")
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    one = wanted(company.shop, (KETTLE, UNITS))
    with monkeypatch.context() as dying:
        dying.setattr(stock, "take", take_and_die)
        with pytest.raises((SystemExit, sqlalchemy.exc.OperationalError)):
            place_alone(crowd, one)
    with crowd.work() as work:
        assert promised(work)[KETTLE] == (0, 0)
        assert work.value("SELECT count(*) FROM orders") == 0
        assert work.value("SELECT count(*) FROM client_binding") == 0
    assert isinstance(place_alone(crowd, one), Placed)


def test_the_same_key_in_parallel_makes_one_order(crowd: Database, company: Company) -> None:
    one = wanted(company.shop, (KETTLE, 1))
    intake = Intake(crowd, in_flight=3)

    def send() -> Placed | Exception:
        try:
            return intake.order_now(one)
        except Exception as error:
            return error

    answers = at_once([send for _ in range(GUESTS)], barrier=True)
    intake.stop()
    placed = [answer for answer in answers if isinstance(answer, Placed)]
    assert len(placed) == GUESTS, "a repeat waits for the first one's answer and gives the same"
    assert len({answer.order_id for answer in placed}) == 1
    assert sum(not answer.replayed for answer in placed) == 1
    with crowd.work() as work:
        assert work.value("SELECT count(*) FROM orders") == 1
        assert promised(work)[KETTLE] == (1, 1)


def test_the_same_key_in_two_processes_at_once_makes_one_order(
    crowd: Database, company: Company
) -> None:
    one = wanted(company.shop, (KETTLE, 1))
    processes = [Intake(crowd) for _ in range(6)]
    answers = at_once([partial(c.order_now, one) for c in processes], barrier=True)
    for intake in processes:
        intake.stop()
    assert len({answer.order_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + [True] * 5


def all_in_one_batch(crowd: Database, all_of_them: list[OrderWanted]) -> list[Any]:
    with crowd.work() as work:
        return orders.place(work, all_of_them)


def test_a_batch_of_many_sells_exactly_what_is_there(crowd: Database, company: Company) -> None:
    guests = [wanted(company.shop, (KETTLE, 1)) for _ in range(GUESTS)]
    exactly_the_units_are_sold(crowd, all_in_one_batch(crowd, guests))


def test_goods_that_were_seen_but_are_gone_are_not_sold(
    crowd: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = stock.look

    def seem_full(work: Work, variants: Any) -> stock.Shelf:
        shelf = look(work, variants)
        return stock.Shelf({v: dict.fromkeys(shelf.free[v], 10 * UNITS) for v in shelf.free})

    monkeypatch.setattr(stock, "look", seem_full)
    with crowd.work() as work:
        first, second, third = orders.place(
            work,
            [
                wanted(company.shop, (KETTLE, UNITS - 1)),
                wanted(company.shop, (KETTLE, 2), (SKILLET, 1)),
                wanted(company.shop, (KETTLE, 1)),
            ],
        )
    assert isinstance(first, Placed)
    assert isinstance(second, InsufficientStock)
    assert isinstance(third, Placed)
    with crowd.work() as work:
        assert promised(work)[KETTLE] == (UNITS, UNITS)
        assert promised(work)[SKILLET][0] == 0
        assert work.value("SELECT count(*) FROM orders") == 2
        assert work.value("SELECT count(*) FROM reservation") == 2
