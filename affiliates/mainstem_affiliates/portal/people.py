"""Who signs in for the affiliate: an owner lets people in, says what each does, and lets them go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency

from mainstem import identity, mail, network
from mainstem.identity import AFFILIATE_ROLES
from mainstem.kit.errors import Refused
from mainstem.kit.work import Actor, Work
from mainstem.web import Form, field_errors, language_of, redirect, render, request_context_of
from mainstem.web.forms import FormFields, whole
from mainstem.web.rendering import LANGUAGE_NAMES, words
from mainstem.web.works import in_work
from mainstem_affiliates.portal import reads
from mainstem_affiliates.portal.layout import HttpRequest, Page, PortalPage, around, me_of
from mainstem_affiliates.portal.reads import Colleague

ROLES = {
    "owner": ("Owner", "Does everything, and says who signs in."),
    "seller": ("Seller", "Shop, leads, orders and team; sees no earnings."),
    "accountant": ("Accountant", "Earnings, payouts and the company's details; sees no clients."),
}


class PeoplePage(PortalPage, frozen=True, kw_only=True):
    """Who signs in, and the form for one more."""

    people: list[Colleague]
    mine: int
    roles: list[tuple[str, str, str]]
    names: dict[str, str]
    values: dict[str, str]
    errors: dict[str, str]
    refused: str
    languages_of_ours: list[tuple[str, str]]


class InviteFields(FormFields):
    """Somebody to let in."""

    email: str = ""
    name: str = ""
    role: str = ""
    locale: str = "en"


class PersonFields(FormFields):
    """Somebody, and what they are to do."""

    person: Annotated[int | None, whole(digits=18)] = None
    role: str = ""


@get("/people", opt={"right": network.PEOPLE})
async def people(request: HttpRequest, work: NamedDependency[Work]) -> Page:
    """Who signs in for the affiliate."""
    return _page(request, work)


@post("/people", status_code=200, opt={"right": network.PEOPLE})
async def invite(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Let somebody in, and write to them."""
    me, sent = me_of(request), form.into(InviteFields)
    locale = sent.locale if sent.locale in LANGUAGE_NAMES else "en"

    def do(work: Work) -> None:
        person, reference = identity.let_in(
            work, me, email=sent.email, name=sent.name, role=sent.role, locale=locale
        )
        if reference is not None:
            _write_to(request, work, me, person, reference)

    said = "{name} is let in. The mail with their link is on its way."
    return await _do(request, do, said, name=sent.name, form=form)


@post("/people/role", status_code=200, opt={"right": network.PEOPLE})
async def change_role(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Say what somebody does."""
    me, sent = me_of(request), form.into(PersonFields)
    return await _do(
        request,
        lambda work: identity.give_role(work, me, sent.person or 0, sent.role),
        "Their role is changed, from their next page on.",
    )


@post("/people/removal", status_code=200, opt={"right": network.PEOPLE})
async def remove(request: HttpRequest, form: NamedDependency[Form]) -> Page:
    """Let somebody go."""
    me, sent = me_of(request), form.into(PersonFields)
    return await _do(
        request,
        lambda work: identity.let_go(work, me, sent.person or 0),
        "They no longer sign in for you.",
    )


async def _do(
    request: HttpRequest,
    do: Callable[[Work], object],
    said: str,
    *,
    name: str = "",
    form: Form | None = None,
) -> Page:
    """Do it in the company's own Work, by the person who asks; or say on the page why not."""
    me = me_of(request)
    try:
        await in_work(request, Actor("person", str(_person(request))), do)
    except Refused as refusal:
        no = refusal
        if no.status == 404:
            raise
        typed = form.texts() if form else {}
        return await in_work(
            request,
            Actor("affiliate", str(me)),
            lambda work: _page(request, work, typed, no),
            home=me,
        )
    notice = language_of(request).text(said).format(name=name)
    return redirect(request, "/portal/people", notice=notice)


def _write_to(
    request: HttpRequest, work: Work, affiliate_id: int, person_id: int, reference: UUID
) -> None:
    sender = mail.read_settings(work)
    if sender is None:
        return
    row = work.one(
        """SELECT p.email, p.name, coalesce(p.locale, a.locale) AS locale, a.name AS affiliate,
                  (SELECT name FROM person WHERE id = %(by)s) AS invited_by
             FROM person p, affiliate a WHERE p.id = %(person)s AND a.id = %(affiliate)s""",
        person=person_id,
        affiliate=affiliate_id,
        by=_person(request),
    )
    mail.queue(
        work,
        "staff_invitation",
        to=mail.Recipient(row.email, row.name, row.locale, person_id),
        subject=reference,
        context=mail.Invitation(
            name=row.name,
            company=row.affiliate,
            invited_by=row.invited_by,
            reference=reference,
            expires_at=work.now() + identity.INVITATION_VALID_FOR,
            affiliate=row.affiliate,
        ),
        home=affiliate_id,
    )


def _page(
    request: HttpRequest,
    work: Work,
    typed: dict[str, str] | None = None,
    no: Refused | None = None,
) -> Page:
    me, language = reads.me(work), language_of(request)
    errors = field_errors(no.problems) if no else {}
    page = PeoplePage(
        **around(request, me, "account"),
        people=reads.people(work, me),
        mine=_person(request),
        roles=[
            (role, language.text(ROLES[role][0]), language.text(ROLES[role][1]))
            for role in AFFILIATE_ROLES
        ],
        names={role: language.text(ROLES[role][0]) for role in AFFILIATE_ROLES},
        values=typed or {"locale": language.locale, "role": "seller"},
        errors={name: words(language, problem) for name, problem in errors.items()},
        refused=words(language, no) if no and not errors else "",
        languages_of_ours=list(LANGUAGE_NAMES.items()),
    )
    return render(request, "portal/people.html", page, status=no.status if no else 200)


def _person(request: HttpRequest) -> int:
    someone = request_context_of(request).identity
    assert someone is not None, "a guard has let them in"
    return someone.person_id


routes = [people, invite, change_role, remove]
