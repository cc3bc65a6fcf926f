"""The list of planted bugs stays true to the code and to the tests that it names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.mutants.planted import Planted, planted

BUGS = planted()


def test_there_are_enough_planted_bugs_and_each_is_told_apart() -> None:
    assert len(BUGS) >= 60
    assert len({bug.bug for bug in BUGS}) == len(BUGS)
    assert len({(bug.file, bug.was, bug.becomes) for bug in BUGS}) == len(BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.bug)
def test_a_planted_bug_fits_the_code_and_names_a_test(bug: Planted, root: Path) -> None:
    text = (root / bug.file).read_text()
    ast.parse(bug.in_text(text))
    named = {
        node.name
        for node in ast.walk(ast.parse((root / bug.test_file).read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert bug.test in named
