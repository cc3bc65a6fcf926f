"""The database: connections by role and scope, Works that commit at the edge, migrations."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
import sqlalchemy
import sqlalchemy.exc
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlmodel import Session

from mainstem.kit.clock import Clock, SystemClock
from mainstem.kit.pools import ALL_PROCESSES, Pools
from mainstem.kit.work import COMPANY, SYSTEM, Actor, Tools, Work

COMPANY_ROLE = "mainstem_company"
APP_ROLE = "mainstem_app"
READ_ROLE = "mainstem_read"
OWNER_ROLE = "mainstem_owner"
SERVING_ROLES = (COMPANY_ROLE, APP_ROLE, READ_ROLE)
"""What the login of web and worker is a member of, and of nothing mightier."""
ROLES = (OWNER_ROLE, *SERVING_ROLES)
OLDEST = 150000  # PostgreSQL 15

_SESSION = {
    "timezone": "UTC",
    "lock_timeout": "10s",
    "statement_timeout": "120s",
    "idle_in_transaction_session_timeout": "60s",
}


class DatabaseUnfit(RuntimeError):
    """The database cannot carry the company: too old, unreachable, or its role is too mighty."""


class NotDemos(DatabaseUnfit):
    """Demo mode was shown a database that no demo has made."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"MAINSTEM_MODE is demo, and the database {name} was not made by a demo, so it is left"
            " alone: a demo moves its clock and lets everybody in by one password. Set"
            " MAINSTEM_MODE to production, or give it an empty database."
        )


class Database:
    """Connections to one database, by audience.

    Work of the company runs as a role that sees every row; work of one affiliate (`home`) as one
    that sees and writes only what is theirs, because the database says so. The two kinds never
    share a connection. `role` is another role for the company's work: a reader's, or the owner's.
    `name` is how its connections are called in `pg_stat_activity`. `pool` is how many connections
    of each kind are kept, twice as many in a rush; or exactly what may be at most.
    """

    def __init__(
        self,
        url: str,
        *,
        tools: Tools | None = None,
        clock: Clock | None = None,
        demo: bool = False,
        pool: int | Pools = 8,
        role: str = COMPANY_ROLE,
        name: str = "mainstem",
        statement_timeout: str | None = None,
    ) -> None:
        self.url = url
        self.tools = tools or Tools()
        self._clock = clock
        self._demo = demo
        settings = dict(_SESSION)
        if statement_timeout:
            settings["statement_timeout"] = statement_timeout
        most = pool if isinstance(pool, Pools) else Pools(company=2 * pool, affiliate=2 * pool)

        def engine(kind: str, role: str, most: int) -> Engine:
            named = {} if "application_name" in url else {"application_name": f"{name}{kind}"}
            return _engine(url, settings | named | {"role": role}, most)

        self._company = engine("", role, most.company)
        self._affiliate = engine("/affiliate", APP_ROLE, most.affiliate)
        # A check comes once a day: its connection is not kept for the next.
        self._reader = engine("/reader", READ_ROLE, 0)

    @contextmanager
    def work(
        self,
        actor: Actor = SYSTEM,
        *,
        home: int = COMPANY,
        clock: Clock | None = None,
        tools: Tools | None = None,
    ) -> Iterator[Work]:
        """One Work. Leaving it well commits; leaving it by an exception changes nothing."""
        engine = self._company if home == COMPANY else self._affiliate
        with self._opened(engine, actor, home, clock, tools) as work:
            yield work

    @contextmanager
    def reading(self) -> Iterator[Work]:
        """One Work that sees every row but secrets, and by whose role nothing can be written."""
        with self._opened(self._reader, SYSTEM, COMPANY, None, None) as work:
            yield work

    @contextmanager
    def _opened(
        self, engine: Engine, actor: Actor, home: int, clock: Clock | None, tools: Tools | None
    ) -> Iterator[Work]:
        with Session(engine, expire_on_commit=False) as session:
            work = Work(session, actor, SystemClock(), tools or self.tools, home)
            if home != COMPANY:
                work.run("SELECT set_config('mainstem.affiliate', %(home)s, true)", home=str(home))
            work.clock = clock or self._clock or self._clock_of(work)
            yield work
            session.commit()

    def _clock_of(self, work: Work) -> Clock:
        if not self._demo:
            return SystemClock()
        return SystemClock(work.value("SELECT ahead FROM demo_clock") or timedelta(0))

    def close(self) -> None:
        """Give every connection back."""
        self._company.dispose()
        self._affiliate.dispose()
        self._reader.dispose()


