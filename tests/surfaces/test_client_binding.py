"""Whom a client is tied to, on the console: since when and why, and to whom else by two members of staff."""

from __future__ import annotations

import re

import pytest
from tests.company import ADA
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.programs import a_program
from tests.surfaces.staff import KETTLE, Staff, staffed

from mainstem.kit.db import Database

KEY = ADA.email.lower()
CLIENT = f"/console/clients?key={KEY}"
URL = "/console/clients/binding"
PAGE = f"{URL}?key={KEY}"
SAID = {"client": KEY, "affiliate": "birch", "reason": "Birch brought them.", "evidence": "A mail."}


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def answer_to(page: str) -> str:
    [found] = re.findall(rf'action="({URL}/[0-9a-f-]+)/approval"', page)
    return str(found)


def test_a_client_is_tied_to_another_by_two_members_of_staff(staff: Staff) -> None:
    placed = staff.delivered((KETTLE, 1))
    li, fia = staff.reader("li"), staff.reader("fia")
    assert f'href="{PAGE}"' in li.get(CLIENT).text
    told = words_of(li.get(PAGE))
    assert f"{placed.number} , by their storefront" in told
    still_open = staff.sold((KETTLE, 1))
    assert f"{still_open.number} , Cedar" in words_of(li.get(PAGE))
    missing = li.post(URL, SAID | {"reason": ""})
    assert missing.status_code == 422
    assert "A mail." in missing.text, "what was written is not lost"
    assert li.post(URL, SAID).status_code == 303
    assert "Somebody else of finance decides." in words_of(li.get(PAGE))
    assert KEY in words_of(fia.get("/console/inquiries"))
    url = answer_to(fia.get(PAGE).text)
    assert li.post(f"{url}/approval").status_code in (403, 422, 303)
    assert fia.post(f"{url}/denial", {"reason": ""}).status_code == 422
    assert fia.post(f"{url}/approval").status_code == 303
    told = words_of(fia.get(PAGE))
    assert (
        "Birch" in told
        and "set by staff" in told
        and f"{placed.number} , by their storefront" in told
    )
    assert "Birch" in words_of(fia.get(CLIENT))
    assert KEY not in words_of(fia.get("/console/inquiries"))
    assert fia.post(f"{url}/approval").status_code == 409
    assert "Kund knuten till en annan affiliate" in words_of(
        staff.reader("ada").get("/console/audit?kind=binding_change&lang=sv")
    )


def test_it_is_denied_or_withdrawn_and_asked_again(staff: Staff) -> None:
    staff.delivered((KETTLE, 1))
    li, fia = staff.reader("li"), staff.reader("fia")
    li.post(URL, SAID)
    url = answer_to(fia.get(PAGE).text)
    assert fia.post(f"{url}/withdrawal").status_code == 403
    assert li.post(f"{url}/withdrawal").status_code == 303
    assert li.post(URL, SAID).status_code == 303
    url = answer_to(fia.get(PAGE).text)
    assert fia.post(f"{url}/denial", {"reason": "The mail is of May."}).status_code == 303
    assert "The mail is of May." in words_of(fia.get(PAGE))
    assert fia.post(f"{URL}/01900000-0000-7000-8000-000000000000/approval").status_code == 404


def test_a_client_who_is_tied_to_nobody_is_told_so(staff: Staff) -> None:
    fia = staff.reader("fia")
    page = fia.get(f"{URL}?key=nobody@example.com")
    assert "Tied to nobody" in words_of(page)
    assert 'name="evidence"' not in page.text
    assert fia.post(URL, SAID).status_code == 409
    assert staff.reader("per").get(PAGE).status_code == 403


def test_a_program_asks_and_withdraws(staff: Staff, open_app: Open) -> None:
    staff.delivered((KETTLE, 1))
    program = a_program(staff.database, open_app)
    asked = program.says("/company/clients/binding-changes", SAID)
    assert asked.json()["outcome"] == "needs_approval"
    with staff.database.work() as work:
        id = work.value("SELECT id FROM binding_change")
    assert program.does(f"/company/clients/binding-changes/{id}/withdrawal")["outcome"] == "done"
