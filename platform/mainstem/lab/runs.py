"""One plan over facts, month by month: what it costs, and whom it pays how much.

A run is refused before it begins where a number could become larger than the engine's, or where the plan
asks for what the facts do not say; and it gives no answer where a sample of its orders, worked out again one
by one in Python, comes out differently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from mainstem.lab.engines import Engine
from mainstem.lab.expressions import TooLarge
from mainstem.lab.facts import Facts, NotKnown, months_of
from mainstem.lab.magnitude import largest_number
from mainstem.lab.period_runs import PeriodsRan
from mainstem.lab.replay import EarningRow, lines_query, replay, uplines_query
from mainstem.lab.report import Cell, Covered, Month
from mainstem.lab.sale_queries import SaleQueries
from mainstem.plan import SalePlan

SAMPLE_ORDERS, SAMPLE_PLACES = 400, 4
"""How many orders of each month are worked out again, about, and from how many places of it."""

Progress = Callable[[str, int, int], None]
"""Is told the month that is done, how many are, and of how many."""


Key = TypeVar("Key")


class EnginesDiffer(Exception):
    """Two implementations of one plan gave different amounts, so neither is an answer."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a plan comes to over facts. `affiliates` is a table of the engine's: a row for each affiliate and
    currency, `affiliate_id`, `currency`, `credited_minor`, `stands_minor`."""

    cells: tuple[Cell, ...]
    covered: tuple[Covered, ...]
    months: tuple[Month, ...]
    affiliates: str


def run(
    engine: Engine,
    facts: Facts,
    plan: SalePlan,
    *,
    first: int = 0,
    last: int = 0,
    kept: bool = False,
    called: str = "plan",
    periods: PeriodsRan | None = None,
    progress: Progress = lambda month, done, of: None,
) -> Ran:
    """Work a plan's sales out over what was sold from the one day to the other (20260131), both included.

    With `kept`, orders of which all money went back are no orders of a client's before; `periods` say which ranks
    sales see. Raises NotKnown, TooLarge, EnginesDiffer, EngineFailed.
    """
    months = months_of(facts, first, last)
    seen = periods if periods and periods.known and sees_ranks(plan) else None
    queries = queries_for(engine, facts, plan, months, kept=kept, ranks=seen is not None)
    cells: dict[tuple[str, int, str, str], list[int]] = {}
    covered: dict[tuple[str, str, str], list[int]] = {}
    months_paid: list[Month] = []
    standing, by_affiliate = queries.standing(), queries.by_affiliate()
    amounts = queries.amounts(first=first, last=last)
    went_back, sample = queries.went_back(), queries.earned(lines="sample")
    for done, month in enumerate(months, 1):
        read(engine, facts, month)
        if seen is not None:
            _see_ranks(engine, facts, plan, seen, month)
        engine.keeps("standing", standing)
        engine.keeps("amounts", amounts)
        engine.keeps("went_back", went_back)
        months_paid += _add_cells(engine, queries, month, cells, covered)
        for name, query in queries.by_upline().items():
            engine.keeps(name, query)
        engine.adds(f"{called}_months", by_affiliate)
        _check(engine, queries, sample, first=first, last=last)
        progress(month, done, len(months))
    return Ran(
        tuple(Cell(*key, *amounts) for key, amounts in sorted(cells.items())),
        tuple(Covered(*key, *amounts) for key, amounts in sorted(covered.items())),
        tuple(months_paid),
        _added_up(engine, called, f"{called}_months"),
    )


def with_periods(engine: Engine, sales: Ran, periods: PeriodsRan, called: str) -> Ran:
    """What everybody gets of sales and of periods together: nothing of the sales is worked out again."""
    if not periods.paid:
        return sales
    each = [f"SELECT * FROM {sales.affiliates}"]
    for currency, paid in periods.paid.items():
        ids, amounts = (np.concatenate(column) for column in zip(*paid, strict=True))
        name = f"{called}_periods_{currency.lower()}"
        engine.takes(name, {"affiliate_id": ids, "minor": amounts})
        each.append(
            f"""SELECT affiliate_id, '{currency}' AS currency, minor AS credited_minor, minor AS stands_minor
                  FROM {name}"""
        )
    whole = " UNION ALL ".join(each)
    return replace(
        sales, affiliates=_added_up(engine, f"{called}_whole", f"({whole}) AS every_one")
    )


def _added_up(engine: Engine, called: str, rows: str) -> str:
    engine.keeps(
        f"{called}_affiliates",
        f"""SELECT affiliate_id, currency, CAST(sum(credited_minor) AS BIGINT) AS credited_minor,
                  CAST(sum(stands_minor) AS BIGINT) AS stands_minor
             FROM {rows} GROUP BY affiliate_id, currency""",
    )
    return f"{called}_affiliates"


def read(engine: Engine, facts: Facts, month: str) -> None:
    """Let the engine read a month's facts, as `lines` and `uplines`."""
    engine.reads("lines", facts.files("lines", month))
    engine.reads("uplines", facts.files("uplines", month))


