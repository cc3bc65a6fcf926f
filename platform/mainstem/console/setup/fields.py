"""The fields of a form, made from a document's own: what a page asks is what a document holds.

A field is named by where it stands: `variants-0-sku` is the number of the first variant, so that a
problem at `/variants/0/sku` is shown beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, Literal, get_args, get_origin

import msgspec
from pydantic.fields import FieldInfo

from mainstem import pictures
from mainstem.console.setup.shapes import (
    Shape,
    are_amounts,
    currency_of,
    is_long,
    is_minor,
    is_picture,
    percent_text,
    refers_to,
    says_something,
    shapes_of,
    unsaid,
)
from mainstem.console.setup.words import CHOICES
from mainstem.kit.documents import Document, Fold, Refers
from mainstem.kit.locale import Language
from mainstem.money import decimal_text

BLANK_ROWS = 1
ROWS_OPEN = 2
NAME_SHOWN = 40


class FormField(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form. `suggests` is the kind of names that are offered as it is typed.

    `kind`: line, lines, number, percent, amount, flag, choice, choices, day, clock, instant, list, picture,
    group (of `parts`), rows (each a group in `parts`, the last one blank) or fold (of `parts`, which can
    be said later). `is_open` is whether a row or a fold is shown with all its fields: one that says
    something, the first row that must, or one that was asked for, which also `has_focus`. `preview` is where an
    uploaded picture is seen. `opens_with` is the choice with which a fold opens: the name of its field
    and what it says.
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
    has_focus: bool = False
    chosen: list[str] = []
    options: list[tuple[str, str]] = []
    suggests: str = ""
    opens_with: tuple[str, str] | None = None
    parts: list[FormField] = []


@dataclass(frozen=True, slots=True)
class Around:
    """What a form must know besides its document: languages, currencies, and what may be referred to.

    `known` are the names of each kind of which there are few; of the others a field asks as it is typed.
    """

    language: Language
    locales: Sequence[str]
    currencies: Sequence[str]
    known: Mapping[str, Sequence[tuple[str, str]]]
    currency: str = ""
    """That of the amounts in what is being drawn."""
    of_amounts: bool = False
    """Whether the numbers of the rows that are being drawn are amounts."""
    more: str = ""
    """The rows that somebody asked for one more of."""
    may_be_empty: bool = False
    """Whether nothing at all need be said: no choice is made by itself."""

    def leads_into(self, at: str) -> bool:
        """Whether the rows that were asked for are these, or stand in what is named so."""
        return self.more == at or self.more.startswith(f"{at}-")


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
        may_be_empty = around.may_be_empty or (field.default is None and said is None)
        within = replace(around, may_be_empty=may_be_empty)
        parts = fields_of(shape.inner, said or {}, within, at=f"{at}-")
        if may_be_empty:
            parts = [_optional(part) for part in parts]
        return FormField(kind="group", parts=parts, **shared)
    if shape.kind in ("texts", "by_currency", "rows_by_currency"):
        parts = _keyed(at, shape, said or {}, around, shared["label"])
        return FormField(kind="group", parts=parts, **shared)
    if shape.kind == "pairs":
        return _pairs(said or {}, around, shared)
    if shape.kind == "list":
        return _list(shape.inner, name, said or [], around, shared, refers_to(field))
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


def _pairs(said: Any, around: Around, shared: dict[str, Any]) -> FormField:
    """What is told by names of one's own: a line each, the name before a colon."""
    how = around.language.text("One a line, the name before a colon, such as size: small.")
    hint = f"{shared.pop('hint')} {how}".strip()
    lines = said if isinstance(said, str) else "\n".join(f"{k}: {v}" for k, v in said.items())
    return FormField(kind="list", value=lines, hint=hint, **shared)


def _list(
    inner: Any,
    name: str,
    said: Sequence[Any],
    around: Around,
    shared: dict[str, Any],
    refers: Refers | None,
) -> FormField:
    if get_origin(inner) is Literal:
        offered = {str(one): around.language.text(CHOICES.get(one, one)) for one in get_args(inner)}
        return _choices(said, offered, shared)
    known = around.known.get(refers.to) if refers else None
    if known and refers and not (refers.may_be_new or refers.in_order):
        return _choices(said, dict(known), shared)
    shown = [percent_text(one) if name.endswith("_bp") else str(one) for one in said]
    if name.endswith("_bp"):
        shared["label"] += " (%)"
    hint = shared.pop("hint")
    one_a_line = around.language.text("One a line.")
    return FormField(
        kind="list",
        value="\n".join(shown),
        hint=f"{hint} {one_a_line}".strip(),
        suggests=refers.to if refers else "",
        **shared,
    )


def _choices(said: Sequence[Any], offered: Mapping[str, str], shared: dict[str, Any]) -> FormField:
    # What is chosen stands first, in its order: of languages the first is the one to fall back on.
    chosen = [str(one) for one in said]
    options = [(one, offered.get(one) or one) for one in dict.fromkeys([*chosen, *offered])]
    return FormField(kind="choices", options=options, chosen=chosen, **shared)


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
        if said is None and (around.may_be_empty or not field.is_required()):
            offered = [("", "\N{EN DASH}"), *offered]
        return FormField(kind="choice", value=value, options=offered, **shared)
    if refers := refers_to(field):
        return _named(refers, value, around, shared)
    if name.endswith("_bp"):
        return FormField(kind="percent", value=percent_text(said), **shared)
    if inner is int and around.currency and is_minor(field):
        return FormField(
            kind="amount", value=amount_text(value_of(said), around.currency), **shared
        )
    kind = _KINDS.get(inner) or (
        "picture" if is_picture(field) else "lines" if is_long(field) else "line"
    )
    if kind == "instant":
        value = local_text(said, around.language)
    preview = pictures.url(value, 320) if kind == "picture" and pictures.is_uploaded(value) else ""
    shown = value[:5] if kind == "clock" else value
    return FormField(kind=kind, value=shown, preview=preview, **shared)


def _named(refers: Refers, value: str, around: Around, shared: dict[str, Any]) -> FormField:
    """The name of something else: chosen where there are few, typed with suggestions where many."""
    known = around.known.get(refers.to)
    if not known or refers.may_be_new:
        return FormField(kind="known", value=value, suggests=refers.to, **shared)
    options = [*known]
    if value not in dict(known):
        options = [(value, value or "\N{EN DASH}"), *options]
    elif not shared["required"]:
        options = [("", "\N{EN DASH}"), *options]
    return FormField(kind="choice", value=value, options=options, **shared)


_KINDS: dict[Any, str] = {int: "number", date: "day", time: "clock", datetime: "instant"}


def value_of(said: Any) -> Any:
    """What was said, or nothing as an empty text."""
    return "" if said is None else said


def local_text(said: Any, language: Language) -> str:
    """An instant as a field of day and hour shows it, where the company is. Its seconds are shown where
    somebody has set them, so that saving the form moves nothing; those of a *now* are left out."""
    if not said:
        return ""
    try:
        at = datetime.fromisoformat(str(said).replace("Z", "+00:00"))
        local = at.astimezone(language.zone) if at.tzinfo else at
    except (ValueError, OverflowError):
        return str(said)
    set_by_second = local.second and not local.microsecond
    return f"{local:%Y-%m-%dT%H:%M:%S}" if set_by_second else f"{local:%Y-%m-%dT%H:%M}"


def amount_text(said: Any, currency: str) -> str:
    """Minor units as a form shows them; what was typed as it was typed."""
    return decimal_text(said, currency) if isinstance(said, int) else str(said)
