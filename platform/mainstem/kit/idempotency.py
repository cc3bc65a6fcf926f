"""Idempotency: the same request twice is one request.

A key belongs to a storefront and a route. The row is written in the Work of what it guards: it
stands when that commits and vanishes when that is refused, so a mended request may use its key
again.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from mainstem.kit.errors import Refused
from mainstem.kit.work import Work

KEY_MIN, KEY_MAX = 16, 255
KEPT = timedelta(days=30)
"""How long the same request is known again by its key."""


class IdempotencyMismatch(Refused):
    """The key was used before, for something else."""

    code = "idempotency_mismatch"
    status = 422
    message = (
        "This idempotency key was used for another request. Send the first request again as it"
        " was, or use a new key."
    )


def claim(
    work: Work,
    *,
    home_id: int,
    storefront_id: int,
    route: str,
    key: str,
    fingerprint: bytes,
    subject_id: UUID,
) -> UUID | None:
    """What came of this key before, or None when it is ours now, for `subject_id`.

    Beside a request with the same key that has not ended yet, this waits for its end. Raises
    IdempotencyMismatch when the key was used for something with another fingerprint.
    """
    assert KEY_MIN <= len(key) <= KEY_MAX, "the edge has checked the key's length"
    ours = work.run(
        """INSERT INTO idempotency
                  (home_id, storefront_id, route, key, fingerprint, subject_id, created_at)
           VALUES (%(home)s, %(storefront)s, %(route)s, %(key)s, %(fingerprint)s, %(subject)s,
                   %(now)s)
           ON CONFLICT DO NOTHING""",
        home=home_id,
        storefront=storefront_id,
        route=route,
        key=key,
        fingerprint=fingerprint,
        subject=subject_id,
        now=work.now(),
    )
    if ours:
        return None
    before = work.row(
        """SELECT fingerprint, subject_id FROM idempotency
            WHERE home_id = %(home)s AND storefront_id = %(storefront)s
              AND route = %(route)s AND key = %(key)s""",
        home=home_id,
        storefront=storefront_id,
        route=route,
        key=key,
    )
    assert before is not None, "a key that conflicts is there to be read"
    if bytes(before.fingerprint) != fingerprint:
        raise IdempotencyMismatch
    found: UUID = before.subject_id
    return found


def forget(work: Work, *, most: int = 5000) -> int:
    """Forget the oldest keys that have been kept long enough; how many."""
    return work.run(
        """DELETE FROM idempotency WHERE (home_id, storefront_id, route, key) IN (
             SELECT home_id, storefront_id, route, key FROM idempotency
              WHERE created_at < %(before)s ORDER BY created_at LIMIT %(most)s)""",
        before=work.now() - KEPT,
        most=most,
    )
