"""Every page of clients, affiliates and staff: the demo company beside one with a full year.

    python benchmarks/pages.py DATA [--times N] [--json] [--only TEXT]

DATA is the data folder of a finished `make real`. Its database is copied, and the copy gets what
the year has none of: people, list prices, stock, leads. The demo company is made beside it on the
same server, with the settings, roles and statistics that production has.

Pages are those of the route table: one that nobody has told how to open stops the benchmark (and a
test). Each is opened as its reader opens it, by the app itself in this process, so that no browser and
no network is counted. CPU is this process' own account and the kernel's of the database's processes;
buffers are the database's. The ratio is what the full year costs beside the demo, of both CPU together;
`alike` is the same for as many kilobytes, since a full list shows more rows than the demo has.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import quote

import psycopg
import structlog
from litestar import Litestar

import mainstem_postgres as postgres
from mainstem import checks, flow, identity, ledger, setup, tax
from mainstem.api.requests import RateLimiter
from mainstem.app import create_app
from mainstem.identity import passwords
from mainstem.kit import db, settings
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.pools import WEB
from mainstem.kit.settings import Settings
from mainstem.kit.work import SYSTEM, Work
from mainstem.simulate import demo
from mainstem_affiliates.storefront.basket import Basket, BasketItem, packed
from real_year import run

LIMIT = 1.5
"""How many times as much a page of the full company may cost."""

SMALL_MS = 1.0
"""Less than this is lost in the noise of measuring, and no reader could tell."""

NAMES = {"demo": "mainstem_pages_demo", "full": "mainstem_pages_full"}
LEADS = 50_000
PASSWORD = "correct horse battery"
STAFF, AFFILIATE, CLIENT, STOREFRONT, PROGRAM, NOBODY = (
    "staff",
    "affiliate",
    "client",
    "storefront",
    "program",
    "nobody",
)


# ------------------------------------------------------------------------- what there is to open


@dataclass(slots=True)
class Company:
    """One of the two companies, and what its pages are opened with."""

    name: str
    app: Litestar
    database: Database
    config: Settings
    cookies: dict[str, str] = field(default_factory=dict)
    bearers: dict[str, str] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, what: str) -> Any:
        return self.known[what]


Address = Callable[[Company], str]


def _order_token(company: Company) -> str:
    return identity.client_link(company.config.secret, company["home"], company["order"])


def _of_order(page: str) -> Callable[[Company], str]:
    return lambda company: f"/order/{_order_token(company)}/{page}"


def _quote_token(company: Company) -> str:
    if company["quote"] is None:
        return "None"
    return identity.quote_link(company.config.secret, company["quote_home"], company["quote"])


def _of_shop(page: str) -> Callable[[Company], str]:
    return lambda company: f"/s/{company['slug']}/{page}"


def _of_company(page: str) -> Callable[[Company], str]:
    return lambda company: f"/api/v1/company/{page}"


def _facts_page_two(company: Company) -> str:
    with company.database.work(SYSTEM) as work:
        before = work.value("SELECT id FROM fact ORDER BY id DESC OFFSET 100 LIMIT 1")
    return f"/console/facts?before={before}"


# Each page by its path in the route table: how it is opened, once or in several ways.
PAGES: dict[str, tuple[str, Sequence[Address]]] = {
    "/": (CLIENT, [lambda c: "/"]),
    "/s/{slug}": (CLIENT, [lambda c: f"/s/{c['slug']}"]),
    "/s/{slug}/c/{category}": (CLIENT, [lambda c: f"/s/{c['slug']}/c/{c['category']}"]),
    "/s/{slug}/p/{product}": (CLIENT, [lambda c: f"/s/{c['slug']}/p/{c['goods']}"]),
    "/s/{slug}/search": (CLIENT, [lambda c: f"/s/{c['slug']}/search?q={c['word']}"]),
    "/s/{slug}/ask/{product}": (CLIENT, [lambda c: f"/s/{c['slug']}/ask/{c['service']}"]),
    "/s/{slug}/asked": (CLIENT, [lambda c: f"/s/{c['slug']}/asked"]),
    "/s/{slug}/basket": (CLIENT, [lambda c: f"/s/{c['slug']}/basket"]),
    "/s/{slug}/basket/count": (CLIENT, [lambda c: f"/s/{c['slug']}/basket/count"]),
    "/s/{slug}/checkout": (CLIENT, [lambda c: f"/s/{c['slug']}/checkout"]),
    "/s/{slug}/track": (CLIENT, [lambda c: f"/s/{c['slug']}/track"]),
    **{
        f"/s/{{slug}}/{page}": (CLIENT, [_of_shop(page)])
        for page in ("accessibility", "privacy", "programme", "terms", "withdraw", "withdrawal")
    },
    "/programme": (CLIENT, [lambda c: "/programme"]),
    "/programme/apply": (CLIENT, [lambda c: "/programme/apply"]),
    "/programme/sent": (CLIENT, [lambda c: "/programme/sent"]),
    "/order/{token}": (CLIENT, [lambda c: f"/order/{_order_token(c)}"]),
    **{
        f"/order/{{token}}/{page}": (CLIENT, [_of_order(page)])
        for page in ("cancellation", "receipt", "withdrawal")
    },
    "/quote/{token}": (CLIENT, [lambda c: f"/quote/{_quote_token(c)}"]),
    "/portal": (AFFILIATE, [lambda c: "/portal"]),
    "/portal/account": (AFFILIATE, [lambda c: "/portal/account"]),
    "/portal/company": (AFFILIATE, [lambda c: "/portal/company"]),
    "/portal/people": (AFFILIATE, [lambda c: "/portal/people"]),
    "/portal/mail": (AFFILIATE, [lambda c: "/portal/mail"]),
    "/portal/leads": (AFFILIATE, [lambda c: "/portal/leads"]),
    "/portal/leads/{home}/{lead}": (
        AFFILIATE,
        [lambda c: f"/portal/leads/{c['home']}/{c['lead']}"],
    ),
    "/portal/orders": (AFFILIATE, [lambda c: "/portal/orders"]),
    "/portal/orders/{order_id}": (AFFILIATE, [lambda c: f"/portal/orders/{c['order']}"]),
    "/portal/payouts": (AFFILIATE, [lambda c: "/portal/payouts"]),
    "/portal/payouts/{payout_id}": (AFFILIATE, [lambda c: f"/portal/payouts/{c['payout']}"]),
    "/portal/periods": (AFFILIATE, [lambda c: "/portal/periods"]),
    "/portal/earnings": (
        AFFILIATE,
        [lambda c: "/portal/earnings", lambda c: "/portal/earnings?level=1"],
    ),
    "/portal/earnings.csv": (AFFILIATE, [lambda c: "/portal/earnings.csv"]),
    "/portal/plan": (AFFILIATE, [lambda c: "/portal/plan"]),
    "/portal/why": (
        AFFILIATE,
        [
            lambda c: "/portal/why",
            lambda c: f"/portal/why?order={c['number']}",
            lambda c: f"/portal/why?member={c['slug']}",
        ],
    ),
    "/portal/inquiries": (AFFILIATE, [lambda c: "/portal/inquiries"]),
    "/portal/team": (AFFILIATE, [lambda c: "/portal/team"]),
    "/portal/team/{id}": (AFFILIATE, [lambda c: f"/portal/team/{c['below']}"]),
    "/console/network": (STAFF, [lambda c: "/console/network"]),
    "/console/network/moves": (STAFF, [lambda c: "/console/network/moves"]),
    "/console/network/holding-tank": (STAFF, [lambda c: "/console/network/holding-tank"]),
    "/console/network/{id}": (STAFF, [lambda c: f"/console/network/{c['home']}"]),
    "/console/network/{id}/move": (
        STAFF,
        [lambda c: f"/console/network/{c['home']}/move?without_sponsor=yes"],
    ),
    "/portal/storefront": (AFFILIATE, [lambda c: "/portal/storefront"]),
    "/console": (STAFF, [lambda c: "/console"]),
    "/console/affiliates": (STAFF, [lambda c: "/console/affiliates"]),
    "/console/affiliates/{id}": (STAFF, [lambda c: f"/console/affiliates/{c['home']}"]),
    "/console/withdrawals": (
        STAFF,
        [lambda c: "/console/withdrawals", lambda c: "/console/withdrawals?view=all"],
    ),
    "/console/applications": (
        STAFF,
        [lambda c: "/console/applications", lambda c: "/console/applications?state=all"],
    ),
    "/console/applications/invitations": (STAFF, [lambda c: "/console/applications/invitations"]),
    "/console/clock": (STAFF, [lambda c: "/console/clock"]),
    "/console/setup/network": (STAFF, [lambda c: "/console/setup/network"]),
    "/console/catalogue/import": (STAFF, [lambda c: "/console/catalogue/import"]),
    "/console/catalogue/bulk": (STAFF, [lambda c: "/console/catalogue/bulk"]),
    "/console/codes": (STAFF, [lambda c: "/console/codes"]),
    "/console/facts": (STAFF, [lambda c: "/console/facts", _facts_page_two]),
    "/console/ledger": (STAFF, [lambda c: "/console/ledger"]),
    "/console/ledger/{owner}/{account}/{currency}": (
        STAFF,
        [
            lambda c: f"/console/ledger/0/sales/{c['currency']}",
            lambda c: f"/console/ledger/{c['root']}/pending/{c['currency']}",
        ],
    ),
    "/console/mail": (STAFF, [lambda c: "/console/mail"]),
    "/console/domains": (STAFF, [lambda c: "/console/domains"]),
    "/console/storefronts": (STAFF, [lambda c: "/console/storefronts"]),
    "/console/my-mail": (STAFF, [lambda c: "/console/my-mail"]),
    "/console/mail/preview": (STAFF, [lambda c: "/console/mail/preview"]),
    "/console/mail/preview/{reason}/{locale}": (
        STAFF,
        [lambda c: "/console/mail/preview/order_confirmed/sv"],
    ),
    "/console/orders": (STAFF, [lambda c: "/console/orders"]),
    "/console/orders/{home}/{order}": (
        STAFF,
        [lambda c: f"/console/orders/{c['home']}/{c['order']}"],
    ),
    "/console/orders/{home}/{order}/attribution": (
        STAFF,
        [lambda c: f"/console/orders/{c['home']}/{c['order']}/attribution"],
    ),
    "/console/payouts": (
        STAFF,
        [
            lambda c: "/console/payouts",
            lambda c: "/console/payouts?view=all",
            lambda c: "/console/payouts?view=held",
            lambda c: "/console/payouts?view=excluded",
        ],
    ),
    "/console/payouts/{home}/{payout}": (
        STAFF,
        [lambda c: f"/console/payouts/{c['home']}/{c['payout']}"],
    ),
    "/console/plan": (STAFF, [lambda c: "/console/plan"]),
    "/console/costs": (STAFF, [lambda c: "/console/costs"]),
    "/console/costs.csv": (STAFF, [lambda c: "/console/costs.csv"]),
    "/console/plan/lab": (STAFF, [lambda c: "/console/plan/lab"]),
    "/console/plan/proposals": (STAFF, [lambda c: "/console/plan/proposals"]),
    "/console/periods": (STAFF, [lambda c: "/console/periods"]),
    "/console/rates": (STAFF, [lambda c: "/console/rates"]),
    "/console/tax": (
        STAFF,
        [lambda c: "/console/tax", lambda c: f"/console/tax?since={c['since']}&until={c['until']}"],
    ),
    "/console/tax.csv": (STAFF, [lambda c: "/console/tax.csv"]),
    "/console/inquiries": (
        STAFF,
        [lambda c: "/console/inquiries", lambda c: "/console/inquiries?view=all"],
    ),
    "/console/why": (
        STAFF,
        [
            lambda c: "/console/why",
            lambda c: f"/console/why?order={c['number']}&affiliate={c['slug']}",
        ],
    ),
    "/console/goodwill": (STAFF, [lambda c: "/console/goodwill"]),
    "/console/reviews": (STAFF, [lambda c: "/console/reviews"]),
    "/console/refunds": (STAFF, [lambda c: "/console/refunds"]),
    "/console/search": (
        STAFF,
        [
            lambda c: f"/console/search?q={c['number']}&all=1",
            lambda c: f"/console/search?q={c['email']}",
            lambda c: "/console/search?q=store",
        ],
    ),
    "/console/palette": (
        STAFF,
        [
            lambda c: "/console/palette",
            lambda c: f"/console/palette?q={c['number']}",
            lambda c: f"/console/palette?q={c['email']}",
            lambda c: "/console/palette?q=sto",
        ],
    ),
    "/console/clients": (STAFF, [lambda c: f"/console/clients?key={quote(c['email'])}"]),
    "/console/clients/binding": (
        STAFF,
        [lambda c: f"/console/clients/binding?key={quote(c['email'])}"],
    ),
    "/console/articles/{id}": (STAFF, [lambda c: f"/console/articles/{c['article']}"]),
    "/console/audit": (
        STAFF,
        [
            lambda c: "/console/audit",
            lambda c: "/console/audit?kind=setup",
            lambda c: f"/console/audit?about={c['order']}",
        ],
    ),
    "/console/audit.csv": (STAFF, [lambda c: f"/console/audit.csv?about={c['order']}"]),
    "/desk": (STAFF, [lambda c: "/desk"]),
    "/desk/jobs": (STAFF, [lambda c: "/desk/jobs"]),
    "/desk/jobs/board": (STAFF, [lambda c: "/desk/jobs/board"]),
    "/desk/jobs/{home}/{order}/{line}": (
        STAFF,
        [lambda c: f"/desk/jobs/{c['job_home']}/{c['job']}/{c['job_line']}"],
    ),
    "/desk/leads": (STAFF, [lambda c: "/desk/leads", lambda c: "/desk/leads?view=won"]),
    "/desk/leads/{home}/{lead}": (STAFF, [lambda c: f"/desk/leads/{c['home']}/{c['lead']}"]),
    "/desk/ship": (STAFF, [lambda c: "/desk/ship"]),
    "/desk/ship/transit": (STAFF, [lambda c: "/desk/ship/transit"]),
    "/desk/ship/holds": (STAFF, [lambda c: "/desk/ship/holds"]),
    "/desk/ship/{home}/{order}/{no}": (
        STAFF,
        [lambda c: f"/desk/ship/{c['home']}/{c['order']}/1"],
    ),
    "/api/v1/orders": (STOREFRONT, [lambda c: "/api/v1/orders"]),
    "/api/v1/orders/{order_id}": (STOREFRONT, [lambda c: f"/api/v1/orders/{c['order']}"]),
    "/api/v1/leads": (STOREFRONT, [lambda c: "/api/v1/leads"]),
    "/api/v1/leads/{lead_id}": (STOREFRONT, [lambda c: f"/api/v1/leads/{c['lead']}"]),
    **{
        f"/api/v1/company/{page}": (PROGRAM, [_of_company(page)])
        for page in (
            "applications",
            "approvals",
            "commission-reviews",
            "facts/failed",
            "fulfilments",
            "holds",
            "inquiries",
            "invitations",
            "jobs",
            "leads",
            "orders",
            "parcels",
            "periods",
            "payouts",
            "quotes",
            "refunds/failed",
        )
    },
    "/api/v1/company/orders/{home}/{order}": (
        PROGRAM,
        [lambda c: f"/api/v1/company/orders/{c['home']}/{c['order']}"],
    ),
    "/api/v1/company/leads/{home}/{lead}": (
        PROGRAM,
        [lambda c: f"/api/v1/company/leads/{c['home']}/{c['lead']}"],
    ),
    "/api/v1/company/leads/{home}/{lead}/estimate": (
        PROGRAM,
        [lambda c: f"/api/v1/company/leads/{c['home']}/{c['lead']}/estimate"],
    ),
    "/api/v1/company/withdrawals": (
        PROGRAM,
        [_of_company("withdrawals"), _of_company("withdrawals?view=all")],
    ),
    "/api/v1/company/fulfilments/{home}/{order}/{no}": (
        PROGRAM,
        [lambda c: f"/api/v1/company/fulfilments/{c['home']}/{c['order']}/1"],
    ),
    "/api/v1/company/jobs/{home}/{order}/{line}": (
        PROGRAM,
        [lambda c: f"/api/v1/company/jobs/{c['job_home']}/{c['job']}/{c['job_line']}"],
    ),
    "/api/v1/company/jobs/{home}/{order}/{line}/times": (
        PROGRAM,
        [lambda c: f"/api/v1/company/jobs/{c['job_home']}/{c['job']}/{c['job_line']}/times"],
    ),
    "/api/v1/company/domains": (PROGRAM, [_of_company("domains")]),
    "/api/v1/company/storefronts/waiting": (PROGRAM, [_of_company("storefronts/waiting")]),
    "/sign-in": (NOBODY, [lambda c: "/sign-in"]),
    "/sign-in/again": (STAFF, [lambda c: "/sign-in/again"]),
    "/sign-in/forgotten": (
        NOBODY,
        [lambda c: "/sign-in/forgotten", lambda c: "/sign-in/forgotten?asked=yes"],
    ),
    "/account": (STAFF, [lambda c: "/account"]),
    "/account/password": (STAFF, [lambda c: "/account/password"]),
    "/choose": (STAFF, [lambda c: "/choose"]),
}


def _at(url: str, kind: setup.Resource[Any] | None = None) -> Address:
    """A page of set-up: as it stands, or of the first thing of a kind."""

    def address(company: Company) -> str:
        if kind is None:
            return url
        with company.database.work(SYSTEM) as work:
            keys = kind.find(work, "", 1, "") if kind.find else [*kind.read(work, None)]
        return url + (quote(keys[0], safe="@/") if keys else "none")

    return address


def _set_up_pages() -> Iterator[tuple[str, tuple[str, list[Address]]]]:
    """The pages and the API of set-up, as the registry has them."""
    console = "/console/setup"
    kinds = setup.RESOURCES.values()
    for kind in kinds:
        api = f"/api/v1/{kind.name}"
        yield api, (PROGRAM, [_at(api)])
        if not kind.single:
            yield f"{api}/{{key}}", (PROGRAM, [_at(f"{api}/", kind)])
    several = [kind for kind in kinds if not kind.single]
    for page in (
        console,
        f"{console}/people",
        f"{console}/keys",
        f"{console}/payments",
        f"{console}/plan",
    ):
        yield page, (STAFF, [_at(page)])
    stock = setup.resource("stock")
    yield f"{console}/shelves", (STAFF, [_at(f"{console}/shelves?key=", stock)])
    asked = f"{console}/suggestions"
    yield (
        f"{asked}/{{kind}}",
        (STAFF, [_at(f"{asked}/products?q=pan"), _at(f"{asked}/articles?q=1")]),
    )
    yield f"{console}/{{name}}", (STAFF, [_at(f"{console}/{kind.name}") for kind in kinds])
    yield (
        f"{console}/{{name}}/edit",
        (STAFF, [_at(f"{console}/{kind.name}/edit?key=", kind) for kind in several]),
    )
    yield (
        f"{console}/{{name}}/new",
        (STAFF, [_at(f"{console}/{kind.name}/new") for kind in several]),
    )


PAGES |= dict(_set_up_pages())

NOT_OPENED = {
    "/api/v1/company/period-earnings": "is of a period, and neither company's plan pays for any",
    "/console/periods/{name}": "is of a period, and neither company's plan pays for any",
    "/programme/confirm": "is there for who has just applied",
    "/programme/application/{token}": "is there for who has applied, and neither company has any such",
    "/console/plan/lab/{run}": "reads one row by its key, and neither company has any",
    "/console/plan/lab/{run}/report.csv": "is a file",
    "/console/plan/lab/{run}/report.json": "is a file",
    "/console/plan/proposals/{proposal}": "reads one row by its key, and neither company has any",
    "/console/network/moves/{move}": "reads one row by its key, and neither company has any",
    "/console/applications/{id}": "reads one row by its key, and neither company has any",
    "/console/applications/{id}/papers/{answer}": "is a file",
    "/console/inquiries/{home}/{inquiry}": "reads one row by its key, and neither company has any",
    "/console/inquiries/{home}/{inquiry}/evidence": "is a file",
    "/api/v1/company/inquiries/{home}/{inquiry}": "reads one row by its key, and neither company has any",
    "/api/v1/company/applications/{id}": "reads one row by its key, and neither company has any",
    "/portal/account/onboarding": "goes to the payment gateway",
    "/portal/account/return": "goes to the payment gateway",
    "/order/{token}/return": "goes to the payment gateway",
    "/withdrawal/{token}": "reads one row by its key",
    "/console/withdrawals/{home}/{withdrawal}": "reads one row by its key, and the year has none",
    "/api/v1/company/withdrawals/{home}/{withdrawal}": "reads one row by its key, and the year has none",
    "/invitation": "is there for who was invited",
    "/sign-in/new-password": "is there for who has forgotten theirs",
    "/sign-in/second-step": "is there for who has taken the first",
    "/account/authenticator": "is there for who has begun to set one up",
    "/.well-known/security.txt": "is no page",
    "/.well-known/change-password": "leads to another page",
    "/media/{name}": "is a picture",
    "/theme/{version}/{file}": "is a style sheet",
    "/s/{slug}/share/{file}": "is a picture",
    "/s/{slug}/sitemap.xml": "is for search engines",
    "/sitemap.xml": "is for search engines",
    "/robots.txt": "is for search engines",
    "/s/{slug}/robots.txt": "is for search engines",
    "/internal/domain": "is no page",
    "/portal/storefront/domains/{shop}": "is of what somebody has added",
    "/s/{slug}/{rest}": "is no page",
    "/s/{slug}/p/{product}/{rest}": "is no page",
    "/s/{slug}/c/{category}/{rest}": "is no page",
    "/portal/storefront/drafts/{id}/{step}": "is of a draft that somebody has begun",
    "/portal/storefront/drafts/{id}/preview": "is of a draft that somebody has begun",
    "/portal/storefront/history/{shop}": "is of what somebody has published",
    "/portal/storefront/versions/{id}/preview": "is of what somebody has published",
    "/console/storefronts/{home}/{id}": "is of a draft that somebody has begun",
    "/console/storefronts/{home}/{id}/preview": "is of a draft that somebody has begun",
    "/console/catalogue/export.csv": "is a file",
    "/console/catalogue/import/{id}": "is of a file that somebody has uploaded",
    "/console/setup/network/{id}": "is of a file that somebody has uploaded",
    "/setup": "is there until the first member of staff has signed up",
    "/console/mail/{home}/{id}": "reads one row by its key, and the year has no mail",
    "/console/mail/{home}/{id}/html": "reads one row by its key, and the year has no mail",
    "/inbox": "is there in a demo only",
    "/inbox/{home}/{id}": "is there in a demo only",
    "/inbox/{home}/{id}/html": "is there in a demo only",
    "/mail/preference/{token}": "reads one row by its key",
    "/health/live": "is no page",
    "/health/ready": "is no page",
    "/api/v1": "is the description of the API",
    "/api/v1/openapi.json": "is the description of the API",
    "/api/v1/{path}": "is the description of the API",
}


def routes(app: Litestar) -> list[str]:
    """Every path of the app that a GET opens."""
    return sorted(
        {
            route.path_format
            for route in app.routes
            for handler in getattr(route, "route_handlers", [])
            if "GET" in getattr(handler, "http_methods", ())
        }
    )


def forgotten(app: Litestar) -> list[str]:
    """Pages that nobody has told this benchmark how to open."""
    return [path for path in routes(app) if path not in PAGES and path not in NOT_OPENED]


# ------------------------------------------------------------------------- the two companies


def make_demo(server: postgres.Server) -> str:
    """The demo company with its two months of trade."""
    url = _fresh(server, NAMES["demo"])
    db.migrate(url, demo=True, made_here=True)
    demo.seed(url, zone="Europe/Stockholm")
    return url


def make_full(server: postgres.Server) -> str:
    """A copy of the year, brought up to date, with what its pages need besides."""
    url = _fresh(server, NAMES["full"], template=run.NAME)
    db.migrate(url)
    return url


def _fresh(server: postgres.Server, name: str, *, template: str | None = None) -> str:
    postgres.drop_database(server, name)
    postgres.create_database(server, name, template=template)
    return server.admin_url(name)


def now_of(url: str) -> datetime:
    """Just after the last order."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT max(placed_at) FROM orders").fetchone()
    assert row is not None
    last: datetime = row[0]
    return last.astimezone(UTC) + timedelta(minutes=5)


