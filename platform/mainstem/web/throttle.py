"""Throttles, kept in this process: what costs somebody else's time is not done again for whoever
reloads a page, and who has tried wrongly too often waits."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque


class WrongTries:
    """Counts wrong tries by key, and says when there were too many of them lately."""

    def __init__(self, most: int, seconds: float, *, remembers: int = 10_000) -> None:
        self._most, self._seconds, self._remembers = most, seconds, remembers
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, key: str) -> int:
        """How many seconds the next try has to wait; 0 for not at all."""
        tries = self._tries.get(key)
        if tries is None or len(tries) < self._most:
            return 0
        return max(0, math.ceil(tries[0] + self._seconds - time.monotonic()))

    def wrong(self, key: str) -> None:
        """One more."""
        self._tries.setdefault(key, deque(maxlen=self._most)).append(time.monotonic())
        self._tries.move_to_end(key)
        if len(self._tries) > self._remembers:
            self._tries.popitem(last=False)


class Throttle:
    """Says yes to one key once in so many seconds, of as many keys as it remembers."""

    def __init__(self, seconds: float, *, remembers: int = 10_000) -> None:
        self._seconds, self._remembers = seconds, remembers
        self._last: OrderedDict[str, float] = OrderedDict()

    def allows(self, key: str) -> bool:
        """Whether it is long enough since the last yes; then this is the last one."""
        now = time.monotonic()
        if now - self._last.get(key, -self._seconds) < self._seconds:
            return False
        self._last[key] = now
        self._last.move_to_end(key)
        if len(self._last) > self._remembers:
            self._last.popitem(last=False)
        return True
