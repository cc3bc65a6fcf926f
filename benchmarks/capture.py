"""How fast orders are taken in, beside pgbench running the same statements one order a commit.

    python benchmarks/capture.py [--seconds N] [--json]

A database of its own (durable: every commit is on disk before its reply), a real web process and a
load generator in a third process. Orders come over HTTP with all that a real order's intake does: key,
idempotency, prices, tax, stock, attribution, reservation, fact. pgbench, at the same number of
clients, repeats the very statements that `orders.place` sends for one such order, recorded here
from a real call. Rounds alternate, so that whatever else the machine does meets both alike. CPU
time is the kernel's own account of the processes: the web process and the database apart; what
the load generator uses is not counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import resource
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import uvloop

import mainstem_postgres as postgres
from mainstem import flow, identity, network, orders
from mainstem.kit import db
from mainstem.kit.db import Database
from mainstem.kit.work import CLIENT, Query, Work
from mainstem.orders import Address, ClientDetails, LineWanted, OrderWanted, Placed
from mainstem.plan import book
from mainstem_postgres import Server

ROOT = Path(__file__).parents[1]
STOREFRONTS = 64
ARTICLES = 40
APART = 7  # between the two articles of an order
HOME, STORE, PRODUCT, VARIANT = 10_000, 20_000, 30_000, 40_000  # where their numbers begin
QUOTED_NOTHING = "''"
PLENTY = 1_000_000_000
LEVELS = (1, 8, 32)
WARM_UP_SECONDS = 1.5
PREPARING_SECONDS = 3
TICK = os.sysconf("SC_CLK_TCK")

PLAN = {
    "name": "Benchmark",
    "rules": {
        "goods": {"pays_on": "delivered_sale", "levels_bp": [1000, 300, 200, 100, 50],
                  "cap_bp": 1650, "hold_days": 30},
        "service": {"pays_on": "delivered_sale", "levels_bp": [600], "cap_bp": 600,
                    "hold_days": 14},
    },
    "minimum_payout_minor": {"SEK": 20000},
}  # fmt: skip
ADDRESS = Address(line1="Storgatan 1", postal_code="114 55", city="Stockholm", country="SE")


# ------------------------------------------------------------------------- the company


def found(database: Database, owner_url: str) -> list[str]:
    """A company with many storefronts and articles, numbered so that pgbench can name them; the
    storefronts' keys."""
    with psycopg.connect(owner_url, autocommit=True) as admin:
        admin.execute(f"ALTER SEQUENCE affiliate_id_seq RESTART {HOME}")
    with database.work() as work:
        book.publish(work, PLAN, effective_from=work.now() - timedelta(days=1), confirmed=True)
        work.run("INSERT INTO shipping_rate VALUES ('SEK', 4900, 50000, 2500)")
        places = [_place(work, code, at) for at, code in enumerate(("STH", "MMA"))]
        for number in range(ARTICLES):
            _article(work, number, places)
        return [_storefront(work, number) for number in range(STOREFRONTS)]


def _storefront(work: Work, number: int) -> str:
    """A storefront, its affiliate (all but the first five under the fifth of a chain), its key."""
    home = network.join(
        work,
        slug=f"affiliate-{number}",
        name=f"Affiliate {number}",
        email=f"affiliate-{number}@example.com",
        country="SE",
        sponsor_id=HOME + min(number, 5) - 1 if number else None,
    )
    assert home == HOME + number
    work.run(
        """INSERT INTO storefront (id, home_id, slug, name, locales, currency)
           VALUES (%(id)s, %(home)s, %(slug)s, %(slug)s, '{sv,en}', 'SEK')""",
        id=STORE + number,
        home=home,
        slug=f"store-{number}",
    )
    return identity.issue_key(work, home_id=home, storefront_id=STORE + number)


def _place(work: Work, code: str, position: int) -> int:
    return int(
        work.value(
            """INSERT INTO location (code, name, country, position)
               VALUES (%(code)s, %(code)s, 'SE', %(position)s) RETURNING id""",
            code=code,
            position=position,
        )
    )


