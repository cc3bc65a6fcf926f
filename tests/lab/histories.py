"""Plans, trees and histories drawn at random, and facts written from rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import strategies as st
from tests.rules.test_sales import PASSING, SALE_RULES

from mainstem.lab.facts import LINE, About, Facts
from mainstem.money import BASIS
from mainstem.plan import Level, SalePlan, SaleRule, Uplines, When

Row = dict[str, Any]
DAYS = 90
UPLINE: Mapping[str, str] = {
    "upline_id": "int64", "steps": "int64", "member_id": "int64", "house": "int64", "suspended": "int64",
    f"own_sales_{DAYS}": "int64", "groups": "string", "rank": "int64",
}  # fmt: skip
TYPES = {"int64": "BIGINT", "string": "VARCHAR"}
NAMES = st.sampled_from(["gold", "pilots", "north"])


def write(folder: Path, lines: Sequence[Row], uplines: Sequence[Row]) -> Facts:
    """Facts of these rows, by the month of their lines."""
    with duckdb.connect() as duck:
        for month in sorted({line["sold_on"] // 100 for line in lines}):
            own = [line for line in lines if line["sold_on"] // 100 == month]
            for name, columns, rows in (("lines", LINE, own), ("uplines", UPLINE, uplines)):
                duck.execute(
                    f"CREATE OR REPLACE TABLE {name} ("
                    + ", ".join(f'"{column}" {TYPES[kind]}' for column, kind in columns.items())
                    + ")"
                )
                if rows:
                    duck.executemany(
                        f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})",
                        [[row[column] for column in columns] for row in rows],
                    )
                into = folder / name / f"month={month // 100}-{month % 100:02}"
                into.mkdir(parents=True, exist_ok=True)
                duck.execute(f"COPY {name} TO '{into}/part-0.parquet' (FORMAT parquet)")
    About(
        "rows of a test", own_sales_days=[DAYS], ranks=True, unnamed=True, costs=True, orders=True
    ).write(folder)
    return Facts.at(folder)


def line(order: int, no: int, upline: int, amount: int, **more: Any) -> Row:
    """A line of goods that are worth so much."""
    said: Row = {
        "order_id": order, "line_no": no, "lines": 4, "sold_on": 20270301, "delivered_on": 20270303,
        "upline_id": upline, "affiliate": "alder", "storefront": "alder", "kind": "goods",
        "product": "kettle", "departments": "|kitchen|", "groups": "||", "currency": "SEK", "pieces": 1,
        "orders_before": 0, "months": 0, "orders_kept_before": 0, "months_kept": 0,
    }  # fmt: skip
    for base in ("commissionable", "price", "margin"):
        said |= {f"{base}_minor": amount, f"{base}_back_minor": 0}
    said |= {"has_cost": 1, "unnamed_minor": 0, "unnamed_of_minor": 1, "order_minor": amount}
    return said | more


def member(upline: int, steps: int, id: int, **more: Any) -> Row:
    """One step of an upline: an affiliate who may be paid."""
    return {
        "upline_id": upline, "steps": steps, "member_id": id, "house": 0, "suspended": 0,
        f"own_sales_{DAYS}": 3, "groups": "||", "rank": 0,
    } | more  # fmt: skip


def _bars(names: Sequence[str]) -> str:
    return "|" + "|".join(sorted(set(names))) + "|"


@st.composite
def whens(draw: st.DrawFn) -> When:
    """What a rule asks of a line, little enough to be met now and then."""
    asked: Row = {}
    if draw(st.booleans()):
        asked["kind"] = draw(st.sampled_from(["goods", "service"]))
    if draw(st.booleans()):
        asked["products"] = draw(
            st.frozensets(st.sampled_from(["kettle", "lamp", "pan"]), min_size=1)
        )
    for name in ("departments", "groups"):
        if draw(st.integers(0, 3)) == 0:
            asked[name] = draw(st.frozensets(NAMES, min_size=1))
    others = draw(st.sampled_from(["", "clients", "months", "orders", "days", "shop", "large"]))
    ways: dict[str, Row] = {
        "clients": {"clients": draw(st.sampled_from(["first_order", "repeat_order"]))},
        "months": {"months_max": draw(st.integers(1, 3))},
        "orders": {"orders_max": draw(st.integers(1, 3))},
        "days": {"starts_on": date(2027, 3, 10), "ends_on": date(2027, 3, 20)},
        "shop": {"storefronts": frozenset({"alder"}), "affiliates": frozenset({"alder"})},
        "large": {"order_min_minor": {"SEK": draw(st.integers(1, 10**6)), "EUR": 500_000}},
    }
    return When(**asked, **ways.get(others, {}))


@st.composite
def plans(draw: st.DrawFn) -> SalePlan:
    """A plan of one to three rules of every sort."""
    rules = []
    drawn = draw(st.lists(SALE_RULES, min_size=1, max_size=3))
    for n, one in enumerate(drawn):
        levels = [
            dataclasses.replace(
                level,
                groups=draw(st.just(frozenset()) | st.frozensets(NAMES, max_size=2)),
                rank_from=draw(st.just(0) | st.integers(0, 2)),
            )
            for level in one.levels
        ]
        if not levels[0].each_minor:
            # Nothing is shown by plans and sales that pay nobody.
            levels[0] = Level(draw(st.integers(300, 3000)))
        rules.append(
            SaleRule(
                f"rule-{n}",
                tuple(levels),
                draw(st.integers(500, 4000)),
                30,
                # What no other rule is for, the last one is.
                When() if n == len(drawn) - 1 else draw(whens()),
                draw(st.sampled_from(["commissionable_value", "net_price", "margin"])),
                one.levels_of if len(levels) < 4 else "sale",
                one.at_most_minor,
                one.cap_by,
            )
        )
    least = draw(st.integers(0, 2))
    passing = Uplines(draw(PASSING), draw(PASSING), draw(PASSING), least, DAYS if least else 0)
    return SalePlan(tuple(rules), passing, draw(st.integers(300, BASIS) | st.just(BASIS)))


@st.composite
def uplines(draw: st.DrawFn) -> list[Row]:
    """One to four uplines of up to seven affiliates."""
    return [
        member(
            upline, steps, draw(st.integers(1, 99)),
            house=int(draw(st.integers(0, 5)) == 0), suspended=int(draw(st.integers(0, 5)) == 0),
            rank=draw(st.integers(0, 3)), groups=_bars(draw(st.lists(NAMES, max_size=2))),
            **{f"own_sales_{DAYS}": draw(st.integers(0, 3))},
        )
        for upline in range(draw(st.integers(1, 4)))
        for steps in range(draw(st.integers(1, 7)))
    ]  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Three to 25 orders of up to three lines, and the uplines that they were sold under."""
    above = draw(uplines())
    found: list[Row] = []
    for order in range(draw(st.integers(3, 25))):
        of_order = {
            "upline_id": draw(st.sampled_from([row["upline_id"] for row in above])),
            "currency": draw(st.sampled_from(["SEK", "SEK", "EUR"])),
            "sold_on": 20270300 + draw(st.integers(1, 31)),
            "storefront": draw(st.sampled_from(["alder", "birch"])),
            "groups": _bars(draw(st.lists(NAMES, max_size=2))),
            "orders_before": draw(st.integers(0, 4)), "months": draw(st.integers(0, 4)),
            "orders_kept_before": draw(st.integers(0, 4)), "months_kept": draw(st.integers(0, 4)),
            "unnamed_of_minor": draw(st.integers(1, 10**6)), "order_minor": draw(st.integers(0, 2 * 10**6)),
        }  # fmt: skip
        most = of_order["unnamed_of_minor"]
        of_order["unnamed_minor"] = draw(st.just(0) | st.integers(0, most))
        for no in range(draw(st.integers(1, 3))):
            row = line(order, no, 0, 0, **of_order)
            row["kind"] = draw(st.sampled_from(["goods", "goods", "service"]))
            row["product"] = draw(st.sampled_from(["kettle", "lamp", "pan"]))
            row["departments"] = _bars(draw(st.lists(NAMES, max_size=2)))
            row["pieces"] = draw(st.integers(0, 20))
            row["has_cost"] = draw(st.sampled_from([1, 1, 0]))
            for base in ("commissionable", "price", "margin"):
                amount = draw(st.integers(1000, 10**6) | st.integers(0, 50))
                row |= {f"{base}_minor": amount}
                row |= {
                    f"{base}_back_minor": draw(
                        st.sampled_from([0, amount]) | st.integers(0, amount)
                    )
                }
            found.append(row)
    return found, above
