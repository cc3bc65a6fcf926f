"""Unpaid holds on the pages: a client who is refused, and the desk that frees."""

from __future__ import annotations

import pytest
from tests.company import an_order
from tests.orders.wanting import stock_of
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import KETTLE, Staff, staffed

from mainstem.kit.db import Database


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def test_the_desk_frees_what_is_held_for_nobody(staff: Staff) -> None:
    with staff.database.work() as work:
        stock_of(work, KETTLE, 8)
        placed = an_order(work, staff.company.shop, (KETTLE, 4), ip_address="198.51.100.7")
    per = staff.reader("per")
    page = per.get("/desk/ship/holds")
    words = words_of(page)
    assert placed.number in words
    assert "4 \N{MULTIPLICATION SIGN} Kettle" in words
    assert "from 198.51.100.7" in words
    assert "A large share" in words
    there = f"/desk/ship/holds/{placed.home_id}/{placed.order_id}/freeing"
    assert per.post(there).headers["location"] == "/desk/ship/holds"
    after = words_of(per.get("/desk/ship/holds"))
    assert "The goods are released." in after
    assert "No unpaid holds" in after
    twice = per.post(there)
    assert twice.status_code == 409
    assert "it cannot be freed now" in twice.text
    assert "Unpaid goods released by staff" in words_of(staff.reader("ada").get("/console/facts"))


def test_holds_are_the_pickers_page(staff: Staff) -> None:
    assert staff.reader("fia").get("/desk/ship/holds").status_code == 403
