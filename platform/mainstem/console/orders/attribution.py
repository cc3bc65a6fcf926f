"""Who is credited with an order: asked to be another by one member of staff, agreed to by another."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from mainstem import earnings, orders
from mainstem.console import answers, queries
from mainstem.console.orders.attribution_form import Reattribution, reattribution_in
from mainstem.console.orders.page import BASE
from mainstem.earnings import AttributionChange, SharedWith
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.commands import Command, Told
from mainstem.web.forms import Form
from mainstem.web.proof import MONEY as MONEY_PROOF
from mainstem.web.rendering import language_of
from mainstem.web.staff.forms import form_route
from mainstem.web.staff.layout import (
    ORDERS,
    HttpRequest,
    HttpResponse,
    Page,
    layout_of,
    reader_of,
)
from mainstem.web.staff.screen import Screen, Screens
from mainstem.web.staff.typed import Denial

HERE = f"{BASE}/attribution"
CHANGE = f"{HERE}/{{change:uuid}}"


class ChangeView(msgspec.Struct, frozen=True):
    """A change that was asked for, with the names of whoever asked and answered, and of whoever is to be
    credited."""

    it: AttributionChange
    after: str
    state: tuple[str, str]
    asked_by: str
    decided_by: str
    waits: bool
    mine: bool


class AttributionPage(Page, kw_only=True):
    """Who is credited with an order, and every change of it."""

    number: str
    url: str
    order_url: str
    credited: str
    changes: list[ChangeView]
    waits: bool
    may_approve: bool


@get(HERE, sync_to_thread=True)
def attribution(
    request: HttpRequest, work: NamedDependency[Work], home: FromPath[int], order: FromPath[UUID]
) -> HttpResponse:
    """Who is credited with an order."""
    return ATTRIBUTION.of(home, order).show(request, work)


def page_of(request: HttpRequest, work: Work, home: int, order_id: UUID) -> AttributionPage:
    """Who is credited with an order, ready to be drawn."""
    language, identity = language_of(request), reader_of(request)
    order = queries.order(work, home, order_id)
    changes = earnings.reattributions_of(work, home, order_id)
    told = answers.shown(work, language, changes)
    return AttributionPage(
        **layout_of(request, work, "orders"),
        number=order.number,
        url=url_of(home, order_id),
        order_url=f"/console/orders/{home}/{order_id}",
        credited=named(language, earnings.credited_now(work, home, order_id)),
        changes=[
            ChangeView(
                it=one,
                after=named(language, [{"name": one.after, "part_bp": one.part_bp}, *one.others]),
                **said,
            )
            for one, said in zip(changes, told, strict=True)
        ],
        waits=any(map(answers.waits, changes)),
        may_approve=identity.may(*orders.MAY_APPROVE),
    )


def named(language: Language, parts: Sequence[SharedWith]) -> str:
    """Who they are; where there are several, each with their part."""
    if len(parts) == 1:
        return parts[0]["name"]
    return ", ".join(f"{one['name']} {language.percent(one['part_bp'])}" for one in parts)


def url_of(home: int, order_id: UUID) -> str:
    """Where the page is."""
    return f"/console/orders/{home}/{order_id}/attribution"


ATTRIBUTION = Screens("console/attribution.html", page_of, url_of)


def of_attribution(home: int, order: UUID) -> Screen:
    """The page of the order that an address names."""
    return ATTRIBUTION.of(home, order)


def _request(work: Work, body: Reattribution, *, home: int, order: UUID) -> Told:
    """Ask that an order be credited to another affiliate, or to several, each with a part. A second
    person agrees, who is no program; what the wrong ones got then goes back, and the right ones are credited
    as they stood at the sale."""
    earnings.request_reattribution(
        work, home, order, affiliate=body.affiliate, reason=body.reason, evidence=body.evidence,
        others=[earnings.Part(one.affiliate, one.part_bp) for one in body.others],
    )  # fmt: skip
    return Told("A colleague of finance decides. Nothing has moved yet.", outcome="needs_approval")


REATTRIBUTE = Command(
    name="request_reattribution",
    path=HERE,
    do=_request,
    body=Reattribution,
    example={
        "affiliate": "langkok",
        "reason": "They brought the client, who typed the address by hand.",
        "evidence": "The client's mail of 2 March.",
    },
    read=reattribution_in,
    fields={f"/others/{n}/affiliate": f"/other-{n + 1}" for n in range(earnings.OTHERS_MAX)}
    | {"/others": "/part-1"},
    scope="orders:write",
    roles=ORDERS,
    tag="Orders",
)

# No commands: whoever approves or denies is a person, never a program (docs/decisions/43).


@post(f"{CHANGE}/approval", sync_to_thread=True, opt={"proof": MONEY_PROOF})
def approve(
    request: HttpRequest,
    work: NamedDependency[Work],
    home: FromPath[int],
    order: FromPath[UUID],
    change: FromPath[UUID],
) -> HttpResponse:
    """The second person agrees."""
    return of_attribution(home, order).do(
        request,
        work,
        lambda: earnings.approve_reattribution(work, home, change),
        "Agreed. The commission follows.",
    )


@post(f"{CHANGE}/denial", sync_to_thread=True)
def deny(
    request: HttpRequest,
    work: NamedDependency[Work],
    form: NamedDependency[Form],
    home: FromPath[int],
    order: FromPath[UUID],
    change: FromPath[UUID],
) -> HttpResponse:
    """The second person does not agree, and says why."""
    return of_attribution(home, order).do(
        request,
        work,
        lambda: earnings.deny_reattribution(work, home, change, words=form.body(Denial).reason),
        "Denied. Nothing moves.",
    )


commands = [REATTRIBUTE]
routes = [attribution, form_route(REATTRIBUTE, of_attribution), approve, deny]
