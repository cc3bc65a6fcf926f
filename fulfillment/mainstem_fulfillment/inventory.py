"""What lies where: locations, receiving, counting. The promise of it is mainstem.stock's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from mainstem.kit.bulk import given, relation
from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id, new_ids
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work


class Location(SQLModel, table=True):
    """A place that keeps goods. Goods leave from the first, by position, that has all of them."""

    id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    code: str
    name: str
    country: str
    line1: str = ""
    postal_code: str = ""
    city: str = ""
    position: int
    active: bool = True


class StockPromised(Refused):
    """The shelf cannot hold less than what has been promised from it."""

    code: ClassVar[str] = "stock_promised"
    message: ClassVar[str] = (
        "{reserved} of {sku} are promised to orders; {counted} cannot be all there is."
    )


class CountedAlready(Refused):
    """This stocktake has another figure for this shelf."""

    code: ClassVar[str] = "counted_already"
    message: ClassVar[str] = (
        "{reference} has counted {before} of {sku} there already, not {counted}."
        " Count it again under another reference."
    )


def open_location(work: Work, *, code: str, name: str, country: str, position: int) -> int:
    """A place that keeps goods; its id. Opening it again changes nothing."""
    refuse_unseen("/code", code)
    refuse_unseen("/name", name)
    work.run(
        """INSERT INTO location (code, name, country, position)
           VALUES (%(code)s, %(name)s, %(country)s, %(position)s) ON CONFLICT (code) DO NOTHING""",
        code=code,
        name=name,
        country=country,
        position=position,
    )
    return int(work.value("SELECT id FROM location WHERE code = %(code)s", code=code))


class _Received(NamedTuple):
    id: UUID
    variant_id: int
    quantity: int


_RECEIVE = f"""
WITH moved AS (
  INSERT INTO stock_movement (id, variant_id, location_id, delta, reason, reference, actor, at)
  SELECT id, variant_id, %(location)s, quantity, 'receipt', %(reference)s, %(actor)s, %(now)s
    FROM {relation(_Received, "new")}
  ON CONFLICT (reason, reference, variant_id, location_id) DO NOTHING
  RETURNING variant_id, delta)
UPDATE stock_level s SET on_hand = s.on_hand + moved.delta FROM moved
 WHERE s.variant_id = moved.variant_id AND s.location_id = %(location)s"""


def receive(
    work: Work, location_id: int, goods: Sequence[tuple[int, int]], *, reference: str
) -> None:
    """Put received goods (variant, quantity) on the shelf. The same reference again adds nothing."""
    refuse_unseen("/reference", reference)
    quantities: dict[int, int] = {}
    for variant, quantity in goods:
        quantities[variant] = quantities.get(variant, 0) + quantity
    variants = sorted(quantities)
    take_shelves(work, location_id, variants)
    received = [
        _Received(id, variant, quantities[variant])
        for id, variant in zip(new_ids(len(variants)), variants, strict=True)
    ]
    work.run(
        _RECEIVE,
        location=location_id,
        reference=reference,
        actor=str(work.actor),
        now=work.now(),
        **given(received, _Received, "new"),
    )


def open_shelf(work: Work, location_id: int, variant_id: int) -> None:
    """A shelf for an article at a location, empty until something is received. Repeats are fine."""
    take_shelves(work, location_id, [variant_id])


def mark_low(work: Work, location_id: int, variant_id: int, mark: int | None) -> None:
    """At how few free pieces the shelf is low; None: never."""
    work.run(
        """UPDATE stock_level SET low_stock_mark = %(mark)s
            WHERE variant_id = %(variant)s AND location_id = %(location)s
              AND low_stock_mark IS DISTINCT FROM %(mark)s""",
        variant=variant_id,
        location=location_id,
        mark=mark,
    )


@dataclass(frozen=True, slots=True)
class TakenShelf:
    """What lies on a shelf that is locked, and how much of it orders were promised."""

    variant_id: int
    on_hand: int
    reserved: int


def take_shelves(work: Work, location_id: int, variants: Sequence[int]) -> list[TakenShelf]:
    """The shelves of these variants at a location, made where there are none, and locked.

    In key order, as a basket locks them: so a delivery and a basket never wait for each other.
    """
    work.run(
        """INSERT INTO stock_level (variant_id, location_id, on_hand)
           SELECT variant_id, %(location)s, 0 FROM unnest(%(variants)s::bigint[]) AS new (variant_id)
            ORDER BY variant_id ON CONFLICT DO NOTHING""",
        location=location_id,
        variants=list(variants),
    )
    return work.rows_as(
        TakenShelf,
        """SELECT variant_id, on_hand, reserved FROM stock_level
            WHERE variant_id = ANY(%(variants)s::bigint[]) AND location_id = %(location)s
            ORDER BY variant_id, location_id FOR NO KEY UPDATE""",
        location=location_id,
        variants=list(variants),
    )


def count(work: Work, location_id: int, variant_id: int, counted: int, *, reference: str) -> int:
    """Bring a shelf to what was counted on it; the difference, kept as a movement with its reason.

    The same count again changes nothing, whatever has come or gone since. Raises CountedAlready for
    another figure under the same reference, and StockPromised for less than orders were promised.
    """
    refuse_unseen("/reference", reference)
    [shelf] = take_shelves(work, location_id, [variant_id])
    key = {"variant": variant_id, "location": location_id, "reference": reference}
    before = work.row(
        """SELECT delta, counted FROM stock_movement
            WHERE reason = 'count' AND reference = %(reference)s
              AND variant_id = %(variant)s AND location_id = %(location)s""",
        **key,
    )
    if before is not None:
        if before.counted != counted:
            raise CountedAlready(
                reference=reference,
                before=before.counted,
                sku=sku_of(work, variant_id),
                counted=counted,
            )
        return int(before.delta)
    if counted < shelf.reserved:
        raise StockPromised(reserved=shelf.reserved, sku=sku_of(work, variant_id), counted=counted)
    delta = counted - shelf.on_hand
    work.run(
        """INSERT INTO stock_movement
                  (id, variant_id, location_id, delta, counted, reason, reference, actor, at)
           VALUES (%(id)s, %(variant)s, %(location)s, %(delta)s, %(counted)s, 'count',
                   %(reference)s, %(actor)s, %(now)s)""",
        id=new_id(),
        delta=delta,
        counted=counted,
        actor=str(work.actor),
        now=work.now(),
        **key,
    )
    if delta:
        work.run(
            """UPDATE stock_level SET on_hand = %(counted)s
                WHERE variant_id = %(variant)s AND location_id = %(location)s""",
            variant=variant_id,
            location=location_id,
            counted=counted,
        )
        record(work, "stock.counted", f"{variant_id}@{location_id}")
    return delta


def sku_of(work: Work, variant_id: int) -> str:
    """What an article is called on its label."""
    return str(work.value("SELECT sku FROM variant WHERE id = %(id)s", id=variant_id))
