"""Who may bring others in: by the programme, and as things are when somebody joins.

A link carries who gave it and nothing else. What counts is asked again when the newcomer is approved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from itsdangerous import BadData

from mainstem.joining.programme import Programme, programme_of
from mainstem.kit.contact import email_key
from mainstem.kit.errors import InvalidInput, NotFound, Problem, Refused
from mainstem.kit.events import record
from mainstem.kit.ids import new_id
from mainstem.kit.signed import signer
from mainstem.kit.text import normalized, unseen_problems
from mainstem.kit.work import Work

INVITATION_VALID_FOR = timedelta(days=60)

# Sales of their own to clients that were delivered: what a participant buys earns nobody anything,
# and so is none of them. Commission that went back whole leaves no delivered sale either.
_DELIVERED = """
SELECT count(*) FROM (
  SELECT 1 FROM earning WHERE beneficiary_id = %(id)s AND level = 0
   AND source = 'order' GROUP BY home_id, source_id HAVING sum(amount_minor) > 0 LIMIT %(most)s) AS sold"""


class SponsorMayNotRecruit(Refused):
    """Whoever gave the link may not bring anybody in, as things are."""

    code = "sponsor_may_not_recruit"
    message = "{sponsor} may not bring anybody in now. Approve without a sponsor, or wait."


class TooManyLevels(Refused):
    """The team below the first sponsor would be deeper than the programme lets it be."""

    code = "too_many_levels"
    message = "Below {sponsor} the team would have {levels} levels, and {max} are the most. Approve without a sponsor."


@dataclass(frozen=True, slots=True)
class Sponsor:
    """An affiliate as one who may bring others in."""

    id: int
    name: str
    state: str
    levels: int
    """How many there are from the first sponsor down to this one."""
    locale: str


def sponsor_of(work: Work, affiliate_id: int) -> Sponsor:
    """The affiliate as a sponsor; NotFound for nobody, and for a house account."""
    found = work.rows_as(
        Sponsor,
        """SELECT id, name, state, cardinality(upline) AS levels, locale FROM affiliate
            WHERE id = %(id)s AND NOT is_house""",
        id=affiliate_id,
    )
    if not found:
        raise NotFound("affiliate")
    return found[0]


def why_not_recruit(
    work: Work, sponsor: Sponsor, programme: Programme | None = None
) -> Refused | None:
    """What keeps this affiliate from bringing somebody in now; None for nothing."""
    rules = programme or programme_of(work)
    if rules.recruiters == "nobody" or why_not_sponsor(work, sponsor, rules):
        return SponsorMayNotRecruit(sponsor=sponsor.name)
    if sponsor.levels + 1 > rules.levels_max:
        return TooManyLevels(sponsor=sponsor.name, levels=sponsor.levels + 1, max=rules.levels_max)
    return None


def why_not_sponsor(
    work: Work, sponsor: Sponsor, programme: Programme | None = None
) -> Refused | None:
    """What keeps this affiliate from having anybody in their team whom staff put there; None for nothing.

    Where nobody may bring others in, the company itself still may place them.
    """
    rules = programme or programme_of(work)
    may = sponsor.state == "active"
    if rules.recruiters == "proven":
        may = may and _has_sold(work, sponsor.id, rules.deliveries_min)
    if rules.recruiters == "groups":
        may = may and _is_in_one(work, sponsor.id, rules.recruiter_groups)
    return None if may else SponsorMayNotRecruit(sponsor=sponsor.name)


def _is_in_one(work: Work, affiliate_id: int, groups: list[str]) -> bool:
    return bool(
        work.value(
            """SELECT EXISTS (SELECT FROM affiliate_group
                               WHERE affiliate_id = %(id)s AND name = ANY(%(groups)s::text[])
                                 AND from_at <= %(now)s AND (until_at IS NULL OR until_at > %(now)s))""",
            id=affiliate_id,
            groups=list(groups),
            now=work.now(),
        )
    )


def _has_sold(work: Work, affiliate_id: int, least: int) -> bool:
    return int(work.value(_DELIVERED, id=affiliate_id, most=least)) >= least


def sponsor_token(secret: str, affiliate_id: int) -> str:
    """What an affiliate's own link carries: who they are. It opens nothing, and does not grow old."""
    token = signer(secret, "sponsor").dumps(affiliate_id)
    assert isinstance(token, str)
    return token


def read_sponsor_token(secret: str, token: str) -> int | None:
    """Whose link it is; None for any other text."""
    found = _read(secret, "sponsor", token)
    return found if isinstance(found, int) and 0 < found < 2**63 else None


# ------------------------------------------------------------------------- staff invite


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody whom staff have asked to apply."""

    id: UUID
    email: str
    name: str
    locale: str
    sponsor_id: int | None
    invited_by: str
    expires_at: datetime


def ask_to_apply(work: Work, *, email: str, name: str, locale: str, sponsor: str = "") -> UUID:
    """Ask somebody to apply, by a link that opens the application filled in; what it is known by.

    Raises InvalidInput.
    """
    problems = [*unseen_problems("/name", name)]
    if email_key(email) is None:
        problems.append(
            Problem("/email", "invalid_email", "Write an e-mail, like name@example.com.")
        )
    sponsor_id = work.value("SELECT id FROM affiliate WHERE slug = %(slug)s", slug=sponsor)
    if sponsor and sponsor_id is None:
        problems.append(
            Problem("/sponsor", "unknown", "No affiliate is called {slug}.", {"slug": sponsor})
        )
    if problems:
        raise InvalidInput(*problems)
    id = new_id()
    work.run(
        """INSERT INTO programme_invitation
             (id, email, name, locale, sponsor_id, invited_by, created_at, expires_at)
           VALUES (%(id)s, %(email)s, %(name)s, %(locale)s, %(sponsor)s, %(who)s, %(now)s, %(until)s)""",
        id=id,
        email=email.strip(),
        name=normalized(name),
        locale=locale,
        sponsor=sponsor_id,
        who=str(work.actor),
        now=work.now(),
        until=work.now() + INVITATION_VALID_FOR,
    )
    record(work, "programme.invited", id)
    return id


def asked_by_token(work: Work, secret: str, token: str) -> Asked | None:
    """Whom the link of an invitation is for; None where it is too old, or no link of ours."""
    found = _read(secret, "programme-invitation", token)
    try:
        id = UUID(str(found))
    except ValueError:
        return None
    rows = work.rows_as(
        Asked,
        """SELECT id, email, name, locale, sponsor_id, invited_by, expires_at
             FROM programme_invitation WHERE id = %(id)s AND expires_at > %(now)s""",
        id=id,
        now=work.now(),
    )
    return rows[0] if rows else None


def invitation_to_apply_token(secret: str, id: UUID) -> str:
    """What the link of an invitation carries."""
    token = signer(secret, "programme-invitation").dumps(str(id))
    assert isinstance(token, str)
    return token


def _read(secret: str, purpose: str, token: str) -> Any:
    try:
        return signer(secret, purpose).loads(token)
    except (BadData, ValueError):
        return None