def _engine(url: str, settings: dict[str, str], most: int) -> Engine:
    kept: dict[str, Any] = {"poolclass": sqlalchemy.NullPool}
    if most:
        half = (most + 1) // 2
        # The one used last is taken first: it has its statements prepared and the catalogue at hand.
        kept = {
            "pool_size": half,
            "max_overflow": most - half,
            "pool_timeout": 10,
            "pool_use_lifo": True,
        }
    engine = sqlalchemy.create_engine(
        sqlalchemy_url(with_settings(url, settings)),
        **kept,
        # psycopg prepares what it has seen five times; prebuilt statements soon are.
        connect_args={"connect_timeout": 10, "prepare_threshold": 2},
    )

    # A round trip before each Work would cost as much as a small one. A server that has gone away
    # has closed the socket or said why, so there is something to read where nothing was asked.
    @sqlalchemy.event.listens_for(engine, "checkout")
    def refuse_a_closed_one(connection: Any, _record: Any, _proxy: Any) -> None:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        if not waiting.poll(0):
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise sqlalchemy.exc.InvalidatePoolError from error

    return engine


def with_settings(url: str, settings: dict[str, str]) -> str:
    """A connection URL whose sessions start with these settings."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    given = query.get("options", "")
    query["options"] = " ".join([given, *(f"-c {k}={v}" for k, v in settings.items())]).strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))


def sqlalchemy_url(url: str) -> str:
    """The URL as SQLAlchemy wants it, with our driver named."""
    return "postgresql+psycopg" + url[url.index("://") :]


_IN_THE_WAY = (
    psycopg.errors.SerializationFailure,
    psycopg.errors.DeadlockDetected,
    psycopg.errors.LockNotAvailable,
    psycopg.errors.QueryCanceled,
    psycopg.errors.TooManyConnections,
    psycopg.errors.AdminShutdown,
    psycopg.errors.CannotConnectNow,
    psycopg.errors.IdleInTransactionSessionTimeout,
    sqlalchemy.exc.TimeoutError,
)


def was_in_the_way(error: BaseException) -> bool:
    """Whether the database was only busy or away: the same work may succeed a moment later."""
    return isinstance(cause_of(error), _IN_THE_WAY) or was_lost(error)


def was_lost(error: BaseException) -> bool:
    """Whether the connection was lost or refused: such an error carries no SQLSTATE."""
    cause = cause_of(error)
    if isinstance(cause, sqlalchemy.exc.InvalidRequestError):
        # The pool has found its connection closed, and the new one that it made as well.
        return str(cause).startswith("This connection is closed")
    return isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None


def held_a_zero(error: BaseException) -> bool:
    """Whether a text held the zero character, which PostgreSQL keeps in no column."""
    cause = cause_of(error)
    return isinstance(cause, psycopg.errors.UntranslatableCharacter) or (
        isinstance(cause, psycopg.DataError) and cause.sqlstate is None and "NUL" in str(cause)
    )


def cause_of(error: BaseException) -> BaseException:
    """The driver's own error, where SQLAlchemy has put it in one of its own."""
    return getattr(error, "orig", None) or error


def migrate(owner_url: str, *, demo: bool = False, made_here: bool = False) -> None:
    """Bring the schema to the newest revision, as its owner. Safe beside another migration.

    With `demo`, the database is demo's own from then on: it was empty, or made by a demo before,
    or `made_here`, in the data folder of this demo; DatabaseUnfit, and nothing touched, otherwise.
    """
    with psycopg.connect(owner_url, autocommit=True, connect_timeout=10) as connection:
        check_server(connection)
        connection.execute("SELECT pg_advisory_lock(7215)")
        if demo and not made_here and not (_is_empty(connection) or _is_demo(connection)):
            raise NotDemos(connection.info.dbname)
        _make_roles(connection)
    # The first migration's policies, until the second replaces them, show every row to this scope.
    url = with_settings(
        owner_url,
        {"role": OWNER_ROLE, "mainstem.affiliate": "-1", "application_name": "mainstem-migrate"},
    )
    engine = sqlalchemy.create_engine(sqlalchemy_url(url), poolclass=sqlalchemy.NullPool)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[1] / "migrations"))
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7216)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if demo:
            connection.exec_driver_sql("UPDATE demo_clock SET is_demo = true WHERE NOT is_demo")
        connection.commit()


def check_server(connection: psycopg.Connection[Any]) -> None:
    """Refuse a server older than PostgreSQL 15."""
    if connection.info.server_version < OLDEST:
        version = connection.info.server_version // 10000
        raise DatabaseUnfit(f"This is PostgreSQL {version}; Mainstem needs 15 or newer.")


