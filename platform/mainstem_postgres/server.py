"""An embedded PostgreSQL that lives in one folder and ends with the process that started it.

    with start(Path(".data/pg")) as server:
        create_database(server, "company")
        engine_url = server.admin_url("company")

Everything is inside the folder: the cluster, its socket, its log, the superuser's password (0600)
and `owner.json`. Nobody reaches it over a network. Two things may be put into the temporary folder
and go again at the stop: a socket folder when the path is too long for a socket, and a copy of the
programs when the unprivileged user that replaces root cannot reach them.

A lock, inherited by the server and all its backends, keeps a second owner out; it is free exactly
when the last of those processes is gone, also after kill -9.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from mainstem_postgres.binaries import (
    Account,
    PostgresNotFound,
    PostgresProblem,
    PostgresVersionDiffers,
    Programs,
    account_for,
    choose,
    reachable,
)

__all__ = [
    "PostgresNotFound",
    "PostgresProblem",
    "PostgresVersionDiffers",
    "Server",
    "ServerAlreadyOwned",
    "ServerDidNotStart",
    "create_database",
    "drop_database",
    "find",
    "start",
]

SUPERUSER = "postgres"
_PORT = 5432  # only part of the socket's name; nothing listens on a network
_SOCKET = f".s.PGSQL.{_PORT}"
_SOCKET_PATH_MAX = 107  # bytes; the kernel's limit, without the closing zero
_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_LOCK_PATIENCE_SECONDS = 20.0
_START_PATIENCE_SECONDS = 180.0
_STOP_GRACE_SECONDS = 30.0
_MIB = 1024 * 1024


class ServerAlreadyOwned(PostgresProblem):
    """Another process runs the server of this data folder."""

    def __init__(self, data: Path, owner_pid: int | None) -> None:
        self.data, self.owner_pid = data, owner_pid
        who = f"process {owner_pid}" if owner_pid else "another process"
        super().__init__(
            f"The database in {data} is already run by {who}. Stop that process first, or use "
            "another data folder."
        )


class ServerDidNotStart(PostgresProblem):
    """PostgreSQL ended, or did not become ready in time; the text ends with its own last words."""


class Server:
    """A running PostgreSQL server, reached over its Unix socket."""

    def __init__(
        self,
        data: Path,
        programs: Programs,
        sockets: Path,
        supervisor: subprocess.Popen[bytes] | None = None,
    ) -> None:
        self.data = data
        self.binaries: Path = programs.bin
        self.major: int = programs.major
        self.sockets = sockets
        self._supervisor = supervisor
        self._owner_pid = os.getpid()

    def __repr__(self) -> str:
        return f"<PostgreSQL {self.major} in {self.data}>"

    def url(self, database: str, *, user: str, password: str | None = None) -> str:
        """The address of a database as libpq and psycopg take it: postgresql://…?host=folder."""
        who = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        where = urlencode({"host": str(self.sockets), "port": _PORT})
        return f"postgresql://{who}@/{quote(database, safe='')}?{where}"

    def admin_url(self, database: str = "postgres", *, seen_through: int | None = None) -> str:
        """The same for the superuser, with its password; `seen_through` an open folder of the
        socket, for a program that inherits it and may not be able to walk there."""
        url = self.url(database, user=SUPERUSER, password=_password(self.data))
        if seen_through is None:
            return url
        return url.replace(
            quote(str(self.sockets), safe=""), quote(f"/proc/self/fd/{seen_through}", safe="")
        )

    @property
    def pid(self) -> int | None:
        """The process id of the server itself; None when it is down."""
        return _pid_in(self.data / "cluster" / "postmaster.pid")

    @property
    def alive(self) -> bool:
        """Whether the server is kept running; after kill -9 its supervisor starts it again."""
        if self._supervisor is not None:
            return self._supervisor.poll() is None
        return _is_locked(self.data)

    def stop(self) -> None:
        """Stop the server if this process owns it. Calling it again does nothing."""
        supervisor = self._supervisor
        if supervisor is None or os.getpid() != self._owner_pid:
            return
        assert supervisor.stdin is not None
        assert supervisor.stdout is not None
        supervisor.stdin.close()
        try:
            supervisor.wait(_STOP_GRACE_SECONDS + 15)
        except subprocess.TimeoutExpired:
            supervisor.kill()  # its death makes the kernel tell the server to stop
            supervisor.wait()
        supervisor.stdout.close()
        self._supervisor = None
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(data: Path, *, durable: bool = True, settings: Mapping[str, str] | None = None) -> Server:
    """A server on this data folder, ready for connections; the folder is set up if it is new.

    `durable=False` is for tests: what is committed outlives any kill, but not a power cut.
    `settings` are PostgreSQL's own and win over ours. Raises ServerAlreadyOwned,
    PostgresVersionDiffers, PostgresNotFound, ServerDidNotStart.
    """
    data = Path(data).absolute()
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _lock(data) as lock:
        _remove_what_a_killed_owner_left(data)
        cluster = data / "cluster"
        programs = choose(data, written_by=_version_of(cluster))
        account = account_for(cluster)
        runnable, copied = reachable(programs, account)
        sockets = _sockets_for(cluster, account)
        left_outside = [path for path in (copied, None if sockets == cluster else sockets) if path]
        _note_owner(data, sockets, left_outside, supervisor_pid=None)
        try:
            if not cluster.exists():
                _initialise(data, runnable, account, durable=durable)
            _forget_exited(cluster, sockets)
            with _way_into(cluster, account) as (seen, handed):
                chosen = _settings(
                    runnable.major, seen if sockets == cluster else str(sockets), durable=durable
                )
                supervisor = _start_supervisor(
                    data, runnable, account, lock, seen, handed, left_outside,
                    chosen | dict(settings or {}),
                )  # fmt: skip
            _note_owner(data, sockets, left_outside, supervisor_pid=supervisor.pid)
            server = Server(data, programs, sockets, supervisor)
        except BaseException:
            _remove(left_outside)
            raise
        atexit.register(server.stop)
        _close_in_forked_children(server)
        try:
            _await_ready(server)
        except BaseException:
            server.stop()
            raise
        return server


