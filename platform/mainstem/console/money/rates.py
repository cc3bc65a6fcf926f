"""Rates of exchange, by which earnings are paid in another currency."""

from __future__ import annotations

from datetime import datetime

from litestar import get, post
from litestar.di import NamedDependency

from mainstem import payouts
from mainstem.kit.work import Work
from mainstem.web.forms import Form
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
)
from mainstem.web.staff.screen import Screen


class Rates(Page, kw_only=True):
    """At what money is changed for payouts, and whether it is."""

    rows: list[payouts.Rate]
    policy: str
    days: int
    today: str


@get("/rates", sync_to_thread=True)
def list_rates(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """The rates in force."""
    return RATES.show(request, work)


@post("/rates", sync_to_thread=True)
def set_rate(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """A rate as somebody has published it; at a payout the newest counts."""

    def do() -> str:
        payouts.set_rate(
            work,
            form["from"].upper(),
            form["to"].upper(),
            form["rate"],
            source=form["source"],
            published_at=_instant_in(form["published"], work),
        )
        return "The rate is saved."

    return RATES.act(request, work, do, form)


def _rates(request: HttpRequest, work: Work) -> Rates:
    return Rates(
        **layout_of(request, work, "money"),
        rows=list(payouts.rates_in_force(work).values()),
        policy=work.tools.other_currency,
        days=payouts.RATE_LIFE.days,
        today=work.now().astimezone(work.tools.zone).strftime("%Y-%m-%dT%H:%M"),
    )


RATES = Screen("console/rates.html", _rates, "/console/rates")


def _instant_in(text: str, work: Work) -> datetime:
    """A day and time as the browser writes them, where the company lives. Raises RateRefused."""
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M").replace(tzinfo=work.tools.zone)
    except ValueError:
        raise payouts.RateRefused() from None


routes = [list_rates, set_rate]