def sees_ranks(plan: SalePlan) -> bool:
    """Whether some level asks for a rank."""
    return any(level.rank_from for rule in plan.rules for level in rule.levels)


def _see_ranks(
    engine: Engine, facts: Facts, plan: SalePlan, periods: PeriodsRan, month: str
) -> None:
    """Let the uplines of a month have the ranks that were worked out, and not what the facts say."""
    ids, ranks = periods.before(month)
    engine.takes("seen_ranks", {"affiliate_id": ids, "seen": ranks})
    engine.reads("uplines_read", facts.files("uplines", month))
    own = f"own_sales_{plan.uplines.days}, " if plan.uplines.own_sales_min else ""
    engine.names(
        "uplines",
        f"""SELECT upline_id, steps, member_id, house, suspended, groups, {own}coalesce(seen, 0) AS rank
              FROM uplines_read LEFT JOIN seen_ranks ON affiliate_id = member_id""",
    )


# ---------------------------------------------------------------- before a run


def queries_for(
    engine: Engine,
    facts: Facts,
    plan: SalePlan,
    months: Sequence[str],
    *,
    kept: bool = False,
    ranks: bool = False,
) -> SaleQueries:
    """The queries of a plan, in numbers as large as these facts need. With `ranks`, those that sales see are
    worked out on the way.

    Raises NotKnown, and TooLarge where the engine has no such numbers.
    """
    facts.refuse_unknown(plan, ranks=ranks)
    queries = SaleQueries(plan, engine.dialect, unnamed=facts.about.unnamed, kept=kept)
    most = _Most()
    for month in months:
        read(engine, facts, month)
        most = most.and_(_most_of_month(engine, queries, month))
    queries = replace(queries, sorts=tuple(sorted(most.sorts)), short=most.base < 2**31)
    needed = largest_number(
        queries.forms, base=most.base, pieces=most.pieces, portions=len(queries.cases),
        unnamed_of=most.unnamed_of,
    ).bit_length()  # fmt: skip
    if needed <= 63:
        return queries
    if needed > engine.bits:
        raise TooLarge(
            f"This plan over these facts needs whole numbers of {needed + 1} bits, and the engine has"
            f" {engine.bits + 1}. " + _way_out(engine.bits, needed)
        )
    return replace(queries, wide=True)


@dataclass(frozen=True, slots=True)
class _Most:
    """The most that a portion can be worth, the most pieces of it, the most that an order can be; and the kinds and
    currencies that there are."""

    base: int = 1
    pieces: int = 1
    unnamed_of: int = 1
    sorts: frozenset[tuple[str, str]] = frozenset()

    def and_(self, other: _Most) -> _Most:
        return _Most(
            max(self.base, other.base), max(self.pieces, other.pieces),
            max(self.unnamed_of, other.unnamed_of), self.sorts | other.sorts,
        )  # fmt: skip


