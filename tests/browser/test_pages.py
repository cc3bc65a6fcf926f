"""The pages that no story passes: they, too, are for everybody, in the dark and on a telephone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.people import AMINA, INGRID, NILS, SAMIR, Person

Enter = Callable[..., Person]

NOBODY = {
    "site-front": "/",
    "site-api": "/api/v1",
    "site-setup": "/setup",
    "site-nothing-here": "/s/nobody",
    "storefront-search": "/s/kulla/search?q=stove",
    "storefront-search-nothing": "/s/kulla/search?q=submarine",
    "storefront-track": "/s/kulla/track",
    "storefront-basket-empty": "/s/kulla/basket",
    "storefront-terms": "/s/kulla/terms",
    "storefront-privacy": "/s/kulla/privacy",
    "storefront-withdrawal": "/s/kulla/withdrawal",
    "storefront-accessibility": "/s/kulla/accessibility",
    "storefront-programme": "/s/kulla/programme",
    "storefront-home-kulla": "/s/kulla",
    "storefront-home-emberside": "/s/emberside",
}
AFFILIATE = {
    "portal-team": "/portal/team",
    "portal-account": "/portal/account",
    "portal-leads-none": "/portal/leads",
}
STAFF = {
    "console-today-all": "/console",
    "console-search": "/console/search?q=Vera",
    "console-ledger": "/console/ledger",
    "console-entries": "/console/ledger/0/sales/SEK",
    "console-affiliates": "/console/affiliates",
    "console-affiliate": "/console/affiliates/2",
    "console-plan": "/console/plan",
    "console-facts": "/console/facts",
    "desk-leads-won": "/desk/leads?view=won",
    "desk-ship-all": "/desk/ship?queue=all",
}


def test_pages_for_anybody(enter: Enter) -> None:
    reader = enter(phone=True)
    for name, path in NOBODY.items():
        reader.go(path)
        reader.look(name)


def test_pages_for_an_affiliate(enter: Enter) -> None:
    reader = enter(phone=True)
    reader.sign_in(SAMIR, to="/portal")
    for name, path in AFFILIATE.items():
        reader.go(path)
        reader.look(name)
    # Where an affiliate is paid is asked by the gateway, on its own page.
    reader.go("/portal/account")
    reader.press("Change something")
    reader.look("gateway-onboarding")


def test_pages_for_staff(enter: Enter) -> None:
    reader = enter()
    reader.sign_in(AMINA, to="/console")
    for name, path in STAFF.items():
        reader.go(path)
        reader.look(name)


@pytest.mark.parametrize(
    ("language", "of_staff", "of_an_affiliate"),
    [("en", "Ship", "Earnings"), ("sv", "Skicka", "Intäkter")],
)
def test_everybody_reads_in_the_language_of_their_browser(
    enter: Enter, language: str, of_staff: str, of_an_affiliate: str
) -> None:
    staff = enter(language=language)
    staff.sign_in(NILS, to="/desk/ship")
    staff.heads(of_staff)
    staff.look(f"desk-ship.{language}")
    affiliate = enter(language=language, phone=True)
    affiliate.sign_in(INGRID, to="/portal")
    affiliate.heads(of_an_affiliate)
    affiliate.look(f"portal-earnings.{language}")
    expect(affiliate.page.locator("html")).to_have_attribute("lang", language)
