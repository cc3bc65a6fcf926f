"""The guide to the API, request by request, on a company that has sold two kettles."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.surfaces.conftest import Open
from tests.surfaces.programs import a_program
from tests.surfaces.staff import KETTLE, staffed

from mainstem import worker
from mainstem.identity import SCOPES
from mainstem.kit.db import Database

GUIDE = (Path(__file__).parents[2] / "docs/guides/api.md").read_text("utf-8")


def tells(answer: Any, told: Any) -> bool:
    """Whether an answer says what the guide tells of it; `…` stands for anything."""
    if told == "…":
        return answer is not None
    if isinstance(told, dict):
        return all(name in answer and tells(answer[name], one) for name, one in told.items())
    if isinstance(told, list):
        return len(answer) == len(told) and all(map(tells, answer, told))
    return bool(answer == told)


def test_every_request_of_the_guide_is_answered_as_it_says(
    database: Database, open_app: Open
) -> None:
    staff = staffed(database, open_app)
    placed = staff.sold((KETTLE, 2))
    program = a_program(database, open_app)
    answer: Any = None
    asked = 0
    for language, text in re.findall(r"^```(http|json)\n(.*?)^```$", GUIDE, re.M | re.S):
        if language == "json":
            assert tells(answer.json(), json.loads(text)), (answer.text, text)
            continue
        head, _, body = text.strip().partition("\n\n")
        method, path = head.split(" ")
        path = path.replace("{home}", str(placed.home_id)).replace("{order}", str(placed.order_id))
        answer = program.ask(
            method,
            path.removeprefix("/api/v1"),
            json.loads(body) if body else None,
            **{"idempotency-key": f"guide-{uuid4()}"},
        )
        worker.drain(database)
        asked += 1
    assert asked == 12


def test_the_guide_names_every_scope() -> None:
    families = {scope.partition(":")[0] for scope in SCOPES}
    assert {family for family in families if f"`{family}:" not in GUIDE} == set()
