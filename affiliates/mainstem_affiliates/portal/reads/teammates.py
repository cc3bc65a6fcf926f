"""The team, nearest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mainstem.kit import paging, search_terms
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work
from mainstem_affiliates.portal.reads.profile import AffiliateProfile

TEAM_MAX = 60


@dataclass(frozen=True, slots=True)
class Teammate:
    """One affiliate of the team."""

    slug: str
    name: str
    level: int
    joined_at: datetime
    sponsor: str
    is_active: bool


_NEAREST = Sorting(
    "nearest",
    (
        SortColumn("t.level", "level", int),
        SortColumn("t.name", "name", str),
        SortColumn("t.id", "id", int),
    ),
    descending=False,
)

_TEAM = """
SELECT t.id, t.slug, t.name, t.state, t.joined_at, t.level, coalesce(s.name, '') AS sponsor
  FROM (SELECT id, slug, name, state, joined_at, sponsor_id,
               array_position(upline, %(id)s::bigint) - 1 AS level
          FROM affiliate WHERE upline @> ARRAY[%(id)s::bigint] AND id <> %(id)s {where}) AS t
  LEFT JOIN affiliate s ON s.id = t.sponsor_id
 WHERE true {seek} {sorted}"""


def team(
    work: Work, reader: AffiliateProfile, *, text: str = "", cursor: str | None = None
) -> Page[Teammate]:
    """The affiliate's team, nearest level first."""
    where = ""
    if text:
        where = f"AND found_by(name, NULL, NULL, NULL, NULL) {search_terms.MATCHES}"
    page = paging.read(
        work,
        _TEAM.replace("{where}", where),
        _NEAREST,
        cursor=cursor,
        most=TEAM_MAX,
        id=reader.id,
        found=search_terms.terms(text),
    )
    rows = [
        Teammate(
            row.slug,
            row.name,
            row.level,
            row.joined_at,
            row.sponsor,
            row.state in ("active", "paused"),
        )
        for row in page.rows
    ]
    return Page(rows, page.next, page.previous)


def team_size(work: Work, reader: AffiliateProfile) -> int:
    """How many have joined through the affiliate, at any level."""
    return int(
        work.value(
            """SELECT count(*) FROM affiliate
                WHERE upline @> ARRAY[%(id)s::bigint] AND id <> %(id)s""",
            id=reader.id,
        )
    )
