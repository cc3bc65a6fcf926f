"""Fields of a single value, of a choice and of a list: what kind each is, and what it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from mainstem import pictures
from mainstem.console.setup.form_field import Around, FormField
from mainstem.console.setup.shapes import (
    is_long,
    is_minor,
    is_picture,
    percent_text,
    refers_to,
)
from mainstem.console.setup.words import CHOICES
from mainstem.kit.documents import Refers
from mainstem.kit.locale import Language
from mainstem.money import decimal_text


def pairs_field(said: Any, around: Around, shared: dict[str, Any]) -> FormField:
    """What is told by names of one's own: a line each, the name before a colon."""
    how = around.language.text("One a line, the name before a colon, such as size: small.")
    hint = f"{shared.pop('hint')} {how}".strip()
    lines = said if isinstance(said, str) else "\n".join(f"{k}: {v}" for k, v in said.items())
    return FormField(kind="list", value=lines, hint=hint, **shared)


def list_field(
    inner: Any,
    name: str,
    said: Sequence[Any],
    around: Around,
    shared: dict[str, Any],
    refers: Refers | None,
) -> FormField:
    """A field of several values: chosen where they are known and few, a line each where they are typed."""
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


def value_field(
    inner: Any,
    name: str,
    field: FieldInfo,
    said: Any,
    around: Around,
    shared: dict[str, Any],
) -> FormField:
    """A field of one value, by what its document holds there."""
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
