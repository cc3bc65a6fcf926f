"""Codes: who has which, and staff's own hand on them."""

from __future__ import annotations

from urllib.parse import urlencode

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from pydantic import Field

from mainstem import referrals
from mainstem.console import lists
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.commands import Command
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import MONEY, HttpRequest, HttpResponse, Page, layout_of, show
from mainstem.web.staff.screen import Screen

PAGE = 50


class Codes(Page, kw_only=True):
    """Codes by name, in force or retired."""

    rows: list[referrals.Code]
    text: str
    view: str
    next_url: str
    affiliates: list[lists.AffiliateRow]
    named: str
    """The code whose form was refused; empty for the form of a new one."""


@get("/codes", sync_to_thread=True)
def list_codes(
    request: HttpRequest,
    work: NamedDependency[Work],
    q: FromQuery[str] = "",
    view: FromQuery[str] = "",
    after: FromQuery[str] = "",
) -> HttpResponse:
    """The codes that begin so, however they are typed."""
    return show(request, "console/codes.html", _page(request, work, q, view, after))


def _page(
    request: HttpRequest, work: Work, q: str = "", view: str = "", after: str = "", named: str = ""
) -> Codes:
    q, view = q.strip()[:40], view if view == "retired" else "in force"
    rows = referrals.codes(work, text=q, retired=view == "retired", after=after[:40], most=PAGE + 1)
    more = ""
    if len(rows) > PAGE:
        place = urlencode({"q": q, "view": view, "after": rows[PAGE - 1].code})
        more = f"/console/codes?{place}"
    return Codes(
        **layout_of(request, work, "money"),
        rows=rows[:PAGE],
        text=q,
        view=view,
        next_url=more,
        affiliates=lists.affiliates(work, most=200).rows,
        named=named,
    )


def _screen(code: str = "") -> Screen:
    """The codes; where a form of one of them is refused, that one alone."""
    return Screen(
        "console/codes.html",
        lambda request, work: _page(request, work, q=code, named=code),
        "/console/codes",
    )


class AssignedCode(Document):
    """A code, and who gets it."""

    affiliate: str = Field(title="Affiliate", description="By its slug or its name.")
    code: str = Field(title="Code", description="As it is to be typed.")


class CodeOwner(Document):
    """Who gets a code."""

    affiliate: str = Field(title="Affiliate", description="By its slug or its name.")


def _assign(work: Work, body: AssignedCode) -> str:
    """Give an affiliate a code, also one that nobody may choose."""
    referrals.assign(work, _affiliate(work, body.affiliate), body.code)
    return "The code is assigned."


def _retire(work: Work, *, code: str) -> str:
    """Take a code out of force."""
    referrals.retire(work, code)
    return "The code is retired."


def _reassign(work: Work, body: CodeOwner, *, code: str) -> str:
    """Give a code to another affiliate."""
    referrals.reassign(work, code, _affiliate(work, body.affiliate))
    return "The code is reassigned."


ASSIGN = Command(
    name="assign_code",
    path="/codes",
    do=_assign,
    body=AssignedCode,
    example={"affiliate": "cedar", "code": "CEDAR10"},
    scope="money:write",
    roles=MONEY,
    tag="Codes",
)
RETIRE = Command(
    name="retire_code",
    path="/codes/{code:str}/retirement",
    do=_retire,
    scope="money:write",
    roles=MONEY,
    tag="Codes",
)
REASSIGN = Command(
    name="reassign_code",
    path="/codes/{code:str}/affiliate",
    do=_reassign,
    body=CodeOwner,
    example={"affiliate": "birch"},
    scope="money:write",
    roles=MONEY,
    tag="Codes",
)


def _affiliate(work: Work, text: str) -> int:
    """The affiliate who was named, by slug or by name."""
    found = work.rows(
        """SELECT id FROM affiliate WHERE slug = lower(%(text)s) OR lower(name) = lower(%(text)s)
            LIMIT 2""",
        text=text.strip()[:200],
    )
    if len(found) != 1:
        raise InvalidInput(
            Problem("/affiliate", "invalid_field", "Name one affiliate from the list.")
        )
    return int(found[0].id)


commands = [ASSIGN, RETIRE, REASSIGN]
routes = [
    list_codes,
    form_route(ASSIGN, _screen),
    form_route(RETIRE, _screen, refills=False),
    form_route(REASSIGN, _screen),
]
