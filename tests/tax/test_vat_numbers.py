"""VAT numbers: which can be one, who looked them up, and what VIES says over its wire."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from mainstem import tax
from mainstem.kit.clock import FixedClock
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput
from mainstem.kit.work import Actor
from mainstem.tax import CheckUnavailable, VatAnswer, Vies

GERMAN, SWEDISH = "DE136695976", "SE556188840401"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("DE136695976", GERMAN),
        ("de 136 695 976", GERMAN),
        ("SE556188-8404.01", SWEDISH),
        ("EL094259216", "EL094259216"),
        ("XI980780684", "XI980780684"),
        ("DE136695977", None),  # a check digit that is wrong
        ("136695976", None),
        ("NO995525828MVA", None),
        ("", None),
        ("x" * 1000, None),
    ],
)
def test_what_can_be_a_number(typed: str, number: str | None) -> None:
    assert tax.plain_number(typed) == number


def test_only_a_number_of_another_country_that_was_found_valid_lately_counts(
    database: Database, clock: FixedClock
) -> None:
    with database.work(Actor("staff", "3")) as work:
        checked = tax.record_check_by_hand(work, GERMAN, is_valid=True, name="Muster GmbH")
        assert (checked.checked_by, checked.name) == ("staff:3", "Muster GmbH")
        assert tax.lets_buy_untaxed(checked, "SE", work.now())
        assert not tax.lets_buy_untaxed(checked, "DE", work.now())
        assert not tax.lets_buy_untaxed(None, "SE", work.now())
        assert not tax.lets_buy_untaxed(checked, "SE", work.now() + timedelta(days=91))
    clock.move(timedelta(days=1))
    with database.work() as work:
        tax.record_check(work, GERMAN, VatAnswer(False), checked_by=tax.VIES)
        [newest] = tax.last_checks(work, [GERMAN]).values()
        assert not tax.lets_buy_untaxed(newest, "SE", work.now())
        assert work.value("SELECT count(*) FROM vat_check") == 2


def test_what_cannot_be_a_number_is_never_kept_as_checked(database: Database) -> None:
    with database.work() as work, pytest.raises(InvalidInput):
        tax.record_check_by_hand(work, "DE1", is_valid=True)


@contextmanager
def vies_that_says(
    answer: Any, *, status: int = 200, leads_to: str = ""
) -> Iterator[tuple[Vies, list[Any]]]:
    """The service at an address of its own, saying this to whoever asks."""
    asked: list[Any] = []
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            if leads_to:
                self.send_header("Location", leads_to)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Vies(f"http://127.0.0.1:{server.server_port}", timeout_seconds=2), asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_vies_is_asked_by_country_and_number_and_in_our_own_name() -> None:
    said = {"valid": True, "name": "MUSTER GMBH", "requestIdentifier": "WAPIAAAA"}
    with vies_that_says(said) as (vies, asked):
        assert vies.check(GERMAN, requester=SWEDISH) == VatAnswer(True, "MUSTER GMBH", "WAPIAAAA")
    assert asked == [
        {
            "countryCode": "DE",
            "vatNumber": "136695976",
            "requesterMemberStateCode": "SE",
            "requesterNumber": "556188840401",
        }
    ]


def test_a_country_that_gives_no_names_leaves_it_empty() -> None:
    with vies_that_says({"valid": True, "name": "---", "requestIdentifier": ""}) as (vies, _):
        assert vies.check(GERMAN) == VatAnswer(True)


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"actionSucceed": False, "errorWrappers": [{"error": "MS_UNAVAILABLE"}]}, 200),
        ({"actionSucceed": False, "errorWrappers": [{"error": "MS_MAX_CONCURRENT_REQ"}]}, 500),
        ({"valid": "true"}, 200),
        (b"<html>maintenance</html>", 200),
        ([], 200),
    ],
)
def test_no_answer_is_never_taken_for_one(answer: Any, status: int) -> None:
    with vies_that_says(answer, status=status) as (vies, _), pytest.raises(CheckUnavailable):
        vies.check(GERMAN)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_service_that_leads_elsewhere_is_no_answer_and_nobody_there_is_asked(status: int) -> None:
    class Elsewhere(BaseHTTPRequestHandler):
        asked = 0

        def do_GET(self) -> None:
            Elsewhere.asked += 1
            body = json.dumps({"valid": True}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    there = f"http://127.0.0.1:{server.server_port}/"
    try:
        with (
            vies_that_says({}, status=status, leads_to=there) as (vies, _),
            pytest.raises(CheckUnavailable),
        ):
            vies.check(GERMAN)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert Elsewhere.asked == 0


def test_a_service_that_is_away_is_no_answer() -> None:
    with pytest.raises(CheckUnavailable):
        Vies("http://127.0.0.1:9", timeout_seconds=1).check(GERMAN)
