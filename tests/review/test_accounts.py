"""An account that the gateway refuses to open can be opened when the reason is gone."""

from __future__ import annotations

import pytest
from tests.till import Till

from mainstem import payments
from mainstem.payments import GatewayDeclined


def _move(till: Till, country: str) -> None:
    with till.database.work() as work:
        work.run(
            "UPDATE affiliate SET country = %(country)s WHERE id = %(id)s",
            country=country,
            id=till.company.cedar,
        )


def test_a_refused_account_is_asked_for_anew_once_the_details_are_right(till: Till) -> None:
    _move(till, "NO")
    till.pull(
        "faults/order", kind="http_before", method="POST", path="/v2/core/accounts", status=400
    )
    with pytest.raises(GatewayDeclined):
        payments.open_account(till.database, till.company.cedar, currency="SEK")
    _move(till, "SE")
    account = payments.open_account(till.database, till.company.cedar, currency="SEK")
    assert payments.open_account(till.database, till.company.cedar, currency="SEK") == account
    asked = till.rows(
        """SELECT attempt, state, request->'identity'->>'country' FROM operation
            WHERE kind = 'account' ORDER BY 1"""
    )
    assert [tuple(row) for row in asked] == [(1, "failed", "no"), (2, "done", "se")]
