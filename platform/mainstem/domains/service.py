"""Hosts of storefronts: added, looked at, proved, paused when the proof is gone, and removed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit
from uuid import UUID

from mainstem.domains import rules
from mainstem.domains.model import IN_USE, StorefrontDomain
from mainstem.domains.proving import Found, Prover
from mainstem.kit.db import Database
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import Fact, record, record_all
from mainstem.kit.ids import new_id
from mainstem.kit.signed import in_force
from mainstem.kit.work import SYSTEM, Work

MISSES_MAX = 3
"""So many looks in a row, each on another day, find no proof before a host is paused."""

PENDING_DAYS = 30
"""So long a host that was never proved is looked at every day; then when somebody asks."""

HOSTS_MAX = 5
"""How many hosts one storefront may have in use."""

SECONDS_BETWEEN = 20
"""So long after a look the next one that a person asks for waits."""


class HostTaken(Refused):
    """Another storefront has proved it."""

    code: ClassVar[str] = "host_taken"
    message: ClassVar[str] = "Another shop has proved that {host} is theirs."


class TooManyHosts(Refused):
    """The storefront has as many as it may have."""

    code: ClassVar[str] = "too_many_hosts"
    message: ClassVar[str] = "A shop has at most {most} names of its own. Remove one first."


def add(work: Work, home_id: int, storefront_id: int, text: str) -> StorefrontDomain:
    """Ask for a host for a storefront; the same again is the same. It serves nothing until it is proved.

    Raises InvalidInput, HostTaken, TooManyHosts and NotFound.
    """
    if not work.value(
        "SELECT 1 FROM storefront WHERE home_id = %(home)s AND id = %(id)s FOR UPDATE",
        home=home_id,
        id=storefront_id,
    ):
        raise NotFound("storefront")
    host = rules.host(text, company_hosts(work), _hosts_of_others(work, home_id))
    there = _in_use(work, home_id, host.name)
    if there is not None:
        if there.storefront_id != storefront_id:
            message = "Another shop of yours has this name. Remove it there first."
            raise InvalidInput(Problem("/host", "host_taken", message))
        return there
    if _proved_elsewhere(work, home_id, host.name):
        raise HostTaken(host=host.shown)
    count = work.value(
        """SELECT count(*) FROM storefront_domain
            WHERE home_id = %(home)s AND storefront_id = %(id)s AND state = ANY(%(in_use)s)""",
        home=home_id,
        id=storefront_id,
        in_use=list(IN_USE),
    )
    if count >= HOSTS_MAX:
        raise TooManyHosts(most=HOSTS_MAX)
    row = StorefrontDomain(
        home_id=home_id,
        id=new_id(),
        storefront_id=storefront_id,
        host=host.name,
        shown=host.shown,
        challenge=_challenge(work, home_id, host.name),
        added_at=work.now(),
        added_by=str(work.actor),
    )
    work.add(row)
    record(work, "domain.added", row.id, home=home_id)
    record(work, "domain.check_requested", row.id, home=home_id)
    return row


def _challenge(work: Work, home_id: int, host: str) -> str:
    # A company that has no secret yet makes it when it looks.
    secret = work.tools.secret
    return rules.challenge(secret, home_id, host) if secret else ""


def request_check(work: Work, home_id: int, id: UUID) -> None:
    """Have a host looked at soon. Whoever asks again at once is looked at once."""
    row = _taken(work, home_id, id)
    recent = row.checked_at and row.checked_at > work.now() - timedelta(seconds=SECONDS_BETWEEN)
    waits = work.value(
        """SELECT 1 FROM fact_waiting WHERE name = 'domain.check_requested' AND home_id = %(home)s
              AND subject = %(id)s AND state = 'waiting' LIMIT 1""",
        home=home_id,
        id=str(id),
    )
    if row.state in IN_USE and not recent and not waits:
        record(work, "domain.check_requested", id, home=home_id)


def queue_checks(work: Work) -> None:
    """Once a day: have every host looked at that is in use, or may still be proved."""
    rows = work.rows(
        """SELECT home_id, id FROM storefront_domain
            WHERE state IN ('proved', 'paused') OR (state = 'pending' AND added_at > %(since)s)
            ORDER BY home_id, id""",
        since=work.now() - timedelta(days=PENDING_DAYS),
    )
    record_all(work, "domain.check_requested", [(row.home_id, row.id) for row in rows])


def check(database: Database, fact: Fact) -> None:
    """Look at a host, between two transactions, and write down what was found."""
    with database.work(SYSTEM) as work:
        row = work.row(
            """SELECT host, state, challenge FROM storefront_domain
                WHERE home_id = %(home)s AND id = %(id)s""",
            home=fact.home_id,
            id=fact.uuid,
        )
        if row is None or row.state not in IN_USE:
            return
        prover: Prover = work.tools.domains or Prover()
        value = row.challenge or _told(work, fact.home_id, fact.uuid, row.host)
    found = prover.look(row.host, value)
    with database.work(SYSTEM) as work:
        note(work, fact.home_id, fact.uuid, found)


def _told(work: Work, home_id: int, id: UUID, host: str) -> str:
    """What proves a host that was added before its challenge was kept: from the secret of that time."""
    value = rules.challenge(in_force(work.tools.secret)[-1], home_id, host)
    work.run(
        """UPDATE storefront_domain SET challenge = %(value)s
            WHERE home_id = %(home)s AND id = %(id)s AND challenge = ''""",
        home=home_id,
        id=id,
        value=value,
    )
    return value


def note(work: Work, home_id: int, id: UUID, found: Found) -> None:
    """What a look at a host has found. A proof counts at once; that it is gone, after three days."""
    row = _taken(work, home_id, id)
    if row.state not in IN_USE:
        return
    row.checked_at = work.now()
    if found == "proved":
        _proved(work, row)
    else:
        _missed(work, row, found)
    work.add(row)


def _proved(work: Work, row: StorefrontDomain) -> None:
    row.missed_days, row.missed_on, row.problem = 0, None, ""
    if row.state == "proved":
        return
    # Two who prove one host at one instant: the index below lets one of them through.
    work.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(%(host)s, 7243))",
        host=row.host,
    )
    if _proved_elsewhere(work, row.home_id, row.host):
        row.problem = "taken"
        return
    _lose_to(work, row)
    row.state, row.proved_at = "proved", work.now()
    record(work, "domain.proved", row.id, home=row.home_id)


def _lose_to(work: Work, row: StorefrontDomain) -> None:
    """Whoever had proved the host before and has lost the proof, has lost the host."""
    lost = work.rows(
        """UPDATE storefront_domain SET state = 'removed', removed_at = %(now)s, removed_by = 'system'
            WHERE host = %(host)s AND state = 'paused' AND home_id <> %(home)s RETURNING home_id, id""",
        host=row.host,
        home=row.home_id,
        now=work.now(),
    )
    record_all(work, "domain.removed", [(one.home_id, one.id) for one in lost])


def _missed(work: Work, row: StorefrontDomain, found: Found) -> None:
    row.problem = found
    if row.state != "proved":
        return
    today = work.now().astimezone(work.tools.zone).date()
    if row.missed_on == today:
        return
    row.missed_days, row.missed_on = row.missed_days + 1, today
    if row.missed_days >= MISSES_MAX:
        row.state = "paused"
        record(work, "domain.paused", row.id, home=row.home_id)


def remove(work: Work, home_id: int, id: UUID) -> None:
    """Take a host from its storefront, at once; once more changes nothing."""
    row = _taken(work, home_id, id)
    if row.state == "removed":
        return
    row.state = "removed"
    row.removed_at, row.removed_by = work.now(), str(work.actor)
    work.add(row)
    record(work, "domain.removed", id, home=home_id)


def company_hosts(work: Work) -> list[str]:
    """The hosts that are the company's: where this runs, its website, and its mail."""
    row = work.row("SELECT website, email FROM company_profile")
    given = [work.tools.public_url, *((row.website, row.email.rpartition("@")[2]) if row else ())]
    return [*_hosts(given)]


