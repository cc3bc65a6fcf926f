"""Sessions, ended by their owner: one of them, or all at once.

Both ask for a fresh sign-in, so that whoever finds a session open cannot shut its owner out of the
others. Signing out of the one that is used (`/sign-out`) asks for nothing.
"""

from __future__ import annotations

from litestar import post
from litestar.params import FromPath

from mainstem.identity import end_session, end_sessions
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem.web.pages.account.around import HOME, in_my_work, reader_of
from mainstem.web.pages.entering import HttpRequest, Page
from mainstem.web.proof import FRESH
from mainstem.web.rendering import language_of, redirect, set_cookie


@post("/sessions/{id:int}/end", opt={"proof": FRESH})
async def end_one(request: HttpRequest, id: FromPath[int]) -> Page:
    """End one session. Ended twice is fine."""
    reader = reader_of(request)

    def end(work: Work) -> None:
        if end_session(work, reader.person_id, id):
            record(work, "session.ended", id)

    await in_my_work(request, end)
    if id == reader.session_id:
        return _out(request, "You are signed out.")
    said = language_of(request).text("That session has ended.")
    return redirect(request, HOME, notice=said)


@post("/sessions/end", opt={"proof": FRESH})
async def end_all(request: HttpRequest) -> Page:
    """Sign out everywhere, here too."""
    person_id = reader_of(request).person_id

    def end(work: Work) -> None:
        if end_sessions(work, person_id):
            record(work, "sessions.ended", person_id)

    await in_my_work(request, end)
    return _out(request, "You are signed out everywhere.")


def _out(request: HttpRequest, said: str) -> Page:
    for name in ("session", "affiliate", "csrf"):
        set_cookie(request, name, "")
    return redirect(request, "/sign-in", notice=language_of(request).text(said))


routes = [end_one, end_all]
