"""What crediting costs: each figure beside its limit, in the same run.

    python benchmarks/ledger.py [--orders N] [--rounds N] [--rate N] [--seconds N] [--only TEXT] [--json]

A database of its own (durable: every commit is on disk before it counts), and the product's own path:
`ledger.post`, with header, key, balances, and the checks of the database. An order credits five levels.
What is compared alternates, so that whatever else the machine does meets both alike. Processor time is
the kernel's own account: of the server, and of the processes that post.

- One shared root beside trees that share nobody: two writers, balances rolled up behind them.
- Credits a core-second, beside a raw COPY of the same rows into the same tables and indexes, without
  triggers and foreign keys; and beside itself without the checks of the database.
- A backlog: as many orders as `--orders` says (a million: about a quarter of an hour with all the rest).
- The sweep of every invariant, over all that has been posted.
- From the delivery of an order to its sponsor's pending balance, at `--rate` deliveries a second, those
  that are due together in one transaction, with a worker as in production.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing.pool import Pool
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import psycopg

import capture
import mainstem_postgres as postgres
from capture import ADDRESS, HOME, STORE, cpu_of_tree
from mainstem import flow, invariants, ledger, orders, worker
from mainstem.importing import history as past
from mainstem.importing.history import Sale
from mainstem.kit import db, telemetry
from mainstem.kit.db import Database
from mainstem.kit.ids import new_ids
from mainstem.ledger import postings
from mainstem.ledger.postings import Posting
from mainstem.orders import ClientDetails, LineQuantity, LineWanted, OrderWanted, Placed

NAME = "ledger"
LEVELS = 5
PARTS = (1000, 300, 200, 100, 50)
AT_ONCE = 1_000
"""Orders a transaction, as a worker takes them."""
ROUND = 10_000
"""Orders of one round of what alternates."""
WRITERS = 2
GATHERED = 64
"""So many deliveries are recorded together at most, as intake gathers orders."""
AFFILIATES = 100_000
DAY, HELD = date(2026, 11, 2), date(2026, 12, 2)
NULL = "\\N"  # as COPY writes it
ROLL_UP_SECONDS = 0.5
SERVER_SETTINGS = {"max_wal_size": "8GB", "checkpoint_timeout": "15min", "shared_buffers": "1GB"}
_CHECKS = (("ledger_entry", "ledger_entry_sums_to_zero"), ("ledger_entry", "append_only"),
           ("ledger_transfer", "append_only"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: what, how much, and what it should be; met where it is at least, or at
    most, that."""

    what: str
    is_now: float
    limit: float
    unit: str
    at_most: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether it is as good as it should be."""
        return self.is_now <= self.limit if self.at_most else self.is_now >= self.limit


# ------------------------------------------------------------------------- who earns


def uplines(kind: str, count: int, seed: int, writer: int = 0) -> list[tuple[int, ...]]:
    """Who is credited of so many orders: `tree` as in a company of many; `shared` with one root and few
    below it for all writers; `apart` in a tree for each writer, of the same shape.

    The trees apart have as many affiliates together as the shared one, and are drawn from in the same way:
    nothing but the sharing tells the two apart. Affiliates who are new and numbered one after another
    would cost half, because their index entries go to the same pages.
    """
    chance = random.Random(seed)
    if kind in ("shared", "apart"):
        span = AFFILIATES if kind == "shared" else AFFILIATES // WRITERS
        root = 1 if kind == "shared" else AFFILIATES + writer * span
        return [
            (
                root + chance.randrange(1_000, span),
                root + chance.randrange(100, 1_000),
                root + chance.randrange(10, 100),
                root + 1,
                root,
            )
            for _ in range(count)
        ]
    found = []
    for _ in range(count):
        at = chance.randrange(1, AFFILIATES)
        line = [at]
        while len(line) < LEVELS:
            at = max(1, at // 4)
            line.append(at)
        found.append(tuple(line))
    return found


def postings_of(ids: Sequence[UUID], who: Sequence[tuple[int, ...]]) -> list[Posting]:
    """What these orders credit, as the product books it."""
    found = []
    for id, line in zip(ids, who, strict=True):
        earned: dict[tuple[int, date | None], int] = {}
        for affiliate, part in zip(line, PARTS, strict=True):
            earned[affiliate, HELD] = earned.get((affiliate, HELD), 0) + part
        found.append(
            postings.commission_settled(line[0], id, "goods", 1, "B-1234", "SEK", earned, on=DAY)
        )
    return found


# ------------------------------------------------------------------------- who posts

_database: Database | None = None


def _begin(url: str) -> None:
    global _database
    _database = Database(url, tools=flow.tools(), pool=1, name="mainstem-ledger-benchmark")
    with _database.work() as work:
        work.value("SELECT 1")


def _post(kind: str, count: int, seed: int, writer: int) -> tuple[float, float]:
    """Credit so many orders, a thousand a transaction: seconds, and processor time of this process."""
    assert _database is not None
    batches = [
        (new_ids(AT_ONCE), uplines(kind, AT_ONCE, seed + n, writer))
        for n in range(count // AT_ONCE)
    ]
    began, used = time.perf_counter(), time.process_time()
    for ids, who in batches:
        with _database.work() as work:
            ledger.post(work, postings_of(ids, who))
    return time.perf_counter() - began, time.process_time() - used


@dataclass(slots=True)
class Ran:
    """What one round came to, or several together."""

    credits: int = 0
    seconds: float = 0.0
    server: float = 0.0
    client: float = 0.0
    a_second: list[float] = field(default_factory=list)

    def add(self, credits: int, seconds: float, server: float, client: float) -> None:
        """Count a round in."""
        self.credits += credits
        self.seconds += seconds
        self.server += server
        self.client += client
        self.a_second.append(credits / seconds)


class Company:
    """The server, its database, and the writers."""

    def __init__(self, server: postgres.Server, url: str, pool: Pool) -> None:
        self.server, self.url, self.pool = server, url, pool
        self._seed = 0

    def post(self, ran: Ran, kind: str, count: int, *, writers: int = WRITERS) -> None:
        """Credit so many orders by so many writers, and count it in."""
        each = max(1, count // writers // AT_ONCE) * AT_ONCE
        self._seed += 1_000
        server = cpu_of_tree(self.server.pid)
        told = self.pool.starmap(
            _post,
            [(kind, each, self._seed * 100 + n * 500, n) for n in range(writers)],
            chunksize=1,
        )
        ran.add(
            each * writers * LEVELS,
            max(seconds for seconds, _ in told),
            cpu_of_tree(self.server.pid) - server,
            sum(cpu for _, cpu in told),
        )

    @contextmanager
    def rolled_up(self) -> Iterator[None]:
        """With balances rolled up behind the writers."""
        stop = threading.Event()
        database = Database(self.url, tools=flow.tools(), pool=1, name="mainstem-roll-up")

        def roll() -> None:
            while not stop.wait(ROLL_UP_SECONDS):
                with database.work() as work:
                    ledger.roll_up(work)

        thread = threading.Thread(target=roll)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            database.close()

    def roll_up(self) -> None:
        """Once, at the end of a part."""
        database = Database(self.url, tools=flow.tools(), pool=1)
        with database.work() as work:
            ledger.roll_up(work)
        database.close()

    def as_owner(self, *statements: str) -> None:
        """Statements of the tables' owner."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


