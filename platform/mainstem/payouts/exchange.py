"""Changing money for a payout: rates as they were published, and what was changed at which.

Money is changed only together with the payout that it becomes part of (decision 22). The company is
on the other side: its account of exchange differences gives in one currency and takes in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from mainstem import ledger
from mainstem.kit.errors import Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem.ledger import postings
from mainstem.money import Money

RATE_LIFE = timedelta(days=7)
"""How old a rate may be when money is changed at it: over the longest holidays of a central bank."""

RATE_AGE_MAX = timedelta(days=366)
"""How long ago a rate was published that is still written down; what is older is a slip of the pen."""

BILLION = 10**9
DEMO_SOURCE = "Demo, no market rate"
"""Where the rates of a demo say that they are from."""


class RateRefused(Refused):
    """Not a rate that somebody could have published."""

    code: ClassVar[str] = "rate_refused"
    status: ClassVar[int] = 422
    message: ClassVar[str] = (
        "Give two currencies, a rate above zero with at most nine decimals, where it is from, and"
        " a time that is not to come."
    )


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is in another, where that was published, and when."""

    from_currency: str
    to_currency: str
    billionths: int
    source: str
    published_at: datetime

    @property
    def figure(self) -> str:
        """The rate in figures, as it was published: 11.2345."""
        return f"{(Decimal(self.billionths) / BILLION).normalize():f}"


@dataclass(frozen=True, slots=True)
class Conversion:
    """Money that was changed to be part of a payout."""

    before: Money
    after: Money
    rate: Rate


def set_rate(
    work: Work,
    from_currency: str,
    to_currency: str,
    figure: str,
    *,
    source: str,
    published_at: datetime,
) -> Rate:
    """Keep a published rate: one unit of the first currency in the second. Raises RateRefused.

    The same instant again is the same rate; another figure for it is refused.
    """
    refuse_unseen("/source", source)
    billionths = _billionths(figure)
    codes = (from_currency, to_currency)
    if (
        billionths is None
        or from_currency == to_currency
        or not all(len(code) == 3 and code.isascii() and code.isupper() for code in codes)
        or not 0 < len(source.strip()) <= 120
    ):
        raise RateRefused()
    first, last = work.now() - RATE_AGE_MAX, work.now()
    if not first <= published_at <= last:
        facts = {"first": first, "last": last}
        raise RateRefused(
            Problem("/published", "out_of_range", "Give a time from {first} to {last}.", facts)
        )
    rate = Rate(from_currency, to_currency, billionths, source.strip(), published_at)
    kept = work.value(
        """WITH new AS (
             INSERT INTO exchange_rate (from_currency, to_currency, published_at, rate_billionths,
                                        source, actor, recorded_at)
             VALUES (%(from)s, %(to)s, %(at)s, %(rate)s, %(source)s, %(actor)s, %(now)s)
             ON CONFLICT (from_currency, to_currency, published_at) DO NOTHING
             RETURNING rate_billionths)
           SELECT rate_billionths FROM new UNION ALL
           SELECT rate_billionths FROM exchange_rate
            WHERE from_currency = %(from)s AND to_currency = %(to)s AND published_at = %(at)s LIMIT 1""",
        **{"from": from_currency, "to": to_currency},
        at=published_at,
        rate=billionths,
        source=rate.source,
        actor=str(work.actor),
        now=work.now(),
    )
    if kept != billionths:
        raise RateRefused()
    record(work, "rate.set", f"{from_currency}:{to_currency}")
    return rate


def refresh_demo_rates(work: Work, now: datetime) -> None:
    """Publish a demo's own rates again for the time to which its clock is moved.

    Nobody else publishes any there: else what is earned abroad would be stuck a week ahead.
    """
    work.run(
        """INSERT INTO exchange_rate (from_currency, to_currency, published_at, rate_billionths,
                                      source, actor, recorded_at)
           SELECT DISTINCT ON (from_currency, to_currency) from_currency, to_currency, %(now)s,
                  rate_billionths, source, %(actor)s, %(now)s
             FROM exchange_rate WHERE source = %(source)s
            ORDER BY from_currency, to_currency, published_at DESC
           ON CONFLICT (from_currency, to_currency, published_at) DO NOTHING""",
        source=DEMO_SOURCE,
        actor=str(work.actor),
        now=now,
    )


def rates_in_force(work: Work) -> dict[tuple[str, str], Rate]:
    """The newest rate from each currency to each other, where it is no older than RATE_LIFE."""
    rows = work.rows(
        """SELECT DISTINCT ON (from_currency, to_currency) from_currency, to_currency,
                  rate_billionths, source, published_at
             FROM exchange_rate WHERE published_at > %(oldest)s AND published_at <= %(now)s
            ORDER BY from_currency, to_currency, published_at DESC""",
        oldest=work.now() - RATE_LIFE,
        now=work.now(),
    )
    return {(row.from_currency, row.to_currency): Rate(*row) for row in rows}


def convert(work: Work, affiliate_id: int, payout_id: UUID, planned: list[Conversion]) -> None:
    """Change an affiliate's payable money for a payout, both sides in the books."""
    for one in planned:
        id = new_id()
        rate = one.rate
        work.run(
            """INSERT INTO conversion (home_id, id, payout_id, from_currency, from_minor, to_currency,
                      to_minor, rate_billionths, rate_source, rate_published_at, converted_at)
               VALUES (%(home)s, %(id)s, %(payout)s, %(from)s, %(from_minor)s, %(to)s, %(to_minor)s,
                       %(rate)s, %(source)s, %(published)s, %(now)s)""",
            home=affiliate_id,
            id=id,
            payout=payout_id,
            **{"from": rate.from_currency, "to": rate.to_currency},
            from_minor=one.before.minor,
            to_minor=one.after.minor,
            rate=rate.billionths,
            source=rate.source,
            published=rate.published_at,
            now=work.now(),
        )
        day = work.now().astimezone(work.tools.zone).date()
        reason = (
            f"Changed at {rate.figure} {rate.to_currency} per {rate.from_currency}, {rate.source}"
        )
        ledger.post(
            work,
            [
                postings.earnings_converted_from(affiliate_id, id, one.before, reason, on=day),
                postings.earnings_converted_into(affiliate_id, id, one.after, reason, on=day),
            ],
        )


def conversions_of(
    work: Work, affiliate_id: int, payouts: list[UUID]
) -> dict[UUID, list[Conversion]]:
    """What was changed for each of these payouts."""
    found: dict[UUID, list[Conversion]] = {}
    for row in work.rows(
        """SELECT payout_id, from_currency, from_minor, to_currency, to_minor, rate_billionths,
                  rate_source, rate_published_at
             FROM conversion WHERE home_id = %(home)s AND payout_id = ANY(%(ids)s::uuid[])
            ORDER BY payout_id, from_currency""",
        home=affiliate_id,
        ids=payouts,
    ):
        found.setdefault(row.payout_id, []).append(_conversion(row))
    return found


def _conversion(row: Any) -> Conversion:
    return Conversion(
        Money(row.from_minor, row.from_currency),
        Money(row.to_minor, row.to_currency),
        Rate(
            row.from_currency,
            row.to_currency,
            row.rate_billionths,
            row.rate_source,
            row.rate_published_at,
        ),
    )


def _billionths(figure: str) -> int | None:
    """A rate as people type it, exactly; None for what is none."""
    try:
        exact = Decimal(figure.strip().replace(",", ".")) * BILLION
    except InvalidOperation:
        return None
    if not exact.is_finite() or exact != exact.to_integral_value() or not 0 < exact < 2**53:
        return None
    return int(exact)
