"""One plan over facts, month by month: what it costs, and whom it pays how much.

A run is refused before it begins where a number could become larger than the engine's, or where the plan
asks for what the facts do not say; and it gives no answer where a sample of its orders, worked out again one
by one in Python, comes out differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from mainstem.lab.engines import Engine
from mainstem.lab.expressions import TooLarge
from mainstem.lab.facts import Facts, NotKnown, months_of
from mainstem.lab.magnitude import largest_number
from mainstem.lab.replay import EarningRow, lines_query, replay, uplines_query
from mainstem.lab.report import Cell, Covered, Month
from mainstem.lab.sale_queries import SaleQueries
from mainstem.plan import SalePlan

SAMPLE_ORDERS = 400
"""How many orders of each month are worked out again, about."""

Progress = Callable[[str, int, int], None]
"""Is told the month that is done, how many are, and of how many."""


Key = TypeVar("Key")


class EnginesDiffer(Exception):
    """Two implementations of one plan gave different amounts, so neither is an answer."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a plan comes to over facts. `affiliates` is a folder of Parquet: a row for each affiliate and
    currency, `affiliate_id`, `currency`, `credited_minor`, `stands_minor`."""

    cells: tuple[Cell, ...]
    covered: tuple[Covered, ...]
    months: tuple[Month, ...]
    affiliates: Path


def run(
    engine: Engine,
    facts: Facts,
    plan: SalePlan,
    *,
    first: int = 0,
    last: int = 0,
    kept: bool = False,
    called: str = "plan",
    progress: Progress = lambda month, done, of: None,
) -> Ran:
    """Work a plan out over what was sold from the one day to the other (20260131), both included.

    With `kept`, orders of which all money went back are no orders of a client's before. Raises NotKnown,
    TooLarge, EnginesDiffer, EngineFailed.
    """
    months = months_of(facts, first, last)
    queries = queries_for(engine, facts, plan, months, kept=kept)
    folder = engine.folder / called
    cells: dict[tuple[str, int, str, str], list[int]] = {}
    covered: dict[tuple[str, str, str], list[int]] = {}
    months_paid: list[Month] = []
    standing, by_affiliate = queries.standing(), queries.by_affiliate()
    sums = queries.sums(queries.earned(first=first, last=last))
    sample = queries.earned(lines="sample")
    for done, month in enumerate(months, 1):
        read(engine, facts, month)
        engine.keeps("standing", standing)
        engine.keeps("sums", sums)
        _add_cells(engine, queries, cells, covered)
        months_paid += _month_paid(engine, queries, month)
        engine.writes(folder / f"month={month}", by_affiliate)
        _check(engine, queries, sample, first=first, last=last)
        progress(month, done, len(months))
    engine.reads("paid_each", str(folder / "*" / "*.parquet"))
    whole = engine.folder / f"{called}-affiliates"
    engine.writes(
        whole,
        """SELECT affiliate_id, currency, CAST(sum(credited_minor) AS BIGINT) AS credited_minor,
                  CAST(sum(stands_minor) AS BIGINT) AS stands_minor
             FROM paid_each GROUP BY affiliate_id, currency""",
    )
    return Ran(
        tuple(Cell(*key, *amounts) for key, amounts in sorted(cells.items())),
        tuple(Covered(*key, *amounts) for key, amounts in sorted(covered.items())),
        tuple(months_paid),
        whole,
    )


def read(engine: Engine, facts: Facts, month: str) -> None:
    """Let the engine read a month's facts, as `lines` and `uplines`."""
    engine.reads("lines", facts.files("lines", month))
    engine.reads("uplines", facts.files("uplines", month))


# ---------------------------------------------------------------- before a run


def queries_for(
    engine: Engine, facts: Facts, plan: SalePlan, months: Sequence[str], *, kept: bool = False
) -> SaleQueries:
    """The queries of a plan, in numbers as large as these facts need.

    Raises NotKnown, and TooLarge where the engine has no such numbers.
    """
    facts.refuse_unknown(plan)
    narrow = SaleQueries(plan, engine.dialect, unnamed=facts.about.unnamed, kept=kept)
    base = pieces = unnamed_of = 1
    for month in months:
        read(engine, facts, month)
        found = _most_of_month(engine, narrow, month)
        base, pieces, unnamed_of = map(max, (base, pieces, unnamed_of), found)
    needed = largest_number(
        narrow.forms, base=base, pieces=pieces, portions=len(narrow.cases), unnamed_of=unnamed_of
    ).bit_length()
    if needed <= 63:
        return narrow
    if needed > engine.bits:
        raise TooLarge(
            f"This plan over these facts needs whole numbers of {needed + 1} bits, and the engine has"
            f" {engine.bits + 1}. " + _way_out(engine.bits, needed)
        )
    return replace(narrow, wide=True)


