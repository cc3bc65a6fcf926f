"""The console: money, plans, people and facts, for the parent's staff."""

from __future__ import annotations

from typing import Any

routes: list[Any] = []
