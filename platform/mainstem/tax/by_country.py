"""The report: what was sold and what tax it carried, by country and rate, in a period.

A sale counts on the day of its payment, a refund on its own. Both by the company's days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.work import Work

DAYS_MAX = 366
"""How long a period may be that is added up at once."""


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


# Every order's money by country and rate: its own list where it has one, else its lines and, for the
# charge of delivery, what of its tax is in no line.
_REPORT = """
WITH paid AS (
  SELECT o.* FROM orders o
   WHERE o.paid_at >= %(since)s AND o.paid_at < %(until)s AND o.paid_minor > 0
), refunded AS (
  SELECT r.home_id, r.order_id, sum(r.amount_minor)::bigint AS minor, jsonb_agg(r.lines) AS lines
    FROM refund r
   WHERE r.state = 'succeeded' AND r.succeeded_at >= %(since)s AND r.succeeded_at < %(until)s
   GROUP BY 1, 2
), refunded_part AS (
  SELECT r.home_id, r.order_id, (part->>'line_no')::int AS line_no,
         sum((part->>'amount_minor')::bigint)::bigint AS minor
    FROM refunded r, jsonb_array_elements(r.lines) AS one, jsonb_array_elements(one) AS part
   GROUP BY 1, 2, 3
), of_rate AS (
  SELECT p.currency, t.country, t.bp, t.treatment,
         t.net_minor + t.rounding_minor AS net, t.tax_minor AS tax
    FROM paid p
   CROSS JOIN LATERAL jsonb_to_recordset(p.taxes->'rates')
     AS t (country text, bp int, treatment text, net_minor bigint, tax_minor bigint,
           rounding_minor bigint)
   WHERE p.taxes IS NOT NULL
  UNION ALL
  SELECT p.currency, coalesce(l.tax_country, ''), l.tax_bp, l.tax_treatment,
         l.total_minor - l.tax_minor, l.tax_minor
    FROM paid p JOIN order_line l ON l.home_id = p.home_id AND l.order_id = p.id
   WHERE p.taxes IS NULL
  UNION ALL
  SELECT p.currency, '', rate.bp, 'domestic', p.shipping_minor - rate.tax, rate.tax
    FROM paid p
   CROSS JOIN LATERAL (
         SELECT p.tax_minor - coalesce(sum(l.tax_minor), 0)::bigint AS tax,
                coalesce((SELECT s.tax_bp FROM shipping_rate s WHERE s.currency = p.currency), 0)
                  AS bp
           FROM order_line l WHERE l.home_id = p.home_id AND l.order_id = p.id) AS rate
   WHERE p.taxes IS NULL AND p.shipping_minor > 0
), named AS (
  SELECT r.home_id, r.order_id,
         coalesce(sum(b.minor) FILTER (WHERE b.line_no = 0), 0)::bigint AS delivery,
         r.minor - coalesce(sum(b.minor), 0)::bigint AS nothing
    FROM refunded r LEFT JOIN refunded_part b USING (home_id, order_id)
   GROUP BY r.home_id, r.order_id, r.minor
), share AS (
  SELECT n.home_id, n.order_id, 'delivery' AS kind, n.delivery AS whole, o.currency,
         coalesce(d.country, '') AS country, d.bp, d.treatment,
         sum(d.gross_minor)::bigint AS gross, sum(d.tax_minor)::bigint AS tax
    FROM named n JOIN orders o ON o.home_id = n.home_id AND o.id = n.order_id
   CROSS JOIN LATERAL (
         SELECT d.* FROM jsonb_to_recordset(o.taxes->'delivery')
           AS d (country text, bp int, treatment text, gross_minor bigint, tax_minor bigint)
         UNION ALL
         SELECT NULL, coalesce((SELECT s.tax_bp FROM shipping_rate s WHERE s.currency = o.currency), 0),
                'domestic', o.shipping_minor,
                o.tax_minor - (SELECT coalesce(sum(l.tax_minor), 0)::bigint FROM order_line l
                                WHERE l.home_id = o.home_id AND l.order_id = o.id)
          WHERE o.taxes IS NULL) AS d
   WHERE n.delivery > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(d.gross_minor) > 0
  UNION ALL
  SELECT n.home_id, n.order_id, 'nothing', n.nothing, o.currency,
         coalesce(l.tax_country, ''), l.tax_bp, l.tax_treatment,
         sum(l.total_minor)::bigint, sum(l.tax_minor)::bigint
    FROM named n JOIN orders o ON o.home_id = n.home_id AND o.id = n.order_id
    JOIN order_line l ON l.home_id = n.home_id AND l.order_id = n.order_id
   WHERE n.nothing > 0 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 HAVING sum(l.total_minor) > 0
), back AS (
  SELECT o.currency, coalesce(l.tax_country, '') AS country, l.tax_bp AS bp, l.tax_treatment AS treatment,
         b.minor, part(b.minor, l.tax_minor, l.total_minor) AS tax
    FROM refunded_part b
    JOIN orders o ON o.home_id = b.home_id AND o.id = b.order_id
    JOIN order_line l ON l.home_id = b.home_id AND l.order_id = b.order_id AND l.line_no = b.line_no
   WHERE b.line_no > 0 AND l.total_minor > 0
  UNION ALL
  -- The charge of delivery at its own rates, and what nothing is named for at those of the lines. Each
  -- share is what all up to it have less what all before it have, so that together they are the whole.
  SELECT currency, country, bp, treatment, minor,
         part(minor, tax, gross) AS tax
    FROM (SELECT currency, country, bp, treatment, tax, gross,
                 part(whole, (sum(gross) OVER up_to)::bigint, (sum(gross) OVER every)::bigint)
                   - part(whole, (sum(gross) OVER up_to - gross)::bigint, (sum(gross) OVER every)::bigint) AS minor
            FROM share
          WINDOW every AS (PARTITION BY home_id, order_id, kind),
                 up_to AS (PARTITION BY home_id, order_id, kind ORDER BY country, bp, treatment)) AS s
   WHERE minor <> 0
)
SELECT coalesce(country, '') AS country, bp, treatment, currency,
       sum(net)::bigint AS net_minor, sum(tax)::bigint AS tax_minor,
       sum(back_net)::bigint AS refunded_net_minor, sum(back_tax)::bigint AS refunded_tax_minor
  FROM (SELECT country, bp, treatment, currency, net, tax, 0 AS back_net, 0 AS back_tax FROM of_rate
        UNION ALL
        SELECT country, bp, treatment, currency, 0, 0, minor - tax, tax FROM back) AS every
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


def _begins(work: Work, day: date) -> datetime:
    return datetime.combine(day, time(), work.tools.zone)
