"""What works a plan out over facts: DuckDB in this process by default, Spark here or elsewhere.

duckdb://?memory=2GB&threads=4    DuckDB, beyond its memory on disk
local[2]                          Spark on this machine, with two cores
spark://host:7077                 a Spark cluster
sc://host:15002                   a server that speaks Spark Connect
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import parse_qs, urlsplit

import duckdb
import numpy as np

from mainstem.kit.columns import Ints
from mainstem.lab.emitter import Dialect

DEFAULT = "duckdb://?memory=2GB"
BITS_OF_64, BITS_OF_128 = 63, 127
_NOT_WANTED = "filter_pushdown"


class NoEngine(Exception):
    """There is no such engine, or it cannot be had here, for the reason given."""


class EngineFailed(Exception):
    """The engine gave up, for the reason given: it had no memory left, or lost its cluster."""


class Engine(Protocol):
    """Something that runs queries over Parquet."""

    @property
    def dialect(self) -> Dialect:
        """What it is to be asked in."""
        ...

    @property
    def bits(self) -> int:
        """How large its whole numbers are, without the sign."""
        ...

    @property
    def folder(self) -> Path:
        """Where it keeps what it writes on the way; gone when it ends."""
        ...

    def reads(self, name: str, files: str) -> None:
        """Call these Parquet files by a name."""
        ...

    def keeps(self, name: str, query: str) -> None:
        """Work a query out, and call what comes of it by a name."""
        ...

    def adds(self, name: str, query: str) -> None:
        """Work a query out, and put what comes of it beside what was added by this name before."""
        ...

    def picks(self, name: str, table: str, where: Sequence[str]) -> None:
        """Keep the rows of a table for which one of these holds; each names a few of a file's rows."""
        ...

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Everything that a query finds."""
        ...

    def columns(self, query: str) -> dict[str, Ints]:
        """Everything that a query finds, by column: whole numbers only, none missing."""
        ...

    def takes(self, name: str, columns: Mapping[str, Ints]) -> None:
        """Call these columns of whole numbers by a name."""
        ...

    def names(self, name: str, query: str) -> None:
        """Call what a query finds by a name, to be worked out whenever it is asked for."""
        ...

    def writes(self, folder: Path, query: str) -> None:
        """Write what a query finds as Parquet into a folder that is not there yet."""
        ...

    def close(self) -> None:
        """End it, and remove what it kept."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, no: BaseException | None, at: TracebackType | None
    ) -> None: ...


