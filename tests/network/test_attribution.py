"""Who won a client: the first signal that names somebody who can be credited, kept with the rest."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.company import (
    KETTLE,
    Company,
    a_company,
    a_paid_order,
    a_shop,
    an_affiliate,
    an_order,
    pay,
)
from tests.waits import PATIENCE, await_somebody_waits_for

from mainstem import attribution, earnings, network, orders, payments
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import ClientDetails, Placed, Totals
from mainstem.payments import PastRefund
from mainstem.plan import NOBODY, Member, Portion, book, credits

ASTRID = ClientDetails(name="Astrid Falk", email="Astrid@Example.com")
KEY = "astrid@example.com"


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        company = a_company(work)
        for code, affiliate, kind in (
            ("ALDER10", company.alder, "code"),
            ("BIRCH10", company.birch, "code"),
            ("ALDER-LINK", company.alder, "link"),
            ("BIRCH-LINK", company.birch, "link"),
        ):
            work.run(
                "INSERT INTO referral_code VALUES (%(code)s, %(who)s, %(kind)s, %(now)s)",
                code=code,
                who=affiliate,
                kind=kind,
                now=work.now(),
            )
    return company


def bind(work: Work, affiliate_id: int, *, days: int = 365, since: int = 10) -> None:
    work.run(
        """INSERT INTO client_binding VALUES (%(key)s, %(who)s, %(at)s, %(until)s, 'storefront',
                                              %(who)s, gen_random_uuid())""",
        key=KEY,
        who=affiliate_id,
        at=work.now() - timedelta(days=since),
        until=work.now() + timedelta(days=days),
    )


def ordered(work: Work, company: Company, **changes: Any) -> Any:
    placed = an_order(work, company.shop, (KETTLE, 1), client=ASTRID, **changes)
    return work.row("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)


def state(work: Work, affiliate_id: int, state: str) -> None:
    work.run(
        "UPDATE affiliate SET state = %(state)s WHERE id = %(id)s", state=state, id=affiliate_id
    )


# bound to · code · link · who is suspended → who is credited, by what
CASES = [
    (None, "", "", (), "cedar", "storefront"),
    (None, "", "BIRCH-LINK", (), "cedar", "storefront"),
    (None, "BIRCH10", "", (), "birch", "code"),
    (None, "  birch10 ", "", (), "birch", "code"),
    (None, "BIRCH10", "ALDER-LINK", (), "birch", "code"),
    (None, "NO-SUCH-CODE", "", (), "cedar", "storefront"),
    (None, "BIRCH-LINK", "", (), "cedar", "storefront"),  # a link is not a code that one types
    ("alder", "", "", (), "alder", "binding"),
    ("alder", "BIRCH10", "", (), "alder", "binding"),
    ("alder", "BIRCH10", "", ("alder",), "birch", "code"),
    ("alder", "", "", ("alder",), "cedar", "storefront"),
    ("alder", "BIRCH10", "", ("alder", "birch"), "cedar", "storefront"),
    (None, "BIRCH10", "", ("birch",), "cedar", "storefront"),
]


@pytest.mark.parametrize(("bound_to", "code", "link", "suspended", "seller", "by"), CASES)
def test_the_first_signal_that_can_be_credited_wins_and_all_are_kept(
    database: Database, company: Company, bound_to: str | None, code: str, link: str,
    suspended: tuple[str, ...], seller: str, by: str,
) -> None:  # fmt: skip
    with database.work() as work:
        if bound_to:
            bind(work, getattr(company, bound_to))
        for name in suspended:
            state(work, getattr(company, name), "suspended")
        order = ordered(work, company, code=code, link=link)
        assert (order.seller_id, order.attributed_by) == (getattr(company, seller), by)
        assert order.home_id == company.cedar, "the order stays where it began"
        kept = order.attribution
        assert kept["storefront"] == company.cedar
        assert kept.get("binding") == (getattr(company, bound_to) if bound_to else None)
        assert ("code" in kept) == bool(code)
        assert ("link" in kept) == bool(link)
        assert order.earns


def test_a_paused_affiliate_keeps_their_clients(database: Database, company: Company) -> None:
    with database.work() as work:
        bind(work, company.birch)
        state(work, company.birch, "paused")
        assert ordered(work, company).seller_id == company.birch


def test_a_retired_code_wins_nothing(database: Database, company: Company) -> None:
    with database.work() as work:
        work.run("UPDATE referral_code SET retired_at = now() WHERE code = 'BIRCH10'")
        order = ordered(work, company, code="BIRCH10")
        assert (order.seller_id, order.attributed_by) == (company.cedar, "storefront")
        assert order.attribution["code"] == ["BIRCH10", None]


def arrives(work: Work, company: Company, **changes: Any) -> Any:
    """An order that is paid, shipped and delivered now."""
    order = ordered(work, company, **changes)
    pay(work, placed_as(order))
    delivered(work, order)
    return order


def delivered(work: Work, order: Any, *, pieces: int = 1, at: datetime | None = None) -> None:
    key = (order.home_id, order.id)
    line = orders.LineQuantity(*key, 1, pieces)
    orders.record_shipment(work, [line])
    orders.record_delivery(work, [line], at={key: at} if at else None)


def totals(order: Any) -> Totals:
    return Totals(order.items_minor, order.shipping_minor, order.tax_minor, order.total_minor)


def bindings(work: Work) -> list[tuple[Any, ...]]:
    return [
        tuple(row) for row in work.rows("SELECT affiliate_id, order_id, reason FROM client_binding")
    ]


def test_a_client_is_bound_by_their_first_delivered_order_for_a_year(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        first = arrives(work, company, code="BIRCH10")
        assert first.attributed_by == "code"
        assert bindings(work) == [(company.birch, first.id, "code")]
    clock.move(timedelta(days=364))
    with database.work() as work:
        order = arrives(work, company, code="ALDER10")
        assert (order.seller_id, order.attributed_by) == (company.birch, "binding")
        assert order.attribution["code"] == ["ALDER10", company.alder], "the conflict is a note"
        assert bindings(work) == [(company.birch, first.id, "code")]
    clock.move(timedelta(days=2))
    with database.work() as work:
        order = arrives(work, company, code="ALDER10")
        assert (order.seller_id, order.attributed_by) == (company.alder, "code")
        assert bindings(work) == [(company.alder, order.id, "code")]


def test_a_stranger_does_not_take_a_client_by_an_unpaid_order_under_their_address(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        a_strangers = an_order(work, company.birch_shop, (KETTLE, 1), client=ASTRID)
        assert not bindings(work), "nobody has paid, so nobody is bound"
        next_order = ordered(work, company)
        assert (next_order.seller_id, next_order.attributed_by) == (company.cedar, "storefront")
        assert "binding" not in next_order.attribution
    clock.move(timedelta(hours=1))
    with database.work() as work:
        assert orders.expire_unpaid(work) == 2
        assert not bindings(work)
    with database.work() as work:
        assert arrives(work, company).seller_id == company.cedar
        assert a_strangers.home_id == company.birch
        assert [row[0] for row in bindings(work)] == [company.cedar]


def test_a_paid_order_binds_nobody_before_it_arrives_nor_when_it_is_canceled(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.birch_shop, (KETTLE, 1), client=ASTRID)
        assert not bindings(work)
        orders.cancel(work, placed.home_id, placed.order_id, reason="changed their mind")
        assert not bindings(work)
        assert ordered(work, company).seller_id == company.cedar


def test_an_order_whose_money_had_gone_back_binds_nobody_though_it_arrives(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.birch_shop, (KETTLE, 1), client=ASTRID)
        refund(work, placed, placed.total_minor)
        delivered(work, order_row(work, placed))
        assert not bindings(work)


def test_a_binding_falls_with_its_order_when_the_money_was_asked_back_before_it_arrived(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """The gateway tells of a refund when it likes: here, after the parcel has arrived."""
    with database.work() as work:
        placed = a_paid_order(work, company.birch_shop, (KETTLE, 1), client=ASTRID)
    asked_at = clock.now()
    clock.move(timedelta(days=1))
    with database.work() as work:
        delivered(work, order_row(work, placed))
        assert [row[0] for row in bindings(work)] == [company.birch]
    clock.move(timedelta(days=1))
    with database.work() as work:
        next_order = ordered(work, company)
        assert next_order.attributed_by == "binding"
    with database.work() as work:
        other = arrives(work, company, code="ALDER10")
        refund(work, placed, placed.total_minor, at=asked_at)
        assert bindings(work) == [], "the next one was credited by that binding, to Birch"
        assert other.seller_id == company.birch


def test_a_client_who_sends_it_all_back_stays_with_whoever_won_them(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.birch_shop, (KETTLE, 1), client=ASTRID)
        delivered(work, order_row(work, placed))
    clock.move(timedelta(days=5))
    with database.work() as work:
        refund(work, placed, placed.total_minor)
        assert [row[0] for row in bindings(work)] == [company.birch]
        assert ordered(work, company).attributed_by == "binding"


def test_the_first_parcel_of_an_order_binds_its_client_and_the_second_changes_nothing(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.birch_shop, (KETTLE, 3), client=ASTRID)
        row = order_row(work, placed)
        delivered(work, row, pieces=1)
        first = work.value("SELECT bound_at FROM client_binding")
    clock.move(timedelta(days=3))
    with database.work() as work:
        delivered(work, row, pieces=2)
        assert work.value("SELECT bound_at FROM client_binding") == first


def test_of_two_orders_that_arrive_together_one_binds(database: Database, company: Company) -> None:
    with database.work() as work:
        placed = [
            a_paid_order(work, shop, (KETTLE, 1), client=ASTRID)
            for shop in (company.birch_shop, company.shop)
        ]
        lines = [orders.LineQuantity(one.home_id, one.order_id, 1, 1) for one in placed]
        orders.record_shipment(work, lines)
        at = {(one.home_id, one.order_id): work.now() - timedelta(days=no)
              for no, one in enumerate(placed)}  # fmt: skip
        orders.record_delivery(work, lines, at=at)
        assert [row[0] for row in bindings(work)] == [company.cedar], "whose came a day before"


def test_of_two_deliveries_that_know_nothing_of_each_other_the_first_to_commit_binds(
    database: Database, company: Company, clock: FixedClock
) -> None:
    """Both look while the client is free, each in its own Work; the later one finds them bound."""
    with database.work() as work:
        first, second = (
            a_paid_order(work, company.shop, (KETTLE, 1), client=ASTRID, code=code)
            for code in ("ALDER10", "BIRCH10")
        )
    over = threading.Event()

    def bind_second() -> None:
        try:
            with database.work() as work:
                attribution.bind(work, [(second.home_id, second.order_id)], [work.now()])
        finally:
            over.set()

    with ThreadPoolExecutor(1) as thread:
        with database.work() as work:
            attribution.bind(work, [(first.home_id, first.order_id)], [work.now()])
            later = thread.submit(bind_second)
            await_somebody_waits_for(work, unless=over)
        later.result(PATIENCE)
    with database.work() as work:
        assert bindings(work) == [(company.alder, first.order_id, "code")]


def test_an_order_that_earns_nobody_anything_binds_nobody(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        placed = a_paid_order(work, company.shop, (KETTLE, 1), client=ASTRID)
        work.run("UPDATE affiliate SET state = 'terminated'")
        later = ordered(work, company, channel="import", placed_at=work.now())
        assert (later.earns, later.earns_reason) == (False, "nobody_eligible")
        pay(work, placed_as(later))
        delivered(work, later)
        assert not bindings(work)
        delivered(work, order_row(work, placed))
        assert [row[0] for row in bindings(work)] == [company.cedar], (
            "Cedar's earns: it was frozen so"
        )


def order_row(work: Work, placed: Placed) -> Any:
    return work.row("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)


def placed_as(row: Any) -> Placed:
    return Placed(row.home_id, row.id, row.number, row.currency, totals(row), row.pay_by)


def refund(work: Work, placed: Placed, minor: int, *, at: datetime | None = None) -> None:
    """Money that went back outside the gateway, asked for at an instant."""
    payments.record_external_refunds(
        work,
        [
            PastRefund(
                placed.home_id,
                placed.order_id,
                reference="by bank",
                amount_minor=minor,
                lines=[],
                reason="returned",
                at=at or work.now(),
            )
        ],
    )
    orders.record_refund(work, [(placed.home_id, placed.order_id)])


def test_a_binding_that_has_run_out_is_still_told(database: Database, company: Company) -> None:
    with database.work() as work:
        bind(work, company.alder, days=0, since=400)
        order = ordered(work, company)
        assert (order.seller_id, order.attributed_by) == (company.cedar, "storefront")
        assert order.attribution["binding"] == company.alder


@pytest.mark.parametrize("who", ["seller", "another", "by phone", "a member"])
def test_a_participants_own_purchase_is_an_order_that_earns_nothing(
    database: Database, company: Company, who: str
) -> None:
    with database.work() as work:
        email, phone = f"{who.replace(' ', '')}@example.com", ""
        if who == "seller":
            email = "Cedar@Affiliates.example"
        elif who == "another":
            email = "alder@affiliates.example"
        elif who == "by phone":
            phone = "070-174 06 99"
            work.run(
                "UPDATE affiliate SET phone_key = '+46701740699' WHERE id = %(id)s",
                id=company.alder,
            )
        else:
            person = work.value(
                """INSERT INTO person (email, email_key, name, created_at)
                   VALUES (%(email)s, %(email)s, 'A member', now()) RETURNING id""",
                email=email,
            )
            work.run(
                """INSERT INTO membership (person_id, role, affiliate_id, affiliate_role, granted_at)
                   VALUES (%(person)s, 'affiliate', %(who)s, 'owner', now())""",
                person=person,
                who=company.birch,
            )
        placed = a_paid_order(
            work, company.shop, (KETTLE, 1), client=ClientDetails("Buyer", email, phone)
        )
        delivered(work, order_row(work, placed))
        order = work.one("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)
        assert (order.earns, order.earns_reason) == (False, "buyer_is_participant")
        assert order.seller_id == company.cedar
        assert not work.rows("SELECT 1 FROM client_binding"), "nobody has won themselves"
        assert earnings.settle(work, [(placed.home_id, placed.order_id)]) == 0


@pytest.mark.parametrize(
    "email",
    ["CEDAR@affiliates.example", "cedar+gifts@affiliates.example", "\uff43edar@affiliates.example"],
)
def test_an_own_purchase_is_one_however_the_address_is_spelled(
    database: Database, company: Company, email: str
) -> None:
    with database.work() as work:
        placed = an_order(work, company.shop, (KETTLE, 1), client=ClientDetails("Buyer", email))
        order = work.one("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)
        assert (order.earns, order.earns_reason) == (False, "buyer_is_participant")
        assert order.client["email"] == email, "the client is written to where they asked"


def test_a_provider_that_reads_no_dots_makes_no_strangers(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        work.run(
            "UPDATE affiliate SET email_key = 'birch.tree@gmail.com' WHERE id = %(id)s",
            id=company.birch,
        )
        for email, earns in (
            ("b.i.r.c.h.t.r.e.e+1@googlemail.com", False),
            ("birchtrees@gmail.com", True),
            ("birch.tree@harbor.example", True),
        ):
            placed = an_order(work, company.shop, (KETTLE, 1), client=ClientDetails("Buyer", email))
            assert (
                work.value("SELECT earns FROM orders WHERE id = %(id)s", id=placed.order_id)
                is earns
            ), email


def test_an_ancestor_who_is_not_eligible_is_frozen_as_nobody(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        state(work, company.birch, "suspended")
        assert ordered(work, company).upline == [company.cedar, NOBODY, company.alder]
        state(work, company.birch, "active")
        state(work, company.alder, "terminated")
        assert ordered(work, company).upline == [company.cedar, company.birch, NOBODY]


def test_an_order_keeps_its_whole_upline_and_the_groups_of_the_day(
    database: Database, company: Company
) -> None:
    """A plan may ask later; who stood where, and in which group, is what it was at the sale."""
    with database.work() as work:
        assert ordered(work, company).groups is None
        network.join_group(work, company.birch, "gold")
        network.join_group(work, company.birch, "gold")
        network.join_group(work, company.alder, "founders")
        first = an_order(work, company.shop, (KETTLE, 1))
        network.leave_group(work, company.birch, "gold")
        second = an_order(work, company.shop, (KETTLE, 1))
        kept = {
            row.id: row.groups
            for row in work.rows("SELECT id, groups FROM orders WHERE groups IS NOT NULL")
        }
        birch, alder = str(company.birch), str(company.alder)
        assert kept == {
            first.order_id: {birch: ["gold"], alder: ["founders"]},
            second.order_id: {alder: ["founders"]},
        }


def test_a_deep_tree_pays_as_many_as_the_plan_has_levels(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        below = company.cedar
        for name in ("dahlia", "elm", "fern"):
            below = an_affiliate(work, name, sponsor_id=below)
        placed = an_order(work, a_shop(work, below), (KETTLE, 1), client=ASTRID)
        upline = work.value("SELECT upline FROM orders WHERE id = %(id)s", id=placed.order_id)
        assert upline == work.value("SELECT upline FROM affiliate WHERE id = %(id)s", id=below)
        plan = book.in_force(work, work.now())
        members = [Member(id) for id in upline]
        shares = credits(plan.sale, members, "SEK", [Portion("goods", 100_000)])
        assert [share.beneficiary_id for share in shares] == upline[:3]
