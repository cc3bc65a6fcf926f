"""The commands of storefront modules: writing a new one, and opening one that is installed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound, Refused
from mainstem.kit.nearest import nearest
from mainstem.kit.work import SYSTEM
from mainstem_affiliates.contract import installed
from mainstem_affiliates.stores import open_storefront
from mainstem_affiliates.stores.scaffolding import scaffold


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands."""
    shop = commands.add_parser("storefront", help="Write a storefront module, or open one.")
    verbs = shop.add_subparsers(required=True, metavar="VERB")
    new = verbs.add_parser("new", help="Write a small package to begin with.")
    new.add_argument("name", help="what it is called in addresses, such as fjord-iron")
    new.add_argument(
        "folder", type=Path, nargs="?", help="where; a folder of its name, if left out"
    )
    new.set_defaults(command=write_new)
    opens = verbs.add_parser("open", help="Open the storefront of an installed module.")
    opens.add_argument("name")
    opens.add_argument("--affiliate", required=True, help="whose it is, by their name in addresses")
    opens.set_defaults(with_database=open_module)


def write_new(given: argparse.Namespace) -> int:
    """Write the package of a new storefront, unless something is in the way."""
    folder: Path = given.folder or Path(given.name)
    try:
        written = scaffold(given.name, folder)
    except Refused as no:
        _say(" ".join(problem.text() for problem in no.problems) or no.text())
        return 1
    for path in written:
        _say(str(path))
    _say(
        f"Next: cd {folder}, pip install . and pytest; then mainstem storefront open {given.name}."
    )
    return 0


def open_module(database: Database, given: argparse.Namespace) -> int:
    """Open the storefront that an installed module describes, or bring it up to date."""
    modules = installed()
    if given.name not in modules:
        near = nearest(given.name, modules.keys())
        _say(
            f"No storefront module is called {given.name}."
            + (f" Did you mean {near}?" if near else "")
        )
        return 1
    try:
        with database.work(SYSTEM) as work:
            home = work.value(
                "SELECT id FROM affiliate WHERE slug = %(slug)s", slug=given.affiliate
            )
            if home is None:
                _say(f"No affiliate is called {given.affiliate}.")
                return 1
            open_storefront(work, home, modules[given.name])
    except NotFound:
        _say(f"{given.name} is another affiliate's.")
        return 1
    except Refused as no:
        _say(" ".join(problem.text() for problem in no.problems) or no.text())
        return 1
    _say(f"Open at /s/{given.name}. Web processes see the module when they start next.")
    return 0


def _say(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201
