"""Whatever is sent to whichever address: an answer, never a failure of ours.

The addresses come from the app's own route table, their fields from the code behind them, the API's
operations from its OpenAPI document. Values are those on which readers of numbers, days, texts and
addresses are known to stumble.
"""

from __future__ import annotations

import hashlib
import hmac
import inspect
import itertools
import json
import random
import re
import sys
import time
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar.testing import TestClient
from schemathesis.core.result import Ok
from tests.company import INSTALLATION, KETTLE, a_lead, a_quoted_lead
from tests.joining.applicants import an_application, open_programme
from tests.surfaces.conftest import PASSWORD, Open, Reader
from tests.surfaces.shopping import ADA_FORM, SECRET, a_shop_with_texts
from tests.surfaces.staff import Staff, staffed
from tests.withdrawals.stories import says, withdraws

from mainstem import flow, identity, mail, worker
from mainstem.kit.db import Database
from mainstem.kit.events import record
from mainstem.payments import Gateway
from mainstem.web.forms import FormFields

HOSTILE = [
    "", " ", "²", "١٢", "-1", "1e999", "NaN", "0x10", "1_000", "9" * 30, "-" + "9" * 30,
    "9223372036854775808", "0001-01-01", "9999-12-31", "2026-02-30", "0000-00-00",
    "9999-12-31T23:59:59-14:00", "0001-01-01T00:00+14:00", "/\u2028x", "//evil.test", "/å?x=ä",
    "http://[", "/\\evil.test", "\u202e\u200b", "\x00", "\x1b[31m", "\r\nX: y", "\ud800", "a\u0301",
    "e" * 6000, "[]", "{}", "null", "%", "%s%n", "{x}", "'", "<b>", "a@b@c", "SEK", "sek", "ZZZ",
    "true", "1:2:3", "1:00000000-0000-0000-0000-000000000000:1", ".", "..", "1.2.3",
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip
ROUNDS = 10
FIELDS = re.compile(
    r"""(?:form|query_params)(?:\.(?:get|raw|all|getall)\(|\[)\s*["']([\w:-]+)["']"""
)
POINTERS = re.compile(r"""Problem\(\s*["']/([\w-]+)["']""")
PARAMETER = re.compile(r"\{(\w+):(\w+)\}")


@pytest.fixture
def staff(database: Database, open_app: Open) -> Staff:
    """A company in which there is something behind every address, and whose gateway is away."""
    away = Gateway("sk_test_embedded", api_base="http://127.0.0.1:1", retries=0)
    database.tools = flow.tools(gateway=away)
    staff = staffed(database, open_app)
    a_shop_with_texts(database, staff.company)
    with database.work() as work:
        mail.save_settings(
            work, mail.MailSettings(sender_name="Alder", sender_address="a@alder.example")
        )
        a_lead(work, staff.company.shop)
        a_quoted_lead(work, staff.company.birch_shop)
        elin = identity.create_person(
            work,
            email="elin@example.com",
            name="Elin",
            password_hash=work.value("SELECT password_hash FROM person LIMIT 1"),
        )
        identity.grant(work, elin, "affiliate", affiliate_id=staff.company.cedar)
    with database.work() as work:
        open_programme(work)
    an_application(database)
    withdraws(database, staff.delivered((KETTLE, 2)), {1: 1})
    says(database, staff.sold((KETTLE, 1), (INSTALLATION, 1)), parts="The kettle")
    worker.drain(database)
    staff.pay_account(staff.company.cedar)
    with database.work() as work:
        ledger_day = work.now().date()
        work.run(
            """INSERT INTO payout (home_id, id, number, period, provider, account, currency,
                                   amount_minor, state, reserved_at)
               VALUES (%(home)s, gen_random_uuid(), 'P1', %(day)s, 'bank', 'a', 'SEK', 100,
                       'reserved', %(now)s)""",
            home=staff.company.cedar,
            day=ledger_day,
            now=work.now(),
        )
    return staff


def at(text: str) -> str:
    """A text as a browser writes it into an address; half a surrogate pair as its bytes."""
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


class Sender:
    """Sends what it makes up, from one seed, and notes what failed."""

    def __init__(self, database: Database, reader: Reader, known: dict[str, list[str]]) -> None:
        self.reader, self.known = reader, known
        self.database = database
        self.token = reader.token()
        self.chance = random.Random(1896)
        self.failed: list[str] = []
        self.sent = 0

    def value(self, name: str, *, hostile: float) -> str:
        """Something for a field or parameter of this name."""
        fitting = self.known.get(name)
        if fitting and self.chance.random() > hostile:
            return self.chance.choice(fitting)
        return self.chance.choice(HOSTILE)

    def path(self, pattern: str, *, hostile: float) -> str:
        """An address of this pattern: of something that is there, or made up."""
        names = [found[1] for found in PARAMETER.finditer(pattern)]
        there: dict[str, str] = {}
        if self.chance.random() > hostile:
            for group, fitting in self.known.items():
                if set(group.split()) <= set(names):
                    there |= dict(
                        zip(group.split(), self.chance.choice(fitting).split(), strict=True)
                    )
            if "token" in names:
                there["token"] = self.chance.choice(self.known["/" + pattern.split("/")[1]])
        return PARAMETER.sub(
            lambda found: at(there.get(found[1]) or self.value(found[1], hostile=0.7)) or "-",
            pattern,
        )

    def ask(self, method: str, pattern: str, names: list[str]) -> None:
        """One request of each round, its fields filled anew."""
        for round_no in range(ROUNDS):
            hostile = 0.6 if round_no % 2 else 0.15
            url = self.path(pattern, hostile=0.3)
            fields = [
                (name, self.value(name, hostile=hostile))
                for name in names
                if self.chance.random() < 0.8
            ]
            query = "&".join(f"{at(name)}={at(value)}" for name, value in fields)
            if method == "GET":
                answer = self.reader.client.get(f"{url}?{query}", headers={"accept": "text/html"})
            else:
                kind = "application/x-www-form-urlencoded"
                answer = self.reader.client.post(
                    url,
                    content=f"csrf_token={at(self.token)}&{query}",
                    headers={"accept": "text/html", "content-type": kind},
                )
            self.sent += 1
            if answer.status_code >= 500:
                self.failed.append(f"{answer.status_code} {method} {url} {fields}")


def app_of(reader: Reader) -> Any:
    """The application that answers a reader."""
    assert isinstance(reader.client, TestClient)
    return reader.client.app


def routes_of(app: Any) -> Iterator[tuple[str, str, list[str]]]:
    """Every method and address with the fields that the code behind it names."""
    for route in app.routes:
        for method, (handler, _) in sorted(getattr(route, "route_handler_map", {}).items()):
            if method not in ("GET", "POST") or route.path.startswith(("/api/", "/webhooks/")):
                continue
            module = sys.modules[handler.fn.__module__]
            source = inspect.getsource(module)
            parameters = [
                name
                for name in handler.parsed_fn_signature.parameters
                if name not in ("request", "work", "form", "settings", "database", "language")
                and f"{{{name}:" not in route.path
            ]
            in_code = [*FIELDS.findall(source), *POINTERS.findall(source), *fields_in(module)]
            if command := handler.opt.get("command"):
                in_code += fields_of(command)
            further = [*ADA_FORM, "lang", "ref"] if "/s/" in route.path else ["lang"]
            yield method, route.path, sorted({*parameters, *in_code, *further})


def fields_in(module: ModuleType) -> list[str]:
    """The fields of every form that a module reads."""
    return [
        field.alias or name
        for thing in vars(module).values()
        if inspect.isclass(thing) and issubclass(thing, FormFields)
        for name, field in thing.model_fields.items()
    ]


def fields_of(command: Any) -> list[str]:
    """The fields of a command's form: those of its body, and those that its reader names."""
    names = {command.do.__module__, *([command.body.__module__] if command.body else [])}
    modules = [sys.modules[name] for name in sorted(names)]
    sources = "".join(inspect.getsource(module) for module in modules)
    in_body = command.body.model_fields if command.body else ()
    in_forms = [name for module in modules for name in fields_in(module)]
    return [*in_body, *in_forms, *FIELDS.findall(sources), *POINTERS.findall(sources)]


def known_of(staff: Staff) -> dict[str, list[str]]:
    """What is there, by the names of the parameters and fields that lead to it."""
    with staff.database.work() as work:

        def there(sql: str) -> list[str]:
            return [" ".join(map(str, row)) for row in work.rows(sql)]

        found = {
            "home order": there("SELECT home_id, id FROM orders"),
            "home lead": there("SELECT home_id, id FROM lead"),
            "home payout": there("SELECT home_id, id FROM payout"),
            "order_id": there("SELECT id FROM orders"),
            "home order payment": there("SELECT home_id, order_id, id FROM payment"),
            "slug": there("SELECT slug FROM storefront WHERE name = 'Cedar Iron'"),
            "product": there("SELECT slug FROM product"),
            "owner": ["0", *there("SELECT id FROM affiliate")],
            "home id": there("SELECT home_id, id FROM mail"),
            "home withdrawal": there("SELECT home_id, id FROM withdrawal"),
            "fact": there("SELECT id FROM fact LIMIT 5"),
            "application": there("SELECT id FROM application"),
        }
    for kind, link, things in (
        ("/order", identity.client_link, "home order"),
        ("/quote", identity.quote_link, "home lead"),
        ("/withdrawal", identity.withdrawal_link, "home withdrawal"),
    ):
        pairs = [thing.split() for thing in found[things]]
        found[kind] = [link(SECRET, int(home), UUID(id)) for home, id in pairs]
    found["/programme"] = [
        identity.application_link(SECRET, UUID(id)) for id in found["application"]
    ]
    found["/mail"] = [
        mail.preference_token(SECRET, staff.ids["ada"], topic)
        for topic in ("credit_digest", "weekly_summary")
    ]
    return (
        ADA_LISTS
        | {name: values for name, values in found.items() if values}
        | {
            "id": [*found["owner"], *found["fact"], *found["application"]],
            "category": ["kitchen", "services"],
            "account": ["payable", "pending", "sales"],
            "currency": ["SEK", "EUR"],
            "day": ["2026-03-02"],
            "wanted_on": ["2026-03-20"],
            "no": ["1"],
            "line": ["1", "2"],
            "sku": [KETTLE, INSTALLATION],
            "quantity": ["1", "2"],
            "next": ["/portal"],
            "hours": ["2"],
            "days": ["14"],
            "consent": ["yes"],
            "message": ["It smokes."],
            "pieces-1": ["1", "2"],
            "number": there_numbers(staff),
            "seen": ["0", "1"],
            "told_on": ["2026-03-02"],
            "parcel": [":".join([*thing.split(), "1"]) for thing in found["home order"]],
        }
    )


def there_numbers(staff: Staff) -> list[str]:
    """The numbers of the orders that there are."""
    with staff.database.work() as work:
        return [row.number for row in work.rows("SELECT number FROM orders")]


ADA_LISTS = {name: [value] for name, value in ADA_FORM.items() if value}


@pytest.mark.parametrize("who", ["ada", "elin", None])
def test_no_address_fails_whatever_it_is_asked(
    staff: Staff, open_app: Open, who: str | None
) -> None:
    reader = open_app()
    if who:
        assert reader.sign_in(f"{who}@example.com").status_code == 303
    sender = Sender(staff.database, reader, known_of(staff))
    # Signing out comes last: it would leave the rest to nobody.
    routes = sorted(routes_of(app_of(reader)), key=lambda route: route[1] == "/sign-out")
    staffs = ("/console", "/desk")
    for method, path, names in routes:
        is_ours = path.startswith(staffs) if who == "ada" else path.startswith("/portal")
        if path == "/sign-in" and who:
            continue  # wrong passwords are counted, and each costs a hash
        if is_ours if who else not path.startswith((*staffs, "/portal")):
            sender.ask(method, path, names)
    assert sender.sent > (150 if who != "elin" else 60)
    assert sender.failed == []


def test_no_page_fails_in_a_company_without_a_plan(
    open_app: Open, database: Database, people: dict[str, int]
) -> None:
    reader = open_app()
    reader.sign_in("ada@example.com")
    found = {}
    for route in app_of(reader).routes:
        if not PARAMETER.search(route.path) and "GET" in getattr(route, "route_handler_map", {}):
            found[route.path] = reader.get(route.path).status_code
    assert {path: status for path, status in found.items() if status >= 500} == {}
    assert found["/console/payouts"] == found["/console/plan"] == 200
    with database.work() as work:
        record(work, "clock.weekly", "2026-03-02")
    worker.drain(database)
    with database.work() as work:
        assert work.rows("SELECT name, error FROM fact_waiting") == []


# ------------------------------------------------------------------------- the API


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_no_operation_of_the_api_fails_whatever_it_is_sent(
    staff: Staff, open_app: Open, mode: schemathesis.GenerationMode
) -> None:
    """What the document allows, and what it does not."""
    client = open_app().client
    document = client.get("/api/v1/openapi.json").json()
    with staff.database.work() as work:
        shop = staff.company.shop
        of_shop = identity.issue_key(work, home_id=shop.home_id, storefront_id=shop.id)
        scopes = [scope for scope in identity.SCOPES if not scope.startswith(("setup", "staff"))]
        of_program = identity.issue_api_key(work, label="A program", scopes=scopes)
    failed, sent = [], 0

    def send(case: schemathesis.Case[Any]) -> None:
        nonlocal sent
        key = of_program if "/company/" in case.path else of_shop
        headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
        for name, value in (case.headers or {}).items():
            if name.lower() not in headers and str(value).isascii() and str(value).isprintable():
                headers[name] = str(value)
        query = "&".join(f"{at(str(k))}={at(str(v))}" for k, v in (case.query or {}).items())
        body: dict[str, Any] = {}
        if isinstance(case.body, bytes):
            body = {"content": case.body}
        elif not isinstance(case.body, schemathesis.core.NotSet):
            body = {"json": case.body}
        answer = client.request(
            case.method, f"{case.formatted_path}?{query}", headers=headers, **body
        )
        sent += 1
        if answer.status_code >= 500:
            failed.append(f"{answer.status_code} {case.method} {case.formatted_path} {case.body!r}")

    schema = schemathesis.openapi.from_dict(document)
    for operation in schema.get_all_operations():
        assert isinstance(operation, Ok)
        cases = operation.ok().as_strategy(generation_mode=mode)

        @SOME
        @given(cases)
        def each(case: schemathesis.Case[Any]) -> None:
            send(case)

        each()
    assert sent > 20
    assert failed == []


SOME = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


# ------------------------------------------------------------------------- webhook events


def deep(levels: int) -> str:
    return "[" * levels + "]" * levels


EVENT = {
    "id": "evt_1", "object": "event", "type": "charge.updated", "created": 1772442000,
    "data": {"object": {"id": "ch_1", "object": "charge"}}, "livemode": False,
}  # fmt: skip
THIN = {
    "id": "evt_2", "object": "v2.core.event", "type": "v2.core.account.updated",
    "created": "2026-03-02T09:00:00Z", "related_object": {"id": "acct_1"}, "livemode": False,
}  # fmt: skip
ODD: list[Any] = [
    None, 0, -1, 1.5, 10**12, 10**18, 10**40, float("inf"), True, [], {}, "", "\x00", "\ud800",
    "x" * 5000, "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00", "2026-03-02", "²",
]  # fmt: skip


def webhook_bodies() -> Iterator[bytes]:
    for event in (EVENT, THIN):
        for name, odd in itertools.product([*event, "account", "api_version"], ODD):
            yield json.dumps(event | {name: odd}).encode()
        for odd in ODD:
            subject = {"id": odd, "object": "payment_intent", "payment_intent": odd}
            yield json.dumps(
                event | {"data": {"object": subject}, "related_object": subject}
            ).encode()
            yield json.dumps(event | {"data": {"object": odd}}).encode()
    for levels in (100, 1_000, 100_000):
        yield deep(levels).encode()
        yield json.dumps(EVENT)[:-1].encode() + b', "x": ' + deep(levels).encode() + b"}"
    yield from (b"", b"null", b"[]", b"{", b"\xff", b"\x00", b"NaN", b'"\\ud800"')


def test_no_webhook_event_fails_that_is_rightly_signed(reader: Reader, database: Database) -> None:
    """A signature says who wrote it, not that it makes sense."""
    failed = []
    for raw in webhook_bodies():
        at_ = int(time.time())
        signature = hmac.new(b"whsec_a", b"%d." % at_ + raw, hashlib.sha256).hexdigest()
        answer = reader.client.post(
            "/webhooks/stripe/platform",
            content=raw,
            headers={"stripe-signature": f"t={at_},v1={signature}"},
        )
        if answer.status_code >= 500:
            failed.append((answer.status_code, raw[:300]))
    assert failed == []
    with database.work() as work:
        assert work.value("SELECT count(*) FROM inbox") > 2, "and those that make sense are kept"


# ------------------------------------------------------------------------- what once failed


@pytest.mark.parametrize("path", ["/sign-in", "/language", "/choose"])
@pytest.mark.usefixtures("people")
def test_the_way_back_is_a_path_of_ours_that_a_header_can_hold(reader: Reader, path: str) -> None:
    fields = {"lang": "sv", "affiliate": "€\r\n", "email": "ada@example.com", "password": PASSWORD}
    answer = reader.post(path, fields | {"next": "/\u2028x"})
    assert answer.status_code == 303
    assert answer.headers["location"] in ("/", "/console", "/portal")
    answer = reader.post("/language", {"lang": "en", "next": "/s/kök?q=å%20b"})
    assert answer.headers["location"] == "/s/k%C3%B6k?q=%C3%A5%20b"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/console/ledger/0/sales/sek", 404),
        ("/console/ledger/0/sales/KRONA", 404),
        ("/console/ledger/0/sales/S²K", 404),
        ("/console/ledger/0/sales/SEK?before=².1.1", 200),
        (f"/console/ledger/{'9' * 30}/payable/SEK", 404),
        (f"/console/affiliates/{'9' * 30}", 404),
        (f"/console/orders/{'9' * 30}/{UUID(int=1)}", 404),
        ("/desk/jobs/board?day=0001-01-01", 200),
        ("/desk/jobs/board?day=9999-12-31", 200),
    ],
)
def test_an_odd_address_leads_nowhere_or_to_the_nearest_page(
    staff: Staff, path: str, status: int
) -> None:
    assert staff.reader("ada").get(path).status_code == status
