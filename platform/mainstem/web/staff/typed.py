"""Reasons and references as staff type them."""

from __future__ import annotations

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.text import refuse_unseen
from mainstem.web.forms import Form, FormFields

REASON_MAX = 500

REFERENCE_MAX = 140
"""As long as banks carry a text."""


class ReferenceFields(FormFields):
    """What the bank wrote on a transfer."""

    reference: str = ""


class ReasonFields(FormFields):
    """Why somebody does it."""

    reason: str = ""


def reference_in(form: Form) -> str:
    """What the bank wrote on a transfer. Raises InvalidInput when nothing is said."""
    reference = form.into(ReferenceFields).reference
    if not 0 < len(reference) <= REFERENCE_MAX:
        raise InvalidInput(
            Problem(
                "/reference",
                "missing",
                "Write the bank's reference, in at most {max} characters: they find the money by it.",
                {"max": REFERENCE_MAX},
            )
        )
    refuse_unseen("/reference", reference)
    return reference


def reason_in(form: Form) -> str:
    """Why staff do it, in their own words. Raises InvalidInput when nothing is said."""
    reason = form.into(ReasonFields).reason
    if not 0 < len(reason) <= REASON_MAX:
        raise InvalidInput(
            Problem(
                "/reason",
                "missing",
                "Say why, in at most {max} characters: the affiliate may ask.",
                {"max": REASON_MAX},
            )
        )
    refuse_unseen("/reason", reason)
    return reason
