"""A sale plan as three queries over a month's facts: who stands where, what each order earns, and its sums.

They read tables by name: `lines` and `uplines`, and of each other's `standing` and `earned`.
"""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.lab.cases import BASES, Case, cases_of, of_line, which
from mainstem.lab.emitter import Dialect, Query, Table
from mainstem.lab.expressions import Cases, Column, Compare, Every, Number, OneOf, Truth, Whole
from mainstem.lab.facts import LINE
from mainstem.lab.sale_forms import Shares, paid, shares
from mainstem.plan import SalePlan, Uplines

ASKED = ("kind", "currency", "departments", "groups", "product", "storefront", "affiliate")
OF_ORDER = ("order_id", "upline_id", "currency", "kind")


@dataclass(frozen=True, slots=True)
class SaleQueries:
    """The queries of one plan for one engine. `wide` asks for whole numbers of 128 bits; `unnamed` says that
    the facts know of money that went back without naming lines; `kept`, that orders of which all money went
    back are no orders of a client's before."""

    plan: SalePlan
    dialect: Dialect
    wide: bool = False
    unnamed: bool = False
    kept: bool = False

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
        found = query.table("uplines", columns)
        found = query.derive("reasons", found, _reasons(asks, own))
        if "passed_over" in (asks.house, asks.suspended, asks.inactive):
            found = query.running(
                "passed", found, "passed", of="over", by="upline_id", along="steps"
            )
            found = query.where("there", found, _none("over"))
            found = query.derive("levels", found, {"level": Column("steps") - Column("passed")})
        else:
            found = query.derive("levels", found, {"level": Column("steps")})
        found = query.where("paying", found, Compare(Column("level"), "<", Number(levels)))
        told = ["member", *(["rank"] if ranks else []), *(["groups"] if groups else [])]
        query.spread("standing", found, "upline_id", "level", told, levels)
        return query.text()

    def earned(self, *, lines: str = "lines", first: int = 0, last: int = 0) -> str:
        """What each order earns under each case, a row each: see `Shares` for the columns.

        Only of what was sold from the one day to the other, both included, where they are given.
        """
        query, forms = Query(self.dialect), self.forms
        found = self._portions(query, self._lines(query, lines, first, last))
        found = query.join("placed", found, self._standing(query), ["upline_id"])
        found = query.derive("paid", found, paid(self.cases))
        if self.wide:
            amounts = ["base", "returned", "pieces", *self._of_refunds()]
            found = query.widened("wide", found, amounts)
        for n, stage in enumerate(forms.before):
            found = query.derive(f"before_{n}", found, stage, wide=self.wide)
        if forms.of_order:
            sums: dict[str, Whole] = {"order_exact": Column("exact"), "order_base": Column("base")}
            orders = query.sums("orders_whole", found, ["order_id"], sums, wide=self.wide)
            found = query.join("of_order", found, orders, ["order_id"])
        for n, stage in enumerate(forms.after):
            found = query.derive(f"after_{n}", found, stage, wide=self.wide)
        query.narrowed("earned", found, [*OF_ORDER, "which", "base", "returned", *self._results()])
        return query.text()

    def sums(self, earned: str) -> str:
        """What all orders of one upline earn under each case, in each currency, of what `earned` asks for."""
        # What each level would get without the most that one sale may pay is asked of no sum.
        names = [name for name in self._results() if not name.startswith("uncapped")]
        added = ", ".join(
            f"CAST(sum({name}) AS BIGINT) AS {name}" for name in ("base", "returned", *names)
        )
        return f"""SELECT upline_id, which, currency, kind, count(*) AS portions, {added}
                     FROM ({earned}) AS earned GROUP BY upline_id, which, currency, kind"""

    def by_affiliate(self) -> str:
        """From `sums` and `standing`: what each affiliate gets, in each currency."""
        each = "\nUNION ALL\n".join(
            f"""SELECT member_{n} AS affiliate_id, currency, credited_{n} AS credited, stands_{n} AS stands
                  FROM sums JOIN standing USING (upline_id) WHERE credited_{n} > 0"""
            for n in range(self.forms.levels)
        )
        return f"""SELECT affiliate_id, currency, CAST(sum(credited) AS BIGINT) AS credited_minor,
                          CAST(sum(stands) AS BIGINT) AS stands_minor
                     FROM ({each}) AS levels GROUP BY affiliate_id, currency"""

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

    def _asked_of_members(self) -> tuple[bool, bool]:
        levels = [level for rule in self.plan.rules for level in rule.levels]
        return any(level.rank_from for level in levels), any(level.groups for level in levels)

    def _results(self) -> list[str]:
        levels = range(self.forms.levels)
        of_levels = [f"{name}_{n}" for name in ("uncapped", "credited", "stands") for n in levels]
        return [*of_levels, "capped", "limited"]

    def _of_clients(self) -> list[str]:
        return ["orders_kept_before", "months_kept"] if self.kept else ["orders_before", "months"]

    def _of_refunds(self) -> list[str]:
        return ["unnamed_minor", "unnamed_of_minor"] if self.unnamed else []

    def _lines(self, query: Query, lines: str, first: int, last: int) -> Table:
        names = [*OF_ORDER, "sold_on", "pieces", *self._of_clients(), *ASKED]
        names += [f"{base}_{end}" for base in self.bases() for end in ("minor", "back_minor")]
        names += self._of_refunds()
        names += ["has_cost"] if "margin" in self.bases() else []
        found = query.table(lines, {name: LINE[name] for name in names})
        days = [Compare(Column("sold_on"), ">=", Number(first))] if first else []
        days += [Compare(Column("sold_on"), "<=", Number(last))] if last else []
        return query.where("sold", found, Every(tuple(days))) if days else found

    def _portions(self, query: Query, lines: Table) -> Table:
        keep = [*OF_ORDER, "pieces", *(name for name in lines.columns if name.endswith("minor"))]
        found = query.derive(
            "chosen", lines, {"which": which(self.cases, kept=self.kept)}, keep=keep
        )
        found = query.derive(
            "of_lines",
            found,
            of_line(self.cases),
            keep=[*OF_ORDER, "which", "pieces", *self._of_refunds()],
        )
        found = query.sums(
            "portions", found, ["order_id", "which"],
            {name: Column(name) for name in ("base", "returned", "pieces")},
            least=["upline_id", "currency", "kind", *self._of_refunds()],
        )  # fmt: skip
        some = Compare(Column("base"), ">", Number(0)), Compare(Column("which"), ">=", Number(0))
        return query.where("worth", found, Every(some))

    def _standing(self, query: Query) -> Table:
        ranks, groups = self._asked_of_members()
        columns = {"upline_id": "int64"}
        for n in range(self.forms.levels):
            columns |= {f"member_{n}": "int64"}
            columns |= {f"rank_{n}": "int64"} if ranks else {}
            columns |= {f"groups_{n}": "string"} if groups else {}
        return query.table("standing", columns)


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


def _none(column: str) -> Truth:
    return Compare(Column(column), "=", Number(0))


def _quoted(names: str) -> str:
    return "'" + names.replace("'", "''") + "'"
