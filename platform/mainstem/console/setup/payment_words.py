"""What was found at the company's account and its destinations of events, in the reader's words."""

from __future__ import annotations

import msgspec

from mainstem import payments
from mainstem.kit.locale import Language
from mainstem.payments import AccountFinding, DestinationState

_WEIGHTS = {
    payments.PASSED: ("Right", "good"),
    payments.WARNING: ("Look at this", "wait"),
    payments.FAILED: ("Missing", "bad"),
}
NAMES = {
    "platform": "Payments",
    "connect": "Payouts of affiliates",
    "thin": "Accounts of affiliates",
}
_STATES = {
    "ready": ("Ready", "good", ""),
    "other_version": (
        "Ready",
        "good",
        "It is of another API version, which does no harm: an event only says where to look.",
    ),
    "incomplete": ("Lacks events", "bad", "It does not tell of {events}."),
    "disabled": (
        "Turned off",
        "bad",
        "Turn it on again in Stripe's dashboard, under Webhooks. Nothing arrives until then.",
    ),
    "missing": ("Missing", "bad", ""),
}


class FindingRow(msgspec.Struct, frozen=True):
    """One thing that was found, and what to do about it."""

    label: str
    tone: str
    text: str
    fix: str


class DestinationRow(msgspec.Struct, frozen=True):
    """One destination of events, and how it is."""

    name: str
    url: str
    label: str
    tone: str
    note: str


def finding(language: Language, one: AccountFinding) -> FindingRow:
    """A finding in the reader's words."""
    label, tone = _WEIGHTS[one.severity]
    return FindingRow(language.text(label), tone, one.words(language.text), one.fix(language.text))


def destination(language: Language, one: DestinationState) -> DestinationRow:
    """A destination in the reader's words."""
    label, tone, note = _STATES[one.state]
    notes = [language.text(note).format(events=", ".join(one.lacking))] if note else []
    if one.problem == payments.NO_ANSWER:
        notes.append(language.text("There was no certain answer. Check again before you go on."))
    elif one.problem:
        notes.append(language.text("Stripe says: {said}").format(said=one.problem))
    return DestinationRow(
        language.text(NAMES[one.kind]), one.url, language.text(label), tone, " ".join(notes)
    )
