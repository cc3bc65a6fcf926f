"""Settings: the documents read, saved and retired, and the snapshot that the rules work from."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import stdnum.eu.vat

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Query, Work
from mainstem.tax.documents import TaxRate, TaxSettings, billionths_of_a_euro
from mainstem.tax.model import TaxRateRow, TaxSettingsRow
from mainstem.tax.rules import NO_RULES, Period, Rules
from mainstem.tax.territories import EU

SETTINGS_KEY = "tax"
_SHIPPED = Path(__file__).with_name("eu_rates.csv")


@cache
def shipped_rates() -> tuple[TaxRate, ...]:
    """The rates of the EU's countries that come with the software, with what is not sure said."""
    with _SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return tuple(
            TaxRate(
                country=row["country"],
                tax_class=row["class"],
                valid_from=date.fromisoformat(row["from"]),
                valid_until=date.fromisoformat(row["until"]) if row["until"] else None,
                rate_bp=int(row["rate_bp"]),
                is_sure=row["sure"] == "sure",
            )
            for row in rows
        )


def adopt_shipped_rates(work: Work) -> int:
    """Take over the shipped rates that are not kept yet, by country, class and day; how many."""
    kept = read_rates(work)
    fresh = [rate for rate in shipped_rates() if rate.key not in kept]
    for rate in fresh:
        save_rate(work, None, rate)
    return len(fresh)


# ---------------------------------------------------------------- the company's settings


def read_settings(work: Work) -> dict[str, TaxSettings]:
    """The company's settings under their one name; empty where nothing is set."""
    row = work.session.get(TaxSettingsRow, True)
    if row is None:
        return {}
    return {SETTINGS_KEY: TaxSettings.model_validate(row.model_dump(exclude={"one"}))}


def save_settings(work: Work, before: TaxSettings | None, after: TaxSettings) -> None:
    """Have the settings say this. Who sets them for the first time gets the shipped rates as well,
    unless there are rates. Raises InvalidInput for a VAT number that cannot be one."""
    if problems := [*_problems(after)]:
        raise InvalidInput(*problems)
    row = work.session.get(TaxSettingsRow, True)
    if row is None:
        work.add(TaxSettingsRow(**after.model_dump()))
        if not work.value("SELECT EXISTS (SELECT FROM tax_rate)"):
            adopt_shipped_rates(work)
    elif TaxSettings.model_validate(row.model_dump(exclude={"one"})) == after:
        return
    else:
        _set(work, row, after.model_dump())
    _changed(work)


def retire_settings(work: Work, before: TaxSettings) -> None:
    """Set nothing about tax any more: each article's own rate counts, for everybody."""
    if work.run("DELETE FROM tax_settings"):
        work.session.expire_all()
        _changed(work)


def _problems(settings: TaxSettings) -> Iterable[Problem]:
    for no, one in enumerate(settings.vat_numbers):
        if one.country in EU and not stdnum.eu.vat.is_valid(one.number):
            yield Problem(
                f"/vat_numbers/{no}/number", "invalid_field",
                "This is not a VAT number. Check it, and write its country before it.",
            )  # fmt: skip
    for no, rate in enumerate(settings.euro_rates):
        if not billionths_of_a_euro(rate.rate):
            yield Problem(
                f"/euro_rates/{no}/rate", "invalid_field", "Give a rate above zero: 9.968."
            )


# ---------------------------------------------------------------- the rates


def read_rates(work: Work) -> dict[str, TaxRate]:
    """Every rate that is kept, by its name."""
    rows = work.rows(
        """SELECT country, tax_class, valid_from, valid_until, rate_bp, is_sure FROM tax_rate
            ORDER BY country, tax_class, valid_from"""
    )
    found = [TaxRate.model_validate(row._asdict()) for row in rows]
    return {rate.key: rate for rate in found}


def save_rate(work: Work, before: TaxRate | None, after: TaxRate) -> None:
    """Have a rate say this. Raises InvalidInput for one that ends before it begins."""
    if after.valid_until is not None and after.valid_until <= after.valid_from:
        raise InvalidInput(
            Problem("/valid_until", "out_of_range", "Give a day after the first one, or none.")
        )
    if before is not None and before.key != after.key:
        retire_rate(work, before)
    row = work.session.get(TaxRateRow, _key(after))
    if row is None:
        work.add(TaxRateRow(**after.model_dump()))
    elif TaxRate.model_validate(row.model_dump()) == after:
        return
    else:
        _set(work, row, after.model_dump())
    _changed(work)


def retire_rate(work: Work, before: TaxRate) -> None:
    """Have this rate no more. What was sold at it stays as it was sold."""
    row = work.session.get(TaxRateRow, _key(before))
    if row is not None:
        work.session.delete(row)
        work.session.flush()
        _changed(work)


def _key(rate: TaxRate) -> tuple[str, str, date]:
    return rate.country, rate.tax_class, rate.valid_from


def _set(work: Work, row: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    work.session.flush()


def _changed(work: Work) -> None:
    # The catalogue's version is what every process looks at; it is catalog's, which is beside us.
    work.run("UPDATE catalogue_version SET version = version + 1")


# ---------------------------------------------------------------- the snapshot


def settings_query() -> Query[Any]:
    """The query for the company's one row; None where nothing is set."""
    return Query("SELECT * FROM tax_settings", {}, lambda rows: rows[0] if rows else None)


def rates_query() -> Query[list[Any]]:
    """The query for every rate."""
    return Query(
        """SELECT country, tax_class, valid_from, valid_until, rate_bp FROM tax_rate
            ORDER BY country, tax_class, valid_from DESC""",
        {},
        list,
    )


def current_rules(work: Work) -> Rules:
    """What the company has set about tax, as of now. Keep it by the catalogue's version."""
    return rules_of(*work.fetch_all([settings_query(), rates_query()]))


def rules_of(row: Any, rates: list[Any]) -> Rules:
    """The snapshot of these rows."""
    if row is None:
        return NO_RULES
    periods: dict[tuple[str, str], list[Period]] = {}
    changes: set[date] = set()
    for rate in rates:
        periods.setdefault((rate.country, rate.tax_class), []).append(
            Period(rate.valid_from, rate.valid_until, rate.rate_bp)
        )
        changes |= {day for day in (rate.valid_from, rate.valid_until) if day}
    return Rules(
        home=row.home_country,
        registered=frozenset(one["country"] for one in row.vat_numbers) - {row.home_country},
        oss=row.oss,
        rounding=row.rounding,
        delivery_tax=row.delivery_tax,
        untaxed_price=row.untaxed_price,
        sells_to_businesses=row.sells_to_businesses,
        vies=row.check_with_vies,
        euro_rates={
            "EUR": 10**9,
            **{one["currency"]: billionths_of_a_euro(one["rate"]) for one in row.euro_rates},
        },
        rates={key: tuple(found) for key, found in periods.items()},
        changes=tuple(sorted(changes)),
    )
