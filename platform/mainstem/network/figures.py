"""What teams come to: how many they are, who sells, and what each has sold this month and last.

Worked out anew from the orders, whole, by one statement each: so it may run twice, late or beside itself, and a
refund is in it the next hour. It is for pages. Nobody is paid by it: a plan's own periods read the orders.
"""

from __future__ import annotations

from mainstem.kit.work import Work
from mainstem.network.parts import parts_of

MONTHS_KEPT = 13

# What each has sold in a month: ordered in it, arrived and stayed, credited to them by now. Of an order of
# several each has sold a part, and the parts come to the whole.
SOLD = f"""
  SELECT theirs.affiliate_id AS seller_id, month, currency, sum(theirs.minor)::bigint AS minor
    FROM (SELECT credited.seller_id, credited.also_credited, o.currency,
                 date_trunc('month', o.placed_at AT TIME ZONE %(zone)s)::date AS month,
                 -- Money back that names no line counts against every line alike.
                 CASE WHEN o.total_minor > 0
                      THEN part(l.minor, greatest(o.total_minor - o.unallocated_minor - o.disputed_minor, 0),
                                o.total_minor)
                      ELSE l.minor END AS minor
            FROM orders o {{credited_to}}
           CROSS JOIN LATERAL (
                 SELECT coalesce(sum(CASE WHEN total_minor > 0 THEN
                          part(commissionable_minor, greatest(part(total_minor, delivered, quantity)
                                                              - refunded_minor, 0), total_minor)
                          ELSE 0 END), 0)::bigint AS minor
                   FROM order_line WHERE home_id = o.home_id AND order_id = o.id) AS l
           WHERE o.placed_at >= %(since)s AND o.delivered_at IS NOT NULL AND o.earns) AS each
   {parts_of("each.minor")}
   WHERE theirs.minor > 0
   GROUP BY theirs.affiliate_id, month, currency"""

# And what that makes each team, by the tree as it is now.
MONTHS = """
WITH sold AS ({sold}),
teams AS (
  SELECT above AS affiliate_id, month, currency,
         coalesce(sum(minor) FILTER (WHERE above = seller_id), 0)::bigint AS own_minor,
         sum(minor)::bigint AS leg_minor
    FROM sold JOIN affiliate a ON a.id = seller_id CROSS JOIN unnest(a.upline) AS above
   GROUP BY above, month, currency),
gone AS (
  DELETE FROM team_month t
   WHERE month >= %(month)s AND NOT EXISTS (
         SELECT FROM teams WHERE (teams.affiliate_id, teams.month, teams.currency)
                                 = (t.affiliate_id, t.month, t.currency))
      OR month < %(kept)s)
INSERT INTO team_month (affiliate_id, month, currency, own_minor, leg_minor)
SELECT affiliate_id, month, currency, own_minor, leg_minor FROM teams
ON CONFLICT (affiliate_id, month, currency) DO UPDATE
   SET own_minor = excluded.own_minor, leg_minor = excluded.leg_minor
 WHERE (team_month.own_minor, team_month.leg_minor) <> (excluded.own_minor, excluded.leg_minor)"""

SIZES = """
WITH selling AS (SELECT DISTINCT affiliate_id FROM team_month WHERE month >= %(month)s AND own_minor > 0),
teams AS (
  SELECT above AS affiliate_id, (count(*) - 1)::int AS members, count(s.affiliate_id)::int AS sellers,
         coalesce(bool_or(s.affiliate_id = above), false) AS sells
    FROM affiliate a LEFT JOIN selling s ON s.affiliate_id = a.id CROSS JOIN unnest(a.upline) AS above
   GROUP BY above HAVING count(*) > 1 OR count(s.affiliate_id) > 0),
gone AS (
  DELETE FROM team_size t WHERE NOT EXISTS (SELECT FROM teams WHERE teams.affiliate_id = t.affiliate_id))
INSERT INTO team_size (affiliate_id, members, sellers, sells)
SELECT affiliate_id, members, sellers, sells FROM teams
ON CONFLICT (affiliate_id) DO UPDATE
   SET members = excluded.members, sellers = excluded.sellers, sells = excluded.sells
 WHERE (team_size.members, team_size.sellers, team_size.sells)
       <> (excluded.members, excluded.sellers, excluded.sells)"""


def work_out_teams(work: Work, credited_to: str) -> None:
    """Work out anew what each team comes to. A move waits for it, so that both count the same tree.

    `credited_to` says in SQL, beside `orders o`, whose each order is now (`orders.CREDITED_TO`): of orders
    nothing is known here.
    """
    work.run("SELECT pg_advisory_xact_lock(7247)")
    row = work.one(
        """SELECT month::date, month::timestamp AT TIME ZONE %(zone)s AS since,
                  (month - make_interval(months => %(kept)s))::date AS kept
             FROM (SELECT date_trunc('month', %(now)s::timestamptz AT TIME ZONE %(zone)s)
                          - interval '1 month' AS month) AS last""",
        now=work.now(),
        zone=str(work.tools.zone),
        kept=MONTHS_KEPT,
    )
    work.run(
        MONTHS.replace("{sold}", SOLD.replace("{credited_to}", credited_to)),
        zone=str(work.tools.zone),
        since=row.since,
        month=row.month,
        kept=row.kept,
    )
    work.run(SIZES, month=row.month)
