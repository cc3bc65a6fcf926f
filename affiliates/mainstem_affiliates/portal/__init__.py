"""The portal: what an affiliate earned, why, and what to do next."""

from __future__ import annotations

from typing import Any

routes: list[Any] = []
