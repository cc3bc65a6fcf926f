"""The audit log: who did what to what and when, and what was different then; as a page and as a file."""

from __future__ import annotations

from typing import Any

from mainstem.console.audit import download, page

routes: list[Any] = [page.audit, download.download]
