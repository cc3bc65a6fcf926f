"""The checkout for everybody: a card that is declined, a shelf that is empty, no script, no mouse."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import (
    NILS,
    Person,
    buy,
    fill_in_checkout,
    paid_order,
    pay,
    put_in_basket,
)

Enter = Callable[..., Person]

LAST = "Wood cooker Ovanåker"
"""Three stand finished; the next ones have yet to be cast."""


def test_a_declined_card_costs_nothing_and_another_one_pays(enter: Enter) -> None:
    client = enter(phone=True)
    put_in_basket(client, "langkok", "Trivet, Tributaries")
    client.follow("To the checkout")
    fill_in_checkout(client, "Arne Dahl")
    client.press("Order and pay")
    pay(client, "declined")
    client.sees("The payment did not go through", "You have not been charged.")
    client.look("gateway-declined")
    client.follow(re.compile("Back to Långkok"))
    client.heads("Waiting for your payment")
    client.look("storefront-order-unpaid")
    client.press(re.compile("^Pay SEK"))
    pay(client, "approved")
    client.look("gateway-bank")
    client.press("Approve")
    paid_order(client)


def test_the_last_pieces_are_sold_once(enter: Enter) -> None:
    late, quick = enter(phone=True), enter(phone=True)
    put_in_basket(late, "kulla", LAST, quantity=1)
    late.follow("To the checkout")
    fill_in_checkout(late, "Lisa Sen")
    buy(quick, "kulla", LAST, quantity=3, name="Rut Kvick")
    late.press("Order and pay")
    late.sees("Sold out just now. Remove it to continue.")
    late.look("storefront-checkout-sold-out")
    late.go("/s/kulla")
    late.follow(LAST)
    late.sees(re.compile("^Sold out just now"))
    expect(late.page.get_by_role("button", name="Add to basket")).to_have_count(0)
    late.look("storefront-product-sold-out")


def test_a_swede_buys_in_swedish(enter: Enter) -> None:
    client = enter(language="sv", phone=True)
    client.go("/s/langkok")
    client.heads("God mat är mest väntan")
    client.look("storefront-home.sv")
    put_in_basket(client, "langkok", "Stekpanna", variant="24 cm")
    client.look("storefront-product.sv")
    client.follow("Till kassan")
    client.look("storefront-checkout.sv")
    fill_in_checkout(client, "Siv Malm")
    client.press("Beställ och betala")
    pay(client)
    paid_order(client)
    client.heads("Betald")
    # The language is theirs to change on any page, and stays changed.
    client.follow("English")
    client.heads("Paid. We are getting it ready")


def test_the_checkout_needs_no_script(enter: Enter) -> None:
    client = enter(script=False)
    client.go("/s/langkok/p/skillet")
    client.press("Add to basket")
    client.heads("Basket")
    client.fill(quantity="2")
    client.press("Change")
    client.sees("SEK 1,398.00")
    client.follow("To the checkout")
    fill_in_checkout(client, "Olle Utan")
    client.fill(address__postal_code="12")
    client.press("Order and pay")
    client.sees("One thing to correct")
    client.fill(address__postal_code="111 35")
    client.press("Order and pay")
    pay(client)
    paid_order(client)


def test_the_checkout_needs_no_mouse(enter: Enter) -> None:
    client = enter()
    client.go("/s/langkok/p/skillet")
    client.tabs_to("Skip to the content")
    client.keys("Enter")
    client.tabs_to(re.compile("28 cm"))
    client.keys("Enter")
    expect(client.page).to_have_url(re.compile("variant=HV-101-28"))
    client.tabs_to("Add to basket")
    client.keys("Enter")
    client.sees("Skillet is in the basket")
    client.tabs_to("To the checkout")
    client.keys("Enter")
    client.heads("Checkout")
    for label, words in (
        ("Name", "Kim Tangent"),
        ("E-mail", "kim.tangent@example.com"),
        ("Street and number", "Kungsgatan 12"),
        ("Postal code", "111 35"),
        ("Town", "Stockholm"),
    ):
        client.tabs_to(label)
        client.page.keyboard.type(words)
    client.tabs_to("Order and pay")
    client.keys("Enter")
    expect(client.page).to_have_url(re.compile("/c/pay/"))
    client.tabs_to(re.compile("^Pays "))
    client.keys("Space")
    client.tabs_to(re.compile("^Pay SEK"))
    client.keys("Enter")
    paid_order(client)


def test_the_desk_needs_no_mouse(enter: Enter) -> None:
    order = buy(enter(phone=True), "langkok", "Turner", name="Pia Spade")
    picker = enter()
    picker.sign_in(NILS, to="/console")
    picker.waits_for(picker.page.locator("[data-go=s]"))
    picker.keys("g", "s")
    expect(picker.page).to_have_url(re.compile("/desk/ship$"))
    link = picker.page.get_by_role("link", name=order.number)
    picker.waits_for(link)
    place = picker.page.locator("[data-rows] > tr", has=link).evaluate("one => one.rowIndex")
    for row in range(place):
        picker.keys("j")
        expect(picker.page.locator("[data-rows] > tr").nth(row)).to_contain_class("is-current")
    expect(link).to_be_focused()
    picker.keys("Enter")
    picker.heads(order.number)
    picker.tabs_to(re.compile("^Start picking"))
    picker.keys("Enter")
    expect(picker.page.get_by_label("Scan the article")).to_be_focused()
    picker.page.keyboard.type("HV-113")
    picker.keys("Enter")
    expect(picker.page.get_by_label("Number on the label")).to_be_focused()
    picker.page.keyboard.type("UB987654321SE", delay=50)
    picker.tabs_to("Close the box")
    picker.keys("Enter")
    picker.sees("The box is closed.")
    picker.tabs_to(re.compile("^The carrier has taken it"))
    picker.keys("Enter")
    picker.sees(f"Order {order.number} is on its way.")
    picker.tabs_to(re.compile("^In transit"))
    picker.keys("Enter")
    expect(picker.page).to_have_url(re.compile("/transit$"))
    picker.tabs_to(f"Order {order.number} has arrived")
    picker.keys("Space")
    picker.tabs_to("Mark selected as delivered")
    picker.keys("Enter")
    picker.sees("One parcel is delivered.")
