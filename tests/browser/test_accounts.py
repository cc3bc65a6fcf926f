"""A member of finance loses her telephone, and comes back in by a recovery code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

from playwright.sync_api import expect

from tests.authenticator import code_of
from tests.browser.people import AMINA, Person

Enter = Callable[..., Person]
# What an authenticator of this kind does by itself: keeps keys, and says that it knew its owner.
TELEPHONE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def at_localhost(enter: Enter, **how: object) -> Person:
    """Browsers keep no passkeys for the address 127.0.0.1, and the demo answers to this name too."""
    somebody = enter(**how)
    web = somebody.company.web.replace("127.0.0.1", "localhost")
    somebody.company = replace(somebody.company, web=web)
    return somebody


@contextmanager
def a_telephone(somebody: Person) -> Iterator[None]:
    """The browser has a device with passkeys, until it is lost."""
    devices = somebody.page.context.new_cdp_session(somebody.page)
    devices.send("WebAuthn.enable")
    device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": TELEPHONE})
    yield
    devices.send("WebAuthn.removeVirtualAuthenticator", device)
    devices.detach()


def test_a_member_of_finance_loses_her_phone_and_comes_back_in_by_a_recovery_code(
    enter: Enter,
) -> None:
    finance = at_localhost(enter)
    finance.sign_in(AMINA, to="/console")
    finance.follow("Sign-in and security")
    finance.heads("Sign-in and security")
    finance.look("account")
    codes = sets_up_the_app(finance)
    with a_telephone(finance):
        finance.press("Add a passkey")
        finance.sees("Your passkey is set up.", re.compile("Passkey, added"))
        finance.look("account-with-factors")
        comes_in_by_passkey(finance)

    # The telephone is gone, and with it the app and the passkey. A colleague lends a browser.
    lent = at_localhost(enter, phone=True)
    lent.go("/sign-in?next=/console/payouts")
    lent.fill(email=AMINA, password=lent.company.password)
    lent.press("Sign in")
    lent.heads("One more step")
    lent.look("second-step")
    lent.page.locator("summary", has_text="Use a recovery code").click()
    lent.fill(recovery=codes[0].lower())
    lent.press("Sign in with the recovery code")
    expect(lent.page).to_have_url(re.compile("/console/payouts$"))

    lent.go("/account")
    lent.sees("You have 9 codes left")
    lent.press(re.compile("^End the session of"))
    lent.sees("That session has ended.")
    finance.go("/console")
    expect(finance.page).to_have_url(re.compile("/sign-in"))
    she_reads_of_it(lent)
    removes_what_is_lost(lent)


def sets_up_the_app(finance: Person) -> list[str]:
    """By the key as text, as with an app that has no camera; the recovery codes."""
    finance.press("Set up an authenticator app")
    finance.look("account-authenticator")
    expect(finance.page.get_by_role("img", name="QR code of the key below")).to_be_visible()
    secret = finance.text("code.secret").replace(" ", "")
    finance.fill(code=code_of(secret, datetime.now(UTC)))
    finance.press("Turn it on")
    finance.heads("Keep these recovery codes")
    finance.look("account-codes")
    codes = finance.page.locator(".recovery-codes code").all_inner_texts()
    assert len(codes) == 10
    finance.follow("I have kept them")
    finance.heads("Sign-in and security")
    return codes


def comes_in_by_passkey(finance: Person) -> None:
    finance.page.once("dialog", lambda asked: asked.accept())
    finance.press("Sign out everywhere")
    finance.sees("You are signed out everywhere.")
    finance.fill(email=AMINA, password=finance.company.password)
    finance.press("Sign in")
    finance.press("Use a passkey")
    expect(finance.page).to_have_url(re.compile("/console$"))


def she_reads_of_it(lent: Person) -> None:
    """What she is told by mail: the demo keeps it to be read."""
    lent.go(f"/inbox?to={AMINA}")
    for mail in ("Password or second factor changed", "Sign-in from a new device"):
        lent.waits_for(lent.page.get_by_role("link", name=mail))


def removes_what_is_lost(lent: Person) -> None:
    lent.go("/account")
    lent.page.on("dialog", lambda asked: asked.accept())
    lent.press(re.compile("^Remove the passkey"))
    lent.sees("The passkey is removed.")
    lent.press("Remove the app")
    lent.sees("The authenticator app is removed.", "Off")
