"""The report: what was sold and what tax it carried, by country and rate, in a period.

A sale counts on the day of its payment, a refund on its own. Both by the company's days. Days that are
over are added up once (`keep_days`) and kept; for today, and for a day of which something has changed
since, the orders tell. So a report costs the same however much was sold, and is always what they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work

DAYS_MAX = 366
"""How long a period may be that is added up at once."""
OVER_FOR = timedelta(hours=1)
"""How long a day has been over before it is kept: some of its payments are told of late."""


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One country's sales at one rate, in minor units of one currency: what was sold less what went
    back. `country` is empty for what was sold before the company had set its tax."""

    country: str
    bp: int
    treatment: str
    currency: str
    net_minor: int
    tax_minor: int
    refunded_net_minor: int
    refunded_tax_minor: int

    @property
    def net_left_minor(self) -> int:
        """Net sales after refunds."""
        return self.net_minor - self.refunded_net_minor

    @property
    def tax_left_minor(self) -> int:
        """Tax after refunds."""
        return self.tax_minor - self.refunded_tax_minor


# What orders come to by country and rate: their own list where they have one, else their lines and, for
# the charge of delivery, what of its tax is in no line. A refund's share of a rate is what all refunds of
# its order up to it come to, less what all before it did, so days add up to any period, and refunds of a
# whole order to the whole. `period` names what is added up.
_SUMS = """
paid AS (
  SELECT p.begins, o.* FROM period p
   CROSS JOIN LATERAL (
         SELECT o.home_id, o.id, o.currency, o.taxes, o.shipping_minor, o.tax_minor FROM orders o
          WHERE o.paid_at >= p.begins AND o.paid_at < p.ends AND o.paid_minor > 0 OFFSET 0) AS o
), of_rate AS (
  SELECT p.begins, p.currency, t.country, t.bp, t.treatment,
         t.net_minor + t.rounding_minor AS net, t.tax_minor AS tax
    FROM paid p
   CROSS JOIN LATERAL jsonb_to_recordset(p.taxes->'rates')
     AS t (country text, bp int, treatment text, net_minor bigint, tax_minor bigint,
           rounding_minor bigint)
   WHERE p.taxes IS NOT NULL
  UNION ALL
  SELECT p.begins, p.currency, l.country, l.bp, l.treatment, l.net, l.tax
    FROM paid p
   CROSS JOIN LATERAL (
         SELECT l.tax_country AS country, l.tax_bp AS bp, l.tax_treatment AS treatment,
                sum(l.total_minor - l.tax_minor)::bigint AS net, sum(l.tax_minor)::bigint AS tax
           FROM order_line l WHERE l.home_id = p.home_id AND l.order_id = p.id
          GROUP BY 1, 2, 3 OFFSET 0) AS l
   WHERE p.taxes IS NULL
  UNION ALL
  SELECT p.begins, p.currency, '', rate.bp, 'domestic', p.shipping_minor - rate.tax, rate.tax
    FROM paid p
   CROSS JOIN LATERAL (
         SELECT p.tax_minor - coalesce(sum(l.tax_minor), 0)::bigint AS tax,
                coalesce((SELECT s.tax_bp FROM shipping_rate s WHERE s.currency = p.currency), 0)
                  AS bp
           FROM order_line l WHERE l.home_id = p.home_id AND l.order_id = p.id OFFSET 0) AS rate
   WHERE p.taxes IS NULL AND p.shipping_minor > 0
), went AS (
  SELECT p.begins, r.* FROM period p
   CROSS JOIN LATERAL (
         SELECT r.home_id, r.order_id, r.id, r.succeeded_at, r.amount_minor, r.lines FROM refund r
          WHERE r.state = 'succeeded' AND r.succeeded_at >= p.begins AND r.succeeded_at < p.ends
         OFFSET 0) AS r
), moved AS (  -- Each line that a refund names, 0 for the delivery, and -1 for what nothing is named for.
  SELECT w.begins, w.home_id, w.order_id, n.line_no, b.minor AS before, b.minor + n.minor AS up_to
    FROM went w
   CROSS JOIN LATERAL (
         SELECT (n->>'line_no')::int AS line_no, sum((n->>'amount_minor')::bigint)::bigint AS minor
           FROM jsonb_array_elements(w.lines) AS n GROUP BY 1
         UNION ALL
         SELECT -1, w.amount_minor - coalesce(sum((n->>'amount_minor')::bigint), 0)::bigint
           FROM jsonb_array_elements(w.lines) AS n OFFSET 0) AS n
   CROSS JOIN LATERAL (
         SELECT coalesce(sum(CASE WHEN n.line_no < 0 THEN e.amount_minor ELSE 0 END + l.minor), 0)::bigint
                AS minor
           FROM refund e
          CROSS JOIN LATERAL (
                SELECT coalesce(sum(CASE WHEN n.line_no < 0 THEN -(x->>'amount_minor')::bigint
                                         WHEN n.line_no = (x->>'line_no')::int
                                         THEN (x->>'amount_minor')::bigint END), 0) AS minor
                  FROM jsonb_array_elements(e.lines) AS x) AS l
          WHERE e.home_id = w.home_id AND e.order_id = w.order_id AND e.state = 'succeeded'
            AND (e.succeeded_at, e.id) < (w.succeeded_at, w.id) OFFSET 0) AS b
   WHERE n.minor <> 0
), back AS (
  SELECT m.begins, s.currency, s.country, s.bp, s.treatment, to_here.minor - to_before.minor AS minor,
         part(to_here.minor, s.tax, s.gross) - part(to_before.minor, s.tax, s.gross) AS tax
    FROM moved m
   CROSS JOIN LATERAL (
         SELECT t.*, (sum(gross) OVER (ORDER BY country, bp, treatment))::bigint AS here,
                (sum(gross) OVER ())::bigint AS whole
           FROM (SELECT currency, country, bp, treatment,
                        sum(gross)::bigint AS gross, sum(tax)::bigint AS tax
                   FROM (SELECT o.currency, l.tax_country AS country, l.tax_bp AS bp,
                                l.tax_treatment AS treatment, l.total_minor AS gross, l.tax_minor AS tax
                           FROM orders o JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
                          WHERE m.line_no <> 0 AND o.home_id = m.home_id AND o.id = m.order_id
                            AND l.line_no = CASE WHEN m.line_no > 0 THEN m.line_no ELSE l.line_no END
                         UNION ALL
                         SELECT o.currency, d.*
                           FROM orders o
                          CROSS JOIN LATERAL jsonb_to_recordset(o.taxes->'delivery')
                             AS d (country text, bp int, treatment text, gross_minor bigint, tax_minor bigint)
                          WHERE m.line_no = 0 AND o.home_id = m.home_id AND o.id = m.order_id
                         UNION ALL
                         SELECT o.currency, NULL,
                                coalesce((SELECT s.tax_bp FROM shipping_rate s
                                           WHERE s.currency = o.currency), 0),
                                'domestic', o.shipping_minor,
                                o.tax_minor - (SELECT coalesce(sum(l.tax_minor), 0)::bigint
                                                 FROM order_line l
                                                WHERE l.home_id = o.home_id AND l.order_id = o.id)
                           FROM orders o
                          WHERE m.line_no = 0 AND o.home_id = m.home_id AND o.id = m.order_id
                            AND o.taxes IS NULL) AS every
                  GROUP BY 1, 2, 3, 4 HAVING sum(gross) > 0) AS t OFFSET 0) AS s
   CROSS JOIN LATERAL (
         SELECT part(m.up_to, s.here, s.whole) - part(m.up_to, s.here - s.gross, s.whole) AS minor
       ) AS to_here
   CROSS JOIN LATERAL (
         SELECT part(m.before, s.here, s.whole) - part(m.before, s.here - s.gross, s.whole) AS minor
       ) AS to_before
), summed AS MATERIALIZED (
  SELECT begins, coalesce(country, '') AS country, bp, treatment, currency,
         sum(net)::bigint AS net_minor, sum(tax)::bigint AS tax_minor,
         sum(back_net)::bigint AS refunded_net_minor, sum(back_tax)::bigint AS refunded_tax_minor
    FROM (SELECT begins, country, bp, treatment, currency, net, tax, 0 AS back_net, 0 AS back_tax
            FROM of_rate
          UNION ALL
          SELECT begins, country, bp, treatment, currency, 0, 0, minor - tax, tax FROM back) AS every
   GROUP BY 1, 2, 3, 4, 5
)"""

