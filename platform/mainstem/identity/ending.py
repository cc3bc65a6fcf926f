"""What was open, ended: a session by its token or its number, or all that somebody has begun."""

from __future__ import annotations

from mainstem.identity.secrets import hash_of
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


def end_password_links(work: Work, person_id: int) -> None:
    """No link for a new password that was mailed before opens anything any more."""
    work.run(
        """UPDATE password_reset SET used_at = %(now)s
            WHERE person_id = %(person)s AND used_at IS NULL""",
        person=person_id,
        now=work.now(),
    )
