"""The demo company: Härdvik, its shops and clients, and two months of trade behind it.

Everything is made through the same verbs as in life, with a clock that walks through those months.
Only demo mode ever runs this.
"""

from __future__ import annotations

import json
import tomllib
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from mainstem import (
    catalog,
    flow,
    leads,
    ledger,
    orders,
    payments,
    payouts,
    setup,
    worker,
)
from mainstem.identity import DEMO_PASSWORD, hash_password
from mainstem.kit.bulk import RowKey
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.work import CLIENT, SYSTEM, Actor, Work
from mainstem.ledger import postings
from mainstem.money import Money
from mainstem.orders import Address, ClientDetails, LineWanted, OrderWanted, Placed
from mainstem.paths import PACKAGE
from mainstem_fulfillment import shipments

COMPANY = PACKAGE / "companies" / "demo"
"""The company as files: applied by the same verbs as anybody's."""

CLIENTS = Path(__file__).with_name("clients.toml")
PASSWORD = DEMO_PASSWORD
HISTORY = timedelta(days=62)
PICKER = Actor("staff", "1")
CONSENT = leads.ConsentGiven(
    given=True, text_version="2026-01", words="You may contact me about this."
)
MESSAGE = {
    "sv": "Vi bor i ett hus från 1912 med murad skorsten. Passar den?",
    "en": "The house is from 1912 and the chimney is brick. Will it do?",
}


@dataclass(frozen=True, slots=True)
class Names:
    """What the files call things, and their ids."""

    storefronts: dict[str, tuple[int, int, str]]  # slug: (home, storefront, currency)
    services: list[Service]  # in the company's order


class Service(NamedTuple):
    """A service: which shops offer it, its price by currency, and its summary by language."""

    slug: str
    shops: frozenset[str]
    prices: dict[str, int]
    summary: Mapping[Literal["en", "sv"], str]


def seed(url: str, *, zone: str) -> None:
    """Make the demo company with its two months of trade, unless a company is there."""
    clock = FixedClock(datetime.now(UTC) - HISTORY)
    database = Database(url, clock=clock, tools=flow.tools(zone=zone), pool=2)
    try:
        if names := found(database):
            _trade(database, clock, names)
    finally:
        database.close()


def found(database: Database) -> Names | None:
    """Make the company without any trade behind it; None when a company is there already."""
    folder = setup.read_folder(COMPANY)
    people = [email for kind, said, _ in folder.said for email in _emails(kind.name, said)]
    with ThreadPoolExecutor() as pool:
        hashes = [*pool.map(lambda _: hash_password(PASSWORD), people)]
    with database.work(SYSTEM) as work:
        # Two who found it at one moment: the second waits here, and finds it made.
        work.run("SELECT pg_advisory_xact_lock(7218)")
        if work.value("SELECT EXISTS (SELECT 1 FROM affiliate)"):
            return None
        setup.apply(work, folder)
        work.run(
            """UPDATE person SET password_hash = given.hash
                 FROM unnest(%(emails)s::text[], %(hashes)s::text[]) AS given (email, hash)
                WHERE person.email_key = given.email""",
            emails=people,
            hashes=hashes,
        )
        return _names(work)


def _emails(name: str, said: Any) -> list[str]:
    """The addresses of those whom a document lets in."""
    if name == "staff":
        return [said.email.lower()]
    return [person.email.lower() for person in said.people] if name == "affiliates" else []


def _names(work: Work) -> Names:
    shops = work.rows("SELECT slug, home_id, id, currency FROM storefront ORDER BY id")
    offered = {
        row.slug: frozenset(row.shops)
        for row in work.rows(
            """SELECT p.slug, array_agg(s.slug) AS shops FROM product p
                 JOIN storefront s ON p.id = ANY(s.product_ids) GROUP BY p.slug"""
        )
    }
    services = [
        Service(slug, offered[slug], dict(one.variants[0].prices), one.summaries)
        for slug, one in catalog.products(work).items()
        if one.kind == "service"
    ]
    return Names({shop.slug: (shop.home_id, shop.id, shop.currency) for shop in shops}, services)


# ---------------------------------------------------------------- two months of trade

