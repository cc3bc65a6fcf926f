"""Shelves: when they are low, what is received, and what is corrected with its reason."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mainstem import identity, setup
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.work import Work
from tests.company import KETTLE, Company, a_company, a_paid_order
from tests.setup.test_api import Program, program
from tests.setup.test_pages import owner
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import hidden

__all__ = ["owner", "program"]

STOCK = setup.resource("stock")


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work, stock=10)


def say(work: Work, **said: Any) -> setup.Saved:
    wanted = document(STOCK.model, {"sku": KETTLE, "location": "STO", **said})
    return setup.save(work, STOCK, wanted, seen=setup.ANY)


def movements(work: Work) -> int:
    return int(work.value("SELECT count(*) FROM stock_movement"))


def test_a_shelf_is_low_once_so_few_are_free_and_a_mark_counts_nothing(
    database: Database, company: Company, owner: Reader
) -> None:
    with database.work() as work:
        code = work.value("SELECT code FROM location WHERE id = %(id)s", id=company.stockholm)
        before = movements(work)
        assert say(work, location=code, on_hand=10, low_stock_mark=8).is_changed
        assert not say(work, location=code, on_hand=10, low_stock_mark=8).is_changed
        assert movements(work) == before, "nobody has counted"
        assert STOCK.marks
        assert STOCK.marks(work) == {}
    assert "Low stock" not in words_of(owner.get("/console"))
    with database.work() as work:
        a_paid_order(work, company.shop, (KETTLE, 2))
        assert STOCK.marks(work) == {f"{KETTLE}@{code}": "Low"}
    assert re.search(r"1 Low stock|Low stock 1", words_of(owner.get("/console")))
    low = owner.get("/console/setup/stock?marked=1")
    assert f"{KETTLE}@{code}".split("@")[0] in low.text
    assert low.text.count("<tr>") == 2, "the heading and the one that is low"
    assert low.text.count(">Low<") == 1
    with database.work() as work:
        assert say(work, location=code, on_hand=10, low_stock_mark=None).is_changed
        assert STOCK.marks(work) == {}


def code_of(work: Work, location: int) -> str:
    return str(work.value("SELECT code FROM location WHERE id = %(id)s", id=location))


def on_hand(database: Database, location: int, sku: str = KETTLE) -> int:
    with database.work() as work:
        return int(
            work.value(
                """SELECT s.on_hand FROM stock_level s JOIN variant v ON v.id = s.variant_id
                    WHERE v.sku = %(sku)s AND s.location_id = %(location)s""",
                sku=sku,
                location=location,
            )
        )


def test_goods_are_received_on_a_page_once_for_each_reference(
    database: Database, company: Company, owner: Reader
) -> None:
    with database.work() as work:
        code = code_of(work, company.stockholm)
    said = {"sku": KETTLE, "location": code, "pieces": "5", "reference": "DN-7", "token": "x"}
    for _ in range(2):
        assert owner.post("/console/setup/shelves/receipt", said).status_code == 303
    assert on_hand(database, company.stockholm) == 15
    other = owner.post("/console/setup/shelves/receipt", said | {"pieces": "6"})
    assert other.status_code == 409
    assert "DN-7 has moved 5 of" in words_of(other)
    wrong = owner.post("/console/setup/shelves/receipt", said | {"sku": "NONE", "reference": "n"})
    assert wrong.status_code == 422
    assert "No article has the number NONE." in words_of(wrong)
    assert on_hand(database, company.stockholm) == 15


def test_a_form_that_is_sent_twice_without_a_reference_moves_once(
    database: Database, company: Company, owner: Reader
) -> None:
    with database.work() as work:
        code = code_of(work, company.stockholm)
    page = owner.get(f"/console/setup/shelves?key={KETTLE}@{code}")
    said = {"sku": KETTLE, "location": code, "delta": "-2", "reason": "damaged",
            "token": hidden(page, "token")}  # fmt: skip
    for _ in range(2):
        assert owner.post("/console/setup/shelves/correction", said).status_code == 303
    assert on_hand(database, company.stockholm) == 8
    shown = words_of(owner.get(f"/console/setup/shelves?key={KETTLE}@{code}"))
    assert re.search(rf"{code} -2 Damaged \S+ Cai", shown)
    assert f"{code} 8 0" in shown


def test_what_orders_were_promised_cannot_be_corrected_away(
    database: Database, company: Company, owner: Reader
) -> None:
    with database.work() as work:
        code = code_of(work, company.stockholm)
        a_paid_order(work, company.shop, (KETTLE, 9))
    said = {"sku": KETTLE, "location": code, "reason": "lost", "token": "a"}
    no = owner.post("/console/setup/shelves/correction", said | {"delta": "-2"})
    assert no.status_code == 409
    assert "are promised to orders" in words_of(no)
    assert (
        owner.post("/console/setup/shelves/correction", said | {"delta": "-1"}).status_code == 303
    )
    assert on_hand(database, company.stockholm) == 9


@pytest.mark.parametrize(
    "changes", [{"delta": "0"}, {"delta": "many"}, {"reason": "stolen by elves"}, {"location": "X"}]
)
def test_a_correction_says_how_many_and_why(
    database: Database, company: Company, owner: Reader, changes: dict[str, str]
) -> None:
    with database.work() as work:
        code = code_of(work, company.stockholm)
    said = {"sku": KETTLE, "location": code, "delta": "1", "reason": "found", "token": "a"}
    assert owner.post("/console/setup/shelves/correction", said | changes).status_code == 422
    assert on_hand(database, company.stockholm) == 10


def test_a_program_receives_and_corrects_and_may_repeat_itself(
    database: Database, company: Company, program: Program
) -> None:
    with database.work() as work:
        code = code_of(work, company.stockholm)
    receipt = {
        "location": code,
        "reference": "DN-8",
        "lines": [{"sku": KETTLE, "pieces": 3}, {"sku": KETTLE, "pieces": 4}],
    }
    key = "a-key-of-our-own-1"
    first = program("POST", "/stock/receipts", receipt, Idempotency_Key=key)
    again = program("POST", "/stock/receipts", receipt, Idempotency_Key=key)
    unkeyed = program("POST", "/stock/receipts", receipt)
    level = {"levels": [{"sku": KETTLE, "location": code, "on_hand": 17}]}
    assert first.json() == again.json() == unkeyed.json() == level
    assert (first.status_code, again.headers["idempotent-replayed"]) == (200, "true")
    reused = program("POST", "/stock/corrections", _lost(code, -1), Idempotency_Key=key)
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    for _ in range(2):
        answer = program("POST", "/stock/corrections", _lost(code, -1))
        assert answer.json()["levels"][0]["on_hand"] == 16
    other = program("POST", "/stock/corrections", _lost(code, -2))
    assert (other.status_code, other.json()["code"]) == (409, "reference_used")
    wrong = receipt | {"lines": [{"sku": KETTLE, "pieces": 1}, {"sku": "NONE", "pieces": 1}],
                       "reference": "DN-9"}  # fmt: skip
    no = program("POST", "/stock/receipts", wrong)
    assert no.status_code == 422
    assert [one["pointer"] for one in no.json()["errors"]] == ["/lines/1/sku"]
    assert on_hand(database, company.stockholm) == 16


def _lost(code: str, delta: int) -> dict[str, Any]:
    return {"sku": KETTLE, "location": code, "delta": delta, "reason": "lost", "reference": "L-1"}


def test_a_key_that_only_reads_moves_no_stock(database: Database, open_app: Open) -> None:
    with database.work() as work:
        key = identity.issue_api_key(work, label="Reader", scopes=["setup:read"])
    for path in ("receipts", "corrections"):
        assert Program(open_app, key)("POST", f"/stock/{path}", {}).status_code == 403
