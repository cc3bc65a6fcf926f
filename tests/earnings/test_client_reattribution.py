"""A client is tied to another affiliate after all: the next orders are theirs, and nothing that was sold moves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError
from tests.audited import everything_holds
from tests.company import KETTLE, Company, a_company, a_paid_order, an_affiliate
from tests.waits import PATIENCE, await_somebody_waits_for

from mainstem import (
    attribution,
    earnings,
    identity,
    network,
    orders,
    payments,
    worker,
)
from mainstem.console import queries
from mainstem.earnings.client_reattribution import (
    BindingChanged,
    BoundAlready,
    ClientNotBound,
    MayNotDecideBindings,
    NotCreditableNow,
)
from mainstem.earnings.reattribution import ChangeWaits
from mainstem.identity import SamePerson
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound
from mainstem.kit.work import Actor
from mainstem.orders import ClientDetails, Placed

ASTRID = ClientDetails(name="Astrid Falk", email="Astrid@Example.com")
KEY = "astrid@example.com"
YEAR = timedelta(days=365)


@dataclass
class Story:
    """The company with Dora, whom Alder sponsors; Fia and Flo of finance, and Li who is not."""

    database: Database
    company: Company
    dora: int
    fia: Actor
    flo: Actor
    li: Actor

    def ordered(self, client: ClientDetails = ASTRID) -> Placed:
        """A kettle of Cedar's shop, paid."""
        with self.database.work() as work:
            placed = a_paid_order(work, self.company.shop, (KETTLE, 1), client=client)
        worker.drain(self.database)
        return placed

    def arrives(self, placed: Placed, at: datetime | None = None) -> None:
        with self.database.work() as work:
            key = (placed.home_id, placed.order_id)
            line = orders.LineQuantity(*key, 1, 1)
            orders.record_shipment(work, [line])
            orders.record_delivery(work, [line], at={key: at} if at else None)
        worker.drain(self.database)

    def won(self) -> Placed:
        """Astrid's first order, which binds her to Cedar."""
        placed = self.ordered()
        self.arrives(placed)
        return placed

    def asked(self, to: str = "dora", *, client: str = ASTRID.email) -> UUID:
        with self.database.work(self.fia) as work:
            return earnings.request_client_reattribution(
                work, client, affiliate=to,
                reason="Dora brought the client.", evidence="Their mail of 2 March.",
            )  # fmt: skip

    def approved(self, change: UUID) -> None:
        with self.database.work(self.flo) as work:
            earnings.approve_client_reattribution(work, change)
        worker.drain(self.database)

    def tied(self, to: str = "dora") -> None:
        self.approved(self.asked(to))

    def bound(self) -> tuple[int, datetime, datetime, str] | None:
        with self.database.work() as work:
            row = work.row("SELECT * FROM client_binding WHERE client_key = %(key)s", key=KEY)
        return (row.affiliate_id, row.bound_at, row.bound_until, row.reason) if row else None

    def credited(self, placed: Placed) -> tuple[int, str]:
        with self.database.work() as work:
            row = work.one(
                "SELECT seller_id, attributed_by FROM orders WHERE id = %(id)s", id=placed.order_id
            )
        return row.seller_id, row.attributed_by


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


def test_the_next_order_is_the_other_ones_and_what_was_sold_stays(
    story: Story, clock: FixedClock
) -> None:
    first = story.won()
    won_at = clock.now()
    clock.move(timedelta(days=30))
    still_open = story.ordered()
    change = story.asked()
    assert story.credited(still_open) == (story.company.cedar, "binding")
    assert story.bound() == (story.company.cedar, won_at, won_at + YEAR, "storefront")
    with story.database.work() as work:
        before = work.rows("SELECT * FROM earning ORDER BY source_id, level, no")
    story.approved(change)
    assert story.bound() == (story.dora, clock.now(), won_at + YEAR, "staff"), "for no longer"
    following = story.ordered()
    assert story.credited(following) == (story.dora, "binding")
    assert story.credited(still_open)[0] == story.credited(first)[0] == story.company.cedar
    with story.database.work() as work:
        assert work.rows("SELECT * FROM earning ORDER BY source_id, level, no") == before
    story.arrives(still_open)
    story.arrives(following)
    with story.database.work() as work:
        whose = work.rows(
            "SELECT source_id, beneficiary_id FROM earning WHERE level = 0 AND kind = 'credit'"
        )
    assert {tuple(row) for row in whose} == {
        (first.order_id, story.company.cedar),
        (still_open.order_id, story.company.cedar),
        (following.order_id, story.dora),
    }
    assert story.bound() == (story.dora, clock.now(), won_at + YEAR, "staff")


