"""Who is told that a team has moved: its head and both sponsors, once each."""

from __future__ import annotations

from tests.company import Company

from mainstem import network, worker
from mainstem.kit.db import Database

from .conftest import MailServer, Outbox


def test_the_head_of_a_team_and_both_sponsors_are_told_that_it_has_moved(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        network.move(work, company.cedar, company.alder, why="A test", actor="test")
    worker.drain(database)
    told = {(row.home_id, row.context["told_as"]) for row in outbox.rows("sponsor_changed")}
    assert told == {
        (company.cedar, "moved"), (company.birch, "left"), (company.alder, "came"),
    }  # fmt: skip
    assert sorted(post.subjects) == [
        "Cedar has left your team", "Cedar is in your team now", "You have another sponsor",
    ]  # fmt: skip


def test_of_a_move_under_nobody_the_former_sponsor_is_told(
    database: Database, company: Company, post: MailServer, outbox: Outbox
) -> None:
    with database.work() as work:
        network.move(work, company.cedar, None, why="A test", actor="test")
    worker.drain(database)
    told = {(row.home_id, row.context["told_as"]) for row in outbox.rows("sponsor_changed")}
    assert told == {(company.cedar, "moved"), (company.birch, "left")}
