"""The batcher: each order gets its own answer, and nobody suffers for another's."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import msgspec
import psycopg
import pytest
from tests.company import BO, KETTLE, SKILLET, Company, a_company, a_request
from tests.orders.wanting import wanted
from tests.waits import PATIENCE

from mainstem import identity, stock
from mainstem.kit.db import Database
from mainstem.orders import (
    ClientDetails,
    DuplicateExternalId,
    IdempotencyMismatch,
    OrderRefused,
    OrderWanted,
    Placed,
)
from mainstem_affiliates.intake import Intake, IntakeBusy, KeyRevoked


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work, stock=1000)


@pytest.fixture
def intake(database: Database, company: Company) -> Iterator[Intake]:
    made = Intake(database)
    yield made
    made.stop()


def all_at_once(intake: Intake, orders: list[OrderWanted]) -> list[Any]:
    async def gathered() -> list[Any]:
        doing = (intake.order(one) for one in orders)
        return await asyncio.gather(*doing, return_exceptions=True)

    return asyncio.run(gathered())


def batches(database: Database) -> list[int]:
    """How many orders each transaction placed, the largest first."""
    with database.work() as work:
        rows = work.rows(
            """SELECT count(*)::int AS orders FROM fact WHERE name = 'order.placed'
                GROUP BY work_id ORDER BY 1 DESC"""
        )
    return [row.orders for row in rows]


def test_what_waits_is_placed_together_and_each_gets_its_own_answer(
    intake: Intake, database: Database, company: Company
) -> None:
    orders = [wanted(company.shop, (KETTLE, 1 + n % 3)) for n in range(40)]
    answers = all_at_once(intake, orders)
    assert [answer.total_minor for answer in answers] == [125000 * (1 + n % 3) for n in range(40)]
    assert sum(batches(database)) == 40
    assert batches(database)[0] > 1


def test_refused_orders_do_not_hinder_the_others(
    intake: Intake, database: Database, company: Company
) -> None:
    orders = [wanted(company.shop, (KETTLE if n % 2 else "NO-SUCH", 1)) for n in range(20)]
    answers = all_at_once(intake, orders)
    assert Counter(map(type, answers)) == {Placed: 10, OrderRefused: 10}


def test_an_order_that_the_database_cannot_keep_harms_nobody(
    intake: Intake, database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mainstem.orders import rules

    monkeypatch.setattr(rules, "_fits", lambda text, most: True)
    monkeypatch.setattr(rules, "unseen", lambda text: None)
    bad = wanted(company.shop, (KETTLE, 1), external_id="a\0b")
    good = [wanted(company.shop, (KETTLE, 1)) for _ in range(12)]
    answers = all_at_once(intake, [*good[:6], bad, *good[6:]])
    assert Counter(map(type, answers)) == {Placed: 12, psycopg.DataError: 1}
    assert isinstance(answers[6], psycopg.DataError)


def test_repeats_within_a_batch_are_answered_as_if_they_had_come_in_turn(
    database: Database, company: Company
) -> None:
    from mainstem import orders

    one = wanted(company.shop, (KETTLE, 1), external_id="W-1")
    impossible = wanted(company.shop, (KETTLE, 5000), external_id="W-2")
    batch = [
        one,
        one,
        wanted(company.shop, (KETTLE, 1), external_id="W-1"),
        impossible,
        wanted(company.shop, (SKILLET, 1), external_id="W-2"),
    ]
    with database.work() as work:
        first, repeat, duplicate, refused, freed = orders.place(work, batch)
    assert isinstance(first, Placed)
    assert isinstance(repeat, Placed)
    assert (repeat.order_id, repeat.replayed) == (first.order_id, True)
    assert isinstance(duplicate, DuplicateExternalId)
    assert duplicate.facts == {"external_id": "W-1", "number": first.number}
    assert isinstance(refused, orders.InsufficientStock)
    assert isinstance(freed, Placed), "what was refused has taken no external id"


def test_goods_that_somebody_holds_make_only_those_who_want_them_wait(
    database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstem_affiliates.intake.LOCKS_WITHIN", "100ms")
    intake = Intake(database, patience=timedelta(seconds=8))
    holding, done = Event(), Event()

    def hold() -> None:
        with database.work() as work:
            variant = work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=KETTLE)
            stock.lock(work, [variant])
            holding.set()
            done.wait(PATIENCE)

    holder = Thread(target=hold)
    holder.start()
    holding.wait(PATIENCE)
    answers = all_at_once(
        intake, [wanted(company.shop, (KETTLE if n % 2 else SKILLET, 1)) for n in range(8)]
    )
    done.set()
    holder.join()
    assert Counter(map(type, answers)) == {Placed: 4, IntakeBusy: 4}
    assert isinstance(intake.order_now(wanted(company.shop, (KETTLE, 1))), Placed)
    intake.stop()


def test_a_lost_connection_loses_no_order_and_doubles_none(
    database: Database, company: Company
) -> None:
    intake = Intake(database)
    orders = [wanted(company.shop, (KETTLE, 1)) for _ in range(60)]
    stop = Event()

    def cut() -> None:
        with psycopg.connect(database.url, autocommit=True) as admin:
            while not stop.wait(0.03):
                admin.execute(
                    """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND pid <> pg_backend_pid()
                          AND backend_type = 'client backend'"""
                )

    def send(one: OrderWanted) -> Placed:
        for _ in range(200):
            try:
                return intake.order_now(one)
            except IntakeBusy:
                time.sleep(0.02)
        raise AssertionError("never placed")

    cutter = Thread(target=cut)
    cutter.start()
    with ThreadPoolExecutor(6) as threads:
        sent = [threads.submit(send, one) for one in orders]
        time.sleep(1.5)
        stop.set()
        cutter.join()
        placed = [one.result(PATIENCE) for one in sent]
    intake.stop()
    with database.work() as work:
        assert work.value("SELECT count(*) FROM orders") == 60
        assert {row.id for row in work.rows("SELECT id FROM orders")} == {
            one.order_id for one in placed
        }


def test_a_full_line_refuses_at_once(database: Database, company: Company) -> None:
    intake = Intake(database, waiting_max=0)
    with pytest.raises(IntakeBusy) as refused:
        intake.order_now(wanted(company.shop, (KETTLE, 1)))
    assert (refused.value.status, refused.value.retry_after) == (503, 2)
    intake.stop()


def test_who_waits_too_long_is_told_and_nothing_is_placed(
    database: Database, company: Company
) -> None:
    intake = Intake(database, in_flight=0, patience=timedelta(seconds=0.05))
    one = wanted(company.shop, (KETTLE, 1))
    with pytest.raises(IntakeBusy):
        intake.order_now(one)
    with pytest.raises(IntakeBusy):
        asyncio.run(intake.order(one))
    with database.work() as work:
        assert work.value("SELECT count(*) FROM orders") == 0


def test_a_repeat_of_a_request_that_waits_gets_its_answer(intake: Intake, company: Company) -> None:
    one = wanted(company.shop, (KETTLE, 1))
    other = OrderWanted(**(msgspec.structs.asdict(one) | {"fingerprint": b"another order"}))

    async def at_once() -> list[Any]:
        return await asyncio.gather(
            *(intake.order(each) for each in (*[one] * 49, other)), return_exceptions=True
        )

    *answers, another = asyncio.run(at_once())
    assert {type(answer) for answer in answers} == {Placed}
    assert len({answer.order_id for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert isinstance(another, IdempotencyMismatch)


def test_a_repeat_takes_the_place_of_a_first_that_was_given_up(
    database: Database, company: Company
) -> None:
    intake = Intake(database, in_flight=0)
    one = wanted(company.shop, (KETTLE, 1))

    async def first_goes_away() -> Placed:
        first, *repeats = [asyncio.create_task(intake.order(one)) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        intake._in_flight = 1
        intake.start()
        placed, again = await asyncio.gather(*repeats)
        assert (placed.order_id, again.replayed) == (again.order_id, True)
        return placed

    try:
        assert not asyncio.run(first_goes_away()).replayed
    finally:
        intake.stop()


def test_a_repeat_is_refused_as_the_first_was(intake: Intake, company: Company) -> None:
    one = wanted(company.shop, ("NO-SUCH-SKU", 1))

    async def at_once() -> list[Any]:
        return await asyncio.gather(*(intake.order(one) for _ in range(5)), return_exceptions=True)

    assert {type(answer) for answer in asyncio.run(at_once())} == {OrderRefused}


def test_stopping_answers_everything_that_was_taken(database: Database, company: Company) -> None:
    intake = Intake(database)
    orders = [wanted(company.shop, (KETTLE, 1)) for _ in range(30)]
    with ThreadPoolExecutor(30) as threads:
        sent = [threads.submit(intake.order_now, one) for one in orders]
        time.sleep(0.02)
        intake.stop()
        answers = [one.exception() or one.result() for one in sent]
    with pytest.raises(IntakeBusy):
        intake.order_now(wanted(company.shop, (KETTLE, 1)))
    kept = Counter(map(type, answers))
    assert set(kept) <= {Placed, IntakeBusy}
    with database.work() as work:
        assert work.value("SELECT count(*) FROM orders") == kept[Placed]


def test_a_key_taken_back_places_nothing_more(
    intake: Intake, database: Database, company: Company
) -> None:
    with database.work() as work:
        identity.issue_key(work, home_id=company.cedar, storefront_id=company.shop.id)
        hashed = work.value("SELECT key_hash FROM storefront_key")
    assert intake.order_now(wanted(company.shop, (KETTLE, 1)), key_hash=hashed)
    with database.work() as work:
        identity.revoke_key(work, home_id=company.cedar, key_hash=hashed)
    with pytest.raises(KeyRevoked):
        intake.order_now(wanted(company.shop, (KETTLE, 1)), key_hash=hashed)


def test_leads_come_through_the_same_intake(intake: Intake, company: Company) -> None:
    request = a_request(company.shop, client=ClientDetails(name=BO.name, email=BO.email))
    first = asyncio.run(intake.lead(request))
    again = intake.lead_now(request)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.lead_id == again.lead_id
