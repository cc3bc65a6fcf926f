"""What the console's pages read across slices. Nothing here changes anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from mainstem.kit.errors import NotFound
from mainstem.kit.paging import Page
from mainstem.kit.work import Work
from mainstem.leads.queries import STAGE
from mainstem.ledger import RECENT_ENTRIES
from mainstem.money import Money


class MoneyRow:
    """A row whose `total_minor` and `currency` are also its `total`, as money."""

    __slots__ = ("_row",)

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        minor = getattr(self._row, f"{name}_minor", None)
        return getattr(self._row, name) if minor is None else Money(minor, self._row.currency)


def money_rows(rows: list[Any]) -> list[Any]:
    """Rows that give their amounts as money."""
    return [MoneyRow(row) for row in rows]


def money_page(page: Page) -> Page:
    """A page of a list whose rows give their amounts as money."""
    return replace(page, rows=money_rows(page.rows))


# ------------------------------------------------------------------------- the funnel

# Every count reads a partial index over what is open; nothing here grows with history.
_FUNNEL = """
SELECT f.*, l.*, j.*, p.*, w.*,
       (SELECT count(*) FROM parcel WHERE state = 'in_transit') AS in_transit,
       (SELECT min(shipped_at) FROM parcel WHERE state = 'in_transit') AS in_transit_oldest,
       (SELECT count(*) FROM commission_review WHERE state = 'held') AS commissions_held,
       (SELECT min(held_at) FROM commission_review WHERE state = 'held') AS commissions_held_oldest,
       (SELECT count(*) FROM approval WHERE state = 'needs_approval') AS to_approve,
       (SELECT count(*) FROM ({owed_back}) AS owed) AS refunds_failed,
       (SELECT count(*) FROM payout WHERE state = 'failed') AS payouts_failed,
       (SELECT min(reserved_at) FROM payout WHERE state = 'failed') AS payouts_failed_oldest,
       (SELECT count(*) FROM stock_level s JOIN variant v ON v.id = s.variant_id AND v.active
          JOIN product pr ON pr.id = v.product_id AND pr.active
          JOIN location lo ON lo.id = s.location_id AND lo.active
         WHERE s.low_stock_mark IS NOT NULL AND s.on_hand - s.reserved <= s.low_stock_mark)
         AS stock_low,
       coalesce((SELECT wrong FROM check_run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1), 0)
         AS checks_failed
  FROM (SELECT count(*) FILTER (WHERE state IN ('assigned','released')) AS to_pick,
               min(routed_at) FILTER (WHERE state IN ('assigned','released')) AS to_pick_oldest,
               count(*) FILTER (WHERE state = 'picking') AS picking,
               min(routed_at) FILTER (WHERE state = 'picking') AS picking_oldest,
               count(*) FILTER (WHERE state = 'picked') AS to_pack,
               min(routed_at) FILTER (WHERE state = 'picked') AS to_pack_oldest,
               count(*) FILTER (WHERE state = 'packed') AS to_hand_over,
               min(routed_at) FILTER (WHERE state = 'packed') AS to_hand_over_oldest,
               count(*) FILTER (WHERE state = 'parked') AS parked
          FROM fulfilment
         WHERE state IN ('assigned','released','picking','picked','packed','parked')) f,
       (SELECT count(*) FILTER (WHERE stage = 'new') AS leads_new,
               min(created_at) FILTER (WHERE stage = 'new') AS leads_new_oldest,
               count(*) FILTER (WHERE stage = 'qualified') AS leads_to_quote,
               count(*) FILTER (WHERE stage = 'quoted') AS quotes_out,
               count(*) FILTER (WHERE stage = 'follow_up') AS leads_follow_up
          FROM (SELECT created_at, {stage} AS stage FROM lead l
                 WHERE l.state IN ('new','qualified','quoted')) AS open_leads) l,
       (SELECT count(*) FILTER (WHERE state = 'unscheduled') AS jobs_unscheduled,
               min(created_at) FILTER (WHERE state = 'unscheduled') AS jobs_unscheduled_oldest,
               count(*) FILTER (WHERE starts_at >= %(opens)s AND starts_at < %(closes)s
                                  AND state IN ('scheduled','en_route','on_site')) AS jobs_today,
               count(*) FILTER (WHERE state IN ('done','disputed')) AS jobs_sign_off
          FROM job
         WHERE state IN ('unscheduled','scheduled','en_route','on_site','done','disputed')) j,
       (SELECT count(*) FILTER (WHERE state <> 'on_hold') AS payouts_under_way,
               count(*) FILTER (WHERE state = 'on_hold') AS payouts_held,
               min(reserved_at) FILTER (WHERE state = 'on_hold') AS payouts_held_oldest,
               count(*) FILTER (WHERE provider = 'bank' AND state IN ('reserved','requested'))
                 AS payouts_to_confirm
          FROM payout WHERE state IN ('reserved','transferring','transferred','requested',
                                      'in_transit','on_hold','reversing')) p,
       (SELECT count(*) FILTER (WHERE state = 'waiting') AS facts_waiting,
               count(*) FILTER (WHERE state = 'dead') AS dead_letters FROM fact_waiting) w"""


def funnel(work: Work) -> Any:
    """How much waits where, and since when the oldest does."""
    today = work.now().astimezone(work.tools.zone).date()
    opens = datetime.combine(today, time.min, tzinfo=work.tools.zone)
    return work.row(
        _FUNNEL.format(owed_back=OWED_BACK, stage=STAGE),
        opens=opens,
        closes=opens + timedelta(days=1),
        now=work.now(),
    )


# ------------------------------------------------------------------------- orders


def order(work: Work, home_id: int, order_id: UUID) -> Any:
    """One order with its storefront's and its affiliate's names; else NotFound."""
    row = work.row(
        """SELECT o.*, s.name AS storefront, a.name AS seller, l.number AS lead_number
             FROM orders o
             JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
             JOIN affiliate a ON a.id = o.seller_id
             LEFT JOIN lead l ON l.home_id = o.home_id AND l.id = o.lead_id
            WHERE o.home_id = %(home)s AND o.id = %(order)s""",
        home=home_id,
        order=order_id,
    )
    if row is None:
        raise NotFound("order")
    return row


def order_lines(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """An order's lines, with what has been asked back of each, and the delivery as line 0."""
    return work.rows(
        """WITH asked AS (
             SELECT (part->>'line_no')::int AS line_no, sum((part->>'amount_minor')::bigint) AS minor
               FROM refund, jsonb_array_elements(lines) AS part
              WHERE home_id = %(home)s AND order_id = %(order)s
                AND state IN ('requested','submitted','succeeded') GROUP BY 1)
           SELECT l.line_no, l.sku, l.name, l.kind, l.quantity, l.canceled, l.shipped, l.delivered,
                  l.unit_minor, l.total_minor, l.refunded_minor,
                  coalesce(asked.minor, 0)::bigint AS asked_minor
             FROM order_line l LEFT JOIN asked USING (line_no)
            WHERE l.home_id = %(home)s AND l.order_id = %(order)s
           UNION ALL
           SELECT 0, '', '', 'delivery', 1, 0, 0, 0, o.shipping_minor, o.shipping_minor, 0,
                  coalesce((SELECT minor FROM asked WHERE line_no = 0), 0)::bigint
             FROM orders o WHERE o.home_id = %(home)s AND o.id = %(order)s AND o.shipping_minor > 0
            ORDER BY 1""",
        home=home_id,
        order=order_id,
    )


