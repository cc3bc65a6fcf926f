"""Conditions: what the company has set that every price depends on, kept in memory by its version.

Tax, delivery and the currencies of a company change a few times a year, and each change makes the
catalogue's version grow. So a batch of orders asks for the version alone and reads the rest once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mainstem import catalog, delivery, tax
from mainstem.catalog import ShippingRate
from mainstem.kit.work import Query, Work

_KEPT_MAX = 64
_kept: dict[tuple[Any, ...], Conditions] = {}


@dataclass(frozen=True)
class Conditions:
    """The rates of delivery by currency, and the rules of tax and of delivery."""

    rates: Mapping[str, ShippingRate]
    tax: tax.Rules = tax.NO_RULES
    delivery: delivery.Rules = delivery.NO_RULES

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Those in which orders are taken."""
        return frozenset(self.rates) | self.delivery.currencies

    @cached_property
    def are_set(self) -> bool:
        """Whether the company has set anything beyond a rate of delivery for each currency."""
        return self.tax.are_set or self.delivery.are_set


def version_query() -> Query[tuple[Any, ...]]:
    """The query for the version in force. Two that were never both committed differ by the
    transaction that wrote them."""
    return Query(
        "SELECT version, xmin::text AS written_by FROM catalogue_version",
        {},
        lambda rows: tuple(rows[0]),
    )


def conditions(work: Work) -> Conditions:
    """What is set now."""
    return conditions_at(work, work.fetch(version_query()))


def conditions_at(work: Work, version: tuple[Any, ...]) -> Conditions:
    """What is set at this version, which was read a moment ago."""
    of = work.pg.info
    key = (of.host, of.port, of.dbname, *version)
    found = _kept.get(key)
    if found is None:
        if len(_kept) >= _KEPT_MAX:
            _kept.clear()
        found = _kept[key] = _read(work)
    return found


def _read(work: Work) -> Conditions:
    rates, settings, tax_rates, zones = work.fetch_all(
        [
            catalog.shipping_rates_query(),
            tax.settings_query(),
            tax.rates_query(),
            delivery.zones_query(),
        ]
    )
    return Conditions(rates, tax.rules_of(settings, tax_rates), delivery.rules_of(zones))
