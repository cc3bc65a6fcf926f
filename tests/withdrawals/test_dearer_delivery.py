"""Of a delivery that has begun, what the least expensive way would have cost goes back: a dearer one was the
client's choice (Directive 2011/83/EU, Article 13(2)). What has not left goes back whole."""

from __future__ import annotations

from typing import Any

import pytest
from tests.company import KETTLE, SKILLET
from tests.harness import Harness
from tests.withdrawals.stories import (
    given_back,
    pieces_of,
    sends,
    state_of,
    takes_back,
    withdraws,
    writes_mail,
)

from mainstem import delivery
from mainstem.delivery import DeliveryZone
from mainstem.kit.documents import document
from mainstem.withdrawals import Submitted

PARCEL = {
    "code": "parcel", "names": {"en": "Parcel", "sv": "Paket"},
    "bands": [{"price": {"SEK": 4990}}], "free_from": {"SEK": 200000},
}  # fmt: skip
EXPRESS = {"code": "express", "names": {"en": "Express"}, "bands": [{"price": {"SEK": 14905}}]}


@pytest.fixture
def shop(harness: Harness) -> Harness:
    with harness.database.work() as work:
        zone = {"code": "sweden", "countries": ["SE"], "methods": [PARCEL, EXPRESS]}
        delivery.save_zone(work, None, document(DeliveryZone, zone))
    return harness


def told(harness: Harness) -> list[dict[str, Any]]:
    rows = harness.rows("SELECT context FROM mail WHERE reason = 'withdrawal_answered' ORDER BY id")
    return [row.context for row in rows]


def came_back(harness: Harness, *lines: tuple[str, int], method: str, **more: Any) -> Submitted:
    placed = harness.a_paid_order(*lines, delivery_method=method)
    pieces = {no: count for no, (_, count) in enumerate(lines, 1)}
    sends(harness.database, placed, pieces)
    made = withdraws(harness.database, placed, pieces)
    harness.drain()
    takes_back(harness.database, made, **more)
    harness.drain()
    return made


@pytest.mark.parametrize(
    ("method", "lines", "more", "back"),
    [
        # The parcel is the standard way: all of it.
        ("parcel", [(KETTLE, 1)], {}, 125000 + 4990),
        # Express: what the parcel would have cost.
        ("express", [(KETTLE, 1)], {}, 125000 + 4990),
        # The parcel would have been free.
        ("express", [(KETTLE, 1), (SKILLET, 1)], {}, 125000 + 80000),
        # The company may give back more than it must.
        ("express", [(KETTLE, 1)], {"delivery_minor": 14905}, 125000 + 14905),
        ("express", [(KETTLE, 1)], {"delivery_minor": 0}, 125000),
    ],
)
def test_once_everything_came_back_the_standard_delivery_goes_back(
    shop: Harness, method: str, lines: list[tuple[str, int]], more: dict[str, int], back: int
) -> None:
    made = came_back(shop, *lines, method=method, **more)
    order = shop.rows("SELECT order_id FROM withdrawal")[0].order_id
    assert given_back(shop.database, order) == back
    assert state_of(shop.database, made)[0] == "accepted"
    shop.every_check_passes()


def test_the_client_is_told_what_of_an_express_delivery_is_not_paid_back(shop: Harness) -> None:
    writes_mail(shop.database)
    came_back(shop, (KETTLE, 1), method="express")
    assert [one["dearer_delivery"] for one in told(shop)] == [{"minor": 9915, "currency": "SEK"}]
    came_back(shop, (KETTLE, 1), method="parcel")
    assert told(shop)[1]["dearer_delivery"] is None


def test_what_has_not_left_is_paid_back_with_all_of_its_delivery(shop: Harness) -> None:
    placed = shop.a_paid_order((KETTLE, 1), delivery_method="express")
    withdraws(shop.database, placed, {1: 1})
    shop.drain()
    assert given_back(shop.database, placed.order_id) == 125000 + 14905


def test_the_last_of_several_withdrawals_brings_the_standard_delivery(shop: Harness) -> None:
    placed = shop.a_paid_order((KETTLE, 2), delivery_method="express")
    sends(shop.database, placed, {1: 2})
    first = withdraws(shop.database, placed, {1: 1})
    shop.drain()
    takes_back(shop.database, first)
    assert given_back(shop.database, placed.order_id) == 125000, "the other kettle is kept"
    second = withdraws(shop.database, placed, {1: 1})
    shop.drain()
    takes_back(shop.database, second)
    assert pieces_of(shop.database, second) == [(1, 1, 0, 1, 0, 125000)]
    # Two kettles would have come free of charge in a parcel.
    assert given_back(shop.database, placed.order_id) == 250000
