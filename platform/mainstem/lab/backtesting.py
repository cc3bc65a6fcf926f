"""Two plan documents over the same facts."""

from __future__ import annotations

from mainstem.lab.compare import compare
from mainstem.lab.engines import Engine
from mainstem.lab.facts import Facts, months_of
from mainstem.lab.period_runs import PeriodsRan, Volumes, run_periods
from mainstem.lab.report import NotCounted, Outcome, Report, Side, Sold
from mainstem.lab.runs import Ran, read, run, with_periods
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
    volumes = Volumes(engine, facts)

    def sales_of(side: Side, plan: PlanDocument, periods: PeriodsRan) -> Ran:
        def progress(month: str, done: int, of: int) -> None:
            told.month_done(side, month, done, of)
            _refuse_to_go_on(told)

        return run(
            engine, facts, compiled(plan), first=first, last=last, called=side, periods=periods,
            kept=plan.refunded_orders == "are_not_counted", progress=progress,
        )  # fmt: skip

    def periods_of(plan: PlanDocument) -> PeriodsRan:
        _refuse_to_go_on(told)
        return run_periods(volumes, plan, first=first, last=last)

    of_before, of_after = periods_of(before), periods_of(after)
    sales_before = sales_of("before", before, of_before)
    # Where only what periods pay is another, what sales pay is not worked out again.
    same = _same_sales(before, after) and of_before.alike(of_after)
    sales_after = sales_before if same else sales_of("after", after, of_after)
    found = compare(
        engine,
        with_periods(engine, sales_before, of_before, "before"),
        with_periods(engine, sales_after, of_after, "after"),
    )
    return Report(
        facts.about.source, first, last, _outcome(before, sales_before, of_before),
        _outcome(after, sales_after, of_after), _sold(engine, facts, first, last), found.groups,
        found.most, found.least, found.unchanged,
        tuple(dict.fromkeys([*of_before.not_counted, *of_after.not_counted, *_friends(before, after)])),
        facts.about.shared_orders,
    )  # fmt: skip


def _friends(*plans: PlanDocument) -> list[NotCounted]:
    """Facts of sales know no friends: which client sent whom is in no figure."""
    return [NotCounted("refer-a-friend", "not_in_lab") for plan in plans if plan.refer_a_friend]


def _same_sales(before: PlanDocument, after: PlanDocument) -> bool:
    """Whether both say the same of sales, as long as sales see the same ranks."""
    return (compiled(before), before.refunded_orders) == (compiled(after), after.refunded_orders)


def _refuse_to_go_on(told: Watching) -> None:
    if not told.goes_on():
        raise Stopped("The backtest was stopped.")


def _outcome(plan: PlanDocument, sales: Ran, periods: PeriodsRan) -> Outcome:
    return Outcome(
        plan.name, fingerprint(plan.written()), sales.cells, sales.covered, sales.months, periods.costs,
        periods.held,
    )  # fmt: skip


def _sold(engine: Engine, facts: Facts, first: int, last: int) -> tuple[Sold, ...]:
    """What was sold in each month, and what of it is known to have cost the company how much."""
    days = f"sold_on >= {first}" + (f" AND sold_on <= {last}" if last else "")
    kept = "price_minor - price_back_minor"
    cost = f"CASE WHEN has_cost = 1 THEN {kept} - (margin_minor - margin_back_minor) ELSE 0 END"
    known = [f"CASE WHEN has_cost = 1 THEN {kept} ELSE 0 END", cost] if facts.about.costs else []
    more = "".join(f", CAST(sum({one}) AS BIGINT)" for one in known)
    found: list[Sold] = []
    for month in months_of(facts, first, last):
        read(engine, facts, month)
        rows = engine.rows(
            f"""SELECT currency, count(DISTINCT order_id),
                       CAST(sum({kept}) AS BIGINT){more}
                  FROM lines WHERE {days} GROUP BY currency ORDER BY currency"""
        )
        found += [Sold(month, *row) for row in rows]
    return tuple(found)
