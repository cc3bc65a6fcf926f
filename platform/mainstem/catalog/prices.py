"""Prices: the list price from an instant on, and offers, which are lower for a time.

What was a price stays as history: the prior price of a reduction is read from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from mainstem.catalog.version import changed
from mainstem.kit.bulk import given, insert_many, relation
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.payments import refuse_impossible

PRICE_AGE_MAX = timedelta(days=3660)
PRICE_AHEAD_MAX = timedelta(days=731)
"""How long ago a price may have begun, and how far ahead one may be set."""


def set_price(
    work: Work,
    variant_id: int,
    currency: str,
    amount_minor: int,
    *,
    valid_from: datetime | None = None,
) -> None:
    """A price from an instant on. The earlier ones stay as history.

    Raises AmountNotPossible for one that nobody could be charged, InvalidInput for an instant that
    lies years away.
    """
    refuse_impossible(Money(amount_minor, currency))
    now = work.now()
    start, first, last = valid_from or now, now - PRICE_AGE_MAX, now + PRICE_AHEAD_MAX
    if not first <= start <= last:
        facts = {"first": first, "last": last}
        raise InvalidInput(
            Problem("/valid_from", "out_of_range", "Give a time from {first} to {last}.", facts)
        )
    insert_many(work, "price", [_Price(variant_id, currency, start, amount_minor)])
    changed(work)


class _Price(NamedTuple):
    variant_id: int
    currency: str
    valid_from: datetime
    amount_minor: int
    withdrawn: bool = False


class ListPrice(NamedTuple):
    """What a variant costs in a currency, or None where it is no longer sold in it."""

    variant_id: int
    currency: str
    amount_minor: int | None


def set_list_prices(work: Work, prices: Sequence[ListPrice]) -> int:
    """These prices from now on, where they are not those in force; how many have changed.

    The caller says that the catalogue has changed.
    """
    if not prices:
        return 0
    now = work.now()
    before = {
        (row.variant_id, row.currency): row
        for row in work.rows(
            """SELECT DISTINCT ON (variant_id, currency) variant_id, currency, amount_minor,
                      withdrawn, valid_from
                 FROM price WHERE variant_id = ANY(%(variants)s) AND valid_from <= %(now)s
                ORDER BY variant_id, currency, valid_from DESC""",
            variants=sorted({price.variant_id for price in prices}),
            now=now,
        )
    }
    rows = []
    for variant, currency, amount in prices:
        was = before.get((variant, currency))
        if amount == (None if was is None or was.withdrawn else was.amount_minor):
            continue
        # Two changes of one instant: the second begins as soon as time can tell them apart.
        start = now if was is None or was.valid_from < now else now + timedelta(microseconds=1)
        kept = was.amount_minor if was else 0
        rows.append(
            _Price(variant, currency, start, kept if amount is None else amount, amount is None)
        )
    return insert_many(work, "price", rows)


class ScheduledPrice(NamedTuple):
    """A list price that begins at an instant."""

    variant_id: int
    currency: str
    amount_minor: int
    valid_from: datetime


def set_scheduled_prices(
    work: Work, variants: Sequence[int], wanted: Sequence[ScheduledPrice]
) -> int:
    """Exactly these prices of the variants are still to begin; how many are new or taken back.

    What has begun is history and stays. The caller says that the catalogue has changed. Raises
    InvalidInput for one that begins years ahead.
    """
    now = work.now()
    if any(one.valid_from > now + PRICE_AHEAD_MAX for one in wanted):
        facts = {"last": now + PRICE_AHEAD_MAX}
        raise InvalidInput(
            Problem("/variants", "out_of_range", "A price begins at {last} at the latest.", facts)
        )
    there = {
        ScheduledPrice(row.variant_id, row.currency, row.amount_minor, row.valid_from)
        for row in work.rows(
            """SELECT variant_id, currency, amount_minor, valid_from FROM price
                WHERE variant_id = ANY(%(variants)s) AND valid_from > %(now)s""",
            variants=list(variants),
            now=now,
        )
    }
    asked_for = {one for one in wanted if one.valid_from > now}
    gone, fresh = sorted(there - asked_for), sorted(asked_for - there)
    if gone:
        work.run(
            f"""DELETE FROM price p USING {relation(ScheduledPrice, "gone")}
                 WHERE p.variant_id = gone.variant_id AND p.currency = gone.currency
                   AND p.valid_from = gone.valid_from AND p.valid_from > %(now)s""",
            now=now,
            **given(gone, ScheduledPrice, "gone"),
        )
    rows = [_Price(one.variant_id, one.currency, one.valid_from, one.amount_minor) for one in fresh]
    return insert_many(work, "price", rows) + len(gone)


def next_price_change(work: Work, *, currency: str) -> datetime | None:
    """When a price in a currency begins or ends next; None where nothing is to come."""
    at: datetime | None = work.value(
        """SELECT least(
             (SELECT min(valid_from) FROM price WHERE valid_from > %(now)s AND currency = %(currency)s),
             (SELECT min(valid_from) FROM price_offer
               WHERE valid_from > %(now)s AND currency = %(currency)s),
             (SELECT min(valid_until) FROM price_offer
               WHERE valid_until > %(now)s AND currency = %(currency)s))""",
        now=work.now(),
        currency=currency,
    )
    return at


class OfferPrice(NamedTuple):
    """A lower price for a time; without an end until it is taken back."""

    variant_id: int
    currency: str
    amount_minor: int
    valid_from: datetime
    valid_until: datetime | None


def set_offers(work: Work, variants: Sequence[int], wanted: Sequence[OfferPrice]) -> int:
    """Exactly these offers of the variants from now on; how many began or ended by it.

    An offer that is over stays as it was. One that is wanted from an instant that has passed is the
    one in force of the same amount and end, or else begins now: nothing is reduced afterwards.
    """
    now = work.now()
    there = work.rows(
        """SELECT id, variant_id, currency, amount_minor, valid_from, valid_until FROM price_offer
            WHERE variant_id = ANY(%(variants)s) AND (valid_until IS NULL OR valid_until > %(now)s)
            ORDER BY id""",
        variants=list(variants),
        now=now,
    )
    known = {_same(OfferPrice(*row[1:]), now): row for row in there}
    asked = {
        _same(one, now): one for one in wanted if one.valid_until is None or one.valid_until > now
    }
    ended = [_Ended(row.id, max(now, row.valid_from)) for row in there
             if _same(OfferPrice(*row[1:]), now) not in asked]  # fmt: skip
    fresh = [
        one._replace(valid_from=max(one.valid_from, now))
        for key, one in asked.items()
        if key not in known
    ]
    if ended:
        work.run(
            f"""UPDATE price_offer o SET valid_until = ended.valid_until
                  FROM {relation(_Ended, "ended")} WHERE o.id = ended.id""",
            **given(ended, _Ended, "ended"),
        )
    return insert_many(work, "price_offer", fresh) + len(ended)


class _Ended(NamedTuple):
    id: int
    valid_until: datetime


def _same(offer: OfferPrice, now: datetime) -> OfferPrice:
    """What tells an offer apart: when one that has begun did so is history."""
    return offer._replace(valid_from=max(offer.valid_from, now))