def find(data: Path) -> Server | None:
    """The server that another process runs on this data folder now, to connect to; else None."""
    data = Path(data).absolute()
    owner = _owner(data)
    cluster = data / "cluster"
    major = _version_of(cluster)
    if owner is None or major is None or not _is_locked(data):
        return None
    return Server(data, choose(data, written_by=major), Path(str(owner["sockets"])))


def create_database(server: Server | str, name: str, template: str | None = None) -> None:
    """Create a database, as a copy of the template if one is named (nobody may be in it)."""
    statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template is not None:
        # Copying files is far quicker than logging each page of a template.
        copied = sql.SQL(" TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template))
        statement += copied
    _administer(server, statement)


def drop_database(server: Server | str, name: str) -> None:
    """Drop a database, with whoever is connected to it; a missing one is fine."""
    name_of = sql.Identifier(name)
    _administer(server, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name_of))


def _administer(server: Server | str, statement: sql.Composed) -> None:
    address = server.admin_url() if isinstance(server, Server) else server
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


# Who owns the folder


@contextlib.contextmanager
def _lock(data: Path) -> Iterator[int]:
    """The folder's lock, as a file descriptor that the supervisor and the server inherit."""
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + _LOCK_PATIENCE_SECONDS
        while not _try_lock(lock):
            owner = _owner(data)
            if (owner is not None and _owns(owner)) or time.monotonic() > until:
                raise ServerAlreadyOwned(data, int(str(owner["pid"])) if owner else None)
            time.sleep(0.05)  # the owner or its supervisor is dead, and the server is stopping
        yield lock
    finally:
        os.close(lock)


