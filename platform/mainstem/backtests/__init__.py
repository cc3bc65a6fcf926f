"""Backtests that staff ask for: worked out by a worker outside the database, one at a time, and kept."""

from mainstem.backtests.asking import BacktestRuns, cancel, forget, request
from mainstem.backtests.queries import BacktestRun, report_of, run_of, runs
from mainstem.backtests.running import run_next

__all__ = [
    "BacktestRun",
    "BacktestRuns",
    "cancel",
    "forget",
    "report_of",
    "request",
    "run_next",
    "run_of",
    "runs",
]
