"""What has become of a thing: each change in words, newest first."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from mainstem import setup
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, names_of

SHOWN = 160


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
            fields=[]
            if one.is_new
            else [
                (_label(language, kind, where), _short(language, before), _short(language, after))
                for where, before, after in one.fields
            ],
        )
        for one in found
    ]


def _label(language: Language, kind: Any, where: str) -> str:
    first, _, rest = where.partition(".")
    field = kind.model.model_fields.get(first)
    label = language.text(field.title) if field and field.title else first
    return f"{label} {rest}".strip()


def _short(language: Language, value: Any) -> str:
    if isinstance(value, bool):
        return language.text("yes") if value else language.text("no")
    if value in (None, "", [], {}):
        return "\N{EN DASH}"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