_PRICES = """
INSERT INTO price (variant_id, currency, valid_from, amount_minor)
SELECT v.id, s.currency, '2000-01-01', 100 + (v.id %% 50) * 100
  FROM variant v CROSS JOIN (SELECT DISTINCT currency FROM storefront) s
 WHERE NOT EXISTS (SELECT 1 FROM price p WHERE p.variant_id = v.id AND p.currency = s.currency)"""

_LEADS = """
INSERT INTO lead (home_id, id, number, storefront_id, channel, product_id, state, lost_reason,
       currency, locale, client_key, client, address, seller_id, attributed_by, attribution,
       created_at, closed_at)
SELECT s.home_id, gen_random_uuid(), 'LD' || lpad(n::text, 8, '0'), s.id, 'storefront', p.id,
       CASE WHEN n %% 2000 = 0 THEN 'new' WHEN n %% 4 = 0 THEN 'won' ELSE 'lost' END,
       CASE WHEN n %% 2000 <> 0 AND n %% 4 <> 0 THEN 'no_answer' END,
       s.currency, 'en', 'lead-' || n || '@example.com',
       jsonb_build_object('name', 'Lead ' || n, 'email', 'lead-' || n || '@example.com', 'phone', ''),
       '{"line1": "Main Street 1", "line2": "", "postal_code": "10001", "city": "Town", "country": "US"}',
       s.home_id, 'storefront', '[]', %(now)s - n * interval '10 minutes',
       CASE WHEN n %% 2000 <> 0 THEN %(now)s - n * interval '10 minutes' + interval '1 day' END
  FROM generate_series(1, %(leads)s) AS n
  JOIN LATERAL (SELECT id, home_id, currency FROM storefront
                 ORDER BY id OFFSET CASE WHEN n %% 2 = 0 THEN 0 ELSE n %% 400 END LIMIT 1) s ON true
 CROSS JOIN (SELECT min(id) AS id FROM product WHERE kind = 'service') p"""


