"""What the web answers: pages and problems in the reader's language, headers, health, files."""

from __future__ import annotations

import ast
import gzip
import json
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import psycopg
import pytest
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from pydantic import BaseModel, Field
from structlog.testing import capture_logs
from tests.catalogs import translations
from tests.surfaces.conftest import Open, Reader, words_of

import mainstem_affiliates.storefront
from mainstem import api, identity
from mainstem.api.bodies import Body
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Problem
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web import app_context_of, cached_page, draw, redirect, render
from mainstem.web.brand import Brand
from mainstem.web.forms import Form, field_errors
from mainstem.web.pages.entering import Onward

Text = Annotated[str, Field(min_length=1, max_length=5)]


class Line(Body):
    sku: Text
    quantity: Annotated[int, Field(ge=1, le=99)]


class Basket(Body):
    email: str
    lines: Annotated[list[Line], Field(min_length=1)]
    note: str | None = None


class Wish(BaseModel):
    """A form."""

    name: Annotated[str, Field(max_length=5)]
    count: Annotated[int, Field(ge=1)]
    colours: list[str] = []


class PriceTooLow(InvalidTransition):
    code = "price_too_low"
    message = "This cannot be done now."

    def __init__(self) -> None:
        super().__init__("order", "closed", "paid")
        self.facts["amount"] = Money(-123450, "SEK")