def check_role(url: str) -> None:
    """Refuse to serve production as a login that grants and row-level security do not bind, or
    that may not take the roles it needs."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        check_server(connection)
        row = connection.execute(
            """SELECT session_user, EXISTS (
                        SELECT 1 FROM pg_roles r WHERE pg_has_role(session_user, r.oid, 'MEMBER')
                           AND (r.rolsuper OR r.rolbypassrls OR r.rolname = %s)) OR EXISTS (
                        SELECT 1 FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
                           AND pg_has_role(session_user, c.relowner, 'MEMBER')),
                      ARRAY(SELECT name FROM unnest(%s::text[]) WITH ORDINALITY AS wanted (name, no)
                             WHERE NOT EXISTS (SELECT 1 FROM pg_roles r WHERE r.rolname = name
                                                  AND pg_has_role(session_user, r.oid, 'MEMBER'))
                             ORDER BY no)""",
            (OWNER_ROLE, list(SERVING_ROLES)),
        ).fetchone()
    assert row is not None
    user, unbound, missing = row
    if unbound:
        raise DatabaseUnfit(
            f"The database user {user} is a superuser, bypasses row-level security or owns the"
            f" tables. Give MAINSTEM_DATABASE_URL a user that is only a member of"
            f" {', '.join(SERVING_ROLES)}."
        )
    if missing:
        raise DatabaseUnfit(
            f"The database user {user} is no member of {', '.join(missing)}. Migrate, and then let"
            f" an administrator run: GRANT {', '.join(missing)} TO {user}"
        )


def check_demo(url: str) -> None:
    """Refuse to let demo mode near a database that no demo has made."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        check_server(connection)
        if not _is_demo(connection):
            raise NotDemos(connection.info.dbname)


def check_no_demo(url: str) -> None:
    """Refuse to serve production on a database that a demo has made."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        if _is_demo(connection):
            raise DatabaseUnfit(
                f"The database {connection.info.dbname} was made by demo mode: its people have a"
                " password that everybody knows, and its trade never happened. Give"
                " MAINSTEM_DATABASE_URL an empty one and run `mainstem migrate`."
            )


def _is_demo(connection: psycopg.Connection[Any]) -> bool:
    known = connection.execute(
        """SELECT 1 FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = 'demo_clock' AND column_name = 'is_demo'"""
    ).fetchone()
    row = connection.execute("SELECT is_demo FROM demo_clock").fetchone() if known else None
    return row is not None and bool(row[0])


def _is_empty(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute(
        """SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
              AND n.nspname NOT LIKE 'pg_temp%' AND n.nspname NOT LIKE 'pg_toast%' LIMIT 1"""
    ).fetchone()
    return found is None


def check_connections(url: str) -> None:
    """Refuse a database that has no room for two web processes and a worker in a rush."""
    with psycopg.connect(url, connect_timeout=10) as connection:
        row = connection.execute(
            """SELECT session_user, least(
                      current_setting('max_connections')::int
                        - current_setting('superuser_reserved_connections')::int
                        - coalesce(current_setting('reserved_connections', true)::int, 0),
                      (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = session_user),
                      (SELECT nullif(datconnlimit, -1) FROM pg_database
                        WHERE datname = current_database()))"""
        ).fetchone()
    assert row is not None
    user, room = row
    if room < ALL_PROCESSES:
        raise DatabaseUnfit(
            f"The database lets {user} hold {room} connections at once; two web processes and a"
            f" worker hold up to {ALL_PROCESSES} in a rush. Raise max_connections, or the limit of the user"
            f" or the database, to {ALL_PROCESSES} and as many more as others need."
        )


def _make_roles(connection: psycopg.Connection[Any]) -> None:
    """Make what is missing of our roles, and let whoever migrates take each of them."""
    for role in ROLES:
        known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        if not known:
            # Another database of this cluster may be migrating at the same moment.
            with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
                _as_administrator(connection, f"CREATE ROLE {role} NOLOGIN")
    if not _may(connection, "has_schema_privilege(%s, 'public', 'CREATE')", OWNER_ROLE):
        _as_administrator(connection, f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER_ROLE}")
    for role in SERVING_ROLES:
        if not _may(connection, "has_schema_privilege(%s, 'public', 'USAGE')", role):
            _as_administrator(connection, f"GRANT USAGE ON SCHEMA public TO {role}")
    for role in ROLES:
        if not _may(connection, "pg_has_role(current_user, %s, 'MEMBER')", role):
            _as_administrator(connection, f"GRANT {role} TO CURRENT_USER")


def _may(connection: psycopg.Connection[Any], question: str, role: str) -> bool:
    row = connection.execute(f"SELECT {question}", (role,)).fetchone()
    return bool(row and row[0])


def _as_administrator(connection: psycopg.Connection[Any], statement: str) -> None:
    """Run it, or say in a sentence what somebody mightier has to run first."""
    try:
        connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        user = connection.info.user
        told = statement.replace("CURRENT_USER", user)
        raise DatabaseUnfit(
            f"The database user {user} may not prepare our roles. Let an administrator run, in this"
            f" database: {told}"
        ) from None
