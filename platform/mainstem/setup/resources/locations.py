"""Locations that keep goods, and how much of what lies there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from mainstem import stock
from mainstem.kit import search_terms
from mainstem.kit.documents import Code, Document, KnownCountry, Line, Name, Refers
from mainstem.kit.work import Work
from mainstem.setup.resource import Resource
from mainstem_fulfillment import inventory
from mainstem_fulfillment.inventory import Location
from mainstem_fulfillment.movements import named_shelves

LOW = "Low"
OPENING = "opening"
"""The reference of what lay on a shelf when it was first told of."""


class LocationDocument(Document):
    """A place that keeps goods and sends them."""

    code: Code = Field(title="Code", description="As it stands on labels, such as STH.")
    name: Name = Field(title="Name")
    country: KnownCountry = Field(title="Country")
    line1: Line = Field("", title="Street address")
    postal_code: Line = Field("", title="Postcode")
    city: Line = Field("", title="Town")
    position: int = Field(
        1,
        ge=0,
        le=9999,
        title="Place in line",
        description="Goods leave from the first that has all.",
    )
    active: bool = Field(True, title="In use")


def _locations(work: Work, keys: Sequence[str] | None) -> Mapping[str, LocationDocument]:
    rows = work.rows(
        """SELECT code, name, country, line1, postal_code, city, position, active FROM location
            WHERE %(codes)s::text[] IS NULL OR code = ANY(%(codes)s::text[])
            ORDER BY position, code""",
        codes=None if keys is None else list(keys),
    )
    return {row.code: LocationDocument.model_validate(row._asdict()) for row in rows}


def _save_location(work: Work, before: LocationDocument | None, said: LocationDocument) -> None:
    if before is None:
        work.add(Location.model_validate(said.written()))
        return
    id = work.value("SELECT id FROM location WHERE code = %(code)s", code=said.code)
    row = work.take(Location, id)
    for name, value in said.written().items():
        setattr(row, name, value)
    work.add(row)


def _close_location(work: Work, before: LocationDocument) -> None:
    _save_location(work, before, before.model_copy(update={"active": False}))


LOCATIONS = Resource(
    name="locations",
    title="Locations",
    one="location",
    model=LocationDocument,
    key="code",
    read=_locations,
    save=_save_location,
    retire=_close_location,
    columns=("code", "name", "city", "country", "active"),
    empty="Nothing can be sent before there is a place that it leaves from.",
    help="Where goods lie, in the order in which they are asked for them.",
)


class StockDocument(Document):
    """How many pieces of an article lie at a location."""

    sku: Annotated[Name, Refers("articles")] = Field(title="Article number")
    location: Annotated[Code, Refers("locations")] = Field(title="Location")
    on_hand: int = Field(ge=0, le=10**6, title="On hand", description="As counted on the shelf.")
    low_stock_mark: int | None = Field(
        None,
        ge=0,
        le=10**6,
        title="Low at",
        description="You are told when so many or fewer are free; empty: never.",
    )

    @property
    def key(self) -> str:
        """Which shelf."""
        return f"{self.sku}@{self.location}"


_EVERY_SHELF = """
SELECT v.sku, l.code AS location, s.on_hand, s.low_stock_mark
  FROM stock_level s JOIN variant v ON v.id = s.variant_id
  JOIN location l ON l.id = s.location_id
 ORDER BY v.sku, l.position, l.code"""
# Each by its article: a condition for both cases would have all of them read.
_NAMED_SHELVES = """
SELECT v.sku, l.code AS location, s.on_hand, s.low_stock_mark
  FROM unnest(%(skus)s::text[], %(codes)s::text[]) AS named (sku, code)
  JOIN variant v ON v.sku = named.sku
  JOIN location l ON l.code = named.code
  JOIN stock_level s ON s.variant_id = v.id AND s.location_id = l.id
 ORDER BY v.sku, l.position, l.code"""


def _stock(work: Work, keys: Sequence[str] | None) -> Mapping[str, StockDocument]:
    if keys is None:
        rows = work.rows(_EVERY_SHELF)
    else:
        pairs = [key.rpartition("@")[::2] for key in keys]
        rows = work.rows(
            _NAMED_SHELVES, skus=[sku for sku, _ in pairs], codes=[code for _, code in pairs]
        )
    found = (StockDocument.model_validate(row._asdict()) for row in rows)
    return {one.key: one for one in found}


def _find_stock(work: Work, after: str, most: int, query: str) -> list[str]:
    sku, _, code = after.rpartition("@")
    rows = work.rows(
        # One article more than rows: the first may have no shelf after the one that was last.
        """SELECT v.sku, l.code
             FROM (SELECT id, sku FROM variant v
                    WHERE sku >= %(sku)s AND sku ILIKE %(like)s
                      AND EXISTS (SELECT 1 FROM stock_level s WHERE s.variant_id = v.id)
                    ORDER BY sku LIMIT %(most)s + 1) AS v
             JOIN stock_level s ON s.variant_id = v.id
             JOIN location l ON l.id = s.location_id
            WHERE (v.sku, l.code) > (%(sku)s, %(code)s)
            ORDER BY v.sku, l.code LIMIT %(most)s""",
        sku=sku,
        code=code,
        like=search_terms.containing(query),
        most=most,
    )
    return [f"{row.sku}@{row.code}" for row in rows]


def _save_stock(work: Work, before: StockDocument | None, said: StockDocument) -> None:
    """The first pieces of a shelf are received; what is said later of it has been counted."""
    [(variant, location)] = named_shelves(work, said.location, [said.sku])
    if before is None and said.on_hand:
        inventory.receive(work, location, [(variant, said.on_hand)], reference=OPENING)
    elif before is None:
        inventory.open_shelf(work, location, variant)
    elif said.on_hand != before.on_hand:
        inventory.count(work, location, variant, said.on_hand, reference=f"setup {work.id}")
    inventory.mark_low(work, location, variant, said.low_stock_mark)


def _low(work: Work) -> Mapping[str, str]:
    return {f"{one.sku}@{one.location_code}": LOW for one in stock.low_shelves(work)}


STOCK = Resource(
    name="stock",
    title="Stock",
    one="stock level",
    model=StockDocument,
    key="key",
    read=_stock,
    save=_save_stock,
    columns=("sku", "location", "on_hand", "low_stock_mark"),
    empty="Receive what lies on your shelves: what is not in stock cannot be ordered.",
    help="What lies where. A figure that is saved here counts as counted.",
    file="csv",
    find=_find_stock,
    marks=_low,
    more=("Receive and correct", "/console/setup/shelves"),
)
