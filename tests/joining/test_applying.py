"""Applying: one mailbox, one application; confirmed by its owner; and a flood that nobody notices."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.company import a_company
from tests.joining.applicants import (
    SAID,
    TERMS,
    an_application,
    applied,
    mails,
    open_programme,
    references,
    token_of,
)

from mainstem import company, joining, worker
from mainstem.joining import CameFrom
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput


@pytest.fixture(autouse=True)
def programme(database: Database) -> None:
    with database.work() as work:
        a_company(work)
        open_programme(work)


def states(database: Database) -> list[str]:
    with database.work() as work:
        return [row.state for row in work.rows("SELECT state FROM application ORDER BY asked_at")]


def test_an_application_reaches_staff_when_its_e_mail_is_confirmed(database: Database) -> None:
    with database.work() as work:
        applied(work)
    worker.drain(database)
    with database.work() as work:
        assert mails(work) == [("application_confirm", "maja@fjallglod.example.com")]
        assert joining.applications(work).rows == []
        [reference] = references(work)
        id = joining.confirm(work, token_of(work, reference))
        [row] = joining.applications(work).rows
        assert (row.id, row.state, row.company_name) == (id, "applied", "Fjällglöd AB")
    worker.drain(database)
    with database.work() as work:
        assert ("application_received", "maja@fjallglod.example.com") in mails(work)


def test_what_was_agreed_to_is_kept_by_version_hash_time_place_and_language(
    database: Database, clock: FixedClock
) -> None:
    id = an_application(database, CameFrom("192.0.2.0", "192.0.2.7"))
    with database.work() as work:
        company.publish_document(
            work,
            company.CompanyDocument(kind="programme", texts=TERMS),
            company.CompanyDocument(kind="programme", texts=TERMS | {"sv": "Andra villkor."}),
        )
        it = joining.application(work, id)
        text = joining.agreement_named(work, it.agreement_locale, it.agreement_version).body
    assert (it.agreement_locale, it.agreement_version, it.agreed_from) == ("sv", 1, "192.0.2.7")
    assert text == TERMS["sv"]
    assert it.agreement_hash == hashlib.sha256(TERMS["sv"].encode()).digest()
    assert it.agreed_at == clock.now()


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("SE", "5591", None),
        ("SE", "559123-4562", None),
        ("SE", "5591234561", "559123-4561"),
        ("NO", "912345611", None),
        ("DK", "10 00 00 09", "10000009"),
        ("FI", "12345671", "1234567-1"),
        ("DE", "7", None),
        ("DE", "HRB 7", "HRB 7"),
    ],
)
def test_a_company_number_is_one_that_its_country_s_register_can_have_given(
    database: Database, country: str, typed: str, kept: str | None
) -> None:
    with database.work() as work:
        if kept is None:
            with pytest.raises(InvalidInput) as refused:
                applied(work, country=country, company_number=typed, phone="+46701740605")
            [problem] = refused.value.problems
            assert (problem.pointer, problem.code) == ("/company_number", "invalid_company_number")
        else:
            applied(work, country=country, company_number=typed, phone="+46701740605")
        assert work.value("SELECT min(company_number) FROM application") == kept


def test_a_link_confirms_once_and_for_two_days(database: Database, clock: FixedClock) -> None:
    with database.work() as work:
        applied(work)
        [first] = references(work)
    clock.move(timedelta(hours=49))
    with database.work() as work, pytest.raises(joining.ConfirmationRefused):
        joining.confirm(work, token_of(work, first))
    with database.work() as work:
        applied(work)  # sent again: a new link, for the same application
        [_, second] = references(work)
        joining.confirm(work, token_of(work, second))
    with database.work() as work, pytest.raises(joining.ConfirmationRefused):
        joining.confirm(work, token_of(work, second))
    assert states(database) == ["applied"]


def test_the_database_alone_confirms_nothing(database: Database) -> None:
    with database.work() as work:
        applied(work)
        [row] = work.rows("SELECT token_hash, reference FROM application_confirmation")
        for guess in (bytes(row.token_hash).hex(), str(row.reference), "", "app_"):
            with pytest.raises(joining.ConfirmationRefused):
                joining.to_confirm(work, guess)


def test_one_mailbox_has_one_application_and_one_mail_an_hour(
    database: Database, clock: FixedClock
) -> None:
    for email in ("maja@gmail.com", "m.a.j.a@gmail.com", "maja+x@googlemail.com", "MAJA@gmail.com"):
        with database.work() as work:
            applied(work, email=email, company_name=f"Shop of {email}")
    worker.drain(database)
    with database.work() as work:
        assert len(mails(work)) == 1
        assert work.value("SELECT company_name FROM application") == "Shop of MAJA@gmail.com"
    clock.move(timedelta(minutes=61))
    with database.work() as work:
        applied(work, email="maja@gmail.com")
    worker.drain(database)
    with database.work() as work:
        assert len(mails(work)) == 2
    assert states(database) == ["unconfirmed"]


def test_what_somebody_has_confirmed_no_stranger_changes(
    database: Database, clock: FixedClock
) -> None:
    id = an_application(database)
    clock.move(timedelta(hours=2))
    with database.work() as work:
        applied(work, company_name="Somebody else", how="Nonsense.")
    worker.drain(database)
    with database.work() as work:
        assert joining.application(work, id).company_name == "Fjällglöd AB"
        # Whoever has the mailbox gets the link to their page once more; nobody else learns anything.
        assert [reason for reason, _ in mails(work)].count("application_received") == 2
        assert work.value("SELECT count(*) FROM application") == 1
        with pytest.raises(psycopg.errors.RaiseException, match="is confirmed, and stays"):
            work.run("UPDATE application SET how = 'x' WHERE id = %(id)s", id=id)


def test_a_flood_is_stopped_where_it_comes_from_and_in_all(
    database: Database, clock: FixedClock
) -> None:
    taken = 0
    for no in range(40):
        with database.work() as work:
            try:
                applied(work, email=f"bot{no}@example.com")
                taken += 1
            except joining.TooManyApplications as no_more:
                assert (no_more.status, no_more.retry_after) == (429, 3600)
    assert taken == joining.PER_ORIGIN
    with database.work() as work:  # somebody else, elsewhere, is heard
        applied(work, CameFrom("198.51.100.1", "198.51.100.1"))
    with database.work() as work:
        work.run(
            """INSERT INTO application
                 (id, state, company_name, skeletons, company_number, country, contact_name, email,
                  mailbox_key, phone, phone_key, locale, how, origin, agreement_locale,
                  agreement_version, agreement_hash, agreed_at, agreed_from, asked_at)
               SELECT gen_random_uuid(), 'unconfirmed', 'x', '{}', 'x', 'SE', 'x', n || '@example.com',
                      n || '@example.com', 'x', '+46701740605', 'en', 'x', n::text, 'en', 1,
                      decode(repeat('00', 32), 'hex'), %(now)s, 'x', %(now)s
                 FROM generate_series(1, %(n)s) AS n""",
            n=joining.IN_ALL,
            now=work.now(),
        )
        with pytest.raises(joining.TooManyApplications):
            applied(work, CameFrom("203.0.113.9", "203.0.113.9"), email="late@example.com")
    clock.move(timedelta(minutes=61))
    with database.work() as work:
        applied(work, CameFrom("203.0.113.9", "203.0.113.9"), email="late@example.com")


def test_ten_thousand_that_nobody_confirms_are_on_no_list_and_forgotten_in_a_week(
    database: Database, clock: FixedClock
) -> None:
    waiting = an_application(database)
    with database.work() as work:
        work.run(
            """INSERT INTO application
                 (id, state, company_name, skeletons, company_number, country, contact_name, email,
                  mailbox_key, phone, phone_key, locale, how, origin, agreement_locale,
                  agreement_version, agreement_hash, agreed_at, agreed_from, asked_at)
               SELECT gen_random_uuid(), 'unconfirmed', 'x', '{}', 'x', 'SE', 'x', n || '@example.com',
                      n || '@example.com', 'x', '+46701740605', 'en', 'x', n::text, 'en', 1,
                      decode(repeat('00', 32), 'hex'), %(now)s, 'x', %(now)s
                 FROM generate_series(1, 10000) AS n""",
            now=work.now(),
        )
        work.run("ANALYZE application")
        for state in ("waiting", "all"):
            assert [row.id for row in joining.applications(work, state=state).rows] == [waiting]
        plan = "\n".join(
            row[0]
            for row in work.rows(
                """EXPLAIN SELECT count(*) FROM application WHERE state IN ('applied', 'in_review')"""
            )
        )
        assert "Seq Scan" not in plan, plan
        assert joining.forget_unconfirmed(work) == 0
    clock.move(timedelta(days=7, seconds=1))
    with database.work() as work:
        assert joining.forget_unconfirmed(work) == 5000, "a bounded batch"
        assert joining.forget_unconfirmed(work) == 5000
        assert joining.forget_unconfirmed(work) == 0
    assert states(database) == ["applied"]


def test_the_list_is_turned_by_key(database: Database, clock: FixedClock) -> None:
    ids = []
    for no in range(3):
        clock.move(timedelta(minutes=1))
        ids.append(
            an_application(database, CameFrom(f"192.0.2.{no}", ""), email=f"a{no}@example.com")
        )
    with database.work() as work:
        first = joining.applications(work, most=2)
        rest = joining.applications(work, most=2, cursor=first.next)
    assert [row.id for row in (*first.rows, *rest.rows)] == ids


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"phone": "12"}, "/phone"),
        ({"company_name": "..."}, "/company_name"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    database: Database, changes: dict[str, Any], pointer: str
) -> None:
    with database.work() as work, pytest.raises(InvalidInput) as no:
        applied(work, **changes)
    assert [problem.pointer for problem in no.value.problems] == [pointer]
    assert states(database) == []


def test_nobody_takes_the_companys_own_name(database: Database) -> None:
    with database.work() as work:
        company.save_profile(
            work,
            company.Profile.model_validate(
                {
                    "name": "Härdvik", "legal_name": "Härdviks Gjuteri AB", "country": "SE",
                    "email": "hej@hardvik.example.com", "languages": ["sv"], "currencies": ["SEK"],
                }
            ),
        )  # fmt: skip
        for name in ("Hardvik", "HÄRDVIK AB", "H\u0430rdvik", "Härdviks Gjuteri", "Hard-vlk"):
            with pytest.raises(InvalidInput) as no:
                applied(work, company_name=name)
            assert [problem.code for problem in no.value.problems] == ["our_name"], name
        applied(work, company_name="Härdvik Fans")


def test_a_closed_programme_takes_only_whom_staff_have_asked(database: Database) -> None:
    with database.work() as work:
        open_programme(work, is_open=False)
        with pytest.raises(joining.ProgrammeClosed):
            applied(work)
        asked = joining.ask_to_apply(work, email=SAID["email"], name="Maja", locale="sv")
        applied(work, CameFrom("", "", None, asked))
    worker.drain(database)
    with database.work() as work:
        assert [reason for reason, _ in mails(work)] == [
            "programme_invitation",
            "application_confirm",
        ]
