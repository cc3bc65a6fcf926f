"""The desk: pages for those who pick, pack and go out."""

from __future__ import annotations

from typing import Any

routes: list[Any] = []
