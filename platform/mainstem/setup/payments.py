"""How the company is paid: the account at the gateway and its destinations, checked and completed.

What is compared is read in one short Work and what was found is kept in another; between them the
gateway is asked, and no transaction waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

from mainstem import company, payments
from mainstem.kit import inbox
from mainstem.kit.db import Database
from mainstem.kit.work import Actor, Work
from mainstem.payments import (
    AccountFinding,
    AccountLook,
    DestinationState,
    Gateway,
    GatewayDeclined,
    PaymentCheck,
    WantedAccount,
)

_TIMEOUT_SECONDS = 8
_RETRIES = 1
_LATELY = timedelta(days=1)
_KEY_END = 4
_KEY_MIN = 16
"""Of a shorter one four characters would tell too much."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What leads to the gateway: a key, whose address, and where our own is reached."""

    key: str
    api_base: str | None
    public_url: str
    demo: bool
    secrets: int | None = None
    """How many signing secrets there are here; None where one serves all, or nobody knows."""

    def gateway(self) -> Gateway:
        """A client for people who wait: it gives up sooner than the company's own."""
        return Gateway(self.key, api_base=self.api_base, retries=_RETRIES, timeout=_TIMEOUT_SECONDS)

    @property
    def key_end(self) -> str:
        """The last characters of the key, by which people know it again."""
        return self.key[-_KEY_END:] if len(self.key) >= _KEY_MIN else ""


def check_payments(database: Database, actor: Actor, connection: Connection) -> PaymentCheck:
    """Look at the account and the destinations, and keep what was found.

    Raises GatewayUnavailable where the gateway gave no answer; then nothing is kept.
    """
    look, gateway = _looked(database, actor, connection)
    destinations: tuple[DestinationState, ...] = ()
    if look.is_usable:
        look, destinations = _destinations(gateway, look, connection.public_url)
    return _kept(database, actor, connection, look, destinations)


def try_key(
    database: Database, actor: Actor, connection: Connection
) -> tuple[AccountLook, tuple[DestinationState, ...]]:
    """Look at what another key leads to. Nothing is kept, least of all the key."""
    look, gateway = _looked(database, actor, connection)
    return _destinations(gateway, look, connection.public_url) if look.is_usable else (look, ())


def connect_payments(
    database: Database, actor: Actor, connection: Connection
) -> tuple[PaymentCheck, dict[str, str]]:
    """Look, create the destinations that are missing, and keep what was found; new secrets, by kind.

    Raises GatewayUnavailable, and DestinationsBeingMade where somebody else is at it.
    """
    look, gateway = _looked(database, actor, connection)
    if not look.is_usable:
        return _kept(database, actor, connection, look, ()), {}
    with database.work(actor) as work:
        payments.lease_destinations(work)
    try:
        made = payments.create_destinations(
            gateway, connection.public_url, attempt=f"destination:{uuid4()}"
        )
    except GatewayDeclined as no:
        return _kept(database, actor, connection, _unreadable(look, no), ()), {}
    finally:
        with database.work(actor) as work:
            payments.end_lease(work)
    return _kept(database, actor, connection, look, made.destinations), made.secrets


def _looked(
    database: Database, actor: Actor, connection: Connection
) -> tuple[AccountLook, Gateway]:
    with database.work(actor) as work:
        profile = company.profile(work)
        wanted = WantedAccount(
            demo=connection.demo,
            country=profile.country if profile else "",
            currencies=tuple(profile.currencies) if profile else (),
            account=payments.account_in_use(work),
        )
        of_secrets = tuple(_of_secrets(work, connection))
    gateway = connection.gateway()
    look = payments.look_at_account(gateway, connection.key, wanted)
    if look.is_usable:
        look = replace(look, findings=(*look.findings, *of_secrets))
    return look, gateway


def _of_secrets(work: Work, connection: Connection) -> Iterator[AccountFinding]:
    """Stripe tells nobody a secret a second time, so only here is seen whether one is missing."""
    needed = len(payments.SUBSCRIBED)
    if connection.secrets is not None and connection.secrets < needed:
        facts = {"there": str(connection.secrets), "needed": str(needed)}
        yield AccountFinding("secrets_missing", facts)
    since = work.now() - _LATELY
    if any(row.reason == "signature" and row.last_at > since for row in inbox.refused(work)):
        yield AccountFinding("events_refused")


def _destinations(
    gateway: Gateway, look: AccountLook, public_url: str
) -> tuple[AccountLook, tuple[DestinationState, ...]]:
    try:
        return look, payments.look_at_destinations(gateway, public_url)
    except GatewayDeclined as no:
        return _unreadable(look, no), ()


def _unreadable(look: AccountLook, no: GatewayDeclined) -> AccountLook:
    finding = AccountFinding("destinations_not_readable", {"said": no.message[:300]})
    return AccountLook(look.account, (*look.findings, finding))


def _kept(
    database: Database,
    actor: Actor,
    connection: Connection,
    look: AccountLook,
    destinations: tuple[DestinationState, ...],
) -> PaymentCheck:
    with database.work(actor) as work:
        return payments.keep_check(
            work,
            look,
            destinations,
            key_end=connection.key_end,
            livemode=payments.is_live(connection.key),
        )


def secrets_line(secrets: Mapping[str, str]) -> str:
    """New signing secrets as a line of the environment."""
    return f"STRIPE_WEBHOOK_SECRET={','.join(secrets.values())}"