_KEPT = """jsonb_to_recordset(d.sums)
  AS kept (country text, bp int, treatment text, currency text, net_minor bigint, tax_minor bigint,
           refunded_net_minor bigint, refunded_tax_minor bigint)"""

# The days that are added up, and for what lies between them the orders.
_REPORT = f"""
WITH day AS MATERIALIZED (
  SELECT begins, ends, sums FROM tax_day
   WHERE begins >= %(since)s AND ends <= %(until)s AND sums IS NOT NULL
), period AS MATERIALIZED (
  SELECT lower(gap) AS begins, upper(gap) AS ends
    FROM unnest(tstzmultirange(tstzrange(%(since)s, %(until)s))
                - coalesce((SELECT range_agg(tstzrange(begins, ends)) FROM day), '{{}}')) AS gap
), {_SUMS}
SELECT country, bp, treatment, currency,
       sum(net_minor)::bigint AS net_minor, sum(tax_minor)::bigint AS tax_minor,
       sum(refunded_net_minor)::bigint AS refunded_net_minor,
       sum(refunded_tax_minor)::bigint AS refunded_tax_minor
  FROM (SELECT kept.* FROM day d CROSS JOIN LATERAL {_KEPT}
        UNION ALL
        SELECT country, bp, treatment, currency, net_minor, tax_minor, refunded_net_minor,
               refunded_tax_minor FROM summed) AS every
 GROUP BY 1, 2, 3, 4 ORDER BY 4, 1, 2, 3"""


