"""Who is below an affiliate, and what each leg comes to: a page of the tree costs the same at any node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from mainstem.kit import paging, search_terms
from mainstem.kit.paging import Page, SortColumn, Sorting
from mainstem.kit.work import Work

WALKED_MAX = 5_000
"""So many are looked through for a word that many have, before all who have it are found and sorted."""

COUNTED_LIVE_MAX = 1_000
"""A team of so many is counted when it is looked at; of a larger one the last hour's count is told."""


@dataclass(frozen=True, slots=True)
class TeamMember:
    """An affiliate below another, and how far."""

    id: int
    slug: str
    name: str
    state: str
    joined_at: datetime
    sponsor_id: int | None
    level: int


def team(work: Work, affiliate_id: int) -> list[TeamMember]:
    """Everyone below an affiliate, nearest first. For what takes a team whole: pages read `legs`."""
    return work.rows_as(
        TeamMember,
        """SELECT id, slug, name, state, joined_at, sponsor_id,
                  array_position(upline, %(id)s) - 1 AS level
             FROM affiliate WHERE upline @> ARRAY[%(id)s::bigint] AND id <> %(id)s
            ORDER BY level, name, id""",
        id=affiliate_id,
    )


@dataclass(frozen=True, slots=True)
class Leg:
    """Somebody directly below an affiliate with everybody below them.

    `members` are below them; `sellers` are of them and those below who sold this month or last.
    """

    id: int
    slug: str
    name: str
    state: str
    joined_at: datetime
    sponsor_id: int | None
    sponsor: str | None
    level: int
    members: int
    sellers: int
    sells: bool
    """Whether they have sold this month or last themselves."""


_BY_NAME = Sorting(
    "name", (SortColumn("a.name", "name", str), SortColumn("a.id", "id", int)), descending=False
)

# Whoever is found stands among all others by chance: those of one name stand together by name, and far from
# the next who have the word that is looked for.
_NEWEST = Sorting("newest", (SortColumn("a.id", "id", int),))

# The page is cut before anything is counted: each leg by its own key.
_COUNTED = """
SELECT a.id, a.slug, a.name, a.state, a.joined_at, a.sponsor_id, s.name AS sponsor, a.level,
       coalesce(z.members, 0) AS members, coalesce(z.sellers, 0) AS sellers, coalesce(z.sells, false) AS sells
  FROM (SELECT a.id, a.slug, a.name, a.state, a.joined_at, a.sponsor_id,
               cardinality(a.upline) - %(depth)s AS level
          FROM {these} a WHERE {where} {seek} {sorted}) AS a
  LEFT JOIN affiliate s ON s.id = a.sponsor_id
  LEFT JOIN team_size z ON z.affiliate_id = a.id
 {in_order}"""

# First who is found, by the words: otherwise a page of a few would walk everybody.
_HITS = """
WITH hits AS MATERIALIZED (
  SELECT id, slug, name, state, joined_at, sponsor_id, upline FROM affiliate a WHERE {where})"""

# A word that many have fills a page from the next few, and what comes after need not be known.
_WALK = """
WITH hits AS MATERIALIZED (
  SELECT id, slug, name, state, joined_at, sponsor_id, upline
    FROM (SELECT * FROM affiliate a WHERE true {seek} {in_order} LIMIT %(walked)s) AS a WHERE {where})"""


def legs(
    work: Work,
    affiliate_id: int | None,
    *,
    reader: int | None = None,
    cursor: str | None = None,
    most: int,
) -> Page[Leg]:
    """A page of those directly below an affiliate, or of those whom nobody sponsors, by name.

    `reader` is whose team bounds all that is seen: the database looks through it for each count, so
    nothing of a large one is counted for them.
    """
    where = "a.sponsor_id IS NULL" if affiliate_id is None else "a.sponsor_id = %(id)s"
    sql = _COUNTED.replace("{these}", "affiliate").replace("{where}", where)
    small = _is_small(work, affiliate_id, reader)
    if reader is None or small:
        return _page(work, sql, affiliate_id, small, cursor, most)
    # Whose team it is bounds each row. The database takes a team for few and would find all of a large one
    # first; the legs stand by name in an index, and only the page of them is looked at.
    work.run("SET LOCAL enable_bitmapscan = off")
    page = _page(work, sql, affiliate_id, small, cursor, most)
    work.run("SET LOCAL enable_bitmapscan = on")
    return page