def payments_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """What was paid, each attempt."""
    return money_rows(
        work.rows(
            """SELECT id, provider, attempt, state, currency, amount_minor, captured_minor, fee_minor,
                  reference, intent_id, created_at, captured_at
             FROM payment WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY attempt""",
            home=home_id,
            order=order_id,
        )
    )


def refunds_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """What was asked back, oldest first."""
    return money_rows(
        work.rows(
            """SELECT id, state, currency, amount_minor, lines, goods_go, pieces, reason, actor,
                  requested_at, error, reference
             FROM refund WHERE home_id = %(home)s AND order_id = %(order)s
            ORDER BY requested_at, id""",
            home=home_id,
            order=order_id,
        )
    )


_APPROVALS = """
SELECT a.home_id, a.id, a.order_id, o.number, o.client->>'name' AS client, a.kind, a.state,
       a.currency, a.amount_minor, a.lines, a.goods_go, a.pieces, a.reason, a.reference, a.words, a.asked_by,
       a.asked_at, a.decided_by, a.decided_at
  FROM approval a JOIN orders o ON o.home_id = a.home_id AND o.id = a.order_id
 WHERE """


def approvals_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """The requests to send money back of an order that a second person answers, oldest first."""
    return money_rows(
        work.rows(
            _APPROVALS
            + "a.home_id = %(home)s AND a.order_id = %(order)s ORDER BY a.asked_at, a.id",
            home=home_id,
            order=order_id,
        )
    )