def _hosts(urls: Iterable[str]) -> Iterable[str]:
    for url in urls:
        name = urlsplit(url if "//" in url else f"//{url}").hostname or ""
        # A company that is tried out on one machine has no name of its own.
        if "." in name and not name.replace(".", "").isdigit():
            yield name


def _hosts_of_others(work: Work, home_id: int) -> list[str]:
    rows = work.rows(
        "SELECT host FROM storefront_domain WHERE state = 'proved' AND home_id <> %(home)s",
        home=home_id,
    )
    return [row.host for row in rows]


def _in_use(work: Work, home_id: int, host: str) -> StorefrontDomain | None:
    id = work.value(
        """SELECT id FROM storefront_domain
            WHERE home_id = %(home)s AND host = %(host)s AND state = ANY(%(in_use)s)""",
        home=home_id,
        host=host,
        in_use=list(IN_USE),
    )
    return _taken(work, home_id, id) if id else None


def _proved_elsewhere(work: Work, home_id: int, host: str) -> bool:
    return bool(
        work.value(
            """SELECT 1 FROM storefront_domain
                WHERE host = %(host)s AND state = 'proved' AND home_id <> %(home)s""",
            host=host,
            home=home_id,
        )
    )


def _taken(work: Work, home_id: int, id: UUID) -> StorefrontDomain:
    work.session.flush()
    row = work.session.get(
        StorefrontDomain, (home_id, id), with_for_update=True, populate_existing=True
    )
    if row is None:
        raise NotFound("domain")
    return row
