"""A quote for a lead: written, and sent."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import leads
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.web.forms import Form, whole_number
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.layout import (
    HttpRequest,
    HttpResponse,
)
from mainstem_fulfillment.desk.leads.lead import BASE, LEAD


@post(f"{BASE}/quote", sync_to_thread=True)
def quote(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    lead: FromPath[UUID],
) -> HttpResponse:
    """Write the draft; with `send`, give it to the client at once."""

    def write() -> None:
        view = leads.queries.page(work, home, lead, locale="en")
        days = whole_number(form["days"] or "0", digits=4)
        if days is None:
            raise InvalidInput(Problem("/days", "invalid_field", "Count in whole days."))
        try:
            leads.draft_quote(
                work,
                home,
                lead,
                amount=amount_in(form["amount"], view.currency),
                scope=form["scope"],
                valid_days=days,
            )
        except InvalidInput as wrong:
            raise InvalidInput(*map(_as_on_the_form, wrong.problems)) from None

    return LEAD.of(home, lead).do(
        request, work, write, "The draft is saved. Read it, then send it.", form
    )


def _as_on_the_form(problem: Problem) -> Problem:
    pointer = {"/valid_days": "/days"}.get(problem.pointer, problem.pointer)
    return Problem(pointer, problem.code, problem.message, problem.facts)


@post(f"{BASE}/quote/sending", sync_to_thread=True)
def send_quote(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], lead: FromPath[UUID]
) -> HttpResponse:
    """Give the draft to the client."""
    return LEAD.of(home, lead).do(
        request,
        work,
        lambda: leads.send_quote(work, home, lead),
        "The quote is ready. Send the client its link.",
    )


routes = [quote, send_quote]
