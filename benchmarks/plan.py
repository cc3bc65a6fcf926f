"""What a plan over a market costs beside DuckDB's own scan of the same data, in the same run.

    python benchmarks/plan.py                 2,000,000 lines of 200,000 affiliates
    python benchmarks/plan.py --lines 20000000 --affiliates 1000000
    python benchmarks/plan.py --lines 100000000 --affiliates 1000000 --memory 2GB

Each round takes the floor (a scan of the columns that the plan reads, and their sums by affiliate), then the plan;
then the queries alone that Ibis writes beside the same plan in SQL by hand, which must pay the same; and a change of
tiers only, where what was sold is known.
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

from mainstem.lab import Engine, Facts, engine_at, run, simulate
from mainstem.lab.period_runs import Volumes, run_periods
from mainstem.lab.runs import queries_for, read, with_periods
from mainstem.plan import Level, PlanDocument, SalePlan, SaleRule, Uplines, When

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


_LEVELS = range(5)
_RATES = {"goods": (1000, 500, 300, 200, 100), "service": (800, 200, 100, 0, 0)}


def _each(form: str, between: str = ", ") -> str:
    return between.join(form.replace("#", str(n)) for n in _LEVELS)


_RATE = [
    f"CASE WHEN which = 1 THEN {_RATES['service'][n]} ELSE {_RATES['goods'][n]} END"
    for n in _LEVELS
]
_LARGER = [
    " + ".join(f"(r{m} {'>=' if m < n else '>'} r{n})::TINYINT" for m in _LEVELS if m != n)
    for n in _LEVELS
]
_CURRENCY = "CASE currency WHEN 'EUR' THEN 0 WHEN 'SEK' THEN 1 ELSE 2 END"
BY_HAND = {
    "standing": f"""
SELECT upline_id, {", ".join(f"coalesce(found[{n + 1}], 0) AS m{n}" for n in _LEVELS)}
  FROM (SELECT upline_id, arg_min(CASE WHEN house = 1 OR suspended = 1 THEN 0 ELSE member_id END, steps, 5)
                 FILTER (steps = 0 OR NOT (house = 1 OR suspended = 1 OR own_sales_90 < 1)) AS found
          FROM uplines GROUP BY upline_id) AS listed""",
    "amounts": f"""
WITH line AS (SELECT order_id, lines, upline_id, CASE kind WHEN 'service' THEN 1 ELSE 0 END AS which,
                     {_CURRENCY} AS currency, commissionable_minor AS base, commissionable_back_minor AS returned
                FROM lines),
portion AS (
  SELECT which, upline_id, currency, base, returned FROM line WHERE lines = 1
   UNION ALL
  SELECT which, min(upline_id), min(currency), sum(base)::BIGINT, sum(returned)::BIGINT
    FROM line WHERE lines > 1 GROUP BY order_id, which),
exact AS (SELECT which, upline_id, currency, base, returned,
                 {", ".join(f"base * ((m{n} > 0)::BIGINT * {_RATE[n]}) AS e{n}" for n in _LEVELS)}
            FROM portion JOIN standing USING (upline_id) WHERE base > 0),
