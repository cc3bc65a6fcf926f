"""What producers guarantee of their goods beside the law."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from mainstem.kit.work import Work


class ProducerGuarantee(NamedTuple):
    """How long one producer says that goods last. `producer` is empty where nobody has named it."""

    sku: str
    months: int
    producer: str


def guarantees(work: Work, skus: Collection[str]) -> list[ProducerGuarantee]:
    """The guarantees of these articles, for those that have one."""
    rows = work.rows(
        """SELECT v.sku, p.guarantee_months AS months, coalesce(p.maker ->> 'name', '') AS producer
             FROM variant v JOIN product p ON p.id = v.product_id
            WHERE v.sku = ANY(%(skus)s::text[]) AND p.kind = 'goods' AND p.guarantee_months > 0
            ORDER BY v.sku""",
        skus=sorted(skus),
    )
    return [ProducerGuarantee(*row) for row in rows]
