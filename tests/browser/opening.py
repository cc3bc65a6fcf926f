"""How an owner opens a company, page by page, as the guide tells it."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from tests.browser.guides import Part
from tests.browser.people import Person

Enter = Callable[..., Person]
Says = partial(Part, "open-your-company.md")

OWNER, COLLEAGUE, AFFILIATE = (
    "cai@norrsken.example.com",
    "ove@norrsken.example.com",
    "vera@vinter.example.com",
)


def come_in(owner: Person, link: str, says: Part) -> None:
    owner.go(link)
    owner.look("setup-first-visit")
    owner.page.get_by_label(says("Your name")).fill("Cai Norr")
    owner.fill(email=OWNER, password=owner.company.password)
    owner.press(says("Set up"))
    owner.sign_in(OWNER)
    owner.sees(says("On the way to the first order"), "Nobody sells.")
    owner.look("console-today-empty")
    owner.follow(says("Set-up"))
    owner.look("console-setup-empty")
    says.is_done()


def say_who_you_are(owner: Person, says: Part) -> None:
    step(owner, says("Say who the company is"))
    owner.look("console-setup-company")
    for language in ("sv", "en"):
        owner.page.locator(f"[name=languages][value={language}]").check()
    type_in(
        owner,
        {
            "name": "Norrsken",
            "legal_name": "Norrskens Ljusstöperi AB",
            "number": "559123-4567",
            "country": "SE",
            "line1": "Kyrkogatan 2",
            "postal_code": "972 32",
            "city": "Luleå",
            "email": "hej@norrsken.example.com",
            "currencies": "SEK\nEUR",
            "promise-en": "Light that burns longer.",
            "promise-sv": "Ljus som brinner längre.",
        },
    )
    save(owner, says("Save"))
    step(owner, says("Say whose tax you charge"))
    owner.look("console-setup-tax")
    owner.page.get_by_label(says("Home country")).fill("SE")
    open_row(owner, "euro_rates-0-currency")
    type_in(owner, {"euro_rates-0-currency": "SEK", "euro_rates-0-rate": "11.2"})
    save(owner)
    step(owner, says("Say what delivery costs"))
    owner.look("console-setup-nothing-yet")
    owner.follow(says("Add the first one"))
    owner.look("console-setup-delivery-zone")
    type_in(
        owner,
        {
            "code": "sweden",
            "names-en": "Sweden",
            "countries": "SE",
            "methods-0-code": "parcel",
            "methods-0-names-en": "Parcel",
            "methods-0-names-sv": "Paket",
            "methods-0-carrier": "PostNord",
            "methods-0-bands-0-price-SEK": "59",
            "methods-0-bands-0-price-EUR": "5,90",
            "methods-0-free_from-SEK": "500",
        },
    )
    save(owner)
    says.is_done()


def say_what_you_sell(owner: Person, says: Part) -> None:
    owner.go("/console/setup")
    owner.follow(says("Departments"))
    add(owner, {"slug": "candles", "names-en": "Candles", "names-sv": "Ljus"})
    step(owner, says("Enter what you sell"))
    owner.follow(says("Add the first one"))
    owner.look("console-setup-product")
    owner.page.get_by_label(says("SKU")).first.fill("CANDLE-1")
    type_in(
        owner,
        {
            "slug": "candle",
            "department": "candles",
            "names-en": "Candle",
            "names-sv": "Ljus",
            "variants-0-prices-SEK": "149,00",
            "variants-0-prices-EUR": "14.90",
            "variants-0-weight_g": "300",
            "maker-name": "Norrskens Ljusstöperi AB",
            "maker-address": "Kyrkogatan 2, 972 32 Luleå",
            "maker-email": "hej@norrsken.example.com",
        },
    )
    save(owner)
    owner.follow("Add")
    owner.page.get_by_label(says("Kind")).select_option(says("Service"))
    type_in(
        owner,
        {
            "slug": "mending",
            "department": "candles",
            "names-en": "Lantern mending",
            "names-sv": "Laga lykta",
            "commissionable_bp": "40",
            "variants-0-sku": "MEND-1",
        },
    )
    owner.page.get_by_label(says("Visit in minutes")).fill("60")
    save(owner)
    owner.look("console-setup-list")
    step(owner, says("Name a place that goods leave from"))
    add(owner, {"code": "LLA", "name": "Lagret", "country": "SE", "city": "Luleå"})
    step(owner, says("Receive what lies on your shelves"))
    add(owner, {"sku": "CANDLE-1", "location": "LLA", "on_hand": "40"})
    step(owner, says("Make a team for each service"))
    owner.follow("Add the first one")
    services = owner.page.get_by_role("group", name=says("Services"))
    services.get_by_label("mending").check()
    type_in(owner, {"code": "NORR", "name": "Norr", "members": "Ove Ek"})
    save(owner)
    says.is_done()


def say_how_affiliates_are_paid(owner: Person, says: Part) -> None:
    step(owner, says("Publish how affiliates are paid"))
    owner.follow(says("Two levels"))
    owner.sees(says("What it says, and a sale worked out"))
    type_in(
        owner,
        {
            "rules-0-levels-0-rate_bp": "12",
            "rules-0-levels-1-rate_bp": "3",
            "rules-0-cap_bp": "15",
            "cap_bp": "15",
        },
    )
    owner.press(says("Work a sale out"))
    owner.look("console-setup-plan")
    owner.press(says("Publish"))
    owner.sees("Published.")
    step(owner, says("Make the first affiliate"))
    owner.follow("Add the first one")
    owner.look("console-setup-affiliate")
    owner.sees(says("People who sign in"))
    open_row(owner, "people-0-name")
    type_in(
        owner,
        {
            "slug": "vinter",
            "name": "Vinter och Co",
            "email": "post@vinter.example.com",
            "country": "SE",
            "people-0-name": "Vera Vinter",
            "people-0-email": AFFILIATE,
            "codes": "vinter",
        },
    )
    save(owner)
    step(owner, says("Open the first storefront"))
    owner.follow("Add the first one")
    owner.look("console-setup-storefront")
    for language in ("sv", "en"):
        owner.page.locator(f"[name=languages][value={language}]").check()
    owner.sees(says("Headline"))
    type_in(
        owner,
        {
            "slug": "vinter",
            "affiliate": "vinter",
            "name": "Vinter",
            "currency": "SEK",
            "headline-en": "Light a candle",
            "headline-sv": "Tänd ett ljus",
            "city": "Luleå",
            "owner": "Vera Vinter",
        },
    )
    save(owner)
    says.is_done()


def say_the_rest(owner: Person, enter: Enter, says: Part) -> Person:
    step(owner, says("Connect your payments"))
    owner.press(says("Check now"))
    owner.sees(says("Everything is there"))
    owner.look("console-setup-payments")
    step(owner, says("Write your terms and what you do with data"))
    for label, word in ((says("Terms of sale"), "terms"), (says("Privacy"), "privacy")):
        owner.go("/console/setup/documents/new")
        owner.page.get_by_label("Document", exact=True).select_option(label)
        type_in(owner, {"texts-en": f"Our {word}.\n\nIn two parts.", "texts-sv": f"{label}."})
        save(owner)
    step(owner, says("Say who the mail is from"))
    type_in(owner, {"sender_name": "Norrsken", "sender_address": "hej@norrsken.example.com"})
    save(owner)
    step(owner, says("Invite your colleagues"))
    owner.follow(says("Add a colleague"))
    type_in(owner, {"email": COLLEAGUE, "name": "Ove Ek"})
    for role in (says("Picks and packs"), says("Leads, quotes and jobs")):
        owner.page.get_by_label(role).check()
    save(owner)
    owner.go("/console/setup")
    owner.follow(says("People"))
    colleague = invite(owner, enter(), COLLEAGUE, button=says("Invite"), link=says("The link"))
    owner.look("console-setup-people")
    owner.go("/console")
    owner.heads(says("Today"))
    assert not owner.page.get_by_text("On the way to the first order").count()
    owner.go("/console/setup")
    owner.look("console-setup-done")
    says.is_done()
    return colleague


def invite(owner: Person, guest: Person, email: str, *, button: str, link: str) -> Person:
    """A link for somebody, by which they choose a password and come in."""
    owner.go("/console/setup/people")
    owner.press(button, within=owner.page.get_by_role("row", name=re.compile(email)))
    guest.go(owner.page.get_by_label(link, exact=True).input_value())
    guest.look("invitation")
    guest.fill(password=guest.company.password)
    guest.press("Set the password")
    guest.sign_in(email)
    return guest


def step(owner: Person, words: str) -> None:
    """Follow a line of the checklist."""
    owner.go("/console/setup")
    owner.follow(words, within=owner.page.locator(".checklist"))


def add(owner: Person, fields: dict[str, str]) -> None:
    """The first thing of a list that is empty."""
    owner.follow("Add the first one")
    type_in(owner, fields)
    save(owner)


def type_in(owner: Person, fields: dict[str, str]) -> None:
    """Fill a form in, by the names of its fields."""
    for name, value in fields.items():
        place = owner.page.locator(f"form.form [name='{name}']")
        unfold(owner, name)
        if place.first.evaluate("one => one.tagName") == "SELECT":
            place.select_option(value)
        elif place.first.get_attribute("type") == "checkbox":
            for one in value.splitlines():
                owner.page.locator(f"form.form [name='{name}'][value='{one}']").check()
        else:
            place.fill(value)


def unfold(owner: Person, field: str) -> None:
    """Open the folds and rows that have this field, the outermost first."""
    folds = owner.page.locator(
        "form.form details:not([open])", has=owner.page.locator(f"[name='{field}']")
    )
    while folds.count():
        folds.first.locator("summary").first.click()


def open_row(owner: Person, field: str) -> None:
    """Open the row that has this field."""
    unfold(owner, field)


def save(owner: Person, button: str = "Save") -> None:
    """Save the form, and see that it was."""
    owner.page.locator(".form-actions").get_by_role("button", name=button, exact=True).click()
    owner.sees("Saved.")
