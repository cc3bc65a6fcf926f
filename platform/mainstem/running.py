"""The supervisor behind `mainstem run`: one command, the whole company, and nothing left behind.

It takes the data folder for itself, brings the database up, lets the company prepare it, starts
the company's processes and waits until each answers. A process that dies is started again. Ctrl-C
stops everything in the reverse order. Should the supervisor itself be killed, the database's
keeper and the warden end what it had started.

What the company is made of is said by the caller, in a `Company`; no business is known here.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

import psycopg

from mainstem.kit import postgres
from mainstem.kit.postgres import PostgresProblem, Server, ServerAlreadyOwned

OLDEST_SERVER = 15
DATABASE = "mainstem"
_WARDEN = Path(__file__).with_name("running_warden.py")
_READY_PATIENCE_SECONDS = 60.0
_LOCK_PATIENCE_SECONDS = 12.0
_HEALTHY_AFTER_SECONDS = 60.0
_BACK_OFF_MAX_SECONDS = 30.0
_PORTS_TRIED = 50
_LOG_BYTES_MAX = 10 * 1024 * 1024


@dataclass(frozen=True)
class Place:
    """Where the company runs this time: its data, its database, its ports."""

    data: Path
    host: str
    owner_url: str  # the database, for the role that owns it
    ports: Mapping[str, int]
    logs: Path

    def url(self, name: str) -> str:
        """The address at which the named port is reached from this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{host}:{self.ports[name]}"


@dataclass(frozen=True)
class Process:
    """One program of the company; `ready_url` answers 200 once it can work."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None
    stop_seconds: float = 5.0


@dataclass(frozen=True)
class Company:
    """What to run: wished ports by name, what to do before, the programs, and what to tell."""

    ports: Mapping[str, int]
    prepare: Callable[[Place], None]
    processes: Callable[[Place], Sequence[Process]]
    banner: Callable[[Place], str]


class AlreadyRunning(Exception):
    """The company of this data folder runs in another process."""

    def __init__(self, pid: int | None, banner: str) -> None:
        self.pid, self.banner = pid, banner
        who = f"as process {pid}" if pid else "in another process"
        stop = f"Stop it with Ctrl-C in its terminal, or: kill {pid}" if pid else ""
        sentences = [f"Mainstem already runs here, {who}.", banner, stop]
        super().__init__("\n".join(sentence for sentence in sentences if sentence))


class CannotRun(Exception):
    """The company cannot start; the text says why."""


class _Stop(BaseException):
    """Somebody asked us to stop while we were busy with one long step."""


def run_company(
    company: Company,
    data: Path,
    *,
    host: str = "127.0.0.1",
    database_url: str | None = None,
    say: Callable[[str], None] = lambda line: print(line, flush=True),  # noqa: T201
) -> int:
    """Run the company until it is asked to stop; the exit status of the command.

    `database_url` names a server that already runs; without it an embedded one is started in
    the data folder. 0 after a wished stop, 1 when it could not start or already runs.
    """
    try:
        with _own(data) as lock:
            return _Supervisor(company, data.absolute(), host, database_url, lock, say).run()
    except (AlreadyRunning, CannotRun, PostgresProblem) as problem:
        say(str(problem))
        return 1


def running(data: Path) -> int | None:
    """The process id of the supervisor that runs the company of this folder now; else None."""
    try:
        lock = os.open(data / "company.lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pid = _noted(data).get("pid")
        return int(str(pid)) if pid else None
    finally:
        os.close(lock)
    return None


def addresses(data: Path) -> dict[str, str]:
    """Where the running company of this folder answers, by name; nothing until all of it does."""
    noted = _noted(data).get("addresses", {}) if running(data) else {}
    assert isinstance(noted, dict)
    return noted


@contextlib.contextmanager
def _own(data: Path) -> Iterator[int]:
    data.mkdir(parents=True, exist_ok=True)
    lock = os.open(data / "company.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + _LOCK_PATIENCE_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                noted = _noted(data)
                pid = int(str(noted.get("pid", 0))) or None
                # A killed supervisor's warden is still clearing up: that is worth waiting for.
                if (pid is not None and _lives(pid)) or time.monotonic() > until:
                    raise AlreadyRunning(pid, str(noted.get("banner", ""))) from None
                time.sleep(0.05)
        yield lock
    finally:
        os.close(lock)


def _noted(data: Path) -> dict[str, object]:
    try:
        noted = json.loads((data / "company.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    assert isinstance(noted, dict)
    return noted


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


class _Child:
    """One running program, and what is known of its health."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.popen: subprocess.Popen[bytes] | None = None
        self.began = 0.0
        self.deaths = 0
        self.again_at: float | None = None

    @property
    def ended(self) -> int | None:
        return self.popen.poll() if self.popen is not None else None


