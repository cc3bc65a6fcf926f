"""The guide to moving a team, request by request, and its steps on the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import uuid4

from tests.surfaces.conftest import Open
from tests.surfaces.programs import a_program
from tests.surfaces.staff import staffed

from mainstem import network, sponsors
from mainstem.kit.db import Database

GUIDE = (Path(__file__).parents[2] / "docs/guides/moving-a-team.md").read_text("utf-8")


def test_every_request_of_the_guide_is_answered_as_it_says(
    database: Database, open_app: Open
) -> None:
    staff = staffed(database, open_app)
    program = a_program(database, open_app)
    blocks = re.findall(r"^```(http|json)\n(.*?)^```$", GUIDE, re.M | re.S)
    assert [language for language, _ in blocks] == ["http", "json"] * 2
    for (_, request), (_, told) in zip(blocks[::2], blocks[1::2], strict=True):
        head, _, body = request.strip().partition("\n\n")
        method, path = head.split(" ")
        path = path.replace("{affiliate}", str(staff.company.cedar)).removeprefix("/api/v1")
        answer = program.ask(
            method, path, json.loads(body), **{"idempotency-key": f"guide-{uuid4()}"}
        )
        assert answer.json() == json.loads(told), answer.text
    with database.work() as work:
        [asked] = sponsors.moves_of(work, staff.company.cedar)
        assert asked.state == "needs_approval"
    fia = staff.reader("fia")
    assert fia.post(f"/console/network/moves/{asked.id}/approval", {}).status_code == 303
    with database.work() as work:
        assert network.standing(work, staff.company.cedar).sponsor_id == staff.company.alder


def test_the_names_in_the_guide_are_those_on_the_pages() -> None:
    templates = Path(__file__).parents[2] / "templates/console"
    said = "".join(path.read_text("utf-8") for path in templates.glob("*.html"))
    for name in re.findall(r"\*([A-Z][a-z ]+)\*", re.sub(r"\*\*.*?\*\*", "", GUIDE)):
        assert f'_("{name}")' in said, name
