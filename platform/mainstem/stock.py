"""The promise of stock: what is free at each location, and taking it so that nobody sells it twice.

This lies below orders because intake must take the goods in the same transaction as it makes the
order. What happens inside a warehouse (receiving, counting, shipping) is mainstem_fulfillment's.
Rows are always locked in key order, so crossing baskets never deadlock; the table's own CHECK is
the last line of defence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked, given, relation
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a line from one location."""

    line_no: int
    variant_id: int
    location_id: int
    quantity: int


class Shelf:
    """Free stock of some variants: {variant: {location: free}}, less what is taken from it here."""

    def __init__(self, free: dict[int, dict[int, int]]) -> None:
        self.free = free
        self.taken: dict[tuple[int, int], int] = {}

    def allocate(self, needs: Sequence[tuple[int, int, int]]) -> list[Part] | dict[int, int]:
        """Parts that fill all needs (line_no, variant, quantity), or {variant: free} of the short.

        One location that has everything, in the company's order of locations; else line by line
        from the first that has enough; else what each has. All or nothing is taken.
        """
        wanted: dict[int, int] = {}
        for _, variant, quantity in needs:
            wanted[variant] = wanted.get(variant, 0) + quantity
        short = {
            variant: sum(self.free.get(variant, {}).values())
            for variant, quantity in wanted.items()
            if sum(self.free.get(variant, {}).values()) < quantity
        }
        if short:
            return short
        parts = self._from_one(needs, wanted) or self._from_many(needs)
        for part in parts:
            self.free[part.variant_id][part.location_id] -= part.quantity
            key = (part.variant_id, part.location_id)
            self.taken[key] = self.taken.get(key, 0) + part.quantity
        return parts

    def _from_one(
        self, needs: Sequence[tuple[int, int, int]], wanted: Mapping[int, int]
    ) -> list[Part]:
        first = next(iter(wanted))
        for location in self.free[first]:
            if all(self.free[v].get(location, 0) >= q for v, q in wanted.items()):
                return [Part(no, variant, location, quantity) for no, variant, quantity in needs]
        return []

    def _from_many(self, needs: Sequence[tuple[int, int, int]]) -> list[Part]:
        left = {variant: dict(self.free[variant]) for _, variant, _ in needs}
        parts: list[Part] = []
        for no, variant, quantity in needs:
            places = left[variant]
            whole = next((loc for loc, free in places.items() if free >= quantity), None)
            for location in [whole] if whole is not None else list(places):
                take = min(quantity, places[location])
                if take:
                    parts.append(Part(no, variant, location, take))
                    places[location] -= take
                    quantity -= take
            assert quantity == 0, "the sum was checked before"
        return parts


class ShelfChanged(Exception):
    """Less lies there than was seen."""


_LOOK = """
SELECT s.variant_id, s.location_id, s.on_hand - s.reserved AS free, l.position, l.active
  FROM stock_level s JOIN location l ON l.id = s.location_id
 WHERE s.variant_id = ANY(%(variants)s::bigint[])"""
_LOCK = f"""{_LOOK}
 ORDER BY s.variant_id, s.location_id
   FOR NO KEY UPDATE OF s"""


def look(work: Work, variants: Sequence[int]) -> Shelf:
    """The shelf of these variants as it seems now; `take` finds out whether it was so."""
    return _shelf(work, _LOOK, variants)


def lock(work: Work, variants: Sequence[int]) -> Shelf:
    """The shelf of these variants, its rows locked until the work ends."""
    return _shelf(work, _LOCK, variants)


def _shelf(work: Work, sql: str, variants: Sequence[int]) -> Shelf:
    free: dict[int, dict[int, int]] = {}
    if variants:
        rows = work.rows(sql, variants=sorted(set(variants)))
        rows.sort(key=lambda row: (row.variant_id, row.position, row.location_id))
        for row in rows:
            if row.active and row.free > 0:
                free.setdefault(row.variant_id, {})[row.location_id] = row.free
    return Shelf(free)


class _Place(NamedTuple):
    variant_id: int
    location_id: int


class Pieces(NamedTuple):
    """So many pieces of a variant at a location."""

    variant_id: int
    location_id: int
    quantity: int


_HOLD = f"""
SELECT count(*) FROM (
  SELECT FROM stock_level s JOIN {relation(_Place, "named")} USING (variant_id, location_id)
   ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s) AS held"""