def test_no_delivery_undoes_it_not_even_one_that_is_told_late(
    story: Story, clock: FixedClock
) -> None:
    """What is told afterwards to have arrived before shows who won the client, which staff knew."""
    story.won()
    clock.move(timedelta(days=10))
    on_its_way = story.ordered()
    clock.move(timedelta(days=10))
    story.tied()
    tied = story.bound()
    for placed, days in ((story.ordered(), 1), (on_its_way, 15), (story.ordered(), 25)):
        story.arrives(placed, at=clock.now() - timedelta(days=days))
        assert story.bound() == tied, days


def test_what_goes_back_of_the_first_order_does_nothing_to_it(
    story: Story, clock: FixedClock
) -> None:
    """A refund asked for before the delivery would have let the order's own binding fall."""
    placed = story.ordered()
    with story.database.work() as work:
        refund = payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=125000, reason="returned",
            lines=[(1, 125000)],
        )  # fmt: skip
        assert refund
    clock.move(timedelta(hours=1))
    with story.database.work() as work:
        key = (placed.home_id, placed.order_id)
        line = orders.LineQuantity(*key, 1, 1)
        orders.record_shipment(work, [line])
        orders.record_delivery(work, [line])
    clock.move(timedelta(hours=1))
    story.tied()
    tied = story.bound()
    worker.drain(story.database)
    with story.database.work() as work:
        attribution.unbind(work, refunded=[key], paid_after_all=[key])
    assert story.bound() == tied


def test_when_it_has_run_out_the_next_delivery_binds_as_ever(
    story: Story, clock: FixedClock
) -> None:
    story.won()
    clock.move(timedelta(days=300))
    story.tied()
    clock.move(timedelta(days=66))
    placed = story.ordered()
    assert story.credited(placed) == (story.company.cedar, "storefront")
    story.arrives(placed)
    assert story.bound() == (story.company.cedar, clock.now(), clock.now() + YEAR, "storefront")


def test_it_may_go_back_and_the_changes_are_kept(story: Story, clock: FixedClock) -> None:
    story.won()
    story.tied()
    clock.move(timedelta(days=1))
    story.tied("cedar")
    assert story.credited(story.ordered()) == (story.company.cedar, "binding")
    with story.database.work() as work:
        kept = earnings.client_reattributions_of(work, KEY)
    assert [(one.before, one.after, one.state) for one in kept] == [
        ("Dora", "Cedar", "approved"),
        ("Cedar", "Dora", "approved"),
    ]


