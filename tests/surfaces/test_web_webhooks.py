"""Webhook events: signed, of our mode, kept once, and answered at once."""

from __future__ import annotations

import ast
import inspect
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import stripe
from tests.company import an_affiliate
from tests.surfaces.conftest import Open, Reader

from mainstem import payments, payouts
from mainstem.kit import inbox
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.payments import webhook_events
from mainstem.web import webhooks

pytestmark = pytest.mark.usefixtures("bare_surfaces")

PATHS = ("/webhooks/stripe/platform", "/webhooks/stripe/connect")


def a_webhook_event(
    id: str = "evt_1",
    *,
    account: str | None = None,
    livemode: bool = False,
    created: int = 1_772_442_000,
) -> bytes:
    event = {
        "id": id,
        "object": "event",
        "type": "checkout.session.completed",
        "api_version": "2026-10-28.endive",
        "created": created,
        "livemode": livemode,
        "data": {"object": {"id": "cs_test_1", "object": "checkout.session"}},
        "note": "Å, as it came:  two spaces",
    } | ({"account": account} if account else {})
    return json.dumps(event, ensure_ascii=False).encode()


def signed(raw: bytes, secret: str = "whsec_a", at: float | None = None) -> dict[str, str]:
    header = stripe.WebhookSignature.generate_signature_header(
        raw.decode(), secret, timestamp=int(at or time.time())
    )
    return {"stripe-signature": header, "content-type": "application/json"}


def send(reader: Reader, raw: bytes, headers: dict[str, str], path: str = PATHS[0]) -> Any:
    return reader.client.post(path, content=raw, headers=headers)


def an_affiliate_is_paid_by(database: Database, account: str) -> None:
    with database.work() as work:
        home = an_affiliate(work, f"of-{account.replace('_', '-')}")
        work.run(
            """INSERT INTO pay_account (home_id, provider, account, currency, state, updated_at)
               VALUES (%(home)s, 'stripe', %(account)s, 'SEK', 'active', %(now)s)""",
            home=home,
            account=account,
            now=work.now(),
        )
        work.run("DELETE FROM fact_waiting")


def refusals(database: Database) -> dict[str, int]:
    with database.work() as work:
        return {row.reason: row.times for row in inbox.refused(work)}


def kept(database: Database) -> list[Any]:
    with database.work() as work:
        return work.rows("SELECT * FROM inbox ORDER BY event_id, account")


def test_a_signed_webhook_event_is_kept_as_it_came_with_the_fact_that_it_came(
    reader: Reader, database: Database
) -> None:
    an_affiliate_is_paid_by(database, "acct_7")
    with database.work() as work:
        before = work.value("SELECT count(*) FROM fact")
    raw = a_webhook_event(account="acct_7")
    answer = send(reader, raw, signed(raw), PATHS[1])
    assert (answer.status_code, answer.content) == (200, b"")
    [event] = kept(database)
    assert bytes(event.payload) == raw
    assert (event.provider, event.account, event.event_id) == ("stripe", "acct_7", "evt_1")
    assert (event.type, event.object_id) == ("checkout.session.completed", "cs_test_1")
    assert event.happened_at.timestamp() == 1_772_442_000
    with database.work() as work:
        assert work.value("SELECT count(*) FROM fact") == before + 1
        fact = work.row("SELECT name, subject, actor, work_id FROM fact ORDER BY id DESC LIMIT 1")
        assert fact is not None
        assert (fact.name, fact.subject, fact.actor) == (
            "webhook.received", str(event.id), "gateway",
        )  # fmt: skip
        assert str(fact.work_id) == answer.headers["x-request-id"]
        assert work.value("SELECT name FROM fact_waiting") == "webhook.received"


