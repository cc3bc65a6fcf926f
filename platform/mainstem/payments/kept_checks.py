"""The last look at the account, kept; and the lease of whoever creates destinations just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from mainstem.kit.work import Work
from mainstem.payments.account_check import AccountLook
from mainstem.payments.destinations import DestinationState
from mainstem.payments.errors import DestinationsBeingMade
from mainstem.payments.findings import AccountFinding

_LEASE_SECONDS = 240
"""Longer than every call of one attempt together may take."""


@dataclass(frozen=True, slots=True)
class PaymentCheck:
    """How the account was found. `key_end` are the last characters of the key."""

    account: str
    livemode: bool
    key_end: str
    findings: tuple[AccountFinding, ...]
    destinations: tuple[DestinationState, ...]
    passed: bool
    checked_at: datetime


def keep_check(
    work: Work,
    look: AccountLook,
    destinations: Sequence[DestinationState],
    *,
    key_end: str,
    livemode: bool,
) -> PaymentCheck:
    """Keep what was found. It has passed when nothing has failed and every destination serves."""
    check = PaymentCheck(
        account=look.account,
        livemode=livemode,
        key_end=key_end,
        findings=look.findings,
        destinations=tuple(destinations),
        passed=look.is_usable and bool(destinations) and all(one.serves for one in destinations),
        checked_at=work.now(),
    )
    work.run(
        """INSERT INTO payment_check (account, livemode, key_end, findings, destinations, passed,
                                      checked_at, checked_by)
           VALUES (%(account)s, %(livemode)s, %(key_end)s, %(findings)s, %(destinations)s,
                   %(passed)s, %(checked_at)s, %(checked_by)s)""",
        account=check.account,
        livemode=check.livemode,
        key_end=check.key_end,
        findings=Jsonb([asdict(one) for one in check.findings]),
        destinations=Jsonb([asdict(one) for one in check.destinations]),
        passed=check.passed,
        checked_at=check.checked_at,
        checked_by=str(work.actor),
    )
    return check


def last_check(work: Work) -> PaymentCheck | None:
    """The newest look at the account; None where nobody has looked."""
    row = work.row(
        """SELECT account, livemode, key_end, findings, destinations, passed, checked_at
             FROM payment_check ORDER BY id DESC LIMIT 1"""
    )
    return None if row is None else _check(row)


def account_in_use(work: Work) -> str:
    """The account that clients have paid to, as far as looks were kept; empty while none have.

    Before the first payment a company may still choose another account.
    """
    found = work.value(
        """SELECT c.account FROM payment_check c
            WHERE c.passed AND EXISTS (SELECT 1 FROM payment p WHERE p.intent_id IS NOT NULL)
            ORDER BY c.id DESC LIMIT 1"""
    )
    return str(found or "")


def lease_destinations(work: Work) -> None:
    """Have the destinations to oneself for some minutes. Raises DestinationsBeingMade."""
    got = work.value(
        """INSERT INTO destination_lease (leased_until)
           VALUES (clock_timestamp() + make_interval(secs => %(seconds)s))
           ON CONFLICT (one) DO UPDATE SET leased_until = EXCLUDED.leased_until
            WHERE destination_lease.leased_until <= clock_timestamp()
           RETURNING one""",
        seconds=_LEASE_SECONDS,
    )
    if got is None:
        raise DestinationsBeingMade


def end_lease(work: Work) -> None:
    """Let others at the destinations again."""
    work.run("DELETE FROM destination_lease")


def _check(row: Any) -> PaymentCheck:
    return PaymentCheck(
        account=row.account,
        livemode=row.livemode,
        key_end=row.key_end,
        findings=tuple(AccountFinding(**one) for one in row.findings),
        destinations=tuple(
            DestinationState(**(one | {"lacking": tuple(one["lacking"])}))
            for one in row.destinations
        ),
        passed=row.passed,
        checked_at=row.checked_at,
    )
