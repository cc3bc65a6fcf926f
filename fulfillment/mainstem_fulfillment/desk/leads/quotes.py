"""A quote for a lead: written, and sent."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from mainstem import leads
from mainstem.kit.documents import Currency, Document, Minor
from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work
from mainstem.money import Money
from mainstem.web.commands import Command
from mainstem.web.forms import Form, FormFields, whole
from mainstem.web.staff.amounts import amount_in
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import SERVICE
from mainstem_fulfillment.desk.leads.lead import BASE, of_lead


class QuoteDraft(Document):
    """What is offered, for how much, and for how long."""

    currency: Currency = Field(title="Currency", description="The lead's own.")
    amount_minor: Minor = Field(title="Amount", description="Tax included.")
    scope: str = Field(title="What is done", description="In words that stand once it is sent.")
    days: int = Field(ge=0, le=9_999, title="Days", description="How long it stands once sent.")


def _draft(work: Work, body: QuoteDraft, *, home: int, lead: UUID) -> str:
    """Write the quote, or the unsent one anew. What was sent stands until this one is sent."""
    view = leads.queries.page(work, home, lead, locale="en")
    if body.currency != view.currency:
        raise InvalidInput(Problem("/currency", "not_offered", "This is not one of the choices."))
    try:
        leads.draft_quote(
            work,
            home,
            lead,
            amount=Money(body.amount_minor, body.currency),
            scope=body.scope,
            valid_days=body.days,
        )
    except InvalidInput as wrong:
        wrong.name_by(_POINTERS)
        raise
    return "The draft is saved. Read it, then send it."


_POINTERS = {"/valid_days": "/days", "/amount": "/amount_minor"}


class QuoteFields(FormFields):
    """What a form says otherwise than a program: an amount as people write it, and days or none."""

    amount: str = ""
    days: Annotated[int | None, whole(digits=4)] = 0


def _read(work: Work, form: Form, *, home: int, lead: UUID) -> QuoteDraft:
    view = leads.queries.page(work, home, lead, locale="en")
    sent = form.into(QuoteFields)
    if sent.days is None:
        raise InvalidInput(Problem("/days", "invalid_field", "Count in whole days."))
    amount = amount_in(sent.amount, view.currency)
    return form.body(
        QuoteDraft, currency=amount.currency, amount_minor=amount.minor, days=sent.days
    )


def _send(work: Work, *, home: int, lead: UUID) -> str:
    """Give the draft to the client, in place of any version before it. Its days begin now."""
    leads.send_quote(work, home, lead)
    return "The quote is ready. Send the client its link."


DRAFT = Command(
    name="draft_quote",
    path=f"{BASE}/quote",
    do=_draft,
    body=QuoteDraft,
    read=_read,
    fields={"/amount_minor": "/amount"},
    example={
        "currency": "SEK",
        "amount_minor": 250000,
        "scope": "The stove put in place and connected.",
        "days": 14,
    },
    scope="leads:write",
    roles=SERVICE,
    tag="Leads",
)
SEND = Command(
    name="send_quote",
    path=f"{BASE}/quote/sending",
    do=_send,
    scope="leads:write",
    roles=SERVICE,
    tag="Leads",
)

commands = [DRAFT, SEND]
routes = [form_route(command, of_lead) for command in commands]
