"""Facts: what waits, the dead letters, and what happened."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem.console import lists
from mainstem.kit import inbox
from mainstem.kit.errors import NotFound
from mainstem.kit.events import record, retry
from mainstem.kit.work import Work
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.listing import Listing
from mainstem.web.rendering import language_of, redirect
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import (
    ADMIN,
    HttpRequest,
    HttpResponse,
    Page,
    fact_in_words,
    layout_of,
    names_of,
    show,
)


class Facts(Page, kw_only=True):
    """What waits for its reaction, and what happened last."""

    waiting: list[lists.WaitingFact]
    trouble: Listing
    dead_letters: int
    rows: list[lists.FactRow]
    who: dict[str, str]
    named: dict[str, str]
    why: dict[tuple[UUID, str], str]
    """Why each that waits has not run, in words for whoever reads it."""
    subject: str
    listing: Listing
    real_time: datetime
    refused_events: list[inbox.RefusedEvents]
    """What the gateway, or somebody in its name, sent and we did not take: a row a day and reason."""
    reasons: dict[str, str]


REASONS = {
    "unsigned": "It was not signed: it did not come from the payment service.",
    "signature": "Its signature matches none of our signing secrets. Check the secret of the webhook endpoint.",
    "too_old": "It was signed more than five minutes ago. Check the clock of this server.",
    "ahead": "It was signed at a time in the future. Check the clock of this server.",
    "not_event": "It was signed and could not be read as an event.",
    "wrong_mode": "It was from the other mode: a test event in live mode, or the other way round.",
    "other_account": "It was about an account that is not ours.",
}


@get("/facts", sync_to_thread=True)
def facts(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """What waits, the dead letters, and the feed; `subject` narrows the feed to one thing."""
    language = language_of(request)
    about = listing.text(
        request,
        "subject",
        language.text("Only about"),
        language.text("The id of an order, lead, payout or person"),
    )
    whose = listing.choice(
        request,
        "whose",
        language.text("What"),
        [
            ("", language.text("Without the clock's")),
            ("clock", language.text("Only the clock's")),
        ],
    )
    days = listing.period(request, language)
    since, until = listing.instants(days, work.tools.zone)
    found = lists.facts(
        work,
        subject=about.value,
        clock=whose.value == "clock",
        since=since,
        until=until,
        cursor=listing.cursor_of(request),
    )
    trouble = lists.in_trouble(work, cursor=listing.cursor_of(request, "waiting"))
    waiting = [*trouble.rows, *([] if trouble.next else lists.due(work))]
    shown: list[lists.FactRow | lists.WaitingFact] = [*found.rows, *waiting]
    page = Facts(
        **layout_of(request, work, "facts"),
        waiting=waiting,
        trouble=listing.build("/console/facts", trouble, cursor="waiting"),
        dead_letters=sum(row.state == "dead" for row in waiting),
        rows=found.rows,
        who=names_of(work, language, [row.actor for row in shown]),
        named={row.name: fact_in_words(language, row.name) for row in shown},
        subject=about.value,
        listing=listing.build("/console/facts", found, about, whose, *days),
        why={(row.id, row.consumer): language.text(_why(row.error or "")) for row in waiting},
        real_time=datetime.now(UTC),
        refused_events=[] if about.value else inbox.refused(work),
        reasons={reason: language.text(words) for reason, words in REASONS.items()},
    )
    return show(request, "console/facts.html", page)


def _why(error: str) -> str:
    """What a failure means, by the name that the worker wrote down; its own words are no reader's."""
    kind = error.partition(":")[0]
    if kind.startswith("Gateway"):
        return "The payment service did not do it or did not answer."
    if kind in ("OperationalError", "DBAPIError", "TimeoutError"):
        return "The database was busy or could not be reached."
    if error.endswith("ended in the middle of it"):
        return "The worker process stopped in the middle of it, several times in a row."
    return "The task failed. A developer needs to look at it."


def _retry(work: Work, *, id: UUID, consumer: str) -> str | Told:
    """Give what follows from a fact for one consumer another chance now. What has run meanwhile
    needs none."""
    if not work.value("SELECT 1 FROM fact WHERE id = %(id)s", id=id):
        raise NotFound("task")
    if not retry(work, id, consumer):
        return Told("It has run already.", outcome="done_before")
    record(work, "fact.revived", id)
    return "It is tried again within a second."


RETRY = Command(
    name="retry_task",
    path="/facts/{id:uuid}/{consumer:str}/retry",
    do=_retry,
    scope="activity:write",
    roles=ADMIN,
    tag="Activity",
)


@form_of(RETRY)
def retry_fact(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    id: FromPath[UUID],
    consumer: FromPath[str],
) -> HttpResponse:
    """Try it again, and come back to the list."""
    said = RETRY.sent(work, form, {"id": id, "consumer": consumer})
    return redirect(request, "/console/facts", notice=said.words(language_of(request)))


commands = [RETRY]
routes = [facts, retry_fact]
