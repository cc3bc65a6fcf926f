"""The console by keys alone: the palette opens, finds while somebody types, and goes there."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.browser.people import AMINA, NILS, Person

Enter = Callable[..., Person]

# language, the palette's name, what is typed for the action, what it is called
WORDS = [
    ("en", "Search, pages and actions", "new pro", "New product"),
    ("sv", "Sökning, sidor och åtgärder", "ny pro", "Ny produkt"),
]


@pytest.mark.parametrize(("language", "name", "typed", "action"), WORDS)
def test_the_palette_is_walked_by_keys_alone(
    enter: Enter, language: str, name: str, typed: str, action: str
) -> None:
    amina = enter(language=language)
    amina.sign_in(AMINA, to="/console")
    page = amina.page
    palette = page.get_by_role("dialog", name=name)
    field = page.locator("#palette-text")
    expect(palette).to_be_hidden()

    amina.keys("Control+k")
    expect(palette).to_be_visible()
    expect(field).to_be_focused()
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    amina.look(f"palette-{language}")

    # Down and up again, round the end and back; the field keeps the focus and names what is chosen.
    first = page.get_by_role("option").first
    last = page.get_by_role("option").last
    amina.keys("ArrowUp")
    expect(last).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", last.get_attribute("id") or "-")
    amina.keys("ArrowDown")
    expect(first).to_have_attribute("aria-selected", "true")
    expect(field).to_be_focused()

    amina.keys("Escape")
    expect(palette).to_be_hidden()
    page.keyboard.press("/")
    expect(field).to_be_focused()
    expect(field).to_have_value("")

    with page.expect_response(lambda answer: answer.url.endswith(urlencode({"q": typed}))):
        page.keyboard.type(typed, delay=60)
    expect(page.get_by_role("option", name=action)).to_be_visible()
    expect(page.get_by_role("option").first).to_have_text(action)
    amina.keys("Enter")
    page.wait_for_url("**/console/setup/products/new")


def test_an_order_and_its_client_are_found_from_the_desk(enter: Enter) -> None:
    amina = enter()
    amina.sign_in(AMINA, to="/console/orders")
    page = amina.page
    number = page.locator("tbody th a").first.inner_text()
    amina.go("/desk/ship")
    amina.keys("Control+k")
    page.keyboard.type(number, delay=60)
    order = page.get_by_role("option", name=number).first
    expect(order).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("group", name="Clients").get_by_role("option")).to_have_count(1)
    expect(page.locator("#palette [role=status]")).to_have_text(re.compile(r"Found: \d+"))
    page.get_by_role("group", name="Clients").get_by_role("option").click()
    page.wait_for_url("**/console/clients?key=*")
    amina.look("client")
    amina.sees(number)
    amina.follow(number)
    page.wait_for_url("**/console/orders/*/*")
    page.locator("a[href^='/console/articles/']").first.click()
    page.wait_for_url("**/console/articles/*")
    amina.look("article")
    amina.go("/console/audit")
    amina.look("audit")


def test_whoever_may_not_open_it_does_not_find_it(enter: Enter) -> None:
    nils = enter()
    nils.sign_in(NILS, to="/console")
    nils.keys("Control+k")
    nils.page.keyboard.type("audit", delay=60)
    expect(nils.page.locator("#palette [role=status]")).to_have_text("Nothing found")
    expect(nils.page.get_by_role("option")).to_have_count(0)


def test_without_a_script_the_field_leads_to_the_same(enter: Enter) -> None:
    amina = enter(script=False)
    amina.sign_in(AMINA, to="/console")
    page = amina.page
    expect(page.locator(".palette-open")).to_be_hidden()
    page.locator("#search").fill("audit log")
    page.locator("#search").press("Enter")
    page.wait_for_url("**/console/audit")
    amina.heads("Audit log")
