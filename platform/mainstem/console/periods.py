"""Periods: which there are, what one pays by rule and affiliate, and the two people who close it."""

from __future__ import annotations

from datetime import date

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import periods
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page as Rows
from mainstem.kit.work import Work
from mainstem.periods import Period, queries
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.listing import Listing
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
    HttpRequest,
    HttpResponse,
    Page,
    labelled,
    layout_of,
    names_of,
    reader_of,
    show,
)
from mainstem.web.staff.screen import Screens

PERIOD = "/periods/{name:str}"


class PeriodsPage(Page, kw_only=True):
    """Every period, and how far it has come."""

    rows: list[Period]
    states: dict[str, tuple[str, str]]
    who: dict[str, str]
    listing: Listing
    pays: bool


class PeriodPage(Page, kw_only=True):
    """What one period pays, and who agrees to it."""

    it: Period
    state: tuple[str, str]
    is_over: bool
    may_close: bool
    who: dict[str, str]
    sums: list[queries.RuleSum]
    settled: list[queries.Settled]
    moves: Rows[queries.Move]
    moves_listing: Listing
    due: Rows[queries.Due]
    listing: Listing


@get("/periods", sync_to_thread=True)
def list_periods(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Every period, the newest first."""
    language = language_of(request)
    found = queries.periods(work, cursor=listing.cursor_of(request))
    actors = [one for it in found.rows for one in (it.previewed_by, it.closed_by) if one]
    page = PeriodsPage(
        **layout_of(request, work, "money"),
        rows=found.rows,
        states=labelled(language, labels.PERIOD_STATES),
        who=names_of(work, language, actors),
        listing=listing.build("/console/periods", found),
        pays=periods.pays_now(work),
    )
    return show(request, "console/periods.html", page)


@get(PERIOD, sync_to_thread=True)
def show_period(
    request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]
) -> HttpResponse:
    """One period."""
    return SCREEN.of(name).show(request, work)


def _preview(work: Work, *, name: str) -> Told:
    """Work out what a period that is over would pay: by rule, by affiliate and in ranks. A second person
    closes it, on its page."""
    it = periods.preview(work, _day(name))
    return Told("{period} is previewed. Somebody else closes it.", {"period": it.name})


PREVIEW = Command(
    name="preview_period",
    path=f"{PERIOD}/preview",
    do=_preview,
    scope="money:write",
    roles=MONEY,
    tag="Payouts",
)


# No command: whoever closes is a person, never a program (docs/decisions/43).
@post(f"{PERIOD}/close", sync_to_thread=True, opt={"proof": MONEY_PROOF})
def close(request: HttpRequest, work: NamedDependency[Work], name: FromPath[str]) -> HttpResponse:
    """The second person says yes."""

    def do() -> Told:
        it = periods.close(work, _day(name))
        return Told(
            "{period} is closed. What it pays is held and then payable.", {"period": it.name}
        )

    return SCREEN.of(name).act(request, work, do)


def _period(request: HttpRequest, work: Work, name: str) -> PeriodPage:
    language = language_of(request)
    it = periods.period(work, _day(name))
    rules = queries.by_rule(work, it)
    rule = listing.choice(
        request,
        "rule",
        language.text("Rule"),
        [("", language.text("Any")), *((one, one) for one in sorted({one.rule for one in rules}))],
    )
    due = queries.due(work, it, rule=rule.value, cursor=listing.cursor_of(request))
    moves = queries.rank_moves(work, it, cursor=listing.cursor_of(request, "ranks"))
    url = f"/console/periods/{it.name}"
    return PeriodPage(
        **layout_of(request, work, "money"),
        it=it,
        state=labelled(language, labels.PERIOD_STATES)[it.state],
        is_over=work.now() >= it.ends_at,
        may_close=it.previewed_by != f"staff:{reader_of(request).person_id}",
        who=names_of(work, language, [one for one in (it.previewed_by, it.closed_by) if one]),
        sums=rules,
        settled=queries.settled(work, it) if it.state == "closed" else [],
        moves=moves,
        moves_listing=listing.build(url, moves, anchor="#ranks", cursor="ranks"),
        due=due,
        listing=listing.build(url, due, rule, anchor="#affiliates"),
    )


def _day(name: str) -> date:
    day = periods.day_of_name(name)
    if day is None:
        raise NotFound("period")
    return day


SCREEN = Screens("console/period.html", _period, "/console/periods/{}".format)

commands = [PREVIEW]
routes = [list_periods, show_period, close, form_route(PREVIEW, lambda name: SCREEN.of(name))]
