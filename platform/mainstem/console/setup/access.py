"""What is ended of somebody who signs in: their sessions, everybody's, and a second factor that is lost."""

from __future__ import annotations

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import identity
from mainstem.console.setup.people import PEOPLE
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.proof import FRESH
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import ADMIN, HttpRequest, HttpResponse
from mainstem.web.staff.typed import Reason


class EndedSessions(Document):
    """Why sessions are ended."""

    reason: Reason


def _end_sessions(work: Work, body: EndedSessions, *, person: int) -> Told:
    """Sign somebody out everywhere, at once. They may sign in again, and a mail tells them why."""
    ended = identity.end_sessions_for(work, person, reason=body.reason)
    if not ended:
        return Told("They are signed in nowhere.", outcome="nothing_to_do")
    return Told("They are signed out everywhere. A mail tells them.")


def _end_all_sessions(work: Work, body: EndedSessions) -> Told:
    """Sign everybody out everywhere, at once, but whoever does it. They may sign in again, and a mail
    tells each of them why."""
    people = identity.end_everybodys_sessions(work, reason=body.reason)
    if not people:
        return Told("Nobody else is signed in.", outcome="nothing_to_do")
    return Told(
        "One person is signed out everywhere. A mail tells them.",
        {"n": people},
        many="{n} people are signed out everywhere. A mail tells them.",
    )


END_SESSIONS = Command(
    name="end_sessions",
    path="/people/{person:int}/sessions/end",
    page="/setup/people/{person:int}/sessions/end",
    proof=FRESH,
    do=_end_sessions,
    body=EndedSessions,
    example={"reason": "Their laptop was stolen."},
    scope="staff:write",
    roles=ADMIN,
    tag="People",
)


END_ALL_SESSIONS = Command(
    name="end_all_sessions",
    path="/sessions/end",
    page="/setup/people/sessions/end",
    proof=FRESH,
    do=_end_all_sessions,
    body=EndedSessions,
    example={"reason": "A password list with our addresses was found."},
    scope="staff:write",
    roles=ADMIN,
    tag="People",
)


class LostSecondFactor(Document):
    """Why a colleague's second factor is removed."""

    reason: Reason


@post(
    "/setup/people/{person:int}/second-factor/removal",
    sync_to_thread=True,
    opt={"proof": FRESH},
)
def remove_second_factor(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    person: FromPath[int],
) -> HttpResponse:
    """Remove what somebody has lost: their password is enough until they set up another."""

    def do() -> None:
        reason = form.body(LostSecondFactor).reason
        identity.take_second_factors_away(work, person, reason=reason)

    said = (
        "Their second factor is removed, and every session of theirs has ended. A mail tells them."
    )
    return PEOPLE.do(request, work, do, said, form)


commands = [END_SESSIONS, END_ALL_SESSIONS]

routes = [
    remove_second_factor,
    form_route(END_SESSIONS, lambda person: PEOPLE),
    form_route(END_ALL_SESSIONS, lambda: PEOPLE),
]
