"""The log: one line an event, for people and machines, and nothing in it that is not for a log."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from mainstem.kit import telemetry


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_log_line_obeys_nobody_and_names_nobody(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry.configure(json=as_json)
    structlog.get_logger().warning(
        "refused",
        why="\x1b[31mred\x00 \r\n2026 [info] forged \u202e",
        path="/s/ada.lind@example.com/x and bo%40example.com",
    )
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.strip("\n").isprintable()
    text = json.loads(said)["path"] if as_json else said
    assert "/s/(e-mail)/x and (e-mail)" in text
    assert "example.com" not in said


def test_a_traceback_says_where_and_not_what_people_wrote(
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry.configure(json=False)

    def fails(written: str) -> None:
        raise ValueError("ada@example.com \x1b[31m")

    try:
        fails("Storgatan 1, my secret")
    except ValueError as error:
        structlog.get_logger().error("failed", exc_info=error)
    said = capsys.readouterr().err
    assert "in fails" in said
    assert "Storgatan 1, my secret" not in said.replace('fails("Storgatan 1, my secret")', "")
    assert "ada@" not in said
    assert "\x1b" not in said


def test_the_log_goes_on_when_standard_error_was_replaced_and_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", first)
    telemetry.configure(json=True)
    speaker = telemetry.log("worker")
    speaker.warning("one")
    monkeypatch.setattr("sys.stderr", second)
    first.close()
    speaker.warning("two")
    assert json.loads(second.getvalue())["event"] == "two"
