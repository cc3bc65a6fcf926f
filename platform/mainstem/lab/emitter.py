"""Forms as queries: the only module that knows Ibis, which writes them down for each engine.

Ibis is used as a writer alone: it needs none of its back ends, nor pandas or Arrow. What it cannot say, or
says badly for money, is said here: whole division (its own `//` goes by way of a double), and whole numbers
of 128 bits. Every step is a stage of its own (`WITH`), so that no expression is written down twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import add, mul
from typing import Any, Literal, TypeAlias

import ibis
import ibis.expr.datashape as ds
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.rules as rlz
import sqlglot.expressions as sge
from ibis.backends.sql.compilers import DuckDBCompiler, PySparkCompiler

from mainstem.lab.expressions import (
    COMPARED,
    Cases,
    Column,
    Compare,
    Count,
    Every,
    Less,
    Lists,
    Named,
    Number,
    OneOf,
    Product,
    Quotient,
    Sum,
    Truth,
    Whole,
    Within,
)

Dialect = Literal["duckdb", "spark"]
Table: TypeAlias = Any
Stage = Mapping[str, Whole]


class _Divided(ops.Binary):  # type: ignore[misc]
    """How often the right number fits whole into the left one."""

    left: ops.Value
    right: ops.Value
    dtype = dt.int64
    shape = rlz.shape_like("args")


class _Wide(ops.Unary):  # type: ignore[misc]
    """A number in 128 bits. Ibis knows no such type and calls it one of 64; the engine goes by what it is."""

    arg: ops.Value
    dtype = dt.int64
    shape = rlz.shape_like("args")


class _Short(ops.Unary):  # type: ignore[misc]
    """A number in 32 bits, which it is known to fit."""

    arg: ops.Value
    dtype = dt.int32
    shape = rlz.shape_like("args")


class _Tiny(ops.Unary):  # type: ignore[misc]
    """Whether something holds as 1 or 0, in 8 bits: an engine adds eight of them at once."""

    arg: ops.Value
    dtype = dt.int8
    shape = rlz.shape_like("args")


class _Narrow(ops.Unary):  # type: ignore[misc]
    """A number in 64 bits again, which it is known to fit."""

    arg: ops.Value
    dtype = dt.int64
    shape = rlz.shape_like("args")


class _Firsts(ops.Reduction):  # type: ignore[misc]
    """A column of the first few rows of a group along another one, as a list."""

    arg: ops.Column
    along: ops.Column
    places: int
    shape = ds.scalar

    @property
    def dtype(self) -> Any:
        return dt.Array(self.arg.dtype)


def _divided(_: Any, op: Any, *, left: Any, right: Any) -> Any:
    return sge.IntDiv(this=sge.paren(left, copy=False), expression=sge.paren(right, copy=False))


def _cast(to: str) -> Any:
    def visit(_: Any, op: Any, *, arg: Any) -> Any:
        return sge.Cast(this=arg, to=sge.DataType.build(to))

    return visit


def _firsts(_: Any, op: Any, *, arg: Any, along: Any, places: Any) -> Any:
    return sge.func("arg_min", arg, along, sge.convert(op.places))


class _DuckDB(DuckDBCompiler):  # type: ignore[misc]
    __slots__ = ()
    visit__Divided = _divided  # noqa: N815
    visit__Wide = _cast("INT128")  # noqa: N815
    visit__Firsts = _firsts  # noqa: N815
    visit__Narrow = _cast("BIGINT")  # noqa: N815
    visit__Short = _cast("INT")  # noqa: N815
    visit__Tiny = _cast("TINYINT")  # noqa: N815


class _Spark(PySparkCompiler):  # type: ignore[misc]
    """Spark divides whole numbers of 64 bits only, so there is nothing wide in it."""

    __slots__ = ()
    visit__Divided = _divided  # noqa: N815
    visit__Narrow = _cast("BIGINT")  # noqa: N815
    visit__Short = _cast("INT")  # noqa: N815
    visit__Tiny = _cast("TINYINT")  # noqa: N815


_COMPILERS: Mapping[Dialect, Any] = {"duckdb": _DuckDB(), "spark": _Spark()}


class Query:
    """A query that grows by stages, each a table for the next. `text` is what an engine is sent.

    A stage that is `wide` is worked out in whole numbers of 128 bits, all others in 64.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._stages: list[tuple[str, str]] = []

    def table(self, name: str, columns: Mapping[str, str]) -> Table:
        """A table that the engine has, with the types of the columns that are asked for."""
        return ibis.table(dict(columns), name=name)

    def derive(
        self,
        name: str,
        table: Table,
        stage: Stage,
        *,
        keep: Sequence[str] | None = None,
        wide: bool = False,
        tiny: Collection[str] = (),
    ) -> Table:
        """A table with these columns besides those to keep: all others, unless they are named.

        Columns that are `tiny` hold numbers of 8 bits: cases of such numbers, or counts.
        """
        others = [one for one in table.columns if one not in stage] if keep is None else keep
        found = [
            (_tiny(form, table) if column in tiny else _number(form, table, wide)).name(column)
            for column, form in stage.items()
        ]
        return self._add(name, table.select(*[table[one] for one in others], *found))

    def widened(self, name: str, table: Table, columns: Sequence[str]) -> Table:
        """These columns in 128 bits, and so all that is made of them."""
        assert self._dialect == "duckdb", "only DuckDB has whole numbers of 128 bits"
        return self._add(name, table.mutate(**{one: _as(_Wide, table[one]) for one in columns}))

    def narrowed(
        self, name: str, table: Table, columns: Sequence[str], *, short: Collection[str] = ()
    ) -> Table:
        """Only these columns, in 64 bits but for those of text and those that are `short`: in 32."""
        found = [
            _as(_Short if one in short else _Narrow, table[one]).name(one)
            if table[one].type().is_integer()
            else table[one]
            for one in columns
        ]
        return self._add(name, table.select(*found))

    def where(self, name: str, table: Table, truth: Truth) -> Table:
        """Only the rows for which this holds."""
        return self._add(name, table.filter(_truth(truth, table, wide=False)))

    def sums(
        self,
        name: str,
        table: Table,
        by: Sequence[str],
        of: Mapping[str, Whole],
        *,
        least: Sequence[str] = (),
        wide: bool = False,
    ) -> Table:
        """One row for each of `by`: sums of forms, and the least of columns."""
        found = {}
        for column, form in of.items():
            added = _number(form, table, wide).sum()
            # An engine gives sums of 64 bits a wider type of its own.
            found[column] = added if wide else _as(_Narrow, added)
        found |= {column: table[column].min() for column in least}
        return self._add(name, table.group_by(list(by)).aggregate(**found))

    def firsts(
        self,
        name: str,
        table: Table,
        by: str,
        along: str,
        columns: Sequence[str],
        places: int,
        *,
        without: Truth | None,
    ) -> Table:
        """One row for each of `by`: `column_N` is that of the row that is number N along another column, from 0
        on, without those of which this holds; 0 or no text where there are fewer."""
        ways = {"duckdb": self._firsts_of_duckdb, "spark": self._firsts_of_spark}
        return ways[self._dialect](name, table, by, along, columns, places, without)

    def _firsts_of_duckdb(
        self, name: str, table: Table, by: str, along: str, columns: Sequence[str], places: int,
        without: Truth | None,
    ) -> Table:  # fmt: skip
        """DuckDB keeps the first few of a group while it reads: neither sorted nor windowed."""
        if without is not None:
            table = self._add(f"{name}_there", table.filter(~_truth(without, table, wide=False)))
        listed = {column: _Firsts(table[column].op(), table[along].op(), places).to_expr()
                  for column in columns}  # fmt: skip
        lists = self._add(f"{name}_lists", table.group_by(by).aggregate(**listed))
        return self._add(
            name,
            lists.select(
                lists[by],
                *(
                    lists[column][n].fill_null("" if table[column].type().is_string() else 0)
                    .name(f"{column}_{n}")
                    for column in columns
                    for n in range(places)
                ),
            ),
        )  # fmt: skip

    def _firsts_of_spark(
        self, name: str, table: Table, by: str, along: str, columns: Sequence[str], places: int,
        without: Truth | None,
    ) -> Table:  # fmt: skip
        level = table[along]
        if without is not None:
            over = _as(_Narrow, _as(_Tiny, _truth(without, table, wide=False)))
            table = self._add(f"{name}_over", table.mutate(over=over))
            window = ibis.cumulative_window(group_by=by, order_by=along)
            passed = _as(_Narrow, table["over"].sum().over(window))
            table = self._add(f"{name}_passed", table.mutate(passed=passed))
            table = self._add(f"{name}_there", table.filter(table["over"] == 0))
            level = table[along] - table["passed"]
        table = self._add(f"{name}_levels", table.mutate(level=level))
        table = self._add(f"{name}_paying", table.filter(table["level"] < places))
        found = {
            f"{column}_{n}": ibis.cases(
                (table["level"] == n, table[column]),
                else_="" if table[column].type().is_string() else _as(_Narrow, ibis.literal(0)),
            ).max()
            for column in columns
            for n in range(places)
        }
        return self._add(name, table.group_by(by).aggregate(**found))

    def both(self, name: str, one: Table, other: Table) -> Table:
        """The rows of one table and those of another with the same columns."""
        return self._add(name, one.union(other.select(one.columns)))

    def join(self, name: str, left: Table, right: Table, on: Sequence[str]) -> Table:
        """The rows of both that are alike in these columns."""
        return self._add(name, left.join(right, list(on)))

    def text(self) -> str:
        """The query, ending with its last stage."""
        *before, (_, last) = self._stages
        if not before:
            return last
        return "WITH " + ",\n".join(f"{name} AS ({sql})" for name, sql in before) + f"\n{last}"

    def _add(self, name: str, table: Table) -> Table:
        compiler = _COMPILERS[self._dialect]
        sql = compiler.to_sqlglot(table).sql(dialect=compiler.dialect)
        self._stages.append((name, sql))
        return ibis.table(table.schema(), name=name)


