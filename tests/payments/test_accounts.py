"""An account that the gateway refuses to open can be opened when the reason is gone."""

from __future__ import annotations

import pytest
from tests.harness import Harness

from mainstem import payments
from mainstem.payments import GatewayDeclined


def _move(harness: Harness, country: str) -> None:
    with harness.database.work() as work:
        work.run(
            "UPDATE affiliate SET country = %(country)s WHERE id = %(id)s",
            country=country,
            id=harness.company.cedar,
        )


def test_a_refused_account_is_asked_for_anew_once_the_details_are_right(harness: Harness) -> None:
    _move(harness, "NO")
    harness.trigger(
        "faults/order", kind="http_before", method="POST", path="/v2/core/accounts", status=400
    )
    with pytest.raises(GatewayDeclined):
        payments.open_account(harness.database, harness.company.cedar, currency="SEK")
    _move(harness, "SE")
    account = payments.open_account(harness.database, harness.company.cedar, currency="SEK")
    assert payments.open_account(harness.database, harness.company.cedar, currency="SEK") == account
    asked = harness.rows(
        """SELECT attempt, state, request->'identity'->>'country' FROM operation
            WHERE kind = 'account' ORDER BY 1"""
    )
    assert [tuple(row) for row in asked] == [(1, "failed", "no"), (2, "done", "se")]
