"""Zones: the documents read, saved and retired, and the snapshot that the rules work from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import Text
from sqlmodel import Field, SQLModel

from mainstem.delivery.documents import DeliveryMethod, DeliveryZone
from mainstem.delivery.rules import Band, Method, Rules, Tariff, Timing, Zone
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Query, Work


class DeliveryZoneRow(SQLModel, table=True):
    """A zone with its methods."""

    __tablename__ = "delivery_zone"

    code: str = Field(primary_key=True)
    position: int = 0
    names: dict[str, str] = Field(sa_type=JSONB)
    countries: list[str] = Field(sa_type=ARRAY(Text))
    only_postal_codes: list[str] = Field(sa_type=ARRAY(Text))
    except_postal_codes: list[str] = Field(sa_type=ARRAY(Text))
    methods: list[dict[str, Any]] = Field(sa_type=JSONB)


def read_zones(work: Work) -> dict[str, DeliveryZone]:
    """Every zone by its code, in the order in which they are looked at."""
    return {row.code: _document(row) for row in work.fetch(zones_query())}


def save_zone(work: Work, before: DeliveryZone | None, after: DeliveryZone) -> None:
    """Have a zone say this. Raises InvalidInput with everything that contradicts itself."""
    if problems := [*_problems(after)]:
        raise InvalidInput(*problems)
    if before is not None and before.code != after.code:
        retire_zone(work, before)
    row = work.session.get(DeliveryZoneRow, after.code)
    if row is None:
        work.add(DeliveryZoneRow(**after.written()))
    elif _document(row) == after:
        return
    else:
        for name, value in after.written().items():
            setattr(row, name, value)
        work.session.flush()
    _changed(work)


def retire_zone(work: Work, before: DeliveryZone) -> None:
    """Have this zone no more. Orders keep what they were promised."""
    row = work.session.get(DeliveryZoneRow, before.code)
    if row is not None:
        work.session.delete(row)
        work.session.flush()
        _changed(work)


def _problems(zone: DeliveryZone) -> Iterable[Problem]:
    codes: set[str] = set()
    for i, method in enumerate(zone.methods):
        at = f"/methods/{i}"
        if method.code in codes:
            yield Problem(f"{at}/code", "invalid_field", "Give each method a code of its own.")
        codes.add(method.code)
        if not any(method.names.values()):
            yield Problem(f"{at}/names", "required", "Give it a name.")
        if method.days_max < method.days_min:
            yield Problem(
                f"{at}/days_max", "out_of_range", "The latest day cannot come before the earliest."
            )
        yield from _band_problems(at, method)


def _band_problems(at: str, method: DeliveryMethod) -> Iterable[Problem]:
    ends = [band.up_to for band in method.bands]
    known = [end for end in ends if end is not None]
    if None in ends[:-1] or known != sorted(set(known)):
        yield Problem(
            f"{at}/bands", "invalid_field",
            "Order the bands from little to much; only the last may be without an end.",
        )  # fmt: skip
    for no, band in enumerate(method.bands):
        if not band.price:
            yield Problem(
                f"{at}/bands/{no}/price", "required", "Give it a price in at least one currency."
            )
    for currency in method.free_from:
        if not any(currency in band.price for band in method.bands):
            yield Problem(
                f"{at}/free_from/{currency}", "required", "Give it a price in this currency, too."
            )


def _changed(work: Work) -> None:
    # The catalogue's version is what every process looks at; it is catalog's, which is beside us.
    work.run("UPDATE catalogue_version SET version = version + 1")


def _document(row: Any) -> DeliveryZone:
    values = {name: getattr(row, name) for name in DeliveryZone.model_fields}
    return DeliveryZone.model_validate(values)


# ---------------------------------------------------------------- the snapshot


def zones_query() -> Query[list[Any]]:
    """The query for every zone, in the order in which they are looked at."""
    return Query("SELECT * FROM delivery_zone ORDER BY position, code", {}, list)


def current_rules(work: Work) -> Rules:
    """Where and how the company delivers, as of now. Keep it by the catalogue's version."""
    return rules_of(work.fetch(zones_query()))


def rules_of(rows: list[Any]) -> Rules:
    """The snapshot of these rows."""
    return Rules(tuple(_zone(_document(row)) for row in rows))


def _zone(zone: DeliveryZone) -> Zone:
    return Zone(
        zone.code,
        frozenset(zone.countries),
        tuple(zone.only_postal_codes),
        tuple(zone.except_postal_codes),
        tuple(_method(method) for method in zone.methods),
    )


def _method(method: DeliveryMethod) -> Method:
    return Method(
        method.code,
        {locale: name for locale, name in method.names.items() if name},
        method.carrier,
        method.priced_by,
        {currency: _tariff(method, currency) for currency in _currencies(method)},
        Timing(method.handling_days, method.days_min, method.days_max, method.cut_off),
    )


def _currencies(method: DeliveryMethod) -> Iterable[str]:
    return dict.fromkeys(currency for band in method.bands for currency in band.price)


def _tariff(method: DeliveryMethod, currency: str) -> Tariff:
    bands = [
        Band(band.up_to, band.price[currency]) for band in method.bands if currency in band.price
    ]
    return Tariff(tuple(bands), method.free_from.get(currency))
