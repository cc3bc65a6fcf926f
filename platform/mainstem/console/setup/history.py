"""What has become of a thing: each change in words, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from mainstem import setup
from mainstem.console.setup.shapes import shape_of
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, names_of

SHOWN = 160
_NESTED = ("document", "rows", "rows_by_currency")


class Moment(msgspec.Struct, frozen=True):
    """One change: who and when, and each value as (where, before, after)."""

    at: datetime
    who: str
    what: str
    fields: list[tuple[str, str, str]]


def history_of(request: HttpRequest, work: Work, name: str, key: str) -> list[Moment]:
    """The changes of one thing."""
    language = language_of(request)
    found = setup.changes(work, name, key)
    who = names_of(work, language, [one.actor for one in found])
    kind = setup.resource(name)
    return [
        Moment(
            at=one.at,
            who=who.get(one.actor, one.actor),
            what=language.text("Made") if one.is_new else "",
            fields=[] if one.is_new else in_words(language, kind, one.fields),
        )
        for one in found
    ]


def in_words(
    language: Language, kind: Any, fields: list[tuple[str, Any, Any]]
) -> list[tuple[str, str, str]]:
    """Each value that differs, as (what it is called, before, after), as its reader reads it."""
    return [
        (
            _label(language, kind, where),
            _short(language, where, before),
            _short(language, where, after),
        )
        for where, before, after in fields
    ]


def _label(language: Language, kind: Any, where: str) -> str:
    model, labels = kind.model, []
    for part in where.split("."):
        field = model.model_fields.get(part) if model is not None else None
        labels.append(language.text(field.title) if field and field.title else part)
        shape = shape_of(field.annotation) if field else None
        model = shape.inner if shape and shape.kind in _NESTED else None if field else model
    return ": ".join(labels)


def _short(language: Language, where: str, value: Any) -> str:
    if isinstance(value, bool):
        return language.text("yes") if value else language.text("no")
    if value in (None, "", [], {}):
        return "\N{EN DASH}"
    if where.endswith("_bp"):
        return ", ".join(
            language.percent(one) for one in (value if isinstance(value, list) else [value])
        )
    currency = where.rpartition(".")[2]
    if isinstance(value, int) and currency.isupper() and len(currency) == 3:
        return language.money(Money(value, currency))
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
