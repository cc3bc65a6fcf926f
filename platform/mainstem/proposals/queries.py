"""Plans that were proposed, as verbs and pages read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan that somebody wants in force: which, from when on, what was answered, and the version it became.

    `accepted` are the warnings that are meant, by code and place. `nobody_to_ask`: it was published at once.
    """

    id: UUID
    name: str
    effective_from: datetime | None
    accepted: list[str]
    state: str
    nobody_to_ask: bool
    proposed_by: str
    proposed_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    words: str
    version: int | None


_PROPOSALS = """
SELECT id, document->>'name' AS name, effective_from, accepted, state, nobody_to_ask,
       proposed_by, proposed_at, decided_by, decided_at, words, version
  FROM plan_proposal WHERE """

_NEWEST = Sorting(
    "proposed",
    (SortColumn("proposed_at", "proposed_at", datetime), SortColumn("id", "id", UUID)),
)


def proposals(work: Work, *, cursor: str | None = None, most: int) -> Page[Proposal]:
    """Plans that were proposed, the newest first."""
    sql = f"{_PROPOSALS} true {{seek}} {{sorted}}"
    return paging.read_as(work, Proposal, sql, _NEWEST, cursor=cursor, most=most)


def proposal(work: Work, proposal_id: UUID) -> Proposal:
    """One of them. Raises NotFound."""
    found = work.rows_as(Proposal, f"{_PROPOSALS} id = %(id)s", id=proposal_id)
    if not found:
        raise NotFound("proposal")
    return found[0]


def waiting(work: Work) -> Proposal | None:
    """The one that waits for a second person, if there is one."""
    found = work.rows_as(Proposal, f"{_PROPOSALS} state = 'needs_approval'")
    return found[0] if found else None


def document_of(work: Work, proposal_id: UUID) -> dict[str, Any]:
    """The plan that was proposed, in full. Raises NotFound."""
    found = work.value("SELECT document FROM plan_proposal WHERE id = %(id)s", id=proposal_id)
    if found is None:
        raise NotFound("proposal")
    return dict(found)
