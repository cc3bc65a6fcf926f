"""A name as a part of addresses: small letters, digits and hyphens."""

from __future__ import annotations

import re
import unicodedata

# What does not come apart into a letter and its mark.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ð": "d", "đ": "d", "ł": "l", "ß": "ss", "þ": "th"}
)


def slug_of(text: str, most: int = 60) -> str:
    """A text as a part of addresses, of at most so many characters; empty where nothing of it can be."""
    split = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(one for one in split if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:most].strip("-")
