"""What has come and gone on a shelf, and why: receipts by their reference, corrections with a reason."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, NamedTuple

from mainstem.kit.errors import InvalidInput, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.nearest import unknown
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem_fulfillment.inventory import StockPromised, receive, sku_of, take_shelves

REASONS = ("correction", "damaged", "lost", "found", "shrink")
"""Why a shelf has more or less than was known, without anybody having counted it."""

PIECES_MAX = 1_000_000
REFERENCE_MAX = 200
SHOWN_MAX = 100


class ReferenceUsed(Refused):
    """This reference has moved another number of pieces of this article here."""

    code: ClassVar[str] = "reference_used"
    message: ClassVar[str] = (
        "{reference} has moved {before} of {sku} there already, not {delta}. Use another reference."
    )


class Shelf(NamedTuple):
    """Where an article lies: its id, and that of the location."""

    variant_id: int
    location_id: int


def named_shelves(work: Work, location: str, skus: Sequence[str]) -> list[Shelf]:
    """The shelves of these articles at a location. Raises InvalidInput with every name that is none."""
    ids = {
        row.sku: row.id
        for row in work.rows(
            """SELECT v.sku, v.id FROM variant v JOIN product p ON p.id = v.product_id
                WHERE v.sku = ANY(%(skus)s) AND p.kind = 'goods'""",
            skus=list(skus),
        )
    }
    place = work.value("SELECT id FROM location WHERE code = %(code)s", code=location)
    if place is None or len(ids) < len(set(skus)):
        raise InvalidInput(*_unnamed(work, location if place is None else None, skus, ids))
    return [Shelf(ids[sku], place) for sku in skus]


def _unnamed(
    work: Work, location: str | None, skus: Sequence[str], ids: Collection[str]
) -> Iterator[Problem]:
    """The problem of each name that is none, with the nearest that is one."""
    rows = work.rows(
        """SELECT v.sku FROM variant v JOIN product p ON p.id = v.product_id
            WHERE v.active AND p.active AND p.kind = 'goods'"""
    )
    articles = [row.sku for row in rows]
    for no, sku in enumerate(skus):
        if sku not in ids:
            at = "/sku" if len(skus) == 1 else f"/lines/{no}/sku"
            message = "No article has the number {sku}."
            yield unknown(at, message, sku, articles, facts={"sku": sku})
    if location is not None:
        places = [row.code for row in work.rows("SELECT code FROM location WHERE active")]
        yield unknown(
            "/location", "There is no {code}.", location, places, facts={"code": location}
        )


def receive_named(
    work: Work, location: str, goods: Sequence[tuple[str, int]], *, reference: str
) -> None:
    """Put received goods (SKU, pieces) on the shelf, once for each reference.

    Raises InvalidInput, and ReferenceUsed where it was said with other pieces before.
    """
    check_reference(reference)
    quantities: dict[str, int] = {}
    for sku, pieces in goods:
        quantities[sku] = quantities.get(sku, 0) + pieces
    shelves = named_shelves(work, location, [*quantities])
    wanted = [
        (s.variant_id, pieces) for s, pieces in zip(shelves, quantities.values(), strict=True)
    ]
    place = shelves[0].location_id
    take_shelves(work, place, sorted(variant for variant, _ in wanted))
    for variant, pieces in wanted:
        _moved_before(work, Shelf(variant, place), pieces, "receipt", reference)
    receive(work, place, wanted, reference=reference)


def correct(work: Work, shelf: Shelf, delta: int, *, reason: str, reference: str) -> bool:
    """So many pieces more or less than was known, and why; whether that was new.

    The same reference again changes nothing. Raises StockPromised where orders were promised what
    would be gone, ReferenceUsed, and InvalidInput.
    """
    _check_correction(delta, reason)
    check_reference(reference)
    [level] = take_shelves(work, shelf.location_id, [shelf.variant_id])
    if _moved_before(work, shelf, delta, reason, reference):
        return False
    left = int(level.on_hand) + delta
    if left < level.reserved:
        raise StockPromised(
            reserved=level.reserved, sku=sku_of(work, shelf.variant_id), counted=left
        )
    work.run(
        """INSERT INTO stock_movement
                  (id, variant_id, location_id, delta, reason, reference, actor, at)
           VALUES (%(id)s, %(variant)s, %(location)s, %(delta)s, %(reason)s, %(reference)s,
                   %(actor)s, %(now)s)""",
        id=new_id(),
        variant=shelf.variant_id,
        location=shelf.location_id,
        delta=delta,
        reason=reason,
        reference=reference,
        actor=str(work.actor),
        now=work.now(),
    )
    work.run(
        """UPDATE stock_level SET on_hand = on_hand + %(delta)s
            WHERE variant_id = %(variant)s AND location_id = %(location)s""",
        delta=delta,
        variant=shelf.variant_id,
        location=shelf.location_id,
    )
    record(work, "stock.corrected", f"{shelf.variant_id}@{shelf.location_id}")
    return True


def _check_correction(delta: int, reason: str) -> None:
    problems = []
    if not 0 < abs(delta) <= PIECES_MAX:
        problems.append(
            Problem("/delta", "out_of_range", "Say how many pieces more, or less by a minus.")
        )
    if reason not in REASONS:
        problems.append(Problem("/reason", "not_offered", "Choose one of the reasons."))
    if problems:
        raise InvalidInput(*problems)


def check_reference(reference: str) -> None:
    """Refuse a reference by which nothing could be found again."""
    if not 0 < len(reference.strip()) <= REFERENCE_MAX:
        raise InvalidInput(
            Problem(
                "/reference",
                "missing",
                "Write a reference of at most {max} characters, such as the delivery note's number.",
                {"max": REFERENCE_MAX},
            )
        )
    refuse_unseen("/reference", reference)


def _moved_before(work: Work, shelf: Shelf, delta: int, reason: str, reference: str) -> bool:
    before = work.value(
        """SELECT delta FROM stock_movement
            WHERE reason = %(reason)s AND reference = %(reference)s
              AND variant_id = %(variant)s AND location_id = %(location)s""",
        reason=reason,
        reference=reference,
        variant=shelf.variant_id,
        location=shelf.location_id,
    )
    if before is not None and before != delta:
        raise ReferenceUsed(
            reference=reference, before=before, sku=sku_of(work, shelf.variant_id), delta=delta
        )
    return before is not None


@dataclass(frozen=True, slots=True)
class MovementRow:
    """Something that came to a shelf or left it: how many, why, by which paper, who said so."""

    at: datetime
    location: str
    delta: int
    counted: int | None
    reason: str
    reference: str
    actor: str


def movements(work: Work, sku: str) -> list[MovementRow]:
    """The last hundred movements of an article, newest first."""
    return work.rows_as(
        MovementRow,
        """SELECT m.at, l.code AS location, m.delta, m.counted, m.reason, m.reference, m.actor
             FROM stock_movement m JOIN variant v ON v.id = m.variant_id
             JOIN location l ON l.id = m.location_id
            WHERE v.sku = %(sku)s ORDER BY m.at DESC, m.id DESC LIMIT %(most)s""",
        sku=sku,
        most=SHOWN_MAX,
    )
