"""What is wrong with a value: what the validator found, in sentences of ours.

The validator's own name of a fault decides the sentence, so that every door says the same of it: a
form, a body of the API, a file.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import StringConstraints, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from mainstem.kit.errors import Problem
from mainstem.kit.text import UNSEEN


def zeros_in(value: Any, pointer: str = "") -> list[Problem]:
    """Every text in a value that holds the zero character, each with a JSON pointer to it."""
    if isinstance(value, str):
        return [zero(pointer)] if "\0" in value else []
    parts: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    return [
        found for at, part in parts for found in zeros_in(part, f"{pointer}/{escaped(str(at))}")
    ]


def zero(pointer: str) -> Problem:
    """The problem of a text that holds the zero character."""
    return Problem(pointer, "invalid_field", "Write this without control characters.")


def escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


MESSAGES: dict[str, tuple[str, str]] = {
    "missing": ("missing", "This is needed."),
    "extra_forbidden": ("unknown_field", "We do not know this field."),
    "string_type": ("wrong_type", "This must be text."),
    "bool_type": ("wrong_type", "This must be true or false."),
    "bool_parsing": ("wrong_type", "This must be true or false."),
    "int_type": ("wrong_type", "This must be a number."),
    "int_parsing": ("wrong_type", "This must be a number."),
    "int_from_float": ("wrong_type", "This must be a number."),
    "int_parsing_size": ("wrong_type", "This must be a number."),
    "float_type": ("wrong_type", "This must be a number."),
    "float_parsing": ("wrong_type", "This must be a number."),
    "list_type": ("wrong_type", "This must be a list."),
    "model_type": ("wrong_type", "This must be an object."),
    "model_attributes_type": ("wrong_type", "This must be an object."),
    "dict_type": ("wrong_type", "This must be an object."),
    "string_too_short": ("too_short", "Use at least {least}."),
    "too_short": ("too_short", "Use at least {least}."),
    "string_too_long": ("too_long", "Use at most {most}."),
    "too_long": ("too_long", "Use at most {most}."),
    "greater_than_equal": ("out_of_range", "This must be {least} or more."),
    "less_than_equal": ("out_of_range", "This must be {most} or less."),
    "greater_than": ("out_of_range", "This must be more than {least}."),
    "less_than": ("out_of_range", "This must be less than {most}."),
    "literal_error": ("not_offered", "This is not one of the choices."),
    "enum": ("not_offered", "This is not one of the choices."),
}
"""What is wrong with a value, by the validator's name of it: our code, and our sentence with the
limit in it."""


def problems_of(error: ValidationError, pointer: str = "") -> list[Problem]:
    """Everything that a model found wrong, each with a JSON pointer to it and a sentence of ours."""
    errors = error.errors(include_url=False)
    places = [found["loc"] for found in errors]
    return [_problem(found, pointer) for found in errors if not _is_echo(found, places)]


def _is_echo(found: ErrorDetails, places: list[tuple[int | str, ...]]) -> bool:
    """Whether a list is too short only because its parts, told beside it, are wrong."""
    own = found["loc"]
    below = any(len(one) > len(own) and one[: len(own)] == own for one in places)
    return found["type"] == "too_short" and below


def _problem(found: ErrorDetails, pointer: str) -> Problem:
    at = pointer + "".join(f"/{escaped(str(part))}" for part in found["loc"])
    facts = {LIMITS[name]: value for name, value in found.get("ctx", {}).items() if name in LIMITS}
    kind = found["type"]
    if kind in ("string_too_short", "too_short") and facts.get("least") == 1:
        kind, facts = "missing", {}
    if kind == "value_error":
        # A model's own check speaks in a sentence of ours.
        error = found["ctx"]["error"]
        said = str(error).replace("{", "{{").replace("}", "}}")
        return Problem(at, "invalid_value", said, nearest=getattr(error, "nearest", ""))
    if kind == _UNSEEN:
        return Problem(at, "invalid_field", UNSEEN, dict(found["ctx"]))
    if kind == _SAID:
        code, message, facts = found["ctx"]["said"]
        return Problem(at, code, message, facts)
    code, message = MESSAGES.get(kind, WRONG_FORM)
    if kind == "string_pattern_mismatch":
        message = _SHAPES.get(found["ctx"]["pattern"], message)
    return Problem(at, code, message, facts)


LIMITS = {
    "min_length": "least", "ge": "least", "gt": "least",
    "max_length": "most", "le": "most", "lt": "most",
}  # fmt: skip
WRONG_FORM = ("wrong_form", "This is not written as we need it.")

_SHAPES: dict[str, str] = {}


def shaped(pattern: str, message: str, *, to_lower: bool | None = None) -> StringConstraints:
    """The constraint of a text that is written in one shape, and what is said of one that is not."""
    assert _SHAPES.setdefault(pattern, message) == message, "one shape is told in one way"
    return StringConstraints(pattern=pattern, to_lower=to_lower)


_UNSEEN = "unseen"
_SAID = "said"


def unseen_error(character: str) -> PydanticCustomError:
    """What a validator raises for a character that nobody could see."""
    return PydanticCustomError(_UNSEEN, "unseen", {"character": character})


def said_error(code: str, message: str, **facts: Any) -> PydanticCustomError:
    """What a validator raises to say a problem in a sentence of its own, with facts in it."""
    return PydanticCustomError(_SAID, "said", {"said": (code, message, facts)})
