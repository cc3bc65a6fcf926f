"""The rows of staff's pages hold what their fields say: no amount is a text, and nothing is missing unsaid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict
from uuid import UUID

import pytest
from pydantic import TypeAdapter
from tests.company import BO, a_lead, a_paid_order, an_order
from tests.surfaces.conftest import Open
from tests.surfaces.staff import KETTLE, REPAIR, Staff, month_passes, order_url, staffed

from mainstem import earnings, leads, mail, network, orders, referrals, worker
from mainstem.console import lists, plan, queries, search
from mainstem.earnings.queries import earned
from mainstem.kit import inbox
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor, Work
from mainstem.orders import ClientDetails
from mainstem_fulfillment import jobs, shipments
from mainstem_fulfillment.desk import queries as desk
from mainstem_fulfillment.jobs import JobKey


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


LISTS: dict[str, Callable[[Work, int], Sequence[Any]]] = {
    "orders": lambda w, c: lists.orders(w).rows,
    "storefronts": lambda w, c: lists.storefronts(w),
    "payouts": lambda w, c: lists.payouts(w).rows,
    "balances": lambda w, c: lists.balances_of_affiliates(w).rows,
    "entries": lambda w, c: lists.entries(w, c, "payable", "SEK").rows,
    "affiliates": lambda w, c: lists.affiliates(w).rows,
    "facts": lambda w, c: lists.facts(w).rows,
    "facts due": lambda w, c: lists.due(w),
    "the funnel": lambda w, c: [queries.funnel(w)],
    "what is payable": lambda w, c: queries.payable(w),
    "pay accounts": lambda w, c: queries.pay_accounts(w, c),
    "storefronts of one": lambda w, c: queries.storefronts_of(w, c),
    "orders found": lambda w, c: search.orders(w, "Ada"),
    "affiliates found": lambda w, c: search.affiliates(w, "Cedar"),
    "goods found": lambda w, c: search.goods(w, KETTLE, locale="sv"),
    "clients found": lambda w, c: search.clients(w, "Ada"),
    "people found": lambda w, c: search.people(w, "Fia"),
    "a client": lambda w, c: [queries.client(w, "ada@example.com")],
    "orders of a client": lambda w, c: lists.orders_of_client(w, "ada@example.com").rows,
    "an article": lambda w, c: [queries.article(w, _article(w), "sv")],
    "its shelves": lambda w, c: queries.shelves(w, _article(w)),
    "its prices": lambda w, c: queries.prices(w, _article(w)),
    "its sales": lambda w, c: queries.sales(w, _article(w)),
    "what somebody is credited": lambda w, c: queries.orders_credited(w, c),
    "payouts of one": lambda w, c: queries.payouts_of(w, c),
    "one affiliate": lambda w, c: [queries.affiliate(w, c)],
    "codes": lambda w, c: referrals.codes(w),
    "what was earned": lambda w, c: earned(w, c),
    "versions of the plan": lambda w, c: plan.versions_of(w),
}
OF_AN_ORDER: dict[str, Callable[[Work, int, UUID], Sequence[Any]]] = {
    "itself": lambda w, home, id: [queries.order(w, home, id)],
    "lines": queries.order_lines,
    "payments": queries.payments_of,
    "refunds": queries.refunds_of,
    "approvals": queries.approvals_of,
    "parcels": queries.parcels_of,
    "jobs": queries.jobs_of,
    "routing": queries.routing_of,
    "facts": lambda w, home, id: queries.facts_of(w, home, [str(id)]),
}


def _article(work: Work) -> int:
    return int(work.value("SELECT id FROM variant WHERE sku = %(sku)s", sku=KETTLE))


def is_as_typed(rows: Sequence[Any]) -> None:
    for row in rows:
        for name, hint in get_type_hints(type(row)).items():
            TypeAdapter(_readable(hint)).validate_python(getattr(row, name), strict=True)


def _readable(hint: Any) -> Any:
    """The hint as pydantic reads it: of Python 3.11's own typed dictionaries it reads none."""
    if is_typeddict(hint):
        return dict[str, Any]
    if get_origin(hint) is list:
        return list[_readable(get_args(hint)[0])]  # type: ignore[misc]
    return hint


