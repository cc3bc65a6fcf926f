"""Storefronts of affiliates: which drafts wait for the company."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from mainstem.api.company.listing import Row, show_route
from mainstem.kit.work import Work
from mainstem_affiliates import editor


class WaitingDraft(Row):
    """A draft that waits. `home_id` and `id` lead to it."""

    home_id: int
    id: UUID
    affiliate: str
    name: str
    slug: str
    is_new: bool
    submitted_at: datetime


class WaitingDrafts(Row):
    """Those that wait, the longest first."""

    items: list[WaitingDraft]


def _read(work: Work) -> dict[str, list[editor.WaitingDraft]]:
    """Drafts of storefronts that wait for the company, the longest first."""
    return {"items": editor.waiting(work)}


routes = [
    show_route(
        "/storefronts/waiting",
        WaitingDrafts,
        _read,
        name="list_storefronts_to_approve",
        scope="setup:read",
        tag="Storefronts",
    )
]
