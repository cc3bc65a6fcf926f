"""What hurts asks for a fresh sign-in: which routes do, and what becomes of what was pressed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.authenticator import code_of
from tests.surfaces.conftest import PASSWORD, Open, Reader, words_of
from tests.surfaces.staff import KETTLE, Staff, order_url, staffed

from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.web.proof import FRESH, MONEY

ORDER = "/console/orders/{home:int}/{order:uuid}"
PAYOUT = "/console/payouts/{home:int}/{payout:uuid}"
THINGS = {"staff": FRESH, "affiliates": FRESH}

PROVEN: dict[str, Any] = {
    "GET /account/authenticator": FRESH,
    "GET /account/password": FRESH,
    "GET /console/setup/{name:str}/new": THINGS,
    "POST /console/clients/binding/{change:uuid}/approval": MONEY,
    "POST /console/network/moves/{move:uuid}/approval": MONEY,
    "POST /console/orders/{home:int}/{order:uuid}/attribution/{change:uuid}/approval": MONEY,
    "POST /console/periods/{name:str}/close": MONEY,
    "POST /console/plan/proposals/{proposal:uuid}/publication": MONEY,
    "POST /account/authenticator": FRESH,
    "POST /account/authenticator/confirmation": FRESH,
    "POST /account/authenticator/removal": FRESH,
    "POST /account/passkeys": FRESH,
    "POST /account/passkeys/options": FRESH,
    "POST /account/passkeys/{id:int}/removal": FRESH,
    "POST /account/password": FRESH,
    "POST /account/recovery-codes": FRESH,
    "POST /account/sessions/end": FRESH,
    "POST /account/sessions/{id:int}/end": FRESH,
    "POST /console/affiliates/{id:int}/bank": MONEY,
    f"POST {ORDER}/approvals/{{approval:uuid}}/approval": MONEY,
    "POST /console/payouts": MONEY,
    f"POST {PAYOUT}/cancellation": MONEY,
    f"POST {PAYOUT}/confirmation": MONEY,
    f"POST {PAYOUT}/retry": MONEY,
    "POST /console/setup/keys": FRESH,
    "POST /console/setup/keys/revoke": FRESH,
    "POST /console/setup/keys/roll": FRESH,
    "POST /console/setup/payments/destinations": FRESH,
    "POST /console/setup/payments/key": FRESH,
    "POST /console/setup/people/invitation": FRESH,
    "POST /console/setup/people/sessions/end": FRESH,
    "POST /console/setup/people/{person:int}/sessions/end": FRESH,
    "POST /console/setup/people/{person:int}/second-factor/removal": FRESH,
    "POST /console/setup/{name:str}": THINGS,
    "POST /console/setup/{name:str}/retire": THINGS,
    "POST /portal/account/bank": MONEY,
    "POST /portal/account/onboarding": MONEY,
}
"""Every route that asks for proof, and for how much of it. A new one that hurts gets a line here."""


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    return staffed(database, open_app)


def test_these_routes_ask_for_proof_and_no_others(open_app: Open) -> None:
    client = open_app().client
    assert isinstance(client, TestClient)
    found = {
        f"{method} {route.path}": handler.opt["proof"]
        for route in client.app.routes
        for method, (handler, _) in getattr(route, "route_handler_map", {}).items()
        if handler.opt.get("proof") and method != "HEAD"
    }
    assert found == PROVEN


def stale(staff: Staff, name: str, clock: FixedClock) -> Reader:
    reader = staff.reader(name)
    clock.move(timedelta(minutes=16))
    return reader


def test_a_page_leads_to_the_password_and_back(staff: Staff, clock: FixedClock) -> None:
    fia = staff.reader("fia")
    assert fia.get("/account/password").status_code == 200
    clock.move(timedelta(minutes=15))
    assert fia.get("/account/password").status_code == 200
    clock.move(timedelta(seconds=1))
    away = fia.get("/account/password?x=1")
    assert away.status_code == 303
    assert away.headers["location"] == "/sign-in/again?next=%2Faccount%2Fpassword%3Fx%3D1"
    page = fia.get(away.headers["location"])
    assert "Is it still you, Fia?" in words_of(page)
    before = fia.client.cookies["session"]
    wrong = fia.post("/sign-in/again", {"password": "no", "next": "/account/password?x=1"})
    assert (wrong.status_code, "This is not your password." in words_of(wrong)) == (401, True)
    back = fia.post("/sign-in/again", {"password": PASSWORD, "next": "/account/password?x=1"})
    assert back.headers["location"] == "/account/password?x=1"
    assert fia.client.cookies["session"] != before, "another session"
    assert fia.get("/account/password?x=1").status_code == 200


def test_what_was_pressed_is_not_done_and_said_to_be_pressed_again(
    staff: Staff, clock: FixedClock, database: Database
) -> None:
    ada = stale(staff, "ada", clock)
    keys = "/console/setup/keys"
    sent = {"label": "Our ERP", "scopes": "orders:read"}
    away = ada.post(keys, sent, referer=f"http://company.example{keys}?x=1")
    assert away.status_code == 303
    at = "/sign-in/again?next=%2Fconsole%2Fsetup%2Fkeys%3Fx%3D1&pressed=yes"
    assert away.headers["location"] == at
    assert "press the button once more" in words_of(ada.get(at))
    back = ada.post(
        "/sign-in/again", {"password": PASSWORD, "next": f"{keys}?x=1", "pressed": "yes"}
    )
    assert back.headers["location"] == f"{keys}?x=1"
    assert "Nothing was done yet" in words_of(ada.get(f"{keys}?x=1"))
    with database.work() as work:
        assert work.value("SELECT count(*) FROM api_key") == 0
    assert ada.post(keys, sent).status_code == 200
    with database.work() as work:
        assert work.value("SELECT count(*) FROM api_key") == 1


def test_whoever_finds_a_session_open_cannot_shut_its_owner_out_but_leaves_it_unasked(
    staff: Staff, clock: FixedClock
) -> None:
    owner, found = staff.reader("fia"), staff.reader("fia")
    [other] = re.findall(r"/account/sessions/(\d+)/end", found.get("/account").text)
    clock.move(timedelta(minutes=16))
    for path in (f"/account/sessions/{other}/end", "/account/sessions/end"):
        assert "/sign-in/again" in found.post(path).headers["location"]
    assert owner.get("/account").status_code == 200
    assert found.post("/sign-out").headers["location"] == "/"
    assert found.get("/account").status_code == 303
    again = {"password": PASSWORD, "next": "/account", "pressed": "yes"}
    owner.post("/sign-in/again", again)
    assert owner.post("/account/sessions/end").headers["location"] == "/sign-in"
    assert owner.get("/account").status_code == 303


def test_one_kind_of_things_asks_and_another_does_not(staff: Staff, clock: FixedClock) -> None:
    ada = stale(staff, "ada", clock)
    assert "/sign-in/again" in ada.post("/console/setup/staff", {}).headers["location"]
    assert ada.post("/console/setup/teams", {}).status_code == 422


def test_a_program_at_the_console_is_told_by_a_code(staff: Staff, clock: FixedClock) -> None:
    ada = stale(staff, "ada", clock)
    answer = ada.post("/account/passkeys/options", accept="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "fresh_sign_in_needed")


# ------------------------------------------------------------------------- in a company that sells

SELLING = {"mode": "production", "public_url": "https://company.example"}


def test_who_deals_with_money_sets_a_second_factor_up_before_any_page(
    staff: Staff, clock: FixedClock
) -> None:
    for name in ("fia", "ada"):
        reader = staff.reader(name, **SELLING)
        for path in ("/console", "/console/orders"):
            away = reader.get(path)
            assert away.status_code == 303
            assert away.headers["location"].startswith("/account?next=%2Fconsole"), path
        page = reader.get(away.headers["location"])
        assert "Set up a second factor to go on" in words_of(page)
    ada = staff.reader("ada", **SELLING)
    assert ada.get("/desk/ship").status_code == 303
    staff.has_second_factor("ada")
    assert ada.get("/desk/ship").status_code == ada.get("/console/orders").status_code == 200
    assert staff.reader("per", **SELLING).get("/desk/ship").status_code == 200
    assert staff.reader("fia").get("/console/orders").status_code == 200, (
        "not where it is tried out"
    )


EVERYBODY = SELLING | {"second_factor": "everybody"}


def test_where_the_company_says_so_all_staff_set_a_second_factor_up_before_any_page(
    staff: Staff,
) -> None:
    per = staff.reader("per", **EVERYBODY)
    assert per.get("/desk/ship").headers["location"].startswith("/account?next=%2Fdesk%2Fship")
    assert per.get("/account").status_code == 200
    staff.has_second_factor("per")
    assert per.get("/desk/ship").status_code == 200


def test_where_the_company_says_so_affiliates_set_a_second_factor_up_before_any_page(
    open_app: Open, people: dict[str, int]
) -> None:
    elin = open_app(**EVERYBODY)
    elin.sign_in("elin@example.com")
    assert elin.get("/portal").headers["location"].startswith("/account?next=%2Fportal")


def test_set_up_on_the_way_they_go_on_to_where_they_were_going(
    staff: Staff, clock: FixedClock
) -> None:
    fia = staff.reader("fia", **SELLING)
    page = fia.get(fia.get("/console/orders").headers["location"])
    assert 'name="next" value="/console/orders"' in page.text
    onward = {"next": "/console/orders"}
    shown = fia.get(fia.post("/account/authenticator", onward).headers["location"])
    found = re.search(r'<code class="secret">([A-Z2-7 ]+)</code>', shown.text)
    assert found
    code = code_of(found[1].replace(" ", ""), clock.now())
    wrong = fia.post("/account/authenticator/confirmation", {"code": "000000"} | onward)
    assert (wrong.status_code, "This code is not right." in words_of(wrong)) == (422, True)
    kept = fia.post("/account/authenticator/confirmation", {"code": code} | onward)
    assert 'href="/console/orders"' in kept.text
    assert fia.get("/console/orders").status_code == 200


def test_the_second_person_has_a_second_factor_in_whichever_role(staff: Staff) -> None:
    placed = staff.sold((KETTLE, 1))
    at = f"{order_url(placed)}/approvals/{placed.order_id}/approval"
    away = staff.reader("li", **SELLING).post(at)
    assert away.status_code == 303
    assert "needed=yes" in away.headers["location"]
    assert staff.reader("li").post(at).status_code == 404, "there is no such request"


def test_an_affiliate_says_where_to_be_paid_with_a_second_factor(
    open_app: Open, people: dict[str, int]
) -> None:
    elin = open_app(**SELLING)
    elin.sign_in("elin@example.com")
    away = elin.post("/portal/account/bank", {"currency": "SEK", "account": "5000-12345"})
    assert (away.status_code, "needed=yes" in away.headers["location"]) == (303, True)
    assert elin.get("/portal").status_code == 200
