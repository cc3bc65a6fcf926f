"""What pages read of inquiries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from mainstem.kit import paging
from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work

LISTED_MAX = 50
ASKED_MAX = 20


@dataclass(frozen=True, slots=True)
class AskedInquiry:
    """An inquiry as whoever asked it sees it."""

    id: UUID
    about: str
    number: str
    level: int
    words: str
    paper_name: str
    asked_at: datetime
    due_on: date
    state: str
    answer: str
    decided_at: datetime | None


_ASKED = Sorting(
    "asked",
    (SortColumn("q.asked_at", "asked_at", datetime), SortColumn("q.id", "id", UUID)),
)


def asked_by(work: Work, affiliate_id: int, *, cursor: str | None = None) -> Page[AskedInquiry]:
    """What an affiliate has asked, newest first."""
    return paging.read_as(
        work,
        AskedInquiry,
        """SELECT q.id, q.about, q.number, q.level, q.words, q.paper_name, q.asked_at, q.due_on, q.state,
                  q.answer, q.decided_at
             FROM commission_inquiry q WHERE q.home_id = %(home)s {seek} {sorted}""",
        _ASKED,
        cursor=cursor,
        most=ASKED_MAX,
        home=affiliate_id,
    )


@dataclass(frozen=True, slots=True)
class InquiryRow:
    """An inquiry as the desk's list shows it."""

    home_id: int
    id: UUID
    affiliate: str
    about: str
    number: str
    has_order: bool
    asked_at: datetime
    due_on: date
    state: str


_DUE_FIRST = Sorting(
    "due",
    (
        SortColumn("q.due_on", "due_on", date),
        SortColumn("q.asked_at", "asked_at", datetime),
        SortColumn("q.home_id", "home_id", int),
        SortColumn("q.id", "id", UUID),
    ),
    descending=False,
)
_NEWEST = Sorting(
    "newest",
    (
        SortColumn("q.asked_at", "asked_at", datetime),
        SortColumn("q.home_id", "home_id", int),
        SortColumn("q.id", "id", UUID),
    ),
)
_LISTED = """
SELECT q.home_id, q.id, a.name AS affiliate, q.about, q.number, q.order_id IS NOT NULL AS has_order,
       q.asked_at, q.due_on, q.state
  FROM commission_inquiry q JOIN affiliate a ON a.id = q.home_id
 WHERE {where} {seek} {sorted}"""


def listed(
    work: Work,
    *,
    all_of_them: bool = False,
    cursor: str | None = None,
    most: int = LISTED_MAX,
    strict: bool = False,
) -> Page[InquiryRow]:
    """Inquiries that wait, what is due first first; or all of them, newest first."""
    return paging.read_as(
        work,
        InquiryRow,
        _LISTED.replace("{where}", "true" if all_of_them else "q.state = 'open'"),
        _NEWEST if all_of_them else _DUE_FIRST,
        cursor=cursor,
        most=most,
        strict=strict,
    )


@dataclass(frozen=True, slots=True)
class InquiryDetails:
    """Everything of one inquiry, for staff."""

    home_id: int
    id: UUID
    affiliate: str
    slug: str
    about: str
    number: str
    order_home_id: int | None
    order_id: UUID | None
    rule: str
    level: int
    words: str
    paper_hash: str
    paper_name: str
    paper_kind: str
    asked_at: datetime
    due_on: date
    state: str
    answer: str
    decided_by: str | None
    decided_at: datetime | None


def details(work: Work, home_id: int, inquiry_id: UUID) -> InquiryDetails:
    """One inquiry. Raises NotFound."""
    found = work.rows_as(
        InquiryDetails,
        """SELECT q.home_id, q.id, a.name AS affiliate, a.slug, q.about, q.number, q.order_home_id,
                  q.order_id, q.rule, q.level, q.words, q.paper_hash, q.paper_name, q.paper_kind,
                  q.asked_at, q.due_on, q.state, q.answer, q.decided_by, q.decided_at
             FROM commission_inquiry q JOIN affiliate a ON a.id = q.home_id
            WHERE q.home_id = %(home)s AND q.id = %(id)s""",
        home=home_id,
        id=inquiry_id,
    )
    if not found:
        raise NotFound("inquiry")
    return found[0]


def of_order(work: Work, home_id: int, order_id: UUID) -> list[InquiryRow]:
    """Every inquiry about an order, whoever asked, newest first."""
    return work.rows_as(
        InquiryRow,
        _LISTED.replace("{where}", "q.order_home_id = %(home)s AND q.order_id = %(order)s")
        .replace("{seek}", "")
        .replace("{sorted}", "ORDER BY q.asked_at DESC, q.id LIMIT 50"),
        home=home_id,
        order=order_id,
    )
