"""A small company in words: people, shops, goods, a service, stock and a team to test with.

    with database.work() as work:
        company = a_company(work)
        order = a_paid_order(work, company.shop, (KETTLE, 2))

Alder sponsors Birch, who sponsors Cedar. Each has a shop of their own: Alder's sells in euro, the
other two in kronor. Everything sold carries 25 % tax.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from mainstem import catalog, leads, ledger, network, orders, payments
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.leads import ConsentGiven, LeadWanted
from mainstem.ledger import PARENT
from mainstem.ledger.chart import Transfer, moved
from mainstem.money import Money
from mainstem.orders import Address, ClientDetails, LineWanted, OrderWanted, Placed
from mainstem.plan import book

KETTLE, SKILLET, REPAIR, INSTALLATION = "KETTLE-1", "SKILLET-1", "REPAIR", "INSTALL"

PLAN = {
    "name": "First plan",
    "rules": {
        "goods": {
            "pays_on": "delivered_sale",
            "levels_bp": [1000, 300, 100],
            "cap_bp": 1400,
            "hold_days": 30,
        },
        "service": {
            "pays_on": "delivered_sale",
            "levels_bp": [600, 150, 50],
            "cap_bp": 800,
            "hold_days": 14,
        },
    },
    "minimum_payout_minor": {"SEK": 20000, "EUR": 2000},
}

ADA = ClientDetails(name="Ada Lind", email="ada@example.com", phone="070-174 06 05")
BO = ClientDetails(name="Bo Ek", email="bo@example.com", phone="070-174 06 15")
HOME = Address(line1="Storgatan 1", postal_code="114 55", city="Stockholm", country="SE")
YES = ConsentGiven(given=True, text_version="2026-01", words="You may contact me about this.")

_names = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Shop:
    """A storefront: its id and its affiliate's."""

    id: int
    home_id: int
    currency: str


@dataclass(frozen=True, slots=True)
class Company:
    """Who and what there is, by id."""

    alder: int
    birch: int
    cedar: int
    alder_shop: Shop
    birch_shop: Shop
    shop: Shop
    repair: int
    installation: int
    stockholm: int
    malmo: int
    north: int
    south: int


def a_company(work: Work, *, stock: int = 100) -> Company:
    """A plan, three affiliates in a chain, their shops, goods, services, stock and two teams."""
    book.publish(work, PLAN, effective_from=work.now() - timedelta(days=365))
    for currency, amount, free_from in (("SEK", 4900, 50000), ("EUR", 490, 5000)):
        catalog.set_shipping_rate(work, currency, amount, free_from_minor=free_from, tax_bp=2500)
    alder = an_affiliate(work, "alder")
    birch = an_affiliate(work, "birch", sponsor_id=alder)
    cedar = an_affiliate(work, "cedar", sponsor_id=birch)
    stockholm, malmo = a_location(work, "STH"), a_location(work, "MMA")
    for sku, name, sek in ((KETTLE, "Kettle", 125000), (SKILLET, "Skillet", 80000)):
        variant = an_article(work, name, sku, sek=sek)
        for place in (stockholm, malmo):
            work.run(
                "INSERT INTO stock_level VALUES (%(variant)s, %(place)s, %(stock)s, 0)",
                variant=variant,
                place=place,
                stock=stock,
            )
    return Company(
        alder=alder,
        birch=birch,
        cedar=cedar,
        alder_shop=a_shop(work, alder, currency="EUR"),
        birch_shop=a_shop(work, birch),
        shop=a_shop(work, cedar),
        repair=a_service(work, "Repair", REPAIR, category="repairs"),
        installation=a_service(work, "Installation", INSTALLATION, category="installations"),
        stockholm=stockholm,
        malmo=malmo,
        north=a_team(work, "north", "repairs", "installations"),
        south=a_team(work, "south", "repairs"),
    )


def an_affiliate(
    work: Work, slug: str, *, sponsor_id: int | None = None, state: str = "active"
) -> int:
    """An affiliate who wins clients, under their sponsor."""
    return network.join(
        work,
        slug=slug,
        name=slug.title(),
        email=f"{slug}@affiliates.example",
        country="SE",
        sponsor_id=sponsor_id,
        state=state,
    )


def a_shop(
    work: Work, home_id: int, *, currency: str = "SEK", products: list[int] | None = None
) -> Shop:
    """An affiliate's storefront; it sells everything unless products are named."""
    id = work.value(
        """INSERT INTO storefront (home_id, slug, name, locales, currency, product_ids)
           VALUES (%(home)s, %(slug)s, %(name)s, '{sv,en}', %(currency)s, %(products)s)
           RETURNING id""",
        home=home_id,
        slug=f"shop-{next(_names)}",
        name=f"Shop of {home_id}",
        currency=currency,
        products=products,
    )
    return Shop(id, home_id, currency)


def a_location(work: Work, code: str) -> int:
    """A warehouse."""
    return int(
        work.value(
            """INSERT INTO location (code, name, country, position)
               SELECT %(code)s, %(code)s, 'SE', count(*) FROM location RETURNING id""",
            code=code,
        )
    )


