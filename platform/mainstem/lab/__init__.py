"""The Plan Lab: what a plan would cost and pay, over a simulated market or the company's own history.

Facts are Parquet (`facts`), engines run queries over them (`engines`), and nothing of it runs inside the live
database. One arithmetic (`sale_forms`) is both Python's and the queries'.
"""

from mainstem.lab.backtest import Backtest, Side, Watching, backtest
from mainstem.lab.compare import Change, Compared, Group, compare
from mainstem.lab.engines import DEFAULT, Engine, EngineFailed, NoEngine, engine_at
from mainstem.lab.export import export
from mainstem.lab.expressions import TooLarge
from mainstem.lab.facts import Facts, NoFacts, NotKnown
from mainstem.lab.market import NoMarket, simulate
from mainstem.lab.runs import Cell, Covered, EnginesDiffer, Ran, run

__all__ = [
    "DEFAULT",
    "Backtest",
    "Cell",
    "Change",
    "Compared",
    "Covered",
    "Engine",
    "EngineFailed",
    "EnginesDiffer",
    "Facts",
    "Group",
    "NoEngine",
    "NoFacts",
    "NoMarket",
    "NotKnown",
    "Ran",
    "Side",
    "TooLarge",
    "Watching",
    "backtest",
    "compare",
    "engine_at",
    "export",
    "run",
    "simulate",
]
