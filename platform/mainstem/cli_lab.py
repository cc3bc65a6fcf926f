"""The parsers of the Plan Lab's commands. What they do is imported when it is asked for: it takes a second."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TypeAlias

from mainstem.kit.db import Database

CURRENT = "current"

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_commands(commands: Commands) -> None:
    """Add the parser of `simulate`."""
    simulate = commands.add_parser("simulate", help="Make a company's data of our own.")
    kinds = simulate.add_subparsers(required=True, metavar="WHAT")
    market = kinds.add_parser("market", help="A network and a year of its sales, as Parquet.")
    market.add_argument("--affiliates", type=int, default=100_000)
    market.add_argument("--lines", type=int, default=2_000_000)
    market.add_argument("--seed", type=int, default=7)
    market.add_argument("--year", type=int, default=2026)
    market.add_argument("--to", type=Path, required=True, metavar="DIR")
    market.set_defaults(command=_simulate_market)


def add_verbs(verbs: Commands) -> None:
    """Add the parsers of what the Lab does with plans."""
    facts = verbs.add_parser("facts", help="Write what was sold and delivered, as Parquet.")
    facts.add_argument("folder", type=Path)
    facts.set_defaults(with_database=_write_facts)
    back = verbs.add_parser(
        "backtest", help="See what a plan would have cost, and who gains by it."
    )
    back.add_argument("file", type=Path, help="the plan, as TOML or JSON")
    back.add_argument("--against", default=CURRENT, help="current, or a plan in a file")
    back.add_argument("--facts", type=Path, metavar="DIR", help="else the company's own history")
    back.add_argument("--from", dest="first", type=date.fromisoformat, metavar="YYYY-MM-DD")
    back.add_argument("--to", dest="last", type=date.fromisoformat, metavar="YYYY-MM-DD",
                      help="the last day")  # fmt: skip
    back.add_argument(
        "--engine", help="duckdb://?memory=2GB, local[2], spark://host:7077, sc://host:15002"
    )
    back.add_argument("--json", action="store_true", help="one JSON object")
    back.set_defaults(
        with_database=_backtest, needs_database=_needs_database, command=_backtest_files
    )


def _needs_database(given: argparse.Namespace) -> bool:
    return given.facts is None or given.against == CURRENT


def _simulate_market(given: argparse.Namespace) -> int:
    from mainstem import cli_backtest

    return cli_backtest.simulate_market(given)


def _write_facts(database: Database, given: argparse.Namespace) -> int:
    from mainstem import cli_backtest

    return cli_backtest.write_facts(database, given)


def _backtest(database: Database, given: argparse.Namespace) -> int:
    from mainstem import cli_backtest

    return cli_backtest.backtest(database, given)


def _backtest_files(given: argparse.Namespace) -> int:
    from mainstem import cli_backtest

    return cli_backtest.backtest_files(given)
