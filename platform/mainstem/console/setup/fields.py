"""The fields of a form, made from a document's own: what a page asks is what a document holds.

A field is named by where it stands: `variants-0-sku` is the number of the first variant, so that a
problem at `/variants/0/sku` is shown beside it.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from pydantic import AwareDatetime, StringConstraints
from pydantic.fields import FieldInfo

from mainstem import pictures
from mainstem.console.setup.words import CHOICES
from mainstem.kit.documents import LINE_MAX, AmountsWhen, Document, IsPicture, Refers
from mainstem.kit.locale import Language
from mainstem.money import exponent

BLANK_ROWS = 1
ROWS_OPEN = 2
NAME_SHOWN = 40


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form.

    `kind`: line, lines, number, percent, amount, flag, choice, choices, day, clock, instant, list, picture,
    group (of `parts`) or rows (each a group in `parts`, the last one blank). `is_open` is whether a row
    is shown with all its fields: one that says something, or the first that must. `preview` is where an
    uploaded picture is seen.
    """

    name: str
    kind: str
    label: str
    hint: str = ""
    value: str = ""
    preview: str = ""
    checked: bool = False
    required: bool = True
    is_open: bool = False
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
    currency: str = ""
    """That of the amounts in what is being drawn."""
    of_amounts: bool = False
    """Whether the numbers of the rows that are being drawn are amounts."""


def fields_of(
    kind: type[Document], said: Mapping[str, Any], around: Around, *, at: str = ""
) -> list[FormField]:
    """The fields of a document, filled with what it says: as JSON has it, or as it was typed."""
    return [
        _field(
            f"{at}{name}",
            name,
            field,
            said.get(name, _default(field)),
            replace(around, of_amounts=are_amounts(field, said)),
        )
        for name, field in kind.model_fields.items()
    ]


def _default(field: FieldInfo) -> Any:
    value = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(value, Document):
        return value.written()
    return f"{value:%H:%M}" if isinstance(value, time) else value


def _field(at: str, name: str, field: FieldInfo, said: Any, around: Around) -> FormField:
    text = around.language.text
    shared: dict[str, Any] = {
        "name": at,
        "label": text(field.title or name),
        "hint": text(field.description or ""),
        "required": field.is_required(),
    }
    shape = shape_of(field.annotation)
    if shape.kind == "rows":
        rows = _rows(shape.inner, said, shared["label"], around, at, must_say=field.is_required())
        return FormField(kind="rows", parts=rows, **shared)
    if shape.kind == "document":
        parts = fields_of(shape.inner, said or {}, around, at=f"{at}-")
        return FormField(kind="group", parts=parts, **shared)
    if shape.kind in ("texts", "by_currency", "rows_by_currency"):
        parts = _keyed(at, shape, said or {}, around, shared["label"])
        return FormField(kind="group", parts=parts, **shared)
    if shape.kind == "pairs":
        return _pairs(said or {}, around, shared)
    if shape.kind == "list":
        return _list(shape.inner, name, said or [], around, shared)
    return _one(shape.inner, name, field, said, around, shared)


def _rows(
    kind: type[Document],
    said: Any,
    label: str,
    around: Around,
    at: str,
    *,
    must_say: bool = False,
) -> list[FormField]:
    rows = [*(said or []), *([{}] * BLANK_ROWS)]
    blank = len(rows) - BLANK_ROWS
    return [
        _row(
            kind,
            row,
            no,
            label,
            around,
            at,
            is_blank=no >= blank,
            must_say=must_say and no == 0,
            of=blank,
        )
        for no, row in enumerate(rows)
    ]


def _row(
    kind: type[Document],
    row: Any,
    no: int,
    label: str,
    around: Around,
    at: str,
    *,
    is_blank: bool,
    must_say: bool,
    of: int,
) -> FormField:
    if around.of_amounts:
        around = replace(around, currency=currency_of(row) or next(iter(around.currencies), ""))
    parts = fields_of(kind, row, around, at=f"{at}-{no}-")
    is_asked = must_say or not is_blank
    return FormField(
        name=f"{at}-{no}",
        kind="group",
        label=_called(row, f"{label} {no + 1}")
        if is_asked
        else around.language.text("Another one"),
        required=False,
        checked=is_blank,
        # Of many, each opens by its name; what is wrong in one is opened by the page.
        is_open=is_asked and (is_blank or of <= ROWS_OPEN),
        parts=parts if is_asked else [_optional(part) for part in parts],
    )


