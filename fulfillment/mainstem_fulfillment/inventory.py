"""What lies where: locations, receiving, counting. The promise of it is mainstem.stock's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from mainstem.kit.errors import Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id, new_ids
from mainstem.kit.work import Work


class StockPromised(Refused):
    """The shelf cannot hold less than what has been promised from it."""

    code: ClassVar[str] = "stock_promised"
    message: ClassVar[str] = (
        "{reserved} of {sku} are promised to orders; {counted} cannot be all there is."
    )


def open_location(work: Work, *, code: str, name: str, country: str, position: int) -> int:
    """A place that keeps goods; its id. Opening it again changes nothing."""
    work.run(
        """INSERT INTO location (code, name, country, position)
           VALUES (%(code)s, %(name)s, %(country)s, %(position)s) ON CONFLICT (code) DO NOTHING""",
        code=code,
        name=name,
        country=country,
        position=position,
    )
    return int(work.value("SELECT id FROM location WHERE code = %(code)s", code=code))


def receive(
    work: Work, location_id: int, goods: Sequence[tuple[int, int]], *, reference: str
) -> None:
    """Put received goods (variant, quantity) on the shelf. The same reference again adds nothing."""
    rows = sorted(goods)
    work.run(
        """INSERT INTO stock_level (variant_id, location_id, on_hand)
           SELECT variant_id, %(location)s, 0 FROM unnest(%(variants)s::bigint[]) AS new (variant_id)
           ON CONFLICT DO NOTHING""",
        location=location_id,
        variants=[variant for variant, _ in rows],
    )
    work.run(
        """WITH moved AS (
             INSERT INTO stock_movement (id, variant_id, location_id, delta, reason, reference, actor, at)
             SELECT id, variant_id, %(location)s, quantity, 'receipt', %(reference)s, %(actor)s, %(now)s
               FROM unnest(%(ids)s::uuid[], %(variants)s::bigint[], %(quantities)s::int[])
                 AS new (id, variant_id, quantity)
             ON CONFLICT (reason, reference, variant_id, location_id) DO NOTHING
             RETURNING variant_id, delta)
           UPDATE stock_level s SET on_hand = s.on_hand + moved.delta FROM moved
            WHERE s.variant_id = moved.variant_id AND s.location_id = %(location)s""",
        location=location_id,
        reference=reference,
        actor=str(work.actor),
        now=work.now(),
        ids=new_ids(len(rows)),
        variants=[variant for variant, _ in rows],
        quantities=[quantity for _, quantity in rows],
    )


def count(work: Work, location_id: int, variant_id: int, counted: int, *, reference: str) -> int:
    """Bring a shelf to what was counted on it; the difference, kept as a movement with its reason."""
    row = work.row(
        """SELECT s.on_hand, s.reserved, v.sku FROM stock_level s JOIN variant v ON v.id = s.variant_id
            WHERE s.variant_id = %(variant)s AND s.location_id = %(location)s FOR UPDATE OF s""",
        variant=variant_id,
        location=location_id,
    )
    if row is None:
        receive(work, location_id, [(variant_id, counted)] if counted else [], reference=reference)
        return counted
    if counted < row.reserved:
        raise StockPromised(reserved=row.reserved, sku=row.sku, counted=counted)
    delta = counted - row.on_hand
    if delta:
        work.run(
            """WITH moved AS (
                 INSERT INTO stock_movement (id, variant_id, location_id, delta, reason, reference, actor, at)
                 VALUES (%(id)s, %(variant)s, %(location)s, %(delta)s, 'count', %(reference)s, %(actor)s, %(now)s)
                 RETURNING delta)
               UPDATE stock_level SET on_hand = on_hand + moved.delta FROM moved
                WHERE variant_id = %(variant)s AND location_id = %(location)s""",
            id=new_id(),
            variant=variant_id,
            location=location_id,
            delta=delta,
            reference=reference,
            actor=str(work.actor),
            now=work.now(),
        )
        record(work, "stock.counted", f"{variant_id}@{location_id}")
    return delta


def levels(work: Work) -> list[Any]:
    """Every shelf, for the desk: (location, sku, name, on_hand, reserved, free)."""
    return work.rows(
        """SELECT l.code AS location, v.sku, coalesce(t.name, v.sku) AS name, v.name_en AS variant,
                  s.on_hand, s.reserved, s.on_hand - s.reserved AS free
             FROM stock_level s JOIN location l ON l.id = s.location_id
             JOIN variant v ON v.id = s.variant_id
             LEFT JOIN product_text t ON t.product_id = v.product_id AND t.locale = 'en'
            ORDER BY l.position, v.sku LIMIT 2000"""
    )
