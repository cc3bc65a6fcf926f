"""The tree of sponsors at a million affiliates: each figure beside its limit, in one run.

    python benchmarks/network.py [--affiliates N] [--data FOLDER] [--ten-million]

The demo company gets a tree below one of its affiliates: 1,000,000 of them, at most 30 deep and 11 on average, one
with some 10,000 directly below, 55 % with nobody (docs/benchmarks.md). Pages are opened over HTTP, by whoever
may, cold of what is kept of them; what is measured is the wall clock, with the processor time of this process
and the server beside it, which says what a machine that others use as well would take alone. With
`--ten-million` a second tree is made, without its indexes, for the volume of its teams alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

import psycopg
import structlog

import mainstem_postgres as postgres
import pages
from capture import cpu_of_tree
from mainstem import network
from mainstem.kit.db import Database
from mainstem.network.figures import MONTHS, SIZES

AFFILIATES = 1_000_000
DEPTH_MAX = 30
HUB_SHARE = 0.0099
SELLERS_SHARE = 0.4
NUMBERS = (123, 4567, 77777)
WORDS = "Elm Oak Ash Fir Yew Bay Fig Gum Lime Pear Plum Rowan Alder Birch Cedar Hazel Maple"
NAMES = WORDS.split()


class Tree:
    """Parents by number, 0 the first sponsor; each stands after its parent."""

    def __init__(self, count: int, *, seed: int = 7) -> None:
        dice = Random(seed)
        self.parents, self.depths = array("l", [0]), array("b", [1])
        for n in range(1, count):
            parent = self._drawn(dice, n)
            while self.depths[parent] >= DEPTH_MAX:
                parent = dice.randrange(n)
            self.parents.append(parent)
            self.depths.append(self.depths[parent] + 1)

    def _drawn(self, dice: Random, n: int) -> int:
        """Mostly anybody, sometimes whoever has many already, and one who has very many."""
        draw = dice.random()
        if draw < HUB_SHARE and n > 100:
            return 10
        one = dice.randrange(n)
        return self.parents[one] if draw < 0.25 else one

    def told(self) -> str:
        """Its shape in words."""
        below = array("l", bytes(8 * len(self.parents)))
        for parent in self.parents[1:]:
            below[parent] += 1
        mean = sum(self.depths) / len(self.depths)
        leaves = sum(1 for count in below if not count) / len(below)
        return (
            f"{len(self.parents):,} affiliates, {max(self.depths)} deep, {mean:.1f} on average,"
            f" at most {max(below):,} directly below one, {leaves:.0%} with nobody"
        )


_COLUMNS = "id, slug, name, email_key, country, state, sponsor_id, upline, joined_at, skeletons"
_BULKY = (
    "affiliate_upline", "affiliate_found", "affiliate_skeletons", "affiliate_sponsor", "affiliate_name"
)  # fmt: skip


def fill(connection: psycopg.Connection, tree: Tree, under: int) -> None:
    """Put the tree below an affiliate of the demo."""
    first = _number(connection, "SELECT max(id) + 1 FROM affiliate")
    above = connection.execute("SELECT upline FROM affiliate WHERE id = %s", [under]).fetchone()
    assert above is not None
    indexes = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes WHERE indexname = ANY(%s)", [list(_BULKY)]
    ).fetchall()
    connection.execute("ALTER TABLE affiliate DISABLE TRIGGER USER")
    connection.execute("".join(f"DROP INDEX {name};" for name, _ in indexes).encode())
    with connection.cursor().copy(f"COPY affiliate ({_COLUMNS}) FROM STDIN".encode()) as copy:
        for row in _rows(tree, first, under, list(above[0])):
            copy.write_row(row)
    connection.execute(";".join(definition for _, definition in indexes).encode())
    connection.execute("ALTER TABLE affiliate ENABLE TRIGGER USER")
    connection.execute(
        """INSERT INTO sponsorship (affiliate_id, sponsor_id, valid_from)
           SELECT id, sponsor_id, joined_at FROM affiliate WHERE id >= %s""",
        [first],
    )
    connection.execute(
        "SELECT setval(pg_get_serial_sequence('affiliate', 'id'), (SELECT max(id) FROM affiliate))"
    )
    connection.execute("VACUUM ANALYZE affiliate")
    connection.execute("VACUUM ANALYZE sponsorship")


def _rows(tree: Tree, first: int, under: int, above: list[int]) -> Iterator[tuple[object, ...]]:
    uplines: list[list[int] | None] = [[first, *above]]
    joined = datetime(2025, 1, 1, tzinfo=UTC)
    words = len(NAMES)
    for n, parent in enumerate(tree.parents):
        id = first + n
        up = uplines[parent]
        assert up is not None
        upline = [id, *up] if n else up
        if n:
            uplines.append(upline)
        name = f"{NAMES[n % words]} {NAMES[n // words % words]} {n}"
        sponsor = first + parent if n else under
        yield (
            id, f"a{n}", name, f"a{n}@example.com", "SE", "active", sponsor, upline, joined, []
        )  # fmt: skip


def _number(connection: psycopg.Connection, question: str, *values: object) -> int:
    row = connection.execute(question.encode(), values).fetchone()
    assert row is not None
    return int(row[0])


_SOLD = """
CREATE UNLOGGED TABLE bench_sold AS
SELECT id AS seller_id, date_trunc('month', now())::date AS month, 'SEK'::char(3) AS currency,
       (1000 + id %% 90000)::bigint AS minor
  FROM affiliate WHERE id >= %s AND hashint8(id) %% 1000 < %s AND hashint8(id) >= 0"""


def volumes(database: Database) -> tuple[float, float]:
    """Seconds for the volume of every team in a period, and for their sizes."""
    with database.work() as work:
        month = work.value("SELECT date_trunc('month', now())::date")
        sold = MONTHS.replace("{sold}", "SELECT * FROM bench_sold")
        began = time.perf_counter()
        work.run(sold, month=month, kept=month)
        volume = time.perf_counter() - began
        began = time.perf_counter()
        work.run(SIZES, month=month)
        return volume, time.perf_counter() - began


def volume_alone(connection: psycopg.Connection) -> float:
    """Seconds to work out the volume of every team, with nothing kept of it."""
    began = time.perf_counter()
    connection.execute(
        """SELECT count(*), sum(minor) FROM (
             SELECT above, sum(minor) AS minor FROM bench_sold JOIN affiliate a ON a.id = seller_id
              CROSS JOIN unnest(a.upline) AS above GROUP BY above) AS team"""
    )
    return time.perf_counter() - began


def joins(database: Database, first: int, count: int) -> tuple[float, float, float]:
    """Milliseconds of a join below anybody, of its commit (medians of 300), and of the two machines' work on it."""
    dice, found, commits, busy = Random(3), [], [], 0.0
    for n in range(300):
        with database.work() as work:
            server = work.pg.info.backend_pid
            busy -= time.process_time() + _worked(server)
            began = time.perf_counter()
            network.join(
                work, slug=f"new-{n}-{time.time_ns()}", name=f"Newcomer {n}", country="SE",
                email=f"new{n}@example.com", sponsor_id=first + dice.randrange(count),
            )  # fmt: skip
            joined = time.perf_counter()
        found.append((joined - began) * 1000)
        commits.append((time.perf_counter() - joined) * 1000)
        busy += time.process_time() + _worked(server)
    return median(found), median(commits), busy / 300 * 1000


