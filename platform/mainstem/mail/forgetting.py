"""What is let go of: what old mail said. That it was told stays, so that nobody is told twice."""

from __future__ import annotations

from datetime import timedelta

from mainstem.kit.work import Work

KEPT = timedelta(days=90)
"""As long as a client may still ask what was written, and a mail server has long had it."""
AT_ONCE = 20_000
"""How many a day's clean-up takes: more than a day brings, so that what has gathered melts away."""


def forget_bodies(work: Work, *, most: int = AT_ONCE) -> int:
    """Let go of what mail of more than KEPT ago said, oldest first; how many.

    A row stays, with its reason, subject and address, for ever: it is what makes another of the same
    impossible. Only rows that still say something are looked at, by an index of their own.
    """
    return work.run(
        """UPDATE mail SET context = NULL, recipient_name = ''
             FROM (SELECT home_id, id FROM mail
                    WHERE context IS NOT NULL AND created_at < %(before)s AND state <> 'queued'
                    ORDER BY created_at LIMIT %(most)s FOR UPDATE SKIP LOCKED) AS old
            WHERE mail.home_id = old.home_id AND mail.id = old.id""",
        before=work.now() - KEPT,
        most=most,
    )
