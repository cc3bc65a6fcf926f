"""Sessions ended: one by its token, or all of somebody's, in one place."""

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


def end_sessions(work: Work, person_id: int, *, keep: bytes | None = None) -> int:
    """End every session of somebody, at once, save the one whose hash is `keep`; how many."""
    return work.run(
        """UPDATE sign_in_session SET revoked_at = %(now)s
            WHERE person_id = %(person)s AND revoked_at IS NULL AND expires_at > %(now)s
              AND token_hash IS DISTINCT FROM %(keep)s""",
        person=person_id,
        keep=keep,
        now=work.now(),
    )
