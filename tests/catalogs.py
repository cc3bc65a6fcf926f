"""What stands in the catalogs of a language, message by message."""

from __future__ import annotations

from functools import cache
from typing import Any

from babel.messages.pofile import read_po

from mainstem.paths import TEMPLATES


@cache
def translations(locale: str = "sv") -> dict[str, Any]:
    """Each translated message and what it is in this language: a text, or one for each form."""
    found: dict[str, Any] = {}
    for path in sorted((TEMPLATES / "locale" / locale / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale):
                if message.id and message.string:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    found[key] = message.string
    return found
