"""Attempts to come in, counted before they are checked: a hundred guesses at once are a hundred."""

from __future__ import annotations

from datetime import timedelta

from mainstem.kit.errors import Refused
from mainstem.kit.work import Work

WINDOW = timedelta(minutes=15)
FAILURES_PER_PAIR = 5
"""Wrong passwords for one e-mail from one address. Who guesses shuts out nobody else."""

FAILURES_PER_ADDRESS = 30
FAILURES_PER_EMAIL = 50
"""Wrong passwords for one e-mail, wherever they come from. It shuts out strangers only: an address
from which this person has signed in lately is still heard."""

CODES_PER_PERSON = 5
"""Wrong codes of one person. Who sends them has the password already, so no address is better than
another; a passkey, which nobody guesses, still opens."""

ATTEMPTS_KEPT = timedelta(days=30)


class TooManyAttempts(Refused):
    """Too many wrong passwords or codes lately, from this address or for this e-mail."""

    code = "too_many_attempts"
    status = 429
    message = "Too many attempts. Try again in {minutes} min."

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(minutes=max(1, -(-retry_after // 60)))


def count_attempt(work: Work, key: str, network: str) -> int:
    """Keep this attempt as a failure until it succeeds; TooManyAttempts when there were too many.

    A throttled attempt is not kept, so no address is shut out longer than the window, and no
    stranger shuts out a person where they are at home.
    """
    for locked in sorted({f"email {key}", f"address {network}"}):
        one_at_a_time(work, locked)
    now = work.now()
    limit = work.value(
        """WITH here AS (
             SELECT max(at) AS at FROM sign_in_attempt
              WHERE email_key = %(key)s AND address = %(address)s AND succeeded),
           of_pair AS (
             SELECT at FROM sign_in_attempt
              WHERE email_key = %(key)s AND address = %(address)s AND at > %(since)s
                AND NOT succeeded AND at > coalesce((SELECT at FROM here), '-infinity')
              ORDER BY at DESC OFFSET %(per_pair)s - 1 LIMIT 1),
           of_email AS (
             SELECT at FROM sign_in_attempt
              WHERE email_key = %(key)s AND at > %(since)s AND NOT succeeded
                AND (SELECT at FROM here) IS NULL
              ORDER BY at DESC OFFSET %(per_email)s - 1 LIMIT 1),
           of_address AS (
             SELECT at FROM sign_in_attempt
              WHERE address = %(address)s AND at > %(since)s AND NOT succeeded
              ORDER BY at DESC OFFSET %(per_address)s - 1 LIMIT 1)
           SELECT max(at) FROM (TABLE of_pair UNION ALL TABLE of_email UNION ALL TABLE of_address)
                    AS full_since""",
        key=key,
        address=network,
        since=now - WINDOW,
        per_pair=FAILURES_PER_PAIR,
        per_email=FAILURES_PER_EMAIL,
        per_address=FAILURES_PER_ADDRESS,
    )
    if limit is not None:
        raise TooManyAttempts(int((limit + WINDOW - now).total_seconds()) + 1)
    return int(
        work.value(
            """INSERT INTO sign_in_attempt (email_key, address, succeeded, at)
               VALUES (%(key)s, %(address)s, false, %(now)s) RETURNING id""",
            key=key,
            address=network,
            now=now,
        )
    )


def attempt_succeeded(work: Work, attempt: int, key: str, network: str) -> None:
    """The password was right: what was kept as a failure is none, and here they are at home."""
    work.run("DELETE FROM sign_in_attempt WHERE id = %(id)s", id=attempt)
    work.run(
        """INSERT INTO sign_in_attempt (email_key, address, succeeded, at)
           VALUES (%(key)s, %(address)s, true, %(now)s)""",
        key=key,
        address=network,
        now=work.now(),
    )
    work.run(
        "DELETE FROM sign_in_attempt WHERE email_key = %(key)s AND at < %(before)s",
        key=key,
        before=work.now() - ATTEMPTS_KEPT,
    )


def count_code(work: Work, person_id: int) -> int:
    """Keep a code that somebody sends as a wrong one until it is right; TooManyAttempts when there
    were too many of theirs lately."""
    one_at_a_time(work, f"code {person_id}")
    now = work.now()
    limit = work.value(
        """SELECT at FROM second_factor_attempt WHERE person_id = %(person)s AND at > %(since)s
            ORDER BY at DESC OFFSET %(most)s - 1 LIMIT 1""",
        person=person_id,
        since=now - WINDOW,
        most=CODES_PER_PERSON,
    )
    if limit is not None:
        raise TooManyAttempts(int((limit + WINDOW - now).total_seconds()) + 1)
    return int(
        work.value(
            """INSERT INTO second_factor_attempt (person_id, at) VALUES (%(person)s, %(now)s)
               RETURNING id""",
            person=person_id,
            now=now,
        )
    )


def code_succeeded(work: Work, person_id: int) -> None:
    """The second factor was right: what was wrong before counts no longer."""
    work.run("DELETE FROM second_factor_attempt WHERE person_id = %(person)s", person=person_id)


def one_at_a_time(work: Work, what: str) -> None:
    """Wait for whoever counts the same; until this work is over, others wait for it."""
    work.run("SELECT pg_advisory_xact_lock(hashtextextended(%(on)s, 7217))", on=what)
