"""A market of our own making: the same for everybody who gives the same seed, and of the shape that is said."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mainstem.lab.facts import LINE, Facts
from mainstem.lab.market import NoMarket, simulate


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("market") / "facts"
    simulate(made, affiliates=5_000, lines=20_000, seed=7)
    return made


def rows(query: str, folder: Path) -> list[tuple[object, ...]]:
    files = {name: f"'{folder}/{name}/*/*.parquet'" for name in ("lines", "uplines")}
    return duckdb.execute(
        query.format(**files, network=f"'{folder}/affiliates.parquet'")
    ).fetchall()


def test_it_has_as_many_affiliates_and_lines_as_were_asked_for(folder: Path) -> None:
    assert rows("SELECT count(*) FROM {lines}", folder) == [(20_000,)]
    assert rows("SELECT count(*) FROM {network}", folder) == [(5_000,)]
    facts = Facts.at(folder)
    assert facts.months("2026-03", "2026-05") == ["2026-03", "2026-04", "2026-05"]
    assert len(facts.months()) == 12
    described = duckdb.execute(
        f"DESCRIBE SELECT * FROM '{folder}/lines/month=2026-03/*.parquet'"
    ).fetchall()
    assert {name for name, *_ in described} - {"month"} == LINE.keys() - {
        "unnamed_minor",
        "unnamed_of_minor",
        "order_minor",
    }


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(
    folder: Path, tmp_path: Path
) -> None:
    for name, seed in (("again", 7), ("another", 8)):
        simulate(tmp_path / name, affiliates=5_000, lines=20_000, seed=seed)
    digest = "SELECT bit_xor(md5_number_lower(CAST(l AS VARCHAR))) FROM {lines} AS l"
    assert rows(digest, tmp_path / "again") == rows(digest, folder)
    assert rows(digest, tmp_path / "another") != rows(digest, folder)


def test_nobody_stands_above_themselves_and_everybody_under_whoever_joined_before(
    folder: Path,
) -> None:
    assert rows("SELECT count(*) FROM {network} WHERE sponsor_id >= affiliate_id", folder) == [(0,)]
    odd = """SELECT count(*) FROM (SELECT upline_id, month, min(steps) AS first, count(DISTINCT member_id) AS many,
                                          max(steps) + 1 AS steps FROM {uplines} GROUP BY ALL)
              WHERE first <> 0 OR many <> steps"""
    assert rows(odd, folder) == [(0,)]


def test_an_order_lies_in_one_month_under_one_upline_with_all_its_lines(folder: Path) -> None:
    odd = """SELECT count(*) FROM (SELECT order_id, count(DISTINCT month) AS months, count(DISTINCT upline_id) AS above,
                                          count(*) AS many, max(lines) AS lines, max(line_no) AS last
                                     FROM {lines} GROUP BY order_id)
              WHERE months <> 1 OR above <> 1 OR many <> lines OR last <> lines"""
    assert rows(odd, folder) == [(0,)]
    unknown = "SELECT count(*) FROM {lines} ANTI JOIN {uplines} USING (month, upline_id)"
    assert rows(unknown, folder) == [(0,)]


def test_nothing_comes_back_that_was_not_sold(folder: Path) -> None:
    odd = """SELECT count(*) FROM {lines} WHERE NOT (
               commissionable_back_minor BETWEEN 0 AND commissionable_minor AND price_minor > 0
               AND price_back_minor BETWEEN 0 AND price_minor
               AND commissionable_minor <= price_minor)"""
    assert rows(odd, folder) == [(0,)]
    whole = (
        "SELECT count(*) FILTER (price_back_minor = price_minor) * 10000 // count(*) FROM {lines}"
    )
    ((share,),) = rows(whole, folder)
    assert isinstance(share, int)
    assert 330 <= share <= 440


def test_two_in_three_recruited_nobody(folder: Path) -> None:
    ((share,),) = rows(
        "SELECT 100 - 100 * count(DISTINCT sponsor_id) // count(*) FROM {network}", folder
    )
    assert isinstance(share, int)
    assert 60 <= share <= 72


@pytest.mark.parametrize(("affiliates", "lines"), [(0, 20_000), (10, 5), (2**32, 20_000)])
def test_a_market_that_cannot_be_is_refused(tmp_path: Path, affiliates: int, lines: int) -> None:
    with pytest.raises(NoMarket):
        simulate(tmp_path / "none", affiliates=affiliates, lines=lines, seed=1)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(NoMarket, match="not empty"):
        simulate(tmp_path, affiliates=10, lines=20_000, seed=1)
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]