# ------------------------------------------------------------------------- the parts


def shared_root(company: Company, given: argparse.Namespace) -> list[Figure]:
    """By rounds that alternate, in both orders: a pair meets the same machine and nearly the same tables."""
    shared, apart = Ran(), Ran()
    with company.rolled_up():
        for kind in ("apart", "shared"):
            company.post(
                Ran(), kind, ROUND
            )  # the statements are prepared, the plans made, the pages there
        for n in range(2 * given.rounds):
            for ran, kind in ((shared, "shared"), (apart, "apart"))[:: 1 if n % 2 else -1]:
                company.post(ran, kind, ROUND)
    pairs = sorted(
        100 * one / other for one, other in zip(shared.a_second, apart.a_second, strict=True)
    )
    cpu = 100 * (apart.server / apart.credits) / (shared.server / shared.credits)
    note = (
        f"{median(shared.a_second):,.0f} credits/s with one root, {median(apart.a_second):,.0f} without;"
        f" pairs {pairs[0]:.0f} to {pairs[-1]:.0f} %; by the server's processor time {cpu:.0f} %"
    )
    return [Figure("One shared root, of trees apart", median(pairs), 95, "%", note=note)]


def copied(company: Company, count: int) -> tuple[int, float]:
    """COPY the rows of so many credited orders: how many entries, and the server's processor time."""
    with psycopg.connect(company.url) as connection:
        row = connection.execute("SELECT coalesce(max(id), 0) FROM ledger_transfer").fetchone()
    assert row is not None
    first, now = int(row[0]) + 1_000_000, datetime.now(UTC).isoformat()
    headers, entries = [], []
    made = postings_of(new_ids(count), uplines("tree", count, first))
    for id, transfer in enumerate(made, first):
        assert transfer is not None
        headers.append(
            f"{transfer.home_id}\t{id}\t{transfer.key}\t{transfer.reason}\tSEK\t{len(transfer.entries)}"
            f"\t{DAY}\tsystem\t{now}\n"
        )
        entries += [
            f"{transfer.home_id}\t{id}\t{seq}\t{e.owner_id}\t{e.account}\tSEK\t{e.side}\t{e.amount_minor}"
            f"\t{e.held_until or NULL}\n"
            for seq, e in enumerate(transfer.entries)
        ]
    texts = ("".join(headers), "".join(entries))
    used = cpu_of_tree(company.server.pid)
    with psycopg.connect(company.url) as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for text, into in zip(texts, (
            "ledger_transfer (home_id, id, key, reason, currency, entries, effective_on, actor, posted_at)",
            "ledger_entry (home_id, transfer_id, seq, owner_id, account, currency, side, amount_minor, held_until)",
        ), strict=True):  # fmt: skip
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                copy.write(text)
    return len(entries), cpu_of_tree(company.server.pid) - used


