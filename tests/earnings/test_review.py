"""A participant's own purchase under another name: held until somebody has looked, and not lost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from tests.company import HOME, KETTLE, Company, a_company
from tests.importing.test_history import LATER, MONDAY, a_sale

from mainstem import earnings, invariants, ledger, orders, payments
from mainstem.earnings import NothingToReview
from mainstem.importing import history
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, NotFound
from mainstem.kit.work import Work
from mainstem.orders import Address, ClientDetails, Placed
from mainstem_fulfillment import routing

CEDAR = ClientDetails("Cedar", "cedar+gifts@affiliates.example")
STRANGER = ClientDetails("Someone", "someone@example.com")


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


def bought(
    work: Work,
    company: Company,
    name: str,
    *,
    client: ClientDetails,
    address: Address = HOME,
    card: str | None = None,
) -> tuple[int, UUID]:
    """A kettle for 1,000.00, net 800.00, paid and delivered; by this card, if one is named."""
    sale = a_sale(company.shop, (KETTLE, 1, 100000), name=name)
    sale = history.Sale(replace(sale.wanted, client=client, address=address), sale.paid_at)
    [placed] = history.place(work, [sale])
    assert isinstance(placed, Placed)
    key = (placed.home_id, placed.order_id)
    paid = payments.record_external(work, [(*key, 100000, "SEK", MONDAY, name)])
    work.run(
        "UPDATE payment SET method_fingerprint = %(card)s WHERE order_id = %(id)s",
        card=card,
        id=placed.order_id,
    )
    assert orders.mark_paid(work, paid) == [key]
    routing.route(work, [key])
    earnings.hold_for_review(work, [key])
    history.ship(work, {key: LATER})
    history.deliver(work, {key: LATER})
    return key


def pending(work: Work, company: Company) -> int:
    assert not [finding for finding in invariants.check(work) if finding.wrong]
    found = ledger.balances(work, [company.cedar])
    return found.get((company.cedar, "pending", "SEK"), 0)


def review(work: Work, key: tuple[int, UUID]) -> Any:
    return earnings.review_of(work, *key)


def standing(work: Work, company: Company) -> int:
    found = ledger.balances(work, [company.cedar])
    return found.get((company.cedar, "pending", "SEK"), 0)


ELSEWHERE = Address("Nygatan 9", "211 20", "Malmö", "SE")
SPELLED = Address("STORGATAN  1", "SE-11455", "Sthlm", "SE", line2="lgh 1201")


@pytest.mark.parametrize(
    ("address", "card", "kinds"),
    [
        (SPELLED, None, ["address"]),
        (ELSEWHERE, "card of cedar", ["payment_method"]),
        (SPELLED, "card of cedar", ["payment_method", "address"]),
        (ELSEWHERE, "another card", []),
        (ELSEWHERE, None, []),
    ],
)
def test_what_shares_a_card_or_an_address_with_a_participant_is_held_with_its_reasons(
    database: Database, company: Company, address: Address, card: str | None, kinds: list[str]
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        bought(work, company, "own", client=CEDAR, card="card of cedar")
        assert pending(work, company) == 0
        key = bought(work, company, "other", client=STRANGER, address=address, card=card)
        assert pending(work, company) == (0 if kinds else 8000)
        found = review(work, key)
        assert (found is not None) == bool(kinds)
        if found:
            own = work.value("SELECT number FROM orders WHERE external_id = 'own'")
            assert found.state == "held"
            assert [one["kind"] for one in found.reasons] == kinds
            assert {(one["affiliate"], one["learned_from"]) for one in found.reasons} == {
                ("Cedar", own)
            }
            assert [row.order_id for row in earnings.waiting(work)] == [key[1]]


def test_staff_release_what_was_a_clients_and_refuse_what_was_not(
    database: Database, company: Company
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        bought(work, company, "own", client=CEDAR)
        key = bought(work, company, "other", client=STRANGER)
        assert pending(work, company) == 0
        earnings.decide(work, *key, release=True, words="A neighbour; we called.")
        assert pending(work, company) == 8000
        assert earnings.waiting(work) == []
        earnings.decide(work, *key, release=True, words="Twice.")
        found = review(work, key)
        assert (found.state, found.reason) == ("released", "A neighbour; we called.")
        earnings.decide(work, *key, release=False, words="It was Cedar after all.")
        assert pending(work, company) == 0
        facts = [row.name for row in work.rows(
            "SELECT name FROM fact WHERE name LIKE 'commission.%%review' ORDER BY id"
        )]  # fmt: skip
        assert facts == ["commission.released_by_review", "commission.refused_by_review"]


def test_a_client_who_was_told_apart_once_is_not_held_again(
    database: Database, company: Company
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        bought(work, company, "own", client=CEDAR)
        first = bought(work, company, "first", client=STRANGER)
        earnings.decide(work, *first, release=True, words="A neighbour.")
        assert review(work, bought(work, company, "second", client=STRANGER)) is None
        assert pending(work, company) == 16000
        third = ClientDetails("Third", "third@example.com")
        assert review(work, bought(work, company, "third", client=third)).state == "held"


def test_a_verdict_needs_a_reason_and_something_to_judge(
    database: Database, company: Company
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        plain = bought(work, company, "plain", client=STRANGER)
        with pytest.raises(InvalidInput):
            earnings.decide(work, *plain, release=True, words=" ")
        with pytest.raises(NothingToReview):
            earnings.decide(work, *plain, release=True, words="Because.")
        with pytest.raises(NotFound):
            earnings.decide(work, company.cedar, UUID(int=1), release=True, words="Because.")


def test_what_is_refused_after_part_of_its_money_went_back_leaves_nothing_and_comes_back_whole(
    database: Database, company: Company
) -> None:
    with database.work(tools=history.quiet(database.tools)) as work:
        bought(work, company, "own", client=CEDAR)
        key = bought(work, company, "other", client=STRANGER)
        earnings.decide(work, *key, release=True, words="A neighbour; we called.")
        # Half of its money goes back.
        work.run("UPDATE order_line SET refunded_minor = 50000 WHERE order_id = %(id)s", id=key[1])
        earnings.settle(work, [key])
        assert standing(work, company) == 4000
        earnings.decide(work, *key, release=False, words="It was Cedar after all.")
        assert standing(work, company) == 0
        earnings.decide(work, *key, release=True, words="It was not.")
        assert standing(work, company) == 4000
