"""The clock: what time it is for one piece of work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, aware and in UTC."""

    def now(self) -> datetime:
        """The present instant."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's own time, moved by an offset that only demo mode ever sets."""

    offset: timedelta = timedelta(0)

    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC) + self.offset


@dataclass(slots=True)
class FixedClock:
    """Stands still until it is moved: for tests, stories and the replay of history."""

    at: datetime

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.at

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.at += by

    def set(self, at: datetime) -> None:
        """Jump to an instant."""
        self.at = at
