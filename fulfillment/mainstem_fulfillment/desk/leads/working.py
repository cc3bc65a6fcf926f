"""Working on a lead: taken, reached, noted, found to be another's twin, lost."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from mainstem import leads
from mainstem.kit.documents import Document
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import SERVICE
from mainstem_fulfillment.desk.leads.lead import BASE, of_lead


class Reached(Document):
    """By which contact the client was reached."""

    by: str = Field(title="By", description="`phone` or `email`.")


class DuplicateOf(Document):
    """Which lead goes on."""

    of: str = Field(title="Lead", description="Its id: one of the lead's `possible_duplicates`.")


class Note(Document):
    """What is written down."""

    words: str = Field(title="Note", description="Affiliates do not see it.")


class Loss(Document):
    """Why nothing comes of it."""

    reason: str = Field(title="Reason", description="One of: {reasons}.".format(
        reasons=", ".join(f"`{one}`" for one in leads.LOST_REASONS)))  # fmt: skip
    why: str = Field("", title="In words", description="Kept as a note.")


def _qualify(work: Work, *, home: int, lead: UUID) -> str:
    """Say that the request is real and ours to do."""
    leads.qualify(work, home, lead)
    return "The lead is qualified."


def _reach(work: Work, body: Reached, *, home: int, lead: UUID) -> str:
    """Say that the client was reached by one of their contacts, and the request is theirs."""
    leads.reach(work, home, lead, by=body.by)
    return "The client is marked as reached."


def _mark_duplicate(work: Work, body: DuplicateOf, *, home: int, lead: UUID) -> str:
    """Close it as the same request as another lead, which goes on."""
    shown = leads.queries.possible_duplicates(work, home, lead)
    other = next((one for one in shown if str(one.id) == body.of and one.id != lead), None)
    if other is None:
        raise NotFound("lead")
    leads.mark_duplicate(work, home, lead, of=(other.home_id, other.id))
    return "The lead is closed as a duplicate."


def _note(work: Work, body: Note, *, home: int, lead: UUID) -> str | Told:
    """Write something down. The same words as the last note are the same note sent twice."""
    view = leads.queries.page(work, home, lead, locale="en")
    last = next((entry for entry in view.timeline if entry.words), None)
    if last and last.words == body.words and last.actor == str(work.actor):
        return Told("The note is saved.", outcome="done_before")
    leads.note(work, home, lead, words=body.words)
    return "The note is saved."


def _lose(work: Work, body: Loss, *, home: int, lead: UUID) -> str:
    """Say that nothing comes of it, and why."""
    leads.lose(work, home, lead, reason=body.reason, words=body.why)
    return "The lead is marked as lost."


QUALIFY = Command(
    name="qualify_lead",
    path=f"{BASE}/qualification",
    do=_qualify,
    scope="leads:write",
    roles=SERVICE,
    tag="Leads",
)
REACH = Command(
    name="reach_client",
    path=f"{BASE}/reaching",
    do=_reach,
    body=Reached,
    example={"by": "phone"},
    scope="leads:write",
    roles=SERVICE,
    tag="Leads",
)
MARK_DUPLICATE = Command(
    name="mark_lead_duplicate",
    path=f"{BASE}/duplication",
    do=_mark_duplicate,
    body=DuplicateOf,
    example={"of": "019cae4e-5a00-7000-8000-000000000001"},
    scope="leads:write",
    roles=SERVICE,
    tag="Leads",
)
NOTE = Command(
    name="note_on_lead",
    path=f"{BASE}/notes",
    do=_note,
    body=Note,
    example={"words": "Wants it before midsummer. Call after five."},
    scope="leads:write",
    roles=SERVICE,
    tag="Leads",
)
LOSE = Command(
    name="lose_lead",
    path=f"{BASE}/loss",
    do=_lose,
    body=Loss,
    example={"reason": "price", "why": "Has a cheaper offer from a neighbour."},
    scope="leads:write",
    roles=SERVICE,
    tag="Leads",
)

commands = [QUALIFY, REACH, MARK_DUPLICATE, NOTE, LOSE]
routes = [form_route(command, of_lead) for command in commands]
