"""Errors that are answers: the business says no, in words the reader can act on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

DID_YOU_MEAN = "Did you mean {name}?"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one field, and how to mend it.

    `pointer` is a JSON pointer into what was sent; `code` is stable; `message` is an English
    sentence with named placeholders, translated where it is shown; `facts` fill them. `nearest` is
    the name that may have been meant by one that is none.
    """

    pointer: str
    code: str
    message: str
    facts: Mapping[str, object] = field(default_factory=dict)
    nearest: str = ""

    def text(self, translate: Any = str) -> str:
        """The sentence, in the language of `translate`."""
        said = str(translate(self.message)).format(**self.facts)
        return f"{said} {self.proposal(translate)}" if self.nearest else said

    def proposal(self, translate: Any = str) -> str:
        """What may have been meant, in the language of `translate`."""
        return str(translate(DID_YOU_MEAN)).format(name=self.nearest)


class Refused(Exception):
    """The business says no. Subclasses are named as a sentence and carry the facts."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    message: ClassVar[str] = "This cannot be done."

    def __init__(self, *problems: Problem, **facts: Any) -> None:
        self.problems = list(problems)
        self.facts = facts
        super().__init__(self.text())

    def text(self, translate: Any = str) -> str:
        """What is wrong and what to do about it, in the language of `translate`."""
        return str(translate(self.message)).format(**self.facts)

    def name_by(self, pointers: Mapping[str, str]) -> None:
        """Call the fields of its problems what whoever sent them calls them: each of these pointers
        by the other one."""
        self.problems = [
            replace(one, pointer=pointers.get(one.pointer, one.pointer)) for one in self.problems
        ]


class Unavailable(Exception):
    """Somebody else's server gave no certain answer. What waits for it is tried again for days."""


class NotFound(Refused):
    """There is no such thing, or it is not yours to see."""

    code = "not_found"
    status = 404
    message = "We could not find that {what}."

    def __init__(self, what: str) -> None:
        super().__init__(what=what)


class InvalidInput(Refused):
    """What was sent is not right; every problem is named at once."""

    code = "invalid_field"
    status = 422
    message = "Some fields are not right."


class InvalidTransition(Refused):
    """The thing is in a state from which this step does not exist."""

    code = "invalid_transition"
    status = 409
    message = "This {what} is {state}; it cannot be {action} now."

    def __init__(self, what: str, state: str, action: str) -> None:
        super().__init__(what=what, state=state, action=action)
