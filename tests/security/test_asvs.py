"""The list of a security standard's requirements is whole, and what it names is there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.security.asvs import (
    CHAPTERS,
    KINDS,
    REPORT,
    ROOT,
    Requirement,
    headings,
    report,
    requirements,
    written,
)

COUNTS = {
    1: (8, 19), 2: (4, 7), 3: (8, 11), 4: (2, 8), 5: (4, 5), 6: (13, 22), 7: (6, 12), 8: (4, 3),
    9: (4, 3), 10: (5, 24), 11: (3, 11), 12: (3, 6), 13: (1, 12), 14: (2, 7), 15: (3, 10),
    16: (0, 16), 17: (0, 7),
}  # fmt: skip
"""How many requirements of level 1 and of level 2 each chapter of ASVS 5.0.0 has."""

ROWS = requirements()


def test_every_requirement_of_levels_1_and_2_is_there_once_in_its_order() -> None:
    numbers = [row.number for row in ROWS]
    assert numbers == sorted(set(numbers))
    assert {row.level for row in ROWS} == {1, 2}
    found = {
        chapter: tuple(
            sum(row.chapter == chapter and row.level == level for row in ROWS) for level in (1, 2)
        )
        for chapter in CHAPTERS
    }
    assert found == COUNTS
    assert [sum(pair) for pair in zip(*COUNTS.values(), strict=True)] == [70, 183]


@cache
def names_in(path: Path) -> set[str]:
    """The tests that a file has, parametrised or not."""
    tree = ast.parse(path.read_text())
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    }


def test_every_test_that_is_named_is_there() -> None:
    missing = []
    for row in ROWS:
        for named in row.tests:
            file, _, test = named.partition("::")
            path = ROOT / file
            if not path.is_file() or test not in names_in(path):
                missing.append(f"{row.id}: {named}")
    assert missing == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_requirement_has_its_answer(row: Requirement) -> None:
    assert re.fullmatch(r"V\d+\.\d+\.\d+", row.id)
    assert 10 < len(row.asks) < 140, "a few words of our own"
    assert row.kind in KINDS
    assert len(set(row.tests)) == len(row.tests)
    if row.kind == "tests":
        assert row.tests
    elif row.kind == "documents":
        assert row.where
    else:
        assert len(row.open or row.reason) > 12, "says why"
    for place in row.where:
        document, _, anchor = place.partition("#")
        assert anchor in headings(ROOT / document), place
    for text in (row.asks, row.reason, row.open):
        assert "|" not in text and "\n" not in text
        assert not text or text[-1] in ".?"


def test_the_document_is_what_the_list_says() -> None:
    assert written(report(ROWS)) == REPORT.read_text(), "python -m tests.security.asvs"


def test_every_link_of_the_page_leads_somewhere() -> None:
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", REPORT.read_text()):
        path, _, anchor = link.partition("#")
        document = (REPORT.parent / path).resolve() if path else REPORT
        if not document.exists() or (anchor and anchor not in headings(document)):
            lost.append(link)
    assert lost == []


def test_most_is_shown_by_tests_and_what_is_open_is_named_in_words() -> None:
    counted = Counter(row.kind for row in ROWS)
    assert counted.total() == 253
    applies = counted.total() - counted["absent"]
    assert counted["tests"] > applies / 2, counted
    assert counted["open"] < applies / 12, counted