def report(work: Work, since: date, until: date) -> list[TaxRow]:
    """What was sold and refunded from a day on until another, which is not counted.

    Raises InvalidInput for a period that is none, or longer than a year.
    """
    if not 0 < (until - since).days <= DAYS_MAX:
        raise InvalidInput(
            Problem("/until", "out_of_range", "Give a period of at least a day and at most a year.")
        )
    rows = work.rows(_REPORT, since=_begins(work, since), until=_begins(work, until))
    return [TaxRow(*row) for row in rows]


# One horizon further than the transaction that names a day: from there on everybody sees it. After a
# restore on another server its numbers may lie ahead, and are taken anew.
_ADD_UP = f"""
WITH period AS MATERIALIZED (
  SELECT begins, ends FROM tax_day
   WHERE sums IS NULL AND horizon <= pg_snapshot_xmin(pg_current_snapshot())
   ORDER BY begins LIMIT %(most)s FOR UPDATE SKIP LOCKED
), {_SUMS}, told AS (
  SELECT begins, jsonb_agg(to_jsonb(s) - 'begins' ORDER BY currency, country, bp, treatment) AS sums
    FROM summed s GROUP BY begins
)
UPDATE tax_day d SET sums = coalesce(told.sums, '[]')
  FROM period p LEFT JOIN told USING (begins) WHERE p.begins = d.begins"""
_SEEN_BY_ALL = """
UPDATE tax_day SET horizon = pg_snapshot_xmax(pg_current_snapshot())
 WHERE sums IS NULL AND (horizon IS NULL OR horizon > pg_snapshot_xmax(pg_current_snapshot()))"""
_NAME = """
INSERT INTO tax_day (begins, ends)
SELECT days.begins, days.ends
  FROM (SELECT min(paid_at) AT TIME ZONE %(zone)s AS first FROM orders WHERE paid_at IS NOT NULL) AS f
 CROSS JOIN LATERAL (
       SELECT day AT TIME ZONE %(zone)s AS begins, (day + interval '1 day') AT TIME ZONE %(zone)s AS ends
         FROM generate_series(date_trunc('day', f.first), %(over)s AT TIME ZONE %(zone)s, '1 day')
           AS day) AS days
 WHERE days.ends <= %(over)s
   AND NOT EXISTS (SELECT FROM tax_day d WHERE d.ends > days.begins AND d.begins < days.ends)
 ORDER BY days.begins LIMIT %(most)s ON CONFLICT DO NOTHING"""


def keep_days(work: Work, *, most: int = DAYS_MAX) -> int:
    """Add days up that are over, at most so many at once; how many are kept now that were not.

    A day is named, then seen by whoever writes, then added up, each in another transaction: what
    changes a day's sums takes the day away, and nothing that had not seen it may still run.
    """
    kept = work.run(_ADD_UP, most=most)
    work.run(_SEEN_BY_ALL)
    work.run(_NAME, most=most, over=work.now() - OVER_FOR, zone=work.tools.zone.key)
    return kept


DAYS_DIFFER = f"""
WITH period AS MATERIALIZED (
  SELECT begins, ends FROM tax_day
   WHERE sums IS NOT NULL AND begins > (SELECT max(begins) FROM tax_day) - interval '400 days'
), {_SUMS}
SELECT coalesce(k.begins, s.begins)::text || ' ' || coalesce(k.country, s.country)
  FROM (SELECT d.begins, kept.* FROM period JOIN tax_day d USING (begins) CROSS JOIN LATERAL {_KEPT}) AS k
  FULL JOIN summed s USING (begins, country, bp, treatment, currency)
 WHERE (k.net_minor, k.tax_minor, k.refunded_net_minor, k.refunded_tax_minor)
       IS DISTINCT FROM (s.net_minor, s.tax_minor, s.refunded_net_minor, s.refunded_tax_minor)"""
"""The kept days of the last year that are not what their orders say: there must be none. Older ones were
looked at when they were younger, and what they are made of is frozen."""


def _begins(work: Work, day: date) -> datetime:
    return datetime.combine(day, time(), work.tools.zone)
