"""What the desk's pages read beyond what shipments and jobs give."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mainstem.kit.errors import NotFound
from mainstem.kit.ids import short
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class FulfilmentDetails:
    """One location's work for one order: whose, where to, how far it has come."""

    home_id: int
    order_id: UUID
    no: int
    state: str
    parked_for: str | None
    picker: str | None
    shipped_at: datetime | None
    number: str
    order_state: str
    client: dict[str, str]
    address: dict[str, str]
    chosen_carrier: str
    location: str
    location_name: str
    storefront: str
    nothing_to_put_back: bool
    carrier: str | None
    tracking: str | None
    parcel_state: str | None
    delivered_at: datetime | None
    waits: bool
    """Whether a refund waits for approval: until then it does not leave."""
    parts: int


@dataclass(frozen=True, slots=True)
class Consent:
    """The evidence that a client let us contact them."""

    purpose: str
    text_version: str
    words: str
    given_at: datetime
    address: str


@dataclass(frozen=True, slots=True)
class RelatedLead:
    """The lead that came first, or one that came again."""

    home_id: int
    id: UUID
    number: str
    state: str
    created_at: datetime
    storefront: str | None
    is_first: bool | None


def fulfilment(work: Work, home_id: int, order_id: UUID, no: int) -> FulfilmentDetails:
    """One fulfilment; else NotFound."""
    found = work.rows_as(
        FulfilmentDetails,
        """SELECT f.home_id, f.order_id, f.no, f.state, f.parked_for, f.picker, f.shipped_at,
                  o.number, o.state AS order_state, o.client, o.address,
                  coalesce(o.delivery->>'carrier', '') AS chosen_carrier,
                  l.code AS location, l.name AS location_name, s.name AS storefront,
                  f.picker IS NULL OR EXISTS (SELECT 1 FROM pick_stop k WHERE k.home_id = f.home_id
                     AND k.order_id = f.order_id AND k.fulfilment_no = f.no
                     AND k.cleared_at IS NOT NULL) AS nothing_to_put_back,
                  p.carrier, p.tracking, p.state AS parcel_state, p.delivered_at,
                  EXISTS (SELECT 1 FROM approval a WHERE a.home_id = f.home_id
                             AND a.order_id = f.order_id AND a.state = 'needs_approval'
                             AND a.holds_goods) AS waits,
                  (SELECT count(*) FROM fulfilment x WHERE x.home_id = f.home_id
                      AND x.order_id = f.order_id AND x.state <> 'canceled') AS parts
             FROM fulfilment f
             JOIN orders o ON o.home_id = f.home_id AND o.id = f.order_id
             JOIN location l ON l.id = f.location_id
             JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
             LEFT JOIN parcel p ON p.home_id = f.home_id AND p.order_id = f.order_id
                  AND p.fulfilment_no = f.no
            WHERE f.home_id = %(home)s AND f.order_id = %(order)s AND f.no = %(no)s
            ORDER BY p.no LIMIT 1""",
        home=home_id,
        order=order_id,
        no=no,
    )
    if not found:
        raise NotFound("fulfilment")
    return found[0]


def carriers(work: Work) -> list[str]:
    """The carriers that were used lately, most often first."""
    rows = work.rows(
        """SELECT carrier FROM (SELECT carrier FROM parcel WHERE state = 'in_transit' LIMIT 500) p
            WHERE carrier NOT IN ('', 'history')
            GROUP BY carrier ORDER BY count(*) DESC, carrier LIMIT 6"""
    )
    return [row.carrier for row in rows]


def team_names(work: Work) -> dict[str, str]:
    """The names of teams, by their codes."""
    return {row.code: row.name for row in work.rows("SELECT code, name FROM team")}


def consents(work: Work, home_id: int, lead_id: UUID) -> list[Consent]:
    """The evidence that the client let us contact them."""
    return work.rows_as(
        Consent,
        """SELECT purpose, text_version, words, given_at, address FROM consent
            WHERE home_id = %(home)s AND lead_id = %(lead)s ORDER BY given_at""",
        home=home_id,
        lead=lead_id,
    )


def related(work: Work, lead_id: UUID, duplicate_of: UUID | None) -> list[RelatedLead]:
    """The lead that came first, or the ones that came again after this."""
    return work.rows_as(
        RelatedLead,
        """SELECT l.home_id, l.id, l.number, l.state, l.created_at, s.name AS storefront,
                  l.id = %(first)s AS is_first
             FROM (SELECT * FROM lead WHERE duplicate_of = %(lead)s
                   -- Whose it is we do not know; its number, which is indexed, follows from its id.
                   UNION ALL SELECT * FROM lead WHERE number = %(number)s AND id = %(first)s) l
             LEFT JOIN storefront s ON s.home_id = l.home_id AND s.id = l.storefront_id
            ORDER BY l.created_at LIMIT 20""",
        lead=lead_id,
        first=duplicate_of,
        number=short(duplicate_of) if duplicate_of else None,
    )
