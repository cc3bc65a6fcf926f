"""Codes on the pages of staff and of affiliates."""

from __future__ import annotations

import pytest
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.staff import Staff, staffed

from mainstem import referrals
from mainstem.kit.db import Database


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def test_staff_give_find_retire_and_reassign_codes(staff: Staff) -> None:
    fia = staff.reader("fia")
    given = fia.post("/console/codes", {"code": "black friday", "affiliate": "birch"})
    assert given.headers["location"] == "/console/codes"
    assert "The code is assigned." in words_of(fia.get("/console/codes"))
    again = fia.post("/console/codes", {"code": "BLACKFR1DAY", "affiliate": "Birch"})
    assert again.status_code == 409
    assert "This code is taken. Choose another." in again.text
    nobody = fia.post("/console/codes", {"code": "OLD-POT", "affiliate": "nobody"})
    assert nobody.status_code == 422
    assert "Name one affiliate from the list." in words_of(nobody)

    moved = fia.post("/console/codes/BLACK-FRIDAY/affiliate", {"affiliate": "Cedar"})
    assert moved.status_code == 303
    found = words_of(fia.get("/console/codes?q=b1ack"))
    assert "BLACK-FRIDAY" in found
    assert "Cedar" in found
    assert "BLACK-FRIDAY" in words_of(fia.get(f"/console/affiliates/{staff.company.cedar}"))

    assert fia.post("/console/codes/BLACK-FRIDAY/retirement").status_code == 303
    assert "No such code" in words_of(fia.get("/console/codes?q=black"))
    assert "retired" in words_of(fia.get("/console/codes?q=black&view=retired"))
    twice = fia.post("/console/codes/BLACK-FRIDAY/retirement")
    assert twice.status_code == 409
    assert "it cannot be retired now" in twice.text
    facts = words_of(staff.reader("ada").get("/console/facts"))
    for said in ("Code assigned", "Code reassigned to another affiliate", "Code retired"):
        assert said in facts


def test_codes_are_the_moneys_people_alone(staff: Staff) -> None:
    assert staff.reader("per").get("/console/codes").status_code == 403


def test_more_codes_than_a_page_holds_have_a_next_page(staff: Staff) -> None:
    with staff.database.work() as work:
        for no in range(51):
            referrals.assign(work, staff.company.cedar, f"POT-{no:03}")
    fia = staff.reader("fia")
    first = fia.get("/console/codes?q=pot")
    assert "POT-049" in first.text
    assert "POT-050" not in first.text
    assert "after=POT-049" in first.text
    assert "POT-050" in fia.get("/console/codes?q=pot&view=in+force&after=POT-049").text
