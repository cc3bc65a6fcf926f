"""Every page that there is, in both languages: for everybody, in the dark and on a narrow telephone.

The benchmark of pages knows each of them and how it is opened; what it cannot open, the stories pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest

import mainstem_postgres as postgres
import pages
from mainstem import flow
from mainstem.app import create_app
from mainstem.kit import settings
from mainstem.kit.db import Database
from mainstem.kit.work import SYSTEM
from mainstem_affiliates.storefront.basket import Basket, BasketItem, packed
from tests.browser.inspector import PHONE
from tests.browser.people import AMINA, INGRID, Company, Person

Enter = Callable[..., Person]
WHO = {pages.STAFF: AMINA, pages.AFFILIATE: INGRID}
# Mail is shown in a sandbox, where nothing of ours can run: a look by script would wait for ever.
NO_PAGES = ("/api/", ".csv", "/basket/count", "/suggestions/", "/palette", "/mail/preview")


@pytest.fixture
def known(company: Company) -> Iterator[pages.Company]:
    """The company that runs, and what its pages are opened with."""
    server = postgres.find(company.data / "pg")
    assert server is not None, "the company runs"
    config = settings.read({"MAINSTEM_DATA": str(company.data)})
    database = Database(server.admin_url("mainstem"), tools=flow.tools(), pool=1)
    found = pages.Company("demo", create_app(config, database), database, config)
    with database.work(SYSTEM) as work:
        pages.look_up(work, found)
    yield found
    database.close()


def addresses(known: pages.Company, reader: str) -> Iterator[tuple[str, str]]:
    """What a kind of reader can open, each with a name for it."""
    for path, (kind, ways) in pages.PAGES.items():
        if kind == reader and not any(part in path for part in NO_PAGES):
            for way in ways:
                address = way(known)
                if "None" not in address and not address.endswith("none"):
                    yield address.partition("?")[0].strip("/").replace("/", "-"), address


def put_into_basket(reader: Person, known: pages.Company) -> None:
    basket = packed(known.config.secret, Basket(known["currency"], [BasketItem(known["sku"], 1)]))
    reader.page.context.add_cookies(
        [{"name": f"basket-{known['slug']}", "value": basket, "url": reader.company.web}]
    )


@pytest.mark.parametrize("reader", [pages.CLIENT, pages.AFFILIATE, pages.STAFF])
@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("sv", "dark")])
def test_every_page_is_for_everybody(
    enter: Enter,
    known: pages.Company,
    reader: str,
    language: str,
    scheme: Literal["light", "dark"],
) -> None:
    somebody = enter(language=language)
    if reader in WHO:
        somebody.sign_in(WHO[reader])
    else:
        put_into_basket(somebody, known)
    somebody.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    missing = []
    for name, address in addresses(known, reader):
        answer = somebody.page.goto(somebody.company.web + address)
        if answer is None or answer.status != 200:
            missing.append(f"{address}: {answer.status if answer else 'nothing'}")
            continue
        somebody.inspector.glance(somebody.page, f"{name}.{language}", scheme)
    assert missing == []
