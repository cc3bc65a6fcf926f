"""Who was rejected is forgotten in time, papers too; that somebody was stays."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.company import a_company
from tests.joining.applicants import STAFF, an_application, open_programme, with_paper

from mainstem import clockwork, income, joining, worker
from mainstem.joining import PaperStore
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound

TABLES = {"application": "id"} | dict.fromkeys(
    ("application_answer", "application_question", "application_confirmation", "affiliate_step"),
    "application_id",
)


@pytest.fixture
def store(database: Database, tmp_path: Path) -> PaperStore:
    with database.work() as work:
        a_company(work)
        open_programme(work, kept_days=90)
    database.tools = replace(database.tools, papers=PaperStore(tmp_path))
    return PaperStore(tmp_path)


def rejected(database: Database, store: PaperStore, **changes: Any) -> UUID:
    id = an_application(database, **changes)
    with database.work(STAFF) as work:
        with_paper(work, id, store)
        joining.ask(work, id, "Where do you sell?")
        joining.reject(work, id, "Another shop of yours owes us money.")
    return id


def after(days: int, clock: FixedClock) -> None:
    clock.move(timedelta(days=days))


def rows_of(database: Database, id: UUID) -> dict[str, int]:
    with database.work() as work:
        return {
            table: work.value(f"SELECT count(*) FROM {table} WHERE {column} = %(id)s", id=id)
            for table, column in TABLES.items()
        }


def papers_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def as_if_given_long_ago(folder: Path) -> None:
    for path in papers_in(folder):
        os.utime(path, (0, 0))


def test_what_a_rejected_applicant_said_is_deleted_when_the_programme_says_so(
    database: Database, clock: FixedClock, store: PaperStore, tmp_path: Path
) -> None:
    id = rejected(database, store)
    as_if_given_long_ago(tmp_path)
    after(89, clock)
    with database.work() as work:
        assert joining.forget_rejected(work) == 0
    after(2, clock)
    with database.work() as work:
        assert joining.forget_rejected(work) == 1
        assert joining.forget_rejected(work) == 0
        assert joining.forget_papers(work) == 0, "its file waits until that is certain"
        with pytest.raises(NotFound):
            joining.application(work, id)
        facts = work.rows("SELECT name FROM fact WHERE subject = %(id)s ORDER BY id", id=str(id))
    assert {"application.rejected", "application.forgotten"} <= {row.name for row in facts}
    assert set(rows_of(database, id).values()) == {0}
    after(1, clock)
    assert len(papers_in(tmp_path)) == 1
    with database.work() as work:
        assert joining.forget_papers(work) == 1
        assert joining.forget_papers(work) == 0
    assert papers_in(tmp_path) == []


def test_a_paper_that_somebody_else_has_given_stays(
    database: Database, clock: FixedClock, store: PaperStore, tmp_path: Path
) -> None:
    rejected(database, store)
    after(91, clock)
    with database.work() as work:
        income.make_due(work, clock.now().date())
    other = an_application(database, email="other@example.com", company_name="Sot & Glöd AB")
    with database.work(STAFF) as work:
        with_paper(work, other, store)
    as_if_given_long_ago(tmp_path)
    with database.work() as work:
        assert joining.forget_rejected(work) == 1
    after(1, clock)
    with database.work() as work:
        assert joining.forget_papers(work) == 0
    assert len(papers_in(tmp_path)) == 1
    assert rows_of(database, other)["application_answer"] == 1


def test_a_paper_that_is_given_again_at_this_moment_stays(
    database: Database, clock: FixedClock, store: PaperStore, tmp_path: Path
) -> None:
    rejected(database, store)
    after(91, clock)
    with database.work() as work:
        joining.forget_rejected(work)
    after(1, clock)
    as_if_given_long_ago(tmp_path)
    joining.take_paper(store, "again.pdf", papers_in(tmp_path)[0].read_bytes())
    with database.work() as work:
        joining.forget_papers(work)
    assert len(papers_in(tmp_path)) == 1


@pytest.mark.parametrize("table", ["application", "application_answer", "affiliate_step"])
def test_the_database_forgets_nobody_who_was_not_rejected(
    database: Database, store: PaperStore, table: str
) -> None:
    id = an_application(database)
    with database.work(STAFF) as work:
        with_paper(work, id, store)
        joining.review(work, id)
    column = "id" if table == "application" else "application_id"
    with database.work() as work, pytest.raises(psycopg.Error, match=r"stays|violates"):
        work.run(f"DELETE FROM {table} WHERE {column} = %(id)s", id=id)


def test_an_invitation_that_ran_out_names_nobody_a_month_later(
    database: Database, clock: FixedClock, store: PaperStore
) -> None:
    with database.work(STAFF) as work:
        for name in ("Maja Ek", "Ove Lund"):
            joining.ask_to_apply(
                work, email=f"{name[0]}@example.com", name=name, locale="sv", sponsor=""
            )
    worker.drain(database)
    after(60 + 29, clock)
    with database.work(STAFF) as work:
        joining.ask_to_apply(work, email="late@example.com", name="Late", locale="en")
        assert joining.forget_invited(work) == 0
    after(2, clock)
    with database.work() as work:
        assert joining.forget_invited(work, most=1) == 1
        clockwork.housekeeping(work, [])
        assert joining.forget_invited(work) == 0
        late, *gone = joining.invitations(work).rows
    assert (late.name, late.email, late.forgotten_at) == ("Late", "late@example.com", None)
    assert [(row.name, row.email, row.forgotten_at, row.invited_by) for row in gone] == [
        ("", "", clock.now(), str(STAFF))
    ] * 2


def test_the_clock_forgets_them_by_itself(
    database: Database, clock: FixedClock, store: PaperStore
) -> None:
    id = rejected(database, store)
    after(91, clock)
    with database.work() as work:
        clockwork.housekeeping(work, [])
    assert rows_of(database, id)["application"] == 0
