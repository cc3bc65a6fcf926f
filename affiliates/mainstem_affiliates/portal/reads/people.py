"""Who signs in for the affiliate, and who of them said what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from mainstem.kit.work import Work
from mainstem_affiliates.portal.reads.profile import AffiliateProfile


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who signs in for the affiliate, and as what."""

    id: int
    name: str
    email: str
    role: str
    since: datetime


def people(work: Work, reader: AffiliateProfile) -> list[Colleague]:
    """Who signs in for the affiliate, by name."""
    return work.rows_as(
        Colleague,
        """SELECT p.id, p.name, p.email, m.affiliate_role AS role, m.granted_at AS since
             FROM membership m JOIN person p ON p.id = m.person_id
            WHERE m.affiliate_id = %(id)s AND m.revoked_at IS NULL ORDER BY p.name, p.id""",
        id=reader.id,
    )


def said_by(work: Work, actors: Iterable[str]) -> dict[str, str]:
    """The names of the affiliate's own people, by how a Work names them; nobody else's."""
    rows = work.rows(
        "SELECT 'person:' || id AS actor, name FROM person WHERE 'person:' || id = ANY(%(actors)s)",
        actors=sorted(set(actors)),
    )
    return {row.actor: row.name for row in rows}