class _Closing:
    """Whatever is closed at the end of a `with`."""

    folder: Path

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class DuckDB(_Closing):
    """DuckDB in this process."""

    dialect: Dialect = "duckdb"
    bits = BITS_OF_128

    def __init__(self, *, memory: str = "", threads: int = 0) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mainstem-lab-"))
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(self.folder / "spilled"),
            # Sums are of whole numbers: in which order they are taken changes nothing.
            "preserve_insertion_order": False,
            # It writes expressions of stages into each other until they are huge (twenty times the time of
            # a short query); every filter of ours already stands where it belongs.
            "disabled_optimizers": _NOT_WANTED,
        }
        self._added: set[str] = set()
        if memory:
            config["memory_limit"] = memory
        if threads:
            config["threads"] = threads
        try:
            self._duck = duckdb.connect(config=config)
        except duckdb.Error as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise NoEngine(f"DuckDB does not take this: {error}") from None

    def reads(self, name: str, files: str) -> None:
        self._run(
            f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM read_parquet({_text(files)})"
        )

    def keeps(self, name: str, query: str) -> None:
        self._run(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def adds(self, name: str, query: str) -> None:
        if name in self._added:
            self._run(f"INSERT INTO {name} {query}")
        else:
            self.keeps(name, query)
            self._added.add(name)

    def picks(self, name: str, table: str, where: Sequence[str]) -> None:
        # Only a filter that is pushed down lets it pass over the parts of a file that hold no such row.
        self._run("SET disabled_optimizers = ''")
        try:
            self.keeps(name, _rows_where(table, where))
        finally:
            self._run(f"SET disabled_optimizers = '{_NOT_WANTED}'")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._run(query).fetchall()

    def columns(self, query: str) -> dict[str, Ints]:
        found = self._run(query).fetchnumpy()
        return {name: np.asarray(column, np.int64) for name, column in found.items()}

    def takes(self, name: str, columns: Mapping[str, Ints]) -> None:
        self._duck.register("taken", dict(columns))
        self.keeps(name, "SELECT * FROM taken")
        self._duck.unregister("taken")

    def names(self, name: str, query: str) -> None:
        self._run(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")

    def writes(self, folder: Path, query: str) -> None:
        folder.mkdir(parents=True)
        file = _text(str(folder / "part-0.parquet"))
        self._run(f"COPY ({query}) TO {file} (FORMAT parquet, COMPRESSION zstd)")

    def close(self) -> None:
        self._duck.close()
        super().close()

    def _run(self, query: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._duck.execute(query)
        except duckdb.OutOfMemoryException:
            raise EngineFailed(
                "DuckDB has no memory left. Give it more: --engine duckdb://?memory=4GB"
            ) from None


class Spark(_Closing):
    """Spark, in a Java of its own on this machine, or on a cluster that sees the same files."""

    dialect: Dialect = "spark"
    bits = BITS_OF_64

    def __init__(self, url: str) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise NoEngine("Spark is not installed here: pip install 'mainstem[spark]'") from None
        if not url.startswith("sc://") and shutil.which("java") is None:
            raise NoEngine("Spark needs Java: apt-get install openjdk-17-jre-headless")
        self.folder = Path(tempfile.mkdtemp(prefix="mainstem-lab-"))
        builder = SparkSession.builder.appName("mainstem")
        builder = builder.remote(url) if url.startswith("sc://") else builder.master(url)
        for name, said in {
            # A number that is too large is an error, never another number.
            "spark.sql.ansi.enabled": "true",
            "spark.sql.shuffle.partitions": "8",
            "spark.sql.session.timeZone": "UTC",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
        }.items():
            builder = builder.config(name, said)
        self._spark = builder.getOrCreate()
        if not url.startswith("sc://"):
            # It warns of every pattern of files, with its whole stack.
            self._spark.sparkContext.setLogLevel("ERROR")
        self._kept = 0
        self._added: dict[str, int] = {}

    def reads(self, name: str, files: str) -> None:
        self._spark.read.parquet(files).createOrReplaceTempView(name)

    def keeps(self, name: str, query: str) -> None:
        self._kept += 1
        folder = self.folder / f"kept-{self._kept}"
        self.writes(folder, query)
        self.reads(name, str(folder))

    def adds(self, name: str, query: str) -> None:
        self._added[name] = self._added.get(name, 0) + 1
        folder = self.folder / f"added-{name}"
        self.writes(folder / f"no={self._added[name]}", query)
        self.reads(name, str(folder / "*"))

    def picks(self, name: str, table: str, where: Sequence[str]) -> None:
        self.keeps(name, _rows_where(table, where))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._spark.sql(query).collect()]

    def columns(self, query: str) -> dict[str, Ints]:
        found = self._spark.sql(query)
        rows = np.array([tuple(row) for row in found.collect()], np.int64)
        return dict(zip(found.columns, rows.reshape(-1, len(found.columns)).T, strict=True))

    def takes(self, name: str, columns: Mapping[str, Ints]) -> None:
        schema = ", ".join(f"`{column}` BIGINT" for column in columns)
        rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
        self._spark.createDataFrame(rows, schema).createOrReplaceTempView(name)

    def names(self, name: str, query: str) -> None:
        self._spark.sql(query).createOrReplaceTempView(name)

    def writes(self, folder: Path, query: str) -> None:
        self._spark.sql(query).write.parquet(str(folder))

    def close(self) -> None:
        self._spark.stop()
        super().close()


def engine_at(url: str = DEFAULT) -> Engine:
    """The engine of this address. Raises NoEngine."""
    if re.fullmatch(r"local(\[(\d+|\*)\])?", url) or url.startswith(("spark://", "sc://")):
        return Spark(url)
    found = urlsplit(url)
    if found.scheme != "duckdb" or found.netloc or found.path.strip("/"):
        raise NoEngine(
            f"{url} is no engine. Say duckdb://?memory=2GB, local[2], spark://host:7077 or sc://host:15002."
        )
    asked = parse_qs(found.query)
    unknown = sorted(asked.keys() - {"memory", "threads"})
    if unknown:
        raise NoEngine(f"DuckDB is told memory and threads, and not {unknown[0]}.")
    return DuckDB(memory=asked.get("memory", [""])[0], threads=_number(asked.get("threads", ["0"])))


def _number(said: Sequence[str]) -> int:
    if not re.fullmatch(r"\d{1,4}", said[0]):
        raise NoEngine(f"threads is a number, and not {said[0]}.")
    return int(said[0])


def _rows_where(table: str, where: Sequence[str]) -> str:
    return "\nUNION ALL\n".join(f"SELECT * FROM {table} WHERE {one}" for one in where)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