def _way_out(bits: int, needed: int) -> str:
    if bits < needed <= 127:
        return "Run it on DuckDB, which has 128."
    return "Nothing was worked out, for a number that does not fit is a wrong amount."


def _most_of_month(engine: Engine, queries: SaleQueries, month: str) -> _Most:
    """What a month's facts hold at most. Refuses facts that cannot be."""
    amounts = [(f"{base}_minor", f"{base}_back_minor") for base in queries.bases()]
    unnamed = "max(unnamed_of_minor)" if queries.unnamed else "1"
    if queries.unnamed:
        amounts.append(("unnamed_of_minor", "unnamed_minor"))
    # Said of what is right, so that an amount that is missing is wrong, too.
    right = " AND ".join(
        ["pieces >= 0", *(f"{back} >= 0 AND {back} <= {whole}" for whole, back in amounts)]
    )
    most = ", ".join(f"max({whole})" for whole, _ in amounts)
    found = _Most()
    wrong = 0
    for kind, currency, rows, good, lines, pieces, of_order, *each in engine.rows(
        f"""SELECT kind, currency, count(*), sum(CASE WHEN {right} THEN 1 ELSE 0 END), max(lines), max(pieces),
                   {unnamed}, {most}
              FROM lines GROUP BY kind, currency"""
    ):
        wrong += rows - good
        base = max((one or 0 for one in each), default=0) * lines
        of_it = frozenset({(kind, currency)})
        found = found.and_(_Most(base, (pieces or 0) * lines, of_order or 1, of_it))
    if wrong:
        raise NotKnown(
            f"In {month}, {wrong} lines have more going back than came, or no amount at all."
        )
    return found


# ---------------------------------------------------------------- after each month


def _add_cells(
    engine: Engine,
    queries: SaleQueries,
    month: str,
    cells: dict[tuple[str, int, str, str], list[int]],
    covered: dict[tuple[str, str, str], list[int]],
) -> list[Month]:
    levels = queries.forms.levels
    of_month: dict[str, list[int]] = {}
    for no, sort, portions, base, returned, *amounts, capped, limited in engine.rows(
        queries.by_case()
    ):
        rule, (kind, currency) = queries.cases[no].rule.id, queries.sorts[sort]
        _add(covered, (rule, kind, currency), [portions, base, returned, capped, limited])
        credited, stands = amounts[:levels], amounts[levels:]
        _add(of_month, currency, [sum(credited), sum(stands)])
        for n in range(levels):
            if credited[n]:
                _add(cells, (rule, n, kind, currency), [credited[n], stands[n]])
    return [Month(month, currency, *sums) for currency, sums in sorted(of_month.items()) if sums[0]]


def _add(to: dict[Key, list[int]], key: Key, amounts: Sequence[int]) -> None:
    so_far = to.get(key, [0] * len(amounts))
    to[key] = [one + other for one, other in zip(so_far, amounts, strict=True)]


def _check(engine: Engine, queries: SaleQueries, sample: str, *, first: int, last: int) -> None:
    """Work some orders of the month out again in Python. Raises EnginesDiffer, naming the first that differs."""
    days = f"sold_on >= {first}" + (f" AND sold_on <= {last}" if last else "")
    engine.picks("sample", "lines", [f"{ids} AND {days}" for ids in _sampled(engine)])
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


def _sampled(engine: Engine) -> list[str]:
    """Some orders from several places of the month: a file holds orders in their order, and an engine reads only
    the parts of it that are asked for."""
    ((low, high),) = engine.rows("SELECT min(order_id), max(order_id) FROM lines")
    if low is None:
        return ["order_id IS NULL"]
    if high - low < SAMPLE_ORDERS:
        return ["order_id IS NOT NULL"]
    many = SAMPLE_ORDERS // SAMPLE_PLACES
    starts = [low + (high - low - many) * n // (SAMPLE_PLACES - 1) for n in range(SAMPLE_PLACES)]
    return [f"order_id >= {start} AND order_id < {start + many}" for start in starts]


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
