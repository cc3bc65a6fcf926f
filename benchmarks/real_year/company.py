"""The company that the real year is played in: who sponsors whom, what is sold, and how it pays.

- Every store is an affiliate with a storefront, paid by the parent's bank.
- Who sponsors whom: affiliates join in order of their number of baskets. The first has no sponsor.
  Each of the others draws one ticket by a hash of their store's number; everybody has a ticket for
  joining and one more for each affiliate they sponsor already. So few sponsor many, most sponsor
  nobody, and the tree grows deep without anybody choosing it.
- Articles of one department, category and type are variants of one product. There is no list
  price: every line of the history brings its own. All that the year will sell lies on the shelf
  of one warehouse from the first day.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from mainstem import catalog, network
from mainstem.kit.bulk import given, insert_many, relation
from mainstem.kit.work import Work
from mainstem.plan import book
from mainstem_fulfillment import inventory
from real_year.source import FOOD, SERVICES, TAX_BP, History

CURRENCY = "USD"

FULL_FROM_THE_START = "affiliate, storefront, product, product_text, variant, stock_level"
"""Tables that hold what they will hold before the first basket."""

PLAN = {
    "name": "The real year",
    "rules": {
        "goods": {
            "pays_on": "delivered_sale",
            "levels_bp": [800, 200, 100, 50],
            "cap_bp": 1100,
            "hold_days": 14,
        },
        "service": {
            "pays_on": "delivered_sale",
            "levels_bp": [500, 150, 50],
            "cap_bp": 650,
            "hold_days": 14,
        },
    },
    "minimum_payout_minor": {CURRENCY: 2000},
}


def found(work: Work, history: History) -> None:
    """Everything that must be there before the first basket. The work's clock says since when."""
    book.publish(work, PLAN, effective_from=work.now(), confirmed=True)
    catalog.set_shipping_rate(work, CURRENCY, 0, free_from_minor=0, tax_bp=0)
    _affiliates(work, [store for store, _ in history.stores()])
    variants = _articles(work, history.articles())
    place = inventory.open_location(
        work, code="CENTRAL", name="Central warehouse", country="US", position=1
    )
    inventory.receive(work, place, variants, reference="all that the year will sell")
    work.run(
        """INSERT INTO team (code, name, skills) VALUES ('CREW', 'Service crew', %(skills)s)""",
        skills=list(SERVICES),
    )


def sponsors(stores: Sequence[int]) -> list[int | None]:
    """For each of these stores, busiest first, the position of who sponsors it; None: nobody."""
    tickets = [0]
    drawn: list[int | None] = [None]
    for position, store in enumerate(stores[1:], start=1):
        number = int.from_bytes(hashlib.sha256(f"sponsor of {store}".encode()).digest()[:8])
        sponsor = tickets[number % len(tickets)]
        drawn.append(sponsor)
        tickets += [sponsor, position]
    return drawn


class _Shop(NamedTuple):
    home_id: int
    slug: str


class _AccountRow(NamedTuple):
    home_id: int
    account: str
    provider: str
    currency: str
    state: str
    updated_at: datetime


_STOREFRONTS = f"""
INSERT INTO storefront (home_id, slug, name, locales, currency)
SELECT home_id, slug, 'Store ' || substr(slug, 7), '{{en}}', %(currency)s
  FROM {relation(_Shop, "new")}"""


def _affiliates(work: Work, stores: Sequence[int]) -> None:
    ids: list[int] = []
    for store, sponsor in zip(stores, sponsors(stores), strict=True):
        ids.append(
            network.join(
                work,
                slug=f"store-{store}",
                name=f"Store {store}",
                email=f"store-{store}@affiliates.example",
                country="US",
                sponsor_id=None if sponsor is None else ids[sponsor],
            )
        )
    shops = [_Shop(id, f"store-{store}") for id, store in zip(ids, stores, strict=True)]
    work.run(_STOREFRONTS, currency=CURRENCY, **given(shops, _Shop, "new"))
    now = work.now()
    accounts = [_AccountRow(*shop, "bank", CURRENCY, "active", now) for shop in shops]
    insert_many(work, "pay_account", accounts)


class _ProductRow(NamedTuple):
    slug: str
    kind: str
    category: str
    tax_bp: int
    visit_minutes: int


class _TextRow(NamedTuple):
    product_id: int
    locale: str
    name: str


class _VariantRow(NamedTuple):
    product_id: int
    sku: str
    name_en: str


_PRODUCTS = f"""
INSERT INTO product (slug, kind, category, tax_bp, visit_minutes)
SELECT slug, kind, category, tax_bp, visit_minutes FROM {relation(_ProductRow, "new")}
RETURNING id, slug"""
_VARIANTS = f"""
INSERT INTO variant (product_id, sku, name_en)
SELECT product_id, sku, name_en FROM {relation(_VariantRow, "new")}
RETURNING id, sku"""


def _articles(work: Work, articles: Sequence[Any]) -> list[tuple[int, int]]:
    """The catalogue; (variant, quantity that will be sold) of all goods."""
    kinds = sorted({(row[1], row[3], row[4], row[2]) for row in articles})
    rows = [
        _ProductRow(
            slug=_slug(no, *kind[:3]),
            kind="service" if kind[3] else "goods",
            category=kind[0],
            tax_bp=0 if kind[0] in FOOD else TAX_BP,
            visit_minutes=120 if kind[3] else 0,
        )
        for no, kind in enumerate(kinds, start=1)
    ]
    made = {row.slug: row.id for row in work.rows(_PRODUCTS, **given(rows, _ProductRow, "new"))}
    products = {kind: made[row.slug] for kind, row in zip(kinds, rows, strict=True)}
    texts = [_TextRow(id, "en", kind[2] or kind[1] or kind[0]) for kind, id in products.items()]
    insert_many(work, "product_text", texts)
    new = [
        _VariantRow(products[row[1], row[3], row[4], row[2]], str(row[0]), row[5])
        for row in articles
    ]
    variants = {row.sku: row.id for row in work.rows(_VARIANTS, **given(new, _VariantRow, "new"))}
    return [(variants[str(row[0])], row[6]) for row in articles if not row[2]]


def _slug(no: int, *words: str) -> str:
    name = next((word for word in reversed(words) if word), "")
    return f"{no}-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}"[:81].strip("-")
