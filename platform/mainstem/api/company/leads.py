"""Leads of all storefronts and their quotes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar.params import QueryParameter
from pydantic import AliasPath, Field

from mainstem import earnings, leads
from mainstem.api.company.listing import Listing, Row, list_route, show_route
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem.money import Money

SCOPE, TAG = "leads:read", "Leads"


class CompanyLead(Row):
    """Who asks for what, and how far it has come. `home` and `id` lead to it."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    number: str
    state: str
    stage: str
    lost_reason: str | None
    service: str
    storefront: str
    client: str
    wanted_on: date | None
    call_by: date | None
    assigned_to: str | None
    created_at: datetime
    closed_at: datetime | None


class QuoteVersion(Row):
    """One version of a quote."""

    no: int
    state: str
    currency: str = Field(validation_alias=AliasPath("amount", "currency"))
    amount_minor: int = Field(validation_alias=AliasPath("amount", "minor"))
    scope: str
    valid_until: datetime
    sent_at: datetime | None
    answered_at: datetime | None


class AllowedStep(Row):
    """A step, and whether it can be taken now."""

    name: str
    allowed: bool


class LeadEvent(Row):
    """Something that happened to it, or a note in its words."""

    at: datetime
    fact: str
    words: str
    actor: str


class DuplicateLead(Row):
    """Another lead that asks for the same under the same contact."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    number: str
    state: str
    storefront: str
    same_email: bool
    same_phone: bool


class CompanyLeadDetails(Row):
    """A lead with its quotes, its notes and what may be done with it."""

    home: int = Field(validation_alias="home_id")
    id: UUID
    number: str
    state: str
    stage: str
    lost_reason: str | None
    duplicate_of: UUID | None
    service: str
    storefront: str
    currency: str
    client: dict[str, Any]
    address: dict[str, Any]
    message: str
    wanted_on: date | None
    assigned_to: str | None
    created_at: datetime
    reached_at: datetime | None
    reached_by: str | None
    closed_at: datetime | None
    order_id: UUID | None
    quotes: list[QuoteVersion]
    timeline: list[LeadEvent]
    steps: list[AllowedStep] = Field(validation_alias="actions")
    possible_duplicates: list[DuplicateLead]


class StandingQuote(Row):
    """A quote that waits for the client's answer. `home` and `lead` lead to it."""

    home: int = Field(validation_alias="home_id")
    lead: UUID = Field(validation_alias="lead_id")
    no: int
    lead_number: str
    client: str
    state: str
    currency: str
    amount_minor: int
    sent_at: datetime
    valid_until: datetime


def _read(work: Work, *, home: int, lead: UUID) -> dict[str, Any]:
    """One lead: its quotes, the newest first, what happened to it, the steps that it may take, and
    leads that ask for the same under the same contact."""
    view = leads.queries.page(work, home, lead, locale="en")
    twins = leads.queries.possible_duplicates(work, home, lead)
    return {name: getattr(view, name) for name in view.__slots__} | {
        "possible_duplicates": [one for one in twins if one.id != lead]
    }


class LeadShare(Row):
    """What one level would get for one milestone of the service: a rate in basis points, or fixed money for
    each piece. Without an amount nobody knows yet what the work costs."""

    milestone: str
    rule: str
    level: int
    affiliate: str = Field(validation_alias="beneficiary")
    rate_bp: int
    each_minor: int | None
    amount_minor: int | None


class LeadEstimate(Row):
    """What a request would earn everybody if it were won, delivered and kept. None of it is earned."""

    is_earned: bool = False
    currency: str
    amount_minor: int | None
    is_list_price: bool
    counts_minor: int | None
    reached: list[str]
    earns: bool
    earns_reason: str
    total_minor: int | None
    shares: list[LeadShare]


def _estimate(work: Work, *, home: int, lead: UUID) -> dict[str, Any]:
    """What an open lead would earn everybody, of what it is quoted at or of the price of its service: by
    milestone, rule and level, by the plan of now. None of it is earned before the work is delivered."""
    found = earnings.estimate(work, home, lead, locale="en")
    if found is None:
        raise NotFound("lead")
    return {
        name: getattr(found, name)
        for name in ("currency", "is_list_price", "earns", "earns_reason")
    } | {
        "reached": list(found.reached),
        "amount_minor": _minor(found.amount),
        "counts_minor": _minor(found.counts),
        "total_minor": _minor(found.total),
        "shares": [
            {
                name: getattr(one, name)
                for name in ("milestone", "rule", "level", "beneficiary", "rate_bp")
            }
            | {"each_minor": _minor(one.each), "amount_minor": _minor(one.amount)}
            for one in found.shares
        ],
    }


def _minor(amount: Money | None) -> int | None:
    return amount.minor if amount is not None else None


def _find(work: Work, *, stage: str, **page: Any) -> Page[Any]:
    return leads.queries.listed(work, stage, locale="en", **page)


Stage = Annotated[
    Literal["new", "qualified", "quoted", "follow_up", "won", "lost", "duplicate"],
    QueryParameter(
        name="stage",
        description="Where they stand: the state, and `follow_up` where no quote stands any more",
    ),
]

routes = [
    list_route(
        Listing(
            name="list_company_leads",
            path="/leads",
            row=CompanyLead,
            scope=SCOPE,
            tag=TAG,
            words="Leads of one stage, of all storefronts, newest first.",
            find=_find,
            filters={"stage": (Stage, "new")},
        )
    ),
    show_route(
        "/leads/{home:int}/{lead:uuid}",
        CompanyLeadDetails,
        _read,
        name="show_company_lead",
        scope=SCOPE,
        tag=TAG,
    ),
    show_route(
        "/leads/{home:int}/{lead:uuid}/estimate",
        LeadEstimate,
        _estimate,
        name="show_lead_estimate",
        scope=SCOPE,
        tag=TAG,
    ),
    list_route(
        Listing(
            name="list_standing_quotes",
            path="/quotes",
            row=StandingQuote,
            scope=SCOPE,
            tag=TAG,
            words="Quotes that wait for the client's answer; what runs out first comes first.",
            find=leads.queries.standing_quotes,
        )
    ),
]
