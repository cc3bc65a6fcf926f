"""A sale plan as three queries over a month's facts: who stands where, what each order earns, and its sums.

They read tables by name: `lines` and `uplines`, and of each other's `standing`, `earned` and `amounts`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mainstem.lab.cases import BASES, Case, Stage, cases_of, of_line, which
from mainstem.lab.emitter import Dialect, Query, Table
from mainstem.lab.expressions import (
    Cases,
    Column,
    Compare,
    Every,
    Named,
    Number,
    OneOf,
    Truth,
    Whole,
    columns_of,
)
from mainstem.lab.facts import LINE
from mainstem.lab.sale_forms import Shares, paid, paid_alike, shares
from mainstem.plan import SalePlan, Uplines

ASKED = ("kind", "currency", "departments", "groups", "product", "storefront", "affiliate")
OF_ORDER = ("order_id", "upline_id", "sort")


@dataclass(frozen=True, slots=True)
class SaleQueries:
    """The queries of one plan for one engine. `wide` asks for whole numbers of 128 bits; `unnamed` says that
    the facts know of money that went back without naming lines; `kept`, that orders of which all money went
    back are no orders of a client's before.

    `sorts` are the kinds and currencies that there are, by the number that a portion's `sort` is; `short` says that
    the amounts of a portion fit 32 bits.
    """

    plan: SalePlan
    dialect: Dialect
    wide: bool = False
    unnamed: bool = False
    kept: bool = False
    sorts: tuple[tuple[str, str], ...] = ()
    short: bool = False

    @property
    def cases(self) -> list[Case]:
        """The cases of the plan, by the number that `which` holds."""
        return cases_of(self.plan)

    @property
    def forms(self) -> Shares:
        """The arithmetic of the plan."""
        return shares(self.plan, self.cases, unnamed=self.unnamed)

    def bases(self) -> list[str]:
        """What the columns of amounts begin with that the plan takes its rates of."""
        return sorted({BASES[rule.base] for rule in self.plan.rules})

    def standing(self) -> str:
        """Who is paid at each level, a row an upline: `member_N`, 0 for nobody."""
        query, levels = Query(self.dialect), self.forms.levels
        asks = self.plan.uplines
        own = f"own_sales_{asks.days}"
        ranks, groups = self._asked_of_members()
        columns = {
            "upline_id": "int64", "steps": "int64", "member_id": "int64", "house": "int64",
            "suspended": "int64",
        }  # fmt: skip
        columns |= {own: "int64"} if asks.own_sales_min else {}
        columns |= {"rank": "int64"} if ranks else {}
        columns |= {"groups": "string"} if groups else {}
        told = ["member", *(["rank"] if ranks else []), *(["groups"] if groups else [])]
        found = query.table("uplines", columns)
        found = query.derive(
            "reasons", found, _reasons(asks, own), keep=["upline_id", "steps", *told[1:]]
        )
        passes = "passed_over" in (asks.house, asks.suspended, asks.inactive)
        found = query.firsts(
            "levels" if self._paid_alike else "standing", found, "upline_id", "steps", told, levels,
            without=OneOf("over", frozenset({1})) if passes else None,
        )  # fmt: skip
        if self._paid_alike:
            members = [f"member_{n}" for n in range(levels)]
            of_levels = paid(self.cases)
            keep = ["upline_id", *members]
            query.derive("standing", found, of_levels, keep=keep, tiny=of_levels)
        return query.text()

    def earned(self, *, lines: str = "lines", first: int = 0, last: int = 0) -> str:
        """What each order earns under each case, a row each: see `Shares` for the columns.

        Only of what was sold from the one day to the other, both included, where they are given.
        """
        query = Query(self.dialect)
        found = self._shares(query, lines, first, last, self._results(), back=True)
        query.narrowed("earned", found, [*OF_ORDER, "which", "base", "returned", *self._results()])
        return query.text()

    def amounts(self, *, first: int = 0, last: int = 0) -> str:
        """The same of all lines of a month, with what is added up and nothing else.

        A row has `upline_id`, `which`, `sort`, `base`, `returned`, `capped`, `limited`, and for each level
        `credited_N`; and `uncapped_N`, where that may be another.
        """
        query = Query(self.dialect)
        found = self._shares(query, "lines", first, last, [*self._amounts, "capped", "limited"])
        small = ["which", "sort", "capped", "limited"]
        amounts = ["base", "returned", *self._amounts]
        short = [*small, *(amounts if self.short else [])]
        query.narrowed("amounts", found, ["upline_id", *small, *amounts], short=short)
        return query.text()

    def went_back(self) -> str:
        """From `amounts`: what of them went back, `back_N` for each level, of those of which something did.

        Of most orders nothing does: so it is no work of every one.
        """
        query, levels = Query(self.dialect), range(self.forms.levels)
        names = ["upline_id", "which", "sort", "base", "returned", *self._amounts]
        found = query.table("amounts", dict.fromkeys(names, "int64"))
        found = query.where("some_back", found, Compare(Column("returned"), ">", Number(0)))
        found = query.narrowed("as_whole", found, names)  # they may be kept in 32 bits
        if self.wide:
            found = query.widened("wide", found, ["base", "returned", *self._amounts])
        alike = {} if self._limits else {f"uncapped_{n}": Column(f"credited_{n}") for n in levels}
        stages = [
            alike,
            *self.forms.back,
            {f"back_{n}": Column(f"credited_{n}") - Column(f"stands_{n}") for n in levels},
        ]
        wanted = ["upline_id", "which", "sort", *(f"back_{n}" for n in levels)]
        for n, (stage, keep) in enumerate(_with_what_is_kept(stages, wanted)):
            found = query.derive(f"back_{n}", found, stage, wide=self.wide, keep=_of(found, keep))
        query.narrowed("of_returns", found, wanted)
        return query.text()

    def by_case(self) -> str:
        """From `amounts` and `went_back`: what all orders earn under each case, of each sort."""
        levels = range(self.forms.levels)
        credited = [_added(f"credited_{n}") for n in levels]
        added = ", ".join(
            [*map(_added, ("base", "returned")), *credited, _added("capped"), _added("limited")]
        )
        back = ", ".join(_added(f"back_{n}") for n in levels)
        of_levels = [f"credited_{n}" for n in levels]
        of_levels += [f"credited_{n} - coalesce(back_{n}, 0) AS stands_{n}" for n in levels]
        return f"""WITH paid AS (SELECT which, sort, count(*) AS portions, {added}
                                   FROM amounts GROUP BY which, sort),
                        gone AS (SELECT which, sort, {back} FROM went_back GROUP BY which, sort)
                   SELECT which, sort, portions, base, returned, {", ".join(of_levels)}, capped, limited
                     FROM paid LEFT JOIN gone USING (which, sort) ORDER BY which, sort"""

    def by_upline(self) -> dict[str, str]:
        """From `amounts`, `went_back` and `standing`: who is at each level of each upline and what they get, in each
        currency, and what of it went back; by the names that `by_affiliate` reads them under.

        They are kept: over a table an engine knows how large numbers are, and adds them up in narrower ones.
        """
        return {
            "placed": self._placed("amounts", "credited"),
            "gone": self._placed("went_back", "back"),
        }

    def _placed(self, table: str, name: str) -> str:
        levels = range(self.forms.levels)
        currency = _number_of([currency for _, currency in self.sorts])
        added = ", ".join(_added(f"{name}_{n}") for n in levels)
        columns = ", ".join(f"member_{n}, {name}_{n}" for n in levels)
        return f"""WITH sums AS (SELECT upline_id, {currency} AS currency, {added} FROM {table} GROUP BY 1, 2)
                   SELECT currency, {columns} FROM sums JOIN standing USING (upline_id)"""

    def by_affiliate(self) -> str:
        """From `placed` and `gone`: what each affiliate gets, in each currency."""
        levels = range(self.forms.levels)
        each = [
            f"SELECT member_{n} AS affiliate_id, currency, credited_{n} AS credited, 0 AS back"
            f" FROM placed WHERE credited_{n} > 0"
            for n in levels
        ] + [
            f"SELECT member_{n} AS affiliate_id, currency, 0 AS credited, back_{n} AS back"
            f" FROM gone WHERE back_{n} > 0"
            for n in levels
        ]
        whole = "\nUNION ALL\n".join(each)
        names = sorted({currency for _, currency in self.sorts})
        said = " ".join(f"WHEN {n} THEN {_quoted(name)}" for n, name in enumerate(names))
        return f"""SELECT affiliate_id, CASE currency {said} END AS currency,
                          CAST(sum(credited) AS BIGINT) AS credited_minor,
                          CAST(sum(credited) - sum(back) AS BIGINT) AS stands_minor
                     FROM ({whole}) AS levels GROUP BY affiliate_id, currency"""

    def one_by_one(self) -> str:
        """From `earned` and `standing`: what one level of one order gets by one rule, a row each."""
        rules = " ".join(f"WHEN {case.no} THEN {_quoted(case.rule.id)}" for case in self.cases)
        return "\nUNION ALL\n".join(
            f"""SELECT order_id, CASE which {rules} END AS rule, {n} AS level, member_{n} AS affiliate_id,
                       uncapped_{n} AS uncapped_minor, credited_{n} AS credited_minor,
                       credited_{n} - stands_{n} AS reversed_minor
                  FROM earned JOIN standing USING (upline_id) WHERE uncapped_{n} > 0"""
            for n in range(self.forms.levels)
        )

    # ---------------------------------------------------------------- its parts

    @property
    def _paid_alike(self) -> bool:
        return paid_alike(self.cases)

    def _asked_of_members(self) -> tuple[bool, bool]:
        levels = [level for rule in self.plan.rules for level in rule.levels]
        return any(level.rank_from for level in levels), any(level.groups for level in levels)

    @property
    def _limits(self) -> bool:
        """Whether what is credited may be less than what the rates come to."""
        return any(case.most is not None for case in self.cases)

    @property
    def _amounts(self) -> list[str]:
        """The amounts of `amounts`."""
        names = ["credited", *(["uncapped"] if self._limits else [])]
        return [f"{name}_{n}" for name in names for n in range(self.forms.levels)]

    def _results(self) -> list[str]:
        levels = range(self.forms.levels)
        of_levels = [f"{name}_{n}" for name in ("uncapped", "credited", "stands") for n in levels]
        return [*of_levels, "capped", "limited"]

    def _of_clients(self) -> list[str]:
        return ["orders_kept_before", "months_kept"] if self.kept else ["orders_before", "months"]

    def _of_refunds(self) -> list[str]:
        return ["unnamed_minor", "unnamed_of_minor"] if self.unnamed else []

    def _of_pieces(self) -> list[str]:
        fixed = any(level.each_minor for rule in self.plan.rules for level in rule.levels)
        return ["pieces"] if fixed else []

    def _shares(
        self,
        query: Query,
        lines: str,
        first: int,
        last: int,
        wanted: Sequence[str],
        *,
        back: bool = False,
    ) -> Table:
        """The portions of orders with what each level gets; each stage with what is asked of it later only."""
        forms = self.forms
        found = self._portions(query, self._lines(query, lines, first, last))
        found = query.join("placed", found, self._standing(query), ["upline_id"])
        if not self._paid_alike:
            of_levels = paid(self.cases)
            found = query.derive("paid", found, of_levels, tiny=of_levels)
        if self.wide:
            amounts = ["base", "returned", *self._of_pieces(), *self._of_refunds()]
            found = query.widened("wide", found, amounts)
        wanted = [*OF_ORDER, "which", "base", "returned", *wanted]
        stages = [*forms.after, *(forms.back if back else [])]
        later = _needed(stages, wanted)
        of_order = ["order_id", "exact", "base"] if forms.of_order else []
        for n, (stage, keep) in enumerate(_with_what_is_kept(forms.before, [*later, *of_order])):
            found = query.derive(f"before_{n}", found, stage, wide=self.wide, keep=_of(found, keep))
        if forms.of_order:
            sums: dict[str, Whole] = {"order_exact": Column("exact"), "order_base": Column("base")}
            orders = query.sums("orders_whole", found, ["order_id"], sums, wide=self.wide)
            found = query.join("of_order", found, orders, ["order_id"])
        for n, (stage, keep) in enumerate(_with_what_is_kept(stages, wanted)):
            found = query.derive(f"after_{n}", found, stage, wide=self.wide, keep=_of(found, keep))
        return found

    def _lines(self, query: Query, lines: str, first: int, last: int) -> Table:
        names = [
            "order_id",
            "lines",
            "upline_id",
            "sold_on",
            *self._of_pieces(),
            *self._of_clients(),
        ]
        names += [*ASKED, *self._of_refunds()]
        names += [f"{base}_{end}" for base in self.bases() for end in ("minor", "back_minor")]
        names += ["has_cost"] if "margin" in self.bases() else []
        names += ["order_minor"] if any(one.rule.when.order_min_minor for one in self.cases) else []
        found = query.table(lines, {name: LINE[name] for name in names})
        days = [Compare(Column("sold_on"), ">=", Number(first))] if first else []
        days += [Compare(Column("sold_on"), "<=", Number(last))] if last else []
        return query.where("sold", found, Every(tuple(days))) if days else found

    def _portions(self, query: Query, lines: Table) -> Table:
        """What of each order falls under each case. An order of one line is what its line is: only those of
        several are grouped."""
        more = [*self._of_pieces(), *self._of_refunds()]
        of_order = ["order_id", "lines", "upline_id"]
        amounts = [name for name in lines.columns if name.endswith("minor")]
        chosen = {"which": which(self.cases, kept=self.kept), "sort": self._sort()}
        keep = [*of_order, *self._of_pieces(), *amounts]
        tiny = chosen if max(len(self.cases), len(self.sorts)) < _TINY else ()
        found = query.derive("chosen", lines, chosen, keep=keep, tiny=tiny)
        found = query.where("falling", found, Compare(Column("which"), ">=", Number(0)))
        stage = of_line(self.cases)
        found = query.derive("of_lines", found, stage, keep=[*of_order, "which", "sort", *more])
        lines_of_it = Column("lines")
        single = query.where("single", found, Compare(lines_of_it, "=", Number(1)))
        several = query.where("several", found, Compare(lines_of_it, ">", Number(1)))
        of_one = ["order_id", "which", "base", "returned", *self._of_pieces(), "upline_id", "sort"]
        of_one += self._of_refunds()
        single = query.derive("of_single", single, {}, keep=of_one)
        several = query.sums(
            "of_several", several, ["order_id", "which"],
            {name: Column(name) for name in ("base", "returned", *self._of_pieces())},
            least=["upline_id", "sort", *self._of_refunds()],
        )  # fmt: skip
        found = query.both("portions", single, several)
        return query.where("worth", found, Compare(Column("base"), ">", Number(0)))

    def _sort(self) -> Whole:
        """The number of a line's kind and currency: numbers are grouped several times as fast as names."""
        cases = [
            (
                Every((Named("kind", frozenset({kind})), Named("currency", frozenset({currency})))),
                Number(n),
            )
            for n, (kind, currency) in enumerate(self.sorts)
        ]
        return Cases(tuple(cases[1:]), Number(0)) if len(cases) > 1 else Number(0)

    def _standing(self, query: Query) -> Table:
        columns = {"upline_id": "int64"}
        ranks, groups = self._asked_of_members()
        for n in range(self.forms.levels):
            if self._paid_alike:
                columns[f"paid_{n}"] = "int64"
                continue
            columns[f"member_{n}"] = "int64"
            columns |= {f"rank_{n}": "int64"} if ranks else {}
            columns |= {f"groups_{n}": "string"} if groups else {}
        return query.table("standing", columns)


