"""Reasons and references as staff type them."""

from __future__ import annotations

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.text import refuse_unseen
from mainstem.web.forms import Form

REASON_MAX = 500

REFERENCE_MAX = 140
"""As long as banks carry a text."""


def reference_in(form: Form) -> str:
    """What the bank wrote on a transfer. Raises InvalidInput when nothing is said."""
    if not 0 < len(form["reference"]) <= REFERENCE_MAX:
        raise InvalidInput(
            Problem(
                "/reference",
                "missing",
                "Write the bank's reference, in at most {max} characters: they find the money by it.",
                {"max": REFERENCE_MAX},
            )
        )
    refuse_unseen("/reference", form["reference"])
    return form["reference"]


def reason_in(form: Form) -> str:
    """Why staff do it, in their own words. Raises InvalidInput when nothing is said."""
    if not 0 < len(form["reason"]) <= REASON_MAX:
        raise InvalidInput(
            Problem(
                "/reason",
                "missing",
                "Say why, in at most {max} characters: the affiliate may ask.",
                {"max": REASON_MAX},
            )
        )
    refuse_unseen("/reason", form["reason"])
    return form["reason"]