def _try_lock(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_locked(data: Path) -> bool:
    try:
        lock = os.open(data / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(lock)
    finally:
        os.close(lock)


def _note_owner(
    data: Path, sockets: Path, outside: list[Path], *, supervisor_pid: int | None
) -> None:
    owner = {
        "pid": os.getpid(),
        "born": _birth(os.getpid()),
        "supervisor_pid": supervisor_pid,
        "sockets": str(sockets),
        "outside": [str(path) for path in outside],
    }
    written = data / "owner.json.new"
    written.write_text(json.dumps(owner), encoding="utf-8")
    written.replace(data / "owner.json")


def _owner(data: Path) -> dict[str, object] | None:
    try:
        owner = json.loads((data / "owner.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    assert isinstance(owner, dict)
    return owner


def _owns(owner: Mapping[str, object]) -> bool:
    """Whether the noted owner lives, is no later process of the same number, and has its supervisor."""
    pid, supervisor_pid = int(str(owner["pid"])), owner.get("supervisor_pid")
    supervisor_lives = supervisor_pid is None or _lives(int(str(supervisor_pid)))
    return _lives(pid) and owner.get("born") == _birth(pid) and supervisor_lives


def _lives(pid: int) -> bool:
    """Whether the process exists and is more than a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _stat(pid)[:1] not in (["Z"], ["X"])


def _birth(pid: int) -> str:
    """When the process began, as the kernel counts; "" where there is no /proc."""
    fields = _stat(pid)
    return fields[19] if len(fields) > 19 else ""


def _stat(pid: int) -> list[str]:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the program's name may hold spaces and brackets


def _remove_what_a_killed_owner_left(data: Path) -> None:
    # We hold the lock, so that owner's server is gone as well.
    owner = _owner(data)
    outside = owner.get("outside", []) if owner else []
    assert isinstance(outside, list)
    _remove([Path(str(path)) for path in outside])
    shutil.rmtree(data / "cluster.new", ignore_errors=True)


def _remove(folders: list[Path]) -> None:
    for folder in folders:
        # Written down by us; the prefix keeps an edited owner.json from removing anything else.
        if folder.name.startswith("mainstem-postgres-") and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)


# The cluster


def _version_of(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def _initialise(data: Path, programs: Programs, account: Account | None, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there whole, so half a cluster never counts."""
    cluster = data / "cluster.new"
    cluster.mkdir(mode=0o700)
    if account is not None:
        _give(cluster, account)
    password = secrets.token_urlsafe(32)
    _write_private(data / "password", password)
    builtin = programs.major >= 17  # the same order and case rules on every machine
    locale = (
        ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if builtin
        else ["--locale=C.UTF-8"]
    )
    with (
        _password_for_initdb(data) as (password_file, also_handed),
        _way_into(cluster, account) as (seen, handed),
    ):
        done = subprocess.run(  # noqa: S603
            [
                programs.bin / "initdb",
                f"--pgdata={seen}",
                f"--username={SUPERUSER}",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                *locale,
                "--lc-messages=C",
                "--auth-local=scram-sha-256",
                "--auth-host=scram-sha-256",
                "--data-checksums",
                "--no-instructions",
                *([] if durable else ["--no-sync"]),
            ],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            pass_fds=(*handed, *also_handed),
            umask=0o077,
            **_as_user(account),  # type: ignore[call-overload, unused-ignore]
        )
    if done.returncode != 0:
        shutil.rmtree(cluster, ignore_errors=True)
        raise ServerDidNotStart(
            f"PostgreSQL could not set up {data}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    cluster.rename(data / "cluster")


@contextlib.contextmanager
def _way_into(cluster: Path, account: Account | None) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A name under which the server reaches its folder, and what it must inherit for that.

    The user that replaces root may have no way through the folders above the cluster. It needs
    none: it inherits the open folder, and the kernel leads it there by this name.
    """
    if account is None or not Path("/proc/self/fd").is_dir():
        yield str(cluster), ()
        return
    folder = os.open(cluster, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}", (folder,)
    finally:
        os.close(folder)


def _give(path: Path, account: Account) -> None:
    try:
        os.chown(path, account.uid, account.gid)
    except OSError as error:
        raise PostgresProblem(
            f"PostgreSQL refuses to run as root, and {path} cannot be given to the user with id "
            f"{account.uid}: {error.strerror}. Start as an ordinary user."
        ) from error


@contextlib.contextmanager
def _password_for_initdb(data: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A name under which initdb can read the password, also as a user who may not read ours."""
    if os.geteuid() != 0 or not hasattr(os, "memfd_create"):
        yield str(data / "password"), ()
        return
    memory = os.memfd_create("password")
    try:
        os.write(memory, (_password(data) + "\n").encode())
        os.set_inheritable(memory, True)
        yield f"/dev/fd/{memory}", (memory,)
    finally:
        os.close(memory)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)


def _password(data: Path) -> str:
    try:
        return (data / "password").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise PostgresProblem(f"{data}/password is missing: nobody can sign in.") from None
    except PermissionError:
        raise PostgresProblem(f"{data} belongs to another user of this machine.") from None


def _forget_exited(cluster: Path, sockets: Path) -> None:
    """Remove the marks of a dead server that PostgreSQL would take for those of a living one.

    PostgreSQL judges by the pid alone: a zombie, or after a restart of the machine any process
    that got the same number, keeps it from starting. We hold the lock that its real processes
    would hold, so a pid that is no server of this folder is stale.
    """
    for mark in (cluster / "postmaster.pid", sockets / f"{_SOCKET}.lock"):
        pid = _pid_in(mark)
        if pid is not None and not (_lives(pid) and _works_in(pid, cluster)):
            mark.unlink(missing_ok=True)


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return Path("/proc/self/cwd").exists() is False  # no /proc: leave the judgement to it


def _pid_in(mark: Path) -> int | None:
    lines = _lines(mark)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _lines(mark: Path) -> list[str]:
    try:
        return mark.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


# The server's surroundings


def _sockets_for(cluster: Path, account: Account | None) -> Path:
    """The folder of the socket: the cluster itself, or a short one when that path is too long.

    The short one has the same name at each start, so that an address stays good.
    """
    if len(os.fsencode(cluster / _SOCKET)) <= _SOCKET_PATH_MAX:
        return cluster
    name = hashlib.sha256(os.fsencode(cluster)).hexdigest()[:16]
    for place in dict.fromkeys([tempfile.gettempdir(), "/tmp"]):  # noqa: S108
        folder = Path(place) / f"mainstem-postgres-{name}-{os.geteuid()}"
        if len(os.fsencode(folder / _SOCKET)) > _SOCKET_PATH_MAX:
            continue
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            if account is not None:
                _give(folder, account)
        found = folder.lstat()
        expected = account.uid if account else os.geteuid()
        if folder.is_symlink() or found.st_uid != expected or found.st_mode & 0o077:
            raise PostgresProblem(f"{folder}, the place of the socket, belongs to somebody else.")
        return folder
    raise PostgresProblem(f"The path of {cluster} is too long for a socket, and TMPDIR as well.")


def _start_supervisor(
    data: Path,
    programs: Programs,
    account: Account | None,
    lock: int,
    seen: str,
    handed: tuple[int, ...],
    outside: list[Path],
    settings: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    order = {
        "command": [
            str(programs.bin / "postgres"),
            "-D",
            seen,
            *(part for key, value in settings.items() for part in ("-c", f"{key}={value}")),
        ],
        "environment": _environment(),
        "account": [account.uid, account.gid] if account else None,
        "inherited": [lock, *handed],
        "log": str(data / "start.log"),
        "remove": [str(path) for path in outside],
        "grace_seconds": _STOP_GRACE_SECONDS,
    }
    with (data / "start.log").open("wb") as words:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(_SUPERVISOR), json.dumps(order)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            pass_fds=[lock, *handed],
            # Ctrl-C in the terminal is for the owner, who first stops what uses the database.
            start_new_session=True,
            cwd="/",
        )


def _await_ready(server: Server) -> None:
    supervisor = server._supervisor
    assert supervisor is not None
    assert supervisor.stdout is not None
    started = _line_within(supervisor, _START_PATIENCE_SECONDS)
    if not started.startswith("started "):
        raise ServerDidNotStart(_last_output(server.data))
    pid = started.split()[1]
    until = time.monotonic() + _START_PATIENCE_SECONDS
    while time.monotonic() < until:
        lines = _lines(server.data / "cluster" / "postmaster.pid")
        if len(lines) > 7 and lines[0] == pid and lines[7].strip() == "ready":
            return
        if supervisor.poll() is not None:
            raise ServerDidNotStart(_last_output(server.data))
        time.sleep(0.01)
    raise ServerDidNotStart(_last_output(server.data))


def _line_within(supervisor: subprocess.Popen[bytes], seconds: float) -> str:
    assert supervisor.stdout is not None
    readable, _, _ = select.select([supervisor.stdout], [], [], seconds)
    return supervisor.stdout.readline().decode() if readable else ""


def _last_output(data: Path) -> str:
    logs = [data / "start.log", *sorted((data / "cluster" / "log").glob("*.log"), key=_changed)]
    first_and_last = dict.fromkeys([logs[0], logs[-1]])
    words = [log.read_text(encoding="utf-8", errors="replace")[-1500:] for log in first_and_last]
    return f"PostgreSQL in {data} did not start. Its last words:\n" + "\n".join(words)


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def _close_in_forked_children(server: Server) -> None:
    # A forked child holds a copy of the pipe, which would keep the server after its owner.
    supervisor = server._supervisor
    assert supervisor is not None
    assert supervisor.stdin is not None
    pipe = supervisor.stdin

    def let_go() -> None:
        with contextlib.suppress(OSError, ValueError):
            pipe.close()

    os.register_at_fork(after_in_child=let_go)


def _environment() -> dict[str, str]:
    """What the server inherits: not our environment, which may hold keys of the payment gateway."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"} | kept


def _as_user(account: Account | None) -> dict[str, object]:
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _settings(major: int, listens_in: str, *, durable: bool) -> dict[str, str]:
    """Settings for a machine that the server shares with the application."""
    memory = _memory_bytes()
    chosen = {
        "listen_addresses": "",
        "port": str(_PORT),
        "unix_socket_directories": listens_in,
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "max_connections": "100",
        "shared_buffers": f"{_between(64, memory // 8 // _MIB, 2048)}MB",
        "effective_cache_size": f"{_between(256, memory // 2 // _MIB, 16384)}MB",
        "maintenance_work_mem": f"{_between(32, memory // 32 // _MIB, 512)}MB",
        "work_mem": "8MB",
        "random_page_cost": "1.1",  # no spinning disks
        "jit": "off",  # compiling costs more than our short statements
        "wal_compression": "on",
        "min_wal_size": "256MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "log_line_prefix": "%m [%p] %u@%d ",
    }
    if durable:
        # One file for each day of the week, emptied when its day comes round again.
        return chosen | {
            "logging_collector": "on",
            "log_directory": "log",
            "log_filename": "postgresql-%a.log",
            "log_rotation_age": "1d",
            "log_rotation_size": "0",
            "log_truncate_on_rotation": "on",
            "log_checkpoints": "off",
            "log_lock_waits": "on",
        }
    return chosen | {
        "fsync": "off",
        "full_page_writes": "off",
        "wal_level": "minimal",
        "max_wal_senders": "0",
        "shared_buffers": "128MB",
        "min_wal_size": "80MB",
    } | ({"io_method": "sync"} if major >= 18 else {})  # fmt: skip


def _between(least: int, wished: int, most: int) -> int:
    return max(least, min(wished, most))


def _memory_bytes() -> int:
    """The machine's memory, or the container's share of it if that is less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        memory = min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return memory
