"""Everything the staff's pages say is said in Swedish too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast
from tests.catalogs import translations

from mainstem.paths import TEMPLATES
from mainstem.web.staff import words

ROOT = Path(__file__).parents[2]
MODULES = [
    *sorted((ROOT / "platform/mainstem/console").rglob("*.py")),
    *sorted((ROOT / "platform/mainstem/web/staff").rglob("*.py")),
    *sorted((ROOT / "fulfillment/mainstem_fulfillment/desk").rglob("*.py")),
]
"""Where a text that begins with a capital letter is said to somebody."""

SPOKEN_ELSEWHERE = [
    ROOT / "platform/mainstem/ledger/chart.py",
    ROOT / "platform/mainstem/ledger/audit.py",
    ROOT / "platform/mainstem/invariants.py",
    ROOT / "platform/mainstem/leads/rules.py",
    ROOT / "fulfillment/mainstem_fulfillment/jobs/rules.py",
    *sorted((ROOT / "fulfillment/mainstem_fulfillment/shipments").glob("[a-z]*.py")),
    ROOT / "platform/mainstem/plan/refusals.py",
    ROOT / "platform/mainstem/plan/explain.py",
    ROOT / "platform/mainstem/plan/book.py",
    ROOT / "platform/mainstem/plan/unpaid_reasons.py",
    ROOT / "platform/mainstem/plan/first_format.py",
    ROOT / "platform/mainstem/periods/model.py",
    ROOT / "platform/mainstem/payouts/errors.py",
    ROOT / "platform/mainstem/payments/findings.py",
    *sorted((ROOT / "platform/mainstem/company").glob("[a-z]*.py")),
    *sorted((ROOT / "platform/mainstem/setup").glob("[a-z]*.py")),
    *sorted((ROOT / "platform/mainstem/setup/resources").glob("[a-z]*.py")),
    ROOT / "platform/mainstem/identity/api_keys.py",
]
NOT_WORDS = {
    "Mainstem", "Stripe", "Amount ", "Quote ", "Valid until ",
    "CompanyDocument", "CompanyProfile", "Profile", "Resource", "Europe/Stockholm",
    "Gateway", "OperationalError", "DBAPIError", "TimeoutError",
}  # fmt: skip
"""Names, of exceptions too, and the quote word for word, of which a hash is kept."""


def in_templates() -> Iterator[str]:
    environment = Environment(autoescape=True)
    for folder in ("console", "desk"):
        for path in sorted((TEMPLATES / folder).glob("*.html")):
            tree = environment.parse(path.read_text("utf-8"))
            for _line, _name, said in extract_from_ast(tree, ("_", "_n")):
                first = said[0] if isinstance(said, tuple) else said
                if first:
                    yield first


def in_modules(paths: list[Path]) -> Iterator[str]:
    for path in paths:
        tree = ast.parse(path.read_text("utf-8"))
        docs = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        # A text under an assignment is the assignment's own docstring.
        docs |= {
            id(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
        docs |= {
            id(part)
            for node in ast.walk(tree)
            if _is_for_programs(node) or _is_a_face(node)
            for part in ast.walk(node)
        }
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in docs
                and node.value[:1].isupper()
                and "\n" not in node.value
                and not node.value.split(" ")[0].isupper()
            ):
                yield node.value


def _is_for_programs(node: ast.AST) -> bool:
    """What a command says of itself and of its body: the API's description, which is in English."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Command", "Field")
    )


def _is_a_face(node: ast.AST) -> bool:
    """The names that a package gives to others."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
    )


def messages() -> set[str]:
    small = {*words.STATES.values(), *words.STEPS.values(), *words.ATTRIBUTED.values()}
    said = set(in_templates()) | set(in_modules(MODULES + SPOKEN_ELSEWHERE))
    # "A" begins the sentence of an article; alone it is a tag's name.
    return {text for text in said | small if len(text) > 1} - NOT_WORDS


def test_everything_that_staff_read_is_said_in_swedish() -> None:
    known = set(translations())
    assert len(messages()) > 400, "they are found"
    assert sorted(messages() - known) == []


def test_a_translation_holds_the_same_places_as_its_message() -> None:
    places = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
    for message in messages():
        translated = translations()[message]
        for text in translated if isinstance(translated, tuple) else [translated]:
            wanted, given = set(places.findall(message)), set(places.findall(text))
            # One of something may be said without its number.
            assert given - {("n", ""), ("", "n")} == wanted - {("n", ""), ("", "n")}, message


def test_every_fact_that_is_recorded_has_its_words() -> None:
    recorded = set()
    for root in ("platform", "affiliates", "fulfillment"):
        for path in (ROOT / root).rglob("*.py"):
            found = re.findall(
                r"record(?:_all)?\(\s*work,\s*\"([a-z_]+\.[a-z_]+)\"", path.read_text()
            )
            recorded |= set(found)
    assert len(recorded) > 30, "they are found"
    assert recorded - set(words.FACTS) == set()
