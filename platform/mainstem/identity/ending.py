"""What was open, ended: a session by its token or its number, or all that somebody has begun."""

from __future__ import annotations

from collections.abc import Sequence

from mainstem.identity.secrets import hash_of
from mainstem.kit.errors import NotFound
from mainstem.kit.events import record_all
from mainstem.kit.ids import new_ids
from mainstem.kit.work import Work


def sign_out(work: Work, token: str) -> None:
    """End this session. Ending it again is fine."""
    work.run(
        """UPDATE sign_in_session SET revoked_at = %(now)s
            WHERE token_hash = %(hash)s AND revoked_at IS NULL""",
        hash=hash_of(token),
        now=work.now(),
    )


def end_session(work: Work, person_id: int, session_id: int) -> bool:
    """End one session of somebody's own; whether it was still open."""
    return bool(
        work.run(
            """UPDATE sign_in_session SET revoked_at = %(now)s
                WHERE id = %(id)s AND person_id = %(person)s AND revoked_at IS NULL""",
            id=session_id,
            person=person_id,
            now=work.now(),
        )
    )


def end_sessions(work: Work, person_id: int, *, keep: bytes | None = None) -> int:
    """End every session of somebody, at once, save the one whose hash is `keep`; how many. Who is in
    the middle of signing in begins again."""
    work.run("DELETE FROM pending_sign_in WHERE person_id = %(person)s", person=person_id)
    return work.run(
        """UPDATE sign_in_session SET revoked_at = %(now)s
            WHERE person_id = %(person)s AND revoked_at IS NULL AND expires_at > %(now)s
              AND token_hash IS DISTINCT FROM %(keep)s""",
        person=person_id,
        keep=keep,
        now=work.now(),
    )


def end_sessions_for(work: Work, person_id: int, *, reason: str) -> int:
    """Staff end every session of somebody, who is told why; how many. Raises NotFound."""
    if work.value("SELECT 1 FROM person WHERE id = %(id)s FOR UPDATE", id=person_id) is None:
        raise NotFound("person")
    ended = end_sessions(work, person_id)
    if ended:
        _tell(work, [person_id], reason)
    return ended


def end_everybodys_sessions(work: Work, *, reason: str) -> int:
    """Staff end the sessions of everybody but of whoever does it; of how many people. Each is told why,
    and who is in the middle of signing in begins again."""
    mine = int(work.actor.id) if work.actor.kind == "staff" else None
    work.run("DELETE FROM pending_sign_in WHERE person_id IS DISTINCT FROM %(mine)s", mine=mine)
    rows = work.rows(
        """UPDATE sign_in_session SET revoked_at = %(now)s
            WHERE revoked_at IS NULL AND expires_at > %(now)s AND person_id IS DISTINCT FROM %(mine)s
            RETURNING person_id""",
        now=work.now(),
        mine=mine,
    )
    people = sorted({int(row.person_id) for row in rows})
    _tell(work, people, reason)
    return len(people)


def _tell(work: Work, people: Sequence[int], reason: str) -> None:
    ids = new_ids(len(people))
    work.run(
        """INSERT INTO session_ending (id, person_id, ended_by, reason, ended_at)
           SELECT id, person_id, %(who)s, %(reason)s, %(now)s
             FROM unnest(%(ids)s::uuid[], %(people)s::bigint[]) AS new (id, person_id)""",
        ids=ids,
        people=list(people),
        who=str(work.actor),
        reason=reason,
        now=work.now(),
    )
    record_all(work, "sessions.revoked", [(0, id) for id in ids])


def end_password_links(work: Work, person_id: int) -> None:
    """No link for a new password that was mailed before opens anything any more."""
    work.run(
        """UPDATE password_reset SET used_at = %(now)s
            WHERE person_id = %(person)s AND used_at IS NULL""",
        person=person_id,
        now=work.now(),
    )
