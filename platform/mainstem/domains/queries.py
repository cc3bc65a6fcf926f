"""What pages, the host check and mail read of the hosts of storefronts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from mainstem.domains import rules
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class Domain:
    """A host of a storefront, as its owners and staff see it."""

    home_id: int
    id: UUID
    host: str
    shown: str
    state: str
    problem: str
    missed_days: int
    added_at: datetime
    checked_at: datetime | None
    proved_at: datetime | None
    storefront: str
    slug: str
    affiliate: str
    challenge: str


_DOMAINS = """
SELECT d.home_id, d.id, d.host, d.shown, d.state, d.problem, d.missed_days, d.added_at, d.checked_at,
       d.proved_at, s.name AS storefront, s.slug, a.name AS affiliate,
       d.challenge
  FROM storefront_domain d JOIN storefront s ON s.home_id = d.home_id AND s.id = d.storefront_id
  JOIN affiliate a ON a.id = d.home_id"""


def of_storefront(work: Work, home_id: int, storefront_id: int) -> list[Domain]:
    """The hosts of one storefront that are in use, the first one first."""
    return work.rows_as(
        Domain,
        f"""{_DOMAINS} WHERE d.home_id = %(home)s AND d.storefront_id = %(id)s AND d.state <> 'removed'
             ORDER BY d.added_at, d.id""",
        home=home_id,
        id=storefront_id,
    )


def in_use(work: Work, *, most: int = 500) -> list[Domain]:
    """The hosts of all storefronts, by name."""
    return work.rows_as(
        Domain,
        f"{_DOMAINS} WHERE d.state <> 'removed' ORDER BY d.host, d.id LIMIT %(most)s",
        most=most,
    )


def proved_hosts(work: Work) -> Mapping[str, str]:
    """The storefront of every proved host, by its slug. Whose storefront is closed serves nothing."""
    rows = work.rows(
        """SELECT d.host, s.slug FROM storefront_domain d
             JOIN storefront s ON s.home_id = d.home_id AND s.id = d.storefront_id AND s.active
            WHERE d.state = 'proved'"""
    )
    return {row.host: row.slug for row in rows}


def proof(secret: str, one: Domain) -> tuple[str, str]:
    """The name of the TXT record that proves a host, and what it says: as it was first told."""
    value = one.challenge or rules.challenge(secret, one.home_id, one.host)
    return f"{rules.RECORD}.{one.host}", value


def remember(work: Work, home_id: int, subject: UUID, host: str) -> None:
    """On which host an order or a lead began: what its client is told leads there."""
    work.run(
        """INSERT INTO begun_on (home_id, subject, host) VALUES (%(home)s, %(subject)s, %(host)s)
           ON CONFLICT DO NOTHING""",
        home=home_id,
        subject=subject,
        host=host,
    )


def url_of(work: Work, home_id: int, subject: UUID) -> str:
    """Where the pages of an order or a lead are: the host that it began on, while that is proved, or
    else the company's."""
    public = work.tools.public_url
    host = work.value(
        """SELECT b.host FROM begun_on b
            WHERE b.home_id = %(home)s AND b.subject = %(subject)s
              AND EXISTS (SELECT FROM storefront_domain d
                           WHERE d.home_id = b.home_id AND d.state = 'proved'
                             AND d.host = split_part(b.host, ':', 1))""",
        home=home_id,
        subject=subject,
    )
    return f"{urlsplit(public).scheme}://{host}" if host else public