_TINY = 128
"""The numbers below this fit 8 bits."""


def _needed(stages: Sequence[Stage], wanted: Sequence[str]) -> list[str]:
    """The columns that there must be before these stages, for what is wanted after them."""
    found = set(wanted)
    for stage in reversed(stages):
        found = (found - stage.keys()).union(*map(columns_of, stage.values()))
    return sorted(found)


def _with_what_is_kept(
    stages: Sequence[Stage], wanted: Sequence[str]
) -> Iterator[tuple[Stage, list[str]]]:
    """Each stage, with the columns of before it that are asked for after it."""
    for n, stage in enumerate(stages):
        yield stage, [one for one in _needed(stages[n + 1 :], wanted) if one not in stage]


def _of(table: Table, names: Sequence[str]) -> list[str]:
    return [one for one in table.columns if one in names]


def _added(what: str, name: str = "") -> str:
    return f"CAST(sum({what}) AS BIGINT) AS {name or what}"


def _number_of(names: Sequence[str]) -> str:
    """SQL for the number that a name of each `sort` has among all of them, in alphabetical order."""
    numbers = {name: n for n, name in enumerate(sorted(set(names)))}
    if len(numbers) <= 1:
        return "0"
    return (
        "CASE sort "
        + " ".join(f"WHEN {n} THEN {numbers[name]}" for n, name in enumerate(names))
        + " END"
    )


def _reasons(asks: Uplines, own: str) -> dict[str, Whole]:
    """Who is paid (`member`, 0 for nobody), and who is passed over (`over`, 0 or 1)."""
    reasons: list[tuple[Truth, str]] = [
        (OneOf("house", frozenset({1})), asks.house),
        (OneOf("suspended", frozenset({1})), asks.suspended),
    ]
    above = Compare(Column("steps"), ">", Number(0))
    if asks.own_sales_min:
        few = Compare(Column(own), "<", Number(asks.own_sales_min))
        reasons.append((Every((above, few)), asks.inactive))
    passing = [
        # Nobody moves into the place of who sold.
        (Every((above, truth)), Number(1)) if passes == "passed_over" else (truth, Number(0))
        for truth, passes in reasons
    ]
    return {
        "member": Cases(tuple((truth, Number(0)) for truth, _ in reasons), Column("member_id")),
        "over": Cases(tuple(passing), Number(0)),
    }


def _quoted(names: str) -> str:
    return "'" + names.replace("'", "''") + "'"
