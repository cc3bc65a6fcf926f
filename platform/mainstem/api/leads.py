"""Leads over the API: a client of a storefront on another machine asks for a service."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from mainstem.api import queries
from mainstem.api.bodies import LeadBody, LeadDetails, LeadLinks, LeadList, LeadOpened
from mainstem.api.requests import (
    Cursor,
    ExternalId,
    IdempotencyKey,
    Limit,
    Since,
    Until,
    instant,
    intake_of,
    key_of,
    reply,
)
from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.leads import LeadWanted
from mainstem.web.context import app_context_of

HttpRequest = Request[Any, Any, Any]
LeadState = Annotated[
    Literal["new", "qualified", "quoted", "won", "lost", "duplicate"] | None,
    QueryParameter(name="state", description="Only those in this state"),
]


@post("/leads", status_code=201, opt={"scope": "leads:write"})
async def open_lead(
    request: HttpRequest, data: JSONBody[LeadBody], idempotency_key: IdempotencyKey
) -> Response[LeadOpened]:
    """Hand over a client's request for a service.

    `consent.words` are the very words the client agreed to. The same request with the same key
    gives the same answer again, with the header `Idempotent-Replayed`.
    """
    key = key_of(request)
    opened = await intake_of(request).lead(
        LeadWanted(
            storefront_id=key.storefront_id,
            home_id=key.home_id,
            channel="api",
            key=idempotency_key,
            fingerprint=data.fingerprint,
            product=data.product,
            client=data.client.details(),
            address=data.address.address(),
            consent=data.consent.consent(),
            locale=data.locale,
            currency=data.currency,
            message=data.message,
            wanted_on=data.wanted_on,
            code=data.code,
            link=data.link,
            external_id=data.external_id,
        )
    )
    # As it was when it came, so that a repeat is answered like the first request.
    state = "duplicate" if opened.state == "duplicate" else "new"
    answer = LeadOpened(opened.lead_id, opened.number, state, _links(request, opened.lead_id))
    return reply(request, answer, status=201, replayed=opened.replayed)


@get("/leads", sync_to_thread=True, opt={"scope": "leads:read"})
def list_leads(
    request: HttpRequest,
    work: NamedDependency[Work],
    after: Cursor = None,
    limit: Limit = 50,
    in_state: LeadState = None,
    external_id: ExternalId = None,
    since: Since = None,
    until: Until = None,
) -> Response[LeadList]:
    """The storefront's leads, newest first.

    `next` and `previous` are cursors of the pages beside this one: send one of them as `after`,
    with the same filters.
    """
    key = key_of(request)
    found = queries.leads(
        work,
        home=key.home_id,
        storefront=key.storefront_id,
        state=in_state,
        external_id=external_id,
        since=instant("since", since),
        until=instant("until", until),
        cursor=after,
        most=limit,
    )
    shown = [_details(request, row) for row in found.rows]
    return reply(request, LeadList(shown, found.next, found.previous))


@get("/leads/{lead_id:uuid}", sync_to_thread=True, opt={"scope": "leads:read"})
def show_lead(
    request: HttpRequest, work: NamedDependency[Work], lead_id: FromPath[UUID]
) -> Response[LeadDetails]:
    """One lead, with what was quoted and the order that came of it."""
    key = key_of(request)
    row = queries.lead(work, home=key.home_id, storefront=key.storefront_id, id=lead_id)
    if row is None:
        raise NotFound("lead")
    return reply(request, _details(request, row))


def _details(request: HttpRequest, row: Any) -> LeadDetails:
    return LeadDetails(**row._asdict(), links=_links(request, row.id))


def _links(request: HttpRequest, lead_id: UUID) -> LeadLinks:
    return LeadLinks(f"{app_context_of(request).settings.public_url}/api/v1/leads/{lead_id}")
