"""Affiliates, narrowed to what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mainstem.console.lists.sales import PAGE
from mainstem.kit import paging, search_terms
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work


@dataclass(frozen=True, slots=True)
class AffiliateRow:
    """An affiliate as a list shows it."""

    id: int
    name: str
    slug: str
    state: str
    country: str
    joined_at: datetime
    sponsor: str | None
    provider: str | None
    account_state: str | None
    currency: str | None
    below: int


AFFILIATES = Sorting(
    "affiliates",
    (SortColumn("a.name", "name", str), SortColumn("a.id", "id", int)),
    descending=False,
)
_AFFILIATES = """
SELECT a.id, a.name, a.slug, a.state, a.country, a.joined_at, s.name AS sponsor,
       p.provider, p.state AS account_state, p.currency,
       (SELECT count(*) FROM affiliate t WHERE t.sponsor_id = a.id) AS below
  FROM affiliate a LEFT JOIN affiliate s ON s.id = a.sponsor_id
  LEFT JOIN LATERAL (SELECT provider, state, currency FROM pay_account WHERE home_id = a.id
                      ORDER BY provider = 'bank', opened_at, currency LIMIT 1) p ON true
 WHERE {where} {seek} {sorted}"""


def affiliates(
    work: Work, *, state: str = "", text: str = "", cursor: str | None = None, most: int = PAGE
) -> Page[AffiliateRow]:
    """Affiliates by name, with sponsor and pay account."""
    where = ["true"]
    terms = search_terms.terms(text)
    if state:
        where.append("a.state = %(state)s")
    if text:
        where.append(
            f"""a.id IN (SELECT id FROM affiliate
                          WHERE found {search_terms.MATCHES})"""
        )
    return paging.read_as(
        work,
        AffiliateRow,
        _AFFILIATES.replace("{where}", " AND ".join(where)),
        AFFILIATES,
        cursor=cursor,
        most=most,
        state=state,
        found=terms,
    )