def furnish(url: str, now: datetime) -> None:
    """What the year has none of: list prices, goods on the shelf, and fifty thousand leads."""
    with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET ROLE mainstem_owner")
        connection.execute(_PRICES, {})
        connection.execute("UPDATE stock_level SET on_hand = reserved + 100")
        connection.execute("UPDATE catalogue_version SET version = version + 1")
        connection.execute(_LEADS, {"leads": LEADS, "now": now})


def open_company(name: str, url: str, folder: Path, *, made: bool) -> Company:
    """The company's app, with somebody of each kind signed in."""
    now = now_of(url)
    if made and name == "full":
        furnish(url, now)
    clock = FixedClock(now)
    config = settings.read({"MAINSTEM_DATA": str(folder), "MAINSTEM_SECRET": "pages" * 8})
    database = Database(url, tools=flow.tools(), clock=clock, pool=WEB, name="mainstem-pages")
    with database.work(SYSTEM) as work:
        ledger.roll_up(work)
    for _ in range(3):  # as three hours have done: a day is named, seen and added up
        with database.work(SYSTEM) as work:
            tax.keep_days(work)
    checks.run_now(database)
    app = create_app(config, database, clock=clock)
    # One program opens all that programs open, again and again: more than anybody's share.
    app.state["app_context"].parts.put(RateLimiter, RateLimiter(per_second=10**6, burst=10**6))
    company = Company(name, app, database, config)
    with database.work(SYSTEM) as work:
        look_up(work, company)
    _sign_in(company, clock)
    if made:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
    return company


