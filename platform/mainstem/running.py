"""The supervisor behind `mainstem run`: one command, the whole company, and nothing left behind.

It takes the data folder for itself, brings the database up, lets the company prepare it, starts
the company's processes, each with the socket that it serves, and waits until each answers. A
process that dies is started again. Ctrl-C stops everything in the reverse order. Should the
supervisor itself be killed, the database's own supervisor and the reaper end what it had started.

What the company is made of is said by the caller, in a `Company`; no business is known here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hmac
import http.client
import json
import os
import secrets
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
from typing import Any, NoReturn
from urllib.parse import urlsplit

import psycopg

import mainstem_postgres as postgres
from mainstem.kit.privileges import ordinary_user
from mainstem_postgres import Account, PostgresProblem, Server, ServerAlreadyOwned

OLDEST_SERVER = 15
DATABASE = "mainstem"
_REAPER = Path(__file__).with_name("running_reaper.py")
_READY_PATIENCE_SECONDS = 60.0
_LOCK_PATIENCE_SECONDS = 12.0
_HEALTHY_AFTER_SECONDS = 60.0
_BACK_OFF_MAX_SECONDS = 30.0
_PORTS_TRIED = 50
_WAITING_MAX = 1024
_LOG_BYTES_MAX = 10 * 1024 * 1024


@dataclass(frozen=True)
class Port:
    """A port that is wished for; where it is taken, one of the next is used."""

    wished: int
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """Where the company runs this time: its data, its database, its addresses."""

    data: Path
    owner_url: str  # the database, for the role that owns it
    process_url: str  # the same, as a program that is no longer root reaches it
    listeners: Mapping[str, socket.socket]
    logs: Path

    def url(self, name: str) -> str:
        """The address at which the named port is reached from this machine."""
        host, port = self.listeners[name].getsockname()[:2]
        if host in ("0.0.0.0", "::"):  # noqa: S104
            host = "127.0.0.1"
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@dataclass(frozen=True)
class Process:
    """One program of the company; `ready_url` answers 200 once it can work.

    `listens` names the port whose socket it is given: `{fd}` in its arguments and environment
    becomes that file's number. Whoever answers at the address of a program with a `secret` must prove that they
    know it: the answer is the HMAC-SHA256 of the nonce in the query. One with `needs_no_root`
    runs as an ordinary user.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    listens: str | None = None
    ready_url: str | None = None
    secret: str | None = None
    needs_no_root: bool = False
    stop_seconds: float = 5.0


@dataclass(frozen=True)
class Company:
    """What to run: wished ports by name, what to do before, the programs, and what to tell."""

    ports: Mapping[str, Port]
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
    database_url: str | None = None,
    say: Callable[[str], None] = lambda line: print(line, flush=True),  # noqa: T201
) -> int:
    """Run the company until it is asked to stop; the exit status of the command.

    `database_url` names a server that already runs; without it an embedded one is started in
    the data folder. 0 after a wished stop, 1 when it could not start or already runs.
    """
    os.umask(0o077)  # what we and ours write is nobody else's to read
    try:
        with _own(data) as lock:
            _close_to_others(data)
            return _Supervisor(company, data.absolute(), database_url, lock, say).run()
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
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
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
                # A killed supervisor's reaper is still clearing up: that is worth waiting for.
                if (pid is not None and _lives(pid)) or time.monotonic() > until:
                    raise AlreadyRunning(pid, str(noted.get("banner", ""))) from None
                time.sleep(0.05)
        yield lock
    finally:
        os.close(lock)


