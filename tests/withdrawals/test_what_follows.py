"""What follows from a withdrawal: goods that stay here, money that goes back, commission that follows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.company import KETTLE, SKILLET
from tests.harness import Harness
from tests.waits import PATIENCE
from tests.withdrawals.stories import (
    earned,
    given_back,
    pieces_of,
    says,
    sends,
    state_of,
    takes_back,
    withdraws,
)

from mainstem import withdrawals
from mainstem.kit.errors import InvalidInput, InvalidTransition
from mainstem.kit.work import SYSTEM
from mainstem.withdrawals import TakenBack, WithdrawnMeanwhile


def money_arrives(harness: Harness) -> None:
    harness.drain()
    harness.webhook_events_arrive()


def reserved(harness: Harness) -> int:
    return int(harness.rows("SELECT sum(reserved)::int AS pieces FROM stock_level")[0].pieces)


def test_what_has_not_left_does_not_leave_and_is_paid_back_at_once(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2), (SKILLET, 1))
    made = withdraws(harness.database, placed, {1: 1})
    money_arrives(harness)
    assert state_of(harness.database, made) == ("accepted", "")
    assert pieces_of(harness.database, made) == [(1, 1, 1, 0, 0, 125000)]
    assert harness.order(placed).refunded_minor == 125000
    assert harness.order(placed).state == "placed"
    assert reserved(harness) == 2
    harness.every_check_passes()


def test_a_whole_order_that_has_not_left_is_canceled_with_its_delivery(harness: Harness) -> None:
    placed = harness.a_paid_order((SKILLET, 1))
    made = says(harness.database, placed)
    money_arrives(harness)
    order = harness.order(placed)
    assert (order.state, order.refunded_minor) == ("canceled", placed.total_minor)
    assert state_of(harness.database, made) == ("accepted", "")
    assert reserved(harness) == 0
    harness.every_check_passes()


def test_half_before_it_leaves_and_half_after_it_has_come_to_the_cent(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    first = withdraws(harness.database, placed, {1: 1})
    money_arrives(harness)
    sends(harness.database, placed, {1: 1})
    harness.drain()
    assert earned(harness) == 10000, "ten per cent of the one kettle without tax"
    second = withdraws(harness.database, placed, {1: 1})
    harness.drain()
    assert state_of(harness.database, second) == ("received", ""), "the goods are still away"
    takes_back(harness.database, second)
    money_arrives(harness)
    assert pieces_of(harness.database, first) == [(1, 1, 1, 0, 0, 125000)]
    assert pieces_of(harness.database, second) == [(1, 1, 0, 1, 0, 125000)]
    assert harness.order(placed).refunded_minor == placed.total_minor, "with the delivery"
    assert earned(harness) == 0
    harness.every_check_passes()


def test_less_goes_back_for_use_beyond_trying_and_with_a_reason_only(harness: Harness) -> None:
    placed = harness.a_delivered_order((KETTLE, 1), (SKILLET, 1))
    made = withdraws(harness.database, placed, {1: 1})
    harness.drain()
    for wrong in ({1: TakenBack(1, 30000)}, {1: TakenBack(2)}, {2: TakenBack(1)}, {}):
        with pytest.raises(InvalidInput):
            takes_back(harness.database, made, wrong)
    with pytest.raises(InvalidInput):
        takes_back(harness.database, made, {1: TakenBack(1, 125001)}, reason="Burnt through.")
    takes_back(harness.database, made, {1: TakenBack(1, 30000)}, reason="It was cooked in.")
    money_arrives(harness)
    assert harness.order(placed).refunded_minor == 95000
    assert state_of(harness.database, made) == ("accepted", "It was cooked in.")
    assert earned(harness) == 16400 - 7600, "the seller keeps what the company kept"
    with pytest.raises(InvalidTransition):
        takes_back(harness.database, made)
    harness.every_check_passes()


def test_of_a_line_that_left_in_part_what_is_still_here_comes_first(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 4))
    sends(harness.database, placed, {1: 2})
    made = withdraws(harness.database, placed, {1: 3})
    harness.drain()
    assert pieces_of(harness.database, made) == [(1, 3, 2, 0, 0, 250000)]
    takes_back(harness.database, made)
    money_arrives(harness)
    assert pieces_of(harness.database, made) == [(1, 3, 2, 1, 0, 375000)]
    assert harness.order(placed).refunded_minor == 375000
    assert earned(harness) == 10000, "the fourth kettle is kept"
    harness.every_check_passes()


def test_out_of_time_is_taken_down_and_answered_with_its_reason(harness: Harness) -> None:
    placed = harness.a_delivered_order((KETTLE, 1))
    harness.clock.move(timedelta(days=21))
    made = withdraws(harness.database, placed, {1: 1})
    harness.drain()
    assert state_of(harness.database, made) == ("declined", "out_of_time")
    assert given_back(harness.database, placed.order_id) == 0


def test_it_counts_from_the_statement_and_not_from_when_it_is_looked_at(harness: Harness) -> None:
    placed = harness.a_delivered_order((KETTLE, 1))
    harness.clock.move(timedelta(days=13))
    made = withdraws(harness.database, placed, {1: 1})
    harness.clock.move(timedelta(days=5))
    harness.drain()
    assert state_of(harness.database, made) == ("received", "")


def test_said_twice_it_is_one_and_keeps_the_time_of_the_first(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    first = withdraws(harness.database, placed, {1: 1})
    harness.drain()
    again = withdraws(harness.database, placed, {1: 1}, seen=0)
    assert (again.id, again.repeated) == (first.id, True)
    with pytest.raises(WithdrawnMeanwhile):
        withdraws(harness.database, placed, {1: 2}, seen=0)
    in_form = says(harness.database, placed)
    for name in ("ada  LIND", "Ada Lind "):
        same = says(harness.database, placed, name=name, number=placed.number.lower())
        assert (same.id, same.repeated) == (in_form.id, True)
    harness.drain()
    assert given_back(harness.database, placed.order_id) == placed.total_minor
    assert len(harness.rows("SELECT id FROM withdrawal")) == 2
    money_arrives(harness)
    harness.every_check_passes()


def test_said_many_times_at_once_it_is_one(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    with ThreadPoolExecutor(6) as pool:
        in_form = [pool.submit(says, harness.database, placed) for _ in range(6)]
        assert len({one.result(PATIENCE).id for one in in_form}) == 1
        on_page = [
            pool.submit(withdraws, harness.database, placed, {1: 1}, seen=0) for _ in range(6)
        ]
        assert len({one.result(PATIENCE).id for one in on_page}) == 1
    assert len(harness.rows("SELECT id FROM withdrawal")) == 2
    harness.drain()
    assert given_back(harness.database, placed.order_id) == placed.total_minor


def test_settling_again_late_or_beside_itself_changes_nothing(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    made = withdraws(harness.database, placed, {1: 1})
    for _ in range(3):
        with harness.database.work(SYSTEM) as work:
            withdrawals.settle(work, [(made.home_id, made.id)] * 2)
    harness.drain()
    assert given_back(harness.database, placed.order_id) == 125000


def test_more_than_there_is_is_told_by_its_line(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    with pytest.raises(InvalidInput) as no:
        withdraws(harness.database, placed, {1: 3})
    assert [(one.pointer, one.facts) for one in no.value.problems] == [("/pieces-1", {"most": 2})]
    assert harness.rows("SELECT id FROM withdrawal") == []


@pytest.mark.parametrize("withdrawal", ["made_to_measure", "perishable"])
def test_what_the_law_excepts_waits_for_the_desk_as_it_was_ordered(
    harness: Harness, withdrawal: str
) -> None:
    with harness.database.work() as work:
        work.run("UPDATE product SET withdrawal = %(kind)s WHERE slug = 'kettle'", kind=withdrawal)
    placed = harness.a_paid_order((KETTLE, 1), (SKILLET, 1))
    with harness.database.work() as work:
        work.run("UPDATE product SET withdrawal = 'yes'")
    made = withdraws(harness.database, placed, {1: 1, 2: 1})
    harness.drain()
    assert pieces_of(harness.database, made) == [(1, 1, 0, 0, 0, 0), (2, 1, 1, 0, 0, 80000)]
    with harness.database.work() as work:
        assert withdrawals.details(work, made.home_id, made.id).lines[0].why_not == withdrawal
        withdrawals.decline(work, made.home_id, made.id, reason="Cut to your measures.")
    assert state_of(harness.database, made) == ("partly_accepted", "Cut to your measures.")
    money_arrives(harness)
    harness.every_check_passes()


def test_under_a_chargeback_a_part_waits_for_the_desk_and_the_statement_stands(
    harness: Harness,
) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.webhook_events_arrive()
    part = withdraws(harness.database, placed, {1: 1})
    harness.drain()
    assert state_of(harness.database, part) == ("received", "")
    assert given_back(harness.database, placed.order_id) == 0
    assert harness.rows("SELECT id FROM fact_waiting WHERE state = 'dead'") == []


def test_under_a_chargeback_of_all_of_it_the_goods_stay_and_the_bank_has_the_money(
    harness: Harness,
) -> None:
    placed = harness.a_paid_order((KETTLE, 2))
    harness.trigger("disputes/open", charge=harness.payment(placed).charge_id)
    harness.webhook_events_arrive()
    whole = withdraws(harness.database, placed, {1: 2})
    harness.drain()
    assert state_of(harness.database, whole) == ("accepted", "")
    assert harness.order(placed).state == "canceled"
    assert given_back(harness.database, placed.order_id) == 0
    assert pieces_of(harness.database, whole) == [(1, 2, 2, 0, 0, 0)]


def test_an_order_that_nobody_has_paid_is_canceled_whole(harness: Harness) -> None:
    placed = harness.an_order((KETTLE, 2))
    made = says(harness.database, placed)
    harness.drain()
    assert harness.order(placed).state == "canceled"
    assert state_of(harness.database, made) == ("accepted", "")
    assert given_back(harness.database, placed.order_id) == 0


def test_what_is_canceled_already_is_answered_so(harness: Harness) -> None:
    placed = harness.a_paid_order((KETTLE, 1))
    says(harness.database, placed)
    harness.drain()
    again = says(harness.database, placed, parts="Both of them")
    harness.drain()
    assert state_of(harness.database, again) == ("closed", "nothing_left")
    assert given_back(harness.database, placed.order_id) == placed.total_minor
