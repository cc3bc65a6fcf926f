"""The API: orders and leads from storefronts on other machines."""

from __future__ import annotations

from typing import Any

routes: list[Any] = []
