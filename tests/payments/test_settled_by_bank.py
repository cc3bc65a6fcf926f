"""A refund that failed is closed when the company's own bank has paid the client instead."""

from __future__ import annotations

from typing import Any

import pytest
from tests.company import KETTLE
from tests.harness import Harness

from mainstem import identity, orders, payments
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.work import Actor
from mainstem.ledger import PARENT
from mainstem.orders import Placed
from mainstem.orders.approvals import SamePerson
from mainstem.payments import NothingToRefund

CEDAR = 20000


@pytest.fixture
def people(harness: Harness) -> dict[str, Actor]:
    """Fia and Flo of finance."""
    found = {}
    with harness.database.work() as work:
        for name in ("fia", "flo"):
            id = identity.create_person(work, email=f"{name}@example.com", name=name.title())
            identity.grant(work, id, "finance")
            found[name] = Actor("staff", str(id))
    return found


def a_failed_refund(harness: Harness, placed: Placed, minor: int, *, line: bool = True) -> Any:
    """A refund that the gateway would not make."""
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v1/refunds", status=402
    )
    with harness.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=minor, reason="returned",
            lines=[(1, minor)] if line else [],
        )  # fmt: skip
    harness.drain()
    [row] = harness.rows("SELECT home_id, id, state FROM refund WHERE state = 'failed'")
    return row


def settle(harness: Harness, who: Actor, refund: Any, *, reference: str = "SEB 4711") -> str:
    with harness.database.work(who) as work:
        outcome = orders.settle_by_bank(
            work, refund.home_id, refund.id, reason="Paid by giro", reference=reference
        )
    harness.drain()
    return outcome


def answer(harness: Harness, who: Actor) -> None:
    [row] = harness.rows("SELECT home_id, id FROM approval WHERE state = 'needs_approval'")
    with harness.database.work(who) as work:
        orders.approve(work, row.home_id, row.id)
    harness.drain()


def lose_dispute(harness: Harness, placed: Placed, minor: int = 250000) -> None:
    charge = harness.payment(placed).charge_id
    dispute = harness.trigger("disputes/open", charge=charge, amount=minor)
    harness.webhook_events_arrive()
    harness.trigger("disputes/close", dispute=dispute["id"], outcome="lost")
    harness.webhook_events_arrive()


def bank(harness: Harness) -> int:
    return -harness.balances(PARENT).get((PARENT, "bank_cash"), 0)


def refunds(harness: Harness) -> list[tuple[str, int, str | None]]:
    return [
        tuple(row)
        for row in harness.rows("SELECT state, amount_minor, reference FROM refund ORDER BY id")
    ]


@pytest.mark.parametrize("line", [True, False])
def test_what_the_bank_paid_instead_has_gone_back_from_the_bank(
    harness: Harness, people: dict[str, Actor], line: bool
) -> None:
    placed = harness.a_delivered_order((KETTLE, 2))
    failed = a_failed_refund(harness, placed, 125000, line=line)
    before = harness.balances(PARENT)[PARENT, "gateway_cash"]
    assert settle(harness, people["fia"], failed) == "done"
    assert (bank(harness), harness.order(placed).refunded_minor) == (-125000, 125000)
    assert harness.balances(PARENT)[PARENT, "gateway_cash"] == before
    assert harness.balances(harness.company.cedar)[harness.company.cedar, "pending"] == CEDAR // 2
    assert refunds(harness) == [("canceled", 125000, None), ("succeeded", 125000, "SEB 4711")]
    [fact] = harness.rows("SELECT actor FROM fact WHERE name = 'refund.settled_by_bank'")
    assert fact.actor == str(people["fia"])
    harness.every_check_passes()


def test_it_is_said_twice_and_booked_once(harness: Harness, people: dict[str, Actor]) -> None:
    placed = harness.a_delivered_order((KETTLE, 2))
    failed = a_failed_refund(harness, placed, 125000)
    assert [settle(harness, people["fia"], failed) for _ in range(2)] == ["done", "done"]
    assert bank(harness) == -125000
    with pytest.raises(InvalidTransition):
        settle(harness, people["fia"], failed, reference="SEB 4712")
    assert bank(harness) == -125000
    harness.every_check_passes()


def test_after_a_lost_dispute_it_is_closed_though_the_gateway_has_nothing_left(
    harness: Harness, people: dict[str, Actor]
) -> None:
    placed = harness.a_delivered_order((KETTLE, 2))
    failed = a_failed_refund(harness, placed, 250000)
    lose_dispute(harness, placed, 1000)
    with pytest.raises(Refused), harness.database.work() as work:
        payments.retry_refund(work, failed.home_id, failed.id)
    assert settle(harness, people["fia"], failed) == "done"
    assert bank(harness) == -250000
    assert harness.order(placed).refunded_minor == 250000
    assert not harness.balances(harness.company.cedar)
    harness.every_check_passes()


def test_one_that_had_succeeded_and_came_back_is_closed_too(
    harness: Harness, people: dict[str, Actor]
) -> None:
    placed = harness.a_delivered_order(
        (KETTLE, 2),
    )
    with harness.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=125000, reason="returned",
            lines=[(1, 125000)],
        )  # fmt: skip
    harness.drain()
    harness.webhook_events_arrive()
    [refund] = harness.rows("SELECT provider_id FROM refund")
    harness.trigger("refunds/fail", refund=refund.provider_id)
    harness.webhook_events_arrive()
    [failed] = harness.rows("SELECT home_id, id FROM refund WHERE state = 'failed'")
    assert settle(harness, people["fia"], failed) == "done"
    # What the gateway says of the old one, late and once more, changes nothing.
    harness.read(harness.kept)
    harness.drain()
    assert (bank(harness), harness.order(placed).refunded_minor) == (-125000, 125000)
    harness.every_check_passes()


def test_one_that_did_not_fail_or_that_another_has_given_back_is_not_closed(
    harness: Harness, people: dict[str, Actor]
) -> None:
    placed = harness.a_delivered_order((KETTLE, 2))
    failed = a_failed_refund(harness, placed, 125000)
    with harness.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=200000, reason="goodwill"
        )
    harness.drain()
    with pytest.raises(NothingToRefund):
        settle(harness, people["fia"], failed)
    [other] = harness.rows("SELECT home_id, id FROM refund WHERE state <> 'failed'")
    with pytest.raises(InvalidTransition):
        settle(harness, people["fia"], other)
    assert bank(harness) == 0


def test_above_the_limit_a_second_person_says_yes(
    harness: Harness, people: dict[str, Actor]
) -> None:
    placed = harness.a_delivered_order((KETTLE, 50))
    failed = a_failed_refund(harness, placed, 6000000)
    assert settle(harness, people["fia"], failed) == "needs_approval"
    # The same said twice waits once, and nothing is booked.
    assert settle(harness, people["fia"], failed) == "needs_approval"
    assert len(harness.rows("SELECT 1 FROM approval")) == 1
    assert bank(harness) == 0
    with pytest.raises(SamePerson):
        answer(harness, people["fia"])
    answer(harness, people["flo"])
    assert bank(harness) == -6000000
    assert refunds(harness) == [("canceled", 6000000, None), ("succeeded", 6000000, "SEB 4711")]
    harness.every_check_passes()
