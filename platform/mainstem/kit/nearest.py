"""The name that somebody may have meant who gave one that is none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from mainstem.kit.errors import Problem

ALIKE = 0.6
"""How much of two names must agree, from 0 to 1, for the one to be proposed instead of the other."""


class UnknownName(ValueError):
    """What a document's own check raises for a name that is none, with the nearest of those known."""

    def __init__(self, message: str, said: str, known: Collection[str]) -> None:
        super().__init__(message)
        self.nearest = nearest(said, known)


def nearest(said: str, known: Collection[str]) -> str:
    """The name among those known that is most like the one given; empty where none is."""
    by_small = {name.lower(): name for name in known}
    found = get_close_matches(said.strip().lower()[:100], by_small, n=1, cutoff=ALIKE)
    return by_small[found[0]] if found else ""


def unknown(
    pointer: str,
    message: str,
    said: str,
    known: Collection[str],
    *,
    code: str = "not_found",
    facts: Mapping[str, Any] | None = None,
) -> Problem:
    """The problem of a name that is none, with the nearest of those that are."""
    return Problem(pointer, code, message, dict(facts or {}), nearest(said, known))
