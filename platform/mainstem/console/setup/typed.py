"""What was typed into a form, as the document that it says: the other way of `fields`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, get_origin
from zoneinfo import ZoneInfo

from pydantic.fields import FieldInfo

from mainstem import setup
from mainstem.console.setup.shapes import (
    Shape,
    are_amounts,
    currency_of,
    is_minor,
    percent_text,
    refers_to,
    says_something,
    shape_of,
)
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput
from mainstem.money import exponent
from mainstem.web.forms import Form

ROWS_MAX = 200


def typed(kind: type[Document], form: Form, *, at: str = "") -> dict[str, Any]:
    """Everything that was typed, by field, as it was typed: what `fields_of` shows again."""
    found: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        shape = shape_of(field.annotation)
        value = _typed(f"{at}{name}", shape, form)
        if value not in ("", None, {}) or shape.kind in ("list", "rows"):
            found[name] = value
    return found


def _typed(at: str, shape: Shape, form: Form) -> Any:
    if shape.kind == "document":
        return typed(shape.inner, form, at=f"{at}-")
    if shape.kind == "rows":
        return _typed_rows(shape.inner, form, at)
    if shape.kind == "rows_by_currency":
        currencies = _keys(form, rf"{re.escape(at)}-([A-Z]{{3}})-\d{{1,3}}-.*")
        rows = {key: _typed_rows(shape.inner, form, f"{at}-{key}") for key in currencies}
        return {key: found for key, found in rows.items() if found}
    if shape.kind in ("texts", "by_currency"):
        keys = _keys(form, rf"{re.escape(at)}-([a-z]{{2}}|[A-Z]{{3}})")
        return {key: form[f"{at}-{key}"] for key in keys if form[f"{at}-{key}"]}
    if shape.kind == "list":
        if get_origin(shape.inner) is Literal:
            return [one for one in form.all(at) if one]
        # A line each where they are typed, a value each where they are chosen.
        lines = "\n".join(form.all(at)).splitlines()
        return [line.strip() for line in lines if line.strip()]
    return form[at] == "yes" if shape.inner is bool else form[at]


def _typed_rows(kind: type[Document], form: Form, at: str) -> list[dict[str, Any]]:
    """The rows of one kind, but for those that say nothing or were taken out."""
    rows = (
        typed(kind, form, at=f"{at}-{no}-")
        for no in _rows(form, at)
        if f"{at}-{no}-remove" not in form
    )
    return [row for row in rows if says_something(kind, row)]


def _keys(form: Form, pattern: str) -> list[str]:
    found = (re.fullmatch(pattern, name) for name in form.texts())
    return [*dict.fromkeys(match[1] for match in found if match)]


def _rows(form: Form, at: str) -> list[int]:
    found = {
        int(match[1])
        for name in form.texts()
        if (match := re.match(rf"{re.escape(at)}-(\d{{1,3}})-", name))
    }
    return sorted(found)[:ROWS_MAX]


def meant(
    kind: type[Document], said: Mapping[str, Any], zone: ZoneInfo, *, currency: str = ""
) -> dict[str, Any]:
    """What was typed, with percentages, amounts and instants as documents write them. What cannot be
    read stays as it is: the document says what is wrong with it."""
    return {
        name: _amounts(field, value, zone)
        if are_amounts(field := kind.model_fields[name], said)
        else _meant(name, field, value, zone, currency)
        for name, value in said.items()
        if value != "" or kind.model_fields[name].is_required()
    }


def _amounts(field: FieldInfo, rows: Any, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Rows whose numbers are amounts, each in the currency of its price. One without a price is
    refused for that, so its number stays as it was typed."""
    kind = shape_of(field.annotation).inner
    return [meant(kind, row, zone, currency=currency_of(row)) for row in rows]


def _meant(name: str, field: FieldInfo, value: Any, zone: ZoneInfo, currency: str) -> Any:
    shape = shape_of(field.annotation)
    if shape.kind == "document":
        if value is None or (field.default is None and not says_something(shape.inner, value)):
            return None
        return meant(shape.inner, value, zone, currency=currency)
    if shape.kind == "rows":
        return [meant(shape.inner, row, zone, currency=currency) for row in value]
    if shape.kind == "rows_by_currency":
        return {
            key: [meant(shape.inner, row, zone, currency=key) for row in rows]
            for key, rows in value.items()
        }
    if shape.kind == "by_currency" and shape.inner is int:
        return {key: _scaled(text, exponent(key)) for key, text in value.items()}
    if shape.kind == "pairs":
        return dict(map(_pair, value.splitlines()))
    if name.endswith("_bp"):
        return [*map(_percent, value)] if shape.kind == "list" else _percent(value)
    if refers := refers_to(field):
        if isinstance(value, list):
            return [setup.written_as(refers.to, one) for one in value]
        return setup.written_as(refers.to, value)
    if shape.inner is int and currency and is_minor(field):
        return _scaled(value, exponent(currency))
    return _instant(value, zone) if shape.inner is datetime else value


def in_percent(no: InvalidInput) -> InvalidInput:
    """The problems of what was typed, with limits of percentages as per cent: documents count hundredths."""
    return InvalidInput(
        *(
            replace(one, facts={name: percent_text(fact) for name, fact in one.facts.items()})
            if re.search(r"_bp(/\d+)?$", one.pointer)
            else one
            for one in no.problems
        )
    )


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def _instant(text: Any, zone: ZoneInfo) -> Any:
    """A day and an hour as they are where the company is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()


def _percent(text: Any) -> Any:
    return _scaled(text, 2)


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