def _called(row: Mapping[str, Any], label: str) -> str:
    """A row by its place and by the first thing that it says."""
    said = next((value for value in row.values() if isinstance(value, str) and value), "")
    return f"{label}: {said[:NAME_SHOWN]}" if said else label


def _optional(field: FormField) -> FormField:
    """A field of a row that need not be filled in at all."""
    parts = [_optional(part) for part in field.parts]
    return msgspec.structs.replace(field, required=False, parts=parts)


def _keyed(
    at: str, shape: Shape, said: Mapping[str, Any], around: Around, label: str
) -> list[FormField]:
    """A text in each language; or an amount, a text or rows in each currency."""
    if shape.kind == "texts":
        return [
            FormField(
                name=f"{at}-{locale}",
                kind="lines" if is_long(shape.value) else "line",
                label=around.language.text(CHOICES.get(locale, locale)),
                value=str(said.get(locale, "")),
                required=False,
            )
            for locale in dict.fromkeys([*around.locales, *said])
        ]
    currencies = dict.fromkeys([*around.currencies, *said])
    if shape.kind == "rows_by_currency":
        return [
            FormField(
                name=f"{at}-{currency}",
                kind="rows",
                label=f"{label}, {currency}",
                required=False,
                parts=_rows(
                    shape.inner,
                    said.get(currency),
                    currency,
                    replace(around, currency=currency),
                    f"{at}-{currency}",
                ),
            )
            for currency in currencies
        ]
    return [
        FormField(
            name=f"{at}-{currency}",
            kind="amount" if shape.inner is int else "line",
            label=currency,
            value=amount_text(said.get(currency, ""), currency),
            required=False,
        )
        for currency in currencies
    ]


def _pairs(said: Any, around: Around, shared: dict[str, Any]) -> FormField:
    """What is told by names of one's own: a line each, the name before a colon."""
    hint = f"{shared.pop('hint')} {around.language.text('One a line, the name before a colon.')}".strip()
    lines = said if isinstance(said, str) else "\n".join(f"{k}: {v}" for k, v in said.items())
    return FormField(kind="list", value=lines, hint=hint, **shared)


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
    if name.endswith("_bp"):
        shared["label"] += " (%)"
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
    if inner is int and around.currency and is_minor(field):
        return FormField(
            kind="amount", value=amount_text(value_of(said), around.currency), **shared
        )
    kind = _KINDS.get(inner) or (
        "picture" if _is_picture(field) else "lines" if is_long(field) else "line"
    )
    if kind == "instant":
        value = local_text(said, around.language)
    preview = pictures.url(value, 320) if kind == "picture" and pictures.is_uploaded(value) else ""
    shown = value[:5] if kind == "clock" else value
    return FormField(kind=kind, value=shown, preview=preview, **shared)


_KINDS: dict[Any, str] = {int: "number", date: "day", time: "clock", datetime: "instant"}


def value_of(said: Any) -> Any:
    """What was said, or nothing as an empty text."""
    return "" if said is None else said


def local_text(said: Any, language: Language) -> str:
    """An instant as a field of day and hour shows it, where the company is."""
    if not said:
        return ""
    try:
        at = datetime.fromisoformat(str(said).replace("Z", "+00:00"))
    except ValueError:
        return str(said)
    local = at.astimezone(language.zone) if at.tzinfo else at
    return f"{local:%Y-%m-%dT%H:%M}"


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


class Shape(NamedTuple):
    """What a field holds: of which kind, of what, and for dictionaries the type of their values."""

    kind: str  # one, document, rows, list, texts, by_currency, rows_by_currency, pairs
    inner: Any
    value: Any = None


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


def _is_picture(field: FieldInfo) -> bool:
    return any(isinstance(one, IsPicture) for one in field.metadata)


def has_picture(kind: type[Document]) -> bool:
    """Whether a document, or a part of it, names a picture."""
    for field in kind.model_fields.values():
        inner = shape_of(field.annotation).inner
        if _is_picture(field) or (_is_document(inner) and has_picture(inner)):
            return True
    return False
