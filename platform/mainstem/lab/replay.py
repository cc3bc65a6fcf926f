"""A plan over the same facts, one order at a time, by `mainstem.plan.credits`: what a batch is held against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from mainstem.lab.cases import BASES
from mainstem.money import rdiv
from mainstem.plan import Line, Member, Portion, SalePlan, credits

EarningRow = tuple[int, str, int, int, int, int, int]
"""Order, rule, level, affiliate, and three amounts in minor units: uncapped, credited, reversed."""

ASKED = (
    "order_id", "upline_id", "kind", "currency", "product", "departments", "storefront", "affiliate",
    "groups", "sold_on", "pieces",
)  # fmt: skip


def lines_query(
    plan: SalePlan, table: str = "lines", *, unnamed: bool = False, kept: bool = False
) -> str:
    """The lines that a replay reads, by order."""
    of_client = ["orders_kept_before", "months_kept"] if kept else ["orders_before", "months"]
    of_refunds = ["unnamed_minor", "unnamed_of_minor"] if unnamed else ["0", "1"]
    columns = ", ".join([*ASKED, *_amounts(plan), *of_client, *of_refunds, *_of_sales(plan)])
    return f"SELECT {columns} FROM {table} ORDER BY order_id, line_no"


def _amounts(plan: SalePlan) -> list[str]:
    bases = sorted({BASES[rule.base] for rule in plan.rules})
    return [f"{base}_{end}" for base in bases for end in ("minor", "back_minor")]


def _of_sales(plan: SalePlan) -> list[str]:
    """What only some plans ask of a line."""
    costs = any(rule.base == "margin" for rule in plan.rules)
    orders = any(rule.when.order_min_minor for rule in plan.rules)
    return ["has_cost"] * costs + ["order_minor"] * orders


def uplines_query(plan: SalePlan, table: str = "uplines") -> str:
    """The uplines that a replay reads, each from who sold upwards."""
    own = f"own_sales_{plan.uplines.days}" if plan.uplines.own_sales_min else "0"
    levels = [level for rule in plan.rules for level in rule.levels]
    # A column of text is dear to read, and most plans ask for none.
    groups = "groups" if any(level.groups for level in levels) else "'' AS groups"
    rank = "rank" if any(level.rank_from for level in levels) else "0 AS rank"
    return f"""SELECT upline_id, member_id, house, suspended, {own} AS own_sales, {groups}, {rank} FROM {table}
                ORDER BY upline_id, steps"""


def replay(
    plan: SalePlan, lines: Sequence[tuple[Any, ...]], uplines: Sequence[tuple[Any, ...]]
) -> Iterator[EarningRow]:
    """Every earning of these lines: what `lines_query` and `uplines_query` found."""
    above = {
        upline: [_member(row) for row in rows]
        for upline, rows in groupby(uplines, key=lambda row: row[0])
    }
    of_order = ["orders_before", "months", "unnamed_minor", "unnamed_of_minor"]
    names = [*ASKED, *_amounts(plan), *of_order, *_of_sales(plan)]
    for order, found_lines in groupby(lines, key=lambda row: row[0]):
        rows = [dict(zip(names, row, strict=True)) for row in found_lines]
        first = rows[0]
        found = credits(
            plan, above[first["upline_id"]], first["currency"], list(_portions(plan, rows))
        )
        for one in found:
            yield (
                order, one.rule, one.level, one.beneficiary_id, one.uncapped_minor, one.credited_minor,
                one.reversed_minor,
            )  # fmt: skip


def _member(row: tuple[Any, ...]) -> Member:
    _, id, house, suspended, own_sales, groups, rank = row
    return Member(id, bool(house), bool(suspended), own_sales, _names(groups), rank)


def _portions(plan: SalePlan, rows: Sequence[dict[str, Any]]) -> Iterator[Portion]:
    added: dict[str, list[int]] = {}
    for row in rows:
        rule = plan.fitting(_line(row))
        if rule is None:
            continue
        base = BASES[rule.base]
        so_far = added.setdefault(rule.id, [0, 0, 0])
        for n, column in enumerate((f"{base}_minor", f"{base}_back_minor", "pieces")):
            so_far[n] += row[column]
    unnamed, of = rows[0]["unnamed_minor"], rows[0]["unnamed_of_minor"]
    for name, (whole, back, pieces) in added.items():
        yield Portion(name, whole, back + rdiv((whole - back) * unnamed, of), pieces)


def _line(row: dict[str, Any]) -> Line:
    return Line(
        kind=row["kind"],
        currency=row["currency"],
        product=row["product"],
        departments=_names(row["departments"]),
        storefront=row["storefront"],
        affiliate=row["affiliate"],
        groups=_names(row["groups"]),
        sold_on=_day(row["sold_on"]),
        orders_before=row["orders_before"],
        months=row["months"],
        has_cost=bool(row.get("has_cost")),
        order_minor=row.get("order_minor", 0),
    )


def _names(said: str) -> frozenset[str]:
    return frozenset(name for name in said.split("|") if name)


def _day(number: int) -> date:
    return date(number // 10_000, number // 100 % 100, number % 100)