# (days after the beginning, client, [(sku, quantity)], how far it came)
_SALES: list[tuple[int, int, list[tuple[str, int]], str]] = [
    (1, 0, [("HV-304", 1), ("HV-401", 2)], "delivered"),
    (3, 4, [("HV-101-28", 1), ("HV-106-5", 1)], "delivered"),
    (5, 8, [("HV-209-60", 1)], "delivered"),
    (9, 1, [("HV-203", 1), ("HV-208", 2)], "delivered"),
    (12, 5, [("HV-103", 2)], "returned"),
    (14, 3, [("HV-108", 1), ("HV-111", 2)], "delivered"),
    (16, 9, [("HV-207", 1)], "delivered"),
    (19, 6, [("HV-102", 1), ("HV-113", 2)], "delivered"),
    (22, 2, [("HV-206", 1)], "delivered"),
    (26, 7, [("HV-101-24", 1), ("HV-105", 1)], "delivered"),
    (29, 5, [("HV-107", 1)], "delivered"),
    (33, 4, [("HV-110", 1), ("HV-111", 1)], "delivered"),
    (36, 10, [("HV-211", 1)], "delivered"),
    (41, 11, [("HV-103", 1), ("HV-208", 1)], "delivered"),
    (44, 3, [("HV-105", 1)], "delivered"),
    (48, 0, [("HV-204", 1)], "delivered"),
    (51, 6, [("HV-106-3", 1), ("HV-109", 1)], "delivered"),
    (55, 2, [("HV-403", 1)], "delivered"),
    (57, 5, [("HV-112", 2)], "delivered"),
    (59, 4, [("HV-114", 1), ("HV-111", 2)], "shipped"),
    (60, 7, [("HV-203", 1)], "shipped"),
    (61, 3, [("HV-101-32", 1), ("HV-113", 1)], "paid"),
    (61, 1, [("HV-302", 1)], "paid"),
    (61, 6, [("HV-108", 1)], "paid"),
]


def _trade(database: Database, clock: FixedClock, names: Names) -> None:
    begun = clock.now()
    clients = tomllib.loads(CLIENTS.read_text(encoding="utf-8"))["client"]
    worker.tick(database)
    for n, (days, who, wanted, far) in enumerate(_SALES):
        clock.set(begun + timedelta(days=days, hours=n % 7))
        _sale(database, clock, names, clients[who], n, wanted, far)
        worker.tick(database)
        worker.drain(database)
    clock.set(begun + HISTORY)
    worker.tick(database)
    worker.drain(database)
    _enquiries(database, clock, names, clients)
    worker.drain(database)


def _sale(
    database: Database,
    clock: FixedClock,
    names: Names,
    client: dict[str, Any],
    n: int,
    basket: list[tuple[str, int]],
    far: str,
) -> None:
    """One order, as far as it came."""
    placed = _placed(database, names, client, n, basket)
    _paid_by_bank(database, placed)
    worker.drain(database)
    if far == "paid":
        return
    clock.move(timedelta(hours=5))
    _shipped(database, placed)
    if far == "shipped":
        return
    clock.move(timedelta(days=2))
    with database.work(PICKER) as work:
        shipments.deliver(work, [(placed.home_id, placed.order_id, 1)])
    worker.drain(database)
    if far == "returned":
        clock.move(timedelta(days=6))
        _half_refunded(database, placed)


def _placed(
    database: Database,
    names: Names,
    client: dict[str, Any],
    n: int,
    basket: list[tuple[str, int]],
) -> Placed:
    home, storefront, currency = names.storefronts[client["store"]]
    with database.work(CLIENT) as work:
        [placed] = orders.place(
            work,
            [
                OrderWanted(
                    storefront_id=storefront,
                    home_id=home,
                    channel="storefront",
                    key=f"demo-history-{n:04}",
                    fingerprint=b"demo",
                    currency=currency,
                    locale="sv" if client["language"] == "sv" else "en",
                    client=_client(client),
                    address=_address(client),
                    lines=[LineWanted(sku, quantity) for sku, quantity in basket],
                )
            ],
        )
    if not isinstance(placed, Placed):
        raise placed
    return placed


