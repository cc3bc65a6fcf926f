"""A throttle: what costs somebody else's time is not done again for whoever reloads a page."""

from __future__ import annotations

import time
from collections import OrderedDict


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
