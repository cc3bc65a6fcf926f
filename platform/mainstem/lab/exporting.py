"""The company's own history as facts: what was delivered of every order, and what went back.

It is read once, in one statement and so as of one instant, by the role that only reads; everything else is
worked out outside the database. An order that earns nothing, or whose review is open, is no fact of a plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import duckdb

from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.lab.facts import About, NoFacts
from mainstem.lab.period_facts import COUNTED, spans, write_people, write_sales
from mainstem.orders import CREDITED_TO, GOODWILL, back_of
from mainstem.periods import EVERY, read_span

OWN_SALES_DAYS = (30, 60, 90, 180, 365)

Progress = Callable[[str, int, int], None]


def export(
    database: Database,
    folder: Path,
    *,
    zone: str,
    progress: Progress = lambda month, done, of: None,
) -> None:
    """Write the company's history into a folder that is not there yet, or is empty.

    Days are those of the company's zone. Raises NoFacts.
    """
    assert re.fullmatch(r"[\w+/-]+", zone), "a zone is the name of one"
    if folder.exists() and any(folder.iterdir()):
        raise NoFacts(f"{folder} is not empty.")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix=".raw-") as raw, duckdb.connect() as duck:
        with database.reading() as work:
            # All statements see the company as of one instant.
            work.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            work.run("SET LOCAL statement_timeout = 0")
            _stream(work, _SOLD.format(zone=zone), Path(raw) / "sold.csv")
            write_periods(work, duck, folder, zone=zone)
        _read(duck, Path(raw) / "sold.csv")
        duck.execute(_FACTS)
        duck.execute(_uplines())
        months = [month for (month,) in duck.execute(_MONTHS).fetchall()]
        for done, month in enumerate(months, 1):
            for name in ("lines", "uplines", "orders"):
                into = folder / name / f"month={month // 100}-{month % 100:02}"
                into.mkdir(parents=True)
                file = str(into / "part-0.parquet").replace("'", "''")
                duck.execute(
                    f"""COPY (SELECT * EXCLUDE month FROM all_{name} WHERE month = {month} ORDER BY ALL)
                        TO '{file}' (FORMAT parquet, COMPRESSION zstd)"""
                )
            progress(f"{month // 100}-{month % 100:02}", done, len(months))
        shared = duck.execute("SELECT count(*) FROM sales WHERE earns AND shared").fetchone()
    About(
        "the company's own history",
        own_sales_days=OWN_SALES_DAYS,
        unnamed=True,
        costs=True,
        orders=True,
        counted=COUNTED,
        shared_orders=shared[0] if shared else 0,
    ).write(folder)


def write_periods(work: Work, duck: duckdb.DuckDBPyConnection, folder: Path, *, zone: str) -> None:
    """Write what every month, quarter and year that is over would be worked out of: as its close reads it."""
    first = work.value(f"SELECT min(paid_at AT TIME ZONE '{zone}')::date FROM orders")
    today = work.now().astimezone(ZoneInfo(zone)).date()
    if first is None:
        return
    for every in EVERY:
        for span in spans(f"{first:%Y-%m}", f"{today:%Y-%m}", every):
            if span.ends_on > today:
                continue
            for counted in COUNTED:
                found = read_span(work, span, counted_at=counted, zone=zone)
                write_sales(duck, folder, counted, span, found.sold)
            if every == "month":
                write_people(duck, folder, span.name, found.people)


def _stream(work: Work, query: str, file: Path) -> None:
    asked = f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)"
    with work.pg.cursor() as cursor, file.open("wb") as out, cursor.copy(asked) as rows:
        for piece in rows:
            out.write(piece)


def _read(duck: duckdb.DuckDBPyConnection, raw: Path) -> None:
    types = ", ".join(f"'{column}': '{kind}'" for column, kind in (_ORDER | _LINE).items())
    file = str(raw).replace("'", "''")
    duck.execute(
        f"CREATE TABLE raw AS SELECT * FROM read_csv('{file}', header=true, columns={{{types}}})"
    )
    duck.execute(f"CREATE TABLE sold AS SELECT DISTINCT {', '.join(_ORDER)} FROM raw")
    duck.execute(
        f"CREATE TABLE line AS SELECT home_id, id, {', '.join(_LINE)} FROM raw WHERE line_no IS NOT NULL"
    )


def _uplines() -> str:
    """Each upline once a month, with the own sales of everybody in it as of the sale."""
    joins = "\n".join(
        f"""  ASOF LEFT JOIN (SELECT member_id, moment + INTERVAL {days} DAY AS moment, so_many
                    FROM delivered) AS d{days}
          ON d{days}.member_id = u.member_id AND u.placed_at > d{days}.moment"""
        for days in OWN_SALES_DAYS
    )
    counted = ", ".join(
        f"(coalesce(now.so_many, 0) - coalesce(d{days}.so_many, 0))::BIGINT AS own_sales_{days}"
        for days in OWN_SALES_DAYS
    )
    columns = ", ".join(f"own_sales_{days}" for days in OWN_SALES_DAYS)
    return _UPLINES.format(joins=joins, counted=counted, columns=columns)


# ---------------------------------------------------------------- what is read

_ORDER = {
    "home_id": "BIGINT", "id": "UUID", "number": "VARCHAR", "currency": "VARCHAR", "client": "VARCHAR",
    "seller_id": "BIGINT", "affiliate": "VARCHAR", "storefront": "VARCHAR", "upline": "VARCHAR",
    "groups": "VARCHAR", "upline_facts": "VARCHAR", "kept": "BOOLEAN", "shared": "BOOLEAN", "placed_at": "TIMESTAMP",
    "paid_at": "TIMESTAMP", "delivered_at": "TIMESTAMP", "sold_on": "INTEGER", "paid_on": "INTEGER",
    "credited": "BOOLEAN", "earns": "BOOLEAN", "unnamed_minor": "BIGINT", "unnamed_of_minor": "BIGINT",
    "order_minor": "BIGINT",
}  # fmt: skip
_LINE = {
    "line_no": "INTEGER", "kind": "VARCHAR", "product": "VARCHAR", "department": "VARCHAR",
    "pieces": "BIGINT", "delivered_on": "INTEGER", "earned": "BIGINT", "returned": "BIGINT",
    "price": "BIGINT", "price_back": "BIGINT", "has_cost": "BIGINT", "margin": "BIGINT",
    "margin_back": "BIGINT",
}  # fmt: skip

# What went back without naming lines counts against every line alike, once, and money for what was never
# delivered takes back nothing that was earned: as in `mainstem.earnings.delivered`.
_SOLD = f"""
SELECT o.home_id, o.id, o.number, o.currency, md5(o.client_key) AS client, a.id AS seller_id, a.slug AS affiliate,
       s.slug AS storefront, array_to_string(credited.upline, '|') AS upline,
       credited.groups::text AS groups, credited.upline_facts::text AS upline_facts,
       o.refunded_minor < o.paid_minor AS kept, credited.also_credited IS NOT NULL AS shared,
       o.placed_at AT TIME ZONE 'UTC' AS placed_at, o.paid_at AT TIME ZONE 'UTC' AS paid_at,
       o.delivered_at AT TIME ZONE 'UTC' AS delivered_at,
       to_char(o.placed_at AT TIME ZONE '{{zone}}', 'YYYYMMDD')::int AS sold_on,
       to_char(o.paid_at AT TIME ZONE '{{zone}}', 'YYYYMMDD')::int AS paid_on,
       o.earns AS credited, o.earns AND coalesce(v.state, 'released') = 'released' AS earns,
       greatest(least(o.unallocated_minor + o.disputed_minor, whole.remains), 0) AS unnamed_minor,
       greatest(whole.remains, 1) AS unnamed_of_minor, all_lines.minor AS order_minor,
       l.line_no, l.kind, l.product, l.department, l.delivered AS pieces,
       to_char(l.delivered_at AT TIME ZONE '{{zone}}', 'YYYYMMDD')::int AS delivered_on, l.earned,
       greatest(l.back - (l.worth - l.earned), 0) AS returned, l.price - l.tax AS price,
       CASE WHEN l.price > 0
            THEN part(l.price - l.tax,
                      least(greatest(l.back_minor - (l.total_minor - l.price), 0), l.price), l.price)
            ELSE 0 END AS price_back,
       (l.cost IS NOT NULL)::int AS has_cost, l.margin,
       CASE WHEN l.price > 0
            THEN part(l.margin,
                      least(greatest(l.back_minor - (l.total_minor - l.price), 0), l.price), l.price)
            ELSE 0 END AS margin_back
  FROM orders o {CREDITED_TO} {GOODWILL}
  JOIN affiliate a ON a.id = credited.seller_id
  JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
  LEFT JOIN commission_review v ON v.home_id = o.home_id AND v.order_id = o.id
 CROSS JOIN LATERAL (
       SELECT sum(total_minor - tax_minor)::bigint AS minor FROM order_line
        WHERE home_id = o.home_id AND order_id = o.id) AS all_lines
 CROSS JOIN LATERAL (
       SELECT o.total_minor - (o.refunded_minor - goodwill.minor - o.unallocated_minor) AS remains) AS whole
  LEFT JOIN LATERAL (
       SELECT *, CASE WHEN cost IS NULL THEN 0 ELSE greatest(price - tax - cost, 0) END AS margin FROM (
       SELECT still.*, part(total_minor, delivered, quantity) AS price,
              part(tax_minor, delivered, quantity) AS tax, part(cost_minor, delivered, quantity) AS cost,
              part(commissionable_minor, delivered, quantity) AS earned,
              CASE WHEN kept > 0 THEN part(worth, greatest(back_minor - (total_minor - kept), 0), kept)
                   ELSE 0 END AS back
         FROM (SELECT l.*, c.cost_minor, {back_of("l")} AS back_minor,
                      p.slug AS product, p.category AS department,
                      part(l.total_minor, l.quantity - l.canceled, l.quantity) AS kept,
                      part(l.commissionable_minor, l.quantity - l.canceled, l.quantity) AS worth
                 FROM order_line l
                 LEFT JOIN order_line_cost c USING (home_id, order_id, line_no)
                 JOIN variant r ON r.id = l.variant_id JOIN product p ON p.id = r.product_id
                WHERE l.home_id = o.home_id AND l.order_id = o.id AND l.delivered > 0) AS still
       ) AS of_price) AS l ON true
 WHERE o.paid_at IS NOT NULL"""

# ---------------------------------------------------------------- what is made of it

_GROUPS = """'|' || coalesce(array_to_string(
         from_json(json_extract({of}.groups, '$."' || {who} || '"'), '["VARCHAR"]'), '|'), '') || '|'"""

_FACTS = """
CREATE TABLE sales AS
SELECT *, row_number() OVER (ORDER BY placed_at, home_id, id) AS order_no, sold_on // 100 AS month FROM sold;
CREATE TABLE delivered AS
SELECT seller_id AS member_id, delivered_at AS moment,
       sum(count(*)) OVER (PARTITION BY seller_id ORDER BY delivered_at) AS so_many
  FROM sales WHERE credited AND delivered_at IS NOT NULL GROUP BY seller_id, delivered_at;