def approvals_waiting(work: Work, *, most: int = 100) -> list[Any]:
    """The requests that nobody has answered yet, oldest first."""
    return money_rows(
        work.rows(
            _APPROVALS + "a.state = 'needs_approval' ORDER BY a.asked_at, a.id LIMIT %(most)s",
            most=most,
        )
    )


def disputes_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """What the client's bank has contested."""
    return money_rows(
        work.rows(
            """SELECT id, status, currency, amount_minor, withdrawn_minor, fee_minor, opened_at
             FROM dispute WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY opened_at""",
            home=home_id,
            order=order_id,
        )
    )


def parcels_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """An order's fulfilments, each with its parcel if it has one."""
    return work.rows(
        """SELECT f.no, f.state, l.name AS location, f.picker, p.carrier, p.tracking,
                  p.state AS parcel_state, p.shipped_at, p.delivered_at
             FROM fulfilment f JOIN location l ON l.id = f.location_id
             LEFT JOIN parcel p ON p.home_id = f.home_id AND p.order_id = f.order_id
                  AND p.fulfilment_no = f.no
            WHERE f.home_id = %(home)s AND f.order_id = %(order)s ORDER BY f.no, p.no""",
        home=home_id,
        order=order_id,
    )


def jobs_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """An order's jobs."""
    return work.rows(
        """SELECT j.line_no, j.state, j.starts_at, l.name AS service, coalesce(t.name, '') AS team
             FROM job j JOIN order_line l USING (home_id, order_id, line_no)
             LEFT JOIN team t ON t.id = j.team_id
            WHERE j.home_id = %(home)s AND j.order_id = %(order)s ORDER BY j.line_no""",
        home=home_id,
        order=order_id,
    )


def routing_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """Why here: every decision with every candidate."""
    return work.rows(
        """SELECT no, kind, chosen, reason, candidates, actor, decided_at FROM routing_decision
            WHERE home_id = %(home)s AND order_id = %(order)s ORDER BY no""",
        home=home_id,
        order=order_id,
    )


def places(work: Work) -> dict[str, str]:
    """The names of locations and teams, by their codes."""
    rows = work.rows("SELECT code, name FROM location UNION ALL SELECT code, name FROM team")
    return {row.code: row.name for row in rows}


def facts_of(work: Work, home_id: int, subjects: list[str]) -> list[Any]:
    """Everything that happened to these subjects in one home, oldest first."""
    return work.rows(
        """SELECT id, name, subject, actor, happened_at FROM fact
            WHERE subject = ANY(%(subjects)s::text[]) AND home_id = %(home)s ORDER BY happened_at, id
            LIMIT 500""",
        subjects=subjects,
        home=home_id,
    )


# ------------------------------------------------------------------------- money

# Who is owed money that would not go back. A failed refund whose money has gone back by another
# one is nobody's task any more; a duplicate payment is one while its last request has failed.
OWED_BACK = """
SELECT p.home_id, p.order_id, p.id, o.number, o.state AS order_state, o.client->>'name' AS client,
       p.currency, p.captured_minor AS amount_minor, '' AS reason, last.error,
       p.captured_at AS since, '{}'::text[] AS disputes, 'payments' AS kind
  FROM payment p JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
  CROSS JOIN LATERAL (SELECT n.state, n.error FROM operation n
                       WHERE n.home_id = p.home_id AND n.kind = 'refund' AND n.subject_id = p.id
                       ORDER BY n.attempt DESC LIMIT 1) AS last
 WHERE p.state = 'duplicate' AND last.state = 'failed'
 UNION ALL
SELECT r.home_id, r.order_id, r.id, o.number, o.state AS order_state, o.client->>'name' AS client,
       r.currency, r.amount_minor, r.reason, r.error, r.requested_at AS since,
       CASE WHEN paid.provider = 'stripe' THEN ARRAY(
              SELECT d.status FROM dispute d
               WHERE d.home_id = r.home_id AND d.order_id = r.order_id) ELSE '{}' END AS disputes,
       'refunds' AS kind
  FROM refund r JOIN payment paid ON paid.home_id = r.home_id AND paid.id = r.payment_id
  JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
 WHERE r.state = 'failed'
   AND r.amount_minor <= o.paid_minor - o.disputed_minor - (
         SELECT coalesce(sum(q.amount_minor), 0) FROM refund q
          WHERE q.home_id = r.home_id AND q.order_id = r.order_id
            AND q.state IN ('requested', 'submitted', 'succeeded'))"""


