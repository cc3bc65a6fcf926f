"""Storefronts of affiliates: which drafts wait for the company."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from mainstem import domains
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


class OwnDomain(Row):
    """A host of a storefront, and the TXT record that proves it. `home_id` and `id` lead to it."""

    home_id: int
    id: UUID
    host: str
    shown: str
    slug: str
    affiliate: str
    state: str
    added_at: datetime
    checked_at: datetime | None
    record: str
    value: str


class OwnDomains(Row):
    """The hosts in use, by name."""

    items: list[OwnDomain]


def _domains(work: Work) -> dict[str, list[dict[str, Any]]]:
    """Hosts of storefronts of their own, by name, each with the record that proves it."""
    found = []
    for one in domains.in_use(work):
        record, value = domains.proof(work.tools.secret, one)
        said = {name: getattr(one, name, None) for name in OwnDomain.model_fields}
        found.append(said | {"record": record, "value": value})
    return {"items": found}


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
    ),
    show_route(
        "/domains",
        OwnDomains,
        _domains,
        name="list_storefront_domains",
        scope="setup:read",
        tag="Storefronts",
    ),
]
