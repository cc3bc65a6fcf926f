"""A guest withdraws half of an order before it is packed and half after it has come."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import (
    AMINA,
    METTE,
    NILS,
    Person,
    arrive,
    buy,
    pack,
    scan,
    take_list,
)

Enter = Callable[..., Person]


def withdraw_one(client: Person, address: str) -> None:
    """One piece, on the order's own page, in the two steps of the law."""
    client.go(address)
    client.follow("Withdraw from contract here", within=client.page.locator("main"))
    client.heads("Withdraw from contract")
    client.look("order-withdrawal")
    client.page.locator("[name=pieces-1]").fill("1")
    client.press("Go on")
    client.heads("Is this what you mean?")
    client.look("order-withdrawal-confirmation")
    client.press("Confirm withdrawal")
    client.heads("Your withdrawal has come")
    client.look("withdrawal-receipt")
    client.sees(re.compile(r"We received it on \d+ \w+ \d{4}"))


def test_a_guest_withdraws_half_before_it_is_packed_and_half_after_it_has_come(
    enter: Enter,
) -> None:
    client = enter(phone=True)
    order = buy(client, "emberside", "Casserole", variant="5 litres", quantity=2, name="Vera Blom")
    picker, admin, affiliate = enter(), enter(), enter(phone=True)
    picker.sign_in(NILS, to="/desk/ship")
    admin.sign_in(AMINA, to="/console")
    affiliate.sign_in(METTE, to="/portal")

    main = client.page.locator("main")
    client.waits_for(main.get_by_role("link", name="Receipt"))
    client.look("order-paid-with-rights")
    client.follow("Receipt", within=main)
    client.heads(f"Receipt for order {order.number}")
    client.look("order-receipt")
    client.go(order.url)
    client.follow("Cancel what has not left")
    client.heads("Cancel what has not left")
    client.look("order-cancellation")

    # Half of it before anybody packs: it does not leave, and the money goes back by itself.
    withdraw_one(client, order.url)
    client.go(order.url)
    client.waits_to_see("It is accepted.")
    client.waits_to_see("€134.00")
    client.sees("1 cancelled")
    take_list(picker, order)
    scan(picker, "HV-106-5")
    pack(picker)
    picker.press("The carrier has taken it")
    arrive(picker, order)
    moved = affiliate.page.locator(".moved", has_text=order.number)
    affiliate.waits_for(moved)
    # EUR 134 with 25 % tax is 107.20 without; 10 % of that is the affiliate's.
    expect(moved).to_contain_text("+€10.72")

    # The other half after it has come: the desk sees it, and takes the goods back.
    withdraw_one(client, order.url)
    admin.go("/console/withdrawals")
    admin.waits_for(admin.page.get_by_role("link", name=order.number))
    admin.look("console-withdrawals")
    admin.follow(order.number)
    admin.sees("What was said", "Vera Blom")
    admin.look("console-withdrawal")
    admin.page.once("dialog", lambda asked: asked.accept())
    admin.press("Accept and pay back")
    admin.sees("The withdrawal is accepted, and the money goes back.")
    client.go(order.url)
    client.waits_for(client.page.locator("h1", has_text="Paid back"))
    client.look("order-withdrawn")

    affiliate.go("/portal")
    affiliate.waits_for(moved.locator(".is-back"))
    expect(moved.locator(".is-back")).to_contain_text("€10.72")
    affiliate.go("/portal/orders")
    affiliate.follow(order.number)
    affiliate.sees("The client withdrew")
    affiliate.look("portal-order-withdrawn")


def test_a_guest_without_the_link_withdraws_in_the_open_form_in_swedish(enter: Enter) -> None:
    client = enter(language="sv", phone=True)
    client.go("/s/langkok")
    client.follow("Ångra avtalet här", within=client.page.locator("footer"))
    client.look("withdraw-sv")
    client.fill(name="Sven Ek", number="7KQ2M-94TXD", contact="sven@example.com")
    client.press("Fortsätt")
    client.look("withdraw-confirmation-sv")
    client.press("Bekräfta")
    client.heads("Ditt ångermeddelande har kommit fram")
    client.look("withdrawal-receipt-sv")


def test_without_script_it_is_the_same_two_steps(enter: Enter) -> None:
    client = enter(script=False)
    client.go("/s/emberside/withdraw?number=7KQ2M-94TXD")
    client.fill(name="Sam Oak", contact="sam@example.com")
    client.press("Go on")
    client.press("Change something")
    expect(client.page.locator("[name=name]")).to_have_value("Sam Oak")
    client.press("Go on")
    client.press("Confirm withdrawal")
    client.heads("Your withdrawal has come")
    client.sees("7KQ2M-94TXD")
