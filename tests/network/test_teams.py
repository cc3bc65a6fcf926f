"""What a team comes to, page by page: how many, who sells, and what each leg has sold."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from tests.company import KETTLE, Company, a_company, a_paid_order, an_affiliate

from mainstem import network, orders
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.network import DayIsOver


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def sell(database: Database, company: Company, quantity: int) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, quantity))
        moved = [orders.LineQuantity(placed.home_id, placed.order_id, 1, quantity)]
        orders.record_shipment(work, moved)
        orders.record_delivery(work, moved)


def test_a_leg_sells_what_it_and_everybody_below_have_sold(
    database: Database, company: Company
) -> None:
    sell(database, company, 2)
    with database.work() as work:
        a_paid_order(work, company.birch_shop, (KETTLE, 1))  # not delivered
        network.work_out_teams(work, orders.CREDITED_TO)
        network.work_out_teams(work, orders.CREDITED_TO)
        sold = {
            row.affiliate_id: row.minor
            for row in network.volumes(work, [company.alder, company.birch, company.cedar])
        }
        assert sold == {company.alder: 200000, company.birch: 200000, company.cedar: 200000}
        [leg] = network.legs(work, company.alder, most=10).rows
        assert (leg.id, leg.level, leg.members, leg.sellers, leg.sells) == (
            company.birch, 1, 1, 1, False,
        )  # fmt: skip
        own = work.rows("SELECT affiliate_id FROM team_month WHERE own_minor > 0")
        assert [row.affiliate_id for row in own] == [company.cedar]


def test_what_is_credited_to_another_is_what_they_have_sold(
    database: Database, company: Company
) -> None:
    sell(database, company, 1)
    with database.work() as work:
        order = work.one("SELECT home_id, id FROM orders")
        work.run(
            """INSERT INTO attribution_change (home_id, id, order_id, from_seller_id, to_seller_id, upline, state,
                      reason, evidence, asked_by, asked_at, decided_by, decided_at)
               VALUES (%(home)s, gen_random_uuid(), %(id)s, %(cedar)s, %(birch)s, %(upline)s, 'approved',
                       'Brought by them', 'A letter', 'staff:1', %(now)s, 'staff:2', %(now)s)""",
            home=order.home_id, id=order.id, cedar=company.cedar, birch=company.birch, now=work.now(),
            upline=[company.birch, company.alder],
        )  # fmt: skip
        network.work_out_teams(work, orders.CREDITED_TO)
        sold = {
            row.affiliate_id: row.minor
            for row in network.volumes(work, [company.birch, company.cedar])
        }
    assert sold == {company.birch: 100000}


def test_what_went_back_is_sold_no_longer(database: Database, company: Company) -> None:
    sell(database, company, 2)
    with database.work() as work:
        network.work_out_teams(work, orders.CREDITED_TO)
        work.run("UPDATE order_line SET refunded_minor = total_minor / 2 WHERE line_no = 1")
        network.work_out_teams(work, orders.CREDITED_TO)
        [row] = network.volumes(work, [company.birch])
        assert row.minor == 100000
        work.run("UPDATE order_line SET refunded_minor = total_minor WHERE line_no = 1")
        network.work_out_teams(work, orders.CREDITED_TO)
        assert network.volumes(work, [company.birch]) == []
        assert not work.rows("SELECT FROM team_size WHERE sellers > 0")


def test_a_team_that_moves_takes_its_count_along(database: Database, company: Company) -> None:
    sell(database, company, 1)
    with database.work() as work:
        elm = an_affiliate(work, "elm")
        network.work_out_teams(work, orders.CREDITED_TO)
        network.move(work, company.birch, elm, why="A test", actor="test")
        moved = dict(tuple(row) for row in work.rows("SELECT affiliate_id, members FROM team_size"))
        network.work_out_teams(work, orders.CREDITED_TO)
        anew = dict(tuple(row) for row in work.rows("SELECT affiliate_id, members FROM team_size"))
    assert {id: count for id, count in moved.items() if count} == {
        id: count for id, count in anew.items() if count
    }
    assert anew[elm] == 2


def test_pages_of_a_team_hold_everybody_once_and_in_order(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        made = [an_affiliate(work, f"{name}-x", sponsor_id=company.cedar) for name in "rqpsot"]
        seen, cursor = [], None
        while True:
            page = network.legs(work, company.cedar, cursor=cursor, most=2)
            seen += page.rows
            cursor = page.next
            if not cursor:
                break
        assert [row.name for row in seen] == sorted(row.name for row in seen)
        assert {row.id for row in seen} == set(made)
        last = network.legs(work, company.cedar, cursor=page.previous, most=2)
        assert [row.id for row in last.rows] == [row.id for row in seen[2:4]], "and back"
        roots = network.legs(work, None, most=10).rows
        assert [(row.name, row.level, row.members) for row in roots] == [("Alder", 1, 8)]
        [found] = network.found(work, company.alder, "ceda", most=10).rows
        assert (found.name, found.level, found.sponsor) == ("Cedar", 2, "Birch")
        assert network.found(work, company.cedar, "birch", most=10).rows == []


@pytest.mark.parametrize("walked", [1, 3, 4, 7, 5_000])
def test_a_search_finds_everybody_once_and_in_order_however_far_it_walks(
    database: Database, company: Company, monkeypatch: pytest.MonkeyPatch, walked: int
) -> None:
    """A page is filled from those next by name, or where they are too few from all who are found."""
    monkeypatch.setattr(import_module("mainstem.network.team"), "COUNTED_LIVE_MAX", 0)
    monkeypatch.setattr(import_module("mainstem.network.team"), "WALKED_MAX", walked)
    names = ("ash-1", "elm-1", "elm-2", "fir-1", "fir-2", "elm-3", "yew-1", "elm-4", "elm-5")
    with database.work() as work:
        made = [an_affiliate(work, name, sponsor_id=company.cedar) for name in names]
        an_affiliate(work, "elm-9")  # in nobody's team
        network.work_out_teams(work, orders.CREDITED_TO)
    elms = {id for id, name in zip(made, names, strict=True) if name.startswith("elm")}
    for home, reader in ((-1, None), (company.alder, company.alder)):
        with database.work(home=home) as work:
            pages, cursor = [], None
            while True:
                page = network.found(
                    work, company.alder, "elm", reader=reader, cursor=cursor, most=2
                )
                pages.append([row.id for row in page.rows])
                cursor = page.next
                if not cursor:
                    break
            back = [pages[-1]]
            while page.previous:
                page = network.found(
                    work, company.alder, "elm", reader=reader, cursor=page.previous, most=2
                )
                back.insert(0, [row.id for row in page.rows])
        assert [len(ids) for ids in pages] == [2, 2, 1]
        assert {id for ids in pages for id in ids} == elms
        assert back == pages


def test_a_large_team_is_told_as_it_was_counted_and_searched_as_any(
    database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("mainstem.network.team"), "COUNTED_LIVE_MAX", 0)
    with database.work() as work:
        network.work_out_teams(work, orders.CREDITED_TO)
        an_affiliate(work, "elm", sponsor_id=company.birch)
        assert network.team_size(work, company.alder) == 2, "as it was counted"
        [leg] = network.legs(work, company.alder, most=10).rows
        assert leg.members == 1
        names = [row.name for row in network.found(work, company.alder, "elm", most=10).rows]
        assert names == ["Elm"]
        assert network.found(work, company.birch, "alder", most=10).rows == []
        network.work_out_teams(work, orders.CREDITED_TO)
        assert network.team_size(work, company.alder) == 3


def test_whoever_reads_a_large_team_of_their_own_sees_its_legs_and_searches_on(
    database: Database, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("mainstem.network.team"), "COUNTED_LIVE_MAX", 0)
    with database.work() as work:
        made = [an_affiliate(work, f"{name}-x", sponsor_id=company.cedar) for name in "qpo"]
        network.work_out_teams(work, orders.CREDITED_TO)
    with database.work(home=company.birch) as work:
        [cedar] = network.legs(work, company.birch, reader=company.birch, most=10).rows
        assert (cedar.id, cedar.members, cedar.level) == (company.cedar, 3, 1)
        first = network.legs(work, company.cedar, reader=company.birch, most=2)
        rest = network.legs(work, company.cedar, reader=company.birch, cursor=first.next, most=2)
        assert [row.id for row in first.rows + rest.rows] == made[::-1], "by name"
        assert work.value("SHOW enable_bitmapscan") == "on", "what follows is planned as ever"


def test_a_group_begins_and_ends_on_a_day(
    database: Database, company: Company, clock: FixedClock
) -> None:
    def groups() -> object:
        with database.work() as work:
            return network.uplines(work, [company.cedar], levels=None)[company.cedar].groups

    soon = (clock.now() + timedelta(days=2)).date()
    later = soon + timedelta(days=3)
    gold = {str(company.cedar): ["gold"]}
    with database.work() as work:
        network.join_group(work, company.cedar, "gold", day=soon)
        network.join_group(work, company.cedar, "gold", day=soon)
    assert groups() is None
    clock.move(timedelta(days=2))
    assert groups() == gold
    with database.work() as work:
        network.leave_group(work, company.cedar, "gold", day=later)
    assert groups() == gold
    with database.work() as work:
        network.join_group(work, company.cedar, "gold")  # stays after all
    clock.move(timedelta(days=5))
    assert groups() == gold
    with database.work() as work:
        network.leave_group(work, company.cedar, "gold")
    assert groups() is None
    with database.work() as work:
        assert len(network.groups_of(work, company.cedar)) == 1
        for verb in (network.join_group, network.leave_group):
            with pytest.raises(DayIsOver):
                verb(work, company.cedar, "gold", day=soon)
        with pytest.raises(NotFound):
            network.leave_group(work, company.cedar, "gold")
