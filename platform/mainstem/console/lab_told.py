"""What a backtest came to, as its page shows it: sums, who gains and loses, and what met a limit."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from mainstem import network
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.lab import SIDES, Change, Group, Report
from mainstem.money import Money

Bar = tuple[str, int, str]
"""A label, a number, and the number as the reader sees it."""

WHY = {
    "no_network": "These facts do not say who stood under whom.",
    "period_not_over": "No whole period was asked for.",
    "teams_as_at_sale": "Facts do not know under whom each sale was sold, and the plan counts teams by it.",
    "not_in_lab": "The Lab does not know its kind.",
}


class Line(msgspec.Struct, frozen=True):
    """What one part of both plans costs."""

    label: str
    before: Money
    after: Money
    change: Money


class Mover(msgspec.Struct, frozen=True):
    """Somebody who gains or loses."""

    name: str
    url: str
    before: Money
    after: Money
    change: Money


class Part(msgspec.Struct, frozen=True):
    """What stands in one currency."""

    currency: str
    sold: Money
    total: Line
    ratios: tuple[str, str]
    by_level: list[Line]
    by_rule: list[Line]
    margins: tuple[Money, Money] | None
    months: list[Bar]
    groups: list[Bar]
    gain: int
    lose: int
    unchanged: int
    most: list[Mover]
    least: list[Mover]
    limits: list[tuple[str, int, int]]
    """A plan, and how many orders of it met a cap, and the most that one sale may pay."""


class ReportTold(msgspec.Struct, frozen=True):
    """Both plans, currency by currency; and what is in neither figure, each rule with its reason."""

    before: str
    after: str
    parts: list[Part]
    not_counted: list[tuple[str, str]]


def told_of(work: Work, language: Language, report: Report) -> ReportTold:
    """What a report says, in the reader's language."""
    ids = {one.affiliate_id for one in (*report.most, *report.least)}
    names = network.names(work, ids)
    return ReportTold(
        report.before.plan,
        report.after.plan,
        [_part(report, currency, names, language) for currency in report.currencies],
        [(one.rule, language.text(WHY[one.why])) for one in report.not_counted],
    )


def _part(report: Report, currency: str, names: dict[int, str], language: Language) -> Part:
    sold = sum(one.net_minor for one in report.sold if one.currency == currency)
    costs = [report.cost(side, currency) for side in SIDES]
    margins = [report.margin(side, currency) for side in SIDES]
    groups = [one for one in report.groups if one.currency == currency]
    return Part(
        currency,
        Money(sold, currency),
        _line("", costs[0], costs[1], currency),
        (share_of(language, costs[0], sold), share_of(language, costs[1], sold)),
        _by_level(report, currency, language),
        _by_rule(report, currency),
        (Money(margins[0], currency), Money(margins[1], currency))
        if margins[0] is not None and margins[1] is not None
        else None,
        _months(report, currency, language),
        [(_ends(one, language), one.affiliates, str(one.affiliates)) for one in groups],
        sum(one.affiliates for one in groups if one.change_minor > 0),
        sum(one.affiliates for one in groups if one.change_minor < 0),
        sum(one.affiliates for one in report.unchanged if one.currency == currency),
        _movers(report.most, currency, names),
        _movers(report.least, currency, names),
        _limits(report, currency),
    )


def share_of(language: Language, part: int, whole: int) -> str:
    """A part in hundredths of a per cent of the whole, as it is read; nothing of nothing."""
    return language.percent(part * 10_000 // whole) if whole > 0 else "\N{EN DASH}"


def _line(label: str, before: int, after: int, currency: str) -> Line:
    return Line(
        label, Money(before, currency), Money(after, currency), Money(after - before, currency)
    )


def _by_level(report: Report, currency: str, language: Language) -> list[Line]:
    sums: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for n, side in enumerate(SIDES):
        for row in report.rows(side):
            if row.currency == currency:
                sums[row.of, row.kind, row.level][n] += row.minor
    kinds = {"goods": language.text("Goods"), "service": language.text("Services")}
    at = language.text("{kind}, level {n}")
    found = []
    for of, kind, level in sorted(sums, key=lambda key: (key[0] == "period", key)):
        before, after = sums[of, kind, level]
        sale = at.format(kind=kinds.get(kind, kind), n=level)
        label = sale if of == "sale" else language.text("Periods")
        found.append(_line(label, before, after, currency))
    return found


def _by_rule(report: Report, currency: str) -> list[Line]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for n, side in enumerate(SIDES):
        for row in report.rows(side):
            if row.currency == currency:
                sums[row.rule][n] += row.minor
    return [_line(rule, before, after, currency) for rule, (before, after) in sorted(sums.items())]


def _months(report: Report, currency: str, language: Language) -> list[Bar]:
    found: dict[str, int] = defaultdict(int)
    for n, side in enumerate(SIDES):
        for one in report.side(side).months:
            if one.currency == currency:
                found[one.month] += one.stands_minor if n else -one.stands_minor
    return [
        (month, minor, language.money(Money(minor, currency)))
        for month, minor in sorted(found.items())
    ]


def _ends(one: Group, language: Language) -> str:
    if one.above is None:
        return language.text("up to {n} %").format(n=one.up_to)
    if one.up_to is None:
        return language.text("above {n} %").format(n=one.above)
    return language.text("{n} to {m} %").format(n=one.above, m=one.up_to)


def _movers(changes: tuple[Change, ...], currency: str, names: dict[int, str]) -> list[Mover]:
    return [
        Mover(
            names.get(one.affiliate_id, str(one.affiliate_id)),
            f"/console/affiliates/{one.affiliate_id}",
            Money(one.before_minor, currency),
            Money(one.after_minor, currency),
            Money(one.after_minor - one.before_minor, currency),
        )
        for one in changes
        if one.currency == currency
    ]


def _limits(report: Report, currency: str) -> list[tuple[str, int, int]]:
    found = []
    for side in SIDES:
        of = [one for one in report.side(side).covered if one.currency == currency]
        found.append(
            (report.side(side).plan, sum(one.capped for one in of), sum(one.limited for one in of))
        )
    return found
