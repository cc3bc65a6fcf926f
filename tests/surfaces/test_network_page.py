"""Bring your network, at the console: uploaded, told, looked at and applied by an owner."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import staffed

from mainstem import worker
from mainstem.kit.db import Database

URL = "/console/setup/network"
ROWS = "Firma;Adress;Land;Saldo;Valuta\nEk AB;ek@example.com;SE;1 250,50;SEK\n"


@pytest.fixture
def owner(database: Database, open_app: Open) -> Reader:
    return staffed(database, open_app).reader("ada")


def send(who: Reader, data: bytes, *, path: str = URL, name: str = "export.csv") -> Any:
    return who.client.post(
        path,
        data={"csrf_token": who.token("/console")},
        files={"file": (name, data)},
        headers={"accept": "text/html"},
    )


def test_an_owner_brings_their_network_and_sees_what_it_does_before_it_does(
    owner: Reader, database: Database
) -> None:
    url = send(owner, ROWS.encode()).headers["location"]
    page = owner.get(url)
    assert "Say what the affiliate is called." in words_of(page)
    told = {"kind": "affiliates", "column-0": "name", "column-1": "email", "column-2": "country",
            "column-3": "opening_balance", "column-4": "opening_currency"}  # fmt: skip
    assert owner.post(f"{url}/columns", told).status_code == 303
    words = words_of(owner.get(url))
    assert re.search(r"Ek AB ek-ab New .*SEK 1,250\.50", words), words
    assert owner.post(f"{url}/application", {}).status_code == 303
    assert "Being applied" in words_of(owner.get(URL))
    worker.drain(database)
    assert "The file is applied." in words_of(owner.get(url))
    assert "Brought in" in words_of(owner.get("/console/payouts"))
    assert "Opening balances" in words_of(owner.get("/console/ledger"))


def test_what_is_no_table_is_refused_with_the_reason_in_the_readers_language(owner: Reader) -> None:
    for data in (b"", b"a\x00b", b"Namn,Namn\nx,y\n"):
        answer = send(owner, data)
        assert answer.status_code == 422, data
        assert 'id="field-file-error"' in answer.text
    in_swedish = send(owner, b"Namn,Namn\nx,y\n", path=f"{URL}?lang=sv")
    assert in_swedish.status_code == 422
    assert 'lang="sv"' in in_swedish.text


def test_a_cell_that_a_spreadsheet_would_run_is_shown_as_text(owner: Reader) -> None:
    rows = b'name,email,country\n"=cmd|calc<script>alert(1)</script>",x@example.com,SE\n'
    url = send(owner, rows).headers["location"]
    assert "<script>alert(1)" not in owner.get(url).text


def test_only_whoever_sets_the_company_up_brings_a_network(
    database: Database, open_app: Open
) -> None:
    staff = staffed(database, open_app)
    for name, status in (("ada", 200), ("fia", 403), ("per", 403), ("li", 403)):
        assert staff.reader(name).get(URL).status_code == status, name
