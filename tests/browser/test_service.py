"""A service, from the question in the shop to the commission for work that the client accepted."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import AT_HOME, INGRID, NILS, Person, paid_order, pay

Enter = Callable[..., Person]

PRICE = "18 500"
"""As a Swede types it; without the tax it is SEK 14,800."""


def test_an_installation_is_asked_for_quoted_done_and_signed_off(enter: Enter) -> None:
    client = enter(phone=True)
    client.go("/s/kulla/c/services")
    client.look("storefront-department")
    client.follow("Stove installation")
    client.look("storefront-service")
    client.follow("Ask for a price")
    client.look("storefront-enquiry")
    client.fill(
        message="The house is from 1912 and the chimney is brick.",
        client__name="Tove Berg",
        client__email="tove.berg@example.com",
        client__phone="070-174 06 77",
        **AT_HOME,
    )
    client.page.get_by_role("checkbox").check()
    client.press("Send the question")
    client.heads("Thank you")
    client.look("storefront-asked")

    desk = enter()
    desk.sign_in(NILS, to="/desk/leads")
    card = desk.page.locator(".lead-card", has_text="Tove Berg").first
    desk.waits_for(card)
    desk.look("desk-leads")
    card.get_by_role("link").click()
    desk.sees("The house is from 1912 and the chimney is brick.")
    desk.look("desk-lead")
    desk.press("Qualify")
    desk.fill(amount=PRICE, scope="Fitting of the stove, flue and hearth plate; the chimney swept.")
    desk.press("Save the draft")
    desk.sees("Draft 1")
    desk.look("desk-lead-draft")
    desk.press("Send the quote")
    address = desk.page.get_by_label("The client's link").input_value()
    desk.look("desk-lead-quoted")

    client.go(address)
    client.sees("SEK 18,500.00", "the chimney swept")
    client.look("storefront-quote")
    client.page.get_by_role("checkbox", name=re.compile("I accept the quote")).check()
    client.press("Order and pay")
    pay(client)
    order = paid_order(client)

    desk.go("/desk/jobs")
    row = desk.page.get_by_role("row", name=order.number)
    desk.waits_for(row)
    desk.look("desk-jobs")
    row.get_by_role("link").click()
    desk.look("desk-job")
    desk.page.locator("label.time").first.click()
    desk.press("Book the time")
    desk.look("desk-job-booked")
    client.go(order.url)
    client.sees("Booked")
    client.look("storefront-order-booked")
    desk.press("They are on their way")
    client.go(order.url)
    client.sees("On the way to you")
    desk.press("They are there")
    desk.page.get_by_label("What was done").fill("Fitted and lit. It draws as it should.")
    desk.press("The work is done")
    desk.sees("Fitted and lit. It draws as it should.")
    desk.look("desk-job-done")
    desk.go("/desk/jobs/board")
    desk.look("desk-board")

    client.go(order.url)
    client.sees("Fitted and lit. It draws as it should.")
    client.look("storefront-order-done")
    client.press("I am satisfied: sign off")
    client.sees("Thank you. The work is signed off.")
    client.look("storefront-order-signed-off")

    affiliate = enter(phone=True)
    affiliate.sign_in(INGRID, to="/portal")
    moved = affiliate.page.locator(".moved", has_text=order.number)
    affiliate.waits_for(moved)
    # A service pays 6 %, and of an installation two fifths count: the rest is bought material.
    expect(moved).to_contain_text("+SEK 355.20")
    affiliate.sees(
        re.compile(
            r"40\s% of SEK\s14,800.00 counts for commission: SEK\s5,920.00. 6\s% of that is SEK\s355.20\."
        ),
        within=moved,
    )
    affiliate.go("/portal/leads")
    expect(affiliate.page.locator(".list-row", has_text="Tove Berg").first).to_contain_text("Won")
    affiliate.look("portal-leads")
    affiliate.go("/portal/orders")
    affiliate.look("portal-orders")
    affiliate.follow(re.compile("Tove Berg"))
    affiliate.heads("Delivered")
    affiliate.look("portal-order")
