"""What applicants are told, from the link that confirms their e-mail to the decision; and what becomes of an
affiliate later. Staff who decide are told that somebody has applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mainstem import identity
from mainstem.kit.events import Fact
from mainstem.kit.work import Work
from mainstem.mail import contexts, outbox, staff
from mainstem.mail.affiliates import people_of
from mainstem.mail.outbox import Outgoing, Recipient
from mainstem.mail.settings import read_settings

_SENT_IN = """
SELECT c.reference, c.expires_at, a.id, a.state, a.company_name, a.contact_name, a.email, a.locale
  FROM application_confirmation c JOIN application a ON a.id = c.application_id
 WHERE c.reference = ANY(%(ids)s::uuid[]) AND c.used_at IS NULL"""

_APPLICANTS = """
SELECT a.id, a.company_name, a.contact_name, a.email, a.locale, a.country, a.person_reference,
       a.affiliate_id, s.name AS sponsor,
       coalesce((SELECT why FROM affiliate_step t WHERE t.application_id = a.id AND t.after = a.state
                  ORDER BY at DESC, t.id DESC LIMIT 1), '') AS why
  FROM application a LEFT JOIN affiliate s ON s.id = a.sponsor_id
 WHERE a.id = ANY(%(ids)s::uuid[])"""

_ASKED = """
SELECT q.id AS question_id, q.question, a.id, a.company_name, a.contact_name, a.email, a.locale
  FROM application_question q JOIN application a ON a.id = q.application_id
 WHERE q.id = ANY(%(ids)s::uuid[])"""

_INVITED = """
SELECT i.id, i.email, i.name, i.locale, i.expires_at, coalesce(s.name, '') AS sponsor,
       coalesce(p.name, '') AS invited_by
  FROM programme_invitation i LEFT JOIN affiliate s ON s.id = i.sponsor_id
  LEFT JOIN person p ON i.invited_by = 'staff:' || p.id
 WHERE i.id = ANY(%(ids)s::uuid[]) AND i.forgotten_at IS NULL"""

# A step that is over by now is told as it was taken: the newest one into the state that the fact names.
_STEPS = """
SELECT DISTINCT ON (s.affiliate_id) s.id, s.affiliate_id, s.after, s.why
  FROM affiliate_step s
 WHERE s.affiliate_id = ANY(%(affiliates)s::bigint[]) AND s.after = %(state)s
   AND s.before NOT IN ('unconfirmed', 'applied', 'in_review')
 ORDER BY s.affiliate_id, s.at DESC, s.id DESC"""


def sent_in(work: Work, facts: Sequence[Fact]) -> None:
    """The link by which an e-mail is confirmed; whoever has confirmed it gets the link to their page."""
    for row in work.rows(_SENT_IN, ids=_ids(facts)):
        if row.state == "unconfirmed":
            context = contexts.ConfirmApplication(
                name=row.contact_name,
                affiliate=row.company_name,
                reference=row.reference,
                expires_at=row.expires_at,
            )
            _queue(work, "application_confirm", row, row.reference, context)
        else:
            _queue(work, "application_received", row, row.reference, _step(row))


def received(work: Work, facts: Sequence[Fact]) -> None:
    """The application is there; staff who decide are told."""
    for row in work.rows(_APPLICANTS, ids=_ids(facts)):
        _queue(work, "application_received", row, row.id, _step(row))
        staff.tell(work, "new_application", str(row.id), _new(row))


def in_review(work: Work, facts: Sequence[Fact]) -> None:
    """Somebody reads the application."""
    for row in work.rows(_APPLICANTS, ids=_ids(facts)):
        _queue(work, "application_in_review", row, row.id, _step(row))


def approved(work: Work, facts: Sequence[Fact]) -> None:
    """The affiliate is made; whoever has no password yet is sent a link to choose one."""
    sender = read_settings(work)
    for row in work.rows(_APPLICANTS, ids=_ids(facts)):
        _queue(work, "application_approved", row, row.id, _step(row))
        if row.person_reference is None or sender is None:
            continue
        context = contexts.Invitation(
            name=row.contact_name,
            company=sender.sender_name,
            invited_by=sender.sender_name,
            reference=row.person_reference,
            expires_at=work.now() + identity.INVITATION_VALID_FOR,
            affiliate=row.company_name,
        )
        _queue(work, "staff_invitation", row, row.person_reference, context)


def declined(work: Work, facts: Sequence[Fact]) -> None:
    """Staff have decided not to go on, and said why."""
    for row in work.rows(_APPLICANTS, ids=_ids(facts)):
        _queue(work, "application_declined", row, row.id, _step(row, why=row.why))


def asked(work: Work, facts: Sequence[Fact]) -> None:
    """Staff want to know something."""
    for row in work.rows(_ASKED, ids=_ids(facts)):
        context = contexts.ApplicationQuestion(
            name=row.contact_name,
            affiliate=row.company_name,
            application_id=row.id,
            question=row.question,
        )
        _queue(work, "application_question", row, row.question_id, context)


def invited(work: Work, facts: Sequence[Fact]) -> None:
    """Staff have asked somebody to apply."""
    sender = read_settings(work)
    if sender is None:
        return
    for row in work.rows(_INVITED, ids=_ids(facts)):
        context = contexts.ProgrammeInvitation(
            name=row.name,
            company=sender.sender_name,
            invited_by=row.invited_by or sender.sender_name,
            sponsor=row.sponsor,
            invitation_id=row.id,
            expires_at=row.expires_at,
        )
        to = Recipient(row.email, row.name, row.locale)
        outbox.queue(work, "programme_invitation", to=to, subject=row.id, context=context)


def state_changed(state: str) -> Callable[[Work, Sequence[Fact]], None]:
    """Tells the people of affiliates that are in this state now, and why."""

    def tell(work: Work, facts: Sequence[Fact]) -> None:
        affiliates = sorted({int(fact.subject) for fact in facts})
        steps = {
            row.affiliate_id: row for row in work.rows(_STEPS, affiliates=affiliates, state=state)
        }
        outbox.queue_all(
            work,
            "affiliate_state",
            [
                Outgoing(
                    who.affiliate_id,
                    str(steps[who.affiliate_id].id),
                    Recipient(who.address, who.name, who.locale, who.person_id),
                    contexts.AffiliateState(
                        name=who.name,
                        affiliate=who.affiliate,
                        state=state,
                        why=steps[who.affiliate_id].why,
                    ),
                )
                for who in people_of(work, steps)
            ],
        )

    return tell


def _ids(facts: Sequence[Fact]) -> list[Any]:
    return sorted({fact.uuid for fact in facts})


def _step(row: Any, *, why: str = "") -> contexts.ApplicationStep:
    return contexts.ApplicationStep(
        name=row.contact_name, affiliate=row.company_name, application_id=row.id, why=why
    )


def _new(row: Any) -> Callable[[str], contexts.NewApplication]:
    return lambda name: contexts.NewApplication(
        name=name,
        affiliate=row.company_name,
        country=row.country,
        sponsor=row.sponsor or "",
        application_id=row.id,
    )


def _queue(work: Work, reason: str, row: Any, subject: object, context: contexts.Context) -> None:
    to = Recipient(row.email, row.contact_name, row.locale)
    outbox.queue(work, reason, to=to, subject=subject, context=context)
