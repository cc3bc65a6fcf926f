"""`mainstem run`: one command brings everything up, and takes everything down again."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from tests.waits import PATIENCE

import mainstem_postgres as postgres
from mainstem import running

PROGRAM = """
import hmac, http.server, os, signal, socket, subprocess, sys, time
name, fd, diary = sys.argv[1], int(sys.argv[2]), sys.argv[3]
manner = sys.argv[4] if len(sys.argv) > 4 else ""
def note(word):
    with open(diary, "a") as book:
        book.write(f"{name} {word} {os.getpid()}\\n")
if manner == "broken":
    sys.exit("the stock file is unreadable")
if manner == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen([sys.executable, "-c", "import signal, time;"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(3600)", diary])
else:
    def leave(*_):
        note("left")
        os._exit(0)
    signal.signal(signal.SIGTERM, leave)
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        nonce = self.path.partition("?nonce=")[2]
        proof = hmac.digest(os.environ.get("PROOF", "").encode(), nonce.encode(), "sha256").hex()
        self.wfile.write((proof if nonce else str(os.getpid())).encode())
    def log_message(self, *_):
        pass
note("began")
server = http.server.HTTPServer(("127.0.0.1", 0), Health, bind_and_activate=False)
server.socket = socket.socket(fileno=fd)
server.serve_forever()
"""

RUN = """
import os, sys, time
from pathlib import Path
import psycopg
from mainstem.running import Company, Port, Process, run_company
data, program, wished = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
diary = str(data / "diary")
def prepare(place):
    with psycopg.connect(place.owner_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO starts DEFAULT VALUES")
    if os.environ.get("SLOW"):
        print("preparing", flush=True)
        time.sleep(60)
def processes(place):
    def program_at(name):
        manner = os.environ.get(name.upper(), "")
        return Process(name, [sys.executable, program, name, "{fd}", diary, manner],
            env={"PROOF": "a secret"} if manner != "another's" else {},
            listens=name, ready_url=place.url(name) + "/health",
            secret="a secret" if name == "gateway" else None, stop_seconds=2)
    return [program_at("gateway"), program_at("web")]
def banner(place):
    return f"web {place.url('web')}\\ngateway {place.url('gateway')}"
ports = {"web": Port(wished), "gateway": Port(wished + 20)}
company = Company(ports, prepare, processes, banner)
sys.exit(run_company(company, data, database_url=os.environ.get("MAINSTEM_DATABASE_URL")))
"""


class Run:
    """One `mainstem run` in a process of its own, and what it has said so far."""

    def __init__(self, data: Path, port: int, **environment: str) -> None:
        program = data.parent / "program.py"
        program.write_text(PROGRAM)
        self.data, self.port = data, port
        self.said = data.parent / f"said-{time.monotonic_ns()}"
        with self.said.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN, str(data), str(program), str(port)],
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def words(self) -> str:
        return self.said.read_text()

    def until_said(self, words: str) -> None:
        until(lambda: words in self.words or self.process.poll() is not None)
        assert words in self.words, self.words

    def up(self) -> Run:
        self.until_said(f"gateway http://127.0.0.1:{self.port + 20}")
        return self

    def ended(self) -> int:
        return self.process.wait(PATIENCE)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.ended()


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)


def of_folder(data: Path) -> list[psutil.Process]:
    """All living processes that have anything to do with the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            told = " ".join(process.cmdline()) + " " + process.cwd()
            if str(data) in told and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def answer(port: int) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().read().decode()
    except OSError:
        return None
    finally:
        connection.close()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    folder.mkdir()
    yield folder
    left = of_folder(folder)
    for process in left:
        process.kill()
    assert left == [], "something was left running"


@pytest.fixture
def port() -> int:
    """A port that is free, with the one 20 above it as well."""
    while True:
        with socket.socket() as probe, socket.socket() as other:
            probe.bind(("127.0.0.1", 0))
            number: int = probe.getsockname()[1]
            try:
                other.bind(("127.0.0.1", number + 20))
            except (OSError, OverflowError):
                continue
            return number


def test_everything_comes_up_and_ctrl_c_takes_it_down_in_order(data: Path, port: int) -> None:
    run = Run(data, port).up()
    assert answer(port)
    assert answer(port + 20)
    assert running.running(data) == run.process.pid
    assert run.stop() == 0
    left = [line.split()[0] for line in (data / "diary").read_text().splitlines() if "left" in line]
    assert left == ["web", "gateway"]
    assert of_folder(data) == []
    assert running.running(data) is None
    assert answer(port) is None


def test_a_second_start_goes_on_with_the_same_data(data: Path, port: int) -> None:
    Run(data, port).up().stop(signal.SIGTERM)
    Run(data, port).up().stop()
    with (
        postgres.start(data / "pg") as server,
        psycopg.connect(server.admin_url(running.DATABASE)) as connection,
    ):
        assert connection.execute("SELECT count(*) FROM starts").fetchone() == (2,)


def test_a_second_run_names_the_first_and_touches_nothing(data: Path, port: int) -> None:
    first = Run(data, port).up()
    served_by = answer(port)
    second = Run(data, port + 1)
    assert second.ended() == 1
    assert f"already runs here, as process {first.process.pid}" in second.words
    assert f"web http://127.0.0.1:{port}\n" in second.words
    assert "Traceback" not in second.words
    assert answer(port) == served_by
    assert first.stop() == 0


def test_a_program_that_dies_is_started_again_and_that_is_said(data: Path, port: int) -> None:
    run = Run(data, port).up()
    first = answer(port)
    assert first is not None
    os.kill(int(first), signal.SIGKILL)
    until(lambda: answer(port) not in (None, first))
    assert "web ended with signal 9; it is started again" in run.words
    assert run.stop() == 0


def test_a_database_that_is_gone_for_good_is_started_again(data: Path, port: int) -> None:
    run = Run(data, port).up()
    server = postgres.find(data / "pg")
    assert server is not None
    killed = server.pid
    supervisors = [
        p
        for p in of_folder(data)
        if any("mainstem_postgres/supervisor.py" in part for part in p.cmdline())
    ]
    assert len(supervisors) == 1
    supervisors[0].kill()
    run.until_said("The database ended; it is started again.")
    until(lambda: server.pid not in (None, killed) and reaches(server))
    assert run.stop() == 0


def reaches(server: postgres.Server) -> bool:
    try:
        psycopg.connect(server.admin_url()).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_killed_supervisor_leaves_nothing_and_the_next_start_works(data: Path, port: int) -> None:
    run = Run(data, port).up()
    run.process.kill()
    run.ended()
    again = Run(data, port).up()  # on the same ports, at once
    assert "is taken" not in again.words
    assert again.stop() == 0


def test_a_killed_supervisor_alone_leaves_nothing_running(data: Path, port: int) -> None:
    run = Run(data, port, WEB="stubborn").up()
    assert len(of_folder(data)) > 5
    run.process.kill()
    run.ended()
    until(lambda: of_folder(data) == [])


def test_a_program_that_will_not_go_is_ended_with_its_own_children(data: Path, port: int) -> None:
    run = Run(data, port, WEB="stubborn", GATEWAY="stubborn").up()
    assert run.stop() == 0  # they would sleep for an hour
    assert of_folder(data) == []


def test_a_taken_port_moves_the_program_to_the_next_and_that_is_said(data: Path, port: int) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        run = Run(data, port).up()
        assert f"Port {port} is taken; web uses " in run.words
        moved = int(run.words.split("web uses ")[1].split()[0])
        assert moved > port
        assert answer(moved)
        assert run.stop() == 0


def test_a_port_is_held_from_the_choice_on(data: Path, port: int) -> None:
    run = Run(data, port, SLOW="yes")
    run.until_said("preparing")
    for number in (port, port + 20):
        with socket.socket() as late:
            late.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with pytest.raises(OSError, match="in use"):
                late.bind(("127.0.0.1", number))
                late.listen()
    assert run.stop(signal.SIGTERM) == 0


def test_a_program_that_dies_leaves_its_port_to_nobody(data: Path, port: int) -> None:
    run = Run(data, port).up()
    first = answer(port)
    assert first is not None
    os.kill(int(first), signal.SIGKILL)
    with socket.socket() as late, pytest.raises(OSError, match="in use"):
        late.bind(("127.0.0.1", port))
    until(lambda: answer(port) not in (None, first))
    assert run.stop() == 0


def test_a_gateway_that_cannot_prove_itself_is_not_believed(data: Path, port: int) -> None:
    run = Run(data, port, GATEWAY="another's")
    assert run.ended() == 1
    assert f"Another program than ours answers at 127.0.0.1:{port + 20}." in run.words
    assert of_folder(data) == []


def test_nobody_else_on_the_machine_reads_what_a_company_keeps(data: Path, port: int) -> None:
    (data / "log").mkdir(mode=0o755)
    (data / "log" / "web.log").touch(mode=0o644)
    run = Run(data, port).up()
    open_to_others = [
        (path.relative_to(data), oct(path.stat().st_mode))
        for path in [*data.glob("*"), *data.glob("log/*"), *data.glob("pg/*")]
        if path.lstat().st_mode & 0o077 and not path.is_socket()
    ]
    assert open_to_others == []
    assert run.stop() == 0


def test_a_program_that_cannot_start_stops_everything_and_says_why(data: Path, port: int) -> None:
    run = Run(data, port, WEB="broken")
    assert run.ended() == 1
    assert "web ended with status 1 instead of starting" in run.words
    assert "the stock file is unreadable" in run.words
    assert of_folder(data) == []


def test_stopping_in_the_middle_of_the_preparation_leaves_nothing(data: Path, port: int) -> None:
    run = Run(data, port, SLOW="yes")
    run.until_said("preparing")
    assert run.stop(signal.SIGTERM) == 0
    assert "Traceback" not in run.words
    assert not (data / "diary").exists()
    assert of_folder(data) == []


def test_a_given_database_is_used_and_none_is_started(data: Path, port: int) -> None:
    with postgres.start(data.parent / "elsewhere", durable=False) as server:
        postgres.create_database(server, "company")
        run = Run(data, port, MAINSTEM_DATABASE_URL=server.admin_url("company")).up()
        assert not (data / "pg").exists()
        assert run.stop() == 0
        with psycopg.connect(server.admin_url("company")) as connection:
            assert connection.execute("SELECT count(*) FROM starts").fetchone() == (1,)


def test_an_unreachable_database_is_said_without_its_password(data: Path, port: int) -> None:
    address = f"postgresql://company:secret-word@127.0.0.1:{port}/books"
    run = Run(data, port, MAINSTEM_DATABASE_URL=address)
    assert run.ended() == 1
    assert f"names 127.0.0.1:{port}/books, which cannot be reached" in run.words
    assert "secret-word" not in run.words
    assert "Traceback" not in run.words


def test_a_database_that_is_too_old_is_refused_by_its_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running, "OLDEST_SERVER", 99)
    with (
        postgres.start(tmp_path / "pg", durable=False) as server,
        pytest.raises(running.CannotRun, match="is PostgreSQL 18; 99 or newer is needed"),
    ):
        running._check_server(server.admin_url())
