"""What commission costs: beside what was sold, by rule, who earns more or less, and what is owed until when."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency

from mainstem import reports
from mainstem.catalog_files import harmless
from mainstem.console.lab_told import Bar, share_of
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.reports import Age, CostMonth, Mover, RuleCost
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show

AGES = {
    "payable": "Payable now",
    "to_7": "Held for up to 7 days",
    "to_14": "Held for 8 to 14 days",
    "to_31": "Held for 15 to 31 days",
    "later": "Held for longer",
    "debt": "Owed by affiliates",
}
COLUMNS = ("month", "currency", "sold_minor", "commission_minor")


class MonthRow(msgspec.Struct, frozen=True):
    """A month: what was sold, what commission cost, and which part of it that is."""

    month: str
    sold: Money
    cost: Money
    ratio: str


class RuleRow(msgspec.Struct, frozen=True):
    """What a rule has cost, and which part of all commission that is."""

    rule: str
    cost: Money
    share: str


class MoverRow(msgspec.Struct, frozen=True):
    """Somebody whose earnings rose or fell."""

    name: str
    url: str
    before: Money
    after: Money
    change: Money


class CostPart(msgspec.Struct, frozen=True):
    """What stands in one currency."""

    currency: str
    months: list[MonthRow]
    ratios: list[Bar]
    rules: list[RuleRow]
    up: list[MoverRow]
    down: list[MoverRow]


class CostPage(Page, kw_only=True):
    """Thirteen months up to the one that is looked at."""

    month: str
    at: datetime | None
    by_currency: list[CostPart]
    ages: list[tuple[str, Age]]


@get("/costs", sync_to_thread=True)
def costs(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What commission costs."""
    language, last = language_of(request), _month(request, work)
    months, rules = reports.months(work, last), reports.rules(work, last)
    currencies = sorted({one.currency for one in months})
    page = CostPage(
        **layout_of(request, work, "money"),
        month=f"{last:%Y-%m}",
        at=reports.rolled_up_at(work),
        by_currency=[_part(work, language, last, code, months, rules) for code in currencies],
        ages=[(language.text(AGES[one.age]), one) for one in reports.ages(work)],
    )
    return show(request, "console/costs.html", page)


@get("/costs.csv", sync_to_thread=True)
def costs_csv(request: HttpRequest, work: NamedDependency[Work]) -> Response[str]:
    """The same months as a file, in minor units; then what each rule has cost in them."""
    last = _month(request, work)
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow((*COLUMNS, "rule"))
    for month in reports.months(work, last):
        row = (f"{month.month:%Y-%m}", month.currency, month.sold_minor, month.cost_minor, "")
        written.writerow(row)
    for rule in reports.rules(work, last):
        written.writerow(("", rule.currency, "", rule.cost_minor, harmless(rule.rule)))
    headers = {"content-disposition": f'attachment; filename="costs-{last:%Y-%m}.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _month(request: HttpRequest, work: Work) -> date:
    """The month that was asked for; the present one for none, or for what is none."""
    today = work.now().astimezone(work.tools.zone).date()
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", request.query_params.get("month", ""))
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def _part(
    work: Work, language: Language, last: date, code: str, months: list[CostMonth], rules: list[RuleCost]
) -> CostPart:  # fmt: skip
    of = [one for one in months if one.currency == code]
    by_rule = [one for one in rules if one.currency == code]
    whole = sum(one.cost_minor for one in by_rule)
    return CostPart(
        code,
        [_row(language, one) for one in reversed(of)],
        _bars(language, last, of),
        [
            RuleRow(
                one.rule, Money(one.cost_minor, code), share_of(language, one.cost_minor, whole)
            )
            for one in by_rule
        ],
        [_mover(one) for one in reports.movers(work, last, code, up=True)],
        [_mover(one) for one in reports.movers(work, last, code, up=False)],
    )


def _row(language: Language, one: CostMonth) -> MonthRow:
    sold, cost = Money(one.sold_minor, one.currency), Money(one.cost_minor, one.currency)
    return MonthRow(f"{one.month:%Y-%m}", sold, cost, share_of(language, cost.minor, sold.minor))


def _bars(language: Language, last: date, months: list[CostMonth]) -> list[Bar]:
    """A bar for each of the months, also for those in which nothing was sold."""
    known = {one.month: one for one in months}
    found: list[Bar] = []
    for back in reversed(range(reports.MONTHS)):
        year, month = divmod(last.year * 12 + last.month - 1 - back, 12)
        one = known.get(date(year, month + 1, 1))
        sold, cost = (one.sold_minor, one.cost_minor) if one else (0, 0)
        bp = cost * 10_000 // sold if sold > 0 else 0
        found.append((f"{year}-{month + 1:02}", bp, share_of(language, cost, sold)))
    return found


def _mover(one: Mover) -> MoverRow:
    before = one.amount_minor - one.change_minor
    return MoverRow(
        one.name,
        f"/console/affiliates/{one.affiliate_id}",
        *(Money(minor, one.currency) for minor in (before, one.amount_minor, one.change_minor)),
    )


routes = [costs, costs_csv]
