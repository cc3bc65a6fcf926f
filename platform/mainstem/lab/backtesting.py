"""Two plan documents over the same facts."""

from __future__ import annotations

from collections.abc import Sequence

from mainstem.lab.compare import compare
from mainstem.lab.engines import Engine
from mainstem.lab.facts import Facts, months_of
from mainstem.lab.report import NotCounted, Outcome, Report, Side, Sold
from mainstem.lab.runs import Ran, read, run
from mainstem.plan import PlanDocument, compiled, fingerprint


class Stopped(Exception):
    """Whoever watches a backtest did not want it to go on: nothing was worked out."""


class Watching:
    """Is told how far a backtest is, and asked before each month whether it shall go on."""

    def month_done(self, side: Side, month: str, done: int, of: int) -> None:
        """A month is worked out under one of the plans."""

    def goes_on(self) -> bool:
        """Whether the backtest shall go on; where not, it ends with Stopped before its next month."""
        return True


def backtest(
    engine: Engine,
    facts: Facts,
    *,
    before: PlanDocument,
    after: PlanDocument,
    first: int = 0,
    last: int = 0,
    watching: Watching | None = None,
) -> Report:
    """Run two plans over what was sold from the one day to the other (20260131), both included.

    Raises Stopped, NotKnown, TooLarge, EnginesDiffer, EngineFailed.
    """
    told = watching or Watching()

    def ran(side: Side, plan: PlanDocument) -> Ran:
        def progress(month: str, done: int, of: int) -> None:
            told.month_done(side, month, done, of)
            _refuse_to_go_on(told)

        return run(
            engine, facts, compiled(plan), first=first, last=last, called=side,
            kept=plan.refunded_orders == "are_not_counted", progress=progress,
        )  # fmt: skip

    _refuse_to_go_on(told)
    of_before, of_after = ran("before", before), ran("after", after)
    found = compare(engine, of_before, of_after)
    return Report(
        facts.about.source, first, last, _outcome(before, of_before), _outcome(after, of_after),
        _sold(engine, facts, first, last), found.groups, found.most, found.least, found.unchanged,
        tuple(NotCounted(rule, "no_network") for rule in sorted({*_of_periods(before), *_of_periods(after)})),
    )  # fmt: skip


def _refuse_to_go_on(told: Watching) -> None:
    if not told.goes_on():
        raise Stopped("The backtest was stopped.")


def _outcome(plan: PlanDocument, ran: Ran) -> Outcome:
    return Outcome(plan.name, fingerprint(plan.written()), ran.cells, ran.covered, ran.months)


def _sold(engine: Engine, facts: Facts, first: int, last: int) -> tuple[Sold, ...]:
    """What was sold in each month. Facts know of no cost."""
    days = f"sold_on >= {first}" + (f" AND sold_on <= {last}" if last else "")
    found: list[Sold] = []
    for month in months_of(facts, first, last):
        read(engine, facts, month)
        rows = engine.rows(
            f"""SELECT currency, count(DISTINCT order_id),
                       CAST(sum(price_minor - price_back_minor) AS BIGINT)
                  FROM lines WHERE {days} GROUP BY currency ORDER BY currency"""
        )
        found += [Sold(month, *row) for row in rows]
    return tuple(found)


def _of_periods(plan: PlanDocument) -> Sequence[str]:
    return plan.period.rule_names if plan.period else []
