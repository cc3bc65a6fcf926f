"""An order is credited to another affiliate after all: the money follows, and nothing that happened changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from tests.audited import everything_holds
from tests.company import KETTLE, Company, a_company, a_paid_order, an_affiliate

from mainstem import (
    earnings,
    identity,
    ledger,
    network,
    orders,
    payments,
    worker,
)
from mainstem.earnings.reattribution import (
    ChangeWaits,
    CreditedAlready,
    EarnsNobody,
    MayNotCreditAnother,
    NotCreditable,
    Part,
)
from mainstem.identity import SamePerson
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, InvalidTransition
from mainstem.kit.work import Actor
from mainstem.orders import ClientDetails, Placed


@dataclass
class Story:
    """The company with Dora, whom Alder sponsors like Birch; Fia and Flo of finance, and Li who is not."""

    database: Database
    company: Company
    dora: int
    fia: Actor
    flo: Actor
    li: Actor

    def sold(self) -> Placed:
        """Two kettles of Cedar's shop, delivered: 200.00 to Cedar, 60.00 to Birch, 20.00 to Alder."""
        with self.database.work() as work:
            placed = a_paid_order(work, self.company.shop, (KETTLE, 2))
            gone = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)]
            orders.record_shipment(work, gone)
            orders.record_delivery(work, gone)
        worker.drain(self.database)
        return placed

    def asked(self, placed: Placed, to: str = "dora") -> UUID:
        with self.database.work(self.fia) as work:
            return earnings.request_reattribution(
                work, placed.home_id, placed.order_id, affiliate=to,
                reason="Dora brought the client.", evidence="Their mail of 2 March.",
            )  # fmt: skip

    def moved(self, placed: Placed, to: str = "dora", *others: Part) -> None:
        with self.database.work(self.fia) as work:
            change = earnings.request_reattribution(
                work, placed.home_id, placed.order_id, affiliate=to, others=others,
                reason="They both brought the client.", evidence="Their mails.",
            )  # fmt: skip
        with self.database.work(self.flo) as work:
            earnings.approve_reattribution(work, placed.home_id, change)
        worker.drain(self.database)

    def earned(self) -> dict[str, int]:
        """What stands of everybody, pending and payable together."""
        names = {
            self.company.alder: "alder", self.company.birch: "birch",
            self.company.cedar: "cedar", self.dora: "dora",
        }  # fmt: skip
        found = dict.fromkeys(names.values(), 0)
        with self.database.work() as work:
            for (owner, _, _), minor in ledger.balances(work, [*names]).items():
                found[names[owner]] += minor
        return {name: minor for name, minor in found.items() if minor}


@pytest.fixture
def story(database: Database) -> Iterator[Story]:
    with database.work() as work:
        company = a_company(work)
        dora = an_affiliate(work, "dora", sponsor_id=company.alder)
        actors = []
        for name, role in (("fia", "finance"), ("flo", "finance"), ("li", "lead_desk")):
            id = identity.create_person(work, email=f"{name}@example.com", name=name.title())
            identity.grant(work, id, role)
            actors.append(Actor("staff", str(id)))
    yield Story(database, company, dora, *actors)
    everything_holds(database)


AS_SOLD = {"cedar": 20000, "birch": 6000, "alder": 2000}
OF_DORA = {"dora": 20000, "alder": 6000}


def test_the_right_ones_are_credited_and_the_wrong_ones_give_it_back(story: Story) -> None:
    placed = story.sold()
    assert story.earned() == AS_SOLD
    with story.database.work() as work:
        before = work.rows("SELECT * FROM earning ORDER BY level, no")
    story.asked(placed)
    assert story.earned() == AS_SOLD, "nothing moves before a second person agrees"
    with story.database.work(story.flo) as work:
        [change] = earnings.reattributions_waiting(work)
        assert (change.before, change.after) == ("Cedar", "Dora")
        earnings.approve_reattribution(work, placed.home_id, change.id)
    assert story.earned() == OF_DORA
    with story.database.work() as work:
        after = work.rows("SELECT * FROM earning ORDER BY level, no")
        assert all(row in after for row in before), "what happened stays"
        of_cedar = work.rows(
            "SELECT kind, amount_minor, explanation FROM earning WHERE beneficiary_id = %(id)s"
            " AND kind <> 'hold' ORDER BY no",
            id=story.company.cedar,
        )
        assert [(row.kind, row.amount_minor) for row in of_cedar] == [
            ("credit", 20000),
            ("reversal", -20000),
        ]
        assert of_cedar[-1].explanation["message"] == "reattributed"
        frozen = work.one("SELECT seller_id, upline FROM orders")
        assert (frozen.seller_id, frozen.upline[0]) == (story.company.cedar, story.company.cedar)


