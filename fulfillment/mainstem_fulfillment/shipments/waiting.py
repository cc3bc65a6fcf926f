"""What waits at the desk, and what is on its way: the lists, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.kit import paging, search_terms
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work

QUEUE_MAX = 50


@dataclass(frozen=True, slots=True)
class ToDo:
    """A fulfilment as the desk's list shows it; the last two are what the list is sorted by.

    `put_back` are the pieces in the box that were canceled, None where nothing was; `waits` is
    whether a refund waits for approval.
    """

    home_id: int
    order_id: UUID
    no: int
    state: str
    parked_for: str | None
    picker: str | None
    routed_at: datetime | None
    number: str
    promised_on: date | None
    client: str
    city: str
    country: str
    location: str
    storefront: str
    pieces: int | None
    put_back: int | None
    waits: bool
    waits_since: datetime
    promised_first: date


@dataclass(frozen=True, slots=True)
class ParcelOnItsWay:
    """A parcel that has left and has not arrived."""

    home_id: int
    order_id: UUID
    no: int
    parcel_no: int
    carrier: str
    tracking: str | None
    shipped_at: datetime
    number: str
    promised_on: date | None
    client: str
    city: str


# What was promised first comes first, and what was promised nobody last.
_PROMISED = Sorting(
    "promised",
    (
        SortColumn("coalesce(o.promised_on, date '3000-01-01')", "promised_first", date),
        SortColumn("coalesce(f.routed_at, 'epoch')", "waits_since", datetime),
        SortColumn("f.home_id", "home_id", int),
        SortColumn("f.order_id", "order_id", UUID),
        SortColumn("f.no", "no", int),
    ),
    descending=False,
)


_TO_DO = """
SELECT f.home_id, f.order_id, f.no, f.state, f.parked_for, f.picker, f.routed_at,
       coalesce(f.routed_at, 'epoch') AS waits_since, o.number, o.promised_on,
       coalesce(o.promised_on, date '3000-01-01') AS promised_first,
       o.client->>'name' AS client, o.address->>'city' AS city,
       o.address->>'country' AS country, l.code AS location, s.name AS storefront,
       (SELECT sum(quantity)::int FROM reservation r WHERE r.home_id = f.home_id
          AND r.order_id = f.order_id AND r.fulfilment_no = f.no
          AND r.released_at IS NULL) AS pieces,
       (SELECT sum(in_box)::int FROM pick_stop p WHERE p.home_id = f.home_id
          AND p.order_id = f.order_id AND p.fulfilment_no = f.no
          AND p.cleared_at IS NULL) AS put_back,
       EXISTS (SELECT 1 FROM approval a WHERE a.home_id = f.home_id
                  AND a.order_id = f.order_id AND a.state = 'needs_approval'
                  AND a.holds_goods) AS waits
  FROM fulfilment f
  JOIN orders o ON o.home_id = f.home_id AND o.id = f.order_id
  JOIN location l ON l.id = f.location_id
  JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
 WHERE {open} {where} {seek} {sorted}"""


# What waits at the desk: open work, and what was canceled while somebody had it in hand.
_OPEN = """(f.home_id, f.order_id, f.no) IN (
  SELECT home_id, order_id, no FROM fulfilment
   WHERE state IN ('assigned','released','picking','picked','packed','parked')
   UNION SELECT home_id, order_id, fulfilment_no FROM pick_stop WHERE cleared_at IS NULL)"""


_STOPPED = """EXISTS (SELECT 1 FROM pick_stop s WHERE s.home_id = f.home_id
  AND s.order_id = f.order_id AND s.fulfilment_no = f.no AND s.cleared_at IS NULL)"""


def to_do(
    work: Work,
    *,
    states: Sequence[str] | None = None,
    to_put_back: bool = False,
    location: int | None = None,
    text: str = "",
    cursor: str | None = None,
    most: int = QUEUE_MAX,
    strict: bool = False,
) -> Page[ToDo]:
    """The desk's list: open work, what was promised first comes first.

    Work that was canceled whole while somebody had it in hand stands here too, until it is put back.
    Narrowed to these states, or to what is to be put back.
    """
    where = ""
    if states is not None:
        where += " AND f.state = ANY(%(states)s::text[])"
    if to_put_back:
        where += f" AND {_STOPPED}"
    if location is not None:
        where += " AND f.location_id = %(location)s"
    if text:
        where += f""" AND found_by(o.client->>'name', o.client->>'phone', o.number, o.external_id,
                                   o.client_key) {search_terms.MATCHES}"""
    return paging.read_as(
        work,
        ToDo,
        _TO_DO.replace("{open}", _OPEN).replace("{where}", where),
        _PROMISED,
        cursor=cursor,
        most=most,
        strict=strict,
        states=list(states or ()),
        location=location,
        found=search_terms.terms(text),
    )


@dataclass(frozen=True, slots=True)
class WaitingCount:
    """How many fulfilments wait in one state, and whether something of them is to be put back."""

    state: str
    to_put_back: bool
    count: int


def counts(work: Work) -> list[WaitingCount]:
    """How much waits at the desk."""
    return work.rows_as(
        WaitingCount,
        f"""SELECT state, to_put_back, count(*) AS count
              FROM (SELECT f.state, {_STOPPED} AS to_put_back FROM fulfilment f WHERE {_OPEN}) AS w
             GROUP BY 1, 2""",
    )


_LEFT = Sorting(
    "left",
    (
        SortColumn("p.shipped_at", "shipped_at", datetime),
        SortColumn("p.home_id", "home_id", int),
        SortColumn("p.order_id", "order_id", UUID),
        SortColumn("p.no", "parcel_no", int),
    ),
    descending=False,
)


def in_transit(
    work: Work,
    *,
    text: str = "",
    cursor: str | None = None,
    most: int = QUEUE_MAX,
    strict: bool = False,
) -> Page[ParcelOnItsWay]:
    """Parcels on their way, oldest first, page by page."""
    where = ""
    if text:
        where = f"""AND (p.tracking = %(text)s OR found_by(o.client->>'name', o.client->>'phone',
                         o.number, o.external_id, o.client_key) {search_terms.MATCHES})"""
    return paging.read_as(
        work,
        ParcelOnItsWay,
        f"""SELECT p.home_id, p.order_id, p.fulfilment_no AS no, p.no AS parcel_no, p.carrier,
                   p.tracking, p.shipped_at, o.number, o.promised_on,
                   o.client->>'name' AS client, o.address->>'city' AS city
              FROM parcel p JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
             WHERE p.state = 'in_transit' {where} {{seek}} {{sorted}}""",
        _LEFT,
        cursor=cursor,
        most=most,
        strict=strict,
        text=text,
        found=search_terms.terms(text),
    )
