"""Store credit as others see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from mainstem.money import Money

CreditKind = Literal["goodwill", "referrer", "friend"]
"""What it was granted for: out of kindness, for a friend who was sent, or to the friend."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What a client has in one currency: to be spent now, and granted but still held.

    Spent credit that was taken back is a debt: `usable_minor` is what is left after it, never below 0.
    """

    currency: str
    usable_minor: int
    held_minor: int
    owed_minor: int

    @property
    def usable(self) -> Money:
        """What may be spent now."""
        return Money(self.usable_minor, self.currency)

    @property
    def held(self) -> Money:
        """What may be spent later."""
        return Money(self.held_minor, self.currency)

    @property
    def owed(self) -> Money:
        """What later credit fills first."""
        return Money(self.owed_minor, self.currency)


@dataclass(frozen=True, slots=True)
class CreditView:
    """One credit: what for, how much of it was granted, and what is left."""

    id: UUID
    kind: CreditKind
    currency: str
    granted_minor: int
    left_minor: int
    reason: str
    actor: str
    granted_at: datetime
    available_on: date
    expires_on: date | None
    home_id: int | None
    order_id: UUID | None
    number: str | None

    @property
    def granted(self) -> Money:
        """What was granted."""
        return Money(self.granted_minor, self.currency)

    @property
    def left(self) -> Money:
        """What is left of it, below zero where more was spent than stands."""
        return Money(self.left_minor, self.currency)


@dataclass(frozen=True, slots=True)
class OrderCredit:
    """The credit that was spent on an order, and what of that came back, both in its minor units."""

    spent_minor: int
    given_back_minor: int