def test_it_may_be_settled_again_and_may_go_back(story: Story) -> None:
    placed = story.sold()
    story.moved(placed)
    with story.database.work() as work:
        assert earnings.settle(work, [(placed.home_id, placed.order_id)]) == 0
    story.moved(placed, to="cedar")
    assert story.earned() == AS_SOLD
    story.moved(placed)
    assert story.earned() == OF_DORA


def test_whoever_has_it_again_is_told_so_and_of_no_refund(story: Story) -> None:
    placed = story.sold()
    story.moved(placed)
    story.moved(placed, "cedar")
    with story.database.work() as work:
        told = work.rows(
            """SELECT explanation ->> 'message' AS message, explanation -> 'facts' AS facts FROM earning
                WHERE beneficiary_id = %(id)s AND kind <> 'hold' ORDER BY no""",
            id=story.company.cedar,
        )
    assert [row.message for row in told] == ["credit", "reattributed", "credited_again"]
    assert (told[-1].facts["credit"], told[-1].facts["stands"]) == (20000, 20000)
    with story.database.work() as work:
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=125000, reason="returned",
            lines=[(1, 125000)],
        )  # fmt: skip
    worker.drain(story.database)
    assert story.earned() == {"cedar": 10000, "birch": 3000, "alder": 1000}


