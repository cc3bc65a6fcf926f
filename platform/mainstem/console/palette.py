"""The palette: what is found while somebody types, to be walked by keys. Without script, the search page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from mainstem.console import search as find
from mainstem.console.destinations import destinations, named
from mainstem.kit import search_terms
from mainstem.kit.locale import Language
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff import words as labels
from mainstem.web.staff.layout import ADMIN, MONEY, ORDERS, SERVICE, SHIP, HttpRequest, reader_of

SHOWN = 5
"""So many of each kind; the search page shows the others."""
PLACES = 8

May = Callable[..., bool]


class Hit(msgspec.Struct, frozen=True):
    """One thing: what it is called, what tells it apart, and where it is."""

    label: str
    detail: str
    url: str


class Hits(msgspec.Struct, frozen=True):
    """Things of one kind."""

    name: str
    hits: list[Hit]


class Found(msgspec.Struct, frozen=True):
    """What was found, kind by kind."""

    groups: list[Hits]


@get("/palette", sync_to_thread=True)
def palette(request: HttpRequest, work: NamedDependency[Work], q: FromQuery[str] = "") -> Found:
    """What the text names of all that this reader may open; of no text, the pages."""
    text, language, may = search_terms.as_typed(q), language_of(request), reader_of(request).may
    groups = [Hits(language.text("Pages and actions"), places(language, may, text))]
    if len(text) > 1:
        groups += [
            Hits(language.text(name), hits)
            for name, roles, read in _KINDS
            if may(*roles) and (hits := read(work, language, text)[:SHOWN])
        ]
    return Found([group for group in groups if group.hits])


def places(language: Language, may: May, text: str) -> list[Hit]:
    """The pages and actions that are called so and that the reader may open."""
    return [
        Hit(here, "", url)
        for here, english, url, roles in destinations(language)
        if may(*roles) and (not text or named(text, here, english))
    ][:PLACES]


def _orders(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(
            row.number,
            _told(
                row.client, language.text(labels.ORDER_STATES[row.state]), language.money(row.total)
            ),
            f"/console/orders/{row.home_id}/{row.id}",
        )
        for row in find.orders(work, text)
    ]


def _clients(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(row.name or row.client_key, row.client_key, client_url(row.client_key))
        for row in find.clients(work, text)
    ]


def _leads(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(
            row.number,
            _told(row.client, language.text(labels.LEAD_STATES[row.state])),
            f"/desk/leads/{row.home_id}/{row.id}",
        )
        for row in find.leads(work, text)
    ]


def _affiliates(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(
            row.name,
            language.text(labels.AFFILIATE_STATES[row.state]),
            f"/console/affiliates/{row.id}",
        )
        for row in find.affiliates(work, text)
    ]


def _payouts(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(
            row.number,
            _told(row.name, language.money(row.amount)),
            f"/console/payouts/{row.home_id}/{row.id}",
        )
        for row in find.payouts(work, text)
    ]


def _fulfilments(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(row.number, row.client, f"/desk/ship/{row.home_id}/{row.order_id}/{row.no}")
        for row in find.fulfilments(work, text)
    ]


def _goods(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(row.sku, row.name, f"/console/articles/{row.id}")
        for row in find.goods(work, text, locale=language.locale)
    ]


def _people(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(row.name, _told(row.works_for or "", row.email), person_url(row))
        for row in find.people(work, text)
    ]


def _codes(work: Work, language: Language, text: str) -> list[Hit]:
    return [
        Hit(row.code, row.affiliate, f"/console/codes?q={quote(row.code)}")
        for row in find.codes(work, text)
    ]


_KINDS: tuple[tuple[str, tuple[str, ...], Callable[[Work, Language, str], list[Hit]]], ...] = (
    ("Orders", ORDERS, _orders),
    ("Clients", ORDERS, _clients),
    ("Leads", SERVICE, _leads),
    ("Parcels", SHIP, _fulfilments),
    ("Goods and services", (*SHIP, *ORDERS), _goods),
    ("Affiliates", MONEY, _affiliates),
    ("Payouts", MONEY, _payouts),
    ("Codes", MONEY, _codes),
    ("People", ADMIN, _people),
)


def client_url(client_key: str) -> str:
    """Where everything about one client stands."""
    return f"/console/clients?key={quote(client_key, safe='@.')}"


def person_url(row: find.FoundPerson) -> str:
    """Where somebody is seen: with their affiliate, or among colleagues."""
    return (
        f"/console/affiliates/{row.affiliate_id}" if row.affiliate_id else "/console/setup/people"
    )


def _told(*parts: str) -> str:
    return " · ".join(filter(None, parts))


routes: list[Any] = [palette]
