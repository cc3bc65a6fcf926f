"""The card comes with the payment, so whose purchase it was is decided when it is captured."""

from __future__ import annotations

from tests.company import HOME, KETTLE, an_order
from tests.harness import Harness

from mainstem import earnings, payments
from mainstem.kit.db import Database
from mainstem.orders import Address, ClientDetails, Placed

ELSEWHERE = Address("Nygatan 9", "211 20", "Malmö", "SE")


def paid(harness: Harness, email: str, address: Address, *, holder: str) -> Placed:
    """An order that somebody paid with their own card."""
    with harness.database.work() as work:
        placed = an_order(
            work,
            harness.company.shop,
            (KETTLE, 1),
            client=ClientDetails("Buyer", email),
            address=address,
        )
    harness.trigger("sessions/pay", session=harness.checkout(placed), card="success", name=holder)
    payments.settle_session(harness.database, harness.payment(placed).session_id)
    harness.drain()
    return placed


def reasons(database: Database, placed: Placed) -> list[str]:
    with database.work() as work:
        found = earnings.review_of(work, placed.home_id, placed.order_id)
        return [one["kind"] for one in found.reasons] if found else []


def test_an_order_paid_by_a_participants_card_is_held_whatever_its_address_and_e_mail(
    harness: Harness,
) -> None:
    own = paid(harness, "cedar@affiliates.example", HOME, holder="Cedar Wood")
    other = paid(harness, "aunt@example.com", ELSEWHERE, holder="Aunt Wood")
    hidden = paid(harness, "nobody@example.com", ELSEWHERE, holder=" cedar wood ")
    assert harness.payment(own).method_fingerprint == harness.payment(hidden).method_fingerprint
    assert harness.payment(own).method_fingerprint != harness.payment(other).method_fingerprint
    assert reasons(harness.database, own) == [], "that is no question"
    assert reasons(harness.database, other) == []
    assert reasons(harness.database, hidden) == ["payment_method"]
