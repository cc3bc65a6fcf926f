"""The commands of periods: which there are, what one would pay, its close, and the proof of what was paid."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date

from mainstem import identity, periods
from mainstem.kit.db import Database
from mainstem.kit.errors import Refused
from mainstem.kit.work import SYSTEM, Actor, Work
from mainstem.money import Money, decimal_text
from mainstem.periods import Difference, Period, queries

SHOWN_MAX = 200


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the parsers of these commands; `given.with_database` runs one of them."""
    of_periods = commands.add_parser("periods", help="See, preview, close and check periods.")
    verbs = of_periods.add_subparsers(required=True, metavar="VERB")
    lists = verbs.add_parser("list", help="List every period and how far it has come.")
    lists.set_defaults(with_database=list_periods)
    previews = verbs.add_parser("preview", help="Work out what a period would pay.")
    previews.set_defaults(with_database=preview_period)
    closes = verbs.add_parser("close", help="Pay what a period's newest preview says.")
    closes.set_defaults(with_database=close_period)
    for verb in (previews, closes):
        verb.add_argument("period", type=_day, metavar="PERIOD", help="such as 2026-03 or 2026-Q1")
        verb.add_argument("--by", required=True, metavar="E-MAIL", help="who of the staff does it")
    checks = verbs.add_parser("check", help="Work closed periods out anew; 1 where a cent differs.")
    checks.add_argument("period", type=_day, metavar="PERIOD", nargs="?", help="one; else all")
    checks.set_defaults(with_database=check_periods)


def list_periods(database: Database, given: argparse.Namespace) -> int:
    """Say every period, the newest first: its plan and its state."""
    del given
    with database.work(SYSTEM) as work:
        found = queries.periods(work, most=SHOWN_MAX).rows
    for it in found:
        _say(f"{it.name:8} {it.state:10} plan {it.plan_version}  {it.starts_on} to {it.ends_on}")
    if not found:
        _say("No period has begun: the plan pays for none, or no day has passed since.")
    return 0


def preview_period(database: Database, given: argparse.Namespace) -> int:
    """Work out what a period would pay, and say it rule by rule."""
    with database.work(SYSTEM) as work:
        who = _staff(work, given.by)
    if who is None:
        return _fail(f"Nobody of the staff signs in by {given.by}.")
    try:
        with database.work(who) as work:
            it = periods.preview(work, given.period, progress=_Progress())
            _say_sums(work, it)
    except Refused as no:
        return _fail(no.text())
    _say(
        f"Previewed as {it.outcome_hash}. Somebody else closes it: mainstem periods close {it.name}"
    )
    return 0


def close_period(database: Database, given: argparse.Namespace) -> int:
    """Pay what a period's newest preview says."""
    with database.work(SYSTEM) as work:
        who = _staff(work, given.by)
    if who is None:
        return _fail(f"Nobody of the staff signs in by {given.by}.")
    try:
        with database.work(who) as work:
            it = periods.close(work, given.period, progress=_Progress())
            _say_sums(work, it)
    except Refused as no:
        return _fail(no.text())
    _say(f"{it.name} is closed.")
    return 0


def check_periods(database: Database, given: argparse.Namespace) -> int:
    """Work closed periods out anew, of what was kept with them; 1 with what differs."""
    found: list[Difference] = []
    with database.work(SYSTEM) as work:
        days: list[date] = [given.period] if given.period else periods.closed(work)
        try:
            for day in days:
                it = periods.period(work, day)
                if it.state != "closed":
                    _say(f"{it.name} is not closed yet: there is nothing to compare.")
                differs = periods.check(work, day)
                found += differs
                if it.state == "closed" and not differs:
                    _say(f"{it.name} comes out the same to the cent.")
        except Refused as no:
            return _fail(no.text())
    for one in found:
        _say(_told(one))
    return 1 if found else 0


_STEPS = {
    "read": "{many:,} affiliates are read",
    "worked_out": "{many:,} earnings are worked out",
    "kept": "the figures of {many:,} affiliates are kept",
    "booked": "{many:,} earnings are booked",
}


class _Progress:
    """Says how far a preview or a close has come, and after how many seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, step: str, many: int) -> None:
        took = time.monotonic() - self._began
        print(f"{took:8.1f} s  {_STEPS[step].format(many=many)}", file=sys.stderr)  # noqa: T201


def _say_sums(work: Work, it: Period) -> None:
    for one in queries.by_rule(work, it):
        change = f" ({_written(one.change)} against the preview before)" if it.preview > 1 else ""
        _say(f"{one.rule}: {_written(one.amount)} to {one.affiliates}{change}")


def _told(one: Difference) -> str:
    said = f"{one.period}, settlement {one.settlement}: {one.what}"
    if one.affiliate_id:
        said += f" of affiliate {one.affiliate_id}"
    if one.stands is not None and one.should is not None:
        said += f" by {one.rule}: {_written(one.stands)} stands, {_written(one.should)} is right"
    return said + "."


def _written(amount: Money) -> str:
    return f"{decimal_text(amount.minor, amount.currency)} {amount.currency}"


def _staff(work: Work, email: str) -> Actor | None:
    id = work.value("SELECT id FROM person WHERE email_key = %(key)s", key=identity.key_of(email))
    return (
        Actor("staff", str(id)) if id and identity.roles_of(work, Actor("staff", str(id))) else None
    )


def _day(name: str) -> date:
    day = periods.day_of_name(name)
    if day is None:
        raise argparse.ArgumentTypeError(f"{name} is no period: write 2026-03, 2026-Q1 or 2026")
    return day


def _fail(said: str) -> int:
    print(said, file=sys.stderr)  # noqa: T201
    return 1


def _say(line: str) -> None:
    print(line)  # noqa: T201
