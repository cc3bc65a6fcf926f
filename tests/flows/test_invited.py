"""An affiliate brings in another, who brings in a third: what the third one's shop sells is credited to
all three. Everything here is done on the pages, with the links that stand in them."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from tests.company import KETTLE
from tests.joining.applicants import PDF, open_programme
from tests.joining.test_pages import FORM, confirm, token_in
from tests.storefronts.test_editor_pages import PROFILE, begun, fields_of, next_page
from tests.surfaces.conftest import (
    PASSWORD,
    Open,
    Reader,
    light_hashes,
    open_app,
    settings,
    words_of,
)
from tests.surfaces.paying import database, gateway
from tests.surfaces.shopping import Buyer, pay_at
from tests.surfaces.staff import Staff, staffed

from mainstem import identity, ledger, worker
from mainstem.identity import passwords
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings
from mainstem_affiliates.storefront import cached_storefront
from mainstem_fulfillment import shipments

__all__ = ["database", "gateway", "light_hashes", "open_app", "settings"]

COMPANY = "http://company.example"
STEPS = 5  # name, look, picture, words and goods


@pytest.fixture
def staff(database: Database, open_app: Open, settings: Settings) -> Staff:
    """A company that takes affiliates in; Alder's owner can sign in."""
    database.tools = replace(database.tools, secret=settings.secret)
    staff = staffed(database, open_app)
    with database.work() as work:
        open_programme(work, levels_max=3)
        work.run(PROFILE)
        work.run("UPDATE company_profile SET storefront_approval = false")
        owner = identity.create_person(
            work, email="alder@affiliates.example", name="Alva", locale="en",
            password_hash=passwords.hash_password(PASSWORD),
        )  # fmt: skip
        identity.grant(work, owner, "affiliate", affiliate_id=staff.company.alder)
    return staff


def signed_in(staff: Staff, email: str) -> Reader:
    reader = staff.open_app()
    assert reader.sign_in(email).headers["location"] == "/portal"
    return reader


def invitation_of(sponsor: Reader) -> str:
    """The link that a sponsor gives away."""
    found = re.search(rf'value="{COMPANY}(/programme\?by=[^"]+)"', sponsor.get("/portal/team").text)
    assert found, "they may bring others in"
    return html.unescape(found[1])


def joins(staff: Staff, settings: Settings, sponsor: Reader, name: str) -> tuple[int, Reader]:
    """A company goes from a sponsor's link to its portal: its id, and its owner signed in."""
    stranger = staff.open_app()
    offer = stranger.get(invitation_of(sponsor))
    [apply_url] = set(re.findall(r'href="(/programme/apply\?by=[^"]+)"', offer.text))
    form = stranger.get(html.unescape(apply_url))
    said = {"company_name": name.title(), "email": f"{name}@example.com"}
    tokens = {"by": token_in(form, "by"), "csrf_token": token_in(form)}
    sent = stranger.client.post(
        "/programme/apply", data=FORM | said | tokens, headers={"accept": "text/html"}
    )
    assert sent.status_code == 303, words_of(sent)
    at = confirm(stranger, staff.database, settings)
    page = stranger.get(at)
    given = stranger.client.post(
        "/programme/paper",
        data={"token": at.rpartition("/")[2], "code": "registration", "csrf_token": token_in(page)},
        files={"paper": ("bevis.pdf", PDF, "application/pdf")},
        headers={"accept": "text/html"},
    )
    assert given.status_code == 303, words_of(given)

    fia = staff.reader("fia")
    worker.drain(staff.database)
    listed = fia.get("/console/applications").text
    [id] = re.findall(r'href="/console/applications/([0-9a-f-]{36})"', listed)
    approved = fia.post(f"/console/applications/{id}/approval", {"slug": name})
    assert approved.status_code == 303, words_of(approved)
    worker.drain(staff.database)
    with staff.database.work() as work:
        row = work.one(
            "SELECT affiliate_id, person_reference FROM application WHERE id = %(id)s", id=id
        )
    token = identity.invitation_token(settings.secret, row.person_reference)
    page = stranger.get(f"/invitation?token={token}")
    chosen = {"token": token, "password": PASSWORD, "csrf_token": token_in(page)}
    assert stranger.post("/invitation", chosen).status_code == 303
    return row.affiliate_id, signed_in(staff, f"{name}@example.com")


def opens_a_shop(owner: Reader) -> None:
    page = owner.get(begun(owner) + "/name")
    for _ in range(STEPS):
        page = next_page(owner, page)
    answer = owner.post(f"{page.url.path.removesuffix('/publish')}/publication", fields_of(page))
    assert answer.headers["location"] == "/portal/storefront"


def sells(staff: Staff, slug: str) -> str:
    """A client buys two kettles, pays at the gateway, and has them; the order's number."""
    buyer = Buyer(staff.open_app(), slug)
    buyer.put(KETTLE, 2)
    back = pay_at(buyer.send(buyer.form()).headers["location"])
    assert buyer.reader.get(back.removeprefix(COMPANY)).status_code == 303
    with staff.database.work() as work:
        order = work.one("SELECT home_id, id, number FROM orders")
    worker.drain(staff.database)
    key = (order.home_id, order.id, 1)
    with staff.database.work() as work:
        shipments.start_pick(work, key)
        shipments.pick(work, key, KETTLE, quantity=2)
        shipments.pack(work, key, carrier="PostNord", tracking="UB1SE")
        shipments.hand_over(work, key)
        shipments.deliver(work, [key])
    worker.drain(staff.database)
    return str(order.number)


def test_an_invited_affiliate_invites_another_and_a_sale_of_the_last_is_credited_to_all_three(
    staff: Staff, settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached_storefront, "FRESH_SECONDS", 0.0)
    alva = signed_in(staff, "alder@affiliates.example")
    bo_id, bo = joins(staff, settings, alva, "bo")
    cim_id, cim = joins(staff, settings, bo, "cim")
    opens_a_shop(cim)
    number = sells(staff, "cim")

    with database.work() as work:
        # 2 x 1,250.00 with 25 % tax is 2,000.00 net: 10 % to the seller, 3 % and 1 % upwards.
        assert ledger.balances(work, [staff.company.alder, bo_id, cim_id]) == {
            (cim_id, "pending", "SEK"): 20000,
            (bo_id, "pending", "SEK"): 6000,
            (staff.company.alder, "pending", "SEK"): 2000,
        }
        assert not [finding for finding in ledger.audit(work) if finding.wrong]
    for owner, credited in ((cim, "SEK 200.00"), (bo, "SEK 60.00"), (alva, "SEK 20.00")):
        said = words_of(owner.get("/portal")).replace("\N{NO-BREAK SPACE}", " ")
        assert number in said
        assert f"+{credited}" in said
    team = words_of(alva.get("/portal/team"))
    assert re.search(r"Your legs .*Bo .*Level 1 · joined March 2026 · one below", team)
    below = words_of(alva.get(f"/portal/team/{bo_id}"))
    assert re.search(r"Below Bo Cim .*Level 2 · joined March 2026 · through Bo", below)
