"""Income statements made of what is in the books, once a month, and kept as they were published."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import msgspec

from mainstem.calendar import add_months
from mainstem.currencies import TAKEN
from mainstem.income.model import IncomeStatement, InCurrency, Quartiles
from mainstem.kit.work import Work
from mainstem.money import BASIS, exponent, rdiv

MONTHS = 12
LITTLE = 1000
"""Of the main unit of a currency: what is little for a year."""

_TOOK_PART = """
took_part AS (
  SELECT a.id FROM affiliate a
   WHERE NOT a.is_house AND a.joined_at < %(until)s
     AND coalesce((SELECT s.after FROM affiliate_step s WHERE s.affiliate_id = a.id AND s.at < %(from)s
                    ORDER BY s.at DESC, s.id DESC LIMIT 1), '') <> 'terminated'),
earned AS (
  SELECT e.beneficiary_id AS id, e.currency, sum(e.amount_minor)::bigint AS minor,
         coalesce(sum(e.amount_minor) FILTER (WHERE e.source = 'order' AND e.level = 0), 0)::bigint AS own,
         coalesce(sum(e.amount_minor) FILTER (WHERE e.source = 'order' AND e.level > 0), 0)::bigint AS team
    FROM earning e JOIN took_part t ON t.id = e.beneficiary_id
   WHERE e.kind <> 'hold' AND e.credited_at >= %(from)s AND e.credited_at < %(until)s
   GROUP BY 1, 2),
nobody AS (SELECT id FROM took_part EXCEPT SELECT id FROM earned WHERE minor > 0)"""

_PEOPLE = f"""
WITH {_TOOK_PART},
months AS (
  SELECT t.id, count(DISTINCT date_trunc('month', e.credited_at, %(zone)s)) AS months
    FROM took_part t
    LEFT JOIN earning e ON e.beneficiary_id = t.id AND e.kind <> 'hold'
     AND e.credited_at >= %(from)s AND e.credited_at < %(until)s
   GROUP BY 1)
SELECT count(*) AS people, (SELECT count(*) FROM nobody) AS nothing,
       coalesce(percentile_disc(0.5) WITHIN GROUP (ORDER BY months), 0)::int AS months FROM months"""

_CURRENCIES = f"""
WITH {_TOOK_PART},
currencies AS (SELECT DISTINCT currency FROM earned),
counted AS (
  SELECT id, currency, minor, own, team FROM earned WHERE minor > 0
   UNION ALL
  SELECT n.id, c.currency, coalesce(e.minor, 0), coalesce(e.own, 0), coalesce(e.team, 0)
    FROM nobody n CROSS JOIN currencies c LEFT JOIN earned e ON e.id = n.id AND e.currency = c.currency)
SELECT currency, count(*) AS people,
       percentile_disc(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY counted.minor) AS quartiles,
       count(*) FILTER (WHERE counted.minor > 0 AND counted.minor < little.minor) AS little,
       sum(counted.minor)::bigint AS minor, sum(own)::bigint AS own, sum(team)::bigint AS team
  FROM counted JOIN unnest(%(codes)s::text[], %(little)s::bigint[]) AS little (currency, minor) USING (currency)
 GROUP BY currency ORDER BY currency"""

_BOUGHT = """
SELECT currency, sum(paid_minor - refunded_minor)::bigint AS minor FROM orders
 WHERE earns_reason = 'buyer_is_participant' AND placed_at >= %(from)s AND placed_at < %(until)s
 GROUP BY 1 HAVING sum(paid_minor - refunded_minor) > 0 ORDER BY 1"""


def make_due(work: Work, today: date) -> IncomeStatement | None:
    """Publish the statement of the twelve whole months before a day, where that is not done; or of the whole
    months since the first affiliate joined, where those are fewer. None where there is nothing new to say."""
    until = today.replace(day=1)
    if work.value("SELECT 1 FROM income_statement WHERE until_on >= %(until)s", until=until):
        return None
    since = _since(work, until)
    if since is None:
        return None
    said = worked_out(work, since, until)
    work.run(
        """INSERT INTO income_statement (until_on, from_on, figures, hash, made_at)
           VALUES (%(until)s, %(from)s, %(figures)s::jsonb, %(hash)s, %(now)s)
           ON CONFLICT (until_on) DO NOTHING""",
        until=until,
        figures=msgspec.json.encode(said).decode(),
        hash=said.hash,
        now=work.now(),
        **{"from": since},
    )
    return said


def is_current(work: Work, today: date) -> bool:
    """Whether a statement is there that is not older than a year; or nobody has taken part for a whole month
    yet, so that there is nothing to say."""
    known = work.value("SELECT max(until_on) FROM income_statement")
    if known is None:
        return _since(work, today.replace(day=1)) is None
    return bool(add_months(known, MONTHS) >= today)


def _since(work: Work, until: date) -> date | None:
    """From when on a statement until a day can be made; None where no whole month has passed."""
    first = work.value("SELECT min(joined_at) FROM affiliate WHERE NOT is_house")
    if first is None:
        return None
    began = first.astimezone(work.tools.zone).date().replace(day=1)
    since: date = max(add_months(until, -MONTHS), began)
    return since if since < until else None


def newest(work: Work) -> IncomeStatement | None:
    """The statement that was published last."""
    found = work.value("SELECT figures::text FROM income_statement ORDER BY until_on DESC LIMIT 1")
    return msgspec.json.decode(found, type=IncomeStatement) if found else None


def worked_out(work: Work, since: date, until: date) -> IncomeStatement:
    """What everybody who took part from one day until before another earned, as the books say.

    Nothing that happens later changes it: what is in the books stays as it was written.
    """
    zone = work.tools.zone
    asked: dict[str, Any] = {
        "from": datetime.combine(since, time(), zone),
        "until": datetime.combine(until, time(), zone),
    }
    people = work.one(_PEOPLE, zone=str(zone), **asked)
    codes = sorted(TAKEN)
    little = [LITTLE * 10 ** exponent(code) for code in codes]
    return IncomeStatement(
        from_on=since,
        until_on=until,
        people=people.people,
        nothing=people.nothing,
        months=people.months,
        currencies=[
            _in_currency(row) for row in work.rows(_CURRENCIES, codes=codes, little=little, **asked)
        ],
        bought_minor={row.currency: row.minor for row in work.rows(_BOUGHT, **asked)},
    )


def _in_currency(row: Any) -> InCurrency:
    return InCurrency(
        currency=row.currency,
        people=row.people,
        little_minor=LITTLE * 10 ** exponent(row.currency),
        little=row.little,
        quartiles=Quartiles(*row.quartiles),
        own_bp=_part(row.own, row.minor),
        team_bp=_part(row.team, row.minor),
    )


def _part(part: int, whole: int) -> int:
    """Which part of what was earned, in basis points; nothing of nothing."""
    return max(0, min(BASIS, rdiv(part * BASIS, whole))) if whole > 0 else 0
