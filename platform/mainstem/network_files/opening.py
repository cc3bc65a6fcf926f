"""Opening balances: what an affiliate had earned elsewhere and was not paid, or what they owed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from mainstem import ledger
from mainstem.kit.work import Work
from mainstem.ledger import postings
from mainstem.money import Money


class Opening(NamedTuple):
    """A balance that is brought in, and why. Below zero the affiliate owes it."""

    amount: Money
    reason: str


def openings_of(
    work: Work, slugs: Sequence[str], currencies: Collection[str]
) -> Mapping[tuple[str, str], Money]:
    """What was brought in already, by the affiliate's slug and the currency."""
    rows = work.rows(
        """SELECT a.slug, t.currency, e.signed_minor
             FROM affiliate a
             JOIN ledger_transfer t ON t.home_id = a.id AND t.key = ANY(%(keys)s::text[])
             JOIN ledger_entry e ON e.home_id = t.home_id AND e.transfer_id = t.id
                                AND e.owner_id = a.id AND e.account = 'payable'
            WHERE a.slug = ANY(%(slugs)s::text[])""",
        keys=[postings.opening_key(currency) for currency in sorted(currencies)],
        slugs=list(slugs),
    )
    return {(row.slug, row.currency): Money(row.signed_minor, row.currency) for row in rows}


def bring_in(work: Work, openings: Mapping[str, Sequence[Opening]]) -> int:
    """Book the balances of affiliates by their slugs, payable at once; how many were new.

    Each is a posting under one key an affiliate and currency, so that none is ever brought in twice.
    """
    ids = {
        row.slug: row.id
        for row in work.rows(
            "SELECT slug, id FROM affiliate WHERE slug = ANY(%(slugs)s::text[])",
            slugs=sorted(openings),
        )
    }
    today = work.now().astimezone(work.tools.zone).date()
    return len(
        ledger.post(
            work,
            [
                postings.opening_balance(ids[slug], opening.amount, opening.reason, on=today)
                for slug, several in openings.items()
                for opening in several
            ],
        )
    )