def look_up(work: Work, company: Company) -> None:
    """What the pages are opened with: the root of the tree, their shop, their newest order."""
    shop = work.row(
        """SELECT s.home_id, s.id, s.slug, s.currency, s.product_ids
             FROM storefront s JOIN affiliate a ON a.id = s.home_id
            WHERE s.active AND EXISTS (SELECT 1 FROM orders o WHERE o.home_id = s.home_id
                                         AND o.state IN ('placed', 'closed'))
            ORDER BY cardinality(a.upline), s.id LIMIT 1"""
    )
    assert shop is not None, "somebody has sold something"
    order = work.row(
        """SELECT id, number, client_key FROM orders WHERE home_id = %(home)s AND fulfillment_status = 'delivered'
            ORDER BY placed_at DESC LIMIT 1""",
        home=shop.home_id,
    )
    assert order is not None, "something has arrived"
    goods = work.row(
        """SELECT p.slug, p.category, coalesce(t.name, p.slug) AS name, v.sku, v.id AS article FROM product p
             JOIN variant v ON v.product_id = p.id AND v.active
             JOIN stock_level l ON l.variant_id = v.id AND l.on_hand > l.reserved
             JOIN price r ON r.variant_id = v.id AND r.currency = %(currency)s
             LEFT JOIN product_text t ON t.product_id = p.id AND t.locale = 'en'
            WHERE p.kind = 'goods' AND p.active
              AND (%(shown)s::bigint[] IS NULL OR p.id = ANY(%(shown)s))
            ORDER BY p.position, p.id LIMIT 1""",
        currency=shop.currency,
        shown=shop.product_ids,
    )
    assert goods is not None, "there is something to buy"
    job = work.row(
        "SELECT home_id, order_id, line_no FROM job ORDER BY created_at DESC, order_id LIMIT 1"
    )
    lead = work.value(
        "SELECT id FROM lead WHERE home_id = %(home)s AND storefront_id = %(shop)s"
        " ORDER BY created_at DESC LIMIT 1",
        home=shop.home_id,
        shop=shop.id,
    )
    quote = work.row("SELECT home_id, lead_id FROM quote WHERE sent_at IS NOT NULL LIMIT 1")
    today = work.now().date()
    company.known = {
        "since": today - timedelta(days=365),
        "until": today,
        "home": shop.home_id,
        "root": shop.home_id,
        "below": work.value(
            "SELECT id FROM affiliate WHERE sponsor_id = %(home)s ORDER BY id LIMIT 1",
            home=shop.home_id,
        ),
        "shop": shop.id,
        "slug": shop.slug,
        "currency": shop.currency,
        "order": order.id,
        "payout": work.value(
            "SELECT id FROM payout WHERE home_id = %(home)s ORDER BY reserved_at DESC LIMIT 1",
            home=shop.home_id,
        ),
        "number": order.number,
        "email": order.client_key,
        "goods": goods.slug,
        "category": goods.category,
        "word": re.sub(r"\W.*", "", goods.name.lower()),
        "sku": goods.sku,
        "article": goods.article,
        "service": work.value(
            """SELECT slug FROM product WHERE kind = 'service' AND active
                  AND (%(shown)s::bigint[] IS NULL OR id = ANY(%(shown)s)) ORDER BY id LIMIT 1""",
            shown=shop.product_ids,
        ),
        "job_home": job.home_id if job else None,
        "job": job.order_id if job else None,
        "job_line": job.line_no if job else None,
        "lead": lead,
        "quote_home": quote.home_id if quote else None,
        "quote": quote.lead_id if quote else None,
    }