def _worked(pid: int) -> float:
    """Seconds that a process has worked."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def moves(database: Database, first: int, tree: Tree) -> tuple[int, float]:
    """How many a team of some 10,000 has, and the seconds in which it moves, commit and all."""
    sizes = array("l", [1] * len(tree.parents))
    for n in range(len(tree.parents) - 1, 0, -1):
        sizes[tree.parents[n]] += sizes[n]
    wanted = min(10_000, len(sizes) // 10)
    head = min(range(1, len(sizes)), key=lambda n: abs(sizes[n] - wanted))
    under = next(
        n for n in range(1, len(sizes)) if not _is_below(tree, n, head) and n != tree.parents[head]
    )
    seconds = []
    for sponsor in (under, tree.parents[head]):
        began = time.perf_counter()
        with database.work() as work:
            moved = network.move(
                work, first + head, first + sponsor, why="A measurement", actor="bench"
            )
        seconds.append(time.perf_counter() - began)
    return moved.members, median(seconds)


def _is_below(tree: Tree, n: int, head: int) -> bool:
    while n and n != head:
        n = tree.parents[n]
    return n == head


async def opened(company: pages.Company, kind: str, urls: Sequence[str]) -> list[float]:
    """Milliseconds in which each of these addresses is answered."""
    found = []
    for url in urls:
        began = time.perf_counter()
        await pages.get(company, kind, url)
        found.append((time.perf_counter() - began) * 1000)
    return found


def p95(found: Sequence[float]) -> float:
    """What nineteen of twenty are below."""
    return sorted(found)[int(len(found) * 0.95)]


class Figures:
    """Lines beside their limits, and whether one was missed."""

    def __init__(self, server: postgres.Server) -> None:
        self.missed: list[str] = []
        self.server = server

    def busy(self) -> float:
        """Seconds that this process and the server have worked so far."""
        return time.process_time() + cpu_of_tree(self.server.pid)

    def say(self, what: str, value: float, limit: float, unit: str) -> None:
        """One line."""
        verdict = "" if value <= limit else "  MISSED"
        busy = f"{os.getloadavg()[0]:.0f}"  # how many others wanted the machine in this minute
        print(
            f"{what:<62}{value:>9.2f} {unit:<3} limit {limit:g} {unit}, load {busy}{verdict}",
            flush=True,
        )
        if verdict:
            self.missed.append(what)


async def measure(
    company: pages.Company, connection: psycopg.Connection, figures: Figures, first: int, tree: Tree
) -> None:
    """Everything about the tree that is in the database."""
    count = len(tree.parents)
    joined, commit, busy = joins(company.database, first, count)
    figures.say(
        f"a join; its commit takes {commit:.2f} ms more; work in all {busy:.2f}", joined, 1, "ms"
    )
    busy = figures.busy()
    seconds = volume_alone(connection)
    worked = f"processor {figures.busy() - busy:.1f}"
    figures.say(f"the volume of every team in a month, worked out; {worked}", seconds, 3, "s")
    volume, size = volumes(company.database)
    figures.say("the same, and kept for pages", volume, 10, "s")
    figures.say("how many each team has, and kept for pages", size, 15, "s")
    members, seconds = moves(company.database, first, tree)
    figures.say(f"a team of {members:,} moves, with its commit", seconds, 2, "s")
    dice = Random(5)
    nodes = [first, first + 10, *(first + dice.randrange(count) for _ in range(200))]
    node = "/console/network/{}".format
    mine = "/portal/team/{}".format
    for what, kind, urls, of in (
        ("console, the root", pages.STAFF, [node(first)] * 9, median),
        ("console, the one with the most below", pages.STAFF, [node(first + 10)] * 9, median),
        ("console, any node, p95", pages.STAFF, [node(id) for id in nodes], p95),
        ("console, search by a number", pages.STAFF, [f"{node(first)}?q={n}" for n in NUMBERS], median),
        ("console, search by an e-mail", pages.STAFF, [f"{node(first)}?q=a{n}@example.com" for n in NUMBERS], median),
        ("console, search by a word that one in nine has", pages.STAFF, [f"{node(first)}?q=rowan"] * 3, median),
        ("portal, the whole tree as one's team", pages.AFFILIATE, ["/portal/team"] * 9, median),
        ("portal, any node of it, p95", pages.AFFILIATE, [mine(id) for id in nodes], p95),
        ("portal, search by a number", pages.AFFILIATE, [f"/portal/team?q={n}" for n in NUMBERS], median),
    ):  # fmt: skip
        await opened(company, kind, urls[:2])
        busy = figures.busy()
        found = await opened(company, kind, urls)
        each = (figures.busy() - busy) / len(urls) * 1000
        figures.say(f"{what}; processor {each:.0f}", of(found), 50, "ms")


def ten_million(server: postgres.Server, figures: Figures) -> None:
    """The volume of the teams of a tree ten times as large."""
    tree = Tree(AFFILIATES * 10)
    with psycopg.connect(server.admin_url(pages.NAMES["demo"]), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS larger CASCADE")
        connection.execute("CREATE SCHEMA larger")
        connection.execute("SET search_path = larger")
        connection.execute("CREATE UNLOGGED TABLE affiliate (id bigint, upline bigint[])")
        with connection.cursor().copy("COPY affiliate FROM STDIN") as copy:
            # As text, and those above somebody found when they are written: kept for everybody, they would
            # take some gigabytes here.
            for n in range(len(tree.parents)):
                above, at = [str(n + 1)], n
                while at:
                    at = tree.parents[at]
                    above.append(str(at + 1))
                copy.write(f"{n + 1}\t{{{','.join(above)}}}\n")
        connection.execute(
            """CREATE UNLOGGED TABLE bench_sold AS SELECT id AS seller_id, 1000 + id % 90000 AS minor
                 FROM affiliate WHERE id % 10 < 4"""
        )
        connection.execute("ANALYZE")
        busy = figures.busy()
        seconds = volume_alone(connection)
        worked = f"processor {figures.busy() - busy:.1f}"
        figures.say(f"the volume of every team of 10,000,000; {worked}", seconds, 60, "s")
        connection.execute("DROP SCHEMA larger CASCADE")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the company, fill it, measure it; 1 where a limit was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--affiliates", type=int, default=AFFILIATES)
    parser.add_argument("--ten-million", action="store_true")
    parser.add_argument(
        "--data", type=Path, help="a folder to keep the company in, or to use again"
    )
    given = parser.parse_args(arguments)
    structlog.configure(processors=[pages._dropped])
    began = time.perf_counter()
    with TemporaryDirectory(prefix="mainstem-network-") as folder:
        data = given.data or Path(folder)
        data.mkdir(exist_ok=True)
        with postgres.start(data / "pg") as server:
            figures = Figures(server)
            used = (data / "filled").exists()
            url = server.admin_url(pages.NAMES["demo"]) if used else pages.make_demo(server)
            company = pages.open_company("demo", url, data, made=not used)
            tree = Tree(given.affiliates)
            print(tree.told())
            with psycopg.connect(url, autocommit=True) as connection:
                if not used:
                    fill(connection, tree, company["home"])
                    (data / "filled").touch()
                first = _number(connection, "SELECT id FROM affiliate WHERE slug = 'a0'")
                connection.execute("DROP TABLE IF EXISTS bench_sold")
                connection.execute(_SOLD, [first, int(SELLERS_SHARE * 2000)])
                connection.execute("GRANT SELECT ON bench_sold TO mainstem_company")
                connection.execute("ANALYZE bench_sold")
                print(f"made in {time.perf_counter() - began:.0f} s", flush=True)
                asyncio.run(_measured(company, connection, figures, first, tree))
            if given.ten_million:
                ten_million(server, figures)
    print(f"{time.perf_counter() - began:.0f} s in all; {len(figures.missed)} limits missed")
    return 1 if figures.missed else 0


async def _measured(
    company: pages.Company, connection: psycopg.Connection, figures: Figures, first: int, tree: Tree
) -> None:
    try:
        async with company.app.lifespan():
            await measure(company, connection, figures, first, tree)
    finally:
        company.database.close()


if __name__ == "__main__":
    sys.exit(main())
