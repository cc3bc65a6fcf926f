"""Rules: which tax a sale carries, by what is sold, to whom, where and when.

Pure: everything that the company has set comes in as `Rules`, a snapshot, and every answer says why.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from mainstem.tax.territories import EU, NORTHERN_IRELAND, Territory, territory_of

Treatment = Literal["domestic", "destination", "export", "reverse_charge"]
Oss = Literal["off", "threshold", "on"]
Rounding = Literal["line", "sum_by_net", "sum_by_net_keep_gross"]
DeliveryTax = Literal["shared_by_value", "rate"]
UntaxedPrice = Literal["without_tax", "same_price"]

STANDARD = "standard"
THRESHOLD_MINOR = 10_000_00
"""Euro cents a calendar year: Directive 2006/112/EC, Article 59c."""

REASONS = {
    "article": "The article's own rate.",
    "home": "Sold where we are.",
    "home_below_threshold": "Sales to other countries are below the threshold, so our own tax counts.",
    "home_oss_off": "Our own tax counts: we do not report to other countries.",
    "oss": "The client's country's tax, reported through the One Stop Shop.",
    "over_threshold": "The client's country's tax: sales to other countries are over the threshold.",
    "registered": "The client's country's tax: we are registered there.",
    "outside_eu": "Sold to outside the EU: no tax of ours.",
    "special_territory": "A territory outside the EU's tax: no tax of ours.",
    "reverse_charge": "Reverse charge: the buyer accounts for the tax.",
}
"""Why a sale carries the tax that it does, as an English sentence for pages and invoices."""


@dataclass(frozen=True, slots=True)
class Rate:
    """The tax of a sale: how much, whose, how it is treated and why.

    `country` is None for a company that has set nothing; `tax_class` for an article with a rate of
    its own.
    """

    bp: int
    country: str | None
    treatment: Treatment
    reason: str
    tax_class: str | None = None

    @property
    def untaxed(self) -> bool:
        """Whether the client pays none of our tax, because of who or where they are."""
        return self.treatment in ("export", "reverse_charge")


@dataclass(frozen=True, slots=True)
class Period:
    """A rate from a day on, until another day where it ends."""

    since: date
    until: date | None
    bp: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What a company has set about tax. Without a home country it has set nothing."""

    home: str = ""
    registered: frozenset[str] = frozenset()
    oss: Oss = "off"
    rounding: Rounding = "line"
    delivery_tax: DeliveryTax = "shared_by_value"
    untaxed_price: UntaxedPrice = "without_tax"
    sells_to_businesses: bool = False
    vies: bool = False
    euro_rates: Mapping[str, int] = field(default_factory=dict)
    """What one unit of a currency is in euro, in billionths."""
    rates: Mapping[tuple[str, str], tuple[Period, ...]] = field(default_factory=dict)
    """By country or region and class, the latest beginning first."""
    changes: tuple[date, ...] = ()
    """The days on which any rate begins or ends."""

    @property
    def are_set(self) -> bool:
        """Whether the company has set anything."""
        return bool(self.home)


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Sale:
    """To whom, where and when something is sold: all of it that tax depends on.

    `business` where the client has shown a VAT number of another country of the EU that was checked;
    `over` where sales to other countries have passed the threshold.
    """

    territory: Territory
    at: datetime
    business: bool = False
    over: bool = False


