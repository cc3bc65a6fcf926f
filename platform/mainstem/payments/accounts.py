"""Affiliates' accounts at the gateway, where their payouts go."""

from __future__ import annotations

from uuid import UUID, uuid5

from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.events import record
from mainstem.kit.work import GATEWAY, SYSTEM
from mainstem.payments import operations
from mainstem.payments.errors import GatewayDeclined
from mainstem.payments.gateway import AccountState

_GONE = {"resource_missing", "not_found", "account_invalid"}
_ACCOUNTS = UUID("7d1a2f6e-0d1c-4f5b-9a57-2f8f6a3c9b10")


def open_account(database: Database, affiliate_id: int, *, currency: str) -> str:
    """The affiliate's account at the gateway, opened on the first call; its id."""
    with database.work(SYSTEM) as work:
        affiliate = work.row(
            """SELECT a.name, a.email_key, a.country, p.account FROM affiliate a
                 LEFT JOIN pay_account p ON p.home_id = a.id
                WHERE a.id = %(id)s FOR UPDATE OF a""",
            id=affiliate_id,
        )
        if affiliate is None:
            raise NotFound("affiliate")
        if affiliate.account:
            return str(affiliate.account)
        request = {
            "contact_email": affiliate.email_key,
            "display_name": affiliate.name,
            "dashboard": "express",
            "identity": {"country": affiliate.country.lower(), "entity_type": "company"},
            "defaults": {
                "currency": currency.lower(),
                "responsibilities": {
                    "fees_collector": "application",
                    "losses_collector": "application",
                },
            },
            "configuration": {
                "recipient": {
                    "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}
                }
            },
            "metadata": {"affiliate_id": str(affiliate_id)},
            "include": ["configuration.recipient", "requirements", "defaults", "identity"],
        }
        subject = uuid5(_ACCOUNTS, str(affiliate_id))
        operation = operations.open_operation(work, affiliate_id, "account", subject, request)
        operations.trying(work, affiliate_id, operation.id)
    try:
        made = database.tools.gateway.create_account(operation.request, operation.key)
    except GatewayDeclined as error:
        # Else the same key would ask for the same refused account for ever.
        with database.work(SYSTEM) as work:
            operations.close(work, affiliate_id, operation.id, error=str(error))
        raise
    with database.work(SYSTEM) as work:
        operations.close(work, affiliate_id, operation.id, provider_id=made.id)
        work.run(
            """INSERT INTO pay_account (home_id, provider, account, currency, state, updated_at)
               VALUES (%(home)s, 'stripe', %(account)s, %(currency)s, %(state)s, %(now)s)
               ON CONFLICT (home_id) DO NOTHING""",
            home=affiliate_id,
            account=made.id,
            currency=currency,
            state=_state(made),
            now=work.now(),
        )
    return str(made.id)


def onboarding_link(
    database: Database, affiliate_id: int, *, return_url: str, refresh_url: str
) -> str:
    """Where the signed-in affiliate completes her account. Never send it by mail: it opens once."""
    with database.work(SYSTEM) as work:
        account = work.value(
            "SELECT account FROM pay_account WHERE home_id = %(id)s AND provider = 'stripe'",
            id=affiliate_id,
        )
    if account is None:
        raise NotFound("account")
    return str(
        database.tools.gateway.onboarding_link(
            account, return_url=return_url, refresh_url=refresh_url
        )
    )


def account_changed(database: Database, account_id: str) -> None:
    """Look at an account and keep whether it can be paid. One that is not there is closed."""
    try:
        state = _state(database.tools.gateway.account(account_id))
    except GatewayDeclined as error:
        if error.code not in _GONE:
            raise
        state = "closed"
    with database.work(GATEWAY) as work:
        row = work.row(
            """UPDATE pay_account SET state = %(state)s, updated_at = %(now)s
                WHERE provider = 'stripe' AND account = %(account)s AND state <> %(state)s
            RETURNING home_id""",
            account=account_id,
            state=state,
            now=work.now(),
        )
        if row:
            record(work, "account.changed", row.home_id, home=row.home_id)


def _state(account: AccountState) -> str:
    if account.rejected:
        return "rejected"
    if account.can_receive:
        return "active"
    return "restricted" if account.onboarded else "onboarding"
