"""Staff decide: take an application up, ask for something, approve it or reject it.

To approve makes the affiliate, their first person as owner, their sponsor and an invitation. Nothing is paid
for it: what anybody earns begins with a delivered sale.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from mainstem import identity, network
from mainstem.joining.answering import missing
from mainstem.joining.details import first_details
from mainstem.joining.programme import Programme, default_sponsor, programme_of
from mainstem.joining.recruiting import sponsor_of, why_not_recruit, why_not_sponsor
from mainstem.kit import slugs
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.lookalike import without_legal_form
from mainstem.kit.work import Work


class RequirementsMissing(Refused):
    """What is needed has not been given."""

    code = "requirements_missing"
    message = "Not all that is needed is given: {n} missing. Ask for it, or change what the programme needs."


class SlugTaken(InvalidInput):
    """Another affiliate has this name in addresses."""


def review(work: Work, id: UUID) -> None:
    """Take an application up. Raises NotFound, InvalidTransition."""
    _step(work, id, "review")
    record(work, "application.in_review", id)


def ask(work: Work, id: UUID, question: str) -> None:
    """Ask the applicant for something; they answer on their page. Raises NotFound, InvalidTransition."""
    _step(work, id, "ask", why=question)
    question_id = new_id()
    work.run(
        """INSERT INTO application_question (id, application_id, question, asked_by, asked_at)
           VALUES (%(new)s, %(id)s, %(question)s, %(who)s, %(now)s)""",
        new=question_id,
        id=id,
        question=question,
        who=str(work.actor),
        now=work.now(),
    )
    record(work, "application.asked", question_id)


def reject(work: Work, id: UUID, why: str) -> None:
    """Decide not to go on with it; the applicant is told why. They may apply again.

    Raises NotFound, InvalidTransition, and WhyMissing.
    """
    if not why.strip():
        raise network.WhyMissing.at("/reason")
    _step(work, id, "reject", why=why)
    record(work, "application.rejected", id)


def approve(work: Work, id: UUID, *, slug: str, without_sponsor: bool = False) -> int:
    """Make the affiliate; their id. Who may bring others in, and how deep, is decided as things are now.

    Raises NotFound, InvalidTransition, RequirementsMissing, SponsorMayNotRecruit, TooManyLevels, SlugTaken.
    """
    row = _take(work, id)
    network.STATES.step(row.state, "approve")
    if lacking := missing(work, id):
        raise RequirementsMissing(n=len(lacking))
    sponsor_id = None if without_sponsor else row.sponsor_id
    if sponsor_id is not None and (no := why_not_recruit(work, sponsor_of(work, sponsor_id))):
        raise no
    affiliate_id = _join_where_they_belong(work, row, slug, sponsor_id)
    _, reference = identity.let_in(
        work, affiliate_id, email=row.email, name=row.contact_name, role="owner", locale=row.locale
    )
    first_details(
        work, affiliate_id, name=row.company_name, number=row.company_number, email=row.email,
        phone=row.phone, locale=row.locale,
    )  # fmt: skip
    work.run(
        """UPDATE application SET state = 'active', decided_at = %(now)s, affiliate_id = %(affiliate)s,
                  person_reference = %(reference)s
            WHERE id = %(id)s""",
        now=work.now(),
        affiliate=affiliate_id,
        reference=reference,
        id=id,
    )
    network.note_step(work, row.state, "active", application_id=id, affiliate_id=affiliate_id)
    record(work, "application.active", id)
    record(work, "affiliate.joined", affiliate_id, home=affiliate_id)
    return affiliate_id


def _join_where_they_belong(work: Work, row: Any, slug: str, sponsor_id: int | None) -> int:
    """Under their sponsor; whoever has none waits in the holding tank, or goes to the default sponsor."""
    programme = programme_of(work)
    if sponsor_id is None and not programme.holding_days:
        sponsor_id = _default_who_may(work, programme)
    affiliate_id = _join(work, row, slug, sponsor_id)
    if sponsor_id is None and programme.holding_days:
        enter_holding_tank(work, affiliate_id, days=programme.holding_days)
    return affiliate_id


def _default_who_may(work: Work, programme: Programme) -> int | None:
    """The default sponsor; None where there is none, or they may have nobody more as things are."""
    sponsor_id = default_sponsor(work)
    if sponsor_id is None:
        return None
    sponsor = sponsor_of(work, sponsor_id)
    if why_not_sponsor(work, sponsor, programme) or sponsor.levels + 1 > programme.levels_max:
        return None
    return sponsor_id


def enter_holding_tank(work: Work, affiliate_id: int, *, days: int) -> None:
    """Somebody without a sponsor waits for so many days to be placed by staff."""
    work.run(
        """INSERT INTO holding_tank (affiliate_id, entered_at, leaves_at)
           VALUES (%(id)s, %(now)s, %(now)s + make_interval(days => %(days)s))""",
        id=affiliate_id,
        now=work.now(),
        days=days,
    )
    record(work, "affiliate.entered_holding_tank", affiliate_id, home=affiliate_id)


def _join(work: Work, row: Any, slug: str, sponsor_id: int | None) -> int:
    try:
        return network.join(
            work,
            slug=slug,
            name=row.company_name,
            email=row.email,
            phone=row.phone_key,
            country=row.country,
            locale=row.locale,
            sponsor_id=sponsor_id,
        )
    except network.AffiliateExists as taken:
        raise SlugTaken(Problem("/slug", taken.code, taken.message, taken.facts)) from None


def _step(work: Work, id: UUID, action: str, *, why: str = "") -> None:
    before = _take(work, id).state
    after = network.STATES.step(before, action)
    work.run(
        """UPDATE application SET state = %(after)s,
                  decided_at = CASE WHEN %(after)s = 'rejected' THEN %(now)s::timestamptz END
            WHERE id = %(id)s""",
        after=after,
        now=work.now(),
        id=id,
    )
    network.note_step(work, before, after, why=why, application_id=id)


def _take(work: Work, id: UUID) -> Any:
    row = work.row(
        """SELECT state, company_name, company_number, country, contact_name, email, phone, phone_key,
                  locale, sponsor_id
             FROM application WHERE id = %(id)s AND state <> 'unconfirmed' FOR UPDATE""",
        id=id,
    )
    if row is None:
        raise NotFound("application")
    return row


def slug_of(name: str) -> str:
    """A name as addresses could have it, without what a company is by law; empty where it has no letter
    that they take."""
    return slugs.slug_of("-".join(without_legal_form(name)), 40)
