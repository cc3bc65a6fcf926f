"""States and the steps between them: one table for a thing, read by verbs, buttons and tests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mainstem.kit.errors import InvalidTransition, Refused


@dataclass(frozen=True, slots=True)
class Step:
    """An action, the states it may be taken from, and where it leads.

    `told` completes "it cannot be … now". Without a target the thing stays as it is.
    """

    action: str
    told: str
    sources: tuple[str, ...]
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """A step as a page offers it: open, or closed with the refusal that taking it would meet."""

    name: str
    refusal: Refused | None = None

    @property
    def allowed(self) -> bool:
        """Whether it may be taken now."""
        return self.refusal is None

    def reason(self, translate: Any = str) -> str:
        """Why not, in the language of `translate`; empty when it may."""
        return self.refusal.text(translate) if self.refusal else ""


class Machine:
    """Every step of one kind of thing."""

    def __init__(self, what: str, *steps: Step) -> None:
        self.what = what
        self.steps = {step.action: step for step in steps}
        assert len(self.steps) == len(steps), "one row an action"

    def step(self, state: str, action: str) -> str:
        """The state after this action; raises InvalidTransition where there is no such step."""
        step = self.steps[action]
        if state not in step.sources:
            raise InvalidTransition(self.what, state, step.told)
        return step.target or state

    def action(self, state: str, action: str, guard: Refused | None = None) -> Action:
        """The action as it stands in this state; `guard` is what else would refuse it."""
        step = self.steps[action]
        if state not in step.sources:
            return Action(action, InvalidTransition(self.what, state, step.told))
        return Action(action, guard)

    def states(self) -> set[str]:
        """Every state that some step leaves or reaches."""
        return {state for step in self.steps.values() for state in _around(step)}


def _around(step: Step) -> Iterable[str]:
    yield from step.sources
    if step.target:
        yield step.target
