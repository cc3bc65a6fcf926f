"""What the pages of an account share: whose it is, how it is read and changed, and what is shown of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from mainstem.identity import Added, Identity
from mainstem.kit.errors import Refused
from mainstem.kit.work import Actor, Work
from mainstem.web.context import app_context_of, request_context_of
from mainstem.web.pages.entering import HttpRequest, Onward, Page, keep_session
from mainstem.web.rendering import language_of, redirect, render, words
from mainstem.web.works import in_work

T = TypeVar("T")
HOME = "/account"


class RecoveryCodesPage(msgspec.Struct, frozen=True):
    """Ten codes, which are shown this once, and where somebody goes on to."""

    codes: list[str]
    onward_url: str
    here: str = HOME


def reader_of(request: HttpRequest) -> Identity:
    """Whose account it is; a guard has let them in."""
    identity = request_context_of(request).identity
    assert identity is not None, "a guard has let them in"
    return identity


async def in_my_work(request: HttpRequest, do: Callable[[Work], T]) -> T:
    """What `do` gives in a short Work of the reader's own, by the clock of sessions."""
    actor = Actor("person", str(reader_of(request).person_id))
    return await in_work(request, actor, do, clock=app_context_of(request).clock)


async def after_adding(request: HttpRequest, added: Added, onward: Onward, said: str) -> Page:
    """The session goes on under another token; with the first factor come the recovery codes."""
    keep_session(request, added.token)
    where = onward.next or HOME
    if added.recovery_codes:
        return show_codes(request, added.recovery_codes, where)
    return redirect(request, where, notice=language_of(request).text(said))


def show_codes(request: HttpRequest, codes: Sequence[str], onward_url: str) -> Page:
    """The recovery codes, this once."""
    page = RecoveryCodesPage(list(codes), onward_url)
    return render(request, "pages/account_codes.html", page)


def told(request: HttpRequest, no: Refused) -> Page:
    """Back to the account, with what was refused."""
    said = " ".join(words(language_of(request), one) for one in no.problems)
    return redirect(request, HOME, notice=said or words(language_of(request), no), tone="bad")
