"""From a qualified lead to a quote, the client's answer, and the order that comes of a yes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.company import Company, a_company, a_lead, a_quoted_lead
from tests.waits import PATIENCE

from mainstem import leads, orders
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, InvalidTransition
from mainstem.kit.work import CLIENT, Actor, Work
from mainstem.leads import Lead, NoDraft, Quote, QuoteNoLongerValid
from mainstem.money import Money
from mainstem.orders import Placed

STAFF = Actor("staff", "3")


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def test_a_lead_is_qualified_quoted_won_and_becomes_an_order(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        lead_id = a_lead(work, company.shop)
    with database.work(STAFF) as work:
        leads.qualify(work, company.cedar, lead_id)
        no = leads.draft_quote(
            work,
            company.cedar,
            lead_id,
            amount=Money(250000, "SEK"),
            scope="Take it apart, mend it.",
            valid_days=14,
        )
    clock.move(timedelta(days=1))
    with database.work(STAFF) as work:
        assert leads.send_quote(work, company.cedar, lead_id) == no == 1
    with database.work(CLIENT) as work:
        leads.view_quote(work, company.cedar, lead_id, no)
    with database.work(CLIENT) as work:
        placed = leads.accept_quote(
            work, company.cedar, lead_id, no, name="Ada Lind", ip_address="192.0.2.9"
        )

    with database.work() as work:
        lead, quote = work.get(Lead, (company.cedar, lead_id)), quote_of(work, company, lead_id)
        order = order_of(work, placed)
        facts = facts_of(work, lead_id)
    assert (lead.state, lead.assigned_to, lead.closed_at) == ("won", "staff:3", clock.now())
    assert (quote.state, quote.answered_by, quote.answered_from, quote.answered_at) == (
        "accepted",
        "Ada Lind",
        "192.0.2.9",
        clock.now(),
    )
    assert quote.valid_until == datetime(2026, 3, 17, 9, tzinfo=UTC), "its days begin when sent"
    accepted = (
        f"Quote {lead.number}-1\nAmount 250000 SEK, tax included, in minor units\n"
        "Valid until 2026-03-17T09:00:00+00:00\nTake it apart, mend it."
    )
    assert quote.accepted_hash == sha256(accepted.encode()).hexdigest()
    assert (order.channel, order.lead_id, order.state) == ("lead", lead_id, "pending")
    assert (order.total_minor, order.currency, order.tax_minor) == (250000, "SEK", 50000)
    assert (order.sku, order.kind, order.quantity) == ("REPAIR", "service", 1)
    assert order.client["email"] == "ada@example.com"
    assert placed.pay_by == clock.now() + timedelta(days=7)
    assert facts == [
        "lead.opened",
        "lead.qualified",
        "lead.quoted",
        "quote.viewed",
        "lead.won",
    ]


def test_the_order_credits_whoever_introduced_the_lead_whatever_was_decided_since(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop)
        work.run(
            """INSERT INTO client_binding VALUES ('ada@example.com', %(other)s, %(now)s,
                 %(now)s + interval '1 year', 'storefront', %(other)s, gen_random_uuid())""",
            other=company.alder,
            now=work.now(),
        )
        placed = leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind")
        order = order_of(work, placed)
    assert (order.seller_id, order.upline) == (
        company.cedar,
        [company.cedar, company.birch, company.alder],
    )


def test_a_yes_said_twice_or_by_two_clicks_at_once_is_one_order(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop)
    gate = Barrier(4)

    def click(_: int) -> Placed:
        with database.work(CLIENT) as work:
            work.value("SELECT 1")
            gate.wait(PATIENCE)
            return leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind")

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(click, range(4)))
    clock.move(timedelta(days=60))  # when the order's own key has long been forgotten
    with database.work() as work:
        work.run("DELETE FROM idempotency")
        answers.append(leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind"))
        assert work.value("SELECT count(*) FROM orders") == 1
        assert facts_of(work, lead_id).count("lead.won") == 1
    assert len({answer.order_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False, True, True, True, True]


def test_an_order_that_is_refused_leaves_the_quote_unanswered(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop)
        work.run("UPDATE storefront SET active = false")
    with pytest.raises(orders.OrderRefused), database.work(CLIENT) as work:
        leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind")
    with database.work() as work:
        assert work.get(Lead, (company.cedar, lead_id)).state == "quoted"
        assert quote_of(work, company, lead_id).state == "sent"


def test_a_new_version_stands_in_place_of_the_sent_one_and_the_sent_one_never_changes(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop, minor=250000)
    with database.work() as work:
        again = write(work, company, lead_id, 300000)
        assert again == 2
        assert write(work, company, lead_id, 275000) == 2, "a draft is written anew in place"
        assert quote_of(work, company, lead_id, 1).state == "sent", "a draft replaces nothing yet"
    with database.work() as work:
        leads.send_quote(work, company.cedar, lead_id)
    with database.work() as work:
        first, second = (quote_of(work, company, lead_id, no) for no in (1, 2))
    assert (first.state, first.amount_minor) == ("superseded", 250000)
    assert (second.state, second.amount_minor) == ("sent", 275000)
    with pytest.raises(InvalidTransition), database.work(CLIENT) as work:
        leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind")
    with pytest.raises(NoDraft), database.work() as work:
        leads.send_quote(work, company.cedar, lead_id)
    for column in ("amount_minor = 1", "scope = 'Less'", "valid_until = valid_until + '1 day'"):
        with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
            work.run(f"UPDATE quote SET {column} WHERE no = 1")


@pytest.mark.parametrize(
    ("amount", "scope", "days", "pointers"),
    [
        (Money(0, "SEK"), "Mend it.", 14, ["/amount"]),
        (Money(-1, "SEK"), "Mend it.", 14, ["/amount"]),
        (Money(100, "EUR"), "Mend it.", 14, ["/amount"]),
        (Money(100, "SEK"), " ", 0, ["/scope", "/valid_days"]),
        (Money(100, "SEK"), "x" * 8001, 181, ["/scope", "/valid_days"]),
    ],
)
def test_a_quote_that_cannot_be_meant_is_refused(
    database: Database,
    company: Company,
    amount: Money,
    scope: str,
    days: int,
    pointers: list[str],
) -> None:
    with pytest.raises(InvalidInput) as refused, database.work() as work:
        lead_id = a_quoted_lead(work, company.shop)
        leads.draft_quote(work, company.cedar, lead_id, amount=amount, scope=scope, valid_days=days)
    assert [problem.pointer for problem in refused.value.problems] == pointers


def test_a_quote_is_good_until_its_last_moment_and_no_longer(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        in_time, late = (
            a_quoted_lead(work, company.shop),
            a_quoted_lead(work, company.birch_shop, product="installation"),
        )
    clock.move(timedelta(days=14) - timedelta(seconds=1))
    with database.work() as work:
        assert leads.expire_quotes(work) == 0
        leads.accept_quote(work, company.cedar, in_time, 1, name="Ada Lind")
    clock.move(timedelta(seconds=1))
    with pytest.raises(QuoteNoLongerValid), database.work(CLIENT) as work:
        leads.accept_quote(work, company.birch, late, 1, name="Ada Lind")
    with database.work() as work:
        assert leads.expire_quotes(work) == 1
        assert leads.expire_quotes(work) == 0
    with database.work() as work:
        assert work.get(Quote, (company.birch, late, 1)).state == "expired"
        assert work.get(Lead, (company.birch, late)).state == "quoted", "it may be quoted anew"
        assert facts_of(work, late)[-1] == "quote.expired"


def test_a_declined_quote_leaves_the_lead_open_to_another(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop)
    with database.work(CLIENT) as work:
        leads.decline_quote(
            work, company.cedar, lead_id, 1, name="Ada Lind", words="Too dear for me."
        )
    with database.work() as work:
        note = work.row("SELECT words, actor FROM lead_note")
        assert note is not None
        assert tuple(note) == ("Too dear for me.", "client")
        write(work, company, lead_id, 200000)
        leads.send_quote(work, company.cedar, lead_id)
        placed = leads.accept_quote(work, company.cedar, lead_id, 2, name="Ada Lind")
        assert order_of(work, placed).total_minor == 200000


def test_a_lost_lead_takes_its_open_quotes_with_it(database: Database, company: Company) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop)
        write(work, company, lead_id, 200000)
    with pytest.raises(InvalidInput), database.work() as work:
        leads.lose(work, company.cedar, lead_id, reason="because")
    with database.work(STAFF) as work:
        leads.lose(work, company.cedar, lead_id, reason="chose_other", words="A cousin does it.")
    with database.work() as work:
        lead = work.get(Lead, (company.cedar, lead_id))
        assert (lead.state, lead.lost_reason) == ("lost", "chose_other")
        assert [quote_of(work, company, lead_id, no).state for no in (1, 2)] == ["superseded"] * 2
        assert work.value("SELECT count(*) FROM lead_claim") == 0
    with pytest.raises(InvalidTransition), database.work(CLIENT) as work:
        leads.accept_quote(work, company.cedar, lead_id, 1, name="Ada Lind")


def test_an_answer_has_a_name(database: Database, company: Company) -> None:
    with pytest.raises(InvalidInput), database.work() as work:
        leads.accept_quote(work, company.cedar, a_quoted_lead(work, company.shop), 1, name=" ")


def write(work: Work, company: Company, lead_id: UUID, minor: int) -> int:
    return leads.draft_quote(
        work,
        company.cedar,
        lead_id,
        amount=Money(minor, "SEK"),
        scope="Mend it.",
        valid_days=14,
    )


def quote_of(work: Work, company: Company, lead_id: UUID, no: int = 1) -> Quote:
    return work.get(Quote, (company.cedar, lead_id, no))


def order_of(work: Work, placed: Placed) -> Any:
    return work.row(
        """SELECT o.*, l.sku, l.kind, l.quantity FROM orders o
             JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
            WHERE o.home_id = %(home)s AND o.id = %(id)s""",
        home=placed.home_id,
        id=placed.order_id,
    )


def facts_of(work: Work, lead_id: UUID) -> list[str]:
    rows = work.rows("SELECT name FROM fact WHERE subject = %(id)s ORDER BY id", id=str(lead_id))
    return [row.name for row in rows]
