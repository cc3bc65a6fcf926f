"""What has happened to an order, in its reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from mainstem.kit.locale import Language
from mainstem_affiliates.storefront.reads import TimelineEntry


class Moment(msgspec.Struct, frozen=True):
    """One line of a timeline."""

    at: datetime
    text: str
    tone: str


def timeline(
    language: Language, entries: Iterable[TimelineEntry], instead: Mapping[str, str] | None = None
) -> list[Moment]:
    """The entries in words; a message that is said otherwise here is found in `instead`."""
    said = instead or {}
    return [
        Moment(
            entry.at,
            language.text(said.get(entry.message, entry.message)).format(**entry.facts),
            entry.tone,
        )
        for entry in entries
    ]
