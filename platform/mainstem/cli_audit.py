"""The command of the audit: every commission is worked out a second time, and what differs is named."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict

from mainstem import audit
from mainstem.audit import Difference, Found
from mainstem.kit.db import Database
from mainstem.money import decimal_text

SECONDS_BETWEEN = 1.0

_WHAT = {
    "credited": "credited is {now}, should be {should}",
    "reversed": "taken back is {now}, should be {should}",
    "moved": "moved between holds is {now}, should add up to {should}",
    "posted": "the books have {now} of it, should be {should}",
    "stray": "the books have {now}, and no line of it",
    "reward": "the reward for a friend is {now}, should be {should}",
}


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands; `given.with_database` runs one of them."""
    parser = commands.add_parser("audit", help="Work out again what was credited, and compare.")
    verbs = parser.add_subparsers(required=True, metavar="commissions")
    words = audit_commissions.__doc__ or ""
    commissions = verbs.add_parser("commissions", help=words.split("\n")[0], description=words)
    commissions.add_argument(
        "--changed",
        action="store_true",
        help="only orders of which something happened since the last audit",
    )
    commissions.add_argument("--json", action="store_true", help="one JSON object a difference")
    commissions.set_defaults(with_database=audit_commissions)


def audit_commissions(database: Database, given: argparse.Namespace) -> int:
    """Audit every commission ever credited by code that credits nothing; 1 where something differs."""
    found = audit.run_now(database, whole=not given.changed, progress=_Progress())
    for one in found.named:
        print(json.dumps(asdict(one)) if given.json else told(one))  # noqa: T201
    if found.wrong > len(found.named):
        _say(f"{found.wrong - len(found.named)} more are not named.")
    _say(_so_far(found))
    if found.waiting:
        _say(f"{found.waiting} orders wait for a task; the next audit looks at them.")
    _say("Nothing differs." if not found.wrong else f"{found.wrong} amounts differ.")
    return 1 if found.wrong else 0


def told(one: Difference) -> str:
    """A difference in a line: of which order, by which rule, at which level, whose, and both amounts."""
    level = "" if one.level is None else f", level {one.level}"
    source = "order" if one.order_id else "period"
    if one.what == "rank":
        return (
            f"{source} {one.order}, affiliate {one.affiliate_id}: paid as rank {one.is_now}, or another rank is not"
            f" as it should be: {one.should_be} (0 is none, 1 the lowest)"
        )
    where = f"{source} {one.order}, rule {one.rule}{level}, affiliate {one.affiliate_id}"
    if one.what == "beneficiary":
        return f"{where}: should be affiliate {one.should_be}'s"
    words = _WHAT[one.what].format(
        now=_amount(one.is_now, one.currency), should=_amount(one.should_be, one.currency)
    )
    return f"{where}: {words}"


def _amount(minor: int, currency: str) -> str:
    return f"{currency} {decimal_text(minor, currency)}"


class _Progress:
    """Says how far it is, once a second."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, found: Found) -> None:
        if time.monotonic() - self._said >= SECONDS_BETWEEN:
            self._said = time.monotonic()
            _say(_so_far(found))


def _so_far(found: Found) -> str:
    return (
        f"{found.orders:,} orders, {found.lines:,} lines in {found.seconds:,.1f} s:"
        f" {found.lines_per_second:,} lines a second"
    )


def _say(words: str) -> None:
    print(words, file=sys.stderr)  # noqa: T201