def _shipped(database: Database, placed: Placed) -> None:
    key = (placed.home_id, placed.order_id, 1)
    with database.work(PICKER) as work:
        shipments.start_pick(work, key)
        for line in shipments.contents(work, key):
            shipments.pick(work, key, line.sku, quantity=line.quantity)
        shipments.pack(
            work, key, carrier="PostNord", tracking=f"UB{placed.order_id.int % 10**9:09}SE"
        )
        shipments.hand_over(work, key)
    worker.drain(database)


def _half_refunded(database: Database, placed: Placed) -> None:
    """One piece of the first line goes back."""
    with database.work(PICKER) as work:
        half = work.value(
            """SELECT total_minor / quantity FROM order_line
                WHERE home_id = %(home)s AND order_id = %(order)s AND line_no = 1""",
            home=placed.home_id,
            order=placed.order_id,
        )
        payments.request_refund(
            work, placed.home_id, placed.order_id, amount_minor=half, reason="withdrawal",
            lines=[(1, half)],
        )  # fmt: skip
    worker.drain(database)


def _paid_by_bank(database: Database, placed: Placed) -> None:
    with database.work(Actor("staff", "2")) as work:
        payments.record_external(
            work,
            [
                (placed.home_id, placed.order_id, placed.total_minor, placed.currency, work.now(),
                 f"BG-{placed.number}")
            ],
        )  # fmt: skip


def _enquiries(
    database: Database,
    clock: FixedClock,
    names: Names,
    clients: list[dict[str, Any]],
) -> None:
    """Three enquiries: one new, one with a quote out, one won whose job waits for a day."""
    clock.move(timedelta(hours=-30))
    for n, steps in enumerate(("new", "quoted", "won")):
        client = clients[n]
        services = names.services[n:] + names.services
        service = next(one for one in services if client["store"] in one.shops)
        home, lead = _asked_for(database, names, client, service, n)
        if steps == "new":
            continue
        clock.move(timedelta(hours=3))
        no = _quoted(database, names, client, service, lead)
        if steps == "quoted":
            continue
        clock.move(timedelta(hours=8))
        with database.work(CLIENT) as work:
            placed = leads.accept_quote(work, home, lead, no, name=client["name"])
        _paid_by_bank(database, placed)
        worker.drain(database)


def _asked_for(
    database: Database, names: Names, client: dict[str, Any], service: Service, n: int
) -> RowKey:
    """A client's enquiry about a service; its lead."""
    home, storefront, currency = names.storefronts[client["store"]]
    swedish = client["language"] == "sv"
    with database.work(CLIENT) as work:
        opened = leads.open(
            work,
            leads.LeadWanted(
                storefront_id=storefront,
                home_id=home,
                channel="storefront",
                key=f"demo-enquiry-{n:04}",
                fingerprint=b"demo",
                product=service.slug,
                client=_client(client),
                address=_address(client),
                consent=CONSENT,
                locale="sv" if swedish else "en",
                currency=currency,
                message=MESSAGE["sv" if swedish else "en"],
            ),
        )
    return home, opened.lead_id


def _quoted(
    database: Database, names: Names, client: dict[str, Any], service: Service, lead: UUID
) -> int:
    """A quote for the enquiry, sent; its version."""
    home, _, currency = names.storefronts[client["store"]]
    with database.work(Actor("staff", "2")) as work:
        leads.qualify(work, home, lead)
        leads.draft_quote(
            work,
            home,
            lead,
            amount=Money(service.prices[currency], currency),
            scope=service.summary["sv" if client["language"] == "sv" else "en"],
            valid_days=30,
        )
        return leads.send_quote(work, home, lead)


def _client(client: dict[str, Any]) -> ClientDetails:
    return ClientDetails(client["name"], client["email"], client.get("phone", ""))


def _address(client: dict[str, Any]) -> Address:
    return Address(client["line"], client["postcode"], client["city"], client["country"])


# ---------------------------------------------------------------- what needs the gateway


