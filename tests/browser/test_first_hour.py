"""The guide's first hour, step by step, by the words that stand in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import expect

from tests.browser.guides import Part
from tests.browser.people import (
    AMINA,
    AT_HOME,
    INGRID,
    NILS,
    SAMIR,
    Order,
    Person,
    fill_in_checkout,
    paid_order,
)

Enter = Callable[..., Person]
Step = partial(Part, "first-hour.md")


def buy(client: Person, says: Part) -> Order:
    client.go("/s/langkok")
    client.page.locator("#goods").get_by_role(
        "link", name=says("Skillet"), exact=True
    ).first.click()
    client.press(says("Add to basket"))
    client.follow(says("To the checkout"))
    fill_in_checkout(client, "Frida Först")
    client.press(says("Order and pay"))
    client.sees("TEST MODE")
    client.page.get_by_role("radio", name=re.compile(f"^{says('Pays')} [A-Z]")).check()
    client.press(re.compile("^Pay "))
    order = paid_order(client)
    client.heads(says("Paid"))
    says.is_done()
    return order


def ship(nils: Person, client: Person, order: Order, says: Part) -> None:
    nils.follow(says("Ship"))
    link = nils.page.get_by_role("link", name=order.number)
    nils.waits_for(link)
    link.click()
    nils.press(says("Start picking"))
    expect(nils.page.locator("[name=code]")).to_be_focused()
    nils.page.keyboard.type("HV-101-24")
    nils.page.keyboard.press("Enter")
    nils.page.get_by_label("Number on the label").fill("12345")
    nils.press(says("Close the box"))
    nils.press(says("The carrier has taken it"))
    nils.follow(says("In transit"))
    nils.page.get_by_role("checkbox", name=order.number).check()
    nils.press(says("Mark selected as delivered"))
    client.go(order.url)
    client.heads(says("Delivered"))
    client.sees(re.compile("until the end of"))
    nils.go("/console/orders")
    nils.follow(order.number)
    nils.sees(says("Order routing"))
    says.is_done()


def see_who_earned(enter: Enter, order: Order, says: Part) -> Person:
    samir, ingrid = enter(phone=True), enter(phone=True)
    samir.sign_in(SAMIR, to="/portal")
    moved = samir.page.locator(".moved", has_text=order.number)
    samir.waits_for(moved)
    samir.sees(re.compile(r"was paid for goods .* 10\s% of that"), within=moved)
    samir.sees(re.compile(f"{says('payable')} on"), within=moved)
    ingrid.sign_in(INGRID, to="/portal")
    override = ingrid.page.locator(".moved", has_text=order.number)
    ingrid.waits_for(override)
    ingrid.sees(says("level 1"), within=override)
    says.is_done()
    return samir


def let_the_window_close(enter: Enter, samir: Person, order: Order, says: Part) -> Person:
    amina = enter()
    amina.sign_in(AMINA, to="/console")
    amina.page.locator("span", has_text=says("Company time")).get_by_role("link").last.click()
    days = re.search(r"write (\d+) days", says.text)
    assert days
    amina.fill(days=days[1])
    amina.press(says("Move the clock forward"))
    moved = samir.page.locator(".moved", has_text=order.number)
    samir.go("/portal")
    samir.waits_for(moved.get_by_text(says("payable since")))
    gateway = enter()
    gateway.go(f"{gateway.company.gateway}/__gateway/")
    arrive(gateway, says)
    amina.go("/console")
    amina.follow(says("Money"))
    amina.waits_to_see("No payouts here")
    amina.page.once("dialog", lambda asked: asked.accept())
    amina.press(says("Run payouts now"))
    amina.waits_for(amina.page.get_by_role("row", name=re.compile("Långkok")))
    gateway.waits_for(gateway.page.get_by_role("button", name=says("Arrive")))
    arrive(gateway, says)
    samir.go("/portal/payouts")
    samir.waits_for(samir.page.locator(".list-row", has_text=says("Paid")))
    samir.go("/portal")
    samir.waits_for(samir.page.locator(".earned-sum", has_text="SEK 0.00"))
    says.is_done()
    return amina


def arrive(gateway: Person, says: Part) -> None:
    """Every payout that is under way reaches its bank."""
    button = gateway.page.get_by_role("button", name=says("Arrive"))
    while button.count():
        button.first.click()
        gateway.sees("Done: A payout reaches the bank")


def ask_for_a_service(enter: Enter, nils: Person, says: Part) -> None:
    client = enter()
    client.go("/s/kulla")
    client.follow(says("Stove installation"))
    client.follow(says("Ask for a price"))
    client.fill(
        message="The chimney is brick.",
        client__name="Stina Spis",
        client__email="stina.spis@example.com",
        client__phone="070-174 06 77",
        **AT_HOME,
    )
    client.page.get_by_role("checkbox").check()
    client.press(says("Send the question"))
    nils.go("/console")
    nils.follow(says("Leads"))
    card = nils.page.locator(".lead-card", has_text="Stina Spis").first
    nils.waits_for(card)
    card.get_by_role("link").click()
    nils.press(says("Qualify"))
    nils.fill(amount="12 000", scope="Fitted, lit and swept.")
    nils.press(says("Save the draft"))
    nils.press(says("Send the quote"))
    client.go(nils.page.get_by_label("The client's link").input_value())
    client.page.get_by_role("checkbox", name=re.compile("I accept the quote")).check()
    client.press(says("Order and pay"))
    client.page.get_by_role("radio", name=re.compile("^Pays [A-Z]")).check()
    client.press(re.compile("^Pay "))
    order = paid_order(client)
    nils.go("/console")
    nils.follow(says("Jobs"))
    row = nils.page.get_by_role("row", name=order.number)
    nils.waits_for(row)
    row.get_by_role("link").click()
    nils.page.locator("label.time").first.click()
    nils.press(says("Book the time"))
    nils.press(says("They are on their way"))
    nils.press(says("They are there"))
    nils.page.get_by_label("What was done").fill("It draws as it should.")
    nils.press(says("The work is done"))
    client.go(order.url)
    client.press(says("I am satisfied: sign off"))
    client.sees("The work is signed off.")
    ingrid = enter(phone=True)
    ingrid.sign_in(INGRID, to="/portal")
    moved = ingrid.page.locator(".moved", has_text=order.number)
    ingrid.waits_for(moved)
    ingrid.sees(re.compile(r"40\s% of SEK\s9,600.00 counts .* 6\s% of that"), within=moved)
    says.is_done()


def give_money_back(amina: Person, samir: Person, order: Order, says: Part) -> None:
    amina.go("/console/orders")
    amina.follow(order.number)
    amina.page.locator("summary", has_text=says("Refund")).click()
    refunds = amina.page.locator("form", has=amina.page.locator("#field-refund-reason"))
    refunds.get_by_label(re.compile("^Skillet")).fill("200")
    amina.page.locator("#field-refund-reason").fill("A dent")
    amina.page.once("dialog", lambda asked: asked.accept())
    amina.press("Refund")
    samir.go("/portal")
    samir.waits_for(samir.page.locator(".moved", has_text=order.number).locator(".is-back"))
    samir.sees(re.compile("Debt, paid off by your next commissions"))
    says.is_done()


def test_the_first_hour_is_as_the_guide_tells_it(enter: Enter) -> None:
    client, nils = enter(), enter()
    order = buy(client, Step(1))
    nils.sign_in(NILS, to="/console")
    ship(nils, client, order, Step(2))
    samir = see_who_earned(enter, order, Step(3))
    amina = let_the_window_close(enter, samir, order, Step(4))
    give_money_back(amina, samir, order, Step(6))
    ask_for_a_service(enter, nils, Step(5))


@pytest.mark.parametrize("no", range(1, 7))
def test_every_part_of_the_guide_names_what_is_on_the_pages(no: int) -> None:
    assert Step(no).left