def _article(work: Work, number: int, places: list[int]) -> None:
    ids = {"product": PRODUCT + number, "variant": VARIANT + number}
    work.run(
        """INSERT INTO product (id, slug, kind, category, tax_bp)
           VALUES (%(product)s, %(slug)s, 'goods', 'kitchen', 2500)""",
        slug=f"article-{number}",
        **ids,
    )
    for locale in ("sv", "en"):
        work.run(
            "INSERT INTO product_text (product_id, locale, name) VALUES (%(id)s, %(to)s, %(name)s)",
            id=ids["product"],
            to=locale,
            name=f"Article {number:03}",
        )
    work.run(
        "INSERT INTO variant (id, product_id, sku) VALUES (%(variant)s, %(product)s, %(sku)s)",
        sku=f"ART-{number:03}",
        **ids,
    )
    work.run(
        "INSERT INTO price VALUES (%(variant)s, 'SEK', %(since)s, 12900)",
        since=work.now() - timedelta(days=1),
        variant=ids["variant"],
    )
    for place in places:
        work.run(
            "INSERT INTO stock_level VALUES (%(variant)s, %(place)s, %(plenty)s, 0)",
            place=place,
            plenty=PLENTY,
            variant=ids["variant"],
        )


# ------------------------------------------------------------------------- pgbench