def hold(work: Work, places: Sequence[tuple[int, int]]) -> None:
    """Lock the shelves at these places (variant, location) until the work ends."""
    work.value(_HOLD, **given(places, _Place, "named"))


_TAKE = f"""
UPDATE stock_level s SET reserved = s.reserved + want.quantity
  FROM {relation(Pieces, "want")}
 WHERE s.variant_id = want.variant_id AND s.location_id = want.location_id
   AND s.on_hand - s.reserved >= want.quantity"""


def take(work: Work, taken: Mapping[tuple[int, int], int]) -> None:
    """Promise what a shelf has allocated: {(variant, location): pieces}.

    Raises ShelfChanged, and promises nothing that the caller may keep, when some of it is gone.
    """
    if not taken:
        return
    places = sorted(taken)
    hold(work, places)
    want = [Pieces(*place, taken[place]) for place in places]
    if work.run(_TAKE, **given(want, Pieces, "want")) != len(want):
        raise ShelfChanged


_FREE = f"""
UPDATE stock_level s SET reserved = s.reserved - back.quantity
  FROM {relation(Pieces, "back")}
 WHERE s.variant_id = back.variant_id AND s.location_id = back.location_id"""


def free(work: Work, back: Mapping[tuple[int, int], int]) -> None:
    """Take back the promise of so many pieces: {(variant, location): pieces}."""
    if not back:
        return
    places = sorted(back)
    hold(work, places)
    work.run(_FREE, **given([Pieces(*at, back[at]) for at in places], Pieces, "back"))


_HOLD_PROMISED = f"""
SELECT 1 FROM stock_level s
 WHERE (s.variant_id, s.location_id) IN (
       SELECT r.variant_id, r.location_id FROM reservation r
         JOIN {ASKED_ORDERS} USING (home_id, order_id) WHERE r.released_at IS NULL)
 ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE"""

_GIVE_BACK = f"""
WITH back AS (
  UPDATE reservation r SET released_at = %(now)s
    FROM {ASKED_ORDERS}
   WHERE r.home_id = asked.home_id AND r.order_id = asked.order_id AND r.released_at IS NULL
     AND NOT EXISTS (SELECT 1 FROM fulfilment f WHERE f.home_id = r.home_id
                        AND f.order_id = r.order_id AND f.no = r.fulfilment_no
                        AND f.state = 'shipped')
  RETURNING r.variant_id, r.location_id, r.quantity)
SELECT variant_id, location_id, sum(quantity)::int AS quantity FROM back
 GROUP BY 1, 2 ORDER BY 1, 2"""


def give_back(work: Work, orders: Sequence[RowKey]) -> None:
    """Free whatever is still promised to these orders (home, order) and not yet shipped."""
    if not orders:
        return
    work.rows(_HOLD_PROMISED, **asked(orders))
    freed = work.rows(_GIVE_BACK, now=work.now(), **asked(orders))
    free(work, {(row.variant_id, row.location_id): row.quantity for row in freed})


class LowShelf(NamedTuple):
    """An article at a location where so few are free that somebody wants to know."""

    sku: str
    name: str
    location: str
    location_code: str
    free: int
    mark: int


def low_shelves(work: Work) -> list[LowShelf]:
    """What is at or below its mark, by article and location. Without a mark nothing is ever low."""
    rows = work.rows(
        """SELECT v.sku, coalesce(t.name, p.slug) AS name, l.name AS location, l.code,
                  s.on_hand - s.reserved AS free, s.low_stock_mark AS mark
             FROM stock_level s
             JOIN variant v ON v.id = s.variant_id JOIN product p ON p.id = v.product_id
             JOIN location l ON l.id = s.location_id
             LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = 'en'
            WHERE s.low_stock_mark IS NOT NULL AND s.on_hand - s.reserved <= s.low_stock_mark
              AND v.active AND p.active AND l.active
            ORDER BY v.sku, l.name"""
    )
    return [LowShelf(*row) for row in rows]


def availability(work: Work, variants: Sequence[int]) -> dict[int, int]:
    """How many of each variant can be promised now, over all locations. For pages: it may age."""
    return {
        row.variant_id: row.free
        for row in work.rows(
            """SELECT s.variant_id, sum(s.on_hand - s.reserved)::int AS free
                 FROM stock_level s JOIN location l ON l.id = s.location_id AND l.active
                WHERE s.variant_id = ANY(%(variants)s::bigint[]) GROUP BY 1""",
            variants=list(variants),
        )
    }
