"""Rates of exchange, by which earnings are paid in another currency."""

from __future__ import annotations

from datetime import datetime

from litestar import get
from litestar.di import NamedDependency
from pydantic import ConfigDict, Field

from mainstem import payouts
from mainstem.kit.documents import Document
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.commands import Command
from mainstem.web.forms import Form, FormFields
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    MONEY,
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


class PublishedRate(Document):
    """A rate as somebody has published it."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", title="From", description="The currency that is changed.")
    to: str = Field(title="To", description="The currency that it becomes.")
    rate: str = Field(title="Rate", description="What one unit is in the other, as decimals.")
    source: str = Field(title="Source", description="Who has published it.")
    published: datetime = Field(title="Published", description="When, with its offset from UTC.")


def _set_rate(work: Work, body: PublishedRate) -> str:
    """Keep a rate of exchange as somebody has published it; at a payout the newest counts."""
    if body.published.tzinfo is None:
        raise InvalidInput(
            Problem("/published", "invalid_field", "Send an instant with its offset from UTC.")
        )
    payouts.set_rate(
        work,
        body.from_.upper(),
        body.to.upper(),
        body.rate,
        source=body.source,
        published_at=body.published,
    )
    return "The rate is saved."


class RateFields(FormFields):
    """What a form says otherwise than a program: the currency by its own name, the instant by a clock
    on the wall."""

    from_: str = Field("", alias="from")
    published: str = ""


def _read(work: Work, form: Form) -> PublishedRate:
    sent = form.into(RateFields)
    published = _instant_in(sent.published, work)
    return form.body(PublishedRate, from_=sent.from_, published=published)


SET_RATE = Command(
    name="set_exchange_rate",
    path="/rates",
    do=_set_rate,
    body=PublishedRate,
    read=_read,
    example={
        "from": "EUR",
        "to": "SEK",
        "rate": "11.2350",
        "source": "ECB",
        "published": "2026-03-02T08:00:00+01:00",
    },
    scope="money:write",
    roles=MONEY,
    tag="Payouts",
)


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


commands = [SET_RATE]
routes = [list_rates, form_route(SET_RATE, lambda: RATES)]