class Recorder:
    """Keeps every statement that a Work sends while it is on."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, dict[str, Any]]] = []

    @contextmanager
    def on(self) -> Iterator[None]:
        kept = {name: getattr(Work, name) for name in ("rows", "run", "fetch_all")}

        def keeping(name: str) -> Any:
            def send(work: Work, sql: str, /, **values: Any) -> Any:
                self.statements.append((sql, values))
                return kept[name](work, sql, **values)

            return send

        def fetch_all(work: Work, queries: Sequence[Query[Any]]) -> list[Any]:
            self.statements += [(query.sql, query.values) for query in queries]
            return list(kept["fetch_all"](work, queries))

        Work.rows, Work.run, Work.fetch_all = keeping("rows"), keeping("run"), fetch_all  # type: ignore[method-assign, assignment]
        try:
            yield
        finally:
            for name, method in kept.items():
                setattr(Work, name, method)


def write_script(database: Database, folder: Path) -> Path:
    """The pgbench script: what `orders.place` sends for one order, recorded from a real one."""
    store, article = 17, 11
    recorder = Recorder()
    wanted = OrderWanted(
        storefront_id=STORE + store,
        home_id=HOME + store,
        channel="api",
        key=f"recorded-{secrets.token_hex(8)}",
        fingerprint=secrets.token_bytes(32),
        currency="SEK",
        locale="sv",
        client=ClientDetails(name="Ada Lind", email="recorded@example.com", phone="+46701740605"),
        address=ADDRESS,
        lines=[LineWanted(sku, 1) for sku in _skus(article)],
        external_id="recorded-external-id",
    )
    with database.work(CLIENT) as work:
        with recorder.on():
            [placed] = orders.place(work, [wanted])
        assert isinstance(placed, Placed), placed
        work_id = work.id
    [fact] = [values for sql, values in recorder.statements if "INSERT INTO fact " in sql]
    made, second = "lpad(:id::text, 12, '0')", article + APART
    new = {
        str(placed.order_id): f"('01990000-0000-7000-8000-' || {made})",
        str(work_id): f"('01990000-0000-7000-9000-' || {made})",
        str(fact["new_id"][0]): f"('01990000-0000-7000-a000-' || {made})",
        placed.number: f"('B-' || {made})",
        wanted.key: f"('pgbench-order-' || {made})",
        wanted.client.email: f"('client-' || {made} || '@pgbench.example')",
        "recorded-external-id": f"('external-' || {made})",
        "+46701740605": "('+4670' || lpad((:id % 10000000)::text, 7, '0'))",
        f"ART-{article:03}": "('ART-' || lpad(:a::text, 3, '0'))",
        f"Article {article:03}": "('Article ' || lpad(:a::text, 3, '0'))",
        str(VARIANT + article): f"({VARIANT} + :a)",
        f"ART-{second:03}": f"('ART-' || lpad((:a + {APART})::text, 3, '0'))",
        f"Article {second:03}": f"('Article ' || lpad((:a + {APART})::text, 3, '0'))",
        str(VARIANT + second): f"({VARIANT + APART} + :a)",
        str(HOME + store): f"({HOME} + :s)",
        str(STORE + store): f"({STORE} + :s)",
    }
    lines = [
        "\\set n :n + 1",
        "\\set id :base + :client_id * 1000000 + :n",
        f"\\set s random(5, {STOREFRONTS - 1})",
        f"\\set a random(0, {ARTICLES - APART - 1})",
        "BEGIN;",
    ]
    for sql, values in recorder.statements:
        filled = "".join(
            _literal(values[part[2:-2]], new) if part.startswith("%(") else part
            for part in re.split(r"(%\(\w+\)s)", sql)
        )
        lines.append(" ".join(filled.split()) + ";")
    script = folder / "capture.sql"
    script.write_text("\n".join([*lines, "COMMIT;", ""]))
    return script


def _skus(number: int) -> list[str]:
    return [f"ART-{number + step:03}" for step in (0, APART)]


def _literal(value: Any, new: dict[str, str]) -> str:
    """A value as SQL; what is new in each order becomes an expression of pgbench's variables."""
    if isinstance(value, list | tuple):
        return f"ARRAY[{', '.join(_literal(each, new) for each in value)}]"
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int):
        return new.get(str(value), str(value)).replace(":a", ":a::int").replace(":s", ":s::int")
    if isinstance(value, bytes):
        return f"decode('{value.hex()}', 'hex')"
    if isinstance(value, timedelta):
        return f"'{value.total_seconds():.0f} s'::interval"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz"
    parts = re.split("(" + "|".join(map(re.escape, new)) + ")", str(value))
    texts = [
        f"{new[part]}::text" if part in new else "'" + part.replace("'", "''") + "'"
        for part in parts
        if part
    ]
    cast = "::uuid" if isinstance(value, UUID) else ""
    return f"({' || '.join(texts) or QUOTED_NOTHING}){cast}"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one round came to."""

    seconds: float
    orders: int
    app_cpu: float = 0.0
    pg_cpu: float = 0.0
    client_cpu: float = 0.0
    latencies: list[float] = field(default_factory=list)


def pgbench(server: Server, script: Path, *, clients: int, seconds: float, base: int) -> Ran:
    """One round of pgbench."""
    # The same settings as intake's own transactions have.
    url = db.with_settings(
        server.admin_url("capture"),
        {
            "role": db.COMPANY_ROLE,
            "timezone": "UTC",
            "plan_cache_mode": "force_generic_plan",
        },
    )
    process = subprocess.Popen(
        [
            str(server.binaries / "pgbench"), "--no-vacuum", "--protocol=prepared", "--progress=1",
            f"--client={clients}", f"--jobs={min(2, clients)}",
            f"--time={PREPARING_SECONDS + seconds:.0f}",
            "--define=n=0", f"--define=base={base}", f"--file={script}", url,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    # Connecting and preparing are over before it counts, as they are for the web process.
    time.sleep(PREPARING_SECONDS)
    pg, client = cpu_of_tree(server.pid), cpu_of_tree(process.pid)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    told, _ = process.communicate()
    used_now = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode or "number of failed transactions: 0 " not in told:
        raise SystemExit(f"pgbench failed:\n{told[:3000]}")
    rates = [
        float(found[2])
        for found in re.finditer(r"progress: ([\d.]+) s, ([\d.]+) tps", told)
        if float(found[1]) > PREPARING_SECONDS + 0.5
    ]
    in_all = used_now.ru_utime + used_now.ru_stime - used.ru_utime - used.ru_stime
    return Ran(
        seconds=len(rates),
        orders=round(sum(rates)),
        pg_cpu=cpu_of_tree(server.pid) - pg,
        client_cpu=in_all - client,
    )


# ------------------------------------------------------------------------- HTTP


def http(
    address: tuple[str, int], keys: list[str], web: int, server: Server, *,
    connections: int, seconds: float,
) -> Ran:  # fmt: skip
    """One round of orders over HTTP, sent by a process of its own."""
    sender = subprocess.Popen(
        [sys.executable, __file__, "--send"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sender.stdin is not None
    assert sender.stdout is not None
    job = {"host": address[0], "port": address[1], "keys": keys, "connections": connections,
           "seconds": seconds}  # fmt: skip
    sender.stdin.write(json.dumps(job) + "\n")
    sender.stdin.flush()
    assert sender.stdout.readline() == "ready\n"
    app, pg = cpu_of_tree(web), cpu_of_tree(server.pid)
    sender.stdin.write("go\n")
    sender.stdin.flush()
    told = json.loads(sender.stdout.readline())
    app, pg = cpu_of_tree(web) - app, cpu_of_tree(server.pid) - pg
    sender.wait()
    if told["refused"]:
        raise SystemExit(f"{told['refused']} orders were refused, such as:\n{told['example']}")
    return Ran(told["seconds"], told["orders"], app, pg, told["cpu"], told["latencies"])


def send() -> None:
    """The load generator: orders over connections that stay open, one after another on each."""
    job = json.loads(sys.stdin.readline())
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(uvloop.run(_send(job))), flush=True)


def _answering(sender: Sender) -> Callable[[], Sender]:
    return lambda: sender


async def _send(job: dict[str, Any]) -> dict[str, Any]:
    loop, before = asyncio.get_running_loop(), resource.getrusage(resource.RUSAGE_SELF)
    until = time.perf_counter() + job["seconds"]
    senders = [
        Sender(job["host"], job["keys"], number, until) for number in range(job["connections"])
    ]
    started = time.perf_counter()
    for sender in senders:
        await loop.create_connection(_answering(sender), job["host"], job["port"])
    await asyncio.gather(*(sender.ended for sender in senders))
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - started,
        "orders": sum(len(sender.latencies) for sender in senders),
        "refused": sum(sender.refused for sender in senders),
        "example": next((sender.example for sender in senders if sender.example), ""),
        "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
        "latencies": [latency for sender in senders for latency in sender.latencies],
    }


class Sender(asyncio.Protocol):
    """One connection. The storefronts order over it in turn, so that none sends beyond its share."""

    def __init__(self, host: str, keys: list[str], number: int, until: float) -> None:
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.latencies: list[float] = []
        self.refused = 0
        self.example = ""
        self._until = until
        self._number = number
        self._run = secrets.token_hex(4)
        self._count = 0
        self._heads = [
            f"POST /api/v1/orders HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
            for key in keys
        ]
        self._seen = bytearray()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def _next(self) -> None:
        now = time.perf_counter()
        if now > self._until:
            self._transport.close()
            return
        self._count += 1
        who = f"{self._run}-{self._number}-{self._count}"
        phone = f"+4670{random.randrange(10**7):07}"
        lines = ", ".join(
            f'{{"sku": "{sku}", "quantity": 1}}'
            for sku in _skus(random.randrange(ARTICLES - APART))
        )
        body = (
            f'{{"currency": "SEK", "locale": "sv", "client": {{"name": "Ada Lind", "email": '
            f'"{who}@example.com", "phone": "{phone}"}}, "address": {{"line1": "Storgatan 1", '
            f'"postal_code": "114 55", "city": "Stockholm", "country": "SE"}}, "external_id": '
            f'"{who}", "lines": [{lines}]}}'
        )
        self._sent = now
        head = self._heads[(self._number + self._count) % len(self._heads)]
        self._transport.write(
            f"{head}Idempotency-Key: capture-{who}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, found, body = self._seen.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(re.search(rb"content-length: (\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
        if len(body) < length:
            return
        if head.startswith(b"HTTP/1.1 201"):
            self.latencies.append(time.perf_counter() - self._sent)
        else:
            self.refused += 1
            self.example = self.example or bytes(self._seen).decode()
        self._seen.clear()
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if error and not self.example:
            self.refused += 1
            self.example = repr(error)
        if not self.ended.done():
            self.ended.set_result(None)


# ------------------------------------------------------------------------- processes


def cpu_of_tree(root: int | None) -> float:
    """CPU seconds of a process, its living descendants, and those that it has buried."""
    assert root is not None, "the process runs"
    children: dict[int, list[int]] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                told = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended, and its parent has counted it
            children.setdefault(int(told[1]), []).append(int(entry.name))
            used[int(entry.name)] = sum(int(part) for part in told[11:15])
    tree, total = [root], 0
    while tree:
        process = tree.pop()
        total += used.get(process, 0)
        tree += children.get(process, [])
    return total / TICK


@contextmanager
def web_process(url: str, data: Path) -> Iterator[tuple[int, tuple[str, int]]]:
    """The company's own web process, as in production."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "MAINSTEM_MODE": "production",
        "MAINSTEM_DATABASE_URL": url,
        "MAINSTEM_PUBLIC_URL": f"https://127.0.0.1:{port}",
        "MAINSTEM_SECRET": secrets.token_urlsafe(32),
        "MAINSTEM_DATA": str(data),
        "MAINSTEM_HOST": "127.0.0.1",
        "MAINSTEM_PORT": str(port),
        # Nobody is asked to pay; should anybody be, nothing leaves this machine.
        "STRIPE_API_KEY": "sk_live_of_nobody",
        "STRIPE_API_BASE": "https://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": "whsec_of_the_benchmark_alone",
        "MAINSTEM_LOG": "json",
    }
    with (data / "web.log").open("wb") as log:
        argv = [
            sys.executable,
            "-m",
            "mainstem",
            "web",
        ]
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1)
                    break
                except OSError:
                    if process.poll() is not None:
                        raise SystemExit((data / "web.log").read_text()[-3000:]) from None
                    time.sleep(0.1)
            yield process.pid, ("127.0.0.1", port)
        finally:
            process.terminate()
            process.wait()


