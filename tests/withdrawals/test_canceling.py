"""A client cancels what has not left, by themselves, also beside whoever hands it over."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from tests.company import KETTLE, SKILLET, Company, a_company, a_paid_order, an_order
from tests.surfaces.conftest import (
    Open,
    Reader,
    bare_surfaces,
    light_hashes,
    open_app,
    settings,
    words_of,
)
from tests.surfaces.shopping import SECRET, a_shop_with_texts, errors_of, order_link
from tests.waits import until
from tests.withdrawals.stories import given_back

from mainstem import flow, identity, withdrawals, worker
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.work import CLIENT, SYSTEM
from mainstem.orders import Placed, lock
from mainstem.withdrawals import CannotCancelAlone, HasJustLeft
from mainstem_fulfillment import shipments

__all__ = ["bare_surfaces", "light_hashes", "open_app", "settings"]


@pytest.fixture
def company(database: Database) -> Company:
    database.tools = flow.tools()
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def reader(open_app: Open, database: Database, company: Company) -> Reader:
    a_shop_with_texts(database, company)
    reader = open_app()
    reader.client.headers["accept-language"] = "en"
    return reader


def paid(database: Database, company: Company, *lines: tuple[str, int]) -> Placed:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, *lines)
    worker.drain(database)
    return placed


def row_of(database: Database, placed: Placed) -> Any:
    with database.work() as work:
        return work.one("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)


def cancels(reader: Reader, placed: Placed, **pieces: str) -> httpx.Response:
    fields = {name.replace("_", "-"): count for name, count in pieces.items()}
    return reader.post(f"{order_link(placed)}/cancellation/confirmation", fields)


def packed(database: Database, placed: Placed) -> tuple[int, Any, int]:
    key = (placed.home_id, placed.order_id, 1)
    with database.work() as work:
        shipments.start_pick(work, key)
        for line in shipments.contents(work, key):
            shipments.pick(work, key, line.sku, quantity=line.quantity)
        shipments.pack(work, key, carrier="PostNord", tracking="UB123SE")
    return key


def test_the_whole_order_in_two_steps_with_its_delivery(
    database: Database, company: Company, reader: Reader
) -> None:
    placed = paid(database, company, (SKILLET, 1))
    link = order_link(placed)
    assert f'href="{link}/cancellation"' in reader.get(link).text
    assert 'value="1"' in reader.get(f"{link}/cancellation").text
    asked = words_of(reader.post(f"{link}/cancellation", {"pieces-1": "1"}))
    assert "SEK 800.00 goes back" in asked.replace("\N{NO-BREAK SPACE}", " ")
    assert "The whole order is cancelled." in asked
    assert row_of(database, placed).state == "placed", "nothing is canceled by one step"
    assert cancels(reader, placed, pieces_1="1").status_code == 303
    worker.drain(database)
    order = row_of(database, placed)
    assert (order.state, order.refunded_minor) == ("canceled", placed.total_minor)
    page = reader.get(link).text
    assert "/cancellation" not in page


def test_pieces_of_a_line_and_the_rest_goes_on(
    database: Database, company: Company, reader: Reader
) -> None:
    placed = paid(database, company, (KETTLE, 2), (SKILLET, 1))
    link = order_link(placed)
    wrong = reader.post(f"{link}/cancellation", {"pieces-1": "3", "pieces-2": "x"})
    assert wrong.status_code == 422
    assert errors_of(wrong) == {
        "pieces-1": "At most 2 of this can be cancelled.",
        "pieces-2": "At most 1 of this can be cancelled.",
    }
    nothing = reader.post(f"{link}/cancellation", {"pieces-1": "0"})
    assert "Choose what to cancel." in nothing.text
    assert cancels(reader, placed, pieces_1="1", pieces_2="0").status_code == 303
    worker.drain(database)
    assert given_back(database, placed.order_id) == 125000
    assert row_of(database, placed).state == "placed"


def test_sent_twice_it_is_canceled_once(
    database: Database, company: Company, reader: Reader
) -> None:
    placed = paid(database, company, (KETTLE, 1), (SKILLET, 1))
    assert cancels(reader, placed, pieces_1="1").status_code == 303
    again = cancels(reader, placed, pieces_1="1")
    assert again.status_code == 409
    worker.drain(database)
    assert given_back(database, placed.order_id) == 125000


def test_what_is_not_paid_is_canceled_whole(
    database: Database, company: Company, reader: Reader
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 2))
    assert cancels(reader, placed, pieces_1="1").status_code == 409
    assert cancels(reader, placed, pieces_1="2").status_code == 303
    assert row_of(database, placed).state == "canceled"


def test_a_link_that_only_shows_cancels_nothing_and_withdraws_nothing(
    database: Database, company: Company, reader: Reader
) -> None:
    placed = paid(database, company, (KETTLE, 1))
    token = identity.client_link(SECRET, placed.home_id, placed.order_id, may={identity.PAY})
    for verb in (
        "cancellation",
        "cancellation/confirmation",
        "withdrawal",
        "withdrawal/confirmation",
    ):
        assert reader.post(f"/order/{token}/{verb}", {"pieces-1": "1"}).status_code == 403, verb
    page = reader.get(f"/order/{token}").text
    assert f"withdraw?number={placed.number}" in page, "the open form is for everybody"


def test_what_is_made_for_the_client_is_not_canceled_by_themselves(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run("UPDATE product SET withdrawal = 'made_to_measure' WHERE slug = 'kettle'")
    placed = paid(database, company, (KETTLE, 1), (SKILLET, 1))
    with database.work(CLIENT) as work, pytest.raises(HasJustLeft):
        withdrawals.cancel_unsent(work, placed.home_id, placed.order_id, {1: 1})


def test_while_a_colleague_decides_about_its_money_people_are_asked(
    database: Database, company: Company
) -> None:
    placed = paid(database, company, (KETTLE, 1), (SKILLET, 1))
    with database.work() as work:
        work.run(
            """INSERT INTO approval (home_id, id, order_id, kind, state, currency, amount_minor,
                                     holds_goods, reason, asked_by, asked_at)
               VALUES (%(home)s, gen_random_uuid(), %(order)s, 'refund', 'needs_approval', 'SEK',
                       100, false, 'x', 'staff:1', %(now)s)""",
            home=placed.home_id,
            order=placed.order_id,
            now=work.now(),
        )
    with database.work(CLIENT) as work, pytest.raises(CannotCancelAlone):
        withdrawals.cancel_unsent(work, placed.home_id, placed.order_id, {1: 1})


def somebody_waits(database: Database) -> bool:
    with database.work() as work:
        return bool(
            work.value(
                """SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
                    WHERE a.datname = current_database() AND NOT l.granted"""
            )
        )


@pytest.mark.parametrize("first", ["picker", "client"])
def test_beside_whoever_hands_it_over_one_wins_and_the_other_is_told(
    database: Database, company: Company, first: str
) -> None:
    placed = paid(database, company, (KETTLE, 1))
    key = packed(database, placed)
    told: dict[str, Exception] = {}

    def hand_over(work: Any) -> None:
        shipments.hand_over(work, key)

    def cancel(work: Any) -> None:
        withdrawals.cancel_unsent(work, placed.home_id, placed.order_id, {1: 1})

    verbs = {"picker": (SYSTEM, hand_over), "client": (CLIENT, cancel)}
    second = "client" if first == "picker" else "picker"

    def other() -> None:
        actor, verb = verbs[second]
        try:
            with database.work(actor) as work:
                verb(work)
        except Exception as no:
            told[second] = no

    thread = threading.Thread(target=other)
    actor, verb = verbs[first]
    with database.work(actor) as work:
        lock(work, [(placed.home_id, placed.order_id)])
        thread.start()
        until(lambda: somebody_waits(database))
        verb(work)
    thread.join()
    worker.drain(database)
    line = row_of(database, placed)
    if first == "picker":
        assert isinstance(told["client"], HasJustLeft)
        assert (line.fulfillment_status, given_back(database, placed.order_id)) == ("shipped", 0)
    else:
        assert isinstance(told["picker"], shipments.Stopped | InvalidTransition)
        assert (line.state, line.refunded_minor) == ("canceled", placed.total_minor)


def test_a_withdrawal_beside_whoever_hands_it_over_ends_with_the_goods_here_or_paid_later(
    database: Database, company: Company, reader: Reader
) -> None:
    placed = paid(database, company, (KETTLE, 1))
    key = packed(database, placed)
    answer = reader.post(
        f"{order_link(placed)}/withdrawal/confirmation",
        {"name": "Ada Lind", "contact": "ada@example.com", "pieces-1": "1", "seen": "0"},
    )
    assert answer.status_code == 303
    with database.work() as work:  # before the worker has looked at the statement
        shipments.hand_over(work, key)
    worker.drain(database)
    with database.work() as work:
        row = work.one("SELECT state, refund_due_on FROM withdrawal")
    assert (row.state, row.refund_due_on is not None) == ("received", True)
    assert given_back(database, placed.order_id) == 0
