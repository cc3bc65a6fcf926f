"""What holds of every address that there is: read from the application's own table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from litestar.testing import TestClient

from mainstem import identity
from mainstem.kit.db import Database
from tests.surfaces.conftest import Open, Reader
from tests.surfaces.shopping import a_shop_with_texts
from tests.surfaces.staff import KETTLE, Staff, staffed

BEHIND_A_SIGN_IN = ("/console", "/desk", "/portal", "/account")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
MADE_UP = {"int": "1", "uuid": "00000000-0000-0000-0000-000000000000", "path": "x", "str": "x"}
PARAMETER = re.compile(r"\{\w+:(\w+)\}")
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    """A company with something to see for staff, for an affiliate and for clients."""
    staff = staffed(database, open_app)
    a_shop_with_texts(database, staff.company)
    with database.work() as work:
        elin = identity.create_person(
            work,
            email="elin@example.com",
            name="Elin",
            password_hash=work.value("SELECT password_hash FROM person LIMIT 1"),
        )
        identity.grant(work, elin, "affiliate", affiliate_id=staff.company.cedar)
    staff.delivered((KETTLE, 2))
    return staff


def routes_of(reader: Reader) -> Iterator[tuple[str, str, Any]]:
    """Each method and address, with its parameters made up, and the handler behind it."""
    assert isinstance(reader.client, TestClient)
    for route in reader.client.app.routes:
        for method, (handler, _) in sorted(getattr(route, "route_handler_map", {}).items()):
            path = PARAMETER.sub(lambda found: MADE_UP[found[1]], route.path)
            yield str(method), path, handler


def is_below(path: str, *roots: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)


def test_nothing_of_a_surface_opens_to_who_has_not_signed_in(reader: Reader) -> None:
    token, asked = reader.token(), 0
    for method, path, _ in routes_of(reader):
        if is_below(path, *BEHIND_A_SIGN_IN) and method in (UNSAFE | {"GET"}):
            answer = reader.client.request(
                method, path, headers={"accept": "text/html", "x-csrf-token": token}
            )
            if method == "GET":
                assert answer.status_code == 303, path
                assert answer.headers["location"].startswith("/sign-in?"), path
            else:
                assert answer.status_code == 401, (method, path)
            asked += 1
    assert asked > 120


def test_nothing_of_the_api_but_its_description_opens_without_a_key(reader: Reader) -> None:
    # The description's page, itself, and the framework's own answer to any other name beside it.
    described = {"/api/v1", "/api/v1/openapi.json", "/api/v1/x"}
    asked = 0
    for method, path, _ in routes_of(reader):
        if is_below(path, "/api") and path not in described and method != "OPTIONS":
            answer = reader.client.request(method, path, json={})
            assert (answer.status_code, answer.json()["code"]) == (401, "key_refused"), path
            asked += 1
    assert asked > 50


def test_whatever_changes_something_wants_the_token_but_where_no_cookie_is_looked_at(
    reader: Reader, people: dict[str, int]
) -> None:
    reader.sign_in("ada@example.com")
    exempt, asked = set(), 0
    for method, path, handler in routes_of(reader):
        if method not in UNSAFE:
            continue
        if handler.opt.get("csrf") == "exempt":
            exempt.add(path)
            continue
        answer = reader.client.request(method, path, headers={"accept": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (403, "form_expired"), path
        asked += 1
    assert asked > 80
    # By key, by signature, and by the signed link of a mail program's one click (RFC 8058).
    assert {path for path in exempt if not is_below(path, "/api", "/webhooks")} == {
        "/mail/preference/x"
    }


def pages(reader: Reader) -> list[str]:
    """The address of every page that needs no parameter."""
    found = [
        path
        for method, path, handler in routes_of(reader)
        if method == "GET" and not any(PARAMETER.search(path) for path in handler.paths)
    ]
    return sorted(set(found))


@contextmanager
def read_only(database: Database, database_url: str, admin_url: str) -> Iterator[None]:
    """From now on no transaction of this database may write."""
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(admin_url, autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        database.close()  # connections from before may still write
        yield
        owner.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        database.close()


@pytest.mark.parametrize("name", ["ada", "elin", "nobody"])
def test_looking_changes_nothing(
    staff: Staff, database: Database, database_url: str, server: Any, name: str
) -> None:
    reader = staff.open_app() if name == "nobody" else staff.reader(name)
    shop = ["", "/basket", "/checkout", "/search?q=kettle", "/ask", "/track"]
    with database.work() as work:
        slug = work.value("SELECT slug FROM storefront WHERE name = 'Cedar Iron'")
    looked_at = [*pages(reader), *(f"/s/{slug}{page}" for page in shop)]
    with read_only(database, database_url, server.admin_url()):
        answers = {path: reader.get(path).status_code for path in looked_at}
        token = reader.token()
        shut = reader.client.post(
            "/sign-in", data={"csrf_token": token, "email": "a", "password": "b"}
        )
    assert shut.status_code == 500, "what writes is refused"
    assert {path: status for path, status in answers.items() if status >= 500} == {}
    assert len([status for status in answers.values() if status == 200]) > 5


def test_every_page_of_somebody_is_kept_by_no_cache_and_framed_by_nobody(staff: Staff) -> None:
    seen, there = 0, pages(staff.open_app())
    for name in ("ada", "elin"):
        reader = staff.reader(name)
        for path in there:
            answer = reader.get(path)
            if answer.status_code != 200 or not is_below(path, *BEHIND_A_SIGN_IN, "/choose"):
                continue
            assert {header: answer.headers.get(header) for header in HEADERS} == HEADERS, path
            policy = answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy, path
            assert "script-src 'self'" in policy, path
            assert answer.headers["x-robots-tag"].startswith("noindex"), path
            if answer.headers["content-type"].startswith("text/html"):
                assert 'action="/sign-out"' in answer.text, f"{path} has a way out"
            seen += 1
    assert seen > 40


def test_every_text_says_how_its_letters_are_written(staff: Staff) -> None:
    reader = staff.reader("ada")
    for path in [*pages(reader), "/nowhere"]:
        kind = reader.get(path).headers.get("content-type", "")
        if kind.startswith("text/"):
            assert "charset=utf-8" in kind.lower(), path
    elsewhere = reader.get("/sign-in", host="evil.example")
    assert elsewhere.status_code == 400
    assert elsewhere.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_browser_is_told_to_come_by_tls_for_two_years_and_below_our_name_too(
    open_app: Open,
) -> None:
    reader = open_app(public_url="https://company.example")
    for path in ("/", "/nowhere", "/sign-in", "/api/v1/orders", "/static/js/mainstem.js"):
        told = reader.get(path).headers["strict-transport-security"]
        assert told == "max-age=63072000; includeSubDomains", path
