"""A client is to be tied to another affiliate: asked by one member of staff, agreed to by another."""

from __future__ import annotations

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from pydantic import Field

from mainstem import earnings
from mainstem.console.clients.binding import BINDING, HERE, key_of
from mainstem.kit.documents import Document
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form, FormFields
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.staff.forms import form_of
from mainstem.web.staff.layout import ORDERS, HttpRequest, HttpResponse
from mainstem.web.staff.screen import Screen
from mainstem.web.staff.typed import Denial

CHANGE = f"{HERE}/{{change:uuid}}"
REQUESTS = "/clients/binding-changes"


class ClientReattribution(Document):
    """Which client is to be tied to whom, why, and what shows it."""

    client: str = Field(title="Client", description="By the e-mail that they gave.")
    affiliate: str = Field(title="Affiliate", description="By their name in addresses.")
    reason: str = Field(title="Why", description="Kept, and shown to staff.")
    evidence: str = Field(
        title="Evidence", description="What shows it, in words: a mail, a contract."
    )


class ClientFields(FormFields):
    """Whose page a form stands on."""

    client: str = ""


def _of_change(work: Work, change: UUID) -> Screen:
    return BINDING.of(earnings.client_reattribution_of(work, change).client_key)


def _request(work: Work, body: ClientReattribution) -> Told:
    """Ask that a client be tied to another affiliate. A second person agrees, who is no program; from then on,
    and for no longer than they were tied before, their orders and requests are the other one's. What was
    ordered before stays with whom it is credited to."""
    earnings.request_client_reattribution(
        work, body.client, affiliate=body.affiliate, reason=body.reason, evidence=body.evidence
    )
    return Told(
        "A colleague of finance decides. Nothing has changed yet.", outcome="needs_approval"
    )


def _withdraw(work: Work, *, change: UUID) -> str:
    """Ask no more that a client be tied to another affiliate: only whoever has asked may withdraw it."""
    earnings.withdraw_client_reattribution(work, change)
    return "Withdrawn. The client stays with whom they are."


REATTRIBUTE = Command(
    name="request_client_reattribution", path=REQUESTS, page=HERE, do=_request,
    body=ClientReattribution,
    example={
        "client": "astrid@example.com",
        "affiliate": "langkok",
        "reason": "They brought the client, who ordered elsewhere by mistake.",
        "evidence": "The client's mail of 2 March.",
    },
    scope="orders:write", roles=ORDERS, tag="Orders",
)  # fmt: skip
WITHDRAW = Command(
    name="withdraw_client_reattribution", path=f"{REQUESTS}/{{change:uuid}}/withdrawal",
    page=f"{CHANGE}/withdrawal", do=_withdraw, scope="orders:write", roles=ORDERS, tag="Orders",
)  # fmt: skip


@form_of(REATTRIBUTE)
def ask(
    request: HttpRequest, work: NamedDependency[Work], form: NamedDependency[Form]
) -> HttpResponse:
    """One member of staff asks."""
    screen = BINDING.of(key_of(form.into(ClientFields).client))
    return screen.act(request, work, lambda: REATTRIBUTE.sent(work, form, {}), form)


@form_of(WITHDRAW)
def withdraw(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    change: FromPath[UUID],
) -> HttpResponse:
    """Whoever asked asks no more."""
    return _of_change(work, change).act(
        request, work, lambda: WITHDRAW.sent(work, form, {"change": change})
    )


# No commands: whoever approves or denies is a person, never a program (docs/decisions/43).


@post(f"{CHANGE}/approval", sync_to_thread=True, opt={"proof": MONEY_PROOF})
def approve(
    request: HttpRequest, work: NamedDependency[Work], change: FromPath[UUID]
) -> HttpResponse:
    """The second person agrees."""
    return _of_change(work, change).do(
        request,
        work,
        lambda: earnings.approve_client_reattribution(work, change),
        "Agreed. What they order from now on is the other one's.",
    )


@post(f"{CHANGE}/denial", sync_to_thread=True)
def deny(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    change: FromPath[UUID],
) -> HttpResponse:
    """The second person does not agree, and says why."""
    return _of_change(work, change).do(
        request,
        work,
        lambda: earnings.deny_client_reattribution(work, change, words=form.body(Denial).reason),
        "Denied. The client stays with whom they are.",
    )


commands = [REATTRIBUTE, WITHDRAW]
routes = [ask, withdraw, approve, deny]
