"""Tie a client to another affiliate than to the one who won them: by staff, with reason and evidence, and a
second person. It is of the orders and requests to come; what was sold is credited to another one by one
(`mainstem.earnings.reattribution`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from mainstem import attribution, identity
from mainstem.attribution import BoundNow
from mainstem.earnings.reattribution import ChangeWaits, words_problems
from mainstem.earnings.upline_then import could_be_credited
from mainstem.kit.contact import email_key
from mainstem.kit.errors import InvalidInput, InvalidTransition, NotFound, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.orders import MAY_APPROVE


class ClientNotBound(Refused):
    """There is no binding to change: staff make none out of nothing."""

    code: ClassVar[str] = "client_not_bound"
    message: ClassVar[str] = (
        "This client is tied to no affiliate: whoever wins their next order is credited."
    )


class BoundAlready(Refused):
    """They are theirs."""

    code: ClassVar[str] = "bound_already"
    message: ClassVar[str] = "This client is tied to {affiliate} already."


class NotCreditableNow(Refused):
    """A sale of today would not be credited to them."""

    code: ClassVar[str] = "not_creditable_now"
    message: ClassVar[str] = (
        "{affiliate} cannot be credited with a sale now: they are not active, or a house account."
    )


class BindingChanged(Refused):
    """What was asked for was asked of another binding."""

    code: ClassVar[str] = "binding_changed"
    status: ClassVar[int] = 409
    message: ClassVar[str] = (
        "Whom this client is tied to has changed since this was requested. Deny it, and have it requested again."
    )


class MayNotDecideBindings(Refused):
    """The answer is not the reader's to give."""

    code: ClassVar[str] = "may_not_decide_bindings"
    status: ClassVar[int] = 403
    message: ClassVar[str] = "Only finance agrees to this, and only whoever asked withdraws it."


@dataclass(frozen=True, slots=True)
class BindingChange:
    """That a client is to be tied to another affiliate, or is. `bound_at` is since when they have been with
    the one before, and `bound_until` until when they stay with whom they are tied to."""

    id: UUID
    client_key: str
    before: str
    after: str
    bound_at: datetime
    bound_until: datetime
    reason: str
    evidence: str
    asked_by: str
    asked_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None
    words: str


_CHANGES = """
SELECT c.id, c.client_key, f.name AS before, t.name AS after, c.bound_at, c.bound_until, c.reason,
       c.evidence, c.asked_by, c.asked_at, c.state, c.decided_by, c.decided_at, c.words
  FROM binding_change c
  JOIN affiliate f ON f.id = c.from_affiliate_id JOIN affiliate t ON t.id = c.to_affiliate_id
 WHERE """


def request_client_reattribution(
    work: Work, client: str, *, affiliate: str, reason: str, evidence: str
) -> UUID:
    """Ask a second person to tie a client, by their e-mail, to another affiliate, by their slug. The
    request's id.

    Nothing changes until it is answered. Raises NotFound, InvalidInput without words, ClientNotBound,
    BoundAlready, ChangeWaits, and NotCreditableNow for whoever is not credited with sales of today.
    """
    problems = [*words_problems("/reason", reason), *words_problems("/evidence", evidence)]
    if problems:
        raise InvalidInput(*problems)
    key = email_key(client) or client.strip().lower()
    to = work.row("SELECT id, name FROM affiliate WHERE slug = %(slug)s", slug=affiliate.lower())
    if to is None:
        raise NotFound("affiliate")
    bound = attribution.lock_binding(work, key)
    if bound is None:
        raise ClientNotBound
    _refuse(work, bound, to)
    id = new_id()
    asked = work.run(
        """INSERT INTO binding_change
             (id, client_key, from_affiliate_id, to_affiliate_id, bound_at, bound_until, bound_by,
              bound_home_id, bound_order_id, reason, evidence, asked_by, asked_at)
           VALUES (%(id)s, %(key)s, %(from)s, %(to)s, %(since)s, %(until)s, %(bound_by)s, %(home)s,
                   %(order)s, %(reason)s, %(evidence)s, %(by)s, %(now)s)
           ON CONFLICT (client_key) WHERE state = 'needs_approval' DO NOTHING""",
        id=id,
        key=key,
        to=to.id,
        since=bound.bound_at,
        until=bound.bound_until,
        bound_by=bound.reason,
        home=bound.home_id,
        order=bound.order_id,
        reason=reason.strip(),
        evidence=evidence.strip(),
        by=str(work.actor),
        now=work.now(),
        **{"from": bound.affiliate_id},
    )
    if not asked:
        raise ChangeWaits
    record(work, "binding_change.asked", id)
    return id


