"""The zero character, which no column can keep, is refused wherever a text comes in."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from tests.company import ADA, HOME, KETTLE, YES, Company, a_company
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.shopping import ADA_FORM, Buyer, a_shop_with_texts, errors_of, hidden

from mainstem import identity
from mainstem.kit.db import Database
from mainstem.kit.ids import new_id

NOWHERE = msgspec.structs.asdict(HOME) | {"city": "Stock\0holm"}
SENTENCE = "Write this without control characters."


@pytest.fixture
def company(database: Database) -> Company:
    with database.work() as work:
        return a_company(work)


@pytest.fixture
def buyer(open_app: Open, database: Database, company: Company) -> Buyer:
    return Buyer(open_app(), a_shop_with_texts(database, company))


@pytest.mark.parametrize(
    ("field", "shown_at"),
    [("message", "message"), ("client-name", "client-name"), ("address-city", "address-city")],
)
def test_a_question_with_a_zero_is_asked_again_beside_its_field(
    buyer: Buyer, field: str, shown_at: str
) -> None:
    page = buyer.get("ask/repair")
    asked = {"message": "It smokes.", "wanted_on": "2026-03-20", "consent": "yes"}
    form = hidden(page) | ADA_FORM | asked | {field: "It\0 smokes"}
    answer = buyer.reader.post(buyer.url("ask/repair"), form)
    assert (answer.status_code, errors_of(answer)) == (422, {shown_at: SENTENCE})
    assert "It smokes" in answer.text, "what was typed stands there, without it"


def test_a_checkout_with_a_zero_is_shown_again(buyer: Buyer) -> None:
    buyer.put(KETTLE)
    answer = buyer.send(buyer.form() | {"client-name": "Ada\0Lind"})
    assert (answer.status_code, errors_of(answer)) == (422, {"client-name": SENTENCE})


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/sign-in", {"email": "ada\0@example.com", "password": "secret"}),
        ("/desk/ship/deliveries", {"parcel": "1:\0:1"}),
    ],
)
def test_any_form_with_a_zero_is_refused_in_words(
    reader: Reader, path: str, fields: dict[str, str]
) -> None:
    if path != "/sign-in":
        reader.sign_in("ada@example.com")
    page = reader.post(path, fields)
    assert page.status_code == 422
    assert SENTENCE in words_of(page)


@pytest.mark.usefixtures("people")
def test_a_zero_in_an_address_finds_nothing_and_breaks_nothing(reader: Reader) -> None:
    """What somebody looks for is read without what nobody can see."""
    reader.sign_in("ada@example.com")
    for path in (
        "/console/search?q=%00",
        "/console/affiliates?q=a%00b",
        "/console/facts?subject=%00",
    ):
        assert reader.get(path).status_code == 200, path
    assert reader.get("/s/%00").status_code == 404


@pytest.mark.parametrize(
    ("route", "changes", "pointers"),
    [
        ("orders", {"code": "A\0B", "link": "\0"}, ["/code", "/link"]),
        ("orders", {"lines": [{"sku": "KETTLE\0", "quantity": 1}]}, ["/lines/0/sku"]),
        ("leads", {"message": "\0", "address": NOWHERE}, ["/address/city", "/message"]),
    ],
)
def test_the_api_names_every_field_with_a_zero(
    buyer: Buyer,
    database: Database,
    company: Company,
    route: str,
    changes: dict[str, Any],
    pointers: list[str],
) -> None:
    with database.work() as work:
        shop = company.shop
        key = identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
    body: dict[str, Any] = {"currency": "SEK", "locale": "sv", "client": ADA, "address": HOME}
    body |= (
        {"lines": [{"sku": KETTLE, "quantity": 1}]}
        if route == "orders"
        else {"product": "repair", "consent": YES}
    )
    answer = buyer.reader.client.post(
        f"/api/v1/{route}",
        content=msgspec.json.encode(body | changes),
        headers={
            "authorization": f"Bearer {key}",
            "idempotency-key": f"request-{new_id()}",
            "content-type": "application/json",
        },
    )
    assert answer.status_code == 422
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == pointers
    assert {error["message"] for error in answer.json()["errors"]} == {SENTENCE}
