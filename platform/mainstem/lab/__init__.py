"""The Plan Lab: what a plan would cost and pay, over a simulated market or the company's own history.

Facts are Parquet (`facts`), engines run queries over them (`engines`), and nothing of it runs inside the live
database. One arithmetic (`sale_forms`) is both Python's and the queries'. What a backtest comes to is a `Report`,
which needs no engine to be read: all that does is imported when it is asked for, since it takes two seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mainstem.lab.facts import Facts, NoFacts, NotKnown
from mainstem.lab.report import (
    SIDES,
    Cell,
    Change,
    Covered,
    Group,
    Month,
    NotCounted,
    Outcome,
    PeriodCost,
    RankHeld,
    Report,
    Row,
    Side,
    Sold,
    Unchanged,
    as_json,
    of_json,
    plain,
)

if TYPE_CHECKING:
    from mainstem.lab.backtesting import Stopped, Watching, backtest
    from mainstem.lab.engines import DEFAULT, Engine, EngineFailed, NoEngine, engine_at
    from mainstem.lab.exporting import export
    from mainstem.lab.expressions import TooLarge
    from mainstem.lab.market import NoMarket, simulate
    from mainstem.lab.runs import EnginesDiffer, Ran, run

_LATER = {
    "backtesting": ("Stopped", "Watching", "backtest"),
    "engines": ("DEFAULT", "Engine", "EngineFailed", "NoEngine", "engine_at"),
    "exporting": ("export",),
    "expressions": ("TooLarge",),
    "market": ("NoMarket", "simulate"),
    "runs": ("EnginesDiffer", "Ran", "run"),
}
_MODULE = {name: module for module, names in _LATER.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{_MODULE[name]}")
    # All of them at once, so that the next is there without asking.
    globals().update({one: getattr(module, one) for one in _LATER[_MODULE[name]]})
    return globals()[name]


__all__ = [
    "DEFAULT",
    "SIDES",
    "Cell",
    "Change",
    "Covered",
    "Engine",
    "EngineFailed",
    "EnginesDiffer",
    "Facts",
    "Group",
    "Month",
    "NoEngine",
    "NoFacts",
    "NoMarket",
    "NotCounted",
    "NotKnown",
    "Outcome",
    "PeriodCost",
    "Ran",
    "RankHeld",
    "Report",
    "Row",
    "Side",
    "Sold",
    "Stopped",
    "TooLarge",
    "Unchanged",
    "Watching",
    "as_json",
    "backtest",
    "engine_at",
    "export",
    "of_json",
    "plain",
    "run",
    "simulate",
]