def found(
    work: Work,
    affiliate_id: int | None,
    text: str,
    *,
    reader: int | None = None,
    cursor: str | None = None,
    most: int,
) -> Page[Leg]:
    """A page of those anywhere below an affiliate (or of all) who are found by these words, the newest first.

    A `reader`, whose team bounds all that is seen, finds nobody by an e-mail or a telephone, which they do
    not see either.
    """
    where = f"a.found {search_terms.MATCHES}"
    if reader is not None:
        where += f" AND found_by(a.name, NULL, NULL, NULL, NULL) {search_terms.MATCHES}"
    small = _is_small(work, affiliate_id, reader)
    if affiliate_id is not None:
        where += f" AND {_within(small)} AND a.id <> %(id)s"
    sql = _COUNTED.replace("{these}", "hits").replace("{where}", "true")
    words = search_terms.terms(text)
    # Of a reader's team the database would look up all for it, as it cannot know how many they are.
    if reader is None and not small:
        walk, walked = _WALK.replace("{where}", where) + sql, WALKED_MAX
        page = _page(
            work, walk, affiliate_id, small, cursor, most, _NEWEST, found=words, walked=walked
        )
        # Full in its direction. Backwards, a page that is not begins anew without a page before it.
        if page.next and (cursor is None or page.previous):
            return page
    hits = _HITS.replace("{where}", where) + sql
    return _page(work, hits, affiliate_id, small, cursor, most, _NEWEST, found=words)


def _page(
    work: Work,
    sql: str,
    head: int | None,
    small: bool,
    cursor: str | None,
    most: int,
    sorting: Sorting = _BY_NAME,
    **values: Any,
) -> Page[Leg]:
    values |= {"id": head, "depth": _depth(work, head)}
    page = paging.read_as(work, Leg, sql, sorting, cursor=cursor, most=most, **values)
    if not page.rows or not small:
        return page
    rows = work.rows(_LIVE) if head is None else work.rows(_LIVE_BELOW, id=head)
    counted = {row.id: row.members for row in rows}
    legs = [replace(leg, members=counted.get(leg.id, 0)) for leg in page.rows]
    return Page(legs, page.next, page.previous)


def _within(small: bool) -> str:
    """That somebody is in a team, as SQL. The index of uplines finds a small one; of a large one it would
    find everybody, while the words find few."""
    if small:
        return "a.upline @> ARRAY[%(id)s::bigint]"
    return "array_position(a.upline, %(id)s::bigint) IS NOT NULL"


# One look at a small team, however many of its legs are shown.
_LIVE = """
SELECT above AS id, (count(*) - 1)::int AS members FROM affiliate CROSS JOIN unnest(upline) AS above
 GROUP BY above"""
_LIVE_BELOW = """
SELECT above AS id, (count(*) - 1)::int AS members FROM affiliate CROSS JOIN unnest(upline) AS above
 WHERE upline @> ARRAY[%(id)s::bigint] GROUP BY above"""


def _is_small(work: Work, affiliate_id: int | None, reader: int | None) -> bool:
    """Whether a team, or all of them together, are few enough to be counted now."""
    seen = affiliate_id if reader is None else reader
    if seen is not None:
        return team_size(work, seen) <= COUNTED_LIVE_MAX
    return bool(
        work.value(
            "SELECT count(*) <= %(most)s FROM (SELECT FROM affiliate LIMIT %(most)s + 1) AS known",
            most=COUNTED_LIVE_MAX,
        )
    )


def _depth(work: Work, affiliate_id: int | None) -> int:
    """How many stand from the first sponsor down to this one."""
    if affiliate_id is None:
        return 0
    return int(
        work.value("SELECT cardinality(upline) FROM affiliate WHERE id = %(id)s", id=affiliate_id)
        or 0
    )


def team_size(work: Work, affiliate_id: int) -> int:
    """How many are below an affiliate: counted now, or in the last hour where they are many."""
    counted = work.value(
        "SELECT members FROM team_size WHERE affiliate_id = %(id)s", id=affiliate_id
    )
    if counted is not None and counted > COUNTED_LIVE_MAX:
        return int(counted)
    return int(
        work.value(
            "SELECT count(*) - 1 FROM affiliate WHERE upline @> ARRAY[%(id)s::bigint]",
            id=affiliate_id,
        )
    )


@dataclass(frozen=True, slots=True)
class LegVolume:
    """What a leg has sold in a month, in one currency: with everybody below, in minor units."""

    affiliate_id: int
    month: str
    currency: str
    minor: int


def volumes(work: Work, affiliates: Sequence[int]) -> list[LegVolume]:
    """What the legs of these have sold this month and last, as it was worked out in the last hour."""
    return work.rows_as(
        LegVolume,
        """SELECT affiliate_id, to_char(month, 'YYYY-MM') AS month, currency, leg_minor AS minor
             FROM team_month
            WHERE affiliate_id = ANY(%(ids)s::bigint[])
              AND month >= date_trunc('month', %(now)s::timestamptz AT TIME ZONE %(zone)s)::date
                           - interval '1 month'
            ORDER BY affiliate_id, month DESC, currency""",
        ids=list(affiliates),
        now=work.now(),
        zone=str(work.tools.zone),
    )
