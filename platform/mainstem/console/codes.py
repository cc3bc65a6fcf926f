"""Codes: who has which, and staff's own hand on them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from mainstem import referrals
from mainstem.console import lists
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, show
from mainstem.web.staff.screen import Screen

PAGE = 50


class Codes(Page, kw_only=True):
    """Codes by name, in force or retired."""

    rows: list[Any]
    text: str
    view: str
    next_url: str
    affiliates: list[Any]
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


@post("/codes", sync_to_thread=True)
def give(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """Give an affiliate a code, also one that nobody may choose."""
    return _screen().do(
        request,
        work,
        lambda: referrals.assign(work, _affiliate(work, form["affiliate"]), form["code"]),
        "The code is assigned.",
        form,
    )


@post("/codes/{code:str}/retirement", sync_to_thread=True)
def retire(request: HttpRequest, work: NamedDependency[Work], code: FromPath[str]) -> HttpResponse:
    """Take a code out of force."""
    return _screen(code).do(
        request,
        work,
        lambda: referrals.retire(work, code),
        "The code is retired.",
    )


@post("/codes/{code:str}/affiliate", sync_to_thread=True)
def reassign(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    code: FromPath[str],
) -> HttpResponse:
    """Give a code to another affiliate."""
    return _screen(code).do(
        request,
        work,
        lambda: referrals.reassign(work, code, _affiliate(work, form["affiliate"])),
        "The code is reassigned.",
        form,
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


routes = [list_codes, give, retire, reassign]
