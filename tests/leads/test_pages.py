"""What staff, an affiliate and a client read about a lead, and what they must not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.company import BO, Company, a_company, a_lead, a_quoted_lead

from mainstem import leads
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.work import CLIENT, Actor, Work
from mainstem.money import Money
from mainstem.orders import ClientDetails

STAFF = Actor("staff", "3")


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def test_the_pipeline_counts_everything_and_shows_the_open_ones_oldest_first(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        first = a_lead(work, company.shop)
        clock.move(timedelta(hours=1))
        second = a_lead(work, company.birch_shop, client=BO)
        quoted = a_quoted_lead(work, company.shop, product="installation")
        lost = a_lead(work, company.shop, product="installation", client=BO)
        leads.lose(work, company.cedar, lost, reason="out_of_area")
    with database.work() as work:
        board = leads.queries.pipeline(work, locale="en")
    assert board.counts == {
        "new": 2,
        "qualified": 0,
        "quoted": 1,
        "follow_up": 0,
        "won": 0,
        "lost": 1,
        "duplicate": 0,
    }
    assert [card.id for card in board.columns["new"]] == [first, second]
    [card] = board.columns["quoted"]
    assert (card.id, card.service, card.client, card.city) == (
        quoted,
        "Installation",
        "Ada Lind",
        "Stockholm",
    )
    assert (card.quoted, card.quote_state) == (Money(250000, "SEK"), "sent")


def test_every_lead_has_a_place_and_each_count_is_the_rows_that_stand_there(
    database: Database, company: Company, clock: FixedClock
) -> None:
    def client(no: int) -> ClientDetails:
        return ClientDetails(name=f"Client {no}", email=f"c{no}@example.com", phone="")

    with database.work() as work:
        run_out, declined, won = (
            a_quoted_lead(work, company.shop, client=client(no)) for no in range(3)
        )
        leads.accept_quote(work, company.cedar, won, 1, name="Bo Ek")
        leads.decline_quote(work, company.cedar, declined, 1, name="Bo Ek")
        lost = a_lead(work, company.shop, client=client(3))
        leads.lose(work, company.cedar, lost, reason="out_of_area")
    clock.move(timedelta(days=15))
    with database.work() as work:
        a_quoted_lead(work, company.shop, client=client(4))
        qualified = a_lead(work, company.shop, client=client(5))
        leads.qualify(work, company.cedar, qualified)
        a_lead(work, company.shop, client=client(6))
        a_lead(work, company.shop, client=client(6))

    def places(work: Work) -> dict[str, list[Any]]:
        counts = leads.queries.stage_counts(work)
        rows = {
            stage: leads.queries.listed(work, stage, locale="en").rows
            for stage in leads.queries.STAGES
        }
        assert counts == {stage: len(found) for stage, found in rows.items()}
        assert sum(counts.values()) == work.value("SELECT count(*) FROM lead")
        assert all(row.stage == stage for stage, found in rows.items() for row in found)
        return {stage: [row.id for row in found] for stage, found in rows.items()}

    with database.work() as work:
        before = places(work)
        assert set(before["follow_up"]) == {run_out, declined}
        assert leads.expire_quotes(work) == 1
    with database.work() as work:
        assert places(work) == before, "closing what has run out moves nothing"
        assert before["won"] == [won]
        board = leads.queries.pipeline(work, locale="en")
        assert {stage: len(cards) for stage, cards in board.columns.items()} == {
            stage: board.counts[stage] for stage in leads.queries.OPEN_STAGES
        }


def test_a_call_that_was_promised_and_not_made_is_told_as_late(
    database: Database, company: Company, clock: FixedClock
) -> None:
    # Asked on a Friday evening: Monday is the working day within which we call.
    clock.move(timedelta(days=4, hours=9))
    with database.work() as work:
        a_lead(work, company.shop)
    for days, late in ((2, False), (3, False), (4, True), (32, True)):
        with database.work(
            home=company.cedar, clock=FixedClock(clock.now() + timedelta(days=days))
        ) as work:
            [told] = leads.queries.introduced(work, company.cedar, locale="en").rows
        assert (told.is_late, told.call_by) == (late, date(2026, 3, 9)), days


@pytest.mark.parametrize(
    ("asked", "call_by"),
    [
        # Thursday 18 June 2026: Midsummer Eve is the Friday.
        (datetime(2026, 6, 18, 9, tzinfo=UTC), date(2026, 6, 22)),
        (datetime(2026, 6, 17, 9, tzinfo=UTC), date(2026, 6, 18)),
        # Half past eleven in the evening is the next day in Stockholm.
        (datetime(2026, 6, 17, 22, 30, tzinfo=UTC), date(2026, 6, 22)),
        # Christmas Eve to the second day of Christmas, a Saturday, and its Sunday.
        (datetime(2026, 12, 23, 9, tzinfo=UTC), date(2026, 12, 28)),
    ],
)
def test_nobody_is_to_be_called_on_a_day_on_which_we_do_not_work(
    database: Database, company: Company, clock: FixedClock, asked: datetime, call_by: date
) -> None:
    clock.set(asked)
    with database.work() as work:
        a_lead(work, company.shop)
    told = {}
    while clock.now() < asked + timedelta(days=7):
        with database.work(home=company.cedar) as work:
            [portal] = leads.queries.introduced(work, company.cedar, locale="en").rows
        with database.work() as work:
            [desk] = leads.queries.pipeline(work, locale="en").columns["new"]
        assert (portal.call_by, desk.call_by) == (call_by, call_by)
        assert portal.is_late == desk.is_late
        told[clock.now().astimezone(ZoneInfo("Europe/Stockholm")).date()] = desk.is_late
        clock.move(timedelta(days=1))
    assert {day for day, late in told.items() if late} == {day for day in told if day > call_by}


def test_who_asked_twice_in_one_shop_is_not_told_from_another(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        a_lead(work, company.shop)
        a_lead(work, company.shop)
        theirs = a_lead(work, company.birch_shop, client=BO)
        leads.reach(work, company.birch, theirs, by="email")
        a_lead(work, company.shop, client=BO)
    with database.work(home=company.cedar) as work:
        rows = leads.queries.introduced(work, company.cedar, locale="en", stage="duplicate").rows
    assert {row.client: row.asked_here_before for row in rows} == {"Ada Lind": True, "Bo Ek": False}


def test_the_desk_sees_facts_and_notes_in_one_timeline_and_why_a_step_is_closed(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        lead_id = a_lead(work, company.shop)
    clock.move(timedelta(hours=1))
    with database.work(STAFF) as work:
        leads.note(work, company.cedar, lead_id, words="Called, no answer.")
    clock.move(timedelta(hours=1))
    with database.work(STAFF) as work:
        leads.qualify(work, company.cedar, lead_id)
    with database.work() as work:
        view = leads.queries.page(work, company.cedar, lead_id, locale="sv")
    assert [(entry.fact or entry.words, entry.actor) for entry in view.timeline] == [
        ("lead.qualified", "staff:3"),
        ("Called, no answer.", "staff:3"),
        ("lead.opened", "system"),
    ]
    assert (view.service, view.seller, view.order_number) == ("Repair (sv)", "Cedar", None)
    assert {action.name: action.reason() for action in view.actions} == {
        "reach": "",
        "qualify": "This lead is qualified; it cannot be qualified now.",
        "draft_quote": "",
        "send_quote": "There is no draft to send. Write a quote first.",
        "lose": "",
        "note": "",
    }


def test_an_affiliate_follows_their_leads_and_nobody_elses(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        quoted = a_quoted_lead(work, company.shop, client=BO)
        leads.note(work, company.cedar, quoted, words="Mean about money.")
        placed = leads.accept_quote(work, company.cedar, quoted, 1, name="Bo Ek")
        first = a_lead(work, company.birch_shop)
        leads.reach(work, company.birch, first, by="phone")
        asked_again = a_lead(work, company.shop)
    with database.work(Actor("affiliate", str(company.cedar)), home=company.cedar) as work:
        listed = leads.queries.introduced(work, company.cedar, locale="en").rows
        with pytest.raises(NotFound):
            leads.queries.page(work, company.birch, first, locale="en")
    with database.work(Actor("affiliate", str(company.birch)), home=company.birch) as work:
        of_birch = leads.queries.introduced(work, company.birch, locale="en").rows
    assert [(lead.id, lead.state) for lead in listed] == [
        (asked_again, "duplicate"),
        (quoted, "won"),
    ]
    assert listed[1].order_number == placed.number
    assert listed[1].quoted == Money(250000, "SEK")
    assert "Mean" not in repr(listed)
    assert [(lead.id, lead.state) for lead in of_birch] == [(first, "new")]


def test_a_client_reads_what_was_sent_and_is_pointed_to_what_stands_now(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        lead_id = a_quoted_lead(work, company.shop, minor=250000)
        leads.draft_quote(
            work,
            company.cedar,
            lead_id,
            amount=Money(200000, "SEK"),
            scope="Mend it.",
            valid_days=14,
        )
    with database.work(CLIENT) as work:
        offer = leads.queries.offer(work, company.cedar, lead_id, 1, locale="en")
        with pytest.raises(NotFound):
            leads.queries.offer(work, company.cedar, lead_id, 2, locale="en")
    assert (offer.state, offer.amount, offer.newer_no) == ("sent", Money(250000, "SEK"), None)
    assert {action.name: action.allowed for action in offer.actions} == {
        "accept": True,
        "decline": True,
    }
    with database.work() as work:
        leads.send_quote(work, company.cedar, lead_id)
    with database.work(CLIENT) as work:
        old = leads.queries.offer(work, company.cedar, lead_id, 1, locale="en")
    assert (old.state, old.newer_no) == ("superseded", 2)
    assert not any(action.allowed for action in old.actions)
    clock.move(timedelta(days=14))
    with database.work(CLIENT) as work:
        late = leads.queries.offer(work, company.cedar, lead_id, 2, locale="en")
    assert {action.reason() for action in late.actions} == {
        "This quote is no longer valid. Ask us for a new one."
    }
