"""A plan that was written elsewhere, as TOML or JSON, read into the form."""

from __future__ import annotations

import json
import tomllib
from typing import Any

from mainstem.kit.documents import document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.plan import PlanDocument

TEXT_MAX = 40_000


def plan_in(model: type[PlanDocument], text: str) -> dict[str, Any]:
    """What the form is to hold. Raises InvalidInput, at `/document`, for what is no plan."""
    try:
        return document(model, _read(text)).written()
    except InvalidInput as no:
        first = no.problems[0]
        if first.pointer == "/document":
            raise
        raise _refused(
            "At {place} something is missing, or is not right.", place=first.pointer
        ) from no


def _read(text: str) -> dict[str, Any]:
    try:
        if len(text) > TEXT_MAX:
            raise ValueError
        found = json.loads(text) if text.lstrip().startswith(("{", "[")) else tomllib.loads(text)
    except json.JSONDecodeError as problem:
        raise _refused("This is no JSON: look at line {line}.", line=problem.lineno) from problem
    except tomllib.TOMLDecodeError as problem:
        raise _refused("This is no TOML: {problem}.", problem=str(problem)) from problem
    except (ValueError, RecursionError) as problem:
        raise _refused("This is no plan that anybody could read.") from problem
    if not isinstance(found, dict) or not found:
        raise _refused("A plan is a JSON object, or a TOML file.")
    return found


def _refused(message: str, **facts: Any) -> InvalidInput:
    return InvalidInput(Problem("/document", "invalid_field", message, facts))
