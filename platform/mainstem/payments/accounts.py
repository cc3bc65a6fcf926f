"""Affiliates' accounts at the gateway, where their payouts go."""

from __future__ import annotations

import re
from uuid import UUID, uuid5

from mainstem.kit.db import Database
from mainstem.kit.errors import NotFound
from mainstem.kit.events import record
from mainstem.kit.work import GATEWAY, SYSTEM, Work
from mainstem.payments import operations
from mainstem.payments.errors import AccountInUse, GatewayDeclined, InvalidBankAccount
from mainstem.payments.gateway import AccountState

_GONE = {"resource_missing", "not_found", "account_invalid"}
_ACCOUNTS = UUID("7d1a2f6e-0d1c-4f5b-9a57-2f8f6a3c9b10")


def open_account(database: Database, affiliate_id: int, *, currency: str) -> str:
    """The affiliate's account at the gateway, opened on the first call; its id.

    It is opened in one currency, and may take more: `account_changed` sees which.
    """
    with database.work(SYSTEM) as work:
        affiliate = work.row(
            """SELECT a.name, a.email_key, a.country,
                      (SELECT account FROM pay_account p
                        WHERE p.home_id = a.id AND p.provider = 'stripe' LIMIT 1) AS account
                 FROM affiliate a WHERE a.id = %(id)s FOR UPDATE OF a""",
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
            """INSERT INTO pay_account (home_id, provider, account, currency, state, opened_at,
                                        updated_at)
               VALUES (%(home)s, 'stripe', %(account)s, %(currency)s, %(state)s, %(now)s, %(now)s)
               ON CONFLICT (home_id, currency) DO NOTHING""",
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
    """Where the signed-in affiliate completes the account. Never send it by mail: it opens once."""
    with database.work(SYSTEM) as work:
        account = work.value(
            """SELECT account FROM pay_account
                WHERE home_id = %(id)s AND provider = 'stripe' LIMIT 1""",
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
    """Look at an account and keep whether it can be paid, and in which currencies.

    One that is not there is closed. A bank account in another currency, which its owner has added,
    makes it an account in that currency too; one that is gone can be paid nothing in its currency.
    """
    currencies: tuple[str, ...] | None = None
    try:
        found = database.tools.gateway.account(account_id)
        state, currencies = _state(found), found.currencies
    except GatewayDeclined as error:
        if error.code not in _GONE:
            raise
        state = "closed"
    with database.work(GATEWAY) as work:
        changed = work.rows(
            """WITH known AS (
                 SELECT home_id, currency, CASE WHEN %(state)s = 'active' AND currency <> ALL(%(taken)s::text[])
                                                THEN 'restricted' ELSE %(state)s END AS state
                   FROM pay_account WHERE provider = 'stripe' AND account = %(account)s),
               looked AS (
                 UPDATE pay_account p SET state = k.state, updated_at = %(now)s FROM known k
                  WHERE p.home_id = k.home_id AND p.currency = k.currency AND p.state <> k.state
              RETURNING p.home_id),
               added AS (
                 INSERT INTO pay_account (home_id, provider, account, currency, state, opened_at,
                                          updated_at)
                 SELECT h.home_id, 'stripe', %(account)s, new.currency, %(state)s, %(now)s, %(now)s
                   FROM (SELECT DISTINCT home_id FROM known) AS h,
                        unnest(%(banks)s::text[]) AS new (currency)
                     ON CONFLICT (home_id, currency) DO NOTHING
              RETURNING home_id)
               SELECT home_id FROM looked UNION SELECT home_id FROM added""",
            account=account_id,
            state=state,
            banks=list(currencies or ()),
            taken=None if currencies is None else list(currencies),
            now=work.now(),
        )
        for row in changed:
            record(work, "account.changed", row.home_id, home=row.home_id)


def tell_bank_account(work: Work, affiliate_id: int, *, currency: str, account: str) -> None:
    """Have an affiliate paid in a currency by the company's own bank, to this account.

    Raises InvalidBankAccount for one that cannot be right, AccountInUse where the gateway pays them
    in this currency.
    """
    account = " ".join(account.split())
    if not _plausible(account):
        raise InvalidBankAccount()
    done = work.run(
        """INSERT INTO pay_account AS p (home_id, provider, account, currency, state, opened_at,
                                         updated_at)
           VALUES (%(home)s, 'bank', %(account)s, %(currency)s, 'active', %(now)s, %(now)s)
               ON CONFLICT (home_id, currency) DO UPDATE
              SET provider = 'bank', account = excluded.account, state = 'active',
                  updated_at = excluded.updated_at
            WHERE p.provider = 'bank' OR p.state IN ('rejected', 'closed')""",
        home=affiliate_id,
        account=account,
        currency=currency,
        now=work.now(),
    )
    if not done:
        raise AccountInUse(currency=currency)
    record(work, "account.changed", affiliate_id, home=affiliate_id)


def _plausible(account: str) -> bool:
    """Something that a bank can read; an IBAN, which checks itself, must add up (ISO 13616)."""
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z ./:,-]{4,78}[0-9A-Za-z]", account):
        return False
    iban = re.sub(r"[ .-]", "", account).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return any(letter.isdigit() for letter in account)
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97 == 1


def _state(account: AccountState) -> str:
    if account.rejected:
        return "rejected"
    if account.can_receive:
        return "active"
    return "restricted" if account.onboarded else "onboarding"
