"""A price that begins at midnight, as the cached storefront and an integrator see it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.catalogue.test_scheduled_prices import NEW_YEAR, company, schedule
from tests.company import KETTLE, Company
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.shopping import Buyer, a_shop_with_texts

from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem_affiliates.storefront import assortment, cached_storefront
from mainstem_fulfillment import jobs

__all__ = ["company"]


@pytest.fixture
def looked_at_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The storefront is looked at again, and its assortment is as fresh as ever it says it is."""
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(assortment, "AGE_SECONDS", 3600.0)


def said(page: Any) -> str:
    return words_of(page).replace("\N{NO-BREAK SPACE}", " ")


def test_the_cached_storefront_shows_the_price_of_the_new_year_at_midnight(
    database: Database,
    company: Company,
    clock: FixedClock,
    open_app: Open,
    looked_at_every_second: None,
) -> None:
    buyer = Buyer(open_app(service_jobs=jobs), a_shop_with_texts(database, company))
    with database.work() as work:
        schedule(work, (NEW_YEAR, 139000))
    assert "SEK 1,250.00 including VAT" in said(buyer.get("p/kettle"))
    buyer.put(KETTLE, 1)
    clock.set(NEW_YEAR - timedelta(seconds=1))
    assert "SEK 1,250.00 including VAT" in said(buyer.get("p/kettle"))
    clock.set(NEW_YEAR)
    assert "SEK 1,390.00 including VAT" in said(buyer.get("p/kettle"))
    assert "SEK 1,390.00" in said(buyer.get("c/kitchen"))
    # What lay in the basket for more than a week has the new price, and is told so.
    basket = said(buyer.get("basket"))
    assert "SEK 1,390.00 each" in basket
    assert "It was SEK 1,250.00 when you put it here." in basket
