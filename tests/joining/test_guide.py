"""The guide of joining says what is: its file is a programme, its limits are the code's, its addresses are there."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from litestar import Litestar
from tests.surfaces.conftest import Open

from mainstem import joining, network
from mainstem.api.company import COMMANDS
from mainstem.identity import AFFILIATE_ROLES, SCOPES
from mainstem.joining import Programme
from mainstem.joining.programme import Recruiters

GUIDE = (Path(__file__).parents[2] / "docs/guides/joining.md").read_text("utf-8")


def test_the_file_in_the_guide_is_a_programme() -> None:
    [file] = re.findall(r"```toml\n(.*?)```", GUIDE, re.S)
    said = Programme.model_validate(tomllib.loads(file))
    assert said.is_open and said.recruiters == "proven"
    for name in Recruiters.__args__:  # type: ignore[attr-defined]
        assert f"`{name}`" in GUIDE


def test_the_limits_in_the_guide_are_those_that_hold() -> None:
    hours = joining.CONFIRM_WITHIN.total_seconds() / 3600
    for line in (
        f"| applications from one network | {joining.PER_ORIGIN} an hour |",
        f"| unconfirmed applications in all | {joining.IN_ALL} an hour |",
        f"| a link that confirms | {hours:.0f} hours, once |",
        f"| a paper | {joining.BYTES_MAX // 1_000_000} MB; PDF, JPEG or PNG |",
        f"after {'seven' if joining.FORGOTTEN_AFTER.days == 7 else '?'} days it is deleted",
    ):
        assert line in GUIDE
    assert joining.MAIL_EVERY.total_seconds() == 3600


def test_the_commands_in_the_guide_are_the_apis() -> None:
    [shell] = re.findall(r"```sh\n(.*?)```", GUIDE, re.S)
    assert "$URL/api/v1/company/applications?state=waiting" in shell
    [approve] = [command for command in COMMANDS if command.name == "approve_application"]
    assert f"/api/v1/company{approve.path.replace('{id:uuid}', '$ID')}" in shell
    [body] = re.findall(r"-d '(.*?)'", shell)
    assert approve.body is not None and approve.body.model_validate(json.loads(body))
    assert {"affiliates:read", "affiliates:write"} <= set(SCOPES)


def test_the_pages_in_the_guide_are_there(open_app: Open) -> None:
    app = open_app().client.app  # type: ignore[attr-defined]
    assert isinstance(app, Litestar)
    paths = {route.path for route in app.routes}
    for path in re.findall(r"`(/[a-z/]+)`", GUIDE):
        assert path in paths, path


def test_the_roles_in_the_guide_are_those_of_the_table() -> None:
    assert set(re.findall(r"^\| (owner|seller|accountant) \|", GUIDE, re.M)) == set(AFFILIATE_ROLES)
    assert set(AFFILIATE_ROLES) == set(network.ROLE_MAY)
