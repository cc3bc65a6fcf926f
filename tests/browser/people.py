"""Who acts in the stories, and what each of them does at the screen, in the trade's words."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.inspector import Inspector

PATIENCE_MS = 60_000
PATIENCE_SECONDS = 300
"""For what the worker does meanwhile: it has a month of days to go through in some stories."""

SAMIR, INGRID, METTE = (
    "samir@langkok.example.com",  # Långkok, sponsored by Kulla
    "ingrid@kullahus.example.com",  # Kulla
    "mette@emberside.example.com",  # Emberside, sponsored by Långkok
)
NILS, AMINA = "nils@hardvik.example.com", "amina@hardvik.example.com"


TABS_MAX = 80
_REACHED = """() => {
  const one = document.activeElement;
  const shown = [one, one.closest("label")].map(it => it && getComputedStyle(it));
  const words = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText;
  return {
    name: words.replace(/\\s+/g, " ").trim(),
    is_seen: shown.some(style => style && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1),
  };
}"""

expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Company:
    """Where the company answers, the password of everybody in it, and its data folder."""

    web: str
    gateway: str
    password: str
    data: Path


class Person:
    """Somebody at a browser: does what a label says, and looks at what comes."""

    def __init__(self, page: Page, company: Company, inspector: Inspector) -> None:
        self.page = page
        self.company = company
        self.inspector = inspector

    # ------------------------------------------------------------ the hands

    def go(self, path: str) -> None:
        """Open an address of the company."""
        address = path if path.startswith("http") else f"{self.company.web}{path}"
        self.page.goto(address)

    def follow(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> None:
        """Follow the first link that says this."""
        (within or self.page).get_by_role("link", name=name).first.click()

    def press(self, name: str | re.Pattern[str], *, within: Locator | None = None) -> None:
        """Press the button that says exactly this."""
        exact = isinstance(name, str)
        (within or self.page).get_by_role("button", name=name, exact=exact).click()

    def fill(self, **fields: str) -> None:
        """Fill in fields by their names; what is optional is left out."""
        for name, value in fields.items():
            self.page.locator(f"[name='{name.replace('__', '-')}']:visible").first.fill(value)

    def keys(self, *names: str) -> None:
        """Press keys, one rolling into the next."""
        for name in names:
            self.page.keyboard.press(name)

    def tabs_to(self, name: str | re.Pattern[str]) -> None:
        """Press Tab until what has this name is reached, and can be seen to be."""
        for _ in range(TABS_MAX):
            self.page.keyboard.press("Tab")
            told = self.page.evaluate(_REACHED)
            said = (
                name.search(told["name"]) if isinstance(name, re.Pattern) else name == told["name"]
            )
            if said:
                assert told["is_seen"], f"{name} has the focus, and nothing shows it"
                return
        raise AssertionError(f"{name} is not reached by Tab on {self.page.url}")

    def sign_in(self, email: str, *, to: str = "") -> None:
        """Sign in, from the page that asks for it."""
        self.go(to or "/sign-in")
        self.look("sign-in")
        self.page.locator("[name=email]").fill(email)
        self.page.locator("[name=password]").fill(self.company.password)
        self.page.locator("main button").click()
        expect(self.page).not_to_have_url(re.compile("/sign-in"))

    # ------------------------------------------------------------ what is inspected

    def look(self, name: str) -> None:
        """Look closely at this kind of page, once in all the stories."""
        self.inspector.look(self.page, name)

    def sees(self, *words: str | re.Pattern[str], within: Locator | None = None) -> None:
        """These words are on the page, to be seen."""
        for text in words:
            place = (within or self.page.locator("body")).get_by_text(text)
            expect(place.filter(visible=True).first).to_be_visible()

    def heads(self, words: str | re.Pattern[str]) -> None:
        """The page's heading says this."""
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(words)

    def waits_for(self, place: Locator) -> None:
        """Load the page again until this is there: what the worker does takes its moment."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not place.first.is_visible():
            assert time.monotonic() < end, f"{place} never came to {self.page.url}"
            self.page.wait_for_timeout(300)
            self.page.reload()

    def waits_to_see(self, words: str | re.Pattern[str]) -> None:
        """Load the page again until it says this."""
        self.waits_for(self.page.get_by_text(words).filter(visible=True))

    def text(self, place: str) -> str:
        """What stands at this place."""
        return " ".join(self.page.locator(place).first.inner_text().split())


# ---------------------------------------------------------------- the client


@dataclass(frozen=True)
class Order:
    """An order as its client knows it."""

    number: str
    url: str


AT_HOME = {
    "address__line1": "Kungsgatan 12",
    "address__postal_code": "111 35",
    "address__city": "Stockholm",
}
CARDS = {
    "pays": ("Pays", "Betalar"),
    "declined": ("Declined", "Nekas"),
    "approved": ("3.D Secure", "3.D Secure"),
}


def put_in_basket(
    client: Person, shop: str, product: str, *, variant: str = "", quantity: int = 1
) -> None:
    """From the shop's front to the basket, by the links that stand there."""
    client.go(f"/s/{shop}")
    client.page.locator("#goods").get_by_role("link", name=product, exact=True).first.click()
    if variant:
        client.follow(re.compile(f"^{re.escape(variant)}"))
        expect(client.page.locator(".variants [aria-current]")).to_contain_text(variant)
    client.fill(quantity=str(quantity))
    client.press(re.compile("Add to basket|Lägg i varukorgen"))
    expect(client.page.locator("#added .flash")).to_be_visible()