def _close_to_others(data: Path) -> None:
    """Take from others what an earlier version let them read. The folder itself is theirs who
    made it; what lies in it under our names is ours."""
    for name in ("company.json", "company.lock", "gateway.sqlite", "gateway.sqlite-wal",
                 "gateway.sqlite-shm", "log", "secrets"):  # fmt: skip
        path = data / name
        for found in (path, *path.glob("*")):
            with contextlib.suppress(FileNotFoundError):
                found.chmod(0o700 if found.is_dir() else 0o600)


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
        database_url: str | None,
        lock: int,
        say: Callable[[str], None],
    ) -> None:
        self.company, self.data, self.say = company, data, say
        self.database_url, self.lock = database_url, lock
        self.listeners: dict[str, socket.socket] = {}
        self.sockets: int | None = None  # the folder of the database's socket, for who is not root
        self.account: Account | None = None
        self.server: Server | None = None
        self.reaper: subprocess.Popen[str] | None = None
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
            self.addresses = {name: place.url(name) for name in place.listeners}
            banner = self.company.banner(place)
            self._note(banner)
            self.say(banner)
            while not self.asked_to_stop:
                self._supervise()
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
        owner_url = process_url = self.database_url
        self.account = ordinary_user()
        if os.geteuid() == 0 and self.account is None:
            self.say("Everything runs as root: no ordinary user can read where Mainstem lies.")
        with self._interruptible():
            if owner_url is None:
                self.server = self._start_database()
                owner_url = process_url = self.server.admin_url(DATABASE)
                if self.account is not None:
                    # They may not be able to walk down to it, so they are handed the folder.
                    self.sockets = os.open(self.server.sockets, os.O_PATH | os.O_DIRECTORY)
                    process_url = self.server.admin_url(DATABASE, seen_through=self.sockets)
            else:
                _check_server(owner_url)
        self._take_ports()
        assert process_url is not None
        place = Place(self.data, owner_url, process_url, self.listeners, self.logs)
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

    def _take_ports(self) -> None:
        """Listen on every port from now on: nobody can come between the choice and the use."""
        for name, port in self.company.ports.items():
            self.listeners[name] = listener = _listen(port)
            if (taken := listener.getsockname()[1]) != port.wished:
                self.say(f"Port {port.wished} is taken; {name} uses {taken} this time.")

    def _start_all(self, place: Place) -> None:
        self.reaper = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(_REAPER)],
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
        process, fds = child.process, []
        if process.listens is not None:
            fds.append(self.listeners[process.listens].fileno())
        fd = str(fds[0]) if fds else ""
        as_user: dict[str, Any] = {}
        if process.needs_no_root and self.account is not None:
            as_user = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
            if self.sockets is not None:
                fds.append(self.sockets)
        with log.open("ab") as output:
            child.popen = subprocess.Popen(  # noqa: S603
                [part.replace("{fd}", fd) for part in process.argv],
                env={**os.environ, **{k: v.replace("{fd}", fd) for k, v in process.env.items()}},
                pass_fds=fds,
                **as_user,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C reaches us alone, and we choose the order
            )
        child.began, child.again_at = time.monotonic(), None
        self._tell_reaper("watch", child.popen.pid)

    def _await_ready(self, child: _Child) -> None:
        url = child.process.ready_url
        until = time.monotonic() + _READY_PATIENCE_SECONDS
        while not self.asked_to_stop:
            if child.ended is not None:
                self._give_up(child, f"ended with {_status(child.ended)} instead of starting")
            if url is None or _answers(url, child.process.secret):
                return
            if time.monotonic() > until:
                self._give_up(child, f"did not answer at {url} within a minute")
            time.sleep(0.05)

    def _give_up(self, child: _Child, why: str) -> NoReturn:
        raise CannotRun(f"{child.process.name} {why}. {self._last_output(child)}")

    def _last_output(self, child: _Child) -> str:
        log = self._log_of(child)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        return "\n".join([f"The end of {log}:", *(f"  {line}" for line in lines)])

    def _log_of(self, child: _Child) -> Path:
        return self.logs / f"{child.process.name}.log"

    # Run

    def _supervise(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if child.again_at is not None:
                if now >= child.again_at:
                    self._spawn(child)
                continue
            if child.ended is None:
                continue
            assert child.popen is not None
            self._reap(child)
            child.deaths = 1 if now - child.began > _HEALTHY_AFTER_SECONDS else child.deaths + 1
            pause = min(0.5 * 2 ** (child.deaths - 1), _BACK_OFF_MAX_SECONDS)
            child.again_at = now + pause
            self.say(
                f"{child.process.name} ended with {_status(child.ended)}; it is started again in "
                f"{pause:g} s. {self._last_output(child)}"
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
            if child.process.listens is not None:
                self.listeners[child.process.listens].close()
        for listener in self.listeners.values():
            listener.close()
        if self.reaper is not None:
            assert self.reaper.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self.reaper.stdin.close()
            self.reaper.wait()
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
        self._reap(child)

    def _reap(self, child: _Child) -> None:
        """End whatever is left of the child's group, and reap the child."""
        assert child.popen is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.popen.pid, signal.SIGKILL)
        child.popen.wait()
        self._tell_reaper("forget", child.popen.pid)

    def _tell_reaper(self, word: str, group: int) -> None:
        if self.reaper is None:
            return
        assert self.reaper.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.reaper.stdin.write(f"{word} {group}\n")
            self.reaper.stdin.flush()

    def _note(self, banner: str) -> None:
        written = self.data / "company.json.new"
        noted = {"pid": os.getpid(), "banner": banner, "addresses": self.addresses}
        # The banner of a new company holds the link that makes its first admin.
        written.touch(mode=0o600)
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


def _listen(port: Port) -> socket.socket:
    """A socket that listens on the wished port, or on the first after it that is free."""
    family = socket.AF_INET6 if ":" in port.host else socket.AF_INET
    for number in range(port.wished, min(port.wished + _PORTS_TRIED, 65536)):
        # The protocol is named because the event loop turns off Nagle's delay only for named TCP.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((port.host, number))
            listener.listen(_WAITING_MAX)
        except OSError:
            listener.close()
            continue
        return listener
    last = port.wished + _PORTS_TRIED - 1
    raise CannotRun(f"No port from {port.wished} to {last} is free on {port.host}.")


def _answers(url: str, secret: str | None) -> bool:
    parts, nonce = urlsplit(url), secrets.token_urlsafe()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", f"{parts.path or '/'}?nonce={nonce}")
        answer = connection.getresponse()
        if secret is None or answer.status != 200:
            return answer.status == 200
        expected = hmac.digest(secret.encode(), nonce.encode(), "sha256").hex()
        if not hmac.compare_digest(expected.encode(), answer.read(100)):
            raise CannotRun(f"Another program than ours answers at {parts.netloc}.")
        return True
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def check_proof(url: str, secret: str) -> None:
    """Refuse to work with whoever answers there without knowing the secret: CannotRun."""
    until = time.monotonic() + _READY_PATIENCE_SECONDS
    while not _answers(url, secret):
        if time.monotonic() > until:
            raise CannotRun(f"Nobody answers at {url}.")
        time.sleep(0.1)


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