def test_the_same_webhook_event_again_is_fine_and_kept_once(
    reader: Reader, database: Database
) -> None:
    raw = a_webhook_event()
    with ThreadPoolExecutor(6) as gateway:
        answers = list(gateway.map(lambda _: send(reader, raw, signed(raw)), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(kept(database)) == 1
    an_affiliate_is_paid_by(database, "acct_8")
    other = a_webhook_event(account="acct_8")
    assert send(reader, other, signed(other)).status_code == 200
    assert len(kept(database)) == 2, "another account's event may have the same id"


@pytest.mark.parametrize("secret", ["whsec_a", "whsec_b"])
@pytest.mark.parametrize("path", PATHS)
def test_either_secret_signs_so_that_one_can_be_replaced(
    reader: Reader, database: Database, secret: str, path: str
) -> None:
    raw = a_webhook_event()
    assert send(reader, raw, signed(raw, secret), path).status_code == 200
    assert len(kept(database)) == 1


@pytest.mark.parametrize(
    "why",
    [
        "no signature",
        "another secret",
        "changed by a bit",
        "written anew",
        "too old",
        "ahead",
        "nonsense",
    ],
)
def test_a_webhook_event_that_nobody_of_ours_signed_is_refused(
    reader: Reader, database: Database, why: str
) -> None:
    raw = a_webhook_event()
    headers = signed(raw)
    if why == "no signature":
        del headers["stripe-signature"]
    elif why == "another secret":
        headers = signed(raw, "whsec_other")
    elif why == "changed by a bit":
        raw = raw.replace(b"cs_test_1", b"cs_test_0")
    elif why == "written anew":
        raw = json.dumps(json.loads(raw)).encode()
    elif why == "too old":
        headers = signed(raw, at=time.time() - 301)
    elif why == "ahead":
        headers = signed(raw, at=time.time() + 600)
    else:
        headers["stripe-signature"] = "t=now,v1=,,=,v2"
    answer = send(reader, raw, headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_refused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert kept(database) == []
    reasons = {"no signature": "unsigned", "too old": "too_old", "ahead": "ahead"}
    assert refusals(database) == {reasons.get(why, "signature"): 1}


def test_a_webhook_event_that_says_it_is_still_to_come_is_as_old_as_its_arrival(
    reader: Reader, database: Database, clock: FixedClock
) -> None:
    now = int(clock.now().timestamp())
    # A century ahead, minutes ahead, a clock that goes a little wrong, and the hour before.
    said = {"evt_a": now + 3_000_000_000, "evt_b": now + 400, "evt_c": now + 300, "evt_d": now - 60}
    for id, created in said.items():
        raw = a_webhook_event(id, created=created)
        assert send(reader, raw, signed(raw)).status_code == 200
        clock.move(timedelta(seconds=1))
    came = [int(event.happened_at.timestamp()) - now for event in kept(database)]
    assert came == [0, 1, 300, -60]
    assert all(event.received_at < clock.now() for event in kept(database))
    with database.work() as work:
        ids = {event.id: event.event_id for event in kept(database)}
        told = [ids[one.id] for one in work.fetch(inbox.received(list(ids)))]
    assert told == ["evt_d", "evt_a", "evt_b", "evt_c"]


@pytest.mark.parametrize("thin", [False, True])
def test_a_webhook_event_about_an_account_that_is_none_of_ours_is_refused(
    reader: Reader, database: Database, thin: bool
) -> None:
    an_affiliate_is_paid_by(database, "acct_ours")

    def about(account: str) -> bytes:
        if not thin:
            return a_webhook_event(f"evt_{account}", account=account)
        event = {
            "id": f"evt_{account}",
            "object": "v2.core.event",
            "type": "v2.core.account.updated",
            "created": "2026-03-02T09:00:00.000Z",
            "livemode": False,
            "related_object": {"id": account, "type": "v2.core.account"},
        }
        return json.dumps(event).encode()

    theirs, ours = about("acct_theirs"), about("acct_ours")
    answer = send(reader, theirs, signed(theirs), PATHS[1])
    assert (answer.status_code, answer.json()["code"]) == (400, "other_account")
    assert "acct_theirs" in answer.json()["detail"]
    assert send(reader, ours, signed(ours), PATHS[1]).status_code == 200
    assert [event.event_id for event in kept(database)] == ["evt_acct_ours"]
    assert refusals(database) == {"other_account": 1}


def test_whoever_sends_without_end_is_counted_and_costs_a_row(
    reader: Reader, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, headers = a_webhook_event(), signed(a_webhook_event(), "whsec_other")
    monkeypatch.setattr(webhooks, "NOTED_SECONDS", 3600.0)
    assert {send(reader, raw, headers).status_code for _ in range(5)} == {400}
    assert refusals(database) == {"signature": 1}
    monkeypatch.setattr(webhooks, "NOTED_SECONDS", 0.0)
    send(reader, raw, headers)
    assert refusals(database) == {"signature": 6}


@pytest.mark.parametrize("is_live_mode", [True, False])
def test_a_webhook_event_of_the_other_mode_is_refused(
    open_app: Open, database: Database, is_live_mode: bool
) -> None:
    reader = open_app(stripe_livemode=is_live_mode)
    raw = a_webhook_event(livemode=not is_live_mode)
    answer = send(reader, raw, signed(raw))
    assert (answer.status_code, answer.json()["code"]) == (400, "wrong_mode")
    assert kept(database) == []
    raw = a_webhook_event(livemode=is_live_mode)
    assert send(reader, raw, signed(raw)).status_code == 200


def test_a_webhook_event_above_a_megabyte_is_refused(reader: Reader, database: Database) -> None:
    raw = b" " * 1_000_001
    assert send(reader, raw, signed(raw)).status_code == 413
    assert kept(database) == []


def test_a_signed_body_that_is_no_event_is_refused(reader: Reader, database: Database) -> None:
    for raw in (b"{", b"[]", b"{}", b'{"object": "event"}', b"null"):
        answer = send(reader, raw, signed(raw))
        assert answer.status_code == 400, raw
    assert kept(database) == []


def test_the_webhook_endpoint_takes_only_post(reader: Reader) -> None:
    assert reader.get(PATHS[0]).status_code == 405


def test_the_guide_names_the_webhook_events_that_are_understood_and_no_other() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/running.md").read_text()
    section = guide.partition("## Webhooks from Stripe")[2].partition("\n## ")[0]
    named = set(re.findall(r"`((?:v2\.)?[a-z_]+\.[a-z_.\[\]]+)`", section))
    heard = {
        constant.value
        for constant in ast.walk(ast.parse(inspect.getsource(payouts.apply_webhook_event)))
        if isinstance(constant, ast.Constant)
        and re.fullmatch(r"(v2\.)?[a-z_]+\.[a-z_.]*", str(constant.value))
    } | set(webhook_events.PAYMENT_EVENTS)
    assert {"checkout.session.", "transfer.reversed", "v2.core.account"} <= heard
    assert named == {"charge.refund.updated"}.union(*payments.SUBSCRIBED.values())
    assert [name for name in named if not name.startswith(tuple(heard))] == []
    assert [start for start in heard if not any(name.startswith(start) for name in named)] == []
