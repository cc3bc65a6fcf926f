"""Money goes back by one right: a limit for each role, and a second person above it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order, an_order

from mainstem import identity, invariants, orders, worker
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition, Refused
from mainstem.kit.settings import SettingMissing, read
from mainstem.kit.work import Actor
from mainstem.money import Money
from mainstem.orders import Placed
from mainstem.orders.approvals import MayNotApprove, MoreThanAsked, SamePerson
from mainstem.orders.limits import MayNotRefund, WaitsForApproval
from mainstem.orders.refunding import PiecesNotRefunded
from mainstem_fulfillment import shipments


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    """Li and Lo of the lead desk, Fia and Flo of finance, Per who picks, Ada the admin; a program."""
    found = {}
    roles = {
        "li": "lead_desk", "lo": "lead_desk", "fia": "finance", "flo": "finance",
        "per": "picker", "ada": "admin",
    }  # fmt: skip
    with database.work() as work:
        for name, role in roles.items():
            id = identity.create_person(work, email=f"{name}@example.com", name=name.title())
            identity.grant(work, id, role)
            found[name] = Actor("staff", str(id))
    return found | {"erp": Actor("integration", "7")}


@pytest.fixture
def company(database: Database) -> Iterator[Company]:
    with database.work() as work:
        made = a_company(work)
    yield made
    with database.work() as work:
        assert [finding for finding in invariants.check(work) if finding.wrong] == []


def sold(database: Database, company: Company, *lines: tuple[str, int]) -> Placed:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, *(lines or [(KETTLE, 16)]))
    worker.drain(database)
    return placed


def refund(database: Database, who: Actor, placed: Placed, amount: int, **how: Any) -> str:
    with database.work(who) as work:
        return orders.refund(
            work, placed.home_id, placed.order_id, amount_minor=amount, reason="late", **how
        )


def cancel(database: Database, who: Actor, placed: Placed) -> str:
    with database.work(who) as work:
        outcome = orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    worker.drain(database)
    return outcome


def waiting(database: Database) -> Any:
    with database.work() as work:
        [row] = work.rows("SELECT * FROM approval WHERE state = 'needs_approval'")
    return row


def answer(database: Database, who: Actor, verb: str, **words: str) -> None:
    row = waiting(database)
    with database.work(who) as work:
        getattr(orders, verb)(work, row.home_id, row.id, **words)
    worker.drain(database)


def rows(database: Database, sql: str) -> list[Any]:
    with database.work() as work:
        return [tuple(row) for row in work.rows(sql)]


def facts(database: Database) -> list[str]:
    return [
        name
        for (name,) in rows(
            database, "SELECT name FROM fact WHERE name LIKE 'approval.%%' ORDER BY id"
        )
    ]


@pytest.mark.parametrize(
    ("who", "sek", "outcome"),
    [
        ("li", 5000, "done"),
        ("li", 5000.01, "needs_approval"),
        ("fia", 50000, "done"),
        ("fia", 50000.01, "needs_approval"),
        ("ada", 50000, "done"),
        ("ada", 50000.01, "needs_approval"),
        ("erp", 5000, "done"),
        ("erp", 5000.01, "needs_approval"),
    ],
)
def test_each_role_has_its_limit(
    database: Database,
    company: Company,
    people: dict[str, Actor],
    who: str,
    sek: float,
    outcome: str,
) -> None:
    placed = sold(database, company, (KETTLE, 50))
    assert refund(database, people[who], placed, round(sek * 100)) == outcome
    asked = rows(database, "SELECT amount_minor FROM refund")
    assert asked == ([(round(sek * 100),)] if outcome == "done" else [])


def test_a_picker_sends_nothing_back(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company, (KETTLE, 1))
    with pytest.raises(MayNotRefund):
        refund(database, people["per"], placed, 1)
    with pytest.raises(MayNotRefund):
        cancel(database, people["per"], placed)


def test_what_nobody_has_paid_is_canceled_by_anybody_who_may_cancel(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 16))
    assert cancel(database, people["li"], placed) == "done"


def test_many_small_parts_are_a_large_sum(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company)
    assert refund(database, people["li"], placed, 300000, goods_go=True) == "done"
    assert refund(database, people["li"], placed, 200000, goods_go=True) == "done"
    assert refund(database, people["lo"], placed, 1, goods_go=True) == "done", "another person"
    assert refund(database, people["li"], placed, 1, goods_go=True) == "needs_approval"


def test_while_a_request_waits_nothing_of_the_order_goes_back_past_it(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    """What is approved is what was asked for: a small refund meanwhile would make it impossible."""
    placed = sold(database, company)
    assert refund(database, people["li"], placed, placed.total_minor) == "needs_approval"
    for who in ("li", "lo", "fia"):
        with pytest.raises(WaitsForApproval):
            refund(database, people[who], placed, 100)
        with pytest.raises(WaitsForApproval):
            cancel(database, people[who], placed)
    answer(database, people["fia"], "approve")
    assert rows(database, "SELECT amount_minor FROM refund") == [(placed.total_minor,)]


# what is refunded on 16 kettles of 1,250 one after another → how many no longer go
@pytest.mark.parametrize(
    ("amounts", "stopped"),
    [
        ([100], 0),
        ([124999], 0),
        ([125000], 1),
        ([187500], 1),
        ([100, 124900], 1),
        ([62500, 62500, 125000], 2),
        ([250000, 249999], 3),
    ],
)
def test_as_many_whole_pieces_stop_as_were_paid_back(
    database: Database,
    company: Company,
    people: dict[str, Actor],
    amounts: list[int],
    stopped: int,
) -> None:
    placed = sold(database, company)
    for amount in amounts:
        refund(database, people["ada"], placed, amount, lines=[(1, amount)])
    assert rows(database, "SELECT canceled FROM order_line") == [(stopped,)]


@pytest.mark.parametrize(("amount", "lines"), [(124999, [(1, 124999)]), (1, [])])
def test_pieces_that_are_stopped_are_paid_back(
    database: Database,
    company: Company,
    people: dict[str, Actor],
    amount: int,
    lines: list[tuple[int, int]],
) -> None:
    placed = sold(database, company)
    with pytest.raises(PiecesNotRefunded) as refused:
        refund(database, people["ada"], placed, amount, lines=lines, pieces={1: 1})
    assert refused.value.facts["cost"] == Money(125000, "SEK")
    assert rows(database, "SELECT canceled FROM order_line") == [(0,)]
    assert refund(database, people["ada"], placed, 125000, pieces={1: 1}) == "done"
    assert rows(database, "SELECT canceled FROM order_line") == [(1,)]


def test_a_paid_order_is_canceled_by_the_lead_desk_with_a_second_person(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company)
    assert cancel(database, people["li"], placed) == "needs_approval"
    assert rows(database, "SELECT state FROM orders") == [("placed",)]
    row = waiting(database)
    assert (row.kind, row.amount_minor, row.asked_by) == (
        "cancellation",
        placed.total_minor,
        str(people["li"]),
    )
    with pytest.raises(WaitsForApproval):
        cancel(database, people["li"], placed)
    for who, no in (("li", SamePerson), ("lo", MayNotApprove), ("per", MayNotApprove)):
        with pytest.raises(no):
            answer(database, people[who], "approve")
    answer(database, people["fia"], "approve")
    assert rows(database, "SELECT state, payment_status FROM orders") == [("canceled", "refunded")]
    assert rows(database, "SELECT amount_minor, approval_id IS NOT NULL FROM refund") == [
        (placed.total_minor, True)
    ]
    assert facts(database) == ["approval.asked", "approval.given"]


def test_goods_wait_for_the_answer_and_go_on_when_it_is_no(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company)
    key = (placed.home_id, placed.order_id, 1)
    cancel(database, people["li"], placed)
    with database.work(people["per"]) as work:
        assert [row.waits for row in shipments.to_do(work).rows] == [True]
    with pytest.raises(shipments.AskedToStop), database.work(people["per"]) as work:
        shipments.start_pick(work, key)
    answer(database, people["fia"], "deny", words="The client has changed their mind.")
    with database.work(people["per"]) as work:
        shipments.start_pick(work, key)
    assert rows(database, "SELECT words FROM approval") == [("The client has changed their mind.",)]
    assert rows(database, "SELECT 1 FROM refund") == []
    assert facts(database) == ["approval.asked", "approval.denied"]


def test_a_refund_is_carried_out_as_it_was_asked_for(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company, (KETTLE, 16), (SKILLET, 1))
    outcome = refund(database, people["li"], placed, 1000000, lines=[(1, 1000000)], pieces={1: 3})
    assert outcome == "needs_approval"
    assert rows(database, "SELECT canceled FROM order_line ORDER BY line_no") == [(0,), (0,)]
    answer(database, people["ada"], "approve")
    assert rows(database, "SELECT canceled FROM order_line ORDER BY line_no") == [(3,), (0,)]
    assert rows(database, "SELECT amount_minor, lines, pieces FROM refund") == [
        (1000000, [{"line_no": 1, "amount_minor": 1000000}], {"1": 3})
    ]


def test_whoever_asked_may_ask_no_more_and_nobody_else_for_them(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company)
    cancel(database, people["li"], placed)
    with pytest.raises(MayNotApprove):
        answer(database, people["lo"], "withdraw")
    answer(database, people["li"], "withdraw")
    assert facts(database) == ["approval.asked", "approval.withdrawn"]
    [(home, id)] = rows(database, "SELECT home_id, id FROM approval")
    with pytest.raises(InvalidTransition), database.work(people["fia"]) as work:
        orders.approve(work, home, id)


def test_above_the_limit_of_finance_two_of_finance_decide(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company, (KETTLE, 50))
    assert cancel(database, people["fia"], placed) == "needs_approval"
    with pytest.raises(SamePerson):
        answer(database, people["fia"], "approve")
    answer(database, people["flo"], "approve")
    assert rows(database, "SELECT state FROM orders") == [("canceled",)]


def test_an_approval_sends_back_no_more_than_was_asked_for(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company)
    assert refund(database, people["fia"], placed, 500000, goods_go=True) == "done"
    worker.drain(database)
    assert cancel(database, people["li"], placed) == "needs_approval"
    with database.work() as work:
        # The refund of before comes back: now all of it would go.
        work.run("UPDATE refund SET state = 'failed'")
        work.run(
            """INSERT INTO fact_waiting (id, consumer, home_id, name, subject, next_at)
               SELECT id, 'orders', home_id, 'refund.failed', subject, now() FROM fact
                WHERE name = 'refund.succeeded'"""
        )
    worker.drain(database)
    with pytest.raises(MoreThanAsked):
        answer(database, people["fia"], "approve")
    assert waiting(database).amount_minor == placed.total_minor - 500000


def test_two_who_answer_at_once_answer_once(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company)
    cancel(database, people["li"], placed)
    row = waiting(database)

    def say(who: str) -> bool:
        try:
            with database.work(people[who]) as work:
                if who == "ada":
                    orders.deny(work, row.home_id, row.id, words="No.")
                else:
                    orders.approve(work, row.home_id, row.id)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(3) as threads:
        assert sum(threads.map(say, ["fia", "flo", "ada"])) == 1
    worker.drain(database)
    [(state, refunds)] = rows(
        database, "SELECT a.state, (SELECT count(*) FROM refund) FROM approval a"
    )
    assert refunds == (1 if state == "approved" else 0)


def test_the_database_itself_wants_two_people(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    placed = sold(database, company)
    cancel(database, people["li"], placed)
    with pytest.raises(psycopg.errors.CheckViolation, match="answered_by_another"):
        rows(
            database,
            """UPDATE approval SET state = 'approved', decided_at = now(), decided_by = asked_by
               RETURNING 1""",
        )


# ------------------------------------------------------------------------- the company's own limits


def orders_limit(database: Database, who: Actor) -> int | None:
    with database.work(who) as work:
        limit = orders.limit_of(work, "SEK")
    return limit.minor if limit else None


def test_the_company_sets_its_own_limits(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    said = "lead_desk: SEK=0, EUR=10; finance:SEK=100000; integration:SEK=1"
    limits = read({"MAINSTEM_REFUND_LIMITS": said})
    database.tools = replace(database.tools, refund_limits=limits.refund_limits)
    placed = sold(database, company, (KETTLE, 60))
    assert refund(database, people["fia"], placed, 7000000, goods_go=True) == "done"
    assert refund(database, people["erp"], placed, 100, goods_go=True) == "done"
    assert [orders_limit(database, people[who]) for who in ("erp", "ada")] == [100, 10000000]
    assert refund(database, people["li"], placed, 1, goods_go=True) == "needs_approval"


def test_a_currency_without_a_limit_always_wants_a_second_person(
    database: Database, company: Company, people: dict[str, Actor]
) -> None:
    with database.work(people["ada"]) as work:
        found = [orders.limit_of(work, currency) for currency in ("SEK", "EUR", "JPY")]
    assert [limit.minor for limit in found if limit is not None] == [5000000, 500000, 0]


@pytest.mark.parametrize("text", ["SEK=5", "picker:SEK=5", "finance:SEK", "finance:SEK=1.5"])
def test_limits_that_cannot_be_read_are_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingMissing, match="MAINSTEM_REFUND_LIMITS"):
        read({"MAINSTEM_REFUND_LIMITS": text})