def test_the_history_tells_each_binding_once(
    story: Story, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where time goes on while somebody agrees, and when what staff decided has run out since."""
    story.won()
    still = FixedClock.now

    def goes_on(it: FixedClock) -> datetime:
        it.move(timedelta(milliseconds=1))
        return still(it)

    monkeypatch.setattr(FixedClock, "now", goes_on)
    story.tied()
    story.tied("birch")
    monkeypatch.undo()

    def told() -> list[tuple[str, str]]:
        with story.database.work() as work:
            return [(row.name, row.reason) for row in queries.bindings_of(work, KEY)]

    assert told() == [("Birch", "staff"), ("Dora", "staff"), ("Cedar", "storefront")]
    clock.move(YEAR)
    story.arrives(story.ordered())
    assert told() == [
        ("Cedar", "storefront"), ("Birch", "staff"), ("Dora", "staff"), ("Cedar", "storefront"),
    ]  # fmt: skip


def test_whoever_lost_the_client_is_told_who_decided_it(story: Story) -> None:
    story.won()
    before = story.ordered()
    story.tied()
    after = story.ordered()
    with story.database.work() as work:
        assert earnings.why_order_unpaid(work, story.dora, before.number).reason.facts[
            "signal"
        ] == ("binding")
        lost = earnings.why_order_unpaid(work, story.company.cedar, after.number).reason
        assert (lost.code, lost.facts["signal"]) == ("another_credited_here", "bound_by_staff")


def test_whoever_asked_is_not_the_second_person_and_it_is_answered_once(story: Story) -> None:
    story.won()
    change = story.asked()
    with story.database.work(story.fia) as work, pytest.raises(SamePerson):
        earnings.approve_client_reattribution(work, change)
    with story.database.work(story.li) as work:
        with pytest.raises(MayNotDecideBindings):
            earnings.approve_client_reattribution(work, change)
        with pytest.raises(MayNotDecideBindings):
            earnings.deny_client_reattribution(work, change, words="No.")
        with pytest.raises(MayNotDecideBindings):
            earnings.withdraw_client_reattribution(work, change)
    with pytest.raises(ChangeWaits):
        story.asked("birch")
    with story.database.work(story.flo) as work:
        with pytest.raises(InvalidInput):
            earnings.deny_client_reattribution(work, change, words=" ")
        earnings.deny_client_reattribution(work, change, words="The mail is of May.")
        with pytest.raises(InvalidTransition):
            earnings.approve_client_reattribution(work, change)
        told = earnings.client_reattribution_of(work, change)
        assert (told.state, told.words) == ("denied", "The mail is of May.")
    assert story.credited(story.ordered()) == (story.company.cedar, "binding")


def test_whoever_asked_may_withdraw_it_and_ask_again(story: Story) -> None:
    story.won()
    change = story.asked()
    with story.database.work(story.fia) as work:
        earnings.withdraw_client_reattribution(work, change)
        with pytest.raises(InvalidTransition):
            earnings.withdraw_client_reattribution(work, change)
    with story.database.work(story.flo) as work, pytest.raises(InvalidTransition):
        earnings.approve_client_reattribution(work, change)
    story.tied("birch")
    assert story.credited(story.ordered()) == (story.company.birch, "binding")
    with story.database.work() as work:
        told = work.rows(
            "SELECT name, actor FROM fact WHERE starts_with(name, 'binding_change.') ORDER BY name, actor"
        )
    assert [tuple(row) for row in told] == [
        ("binding_change.approved", str(story.flo)),
        ("binding_change.asked", str(story.fia)),
        ("binding_change.asked", str(story.fia)),
        ("binding_change.withdrawn", str(story.fia)),
    ]


def test_it_needs_a_client_who_is_bound_its_reason_and_somebody_who_can_be_credited(
    story: Story, clock: FixedClock
) -> None:
    with pytest.raises(ClientNotBound):
        story.asked()
    story.won()
    with pytest.raises(ClientNotBound):
        story.asked(client="nobody@example.com")
    with pytest.raises(NotFound):
        story.asked("nobody")
    with pytest.raises(BoundAlready):
        story.asked("cedar")
    with story.database.work(story.fia) as work, pytest.raises(InvalidInput) as no:
        earnings.request_client_reattribution(work, KEY, affiliate="dora", reason="", evidence=" ")
    assert [problem.pointer for problem in no.value.problems] == ["/reason", "/evidence"]
    with story.database.work() as work:
        house = an_affiliate(work, "house")
        work.run("UPDATE affiliate SET is_house = true WHERE id = %(id)s", id=house)
        network.take_step(work, story.company.birch, "suspend", why="A complaint.")
    clock.move(timedelta(hours=1))
    for nobody in ("house", "birch"):
        with pytest.raises(NotCreditableNow):
            story.asked(nobody)
    clock.move(YEAR)
    with pytest.raises(ClientNotBound):
        story.asked()


def test_it_is_weighed_again_when_it_is_agreed_to(story: Story, clock: FixedClock) -> None:
    story.won()
    change = story.asked()
    clock.move(timedelta(hours=1))
    with story.database.work() as work:
        network.take_step(work, story.dora, "suspend", why="A complaint.")
    clock.move(timedelta(hours=1))
    with pytest.raises(NotCreditableNow):
        story.approved(change)
    clock.move(YEAR)
    with pytest.raises(BindingChanged):
        story.approved(change)
    story.arrives(story.ordered())
    with pytest.raises(BindingChanged):
        story.approved(change)
    with story.database.work(story.flo) as work:
        earnings.deny_client_reattribution(work, change, words="It is another year.")


def test_of_two_who_agree_at_once_one_is_told_that_it_is_done(story: Story) -> None:
    story.won()
    change = story.asked()
    go = threading.Event()

    def agree() -> None:
        with story.database.work(story.flo) as work:
            go.set()
            earnings.approve_client_reattribution(work, change)

    with ThreadPoolExecutor(1) as pool:
        with story.database.work(story.flo) as work:
            earnings.approve_client_reattribution(work, change)
            late = pool.submit(agree)
            assert go.wait(PATIENCE)
            await_somebody_waits_for(work)
        with pytest.raises(InvalidTransition):
            late.result(PATIENCE)
    assert story.credited(story.ordered()) == (story.dora, "binding")


def test_the_database_refuses_one_person_alone(story: Story) -> None:
    story.won()
    change = story.asked()
    with (
        pytest.raises((IntegrityError, psycopg.errors.CheckViolation), match="changed_by_another"),
        story.database.work() as work,
    ):
        work.run(
            """UPDATE binding_change SET state = 'approved', decided_by = asked_by,
                      decided_at = asked_at WHERE id = %(id)s""",
            id=change,
        )
