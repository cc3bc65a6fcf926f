"""The fields of a form, made from a document's own: what a page asks is what a document holds.

A field is named by where it stands: `variants-0-sku` is the number of the first variant, so that a
problem at `/variants/0/sku` is shown beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args, get_origin

import msgspec
from pydantic.fields import FieldInfo

from mainstem import pictures
from mainstem.console.setup.form_field import Around, FormField
from mainstem.console.setup.shapes import (
    Shape,
    are_amounts,
    currency_of,
    is_long,
    is_picture,
    refers_to,
    says_something,
    shapes_of,
    unsaid,
)
from mainstem.console.setup.values import amount_text, list_field, pairs_field, value_field
from mainstem.console.setup.words import CHOICES
from mainstem.kit.documents import Document, Fold
from mainstem.kit.locale import Language

BLANK_ROWS = 1


ROWS_OPEN = 2


NAME_SHOWN = 40


def fields_of(
    kind: type[Document], said: Mapping[str, Any], around: Around, *, at: str = ""
) -> list[FormField]:
    """The fields of a document, filled with what it says: as JSON has it, or as it was typed.

    Those that can be said later stand at the end, folded by idea.
    """
    drawn = {
        name: _field(
            f"{at}{name}",
            name,
            field,
            shapes_of(kind)[name],
            said[name] if name in said else unsaid(field),
            replace(around, of_amounts=are_amounts(field, said)),
        )
        for name, field in kind.model_fields.items()
        if not _leaves_no_choice(field)
    }
    folds = [_fold(kind, fold, said, drawn, around, at) for fold in kind.folds]
    return [*drawn.values(), *folds]


def _leaves_no_choice(field: FieldInfo) -> bool:
    """Whether a field can say one thing only, and says it by itself."""
    one = get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
    return one and not field.is_required()


def _fold(
    kind: type[Document],
    fold: Fold,
    said: Mapping[str, Any],
    drawn: dict[str, FormField],
    around: Around,
    at: str,
) -> FormField:
    """The fields of one idea, taken out from among those that are shown at once."""
    parts = [drawn.pop(name) for name in fold.fields if name in drawn]
    opens = fold.opens_with is not None and said.get(fold.opens_with[0]) == fold.opens_with[1]
    return FormField(
        name=f"{at}{fold.fields[0]}-fold",
        kind="fold",
        label=around.language.text(fold.title),
        hint=", ".join(part.label for part in parts),
        is_open=opens
        or says_something(kind, said, fold.fields)
        or any(around.leads_into(part.name) for part in parts),
        opens_with=(f"{at}{fold.opens_with[0]}", fold.opens_with[1]) if fold.opens_with else None,
        parts=parts,
    )


def _field(
    at: str, name: str, field: FieldInfo, shape: Shape, said: Any, around: Around
) -> FormField:
    text = around.language.text
    shared: dict[str, Any] = {
        "name": at,
        "label": text(field.title or name),
        "hint": text(field.description or ""),
        "required": field.is_required(),
    }
    if shape.kind == "rows":
        rows = _rows(shape.inner, said, shared["label"], around, at, must_say=field.is_required())
        return FormField(kind="rows", parts=rows, **shared)
    if shape.kind == "document":
        return _document(at, field, shape, said or {}, around, shared)
    if shape.kind in ("texts", "by_currency", "rows_by_currency"):
        parts = _keyed(at, shape, said or {}, around, shared["label"])
        return FormField(kind="group", parts=parts, **shared)
    if shape.kind == "pairs":
        return pairs_field(said or {}, around, shared)
    if shape.kind == "list":
        return list_field(shape.inner, name, said or [], around, shared, refers_to(field))
    return value_field(shape.inner, name, field, said, around, shared)


def _document(
    at: str,
    field: FieldInfo,
    shape: Shape,
    said: Mapping[str, Any],
    around: Around,
    shared: dict[str, Any],
) -> FormField:
    """The fields of a document within; of one that need not be said, only the way to say it."""
    unsaid_yet = field.default is None and not (said and says_something(shape.inner, said))
    if unsaid_yet and not around.leads_into(at):
        return FormField(kind="rows", **shared)
    may_be_empty = around.may_be_empty or unsaid_yet
    parts = fields_of(shape.inner, said, replace(around, may_be_empty=may_be_empty), at=f"{at}-")
    if may_be_empty:
        parts = [_optional(part) for part in parts]
    return FormField(kind="group", parts=parts, **shared)


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
    is_asked = must_say or not is_blank
    within = replace(around, may_be_empty=around.may_be_empty or not is_asked)
    parts = fields_of(kind, row, within, at=f"{at}-{no}-")
    is_reached = around.more == at and no == of
    return FormField(
        name=f"{at}-{no}",
        kind="group",
        label=_called(kind, row, _numbered(kind, no, label, around.language), around.language)
        if is_asked
        else around.language.text("Another one"),
        required=False,
        checked=is_blank,
        # Of many, each opens by its name; what is wrong in one is opened by the page.
        is_open=(is_asked and (is_blank or of <= ROWS_OPEN))
        or is_reached
        or around.leads_into(f"{at}-{no}"),
        has_focus=is_reached,
        parts=parts if is_asked else [_optional(part) for part in parts],
    )


def _numbered(kind: type[Document], no: int, label: str, language: Language) -> str:
    """A row by its place: from 1 on, or from who stands before the first that has a number."""
    if kind.first and no == 0:
        return language.text(kind.first)
    return f"{language.text(kind.one) or label} {no if kind.first else no + 1}"


def _called(kind: type[Document], row: Mapping[str, Any], label: str, language: Language) -> str:
    """A row by its place and by the first thing that it says. An uploaded picture is named by what
    it shows: its own name says nothing to anybody."""
    for name, value in row.items():
        said = next(iter(value.values()), "") if isinstance(value, dict) else value
        if name.endswith("_bp") and isinstance(said, int) and said:
            said = language.percent(said)
        if not isinstance(said, str) or not said:
            continue
        if not (is_picture(kind.model_fields[name]) and pictures.is_uploaded(said)):
            return f"{label}: {said[:NAME_SHOWN]}"
    return label


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
