"""A company's tax in words, for the tests."""

from __future__ import annotations

from typing import Any

from mainstem import tax
from mainstem.kit.work import Work
from mainstem.orders import Address
from mainstem.tax import TaxSettings

BERLIN = Address(line1="Unter den Linden 1", postal_code="10115", city="Berlin", country="DE")
HELSINKI = Address(line1="Esplanadi 1", postal_code="00100", city="Helsinki", country="FI")
MARIEHAMN = Address(line1="Storagatan 1", postal_code="22100", city="Mariehamn", country="FI")
OSLO = Address(line1="Karl Johans gate 1", postal_code="0154", city="Oslo", country="NO")
GERMAN_NUMBER = "DE136695976"


def settle_tax(work: Work, **changes: Any) -> TaxSettings:
    """The company is Swedish and has set its tax, with the shipped rates."""
    asked: dict[str, Any] = {
        "home_country": "SE",
        "vat_numbers": [{"country": "SE", "number": "SE556188840401"}],
        "oss": "on",
        "euro_rates": [{"currency": "SEK", "rate": "10"}],
    }
    after = TaxSettings(**(asked | changes))
    before = tax.read_settings(work).get(tax.SETTINGS_KEY)
    tax.save_settings(work, before, after)
    return after


def classify(work: Work, sku: str, tax_class: str | None) -> None:
    """An article is of this class."""
    work.run(
        """UPDATE product SET tax_class = %(class)s
            WHERE id = (SELECT product_id FROM variant WHERE sku = %(sku)s)""",
        sku=sku,
        **{"class": tax_class},
    )
    work.run("UPDATE catalogue_version SET version = version + 1")
