"""Reasons and references as staff type them, and as programs of the company say them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from mainstem.kit.documents import Document
from mainstem.kit.text import unseen
from mainstem.kit.validation import said_error, unseen_error

REASON_MAX = 500

REFERENCE_MAX = 140
"""As long as banks carry a text."""


def _a_reason(text: str) -> str:
    return _kept(text, REASON_MAX, "Say why, in at most {max} characters: the affiliate may ask.")


def _a_reference(text: str) -> str:
    return _kept(
        text,
        REFERENCE_MAX,
        "Write the bank's reference, in at most {max} characters: they find the money by it.",
    )


def _kept(text: str, most: int, otherwise: str) -> str:
    if not 0 < len(text) <= most:
        raise said_error("missing", otherwise, max=most)
    if character := unseen(text):
        raise unseen_error(character)
    return text


def _length(most: int) -> dict[str, Any]:
    """Told in the API's description; the sentence above says it to whoever goes beyond."""
    return {"minLength": 1, "maxLength": most}


Reason = Annotated[
    str,
    AfterValidator(_a_reason),
    Field(title="Why", description="In words: the affiliate may ask.",
          json_schema_extra=_length(REASON_MAX)),
]  # fmt: skip
"""Why staff do it, in their own words."""


class Denial(Document):
    """Why not, for whoever asked."""

    reason: Reason


Reference = Annotated[
    str,
    AfterValidator(_a_reference),
    Field(title="The bank's reference", description="By which the bank finds the money.",
          json_schema_extra=_length(REFERENCE_MAX)),
]  # fmt: skip
"""What the bank wrote on a transfer."""
