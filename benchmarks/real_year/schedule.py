"""In which order the pieces of the real year are played, and which of them beside each other.

A week has three pieces: what is bought in it (and shipped), what follows from purchases (deliveries
and refunds), and its end, when holds run out and everybody is paid who has enough. The first two
are split into shares of the households. One share's purchases are in order of time; what follows
in a week waits for its purchases and for the end of the week before; a week ends when all of it
has happened. Purchases run ahead, so that nobody has to wait for the slowest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BUY, FOLLOW, END = "buy", "follow", "end"

_AHEAD = 3
"""So many weeks that are not over may have been bought."""


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of the year: of a week, counted from the first, and of a share of its households."""

    kind: str
    week: int
    share: int = 0


@dataclass(slots=True)
class Schedule:
    """What may be played next. `over` weeks have ended; purchases are made in the first `busy`."""

    shares: int
    busy: int
    over: int = 0
    _bought: list[int] = field(default_factory=list)
    _followed: list[int] = field(default_factory=list)
    _running: set[Task] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.again()

    def again(self) -> None:
        """Begin anew with the first week that is not over: what was under way is not known."""
        self._bought = [self.over] * self.shares
        self._followed = [self.over] * self.shares
        self._running = set()

    def next(self) -> Task | None:
        """A piece whose turn it is, which is under way from here; None while all have to wait.

        The end of a week goes first, for others wait for it. Then one of the kind that fewer are
        at: two that buy want the same shelves.
        """
        task = self._end() or self._other()
        if task:
            self._running.add(task)
        return task

    def done(self, task: Task) -> None:
        """A piece has been played."""
        self._running.remove(task)
        if task.kind == END:
            self.over += 1
        else:
            shares = self._bought if task.kind == BUY else self._followed
            shares[task.share] += 1

    def _end(self) -> Task | None:
        happened = self.over >= self.busy or min(self._followed) > self.over
        task = Task(END, self.over)
        return task if happened and task not in self._running else None

    def _other(self) -> Task | None:
        buys = [
            Task(BUY, week, share)
            for share, week in enumerate(self._bought)
            if week < min(self.busy, self.over + _AHEAD)
        ]
        follows = [
            Task(FOLLOW, week, share)
            for share, week in enumerate(self._followed)
            if week == self.over < self._bought[share]
        ]
        free = [
            [task for task in sorted(tasks, key=lambda one: one.week) if task not in self._running]
            for tasks in (follows, buys)
        ]
        if self._count(BUY) < self._count(FOLLOW):
            free.reverse()
        return next((tasks[0] for tasks in free if tasks), None)

    def _count(self, kind: str) -> int:
        return sum(task.kind == kind for task in self._running)
