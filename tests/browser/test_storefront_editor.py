"""A new affiliate opens a shop on their phone, page by page; the company approves; a client sees it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from playwright.sync_api import expect

import mainstem_postgres as postgres
from mainstem import flow, identity, network
from mainstem.kit.db import Database
from mainstem.kit.work import SYSTEM
from tests.browser.people import AMINA, Company, Person

Enter = Callable[..., Person]


def a_new_affiliate(company: Company, name: str) -> str:
    """Somebody who has just joined, and can sign in with everybody's password; their e-mail."""
    server = postgres.find(company.data / "pg")
    assert server is not None, "the company runs"
    database = Database(server.admin_url("mainstem"), tools=flow.tools(), pool=1)
    email = f"{name}@example.com"
    with database.work(SYSTEM) as work:
        home = network.join(work, slug=name, name=name.title(), email=email, country="SE")
        person = identity.create_person(
            work,
            email=email,
            name="Vera Holm",
            password_hash=identity.hash_password(company.password),
            locale="en",
        )
        identity.grant(work, person, "affiliate", affiliate_id=home)
    database.close()
    return email


def test_a_shop_is_opened_on_a_phone_approved_and_seen_by_a_client(
    enter: Enter, company: Company
) -> None:
    name = f"vera-{secrets.token_hex(3)}"
    vera = enter(phone=True)
    vera.sign_in(a_new_affiliate(company, name), to="/portal")
    vera.follow("Open my shop")
    vera.look("portal-shops")
    vera.press("Open my shop")

    vera.heads("What is your shop called?")
    vera.look("portal-shop-name")
    vera.fill(name="Vera's kitchen")
    vera.press("Next")
    vera.heads("How does it look?")
    vera.look("portal-shop-look")
    frame = vera.page.frame_locator("iframe")
    vera.page.get_by_role("radio", name="Moss").check()
    # What is chosen is seen at once, without a button.
    expect(frame.locator("link[href*='/moss.']")).to_have_count(1)
    vera.page.get_by_role("radio", name="Heather").check()
    vera.page.get_by_label("A colour of your own").fill("#ffcc00")
    vera.press("Next")
    vera.sees(re.compile("The nearest that can is #"))
    vera.look("portal-shop-refused")
    vera.page.get_by_label("A colour of your own").fill("")
    vera.press("Save and look")
    expect(frame.get_by_role("heading", level=1)).to_contain_text("Chosen for you by")
    vera.press("Next")
    vera.heads("Which picture")
    vera.look("portal-shop-picture")
    vera.page.get_by_role("radio", name="A laid table").check()
    vera.press("Next")
    vera.heads("What does it say?")
    vera.look("portal-shop-words")
    vera.fill(headline__en="Slow food, fast fires")
    vera.press("Next")
    vera.heads("What stands where?")
    vera.look("portal-shop-goods")
    vera.page.locator("#featured-1").select_option(index=3)
    vera.press("Next")
    vera.heads("Open your shop")
    expect(frame.get_by_role("heading", level=1)).to_contain_text("Slow food, fast fires")
    vera.page.get_by_text("On a computer", exact=True).click()
    assert vera.page.locator("iframe").bounding_box()["width"] > 1000  # type: ignore[index]
    vera.page.get_by_text("On a phone", exact=True).click()
    vera.look("portal-shop-publish")
    vera.press("Send it to us")
    vera.sees(re.compile("Sent to us."))

    client = enter(phone=True)
    client.go(f"/s/{name}")
    client.heads("There is nothing here")

    staff = enter()
    staff.sign_in(AMINA, to="/console")
    staff.follow(re.compile("Storefronts to approve"))
    staff.look("console-storefronts")
    staff.follow("Vera's kitchen")
    expect(staff.page.frame_locator("iframe").get_by_role("heading", level=1)).to_contain_text(
        "Slow food"
    )
    staff.look("console-storefront-draft")
    staff.press("Publish it")
    staff.sees("Clients see it from now on.")

    vera.go(f"/portal/storefront/domains/{name}")
    vera.fill(host=f"{name}.example.org")
    vera.press("Add")
    vera.sees(f"_mainstem-challenge.{name}.example.org")
    vera.look("portal-shop-domains")
    staff.go("/console/domains")
    staff.sees(f"{name}.example.org")
    staff.look("console-domains")

    client.go(f"/s/{name}")
    client.heads("Slow food, fast fires")
    client.sees("Our favourites", "Advertisement")
    client.look("storefront-of-their-own")

    vera.go("/portal/storefront")
    vera.press("Change the shop")
    vera.fill(name="Vera's table")
    vera.press("Next")
    vera.go(vera.page.url.replace("/look", "/publish"))
    vera.press("Send it to us")
    staff.go("/console/storefronts")
    staff.follow("Vera's table")
    staff.press("Publish it")
    vera.go("/portal/storefront")
    vera.follow("Every version")
    vera.look("portal-shop-history")
    vera.press("Go back to version 1")
    expect(vera.page.frame_locator("iframe").locator(".store-name")).to_contain_text(
        "Vera's kitchen"
    )
