"""What a document's fields hold: one value, rows of them, texts in languages, amounts in currencies."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, time
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import AwareDatetime, StringConstraints
from pydantic.fields import FieldInfo

from mainstem.kit.documents import LINE_MAX, AmountsWhen, Document, IsPicture, Refers


class Shape(NamedTuple):
    """What a field holds: of which kind, of what, and for dictionaries the type of their values."""

    kind: str  # one, document, rows, list, texts, by_currency, rows_by_currency, pairs
    inner: Any
    value: Any = None


@cache
def shapes_of(kind: type[Document]) -> Mapping[str, Shape]:
    """The shape of each field of a document: worked out once, as its types stay what they are."""
    return {name: shape_of(field.annotation) for name, field in kind.model_fields.items()}


def shape_of(annotation: Any) -> Shape:
    """The shape of a field, from its type."""
    found = _bare(annotation)
    if get_origin(found) in (list, tuple):
        inner = _bare(get_args(found)[0])
        return Shape("rows" if _is_document(inner) else "list", inner)
    if get_origin(found) is dict:
        key, value = get_args(found)
        inner = shape_of(value)
        if get_origin(_bare(key)) is Literal:
            return Shape("texts", inner.inner, value)
        if not _is_currency(key):
            return Shape("pairs", inner.inner, value)
        return Shape(
            "rows_by_currency" if inner.kind == "rows" else "by_currency", inner.inner, value
        )
    return Shape("document" if _is_document(found) else "one", found)


def _is_currency(key: Any) -> bool:
    return any(
        isinstance(one, StringConstraints) and one.pattern == "^[A-Z]{3}$"
        for one in getattr(key, "__metadata__", ())
    )


def _bare(annotation: Any) -> Any:
    """A type without what is annotated to it, and without the nothing that it may be instead."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        given = [
            one for one in get_args(annotation) if one is not type(None) and get_args(one) != ("",)
        ]
        return _bare(given[0])
    return datetime if annotation is AwareDatetime else annotation


def _is_document(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Document)


def refers_to(field: FieldInfo) -> Refers | None:
    """Of which kind a field names one, or several."""
    return next((one for one in _marks_of(field) if isinstance(one, Refers)), None)


def is_minor(field: FieldInfo) -> bool:
    """Whether a number is an amount in minor units: whatever may be as large as one."""
    return any(getattr(one, "le", None) == 2**53 for one in _marks_of(field))


def are_amounts(field: FieldInfo, said: Mapping[str, Any]) -> bool:
    """Whether the numbers of these rows are amounts, by what else their document says."""
    marks = (one for one in field.metadata if isinstance(one, AmountsWhen))
    return any(said.get(one.field) == one.says for one in marks)


def currency_of(row: Mapping[str, Any]) -> str:
    """The currency in which a row names a price first; empty where in none."""
    prices = row.get("price") or {}
    return next((currency for currency, minor in prices.items() if minor != ""), "")


def is_long(holds: Any) -> bool:
    """Whether a text may have several lines: whoever may write so much may."""
    return any(
        isinstance(one, StringConstraints) and (one.max_length or 0) > LINE_MAX
        for one in _marks_of(holds)
    )


def _marks_of(holds: Any) -> Iterator[Any]:
    """Everything that is annotated to a type, also to what an optional one may be."""
    if isinstance(holds, FieldInfo):
        yield from holds.metadata
        yield from _marks_of(holds.annotation)
        return
    for one in getattr(holds, "__metadata__", ()):
        yield from _marks_of(one) if isinstance(one, FieldInfo) else (one,)
    for part in get_args(holds) if get_origin(holds) in (Union, types.UnionType) else ():
        yield from _marks_of(part)


def is_picture(field: FieldInfo) -> bool:
    return any(isinstance(one, IsPicture) for one in field.metadata)


def has_picture(kind: type[Document]) -> bool:
    """Whether a document, or a part of it, names a picture."""
    for field in kind.model_fields.values():
        inner = shape_of(field.annotation).inner
        if is_picture(field) or (_is_document(inner) and has_picture(inner)):
            return True
    return False


def unsaid(field: FieldInfo) -> Any:
    """What a field says where nothing is said of it, as JSON has it."""
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(value, Document):
        return value.written()
    return f"{value:%H:%M}" if isinstance(value, time) else value


def says_something(
    kind: type[Document], said: Mapping[str, Any], fields: Collection[str] | None = None
) -> bool:
    """Whether anything is said, by one of these fields, besides what says itself.

    `said` is a document as JSON has it, or as it was typed.
    """
    return any(
        _says(name, kind.model_fields[name], shapes_of(kind)[name], value)
        for name, value in said.items()
        if fields is None or name in fields
    )


def _says(name: str, field: FieldInfo, shape: Shape, value: Any) -> bool:
    if shape.kind == "document" and isinstance(value, Mapping):
        return says_something(shape.inner, value)
    return _plain(name, value) not in ("", _plain(name, unsaid(field)))


def _plain(name: str, value: Any) -> str:
    """A value as text, the same for what was typed as for what it means."""
    if isinstance(value, list | tuple):
        return "\n".join(_plain(name, one) for one in value)
    if value in (None, {}):
        return ""
    return percent_text(value) if name.endswith("_bp") else str(value)


def percent_text(said: Any) -> str:
    """Basis points as a form shows them; what was typed as it was typed."""
    if not isinstance(said, int):
        return "" if said is None else str(said)
    return f"{(Decimal(said) / 100).normalize():f}"
