"""Every message that there is has somebody who sends it, on a fact that somebody records."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mainstem import flow, mail
from mainstem.mail import MESSAGES
from mainstem.paths import PACKAGE

ROOTS = [PACKAGE, *(PACKAGE.parents[1] / name for name in ("affiliates", "fulfillment"))]
BY_HAND = {"staff_invitation"}
"""What a person has sent on a page, not what follows from a fact."""


def sources() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text("utf-8"))
        for root in ROOTS
        for path in sorted(root.rglob("*.py"))
        if "migrations" not in path.parts
    }


def reasons_named(tree: ast.AST) -> set[str]:
    """The reasons that are handed to a call: what is queued, and not what is described."""
    return {
        str(argument.value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for argument in call.args
        if isinstance(argument, ast.Constant) and argument.value in MESSAGES
    }


@pytest.fixture(scope="module")
def written() -> dict[Path, ast.Module]:
    return sources()


def test_every_message_is_sent_by_somebody(written: dict[Path, ast.Module]) -> None:
    described = {"messages.py", "samples.py", "preview.py"}
    folder = PACKAGE / "mail"
    by_facts = set().union(
        *(
            reasons_named(tree)
            for path, tree in written.items()
            if path.parent == folder and path.name not in described
        )
    )
    elsewhere = set().union(
        *(reasons_named(tree) for path, tree in written.items() if path.parent != folder)
    )
    assert by_facts >= set(MESSAGES) - BY_HAND
    assert elsewhere >= BY_HAND


def test_every_fact_that_tells_somebody_is_recorded_by_somebody(
    written: dict[Path, ast.Module],
) -> None:
    recorded = {
        str(node.value)
        for path, tree in written.items()
        if path.name not in ("flow.py", "follow.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    recorded |= {"clock.hourly"} if "clock.hourly" in (PACKAGE / "flow.py").read_text() else set()
    composed = {name for name in mail.REACTIONS if name not in recorded}
    assert composed == set(), "no source names these facts"


def test_the_mail_consumer_takes_each_fact_that_tells_somebody() -> None:
    assert {name for name, who in flow.CONSUMERS.items() if "mail" in who} == set(mail.REACTIONS)
    assert flow.CONSUMERS["mail.queued"] == ("smtp",)
