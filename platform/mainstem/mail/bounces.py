"""Addresses at which nothing arrives: nothing more is sent there until staff say otherwise."""

from __future__ import annotations

from mainstem.kit.work import Work


def mark_bounced(work: Work, address_key: str, error: str) -> None:
    """An address has refused mail for good. The first word about it stands."""
    work.run(
        """INSERT INTO bounced_address (address_key, error, bounced_at)
           VALUES (%(key)s, %(error)s, %(now)s) ON CONFLICT DO NOTHING""",
        key=address_key,
        error=error[:500],
        now=work.now(),
    )


def lift_bounce(work: Work, address_key: str) -> bool:
    """Write to an address again; whether it had been given up. What was not sent stays unsent."""
    return bool(
        work.run("DELETE FROM bounced_address WHERE address_key = %(key)s", key=address_key)
    )