@pytest.fixture(autouse=True)
def sample_routes(bare_surfaces: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Routes of a storefront and of the API that do what a test needs."""

    @get("/broken")
    async def broken() -> str:
        raise RuntimeError("the secret of this company")

    @get("/refused")
    async def refused() -> str:
        raise NotFound("order")

    @get("/late")
    async def late() -> str:
        raise InvalidTransition("order", "closed", "paid")

    @post("/kept", status_code=201)
    async def kept(work: NamedDependency[Work], form: NamedDependency[Form]) -> Any:
        work.run("UPDATE catalogue_version SET version = version + 1")
        if form["then"] == "fail":
            raise RuntimeError
        if form["then"] == "refuse":
            raise NotFound("order")
        return "kept"

    @post("/shown-again", sync_to_thread=True)
    def shown_again(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Any:
        work.run("UPDATE catalogue_version SET version = version + 1")
        return render(request, "pages/layout.html", status=422)

    @post("/wish", sync_to_thread=True)
    def wish(request: Request[Any, Any, Any], form: NamedDependency[Form]) -> Any:
        try:
            made = form.into(Wish)
        except InvalidInput as no:
            return {name: problem.code for name, problem in field_errors(no.problems).items()}
        return redirect(request, "/", notice=f"{made.count} {made.name} {made.colours}")

    @get("/in-the-way/{state_:str}")
    async def in_the_way(state_: FromPath[str]) -> str:
        lost = psycopg.OperationalError
        raise lost() if state_ == "gone" else psycopg.errors.lookup(state_)()

    @get("/cached", sync_to_thread=True)
    def cached(request: Request[Any, Any, Any]) -> Any:
        body = draw(app_context_of(request), "sv", "pages/sign_in.html", SignIn())
        return cached_page(request, body)

    @post("/cached", sync_to_thread=True)
    def sent_from_cached() -> str:
        return "came"

    @post("/orders")
    async def orders(data: JSONBody[Basket], work: NamedDependency[Work]) -> dict[str, Any]:
        return {"actor": str(work.actor), "home": work.home}

    @get("/orders")
    async def some_orders(limit: Annotated[int, QueryParameter(le=100)] = 10) -> int:
        return limit

    shop = [broken, refused, late, kept, shown_again, wish, in_the_way, cached, sent_from_cached]
    monkeypatch.setattr(mainstem_affiliates.storefront, "routes", shop)
    monkeypatch.setattr(api, "routes", [orders, some_orders])
    yield


class SignIn(msgspec.Struct):
    onward: Onward = Onward()
    email: str = ""
    error: str = ""
    here: str = "/cached"
    brand: Brand = Brand()


@pytest.fixture
def key(database: Database, people: dict[str, int]) -> str:
    """A key of storefront 3 in affiliate 1's home."""
    with database.work() as work:
        work.run(
            """INSERT INTO storefront (id, home_id, slug, name, locales, currency, texts)
               VALUES (3, 1, 'hyllan', 'Hyllan', '{sv,en}', 'SEK', %(texts)s)""",
            texts=json.dumps(
                {"sv": {"tagline": "Saker som håller."}, "en": {"tagline": "Made to keep."}}
            ),
        )
        return identity.issue_key(work, home_id=1, storefront_id=3)


def ask(reader: Reader, body: Any, key: str, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"authorization": f"Bearer {key}", "content-type": "application/json"} | headers
    return reader.client.post("/api/v1/orders", content=content, headers=sent)


GOOD = {"email": "a@example.com", "lines": [{"sku": "A", "quantity": 1}]}

# --------------------------------------------------------------------------------- the API's no


def test_a_storefront_speaks_by_its_key_alone(reader: Reader, key: str, database: Database) -> None:
    answer = ask(reader, GOOD, key)
    assert (answer.status_code, answer.json()) == (201, {"actor": "storefront:3", "home": 1})
    with database.work() as work:
        found = identity.read_key(work, key)
        assert found is not None
        identity.revoke_key(work, home_id=1, key_hash=found.key_hash)
    for no in (ask(reader, GOOD, key), ask(reader, GOOD, "msk_guessed"), ask(reader, GOOD, ""),
               reader.client.post("/api/v1/orders", json=GOOD)):  # fmt: skip
        assert no.status_code == 401
        assert no.headers["www-authenticate"] == 'Bearer realm="mainstem"'
        assert no.headers["content-type"] == "application/problem+json"
        assert no.json()["code"] == "key_refused"


def test_whoever_guesses_at_keys_waits_and_a_key_that_was_seen_does_not(
    reader: Reader, key: str
) -> None:
    assert ask(reader, GOOD, key).status_code == 201
    guesses = [ask(reader, GOOD, f"msk_guessed{no}") for no in range(31)]
    assert [answer.status_code for answer in guesses] == [401] * 30 + [429]
    assert guesses[-1].json()["code"] == "too_many_attempts"
    assert 0 < int(guesses[-1].headers["retry-after"]) <= 600
    assert ask(reader, GOOD, key).status_code == 201, "who has a key is never slowed"


def test_a_session_opens_nothing_in_the_api(reader: Reader, people: dict[str, int]) -> None:
    reader.sign_in("ada@example.com")
    assert reader.client.get("/api/v1/orders").status_code == 401


def test_a_problem_names_everything_at_once_in_the_language_that_was_asked_for(
    reader: Reader, key: str
) -> None:
    body = {
        "lines": [{"sku": "", "quantity": "5"}, {"sku": "A" * 6, "quantity": 100, "a/b": 1}],
        "note": 7,
        "coupon": "X",
    }
    answer = ask(reader, body, key, **{"accept-language": "sv-SE,sv;q=0.9,en;q=0.8"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == "sv"
    problem = answer.json()
    assert problem.pop("request_id") == answer.headers["x-request-id"]
    assert problem == {
        "type": "http://company.example/api/v1#problem-invalid_field",
        "title": "Något stämmer inte.",
        "status": 422,
        "detail": "Några fält stämmer inte.",
        "code": "invalid_field",
        "errors": [
            {"pointer": pointer, "code": code, "message": message, "source": "body"}
            for pointer, code, message in (
                ("/email", "missing", "Det här behövs."),
                ("/lines/0/sku", "missing", "Det här behövs."),
                ("/lines/0/quantity", "wrong_type", "Det här ska vara ett tal."),
                ("/lines/1/sku", "too_long", "Använd högst 5."),
                ("/lines/1/quantity", "out_of_range", "Det här ska vara högst 99."),
                ("/lines/1/a~1b", "unknown_field", "Det här fältet känner vi inte till."),
                ("/note", "wrong_type", "Det här ska vara text."),
                ("/coupon", "unknown_field", "Det här fältet känner vi inte till."),
            )
        ],
    }
    english = ask(reader, body, key, **{"accept-language": "de,en"}).json()
    assert english["title"] == "Something is not right."
    assert [e["pointer"] for e in english["errors"]] == [e["pointer"] for e in problem["errors"]]


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", {}, 400, "malformed_json"),
        (b"", {}, 400, "malformed_json"),
        (b'{"email": "\xff"}', {}, 400, "malformed_json"),
        (b"[]", {}, 422, "invalid_field"),
        (b"null", {}, 422, "invalid_field"),
        (b'{"email": "a", "lines": []}', {}, 422, "invalid_field"),
        (b"email=a", {"content-type": "application/x-www-form-urlencoded"}, 415, "not_json"),
        (b" " * 1_000_001, {}, 413, "too_large"),
        (b"[" * 500_000, {}, 400, "malformed_json"),
    ],
)
def test_a_body_that_cannot_be_taken_is_a_problem_too(
    reader: Reader, key: str, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    answer = ask(reader, content, key, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_large_body_is_refused_while_it_still_comes(reader: Reader, key: str) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(40):
            sent += 65_536
            yield b" " * 65_536

    answer = reader.client.post(
        "/api/v1/orders",
        content=endless(),
        headers={"authorization": f"Bearer {key}", "content-type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_wrong_parameter_is_named_with_where_it_stands(reader: Reader, key: str) -> None:
    for given in ("many", "101"):
        answer = reader.client.get(
            f"/api/v1/orders?limit={given}", headers={"authorization": f"Bearer {key}"}
        )
        assert answer.status_code == 422
        errors = answer.json()["errors"]
        assert [(e["pointer"], e["source"]) for e in errors] == [("/limit", "query")]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing", 404, "not_found"),
        ("GET", "/api/nothing", 404, "not_found"),
        ("PATCH", "/api/v1/orders", 405, "method_not_allowed"),
    ],
)
def test_an_address_that_is_not_there_is_a_problem_too(
    reader: Reader, method: str, path: str, status: int, code: str
) -> None:
    answer = reader.client.request(method, path, headers={"accept": "text/html"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_document_holds_the_api_alone_with_its_problems(reader: Reader) -> None:
    answer = reader.client.get("/api/v1/openapi.json")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json"
    document = answer.json()
    assert list(document["paths"]) == ["/api/v1/orders"]
    responses = document["paths"]["/api/v1/orders"]["post"]["responses"]
    assert set(responses) >= {"201", "400", "401", "409", "413", "415", "422", "429", "503"}
    assert responses["422"] == {"$ref": "#/components/responses/Problem"}
    content = document["components"]["responses"]["Problem"]["content"]
    assert list(content) == ["application/problem+json"]
    assert document["security"] == [{"storefront key": []}]
    page = reader.get("/api/v1")
    assert page.status_code == 200
    assert "POST /api/v1/orders" in words_of(page)
    assert 'id="problem-key_refused"' in page.text


def test_every_answer_is_as_the_document_says(reader: Reader, key: str) -> None:
    import jsonschema_rs

    document = reader.client.get("/api/v1/openapi.json").json()
    schema = document["components"]["schemas"]["Problem"]
    check = jsonschema_rs.validator_for(schema, validate_formats=True)
    for answer in (ask(reader, {}, key), ask(reader, b"{", key), ask(reader, GOOD, "x"),
                   reader.client.get("/api/v1/nothing")):  # fmt: skip
        assert check.is_valid(answer.json()), answer.json()


# ----------------------------------------------------------------------------- pages that say no


def test_a_reader_gets_a_page_and_a_program_a_problem(reader: Reader) -> None:
    page = reader.get("/refused", **{"accept-language": "sv"})
    assert page.status_code == 404
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="sv"' in page.text
    assert "Vi hittar inte den här ordern" in words_of(page) or "order" in words_of(page)
    problem = reader.client.get("/refused", headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["detail"] == "We could not find that order."


def test_a_refusal_tells_the_state_of_things(reader: Reader) -> None:
    page = reader.get("/late")
    assert page.status_code == 409
    assert "This order is closed; it cannot be paid now." in words_of(page)


def test_an_error_nobody_foresaw_says_nothing_of_itself_and_can_be_found(reader: Reader) -> None:
    with capture_logs() as lines:
        page = reader.get("/broken")
    assert page.status_code == 500
    assert "secret" not in page.text
    assert "Traceback" not in page.text
    number = page.headers["x-request-id"]
    assert f"Number of this request: {number}" in words_of(page)
    failed = next(line for line in lines if line["event"] == "a request failed")
    assert failed["route"] == "/broken"
    assert isinstance(failed["exc_info"], RuntimeError)


def test_a_part_of_a_page_that_fails_becomes_the_whole_page(reader: Reader) -> None:
    page = reader.get("/refused", **{"hx-request": "true"})
    assert page.headers["hx-retarget"] == "#main"
    assert page.headers["hx-reselect"] == "#main"


@pytest.mark.parametrize(
    ("state", "status"),
    [("40001", 503), ("40P01", 503), ("55P03", 503), ("gone", 503), ("23505", 500)],
)
def test_a_database_in_the_way_is_a_reason_to_try_again(
    reader: Reader, state: str, status: int
) -> None:
    page = reader.get(f"/in-the-way/{state}")
    assert page.status_code == status
    assert page.headers.get("retry-after") == ("2" if status == 503 else None)


def test_the_work_of_a_request_is_kept_only_when_it_says_yes(
    reader: Reader, database: Database
) -> None:
    def version() -> int:
        with database.work() as work:
            return int(work.value("SELECT version FROM catalogue_version"))

    assert version() == 1
    assert reader.post("/kept", {"then": ""}).status_code == 201
    assert version() == 2
    for path, then, status in (("/kept", "fail", 500), ("/kept", "refuse", 404),
                               ("/shown-again", "", 422)):  # fmt: skip
        assert reader.post(path, {"then": then}).status_code == status
        assert version() == 2, f"{path} {then}"


def test_a_request_and_its_work_have_one_number(
    reader: Reader, people: dict[str, int], database: Database
) -> None:
    answer = reader.sign_in("ada@example.com")
    with capture_logs() as lines:
        reader.get("/sign-in")
    assert lines[-1]["event"] == "request"
    assert {"method", "route", "status", "ms"} <= set(lines[-1])
    assert answer.headers["x-request-id"]


def test_a_form_becomes_a_typed_value_or_every_problem(reader: Reader) -> None:
    wrong = reader.post("/wish", {"name": "abcdef", "count": "none"})
    assert wrong.json() == {"name": "too_long", "count": "wrong_type"}
    assert reader.post("/wish", {"name": " ", "count": ""}).json() == {
        "name": "missing", "count": "missing",
    }  # fmt: skip
    made = reader.post("/wish", {"name": " Ada ", "count": "3", "colours": ["red", "blue", ""]})
    assert made.status_code == 303
    assert "3 Ada ['red', 'blue']" in words_of(reader.get("/"))


# ------------------------------------------------------------------------------------- languages


def test_the_language_is_picked_then_kept_then_asked_for(
    reader: Reader, people: dict[str, int]
) -> None:
    def language(**headers: str) -> str:
        found = re.search(r'<html lang="(\w+)"', reader.get("/choose", **headers).text)
        return found[1] if found else reader.get("/sign-in", **headers).headers["content-language"]

    assert language() == "en"
    assert language(**{"accept-language": "sv-SE"}) == "sv"
    assert language(**{"accept-language": "de, fr;q=0.5"}) == "en"
    reader.sign_in("elin@example.com")
    assert language(**{"accept-language": "en"}) == "sv", "the one they keep"
    answer = reader.post("/language", {"lang": "en", "next": "/choose"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/choose")
    assert language(**{"accept-language": "sv"}) == "en", "the one they picked"
    assert reader.post("/language", {"lang": "xx", "next": "//evil"}).headers["location"] == "/"
    assert language() == "en"


def test_an_address_may_name_its_language(reader: Reader) -> None:
    assert reader.get("/sign-in?lang=sv").headers["content-language"] == "sv"
    assert reader.get("/sign-in").headers["content-language"] == "sv"


def _sentences(source: str) -> set[str]:
    """Every sentence that a module may say: its texts without its docstrings."""
    tree = ast.parse(source)
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in silent
        and re.fullmatch(r"[A-Z][^\n]*[.]", node.value)
    }


def test_every_word_of_our_own_pages_is_also_swedish(root: Any) -> None:
    from jinja2 import Environment
    from jinja2.ext import extract_from_ast

    from mainstem.kit.errors import Refused
    from mainstem.web.openapi import _every
    from mainstem.web.problems import _DETAILS, TITLES

    said = set(TITLES.values()) | set(_DETAILS.values())
    for path in (root / "templates/pages").glob("*.html"):
        parsed = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(
            path.read_text()
        )
        extracted = extract_from_ast(parsed, gettext_functions=("_", "_n"))
        for _, _, message in extracted:
            [first, *_] = [message] if isinstance(message, str) else message or [None]
            assert first is not None
            said.add(first)
    ours = re.compile(r"mainstem\.(identity|kit.errors|web\.(?!api|console))")
    said |= {kind.message for kind in _every(Refused) if ours.match(kind.__module__)}
    for module in (
        "identity/people",
        "identity/passwords",
        "web/forms",
        "web/pages/sign_in",
        "web/pages/again",
        "web/pages/entering",
        "web/pages/forgotten",
        "web/pages/account/overview",
        "web/pages/account/password",
        "web/pages/account/authenticator",
        "web/pages/account/passkeys",
        "web/pages/account/sessions",
        "web/pages/setup",
    ):
        said |= _sentences((root / f"platform/mainstem/{module}.py").read_text())
    assert sorted(said - set(translations())) == []


# ------------------------------------------------------------------------ headers, hosts, health


def test_every_answer_carries_the_headers_that_keep_a_reader_safe(open_app: Open) -> None:
    reader = open_app()
    for path in (
        "/",
        "/nope",
        "/broken",
        "/health/live",
        "/api/v1/orders",
        "/static/css/pages.css",
    ):
        headers = reader.get(path).headers
        policy = headers["content-security-policy"]
        for rule in ("default-src 'self'", "script-src 'self'", "style-src 'self'",
                     "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"):  # fmt: skip
            assert rule in policy, path
        assert "form-action 'self' https://checkout.stripe.com" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        assert "strict-transport-security" not in headers
        assert "server" not in headers
    secure = open_app(
        public_url="https://company.example", stripe_api_base="http://127.0.0.1:1234/"
    )
    headers = secure.get("/").headers
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert "form-action 'self' http://127.0.0.1:1234;" in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("company.example", 200),
        ("COMPANY.example:8400", 200),
        ("localhost:8400", 200),
        ("[::1]:8400", 200),
        ("[::1].evil.com", 400),
        ("[::1]evil.com:8400", 400),
        ("[::1", 400),
        ("localhost:8400:80", 400),
        ("localhost:evil.com", 400),
        ("localhost:80@evil.com", 400),
        ("evil.com@localhost", 400),
        ("companyXexample", 400),
        ("evil.example", 400),
        ("company.example.evil.example", 400),
        ("", 400),
    ],
)
def test_the_application_answers_to_its_own_host_names(
    reader: Reader, host: str, status: int
) -> None:
    page = reader.get("/sign-in", host=host, **{"x-forwarded-host": "company.example"})
    assert page.status_code == status


def test_production_answers_to_its_public_name_alone(open_app: Open) -> None:
    reader = open_app(mode="production", public_url="https://company.example", host="0.0.0.0")
    assert reader.get("/sign-in", host="company.example").status_code == 200
    assert reader.get("/sign-in", host="localhost").status_code == 400


def test_health_is_told_without_a_name(reader: Reader, database: Database) -> None:
    for path, status in (("/health/live", "alive"), ("/health/ready", "ready")):
        answer = reader.get(path, host="10.0.0.7")
        assert (answer.status_code, answer.json()) == (200, {"status": status})


def test_an_application_with_an_older_schema_is_not_ready(
    reader: Reader, database: Database, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute("UPDATE alembic_version SET version_num = 'older'")
    answer = reader.get("/health/ready")
    assert (answer.status_code, answer.json()["why"]) == (503, "migrations")
    assert reader.get("/health/live").status_code == 200


def test_an_application_without_its_database_is_alive_but_not_ready(
    reader: Reader, database_url: str, server: Any
) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(server.admin_url(), autocommit=True) as owner:
        owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        assert reader.get("/health/ready").status_code == 503
        page = reader.get("/")
        assert (page.status_code, page.headers["retry-after"]) == (503, "2")
        owner.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert reader.get("/health/ready").status_code == 200


def test_head_is_get_without_its_body(reader: Reader) -> None:
    whole, head = reader.get("/sign-in"), reader.client.head("/sign-in")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == whole.headers["content-type"]


def test_the_log_names_the_pattern_and_never_what_was_sent(
    reader: Reader, people: dict[str, int]
) -> None:
    with capture_logs() as lines:
        reader.get("/in-the-way/40001?token=canary-query", cookie="x=canary-cookie")
        reader.get("/canary-path/canary-segment")
        reader.sign_in("canary@example.com", "canary password")
    told = str(lines)
    assert "/in-the-way/{state_}" in told
    for canary in ("canary-query", "canary-cookie", "canary-segment", "canary@", "canary password"):
        assert canary not in told


# ---------------------------------------------------------------------------------- static files


def test_a_style_sheet_is_one_piece_kept_for_ever_under_its_version(reader: Reader) -> None:
    page = reader.get("/sign-in").text
    found = re.search(r'href="(/static/([0-9a-f]{12})/css/pages\.css)"', page)
    assert found, "the page names the versioned address"
    sheet = reader.get(found[1])
    assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert sheet.headers["content-type"] == "text/css; charset=utf-8"
    assert "@import" not in sheet.text
    assert "--accent-hue" in sheet.text
    assert ".site-name" in sheet.text
    assert sheet.headers["content-encoding"] == "gzip"
    again = reader.get(found[1], **{"if-none-match": sheet.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    older = reader.get(found[1].replace(found[2], "0" * 12))
    assert older.status_code == 200
    assert older.headers["cache-control"] == "public, max-age=0, must-revalidate"


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/../app.py", "/static/%2e%2e/app.py", "/static/css/../../app.py",
     "/static//etc/passwd", "/static/css", "/static/nothing.css"],
)  # fmt: skip
def test_nothing_but_the_static_files_is_there(reader: Reader, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_what_is_zipped_is_what_is_there(reader: Reader) -> None:
    plain = reader.get("/static/js/mainstem.js", **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert reader.get("/static/js/mainstem.js").content == plain.content
    assert len(gzip.compress(plain.content)) < len(plain.content)


# ------------------------------------------------------------------------------------ front page


def test_the_front_page_lists_the_storefronts(reader: Reader, key: str) -> None:
    page = reader.get("/", **{"accept-language": "sv"})
    assert 'href="/s/hyllan"' in page.text
    assert "Saker som håller." in words_of(page)
    assert "Made to keep." in words_of(reader.get("/?lang=en"))


def test_a_page_drawn_once_carries_each_readers_own_token(open_app: Open) -> None:
    one, other = open_app(), open_app()
    pages = [reader.get("/cached") for reader in (one, other)]
    tokens = [re.search(r'name="csrf_token" value="([^"]+)"', page.text) for page in pages]
    assert tokens[0] and tokens[1]
    assert tokens[0][1] != tokens[1][1]
    assert pages[0].headers["cache-control"] == "private, no-cache"
    assert one.post("/cached", {"csrf_token": tokens[0][1]}).text == "came"
    assert one.post("/cached", {"csrf_token": tokens[1][1]}).status_code == 403


def test_problems_speak_of_money_as_the_reader_does(reader: Reader) -> None:
    from zoneinfo import ZoneInfo

    from mainstem.kit.locale import Language
    from mainstem.paths import TEMPLATES
    from mainstem.web.rendering import words

    problem = Problem("/x", "x", "At least {amount}.", {"amount": Money(-123450, "SEK")})
    swedish = Language("sv", TEMPLATES / "locale", ZoneInfo("Europe/Stockholm"))
    assert (
        words(swedish, problem)
        == "At least \N{MINUS SIGN}1\N{NO-BREAK SPACE}234,50\N{NO-BREAK SPACE}kr."
    )
