"""One order on its way through a batch, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from mainstem.kit.errors import Refused
from mainstem.orders import unpaid
from mainstem.orders.client import Client
from mainstem.orders.model import OrderWanted, Placed, Totals
from mainstem.orders.pricing import Article, Buyer, Price
from mainstem.stock import Part

AGREED_BEFORE = ("lead", "import")
"""Channels in which price and article were agreed before: by a quote or in a history."""

NOT_PRICED = Price([], Totals(0, 0, 0, 0))


@dataclass(slots=True)
class Draft:
    """One order on its way through a batch."""

    wanted: OrderWanted
    at: datetime
    id: UUID
    answer: Placed | Refused | None = None
    client: Client | None = None
    articles: list[Article] = field(default_factory=list)
    buyer: Buyer | None = None
    price: Price = NOT_PRICED
    needs: list[tuple[int, int, int]] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    large: bool = False
    """Whether it takes a large share of what is left of something."""
    threshold_minor: int = 0
    """What of it counts towards the threshold of sales to other countries, in euro cents."""

    credit: Mapping[UUID, int] = field(default_factory=dict)
    """How much of which of the client's credits makes it cheaper."""

    @property
    def pay_by(self) -> datetime:
        """Until when it may be paid."""
        within = self.wanted.pay_within
        if self.large:
            within = min(within, unpaid.LARGE_WITHIN)
        return self.at + within

    @property
    def whose(self) -> list[unpaid.Who]:
        """Against whom it counts while it is not paid."""
        assert self.client is not None, "an order is checked before it is counted"
        return unpaid.whose(self.wanted, self.client.key) if self.needs else []


def open_ones(drafts: Iterable[Draft]) -> list[Draft]:
    """Those that are not answered yet."""
    return [draft for draft in drafts if draft.answer is None]


def answered(draft: Draft) -> Placed | Refused:
    """What came of it."""
    assert draft.answer is not None, "every order is answered"
    return draft.answer
