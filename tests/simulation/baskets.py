"""Baskets like the real ones, in the same two files: made by arithmetic, the same on every machine.

A few busy stores and many quiet ones, households with favourites, fuel by the thousandth, lines
that cost nothing, quantities of zero, and products that the product list does not know.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

_BASKETS = """
CREATE TABLE basket AS
SELECT 31198570000 + i AS basket_id,
       1 + (h1 % 90 * (h1 // 90 % 90)) // 90 AS household_id,
       300 + (h2 % 40 * (h2 // 40 % 40)) // 40 AS store_id,
       TIMESTAMP '2017-01-02 08:00:00' + (i * $seconds)::INT * INTERVAL 1 SECOND AS bought_at,
       1 + h1 // 7 % 6 AS lines
  FROM (SELECT i, hash_of(i * 3) AS h1, hash_of(i * 3 + 1) AS h2 FROM range($baskets) AS r (i))"""

_TRANSACTIONS = """
SELECT household_id, store_id, basket_id, product_id,
       CASE WHEN product_id % 50 = 7 THEN 4000 + h % 9000
            WHEN h % 151 = 0 THEN 0 ELSE 1 + h % 3 END AS quantity,
       CASE WHEN h % 131 = 0 THEN 0.0 ELSE round((30 + h % 1970) / 100.0, 2) END::DOUBLE AS sales_value,
       0.0 AS retail_disc, 0.0 AS coupon_disc, 0.0 AS coupon_match_disc, 1 AS week,
       bought_at AS transaction_timestamp
  FROM (SELECT *, 25000 + (hash_of(basket_id * 11 + n * 5) % 300) AS product_id,
               hash_of(basket_id * 7 + n) AS h
          FROM basket, range(6) AS l (n) WHERE n < lines)
QUALIFY row_number() OVER (PARTITION BY basket_id, product_id ORDER BY h) = 1"""

_PRODUCTS = """
SELECT 25000 + i AS product_id, 2 AS manufacturer_id,
       CASE WHEN i % 50 = 7 THEN 'FUEL' WHEN i % 50 = 8 THEN 'RESTAURANT'
            WHEN i % 5 = 0 THEN 'DRUG GM' ELSE 'GROCERY' END AS department,
       'National' AS brand,
       CASE WHEN i % 17 = 0 THEN NULL ELSE 'CATEGORY ' || i % 9 END AS product_category,
       'TYPE ' || i % 40 AS product_type, i || ' OZ' AS package_size
  FROM range(295) AS r (i)"""


def write(folder: Path, *, baskets: int, days: int = 28) -> Path:
    """So many baskets over so many days, as the two files; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as duck:
        duck.execute(
            "CREATE MACRO hash_of(n) AS ('0x' || left(md5('basket ' || n::BIGINT), 7))::BIGINT"
        )
        duck.execute(_BASKETS, {"baskets": baskets, "seconds": days * 86400 / baskets})
        for name, query in (("transactions", _TRANSACTIONS), ("products", _PRODUCTS)):
            duck.execute(f"COPY ({query}) TO '{folder / name}.parquet' (FORMAT parquet)")
    return folder