def _sign_in(company: Company, clock: FixedClock) -> None:
    database, hashed = company.database, passwords.hash_password(PASSWORD)
    for kind, role, home in ((STAFF, "admin", None), (AFFILIATE, "affiliate", company["home"])):
        email = f"{kind}@pages.example"
        with database.work(SYSTEM) as work:
            person = work.value("SELECT id FROM person WHERE email = %(email)s", email=email)
            person = person or identity.create_person(
                work, email=email, name=kind, password_hash=hashed
            )
            identity.grant(work, person, role, affiliate_id=home)
        session = identity.sign_in(
            database, email=email, password=PASSWORD, address="192.0.2.1", clock=clock
        )
        company.cookies[kind] = f"session={session.token}"
    basket = packed(
        company.config.secret, Basket(company["currency"], [BasketItem(company["sku"], 1)])
    )
    company.cookies[CLIENT] = f"basket-{company['slug']}={basket}"
    with database.work(SYSTEM) as work:
        company.bearers[STOREFRONT] = identity.issue_key(
            work, home_id=company["home"], storefront_id=company["shop"]
        )
        company.bearers[PROGRAM] = identity.issue_api_key(
            work, label="pages", scopes=[one for one in identity.SCOPES if one.endswith(":read")]
        )


# ------------------------------------------------------------------------- opening and measuring


