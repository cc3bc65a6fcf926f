"""What was typed into a form, as the document that it says: the other way of `fields`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_origin

from pydantic.fields import FieldInfo

from mainstem.console.setup.fields import inside
from mainstem.kit.documents import Document
from mainstem.money import exponent
from mainstem.web.forms import Form

ROWS_MAX = 200


def typed(kind: type[Document], form: Form, *, at: str = "") -> dict[str, Any]:
    """Everything that was typed, by field, as it was typed: what `fields_of` shows again."""
    found: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        value = _typed(f"{at}{name}", field, form)
        if value not in ("", None, {}) or inside(field.annotation)[1]:
            found[name] = value
    return found


def _typed(at: str, field: FieldInfo, form: Form) -> Any:
    inner, is_list = inside(field.annotation)
    if isinstance(inner, type) and issubclass(inner, Document):
        if not is_list:
            return typed(inner, form, at=f"{at}-")
        rows = (
            typed(inner, form, at=f"{at}-{no}-")
            for no in _rows(form, at)
            if f"{at}-{no}-remove" not in form
        )
        return [row for row in rows if _says_something(inner, row)]
    if get_origin(field.annotation) is dict:
        return _keyed(form, at)
    if is_list:
        if get_origin(inner) is Literal:
            return [one for one in form.all(at) if one]
        return [line.strip() for line in form[at].splitlines() if line.strip()]
    if inner is bool:
        return form[at] == "yes"
    return form[at]


def _rows(form: Form, at: str) -> list[int]:
    found = {
        int(match[1])
        for name in form.texts()
        if (match := re.match(rf"{re.escape(at)}-(\d{{1,3}})-", name))
    }
    return sorted(found)[:ROWS_MAX]


def _says_something(kind: type[Document], row: Mapping[str, Any]) -> bool:
    """Whether anything stands in a row besides what an empty one has."""
    for name, value in row.items():
        field = kind.model_fields[name]
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        if value not in ([], False) and str(value) != str(default):
            return True
    return False


def _keyed(form: Form, at: str) -> dict[str, str]:
    return {
        name[len(at) + 1 :]: value
        for name, value in form.texts().items()
        if re.fullmatch(rf"{re.escape(at)}-([a-z]{{2}}|[A-Z]{{3}})", name) and value
    }


def meant(kind: type[Document], said: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, with percentages and amounts as documents write them. What cannot be read stays
    as it is: the document says what is wrong with it."""
    return {
        name: _meant(name, kind.model_fields[name], value)
        for name, value in said.items()
        if value != "" or kind.model_fields[name].is_required()
    }


def _meant(name: str, field: FieldInfo, value: Any) -> Any:
    inner, is_list = inside(field.annotation)
    if isinstance(inner, type) and issubclass(inner, Document):
        return [meant(inner, row) for row in value] if is_list else meant(inner, value)
    if get_origin(field.annotation) is dict:
        return {key: _amount(text, key) for key, text in value.items()}
    if name.endswith("_bp"):
        return [*map(_percent, value)] if is_list else _percent(value)
    return value


def _percent(text: Any) -> Any:
    return _scaled(text, 2)


def _amount(text: Any, key: str) -> Any:
    return _scaled(text, exponent(key)) if len(key) == 3 else text


def _scaled(text: Any, digits: int) -> Any:
    """The number in units so many decimals smaller; what was typed where it is none, or has more."""
    if not isinstance(text, str):
        return text
    plain = re.sub(r"[\s%\N{NO-BREAK SPACE}]", "", text).replace(",", ".")
    try:
        scaled = Decimal(plain).scaleb(digits)
    except InvalidOperation:
        return text
    whole = scaled.to_integral_value() if scaled.is_finite() else scaled
    return int(whole) if scaled.is_finite() and whole == scaled and abs(whole) < 2**60 else text
