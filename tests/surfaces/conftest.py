"""What the tests of the surfaces share: the real app on a real database, and readers of it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar.testing import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from tests.assemblies import an_app

from mainstem import api, console, identity
from mainstem.identity import passwords
from mainstem.kit import settings as settings_
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.settings import Settings
from mainstem_affiliates import portal, storefront
from mainstem_fulfillment import desk

from .serving import patience, port, server_process  # noqa: F401

PASSWORD = "vinden bär över sjön"
HOST = "company.example"


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The same algorithm at the least cost it knows."""
    light = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "_hasher", light)
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture
def bare_surfaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The application without pages: a test puts in those it needs."""
    for surface in (storefront, portal, desk, console, api):
        monkeypatch.setattr(surface, "routes", [])
    monkeypatch.setattr(api, "integration_routes", [])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A company in demo mode at http://company.example."""
    read = settings_.read({"MAINSTEM_DATA": str(tmp_path), "MAINSTEM_SECRET": "a secret" * 4})
    return replace(read, public_url=f"http://{HOST}", stripe_webhook_secrets=("whsec_a", "whsec_b"))


class Reader:
    """Somebody with a browser: keeps cookies, follows no redirect unless told, fills forms in."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page as a browser does."""
        return self.client.get(path, headers={"accept": "text/html"} | headers)

    def post(
        self, path: str, data: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send a form that was found on a page, with the token that stood in it."""
        fields = {"csrf_token": self.token()} | dict(data or {})
        return self.client.post(path, data=fields, headers={"accept": "text/html"} | headers)

    def token(self, path: str = "/sign-in") -> str:
        """The token against forgery that stands in the forms of this reader's pages."""
        # The sign-in page sends on who is signed in; every page has a form.
        page = self.get(path)
        if page.status_code == 303:
            page = self.get("/choose")
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found, page.text
        return found[1]

    def sign_in(self, email: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Sign in by the form."""
        return self.post("/sign-in", {"email": email, "password": password} | fields)


def words_of(page: httpx.Response) -> str:
    """What a page says, without its marks."""
    body = page.text.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


Open = Callable[..., Reader]


@pytest.fixture
def open_app(settings: Settings, database: Database, clock: FixedClock) -> Iterator[Open]:
    """Starts the application: `open_app()` gives a reader; fields given change the settings.

    Readers of one reader share it, each with a browser of their own.
    """
    opened: list[TestClient[Any]] = []
    houses: dict[str, TestClient[Any]] = {}

    def open_(**changes: Any) -> Reader:
        reader = repr(sorted(changes.items())) if "service_jobs" not in changes else None
        if reader in houses:
            shared = houses[reader]
            return Reader(httpx.Client(transport=shared._transport, base_url=shared.base_url))
        options = {key: changes.pop(key) for key in ("hosts", "service_jobs") if key in changes}
        app = assemblies.enter_context(
            an_app(replace(settings, **changes), database, clock=clock, **options)
        )
        url = changes.get("public_url", settings.public_url)
        client = TestClient(app, base_url=url, raise_server_exceptions=False)
        client.follow_redirects = False
        client.__enter__()
        opened.append(client)
        if reader is not None:
            houses[reader] = client
        return Reader(client)

    with ExitStack() as assemblies:
        yield open_
        for client in opened:
            client.__exit__(None, None, None)


@pytest.fixture
def reader(open_app: Open) -> Reader:
    """Somebody with a browser, not signed in."""
    return open_app()


@pytest.fixture
def people(database: Database) -> dict[str, int]:
    """Staff and affiliates who can sign in as <name>@example.com; their ids by name.

    Ada is admin, Fia does finance, Per picks, Li leads the service desk. Elin is affiliate 1,
    Sam acts for affiliates 1 and 2, and Nils has no role.
    """
    hashed = passwords.hash_password(PASSWORD)
    with database.work() as work:
        for id, name in ((1, "Elin"), (2, "Maja")):
            work.run(
                """INSERT INTO affiliate
                     (id, slug, name, email_key, country, state, upline, joined_at)
                   VALUES (%(id)s, %(slug)s, %(name)s, %(slug)s || '@example.com', 'SE', 'active',
                           ARRAY[%(id)s], %(now)s)""",
                id=id,
                slug=name.lower(),
                name=name,
                now=work.now(),
            )
        ids = {}
        roles: dict[str, list[tuple[str, int | None]]] = {
            "ada": [("admin", None)],
            "fia": [("finance", None)],
            "per": [("picker", None)],
            "li": [("lead_desk", None)],
            "elin": [("affiliate", 1)],
            "sam": [("affiliate", 1), ("affiliate", 2)],
            "nils": [],
        }
        for name, held in roles.items():
            ids[name] = identity.create_person(
                work,
                email=f"{name}@example.com",
                name=name.title(),
                password_hash=hashed,
                locale="sv" if name == "elin" else "en",
            )
            for role, affiliate_id in held:
                identity.grant(work, ids[name], role, affiliate_id=affiliate_id)
    return ids
