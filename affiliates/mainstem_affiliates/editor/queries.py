"""What pages read of storefronts, drafts and versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from mainstem.kit.work import Work

VERSIONS_MAX = 50


@dataclass(frozen=True, slots=True)
class OwnStorefront:
    """A storefront of an affiliate's, or the draft of their first one, with how far its draft is."""

    id: int | None
    slug: str
    name: str
    active: bool
    number: int | None
    published_at: datetime | None
    draft_id: UUID | None
    draft_state: str | None
    reason: str | None
    changed_at: datetime | None
    changed_by: str | None


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """What clients have seen, and from when on."""

    id: UUID
    number: int
    published_at: datetime
    made_by: str
    approved_by: str
    document: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WaitingDraft:
    """A draft that waits for the company, the longest first."""

    home_id: int
    id: UUID
    affiliate: str
    name: str
    slug: str
    is_new: bool
    submitted_at: datetime


_OWN = """
SELECT s.id, coalesce(s.slug, d.document ->> 'slug') AS slug, coalesce(s.name, d.document ->> 'name') AS name,
       coalesce(s.active, false) AS active, v.number, v.decided_at AS published_at,
       d.id AS draft_id, d.state AS draft_state, d.reason, d.changed_at, d.changed_by
  FROM (SELECT * FROM storefront WHERE home_id = %(home)s) s
  FULL JOIN (SELECT * FROM storefront_version
              WHERE home_id = %(home)s AND state IN ('draft', 'submitted', 'returned')) d
    ON d.storefront_id = s.id
  LEFT JOIN LATERAL (SELECT number, decided_at FROM storefront_version p
                      WHERE p.home_id = %(home)s AND p.storefront_id = s.id AND p.state = 'published'
                      ORDER BY number DESC LIMIT 1) v ON true
 ORDER BY s.id NULLS LAST"""


def own(work: Work, home_id: int) -> list[OwnStorefront]:
    """An affiliate's storefronts, and the draft of a new one last."""
    return work.rows_as(OwnStorefront, _OWN, home=home_id)


def versions(work: Work, home_id: int, storefront_id: int) -> list[PublishedVersion]:
    """What clients have seen of a storefront, the latest first."""
    return work.rows_as(
        PublishedVersion,
        """SELECT id, number, decided_at AS published_at, changed_by AS made_by,
                  decided_by AS approved_by, document
             FROM storefront_version
            WHERE home_id = %(home)s AND storefront_id = %(id)s AND state = 'published'
            ORDER BY number DESC LIMIT %(most)s""",
        home=home_id,
        id=storefront_id,
        most=VERSIONS_MAX,
    )


def waiting(work: Work, *, most: int = 200) -> list[WaitingDraft]:
    """Drafts that wait for the company, the longest first."""
    return work.rows_as(
        WaitingDraft,
        """SELECT v.home_id, v.id, a.name AS affiliate, v.document ->> 'name' AS name,
                  v.document ->> 'slug' AS slug, v.storefront_id IS NULL AS is_new, v.submitted_at
             FROM storefront_version v JOIN affiliate a ON a.id = v.home_id
            WHERE v.state = 'submitted' ORDER BY v.submitted_at, v.id LIMIT %(most)s""",
        most=most,
    )


def storefront_named(work: Work, home_id: int, slug: str) -> int | None:
    """The storefront of this affiliate that is called so; None where there is none."""
    found: int | None = work.value(
        "SELECT id FROM storefront WHERE home_id = %(home)s AND slug = %(slug)s",
        home=home_id,
        slug=slug,
    )
    return found
