"""A buyer in words: puts things in a basket, fills in the checkout, pays on the gateway's page."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

import httpx
from tests.company import Company
from tests.surfaces.conftest import Reader

from mainstem import identity
from mainstem.kit.db import Database
from mainstem.orders import Placed

SECRET = "a secret" * 4
ADA_FORM = {
    "client-name": "Ada Lind",
    "client-email": "ada@example.com",
    "client-phone": "",
    "address-line1": "Storgatan 1",
    "address-line2": "",
    "address-postal_code": "114 55",
    "address-city": "Stockholm",
    "address-country": "SE",
    "code": "",
}
TEXTS = {
    "headline": ("Iron that lasts", "Järn som håller"),
    "tagline": ("Cast once.", "Gjutet en gång."),
    "intro": ("Pans for every day.", "Pannor för varje dag."),
    "about": ("Cedar cooks.", "Cedar lagar mat."),
    "disclosure": ("Cedar is paid for this.", "Cedar får betalt för detta."),
    "programme": ("I get a part.", "Jag får en del."),
}


@dataclass(slots=True)
class Buyer:
    """Somebody in a storefront."""

    reader: Reader
    slug: str
    query: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        self.reader.client.headers["accept-language"] = self.language

    def url(self, path: str = "") -> str:
        """A page of this storefront, with the link that led here."""
        there = f"/s/{self.slug}/{path}" if path else f"/s/{self.slug}"
        return there + self.query

    def get(self, path: str = "", **headers: str) -> httpx.Response:
        """Open a page of this storefront."""
        return self.reader.get(self.url(path), **headers)

    def put(self, sku: str, quantity: int = 1) -> httpx.Response:
        """Put something in the basket."""
        return self.reader.post(self.url("basket"), {"sku": sku, "quantity": str(quantity)})

    def change(self, sku: str, unit_minor: int, **form: str) -> httpx.Response:
        """Change a line of the basket: `quantity`, `remove`."""
        fields = {"sku": sku, "unit": str(unit_minor), **form}
        return self.reader.post(self.url("basket/lines"), fields)

    def form(self) -> dict[str, str]:
        """The checkout as Ada fills it in."""
        page = self.get("checkout")
        assert page.status_code == 200, page.headers
        return hidden(page) | ADA_FORM

    def send(self, form: dict[str, str]) -> httpx.Response:
        """Press the button."""
        return self.reader.post(self.url("checkout"), form)


def hidden(page: httpx.Response, within: str = "") -> dict[str, str]:
    """The hidden fields of a page's forms, save the token."""
    text = page.text.partition(within)[2] if within else page.text
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', text)
    return {name: html.unescape(value) for name, value in found if name != "csrf_token"}


def errors_of(page: httpx.Response) -> dict[str, str]:
    """What stands beside each field of a refused form."""
    found = re.findall(r'id="field-([^"]+)-error">.*?<span>(.*?)</span></p>', page.text, re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


def a_shop_with_texts(database: Database, company: Company, **changes: Any) -> str:
    """Cedar's shop with something to say; its slug."""
    texts: dict[str, Any] = {
        locale: {key: said[place] for key, said in TEXTS.items()}
        | {
            "categories": {
                "kitchen": ("Kitchen", "Kök")[place],
                "services": ("Work", "Arbete")[place],
            }
        }
        for place, locale in enumerate(("en", "sv"))
    }
    texts["seller"] = {
        "name": "Foundry AB",
        "number": "556123-4567",
        "email": "hello@foundry.example",
    }
    with database.work() as work:
        slug = work.value(
            """UPDATE storefront SET texts = %(texts)s::jsonb, name = 'Cedar Iron' WHERE id = %(id)s
               RETURNING slug""",
            texts=json.dumps(texts | changes),
            id=company.shop.id,
        )
        work.run("UPDATE catalogue_version SET version = version + 1")
    return str(slug)


def order_link(placed: Placed) -> str:
    """The client's page of an order."""
    return f"/order/{identity.client_link(SECRET, placed.home_id, placed.order_id)}"


def pay_at(url: str, card: str = "success") -> str:
    """Pay on the gateway's own page; where it leads back to."""
    with httpx.Client(follow_redirects=False, timeout=20) as browser:
        shown = browser.get(url, headers={"accept-language": "en"})
        assert shown.status_code == 200, shown.text
        answer = browser.post(url, data={"card": card, "email": "ada@example.com"})
    return answer.headers["location"]