def open_pay_accounts(database: Database, *, gateway_url: str) -> None:
    """Open an account at the embedded gateway for every affiliate who has none, ready to be paid."""
    with database.work(SYSTEM) as work:
        without = work.rows(
            """SELECT a.id, min(s.currency) AS currency FROM affiliate a
                 JOIN storefront s ON s.home_id = a.id
                WHERE NOT EXISTS (SELECT 1 FROM pay_account p WHERE p.home_id = a.id)
                GROUP BY a.id ORDER BY a.id"""
        )
    for row in without:
        account = payments.open_account(database, row.id, currency=row.currency)
        trigger(gateway_url, "accounts/standing", account=account, standing="active")
        payments.account_changed(database, account)


_RATES = {("EUR", "SEK"): "11.2345", ("USD", "SEK"): "10.3", ("USD", "EUR"): "0.9168"}


def publish_rates(database: Database) -> None:
    """Rates of exchange of the demo's own for today, once: what sponsors earn abroad has a way."""
    with database.work(SYSTEM) as work:
        today = work.now().replace(hour=0, minute=0, second=0, microsecond=0)
        for (one, into), figure in _RATES.items():
            payouts.set_rate(
                work, one, into, figure, source=payouts.DEMO_SOURCE, published_at=today
            )


_FUNDED = "SELECT 1 FROM ledger_transfer WHERE home_id = 0 AND key = %(key)s"


def fund_gateway(database: Database, *, gateway_url: str) -> None:
    """Move money of the company's from its bank to the gateway, once.

    The clients of the past two months paid by bank, and what is paid out leaves the gateway.
    """
    for currency, amount in (("SEK", 20_000_00), ("EUR", 2_000_00), ("USD", 2_000_00)):
        key = f"demo-fund:{currency}"
        with database.work(SYSTEM) as work:
            if work.value(_FUNDED, key=key):
                continue
        request = urllib.request.Request(  # noqa: S310
            f"{gateway_url}/v1/topups",
            data=urlencode({"amount": amount, "currency": currency.lower()}).encode(),
            headers={"Authorization": "Bearer sk_test_embedded", "Idempotency-Key": key},
        )
        urllib.request.urlopen(request, timeout=20).close()  # noqa: S310
        with database.work(SYSTEM) as work:
            today = work.now().astimezone(work.tools.zone).date()
            ledger.post(work, [postings.demo_funded(key, Money(amount, currency), on=today)])


def trigger(gateway_url: str, control: str, **given: Any) -> dict[str, Any]:
    """Use a control of the embedded gateway: what a bank or a client would do. Demo mode's own."""
    request = urllib.request.Request(  # noqa: S310
        f"{gateway_url}/__gateway/controls/{control}",
        data=json.dumps(given).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        said: dict[str, Any] = json.load(answer)
    return said


def addresses(database: Database) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Storefronts as (slug, name), and people who can sign in as (e-mail, who they are)."""
    with database.work(SYSTEM) as work:
        shops = work.rows("SELECT slug, name FROM storefront WHERE active ORDER BY id")
        people = work.rows(
            """SELECT p.email, coalesce(max(a.name), '') AS affiliate, max(s.name) AS sponsor,
                      string_agg(DISTINCT replace(m.role, '_', ' '), ', ') AS roles
                 FROM person p JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
                 LEFT JOIN affiliate a ON a.id = m.affiliate_id
                 LEFT JOIN affiliate s ON s.id = a.sponsor_id
                GROUP BY p.id ORDER BY max(a.id) NULLS LAST, p.id"""
        )
    told = []
    for row in people:
        if not row.affiliate:
            told.append((row.email, f"staff: {row.roles}"))
        elif row.sponsor:
            told.append((row.email, f"affiliate: {row.affiliate}, sponsored by {row.sponsor}"))
        else:
            told.append((row.email, f"affiliate: {row.affiliate}"))
    return [(row.slug, row.name) for row in shops], told


def newest_order(database: Database) -> RowKey | None:
    """An order to show a client's page with."""
    with database.work(SYSTEM) as work:
        row = work.row(
            """SELECT home_id, id FROM orders WHERE state IN ('placed', 'closed')
                ORDER BY fulfillment_status = 'shipped' DESC, placed_at DESC LIMIT 1"""
        )
    return (row.home_id, row.id) if row else None
