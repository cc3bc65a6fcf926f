"""Costs: what one piece of an article costs the company from an instant on, without tax. Only staff see them.

They are kept as prices are: what was a cost stays as history, and nothing is converted into another currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from mainstem.kit.bulk import insert_many
from mainstem.kit.work import Query, Work

_IN_FORCE = """
SELECT DISTINCT ON (variant_id, currency) variant_id, currency::text AS currency, amount_minor, withdrawn, valid_from
  FROM cost WHERE variant_id = ANY(%(variants)s::bigint[]) AND valid_from <= %(now)s
 ORDER BY variant_id, currency, valid_from DESC"""

_OF_SKUS = """
SELECT v.sku, c.currency, c.amount_minor
  FROM variant v
 CROSS JOIN LATERAL (
       SELECT DISTINCT ON (currency) currency::text AS currency, amount_minor, withdrawn FROM cost
        WHERE variant_id = v.id AND currency = ANY(%(currencies)s::text[]) AND valid_from <= %(at)s
        ORDER BY currency, valid_from DESC) AS c
 WHERE v.sku = ANY(%(skus)s::text[]) AND NOT c.withdrawn"""


class _Cost(NamedTuple):
    variant_id: int
    currency: str
    valid_from: datetime
    amount_minor: int
    withdrawn: bool


def costs(work: Work, variants: Sequence[int]) -> dict[int, dict[str, int]]:
    """What one piece of each of these variants costs now, in minor units by currency; nothing where it is
    not known."""
    found: dict[int, dict[str, int]] = {}
    for row in work.rows(_IN_FORCE, variants=list(variants), now=work.now()):
        if not row.withdrawn:
            found.setdefault(row.variant_id, {})[row.currency] = row.amount_minor
    return found


def set_costs(work: Work, wanted: Mapping[int, Mapping[str, int]]) -> int:
    """Exactly these costs of these variants from now on; how many have changed.

    What is not named is not known from now on. The caller says that the catalogue has changed.
    """
    now = work.now()
    before = {
        (row.variant_id, row.currency): row
        for row in work.rows(_IN_FORCE, variants=list(wanted), now=now)
    }
    asked = {(id, currency): minor for id, own in wanted.items() for currency, minor in own.items()}
    rows = []
    for id, currency in sorted(before.keys() | asked.keys()):
        was, amount = before.get((id, currency)), asked.get((id, currency))
        if amount == (None if was is None or was.withdrawn else was.amount_minor):
            continue
        # Two changes of one instant: the second begins as soon as time can tell them apart.
        start = now if was is None or was.valid_from < now else now + timedelta(microseconds=1)
        kept = was.amount_minor if was else 0
        rows.append(_Cost(id, currency, start, kept if amount is None else amount, amount is None))
    return insert_many(work, "cost", rows)


def costs_query(
    skus: Iterable[str], currencies: Iterable[str], *, at: datetime
) -> Query[dict[tuple[str, str], int]]:
    """What one piece of these SKUs costs at an instant, by SKU and currency; nothing where it is not known."""
    return Query(
        _OF_SKUS,
        {"skus": sorted(set(skus)), "currencies": sorted(set(currencies)), "at": at},
        lambda rows: {(row.sku, row.currency): row.amount_minor for row in rows},
    )