def test_staff_may_share_an_order_between_several_and_take_that_back(story: Story) -> None:
    """60 % stay Cedar's, 40 % are Dora's; Alder is above both."""
    placed = story.sold()
    story.moved(placed, "cedar", Part("dora", 4000))
    shared = {"cedar": 12000, "dora": 8000, "birch": 3600, "alder": 1200 + 2400}
    assert story.earned() == shared
    with story.database.work() as work:
        assert earnings.settle(work, [(placed.home_id, placed.order_id)]) == 0
        [change] = earnings.reattributions_of(work, placed.home_id, placed.order_id)
        assert (change.after, change.part_bp, change.others) == (
            "Cedar", 6000, [{"name": "Dora", "part_bp": 4000}],
        )  # fmt: skip
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=125000, reason="returned",
            lines=[(1, 125000)],
        )  # fmt: skip
    worker.drain(story.database)
    assert story.earned() == {who: minor // 2 for who, minor in shared.items()}
    with pytest.raises(CreditedAlready):
        story.moved(placed, "cedar", Part("dora", 4000))
    story.moved(placed, "cedar")
    assert story.earned() == {"cedar": 10000, "birch": 3000, "alder": 1000}


@pytest.mark.parametrize(
    "others",
    [[Part("dora", 10000)], [Part("dora", 0)], [Part("cedar", 100)], [Part("birch", 1)] * 5],
)
def test_everybody_who_shares_has_a_part_and_is_named_once(
    story: Story, others: list[Part]
) -> None:
    with pytest.raises(InvalidInput):
        story.moved(story.sold(), "cedar", *others)


def test_a_refund_before_and_one_after_take_back_their_part(story: Story) -> None:
    placed = story.sold()

    def back(minor: int) -> None:
        with story.database.work() as work:
            payments.request_refund(
                work, placed.home_id, placed.order_id, amount_minor=minor, reason="returned",
                lines=[(1, minor)],
            )  # fmt: skip
        worker.drain(story.database)

    back(62500)
    assert story.earned() == {"cedar": 15000, "birch": 4500, "alder": 1500}
    story.moved(placed)
    assert story.earned() == {"dora": 15000, "alder": 4500}
    back(62500)
    assert story.earned() == {"dora": 10000, "alder": 3000}
    back(125000)
    assert story.earned() == {}


def test_what_was_released_is_payable_to_the_right_one_and_taken_from_the_wrong_one(
    story: Story, clock: FixedClock
) -> None:
    placed = story.sold()
    clock.move(timedelta(days=40))
    with story.database.work() as work:
        earnings.release(work, clock.now().date())
    story.moved(placed)
    with story.database.work() as work:
        found = ledger.balances(work, [story.dora, story.company.cedar])
    assert {key[:2]: minor for key, minor in found.items() if minor} == {
        (story.dora, "payable"): 20000
    }


def test_an_order_that_is_still_to_be_delivered_is_credited_to_the_right_one_alone(
    story: Story,
) -> None:
    with story.database.work() as work:
        placed = a_paid_order(work, story.company.shop, (KETTLE, 2))
    story.moved(placed)
    with story.database.work() as work:
        gone = [orders.LineQuantity(placed.home_id, placed.order_id, 1, 2)]
        orders.record_shipment(work, gone)
        orders.record_delivery(work, gone)
    worker.drain(story.database)
    assert story.earned() == OF_DORA
    with story.database.work() as work:
        whose = {row.beneficiary_id for row in work.rows("SELECT beneficiary_id FROM earning")}
    assert whose == {story.dora, story.company.alder}


def test_uplines_are_those_of_the_sale(story: Story, clock: FixedClock) -> None:
    """Alder was suspended when it was sold, and is not today."""
    company = story.company
    with story.database.work() as work:
        network.take_step(work, company.alder, "suspend", why="A complaint.")
    clock.move(timedelta(hours=1))
    placed = story.sold()
    clock.move(timedelta(hours=1))
    with story.database.work() as work:
        network.take_step(work, company.alder, "resume")
    story.moved(placed)
    assert story.earned() == {"dora": 20000}


def test_whoever_asked_is_not_the_second_person_and_it_is_answered_once(story: Story) -> None:
    placed = story.sold()
    change = story.asked(placed)
    with story.database.work(story.fia) as work, pytest.raises(SamePerson):
        earnings.approve_reattribution(work, placed.home_id, change)
    with (
        story.database.work(story.li) as work,
        pytest.raises(MayNotCreditAnother, match="credit an order"),
    ):
        earnings.approve_reattribution(work, placed.home_id, change)
    with pytest.raises(ChangeWaits):
        story.asked(placed)
    with story.database.work(story.flo) as work:
        earnings.deny_reattribution(work, placed.home_id, change, words="The mail is of May.")
        with pytest.raises(InvalidTransition):
            earnings.approve_reattribution(work, placed.home_id, change)
        [told] = earnings.reattributions_of(work, placed.home_id, placed.order_id)
        assert (told.state, told.words) == ("denied", "The mail is of May.")
    assert story.earned() == AS_SOLD


def test_it_needs_its_reason_and_somebody_who_could_be_credited(
    story: Story, clock: FixedClock
) -> None:
    placed = story.sold()
    clock.move(timedelta(days=1))
    with story.database.work() as work:
        an_affiliate(work, "late")
    with pytest.raises(CreditedAlready):
        story.asked(placed, "cedar")
    with pytest.raises(NotCreditable):
        story.asked(placed, "late")
    with story.database.work(story.fia) as work, pytest.raises(InvalidInput) as no:
        earnings.request_reattribution(
            work, placed.home_id, placed.order_id, affiliate="dora", reason="", evidence=" "
        )
    assert [problem.pointer for problem in no.value.problems] == ["/reason", "/evidence"]
    with story.database.work() as work:
        buyer = ClientDetails(name="Birch", email="birch@affiliates.example", phone="")
        own = a_paid_order(work, story.company.shop, (KETTLE, 1), client=buyer)
    with pytest.raises(EarnsNobody):
        story.asked(own)


def test_the_wrong_one_is_told_why(story: Story) -> None:
    placed = story.sold()
    story.moved(placed)
    with story.database.work() as work:
        found = earnings.why_order_unpaid(work, story.company.cedar, placed.number)
        assert (found.reason.code, found.reason.facts["signal"]) == (
            "another_credited_here",
            "staff",
        )
        dora = earnings.why_order_unpaid(work, story.dora, placed.number)
        assert dora.reason.code == "held"
