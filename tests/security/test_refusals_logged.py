"""Whoever is turned away leaves a line in the log: where, why, who as far as we know, and from which network."""

from __future__ import annotations

from typing import Any

from structlog.testing import capture_logs

from mainstem import identity
from mainstem.kit.db import Database
from tests.surfaces.conftest import Open, Reader


def refusals(lines: Any) -> list[dict[str, Any]]:
    return [
        {name: line[name] for name in ("route", "status", "code", "who", "network", "log_level")}
        for line in lines
        if line["event"] == "refused"
    ]


def a_line(route: str, status: int, code: str, who: str = "") -> dict[str, Any]:
    return {
        "route": route,
        "status": status,
        "code": code,
        "who": who,
        "network": "testclient",
        "log_level": "warning",
    }


def test_a_wrong_password_and_one_too_many_are_in_the_log(
    reader: Reader, people: dict[str, int]
) -> None:
    with capture_logs() as lines:
        for _ in range(6):
            reader.sign_in("ada@example.com", "wrong wrong wrong")
    told = [(line["route"], line["status"], line["network"]) for line in refusals(lines)]
    assert told == [("/sign-in", 401, "testclient")] * 5 + [("/sign-in", 429, "testclient")]
    assert "ada@" not in str(lines)
    assert "wrong wrong wrong" not in str(lines)


def test_a_role_that_does_not_open_a_page_is_in_the_log_with_whose_it_is(
    reader: Reader, people: dict[str, int]
) -> None:
    reader.sign_in("per@example.com")
    with capture_logs() as lines:
        reader.get("/console/payouts")
        reader.get("/portal")
    person = f"person:{people['per']}"
    assert refusals(lines) == [
        a_line("/console/payouts", 403, "not_allowed", person),
        a_line("/portal", 403, "not_allowed", person),
    ]


def test_a_forged_form_is_in_the_log(reader: Reader, people: dict[str, int]) -> None:
    reader.sign_in("ada@example.com")
    with capture_logs() as lines:
        reader.client.post("/sign-out", data={"csrf_token": "guessed"})
    assert refusals(lines) == [a_line("/sign-out", 403, "form_expired")]


def test_a_key_that_opens_nothing_is_in_the_log_without_the_key(
    open_app: Open, database: Database
) -> None:
    reader = open_app()
    with database.work() as work:
        key = identity.issue_api_key(work, label="The shop's stock", scopes=["leads:read"])
    with capture_logs() as lines:
        for shown in ("mik_guessed", key):
            reader.client.get(
                "/api/v1/company/orders", headers={"authorization": f"Bearer {shown}"}
            )
    assert [(line["status"], line["code"]) for line in refusals(lines)] == [
        (401, "key_refused"),
        (403, "scope_missing"),
    ]
    assert refusals(lines)[1]["who"] == "integration:1"
    assert "mik_" not in str(lines)


def test_what_opens_leaves_no_such_line(reader: Reader, people: dict[str, int]) -> None:
    with capture_logs() as lines:
        reader.sign_in("ada@example.com")
        reader.get("/nowhere")
        reader.get("/console")
    assert refusals(lines) == []
