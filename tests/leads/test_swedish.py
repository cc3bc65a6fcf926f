"""Everything that leads and jobs answer is said in Swedish too."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from zoneinfo import ZoneInfo

from mainstem.kit.locale import Language
from mainstem.kit.text import UNSEEN

SPEAKING = (
    "platform/mainstem/kit/idempotency.py",
    "platform/mainstem/leads/rules.py",
    "platform/mainstem/orders/client.py",
    "platform/mainstem/leads/service.py",
    "fulfillment/mainstem_fulfillment/jobs/rules.py",
    "fulfillment/mainstem_fulfillment/jobs/performing.py",
    "fulfillment/mainstem_fulfillment/jobs/signing_off.py",
)


def test_every_answer_has_its_swedish_with_the_same_places_to_fill(root: Path) -> None:
    swedish = Language("sv", root / "templates" / "locale", ZoneInfo("Europe/Stockholm"))
    said = {UNSEEN} | {text for path in SPEAKING for text in _answers(root / path)}
    assert len(said) > 30
    for text in sorted(said):
        told = swedish.text(text)
        assert told != text, f"no Swedish for: {text}"
        assert _places(told) == _places(text)


def _answers(path: Path) -> set[str]:
    """The messages of Problems, of the refusals' classes, and what is said of a missing text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Problem":
                found.add(_constant(node.args[2]))
            found |= {_constant(word.value) for word in node.keywords if word.arg == "missing"}
        elif isinstance(node, ast.ClassDef):
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "message":
                    found.add(_constant(line.value))
    return found - {""}


def _constant(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
