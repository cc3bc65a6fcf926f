"""What a plan over a market costs beside DuckDB's own scan of the same data, in the same run.

    python benchmarks/plan.py                 2,000,000 lines of 200,000 affiliates
    python benchmarks/plan.py --lines 20000000 --affiliates 1000000
    python benchmarks/plan.py --lines 100000000 --affiliates 1000000 --memory 2GB

Each round takes the floor (a scan of the columns that the plan reads, and their sums by affiliate), then the plan.
The best of the rounds counts. Ratios travel from machine to machine; seconds do not.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mainstem.lab import Facts, engine_at, run, simulate
from mainstem.plan import Level, SalePlan, SaleRule, Uplines, When

PLAN = SalePlan(
    (
        SaleRule("goods", tuple(Level(rate) for rate in (1000, 500, 300, 200, 100)), 2200, 30, When(kind="goods")),
        SaleRule("service", (Level(800), Level(200), Level(100)), 1200, 30, When(kind="service")),
    ),
    Uplines("passed_over", "passed_over", "passed_over", 1, 90),
    2200,
)  # fmt: skip
"""Direct and four more levels of compressed uplines, with a refund's part taken back."""

FLOOR = """
SELECT upline_id, kind, currency, sum(commissionable_minor), sum(commissionable_back_minor), sum(pieces)
  FROM lines GROUP BY upline_id, kind, currency"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--lines", type=int, default=2_000_000)
    asked.add_argument("--affiliates", type=int, default=200_000)
    asked.add_argument("--memory", default="2GB")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--facts", type=Path, help="a market that is there already")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = given.facts or Path(folder) / "market"
        if not given.facts:
            made = partial(simulate, where, affiliates=given.affiliates, lines=given.lines, seed=7)
            print(f"market: {timed(made).wall:.1f} s", file=sys.stderr)
        measure(Facts.at(where), given.memory, given.rounds)


def measure(facts: Facts, memory: str, rounds: int) -> None:
    """Take each in turn, and say the best of each and their ratios."""
    best: dict[str, Taken] = {}
    for _ in range(rounds):
        for name, take in (("floor", floor), ("plan", plan)):
            taken = timed(partial(take, facts, memory))
            before = best.get(name, taken)
            best[name] = Taken(min(before.wall, taken.wall), min(before.cpu, taken.cpu))
            print(f"{name}: {taken.wall:.2f} s, {taken.cpu:.2f} s of processors", file=sys.stderr)
    with engine_at() as engine:
        engine.reads("every", str(facts.folder / "lines" / "*" / "*.parquet"))
        ((lines,),) = engine.rows("SELECT count(*) FROM every")
    said = {
        "lines": lines,
        "plan_of_floor": round(best["plan"].wall / best["floor"].wall, 2),
        "plan_of_floor_cpu": round(best["plan"].cpu / best["floor"].cpu, 2),
        "goal_of_floor_at_20_million": 7.5,
        "lines_per_second": int(lines / best["plan"].wall),
        "lines_per_cpu_second": int(lines / best["plan"].cpu),
        "seconds": {name: round(taken.wall, 2) for name, taken in best.items()},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(said))


def floor(facts: Facts, memory: str) -> None:
    """DuckDB's own scan and sums of the columns that the plan reads."""
    with engine_at(f"duckdb://?memory={memory}") as engine:
        engine.reads("lines", str(facts.folder / "lines" / "*" / "*.parquet"))
        engine.keeps("sums", FLOOR)


def plan(facts: Facts, memory: str) -> None:
    """The whole plan, with its guard and its sample in Python."""
    with engine_at(f"duckdb://?memory={memory}") as engine:
        run(engine, facts, PLAN)


class Taken(NamedTuple):
    """How long something took, and of how much of the processors."""

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Taken:
    """What a piece of work takes. Where others use the machine as well, only `cpu` says much."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Taken(time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    main()
