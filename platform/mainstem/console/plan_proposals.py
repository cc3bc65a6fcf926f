"""Plans that were proposed, and the second person's answer."""

from __future__ import annotations

from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import proposals, setup
from mainstem.console.setup.plan_shown import Found, clauses_of, found_in
from mainstem.kit.work import Work
from mainstem.plan import Change, book, difference, parse
from mainstem.proposals import Proposal
from mainstem.web import listing
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.listing import Listing
from mainstem.web.plan_words import PlanClause, plan_clauses
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    ADMIN,
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
from mainstem.web.staff.typed import Denial

PROPOSALS = 40


class Proposals(Page, kw_only=True):
    """Plans that were proposed, the newest first."""

    rows: list[Proposal]
    who: dict[str, str]
    states: dict[str, tuple[str, str]]
    listing: Listing


class ProposalPage(Page, kw_only=True):
    """One proposed plan: what becomes different, what is found in it, all that it says, and the answer."""

    it: Proposal
    who: dict[str, str]
    states: dict[str, tuple[str, str]]
    changes: list[Change]
    in_force: int
    found: list[Found]
    clauses: list[PlanClause]
    is_own: bool


@get("/plan/proposals", sync_to_thread=True)
def list_proposals(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """Plans that were proposed."""
    found = proposals.proposals(work, cursor=listing.cursor_of(request), most=PROPOSALS)
    language = language_of(request)
    page = Proposals(
        **layout_of(request, work, "money"),
        rows=found.rows,
        who=names_of(work, language, [row.proposed_by for row in found.rows]),
        states=labelled(language, labels.PROPOSAL_STATES),
        listing=listing.build("/console/plan/proposals", found),
    )
    return show(request, "console/plan_proposals.html", page)


@get("/plan/proposals/{proposal:uuid}", sync_to_thread=True)
def show_proposal(
    request: HttpRequest, work: NamedDependency[Work], proposal: FromPath[UUID]
) -> HttpResponse:
    """One proposed plan."""
    return PROPOSAL.of(proposal).show(request, work)


def _page(request: HttpRequest, work: Work, proposal: UUID) -> ProposalPage:
    language, it = language_of(request), proposals.proposal(work, proposal)
    plan, now = parse(proposals.document_of(work, proposal), version=0), book.now(work)
    said = clauses_of(work, language, plan)
    return ProposalPage(
        **layout_of(request, work, "money"),
        it=it,
        who=names_of(work, language, [it.proposed_by, it.decided_by or ""]),
        states=labelled(language, labels.PROPOSAL_STATES),
        changes=difference(clauses_of(work, language, now), said)
        if now and it.state == "needs_approval"
        else [],
        in_force=now.version if now else 0,
        found=found_in(language, plan),
        clauses=plan_clauses(work, plan, language),
        is_own=it.proposed_by == f"staff:{reader_of(request).person_id}",
    )


# No commands: whoever publishes or denies is a person, never a program (docs/decisions/43).


@post(
    "/plan/proposals/{proposal:uuid}/publication", sync_to_thread=True, opt={"proof": MONEY_PROOF}
)
def publish(
    request: HttpRequest, work: NamedDependency[Work], proposal: FromPath[UUID]
) -> HttpResponse:
    """The second person says yes."""

    def do() -> Told:
        made = setup.publish_plan(work, proposal)
        return Told("Version {n} of the plan is published.", {"n": made.version})

    return PROPOSAL.of(proposal).act(request, work, do)


@post("/plan/proposals/{proposal:uuid}/denial", sync_to_thread=True)
def deny(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    proposal: FromPath[UUID],
) -> HttpResponse:
    """The second person says no, and why."""
    return PROPOSAL.of(proposal).do(
        request,
        work,
        lambda: proposals.deny(work, proposal, words=form.body(Denial).reason),
        "Denied. The plan stays as it is.",
        form,
    )


def _withdraw(work: Work, *, proposal: UUID) -> str:
    """Take a proposed plan back before it is published: only whoever has proposed it may."""
    proposals.withdraw(work, proposal)
    return "Withdrawn. The plan stays as it is."


WITHDRAW = Command(
    name="withdraw_plan_proposal", path="/plan/proposals/{proposal:uuid}/withdrawal", do=_withdraw,
    scope="setup:write", roles=ADMIN, tag="Plan",
)  # fmt: skip

PROPOSAL = Screens("console/plan_proposal.html", _page, "/console/plan/proposals/{}".format)
commands = [WITHDRAW]
routes = [
    list_proposals,
    show_proposal,
    publish,
    deny,
    form_route(WITHDRAW, lambda proposal: PROPOSAL.of(proposal), refills=False),
]
