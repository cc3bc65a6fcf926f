"""Tax: the company's settings, and the rates of each country and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mainstem import tax
from mainstem.kit.work import Work
from mainstem.setup.resource import ONLY, Resource
from mainstem.tax import TaxRate, TaxSettings


def _settings(work: Work, keys: Sequence[str] | None) -> Mapping[str, TaxSettings]:
    found = tax.read_settings(work).get(tax.SETTINGS_KEY)
    return {ONLY: found} if found else {}


def _rates(work: Work, keys: Sequence[str] | None) -> Mapping[str, TaxRate]:
    found = tax.read_rates(work)
    return found if keys is None else {key: found[key] for key in keys if key in found}


TAX = Resource(
    name="tax",
    title="Tax",
    one="tax",
    model=TaxSettings,
    key="",
    read=_settings,
    save=tax.save_settings,
    retire=tax.retire_settings,
    help="Until this is set, every article is sold at its own rate, to everybody. The rates of the EU"
    " come with it, and are yours to check and change.",
)

TAX_RATES = Resource(
    name="tax-rates",
    title="Tax rates",
    one="tax rate",
    model=TaxRate,
    key="key",
    read=_rates,
    save=tax.save_rate,
    retire=tax.retire_rate,
    columns=("country", "tax_class", "valid_from", "valid_until", "rate_bp", "is_sure"),
    empty="The rates of the EU come with your settings of tax.",
    help="What each country asks for, from a day on. Look up what is not certain before you sell there.",
    file="csv",
)
