"""A sentence that nobody says any more is not translated either."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.catalogs import translations

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("platform", "affiliates", "fulfillment")

COMPOSED = "Line {line} "
"""What csv_rows.py puts before the fault of a cell, and a full stop behind it."""

STORED = {
    f"{{rate}} of {{base}} {what}: {who}."
    for what in (
        "for goods delivered on order {order}",
        "for the service performed on order {order}",
    )
    for who in ("you won this client", "won by your team, level {level}")
} | {
    "{returned} of {base} on order {order} went back to the client, so the same part of your"
    " {credited} goes back: {reversed} in all.",
    "Only {returned} of {base} on order {order} went back to the client after all, so {reversed} of"
    " your {credited} goes back and the rest is yours again.",
}
"""What stands in explanations that were posted by earlier versions: they are told for ever."""


def test_every_translated_sentence_is_said_somewhere() -> None:
    said, templates = set(_constants()), _templates()
    unused = {
        message
        for message in translations()
        if message not in said
        and message not in STORED
        and message.removeprefix(COMPOSED).rstrip(".") not in said
        and message not in templates
        and message.replace('"', '\\"') not in templates
    }
    assert sorted(unused) == []


def _constants() -> Iterator[str]:
    """Every text that stands in the code."""
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _templates() -> str:
    """What stands in templates, scripts and the folders of companies."""
    paths = [
        path
        for folder in ("templates", *SOURCES)
        for ending in ("html", "txt", "xml", "js", "toml", "typ")
        for path in (ROOT / folder).rglob(f"*.{ending}")
    ]
    return "\n".join(path.read_text(errors="replace") for path in paths)