def payout(work: Work, home_id: int, payout_id: UUID) -> Any:
    """One payout; else NotFound."""
    row = work.row(
        """SELECT p.*, EXISTS (
                    SELECT 1 FROM payout o WHERE o.home_id = p.home_id AND o.currency = p.currency
                       AND o.id <> p.id AND o.state IN ('reserved','transferring','transferred',
                           'requested','in_transit','on_hold','reversing')) AS another_in_progress
             FROM payout p WHERE p.home_id = %(home)s AND p.id = %(id)s FOR UPDATE OF p""",
        home=home_id,
        id=payout_id,
    )
    if row is None:
        raise NotFound("payout")
    return row


def payable(work: Work) -> list[Any]:
    """What the affiliates could be paid now, per currency: how many, how much, and the debts."""
    return money_rows(
        work.rows(
            f"""SELECT currency, count(*) FILTER (WHERE minor > 0) AS affiliates,
                  coalesce(sum(minor) FILTER (WHERE minor > 0), 0)::bigint AS payable_minor,
                  coalesce(sum(minor) FILTER (WHERE minor < 0), 0)::bigint AS debts_minor
             FROM (SELECT owner_id, currency, sum(balance_minor)::bigint AS minor
                     FROM (SELECT owner_id, currency, balance_minor FROM ledger_balance
                            WHERE account = 'payable'
                           UNION ALL
                           SELECT owner_id, currency, signed_minor FROM {RECENT_ENTRIES}
                            WHERE account = 'payable') parts
                    GROUP BY 1, 2) owners
            WHERE minor <> 0 GROUP BY 1 ORDER BY 1"""
        )
    )


# ------------------------------------------------------------------------- affiliates


def affiliate(work: Work, id: int) -> Any:
    """One affiliate; else NotFound."""
    row = work.row("SELECT * FROM affiliate WHERE id = %(id)s", id=id)
    if row is None:
        raise NotFound("affiliate")
    return row


def pay_accounts(work: Work, id: int) -> list[Any]:
    """Where an affiliate is paid, one account a currency."""
    return work.rows(
        """SELECT provider, account, currency, state, updated_at FROM pay_account
            WHERE home_id = %(id)s ORDER BY provider = 'bank', opened_at, currency""",
        id=id,
    )


def currencies(work: Work, id: int) -> list[str]:
    """The currencies that an affiliate has or could have money in."""
    return [
        row.currency
        for row in work.rows(
            f"""SELECT currency FROM storefront WHERE home_id = %(id)s
               UNION SELECT currency FROM ledger_balance WHERE owner_id = %(id)s
               UNION SELECT currency FROM {RECENT_ENTRIES} WHERE owner_id = %(id)s
               UNION SELECT currency FROM pay_account WHERE home_id = %(id)s ORDER BY 1""",
            id=id,
        )
    ]


def upline(work: Work, id: int) -> list[Any]:
    """Who stands above an affiliate, nearest first."""
    return work.rows(
        """SELECT a.id, a.name, a.state, u.level - 1 AS level
             FROM affiliate me CROSS JOIN LATERAL unnest(me.upline) WITH ORDINALITY AS u (id, level)
             JOIN affiliate a ON a.id = u.id
            WHERE me.id = %(id)s AND u.level > 1 ORDER BY u.level""",
        id=id,
    )


def storefronts_of(work: Work, id: int) -> list[Any]:
    """An affiliate's storefronts."""
    return work.rows(
        """SELECT id, slug, name, currency, active FROM storefront
            WHERE home_id = %(id)s ORDER BY name""",
        id=id,
    )
