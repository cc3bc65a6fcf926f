"""From nothing to the first paid commission, for a company that nobody has prepared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from mainstem import running
from tests.browser import opening
from tests.browser.conftest import is_told, letting_in, running_company
from tests.browser.guides import Part
from tests.browser.inspector import Inspector
from tests.browser.opening import Says
from tests.browser.people import Company, Order, Person, arrive, fill_in_checkout, paid_order, pay

Enter = Callable[..., Person]
PASSWORD = "ett ljus i varje fönster"


@dataclass(frozen=True)
class Opened:
    """A company that its owner has opened by its pages, and who works there."""

    company: Company
    data: Path
    owner: Person
    colleague: Person
    enter: Enter


@pytest.fixture(scope="module")
def opened(
    browser: Browser, inspector: Inspector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    """Set up by pages only, from the link that the start has printed."""
    with running_company(tmp_path_factory.mktemp("nothing"), "--new") as (data, told):
        places = running.addresses(data)
        company = Company(places["web"], places["gateway"], PASSWORD)
        with letting_in(browser, company, inspector) as enter:
            owner = enter()
            opening.come_in(owner, is_told(told, r"Set up +(\S+)"), Says(1))
            opening.say_who_you_are(owner, Says(2))
            opening.say_what_you_sell(owner, Says(3))
            opening.say_how_affiliates_are_paid(owner, Says(4))
            colleague = opening.say_the_rest(owner, enter, Says(5))
            yield Opened(company, data, owner, colleague, enter)


def order_and_ship(opened: Opened, says: Part) -> Order:
    client, colleague = opened.enter(phone=True), opened.colleague
    client.go("/s/vinter")
    client.look("new-storefront-home")
    client.page.locator("#goods").get_by_role("link", name=says("Candle"), exact=True).first.click()
    client.look("new-storefront-product")
    client.press(says("Add to basket"))
    client.follow(says("To the checkout"))
    fill_in_checkout(client, "Frida Först")
    client.press(says("Order and pay"))
    assert says("Pays")
    pay(client)
    order = paid_order(client)
    colleague.go("/console")
    colleague.follow(says("Ship"))
    link = colleague.page.get_by_role("link", name=order.number)
    colleague.waits_for(link)
    link.click()
    colleague.press(says("Start picking"))
    expect(colleague.page.locator("[name=code]")).to_be_focused()
    colleague.page.keyboard.type("CANDLE-1")
    colleague.page.keyboard.press("Enter")
    colleague.page.get_by_label("Number on the label").fill("12345")
    colleague.press(says("Close the box"))
    colleague.press(says("The carrier has taken it"))
    assert says("In transit") and says("Mark selected as delivered")
    arrive(colleague, order)
    says.is_done()
    return order


def pay_the_commission(opened: Opened, order: Order, says: Part) -> None:
    owner, affiliate = opened.owner, opened.enter(phone=True)
    assert says("People")
    opening.invite(owner, affiliate, opening.AFFILIATE, button=says("Invite"), link="The link")
    affiliate.go("/portal")
    moved = affiliate.page.locator(".moved", has_text=order.number)
    affiliate.waits_for(moved)
    # SEK 149 with 25 % tax is 119.20 without; 12 % of that, cut to whole öre.
    expect(moved).to_contain_text("+SEK 14.30")
    affiliate.follow(says("My account"))
    affiliate.press(says("Get started"))
    affiliate.page.locator("button[type=submit]").click()
    expect(affiliate.page).to_have_url(re.compile("/portal/account"))
    affiliate.waits_to_see("Ready")
    owner.go("/console")
    owner.page.locator("span", has_text=says("Company time")).get_by_role("link").last.click()
    days = re.search(r"clock (\d+) days", says.text)
    assert days
    owner.fill(days=days[1])
    owner.press("Move the clock forward")
    affiliate.go("/portal/payouts")
    affiliate.waits_for(affiliate.page.locator(".list-row", has_text=says("Paid")))
    affiliate.look("new-portal-payouts")
    says.is_done()


def test_the_first_commission_of_a_new_company_is_paid_out(opened: Opened) -> None:
    order = order_and_ship(opened, Says(6))
    pay_the_commission(opened, order, Says(7))


@pytest.mark.parametrize("no", range(1, 8))
def test_every_part_of_the_guide_names_what_is_on_the_pages(no: int) -> None:
    assert Says(no).left