def an_article(work: Work, name: str, sku: str, *, sek: int) -> int:
    """Goods with one variant, priced in kronor and, at a tenth, in euro; the variant's id."""
    return _variant(work, _product(work, name, "goods", "kitchen"), sku, sek=sek)


def a_service(work: Work, name: str, sku: str, *, category: str) -> int:
    """A service that is quoted for; the product's id."""
    product = _product(work, name, "service", category)
    _variant(work, product, sku)
    return product


def _product(work: Work, name: str, kind: str, category: str) -> int:
    id = work.value(
        """INSERT INTO product (slug, kind, category, tax_bp, visit_minutes)
           VALUES (%(slug)s, %(kind)s, %(category)s, 2500, %(visit)s) RETURNING id""",
        slug=name.lower(),
        kind=kind,
        category=category,
        visit=60 if kind == "service" else 0,
    )
    for locale in ("en", "sv"):
        work.run(
            """INSERT INTO product_text (product_id, locale, name)
               VALUES (%(id)s, %(locale)s, %(name)s)""",
            id=id,
            locale=locale,
            name=name if locale == "en" else f"{name} (sv)",
        )
    return int(id)


def _variant(work: Work, product: int, sku: str, *, sek: int | None = None) -> int:
    id = work.value(
        "INSERT INTO variant (product_id, sku) VALUES (%(product)s, %(sku)s) RETURNING id",
        product=product,
        sku=sku,
    )
    for currency, amount in (("SEK", sek), ("EUR", sek // 10)) if sek else ():
        catalog.set_price(
            work, int(id), currency, amount, valid_from=work.now() - timedelta(days=365)
        )
    return int(id)


def a_team(work: Work, code: str, *skills: str) -> int:
    """People who perform services, Monday to Friday from eight to five."""
    return int(
        work.value(
            """INSERT INTO team (code, name, skills) VALUES (%(code)s, %(name)s, %(skills)s)
               RETURNING id""",
            code=code,
            name=f"Team {code.title()}",
            skills=list(skills),
        )
    )


# ------------------------------------------------------------------------- requests and orders


def a_request(shop: Shop, **changes: Any) -> LeadWanted:
    """Ada asks this shop for a repair; each request has a key of its own."""
    key = f"request-{new_id()}"
    asked: dict[str, Any] = {
        "storefront_id": shop.id,
        "home_id": shop.home_id,
        "channel": "storefront",
        "key": key,
        "fingerprint": key.encode(),
        "product": "repair",
        "client": ADA,
        "address": HOME,
        "consent": YES,
        "locale": "sv",
        "currency": shop.currency,
        "ip_address": "192.0.2.7",
    }
    return LeadWanted(**(asked | changes))


def a_lead(work: Work, shop: Shop, **changes: Any) -> UUID:
    """A lead that has just come in."""
    return leads.open(work, a_request(shop, **changes)).lead_id


def a_quoted_lead(work: Work, shop: Shop, *, minor: int = 250000, **changes: Any) -> UUID:
    """A lead whose first quote is with the client, good for two weeks."""
    lead = a_lead(work, shop, **changes)
    leads.qualify(work, shop.home_id, lead)
    leads.draft_quote(
        work,
        shop.home_id,
        lead,
        amount=Money(minor, shop.currency),
        scope="Take it apart, mend it, put it together again.",
        valid_days=14,
    )
    leads.send_quote(work, shop.home_id, lead)
    return lead


def an_order(work: Work, shop: Shop, *lines: tuple[str, int], **changes: Any) -> Placed:
    """An order of so many of each SKU, waiting to be paid. Services cost 1,000 each."""
    key = f"order-{new_id()}"
    asked: dict[str, Any] = {
        "storefront_id": shop.id,
        "home_id": shop.home_id,
        "channel": "storefront",
        "key": key,
        "fingerprint": key.encode(),
        "currency": shop.currency,
        "locale": "sv",
        "client": ADA,
        "address": HOME,
        "lines": [
            LineWanted(sku, quantity, 100000 * quantity if sku in (REPAIR, INSTALLATION) else None)
            for sku, quantity in lines
        ],
    }
    [placed] = orders.place(work, [OrderWanted(**(asked | changes))])
    if not isinstance(placed, Placed):
        raise placed
    return placed


def pay(work: Work, placed: Placed) -> None:
    """The whole order is paid, by bank."""
    captured = payments.record_external(
        work,
        [
            (
                placed.home_id,
                placed.order_id,
                placed.total_minor,
                placed.currency,
                work.now(),
                f"bank-{placed.number}",
            )
        ],
    )
    orders.mark_paid(work, captured)


def a_paid_order(work: Work, shop: Shop, *lines: tuple[str, int], **changes: Any) -> Placed:
    """An order that is paid, with nothing shipped yet."""
    placed = an_order(work, shop, *lines, **changes)
    pay(work, placed)
    return placed


def an_earning(work: Work, affiliate: int, amount: Money) -> None:
    """An affiliate has an amount payable, which no order explains."""
    ledger.post(
        work,
        [
            Transfer(
                affiliate,
                f"earning:{new_id()}",
                "An adjustment",
                amount.currency,
                work.now().date(),
                moved(PARENT, "suspense", -amount.minor)
                + moved(affiliate, "payable", amount.minor),
            )
        ],
    )