def rate(rules: Rules, sale: Sale, *, kind: str, tax_class: str | None, own_bp: int) -> Rate:
    """The tax of goods or a service of this class; `own_bp` is the rate on the article itself, which
    counts at home where it has no class."""
    if not rules.home:
        return Rate(own_bp, None, "domestic", "article")
    there = _seen_from(rules.home, sale.territory)
    inside = there.inside(kind) or there.country == rules.home
    if there.name and not there.inside(kind):
        return Rate(0, there.country, "export", "special_territory", tax_class)
    if not inside:
        return Rate(0, there.country, "export", "outside_eu", tax_class)
    if there.country == rules.home:
        return _at(rules, there.rates, sale, tax_class, own_bp, "domestic", "home")
    if rules.home not in EU:
        return Rate(0, there.country, "export", "outside_eu", tax_class)
    if sale.business:
        return Rate(0, there.country, "reverse_charge", "reverse_charge", tax_class)
    reason = _reported_there(rules, sale)
    if reason:
        return _at(rules, there.rates, sale, tax_class, None, "destination", reason)
    reason = "home_below_threshold" if rules.oss == "threshold" else "home_oss_off"
    return _at(rules, rules.home, sale, tax_class, own_bp, "domestic", reason)


def rate_at_home(rules: Rules, sale: Sale, *, tax_class: str | None, own_bp: int) -> int:
    """The rate that a price on our pages includes, in basis points."""
    if not rules.home:
        return own_bp
    return _at(rules, rules.home, sale, tax_class, own_bp, "domestic", "home").bp


def rate_again(rules: Rules, sale: Sale, kept: Rate) -> Rate:
    """The rate that something has on another day, treated as it was: whose tax it is stays as it was
    decided, and only how much of it there is follows the day."""
    if kept.untaxed or kept.country is None or kept.tax_class is None:
        return kept
    there = sale.territory
    where = there.rates if there.country == kept.country else kept.country
    return _at(rules, where, sale, kept.tax_class, kept.bp, kept.treatment, kept.reason)


def counts(rules: Rules, sale: Sale) -> bool:
    """Whether a sale counts towards the threshold: to a consumer in another country of the EU."""
    there = sale.territory
    return (
        rules.oss == "threshold"
        and rules.home in EU
        and there.goods
        and there.country != rules.home
        and there.country not in rules.registered
        and not sale.business
    )


def changed_between(rules: Rules, a: datetime, b: datetime) -> bool:
    """Whether any rate may be another at one instant than at the other, wherever it counts.

    A day more on each side: midnight is not everywhere at once.
    """
    first, last = sorted((a.date().toordinal(), b.date().toordinal()))
    found = bisect_left(rules.changes, date.fromordinal(first - 1))
    return found < len(rules.changes) and rules.changes[found] <= date.fromordinal(last + 1)


def _seen_from(home: str, there: Territory) -> Territory:
    """A territory as the company's own country sees it: to the United Kingdom's own tax, Northern Ireland
    is at home for whatever is sold there."""
    if home == "GB" and there.country == NORTHERN_IRELAND:
        return territory_of(home)
    return there


def _reported_there(rules: Rules, sale: Sale) -> str:
    if sale.territory.country in rules.registered:
        return "registered"
    if rules.oss == "on":
        return "oss"
    return "over_threshold" if rules.oss == "threshold" and sale.over else ""


def _at(
    rules: Rules,
    where: str,
    sale: Sale,
    tax_class: str | None,
    own_bp: int | None,
    treatment: Treatment,
    reason: str,
) -> Rate:
    """The rate of a list on the sale's day, by that list's own midnight."""
    if tax_class is None and own_bp is not None:
        return Rate(own_bp, where[:2], treatment, reason)
    zone = sale.territory.zone if where == sale.territory.rates else _home_zone(where)
    day = sale.at.astimezone(ZoneInfo(zone)).date()
    for name in dict.fromkeys((tax_class or STANDARD, STANDARD)):
        for of in dict.fromkeys((where, where[:2])):
            found = _on(rules.rates.get((of, name), ()), day)
            if found is not None:
                return Rate(found, where[:2], treatment, reason, tax_class)
    # Nothing is listed: what the article says of itself is the best that is known.
    return Rate(own_bp or 0, where[:2], treatment, reason, tax_class)


def _on(periods: tuple[Period, ...], day: date) -> int | None:
    for period in periods:
        if period.since <= day and (period.until is None or day < period.until):
            return period.bp
    return None


def _home_zone(country: str) -> str:
    return territory_of(country[:2]).zone
