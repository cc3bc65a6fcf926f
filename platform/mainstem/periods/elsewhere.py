"""What counts in a period and was sold under another upline than its seller stood under when the period ended.

It is read only for plans that count each sale for the upline that it was sold under. Whoever sold under one
sponsor all along has no row: so few rows say where all sales of a period stand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from mainstem.kit.bulk import Numbers, insert_many, numbers
from mainstem.kit.work import Work
from mainstem.periods.columns import People
from mainstem.periods.facts import standing, values_of
from mainstem.periods.model import Period
from mainstem.periods.plans import PeriodPlan
from mainstem.plan import NOBODY
from mainstem.plan.periods import Elsewhere

ByCurrency = dict[str, dict[tuple[int, ...], int]]

# An upline has NOBODY for whoever could not be paid; who that was is told beside it. Where none of an upline has ever
# had another sponsor it is the one of the close, and is not sent.
_ELSEWHERE = """
SELECT currency::text AS currency, above.upline, sum(minor)::bigint AS volume_minor
  FROM (SELECT currency, theirs.affiliate_id, theirs.minor, upline, upline_facts, also_credited, seller_id
          FROM {standing}) AS sold
 CROSS JOIN LATERAL (
       SELECT upline AS ids, upline_facts AS facts WHERE affiliate_id = seller_id
        UNION ALL
       SELECT ARRAY(SELECT jsonb_array_elements_text(party -> 'upline')::bigint), party -> 'upline_facts'
         FROM jsonb_array_elements(also_credited) AS party
        WHERE affiliate_id <> seller_id AND (party -> 'upline' ->> 0)::bigint = affiliate_id) AS frozen
 CROSS JOIN LATERAL (
       SELECT array_agg(CASE WHEN step.id <> %(nobody)s THEN step.id
                        ELSE coalesce((facts -> (step.no - 1)::text ->> 'id')::bigint, step.id) END ORDER BY step.no)
              AS upline
         FROM unnest(frozen.ids) WITH ORDINALITY AS step (id, no)) AS above
 WHERE EXISTS (SELECT FROM unnest(above.upline) AS one (id)
                WHERE one.id IN (SELECT affiliate_id FROM sponsorship WHERE valid_to IS NOT NULL))
 GROUP BY 1, 2"""


class _Row(NamedTuple):
    home_id: int
    starts_on: date
    settlement: int
    currency: str
    upline: Numbers
    volume_minor: int


def now(
    work: Work,
    it: Period,
    plan: PeriodPlan,
    people: People,
    *,
    sellers: Sequence[int] | None = None,
) -> ByCurrency:
    """What everybody who took part, or these sellers, have sold under another upline, as things are now; nothing
    where the plan counts a team as at the close."""
    if not plan.teams_as_at_sale:
        return {}
    query = standing(it, of_sellers=sellers is not None, beside=("upline", "upline_facts"))
    values = values_of(it) | ({} if sellers is None else {"sellers": list(sellers)})
    found: ByCurrency = {}
    for row in work.rows(_ELSEWHERE.format(standing=query), nobody=NOBODY, **values):
        upline = _other_than_at_close(people, row.upline)
        if upline:
            of_currency = found.setdefault(row.currency, {})
            of_currency[upline] = of_currency.get(upline, 0) + row.volume_minor
    return found


def with_sellers(
    before: Mapping[str, Elsewhere], sellers: Collection[int], now: Mapping[str, Elsewhere]
) -> ByCurrency:
    """The same, with these sellers as they are now."""
    asked = set(sellers)
    found: ByCurrency = {}
    for currency in before.keys() | now.keys():
        others = {
            upline: minor
            for upline, minor in before.get(currency, {}).items()
            if upline[0] not in asked
        }
        both = others | dict(now.get(currency, {}))
        if both:
            found[currency] = both
    return found


def _other_than_at_close(people: People, upline: Sequence[int]) -> tuple[int, ...]:
    """An upline as far as those in it took part; none where it is the one of the close.

    Whoever is not known any more, who could not be paid for an old order, is taken for who stood there at the close.
    """
    close = list(_at_close(people, upline[0]))
    if not close:
        return ()
    found: list[int] = []
    for id in upline:
        if id != NOBODY and not _took_part(people, id):
            break
        found.append(id)
    if len(found) == len(close) and all(
        one in (NOBODY, two) for one, two in zip(found, close, strict=True)
    ):
        return ()
    return tuple(found)


def _at_close(people: People, id: int) -> Iterator[int]:
    at = int(people.id.searchsorted(id)) if _took_part(people, id) else -1
    while at >= 0:
        yield int(people.id[at])
        at = int(people.above[at])


def _took_part(people: People, id: int) -> bool:
    at = int(people.id.searchsorted(id))
    return at < len(people.id) and int(people.id[at]) == id


def keep(work: Work, it: Period, found: Mapping[str, Elsewhere]) -> None:
    """Keep it for a period that is not closed."""
    work.run("DELETE FROM period_sold_under WHERE starts_on = %(day)s", day=it.starts_on)
    correct(work, it, 1, {}, found)


def correct(
    work: Work,
    it: Period,
    settlement: int,
    before: Mapping[str, Elsewhere],
    after: Mapping[str, Elsewhere],
) -> int:
    """Keep what it is by this settlement, of each upline under which it is not what it was; how many."""
    rows = [
        _Row(upline[0], it.starts_on, settlement, currency, numbers(upline), minor)
        for currency in sorted(before.keys() | after.keys())
        for upline, minor in _unlike(before.get(currency, {}), after.get(currency, {}))
    ]
    return insert_many(work, "period_sold_under", rows)


def _unlike(was: Elsewhere, now: Elsewhere) -> Iterator[tuple[tuple[int, ...], int]]:
    for upline in sorted(was.keys() | now.keys()):
        if now.get(upline, 0) != was.get(upline, 0):
            yield upline, now.get(upline, 0)


def kept(work: Work, starts_on: date, *, settlement: int = 1) -> ByCurrency:
    """What was kept of it at a close, or at a settlement after it."""
    rows: Sequence[Any] = work.rows(
        """SELECT DISTINCT ON (currency, home_id, upline) currency::text AS currency, upline, volume_minor
             FROM period_sold_under WHERE starts_on = %(day)s AND settlement <= %(settlement)s
            ORDER BY currency, home_id, upline, settlement DESC""",
        day=starts_on,
        settlement=settlement,
    )
    found: ByCurrency = {}
    for row in rows:
        if row.volume_minor:
            found.setdefault(row.currency, {})[tuple(row.upline)] = row.volume_minor
    return found