def _as(operation: Any, value: Any) -> Any:
    return operation(value.op()).to_expr()


def _number(form: Whole, table: Table, wide: bool) -> Any:
    def say(part: Whole) -> Any:
        return _number(part, table, wide)

    match form:
        case Number(value):
            # Engines take a bare number for one of 32 bits, and multiply it as such.
            return (
                _as(_Wide, ibis.literal(str(value))) if wide else _as(_Narrow, ibis.literal(value))
            )
        case Column(name):
            return table[name]
        case Sum(terms):
            return reduce(add, map(say, terms))
        case Product(factors):
            return reduce(mul, map(say, factors))
        case Less(whole, part):
            return say(whole) - say(part)
        case Quotient(dividend, divisor):
            return _Divided(say(dividend).op(), say(divisor).op()).to_expr()
        case Count():
            return _as(_Narrow, _tiny(form, table))
        case Within(number, _):
            return say(number)
        case Cases(cases, otherwise):
            said = [(_truth(truth, table, wide), say(then)) for truth, then in cases]
            return ibis.cases(*said, else_=say(otherwise))
    raise AssertionError(f"{type(form).__name__} is a number that queries know")


def _tiny(form: Whole, table: Table) -> Any:
    match form:
        case Number(value):
            return _as(_Tiny, ibis.literal(value))
        case Count(truths):
            return reduce(add, [_as(_Tiny, _truth(truth, table, wide=False)) for truth in truths])
        case Cases(cases, otherwise):
            said = [(_truth(truth, table, wide=False), _tiny(then, table)) for truth, then in cases]
            return ibis.cases(*said, else_=_tiny(otherwise, table))
    raise AssertionError(f"{type(form).__name__} is a tiny number")


def _truth(form: Truth, table: Table, wide: bool) -> Any:
    match form:
        case Compare(left, how, right):
            return COMPARED[how](_number(left, table, wide), _number(right, table, wide))
        case OneOf(column, numbers):
            return table[column].isin(sorted(numbers))
        case Named(column, names):
            return table[column].isin(sorted(names))
        case Lists(column, names):
            return ibis.or_(*[table[column].contains(f"|{name}|") for name in sorted(names)])
        case Every(truths):
            return ibis.and_(*[_truth(truth, table, wide) for truth in truths])
    raise AssertionError(f"{type(form).__name__} is a truth that queries know")
