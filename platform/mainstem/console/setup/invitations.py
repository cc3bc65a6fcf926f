"""An invitation made at the console: a link by which somebody chooses a password, mailed and shown once."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import post
from litestar.di import NamedDependency

from mainstem import identity, mail
from mainstem.console.setup.people import people_page
from mainstem.kit.errors import NotFound
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.web.context import app_context_of
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, names_of, show


class PersonFields(FormFields):
    """Somebody, by number."""

    person: Annotated[int | None, whole(digits=18)] = None


@post("/setup/people/invitation", sync_to_thread=True, opt={"proof": FRESH})
def invite_person(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Make a link by which somebody chooses a password: mailed to them, and shown this once."""
    who = work.row(_PERSON, id=form.into(PersonFields).person)
    if who is None:
        raise NotFound("person")
    reference = new_id()
    token = identity.invite(work, who.id, reference=reference)
    mailed = _mail(request, work, who, reference)
    page = people_page(request, work)
    page.link = f"{app_context_of(request).settings.public_url}/invitation?token={token}"
    page.link_name = who.name
    page.mailed_to = who.email if mailed else ""
    return show(request, "console/setup_people.html", page)


_PERSON = """
SELECT p.id, p.name, p.email, coalesce(p.locale, min(a.locale), 'en') AS locale,
       coalesce(min(a.name), '') AS affiliate
  FROM person p
  JOIN membership m ON m.person_id = p.id AND m.revoked_at IS NULL
  LEFT JOIN affiliate a ON a.id = m.affiliate_id
 WHERE p.id = %(id)s GROUP BY p.id"""


def _mail(request: HttpRequest, work: Work, who: Any, reference: UUID) -> bool:
    """Write to them, where the company sends mail; whether something goes out."""
    sender = mail.read_settings(work)
    if sender is None:
        return False
    actor = str(work.actor)
    queued = mail.queue(
        work,
        "staff_invitation",
        to=mail.Recipient(who.email, who.name, who.locale, who.id),
        subject=reference,
        context=mail.Invitation(
            name=who.name,
            company=sender.sender_name,
            invited_by=names_of(work, language_of(request), [actor]).get(actor, sender.sender_name),
            reference=reference,
            expires_at=work.now() + identity.INVITATION_VALID_FOR,
            affiliate=who.affiliate,
        ),
    )
    return queued and work.tools.smtp is not None


class Invitable(msgspec.Struct, frozen=True):
    """Somebody of an affiliate, as its page offers to invite them."""

    id: int
    name: str
    email: str
    has_password: bool


def of_affiliate(work: Work, slug: str) -> list[Invitable]:
    """Those who sign in for an affiliate, by name."""
    rows = work.rows(
        """SELECT p.id, p.name, p.email, p.password_hash IS NOT NULL AS has_password
             FROM affiliate a JOIN membership m ON m.affiliate_id = a.id AND m.revoked_at IS NULL
             JOIN person p ON p.id = m.person_id
            WHERE a.slug = %(slug)s ORDER BY p.name, p.id""",
        slug=slug,
    )
    return [Invitable(*row) for row in rows]


routes = [invite_person]
