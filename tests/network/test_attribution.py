"""Who won a client: the first signal that names somebody who can be credited, kept with the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.company import KETTLE, Company, a_company, a_shop, an_affiliate, an_order

from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Work
from mainstem.orders import ClientDetails
from mainstem.plan import NOBODY

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
        """INSERT INTO client_binding VALUES (%(key)s, %(who)s, %(at)s, %(until)s, 'storefront')""",
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


def test_a_paused_affiliate_keeps_her_clients(database: Database, company: Company) -> None:
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


def test_a_client_is_bound_by_her_first_order_for_a_year(
    database: Database, company: Company, clock: FixedClock
) -> None:
    with database.work() as work:
        assert ordered(work, company, code="BIRCH10").attributed_by == "code"
    clock.move(timedelta(days=364))
    with database.work() as work:
        order = ordered(work, company, code="ALDER10")
        assert (order.seller_id, order.attributed_by) == (company.birch, "binding")
        assert order.attribution["code"] == ["ALDER10", company.alder], "the conflict is a note"
    clock.move(timedelta(days=2))
    with database.work() as work:
        order = ordered(work, company, code="ALDER10")
        assert (order.seller_id, order.attributed_by) == (company.alder, "code")
        [bound] = work.rows("SELECT affiliate_id, reason FROM client_binding")
        assert tuple(bound) == (company.alder, "code")


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
                """INSERT INTO membership (person_id, role, affiliate_id, granted_at)
                   VALUES (%(person)s, 'affiliate', %(who)s, now())""",
                person=person,
                who=company.birch,
            )
        placed = an_order(
            work, company.shop, (KETTLE, 1), client=ClientDetails("She", email, phone)
        )
        order = work.row("SELECT * FROM orders WHERE id = %(id)s", id=placed.order_id)
        assert (order.earns, order.earns_reason) == (False, "buyer_is_participant")
        assert order.seller_id == company.cedar
        assert not work.rows("SELECT 1 FROM client_binding"), "nobody has won herself"


def test_an_ancestor_who_is_not_eligible_is_frozen_as_nobody(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        state(work, company.birch, "suspended")
        assert ordered(work, company).upline == [company.cedar, NOBODY, company.alder]
        state(work, company.birch, "active")
        state(work, company.alder, "terminated")
        assert ordered(work, company).upline == [company.cedar, company.birch, NOBODY]


def test_a_deep_tree_pays_as_many_as_the_plan_has_levels(
    database: Database, company: Company
) -> None:
    with database.work() as work:
        below = company.cedar
        for name in ("dahlia", "elm", "fern"):
            below = an_affiliate(work, name, sponsor_id=below)
        placed = an_order(work, a_shop(work, below), (KETTLE, 1), client=ASTRID)
        upline = work.value("SELECT upline FROM orders WHERE id = %(id)s", id=placed.order_id)
        assert upline == work.value("SELECT upline[1:3] FROM affiliate WHERE id = %(id)s", id=below)
