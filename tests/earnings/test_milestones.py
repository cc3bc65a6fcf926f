"""A service pays for its milestones: what each promises, and that nothing is credited before its time."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from tests.company import (
    BO,
    KETTLE,
    REPAIR,
    SKILLET,
    Company,
    a_company,
    a_paid_order,
    a_quoted_lead,
    an_affiliate,
    pay,
)
from tests.earnings.test_explained import ENGLISH
from tests.earnings.test_rules_of_a_plan import PASSING, a_rule, earned, publish
from tests.earnings.test_settling import deliver, every_check_passes, refund

from mainstem import audit, earnings, identity, leads, orders, worker
from mainstem.earnings.queries import of_order
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor, Work
from mainstem.orders import ClientDetails, LineAccepted, Placed
from mainstem.plan import book, tell, tell_unpaid
from mainstem_fulfillment import jobs

FOUND, WON, DONE, ACCEPTED = (
    a_rule("found", 500, 100, when={"kind": "service", "milestone": "qualified"}),
    a_rule("won", 300, when={"kind": "service", "milestone": "won"}, hold_days=40),
    a_rule("done", 200, 100, when={"kind": "service", "milestone": "delivered"}),
    a_rule("accepted", 1000, when={"kind": "service", "milestone": "accepted"}, hold_days=60),
)
GOODS = a_rule("goods", 1000, when={"kind": "goods"})
EACH = (FOUND, WON, DONE, ACCEPTED, GOODS)
ALL = {
    ("found", "cedar"): 10_000, ("found", "birch"): 2_000, ("won", "cedar"): 6_000,
    ("done", "cedar"): 4_000, ("done", "birch"): 2_000, ("accepted", "cedar"): 20_000,
}  # fmt: skip
"""What a repair for 2,000.00 without tax pays in the end."""
AT_DELIVERY = {key: minor for key, minor in ALL.items() if key[0] != "accepted"}


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def a_won_repair(work: Work, company: Company) -> Placed:
    """A repair that Ada asked for in Cedar's shop, quoted at 2,500.00 with tax, agreed to and paid."""
    lead = a_quoted_lead(work, company.shop)
    placed = leads.accept_quote(work, company.cedar, lead, 1, name="Ada Berg")
    pay(work, placed)
    return placed


def accept(work: Work, placed: Placed, *lines: int) -> None:
    orders.record_acceptance(
        work,
        [LineAccepted(placed.home_id, placed.order_id, no, work.now()) for no in lines or (1,)],
    )


def held_until(database: Database, placed: Placed) -> dict[str, date]:
    with database.work() as work:
        rows = work.rows(
            "SELECT DISTINCT rule, held_until FROM earning WHERE source_id = %(id)s",
            id=placed.order_id,
        )
    return {row.rule: row.held_until for row in rows}


def audited(database: Database, *placed: Placed) -> None:
    """The second implementation comes to the same, and every check passes."""
    every_check_passes(database)
    with database.work() as work:
        found = audit.audit_orders(work, [(one.home_id, one.order_id) for one in placed])
    assert found.named == []
    assert found.waiting == 0