floors AS (SELECT *, {_each("e# // 10000 AS f#")} FROM exact),
rests AS (SELECT *, {_each("(e# - f# * 10000)::INTEGER AS r#")} FROM floors),
lefts AS (SELECT *, (({_each("r#", " + ")}) // 10000) AS l FROM rests),
wholes AS (SELECT which, upline_id, currency, base, returned,
                  {", ".join(f"f{n} + (({_LARGER[n]}) < l)::BIGINT AS c{n}" for n in _LEVELS)} FROM lefts)
SELECT which::INTEGER AS which, upline_id, currency::INTEGER AS currency, base::INTEGER AS base,
       returned::INTEGER AS returned, {_each("c#::INTEGER AS c#")},
       {_each("(CASE WHEN returned > 0 THEN (c# * returned * 2 + base) // (base * 2) ELSE 0 END)::INTEGER AS b#")}
  FROM wholes""",
    "sums": f"SELECT upline_id, currency, {_each('sum(c#)::BIGINT AS c#')} FROM amounts GROUP BY 1, 2",
    "gone": f"""
SELECT upline_id, currency, {_each("sum(b#)::BIGINT AS b#")} FROM amounts WHERE returned > 0 GROUP BY 1, 2""",
}
"""The plan's stages in SQL, written by hand for DuckDB."""
BY_HAND_TOLD = f"""
SELECT which, currency, count(*), sum(base), sum(returned), {_each("sum(c#)")}, {_each("sum(b#)")}
  FROM amounts GROUP BY 1, 2"""
_PLACED = _each(
    "SELECT m# AS id, currency, c# AS c, 0 AS b FROM placed WHERE c# > 0", " UNION ALL "
)
_GONE = _each("SELECT m# AS id, currency, 0 AS c, b# AS b FROM back WHERE b# > 0", " UNION ALL ")
BY_HAND_EACH = f"""
WITH placed AS (SELECT * FROM sums JOIN standing USING (upline_id)),
     back AS (SELECT * FROM gone JOIN standing USING (upline_id))
SELECT id AS affiliate_id, ['EUR', 'SEK', 'USD'][currency + 1] AS currency, sum(c)::BIGINT AS credited_minor,
       (sum(c) - sum(b))::BIGINT AS stands_minor
  FROM ({_PLACED} UNION ALL {_GONE}) AS every_level GROUP BY id, currency"""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--lines", type=int, default=2_000_000)
    asked.add_argument("--affiliates", type=int, default=200_000)
    asked.add_argument("--memory", default="2GB")
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument(
        "--facts", type=Path, help="where the market is, or where to keep the one made"
    )
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        where = given.facts or Path(folder) / "market"
        if not (where / "facts.json").exists():
            made = partial(simulate, where, affiliates=given.affiliates, lines=given.lines, seed=7)
            print(f"market: {timed(made).wall:.1f} s", file=sys.stderr)
        measure(Facts.at(where), given.memory, given.rounds)


def measure(facts: Facts, memory: str, rounds: int) -> None:
    """Take each in turn, and say the best of each and their ratios."""
    best: dict[str, Taken] = {}
    told: dict[str, object] = {}

    def timed_as(name: str, work: Callable[[], object]) -> None:
        taken = timed(work)
        before = best.get(name, taken)
        best[name] = Taken(min(before.wall, taken.wall), min(before.cpu, taken.cpu))
        print(f"{name}: {taken.wall:.2f} s, {taken.cpu:.2f} s of processors", file=sys.stderr)

    for _ in range(rounds):
        timed_as("floor", partial(floor, facts, memory))
        timed_as("plan", partial(plan, facts, memory))
        for name, take in (("emitted", emitted), ("by hand", by_hand)):
            with engine_at(f"duckdb://?memory={memory}") as engine:
                timed_as(name, partial(take, engine, facts))
                told[name] = engine.rows("SELECT count(*), sum(minor), sum(back) FROM paid")
        assert told["emitted"] == told["by hand"], "both pay the same"
        if facts.about.counted:
            what_if(facts, memory, timed_as)
    with engine_at() as engine:
        engine.reads("every", str(facts.folder / "lines" / "*" / "*.parquet"))
        ((lines,),) = engine.rows("SELECT count(*) FROM every")

    def ratio(one: str, other: str) -> dict[str, float]:
        return {
            "wall": round(best[one].wall / best[other].wall, 2),
            "cpu": round(best[one].cpu / best[other].cpu, 2),
        }

    said: dict[str, object] = {
        "lines": lines,
        "plan_of_floor": ratio("plan", "floor"),
        "goal_of_plan_of_floor": {"20 million": 7.5, "100 million": 5},
        "emitted_of_by_hand": ratio("emitted", "by hand"),
        "goal_of_emitted_of_by_hand": 1.10,
        "lines_per_second": int(lines / best["plan"].wall),
        "lines_per_cpu_second": int(lines / best["plan"].cpu),
    }
    if "tiers only" in best:
        said |= {
            "tiers_only_of_plan": ratio("tiers only", "plan"),
            "goal_of_tiers_only_of_plan": 0.1,
        }
    said |= {
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


def emitted(engine: Engine, facts: Facts) -> None:
    """The queries that Ibis writes for the plan, and nothing beside them."""
    queries = queries_for(engine, facts, PLAN, facts.months()[:1])
    stages = {"standing": queries.standing(), "amounts": queries.amounts()}
    stages |= {"went_back": queries.went_back(), **queries.by_upline()}
    told, each = queries.by_case(), queries.by_affiliate()
    for month in facts.months():
        read(engine, facts, month)
        for name, query in stages.items():
            engine.keeps(name, query)
        engine.rows(told)
        engine.adds("each", each)
    engine.keeps("paid", _PAID)


def by_hand(engine: Engine, facts: Facts) -> None:
    """The same plan in SQL that somebody wrote for it alone."""
    for month in facts.months():
        read(engine, facts, month)
        for name, query in BY_HAND.items():
            engine.keeps(name, query)
        engine.rows(BY_HAND_TOLD)
        engine.adds("each", BY_HAND_EACH)
    engine.keeps("paid", _PAID)


_PAID = """
SELECT affiliate_id, currency, sum(credited_minor) AS minor, sum(credited_minor - stands_minor) AS back
  FROM "each" GROUP BY 1, 2"""


def what_if(
    facts: Facts, memory: str, timed_as: Callable[[str, Callable[[], object]], None]
) -> None:
    """Another tier of a month, where what was sold is known from a run of before."""
    with engine_at(f"duckdb://?memory={memory}") as engine:
        volumes = Volumes(engine, facts)
        sales = run(engine, facts, PLAN, last=int(facts.months()[0].replace("-", "") + "31"))
        timed_as("periods", lambda: run_periods(volumes, months_of_tiers(400)))
        timed_as(
            "tiers only",
            lambda: with_periods(
                engine, sales, run_periods(volumes, months_of_tiers(500)), "after"
            ),
        )


def months_of_tiers(rate_bp: int) -> PlanDocument:
    """A plan with tiers of one's own sales and of a team's, ranks and a pool."""
    steps = [
        {"from_minor": {"SEK": 0}, "rate_bp": 0},
        {"from_minor": {"SEK": 1_000_000}, "rate_bp": rate_bp},
    ]
    thin = [{"from_minor": {"SEK": 0}, "rate_bp": 10}]
    own = {"id": "own", "volume": "personal", "of": "marginal", "threshold": "from", "tiers": steps}
    team = own | {"id": "team", "volume": "team", "depth": 5, "tiers": thin}
    silver = {
        "id": "silver",
        "personal_minor": {"SEK": 500_000},
        "team_minor": {"SEK": 2_000_000},
        "legs": 2,
    }
    ranks = {
        "leg_share_of": "needed_volume", "sale_sees": "paid_as_of_last_period", "grace_periods": 1,
        "ranks": [silver],
    }  # fmt: skip
    pool = {"id": "pool", "share_bp": 100, "rank_from": "silver", "disqualified": "lapses"}
    return PlanDocument.model_validate({
        "format": 2, "name": "Months", "version_by": "order", "joined_before": "move", "cap_bp": 3000,
        "uplines": dict.fromkeys(("house", "suspended", "inactive"), "uses_up_level"),
        "rules": [{"id": "goods", "levels": [{"rate_bp": 1000}], "cap_bp": 1400, "hold_days": 30}],
        "period": {"every": "month", "counted_at": "delivery", "hold_days": 30, "ranks": ranks,
                   "tiers": [own, team], "pools": [pool]},
    })  # fmt: skip


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
