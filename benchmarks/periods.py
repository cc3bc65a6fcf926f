"""What a close costs: facts read, ranks and earnings worked out, everything kept, posted and proved.

    python benchmarks/periods.py [--affiliates N] [--json]

A company of its own in a database of its own. Affiliates stand under one another, four below each; each has
one delivered sale in March, all of them copies of one that was placed for real. The plan has tiers of own and team
sales, three ranks and a pool. Each step is timed once, as a close is done once.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg

import mainstem_postgres as postgres
from mainstem import flow, identity, periods
from mainstem.kit import db
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor, Work

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.company import a_company
from tests.months import a_sale, pays_for_periods, tiers

MARCH = date(2026, 3, 1)
FIRST = 1_000_000

RULES: dict[str, Any] = {
    "tiers": [tiers(), tiers(id="team", volume="team", depth=3, tiers=[
        {"from_minor": {"SEK": 0}, "rate_bp": 0}, {"from_minor": {"SEK": 2_000_000}, "rate_bp": 100},
    ])],
    "ranks": {
        "leg_share_of": "needed_volume", "sale_sees": "paid_as_of_last_period", "grace_periods": 1,
        "ranks": [
            {"id": "silver", "personal_minor": {"SEK": 500_000}},
            {"id": "gold", "personal_minor": {"SEK": 500_000}, "team_minor": {"SEK": 5_000_000}, "legs": 2},
            {"id": "amber", "team_minor": {"SEK": 50_000_000}, "legs": 3, "leg_share_bp": 5000},
        ],
    },
    "pools": [{"id": "pool", "share_bp": 50, "rank_from": "gold", "disqualified": "lapses"}],
}  # fmt: skip

# Each under the affiliate whose number is a quarter of theirs: a tree nine levels deep for 100,000.
_AFFILIATES = """
WITH RECURSIVE tree AS (
  SELECT 0 AS n, ARRAY[%(first)s]::bigint[] AS upline
   UNION ALL
  SELECT child.n, (%(first)s + child.n) || tree.upline FROM tree
   CROSS JOIN LATERAL generate_series(4 * tree.n + 1, least(4 * tree.n + 4, %(count)s - 1)) AS child (n))
INSERT INTO affiliate (id, slug, name, email_key, country, state, sponsor_id, upline, joined_at)
OVERRIDING SYSTEM VALUE
SELECT %(first)s + n, 'a' || n, 'Affiliate ' || n, 'a' || n || '@example.com', 'SE', 'active', upline[2], upline,
       '2025-06-01'
  FROM tree ORDER BY n"""
_ORDERS = """
INSERT INTO orders SELECT (jsonb_populate_record(o, jsonb_build_object(
         'id', gen_random_uuid(), 'number', 'B-' || a.id, 'seller_id', a.id, 'upline', to_jsonb(a.upline),
         'external_id', NULL, 'client_key', 'c' || a.id || '@example.com'))).*
  FROM orders o CROSS JOIN affiliate a WHERE o.number = %(number)s AND a.id >= %(first)s"""
_LINES = """
INSERT INTO order_line SELECT (jsonb_populate_record(l, jsonb_build_object('order_id', c.id))).*
  FROM orders o JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
 CROSS JOIN orders c WHERE o.number = %(number)s AND c.number LIKE 'B-%%'"""


def main() -> None:
    """Measure a company of so many affiliates, and say it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--affiliates", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.start(Path(folder) / "data", durable=False) as server,
    ):
        postgres.create_database(server, "periods")
        url = server.admin_url("periods")
        db.migrate(url, demo=True)
        found = measured(url, given.affiliates)
    if given.json:
        print(json.dumps(found))
        return
    for step, figure in found.items():
        print(
            f"{step:40} {figure:>12,}"
            if isinstance(figure, int)
            else f"{step:40} {figure:>12.2f} s"
        )


def measured(url: str, count: int) -> dict[str, float | int]:
    """Seconds of each step, and how much there was to do."""
    clock = FixedClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
    database = Database(url, clock=clock, tools=flow.tools(), pool=2)
    with database.work() as work:
        company = a_company(work)
        sale = a_sale(work, company.shop, 600_000)
        pays_for_periods(work, **RULES)
        people = [
            identity.create_person(work, email=f"{name}@example.com", name=name)
            for name in ("fia", "finn")
        ]
        for person in people:
            identity.grant(work, person, "finance")
    fill(url, count, sale.number)
    clock.move(datetime(2026, 4, 2, 9, tzinfo=UTC) - clock.now())
    first, second = (Actor("staff", str(person)) for person in people)
    found: dict[str, float | int] = {"affiliates": count}
    found["preview"] = timed(database, first, lambda work: periods.preview(work, MARCH))
    found["close"] = timed(database, second, lambda work: periods.close(work, MARCH))
    found["check"] = timed(database, second, comes_out_the_same)
    with database.work() as work:
        work.run("UPDATE orders SET disputed_minor = total_minor WHERE number = 'B-1000077'")
        key = work.one("SELECT home_id, id FROM orders WHERE number = 'B-1000077'")
        periods.touch(work, [(key.home_id, key.id)])
    found["settle after one dispute"] = timed(database, second, periods.settle)
    with database.work() as work:
        found["earnings"] = work.value("SELECT count(*) FROM earning WHERE source = 'period'")
    found["most memory of Python, MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    database.close()
    return found


def fill(url: str, count: int, number: str) -> None:
    """So many affiliates, each with a copy of one order."""
    given = {"first": FIRST, "count": count, "number": number}
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")  # copies of what was checked
        owner.execute(
            "DROP INDEX orders_found"
        )  # what orders are searched by: dear to fill, not asked here
        owner.execute(_AFFILIATES, given)
        owner.execute(_ORDERS, given)
        owner.execute(_LINES, given)
        owner.execute("ANALYZE")


def comes_out_the_same(work: Work) -> None:
    """A close that is worked out again is the same to the cent."""
    assert periods.check(work, MARCH) == []


def timed(database: Database, who: Actor, verb: Callable[[Work], object]) -> float:
    """Seconds that a verb took, its commit included."""
    began = time.perf_counter()
    with database.work(who) as work:
        verb(work)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
