"""The long forms of set-up: folded, filled in from the keyboard, with and without a script."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.people import AMINA, Person

Enter = Callable[..., Person]
NEW = "/console/setup/products/new"


def test_a_long_form_is_opened_and_filled_in_from_the_keyboard(enter: Enter) -> None:
    owner = enter()
    owner.sign_in(AMINA, to=NEW)
    owner.look("setup-product-new")
    page = owner.page
    origin = page.locator("details.fold", has_text="Origin, safety and guarantee")
    expect(page.get_by_label("Country of origin")).to_be_hidden()
    origin.locator("summary").first.focus()
    owner.keys("Enter")
    expect(page.get_by_label("Country of origin")).to_be_visible()
    owner.look("setup-product-unfolded")
    page.get_by_label("Country of origin").press_sequentially("SE")
    offered = page.locator("#known-origin option")
    expect(offered.first).to_have_attribute("value", "SE")
    page.locator("details.fold", has_text="When and where it is shown").locator("summary").click()
    adder = page.get_by_label("Add to Related")
    adder.press_sequentially("skil")
    expect(page.locator("#add-related + datalist option").first).to_have_attribute(
        "value", "skillet"
    )
    adder.fill("skillet")
    owner.keys("Enter")
    expect(page.locator("#field-related")).to_have_value("skillet\n")
    expect(adder).to_be_focused()
    assert page.url.endswith(NEW), "Enter adds to the list, and does not send the form"
    expect(page.get_by_label("Visit in minutes")).to_be_hidden()
    page.get_by_label("Kind").select_option("service")
    expect(page.get_by_label("Visit in minutes")).to_be_visible()


def test_without_a_script_what_is_wrong_opens_its_fold(enter: Enter) -> None:
    owner = enter(script=False)
    owner.sign_in(AMINA, to=NEW)
    page = owner.page
    expect(page.get_by_text("Add to Related")).to_be_hidden()
    page.locator("details.fold", has_text="Commission").locator("summary").click()
    page.get_by_label("Commissionable share").fill("101")
    page.get_by_label("Name in addresses", exact=True).fill("a-thing")
    page.locator("#field-department").select_option("cook")
    page.locator("#field-names-en").fill("A thing")
    page.locator("#field-variants-0-sku").fill("THING-1")
    owner.press("Save")
    expect(page.get_by_text("This must be 100 or less.").last).to_be_visible()
    expect(page.get_by_label("Commissionable share")).to_be_visible()
