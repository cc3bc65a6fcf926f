"""What has served is forgotten in bounded batches, and finished orders are closed until none is left."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from tests.company import KETTLE, REPAIR, Shop, a_company, a_paid_order

from mainstem import checks, identity, orders, worker
from mainstem.identity.attempts import count_code
from mainstem.identity.devices import recognize
from mainstem.kit import idempotency
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work


def count(database: Database, table: str) -> int:
    with database.work() as work:
        return int(work.value(f"SELECT count(*) FROM {table}"))


def test_keys_of_requests_are_forgotten_after_thirty_days_a_batch_at_a_time(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        shop = a_company(work).shop
        for _ in range(3):
            a_paid_order(work, shop, (KETTLE, 1))
    clock.move(timedelta(days=1))
    with database.work() as work:
        a_paid_order(work, shop, (KETTLE, 1))
    clock.move(idempotency.KEPT - timedelta(days=1))
    with database.work() as work:
        assert idempotency.forget(work) == 0
    clock.move(timedelta(seconds=1))
    for forgotten in (2, 1, 0):
        with database.work() as work:
            assert idempotency.forget(work, most=2) == forgotten
    assert count(database, "idempotency") == 1


def test_sign_ins_are_forgotten_when_nobody_looks_back_at_them(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        person = identity.create_person(work, email="ada@example.com", name="Ada")
    identity.set_password(database, person, "correct horse battery")
    sign_in = partial(
        identity.sign_in, database, email="ada@example.com", address="192.0.2.1", clock=clock
    )
    for _ in range(2):
        sign_in(password="correct horse battery")
    with pytest.raises(identity.SignInRefused):
        sign_in(password="a wrong one, alas")
    kept = count(database, "sign_in_session"), count(database, "sign_in_attempt")
    assert kept == (2, 3)
    with database.work() as work:
        assert identity.forget_sign_ins(work) == 0
    clock.move(timedelta(days=400))
    for forgotten in (2, 2, 1, 0):
        with database.work() as work:
            assert identity.forget_sign_ins(work, most=1) == forgotten


def test_what_opens_an_account_is_forgotten_when_it_is_over(
    database: Database, clock: FixedClock
) -> None:
    """Requests, links, challenges, half-way sign-ins, wrong codes and apps that were only begun."""
    short = (
        "password_reset_request", "password_reset", "passkey_challenge", "pending_sign_in",
        "second_factor_attempt", "totp",
    )  # fmt: skip
    with database.work() as work:
        person = identity.create_person(
            work, email="ada@example.com", name="Ada", password_hash="x"
        )
        identity.grant(work, person, "picker")
        identity.request_reset(work, email="ada@example.com", address="192.0.2.1")
        request = work.value("SELECT id FROM password_reset_request")
        identity.make_reset_link(work, request)
        identity.registration_options(work, person, company="Company")
        identity.begin_totp(work, person)
        recognize(work, person, "")
        work.run(
            """INSERT INTO pending_sign_in VALUES ('\\x01', %(id)s, %(now)s, %(until)s)""",
            id=person,
            now=work.now(),
            until=work.now() + timedelta(minutes=10),
        )
        count_code(work, person)
    assert {table: count(database, table) for table in short} == dict.fromkeys(short, 1)
    with database.work() as work:
        assert identity.forget_sign_ins(work) == 0
    clock.move(timedelta(days=2))
    with database.work() as work:
        assert identity.forget_sign_ins(work) == len(short)
    assert count(database, "known_device") == 1
    clock.move(timedelta(days=400))
    with database.work() as work:
        assert identity.forget_sign_ins(work) == 1


def test_letting_time_pass_in_the_demo_signs_nobody_out(
    database: Database, clock: FixedClock
) -> None:
    """People sign in by the machine's clock, which the demo leaves alone."""
    with database.work() as work:
        person = identity.create_person(work, email="ada@example.com", name="Ada")
    identity.set_password(database, person, "correct horse battery")
    machine = FixedClock(clock.now())
    session = identity.sign_in(
        database,
        email="ada@example.com",
        password="correct horse battery",
        address="192.0.2.1",
        clock=machine,
    )
    with database.work() as work:
        work.run("UPDATE demo_clock SET ahead = '90 days'")
    clock.move(timedelta(days=90))
    with database.work() as work:
        assert identity.forget_sign_ins(work) == 0
    with database.work(clock=machine) as work:
        assert identity.who(work, session.token) is not None


def test_checks_of_more_than_a_year_ago_are_forgotten(
    database: Database, clock: FixedClock
) -> None:
    for _ in range(2):
        checks.run_now(database)
        clock.move(timedelta(days=399))
    with database.work() as work:
        assert checks.forget(work) == 1
        assert checks.last(work) is not None


def delivered(work: Work, shop: Shop, *lines: tuple[str, int]) -> None:
    placed = a_paid_order(work, shop, *lines)
    moved = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)]
    orders.record_shipment(work, moved)
    orders.record_delivery(work, moved)


def test_more_finished_orders_than_one_batch_holds_are_all_closed(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        shop = a_company(work).shop
        for _ in range(5):
            delivered(work, shop, (KETTLE, 1))
    clock.move(timedelta(days=40))
    for closed in (2, 2, 1, 0):
        with database.work() as work:
            assert orders.close_finished(work, most=2) == closed


def test_an_order_that_waits_for_its_time_keeps_no_other_from_closing(
    database: Database, clock: FixedClock
) -> None:
    """Placed first, delivered last: it is looked at first in every batch, and passed by."""
    with database.work() as work:
        shop = a_company(work).shop
        late = a_paid_order(work, shop, (KETTLE, 1))
        clock.move(timedelta(hours=1))
        for _ in range(2):
            delivered(work, shop, (KETTLE, 1))
    clock.move(timedelta(days=10))
    with database.work() as work:
        moved = [orders.LineQuantity(late.home_id, late.order_id, 1, 1)]
        orders.record_shipment(work, moved)
        orders.record_delivery(work, moved)
    # A Saturday: thirty days are over for the late one, the working day after them is to come.
    clock.move(timedelta(days=30, hours=1))
    for closed in (1, 1, 0):
        with database.work() as work:
            assert orders.close_finished(work, most=1) == closed
    with database.work() as work:
        assert (
            work.value("SELECT state FROM orders WHERE id = %(id)s", id=late.order_id) == "placed"
        )


def test_each_hour_closes_and_forgets(database: Database, clock: FixedClock) -> None:
    with database.work() as work:
        shop = a_company(work).shop
        delivered(work, shop, (REPAIR, 1))
    worker.drain(database)
    clock.move(timedelta(days=60))
    worker.tick(database)
    worker.drain(database)
    assert count(database, "idempotency") == 0
    with database.work() as work:
        assert work.value("SELECT state FROM orders") == "closed"
