"""Set-up by a program: every kind of thing over the API, by a key and its scopes."""

from __future__ import annotations

from typing import Any

import pytest

from mainstem import identity, setup
from mainstem.kit.db import Database
from tests.company import a_company
from tests.setup import saying
from tests.surfaces.conftest import Open

PATH = "/api/v1"


class Program:
    """A program of the company's own that shows its key."""

    def __init__(self, open_app: Open, key: str) -> None:
        self.client, self.key = open_app().client, key

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"json": body} if body is not None else {}
        return self.client.request(
            method, f"{PATH}{path}", headers={"authorization": f"Bearer {self.key}"} | named, **sent
        )


@pytest.fixture
def program(database: Database, open_app: Open) -> Program:
    with database.work() as work:
        key = identity.issue_api_key(work, label="Our ERP", scopes=[*identity.SCOPES])
    return Program(open_app, key)


def test_a_company_is_set_up_by_a_program_alone(program: Program, database: Database) -> None:
    said = [
        ("/company", saying.PROFILE),
        ("/documents/terms", saying.TERMS),
        ("/locations/LLA", saying.LOCATION),
        ("/plan", saying.PLAN),
        ("/staff/ove@norrsken.example", saying.COLLEAGUE),
        ("/affiliates/vinter", saying.AFFILIATE),
        ("/storefronts/vinter", saying.STOREFRONT),
    ]
    for path, body in said:
        answer = program("PUT", path, body)
        assert answer.status_code == 201, (path, answer.text)
        shown = program("GET", path)
        assert shown.json() == answer.json() and shown.headers["etag"] == answer.headers["etag"]
        assert (
            shown.json().items()
            >= {k: v for k, v in body.items() if k not in ("rules", "uplines")}.items()
        )
        # The same again changes nothing, whether or not the program has seen what stands there.
        again = program("PUT", path, body)
        assert again.status_code == 200 and again.headers["etag"] == shown.headers["etag"], path
    with database.work() as work:
        assert work.value("SELECT count(*) FROM setup_change") == len(said)
        assert work.value("SELECT DISTINCT actor FROM setup_change").startswith("integration:")


def test_what_was_not_seen_cannot_be_overwritten(program: Program) -> None:
    etag = program("PUT", "/company", saying.PROFILE).headers["etag"]
    other = saying.PROFILE | {"city": "Boden"}
    unseen = program("PUT", "/company", other)
    assert (unseen.status_code, unseen.json()["code"]) == (428, "needs_version")
    changed = program("PUT", "/company", other, If_Match=etag)
    assert changed.status_code == 200 and changed.headers["etag"] != etag
    late = program("PUT", "/company", saying.PROFILE, If_Match=etag)
    assert (late.status_code, late.json()["code"]) == (412, "changed_meanwhile")
    assert program("PUT", "/company", saying.PROFILE, If_Match="*").status_code == 200


def test_a_repeat_with_its_key_is_answered_the_same_whatever_came_between(
    program: Program,
) -> None:
    key = {"Idempotency_Key": "first-save-of-ours"}
    first = program("PUT", "/company", saying.PROFILE, **key)
    etag = first.headers["etag"]
    program("PUT", "/company", saying.PROFILE | {"city": "Boden"}, If_Match=etag)
    again = program("PUT", "/company", saying.PROFILE, **key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert program("GET", "/company").json()["city"] == "Boden"
    other = program("PUT", "/company", saying.PROFILE | {"city": "Luleå C"}, **key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_things_are_listed_page_by_page_and_found_by_name(
    program: Program, database: Database
) -> None:
    with database.work() as work:
        a_company(work)
    slugs, after = [], ""
    while True:
        page = program("GET", f"/affiliates?limit=2{after}").json()
        slugs += [one["slug"] for one in page["items"]]
        if not page["next"]:
            break
        after = f"&after={page['next']}"
    assert slugs == ["alder", "birch", "cedar"]
    assert [one["slug"] for one in program("GET", "/affiliates?q=ced").json()["items"]] == ["cedar"]
    assert len(program("GET", "/locations").json()["items"]) == 2


def test_a_thing_is_taken_out_of_use_by_who_has_seen_it(program: Program) -> None:
    etag = program("PUT", "/locations/LLA", saying.LOCATION).headers["etag"]
    assert program("DELETE", "/locations/LLA").status_code == 428
    assert program("DELETE", "/locations/LLA", If_Match=etag).status_code == 204
    assert program("GET", "/locations/LLA").json()["active"] is False
    assert program("DELETE", "/locations/MARS", If_Match="*").status_code == 404


def test_a_shelf_is_named_by_its_article_and_place(program: Program, database: Database) -> None:
    with database.work() as work:
        a_company(work)
    shown = program("GET", "/stock/KETTLE-1@STH")
    assert shown.json() == {
        "sku": "KETTLE-1",
        "location": "STH",
        "on_hand": 100,
        "low_stock_mark": None,
    }
    counted = program(
        "PUT", "/stock/KETTLE-1@STH", shown.json() | {"on_hand": 97}, If_Match=shown.headers["etag"]
    )
    assert counted.json()["on_hand"] == 97


def test_what_stands_in_the_address_stands_in_the_body(program: Program) -> None:
    answer = program("PUT", "/locations/OTHER", saying.LOCATION)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == ["/code"]


def test_every_problem_is_named_at_once(program: Program) -> None:
    answer = program(
        "PUT", "/company", {"name": "", "legal_name": "A", "country": "SE", "colour": 1}
    )
    assert answer.status_code == 422
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"/name", "/email", "/languages", "/currencies", "/colour"}


def test_a_key_opens_what_its_scopes_name_and_nothing_when_it_is_revoked(
    open_app: Open, database: Database
) -> None:
    with database.work() as work:
        key = identity.issue_api_key(work, label="Read only", scopes=["setup:read"])
    reads = Program(open_app, key)
    assert reads("GET", "/locations").status_code == 200
    refused = reads("PUT", "/company", saying.PROFILE)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert reads("GET", "/orders").status_code == 401, "that is for storefronts"
    with database.work() as work:
        key = identity.issue_api_key(work, label="ERP", scopes=["setup:read", "setup:write"])
        [known, _] = identity.api_keys(work)
    erp = Program(open_app, key)
    admin = saying.COLLEAGUE | {"roles": ["admin"]}
    refused = erp("PUT", "/staff/ove@norrsken.example", admin)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    with database.work() as work:
        identity.revoke_api_key(work, known.id)
    assert reads("GET", "/locations").status_code == 401


def test_the_description_tells_of_every_kind_of_thing(program: Program) -> None:
    described = program("GET", "/openapi.json").json()
    for kind in setup.RESOURCES.values():
        path = f"{PATH}/{kind.name}" + ("" if kind.single else "/{key}")
        put = described["paths"][path]["put"]
        assert put["security"] == [{"integration key": []}]
        [reference] = put["requestBody"]["content"]["application/json"]["schema"].values()
        schema = described["components"]["schemas"][reference.rpartition("/")[2]]
        assert set(schema["properties"]) == set(kind.model.model_fields), kind.name