def approve_client_reattribution(work: Work, change_id: UUID) -> None:
    """The second person agrees: from now on the client is tied to the other one, for as long as they were
    to the one before. Raises SamePerson, MayNotDecideBindings, InvalidTransition, and BindingChanged or
    NotCreditableNow where it is no longer as it was when this was asked for."""
    change = _take(work, change_id, "approved")
    _refuse_who_may_not(work, change)
    # One instant for both: by it the history tells which change made a binding.
    at = work.now()
    bound = attribution.lock_binding(work, change.client_key)
    if bound is None or (bound.affiliate_id, bound.bound_at) != (
        change.from_affiliate_id,
        change.bound_at,
    ):
        raise BindingChanged
    to = work.one("SELECT id, name FROM affiliate WHERE id = %(id)s", id=change.to_affiliate_id)
    _refuse(work, bound, to)
    attribution.rebind(work, change.client_key, to.id, at=at)
    _answer(work, change_id, "approved", at=at)


def deny_client_reattribution(work: Work, change_id: UUID, *, words: str) -> None:
    """The second person does not agree, and says why: the client stays with whom they are."""
    if problems := words_problems("/reason", words):
        raise InvalidInput(*problems)
    _refuse_who_may_not(work, _take(work, change_id, "denied"))
    _answer(work, change_id, "denied", at=work.now(), words=words.strip())


def withdraw_client_reattribution(work: Work, change_id: UUID) -> None:
    """Whoever asked asks no more. Raises NotFound, InvalidTransition, MayNotDecideBindings."""
    change = _take(work, change_id, "withdrawn")
    if change.asked_by != str(work.actor):
        raise MayNotDecideBindings
    _answer(work, change_id, "canceled", at=work.now())


def client_reattribution_of(work: Work, change_id: UUID) -> BindingChange:
    """One change; else NotFound."""
    found = work.rows_as(BindingChange, _CHANGES + "c.id = %(id)s", id=change_id)
    if not found:
        raise NotFound("request")
    return found[0]


def client_reattributions_of(work: Work, client_key: str, *, most: int = 50) -> list[BindingChange]:
    """Changes of whom a client is tied to, newest first."""
    return work.rows_as(
        BindingChange,
        _CHANGES + "c.client_key = %(key)s ORDER BY c.asked_at DESC, c.id DESC LIMIT %(most)s",
        key=client_key,
        most=most,
    )


def client_reattributions_waiting(work: Work, *, most: int = 100) -> list[BindingChange]:
    """Those that wait for a second person, oldest first."""
    return work.rows_as(
        BindingChange,
        _CHANGES + "c.state = 'needs_approval' ORDER BY c.asked_at, c.id LIMIT %(most)s",
        most=most,
    )


def _refuse(work: Work, bound: BoundNow, to: Any) -> None:
    if bound.affiliate_id == to.id:
        raise BoundAlready(affiliate=to.name)
    if not could_be_credited(work, to.id, work.now()):
        raise NotCreditableNow(affiliate=to.name)


def _take(work: Work, change_id: UUID, told: str) -> Any:
    """The change, locked; the binding before it, as whoever asks for one locks them."""
    key = work.value("SELECT client_key FROM binding_change WHERE id = %(id)s", id=change_id)
    if key is None:
        raise NotFound("request")
    attribution.lock_binding(work, key)
    change = work.one("SELECT * FROM binding_change WHERE id = %(id)s FOR UPDATE", id=change_id)
    if change.state != "needs_approval":
        raise InvalidTransition("request", change.state, told)
    return change


def _refuse_who_may_not(work: Work, change: Any) -> None:
    if not identity.is_second_person(work, change.asked_by, MAY_APPROVE):
        raise MayNotDecideBindings


_FACTS = {"approved": "approved", "denied": "denied", "canceled": "withdrawn"}


def _answer(work: Work, change_id: UUID, state: str, *, at: datetime, words: str = "") -> None:
    work.run(
        """UPDATE binding_change SET state = %(state)s, decided_by = %(by)s, decided_at = %(at)s,
                  words = %(words)s WHERE id = %(id)s""",
        id=change_id,
        state=state,
        by=str(work.actor),
        at=at,
        words=words,
    )
    record(work, f"binding_change.{_FACTS[state]}", change_id)