def beside_copy(company: Company, given: argparse.Namespace) -> list[Figure]:
    posted, copy_entries, copy_server, count = Ran(), 0, 0.0, ROUND
    company.post(Ran(), "tree", 2_000, writers=1)
    for _ in range(given.rounds):
        company.post(posted, "tree", count, writers=1)
        entries, server = copied(company, count)
        copy_entries, copy_server = copy_entries + entries, copy_server + server
    company.roll_up()
    company.as_owner(
        "SELECT setval(pg_get_serial_sequence('ledger_transfer', 'id'), (SELECT max(id) FROM ledger_transfer))"
    )
    a_core = posted.credits / posted.server
    orders_posted, orders_copied = posted.credits / LEVELS, given.rounds * count
    copied_a_core = LEVELS * orders_copied / copy_server
    ratio = 100 * (orders_posted / posted.server) / (orders_copied / copy_server)
    both = posted.credits / (posted.server + posted.client)
    return [
        Figure("Credits a core-second of the server", a_core, 70_000, "",
               note=f"{both:,.0f} with Python's own processor time; COPY in this run {copied_a_core:,.0f}"),
        Figure("… of a raw COPY of the same rows", ratio, 40, "%",
               note=f"COPY: {copy_entries / copy_server:,.0f} entries a core-second, no trigger or key asked"),
    ]  # fmt: skip


def checks_overhead(company: Company, given: argparse.Namespace) -> list[Figure]:
    checked, unchecked, count = Ran(), Ran(), ROUND
    # The tables grow as they are written: each comes first as often as the other.
    for turn in range(max(given.rounds, 8)):
        for ran in (checked, unchecked) if turn % 2 else (unchecked, checked):
            if ran is unchecked:
                company.as_owner(
                    *(f"ALTER TABLE {t} DISABLE TRIGGER {name}" for t, name in _CHECKS)
                )
            try:
                company.post(ran, "tree", count, writers=1)
            finally:
                company.as_owner(*(f"ALTER TABLE {t} ENABLE TRIGGER {name}" for t, name in _CHECKS))
    company.roll_up()
    more = 100 * (checked.server / checked.credits / (unchecked.server / unchecked.credits) - 1)
    return [Figure("Zero-sum and immutability cost the server", more, 10, "%", at_most=True)]


def backlog(company: Company, given: argparse.Namespace) -> list[Figure]:
    ran = Ran()
    with company.rolled_up():
        company.post(ran, "tree", given.orders)
    company.roll_up()
    done = ran.credits // LEVELS
    scaled = ran.seconds * 1_000_000 / done
    note = (
        f"{done:,} orders in {ran.seconds:,.1f} s{'' if done >= 1_000_000 else ', scaled'};"
        f" processor {(ran.server + ran.client) * 1_000_000 / done:,.0f} s a million"
    )
    return [Figure("A million orders of five levels", scaled, 90, "s", at_most=True, note=note)]


