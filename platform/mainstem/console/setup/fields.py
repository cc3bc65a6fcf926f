"""The fields of a form, made from a document's own: what a page asks is what a document holds.

A field is named by where it stands: `variants-0-sku` is the number of the first variant, so that a
problem at `/variants/0/sku` is shown beside it.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from pydantic import StringConstraints
from pydantic.fields import FieldInfo

from mainstem.console.setup.words import CHOICES
from mainstem.kit.documents import LINE_MAX, Document, IsPicture, Refers
from mainstem.kit.locale import Language
from mainstem.money import exponent

BLANK_ROWS = 1


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form.

    `kind`: line, lines, number, percent, amount, flag, choice, choices, day, clock, list, picture,
    group (of `parts`) or rows (each a group in `parts`, the last one blank).
    """

    name: str
    kind: str
    label: str
    hint: str = ""
    value: str = ""
    checked: bool = False
    required: bool = True
    chosen: list[str] = []
    options: list[tuple[str, str]] = []
    parts: list[FormField] = []


@dataclass(frozen=True, slots=True)
class Around:
    """What a form must know besides its document: languages, currencies, and what may be referred to."""

    language: Language
    locales: Sequence[str]
    currencies: Sequence[str]
    known: Mapping[str, Sequence[str]]


def fields_of(
    kind: type[Document], said: Mapping[str, Any], around: Around, *, at: str = ""
) -> list[FormField]:
    """The fields of a document, filled with what it says: as JSON has it, or as it was typed."""
    return [
        _field(f"{at}{name}", name, field, said.get(name, _default(field)), around)
        for name, field in kind.model_fields.items()
    ]


def _default(field: FieldInfo) -> Any:
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    return f"{value:%H:%M}" if isinstance(value, time) else value


def _field(at: str, name: str, field: FieldInfo, said: Any, around: Around) -> FormField:
    text = around.language.text
    shared: dict[str, Any] = {
        "name": at,
        "label": text(field.title or name),
        "hint": text(field.description or ""),
        "required": field.is_required(),
    }
    inner, is_list = _inside(field.annotation)
    if _is_document(inner):
        if is_list:
            return FormField(
                kind="rows", parts=_rows(inner, said, shared["label"], around, at), **shared
            )
        parts = fields_of(inner, said or {}, around, at=f"{at}-")
        return FormField(kind="group", parts=parts, **shared)
    if get_origin(field.annotation) is dict:
        return FormField(
            kind="group", parts=_keyed(at, field, said or {}, around, shared), **shared
        )
    if is_list:
        return _list(inner, name, said or [], around, shared)
    return _one(inner, name, field, said, around, shared)


def _rows(kind: type[Document], said: Any, label: str, around: Around, at: str) -> list[FormField]:
    rows = [*(said or []), *([{}] * BLANK_ROWS)]
    return [
        FormField(
            name=f"{at}-{no}",
            kind="group",
            label=f"{label} {no + 1}"
            if no < len(rows) - BLANK_ROWS
            else around.language.text("Another one"),
            required=False,
            checked=no >= len(rows) - BLANK_ROWS,
            parts=[
                _optional(part) if no >= len(rows) - BLANK_ROWS else part
                for part in fields_of(kind, row, around, at=f"{at}-{no}-")
            ],
        )
        for no, row in enumerate(rows)
    ]


def _optional(field: FormField) -> FormField:
    """A field of a row that need not be filled in at all."""
    parts = [_optional(part) for part in field.parts]
    return msgspec.structs.replace(field, required=False, parts=parts)


def _keyed(
    at: str, field: FieldInfo, said: Mapping[str, Any], around: Around, shared: Mapping[str, Any]
) -> list[FormField]:
    """A text in each language, or an amount in each currency."""
    key, value = get_args(field.annotation)
    keys = around.locales if get_origin(_bare(key)) is Literal else around.currencies
    if get_origin(_bare(key)) is Literal:
        return [
            FormField(
                name=f"{at}-{locale}",
                kind="lines" if _is_long(value) else "line",
                label=around.language.text(CHOICES.get(locale, locale)),
                value=str(said.get(locale, "")),
                required=False,
            )
            for locale in dict.fromkeys([*keys, *said])
        ]
    return [
        FormField(
            name=f"{at}-{currency}",
            kind="amount",
            label=currency,
            value=amount_text(said.get(currency, ""), currency),
            required=False,
        )
        for currency in dict.fromkeys([*keys, *said])
    ]


