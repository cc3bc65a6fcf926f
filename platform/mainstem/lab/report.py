"""What a backtest comes to: one object that a page can show and that is kept as JSON.

Amounts are minor units of the currency beside them; nothing is converted. A month is `2026-03`. Nothing in here
needs an engine, so that whoever only shows a report loads none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

FORMAT = 1

Side = Literal["before", "after"]
Why = Literal["no_network", "period_not_over", "not_in_lab"]
SIDES: tuple[Side, Side] = ("before", "after")


@dataclass(frozen=True, slots=True)
class Cell:
    """What one rule gives at one level, in one currency and for one kind of product, in minor units.

    `stands_minor` is what is left of `credited_minor` after everything that went back.
    """

    rule: str
    level: int
    kind: str
    currency: str
    credited_minor: int
    stands_minor: int


@dataclass(frozen=True, slots=True)
class Covered:
    """What falls under one rule: how many orders, of what base, and how many met a limit.

    `capped` is how many gave way to a cap in proportion, `limited` to the most that one sale may pay.
    """

    rule: str
    kind: str
    currency: str
    orders: int
    base_minor: int
    returned_minor: int
    capped: int
    limited: int


@dataclass(frozen=True, slots=True)
class Month:
    """What the sales of a month pay in one currency."""

    month: str
    currency: str
    credited_minor: int
    stands_minor: int


@dataclass(frozen=True, slots=True)
class PeriodCost:
    """What a rule of periods pays for one period (`2026-03`, `2026-Q1`), to how many affiliates."""

    period: str
    rule: str
    currency: str
    affiliates: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class RankHeld:
    """How many affiliates are paid as a rank at the end of the last period."""

    rank: str
    affiliates: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one plan comes to."""

    plan: str
    """The name in its document."""
    fingerprint: str
    """The hash of its document."""
    cells: tuple[Cell, ...]
    covered: tuple[Covered, ...]
    months: tuple[Month, ...]
    periods: tuple[PeriodCost, ...] = ()
    ranks: tuple[RankHeld, ...] = ()
    """From the lowest to the highest, each that the plan has."""


@dataclass(frozen=True, slots=True)
class Sold:
    """What was sold in a month in one currency: orders, and net prices less what of them went back.

    `cost_minor` is what the sold goods cost the company, of as much as `known_minor` of the net prices;
    both are 0 where the facts know of no cost. A cost above its price counts as much as the price.
    """

    month: str
    currency: str
    orders: int
    net_minor: int
    known_minor: int = 0
    cost_minor: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """How many affiliates' earnings change by so much, and by how much together.

    `above` and `up_to` are per cent of what they had before; None where the group has no such end. Who had
    nothing before gained without end.
    """

    currency: str
    above: int | None
    up_to: int | None
    affiliates: int
    change_minor: int


@dataclass(frozen=True, slots=True)
class Change:
    """What one affiliate had before and has after, in minor units."""

    affiliate_id: int
    currency: str
    before_minor: int
    after_minor: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    """How many affiliates earn in a currency exactly what they did before."""

    currency: str
    affiliates: int


@dataclass(frozen=True, slots=True)
class Row:
    """One amount that a plan pays: for `sale`s at a level and for a kind, for a `period` with neither."""

    of: Literal["sale", "period"]
    rule: str
    level: int
    kind: str
    currency: str
    minor: int


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A rule that is in neither figure, and why: the facts do not say what it asks for."""

    rule: str
    why: Why


@dataclass(frozen=True, slots=True)
class Report:
    """Two plans over the same sales: what each costs, who gains and who loses by the change.

    `first_on` and `last_on` are the days asked for, 20260131, both included; 0 where nothing was asked for.
    `groups` are in order, those without anybody left out. `most` are who gains most in each currency, the
    most first, and `least` who loses most. `not_counted` names the rules of either plan that are in neither
    figure, each with the reason.
    """

    source: str
    """What the facts are."""
    first_on: int
    last_on: int
    before: Outcome
    after: Outcome
    sold: tuple[Sold, ...]
    groups: tuple[Group, ...]
    most: tuple[Change, ...]
    least: tuple[Change, ...]
    unchanged: tuple[Unchanged, ...]
    not_counted: tuple[NotCounted, ...] = ()
    shared_orders: int = 0
    """How many orders are credited to several affiliates, and are reckoned as their sellers' alone."""
    format: int = FORMAT

    def side(self, side: Side) -> Outcome:
        """What one of the plans comes to."""
        return self.before if side == "before" else self.after

    @property
    def currencies(self) -> list[str]:
        """Those that anything was sold or paid in."""
        found = {one.currency for one in self.sold}
        for side in SIDES:
            found |= {cell.currency for cell in self.side(side).cells}
            found |= {cost.currency for cost in self.side(side).periods}
        return sorted(found)

    def cost(self, side: Side, currency: str) -> int:
        """What a plan costs in a currency: sales and periods together, after what went back."""
        return sum(row.minor for row in self.rows(side) if row.currency == currency)

    def rows(self, side: Side) -> Iterator[Row]:
        """Everything that a plan pays, as one flat list: for tables, sums and files."""
        for cell in self.side(side).cells:
            yield Row("sale", cell.rule, cell.level, cell.kind, cell.currency, cell.stands_minor)
        for cost in self.side(side).periods:
            yield Row("period", cost.rule, 0, "", cost.currency, cost.amount_minor)

    def margin(self, side: Side, currency: str) -> int | None:
        """What is left of the net prices of everything whose cost is known, after it and after the plan's
        share of the same part of all sales; None where no cost is known."""
        of = [one for one in self.sold if one.currency == currency]
        net, known = sum(one.net_minor for one in of), sum(one.known_minor for one in of)
        if not known:
            return None
        # The plan's cost is spread over all sales alike: of a part, its part.
        share = self.cost(side, currency) * known // net
        return known - sum(one.cost_minor for one in of) - share


_REPORT: TypeAdapter[Report] = TypeAdapter(Report)


def as_json(report: Report) -> str:
    """A report as it is kept: `of_json` gives the same back."""
    return json.dumps(asdict(report))


def of_json(text: str | bytes) -> Report:
    """A report that was kept. Raises ValueError for anything else."""
    return _REPORT.validate_json(text)


def plain(report: Report) -> dict[str, Any]:
    """A report as a mapping of lists and mappings, as JSON has it."""
    return asdict(report)
