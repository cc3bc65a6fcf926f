"""Whoever was brought in by nobody: the default sponsor, the holding tank, and who may recruit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.company import an_affiliate

from mainstem import joining, network, sponsors
from mainstem.joining.deciding import _join_where_they_belong
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.kit.work import Work
from mainstem.sponsors import NotInHoldingTank


class Applicant:
    company_name, email, phone_key, country, locale = (
        "Newcomer AB",
        "n@example.com",
        None,
        "SE",
        "en",
    )


def say(work: Work, **said: object) -> None:
    before = joining.programme_of(work)
    joining.save_programme(work, before, before.model_copy(update=said))


def joined(work: Work, slug: str) -> int:
    """As an application without a sponsor is approved."""
    return _join_where_they_belong(work, Applicant(), slug, None)


def sponsor_of(work: Work, id: int) -> int | None:
    return network.standing(work, id).sponsor_id


def test_whoever_was_brought_in_by_nobody_joins_the_default_sponsor(database: Database) -> None:
    with database.work() as work:
        oak = an_affiliate(work, "oak")
        assert sponsor_of(work, joined(work, "first")) is None
        say(work, default_sponsor="oak")
        assert joining.programme_of(work).default_sponsor == "oak"
        assert sponsor_of(work, joined(work, "second")) == oak
        network.take_step(work, oak, "suspend", why="For the test.")
        assert sponsor_of(work, joined(work, "third")) is None, (
            "as things are, they may have nobody"
        )
        with pytest.raises(InvalidInput):
            say(work, default_sponsor="nobody")


def test_a_default_sponsor_is_no_way_around_the_depth(database: Database) -> None:
    with database.work() as work:
        chain = an_affiliate(work, "one")
        for name in ("two", "three"):
            chain = an_affiliate(work, name, sponsor_id=chain)
        say(work, default_sponsor="three", levels_max=3)
        assert sponsor_of(work, joined(work, "newcomer")) is None


def test_in_the_holding_tank_one_waits_so_many_days_and_then_the_default_sponsor_holds(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        oak, elm = an_affiliate(work, "oak"), an_affiliate(work, "elm")
        say(work, default_sponsor="oak", holding_days=5)
        first, second = joined(work, "first"), joined(work, "second")
        waiting = sponsors.in_holding_tank(work, most=10).rows
        assert [row.affiliate_id for row in waiting] == [first, second]
        assert sponsor_of(work, first) is None
        sponsors.place(work, first, elm, reason="One town.")
        with pytest.raises(NotInHoldingTank):
            sponsors.place(work, first, oak, reason="Another town.")
        assert sponsors.empty_holding_tank(work) == 0
    clock.move(timedelta(days=5))
    with database.work() as work:
        assert sponsors.empty_holding_tank(work) == 1
        assert sponsors.empty_holding_tank(work) == 0
        assert (sponsor_of(work, first), sponsor_of(work, second)) == (elm, oak)
        assert network.upline_as_of(work, [second], clock.now() - timedelta(days=1)) == {
            second: [second]
        }


def test_whom_the_default_sponsor_may_not_have_stays_without_one(
    database: Database, clock: FixedClock
) -> None:
    with database.work() as work:
        oak = an_affiliate(work, "oak")
        say(work, default_sponsor="oak", holding_days=5)
        first = joined(work, "first")
        network.take_step(work, oak, "suspend", why="For the test.")
    clock.move(timedelta(days=5))
    with database.work() as work:
        assert sponsors.empty_holding_tank(work) == 1
        assert sponsor_of(work, first) is None
        assert sponsors.in_holding_tank(work, most=10).rows == []


def test_only_those_in_a_group_bring_others_in_where_the_programme_says_so(
    database: Database,
) -> None:
    with database.work() as work:
        oak = an_affiliate(work, "oak")
        say(work, recruiters="groups", recruiter_groups=["gold"])
        assert joining.why_not_recruit(work, joining.sponsor_of(work, oak))
        network.join_group(work, oak, "gold")
        assert joining.why_not_recruit(work, joining.sponsor_of(work, oak)) is None
        network.leave_group(work, oak, "gold")
        assert joining.why_not_recruit(work, joining.sponsor_of(work, oak))
