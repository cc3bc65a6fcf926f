"""Who is paid at which level above a sale, and why somebody in between is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Passing = Literal["uses_up_level", "passed_over"]
"""Whoever is not paid uses up a level, which the parent then keeps; or is passed over, and the next
one above moves into the level (compression)."""

ActiveAt = Literal["sale", "delivery"]
"""As of when a sponsor's own sales are counted: of the sale, or of its first delivery."""

Reason = Literal["house", "suspended", "inactive", "wrong_group", "rank_too_low"]
"""Why somebody in an upline is not paid."""


@dataclass(frozen=True, slots=True)
class Member:
    """An affiliate of an upline, as they were at the sale.

    `own_sales` is how many sales of their own had been delivered to clients in the days that the
    plan looks back, from the sale or from its delivery.
    """

    id: int
    house: bool = False
    suspended: bool = False
    own_sales: int = 0
    groups: frozenset[str] = frozenset()
    rank: int = 0
    """The number of the rank that the plan says a sale sees; 0 for none."""


class Asked(Protocol):
    """What a level asks of whoever is to be paid at it."""

    @property
    def groups(self) -> frozenset[str]:
        """Those of which they must be in one; empty: any."""
        ...

    @property
    def rank_from(self) -> int:
        """The number of the rank that they must have or be above; 0: any."""
        ...


@dataclass(frozen=True, slots=True)
class Uplines:
    """What happens at somebody who is not paid, and what a sponsor must do to be paid.

    `own_sales_min` of 0 asks nothing of a sponsor. Whoever sold is never asked: they just have.
    """

    house: Passing = "uses_up_level"
    suspended: Passing = "uses_up_level"
    inactive: Passing = "uses_up_level"
    own_sales_min: int = 0
    days: int = 0
    active_at: ActiveAt = "sale"

    @property
    def asks_at_delivery(self) -> bool:
        """Whether it is known only at its delivery who is active of those above a sale."""
        return self.own_sales_min > 0 and self.active_at == "delivery"


@dataclass(frozen=True, slots=True)
class Place:
    """One of an upline, at the level that they stand for: paid, or not and why.

    `steps` is how far above the seller they are; `level` is what they are paid for, None for whoever
    was passed over. The two differ where somebody below was passed over.
    """

    steps: int
    level: int | None
    member: Member
    reason: Reason | None = None


def places(upline: Sequence[Member], rules: Uplines, levels: Sequence[Asked]) -> list[Place]:
    """Everybody of an upline up to the last level, the seller first."""
    found: list[Place] = []
    level = 0
    for steps, member in enumerate(upline):
        if level >= len(levels):
            break
        reason, passing = _unpaid(member, rules, seller=steps == 0)
        if reason is None:
            # How deep one is paid is theirs alone: whoever is above moves into nobody's place.
            reason = _too_deep(member, levels[level])
        # The seller's own level is nobody else's.
        over = reason is not None and passing == "passed_over" and steps > 0
        found.append(Place(steps, None if over else level, member, reason))
        level += not over
    return found


def _unpaid(member: Member, rules: Uplines, *, seller: bool) -> tuple[Reason | None, Passing]:
    if member.house:
        return "house", rules.house
    if member.suspended:
        return "suspended", rules.suspended
    if not seller and member.own_sales < rules.own_sales_min:
        return "inactive", rules.inactive
    return None, "uses_up_level"


def _too_deep(member: Member, level: Asked) -> Reason | None:
    if level.groups and not level.groups & member.groups:
        return "wrong_group"
    return "rank_too_low" if member.rank < level.rank_from else None
