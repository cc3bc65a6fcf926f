"""The same plan on every engine: DuckDB, Spark and Python, on 50,000 lines, row by row."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.waits import PATIENCE, until

from mainstem.lab.engines import DuckDB, Engine, NoEngine, Spark, engine_at
from mainstem.lab.facts import Facts
from mainstem.lab.market import simulate
from mainstem.lab.replay import lines_query, replay, uplines_query
from mainstem.lab.runs import queries_for, read, refuse_difference
from mainstem.plan import Level, SalePlan, SaleRule, Uplines, When

MONTH = "2026-12"
GOODS = SaleRule(
    "goods", (Level(1000), Level(500), Level(300), Level(200, groups=frozenset({"gold"}))), 1700, 30,
    When(kind="goods", clients="repeat_order"),
)  # fmt: skip
NEW = SaleRule(
    "new", (Level(1500), Level(1000)), 2000, 30, When(kind="goods"), levels_of="level_below"
)
LESSONS = SaleRule(
    "lessons", (Level(each_minor={"SEK": 50_00, "EUR": 5_00}), Level(100)), 900, 30,
    When(kind="service", departments=frozenset({"lessons"})),
)  # fmt: skip
SERVICE = SaleRule(
    "service", (Level(700), Level(200)), 1000, 30, When(kind="service"), base="net_price",
    at_most_minor={"SEK": 100_00, "EUR": 10_00, "USD": 10_00},
)  # fmt: skip
BY_RATES = SalePlan(
    (GOODS, NEW, SERVICE), Uplines("passed_over", "uses_up_level", "passed_over", 1, 90), 2000
)
BY_AMOUNTS = SalePlan((GOODS, LESSONS, SERVICE), Uplines(), 1500)
"""Its own cap is below those of its rules: amounts and one order's portions share it, in 128 bits."""


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A market with some 50,000 lines in its last month."""
    folder = tmp_path_factory.mktemp("market") / "facts"
    simulate(folder, affiliates=3_000, lines=334_400, seed=11)
    return Facts.at(folder)


def earned(engine: Engine, facts: Facts, plan: SalePlan) -> set[tuple[Any, ...]]:
    """Every earning of the month, by an engine."""
    queries = queries_for(engine, facts, plan, [MONTH])
    read(engine, facts, MONTH)
    engine.keeps("standing", queries.standing())
    engine.keeps("earned", queries.earned())
    rows = engine.rows(queries.one_by_one())
    assert len(rows) == len(set(rows))
    return set(rows)


def one_by_one(engine: Engine, plan: SalePlan) -> set[tuple[Any, ...]]:
    """The same, an order at a time in Python, of the facts that an engine has read."""
    lines = engine.rows(lines_query(plan))
    assert len(lines) > 49_000
    return set(replay(plan, lines, engine.rows(uplines_query(plan))))


@pytest.fixture
def duck() -> Iterator[Engine]:
    with DuckDB(memory="1GB") as engine:
        yield engine


@pytest.mark.parametrize("plan", [BY_RATES, BY_AMOUNTS], ids=["by rates", "by amounts"])
def test_duckdb_gives_every_order_the_cents_that_python_does(
    duck: Engine, market: Facts, plan: SalePlan
) -> None:
    found = earned(duck, market, plan)
    assert found == one_by_one(duck, plan)
    assert {row[1] for row in found} == {rule.id for rule in plan.rules}


def has_spark() -> str:
    """Why Spark cannot be tested here; empty where it can."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'mainstem[spark]'"
    return (
        ""
        if shutil.which("java")
        else "Java is not installed: apt-get install openjdk-17-jre-headless"
    )


@pytest.mark.slow
@pytest.mark.skipif(bool(has_spark()), reason=has_spark())
@pytest.mark.filterwarnings("ignore")  # Spark's Python speaks of its own future
def test_spark_gives_every_order_the_cents_that_duckdb_and_python_do(
    duck: Engine, market: Facts
) -> None:
    by_duckdb = earned(duck, market, BY_RATES)
    with Spark("local[2]") as spark:
        by_spark = earned(spark, market, BY_RATES)
    refuse_difference(by_duckdb, by_spark, ("DuckDB", "Spark"))
    assert by_spark == by_duckdb == one_by_one(duck, BY_RATES)


@pytest.mark.slow
@pytest.mark.skipif(bool(has_spark()), reason=has_spark())
@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_loses_a_worker_gives_the_same_cents(
    duck: Engine, market: Facts, tmp_path: Path
) -> None:
    by_duckdb = earned(duck, market, BY_RATES)
    with Cluster(tmp_path) as cluster, Spark(cluster.url) as spark:
        queries = queries_for(spark, market, BY_RATES, [MONTH])
        read(spark, market, MONTH)
        spark.keeps("standing", queries.standing())
        # It is found out while the next query runs, whose tasks were given to the dead one too.
        cluster.kill_a_worker()
        spark.keeps("earned", queries.earned())
        by_spark = set(spark.rows(queries.one_by_one()))
    assert by_spark == by_duckdb


class Cluster:
    """A Spark master and two workers of a core each, on this machine."""

    def __init__(self, folder: Path) -> None:
        import pyspark

        self._home = Path(pyspark.__file__).parent
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"spark://127.0.0.1:{port}"
        self._running = [self._start("master.Master", "--host", "127.0.0.1", "--port", str(port))]
        until(lambda: connects(port))
        self._running += [
            self._start(
                "worker.Worker", "-c", "1", "-m", "1g", "-d", str(folder / str(n)), self.url
            )
            for n in range(2)
        ]

    def _start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(self._home / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}"]
        with (self._folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--webui-port", "0", *arguments],
                env={**os.environ, "SPARK_HOME": str(self._home), "SPARK_LOCAL_IP": "127.0.0.1"},
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill_a_worker(self) -> None:
        """The last worker and its executors are gone, without a word to anybody."""
        worker = self._running.pop()
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(PATIENCE)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


def connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


# ---------------------------------------------------------------- which engine


@pytest.mark.parametrize(
    "url",
    ["", "polars://", "postgres://here", "duckdb://elsewhere", "duckdb://?memory=2GB&colour=red",
     "duckdb://?threads=many", "duckdb://?memory=much"],
)  # fmt: skip
def test_an_address_that_is_no_engines_is_refused(url: str) -> None:
    with pytest.raises(NoEngine):
        engine_at(url).close()


def test_what_an_engine_kept_is_gone_when_it_ends() -> None:
    with engine_at("duckdb://?memory=500MB&threads=1") as engine:
        engine.writes(engine.folder / "numbers", "SELECT 1 AS one")
        assert Path(engine.folder, "numbers").is_dir()
    assert not engine.folder.exists()
