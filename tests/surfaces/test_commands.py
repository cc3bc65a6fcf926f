"""Whatever a page can do a program can do, by the same command; or it stands here why not."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient
from tests.company import KETTLE, a_lead, a_quoted_lead
from tests.surfaces.conftest import Open, words_of
from tests.surfaces.programs import Program, a_program
from tests.surfaces.staff import Staff, order_url, staffed

from mainstem import identity, orders, worker
from mainstem.api.company import COMMANDS
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.kit.work import Actor
from mainstem.orders.approvals import MayNotApprove, SamePerson

PATH = "/api/v1"
SECOND_PERSON = "Whoever approves or denies is a person: a program never is the second one."
SHOWS_A_SECRET = "What it shows is shown once, to a person; what the API answers is kept."
BY_ONE_PAGE = "It only looks: a program reads the thing itself."

WITHOUT = {
    "/console/orders/{home:int}/{order:uuid}/approvals/{approval:uuid}/approval": SECOND_PERSON,
    "/console/orders/{home:int}/{order:uuid}/approvals/{approval:uuid}/denial": SECOND_PERSON,
    "/console/orders/{home:int}/{order:uuid}/attribution/{change:uuid}/approval": SECOND_PERSON,
    "/console/orders/{home:int}/{order:uuid}/attribution/{change:uuid}/denial": SECOND_PERSON,
    "/console/clients/binding/{change:uuid}/approval": SECOND_PERSON,
    "/console/clients/binding/{change:uuid}/denial": SECOND_PERSON,
    "/console/network/moves/{move:uuid}/approval": SECOND_PERSON,
    "/console/network/moves/{move:uuid}/denial": SECOND_PERSON,
    "/console/plan/proposals/{proposal:uuid}/publication": SECOND_PERSON,
    "/console/plan/proposals/{proposal:uuid}/denial": SECOND_PERSON,
    "/console/periods/{name:str}/close": SECOND_PERSON,
    "/console/clock": "There is a clock to move in the demo only.",
    "/console/mail/preview/{reason:str}/{locale:str}": "A test message goes to whoever asks for it.",
    "/console/my-mail": "Whoever signs in chooses their own mail; a program gets none.",
    "/console/setup/keys": "A program that made keys would have every scope.",
    "/console/setup/keys/roll": "It shows a secret once, and a repeat would be kept with it.",
    "/console/setup/keys/revoke": "A program that revoked keys could lock the others out.",
    "/console/setup/people/invitation": SHOWS_A_SECRET,
    "/console/setup/people/{person:int}/second-factor/removal": (
        "Somebody makes sure who asks for it, and answers for that: a program does neither."
    ),
    "/console/setup/payments/destinations": SHOWS_A_SECRET,
    "/console/setup/payments/key": "It tries a secret before the machine is given it.",
    "/console/setup/payments/check": "It asks the gateway; `mainstem stripe check` does so as well.",
    "/console/catalogue/bulk/preview": BY_ONE_PAGE,
}
"""Verbs of pages that no program has, each with its reason."""

ANOTHER_WAY = {
    "/console/setup/plan": ("put", "/plan"),
    "/console/setup/{name:str}": ("put", "/locations/{key}"),
    "/console/setup/{name:str}/retire": ("delete", "/locations/{key}"),
    "/console/setup/shelves/receipt": ("post", "/stock/receipts"),
    "/console/setup/shelves/correction": ("post", "/stock/corrections"),
    "/console/pictures": ("post", "/pictures"),
    # People choose files, columns and many products at once; programs put each product.
    "/console/catalogue/bulk": ("put", "/products/{key}"),
    "/console/catalogue/import": ("put", "/products/{key}"),
    "/console/catalogue/import/{id:uuid}/columns": ("put", "/products/{key}"),
    "/console/catalogue/import/{id:uuid}/application": ("put", "/products/{key}"),
    "/console/setup/network": ("put", "/affiliates/{key}"),
    "/console/setup/network/{id:uuid}/columns": ("put", "/affiliates/{key}"),
    "/console/setup/network/{id:uuid}/application": ("put", "/affiliates/{key}"),
}
"""Verbs of pages that programs have as an operation of set-up."""


def verbs_of_pages(app: Any) -> dict[str, Any]:
    """Every address of console and desks that takes a form, with its handler."""
    found = {}
    for route in app.routes:
        for method, (handler, _) in getattr(route, "route_handler_map", {}).items():
            if method == "POST" and route.path.startswith(("/console", "/desk")):
                found[route.path] = handler
    return found


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


@pytest.fixture
def program(staff: Staff, open_app: Open) -> Program:
    return a_program(staff.database, open_app)


# ------------------------------------------------------------------------- one place


def test_every_verb_of_a_page_is_in_the_api_or_says_why_not(open_app: Open) -> None:
    client = open_app().client
    paths = client.get(f"{PATH}/openapi.json").json()["paths"]
    operations = {
        operation["operationId"]: f"{method} {path}"
        for path, item in paths.items()
        for method, operation in item.items()
    }
    assert isinstance(client, TestClient)
    verbs = verbs_of_pages(client.app)
    missing = []
    for path, handler in verbs.items():
        command = handler.opt.get("command")
        if command is not None:
            at = f"post {PATH}/company{command.path.replace(':int', '').replace(':uuid', '')}"
            if operations.get(command.name) != at.replace(":str", ""):
                missing.append(path)
        elif path in ANOTHER_WAY:
            method, other = ANOTHER_WAY[path]
            if method not in paths.get(f"{PATH}{other}", {}):
                missing.append(path)
        elif path not in WITHOUT:
            missing.append(path)
    assert missing == []
    assert {*WITHOUT, *ANOTHER_WAY} <= verbs.keys(), "nothing is excused that is not there"
    done = {handler.opt["command"].name for handler in verbs.values() if "command" in handler.opt}
    assert done == {command.name for command in COMMANDS}, "every command has its page"
    assert len(COMMANDS) == len({command.name for command in COMMANDS}) > 40


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_tells_all_of_itself(command: Any) -> None:
    assert command.words.endswith(".") and command.scope.endswith(":write") and command.roles
    assert command.scope in identity.SCOPES
    if command.body is None:
        return
    assert command.body.model_validate_json(json.dumps(command.example), strict=True)
    for name, field in command.body.model_fields.items():
        assert field.title, name


def test_the_description_shows_an_example_of_every_body(open_app: Open) -> None:
    paths = open_app().client.get(f"{PATH}/openapi.json").json()["paths"]
    for command in COMMANDS:
        path = command.path
        for kind in (":int", ":uuid", ":str"):
            path = path.replace(kind, "")
        operation = paths[f"{PATH}/company{path}"]["post"]
        assert operation["security"] == [{"integration key": []}]
        assert command.scope in operation["description"]
        if command.body:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert schema["examples"] == [command.example]


def test_one_role_and_one_scope_open_the_same_verbs() -> None:
    found: dict[str, set[tuple[str, ...]]] = {}
    for command in COMMANDS:
        found.setdefault(command.scope, set()).add(command.roles)
    assert found == {
        "orders:write": {("lead_desk", "finance")},
        "money:write": {("finance",)},
        "fulfillment:write": {("picker",)},
        "leads:write": {("lead_desk",)},
        "jobs:write": {("lead_desk",)},
        "affiliates:write": {("finance",)},
        "activity:write": {("admin",)},
        "mail:write": {("admin",)},
        "setup:write": {("admin",)},
        "staff:write": {("admin",)},
    }


# ------------------------------------------------------------------------- how it says no


def of_order(placed: Any) -> str:
    return f"/company/orders/{placed.home_id}/{placed.order_id}"


def test_without_a_key_or_its_scope_nothing_is_done(staff: Staff, open_app: Open) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        shop = staff.company.shop
        of_shop = identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
    why = {"reason": "Ordered twice."}
    expected = [
        (Program(open_app, ""), 401, "key_refused"),
        (Program(open_app, of_shop), 401, "key_refused"),
        (a_program(staff.database, open_app, "money:write"), 403, "scope_missing"),
        (a_program(staff.database, open_app, "orders:read"), 403, "scope_missing"),
    ]
    for program, status, code in expected:
        answer = program.says(f"{of_order(placed)}/cancellation", why)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"].startswith("application/problem+json")
    reads = a_program(staff.database, open_app, "orders:read")
    assert reads.sees(of_order(placed))["state"] == "placed"
    assert reads.ask("GET", "/company/payouts").status_code == 403


def test_a_storefront_sees_its_own_orders_only_and_a_program_none_of_those_addresses(
    staff: Staff, open_app: Open, program: Program
) -> None:
    placed = staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        shop = staff.company.birch_shop
        key = identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
    birch = Program(open_app, key)
    assert birch.sees("/orders")["orders"] == []
    assert birch.ask("GET", of_order(placed)).status_code == 401
    assert birch.ask("GET", "/company/orders").status_code == 401
    assert program.ask("GET", "/orders").status_code == 401
    assert program.ask("GET", "/leads").status_code == 401


def test_a_request_that_comes_again_is_done_once(staff: Staff, program: Program) -> None:
    placed = staff.sold((KETTLE, 2))
    at = f"{of_order(placed)}/refunds"
    body = {"currency": "SEK", "amount_minor": 100, "reason": "It came late."}
    key = f"refund-{uuid4()}"
    first, again = program.says(at, body, key=key), program.says(at, body, key=key)
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    other = program.says(at, body | {"amount_minor": 200}, key=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    without = program.ask("POST", at, body)
    assert (without.status_code, without.json()["code"]) == (400, "idempotency_key_missing")
    # Without what was seen, another key is another request.
    assert program.does(at, body)["outcome"] == "done"
    assert [one["amount_minor"] for one in program.sees(of_order(placed))["refunds"]] == [100, 100]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/currency", "/reason"]),
        ({"currency": "SEK", "reason": "Late."}, ["/amount_minor"]),
        ({"currency": "EUR", "amount_minor": 1, "reason": "Late."}, ["/currency"]),
        ({"currency": "SEK", "amount_minor": "1", "reason": "Late."}, ["/amount_minor"]),
        ({"currency": "SEK", "amount_minor": 1, "reason": " "}, ["/reason"]),
        ({"currency": "SEK", "amount_minor": 1, "reason": "a\u200bb"}, ["/reason"]),
        ({"currency": "SEK", "amount_minor": 1, "reason": "L.", "amount": 1}, ["/amount"]),
        (
            {"currency": "SEK", "lines": [{"line_no": 1, "amount_minor": 1}] * 2, "reason": "L."},
            ["/lines"],
        ),
        (
            {"currency": "SEK", "lines": [{"line_no": "1"}], "reason": "L."},
            ["/lines/0/line_no", "/lines/0/amount_minor"],
        ),
    ],
)
def test_a_body_that_is_not_right_is_told_by_its_fields(
    staff: Staff, program: Program, body: dict[str, Any], pointers: list[str]
) -> None:
    placed = staff.sold((KETTLE, 1))
    answer = program.says(f"{of_order(placed)}/refunds", body)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == pointers
    assert program.sees(of_order(placed))["refunds"] == []


def test_what_is_not_json_is_no_body(staff: Staff, program: Program) -> None:
    at = f"{PATH}{of_order(staff.sold((KETTLE, 1)))}/cancellation"
    headers = {
        "authorization": f"Bearer {program.key}",
        "idempotency-key": f"program-{uuid4()}",
        "content-type": "application/json",
    }
    broken = program.client.post(at, content=b"{", headers=headers)
    assert (broken.status_code, broken.json()["code"]) == (400, "malformed_json")
    form = program.client.post(at, content=b"{}", headers=headers | {"content-type": "text/plain"})
    assert (form.status_code, form.json()["code"]) == (415, "not_json")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/company/orders/1/{id}/cancellation", {"reason": "L."}),
        ("/company/orders/1/{id}/refunds", {"currency": "SEK", "amount_minor": 1, "reason": "L."}),
        ("/company/fulfilments/1/{id}/1/picking", None),
        ("/company/leads/1/{id}/qualification", None),
        ("/company/jobs/1/{id}/1/departure", None),
        ("/company/payouts/1/{id}/retry", None),
        ("/company/facts/{id}/reactions/retry", None),
        ("/company/affiliates/999999/bank", {"currency": "SEK", "account": "5000-12345"}),
        ("/company/holds/1/{id}/freeing", None),
    ],
)
def test_what_is_not_there_is_not_found(program: Program, path: str, body: Any) -> None:
    answer = program.says(path.replace("{id}", str(uuid4())), body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_step_that_is_not_its_turn_is_refused_by_its_code(staff: Staff, program: Program) -> None:
    placed = staff.sold((KETTLE, 1))
    at = f"/company/fulfilments/{placed.home_id}/{placed.order_id}/1"
    with staff.database.work() as work:
        lead = a_lead(work, staff.company.shop)
    of_lead = f"/company/leads/{staff.company.cedar}/{lead}"
    refused = [
        (f"{at}/handover", None, "invalid_transition"),
        (f"{at}/delivery", None, "not_on_its_way"),
        (f"{of_lead}/quote/sending", None, "invalid_transition"),
    ]
    for path, body, code in refused:
        answer = program.says(path, body)
        assert (answer.status_code, answer.json()["code"]) == (409, code), answer.text


# ------------------------------------------------------------------------- two persons


def test_a_program_asks_a_person_above_its_limit(staff: Staff, open_app: Open) -> None:
    program = a_program(staff.database, open_app, issued_by=staff.ids["ada"])
    placed = staff.sold((KETTLE, 16))
    total = placed.totals.total_minor
    assert total > 500_000
    body = {"currency": "SEK", "amount_minor": total, "reason": "It never came."}
    assert program.does(f"{of_order(placed)}/refunds", body)["outcome"] == "needs_approval"
    [waiting] = program.sees("/company/approvals")["items"]
    assert waiting["amount_minor"] == total and waiting["asked_by"].startswith("integration:")
    assert program.sees(of_order(placed))["refunds"] == []

    # No program is the second person, and nobody who could have had it ask.
    at = f"{of_order(placed)}/approvals/{waiting['id']}"
    for verb in ("approval", "denial"):
        assert program.says(f"{at}/{verb}", {"reason": "No."}).status_code == 404
    page = f"{order_url(placed)}/approvals/{waiting['id']}/approval"
    assert staff.reader("ada").post(page).status_code == 403
    assert staff.reader("fia").post(page).status_code == 303
    worker.drain(staff.database)
    [refund] = program.sees(of_order(placed))["refunds"]
    assert (refund["amount_minor"], refund["state"]) == (total, "succeeded")


def test_no_program_approves_whoever_has_asked(staff: Staff, open_app: Open) -> None:
    placed = staff.sold((KETTLE, 16))
    with staff.database.work(Actor("staff", str(staff.ids["li"]))) as work:
        outcome = orders.refund(
            work,
            placed.home_id,
            placed.order_id,
            amount_minor=placed.totals.total_minor,
            reason="It never came.",
        )
    assert outcome == "needs_approval"
    for verb, words in ((orders.approve, {}), (orders.deny, {"words": "No."})):
        with staff.database.work(Actor("integration", "1")) as work:
            [row] = work.rows("SELECT home_id, id FROM approval")
            with pytest.raises(MayNotApprove):
                verb(work, row.home_id, row.id, **words)


def test_a_second_key_is_no_second_person(staff: Staff, open_app: Open) -> None:
    first, second = (a_program(staff.database, open_app) for _ in range(2))
    placed = staff.sold((KETTLE, 16))
    body = {"currency": "SEK", "amount_minor": 300_000, "reason": "It came late."}
    assert first.does(f"{of_order(placed)}/refunds", body)["outcome"] == "done"
    assert second.does(f"{of_order(placed)}/refunds", body)["outcome"] == "needs_approval"
    [waiting] = first.sees("/company/approvals")["items"]
    at = f"{of_order(placed)}/approvals/{waiting['id']}/withdrawal"
    assert first.says(at).status_code == 403, "only whoever asked withdraws"
    assert second.does(at)["outcome"] == "done"


def test_who_issued_the_key_that_asked_is_not_the_second_person(
    staff: Staff, open_app: Open
) -> None:
    program = a_program(staff.database, open_app, issued_by=staff.ids["fia"])
    placed = staff.sold((KETTLE, 16))
    body = {"currency": "SEK", "amount_minor": 600_000, "reason": "It came late."}
    assert program.does(f"{of_order(placed)}/refunds", body)["outcome"] == "needs_approval"
    [waiting] = program.sees("/company/approvals")["items"]
    with (
        staff.database.work(Actor("staff", str(staff.ids["fia"]))) as work,
        pytest.raises(SamePerson),
    ):
        orders.approve(work, waiting["home"], waiting["id"])


def test_what_a_program_did_is_told_by_the_name_of_its_key(staff: Staff, open_app: Open) -> None:
    program = a_program(staff.database, open_app)
    placed = staff.sold((KETTLE, 1))
    program.does(f"{of_order(placed)}/cancellation", {"reason": "Ordered twice."})
    with staff.database.work() as work:
        actor = work.value("SELECT actor FROM fact WHERE actor LIKE 'integration:%%' LIMIT 1")
        assert actor.removeprefix("integration:") == str(staff.ids["ada"]), "the ids are the same"
    page = words_of(staff.reader("fia").get(order_url(placed)))
    assert "Our ERP" in page and "Ada " not in page.replace("Ada Lind", "")


# ------------------------------------------------------------------------- lists


def test_lists_are_turned_forth_and_back(staff: Staff, program: Program) -> None:
    for _ in range(3):
        staff.sold((KETTLE, 1))
    with staff.database.work() as work:
        a_quoted_lead(work, staff.company.birch_shop)
    for path in ("/company/orders", "/company/fulfilments"):
        first = program.sees(f"{path}?limit=2")
        assert len(first["items"]) == 2 and first["next"] and first["previous"] is None
        second = program.sees(f"{path}?limit=2&after={first['next']}")
        assert len(second["items"]) == 1 and second["next"] is None
        back = program.sees(f"{path}?limit=2&after={second['previous']}")
        assert back["items"] == first["items"]
    wrong = program.ask("GET", f"/company/fulfilments?after={first['next'][:-2]}")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor_unreadable")
    cursor = program.sees("/company/orders?limit=2")["next"]
    wrong = program.ask("GET", f"/company/payouts?after={cursor}")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor_unreadable")


def test_lists_are_of_the_whole_company_and_narrowed(staff: Staff, program: Program) -> None:
    placed = staff.sold((KETTLE, 1))
    canceled = staff.sold((KETTLE, 1))
    program.does(f"{of_order(canceled)}/cancellation", {"reason": "Ordered twice."})
    with staff.database.work() as work:
        a_lead(work, staff.company.birch_shop)
        a_quoted_lead(work, staff.company.shop)
    [one] = program.sees("/company/orders?state=canceled")["items"]
    assert one["id"] == str(canceled.order_id)
    [one] = program.sees(f"/company/orders?q={placed.number}")["items"]
    assert one["id"] == str(placed.order_id)
    assert program.sees("/company/orders?since=2030-01-01T00:00:00Z")["items"] == []
    [new] = program.sees("/company/leads")["items"]
    assert new["home"] == staff.company.birch
    [quoted] = program.sees("/company/leads?stage=quoted")["items"]
    assert quoted["home"] == staff.company.cedar
    promised = program.sees(f"/company/leads/{quoted['home']}/{quoted['id']}/estimate")
    assert (promised["is_earned"], promised["total_minor"]) == (False, 16_000)
    assert {(one["affiliate"], one["amount_minor"]) for one in promised["shares"]} == {
        ("Cedar", 12_000), ("Birch", 3_000), ("Alder", 1_000),
    }  # fmt: skip
    assert program.ask("GET", "/company/leads?stage=lost+cause").status_code in (400, 422)


def test_what_failed_is_found_and_tried_again(staff: Staff, program: Program) -> None:
    with staff.database.work() as work:
        record(work, "clock.daily", "2026-03-02")
        work.run("UPDATE fact_waiting SET state = 'dead', attempts = 9, error = 'KeyError: x'")
    [failed] = program.sees("/company/facts/failed?limit=1")["items"]
    assert (failed["state"], failed["fact"]) == ("dead", "clock.daily")
    at = f"/company/facts/{failed['id']}/{failed['consumer']}/retry"
    assert program.does(at)["outcome"] == "done"
    worker.drain(staff.database)
    assert program.does(at)["outcome"] == "done_before"