def fill_in_checkout(client: Person, name: str) -> None:
    """Who the client is and where it goes: no account, and nothing that is optional."""
    client.fill(client__name=name, client__email=_email(name), **AT_HOME)
    client.page.locator("[name=address-country]").select_option("SE")


def _email(name: str) -> str:
    plain = name.lower().translate(str.maketrans("åäöé ", "aaoe."))
    return f"{plain}@example.com"


def pay(client: Person, card: str = "pays") -> None:
    """On the gateway's page: choose how the payment goes, by name, and pay."""
    expect(client.page).to_have_url(re.compile("/c/pay/"))
    names = "|".join(CARDS[card])
    client.page.get_by_role("radio", name=re.compile(f"^({names}) [A-ZÅÄÖ]")).check()
    client.press(re.compile("^(Pay|Betala) "))


def paid_order(client: Person) -> Order:
    """The order's own page, which the client is led to after paying."""
    expect(client.page).to_have_url(re.compile(r"/order/[^/]+$"))
    client.waits_for(client.page.locator("h1", has_text=re.compile("^(Paid|Betald)")))
    return Order(client.text(".eyebrow").split()[-1], client.page.url)


def buy(
    client: Person, shop: str, product: str, *, variant: str = "", quantity: int = 1, name: str
) -> Order:
    """Everything a client does to get one thing: basket, checkout, payment."""
    put_in_basket(client, shop, product, variant=variant, quantity=quantity)
    client.follow("To the checkout")
    fill_in_checkout(client, name)
    client.press("Order and pay")
    pay(client)
    return paid_order(client)


# ---------------------------------------------------------------- the floor


def take_list(picker: Person, order: Order) -> None:
    """Open the order's work under Ship and take its pick list."""
    picker.go("/desk/ship")
    link = picker.page.get_by_role("link", name=order.number)
    picker.waits_for(link)
    link.click()
    picker.press("Start picking")


def scan(picker: Person, code: str) -> None:
    """What a scanner does: the number, then Enter."""
    field = picker.page.get_by_label("Scan the article")
    expect(field).to_be_focused()
    picker.page.keyboard.type(code)
    picker.page.keyboard.press("Enter")


def pack(picker: Person) -> None:
    """Close the box with a label of its own on it: other stories have parcels on their way."""
    picker.page.get_by_label("Number on the label").fill(f"UB{secrets.randbelow(10**9):09}SE")
    picker.press("Close the box")


def send_off(picker: Person, order: Order, *skus: str) -> None:
    """Pick, pack and hand over an order, and say that it has arrived."""
    take_list(picker, order)
    for sku in skus:
        scan(picker, sku)
    pack(picker)
    picker.press("The carrier has taken it")
    arrive(picker, order)


def arrive(picker: Person, order: Order) -> None:
    """Tick the order's parcel under In transit: the client has it."""
    picker.go("/desk/ship/transit")
    picker.page.get_by_role("checkbox", name=order.number).check()
    picker.press("Mark selected as delivered")
    picker.sees("One parcel is delivered.")


# ---------------------------------------------------------------- the office


def let_time_pass(admin: Person, days: int) -> None:
    """Move the company's clock, and wait until the worker has been through the last of the days."""
    admin.go("/console/clock")
    admin.fill(days=str(days))
    admin.press("Move the clock forward")
    expect(admin.page.get_by_role("status").first).to_be_visible()


def pay_out(admin: Person) -> None:
    """Run the payouts now. Who is still being paid by an earlier run waits for the next one."""
    admin.go("/console/payouts")
    admin.waits_to_see("No payouts here")
    admin.page.once("dialog", lambda asked: asked.accept())
    admin.press("Run payouts now")
    expect(admin.page.get_by_role("status").first).to_be_visible()


def refund_line(office: Person, line: str, amount: str, *, reason: str) -> None:
    """On an order's page: send a part of one line back to the client."""
    office.page.locator("summary", has_text="Refund").click()
    refunds = office.page.locator("form", has=office.page.locator("#field-refund-reason"))
    refunds.get_by_label(line).fill(amount)
    office.page.locator("#field-refund-reason").fill(reason)
    office.page.once("dialog", lambda asked: asked.accept())
    office.press("Refund")
    expect(office.page.get_by_role("status").first).to_be_visible()