-- How many orders a client had paid before each of theirs, and the first: with and without those of which
-- all money went back.
CREATE TABLE bought AS
SELECT client, paid_at AS moment,
       sum(count(*)) OVER w AS orders_before, min(min(paid_on)) OVER w AS first_on,
       sum(count(*) FILTER (kept)) OVER w AS orders_kept_before, min(min(paid_on) FILTER (kept)) OVER w AS first_kept_on
  FROM sales GROUP BY client, paid_at WINDOW w AS (PARTITION BY client ORDER BY paid_at);
CREATE MACRO months_since(first, day) AS CASE WHEN first IS NULL THEN 0 ELSE
  (day // 10000 - first // 10000) * 12 + (day // 100 % 100 - first // 100 % 100)
    - CASE WHEN day % 100 < first % 100 THEN 1 ELSE 0 END END;
CREATE TABLE clients AS
SELECT s.order_no, coalesce(b.orders_before, 0)::BIGINT AS orders_before,
       months_since(b.first_on, s.sold_on)::BIGINT AS months,
       coalesce(b.orders_kept_before, 0)::BIGINT AS orders_kept_before,
       months_since(b.first_kept_on, s.sold_on)::BIGINT AS months_kept
  FROM sales s ASOF LEFT JOIN bought b ON b.client = s.client AND s.placed_at > b.moment;
CREATE TABLE all_orders AS
SELECT month, order_no AS order_id, home_id, id AS order_uuid, number FROM sales WHERE earns;
CREATE TABLE steps_up AS
SELECT month, order_no, placed_at, groups, no - 1 AS steps, above[no]::BIGINT AS at_step,
       json_extract(upline_facts, '$."' || (no - 1) || '"') AS facts,
       coalesce((facts->>'id')::BIGINT, at_step) AS member_id
  FROM (SELECT *, unnest(range(1, len(above) + 1)) AS no
          FROM (SELECT *, string_split(upline, '|') AS above FROM sales WHERE earns) AS s) AS s;
"""

_UPLINES = f"""
CREATE TABLE seen AS
SELECT u.month, u.order_no, u.steps, u.member_id,
       coalesce((u.facts->>'house')::BOOLEAN, false)::BIGINT AS house,
       -- Of earlier orders it is only kept that somebody was not paid: then nobody is on them.
       (coalesce((u.facts->>'suspended')::BOOLEAN, false) OR u.member_id = 0)::BIGINT AS suspended,
       coalesce((u.facts->>'rank')::BIGINT, 0) AS "rank",
       {_GROUPS.format(of="u", who="u.member_id")} AS groups, {{counted}}
  FROM steps_up u
  ASOF LEFT JOIN delivered AS now ON now.member_id = u.member_id AND u.placed_at > now.moment
{{joins}};
CREATE TABLE alike AS
SELECT month, order_no, min(order_no) OVER (PARTITION BY month, said) AS upline_id
  FROM (SELECT month, order_no,
               string_agg(concat_ws(',', member_id, house, suspended, "rank", groups, {{columns}}), ';'
                          ORDER BY steps) AS said
          FROM seen GROUP BY month, order_no) AS whole;
CREATE TABLE all_uplines AS
SELECT month, order_no AS upline_id, steps, member_id, house, suspended, "rank", groups, {{columns}}
  FROM seen WHERE order_no IN (SELECT upline_id FROM alike);
CREATE TABLE all_lines AS
SELECT s.month, s.order_no AS order_id, l.line_no::BIGINT AS line_no,
       count(*) OVER (PARTITION BY s.order_no) AS lines, s.sold_on::BIGINT AS sold_on,
       coalesce(l.delivered_on, s.sold_on)::BIGINT AS delivered_on, alike.upline_id, s.affiliate, s.storefront,
       l.kind, l.product, '|' || l.department || '|' AS departments,
       {_GROUPS.format(of="s", who="s.seller_id")} AS groups,
       s.currency, l.pieces, c.orders_before, c.months, c.orders_kept_before, c.months_kept,
       l.earned AS commissionable_minor, least(l.returned, l.earned) AS commissionable_back_minor,
       l.price AS price_minor, l.price_back AS price_back_minor,
       l.has_cost, l.margin AS margin_minor, l.margin_back AS margin_back_minor, s.unnamed_minor, s.unnamed_of_minor,
       s.order_minor
  FROM sales s JOIN line l ON l.home_id = s.home_id AND l.id = s.id
  JOIN alike ON alike.order_no = s.order_no JOIN clients c ON c.order_no = s.order_no
 WHERE s.earns;
"""

_MONTHS = "SELECT DISTINCT month FROM all_lines ORDER BY 1"