def test_every_row_of_a_list_holds_what_its_fields_say(staff: Staff, clock: FixedClock) -> None:
    staff.pay_account(staff.company.cedar)
    staff.delivered((KETTLE, 2))
    with staff.database.work() as work:
        referrals.assign(work, staff.company.cedar, "SPRUCE10")
    month_passes(clock)
    with staff.database.work() as work:
        earnings.release(work, clock.now().date())
    placed = staff.sold((REPAIR, 1))
    fia = staff.reader("fia")
    assert fia.post("/console/payouts").status_code == 303
    canceled = fia.post(f"{order_url(placed)}/cancellation", {"reason": "Moved"})
    assert canceled.status_code == 303
    with staff.database.work() as work:
        for name, read in LISTS.items():
            rows = read(work, staff.company.cedar)
            assert rows, name
            is_as_typed(rows)
    worker.drain(staff.database)
    with staff.database.work() as work:
        for row in lists.orders(work).rows:
            for of_one in OF_AN_ORDER.values():
                is_as_typed(of_one(work, row.home_id, row.id))


def test_rows_of_what_went_wrong_hold_what_their_fields_say(staff: Staff) -> None:
    with staff.database.work() as work:
        inbox.note_refused(work, "signature", type="payout.paid", account="acct_1")
        mail.mark_bounced(work, "nobody@example.com", "550 No such user")
        cedar = ClientDetails("Cedar", "cedar@affiliates.example")
        for client in (cedar, BO):
            placed = a_paid_order(work, staff.company.shop, (KETTLE, 1), client=client)
            earnings.hold_for_review(work, [(placed.home_id, placed.order_id)])
        sponsor = work.value(
            "SELECT sponsor_id FROM affiliate WHERE sponsor_id IS NOT NULL LIMIT 1"
        )
        review = earnings.review_of(work, placed.home_id, placed.order_id)
        for rows in (
            inbox.refused(work),
            mail.bounces(work),
            earnings.waiting(work),
            network.team(work, sponsor),
            [review],
        ):
            assert rows
            is_as_typed(rows)
        assert review is not None
        [shared] = review.reasons
        assert {name: type(value) for name, value in shared.items()} == {
            "kind": str,
            "affiliate_id": int,
            "affiliate": str,
            "learned_from": str,
        }


def test_rows_of_the_warehouse_hold_what_their_fields_say(staff: Staff) -> None:
    placed, waits = staff.sold((KETTLE, 2)), staff.sold((KETTLE, 1))
    key = (placed.home_id, placed.order_id, 1)
    with staff.database.work() as work:
        an_order(work, staff.company.shop, (KETTLE, 4), ip_address="198.51.100.7")
    with staff.database.work(Actor("staff", str(staff.ids["per"]))) as work:
        shipments.start_pick(work, key)
        is_as_typed(_some(shipments.contents(work, key)))
        shipments.pick(work, key, KETTLE, quantity=1)
    with staff.database.work() as work:
        orders.cancel(work, placed.home_id, placed.order_id, reason="regret")
    worker.drain(staff.database)
    with staff.database.work() as work:
        is_as_typed(_some(shipments.stops(work, key)))
        assert len(shipments.to_do(work).rows) == 2
        is_as_typed(shipments.to_do(work).rows)
        is_as_typed([desk.fulfilment(work, *key)])
        is_as_typed([desk.fulfilment(work, waits.home_id, waits.order_id, 1)])
        holds = orders.unpaid_holds(work)
        is_as_typed(_some(holds))
        assert [type(value) for value in holds[0].goods[0].values()].count(int) == 2
    staff.delivered((KETTLE, 1))
    key = (waits.home_id, waits.order_id, 1)
    with staff.database.work(Actor("staff", str(staff.ids["per"]))) as work:
        shipments.start_pick(work, key)
        shipments.pick(work, key, KETTLE)
        shipments.pack(work, key, carrier="PostNord", tracking="SE124")
        shipments.hand_over(work, key)
        is_as_typed(_some(shipments.in_transit(work).rows))
        is_as_typed([desk.fulfilment(work, *key)])


def test_rows_of_the_lead_desk_hold_what_their_fields_say(staff: Staff) -> None:
    booked = staff.sold((REPAIR, 1))
    with staff.database.work() as work:
        first = a_lead(work, staff.company.birch_shop)
        leads.reach(work, staff.company.birch, first, by="email")
        again = a_lead(work, staff.company.shop)
        is_as_typed(_some(desk.consents(work, staff.company.birch, first)))
        lead = leads.queries.page(work, staff.company.cedar, again, locale="en")
        for said in (lead.client, lead.address):
            assert {type(text) for text in said.values()} == {str}
        is_as_typed(_some(desk.related(work, first, None)))
        is_as_typed(_some(desk.related(work, again, first)))
        is_as_typed(_some(leads.queries.listed(work, "new", locale="en").rows))
        view = jobs.queries.page(work, JobKey(booked.home_id, booked.order_id, 1))
        kinds = get_type_hints(jobs.queries.TeamCandidate)
        for one in view.candidates:
            assert {name: type(value) for name, value in one.items()} == kinds
        assert view.candidates


def _some(rows: Sequence[Any]) -> Sequence[Any]:
    assert rows
    return rows
