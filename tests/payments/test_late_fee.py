"""The gateway works out its fee a moment after it took the money."""

from __future__ import annotations

import dataclasses

from tests.company import KETTLE
from tests.harness import Harness

from mainstem import payments
from mainstem.payments import Gateway
from mainstem.payments.gateway import SessionState


class BeforeTheFee(Gateway):
    """The same gateway, looked at before the charge has its balance transaction."""

    def session(self, id: str) -> SessionState:
        return dataclasses.replace(super().session(id), fee_minor=0)


def test_a_fee_that_is_known_later_is_booked_once(harness: Harness) -> None:
    early = BeforeTheFee("sk_test_embedded_harness", api_base=harness.gateways.url, retries=0)
    now = harness.database.tools
    harness.database.tools = dataclasses.replace(now, gateway=early)
    placed = harness.a_paid_order((KETTLE, 2))
    assert (0, "fees") not in harness.balances(0)
    harness.database.tools = now
    harness.webhook_events_arrive()
    payments.settle_session(harness.database, harness.payment(placed).session_id)
    harness.read(harness.kept)
    harness.drain()
    charge = harness.stripe.v1.charges.retrieve(
        harness.payment(placed).charge_id, {"expand": ["balance_transaction"]}
    )
    fee = charge.balance_transaction.fee
    assert fee > 0
    assert harness.payment(placed).fee_minor == fee
    assert harness.balances(0)[0, "fees"] == -fee
    assert harness.balances(0)[0, "gateway_cash"] == -charge.balance_transaction.net
    harness.every_check_passes()
