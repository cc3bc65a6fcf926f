"""The commands of commissions: why somebody was not paid, in the words that their own page says."""

from __future__ import annotations

import argparse

from mainstem.earnings import why_order_unpaid
from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.locale import LOCALES, Language
from mainstem.kit.work import SYSTEM, Work
from mainstem.paths import TEMPLATES
from mainstem.plan import tell_unpaid


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands; `given.with_database` runs one of them."""
    commission = commands.add_parser("commission", help="Ask about what a sale has earned.")
    verbs = commission.add_subparsers(required=True, metavar="VERB")
    why = verbs.add_parser("why", help="Say why an affiliate was not paid for an order.")
    why.add_argument("order", help="the order's number")
    why.add_argument("--affiliate", required=True, metavar="SLUG", help="their name in addresses")
    why.add_argument("--language", choices=LOCALES, default="en")
    why.set_defaults(with_database=say_why)


def say_why(database: Database, given: argparse.Namespace) -> int:
    """Say which rule keeps an affiliate from an order's commission; 1 where there is no such order."""
    language = Language(given.language, TEMPLATES / "locale", database.tools.zone)
    try:
        with database.work(SYSTEM) as work:
            found = why_order_unpaid(work, _affiliate(work, given.affiliate), given.order)
    except NotFound as no:
        _say(no.text(language.text))
        return 1
    _say(tell_unpaid(found.reason, language))
    return 0


def _affiliate(work: Work, slug: str) -> int:
    id = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=slug.lower())
    if id is None:
        raise NotFound("affiliate")
    return int(id)


def _say(line: str) -> None:
    print(line)  # noqa: T201
