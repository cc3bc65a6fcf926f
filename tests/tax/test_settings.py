"""What a company sets about tax: read, saved and retired, with nothing changed where nothing differs."""

from __future__ import annotations

from datetime import date

import pytest
from tests.tax.setting import settle_tax

from mainstem import catalog, orders, tax
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.kit.work import Work
from mainstem.tax import TaxRate

FOOD = TaxRate(
    country="SE", tax_class="food", valid_from=date(2026, 4, 1), valid_until=None, rate_bp=600
)


def test_settings_are_read_as_they_were_saved(database: Database) -> None:
    with database.work() as work:
        assert tax.read_settings(work) == {}
        assert not tax.current_rules(work).are_set
        settings = settle_tax(work, rounding="sum_by_net", oss="threshold")
    with database.work() as work:
        assert tax.read_settings(work) == {"tax": settings}
        rules = tax.current_rules(work)
        assert (rules.home, rules.oss, rules.rounding) == ("SE", "threshold", "sum_by_net")
        assert rules.euro_rates == {"EUR": 10**9, "SEK": 10**8}


def test_who_sets_tax_for_the_first_time_gets_the_shipped_rates(database: Database) -> None:
    with database.work() as work:
        settle_tax(work)
        assert list(tax.read_rates(work).values()) == sorted(
            tax.shipped_rates(), key=lambda one: (one.country, one.tax_class, one.valid_from)
        )
        assert tax.adopt_shipped_rates(work) == 0


def test_what_says_the_same_changes_nothing(database: Database) -> None:
    with database.work() as work:
        settings = settle_tax(work)
        tax.save_rate(work, None, FOOD)
        before = catalog.version(work)
        tax.save_settings(work, settings, settings)
        tax.save_rate(work, FOOD, FOOD)
        tax.save_rate(work, None, FOOD)
        assert catalog.version(work) == before


def test_a_rate_is_changed_moved_and_retired(database: Database) -> None:
    with database.work() as work:
        tax.save_rate(work, None, FOOD)
        cheaper = FOOD.model_copy(update={"rate_bp": 500})
        tax.save_rate(work, FOOD, cheaper)
        assert tax.read_rates(work) == {"SE-food-2026-04-01": cheaper}
        later = cheaper.model_copy(update={"valid_from": date(2026, 5, 1)})
        tax.save_rate(work, cheaper, later)
        assert tax.read_rates(work) == {"SE-food-2026-05-01": later}
        tax.retire_rate(work, later)
        tax.retire_rate(work, later)
        assert tax.read_rates(work) == {}


def test_every_contradiction_is_told_and_nothing_is_changed(database: Database) -> None:
    with database.work() as work:
        with pytest.raises(InvalidInput) as no:
            settle_tax(
                work,
                vat_numbers=[{"country": "SE", "number": "SE1"}],
                euro_rates=[{"currency": "SEK", "rate": "0"}],
            )
        assert [one.pointer for one in no.value.problems] == [
            "/vat_numbers/0/number",
            "/euro_rates/0/rate",
        ]
        with pytest.raises(InvalidInput):
            tax.save_rate(work, None, FOOD.model_copy(update={"valid_until": date(2026, 4, 1)}))
        assert tax.read_settings(work) == {}
        assert tax.read_rates(work) == {}


def test_settings_that_are_retired_count_no_more(database: Database) -> None:
    with database.work() as work:
        settings = settle_tax(work)
        tax.retire_settings(work, settings)
        assert tax.read_settings(work) == {}
        assert not tax.current_rules(work).are_set


def _home(work: Work) -> str:
    return orders.conditions(work).tax.home


def test_conditions_are_kept_by_version_and_never_of_work_that_was_undone(
    database: Database,
) -> None:
    class Undone(Exception):
        pass

    with pytest.raises(Undone), database.work() as work:
        settle_tax(work, home_country="DK", vat_numbers=[])
        assert _home(work) == "DK"
        raise Undone
    with database.work() as work:
        assert _home(work) == ""
    with database.work() as work:
        settle_tax(work, home_country="FI", vat_numbers=[])
    with database.work() as work:
        assert _home(work) == "FI"
