"""An affiliate gets another sponsor: asked for, approved by somebody else, carried out at its instant."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from tests.company import KETTLE, Company, a_paid_order, an_affiliate, an_order
from tests.waits import PATIENCE

from mainstem import earnings, identity, joining, network, orders, sponsors
from mainstem.identity import SamePerson
from mainstem.joining import SponsorMayNotRecruit
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.work import Actor
from mainstem.money import Money
from mainstem.network import HouseStaysAlone, SponsorAlready, UnderOwnTeam
from mainstem.sponsors import DayNotAhead, MayNotApproveMoves, MoveWaits, TooDeep

Staff = dict[str, Actor]


def ask(
    database: Database, who: Actor, affiliate: int, sponsor: int | None, on: date | None = None
) -> UUID:
    with database.work(who) as work:
        return sponsors.ask(work, affiliate, sponsor, reason="They share a town.", on=on)


def approve(database: Database, who: Actor, move: UUID) -> bool:
    with database.work(who) as work:
        return sponsors.approve(work, move)


def state_of(database: Database, move: UUID) -> str:
    with database.work() as work:
        return sponsors.move_of(work, move).state


def upline(database: Database, affiliate: int) -> list[int]:
    with database.work() as work:
        return list(work.value("SELECT upline FROM affiliate WHERE id = %(id)s", id=affiliate))


def test_a_team_moves_once_a_second_person_has_approved_it(
    database: Database, company: Company, staff: Staff
) -> None:
    with database.work() as work:
        elm = an_affiliate(work, "elm", sponsor_id=company.cedar)
    move = ask(database, staff["fia"], company.cedar, company.alder)
    assert upline(database, elm) == [elm, company.cedar, company.birch, company.alder]
    assert approve(database, staff["flo"], move)
    assert upline(database, elm) == [elm, company.cedar, company.alder]
    with database.work() as work:
        now, before = network.sponsorships_of(work, company.cedar)
        assert (now.sponsor_id, before.sponsor_id) == (company.alder, company.birch)
        assert (now.actor, now.approved_by, now.why) == (
            str(staff["fia"]), str(staff["flo"]), "They share a town.",
        )  # fmt: skip
        assert (now.valid_to, now.move_id, before.valid_to) == (None, move, now.valid_from)
        facts = work.rows("SELECT name, home_id FROM fact WHERE subject IN (%(m)s, %(a)s)",
                          m=str(move), a=str(company.cedar))  # fmt: skip
    assert {("sponsor_move.asked", 0), ("sponsor_move.approved", 0), ("sponsor_move.done", 0),
            ("affiliate.sponsor_changed", company.cedar)} <= {tuple(row) for row in facts}  # fmt: skip


def test_what_was_sold_before_a_move_keeps_its_upline(
    database: Database, company: Company, staff: Staff
) -> None:
    with database.work() as work:
        before = a_paid_order(work, company.shop, (KETTLE, 1))
    approve(database, staff["flo"], ask(database, staff["fia"], company.cedar, company.alder))
    with database.work() as work:
        after = an_order(work, company.shop, (KETTLE, 1))
        rows = work.rows("SELECT id, upline FROM orders")
        delivered = [orders.LineQuantity(before.home_id, before.order_id, 1, 1)]
        orders.record_shipment(work, delivered)
        orders.record_delivery(work, delivered)
        earnings.settle(work, [(before.home_id, before.order_id)])
        earned = work.rows("SELECT beneficiary_id FROM earning WHERE level = 1")
    assert {row.id: row.upline for row in rows} == {
        before.order_id: [company.cedar, company.birch, company.alder],
        after.order_id: [company.cedar, company.alder],
    }
    assert [row.beneficiary_id for row in earned] == [company.birch]


def test_whoever_asked_is_not_the_second_person_nor_is_whoever_may_not(
    database: Database, company: Company, staff: Staff
) -> None:
    move = ask(database, staff["fia"], company.cedar, company.alder)
    for who, refusal in (
        (staff["fia"], SamePerson),
        (staff["li"], MayNotApproveMoves),
        (Actor("integration", "7"), MayNotApproveMoves),
    ):
        for answer in (
            lambda w, m=move: sponsors.approve(w, m),
            lambda w, m=move: sponsors.deny(w, m, words="No"),
        ):
            with pytest.raises(refusal), database.work(who) as work:
                answer(work)
    with pytest.raises(MayNotApproveMoves), database.work(staff["flo"]) as work:
        sponsors.withdraw(work, move)
    assert state_of(database, move) == "needs_approval"


def test_whoever_issued_a_programs_key_does_not_approve_what_it_asked_for(
    database: Database, company: Company, staff: Staff
) -> None:
    with database.work(staff["flo"]) as work:
        identity.issue_api_key(work, label="ERP", scopes=["affiliates:write"])
        id = work.value("SELECT max(id) FROM api_key")
    move = ask(database, Actor("integration", str(id)), company.cedar, company.alder)
    with pytest.raises(SamePerson):
        approve(database, staff["flo"], move)
    assert approve(database, staff["fia"], move)


def test_the_database_lets_nobody_approve_their_own_move(
    database: Database, company: Company, staff: Staff
) -> None:
    move = ask(database, staff["fia"], company.cedar, company.alder)
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        work.run(
            """UPDATE sponsor_move SET state = 'approved', decided_by = asked_by, decided_at = now()
                WHERE id = %(id)s""",
            id=move,
        )


def test_a_denied_or_withdrawn_move_moves_nobody_and_is_answered_once(
    database: Database, company: Company, staff: Staff
) -> None:
    denied = ask(database, staff["fia"], company.cedar, company.alder)
    with database.work(staff["flo"]) as work:
        sponsors.deny(work, denied, words="They have not agreed.")
    withdrawn = ask(database, staff["fia"], company.cedar, company.alder)
    with database.work(staff["fia"]) as work:
        sponsors.withdraw(work, withdrawn)
    for move in (denied, withdrawn):
        with pytest.raises(InvalidTransition):
            approve(database, staff["flo"], move)
    assert upline(database, company.cedar) == [company.cedar, company.birch, company.alder]
    assert (state_of(database, denied), state_of(database, withdrawn)) == ("denied", "canceled")


def test_one_move_of_an_affiliate_waits_at_a_time(
    database: Database, company: Company, staff: Staff
) -> None:
    ask(database, staff["fia"], company.cedar, company.alder)
    with pytest.raises(MoveWaits):
        ask(database, staff["flo"], company.cedar, None)


def test_a_move_of_a_later_day_waits_for_its_day_and_may_be_withdrawn_until_then(
    database: Database, company: Company, staff: Staff, clock: FixedClock
) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    move = ask(database, staff["fia"], company.cedar, company.alder, on=day)
    assert not approve(database, staff["flo"], move)
    with database.work() as work:
        assert sponsors.carry_out_due(work) == 0
    clock.move(timedelta(days=3))
    with database.work() as work:
        assert sponsors.carry_out_due(work) == 1
        assert sponsors.carry_out_due(work) == 0, "a repeat moves nobody"
        assert network.sponsorships_of(work, company.cedar)[0].valid_from == clock.now()
    assert upline(database, company.cedar) == [company.cedar, company.alder]
    again = ask(database, staff["fia"], company.cedar, company.birch, on=day + timedelta(days=9))
    approve(database, staff["flo"], again)
    with database.work(staff["fia"]) as work:
        sponsors.withdraw(work, again)
    clock.move(timedelta(days=10))
    with database.work() as work:
        assert sponsors.carry_out_due(work) == 0


def test_what_can_no_longer_be_done_on_its_day_moves_nobody_and_says_why(
    database: Database, company: Company, staff: Staff, clock: FixedClock
) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    move = ask(database, staff["fia"], company.cedar, company.alder, on=day)
    approve(database, staff["flo"], move)
    with database.work() as work:
        network.take_step(work, company.alder, "suspend", why="For the test.")
    clock.move(timedelta(days=3))
    with database.work() as work:
        assert sponsors.carry_out_due(work) == 1
        failed = sponsors.move_of(work, move)
    assert (failed.state, "Alder may not bring anybody in" in failed.words) == ("failed", True)
    assert upline(database, company.cedar) == [company.cedar, company.birch, company.alder]


def test_nobody_moves_in_the_past(
    database: Database, company: Company, staff: Staff, clock: FixedClock
) -> None:
    for day in (clock.now().date(), clock.now().date() - timedelta(days=1)):
        with pytest.raises(DayNotAhead):
            ask(database, staff["fia"], company.cedar, company.alder, on=day)


def test_where_nobody_may_move(database: Database, company: Company, staff: Staff) -> None:
    with database.work() as work:
        house = network.join(
            work, slug="house", name="House", email="h@example.com", country="SE", is_house=True
        )
        idle = an_affiliate(work, "idle", state="suspended")
        chain = an_affiliate(work, "one")
        for name in ("two", "three"):
            chain = an_affiliate(work, name, sponsor_id=chain)
    for affiliate, sponsor, refusal in (
        (company.alder, company.cedar, UnderOwnTeam),
        (company.alder, company.alder, UnderOwnTeam),
        (company.cedar, company.birch, SponsorAlready),
        (company.alder, None, SponsorAlready),
        (company.cedar, house, HouseStaysAlone),
        (house, company.alder, HouseStaysAlone),
        (company.cedar, idle, SponsorMayNotRecruit),
        (company.birch, chain, TooDeep),
    ):
        with pytest.raises(refusal):
            ask(database, staff["fia"], affiliate, sponsor)


def test_a_tree_that_was_deep_before_may_still_be_rearranged(
    database: Database, company: Company, staff: Staff
) -> None:
    """Brought in from elsewhere, six deep where the programme lets three be: no deeper, but as deep."""
    with database.work() as work:
        ids = [company.cedar]
        for name in ("four", "five", "six"):
            ids.append(an_affiliate(work, name, sponsor_id=ids[-1]))
        other = an_affiliate(work, "other", sponsor_id=ids[1])
    move = ask(database, staff["fia"], ids[-1], other)
    assert approve(database, staff["flo"], move)
    with pytest.raises(TooDeep):
        ask(database, staff["fia"], other, ids[2])


def test_a_sponsor_without_enough_delivered_sales_gets_nobody_where_the_programme_asks_for_them(
    database: Database, company: Company, staff: Staff
) -> None:
    with database.work() as work:
        said = joining.programme_of(work)
        proven = said.model_copy(update={"recruiters": "proven", "deliveries_min": 1})
        joining.save_programme(work, None, proven)
    with pytest.raises(SponsorMayNotRecruit):
        ask(database, staff["fia"], company.cedar, company.alder)
    with database.work() as work:
        in_group = said.model_copy(update={"recruiters": "groups", "recruiter_groups": ["gold"]})
        joining.save_programme(work, proven, in_group)
    with pytest.raises(SponsorMayNotRecruit):
        ask(database, staff["fia"], company.cedar, company.alder)
    with database.work() as work:
        network.join_group(work, company.alder, "gold")
    ask(database, staff["fia"], company.cedar, company.alder)


def test_of_two_moves_that_cross_each_other_one_is_refused(
    database: Database, company: Company, staff: Staff
) -> None:
    """Elm under Fir, and Fir under Elm, both approved at one instant: together they were a circle."""
    with database.work() as work:
        elm, fir = an_affiliate(work, "elm"), an_affiliate(work, "fir")
    both = [
        ask(database, staff["fia"], elm, fir),
        ask(database, staff["fia"], fir, elm),
    ]
    at_once = Barrier(2)

    def approved(move: UUID) -> bool:
        at_once.wait(PATIENCE)
        try:
            return approve(database, staff["flo"], move)
        except UnderOwnTeam:
            return False

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(approved, both)) == [False, True]
    with database.work() as work:
        rows = work.rows("SELECT id, sponsor_id, upline FROM affiliate WHERE id IN (%(a)s, %(b)s)",
                         a=elm, b=fir)  # fmt: skip
    assert sorted(len(row.upline) for row in rows) == [1, 2]


def test_approved_twice_at_once_moves_once(
    database: Database, company: Company, staff: Staff
) -> None:
    move = ask(database, staff["fia"], company.cedar, company.alder)
    at_once = Barrier(2)

    def approved(_: int) -> bool:
        at_once.wait(PATIENCE)
        try:
            return approve(database, staff["flo"], move)
        except InvalidTransition:
            return False

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(approved, range(2))) == [False, True]
    with database.work() as work:
        assert len(network.sponsorships_of(work, company.cedar)) == 2


def test_a_preview_says_who_gains_and_who_loses_what(
    database: Database, company: Company, staff: Staff
) -> None:
    """Birch loses level 1 of Cedar's team; Alder comes from level 2 to level 1."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 2))
        delivered = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)]
        orders.record_shipment(work, delivered)
        orders.record_delivery(work, delivered)
        earnings.settle(work, [(placed.home_id, placed.order_id)])
        found = sponsors.preview(work, company.cedar, company.alder)
        credited = {
            row.beneficiary_id: row.amount
            for row in work.rows(
                """SELECT beneficiary_id, sum(amount_minor)::bigint AS amount FROM earning
                    WHERE level > 0 GROUP BY 1"""
            )
        }
    told = {
        row.name: (row.level_before, row.level_after, row.before, row.after)
        for row in found.changed
    }
    assert told == {
        "Birch": (1, None, [Money(6000, "SEK")], []),
        "Alder": (2, 1, [Money(2000, "SEK")], [Money(6000, "SEK")]),
    }
    assert credited == {company.birch: 6000, company.alder: 2000}, "as it was in truth"
    assert found.members == 1


def test_a_preview_of_a_team_counts_each_sale_by_how_deep_it_was_made(
    database: Database, company: Company
) -> None:
    """Cedar sells below Birch. Under nobody, Birch's team leaves Alder, who was at level 2 of the sale."""
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1))
        delivered = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)]
        orders.record_shipment(work, delivered)
        orders.record_delivery(work, delivered)
        found = sponsors.preview(work, company.birch, None)
    assert [(row.name, row.level_before, row.before, row.after) for row in found.changed] == [
        ("Alder", 1, [Money(1000, "SEK")], [])
    ]
    assert found.members == 2
