"""The threshold: what is sold to consumers in other countries of the EU in a calendar year.

It is counted in euro without tax. Until it is passed our own country's tax counts; the sale that
passes it already carries the tax of the client's country, and so does every later one of that year
and of the next. Orders that count are taken one after the other, by a lock on the year's row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from mainstem.kit.bulk import ASKED, RowKey, asked, given, relation
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.tax.rules import THRESHOLD_MINOR, Rules


class NoEuroRate(Refused):
    """A sale counts towards the threshold, and nobody has said what its currency is in euro."""

    code = "no_euro_rate"
    status = 422
    message = "Set what one euro costs in {currency} before orders in it go to other countries."


class Year(NamedTuple):
    """So much more of a year's sales, in euro cents."""

    year: int
    minor: int


def in_euro(rules: Rules, net: Money) -> Money:
    """An amount in euro at the company's rate. Raises NoEuroRate where it has set none."""
    if net.currency not in rules.euro_rates:
        raise NoEuroRate(
            Problem("/currency", NoEuroRate.code, NoEuroRate.message, {"currency": net.currency}),
            currency=net.currency,
        )
    return net if net.currency == "EUR" else net.converted("EUR", rules.euro_rates[net.currency])


def take_counted(work: Work, years: Iterable[int]) -> dict[int, int]:
    """What is counted of these years and of those before them, in euro cents. The years themselves
    are locked, so whoever decides by them is alone until their work ends."""
    asked_for = sorted(set(years))
    work.run(
        "INSERT INTO cross_border_sales (year) SELECT unnest(%(years)s::int[]) ON CONFLICT DO NOTHING",
        years=asked_for,
    )
    locked = work.rows(
        """SELECT year, counted_minor FROM cross_border_sales
            WHERE year = ANY(%(years)s::int[]) ORDER BY year FOR UPDATE""",
        years=asked_for,
    )
    before = work.rows(
        "SELECT year, counted_minor FROM cross_border_sales WHERE year = ANY(%(years)s::int[])",
        years=[year - 1 for year in asked_for],
    )
    return {row.year: row.counted_minor for row in (*before, *locked)}


def is_over(counted: dict[int, int], year: int, minor: int) -> bool:
    """Whether a sale of so much passes the year's threshold, or it was passed already."""
    return (
        counted.get(year, 0) + minor > THRESHOLD_MINOR or counted.get(year - 1, 0) > THRESHOLD_MINOR
    )


def was_passed(work: Work, at: datetime) -> bool:
    """Whether the threshold is passed already in this year or was in the one before: what a page says
    before anybody orders. The order itself is decided under the lock."""
    year = at.astimezone(work.tools.zone).year
    rows = work.rows(
        "SELECT year, counted_minor FROM cross_border_sales WHERE year = ANY(%(years)s::int[])",
        years=[year - 1, year],
    )
    return is_over({row.year: row.counted_minor for row in rows}, year, 0)


def count(work: Work, sold: Iterable[Year]) -> None:
    """Count more sales. Their years are locked already."""
    rows = [one for one in sold if one.minor]
    if rows:
        work.run(
            f"""UPDATE cross_border_sales s SET counted_minor = s.counted_minor + sums.minor
                  FROM (SELECT year, sum(minor)::bigint AS minor FROM {relation(Year, "new")}
                         GROUP BY 1) AS sums
                 WHERE s.year = sums.year""",
            **given(rows, Year, "new"),
        )


_GIVE_BACK = f"""
UPDATE cross_border_sales s SET counted_minor = greatest(s.counted_minor - sums.minor, 0)
  FROM (SELECT extract(year FROM o.placed_at AT TIME ZONE %(zone)s)::int AS year,
               sum(o.threshold_minor)::bigint AS minor
          FROM orders o JOIN {ASKED} USING (home_id, id)
         WHERE o.threshold_minor > 0 GROUP BY 1) AS sums
 WHERE s.year = sums.year"""


def give_back(work: Work, orders: Iterable[RowKey]) -> None:
    """Count these orders no more: they ended before anything of them was delivered."""
    keys = list(orders)
    if keys:
        work.run(_GIVE_BACK, zone=work.tools.zone.key, **asked(keys))
