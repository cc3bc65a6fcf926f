"""Who signs in for the affiliate, and who of them said what."""

from __future__ import annotations

from collections.abc import Iterable

from mainstem.identity import AffiliatePerson
from mainstem.kit.work import Work
from mainstem_affiliates.portal.reads.profile import AffiliateProfile


def people(work: Work, reader: AffiliateProfile) -> list[AffiliatePerson]:
    """Who signs in, by name. Whether they have a password yet is told by whether they have signed in by
    their invitation: the secret itself is nobody's to read here."""
    return work.rows_as(
        AffiliatePerson,
        """SELECT p.id, p.name, p.email, m.affiliate_role AS role, true AS has_password,
                  m.granted_at AS since
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
