"""Recovery codes, made anew: those of before open nothing any more."""

from __future__ import annotations

from litestar import post

from mainstem.identity import renew_recovery_codes
from mainstem.kit.errors import Refused
from mainstem.web.pages.account.around import HOME, in_my_work, reader_of, show_codes, told
from mainstem.web.pages.entering import HttpRequest, Page
from mainstem.web.proof import FRESH


@post("/recovery-codes", status_code=200, opt={"proof": FRESH})
async def renew(request: HttpRequest) -> Page:
    """Ten new codes, shown this once."""
    person_id = reader_of(request).person_id
    try:
        codes = await in_my_work(request, lambda work: renew_recovery_codes(work, person_id))
    except Refused as no:
        return told(request, no)
    return show_codes(request, codes, HOME)


routes = [renew]
