"""Proving a host: by record or by file, from a name server and a web server that are really there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from mainstem import domains, flow, worker
from mainstem.domains import Prover
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.kit.events import record
from mainstem.kit.outside import is_public
from tests.company import Company, a_company
from tests.domains.nameserver import NameServer, a_file_server, on_loopback

SECRET, HOST = "a secret of the company's", "shop.cedar.example.com"


@pytest.fixture
def names() -> Iterator[NameServer]:
    server = NameServer()
    yield server
    server.close()


@pytest.fixture
def database(database_url: str, clock: FixedClock, names: NameServer) -> Iterator[Database]:
    tools = flow.tools(
        secret=SECRET, public_url="https://company.example.org", domains=on_loopback(names)
    )
    made = Database(database_url, clock=clock, tools=tools, pool=4)
    yield made
    made.close()


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        work.run("INSERT INTO mail_settings VALUES (true, 'Foundry', 'hello@foundry.example')")
        return a_company(work)


def added(database: Database, company: Company, host: str = HOST, *, by: str = "cedar") -> UUID:
    shop = {"cedar": company.shop, "birch": company.birch_shop}[by]
    with database.work() as work:
        return domains.add(work, shop.home_id, shop.id, host).id


def state_of(database: Database, id: UUID) -> tuple[str, str]:
    with database.work() as work:
        row = work.one("SELECT state, problem FROM storefront_domain WHERE id = %(id)s", id=id)
    return row.state, row.problem


def proves(names: NameServer, home: int, host: str = HOST, *others: str) -> None:
    value = domains.challenge(SECRET, home, host)
    names.records[f"_mainstem-challenge.{host}", "TXT"] = [*others, value]


def a_day_passes(database: Database, clock: FixedClock) -> None:
    clock.move(timedelta(days=1))
    with database.work() as work:
        record(work, "clock.daily", clock.now().date().isoformat())
    worker.drain(database)


def serves(database: Database) -> dict[str, str]:
    with database.work() as work:
        return {**domains.proved_hosts(work)}


# ------------------------------------------------------------------------- the record


def test_a_host_serves_when_its_record_is_there_and_not_before(
    database: Database, company: Company, names: NameServer
) -> None:
    id = added(database, company)
    worker.drain(database)
    assert state_of(database, id) == ("pending", "nothing")
    assert serves(database) == {}
    proves(names, company.cedar, HOST, "v=spf1 -all")
    with database.work() as work:
        work.run("UPDATE storefront_domain SET checked_at = NULL")
        domains.request_check(work, company.cedar, id)
        domains.request_check(work, company.cedar, id)
        assert work.value("SELECT count(*) FROM fact_waiting WHERE consumer = 'domains'") == 1
    worker.drain(database)
    assert state_of(database, id) == ("proved", "")
    assert list(serves(database)) == [HOST]
    assert ("_mainstem-challenge." + HOST, "TXT") in names.asked


def test_a_name_that_only_leads_to_us_proves_nothing(
    database: Database, company: Company, names: NameServer
) -> None:
    id = added(database, company)
    names.records[HOST, "CNAME"] = ["company.example.org."]
    names.records[HOST, "A"] = ["127.0.0.1"]
    worker.drain(database)
    assert state_of(database, id)[0] == "pending"


def test_another_affiliate_s_value_proves_nothing(
    database: Database, company: Company, names: NameServer
) -> None:
    id = added(database, company)
    proves(names, company.birch)
    worker.drain(database)
    assert state_of(database, id) == ("pending", "other")


def test_a_name_server_that_is_away_keeps_nobody_waiting_and_proves_nothing(
    database: Database, company: Company, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mainstem.domains.proving.SECONDS", 0.3)
    id = added(database, company)
    names.is_away = True
    worker.drain(database)
    assert state_of(database, id) == ("pending", "unreachable")


# ------------------------------------------------------------------------- the file


def test_a_file_proves_a_host_as_a_record_does(company: Company, names: NameServer) -> None:
    value = domains.challenge(SECRET, company.cedar, HOST)
    names.records[HOST, "A"] = ["127.0.0.1"]
    with a_file_server(value + "\n") as port:
        assert on_loopback(names, port).look(HOST, value) == "proved"
    with a_file_server("something else") as port:
        assert on_loopback(names, port).look(HOST, value) == "other"
    with a_file_server(value, status=404) as port:
        assert on_loopback(names, port).look(HOST, value) == "nothing"
    with a_file_server("x" * 5000 + value) as port:
        assert on_loopback(names, port).look(HOST, value) == "other"


def test_a_file_is_never_fetched_from_an_address_that_is_not_public(
    company: Company, names: NameServer
) -> None:
    value = domains.challenge(SECRET, company.cedar, HOST)
    with a_file_server(value) as port:
        reached = replace(on_loopback(names, port), may_reach=is_public)
        for address in ("127.0.0.1", "10.0.0.8", "169.254.169.254"):
            names.records[HOST, "A"] = [address]
            assert reached.look(HOST, value) != "proved"
        names.records[HOST, "A"] = ["93.184.216.34", "127.0.0.1"]
        assert reached.look(HOST, value) != "proved", "one of them is not public"


def test_a_file_is_not_looked_for_on_another_host(company: Company, names: NameServer) -> None:
    value = domains.challenge(SECRET, company.cedar, HOST)
    names.records[HOST, "A"] = ["127.0.0.1"]
    names.records["evil.example.net", "A"] = ["127.0.0.1"]
    with a_file_server(value) as port:
        there = f"http://evil.example.net:{port}/.well-known/mainstem-challenge"
        with a_file_server("", status=302, location=there) as first:
            assert on_loopback(names, first).look(HOST, value) == "other"


def test_a_file_is_not_looked_for_behind_another_port_or_by_another_protocol(
    company: Company, names: NameServer
) -> None:
    value = domains.challenge(SECRET, company.cedar, HOST)
    names.records[HOST, "A"] = ["127.0.0.1"]
    with a_file_server(value) as port:
        for there in (
            f"http://{HOST}:{port}/.well-known/mainstem-challenge",
            f"https://{HOST}:{port}/.well-known/mainstem-challenge",
            f"http://{HOST}:99999/x",
            f"ftp://{HOST}/x",
            f"gopher://{HOST}:{port}/x",
        ):
            with a_file_server("", status=302, location=there) as first:
                assert on_loopback(names, first).look(HOST, value) == "other", there
        with a_file_server("", status=302, location="/.well-known/mainstem-challenge") as first:
            assert on_loopback(names, first).look(HOST, value) == "nothing", "round and round"


def test_records_that_are_many_or_nearly_right_prove_nothing(
    company: Company, names: NameServer
) -> None:
    value = domains.challenge(SECRET, company.cedar, HOST)
    names.records[f"_mainstem-challenge.{HOST}", "TXT"] = ["x" * 200 for _ in range(200)]
    assert on_loopback(names, 9).look(HOST, value) in ("other", "unreachable")
    names.records[f"_mainstem-challenge.{HOST}", "TXT"] = [value + "x", "x" + value, value.upper()]
    assert on_loopback(names, 9).look(HOST, value) == "other"


# ------------------------------------------------------------------------- lost and found again


def test_three_days_without_the_proof_pause_a_host_and_its_people_are_told(
    database: Database, company: Company, names: NameServer, clock: FixedClock
) -> None:
    proves(names, company.cedar)
    id = added(database, company)
    worker.drain(database)
    assert told_of(database, "domain_proved") == [HOST]
    names.records.clear()
    for missed in (1, 2):
        a_day_passes(database, clock)
        assert state_of(database, id)[0] == "proved", missed
    with database.work() as work:  # looked at again on the same day: the same miss
        domains.note(work, company.cedar, id, "nothing")
    assert state_of(database, id)[0] == "proved"
    a_day_passes(database, clock)
    assert state_of(database, id)[0] == "paused"
    assert serves(database) == {}
    assert told_of(database, "domain_paused") == [HOST]
    proves(names, company.cedar)
    a_day_passes(database, clock)
    assert state_of(database, id) == ("proved", "")
    assert list(serves(database)) == [HOST]
    assert told_of(database, "domain_proved") == [HOST, HOST], "each time, once"


def told_of(database: Database, reason: str) -> list[str]:
    """The hosts that mail for this reason was about."""
    with database.work() as work:
        told = work.rows("SELECT context FROM mail WHERE reason = %(reason)s", reason=reason)
    return [row.context["host"] for row in told]


def test_a_proof_between_two_misses_begins_the_count_anew(
    database: Database, company: Company, names: NameServer, clock: FixedClock
) -> None:
    proves(names, company.cedar)
    id = added(database, company)
    worker.drain(database)
    for there in (False, False, True, False, False):
        names.records.clear()
        if there:
            proves(names, company.cedar)
        a_day_passes(database, clock)
    assert state_of(database, id)[0] == "proved"


def test_a_removed_host_serves_no_more_and_is_not_looked_at(
    database: Database, company: Company, names: NameServer, clock: FixedClock
) -> None:
    proves(names, company.cedar)
    id = added(database, company)
    worker.drain(database)
    for _ in range(2):
        with database.work() as work:
            domains.remove(work, company.cedar, id)
    assert serves(database) == {}
    names.asked.clear()
    a_day_passes(database, clock)
    assert names.asked == []
    assert added(database, company) != id, "it can be asked for again"


# ------------------------------------------------------------------------- one host, one storefront


def test_asked_for_twice_it_is_one(database: Database, company: Company) -> None:
    assert added(database, company) == added(database, company, HOST.upper())


def test_whoever_has_not_proved_a_host_keeps_nobody_from_it(
    database: Database, company: Company, names: NameServer
) -> None:
    squatter = added(database, company, by="birch")
    owner = added(database, company)
    proves(names, company.cedar)
    worker.drain(database)
    assert state_of(database, owner)[0] == "proved"
    assert state_of(database, squatter)[0] == "pending"
    proves(names, company.birch)
    with database.work() as work:
        record(work, "domain.check_requested", squatter, home=company.birch)
    worker.drain(database)
    assert state_of(database, squatter) == ("pending", "taken")
    with pytest.raises(domains.HostTaken):
        with database.work() as work:
            work.run(
                "UPDATE storefront_domain SET state = 'removed', removed_at = now() WHERE id = %(id)s",
                id=squatter,
            )
        added(database, company, by="birch")


def test_who_proves_a_host_that_another_has_lost_has_it(
    database: Database, company: Company, names: NameServer, clock: FixedClock
) -> None:
    proves(names, company.cedar)
    before = added(database, company)
    worker.drain(database)
    names.records.clear()
    for _ in range(3):
        a_day_passes(database, clock)
    proves(names, company.birch)
    after = added(database, company, by="birch")
    worker.drain(database)
    assert state_of(database, after)[0] == "proved"
    assert state_of(database, before)[0] == "removed"


def test_the_database_has_no_host_twice(
    database: Database, company: Company, database_url: str, names: NameServer
) -> None:
    proves(names, company.cedar)
    added(database, company)
    added(database, company, by="birch")
    worker.drain(database)
    with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.UniqueViolation):
        connection.execute("UPDATE storefront_domain SET state = 'proved', proved_at = now()")


def test_the_company_s_own_names_are_nobody_s(database: Database, company: Company) -> None:
    for host in ("company.example.org", "shop.example.org", "example.org"):
        with pytest.raises(InvalidInput):
            added(database, company, host)


def test_a_storefront_has_a_few_names_at_most(database: Database, company: Company) -> None:
    for no in range(domains.HOSTS_MAX):
        added(database, company, f"shop{no}.example.com")
    with pytest.raises(domains.TooManyHosts):
        added(database, company, "shop-more.example.com")


def test_a_prover_of_a_company_asks_the_machine_s_own_servers() -> None:
    prover: Any = Prover()
    assert (prover.servers, prover.port, prover.may_reach) == ((), 80, is_public)
