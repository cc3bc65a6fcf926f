"""Pages of a large catalogue: the demo company with ten thousand products of its own kind beside it.

    python benchmarks/large_catalogue.py [--products N] [--times N] [--only TEXT] [--profile URL]

Everything is made in a folder of its own and thrown away. The products are the demo's, copied under other
names, numbers and prices, so that a word of a name finds hundreds of them. What is measured, and how, is
that of pages.py; a page is cold when nothing of it is kept yet.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import pstats
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg
import structlog

import mainstem_postgres as postgres
import pages
from mainstem.kit import db

PRODUCTS = 10_000

_COPIES = """
CREATE TEMP TABLE copied AS
SELECT p.id AS of, n, (SELECT max(id) FROM product) + row_number() OVER (ORDER BY n, p.id) AS id
  FROM product p CROSS JOIN generate_series(1, %(each)s) AS n WHERE p.active AND p.kind = 'goods';
INSERT INTO product (id, slug, kind, category, tax_bp, tax_class, commissionable_bp, picture,
                     position, options, created_at)
SELECT c.id, left(p.slug, 60) || '-' || c.n, p.kind, p.category, p.tax_bp, p.tax_class,
       p.commissionable_bp, p.picture, p.position + c.n * 100, p.options, p.created_at
  FROM copied c JOIN product p ON p.id = c.of;
INSERT INTO product_text (product_id, locale, name, summary, description)
SELECT c.id, t.locale, t.name || ' ' || c.n, t.summary, t.description
  FROM copied c JOIN product_text t ON t.product_id = c.of;
CREATE TEMP TABLE copied_variant AS
SELECT v.id AS of, c.id AS product, c.n,
       (SELECT max(id) FROM variant) + row_number() OVER (ORDER BY c.n, v.id) AS id
  FROM copied c JOIN variant v ON v.product_id = c.of;
INSERT INTO variant (id, product_id, sku, name_en, name_sv, weight_g, position, active, choices)
SELECT c.id, c.product, left(v.sku, 50) || '-' || c.n, v.name_en, v.name_sv, v.weight_g, v.position,
       v.active, v.choices
  FROM copied_variant c JOIN variant v ON v.id = c.of;
INSERT INTO price (variant_id, currency, valid_from, amount_minor)
SELECT DISTINCT ON (c.id, p.currency) c.id, p.currency, p.valid_from, p.amount_minor + c.n * 100
  FROM copied_variant c JOIN price p ON p.variant_id = c.of ORDER BY c.id, p.currency, p.valid_from;
INSERT INTO stock_level (variant_id, location_id, on_hand)
SELECT c.id, s.location_id, 50 FROM copied_variant c JOIN stock_level s ON s.variant_id = c.of;
SELECT setval(pg_get_serial_sequence('product', 'id'), (SELECT max(id) FROM product)),
       setval(pg_get_serial_sequence('variant', 'id'), (SELECT max(id) FROM variant));
UPDATE storefront SET product_ids = NULL;
UPDATE catalogue_version SET version = version + 1"""


def fill(url: str, products: int) -> int:
    """Copy the demo's goods until there are so many; how many products there are."""
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET ROLE mainstem_owner")
        goods = _count(connection, "SELECT count(*) FROM product WHERE active AND kind = 'goods'")
        if goods < products // 2:
            connection.execute(_COPIES, {"each": products // goods})
            connection.execute("VACUUM ANALYZE")
        return _count(connection, "SELECT count(*) FROM product WHERE active")


def _count(connection: psycopg.Connection, question: str) -> int:
    row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])


def addresses(company: pages.Company) -> Iterator[tuple[str, str]]:
    """What is opened, by whom: the pages that look through the catalogue."""
    shop = f"/s/{company['slug']}"
    yield pages.CLIENT, f"{shop}/search?q={company['word']}"
    yield pages.CLIENT, f"{shop}/search?q=cast+iron&sort=price"
    yield pages.CLIENT, f"{shop}/search?q=zzzz"
    yield pages.CLIENT, f"{shop}/c/{company['category']}"
    yield pages.CLIENT, f"{shop}/p/{company['goods']}"
    yield pages.CLIENT, shop
    for path in (
        "products", f"products?q={company['word']}", "products/new",
        f"products/edit?key={company['goods']}", "stock", "departments", "storefronts/new", "teams/new",
        "suggestions/products?q=iron", "suggestions/articles?q=10",
    ):  # fmt: skip
        yield pages.STAFF, f"/console/setup/{path}"
    yield pages.STAFF, "/console/catalogue/bulk"


async def cold_ms(company: pages.Company, kind: str, url: str, *, times: int) -> float:
    """What a page costs when the catalogue has just changed: nothing that was kept of it counts."""
    found = []
    for _ in range(times):
        with company.database.work() as work:
            work.run("UPDATE catalogue_version SET version = version + 1")
        own = time.process_time_ns()
        await pages.get(company, kind, url)
        found.append((time.process_time_ns() - own) / 1e6)
    return median(found)


async def run(company: pages.Company, server: postgres.Server, given: argparse.Namespace) -> None:
    """Measure and print."""
    meter = pages.Meter(server, company)
    try:
        async with company.app.lifespan():
            print(f"{'page':<58}{'app':>7}{'pg':>7}{'both':>7}{'cold':>7}{'kB':>5}")
            for kind, url in addresses(company):
                if given.only not in url:
                    continue
                cost = await pages.measure(company, meter, kind, url, times=given.times)
                cold = await cold_ms(company, kind, url, times=5)
                print(
                    f"{url:<58}{cost.app_ms:>7.1f}{cost.database_ms:>7.1f}{cost.cpu_ms:>7.1f}"
                    f"{cold:>7.1f}{cost.kilobytes:>5}"
                )
                if given.profile and given.profile in url:
                    await profile(company, kind, url)
    finally:
        meter.close()
        company.database.close()


async def profile(company: pages.Company, kind: str, url: str) -> None:
    """Where the app's time goes."""
    profiler = cProfile.Profile()
    for _ in range(20):
        profiler.enable()
        await pages.get(company, kind, url)
        profiler.disable()
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(45)


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the company, fill it, measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=PRODUCTS)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", default="", help="show where the time of a page goes")
    parser.add_argument(
        "--data", type=Path, help="a folder to keep the company in, or to use again"
    )
    given = parser.parse_args(arguments)
    structlog.configure(processors=[pages._dropped])
    with TemporaryDirectory(prefix="mainstem-catalogue-") as folder:
        data = given.data or Path(folder)
        used = (data / "pg").exists()
        data.mkdir(exist_ok=True)
        with postgres.start(data / "pg") as server:
            url = server.admin_url(pages.NAMES["demo"]) if used else pages.make_demo(server)
            if used:
                db.migrate(url, demo=True)
            print(f"{fill(url, given.products):,} products")
            company = pages.open_company("demo", url, data, made=not used)
            asyncio.run(run(company, server, given))
    return 0


if __name__ == "__main__":
    sys.exit(main())