def test_each_milestone_pays_by_its_own_rule_and_none_before_the_work_is_delivered(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        placed = a_won_repair(work, company)
    worker.drain(database)
    assert earned(database, placed) == {}  # won and paid is promised, and not earned
    with database.work() as work:
        deliver(work, placed, (1, 1))
    worker.drain(database)
    assert earned(database, placed) == AT_DELIVERY
    audited(database, placed)
    clock.move(timedelta(days=4))
    with database.work() as work:
        accept(work, placed)
    worker.drain(database)
    assert earned(database, placed) == ALL
    begun = clock.now().date() - timedelta(days=4)
    held = {rule: (until - begun).days for rule, until in held_until(database, placed).items()}
    # From its delivery, and from when it was accepted, four days later.
    assert held["won"] - held["found"] in range(9, 14)  # a hold ends on a working day
    assert held["accepted"] - held["found"] in range(33, 38)
    audited(database, placed)


def test_an_order_promises_what_it_then_earns_and_says_what_of_it_is_reached(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH, cap_bp=1100, cap_by="proportion")
        placed = a_won_repair(work, company)

    def promised() -> dict[tuple[str, str], tuple[int, bool]]:
        with database.work() as work:
            return {
                (one.rule, one.beneficiary.lower()): (one.amount.minor, one.is_reached)
                for one in earnings.promised(work, placed.home_id, placed.order_id)
            }

    half = {key: (minor // 2, key[0] in ("found", "won")) for key, minor in ALL.items()}
    assert promised() == half
    with database.work() as work:
        deliver(work, placed, (1, 1))
    worker.drain(database)
    assert promised() == half  # the client has still to accept the work
    with database.work() as work:
        accept(work, placed)
    worker.drain(database)
    assert promised() == {}
    assert earned(database, placed) == {key: minor for key, (minor, _) in half.items()}


def test_an_order_whose_money_goes_back_promises_nothing(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        placed = a_won_repair(work, company)
        refund(work, placed, 125_000, (1, 125_000))
    worker.drain(database)
    with database.work() as work:
        assert earnings.promised(work, placed.home_id, placed.order_id) == []


def test_a_service_that_nobody_asked_for_first_has_no_request_that_was_qualified_or_won(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        placed = a_paid_order(work, company.shop, (REPAIR, 1))
        deliver(work, placed, (1, 1))
        accept(work, placed)
    worker.drain(database)
    # 1,000.00 with tax: 800.00 without.
    assert earned(database, placed) == {
        ("done", "cedar"): 1_600, ("done", "birch"): 800, ("accepted", "cedar"): 8_000,
    }  # fmt: skip
    audited(database, placed)


def test_work_that_is_signed_off_is_delivered_and_accepted(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        placed = a_won_repair(work, company)
    worker.drain(database)
    with database.work() as work:
        assert jobs.perform(work, {(placed.home_id, placed.order_id): clock.now()}) == 1
    worker.drain(database)
    assert earned(database, placed) == ALL
    audited(database, placed)


def test_what_goes_back_takes_its_part_of_every_milestone_and_all_of_it_leaves_nothing(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        placed = a_won_repair(work, company)
        deliver(work, placed, (1, 1))
        accept(work, placed)
    worker.drain(database)
    with database.work() as work:
        refund(work, placed, 125_000, (1, 125_000))
    worker.drain(database)
    assert earned(database, placed) == {key: minor // 2 for key, minor in ALL.items()}
    audited(database, placed)
    with database.work() as work:
        refund(work, placed, 125_000)  # names no line
    worker.drain(database)
    assert earned(database, placed) == {}
    audited(database, placed)


def test_in_whatever_order_it_is_heard_and_however_often_it_comes_to_the_same(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        first, second = a_won_repair(work, company), a_paid_order(work, company.shop, (REPAIR, 2))
        refund(work, first, 50_000, (1, 50_000))
    worker.drain(database)
    with database.work() as work:
        accept(work, first)  # nobody has got anything yet: it counts for nothing
        deliver(work, first, (1, 1))
        accept(work, first)
        deliver(work, second, (1, 1))
    worker.drain(database)
    with database.work() as work:
        accept(work, first)
        accept(work, second)
        keys = [(one.home_id, one.order_id) for one in (first, second, first)]
        earnings.settle(work, keys)
        assert earnings.settle(work, keys) == 0
    worker.drain(database)
    assert earned(database, first) == {key: minor * 4 // 5 for key, minor in ALL.items()}
    half = {("done", "cedar"): 1_600, ("done", "birch"): 800, ("accepted", "cedar"): 8_000}
    assert earned(database, second) == half  # one of two pieces
    with database.work() as work:
        deliver(work, second, (1, 1))
    worker.drain(database)
    assert earned(database, second) == {key: 2 * minor for key, minor in half.items()}
    audited(database, first, second)


def test_all_milestones_of_a_service_obey_the_most_that_a_sale_may_pay_from_the_first_day(
    database: Database, company: Company
) -> None:
    """22 % are promised of 2,000.00 and 11 % may be paid: each gets half, before the work is accepted and
    after."""
    with database.work() as work:
        publish(work, *EACH, cap_bp=1100, cap_by="proportion")
        placed = a_won_repair(work, company)
        deliver(work, placed, (1, 1))
    worker.drain(database)
    assert earned(database, placed) == {key: minor // 2 for key, minor in AT_DELIVERY.items()}
    with database.work() as work:
        accept(work, placed)
    worker.drain(database)
    assert earned(database, placed) == {key: minor // 2 for key, minor in ALL.items()}
    with database.work() as work:
        kinds = work.rows(
            "SELECT DISTINCT kind FROM earning WHERE source_id = %(id)s", id=placed.order_id
        )
        assert [row.kind for row in kinds] == ["credit"]
    audited(database, placed)


def test_a_plan_by_delivery_gives_a_service_the_milestones_of_the_version_then_in_force(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        publish(work, a_rule("all", 1000), version_by="delivery")
        placed = a_won_repair(work, company)
    worker.drain(database)
    clock.move(timedelta(days=1))
    with database.work() as work:
        publish(work, *EACH, version_by="delivery")
        deliver(work, placed, (1, 1))
        accept(work, placed)
    worker.drain(database)
    assert earned(database, placed) == ALL
    clock.move(timedelta(days=1))
    with database.work() as work:
        publish(work, a_rule("none", 100), version_by="delivery")
        earnings.settle(work, [(placed.home_id, placed.order_id)])
    assert earned(database, placed) == ALL
    audited(database, placed)


def test_every_milestone_follows_an_order_that_is_credited_to_another(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        an_affiliate(work, "dora", sponsor_id=company.alder)
        placed = a_won_repair(work, company)
        deliver(work, placed, (1, 1))
    worker.drain(database)
    credit_to(database, placed, "dora")
    assert earned(database, placed) == {
        (rule, {"cedar": "dora", "birch": "alder"}[who]): minor
        for (rule, who), minor in AT_DELIVERY.items()
    }
    with database.work() as work:
        accept(work, placed)
    worker.drain(database)
    assert earned(database, placed)[("accepted", "dora")] == 20_000
    audited(database, placed)


def credit_to(database: Database, placed: Placed, slug: str) -> None:
    """Two of finance credit an order to another affiliate."""
    actors = []
    with database.work() as work:
        for name in ("fia", "flo"):
            id = identity.create_person(work, email=f"{name}@{slug}.example", name=name.title())
            identity.grant(work, id, "finance")
            actors.append(Actor("staff", str(id)))
    with database.work(actors[0]) as work:
        change = earnings.request_reattribution(
            work, placed.home_id, placed.order_id, affiliate=slug, reason="Theirs.", evidence="A mail.",
        )  # fmt: skip
    with database.work(actors[1]) as work:
        earnings.approve_reattribution(work, placed.home_id, change)
    worker.drain(database)


def test_who_waits_for_the_client_to_accept_the_work_is_told_so(
    database: Database, company: Company
) -> None:
    only = a_rule("accepted", 1000, when={"kind": "service", "milestone": "accepted"})
    with database.work() as work:
        publish(work, only)
        placed = a_won_repair(work, company)
        deliver(work, placed, (1, 1))
    worker.drain(database)

    def told() -> str:
        with database.work() as work:
            answer = earnings.why_order_unpaid(work, company.cedar, placed.number)
        return tell_unpaid(answer.reason, ENGLISH)

    assert "It is credited as soon as they have" in told()
    with database.work() as work:
        accept(work, placed)
    worker.drain(database)
    assert "has earned you" in told()


def test_who_is_paid_for_requests_only_is_told_why_a_sale_without_one_pays_nothing(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, FOUND)
        placed = a_paid_order(work, company.shop, (REPAIR, 1))
        deliver(work, placed, (1, 1))
    worker.drain(database)
    with database.work() as work:
        answer = earnings.why_order_unpaid(work, company.cedar, placed.number)
    assert "was bought without a request" in tell_unpaid(answer.reason, ENGLISH)


def test_each_line_of_commission_says_what_it_is_for(database: Database, company: Company) -> None:
    with database.work() as work:
        publish(work, *EACH)
        placed = a_won_repair(work, company)
        deliver(work, placed, (1, 1))
        accept(work, placed)
    worker.drain(database)
    with database.work() as work:
        said = {
            one.rule: tell(one.explanation, ENGLISH)
            for one in of_order(work, placed.home_id, placed.order_id)
            if one.level == 0
        }
    assert "began with a qualified request" in said["found"]
    assert "began with a request that was won" in said["won"]
    assert "work that the client has accepted" in said["accepted"]
    assert "This share" not in said["done"]


def test_nothing_that_a_line_was_sold_by_or_that_happened_to_it_is_changed(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, *EACH)
        placed = a_won_repair(work, company)
        deliver(work, placed, (1, 1))
        accept(work, placed)
        goods = a_paid_order(work, company.shop, (KETTLE, 1))
        deliver(work, goods, (1, 1))
    worker.drain(database)
    for order, change in (
        (placed, 'milestone_rules = \'{"won": {"rule": "found", "hold_days": 14}}\''),
        (placed, "accepted_at = accepted_at + interval '1 day'"),
        (goods, "accepted_at = now()"),
        (goods, 'milestone_rules = \'{"won": {"rule": "won", "hold_days": 14}}\''),
    ):
        with pytest.raises(psycopg.errors.CheckViolation), database.work() as work:
            work.run(f"UPDATE order_line SET {change} WHERE order_id = %(id)s", id=order.order_id)


def test_the_database_keeps_no_plan_with_a_milestone_of_goods_or_one_that_there_is_not(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        said = book.newest(work)
        assert said is not None
        document = said.document.written()
    for when in (
        {"kind": "goods", "milestone": "won"},
        {"kind": "service", "milestone": "submitted"},
    ):
        wrong = document | {
            "rules": [document["rules"][0] | {"when": document["rules"][0]["when"] | when}]
        }
        with (
            pytest.raises(psycopg.errors.CheckViolation, match="milestones"),
            database.work() as work,
        ):
            work.run(
                """INSERT INTO plan_version (version, document, hash, effective_from, published_by, published_at)
                   VALUES (99, %(document)s::jsonb, %(hash)s, now(), 'test', now())""",
                document=json.dumps(wrong),
                hash="0" * 64,
            )


# ---------------------------------------------------------------- who is active, as of the delivery


def at_delivery(passing: str = "uses_up_level") -> dict[str, Any]:
    return PASSING | {
        "inactive": passing, "own_sales_min": 1, "days": 90, "active_at": "delivery",
    }  # fmt: skip


CLEO = ClientDetails(name="Cleo Alm", email="cleo@example.com")


def birch_sells(database: Database, company: Company, **more: Any) -> None:
    with database.work() as work:
        own = a_paid_order(work, company.birch_shop, (SKILLET, 1), **more)
        deliver(work, own, (1, 1))
    worker.drain(database)


def test_whoever_sells_before_the_delivery_is_active_where_the_plan_counts_it_then(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        publish(work, a_rule("all", 1000, 300), uplines=at_delivery())
        early = a_paid_order(work, company.shop, (KETTLE, 1))
        late = a_paid_order(work, company.shop, (KETTLE, 2), client=BO)
        deliver(work, early, (1, 1))
    worker.drain(database)
    assert earned(database, early) == {("all", "cedar"): 10_000}
    birch_sells(database, company, client=CLEO)
    with database.work() as work:
        deliver(work, late, (1, 1))
    worker.drain(database)
    assert earned(database, late) == {("all", "cedar"): 10_000, ("all", "birch"): 3_000}
    # Counted once, when the first of it came: neither what Birch sells later nor that it is long ago counts.
    clock.move(timedelta(days=200))
    with database.work() as work:
        deliver(work, late, (1, 1))
        earnings.settle(work, [(early.home_id, early.order_id)])
    worker.drain(database)
    assert earned(database, late) == {("all", "cedar"): 20_000, ("all", "birch"): 6_000}
    assert earned(database, early) == {("all", "cedar"): 10_000}
    audited(database, early, late)


def test_before_the_delivery_an_order_promises_as_if_it_came_today(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, a_rule("all", 1000, 300), uplines=at_delivery())
        placed = a_paid_order(work, company.shop, (KETTLE, 1))

    def promised() -> set[str]:
        with database.work() as work:
            found = earnings.promised(work, placed.home_id, placed.order_id)
            return {one.beneficiary for one in found}

    assert promised() == {"Cedar"}
    birch_sells(database, company, client=CLEO)
    assert promised() == {"Cedar", "Birch"}


def test_an_order_that_is_credited_to_another_counts_their_sponsors_as_of_its_delivery(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        publish(work, a_rule("all", 1000, 300), uplines=at_delivery())
        an_affiliate(work, "dora", sponsor_id=company.birch)
        an_affiliate(work, "elm", sponsor_id=company.birch)
        before = a_paid_order(work, company.shop, (KETTLE, 1))
        after = a_paid_order(work, company.shop, (KETTLE, 1), client=BO)
    worker.drain(database)
    credit_to(database, before, "dora")
    birch_sells(database, company, client=CLEO)
    with database.work() as work:
        deliver(work, before, (1, 1))
        deliver(work, after, (1, 1))
    worker.drain(database)
    assert earned(database, before) == {("all", "dora"): 10_000, ("all", "birch"): 3_000}
    credit_to(database, after, "elm")
    assert earned(database, after) == {("all", "elm"): 10_000, ("all", "birch"): 3_000}
    audited(database, before, after)