def sweep(company: Company, given: argparse.Namespace) -> list[Figure]:
    company.as_owner("VACUUM ANALYZE ledger_entry", "VACUUM ANALYZE ledger_transfer")
    database = Database(company.url, tools=flow.tools(), pool=1, statement_timeout="600s")
    try:
        with database.reading() as work:
            entries = int(work.value("SELECT count(*) FROM ledger_entry"))
            began = time.perf_counter()
            findings = ledger.audit(work)
            books = time.perf_counter() - began
            began = time.perf_counter()
            invariants.check(work)
            seconds = time.perf_counter() - began
    finally:
        database.close()
    # Of the others one finds something: what was posted here was earned by no order.
    wrong = [one.invariant for one in findings if one.wrong]
    assert not wrong, wrong
    note = f"{entries:,} entries; the books' own checks {books:,.1f} s, all invariants {seconds:,.1f} s"
    return [
        Figure("The sweep of every invariant", entries / seconds, 300_000, "entries/s", note=note)
    ]


# ------------------------------------------------------------------------- until it is seen


def visible(company: Company, given: argparse.Namespace) -> list[Figure]:
    database = Database(company.url, tools=flow.tools(), pool=2, name="mainstem-visible")
    try:
        placed = _shipped(database, company.url, int(given.rate * given.seconds))
        waits, rate = _delivered(company.url, database, placed, given.rate)
    finally:
        database.close()
    p99, p50 = waits[int(len(waits) * 0.99)], waits[len(waits) // 2]
    note = f"{rate:,.0f} deliveries/s were asked for and made, p50 {p50 * 1000:,.0f} ms"
    if rate < given.rate * 0.99:
        note = (
            f"only {rate:,.0f} deliveries/s of {given.rate} could be made, p50 {p50 * 1000:,.0f} ms"
        )
    return [
        Figure("From delivery to the sponsor's balance, p99", p99, 1, "s", at_most=True, note=note),
        Figure("… at deliveries a second", rate, given.rate * 0.99, ""),
    ]


def _shipped(database: Database, url: str, count: int) -> list[tuple[int, UUID]]:
    """So many orders that were placed, paid and shipped, and whose facts are followed up."""
    at = datetime.now(UTC) - timedelta(hours=2)
    keys: list[tuple[int, UUID]] = []
    for first in range(0, count, 500):
        sales = [_sale(n, at) for n in range(first, min(first + 500, count))]
        with database.work() as work:
            answers = past.place(work, sales)
            made = [one for one in answers if isinstance(one, Placed)]
            assert len(made) == len(sales), answers
            past.pay(work, sales, made)
            batch = [(one.home_id, one.order_id) for one in made]
            past.ship(work, dict.fromkeys(batch, at))
        keys += batch
    while worker.work_inside(database) or worker.work_outside(database):
        pass
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    return keys


def _sale(n: int, at: datetime) -> Sale:
    store = 5 + n % (capture.STOREFRONTS - 5)
    name = f"visible order {n:>12}"
    wanted = OrderWanted(
        storefront_id=STORE + store,
        home_id=HOME + store,
        channel="import",
        key=name,
        fingerprint=name.encode(),
        currency="SEK",
        locale="sv",
        client=ClientDetails(name="Ada Lind", email=f"client-{n}@ledger.example"),
        address=ADDRESS,
        lines=[LineWanted("ART-001", 1, 12_900)],
        external_id=name,
        placed_at=at,
        delivered_at=None,
    )
    return Sale(wanted, at, name)


def _work(url: str, ready: Any, stop: Any) -> None:
    """A worker, as in production: facts are taken, and balances rolled up behind them."""
    telemetry.configure(quiet=True)
    database = Database(url, tools=flow.tools(), pool=1, name="mainstem-worker")
    ready.set()
    while not stop.is_set():
        if not worker.work_inside(database):
            time.sleep(0.02)
    database.close()


def _delivered(
    url: str, database: Database, placed: list[tuple[int, UUID]], rate: float
) -> tuple[list[float], float]:
    """Deliver at a rate: how long each took until it was in its sponsor's balance, sorted; and the rate."""
    context = multiprocessing.get_context("spawn")
    ready, stop = context.Event(), context.Event()
    taking = context.Process(target=_work, args=(url, ready, stop))
    taking.start()
    ready.wait()
    sponsor = HOME + 4
    seen: list[tuple[float, int]] = []
    over = threading.Event()

    def look() -> None:
        watching = Database(url, tools=flow.tools(), pool=1, name="mainstem-watching")
        while not over.wait(0.01):
            with watching.work() as work:
                now = ledger.balances(work, [sponsor]).get((sponsor, "pending", "SEK"), 0)
            seen.append((time.perf_counter(), now))
        watching.close()

    with database.work() as work:
        before = ledger.balances(work, [sponsor]).get((sponsor, "pending", "SEK"), 0)
    looking = threading.Thread(target=look)
    looking.start()
    at: list[float] = []
    began = time.perf_counter()
    try:
        while len(at) < len(placed):
            due = int((time.perf_counter() - began) * rate) + 1 - len(at)
            if due <= 0:
                time.sleep(1 / rate)
                continue
            together = placed[len(at) : len(at) + min(due, GATHERED)]
            with database.work() as work:
                orders.record_delivery(work, [LineQuantity(*key, 1, 1) for key in together])
            at += [time.perf_counter()] * len(together)
        made = len(placed) / (at[-1] - began)
        with database.work() as work:
            each = _each(work, placed[0])
        end = time.perf_counter() + 60
        while seen[-1][1] - before < each * len(placed) and time.perf_counter() < end:
            time.sleep(0.05)
    finally:
        over.set()
        looking.join()
        stop.set()
        taking.join()
    return sorted(_waits(at, seen, before, each)), made


def _each(work: Any, order: tuple[int, UUID]) -> int:
    """What one order credits the sponsor: all are alike."""
    end = time.perf_counter() + 30
    while time.perf_counter() < end:
        minor = work.value(
            "SELECT amount_minor FROM earning WHERE home_id = %(home)s AND source_id = %(id)s AND level = 1",
            home=order[0],
            id=order[1],
        )
        if minor:
            return int(minor)
        time.sleep(0.1)
    raise SystemExit("The first order was credited to nobody.")


def _waits(
    at: list[float], seen: list[tuple[float, int]], before: int, each: int
) -> Iterator[float]:
    """The n-th delivery is seen when the balance holds what n of them credit."""
    look = iter(seen)
    when, minor = next(look)
    for n, delivered in enumerate(at, 1):
        while minor - before < n * each:
            when, minor = next(look)
        yield max(0.0, when - delivered)


# ------------------------------------------------------------------------- all of it

ALL: dict[str, Callable[[Company, argparse.Namespace], list[Figure]]] = {
    "shared": shared_root,
    "copy": beside_copy,
    "checks": checks_overhead,
    "backlog": backlog,
    "visible": visible,
    "sweep": sweep,
}


def main() -> int:
    """Measure, print the table; 0 whatever it says, as a machine may be busy."""
    given = _parser().parse_args()
    telemetry.configure(quiet=True)
    figures: list[Figure] = []
    with _company() as company:
        for name, part in ALL.items():
            if given.only in name:
                began = time.perf_counter()
                found = part(company, given)
                print(f"{name}: {time.perf_counter() - began:,.0f} s", file=sys.stderr)
                if not given.json:
                    _print(found)
                figures += found
    if given.json:
        _print_json(figures)
    return 0


@contextmanager
def _company() -> Iterator[Company]:
    with tempfile.TemporaryDirectory(prefix="mainstem-ledger-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        server = postgres.start(data / "pg", settings=SERVER_SETTINGS)
        try:
            postgres.create_database(server, NAME)
            url = server.admin_url(NAME)
            db.migrate(url)
            database = Database(url, tools=flow.tools(), pool=1)
            capture.found(database, url)
            database.close()
            context = multiprocessing.get_context("spawn")
            with context.Pool(WRITERS, _begin, (url,)) as pool:
                yield Company(server, url, pool)
        finally:
            server.stop()


def _print_json(figures: Sequence[Figure]) -> None:
    told = [
        {"what": one.what, "is": one.is_now, "limit": one.limit, "unit": one.unit, "met": one.met}
        for one in figures
    ]
    print(json.dumps(told))


def _print(figures: Sequence[Figure]) -> None:
    for one in figures:
        limit = f"{'≤' if one.at_most else '≥'} {one.limit:,.4g}" if one.limit < 1000 else (
            f"{'≤' if one.at_most else '≥'} {one.limit:,.0f}"
        )  # fmt: skip
        amount = f"{one.is_now:,.2f}" if one.is_now < 100 else f"{one.is_now:,.0f}"
        mark = "" if one.met else "   MISSED"
        print(
            f"{one.what:<46}{amount:>12}  {limit:>14} {one.unit:<10}{mark}   {one.note}".rstrip(),
            flush=True,
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--orders", type=int, default=100_000, help="orders of the backlog")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of what alternates")
    parser.add_argument("--rate", type=float, default=500, help="deliveries a second")
    parser.add_argument("--seconds", type=float, default=8, help="so long they come")
    parser.add_argument("--only", default="", help=f"one of {', '.join(ALL)}")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main())