def _list(
    inner: Any, name: str, said: Sequence[Any], around: Around, shared: dict[str, Any]
) -> FormField:
    if get_origin(inner) is Literal:
        # What is chosen stands first, in its order: of languages the first is the one to fall back on.
        chosen = [str(one) for one in said]
        offered = dict.fromkeys([*chosen, *map(str, get_args(inner))])
        options = [(one, around.language.text(CHOICES.get(one, one))) for one in offered]
        return FormField(kind="choices", options=options, chosen=chosen, **shared)
    shown = [percent_text(one) if name.endswith("_bp") else str(one) for one in said]
    hint = shared.pop("hint")
    one_a_line = around.language.text("One a line.")
    return FormField(
        kind="list", value="\n".join(shown), hint=f"{hint} {one_a_line}".strip(), **shared
    )


def _one(
    inner: Any,
    name: str,
    field: FieldInfo,
    said: Any,
    around: Around,
    shared: dict[str, Any],
) -> FormField:
    value = "" if said is None else str(said)
    if inner is bool:
        return FormField(kind="flag", checked=said in (True, "yes"), **shared | {"required": False})
    if get_origin(inner) is Literal:
        offered = [
            (str(one), around.language.text(CHOICES.get(one, one))) for one in get_args(inner)
        ]
        if not field.is_required() and said is None:
            offered = [("", "\N{EN DASH}"), *offered]
        return FormField(kind="choice", value=value, options=offered, **shared)
    if refers := next((one for one in field.metadata if isinstance(one, Refers)), None):
        known = [(one, one) for one in around.known.get(refers.to, ())]
        return FormField(kind="known", value=value, options=known, **shared)
    if name.endswith("_bp"):
        return FormField(kind="percent", value=percent_text(said), **shared)
    if inner is int:
        return FormField(kind="number", value=value, **shared)
    if inner is date:
        return FormField(kind="day", value=value, **shared)
    if inner is time:
        return FormField(kind="clock", value=value[:5], **shared)
    kind = "picture" if _is_picture(field) else "lines" if _is_long(field) else "line"
    return FormField(kind=kind, value=value, **shared)


def percent_text(said: Any) -> str:
    """Basis points as a form shows them; what was typed as it was typed."""
    if not isinstance(said, int):
        return "" if said is None else str(said)
    return f"{(Decimal(said) / 100).normalize():f}"


def amount_text(said: Any, currency: str) -> str:
    """Minor units as a form shows them; what was typed as it was typed."""
    if not isinstance(said, int):
        return str(said)
    digits = exponent(currency)
    return f"{Decimal(said).scaleb(-digits):.{digits}f}"


def inside(annotation: Any) -> tuple[Any, bool]:
    """What a field holds, and whether it holds several."""
    return _inside(annotation)


def _inside(annotation: Any) -> tuple[Any, bool]:
    found = _bare(annotation)
    if get_origin(found) is list:
        return _bare(get_args(found)[0]), True
    return found, False


def _bare(annotation: Any) -> Any:
    """A type without what is annotated to it, and without the nothing that it may be instead."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        given = [
            one for one in get_args(annotation) if one is not type(None) and get_args(one) != ("",)
        ]
        return _bare(given[0])
    return annotation


def _is_document(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Document)


def _is_picture(field: FieldInfo) -> bool:
    return any(isinstance(one, IsPicture) for one in field.metadata)


def _is_long(holds: Any) -> bool:
    """Whether a text may have several lines: whoever may write so much may."""
    metadata = (
        holds.metadata if isinstance(holds, FieldInfo) else getattr(holds, "__metadata__", ())
    )
    return any(
        isinstance(one, StringConstraints) and (one.max_length or 0) > LINE_MAX for one in metadata
    )
