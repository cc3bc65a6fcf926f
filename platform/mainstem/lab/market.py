"""A market of our own making: a network, and a year of its sales, as facts.

Everything is drawn from a seed by whole-number arithmetic on MD5, inside DuckDB and a month at a time: the
same seed gives the same rows on every machine, and twenty million lines take a minute or two.

The network. Affiliates are numbered in the order in which they joined; the first in 5,000 stand under nobody.
Everybody else was recruited by one who joined before: four times in five by any of them alike, else by an early
one (two draws, each of what the other left); and seven in ten by somebody who recruits a lot (whose number is a
multiple of 4, 32 or 512). So 1,000,000 affiliates stand 7 deep on average, 14 at the 99th percentile and 24 at
most; two in three recruited nobody, and the widest recruited some 260. Three in five had joined before the year.

The year. Who sells is drawn by three draws in a row, so that few sell most; orders have one to four lines (1.6 on
average), and December twice an ordinary month's. Of 2,000 products in 8 departments three departments are
services; what counts for commission is 60 to 100 % of the price. 3.85 % of all lines come back whole, 1.5 % in
part. Three currencies, one an affiliate. One affiliate in 40 is suspended in a month, one in 1,000 is a house
account.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from pathlib import Path

import duckdb

from mainstem.lab.facts import About
from mainstem.lab.period_facts import spans

LINES_OF_BLOCK, ORDERS_OF_BLOCK = 32, 20
"""Of twenty orders twelve have one line, five two, two three, and one four."""

OWN_SALES_MONTHS = {30: 1, 90: 3, 365: 12}
"""How many months before are counted for so many days."""

SEASON = (8, 7, 8, 8, 9, 9, 7, 7, 8, 9, 11, 16)
"""How much of a year is sold in each of its months, of all of them together."""

_COUNTED_IN = ("order", "delivery")

Progress = Callable[[str, int, int], None]


class NoMarket(Exception):
    """No market can be made of these numbers, for the reason given."""


def simulate(
    folder: Path,
    *,
    affiliates: int,
    lines: int,
    seed: int,
    year: int = 2026,
    memory: str = "4GB",
    progress: Progress = lambda month, done, of: None,
) -> None:
    """Write a market's year into a folder that is not there yet, or is empty. Raises NoMarket."""
    if not 1 <= affiliates <= 2**31 or not 12 * LINES_OF_BLOCK <= lines <= 2**33:
        raise NoMarket(
            f"A market has 1 affiliate or more, and {12 * LINES_OF_BLOCK} lines or more."
        )
    if folder.exists() and any(folder.iterdir()):
        raise NoMarket(f"{folder} is not empty.")
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": memory, "preserve_insertion_order": False}) as duck:
        duck.execute(_DRAWS.format(seed=seed))
        duck.execute(_NETWORK.format(affiliates=affiliates, roots=max(1, affiliates // 5_000)))
        duck.execute(f"COPY network TO '{_path(folder, 'affiliates.parquet')}' (FORMAT parquet)")
        first = 0
        for month, blocks in enumerate(_blocks(lines), 1):
            _month(duck, folder, year, month, affiliates, first, blocks, lines)
            first += blocks
            progress(f"{year}-{month:02}", month, 12)
        _volumes(duck, folder, year)
    About(
        f"a market of {affiliates} affiliates and {lines} lines, seed {seed}",
        own_sales_days=sorted(OWN_SALES_MONTHS),
        costs=True,
        ranks=False,
        counted=_COUNTED_IN,
    ).write(folder)


def _blocks(lines: int) -> list[int]:
    """How many blocks of lines each month has; the last has what is left, and a part of a block."""
    whole = -(-lines // LINES_OF_BLOCK)
    found = [whole * share // sum(SEASON) for share in SEASON]
    found[-1] += whole - sum(found)
    return found


def _month(
    duck: duckdb.DuckDBPyConnection,
    folder: Path,
    year: int,
    month: int,
    affiliates: int,
    first: int,
    blocks: int,
    lines: int,
) -> None:
    before = affiliates * 3 // 5
    joined = max(1, before + (affiliates - before) * (month - 1) // 12)
    duck.execute(
        _LINES.format(
            first=first * LINES_OF_BLOCK,
            until=min((first + blocks) * LINES_OF_BLOCK, lines),
            day_first=year * 10_000 + month * 100,
            days=calendar.monthrange(year, month)[1],
            year=year,
            month=month,
            before=max(1, before),
            joined=joined,
        )
    )
    for name, query, order in (
        ("lines", "SELECT * EXCLUDE seller FROM month_lines", ""),
        # As an export writes them: whoever groups them finds each beside the next.
        ("uplines", _UPLINES, " ORDER BY upline_id, steps"),
    ):
        into = folder / name / f"month={year}-{month:02}"
        into.mkdir(parents=True)
        counted = ",\n".join(
            f"{_own_sales(months, month)} AS own_sales_{days}"
            for days, months in OWN_SALES_MONTHS.items()
        )
        asked = query.format(own_sales=counted, month=month) + order
        file = _path(into, "part-0.parquet")
        duck.execute(f"COPY ({asked}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    duck.execute(
        f"""INSERT INTO sold SELECT seller, {month}, count(DISTINCT order_id)
              FROM month_lines GROUP BY seller"""
    )
    duck.execute(_COUNTED.format(month=month, year=year))
    # They stand as their sales do, the suspended ones as of the month.
    _copy(
        duck,
        _PEOPLE.format(month=month, joined=joined),
        folder / "network" / f"month={year}-{month:02}",
    )


def _volumes(duck: duckdb.DuckDBPyConnection, folder: Path, year: int) -> None:
    """What everybody sold in each month, quarter and the year, by the day of the order and of the delivery."""
    for counted in _COUNTED_IN:
        for every, of in (("month", 1), ("quarter", 3), ("year", 12)):
            for span in spans(f"{year}-01", f"{year}-12", every):  # type: ignore[arg-type]
                for currency in ("EUR", "SEK", "USD"):
                    last = span.starts_on.month + of - 1
                    asked = _VOLUMES.format(
                        counted=counted, first=span.starts_on.month, last=last, currency=currency
                    )
                    into = folder / "volumes" / f"counted={counted}" / f"period={span.name}"
                    _copy(duck, asked, into, f"{currency}.parquet")


def _copy(
    duck: duckdb.DuckDBPyConnection, query: str, into: Path, name: str = "part-0.parquet"
) -> None:
    into.mkdir(parents=True, exist_ok=True)
    duck.execute(f"COPY ({query}) TO '{_path(into, name)}' (FORMAT parquet, COMPRESSION zstd)")


def _own_sales(months: int, month: int) -> str:
    """What somebody sold in so many months before this one; before the year, as it was drawn."""
    drawn = max(0, months - (month - 1))
    return (
        f"coalesce((SELECT sum(orders) FROM sold WHERE sold.seller = s.member"
        f" AND sold.month >= {month - months}), 0)::BIGINT + s.usual * {drawn}"
    )


def _path(folder: Path, name: str) -> str:
    return str(folder / name).replace("'", "''")


# ---------------------------------------------------------------- the queries

_DRAWS = """
-- 64 bits for a number and what they are for; `part` takes 16 of them, `long` 31.
CREATE MACRO draw(what, n) AS md5_number_lower('{seed}/' || what || '/' || n);
CREATE MACRO part(bits, no) AS ((bits >> (16 * no)) & 65535)::BIGINT;
CREATE MACRO long(bits, no) AS ((bits >> (31 * no)) & 2147483647)::BIGINT;
-- Below n: evenly by one draw, towards 0 by more.
CREATE MACRO below(n, u) AS (n * u) >> 31;
"""

_NETWORK = """
CREATE TABLE recruited AS
SELECT n, CASE WHEN n < {roots} THEN NULL
               ELSE any_one - any_one % least(width, greatest(any_one, 1)) END AS sponsor
  FROM (SELECT n, CASE WHEN part(bits, 3) < 19661 THEN 1
                       WHEN part(more, 0) < 45875 THEN 4 WHEN part(more, 0) < 62259 THEN 32
                       ELSE 512 END AS width,
               CASE WHEN part(more, 1) < 52428 THEN below(n, long(bits, 0))
                    ELSE below(below(n, long(bits, 0)), long(more, 1)) END AS any_one
          FROM (SELECT range AS n, draw('join', range) AS bits, draw('more', range) AS more
                  FROM range({affiliates})) AS drawn) AS found;
CREATE TABLE above AS
WITH RECURSIVE up AS (
  SELECT n AS seller, 0 AS steps, n AS member FROM recruited
   UNION ALL
  SELECT up.seller, up.steps + 1, recruited.sponsor
    FROM up JOIN recruited ON recruited.n = up.member WHERE recruited.sponsor IS NOT NULL)
SELECT * FROM up;
CREATE TABLE network AS
SELECT n + 1 AS affiliate_id, sponsor + 1 AS sponsor_id, deepest AS depth
  FROM recruited JOIN (SELECT seller, max(steps) AS deepest FROM above GROUP BY seller) AS d ON seller = n
 ORDER BY n;
CREATE TABLE sold (seller BIGINT, month BIGINT, orders BIGINT);
CREATE TABLE counted (seller BIGINT, currency VARCHAR, counted VARCHAR, month BIGINT, volume BIGINT, orders BIGINT,
                      reached BIGINT);
"""

_LINES = """
CREATE OR REPLACE TABLE month_lines AS
WITH placed AS (
  SELECT range AS line, range // 32 * 20
           + ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16,
               17, 17, 17, 18, 18, 18, 19, 19, 19, 19])[range % 32 + 1] AS o,
         ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2,
           1, 2, 3, 1, 2, 3, 1, 2, 3, 4])[range % 32 + 1] AS line_no,
         ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
           3, 3, 3, 3, 3, 3, 4, 4, 4, 4])[range % 32 + 1] AS lines
    FROM range({first}, {until})),
drawn AS (SELECT *, draw('order', o) AS of_order, draw('client', o) AS of_client, draw('line', line) AS of_line
            FROM placed),
chosen AS (
  SELECT *, below(below(below({joined}, long(of_order, 0)), long(of_order, 1)), long(of_client, 1)) AS pick,
         below(below(2000, part(of_line, 0) << 15), part(of_line, 1) << 15) AS product_no,
         part(of_line, 2) AS how, part(of_line, 3) AS back,
         part(of_client, 0) AS met
    FROM drawn),
sold AS (
  -- Who joined early need not sell most: those before the year are taken in another order.
  SELECT *, CASE WHEN pick < {before} THEN (pick * 7919) % {before} ELSE pick END AS seller,
         product_no % 8 AS department,
         CASE WHEN how % 100 < 80 THEN 1 WHEN how % 100 < 92 THEN 2 ELSE 3 + how % 4 END AS pieces,
         CASE WHEN met < 22937 THEN 0 WHEN met < 36044 THEN 1 WHEN met < 45875 THEN 2 ELSE 3 + met % 20 END AS before
    FROM chosen),
priced AS (
  SELECT *, pieces * (4900 + ((product_no * 7919) % 1000) * ((product_no * 7919) % 1000) // 5) AS price
    FROM sold),
worth AS (
  SELECT *, (2 * price * (10000 - (department % 5) * 1000) + 10000) // 20000 AS counts,
         CASE WHEN back < 2523 THEN price WHEN back < 3506 THEN price * (1 + back % 9) // 10 ELSE 0 END AS refunded
    FROM priced)
SELECT o + 1 AS order_id, line_no::BIGINT AS line_no, lines::BIGINT AS lines,
       {day_first} + 1 + (part(of_order, 3) % {days}) AS sold_on,
       CASE WHEN part(of_order, 3) % {days} + 4 <= {days} THEN {day_first} + part(of_order, 3) % {days} + 4
            WHEN {month} = 12 THEN {year} * 10000 + 10101 + how % 3
            ELSE {day_first} + 101 + how % 3 END AS delivered_on,
       seller + 1 AS upline_id, 'a' || (seller + 1) AS affiliate, 'shop-' || (seller % 97) AS storefront,
       CASE WHEN department >= 5 THEN 'service' ELSE 'goods' END AS kind, 'p' || product_no AS product,
       '|' || (['kitchen', 'lamps', 'garden', 'tools', 'textiles', 'repairs', 'fitting', 'lessons'])[department + 1]
         || '|' AS departments,
       CASE WHEN seller % 50 = 0 THEN '|gold|' ELSE '||' END AS groups,
       CASE WHEN seller % 10 < 7 THEN 'SEK' WHEN seller % 10 < 9 THEN 'EUR' ELSE 'USD' END AS currency,
       pieces::BIGINT AS pieces, before::BIGINT AS orders_before,
       CASE WHEN before = 0 THEN 0 ELSE met % 36 END::BIGINT AS months,
       orders_before AS orders_kept_before, months AS months_kept,
       counts AS commissionable_minor, (2 * counts * refunded + price) // (2 * price) AS commissionable_back_minor,
       price AS price_minor, refunded AS price_back_minor,
       -- What nine articles in ten cost is known, and leaves from two to six tenths of the price.
       (product_no % 10 < 9)::BIGINT AS has_cost,
       CASE WHEN product_no % 10 < 9 THEN price * (20 + product_no % 41) // 100 ELSE 0 END AS margin_minor,
       CASE WHEN product_no % 10 < 9 THEN refunded * (20 + product_no % 41) // 100 ELSE 0 END AS margin_back_minor,
       seller
  FROM worth
"""

_UPLINES = """
WITH sellers AS (SELECT DISTINCT seller FROM month_lines),
everybody AS (SELECT DISTINCT member FROM above SEMI JOIN sellers USING (seller)),
states AS (
  SELECT s.member, (s.member % 1000 = 999)::BIGINT AS house,
         (part(draw('paused/{month}', s.member), 0) % 40 = 0)::BIGINT AS suspended,
         {own_sales}
    FROM (SELECT member, part(draw('usual', member), 0) % 3 AS usual FROM everybody) AS s)
SELECT seller + 1 AS upline_id, steps::BIGINT AS steps, member + 1 AS member_id, house, suspended,
       0::BIGINT AS "rank", CASE WHEN member % 50 = 0 THEN '|gold|' ELSE '||' END AS groups,
       COLUMNS('own_sales_.*')
  FROM above SEMI JOIN sellers USING (seller) JOIN states USING (member)
"""

# Every client of a market is another one: an order is one client. What is delivered after the year is in none of its
# periods.
_COUNTED = """
INSERT INTO counted
SELECT seller, currency, counted, day // 100 % 100, sum(volume), count(DISTINCT order_id), max(reached)
  FROM (SELECT seller, currency, order_id, commissionable_minor - commissionable_back_minor AS volume,
               unnest(['order', 'delivery']) AS counted, unnest([sold_on, delivered_on]) AS day,
               day * 10000000000 + order_id AS reached
          FROM month_lines) AS both_ways
 WHERE day // 10000 = {year}
 GROUP BY ALL
"""

_VOLUMES = """
SELECT seller + 1 AS affiliate_id, currency, sum(volume)::BIGINT AS volume_minor, sum(orders)::BIGINT AS clients,
       max(reached)::BIGINT AS reached_at
  FROM counted
 WHERE counted = '{counted}' AND currency = '{currency}' AND month BETWEEN {first} AND {last}
 GROUP BY ALL HAVING sum(volume) > 0 ORDER BY 1
"""

_PEOPLE = """
SELECT affiliate_id, coalesce(sponsor_id, 0)::BIGINT AS sponsor_id, ((affiliate_id - 1) % 1000 = 999)::BIGINT AS house,
       (part(draw('paused/{month}', affiliate_id - 1), 0) % 40 = 0)::BIGINT AS suspended
  FROM network WHERE affiliate_id <= {joined} ORDER BY 1
"""
