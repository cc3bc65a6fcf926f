"""Store credit out of kindness: staff grant it with a reason, up to the limit of their role, and take back
what is left of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar
from uuid import UUID

from mainstem import orders, store_credit
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem.money import MINOR_MAX, Money
from mainstem.store_credit import Given, GivenAs

REASON_MAX = 500
WITHIN = timedelta(days=365)
"""What one person gives one client in so long counts together towards their limit."""


class AboveLimit(Refused):
    """So much is not this person's to give alone."""

    code: ClassVar[str] = "above_limit"
    status: ClassVar[int] = 403
    message: ClassVar[str] = (
        "You may give one client {limit} of store credit in a year, and have given {before}."
        " Ask somebody whose limit is higher."
    )


class NothingLeft(Refused):
    """All of it is used, expired or taken back."""

    code: ClassVar[str] = "nothing_left"
    message: ClassVar[str] = "Nothing is left of this store credit."


def give_store_credit(
    work: Work, client_key: str, amount: Money, *, reason: str, expires_on: date | None = None
) -> UUID:
    """Grant a client store credit, to be used at once; its id.

    Raises MayNotRefund, AboveLimit, NotFound for somebody who is no client, InvalidInput.
    """
    _check(work, amount, reason, expires_on)
    if not work.value("SELECT 1 FROM orders WHERE client_key = %(key)s LIMIT 1", key=client_key):
        raise NotFound("client")
    # One at a time, or two at once would both find room under the limit.
    work.run("SELECT pg_advisory_xact_lock(7275, hashtext(%(key)s))", key=client_key)
    _refuse_above_limit(work, client_key, amount)
    id = new_id()
    credit = GivenAs(
        f"goodwill:{id}", client_key, amount.currency, "goodwill", None, None, reason.strip(),
        _today(work), expires_on, False,
    )  # fmt: skip
    store_credit.settle_given(work, [Given(credit, amount.minor, 0, reason.strip())])
    record(work, "store_credit.granted", id)
    return _id_of(work, credit.key)


def take_store_credit(work: Work, credit_id: UUID, *, reason: str) -> Money:
    """Take back what is left of a credit that was given out of kindness; how much that was.

    Raises NothingLeft, NotFound for any other credit, MayNotRefund.
    """
    _check_reason(reason)
    row = work.row(
        """SELECT id, key, client_key, currency, reason, available_on, expires_on FROM store_credit
            WHERE id = %(id)s AND kind = 'goodwill' FOR UPDATE""",
        id=credit_id,
    )
    if row is None:
        raise NotFound("store_credit")
    orders.limit_of(work, row.currency)
    granted, taken, left = work.rows(
        """SELECT coalesce(sum(amount_minor) FILTER (WHERE kind = 'granted'), 0)::bigint AS granted,
                  coalesce(-sum(amount_minor) FILTER (WHERE kind = 'taken_back'), 0)::bigint AS taken,
                  coalesce(sum(amount_minor), 0)::bigint AS there
             FROM store_credit_entry WHERE credit_id = %(id)s""",
        id=credit_id,
    )[0]
    if left <= 0:
        raise NothingLeft
    credit = GivenAs(
        row.key, row.client_key, row.currency, "goodwill", None, None, row.reason, row.available_on,
        row.expires_on, False,
    )  # fmt: skip
    store_credit.settle_given(work, [Given(credit, granted, taken + left, reason.strip())])
    record(work, "store_credit.taken_back", credit_id)
    return Money(left, row.currency)


def _check(work: Work, amount: Money, reason: str, expires_on: date | None) -> None:
    _check_reason(reason)
    if not 0 < amount.minor <= MINOR_MAX:
        raise InvalidInput(Problem("/amount", "invalid_field", "Give an amount above nothing."))
    if expires_on is not None and expires_on <= _today(work):
        raise InvalidInput(Problem("/expires_on", "invalid_field", "Choose a day to come."))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidInput(Problem("/reason", "missing", "Write why."))
    if len(reason) > REASON_MAX:
        raise InvalidInput(
            Problem("/reason", "too_long", "Keep this under {max} characters.", {"max": REASON_MAX})
        )
    refuse_unseen("/reason", reason)


def _refuse_above_limit(work: Work, client_key: str, amount: Money) -> None:
    limit = orders.limit_of(work, amount.currency)
    if limit is None:
        return
    before = work.value(
        """SELECT coalesce(sum(e.amount_minor), 0)::bigint
             FROM store_credit c JOIN store_credit_entry e ON e.credit_id = c.id
            WHERE c.client_key = %(key)s AND c.currency = %(currency)s AND c.kind = 'goodwill'
              AND c.granted_at > %(since)s AND e.kind IN ('granted', 'taken_back')
              AND (c.actor = %(actor)s OR %(program)s AND starts_with(c.actor, 'integration:'))""",
        key=client_key,
        currency=amount.currency,
        since=work.now() - WITHIN,
        actor=str(work.actor),
        program=work.actor.kind == "integration",
    )
    if before + amount.minor > limit.minor:
        raise AboveLimit(limit=limit, before=Money(before, amount.currency))


def _today(work: Work) -> date:
    return work.now().astimezone(work.tools.zone).date()


def _id_of(work: Work, key: str) -> UUID:
    found: UUID = work.value("SELECT id FROM store_credit WHERE key = %(key)s", key=key)
    return found
