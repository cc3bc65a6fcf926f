"""Whose tax a sale carries: at home, in the EU, outside it and where a country's tax ends early."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mainstem import tax
from mainstem.tax import Period, Rules, Sale, settings

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
OWN = 2500


def rules_with(**changes: Any) -> Rules:
    """A Swedish company with the shipped rates."""
    rates: dict[tuple[str, str], list[Period]] = {}
    for one in tax.shipped_rates():
        rates.setdefault((one.country, one.tax_class), []).insert(
            0, Period(one.valid_from, one.valid_until, one.rate_bp)
        )
    days = {day for one in tax.shipped_rates() for day in (one.valid_from, one.valid_until) if day}
    asked: dict[str, Any] = {
        "home": "SE",
        "oss": "on",
        "rates": {key: tuple(found) for key, found in rates.items()},
        "changes": tuple(sorted(days)),
    }
    return Rules(**(asked | changes))


def sold(
    rules: Rules,
    country: str,
    postal_code: str = "",
    *,
    at: datetime = NOON,
    kind: str = "goods",
    tax_class: str | None = "standard",
    **sale: Any,
) -> tuple[int, str | None, str, str]:
    where = tax.territory_of(country, postal_code)
    found = tax.rate(rules, Sale(where, at, **sale), kind=kind, tax_class=tax_class, own_bp=OWN)
    return found.bp, found.country, found.treatment, found.reason


@pytest.mark.parametrize(
    ("country", "postal_code", "outcome"),
    [
        ("SE", "114 55", (2500, "SE", "domestic", "home")),
        ("DE", "10115", (1900, "DE", "destination", "oss")),
        ("FI", "00100", (2550, "FI", "destination", "oss")),
        ("NO", "0150", (0, "NO", "export", "outside_eu")),
        ("GB", "SW1A 1AA", (0, "GB", "export", "outside_eu")),
        ("GB", "BT1 1AA", (2000, "XI", "destination", "oss")),
        ("MC", "98000", (2000, "FR", "destination", "oss")),
        ("FI", "22100", (0, "FI", "export", "special_territory")),
        ("AX", "22100", (0, "AX", "export", "special_territory")),
        ("ES", "28001", (2100, "ES", "destination", "oss")),
        ("ES", "35001", (0, "ES", "export", "special_territory")),
        ("ES", "38001", (0, "ES", "export", "special_territory")),
        ("ES", "51001", (0, "ES", "export", "special_territory")),
        ("ES", "52001", (0, "ES", "export", "special_territory")),
        ("IT", "20121", (2200, "IT", "destination", "oss")),
        ("IT", "23041", (0, "IT", "export", "special_territory")),
        ("IT", "22061", (0, "IT", "export", "special_territory")),
        ("DE", "78266", (0, "DE", "export", "special_territory")),
        ("DE", "27498", (0, "DE", "export", "special_territory")),
        ("FR", "75001", (2000, "FR", "destination", "oss")),
        ("FR", "97100", (0, "FR", "export", "special_territory")),
        ("RE", "97400", (0, "RE", "export", "special_territory")),
        ("FR", "97133", (0, "FR", "export", "special_territory")),  # Saint-Barthélemy
        ("FR", "98413", (0, "FR", "export", "special_territory")),  # the southern lands
        ("FR", "98600", (0, "FR", "export", "special_territory")),
        ("FR", "98714", (0, "FR", "export", "special_territory")),
        ("FR", "98800", (0, "FR", "export", "special_territory")),
        ("FR", "98000", (2000, "FR", "destination", "oss")),  # Monaco, as France writes it
        ("FR", "20000", (2000, "FR", "destination", "oss")),  # Ajaccio
        ("FR", "20200", (2000, "FR", "destination", "oss")),  # Bastia
        *(
            (code, "", (0, code, "export", "special_territory"))
            for code in ("BL", "GF", "GP", "MF", "MQ", "NC", "PF", "PM", "WF", "YT")
        ),
        ("GR", "630 86", (0, "GR", "export", "special_territory")),
        ("GR", "63087", (0, "GR", "export", "special_territory")),
        (
            "GR",
            "63075",
            (2400, "GR", "destination", "oss"),
        ),  # Ouranoupoli, outside the mountain's gate
        ("CY", "1010", (1900, "CY", "destination", "oss")),
        ("CY", "8010", (1900, "CY", "destination", "oss")),
        ("CY", "9300", (0, "CY", "export", "special_territory")),
        ("PT", "1000-001", (2300, "PT", "destination", "oss")),
        ("PT", "9000-001", (2200, "PT", "destination", "oss")),
        ("PT", "9500-001", (1600, "PT", "destination", "oss")),
        ("AT", "6691", (1900, "AT", "destination", "oss")),
    ],
)
def test_territories(country: str, postal_code: str, outcome: tuple[int, str, str, str]) -> None:
    assert sold(rules_with(), country, postal_code) == outcome


def test_corsica_has_the_rates_of_france_but_for_those_that_the_company_lists() -> None:
    corsica = tax.territory_of("FR", "20137")
    assert (corsica.name, corsica.rates) == ("corsica", "FR-20R")
    assert sold(rules_with(), "FR", "20137", tax_class="food")[0] == 550
    period = Period(date(2021, 7, 1), None, 210)
    listed = replace(rules_with(), rates={**rules_with().rates, ("FR-20R", "food"): (period,)})
    assert sold(listed, "FR", "20137", tax_class="food")[:2] == (210, "FR")
    assert sold(listed, "FR", "75001", tax_class="food")[0] == 550


@pytest.mark.parametrize(
    ("country", "tax_class", "day", "rate"),
    [
        ("EE", "standard", date(2025, 6, 30), 2200),
        ("EE", "standard", date(2025, 7, 1), 2400),
        ("SK", "standard", date(2025, 1, 1), 2300),
        ("RO", "standard", date(2025, 7, 31), 1900),
        ("RO", "standard", date(2025, 8, 1), 2100),
        ("RO", "books", date(2026, 1, 1), 1100),
        ("FI", "standard", date(2026, 1, 1), 2550),
        ("FI", "food", date(2025, 12, 31), 1400),
        ("FI", "food", date(2026, 1, 1), 1350),
        ("LT", "books", date(2025, 12, 31), 900),
        ("LT", "books", date(2026, 1, 1), 500),
        ("CY", "books", date(2023, 7, 20), 500),
        ("CY", "books", date(2023, 7, 21), 300),
        ("SE", "food", date(2026, 3, 31), 1200),
        ("SE", "food", date(2026, 4, 1), 600),
        ("SE", "food", date(2027, 12, 31), 600),
        ("SE", "food", date(2028, 1, 1), 1200),
        ("PT-30", "books", date(2024, 10, 1), 400),
    ],
)
def test_a_rate_that_changes_begins_on_its_day(
    country: str, tax_class: str, day: date, rate: int
) -> None:
    [found] = [
        one.rate_bp
        for one in tax.shipped_rates()
        if (one.country, one.tax_class) == (country, tax_class)
        and one.valid_from <= day
        and (one.valid_until is None or day < one.valid_until)
    ]
    assert found == rate


def test_every_shipped_rate_says_what_it_was_compared_with_and_when() -> None:
    lines = Path(settings.__file__).with_name("eu_rates.csv").read_text().splitlines()
    said = "\n".join(line for line in lines if line.startswith("#"))
    for row in csv.DictReader(line for line in lines if not line.startswith("#")):
        assert date.fromisoformat(row["compared"]) >= date(2026, 11, 29), row
        assert row["sources"], row
        for source in row["sources"].split():
            assert source == "-" or source in said, row
        if row["sure"] == "sure":
            assert row["sources"] != "-", row


def test_northern_ireland_is_inside_for_goods_and_outside_for_services() -> None:
    assert sold(rules_with(), "GB", "BT1 1AA", kind="service")[2:] == (
        "export",
        "special_territory",
    )


@pytest.mark.parametrize("kind", ["goods", "service"])
def test_a_british_company_sells_in_northern_ireland_at_home(kind: str) -> None:
    british = rules_with(home="GB")
    assert sold(british, "GB", "BT1 1AA", kind=kind) == (OWN, "GB", "domestic", "home")
    assert sold(british, "GB", "SW1A 1AA", kind=kind) == (OWN, "GB", "domestic", "home")
    assert sold(british, "IE", "D01 F5P2", kind=kind)[2] == "export"


def test_monaco_writes_its_codes_as_france_does() -> None:
    assert sold(rules_with(), "FR", "98000")[:3] == (2000, "FR", "destination")


@pytest.mark.parametrize(
    ("changes", "sale", "outcome"),
    [
        ({"oss": "off"}, {}, (2500, "SE", "domestic", "home_oss_off")),
        ({"oss": "threshold"}, {}, (2500, "SE", "domestic", "home_below_threshold")),
        ({"oss": "threshold"}, {"over": True}, (1900, "DE", "destination", "over_threshold")),
        ({"oss": "off"}, {"over": True}, (2500, "SE", "domestic", "home_oss_off")),
        ({"oss": "on"}, {}, (1900, "DE", "destination", "oss")),
        (
            {"oss": "off", "registered": frozenset({"DE"})},
            {},
            (1900, "DE", "destination", "registered"),
        ),
        ({}, {"business": True}, (0, "DE", "reverse_charge", "reverse_charge")),
        ({"home": "NO"}, {}, (0, "DE", "export", "outside_eu")),
    ],
)
def test_destination_and_reverse_charge(
    changes: dict[str, Any], sale: dict[str, Any], outcome: tuple[int, str, str, str]
) -> None:
    assert sold(rules_with(**changes), "DE", "10115", **sale) == outcome


def test_a_business_at_home_or_outside_the_eu_is_no_reverse_charge() -> None:
    assert sold(rules_with(), "SE", business=True)[2] == "domestic"
    assert sold(rules_with(), "NO", business=True)[2] == "export"


def test_swedish_food_is_six_per_cent_from_april_2026_to_the_end_of_2027() -> None:
    stockholm = ZoneInfo("Europe/Stockholm")
    for day, bp in (
        (date(2026, 3, 31), 1200),
        (date(2026, 4, 1), 600),
        (date(2027, 12, 31), 600),
        (date(2028, 1, 1), 1200),
    ):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=stockholm)
        assert sold(rules_with(), "SE", at=at, tax_class="food")[0] == bp


def test_a_rate_changes_at_midnight_of_the_country_whose_it_is() -> None:
    midnight = datetime(2026, 3, 31, 22, tzinfo=UTC)  # 1 April in Stockholm
    second = timedelta(seconds=1)
    assert sold(rules_with(), "SE", at=midnight - second, tax_class="food")[0] == 1200
    assert sold(rules_with(), "SE", at=midnight, tax_class="food")[0] == 600
    estonian = datetime(2025, 6, 30, 21, tzinfo=UTC)  # 1 July in Tallinn, not yet in Stockholm
    assert sold(rules_with(), "EE", at=estonian - second)[0] == 2200
    assert sold(rules_with(), "EE", at=estonian)[0] == 2400
    # Where our own tax counts, our own midnight does.
    finnish = datetime(2026, 3, 31, 21, 30, tzinfo=UTC)
    assert sold(rules_with(oss="off"), "FI", at=finnish, tax_class="food")[0] == 1200


def test_an_article_without_a_class_has_its_own_rate_at_home_and_the_standard_rate_abroad() -> None:
    found = tax.rate(
        rules_with(), Sale(tax.territory_of("SE"), NOON), kind="goods", tax_class=None, own_bp=600
    )
    assert (found.bp, found.tax_class) == (600, None)
    assert sold(rules_with(), "DE", "10115", tax_class=None)[0] == 1900


def test_a_class_that_a_country_does_not_list_has_its_standard_rate() -> None:
    assert sold(rules_with(), "DK", tax_class="umbrellas")[0] == 2500


def test_without_settings_an_article_has_its_own_rate_wherever_it_goes() -> None:
    for country in ("SE", "DE", "NO"):
        assert sold(tax.NO_RULES, country) == (OWN, None, "domestic", "article")


def test_every_outcome_has_a_reason_in_words() -> None:
    for country, code in (("SE", ""), ("DE", ""), ("NO", ""), ("FI", "22100")):
        for oss in ("off", "threshold", "on"):
            sales: list[dict[str, Any]] = [{}, {"business": True}, {"over": True}]
            for sale in sales:
                assert sold(rules_with(oss=oss), country, code, **sale)[3] in tax.REASONS
    assert "article" in tax.REASONS


def test_every_member_state_has_a_standard_rate_that_is_certain() -> None:
    sure = {
        one.country for one in tax.shipped_rates() if one.is_sure and one.tax_class == "standard"
    }
    assert sure >= tax.EU
    for country in tax.EU:
        assert sold(rules_with(), country)[0] >= 1600


def test_the_shipped_rates_never_overlap() -> None:
    by_class: dict[tuple[str, str], list[Any]] = {}
    for one in tax.shipped_rates():
        by_class.setdefault((one.country, one.tax_class), []).append(one)
    for found in by_class.values():
        for earlier, later in pairwise(found):
            assert earlier.valid_until == later.valid_from


instants = st.integers(0, 4 * 365 * 24).map(
    lambda hours: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)


@given(instants, instants, st.sampled_from(sorted(tax.EU)))
def test_where_no_day_of_change_lies_between_no_rate_differs(
    a: datetime, b: datetime, country: str
) -> None:
    rules = rules_with()
    if not tax.changed_between(rules, a, b):
        for name in ("standard", "food", "books"):
            assert sold(rules, country, at=a, tax_class=name) == sold(
                rules, country, at=b, tax_class=name
            )


def test_what_counts_towards_the_threshold() -> None:
    rules = rules_with(oss="threshold")
    germany = Sale(tax.territory_of("DE", "10115"), NOON)
    assert tax.counts(rules, germany)
    assert not tax.counts(rules, replace(germany, business=True))
    assert not tax.counts(rules, replace(germany, territory=tax.territory_of("SE")))
    assert not tax.counts(rules, replace(germany, territory=tax.territory_of("NO")))
    assert not tax.counts(replace(rules, oss="on"), germany)
    assert not tax.counts(replace(rules, registered=frozenset({"DE"})), germany)
