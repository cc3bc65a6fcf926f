"""Colleagues come in by invitation, programs by keys; both are taken back at once."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from mainstem import identity
from mainstem.identity import InvitationRefused, PasswordTooWeak
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import Actor
from tests.company import a_company
from tests.setup import saying
from tests.setup.test_pages import filled, one, owner
from tests.surfaces.conftest import Open, Reader, words_of
from tests.surfaces.staff import hidden

__all__ = ["owner"]
PASSWORD = "en ny vinter kommer snart"


@pytest.fixture
def ove(owner: Reader, database: Database) -> int:
    """A colleague whom the owner has entered and nobody has invited yet."""
    page = owner.get("/console/setup/staff/new")
    said = saying.COLLEAGUE | {"locale": "en"}
    assert owner.post("/console/setup/staff", filled(page, **said)).status_code == 303
    with database.work() as work:
        return int(work.value("SELECT id FROM person WHERE email = 'ove@norrsken.example'"))


def invitation(owner: Reader, person: int) -> str:
    page = owner.post("/console/setup/people/invitation", {"person": person})
    found = re.search(r'value="http://[^"]*(/invitation\?token=[^"]+)"', page.text)
    assert found, words_of(page)
    return found[1]


def test_a_colleague_comes_in_by_the_link_that_the_owner_gives_them(
    owner: Reader, open_app: Open, ove: int, database: Database
) -> None:
    assert "Ove Ek" in words_of(owner.get("/console/setup/people"))
    link = invitation(owner, ove)
    newcomer = open_app()
    page = newcomer.get(link)
    assert "Welcome, Ove Ek" in words_of(page)
    weak = newcomer.post("/invitation", {"token": hidden(page, "token"), "password": "ove ek 1234"})
    assert weak.status_code == 422 and "field-password-error" in weak.text
    answer = newcomer.post("/invitation", {"token": hidden(page, "token"), "password": PASSWORD})
    assert answer.headers["location"].startswith("/sign-in")
    assert newcomer.sign_in("ove@norrsken.example", PASSWORD).status_code == 303
    assert newcomer.get("/desk/ship").status_code == 200
    assert newcomer.get("/console/setup").status_code == 403
    assert open_app().get(link).status_code == 403, "it works once"
    shown = words_of(owner.get("/console/setup/people"))
    assert re.search(
        r"Ove Ek ove@norrsken.example Picks and packs, Leads, quotes and jobs 2", shown
    )
    seen = one(database, "staff", "ove@norrsken.example").version
    owner.post("/console/setup/staff/retire", {"key": "ove@norrsken.example", "version": seen})
    assert newcomer.get("/desk/ship").status_code in (303, 401, 403), "out at once"


def test_a_newer_invitation_ends_the_one_before_and_time_ends_them_all(
    database: Database, ove: int, clock: FixedClock
) -> None:
    owner = Actor("staff", "1")
    with database.work(owner) as work:
        first = identity.invite(work, ove)
    clock.move(timedelta(hours=1))
    with database.work(owner) as work:
        second = identity.invite(work, ove)
    with pytest.raises(InvitationRefused):
        identity.accept(database, first, PASSWORD)
    with pytest.raises(PasswordTooWeak):
        identity.accept(database, second, "Norrsken 2026!")
    clock.move(timedelta(days=8))
    with pytest.raises(InvitationRefused):
        identity.accept(database, second, PASSWORD)


def test_who_has_no_role_any_more_cannot_use_their_invitation(database: Database, ove: int) -> None:
    with database.work(Actor("staff", "1")) as work:
        token = identity.invite(work, ove)
        identity.revoke(work, ove, "picker")
        identity.revoke(work, ove, "lead_desk")
    with pytest.raises(InvitationRefused):
        identity.accept(database, token, PASSWORD)


@pytest.mark.parametrize(
    "email", ["ove+shop@norrsken.example", "a&b=c@norrsken.example", "q#1@norrsken.example"]
)
def test_the_list_leads_to_each_colleague_whatever_is_in_their_address(
    owner: Reader, database: Database, email: str
) -> None:
    with database.work() as work:
        identity.grant(work, identity.create_person(work, email=email, name="Ove Plus"), "picker")
    found = re.search(r'href="([^"]+)"[^>]*>\s*Ove Plus', owner.get("/console/setup/people").text)
    assert found
    assert email in html.unescape(owner.get(html.unescape(found[1])).text)


def test_the_matrix_says_who_may_do_what(owner: Reader) -> None:
    words = words_of(owner.get("/console/setup/people"))
    assert re.search(r"Pick, pack and hand over yes no no yes", words)
    assert re.search(r"Payouts, books, codes and the plan no no yes yes", words)
    assert re.search(r"Set-up, colleagues and keys no no no yes", words)


def test_a_key_is_made_shown_once_and_revoked_on_a_page(owner: Reader, database: Database) -> None:
    page = owner.post("/console/setup/keys", {"label": "ERP", "scopes": ["setup:read"]})
    found = re.search(r'value="(mik_[^"]+)"', page.text)
    assert found
    headers = {"authorization": f"Bearer {found[1]}"}
    assert owner.client.get("/api/v1/locations", headers=headers).status_code == 200
    assert found[1] not in owner.get("/console/setup/keys").text
    id = hidden(owner.get("/console/setup/keys"), "key")
    owner.post("/console/setup/keys/revoke", {"key": id, "kind": "program"})
    assert owner.client.get("/api/v1/locations", headers=headers).status_code == 401


def test_a_key_says_what_it_is_for_and_what_it_may(owner: Reader) -> None:
    refused = owner.post("/console/setup/keys", {"label": ""})
    assert refused.status_code == 422
    words = words_of(refused)
    assert "Say what the key is for" in words and "Choose what the key may do." in words


def test_a_key_of_a_storefront_is_made_and_revoked_on_a_page(
    owner: Reader, database: Database
) -> None:

    with database.work() as work:
        company = a_company(work)
        slug = work.value("SELECT slug FROM storefront WHERE id = %(id)s", id=company.shop.id)
    said = {"storefront": slug, "label": "their shop", "scopes": ["orders:read", "leads:write"]}
    page = owner.post("/console/setup/keys", said)
    found = re.search(r'value="(msk_[^"]+)"', page.text)
    assert found
    headers = {"authorization": f"Bearer {found[1]}"}
    assert owner.client.get("/api/v1/orders", headers=headers).status_code == 200
    closed = owner.client.get("/api/v1/leads", headers=headers)
    assert (closed.status_code, closed.json()["code"]) == (403, "scope_missing")
    id = hidden(owner.get("/console/setup/keys"), "key")
    owner.post("/console/setup/keys/revoke", {"key": id, "kind": "storefront"})
    assert owner.client.get("/api/v1/orders", headers=headers).status_code == 401
    wrong = owner.post("/console/setup/keys", {"storefront": "nowhere", "label": ""})
    assert "No storefront is called nowhere." in words_of(wrong)
    nothing = owner.post("/console/setup/keys", {"storefront": slug, "label": "their shop"})
    assert "Choose what the key may do." in words_of(nothing)


@pytest.mark.parametrize(("kind", "prefix"), [("storefront", "msk_"), ("program", "mik_")])
def test_a_key_is_rolled_and_the_old_one_goes_on_for_as_long_as_was_said(
    owner: Reader, database: Database, clock: FixedClock, kind: str, prefix: str
) -> None:
    with database.work() as work:
        shop = a_company(work).shop
        if kind == "storefront":
            old = identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
        else:
            old = identity.issue_api_key(work, label="ERP", scopes=["orders:read"])
    id = hidden(owner.get("/console/setup/keys"), "key")
    page = owner.post("/console/setup/keys/roll", {"key": id, "kind": kind, "days": "1"})
    [new] = re.findall(rf'value="({prefix}[^"]+)"', page.text)
    assert "Replaced; ends" in words_of(page)

    def opens(key: str) -> bool:
        path = "/api/v1/orders" if kind == "storefront" else "/api/v1/company/orders"
        headers = {"authorization": f"Bearer {key}"}
        return bool(owner.client.get(path, headers=headers).status_code == 200)

    assert opens(old) and opens(new) and old != new
    again = owner.post("/console/setup/keys/roll", {"key": id, "kind": kind, "days": "1"})
    assert again.status_code == 404, "a key is rolled once"
    clock.move(timedelta(days=1, seconds=1))
    assert opens(new) and not opens(old)