@dataclass(frozen=True, slots=True)
class Cost:
    """What one opening of a page takes, in the middle of several."""

    app_ms: float
    database_ms: float
    buffers: int
    kilobytes: int

    @property
    def cpu_ms(self) -> float:
        """App and database together."""
        return self.app_ms + self.database_ms


async def get(company: Company, kind: str, url: str) -> tuple[int, int]:
    """Open a page by the app itself; its status and its length."""
    path, _, query = url.partition("?")
    headers = [(b"host", b"127.0.0.1"), (b"accept-language", b"en")]
    if kind in company.bearers:
        headers += [
            (b"accept", b"application/json"),
            (b"authorization", f"Bearer {company.bearers[kind]}".encode()),
        ]
    else:
        headers.append((b"accept", b"text/html"))
        if kind in company.cookies:
            headers.append((b"cookie", company.cookies[kind].encode()))
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8400),
        "root_path": "", "state": {}, "extensions": {},
    }  # fmt: skip
    status, length, asked = 0, 0, False
    ended = asyncio.Event()

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if asked:
            await ended.wait()
            return {"type": "http.disconnect"}
        asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Mapping[str, Any]) -> None:
        nonlocal status, length
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body":
            length += len(message.get("body", b""))
            if not message.get("more_body"):
                ended.set()

    try:
        async with asyncio.timeout(PATIENCE):
            await company.app(scope, receive, send)  # type: ignore[arg-type]
    except TimeoutError:
        raise NotShown(f"{company.name}: {url} has not ended in {PATIENCE} seconds") from None
    return status, length


