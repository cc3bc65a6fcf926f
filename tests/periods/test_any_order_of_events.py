"""Whatever happens after a close, in any order and however often it is settled: once at the end is the same."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.company import ADA, BO, Company, a_company
from tests.months import MARCH, Office, a_sale, an_office, deliver, pays_for_periods, tiers

from mainstem import ledger, periods
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.money import BASIS
from mainstem.orders import Placed
from mainstem.plan.periods import Tier, TierRule

NETS = (400_000, 800_000, 1_200_000, 2_000_000)
SHARE_BP = 200
POOL = {"id": "pool", "share_bp": SHARE_BP, "rank_from": "seller", "disqualified": "lapses"}
RANKS = {
    "leg_share_of": "needed_volume", "sale_sees": "paid_as_of_last_period", "grace_periods": 0,
    "ranks": [{"id": "seller", "personal_minor": {"SEK": 1_000_000}}],
}  # fmt: skip
STEPS = (Tier(0, 400), Tier(1_000_000, 600), Tier(2_500_000, 900))

Event = tuple[str, int]
EVENTS = st.lists(
    st.tuples(st.sampled_from(["refund", "dispute", "won", "late", "settle"]), st.integers(0, 4)),
    max_size=14,
)


class _Undone(Exception):
    """Nothing of an example is kept."""


@dataclass
class Sale:
    """A sale as somebody would keep it on paper."""

    placed: Placed
    seller: int
    net: int
    arrived: bool = True
    quarters_back: int = 0
    disputed: bool = False

    @property
    def counts(self) -> int:
        """What of it was delivered and did not come back."""
        if not self.arrived or self.disputed:
            return 0
        return self.net * (4 - self.quarters_back) // 4


@dataclass
class March:
    """A month that was closed, and what has become of its sales since."""

    work: Work
    sales: list[Sale] = field(default_factory=list)

    def happens(self, what: str, which: int) -> None:
        """One thing happens to one sale, as it is kept with the order."""
        sale = self.sales[which % len(self.sales)]
        key = {"home": sale.placed.home_id, "id": sale.placed.order_id}
        part = sale.placed.total_minor // 4
        if what == "refund" and sale.quarters_back < 4 and not sale.disputed:
            sale.quarters_back += 1
            for table, by in (("orders", "id"), ("order_line", "order_id")):
                self.work.run(
                    f"""UPDATE {table} SET refunded_minor = refunded_minor + %(part)s
                         WHERE home_id = %(home)s AND {by} = %(id)s""", part=part, **key,
                )  # fmt: skip
        elif what in ("dispute", "won"):
            sale.disputed = what == "dispute"
            self.work.run(
                """UPDATE orders SET disputed_minor = CASE WHEN %(lost)s THEN total_minor - refunded_minor
                                                      ELSE 0 END WHERE home_id = %(home)s AND id = %(id)s""",
                lost=sale.disputed, **key,
            )  # fmt: skip
        elif what == "late" and not sale.arrived:
            sale.arrived = True
            deliver(self.work, sale.placed, at=datetime(2026, 3, 30, tzinfo=UTC))
        periods.touch(self.work, [(sale.placed.home_id, sale.placed.order_id)])

    def stands(self) -> dict[tuple[int, str], int]:
        """What the month has earned whom by which rule."""
        rows = self.work.rows(
            """SELECT beneficiary_id, rule, sum(amount_minor)::bigint AS minor FROM earning
                WHERE source = 'period' AND period_from = %(day)s GROUP BY 1, 2
               HAVING sum(amount_minor) <> 0""",
            day=MARCH,
        )
        return {(row.beneficiary_id, row.rule): row.minor for row in rows}


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def office(database: Database, clock: FixedClock) -> Office:
    return an_office(database, clock)


def a_closed_march(work: Work, company: Company, office: Office, late: Sequence[bool]) -> March:
    march = March(work)
    shops = [company.shop, company.birch_shop, company.shop, company.birch_shop]
    for shop, net, waits in zip(shops, NETS, late, strict=True):
        client = ADA if shop is company.shop else BO
        placed = a_sale(work, shop, net, client=client, delivered=not waits)
        march.sales.append(Sale(placed, shop.home_id, net, arrived=not waits))
    pays_for_periods(work, tiers=[tiers()], ranks=RANKS, pools=[POOL])
    office.clock.move(datetime(2026, 4, 2, tzinfo=UTC) - office.clock.now())
    work.actor = office.first
    periods.preview(work, MARCH)
    work.actor = office.second
    periods.close(work, MARCH)
    return march


def played(
    database: Database,
    company: Company,
    office: Office,
    late: Sequence[bool],
    events: Sequence[Event],
    *,
    at_once: bool,
) -> tuple[dict[tuple[int, str], int], March]:
    """A march to whose sales these events happen, settled as they say or once; what it has earned then."""
    began, found = office.clock.now(), {}
    with suppress(_Undone), database.work() as work:
        march = a_closed_march(work, company, office, late)
        for what, which in events:
            if what != "settle":
                march.happens(what, which)
            elif not at_once:
                periods.settle(work)
        periods.settle(work)
        assert periods.settle(work) == 0, "a second time there is nothing to do"
        found = march.stands()
        assert periods.check(work, MARCH) == []
        assert [one for one in ledger.audit(work) if one.wrong] == []
        booked = work.value(
            """SELECT coalesce(-sum(e.signed_minor), 0) FROM ledger_entry e
                 JOIN ledger_transfer t ON t.home_id = e.home_id AND t.id = e.transfer_id
                WHERE e.account = 'commission_expense' AND t.key LIKE 'period:%%'"""
        )
        assert booked == sum(found.values()), "the books have what was earned, and nothing else"
        raise _Undone
    office.clock.move(began - office.clock.now())
    return found, march


@settings(
    max_examples=12,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(late=st.tuples(*[st.booleans()] * 4), events=EVENTS)
def test_settled_in_any_order_a_month_ends_where_it_would_have_settled_once(
    database: Database,
    company: Company,
    office: Office,
    late: tuple[bool, ...],
    events: list[Event],
) -> None:
    found, march = played(database, company, office, late, events, at_once=False)
    once, _ = played(database, company, office, late, events, at_once=True)
    assert found == once
    rule = TierRule("volume", "personal", "marginal", "from", STEPS)
    sold = dict.fromkeys((company.cedar, company.birch), 0)
    for sale in march.sales:
        sold[sale.seller] += sale.counts
    tiers_of = {who: minor for (who, of), minor in found.items() if of == "volume"}
    assert tiers_of == {id: rule.pays(minor) for id, minor in sold.items() if minor}
    pool = sum(minor for (_, of), minor in found.items() if of == "pool")
    assert pool <= sum(sold.values()) * SHARE_BP // BASIS
