"""Reductions: what a thing cost before, as the law has it told beside a lower price.

Beside every announced reduction stands the prior price: the lowest that was asked in the thirty days
before it began. A reduction that grows step by step without a break has the prior price of its first
step. The percentage is worked out from the prior price and from nothing else. What perishes quickly
is exempt from the thirty days: there it is the price just before (prisinformationslagen 7 a §,
directive 98/6/EC article 6a, Court of Justice C-330/23).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from mainstem.kit.work import Work

PRIOR = timedelta(days=30)


class Step(NamedTuple):
    """The price asked from an instant on, and whether it was announced as a reduction. None: not sold."""

    at: datetime
    minor: int | None
    reduced: bool


@dataclass(frozen=True, slots=True)
class Reduction:
    """A reduced price with its prior price, and by how many whole per cent it is lower."""

    price_minor: int
    prior_minor: int

    @property
    def percent(self) -> int:
        """The reduction in per cent of the prior price, rounded down: never more than is true."""
        return (self.prior_minor - self.price_minor) * 100 // self.prior_minor


def reduction(steps: Sequence[Step], at: datetime, *, perishable: bool = False) -> Reduction | None:
    """The reduction in force at an instant; None where the price is none, or is not lower.

    `steps` are the prices asked, oldest first.
    """
    begun = [step for step in steps if step.at <= at]
    if not begun or not begun[-1].reduced or begun[-1].minor is None:
        return None
    price = begun[-1].minor
    first = _first_step(begun)
    before = begun[:first]
    since = begun[first].at - PRIOR
    if perishable:
        asked = [before[-1].minor] if before else []
    else:
        asked = [
            step.minor
            for step, following in zip(before, begun[1 : first + 1], strict=True)
            if following.at > since and following.at > step.at
        ]
    prior = min((minor for minor in asked if minor is not None), default=None)
    return Reduction(price, prior) if prior is not None and prior > price else None


def _first_step(steps: Sequence[Step]) -> int:
    """Where a reduction began that has grown to the last step without a break."""
    first = len(steps) - 1
    while first > 0:
        here, earlier = steps[first], steps[first - 1]
        if not earlier.reduced or earlier.minor is None or here.minor is None:
            break
        if earlier.minor < here.minor:
            break
        first -= 1
    return first


def timeline(prices: Sequence[Any], offers: Sequence[Any], until: datetime) -> list[Step]:
    """The prices that were asked of one variant in one currency, oldest first.

    `prices` have valid_from, amount_minor and withdrawn; `offers` valid_from, valid_until and
    amount_minor.
    """
    instants = {row.valid_from for row in prices}
    for offer in offers:
        instants |= {offer.valid_from, offer.valid_until or until}
    steps: list[Step] = []
    listed = sorted(prices, key=lambda row: row.valid_from)
    for at in sorted(instant for instant in instants if instant <= until):
        step = _step(at, listed, offers)
        if not steps or steps[-1][1:] != step[1:]:
            steps.append(step)
    return steps


def _step(at: datetime, listed: Sequence[Any], offers: Sequence[Any]) -> Step:
    list_price = next((row for row in reversed(listed) if row.valid_from <= at), None)
    if list_price is None or list_price.withdrawn:
        return Step(at, None, False)
    lowest = min(
        (
            offer.amount_minor
            for offer in offers
            if offer.valid_from <= at and (offer.valid_until is None or offer.valid_until > at)
        ),
        default=list_price.amount_minor,
    )
    if lowest < list_price.amount_minor:
        return Step(at, lowest, True)
    return Step(at, list_price.amount_minor, False)


def reductions(
    work: Work, variants: Sequence[int], *, currency: str, at: datetime
) -> dict[int, Reduction]:
    """The reduction in force of each variant that has one."""
    reduced = work.rows(
        """SELECT DISTINCT v.id, p.perishable
             FROM price_offer o JOIN variant v ON v.id = o.variant_id
             JOIN product p ON p.id = v.product_id
            WHERE o.variant_id = ANY(%(variants)s::bigint[]) AND o.currency = %(currency)s
              AND o.valid_from <= %(at)s AND (o.valid_until IS NULL OR o.valid_until > %(at)s)""",
        variants=list(variants),
        currency=currency,
        at=at,
    )
    if not reduced:
        return {}
    ids = [row.id for row in reduced]
    prices, offers = _history(work, ids, currency)
    found = {
        row.id: reduction(
            timeline(prices.get(row.id, []), offers.get(row.id, []), at),
            at,
            perishable=row.perishable,
        )
        for row in reduced
    }
    return {id: one for id, one in found.items() if one}


def _history(
    work: Work, variants: list[int], currency: str
) -> tuple[dict[int, list[Any]], dict[int, list[Any]]]:
    """Every price and every offer of these variants, by variant."""
    prices: dict[int, list[Any]] = {}
    offers: dict[int, list[Any]] = {}
    for row in work.rows(
        """SELECT variant_id, valid_from, amount_minor, withdrawn FROM price
            WHERE variant_id = ANY(%(ids)s) AND currency = %(currency)s""",
        ids=variants,
        currency=currency,
    ):
        prices.setdefault(row.variant_id, []).append(row)
    for row in work.rows(
        """SELECT variant_id, valid_from, valid_until, amount_minor FROM price_offer
            WHERE variant_id = ANY(%(ids)s) AND currency = %(currency)s
              AND valid_until IS DISTINCT FROM valid_from""",
        ids=variants,
        currency=currency,
    ):
        offers.setdefault(row.variant_id, []).append(row)
    return prices, offers
