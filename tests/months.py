"""Words for tests of periods: plans that pay for them, months of sales, and the two people who close one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mainstem import identity, orders, periods, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor, Work
from mainstem.orders import ClientDetails, LineWanted, Placed
from mainstem.plan import book
from tests.company import ADA, KETTLE, Shop, a_paid_order

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)

SALES = {
    "format": 2,
    "name": "Plan of months",
    "version_by": "order",
    "joined_before": "move",
    "cap_bp": 3000,
    "uplines": {
        "house": "uses_up_level",
        "suspended": "uses_up_level",
        "inactive": "uses_up_level",
    },
    "rules": [{"id": "goods", "levels": [{"rate_bp": 1000}], "cap_bp": 1400, "hold_days": 30}],
}
MONTHLY = {
    "every": "month",
    "counted_at": "delivery",
    "teams": "as_at_close",
    "hold_days": 30,
}
STEPS = [
    {"from_minor": {"SEK": 0}, "rate_bp": 400},
    {"from_minor": {"SEK": 1_000_000}, "rate_bp": 600},
    {"from_minor": {"SEK": 2_500_000}, "rate_bp": 900},
]
"""4 % to 10,000, 6 % to 25,000, 9 % above."""


def tiers(of: str = "marginal", **changes: Any) -> dict[str, Any]:
    """Own sales by the three steps."""
    said = {"id": "volume", "volume": "personal", "of": of, "threshold": "from", "tiers": STEPS}
    return said | changes


def pays_for_periods(work: Work, **rules: Any) -> int:
    """The plan of a year ago pays for months by these rules, too; its version. Sales keep what they pay."""
    plan = book.publish(
        work,
        SALES | {"period": MONTHLY | rules},
        effective_from=datetime(2025, 1, 1, tzinfo=UTC),
        confirmed=True,
    )
    return plan.version


def a_sale(
    work: Work, shop: Shop, net_minor: int, *, client: ClientDetails = ADA, delivered: bool = True
) -> Placed:
    """A sale of so much without tax, delivered."""
    line = LineWanted(KETTLE, 1, net_minor * 5 // 4)
    placed = a_paid_order(work, shop, lines=[line], client=client)
    if delivered:
        deliver(work, placed)
    return placed


def deliver(work: Work, placed: Placed, *, at: datetime | None = None) -> None:
    """The one line of an order has arrived."""
    moved = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 1)]
    orders.record_shipment(work, moved)
    orders.record_delivery(work, moved, at={(placed.home_id, placed.order_id): at} if at else None)


@dataclass(frozen=True, slots=True)
class Office:
    """Two people of finance, who close periods together."""

    database: Database
    clock: FixedClock
    first: Actor
    second: Actor

    def preview(self, day: date = MARCH) -> periods.Period:
        """The first of them looks at what a period would pay."""
        with self.database.work(self.first) as work:
            return periods.preview(work, day)

    def close(self, day: date = MARCH) -> periods.Period:
        """The first of them previews a period and the second closes it."""
        self.preview(day)
        with self.database.work(self.second) as work:
            return periods.close(work, day)

    def april_begins(self) -> None:
        """It is noon on the second of April, and what March has left behind is done."""
        self.clock.move(datetime(2026, 4, 2, 10, tzinfo=UTC) - self.clock.now())
        worker.drain(self.database)

    def days_pass(self, days: int) -> None:
        """So many days later."""
        self.clock.move(timedelta(days=days))

    def settle(self) -> int:
        """What has changed of closed periods is settled, as each day does."""
        worker.drain(self.database)
        with self.database.work() as work:
            return periods.settle(work)


def an_office(database: Database, clock: FixedClock) -> Office:
    """Finance has two people."""
    ids = []
    with database.work() as work:
        for name in ("Fia", "Finn"):
            id = identity.create_person(work, email=f"{name.lower()}@example.com", name=name)
            identity.grant(work, id, "finance")
            ids.append(Actor("staff", str(id)))
    return Office(database, clock, ids[0], ids[1])


def earned(work: Work, affiliate: int, day: date = MARCH) -> dict[str, int]:
    """What a period has earned an affiliate, rule by rule, as it stands."""
    rows = work.rows(
        """SELECT rule, sum(amount_minor)::bigint AS minor FROM earning
            WHERE source = 'period' AND period_from = %(day)s AND beneficiary_id = %(id)s
            GROUP BY 1 HAVING sum(amount_minor) <> 0""",
        day=day,
        id=affiliate,
    )
    return {row.rule: row.minor for row in rows}
