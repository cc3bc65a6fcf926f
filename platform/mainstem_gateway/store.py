"""What the gateway remembers: one SQLite file, written before each answer is given.

Objects are kept as Stripe shows them (ids, not expansions) beside what only the gateway knows.
Money is kept as balance transactions; a trigger sums them, so a balance is never set by hand.
"""

import fcntl
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mainstem_gateway.wire import JSON, decode, encode

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    account TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL, hidden TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (kind, account, seq);
CREATE TABLE IF NOT EXISTS money (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
    currency TEXT NOT NULL, amount INTEGER NOT NULL, fee INTEGER NOT NULL,
    net INTEGER NOT NULL CHECK (net = amount - fee), type TEXT NOT NULL, source TEXT NOT NULL,
    created INTEGER NOT NULL, available_on INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS money_by_account ON money (account, seq);
CREATE INDEX IF NOT EXISTS money_by_source ON money (source);
CREATE INDEX IF NOT EXISTS money_coming ON money (account, currency, available_on, net);
CREATE TABLE IF NOT EXISTS totals (
    account TEXT NOT NULL, currency TEXT NOT NULL, total INTEGER NOT NULL,
    PRIMARY KEY (account, currency)
) STRICT;
CREATE TRIGGER IF NOT EXISTS money_is_summed AFTER INSERT ON money BEGIN
    INSERT INTO totals VALUES (new.account, new.currency, new.net)
    ON CONFLICT DO UPDATE SET total = total + excluded.total;
END;
CREATE TRIGGER IF NOT EXISTS money_is_not_changed BEFORE UPDATE ON money BEGIN
    SELECT raise(ABORT, 'a balance transaction is never changed');
END;
CREATE TRIGGER IF NOT EXISTS money_is_not_deleted BEFORE DELETE ON money BEGIN
    SELECT raise(ABORT, 'a balance transaction is never deleted');
END;
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL,
    type TEXT NOT NULL, subject TEXT NOT NULL, thin INTEGER NOT NULL, created INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_account ON events (account, thin, seq);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'given_up')),
    attempts INTEGER NOT NULL, next_at REAL NOT NULL, http_status INTEGER, error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS timers (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, account TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS timers_due ON timers (due);
CREATE TABLE IF NOT EXISTS answers (
    scope TEXT NOT NULL, key TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
    digest TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL, request TEXT NOT NULL,
    created INTEGER NOT NULL, PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (created);
"""

# The fields that lists are filtered by.
LOOKUPS = {
    "checkout.session": ("payment_intent", "status"),
    "charge": ("payment_intent", "transfer_group"),
    "refund": ("charge", "payment_intent", "status"),
    "dispute": ("charge", "payment_intent"),
    "transfer": ("destination", "transfer_group", "source_transaction"),
    "transfer_reversal": ("transfer",),
    "payout": ("status",),
}


@dataclass
class Record:
    """One object: `body` is what Stripe shows, `hidden` what only the gateway knows."""

    id: str
    kind: str
    account: str
    created: int
    body: JSON
    hidden: JSON = field(default_factory=dict)
    seq: int = 0


class StoreInUse(RuntimeError):
    """Another gateway already serves this file; two would deliver every event twice."""


class Store:
    """One connection, used by one thread. Reads are free; writes belong in `with store.work()`."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._lock = path.with_name(path.name + ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            raise StoreInUse(f"{path} is already served by another gateway") from None
        # It holds the secrets that webhooks are signed with.
        path.touch(mode=0o600)
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        # FULL: the commit is on the disk, once per request, before the answer leaves.
        self.db.executescript(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=5000;" + SCHEMA
        )
        for kind, names in LOOKUPS.items():
            for name in names:
                self.db.execute(
                    f"CREATE INDEX IF NOT EXISTS {kind.replace('.', '_')}_{name} ON objects "
                    f"(json_extract(body, '$.{name}')) WHERE kind = '{kind}'"
                )

    def close(self) -> None:
        self.db.close()
        self._lock.close()

    @contextmanager
    def work(self) -> Iterator[None]:
        """All or nothing, on the disk when it ends. Inside another work it is part of that one."""
        if self.db.in_transaction:
            yield
            return
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    # -- small facts -----------------------------------------------------------------------------

    def meta(self, name: str) -> str | None:
        row = self.db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_meta(self, name: str, value: str) -> None:
        with self.work():
            self.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # -- objects ---------------------------------------------------------------------------------

    def add(self, record: Record) -> Record:
        self.db.execute(
            "INSERT INTO objects (id, kind, account, created, body, hidden) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (record.id, record.kind, record.account, record.created,
             encode(record.body).decode(), encode(record.hidden).decode()),
        )  # fmt: skip
        return record

    def save(self, record: Record) -> None:
        self.db.execute(
            "UPDATE objects SET body = ?, hidden = ? WHERE id = ?",
            (encode(record.body).decode(), encode(record.hidden).decode(), record.id),
        )

    def remove(self, record: Record) -> None:
        self.db.execute("DELETE FROM objects WHERE id = ?", (record.id,))

    def get(self, id: str, kind: str | None = None, account: str | None = None) -> Record | None:
        row = self.db.execute(f"SELECT {COLUMNS} FROM objects WHERE id = ?", (id,)).fetchone()
        if row is None:
            return None
        record = _record(row)
        if (kind and record.kind != kind) or (account and record.account != account):
            return None
        return record

    def find(
        self,
        kind: str,
        *,
        account: str | None = None,
        where: Mapping[str, Any] | None = None,
        ranges: dict[str, dict[str, int]] | None = None,
        after: int | None = None,
        before: int | None = None,
        limit: int = -1,
    ) -> list[Record]:
        """Newest first; `before` a position instead gives the nearest newer ones, newest first."""
        sql = [f"kind = '{kind}'"]
        values: list[Any] = []
        if account:
            sql.append("account = ?")
            values.append(account)
        for name, value in (where or {}).items():
            sql.append(f"json_extract(body, '$.{name}') = ?")
            values.append(value)
        for name, bounds in (ranges or {}).items():
            column = "created" if name == "created" else f"json_extract(body, '$.{name}')"
            for bound, value in bounds.items():
                sql.append(f"{column} {COMPARISONS[bound]} ?")
                values.append(value)
        order = "DESC"
        if after is not None:
            sql.append("seq < ?")
            values.append(after)
        if before is not None:
            sql.append("seq > ?")
            values.append(before)
            order = "ASC"
        rows = self.db.execute(
            f"SELECT {COLUMNS} FROM objects WHERE {' AND '.join(sql)} ORDER BY seq {order} LIMIT ?",
            (*values, limit),
        ).fetchall()
        found = [_record(row) for row in rows]
        return found[::-1] if before is not None else found

    # -- timers ----------------------------------------------------------------------------------

    def set_timer(self, due: int, what: str, subject: str, account: str) -> None:
        self.db.execute(
            "INSERT INTO timers (due, what, subject, account) VALUES (?, ?, ?, ?)",
            (due, what, subject, account),
        )

    def next_due(self) -> int | None:
        due: int | None = self.db.execute("SELECT min(due) FROM timers").fetchone()[0]
        return due

    def take_due(self, now: int) -> tuple[int, str, str, str] | None:
        """The earliest timer that is due, taken out: (due, what, subject, account)."""
        row: tuple[int, int, str, str, str] | None = self.db.execute(
            "SELECT seq, due, what, subject, account FROM timers WHERE due <= ? "
            "ORDER BY due, seq LIMIT 1",
            (now,),
        ).fetchone()
        if row is None:
            return None
        self.db.execute("DELETE FROM timers WHERE seq = ?", (row[0],))
        return row[1:]

    def drop_timers(self, what: str, subject: str) -> None:
        self.db.execute("DELETE FROM timers WHERE what = ? AND subject = ?", (what, subject))


COLUMNS = "seq, id, kind, account, created, body, hidden"
COMPARISONS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def _record(row: tuple[int, str, str, str, int, str, str]) -> Record:
    seq, id, kind, account, created, body, hidden = row
    return Record(id, kind, account, created, decode(body), decode(hidden), seq)
