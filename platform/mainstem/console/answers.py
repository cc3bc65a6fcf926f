"""Changes that one person asks for and another answers, as their pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import labelled, names_of


class Asked(Protocol):
    """A change that was asked for."""

    @property
    def state(self) -> str:
        """How far it is, of `labels.APPROVAL_STATES`."""
        ...

    @property
    def asked_by(self) -> str:
        """The actor who asked."""
        ...

    @property
    def decided_by(self) -> str | None:
        """The actor who answered, where somebody has."""
        ...


def waits(change: Asked) -> bool:
    """Whether it has no answer yet."""
    return change.state == "needs_approval"


def shown(work: Work, language: Language, changes: Sequence[Asked]) -> list[dict[str, Any]]:
    """Of each: its state in words, the names of whoever asked and answered, whether it waits, and whether the
    reader asked for it."""
    actors = [actor for one in changes for actor in (one.asked_by, one.decided_by or "")]
    who = names_of(work, language, actors)
    states = labelled(language, labels.APPROVAL_STATES)
    return [
        {
            "state": states[one.state],
            "asked_by": who.get(one.asked_by, one.asked_by),
            "decided_by": who.get(one.decided_by or "", ""),
            "waits": waits(one),
            "mine": one.asked_by == str(work.actor),
        }
        for one in changes
    ]
