"""A client sends a friend: what both get of the friend's first order, and what becomes of it."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from tests.company import ADA, HOME, KETTLE, REPAIR, Company, a_company, a_paid_order
from tests.earnings.test_rules_of_a_plan import a_rule
from tests.earnings.test_settling import deliver, every_check_passes, refund
from tests.rewards.friends import (
    ADA_KEY,
    a_friend,
    a_friends_order,
    a_programme,
    code_of_ada,
    credit_of,
    stands,
)

from mainstem import audit, cli_commission, earnings, orders, referrals, rewards, worker
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.orders import ClientDetails, LineAccepted, Placed


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        a_programme(work)
        a_paid_order(work, company.shop, (KETTLE, 1), client=ADA, address=HOME)
    worker.drain(database)
    return company


def programme(database: Database, **said: Any) -> None:
    with database.work() as work:
        a_programme(work, **said)


def test_a_friends_first_delivered_order_gives_both_store_credit_and_the_affiliate_commission(
    database: Database, company: Company, clock: FixedClock
) -> None:
    placed = a_friends_order(database, company, code_of_ada(database))
    # 1,250.00 with 25 % tax: 1,000.00 counts.
    assert stands(database, placed) == {"referrer": 10_000, "friend": 5_000}
    assert credit_of(database) == (0, 10_000, 0), "held until nothing may come back"
    clock.move(timedelta(days=33))
    assert credit_of(database) == (10_000, 0, 0)
    assert credit_of(database, "bo@friends.example") == (5_000, 0, 0)
    every_check_passes(database)


def test_nothing_is_given_before_the_order_is_delivered(
    database: Database, company: Company
) -> None:
    placed = a_friends_order(database, company, code_of_ada(database), delivered=False)
    assert stands(database, placed) == {}
    assert credit_of(database) == (0, 0, 0)


def test_only_the_first_order_of_a_friend_gives_anything(
    database: Database, company: Company
) -> None:
    code = code_of_ada(database)
    a_friends_order(database, company, code)
    again = a_friends_order(database, company, code)
    assert stands(database, again) == {}
    with database.work() as work:
        found = rewards.reward_of(work, again.home_id, again.order_id)
    assert found is not None
    assert found.why == "not_first"


def test_what_a_reward_is_at_most_holds_and_a_refund_takes_its_part_of_what_then_stands(
    database: Database, company: Company
) -> None:
    placed = a_friends_order(database, company, code_of_ada(database), many=2)
    # 2,000.00 counts: 200.00 at 10 %, 150.00 at most.
    assert stands(database, placed) == {"referrer": 15_000, "friend": 10_000}
    with database.work() as work:
        refund(work, placed, 62_500, (1, 62_500))
    worker.drain(database)
    assert stands(database, placed) == {"referrer": 15_000, "friend": 7_500}
    with database.work() as work:
        refund(work, placed, 62_500, (1, 62_500))
    worker.drain(database)
    assert stands(database, placed) == {"referrer": 10_000, "friend": 5_000}
    with database.work() as work:
        refund(work, placed, 125_000, (1, 125_000))
    worker.drain(database)
    assert stands(database, placed) == {}
    assert credit_of(database) == (0, 0, 0)
    every_check_passes(database)


def test_refunds_of_a_third_take_back_every_unit_and_never_one_more(
    database: Database, company: Company
) -> None:
    programme(database, name="Odd", programme={"referrer": {"fixed_minor": {"SEK": 100}}})
    placed = a_friends_order(database, company, code_of_ada(database), many=3)
    seen = []
    for _ in range(3):
        with database.work() as work:
            refund(work, placed, 125_000, (1, 125_000))
        worker.drain(database)
        seen.append(stands(database, placed).get("referrer", 0))
    assert seen == [67, 33, 0]


@pytest.mark.parametrize(
    ("client", "address", "why"),
    [
        (ClientDetails(name="Ada", email="A.da+2@example.com"), None, "not the same mailbox"),
        (ClientDetails(name="Ada", email="ada+2@example.com"), None, "same_person"),
        (ClientDetails(name="A", email="a@x.example", phone="+46701740605"), None, "same_person"),
        (ClientDetails(name="A", email="a@x.example"), HOME, "same_person"),
        (ClientDetails(name="C", email="cedar@affiliates.example"), None, "participant"),
    ],
)
def test_nobody_is_their_own_friend_and_affiliates_are_nobodys(
    database: Database, company: Company, client: ClientDetails, address: Any, why: str
) -> None:
    more = {"address": address} if address else {}
    placed = a_friends_order(database, company, code_of_ada(database), client=client, **more)
    with database.work() as work:
        found = rewards.reward_of(work, placed.home_id, placed.order_id)
    assert found is not None
    if why == "not the same mailbox":
        assert found.stands
    else:
        assert (found.why, stands(database, placed)) == (why, {})


def test_a_clients_friends_are_rewarded_so_many_a_year_the_first_that_ordered(
    database: Database, company: Company, clock: FixedClock
) -> None:
    programme(database, name="Two a year", programme={"friends_a_year": 2})
    code = code_of_ada(database)
    late = a_friends_order(database, company, code, "first", delivered=False)
    clock.move(timedelta(minutes=1))
    second = a_friends_order(database, company, code, "second")
    clock.move(timedelta(minutes=1))
    third = a_friends_order(database, company, code, "third")
    assert [bool(stands(database, one)) for one in (late, second, third)] == [False, True, True]
    with database.work() as work:
        deliver(work, late, (1, 1))
    worker.drain(database)
    # What was ordered first and came last takes its place: the third friend's is taken back.
    assert [bool(stands(database, one)) for one in (late, second, third)] == [True, True, False]
    with database.work() as work:
        found = rewards.reward_of(work, third.home_id, third.order_id)
    assert found is not None
    assert found.why == "too_many_friends"
    clock.move(timedelta(days=366))
    assert stands(database, a_friends_order(database, company, code, "next-year"))
    every_check_passes(database)


def test_all_together_costs_no_more_than_the_plan_allows_and_the_rewards_give_way(
    database: Database, company: Company
) -> None:
    programme(database, name="Tight", cap_bp=1200)
    placed = a_friends_order(database, company, code_of_ada(database))
    # 12 % of 1,000.00 is 120.00; 100.00 is commission, and 20.00 is left of 100.00 and 50.00.
    assert stands(database, placed) == {"referrer": 1_333, "friend": 667}
    every_check_passes(database)


def test_where_commission_comes_first_an_affiliates_sale_gives_no_reward(
    database: Database, company: Company
) -> None:
    programme(database, name="First", programme={"commission": "comes_first"})
    placed = a_friends_order(database, company, code_of_ada(database))
    assert stands(database, placed) == {}
    with database.work() as work:
        found = rewards.reward_of(work, placed.home_id, placed.order_id)
    assert found is not None
    assert found.why == "commission_comes_first"


def test_a_reward_waits_for_the_review_of_what_may_be_somebodys_own_purchase(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        own = ClientDetails(name="Cedar", email="cedar@affiliates.example")
        door = HOME.__class__("Cedarvägen 1", "114 55", "Stockholm", "SE")
        a_paid_order(work, company.shop, (KETTLE, 1), client=own, address=door)
    worker.drain(database)
    placed = a_friends_order(database, company, code_of_ada(database), address=door)
    assert stands(database, placed) == {}
    with database.work() as work:
        earnings.decide(work, placed.home_id, placed.order_id, release=True, words="A neighbour.")
    worker.drain(database)
    assert stands(database, placed) == {"referrer": 10_000, "friend": 5_000}
    with database.work() as work:
        earnings.decide(work, placed.home_id, placed.order_id, release=False, words="No neighbour.")
    worker.drain(database)
    assert stands(database, placed) == {}
    every_check_passes(database)


def test_settling_again_and_again_changes_nothing(database: Database, company: Company) -> None:
    placed = a_friends_order(database, company, code_of_ada(database))
    for _ in range(3):
        with database.work() as work:
            assert rewards.settle(work, [(placed.home_id, placed.order_id)] * 2) == 0


def test_who_sent_whom_is_never_written_again(database: Database, company: Company) -> None:
    placed = a_friends_order(database, company, code_of_ada(database))
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        database.work() as work,
    ):
        work.run("UPDATE client_referral SET referrer_key = 'x' WHERE order_id = %(o)s",
                 o=placed.order_id)  # fmt: skip


def test_a_code_of_nobody_is_a_note_on_the_order(database: Database, company: Company) -> None:
    placed = a_friends_order(database, company, "NOBODYS1")
    with database.work() as work:
        assert rewards.reward_of(work, placed.home_id, placed.order_id) is None
        said = work.value("SELECT attribution FROM orders WHERE id = %(o)s", o=placed.order_id)
    assert said["code"] == ["NOBODYS1", None]


def test_the_code_of_a_client_is_made_once(database: Database, company: Company) -> None:
    assert code_of_ada(database) == code_of_ada(database)
    with database.work() as work:
        assert [one.number for one in rewards.friends_of(work, ADA_KEY)] == []


def test_the_rewards_of_an_order_are_explained_on_the_command_line(
    database: Database, company: Company, capsys: pytest.CaptureFixture[str]
) -> None:
    placed = a_friends_order(database, company, code_of_ada(database))

    def explained(order: Placed, **asked: str | None) -> str:
        given = {"order": order.number, "affiliate": None, "language": "en"} | asked
        capsys.readouterr()
        assert cli_commission.say_each(database, argparse.Namespace(**given)) == 0
        return capsys.readouterr().out.replace("\N{NO-BREAK SPACE}", " ")

    told = explained(placed)
    assert "SEK 100.00  For a friend whom they sent" in told
    assert "5 % of that is SEK 50.00." in told
    assert "friend" not in explained(placed, affiliate="cedar")
    again = a_friends_order(database, company, code_of_ada(database))
    assert "It was not the friend's first order." in explained(again)


@pytest.mark.parametrize("done", [True, False])
def test_the_reward_of_a_service_that_pays_by_milestones_is_audited_to_the_cent(
    database: Database, company: Company, database_url: str, done: bool
) -> None:
    """It is rewarded when it was delivered; or accepted, where the plan pays nothing for its delivery."""
    by_milestones = [
        a_rule("goods", 1000, when={"kind": "goods"}),
        a_rule("won", 100, when={"kind": "service", "milestone": "won"}),
        a_rule("accepted", 300, when={"kind": "service", "milestone": "accepted"}),
    ]
    if done:
        by_milestones.append(
            a_rule("done", 200, when={"kind": "service", "milestone": "delivered"})
        )
    programme(database, rules=by_milestones)
    code = code_of_ada(database)
    client, address = a_friend("eve")
    with database.work() as work:
        repair = a_paid_order(
            work, company.shop, (REPAIR, 1), client=client, address=address, code=code
        )
        deliver(work, repair, (1, 1))
    worker.drain(database)
    assert stands(database, repair) == ({"referrer": 8_000, "friend": 4_000} if done else {})
    assert audited(database, repair) == []
    with database.work() as work:
        orders.record_acceptance(
            work, [LineAccepted(repair.home_id, repair.order_id, 1, work.now())]
        )
    worker.drain(database)
    assert stands(database, repair) == {"referrer": 8_000, "friend": 4_000}
    assert audited(database, repair) == []
    with database.work() as work:
        refund(work, repair, 33_333, (1, 33_333))
    worker.drain(database)
    assert audited(database, repair) == []
    given = stands(database, repair)["referrer"]
    with psycopg.connect(database_url) as connection:
        connection.execute("ALTER TABLE reward DISABLE TRIGGER append_only")
        connection.execute(
            "UPDATE reward SET amount_minor = amount_minor + 1 WHERE side = 'referrer' AND kind = 'credit'"
        )
    assert audited(database, repair) == [("referrer", given, given + 1)]


def audited(database: Database, placed: Placed) -> list[tuple[str, int, int]]:
    with database.work() as work:
        found = audit.audit_orders(work, [(placed.home_id, placed.order_id)])
    return [(one.rule, one.should_be, one.is_now) for one in found.named]


def test_a_service_that_pays_for_its_delivery_and_its_acceptance_is_rewarded_once(
    database: Database, company: Company
) -> None:
    """Beside goods by the same rule as its delivery, as alone."""
    everything = a_rule("all", 1000)
    accepted = a_rule("accepted", 300, when={"kind": "service", "milestone": "accepted"})
    programme(database, rules=[accepted, everything])
    client, address = a_friend("eve")
    with database.work() as work:
        both = a_paid_order(
            work, company.shop, (KETTLE, 1), (REPAIR, 1), client=client, address=address,
            code=referrals.client_code(work, ADA_KEY),
        )  # fmt: skip
        deliver(work, both, (1, 1), (2, 1))
    worker.drain(database)
    before = stands(database, both)
    with database.work() as work:
        orders.record_acceptance(work, [LineAccepted(both.home_id, both.order_id, 2, work.now())])
    worker.drain(database)
    assert before["friend"] == 9_000
    assert stands(database, both) == before
    assert audited(database, both) == []
