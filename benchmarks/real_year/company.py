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
from typing import Any

from mainstem import catalog, network, planbook
from mainstem.kit.work import Work
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
    planbook.publish(work, PLAN, effective_from=work.now(), confirmed=True)
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
    names = [f"store-{store}" for store in stores]
    work.run(
        """INSERT INTO storefront (home_id, slug, name, locales, currency)
           SELECT home_id, slug, 'Store ' || substr(slug, 7), '{en}', %(currency)s
             FROM unnest(%(homes)s::bigint[], %(slugs)s::text[]) AS new (home_id, slug)""",
        currency=CURRENCY,
        homes=ids,
        slugs=names,
    )
    work.run(
        """INSERT INTO pay_account (home_id, provider, account, currency, state, updated_at)
           SELECT home_id, 'bank', slug, %(currency)s, 'active', %(now)s
             FROM unnest(%(homes)s::bigint[], %(slugs)s::text[]) AS new (home_id, slug)""",
        currency=CURRENCY,
        now=work.now(),
        homes=ids,
        slugs=names,
    )


def _articles(work: Work, articles: Sequence[Any]) -> list[tuple[int, int]]:
    """The catalogue; (variant, quantity that will be sold) of all goods."""
    kinds = sorted({(row[1], row[3], row[4], row[2]) for row in articles})
    slugs = [_slug(no, *kind[:3]) for no, kind in enumerate(kinds, start=1)]
    made = work.rows(
        """INSERT INTO product (slug, kind, category, tax_bp)
           SELECT slug, kind, category, tax_bp
             FROM unnest(%(slugs)s::text[], %(kinds)s::text[], %(categories)s::text[],
                         %(taxes)s::int[]) AS new (slug, kind, category, tax_bp)
           RETURNING id, slug""",
        slugs=slugs,
        kinds=["service" if is_service else "goods" for *_, is_service in kinds],
        categories=[kind[0] for kind in kinds],
        taxes=[0 if kind[0] in FOOD else TAX_BP for kind in kinds],
    )
    by_slug = {row.slug: row.id for row in made}
    products = {kind: by_slug[slug] for kind, slug in zip(kinds, slugs, strict=True)}
    work.run(
        """INSERT INTO product_text (product_id, locale, name)
           SELECT id, 'en', name FROM unnest(%(ids)s::bigint[], %(names)s::text[]) AS new (id, name)""",
        ids=list(products.values()),
        names=[kind[2] or kind[1] or kind[0] for kind in kinds],
    )
    variants = {
        row.sku: row.id
        for row in work.rows(
            """INSERT INTO variant (product_id, sku, name_en)
               SELECT product_id, sku, size
                 FROM unnest(%(products)s::bigint[], %(skus)s::text[], %(sizes)s::text[])
                   AS new (product_id, sku, size)
               RETURNING id, sku""",
            products=[products[row[1], row[3], row[4], row[2]] for row in articles],
            skus=[str(row[0]) for row in articles],
            sizes=[row[5] for row in articles],
        )
    }
    return [(variants[str(row[0])], row[6]) for row in articles if not row[2]]


def _slug(no: int, *words: str) -> str:
    name = next((word for word in reversed(words) if word), "")
    return f"{no}-{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}"[:81].strip("-")