class _Supervisor:
    def __init__(
        self,
        company: Company,
        data: Path,
        host: str,
        database_url: str | None,
        lock: int,
        say: Callable[[str], None],
    ) -> None:
        self.company, self.data, self.host, self.say = company, data, host, say
        self.database_url, self.lock = database_url, lock
        self.server: Server | None = None
        self.warden: subprocess.Popen[str] | None = None
        self.children: list[_Child] = []
        self.asked_to_stop = 0
        self.interruptible = False
        self.logs = data / "log"
        self.addresses: dict[str, str] = {}

    def run(self) -> int:
        wake, self._wake = _self_pipe()
        self._listen()
        try:
            place = self._begin()
            self._start_all(place)
            self.addresses = {name: place.url(name) for name in place.ports}
            banner = self.company.banner(place)
            self._note(banner)
            self.say(banner)
            while not self.asked_to_stop:
                self._tend()
                _sleep_on(wake, 0.5)
        except _Stop:
            pass
        finally:
            self.interruptible = False
            self._end()
            signal.set_wakeup_fd(-1)
            os.close(wake)
            os.close(self._wake)
        return 0

    # Asked to stop

    def _listen(self) -> None:
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(wish, self._stop_wished)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def _stop_wished(self, _number: int, _frame: FrameType | None) -> None:
        self.asked_to_stop += 1
        if self.interruptible:
            self.interruptible = False
            raise _Stop

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """One long step that starts nothing of ours, so it may be broken off anywhere."""
        if self.asked_to_stop:
            raise _Stop
        self.interruptible = True
        try:
            yield
        finally:
            self.interruptible = False

    # Start

    def _begin(self) -> Place:
        self._note("")
        self.logs.mkdir(exist_ok=True)
        owner_url = self.database_url
        with self._interruptible():
            if owner_url is None:
                self.server = self._start_database()
                owner_url = self.server.admin_url(DATABASE)
            else:
                _check_server(owner_url)
        place = Place(self.data, self.host, owner_url, self._choose_ports(), self.logs)
        with self._interruptible():
            self.company.prepare(place)
        return place

    def _start_database(self) -> Server:
        try:
            server = postgres.start(self.data / "pg")
        except ServerAlreadyOwned as owned:
            raise AlreadyRunning(owned.owner_pid, "") from owned
        with psycopg.connect(server.admin_url()) as connection:
            known = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone()
        if known is None:
            postgres.create_database(server, DATABASE)
        return server

    def _choose_ports(self) -> dict[str, int]:
        chosen: dict[str, int] = {}
        for name, wished in self.company.ports.items():
            chosen[name] = _free_port(self.host, wished, taken=set(chosen.values()))
            if chosen[name] != wished:
                self.say(f"Port {wished} is taken; {name} uses {chosen[name]} this time.")
        return chosen

    def _start_all(self, place: Place) -> None:
        self.warden = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(_WARDEN)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            pass_fds=[self.lock],
            start_new_session=True,
            cwd="/",
        )
        self.children = [_Child(process) for process in self.company.processes(place)]
        for child in self.children:
            self._spawn(child)
        for child in self.children:
            self._await_ready(child)

    def _spawn(self, child: _Child) -> None:
        log = self._log_of(child)
        if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            child.popen = subprocess.Popen(  # noqa: S603
                list(child.process.argv),
                env={**os.environ, **child.process.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches us alone, and we choose the order
            )
        child.began, child.again_at = time.monotonic(), None
        self._tell_warden("watch", child.popen.pid)

    def _await_ready(self, child: _Child) -> None:
        url = child.process.ready_url
        until = time.monotonic() + _READY_PATIENCE_SECONDS
        while not self.asked_to_stop:
            if child.ended is not None:
                self._give_up(child, f"ended with {_status(child.ended)} instead of starting")
            if url is None or _answers(url):
                return
            if time.monotonic() > until:
                self._give_up(child, f"did not answer at {url} within a minute")
            time.sleep(0.05)

    def _give_up(self, child: _Child, why: str) -> NoReturn:
        raise CannotRun(f"{child.process.name} {why}. {self._last_words(child)}")

    def _last_words(self, child: _Child) -> str:
        log = self._log_of(child)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        return "\n".join([f"The end of {log}:", *(f"  {line}" for line in lines)])

    def _log_of(self, child: _Child) -> Path:
        return self.logs / f"{child.process.name}.log"

    # Run

    def _tend(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.again_at is not None:
                if now >= child.again_at:
                    self._spawn(child)
                continue
            if child.ended is None:
                continue
            assert child.popen is not None
            self._bury(child)
            child.deaths = 1 if now - child.began > _HEALTHY_AFTER_SECONDS else child.deaths + 1
            pause = min(0.5 * 2 ** (child.deaths - 1), _BACK_OFF_MAX_SECONDS)
            child.again_at = now + pause
            self.say(
                f"{child.process.name} ended with {_status(child.ended)}; it is started again in "
                f"{pause:g} s. {self._last_words(child)}"
            )
        if self.server is not None and not self.server.alive:
            self.say("The database ended; it is started again.")
            self.server.stop()
            with self._interruptible():
                self.server = self._start_database()

    # Stop

    def _end(self) -> None:
        if self.children or self.server:
            self.say("Stopping." if self.asked_to_stop else "Stopping what was started.")
        for child in reversed(self.children):
            self._stop(child)
        if self.warden is not None:
            assert self.warden.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self.warden.stdin.close()
            self.warden.wait()
        if self.server is not None:
            self.server.stop()
        (self.data / "company.json").unlink(missing_ok=True)

    def _stop(self, child: _Child) -> None:
        if child.popen is None:
            return
        asked_before = self.asked_to_stop
        with contextlib.suppress(ProcessLookupError):
            if child.ended is None:
                os.killpg(child.popen.pid, signal.SIGTERM)
        until = time.monotonic() + child.process.stop_seconds
        while child.ended is None and time.monotonic() < until:
            if self.asked_to_stop > asked_before:
                break  # asked once more: somebody is in a hurry
            time.sleep(0.02)
        self._bury(child)

    def _bury(self, child: _Child) -> None:
        """End whatever is left of the child's group, and reap the child."""
        assert child.popen is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.popen.pid, signal.SIGKILL)
        child.popen.wait()
        self._tell_warden("forget", child.popen.pid)

    def _tell_warden(self, word: str, group: int) -> None:
        if self.warden is None:
            return
        assert self.warden.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.warden.stdin.write(f"{word} {group}\n")
            self.warden.stdin.flush()

    def _note(self, banner: str) -> None:
        written = self.data / "company.json.new"
        noted = {"pid": os.getpid(), "banner": banner, "addresses": self.addresses}
        written.write_text(json.dumps(noted), encoding="utf-8")
        written.replace(self.data / "company.json")


def _check_server(url: str) -> None:
    """Refuse a server that cannot be reached or is too old, in a sentence without its password."""
    parts = urlsplit(url)
    shown = f"{parts.hostname or 'the local socket'}:{parts.port or 5432}{parts.path}"
    try:
        plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(plain, connect_timeout=5) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1:] or ["no answer"]
        raise CannotRun(
            f"MAINSTEM_DATABASE_URL names {shown}, which cannot be reached: {reason[0]}"
        ) from None
    if version < OLDEST_SERVER:
        raise CannotRun(
            f"MAINSTEM_DATABASE_URL names {shown}, which is PostgreSQL {version}; "
            f"{OLDEST_SERVER} or newer is needed."
        )


def _free_port(host: str, wished: int, *, taken: set[int]) -> int:
    for port in range(wished, min(wished + _PORTS_TRIED, 65536)):
        if port not in taken and _can_listen(host, port):
            return port
    raise CannotRun(f"No port from {wished} to {wished + _PORTS_TRIED - 1} is free on {host}.")


def _can_listen(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path or "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _status(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"status {code}"


def _self_pipe() -> tuple[int, int]:
    """A pipe that a signal writes to, so that waiting ends the moment something happens."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    return read, write


def _sleep_on(wake: int, seconds: float) -> None:
    select.select([wake], [], [], seconds)
    with contextlib.suppress(BlockingIOError):
        os.read(wake, 4096)
