"""What lies where of one article, and every movement of it."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.di import NamedDependency

from mainstem.console.setup.words import CHOICES
from mainstem.kit.ids import new_id
from mainstem.kit.work import Work
from mainstem.web.rendering import language_of
from mainstem.web.staff.layout import HttpRequest, HttpResponse, Page, layout_of, names_of, show
from mainstem_fulfillment import movements

SHELVES = "/console/setup/shelves"
TEMPLATE = "console/setup_shelves.html"


class Level(msgspec.Struct, frozen=True):
    """What lies at one location."""

    location: str
    on_hand: int
    reserved: int
    url: str


class Movement(msgspec.Struct, frozen=True):
    """What has come or gone: when, where, how many, why, and who said so."""

    at: datetime
    location: str
    pieces: str
    why: str
    reference: str
    who: str


class ShelvesPage(Page, kw_only=True):
    """One article on its shelves; without one, only the forms.

    `token` is the reference of a form that names none, so that sending it twice is harmless.
    """

    sku: str
    location: str
    name: str
    token: str
    levels: list[Level]
    locations: list[tuple[str, str]]
    reasons: list[tuple[str, str]]
    movements: list[Movement]


@get("/setup/shelves", sync_to_thread=True)
def shelves(request: HttpRequest, work: NamedDependency[Work]) -> HttpResponse:
    """One article on its shelves, and forms to receive and to correct."""
    sku, _, location = request.query_params.get("key", "").rpartition("@")
    return show(request, TEMPLATE, shelves_page(request, work, sku, location))


def shelves_page(
    request: HttpRequest, work: Work, sku: str, location: str, *, token: str = ""
) -> ShelvesPage:
    """One article on its shelves, ready to be drawn."""
    language = language_of(request)
    return ShelvesPage(
        **layout_of(request, work, "setup"),
        sku=sku,
        location=location,
        name=_name(work, sku, language.locale),
        token=token or str(new_id()),
        levels=_levels(work, sku),
        locations=[
            (row.code, row.name)
            for row in work.rows(
                "SELECT code, name FROM location WHERE active ORDER BY position, code"
            )
        ],
        reasons=[(one, language.text(CHOICES[one])) for one in movements.REASONS],
        movements=_moved(request, work, sku),
    )


def _name(work: Work, sku: str, locale: str) -> str:
    found = work.value(
        """SELECT t.name FROM variant v JOIN product_text t USING (product_id)
            WHERE v.sku = %(sku)s ORDER BY t.locale <> %(locale)s, t.locale LIMIT 1""",
        sku=sku,
        locale=locale,
    )
    return str(found or "")


def _levels(work: Work, sku: str) -> list[Level]:
    rows = work.rows(
        """SELECT l.code, s.on_hand, s.reserved FROM stock_level s
             JOIN location l ON l.id = s.location_id JOIN variant v ON v.id = s.variant_id
            WHERE v.sku = %(sku)s ORDER BY l.position, l.code""",
        sku=sku,
    )
    return [
        Level(
            row.code,
            row.on_hand,
            row.reserved,
            f"/console/setup/stock/edit?{urlencode({'key': f'{sku}@{row.code}'})}",
        )
        for row in rows
    ]


def _moved(request: HttpRequest, work: Work, sku: str) -> list[Movement]:
    language = language_of(request)
    rows = movements.movements(work, sku)
    who = names_of(work, language, [row.actor for row in rows])
    return [
        Movement(
            at=row.at,
            location=row.location,
            pieces=f"{row.delta:+d}",
            why=language.text(CHOICES[row.reason]),
            reference=row.reference,
            who=who.get(row.actor, row.actor),
        )
        for row in rows
    ]


routes = [shelves]
