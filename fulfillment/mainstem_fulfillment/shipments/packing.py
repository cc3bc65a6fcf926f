"""Packing: the box is closed, and a label is put on that is no other parcel's."""

from __future__ import annotations

from typing import Any

from mainstem.kit import search_terms
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.events import record
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem_fulfillment.shipments.bar_codes import gtins_of
from mainstem_fulfillment.shipments.steps import FulfilmentKey, named, step, subject_of


def pack(work: Work, key: FulfilmentKey, *, carrier: str, tracking: str) -> None:
    """Close the box and put its label on; InvalidInput when that number is no label of its own."""
    step(work, key, "pack")
    refuse_unseen("/carrier", carrier)
    refuse_unseen("/tracking", tracking)
    tracking = " ".join(tracking.split())
    _refuse_label(work, tracking)
    work.run(
        """UPDATE fulfilment SET packed_at = %(now)s
            WHERE home_id = %(home)s AND order_id = %(order)s AND no = %(no)s""",
        now=work.now(),
        **named(key),
    )
    work.run(
        """INSERT INTO parcel (home_id, order_id, no, fulfilment_no, carrier, tracking, state)
           SELECT %(home)s, %(order)s, coalesce(max(no), 0) + 1, %(no)s, %(carrier)s, %(tracking)s,
                  'label_bought'
             FROM parcel WHERE home_id = %(home)s AND order_id = %(order)s""",
        carrier=carrier.strip(),
        tracking=tracking,
        **named(key),
    )
    record(work, "fulfilment.packed", subject_of(key), home=key[0])


# Compared as the search compares them. The label of a box that was unpacked again is free, and so
# is that of one that has arrived: carriers use their numbers again.
_LABELED = """
SELECT o.number
  FROM parcel p
  JOIN fulfilment f ON f.home_id = p.home_id AND f.order_id = p.order_id AND f.no = p.fulfilment_no
  JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
 WHERE upper(translate(p.tracking, ' -', '')) = %(label)s
   AND p.state IN ('draft', 'label_bought', 'in_transit') AND f.state <> 'canceled'
 ORDER BY o.number LIMIT 1"""


def _refuse_label(work: Work, tracking: str) -> None:
    """A label has a number, which is no article's, and is on no other parcel that is under way."""
    label = search_terms.code_in(tracking)
    if not label:
        raise _not_the_label("missing", "Scan or type the number on the label.")
    if work.value(
        """SELECT EXISTS (SELECT 1 FROM variant
                           WHERE upper(sku) = upper(%(scanned)s) OR gtin = ANY(%(gtins)s::text[]))""",
        scanned=tracking,
        gtins=gtins_of(tracking),
    ):
        raise _not_the_label(
            "label_is_an_article",
            "{scanned} is the number of an article. Scan the label of the carrier.",
            scanned=tracking,
        )
    # Two packers who scan one label wait here for each other, so that the later one is told.
    work.run("SELECT pg_advisory_xact_lock(hashtextextended(%(label)s, 7221))", label=label)
    number = work.value(_LABELED, label=label)
    if number is not None:
        raise _not_the_label(
            "label_in_use",
            "{scanned} is already on the parcel of order {number}, which has not arrived yet. "
            "Put another label on this box.",
            scanned=tracking,
            number=number,
        )


def _not_the_label(code: str, message: str, **facts: Any) -> InvalidInput:
    return InvalidInput(Problem("/tracking", code, message, facts))
