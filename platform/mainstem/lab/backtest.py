"""Two plan documents over the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mainstem.lab.compare import Compared, compare
from mainstem.lab.engines import Engine
from mainstem.lab.facts import Facts
from mainstem.lab.runs import Ran, run
from mainstem.plan import PlanDocument, compiled

Side = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Backtest:
    """What two plans come to over the same sales, and what is in neither figure."""

    compared: Compared
    not_counted: Sequence[str]
    """The rules of either plan that are not for single sales, by name: what a period pays."""


class Watching:
    """Is told how far a backtest is; whoever wants to stop it raises from here."""

    def month_done(self, side: Side, month: str, done: int, of: int) -> None:
        """A month is worked out under one of the plans."""


def backtest(
    engine: Engine,
    facts: Facts,
    *,
    before: PlanDocument,
    after: PlanDocument,
    first: int = 0,
    last: int = 0,
    watching: Watching | None = None,
) -> Backtest:
    """Run two plans over what was sold from the one day to the other (20260131), both included.

    Raises NotKnown, TooLarge, EnginesDiffer, EngineFailed.
    """
    told = watching or Watching()

    def ran(side: Side, plan: PlanDocument) -> Ran:
        return run(
            engine, facts, compiled(plan), first=first, last=last, called=side,
            kept=plan.refunded_orders == "are_not_counted",
            progress=lambda month, done, of: told.month_done(side, month, done, of),
        )  # fmt: skip

    found = compare(engine, ran("before", before), ran("after", after))
    return Backtest(found, sorted({*_of_periods(before), *_of_periods(after)}))


def _of_periods(plan: PlanDocument) -> list[str]:
    return plan.period.rule_names if plan.period else []