def _way_out(bits: int, needed: int) -> str:
    if bits < needed <= 127:
        return "Run it on DuckDB, which has 128."
    return "Nothing was worked out, for a number that does not fit is a wrong amount."


def _most_of_month(engine: Engine, queries: SaleQueries, month: str) -> tuple[int, int, int]:
    """The most that a portion can be worth, the most pieces of it, and the most that an order can be.

    Refuses facts that cannot be.
    """
    amounts = [(f"{base}_minor", f"{base}_back_minor") for base in queries.bases()]
    unnamed = "max(unnamed_of_minor)" if queries.unnamed else "1"
    if queries.unnamed:
        amounts.append(("unnamed_of_minor", "unnamed_minor"))
    wrong = " OR ".join(
        f"{back} < 0 OR {back} > {whole} OR {whole} IS NULL OR {back} IS NULL"
        for whole, back in amounts
    )
    most = ", ".join(f"max({whole})" for whole, _ in amounts)
    ((lines, pieces, no, of_order, *found),) = engine.rows(
        f"""SELECT max(lines), max(pieces), sum(CASE WHEN pieces < 0 OR {wrong} THEN 1 ELSE 0 END), {unnamed},
                   {most} FROM lines"""
    )
    if no:
        raise NotKnown(
            f"In {month}, {no} lines have more going back than came, or no amount at all."
        )
    return max(found) * lines, pieces * lines, of_order


# ---------------------------------------------------------------- after each month


def _add_cells(
    engine: Engine,
    queries: SaleQueries,
    cells: dict[tuple[str, int, str, str], list[int]],
    covered: dict[tuple[str, str, str], list[int]],
) -> None:
    levels = queries.forms.levels
    names = ["portions", "base", "returned", "capped", "limited"]
    names += [f"{name}_{n}" for n in range(levels) for name in ("credited", "stands")]
    sums = ", ".join(f"CAST(sum({name}) AS BIGINT)" for name in names)
    found = engine.rows(
        f"SELECT which, kind, currency, {sums} FROM sums GROUP BY which, kind, currency"
    )
    for no, kind, currency, *amounts in found:
        rule = queries.cases[no].rule.id
        _add(covered, (rule, kind, currency), amounts[:5])
        for n in range(levels):
            of_level = amounts[5 + 2 * n : 7 + 2 * n]
            if any(of_level):
                _add(cells, (rule, n, kind, currency), of_level)


def _month_paid(engine: Engine, queries: SaleQueries, month: str) -> list[Month]:
    def every(name: str) -> str:
        columns = " + ".join(f"{name}_{n}" for n in range(queries.forms.levels))
        return f"CAST(sum({columns}) AS BIGINT)"

    found = engine.rows(
        f"""SELECT currency, {every("credited")}, {every("stands")} FROM sums GROUP BY currency ORDER BY 1"""
    )
    return [Month(month, *row) for row in found if row[1]]


def _add(to: dict[Key, list[int]], key: Key, amounts: Sequence[int]) -> None:
    so_far = to.get(key, [0] * len(amounts))
    to[key] = [one + other for one, other in zip(so_far, amounts, strict=True)]


def _check(engine: Engine, queries: SaleQueries, sample: str, *, first: int, last: int) -> None:
    """Work some orders of the month out again in Python. Raises EnginesDiffer, naming the first that differs."""
    ((orders,),) = engine.rows("SELECT max(order_id) - min(order_id) + 1 FROM lines")
    every = max(1, (orders or 1) // SAMPLE_ORDERS)
    days = f"sold_on >= {first}" + (f" AND sold_on <= {last}" if last else "")
    engine.keeps("sample", f"SELECT * FROM lines WHERE order_id % {every} = 0 AND {days}")
    engine.keeps("earned", sample)
    lines = engine.rows(
        lines_query(queries.plan, "sample", unnamed=queries.unnamed, kept=queries.kept)
    )
    of_them = "(SELECT * FROM uplines WHERE upline_id IN (SELECT upline_id FROM sample)) AS above"
    uplines = engine.rows(uplines_query(queries.plan, of_them))
    refuse_difference(
        replay(queries.plan, lines, uplines),
        engine.rows(queries.one_by_one()),
        ("Python", engine.dialect),
    )


def refuse_difference(
    one: Iterable[EarningRow], other: Iterable[tuple[Any, ...]], names: tuple[str, str]
) -> None:
    """Raise EnginesDiffer where two lists of earnings are not the same, naming the first that is not."""
    left, right = set(one), set(other)
    if left != right:
        here, there = sorted(left - right)[:1], sorted(right - left)[:1]
        raise EnginesDiffer(
            f"{names[0]} and {names[1]} differ in {len(left ^ right)} earnings, first in: {here} {there}"
        )
