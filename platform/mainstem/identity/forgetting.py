"""What signing in leaves behind, forgotten when it has served.

People sign in by the machine's clock, also where the demo's own has run ahead of it.
"""

from __future__ import annotations

from datetime import timedelta

from mainstem.identity.attempts import ATTEMPTS_KEPT
from mainstem.kit.work import Work

SESSIONS_KEPT = timedelta(days=30)
"""How long a session is remembered after it would have run out."""

DEVICES_KEPT = timedelta(days=400)
DAY = timedelta(days=1)

_OVER: tuple[tuple[str, str, str, timedelta], ...] = (
    # table, its key, since when, and how long it is kept
    ("sign_in_attempt", "id", "at", ATTEMPTS_KEPT),
    ("sign_in_session", "token_hash", "expires_at", SESSIONS_KEPT),
    ("pending_sign_in", "token_hash", "expires_at", DAY),
    ("passkey_challenge", "challenge", "expires_at", DAY),
    ("second_factor_attempt", "id", "at", DAY),
    ("password_reset_request", "id", "at", DAY),
    ("password_reset", "person_id", "expires_at", DAY),
    ("known_device", "(person_id, device_hash)", "seen_at", DEVICES_KEPT),
)


def forget_sign_ins(work: Work, *, most: int = 5000) -> int:
    """Forget the oldest attempts, codes, links and ended sessions that have been kept long enough, and
    the authenticator apps that were begun and never confirmed; how many."""
    forgotten = 0
    for table, key, since, kept in _OVER:
        forgotten += _forget(work, table, key, since, kept, most=most)
    return forgotten + _forget(
        work, "totp", "id", "created_at", DAY, most=most, only="AND confirmed_at IS NULL"
    )


def _forget(
    work: Work, table: str, key: str, since: str, kept: timedelta, *, most: int, only: str = ""
) -> int:
    columns = key.strip("()")
    return work.run(
        f"""DELETE FROM {table} WHERE {key} IN (
              SELECT {columns} FROM {table}
               WHERE {since} < %(now)s - (SELECT ahead FROM demo_clock) - %(kept)s {only}
               ORDER BY {since} LIMIT %(most)s)""",
        now=work.now(),
        kept=kept,
        most=most,
    )
