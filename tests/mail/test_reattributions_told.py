"""Who is told that an order or a client is another affiliate's: whoever loses it and whoever gets it, once each."""

from __future__ import annotations

import pytest
from tests.company import KETTLE, Company, a_paid_order, an_affiliate
from tests.earnings.test_settling import deliver

from mainstem import earnings, identity, worker
from mainstem.earnings.reattribution import Part
from mainstem.kit.db import Database
from mainstem.kit.work import Actor
from mainstem.orders import ClientDetails, Placed

from .conftest import Outbox

WORDS = {"reason": "Dora brought the client.", "evidence": "Their mail of 2 March."}


@pytest.fixture
def dora(database: Database, company: Company) -> int:
    with database.work() as work:
        return an_affiliate(work, "dora", sponsor_id=company.alder)


@pytest.fixture
def finance(database: Database) -> list[Actor]:
    """Two people of finance: one asks, the other one agrees."""
    found = []
    with database.work() as work:
        for name in ("fia", "flo"):
            id = identity.create_person(work, email=f"{name}@example.com", name=name.title())
            identity.grant(work, id, "finance")
            found.append(Actor("staff", str(id)))
    return found


def sold(database: Database, company: Company) -> Placed:
    with database.work() as work:
        client = ClientDetails(name="Astrid Falk", email="astrid@example.com")
        placed = a_paid_order(work, company.shop, (KETTLE, 1), client=client)
        deliver(work, placed, (1, 1))
    worker.drain(database)
    return placed


def credited(
    database: Database, finance: list[Actor], placed: Placed, to: str, *others: Part
) -> None:
    fia, flo = finance
    with database.work(fia) as work:
        change = earnings.request_reattribution(
            work, placed.home_id, placed.order_id, affiliate=to, others=others, **WORDS
        )
    with database.work(flo) as work:
        earnings.approve_reattribution(work, placed.home_id, change)
    worker.drain(database)


def told(outbox: Outbox) -> list[tuple[int, str, bool]]:
    return sorted(
        (row.home_id, row.context["told_as"], bool(row.context["number"]))
        for row in outbox.rows("reattributed")
    )


def test_whoever_loses_an_order_and_whoever_gets_it_are_told_each_time(
    database: Database, company: Company, dora: int, finance: list[Actor], outbox: Outbox
) -> None:
    placed = sold(database, company)
    credited(database, finance, placed, "dora")
    there = [(company.cedar, "loses", True), (dora, "gets", True)]
    assert told(outbox) == sorted(there)
    credited(database, finance, placed, "cedar")
    back = [(company.cedar, "gets", True), (dora, "loses", True)]
    assert told(outbox) == sorted(there + back)


def test_whoever_keeps_a_part_is_told_that_it_is_shared(
    database: Database, company: Company, dora: int, finance: list[Actor], outbox: Outbox
) -> None:
    placed = sold(database, company)
    credited(database, finance, placed, "dora", Part("cedar", 4000))
    assert told(outbox) == sorted([(company.cedar, "shares", True), (dora, "shares", True)])


def test_both_are_told_of_a_client_and_neither_who_it_is(
    database: Database, company: Company, dora: int, finance: list[Actor], outbox: Outbox
) -> None:
    sold(database, company)
    fia, flo = finance
    with database.work(fia) as work:
        change = earnings.request_client_reattribution(
            work, "astrid@example.com", affiliate="dora", **WORDS
        )
    worker.drain(database)
    assert told(outbox) == [], "nothing has changed yet"
    with database.work(flo) as work:
        earnings.approve_client_reattribution(work, change)
    worker.drain(database)
    assert told(outbox) == sorted([(company.cedar, "loses", False), (dora, "gets", False)])
    assert "astrid" not in str([row.context for row in outbox.rows("reattributed")]).lower()
