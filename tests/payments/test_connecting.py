"""The account at the gateway: a key is tested, destinations are created, and what is missing is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests.company import KETTLE, a_company, an_order
from tests.harness import Gateways
from tests.setup import saying

from mainstem import payments, setup
from mainstem.kit import inbox
from mainstem.kit.db import Database
from mainstem.kit.documents import document
from mainstem.kit.work import SYSTEM, Work
from mainstem.payments import DestinationsBeingMade, GatewayUnavailable, PaymentCheck
from mainstem.setup import Connection

KEY = "sk_test_of_the_company_1234"
PUBLIC = "https://shop.example"
REACHED = f"{PUBLIC}/webhooks/stripe"


@dataclass
class Company:
    """A company that is about to be paid, and the gateway of its own."""

    database: Database
    gateways: Gateways
    connection: Connection

    @property
    def stripe(self) -> Any:
        """The SDK itself, for what people do in the dashboard."""
        return self.connection.gateway()._stripe

    def check(self, **changes: Any) -> PaymentCheck:
        return setup.check_payments(self.database, SYSTEM, replace(self.connection, **changes))

    def connect(self) -> tuple[PaymentCheck, dict[str, str]]:
        return setup.connect_payments(self.database, SYSTEM, self.connection)

    def destinations(self) -> list[str]:
        """The addresses of everything at the gateway that leads to us."""
        there = self.connection.gateway().destinations()
        return sorted(one.url for one in there if one.url.startswith(PUBLIC))


@pytest.fixture(scope="module")
def own_gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateways]:
    running = Gateways(tmp_path_factory.mktemp("connecting"))
    yield running
    running.close()


@pytest.fixture
def company(database: Database, own_gateways: Gateways) -> Iterator[Company]:
    with database.work() as work:
        says(work, saying.PROFILE)
    made = Company(database, own_gateways, Connection(KEY, own_gateways.url, PUBLIC, demo=True))
    yield made
    own_gateways.trigger("account/own")
    own_gateways.trigger("faults/clear")
    own_gateways.trigger("account/key", key=KEY, standing="valid")
    for endpoint in made.stripe.v1.webhook_endpoints.list({"limit": 100}).data:
        if endpoint.url.startswith(PUBLIC):
            made.stripe.v1.webhook_endpoints.delete(endpoint.id)
    seen = {"include": ["webhook_endpoint.url"]}
    for one in made.stripe.v2.core.event_destinations.list(seen).data:
        if one.webhook_endpoint.url.startswith(PUBLIC):
            made.stripe.v2.core.event_destinations.delete(one.id)


def says(work: Work, profile: dict[str, Any]) -> None:
    kind = setup.resource("company")
    setup.save(work, kind, document(kind.model, profile), seen=setup.ANY)


def codes(check: PaymentCheck, *severities: str) -> list[str]:
    wanted = severities or (payments.WARNING, payments.FAILED)
    return [one.code for one in check.findings if one.severity in wanted]


def states(check: PaymentCheck) -> dict[str, str]:
    return {one.kind: one.state for one in check.destinations}


def is_done(database: Database) -> bool:
    with database.work() as work:
        return next(step.is_done for step in setup.steps(work) if step.name == "payments")


# ---------------------------------------------------------------- the key and its account


def test_the_right_key_with_its_destinations_passes_and_the_step_is_done(company: Company) -> None:
    assert not is_done(company.database)
    company.connect()
    check = company.check()
    assert check.passed
    assert codes(check) == []
    assert codes(check, payments.PASSED) == [
        "right_mode", "account_found", "can_charge", "right_country", "currencies_taken", "connect",
    ]  # fmt: skip
    assert check.key_end == "1234"
    assert not check.livemode
    assert is_done(company.database)


@pytest.mark.parametrize(
    ("key", "demo", "code"),
    [
        ("sk_live_of_the_company", True, "live_key_in_demo"),
        ("rk_live_of_the_company", True, "live_key_in_demo"),
        ("sk_test_of_the_company", False, "test_key_in_production"),
        ("pk_live_of_the_company", False, "not_a_key"),
        ("whsec_of_the_company", True, "not_a_key"),
        ("sk_test_two words", True, "not_a_key"),
        ("", True, "not_a_key"),
    ],
)
def test_a_key_of_the_wrong_mode_is_told_and_sent_nowhere(
    company: Company, key: str, demo: bool, code: str
) -> None:
    nowhere = "http://127.0.0.1:9"
    check = company.check(key=key, demo=demo, api_base=nowhere)
    assert (codes(check), check.account, check.passed) == ([code], "", False)
    assert states(check) == {}


def test_a_revoked_key_is_told_in_the_gateways_words_and_undoes_the_step(company: Company) -> None:
    company.connect()
    assert is_done(company.database)
    company.gateways.trigger("account/key", key=KEY, standing="revoked")
    check = company.check()
    assert codes(check) == ["key_refused"]
    assert "Expired API Key" in check.findings[-1].words()
    assert KEY not in check.findings[-1].words()
    assert not is_done(company.database)


def test_the_key_of_another_account_is_told_once_clients_have_paid(company: Company) -> None:
    company.connect()
    other = "sk_test_of_somebody_else"
    company.gateways.trigger("account/key", key=other, standing="of_another")
    with company.database.work() as work:
        assert payments.account_in_use(work) == "", "nobody has paid: it may still be another"
        a_paid_order(work)
        known = payments.account_in_use(work)
    check = company.check(key=other)
    assert codes(check) == ["other_account"]
    assert known in check.findings[-1].words()
    assert company.check().passed


def a_paid_order(work: Work) -> None:
    placed = an_order(work, a_company(work).shop, (KETTLE, 1))
    work.run(
        """INSERT INTO payment (home_id, id, order_id, provider, state, currency, amount_minor,
                                attempt, intent_id, created_at)
           VALUES (%(home)s, gen_random_uuid(), %(order)s, 'stripe', 'open', 'SEK', 100, 9, 'pi_1',
                   %(now)s)""",
        home=placed.home_id, order=placed.order_id, now=work.now(),
    )  # fmt: skip


def test_an_account_without_connect_cannot_pay_affiliates(company: Company) -> None:
    company.gateways.trigger("account/own", is_platform=False)
    check = company.check()
    assert codes(check) == ["no_connect"]
    assert "Only Stripe Connect platforms" in check.findings[-1].words()


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"charges_enabled": False, "currently_due": ["company.tax_id"]}, ["cannot_charge"]),
        ({"currently_due": ["company.tax_id"]}, ["something_due"]),
        ({"card_payments": "pending"}, ["cards_inactive"]),
        ({"payouts_enabled": False}, ["cannot_pay_out"]),
        ({"country": "NO"}, ["other_country"]),
        ({"default_currency": "nok"}, ["currency_converted"]),
    ],
    ids=lambda given: "+".join(given) if isinstance(given, list) else None,
)
def test_what_the_account_lacks_is_said_plainly(
    company: Company, facts: dict[str, Any], found: list[str]
) -> None:
    company.gateways.trigger("account/own", **facts)
    check = company.check()
    assert codes(check) == found
    assert all(one.fix() for one in check.findings if one.code in found)
    assert all("{" not in one.words() + one.fix() for one in check.findings)


def test_without_a_profile_that_much_is_not_compared(
    database: Database, own_gateways: Gateways
) -> None:
    nobody = Company(database, own_gateways, Connection(KEY, own_gateways.url, PUBLIC, demo=True))
    assert codes(nobody.check()) == ["company_unknown"]


def test_a_gateway_that_is_down_is_told_and_nothing_is_kept(company: Company) -> None:
    with pytest.raises(GatewayUnavailable):
        company.check(api_base="http://127.0.0.1:9")
    with company.database.work() as work:
        assert payments.last_check(work) is None


def test_another_key_is_tried_and_not_kept(company: Company) -> None:
    tried = replace(company.connection, key="sk_test_the_next_one")
    look, destinations = setup.try_key(company.database, SYSTEM, tried)
    assert look.is_usable
    assert {one.state for one in destinations} == {"missing"}
    with company.database.work() as work:
        assert payments.last_check(work) is None


def test_secrets_that_are_missing_here_are_told_and_events_that_none_fits(company: Company) -> None:
    company.connect()
    assert codes(company.check(secrets=2)) == ["secrets_missing"]
    assert codes(company.check(secrets=3)) == []
    with company.database.work() as work:
        inbox.note_refused(work, "signature")
    check = company.check(secrets=3)
    assert codes(check) == ["events_refused"]
    assert check.passed, "it is told, and may be somebody who knocks"


# ---------------------------------------------------------------- destinations


def test_what_is_missing_is_created_once_though_pressed_twice(company: Company) -> None:
    before = company.check()
    assert states(before) == dict.fromkeys(("platform", "connect", "thin"), "missing")
    assert not before.passed
    first, secrets = company.connect()
    assert first.passed
    assert set(secrets) == {"platform", "connect", "thin"}
    assert all(secret.startswith("whsec_") for secret in secrets.values())
    second, none = company.connect()
    assert second.passed and none == {}
    assert company.destinations() == [f"{REACHED}/connect"] * 2 + [f"{REACHED}/platform"]
    with company.database.work() as work:
        kept = str(work.rows("SELECT * FROM payment_check"))
    assert KEY not in kept
    assert not any(secret in kept for secret in secrets.values())


def test_two_who_press_at_once_create_nothing_twice(company: Company) -> None:
    company.gateways.trigger(
        "faults/order", kind="latency", path="/v1/webhook_endpoints", seconds=1
    )
    refused: list[Exception] = []
    secrets: list[dict[str, str]] = []

    def press() -> None:
        try:
            secrets.append(company.connect()[1])
        except DestinationsBeingMade as no:
            refused.append(no)

    pressing = [threading.Thread(target=press) for _ in range(2)]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join()
    assert len(company.destinations()) == 3
    assert sum(map(len, secrets)) == 3, "whoever was first has them all"
    assert len(refused) + len(secrets) == 2
    assert company.connect()[1] == {}, "the lease has ended"


def test_events_that_lack_are_asked_for_and_those_of_others_stay(company: Company) -> None:
    company.stripe.v1.webhook_endpoints.create(
        {"url": f"{REACHED}/platform", "enabled_events": ["charge.refunded", "customer.created"]}
    )
    assert states(company.check())["platform"] == "incomplete"
    check, secrets = company.connect()
    assert check.passed
    assert set(secrets) == {"connect", "thin"}
    (there,) = [
        one
        for one in company.connection.gateway().destinations()
        if one.url == f"{REACHED}/platform"
    ]
    assert set(there.events) == {"customer.created", *payments.SUBSCRIBED["platform"]}


def test_a_disabled_destination_is_told_and_stays_as_somebody_wanted_it(company: Company) -> None:
    company.connect()
    endpoints = company.stripe.v1.webhook_endpoints
    (ours,) = [e for e in endpoints.list().data if e.url == f"{REACHED}/platform"]
    endpoints.update(ours.id, {"disabled": True})
    check, secrets = company.connect()
    assert states(check) == {"platform": "disabled", "connect": "ready", "thin": "ready"}
    assert (check.passed, secrets) == (False, {})


def test_one_that_cannot_be_created_does_not_cost_the_secrets_of_the_others(
    company: Company,
) -> None:
    company.gateways.trigger(
        "faults/order", kind="http_before", method="POST", path="/v2/core/event_destinations",
        status=500, times=5,
    )  # fmt: skip
    check, secrets = company.connect()
    assert set(secrets) == {"platform", "connect"}
    assert states(check)["thin"] == "missing"
    assert check.destinations[-1].problem == payments.NO_ANSWER
    company.gateways.trigger("faults/clear")
    check, secrets = company.connect()
    assert check.passed and set(secrets) == {"thin"}


def test_a_key_that_leads_nowhere_creates_nothing(company: Company) -> None:
    company.gateways.trigger("account/own", is_platform=False)
    check, secrets = company.connect()
    assert codes(check) == ["no_connect"]
    assert secrets == {}
    assert company.destinations() == []