@contextmanager
def database_of_its_own(folder: Path) -> Iterator[tuple[Server, str]]:
    """A durable server, and the address of the company's database as the application's user."""
    with postgres.start(folder / "pg") as server:
        postgres.create_database(server, "capture")
        db.migrate(server.admin_url("capture"))
        with psycopg.connect(server.admin_url("capture"), autocommit=True) as admin:
            told = {
                name: admin.execute(f"SHOW {name}").fetchone()[0]  # type: ignore[index]
                for name in ("fsync", "synchronous_commit", "full_page_writes")
            }
            assert set(told.values()) == {"on"}, f"every commit is on disk: {told}"
            admin.execute(
                f"CREATE ROLE capture LOGIN PASSWORD 'capture' IN ROLE {', '.join(db.SERVING_ROLES)}"
            )
        yield server, server.url("capture", user="capture", password="capture")


# ------------------------------------------------------------------------- the run


def measure(seconds: float) -> dict[int, tuple[list[Ran], list[Ran]]]:
    """Rounds over HTTP and of pgbench in turn, at each number of connections."""
    (ROOT / ".data").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="capture-", dir=ROOT / ".data"))
    try:
        with database_of_its_own(folder) as (server, url):
            database = Database(url, tools=flow.tools(), pool=2)
            keys = found(database, server.admin_url("capture"))
            script = write_script(database, folder)
            database.close()
            with web_process(url, folder) as (web, address):
                return _rounds(server, script, keys, web, address, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _rounds(
    server: Server, script: Path, keys: list[str], web: int, address: tuple[str, int],
    seconds: float,
) -> dict[int, tuple[list[Ran], list[Ran]]]:  # fmt: skip
    found: dict[int, tuple[list[Ran], list[Ran]]] = {}
    base = 0
    for connections in LEVELS:
        over_http: list[Ran] = []
        by_pgbench: list[Ran] = []
        http(address, keys, web, server, connections=connections, seconds=WARM_UP_SECONDS)
        # Tables that grow from nothing have the plans of nearly empty ones until the next autovacuum.
        with psycopg.connect(server.admin_url("capture"), autocommit=True) as admin:
            admin.execute("ANALYZE")
        for _ in range(3 if connections == LEVELS[-1] else 1):
            over_http.append(
                http(address, keys, web, server, connections=connections, seconds=seconds)
            )
            base += 100_000_000
            by_pgbench.append(
                pgbench(server, script, clients=connections, seconds=seconds, base=base)
            )
        found[connections] = (over_http, by_pgbench)
    return found


def figures(over_http: list[Ran], by_pgbench: list[Ran]) -> dict[str, float]:
    """What the rounds at one number of connections say."""
    count, took = sum(r.orders for r in over_http), sum(r.seconds for r in over_http)
    other, other_took = sum(r.orders for r in by_pgbench), sum(r.seconds for r in by_pgbench)
    latencies = sorted(latency for ran in over_http for latency in ran.latencies)
    app, pg = (1000 * sum(getattr(r, n) for r in over_http) / count for n in ("app_cpu", "pg_cpu"))
    return {
        "cpu_ms_per_order": round(app + pg, 3),
        "app_cpu_ms": round(app, 3),
        "pg_cpu_ms": round(pg, 3),
        "orders_per_second": round(count / took, 1),
        "pgbench_orders_per_second": round(other / other_took, 1),
        "pgbench_cpu_ratio": round(
            sum(r.pg_cpu + r.client_cpu for r in by_pgbench) * 1000 / other / (app + pg), 2
        ),
        "ratio_to_pgbench": round(count / took / (other / other_took), 3),
        "p50_ms": round(1000 * latencies[len(latencies) // 2], 2),
        "p99_ms": round(1000 * latencies[int(len(latencies) * 0.99)], 2),
        "pgbench_pg_cpu_ms": round(1000 * sum(r.pg_cpu for r in by_pgbench) / other, 3),
        "pgbench_client_cpu_ms": round(1000 * sum(r.client_cpu for r in by_pgbench) / other, 3),
        "generator_cpu_ms": round(1000 * sum(r.client_cpu for r in over_http) / count, 3),
    }


def main() -> None:
    """Measure, and say it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="each round's length")
    parser.add_argument("--json", action="store_true", help="the figures as the last line")
    parser.add_argument("--send", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.send:
        send()
        return
    began = datetime.now(UTC)
    rounds = measure(given.seconds)
    print(f"Orders taken in, {began:%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores,"
          f" load {os.getloadavg()[0]:.1f}; CPU in ms an order")  # fmt: skip
    print(f"{'connections':>11} {'orders/s':>9} {'pgbench/s':>9} {'ratio':>6} {'CPU':>6} {'app':>6}"
          f" {'database':>8} {'pgbench CPU':>11} {'p50 ms':>7} {'p99 ms':>7}")  # fmt: skip
    for connections, (over_http, by_pgbench) in rounds.items():
        f = figures(over_http, by_pgbench)
        print(f"{connections:>11} {f['orders_per_second']:>9} {f['pgbench_orders_per_second']:>9}"
              f" {f['ratio_to_pgbench']:>6.2f} {f['cpu_ms_per_order']:>6.2f} {f['app_cpu_ms']:>6.2f}"
              f" {f['pg_cpu_ms']:>8.2f} {f['pgbench_pg_cpu_ms'] + f['pgbench_client_cpu_ms']:>11.2f}"
              f" {f['p50_ms']:>7.1f} {f['p99_ms']:>7.1f}")  # fmt: skip
    if given.json:
        last = LEVELS[-1]
        print(json.dumps(figures(*rounds[last]) | {"connections": last}))


if __name__ == "__main__":
    main()
