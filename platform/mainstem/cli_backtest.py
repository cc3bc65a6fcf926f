"""What the commands of the Plan Lab do: a market, the history as facts, a plan over either."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from mainstem import lab
from mainstem.cli_lab import CURRENT
from mainstem.cli_plan import NotRead, plan_in
from mainstem.company import zone_of
from mainstem.kit.db import Database
from mainstem.kit.locale import Language
from mainstem.kit.work import SYSTEM
from mainstem.lab import SIDES, Report, Side, Watching
from mainstem.money import Money
from mainstem.paths import TEMPLATES
from mainstem.plan import PlanDocument, book

REFUSED = (
    lab.NoFacts, lab.NoMarket, lab.NotKnown, lab.TooLarge, lab.NoEngine, lab.EngineFailed,
    lab.EnginesDiffer, NotRead, book.NoPlanInForce,
)  # fmt: skip


def simulate_market(given: argparse.Namespace) -> int:
    """Write a market as facts."""
    with _refusals() as refused:
        lab.simulate(
            given.to, affiliates=given.affiliates, lines=given.lines, seed=given.seed, year=given.year,
            progress=lambda month, done, of: _progress(f"{month}  {done} of {of}"),
        )  # fmt: skip
        _say(str(given.to))
    return refused.code


def write_facts(database: Database, given: argparse.Namespace) -> int:
    """Write the company's own history as facts."""
    with _refusals() as refused:
        lab.export(database, given.folder, zone=_zone(database))
        _say(str(given.folder))
    return refused.code


def backtest_files(given: argparse.Namespace) -> int:
    """Run two plans in files over facts in a folder."""
    with _refusals() as refused:
        _backtest(given, lab.Facts.at(given.facts), plan_in(Path(given.against)))
    return refused.code


def backtest(database: Database, given: argparse.Namespace) -> int:
    """Run a plan over facts, or over the company's own history, against the plan in force or in a file."""
    with _refusals() as refused:
        against = _in_force(database) if given.against == CURRENT else plan_in(Path(given.against))
        if given.facts:
            _backtest(given, lab.Facts.at(given.facts), against)
            return refused.code
        with TemporaryDirectory(prefix="mainstem-facts-") as folder:
            _progress("Reading what was sold.")
            lab.export(database, Path(folder), zone=_zone(database))
            _backtest(given, lab.Facts.at(Path(folder)), against)
    return refused.code


def _in_force(database: Database) -> PlanDocument:
    with database.work(SYSTEM) as work:
        return book.in_force(work, work.now()).document


def _zone(database: Database) -> str:
    with database.work(SYSTEM) as work:
        return str(zone_of(work) or work.tools.zone)


class _Refusals:
    code = 0


@contextmanager
def _refusals() -> Iterator[_Refusals]:
    told = _Refusals()
    try:
        yield told
    except REFUSED as no:
        _progress(str(no))
        told.code = 1


class _Progress(Watching):
    def month_done(self, side: Side, month: str, done: int, of: int) -> None:
        _progress(f"{side}  {month}  {done} of {of}")


def _backtest(given: argparse.Namespace, facts: lab.Facts, against: PlanDocument) -> None:
    after = plan_in(given.file)
    with lab.engine_at(given.engine or lab.DEFAULT) as engine:
        found = lab.backtest(
            engine, facts, before=against, after=after, first=_day(given.first), last=_day(given.last),
            watching=_Progress(),
        )  # fmt: skip
    if given.json:
        _say(json.dumps(lab.plain(found), indent=2))
        return
    _say(found.source)
    if found.shared_orders:
        _say(
            f"Orders of several affiliates, reckoned as their sellers' alone: {found.shared_orders}"
        )
    for line in _told(found, Language("en", TEMPLATES / "locale", ZoneInfo("UTC"))):
        _say(line)


def _day(day: date | None) -> int:
    return day.year * 10_000 + day.month * 100 + day.day if day else 0


# ---------------------------------------------------------------- in words


def _told(found: Report, language: Language) -> Iterator[str]:
    for currency in found.currencies:
        yield from _cost(found, currency, language)
        yield from _who(found, currency, language)
    for one in found.not_counted:
        yield f"{one.rule} is in neither figure: {_WHY[one.why]}"


_WHY = {
    "no_network": "these facts do not say who stood under whom.",
    "period_not_over": "no whole period was asked for.",
    "not_in_lab": "the Lab does not know its kind.",
}


def _cost(found: Report, currency: str, language: Language) -> Iterator[str]:
    def sums(side: Side) -> dict[str, int]:
        added: dict[str, int] = {}
        for row in found.rows(side):
            if row.currency == currency:
                name = f"{row.kind}, level {row.level}" if row.of == "sale" else row.rule
                added[name] = added.get(name, 0) + row.minor
        return added

    def row(name: str, was: int, is_: int) -> str:
        said = [language.money(Money(minor, currency)) for minor in (was, is_, is_ - was)]
        return f"{name:<24}" + "".join(f"{one:>24}" for one in said)

    before, after = sums("before"), sums("after")
    yield f"{currency:<24}{'before':>24}{'after':>24}{'change':>24}"
    yield row("all", sum(before.values()), sum(after.values()))
    for name in sorted({*before, *after}):
        yield row(name, before.get(name, 0), after.get(name, 0))
    for side in SIDES:
        covered = [one for one in found.side(side).covered if one.currency == currency]
        capped, limited = sum(one.capped for one in covered), sum(one.limited for one in covered)
        yield f"{side}: {capped} orders met a cap, {limited} the most that one sale may pay"


def _who(found: Report, currency: str, language: Language) -> Iterator[str]:
    for group in found.groups:
        if group.currency == currency:
            ends = (
                f"up to {group.up_to} %" if group.above is None
                else f"above {group.above} %" if group.up_to is None
                else f"{group.above} to {group.up_to} %"
            )  # fmt: skip
            money = language.money(Money(group.change_minor, currency))
            yield f"{ends:<24}{group.affiliates:>12} affiliates{money:>25}"
    alike = sum(one.affiliates for one in found.unchanged if one.currency == currency)
    yield f"{'unchanged':<24}{alike:>12} affiliates"
    for name, changes in (("gains", found.most), ("loses", found.least)):
        for change in [one for one in changes if one.currency == currency][:3]:
            was, is_ = (
                language.money(Money(minor, currency))
                for minor in (change.before_minor, change.after_minor)
            )
            yield f"affiliate {change.affiliate_id} {name}: {was} to {is_}"


def _progress(said: str) -> None:
    print(said, file=sys.stderr)  # noqa: T201


def _say(said: str) -> None:
    print(said)  # noqa: T201