class Meter:
    """The kernel's account of a database server's processes, and the database's of its buffers."""

    def __init__(self, server: postgres.Server, company: Company) -> None:
        self._pid = server.pid
        self._company = company
        self._watch = psycopg.connect(company.database.url, autocommit=True)

    def close(self) -> None:
        self._watch.close()

    def cpu_ms(self) -> float:
        """Of all its processes that serve somebody, alive and ended, so far."""
        return sum(_nanoseconds(pid) for pid in self._serving()) / 1e6

    def _serving(self) -> list[int]:
        rows = self._watch.execute(
            """SELECT pid FROM pg_stat_activity WHERE datname = current_database()
                  AND pid <> pg_backend_pid()"""
        ).fetchall()
        return [row[0] for row in rows]

    def buffers(self) -> int:
        """Blocks touched in the database so far, as its backends have told of them."""
        for engine in (self._company.database._company, self._company.database._affiliate):
            idle = [engine.connect() for _ in range(engine.pool.checkedin())]  # type: ignore[attr-defined]
            for connection in idle:
                connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
                connection.close()
        row = self._watch.execute(
            """SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"""
        ).fetchone()
        assert row is not None
        return int(row[0])


def _nanoseconds(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    except OSError:
        return 0


PATIENCE = 60
"""In so many seconds every page has ended."""


class NotShown(Exception):
    """A page was not there to be measured."""


async def measure(company: Company, meter: Meter, kind: str, url: str, *, times: int) -> Cost:
    """What a page costs once everything that is kept in memory is there."""
    for _ in range(3):
        status, length = await get(company, kind, url)
        if status >= 400:
            raise NotShown(f"{company.name}: {url} answers {status}")
    nothing = meter.buffers()
    idle = meter.buffers() - nothing
    app, served = [], []
    before = meter.buffers()
    for _ in range(times):
        own, pg = time.process_time_ns(), meter.cpu_ms()
        own = time.process_time_ns()
        await get(company, kind, url)
        own = time.process_time_ns() - own
        app.append(own / 1e6)
        served.append(meter.cpu_ms() - pg)
    touched = meter.buffers() - before - idle
    return Cost(
        statistics.median(app),
        statistics.median(served),
        max(0, round(touched / times)),
        length // 1000,
    )


async def measure_all(
    company: Company, server: postgres.Server, *, times: int, only: str
) -> dict[str, Cost | None]:
    """Every page of one company, by its path and the way it is opened."""
    if missing := forgotten(company.app):
        raise SystemExit(f"Say in PAGES how to open: {', '.join(missing)}")
    meter = Meter(server, company)
    found: dict[str, Cost | None] = {}
    try:
        async with company.app.lifespan():
            for path, (kind, ways) in PAGES.items():
                if only not in path or path not in routes(company.app):
                    continue
                for number, way in enumerate(ways):
                    url = way(company)
                    shown = path if not number and len(ways) == 1 else f"{path} ({number + 1})"
                    if "/None" in url:  # without quotes there is no page of one
                        found[shown] = None
                        continue
                    try:
                        found[shown] = await measure(company, meter, kind, url, times=times)
                    except NotShown as problem:
                        print(problem, file=sys.stderr)
                        found[shown] = None
    finally:
        meter.close()
        company.database.close()
    return found


# ------------------------------------------------------------------------- the run


def ratio(demo_cost: Cost, full_cost: Cost) -> float:
    """How many times as much the full company's page costs."""
    return full_cost.cpu_ms / max(demo_cost.cpu_ms, SMALL_MS)


def ratio_of_equal_length(demo_cost: Cost, full_cost: Cost) -> float:
    """The same for as much as the page shows: a full list has all its rows, the demo's has a few.

    How many rows a list has at most is its page size, which no history changes.
    """
    longer = max(1.0, full_cost.kilobytes / max(1, demo_cost.kilobytes))
    return ratio(demo_cost, full_cost) / longer


def table(measured: Mapping[str, Mapping[str, Cost | None]]) -> Iterator[str]:
    """Both companies side by side, the dearest for the full one first among those above the limit."""
    yield (f"{'page':<52}{'demo app':>9}{'pg':>7}{'buffers':>9}{'kB':>5}"
           f"{'full app':>10}{'pg':>8}{'buffers':>9}{'kB':>5}{'ratio':>7}{'alike':>7}")  # fmt: skip
    above = longer = 0
    for path, one in measured["demo"].items():
        other = measured["full"].get(path)
        if one is None or other is None:
            yield f"{path:<52}         in one of the two there is none"
            continue
        times, alike = ratio(one, other), ratio_of_equal_length(one, other)
        mark = "  above" if alike > LIMIT else "  longer" if times > LIMIT else ""
        above += alike > LIMIT
        longer += alike <= LIMIT < times
        yield (f"{path:<52}{one.app_ms:>9.1f}{one.database_ms:>7.1f}{one.buffers:>9,}"
               f"{one.kilobytes:>5}{other.app_ms:>10.1f}{other.database_ms:>8.1f}{other.buffers:>9,}"
               f"{other.kilobytes:>5}{times:>7.2f}{alike:>7.2f}{mark}")  # fmt: skip
    yield f"{above} pages cost more than {LIMIT} times as much as on the demo for what they show;"
    yield f"{longer} more do because they show more: the demo has fewer rows than a page of the list."


@contextmanager
def the_server(data: Path) -> Iterator[postgres.Server]:
    """The server of the year's database, with the settings that a company's own has."""
    with postgres.start(data / "real" / "pg") as server:
        yield server


def main() -> int:
    """Measure both companies and print them side by side; 1 when a page is above the limit."""
    given = _parser().parse_args()
    structlog.configure(processors=[_dropped])
    measured: dict[str, dict[str, Cost | None]] = {}
    with the_server(given.data) as server:
        for name, make in (("demo", make_demo), ("full", make_full)):
            url, made = server.admin_url(NAMES[name]), not given.again
            if made:
                print(f"Making the {name} company.", file=sys.stderr)
                url = make(server)
            else:
                db.migrate(url, demo=name == "demo")
            company = open_company(name, url, given.data, made=made)
            measured[name] = asyncio.run(
                measure_all(company, server, times=given.times, only=given.only)
            )
        for name in [] if given.keep else NAMES.values():
            postgres.drop_database(server, name)
    if given.json:
        told = {
            name: {
                path: cost and {**_plain(cost), "cpu_ms": round(cost.cpu_ms, 2)}
                for path, cost in costs.items()
            }
            for name, costs in measured.items()
        }
        print(json.dumps(told))
    else:
        for line in table(measured):
            print(line)
    return int(
        any(
            one and other and ratio_of_equal_length(one, other) > LIMIT
            for one, other in (
                (cost, measured["full"].get(path)) for path, cost in measured["demo"].items()
            )
        )
    )


def _plain(cost: Cost) -> dict[str, float]:
    return {
        "app_ms": round(cost.app_ms, 2),
        "database_ms": round(cost.database_ms, 2),
        "buffers": cost.buffers,
        "kilobytes": cost.kilobytes,
    }


def _dropped(*_: Any) -> NoReturn:
    raise structlog.DropEvent  # a line a request is no part of what is printed here


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the data folder of a finished `make real`")
    parser.add_argument("--times", type=int, default=15, help="how often each page is opened")
    parser.add_argument("--only", default="", help="only pages whose path holds this text")
    parser.add_argument("--keep", action="store_true", help="leave the two databases for --again")
    parser.add_argument("--again", action="store_true", help="measure what --keep has left")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main())
