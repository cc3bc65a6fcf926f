"""The gateway works out its fee a moment after it took the money."""

from __future__ import annotations

import dataclasses

from tests.company import KETTLE
from tests.till import Till

from mainstem import payments
from mainstem.payments import Gateway
from mainstem.payments.gateway import SessionState


class BeforeTheFee(Gateway):
    """The same gateway, looked at before the charge has its balance transaction."""

    def session(self, id: str) -> SessionState:
        return dataclasses.replace(super().session(id), fee_minor=0)


def test_a_fee_that_is_known_later_is_booked_once(till: Till) -> None:
    early = BeforeTheFee("sk_test_embedded_till", api_base=till.gateways.url, retries=0)
    now = till.database.tools
    till.database.tools = dataclasses.replace(now, gateway=early)
    placed = till.a_paid_order((KETTLE, 2))
    assert (0, "fees") not in till.balances(0)
    till.database.tools = now
    till.letters_arrive()
    payments.settle_session(till.database, till.payment(placed).session_id)
    till.read(till.kept)
    till.drain()
    charge = till.stripe.v1.charges.retrieve(
        till.payment(placed).charge_id, {"expand": ["balance_transaction"]}
    )
    fee = charge.balance_transaction.fee
    assert fee > 0
    assert till.payment(placed).fee_minor == fee
    assert till.balances(0)[0, "fees"] == -fee
    assert till.balances(0)[0, "gateway_cash"] == -charge.balance_transaction.net
    till.every_truth_holds()
