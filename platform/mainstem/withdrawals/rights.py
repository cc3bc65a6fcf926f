"""The client's right to withdraw: until when it runs, and what of an order it does not cover.

Directive 2011/83/EU, Articles 9 and 16. Goods: from the day after the last of the order was received.
Services: from the day after the contract. Nothing here reads a clock or a database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mainstem.calendar import Ending, Place, withdrawal_ends

NEVER = ("made_to_measure", "perishable")
"""What nobody may withdraw from, whether it has left or not."""


class Bought(Protocol):
    """A line as far as the right to withdraw depends on it."""

    @property
    def kind(self) -> str:
        """`goods` or `service`."""

    @property
    def quantity(self) -> int:
        """How many were ordered."""

    @property
    def canceled(self) -> int:
        """How many of them no longer go."""

    @property
    def delivered(self) -> int:
        """How many the client has."""

    @property
    def delivered_at(self) -> datetime | None:
        """When the latest of them came."""

    @property
    def withdrawal(self) -> str:
        """`yes`, or the law's exception, as it was ordered."""


@dataclass(frozen=True, slots=True)
class Ends:
    """When the right is over. `goods` is None while something is still to come: it has not begun."""

    goods: Ending | None
    services: Ending


def right_ends(lines: Iterable[Bought], *, placed_at: datetime, place: Place) -> Ends:
    """Until when the client may withdraw from each kind of line of one order."""
    goods = [line for line in lines if line.kind == "goods" and line.quantity > line.canceled]
    arrived = [line.delivered_at for line in goods if line.delivered_at]
    whole = all(line.delivered >= line.quantity - line.canceled for line in goods)
    return Ends(
        goods=withdrawal_ends(max(arrived), place) if goods and whole and arrived else None,
        services=withdrawal_ends(placed_at, place),
    )


def why_not(line: Bought, ends: Ends, at: datetime, *, begin_asked: bool = False) -> str:
    """Why the client may not withdraw from a line at an instant, as a word; empty where they may.

    A broken seal nobody sees from here: it is for people to say. `begin_asked` is whether the client
    asked for the service to begin within the period; without that, one that is done can be
    withdrawn from.
    """
    ending = ends.goods if line.kind == "goods" else ends.services
    if ending is not None and at >= ending.over_at:
        return "out_of_time"
    if line.withdrawal in NEVER:
        return line.withdrawal
    if line.withdrawal == "digital" and line.delivered:
        return "digital"
    if line.kind == "service" and begin_asked and line.delivered >= line.quantity - line.canceled:
        return "performed"
    return ""
