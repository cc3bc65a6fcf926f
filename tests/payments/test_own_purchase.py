"""The card comes with the payment, so whose purchase it was is decided when it is captured."""

from __future__ import annotations

from tests.company import HOME, KETTLE, an_order
from tests.till import Till

from mainstem import commissions, payments
from mainstem.kit.db import Database
from mainstem.orders import Address, ClientDetails, Placed

ELSEWHERE = Address("Nygatan 9", "211 20", "Malmö", "SE")


def paid(till: Till, email: str, address: Address, *, holder: str) -> Placed:
    """An order that somebody paid with their own card."""
    with till.database.work() as work:
        placed = an_order(
            work,
            till.company.shop,
            (KETTLE, 1),
            client=ClientDetails("She", email),
            address=address,
        )
    till.pull("sessions/pay", session=till.checkout(placed), card="success", name=holder)
    payments.settle_session(till.database, till.payment(placed).session_id)
    till.drain()
    return placed


def reasons(database: Database, placed: Placed) -> list[str]:
    with database.work() as work:
        found = commissions.review_of(work, placed.home_id, placed.order_id)
        return [one["kind"] for one in found.reasons] if found else []


def test_an_order_paid_by_a_participants_card_is_held_whatever_its_address_and_e_mail(
    till: Till,
) -> None:
    own = paid(till, "cedar@affiliates.example", HOME, holder="Cedar Wood")
    other = paid(till, "aunt@example.com", ELSEWHERE, holder="Aunt Wood")
    hidden = paid(till, "nobody@example.com", ELSEWHERE, holder=" cedar wood ")
    assert till.payment(own).method_fingerprint == till.payment(hidden).method_fingerprint
    assert till.payment(own).method_fingerprint != till.payment(other).method_fingerprint
    assert reasons(till.database, own) == [], "that is no question"
    assert reasons(till.database, other) == []
    assert reasons(till.database, hidden) == ["payment_method"]
