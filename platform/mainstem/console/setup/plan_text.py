"""A plan that was written elsewhere, as TOML or JSON."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.plan import PlanDocument

TEXT_MAX = 40_000


def plan_in(model: type[PlanDocument], text: str, *, at: str = "/document") -> dict[str, Any]:
    """What a text says, in full. Raises InvalidInput, at the field of the text, for what is no plan."""
    try:
        return document(model, _read(text)).written()
    except _NoPlan as no:
        raise InvalidInput(Problem(at, "invalid_field", no.message, no.facts)) from no
    except InvalidInput as no:
        message = "At {place} something is missing, or is not right."
        place = {"place": no.problems[0].pointer}
        raise InvalidInput(Problem(at, "invalid_field", message, place)) from no


def _read(text: str) -> dict[str, Any]:
    try:
        if len(text) > TEXT_MAX:
            raise ValueError
        found = json.loads(text) if text.lstrip().startswith(("{", "[")) else tomllib.loads(text)
    except json.JSONDecodeError as problem:
        raise _NoPlan("This is no JSON: look at line {line}.", line=problem.lineno) from problem
    except tomllib.TOMLDecodeError as problem:
        raise _NoPlan("This is no TOML: {problem}.", problem=str(problem)) from problem
    except (ValueError, RecursionError) as problem:
        raise _NoPlan("This is no plan that anybody could read.") from problem
    if not isinstance(found, dict) or not found:
        raise _NoPlan("A plan is a JSON object, or a TOML file.")
    return found


class _NoPlan(Exception):
    """What stands there is no plan; why not, with its facts."""

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message, self.facts = message, facts
