"""A plan is proposed by one person and published by another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import psycopg
import pytest
from tests.company import PLAN, a_company
from tests.waits import PATIENCE

from mainstem import identity, proposals, setup
from mainstem.identity import SamePerson
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidTransition
from mainstem.kit.work import SYSTEM, Actor
from mainstem.plan import PlanAsks, PlanRefused, book
from mainstem.plan.book import PublishedAlready
from mainstem.proposals import MayNotPublish, ProposalWaits
from mainstem.proposals.rules import refuse_new_warnings

BETTER = PLAN | {"name": "Better"}
Staff = dict[str, Actor]


def a_colleague(database: Database, name: str, role: str, *, password: str | None = "x") -> Actor:
    with database.work() as work:
        id = identity.create_person(
            work, email=f"{name}@example.com", name=name.title(), password_hash=password
        )
        identity.grant(work, id, role)
    return Actor("staff", str(id))


@pytest.fixture
def staff(database: Database) -> Iterator[Staff]:
    """Ada the admin, Fia of finance and Per who picks; there is a first plan already."""
    with database.work() as work:
        a_company(work)
    yield {
        name: a_colleague(database, name, role)
        for name, role in {"ada": "admin", "fia": "finance", "per": "picker"}.items()
    }


def propose(database: Database, who: Actor, **said: Any) -> UUID:
    with database.work(who) as work:
        made = proposals.propose(work, BETTER | said)
    assert made.version is None
    assert made.waits is not None
    return made.waits


def versions(database: Database) -> list[tuple[Any, ...]]:
    with database.work() as work:
        rows = work.rows(
            "SELECT document->>'name', published_by FROM plan_version ORDER BY version"
        )
    return [tuple(row) for row in rows]


def test_what_one_person_proposes_is_in_force_once_another_has_published_it(
    database: Database, staff: Staff
) -> None:
    waits = propose(database, staff["ada"])
    with database.work() as work:
        assert book.in_force(work, work.now()).name == PLAN["name"]
    with database.work(staff["fia"]) as work:
        made = setup.publish_plan(work, waits)
        assert (made.version, made.name) == (2, "Better")
    with database.work() as work:
        assert book.in_force(work, work.now()).name == "Better"
        it = proposals.proposal(work, waits)
        assert (it.state, it.version, it.nobody_to_ask) == ("published", 2, False)
        assert (it.proposed_by, it.decided_by) == (str(staff["ada"]), str(staff["fia"]))
        told = work.rows(
            "SELECT name FROM fact WHERE kind IN ('plan', 'plan_proposal') ORDER BY id"
        )
        assert [row.name for row in told] == ["plan_proposal.made", "plan.published"]
        [change] = setup.changes(work, "plan", setup.ONLY)
        assert change.actor == str(staff["fia"])


def test_nobody_publishes_what_they_proposed_nor_has_a_program_of_theirs_do_it(
    database: Database, staff: Staff
) -> None:
    waits = propose(database, staff["ada"])
    with pytest.raises(SamePerson), database.work(staff["ada"]) as work:
        proposals.publish(work, waits)
    with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
        work.run(
            """UPDATE plan_proposal SET state = 'published', version = 1, decided_by = proposed_by,
                      decided_at = now()"""
        )
    with database.work(staff["ada"]) as work:
        proposals.withdraw(work, waits)
        identity.issue_api_key(work, label="planner", scopes=["setup:write"])
        [key] = identity.api_keys(work)
    by_program = propose(database, Actor("integration", str(key.id)))
    with pytest.raises(SamePerson), database.work(staff["ada"]) as work:
        proposals.publish(work, by_program)
    with pytest.raises(MayNotPublish), database.work(staff["per"]) as work:
        proposals.publish(work, by_program)
    with pytest.raises(MayNotPublish), database.work(SYSTEM) as work:
        proposals.publish(work, by_program)
    assert len(versions(database)) == 1


def test_the_second_person_says_no_and_why_and_then_nothing_can_be_published(
    database: Database, staff: Staff
) -> None:
    waits = propose(database, staff["ada"])
    with database.work(staff["fia"]) as work:
        proposals.deny(work, waits, words="The second level is too dear.")
    for verb in (proposals.publish, proposals.withdraw):
        with pytest.raises(InvalidTransition), database.work(staff["fia"]) as work:
            verb(work, waits)
    with database.work() as work:
        it = proposals.proposal(work, waits)
        assert (it.state, it.words) == ("denied", "The second level is too dear.")
        assert proposals.waiting(work) is None
    assert propose(database, staff["ada"]) != waits, "it may be proposed again"


def test_only_whoever_proposed_it_withdraws_it(database: Database, staff: Staff) -> None:
    waits = propose(database, staff["ada"])
    with pytest.raises(MayNotPublish), database.work(staff["fia"]) as work:
        proposals.withdraw(work, waits)
    with database.work(staff["ada"]) as work:
        proposals.withdraw(work, waits)
    with pytest.raises(InvalidTransition), database.work(staff["fia"]) as work:
        proposals.publish(work, waits)


def test_one_waits_at_a_time_the_same_once_and_the_proposers_next_in_its_stead(
    database: Database, staff: Staff
) -> None:
    first = propose(database, staff["ada"])
    assert propose(database, staff["ada"]) == first
    with pytest.raises(ProposalWaits), database.work(staff["fia"]) as work:
        proposals.propose(work, BETTER | {"name": "Mine"})
    second = propose(database, staff["ada"], name="Better still")
    with database.work() as work:
        assert proposals.proposal(work, first).state == "canceled"
        waiting = proposals.waiting(work)
        assert waiting is not None
        assert waiting.id == second


def test_the_first_plan_is_published_at_once_whoever_else_there_is(database: Database) -> None:
    ada = a_colleague(database, "ada", "admin")
    a_colleague(database, "fia", "finance")
    with database.work(ada) as work:
        assert proposals.propose(work, PLAN).version == 1
    with database.work(ada) as work:
        assert proposals.propose(work, BETTER).version is None


@pytest.mark.parametrize(
    ("others", "at_once"),
    [
        ({}, True),
        ({"per": ("picker", "x")}, True),
        ({"eva": ("finance", None)}, True),  # invited, and cannot sign in yet
        ({"fia": ("finance", "x")}, False),
        ({"eve": ("admin", "x")}, False),
    ],
)
def test_whoever_is_alone_publishes_alone_and_it_is_said_so(
    database: Database, others: dict[str, tuple[str, str | None]], at_once: bool
) -> None:
    with database.work() as work:
        a_company(work)
    ada = a_colleague(database, "ada", "admin")
    for name, (role, password) in others.items():
        a_colleague(database, name, role, password=password)
    with database.work(ada) as work:
        made = proposals.propose(work, BETTER)
        assert (made.version is not None) == at_once
        [it] = proposals.proposals(work, most=10).rows
        assert it.nobody_to_ask == at_once


def test_the_database_believes_nobody_who_says_that_they_were_alone(
    database: Database, staff: Staff
) -> None:
    ada = staff["ada"]
    alone = pytest.raises(psycopg.errors.CheckViolation, match="was not asked")
    with alone, database.work(ada) as work:
        made = book.publish(work, BETTER, effective_from=work.now())
        work.run(
            """INSERT INTO plan_proposal (id, document, state, nobody_to_ask, proposed_by, proposed_at,
                                          decided_by, decided_at, version)
               VALUES (gen_random_uuid(), '{}', 'published', true, %(ada)s, now(), %(ada)s, now(), %(v)s)""",
            ada=str(ada),
            v=made.version,
        )


def test_a_day_that_passed_while_it_waited_is_not_dated_back(
    database: Database, staff: Staff
) -> None:
    with database.work(staff["ada"]) as work:
        day = work.now() + timedelta(days=3)
        made = proposals.propose(work, BETTER, effective_from=day)
        assert made.waits is not None
        later = FixedClock(day + timedelta(days=4))
    with database.work(staff["fia"], clock=later) as work:
        proposals.publish(work, made.waits)
        assert work.value("SELECT max(effective_from) FROM plan_version") == later.now()


def test_what_is_refused_is_not_even_proposed_and_what_is_warned_of_is_kept_by_name(
    database: Database, staff: Staff
) -> None:
    goods = {"levels_bp": [1000, 300, 200], "cap_bp": 1400, "hold_days": 30}
    rules = PLAN["rules"]
    assert isinstance(rules, dict)
    cut = BETTER | {"rules": rules | {"goods": goods}}
    dear = BETTER | {
        "rules": rules | {"goods": goods | {"levels_bp": [9000, 5000], "cap_bp": 10000}}
    }
    with database.work(staff["ada"]) as work:
        with pytest.raises(PlanRefused):
            proposals.propose(work, dear, confirmed=True)
        with pytest.raises(PlanAsks):
            proposals.propose(work, cut)
        with pytest.raises(PublishedAlready):
            proposals.propose(work, PLAN)
        made = proposals.propose(work, cut, confirmed=True)
        assert made.waits is not None
        it = proposals.proposal(work, made.waits)
        assert it.accepted == ["levels_above_cap /rules/0/levels"]
    with database.work(staff["fia"]) as work:
        proposals.publish(work, made.waits)


def test_what_the_rules_warn_of_since_it_was_proposed_is_asked_again(
    database: Database, staff: Staff
) -> None:
    goods = {"levels_bp": [1000, 300, 200], "cap_bp": 1400, "hold_days": 30}
    rules = PLAN["rules"]
    assert isinstance(rules, dict)
    with database.work(staff["ada"]) as work:
        cut = BETTER | {"rules": rules | {"goods": goods}}
        waits = proposals.propose(work, cut, confirmed=True).waits
        assert waits is not None
        document = proposals.document_of(work, waits)
    with pytest.raises(PlanAsks):
        refuse_new_warnings(document, [])
    refuse_new_warnings(document, ["levels_above_cap /rules/0/levels"])


def test_two_who_publish_at_one_moment_make_one_version(database: Database, staff: Staff) -> None:
    flo = a_colleague(database, "flo", "finance")
    waits = propose(database, staff["ada"])
    together = Barrier(2)

    def publish(who: Actor) -> None:
        together.wait(PATIENCE)
        with suppress(InvalidTransition), database.work(who) as work:
            proposals.publish(work, waits)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(publish, (staff["fia"], flo)))
    assert [name for name, _ in versions(database)] == [PLAN["name"], "Better"]


def test_files_and_programs_propose_and_say_that_it_waits(database: Database, staff: Staff) -> None:
    kind = setup.resource("plan")
    with database.work(staff["ada"]) as work:
        said = kind.model.model_validate(kind.model.in_full(BETTER))
        saved = setup.save(work, kind, said, seen=setup.ANY)
        assert (saved.waits, saved.is_changed) == (True, False)
        assert setup.save(work, kind, said, seen=setup.ANY).waits
        assert work.value("SELECT count(*) FROM plan_proposal") == 1
