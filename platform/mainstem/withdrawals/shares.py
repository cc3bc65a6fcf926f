"""What pieces of a line cost: shares that add up to the whole line, however it is divided."""

from __future__ import annotations

from mainstem.money import rdiv


def share(total_minor: int, quantity: int, *, gone: int, pieces: int, step: int = 1) -> int:
    """What so many pieces of a line cost when so many of it are gone already, in minor units.

    Each share is the difference of two sums from the first piece on, so that the shares of all pieces
    add up to the line's total, to the unit. `step` is what every refund is a multiple of in its
    currency: there a sum is rounded up to the next step, and the client never waits for a rest.
    """
    assert gone >= 0
    assert pieces >= 0
    assert gone + pieces <= quantity

    def of_first(count: int) -> int:
        minor = rdiv(total_minor * count, quantity)
        return min(total_minor, -(-minor // step) * step)

    return of_first(gone + pieces) - of_first(gone)
