"""What the console's pages read across slices. Nothing here changes anything."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from mainstem.kit.errors import NotFound
from mainstem.kit.work import Work
from mainstem.money import Money

ORDERS_MAX = 50
FACTS_MAX = 100
ENTRIES_MAX = 50


class Valued:
    """A row whose `total_minor` and `currency` are also its `total`, as money."""

    __slots__ = ("_row",)

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        minor = getattr(self._row, f"{name}_minor", None)
        return getattr(self._row, name) if minor is None else Money(minor, self._row.currency)


def _valued(rows: list[Any]) -> list[Any]:
    return [Valued(row) for row in rows]


# ------------------------------------------------------------------------- the funnel

# Every count reads a partial index over what is open; nothing here grows with history.
_FUNNEL = """
SELECT f.*, l.*, j.*, p.*, w.*,
       (SELECT count(*) FROM parcel WHERE state = 'in_transit') AS in_transit,
       (SELECT min(shipped_at) FROM parcel WHERE state = 'in_transit') AS in_transit_oldest,
       (SELECT count(*) FROM quote WHERE state IN ('sent','viewed')) AS quotes_out,
       (SELECT count(*) FROM commission_review WHERE state = 'held') AS commissions_held,
       (SELECT min(held_at) FROM commission_review WHERE state = 'held') AS commissions_held_oldest,
       (SELECT count(*) FROM approval WHERE state = 'needs_approval') AS to_approve,
       (SELECT count(*) FROM ({owed_back}) AS owed) AS refunds_failed,
       (SELECT count(*) FROM payout WHERE state = 'failed') AS payouts_failed,
       (SELECT min(reserved_at) FROM payout WHERE state = 'failed') AS payouts_failed_oldest,
       coalesce((SELECT wrong FROM check_run WHERE ended_at IS NOT NULL ORDER BY id DESC LIMIT 1), 0)
         AS truths_wrong
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
       (SELECT count(*) FILTER (WHERE state = 'new') AS leads_new,
               min(created_at) FILTER (WHERE state = 'new') AS leads_new_oldest,
               count(*) FILTER (WHERE state = 'qualified') AS leads_to_quote
          FROM lead WHERE state IN ('new','qualified','quoted')) l,
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
                                      'in_transit','on_hold','unwinding')) p,
       (SELECT count(*) FILTER (WHERE state = 'waiting') AS facts_waiting,
               count(*) FILTER (WHERE state = 'dead') AS facts_dead FROM fact_waiting) w"""


def funnel(work: Work) -> Any:
    """How much waits where, and since when the oldest does."""
    today = work.now().astimezone(work.tools.zone).date()
    opens = datetime.combine(today, time.min, tzinfo=work.tools.zone)
    return work.row(
        _FUNNEL.format(owed_back=_OWED_BACK), opens=opens, closes=opens + timedelta(days=1)
    )


# ------------------------------------------------------------------------- orders

_ORDERS = """
SELECT o.home_id, o.id, o.number, o.state, o.payment_status, o.fulfillment_status, o.currency,
       o.total_minor, o.placed_at, o.client->>'name' AS client, s.name AS storefront
  FROM orders o JOIN storefront s ON s.home_id = o.home_id AND s.id = o.storefront_id
 WHERE """


def latest_orders(work: Work) -> list[Any]:
    """The newest orders. Looks back a day, then a month, then over everything."""
    now = work.now()
    for span in (timedelta(days=1), timedelta(days=31), timedelta(days=40000)):
        rows = work.rows(
            _ORDERS + "o.placed_at > %(since)s ORDER BY o.placed_at DESC, o.id DESC LIMIT %(most)s",
            since=now - span,
            most=ORDERS_MAX,
        )
        if len(rows) == ORDERS_MAX:
            break
    return _valued(rows)


def find_orders(work: Work, text: str) -> list[Any]:
    """Orders with this number, of a client with this e-mail, or with a parcel of this tracking."""
    return _valued(
        work.rows(
            _ORDERS
            + """(o.home_id, o.id) IN (
              SELECT home_id, id FROM orders
               WHERE home_id IN (SELECT id FROM affiliate) AND number = %(number)s
              UNION ALL SELECT home_id, id FROM orders WHERE client_key = %(email)s
              UNION ALL SELECT home_id, order_id FROM parcel WHERE tracking = %(text)s)
            ORDER BY o.placed_at DESC, o.id LIMIT %(most)s""",
            number=as_number(text),
            email=text.lower(),
            text=text,
            most=ORDERS_MAX,
        )
    )


def as_number(text: str) -> str:
    """A number as it is kept, from how people type it: `7kq2m94txd` is `7KQ2M-94TXD`."""
    letters = text.replace("-", "").replace(" ", "").upper()
    return f"{letters[:5]}-{letters[5:]}" if len(letters) == 10 else text.upper()


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
    return _valued(
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
    return _valued(
        work.rows(
            """SELECT id, state, currency, amount_minor, lines, goods_go, pieces, reason, actor,
                  requested_at, error
             FROM refund WHERE home_id = %(home)s AND order_id = %(order)s
            ORDER BY requested_at, id""",
            home=home_id,
            order=order_id,
        )
    )


_APPROVALS = """
SELECT a.home_id, a.id, a.order_id, o.number, o.client->>'name' AS client, a.kind, a.state,
       a.currency, a.amount_minor, a.lines, a.goods_go, a.pieces, a.reason, a.words, a.asked_by,
       a.asked_at, a.decided_by, a.decided_at
  FROM approval a JOIN orders o ON o.home_id = a.home_id AND o.id = a.order_id
 WHERE """


def approvals_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """The requests to send money back of an order that a second person answers, oldest first."""
    return _valued(
        work.rows(
            _APPROVALS
            + "a.home_id = %(home)s AND a.order_id = %(order)s ORDER BY a.asked_at, a.id",
            home=home_id,
            order=order_id,
        )
    )


def approvals_waiting(work: Work, *, most: int = 100) -> list[Any]:
    """The requests that nobody has answered yet, oldest first."""
    return _valued(
        work.rows(
            _APPROVALS + "a.state = 'needs_approval' ORDER BY a.asked_at, a.id LIMIT %(most)s",
            most=most,
        )
    )


def disputes_of(work: Work, home_id: int, order_id: UUID) -> list[Any]:
    """What the client's bank has contested."""
    return _valued(
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
# one is nobody's task any more; a second payment is one while its last request has failed.
_OWED_BACK = """
SELECT p.home_id, p.order_id, p.id, o.number, o.state AS order_state, o.client->>'name' AS client,
       p.currency, p.captured_minor AS amount_minor, '' AS reason, last.error,
       p.captured_at AS since, 'payments' AS kind
  FROM payment p JOIN orders o ON o.home_id = p.home_id AND o.id = p.order_id
  CROSS JOIN LATERAL (SELECT n.state, n.error FROM operation n
                       WHERE n.home_id = p.home_id AND n.kind = 'refund' AND n.subject_id = p.id
                       ORDER BY n.attempt DESC LIMIT 1) AS last
 WHERE p.state = 'duplicate' AND last.state = 'failed'
 UNION ALL
SELECT r.home_id, r.order_id, r.id, o.number, o.state AS order_state, o.client->>'name' AS client,
       r.currency, r.amount_minor, r.reason, r.error, r.requested_at AS since,
       'refunds' AS kind
  FROM refund r JOIN orders o ON o.home_id = r.home_id AND o.id = r.order_id
 WHERE r.state = 'failed'
   AND r.amount_minor <= o.paid_minor - o.disputed_minor - (
         SELECT coalesce(sum(q.amount_minor), 0) FROM refund q
          WHERE q.home_id = r.home_id AND q.order_id = r.order_id
            AND q.state IN ('requested', 'submitted', 'succeeded'))"""


def owed_back(work: Work, *, most: int = 100) -> list[Any]:
    """Refunds and returns of second payments that failed and are still owed, oldest first."""
    return _valued(work.rows(f"{_OWED_BACK} ORDER BY since, id LIMIT %(most)s", most=most))


def payouts(work: Work, *, states: list[str], most: int = 100) -> list[Any]:
    """Payouts, newest first; every state where none is named."""
    return _valued(
        work.rows(
            """SELECT p.home_id, p.id, p.number, p.period, p.provider, p.account, p.currency,
                  p.amount_minor, p.state, p.error, p.called_off, p.reserved_at, p.paid_at, p.reference, a.name,
                  p.state IN ('failed') AND EXISTS (
                    SELECT 1 FROM payout o WHERE o.home_id = p.home_id AND o.currency = p.currency
                       AND o.id <> p.id AND o.state IN ('reserved','transferring','transferred',
                           'requested','in_transit','on_hold','unwinding')) AS overtaken
             FROM payout p JOIN affiliate a ON a.id = p.home_id
            WHERE %(states)s::text[] = '{}' OR p.state = ANY(%(states)s::text[])
            ORDER BY p.period DESC, a.name, p.id LIMIT %(most)s""",
            states=states,
            most=most,
        )
    )


def payout(work: Work, home_id: int, payout_id: UUID) -> Any:
    """One payout; else NotFound."""
    row = work.row(
        """SELECT p.*, EXISTS (
                    SELECT 1 FROM payout o WHERE o.home_id = p.home_id AND o.currency = p.currency
                       AND o.id <> p.id AND o.state IN ('reserved','transferring','transferred',
                           'requested','in_transit','on_hold','unwinding')) AS overtaken
             FROM payout p WHERE p.home_id = %(home)s AND p.id = %(id)s FOR UPDATE OF p""",
        home=home_id,
        id=payout_id,
    )
    if row is None:
        raise NotFound("payout")
    return row


def payable(work: Work) -> list[Any]:
    """What the affiliates could be paid now, per currency: how many, how much, and the debts."""
    return _valued(
        work.rows(
            """SELECT currency, count(*) FILTER (WHERE minor > 0) AS affiliates,
                  coalesce(sum(minor) FILTER (WHERE minor > 0), 0)::bigint AS payable_minor,
                  coalesce(sum(minor) FILTER (WHERE minor < 0), 0)::bigint AS debts_minor
             FROM (SELECT owner_id, currency, sum(balance_minor)::bigint AS minor
                     FROM (SELECT owner_id, currency, balance_minor FROM ledger_balance
                            WHERE account = 'payable'
                           UNION ALL
                           SELECT owner_id, currency, signed_minor FROM ledger_entry
                            WHERE account = 'payable'
                              AND xid >= (SELECT before_xid FROM ledger_mark)) parts
                    GROUP BY 1, 2) owners
            WHERE minor <> 0 GROUP BY 1 ORDER BY 1"""
        )
    )


def balances_of_affiliates(work: Work, *, most: int = 200) -> list[Any]:
    """Every affiliate's accounts in one row a currency, debts first, then the most payable."""
    return _valued(
        work.rows(
            """SELECT b.owner_id, a.name, b.currency,
                  coalesce(sum(minor) FILTER (WHERE account = 'pending'), 0)::bigint AS pending_minor,
                  coalesce(sum(minor) FILTER (WHERE account = 'payable'), 0)::bigint AS payable_minor,
                  coalesce(sum(minor) FILTER (WHERE account = 'payout_clearing'), 0)::bigint
                    AS payout_clearing_minor
             FROM (SELECT owner_id, account, currency, balance_minor AS minor FROM ledger_balance
                    WHERE owner_id > 0
                   UNION ALL
                   SELECT owner_id, account, currency, signed_minor FROM ledger_entry
                    WHERE owner_id > 0 AND xid >= (SELECT before_xid FROM ledger_mark)) b
             JOIN affiliate a ON a.id = b.owner_id
            GROUP BY 1, 2, 3
            ORDER BY coalesce(sum(minor) FILTER (WHERE account = 'payable'), 0) >= 0, 5 DESC, 2
            LIMIT %(most)s""",
            most=most,
        )
    )


def entries(
    work: Work, owner_id: int, account: str, currency: str, *, before: tuple[int, int, int] | None
) -> list[Any]:
    """One account's entries, newest first, one more than a page holds."""
    home, transfer, seq = before or (None, None, None)
    return _valued(
        work.rows(
            """SELECT e.home_id, e.transfer_id, e.seq, e.side, e.currency, e.amount_minor, e.signed_minor,
                  e.held_until, e.held_until = date '9999-12-31' AS held_open, t.key, t.reason,
                  t.actor, t.effective_on, t.posted_at
             FROM ledger_entry e
             JOIN ledger_transfer t ON t.home_id = e.home_id AND t.id = e.transfer_id
            WHERE e.owner_id = %(owner)s AND e.account = %(account)s AND e.currency = %(currency)s
              AND (%(transfer)s::bigint IS NULL
                   OR (e.transfer_id, e.home_id, e.seq) < (%(transfer)s, %(home)s, %(seq)s))
            ORDER BY e.transfer_id DESC, e.home_id DESC, e.seq DESC LIMIT %(most)s""",
            owner=owner_id,
            account=account,
            currency=currency,
            home=home,
            transfer=transfer,
            seq=seq,
            most=ENTRIES_MAX + 1,
        )
    )


# ------------------------------------------------------------------------- affiliates


def affiliates(work: Work, text: str = "") -> list[Any]:
    """Affiliates by name, with sponsor and pay account."""
    return work.rows(
        """SELECT a.id, a.name, a.slug, a.state, a.country, a.joined_at, s.name AS sponsor,
                  p.provider, p.state AS account_state, p.currency,
                  (SELECT count(*) FROM affiliate t WHERE t.sponsor_id = a.id) AS below
             FROM affiliate a LEFT JOIN affiliate s ON s.id = a.sponsor_id
             LEFT JOIN LATERAL (SELECT provider, state, currency FROM pay_account
                                 WHERE home_id = a.id
                                 ORDER BY provider = 'bank', opened_at, currency LIMIT 1) p ON true
            WHERE %(text)s = '' OR a.name ILIKE %(like)s OR a.email_key = lower(%(text)s)
            ORDER BY a.name, a.id LIMIT 200""",
        text=text,
        like=f"%{_plain(text)}%",
    )


def _plain(text: str) -> str:
    """A text that means itself inside a pattern."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


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
            """SELECT currency FROM storefront WHERE home_id = %(id)s
               UNION SELECT currency FROM ledger_balance WHERE owner_id = %(id)s
               UNION SELECT currency FROM ledger_entry WHERE owner_id = %(id)s
                        AND xid >= (SELECT before_xid FROM ledger_mark)
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


def find_leads(work: Work, text: str) -> list[Any]:
    """Leads with this number, or of a client with this e-mail, however spelled."""
    return work.rows(
        """SELECT home_id, id, number, state, client->>'name' AS client, created_at FROM lead
            WHERE number = %(number)s
           UNION
           SELECT home_id, id, number, state, client->>'name', created_at FROM lead
            WHERE mailbox = mailbox_of(%(email)s)
            ORDER BY created_at DESC LIMIT 20""",
        number=as_number(text),
        email=text.lower(),
    )


# ------------------------------------------------------------------------- facts


def waiting(work: Work, *, most: int = 200) -> list[Any]:
    """Facts whose reaction is still to run: the dead first, then those that failed, then the rest."""
    return work.rows(
        """SELECT w.id, w.home_id, w.name, w.subject, w.state, w.attempts, w.next_at, w.error,
                  f.recorded_at, f.actor
             FROM fact_waiting w JOIN fact f ON f.home_id = w.home_id AND f.id = w.id
            ORDER BY w.state = 'waiting', w.attempts = 0, w.next_at, w.id LIMIT %(most)s""",
        most=most,
    )


def recent_facts(work: Work, *, before: UUID | None) -> list[Any]:
    """What happened last, newest first, one more than a page holds."""
    return work.rows(
        """SELECT id, home_id, name, subject, actor, happened_at, recorded_at FROM fact
            WHERE %(before)s::uuid IS NULL OR id < %(before)s ORDER BY id DESC LIMIT %(most)s""",
        before=before,
        most=FACTS_MAX + 1,
    )


def facts_about(work: Work, subject: str) -> list[Any]:
    """Everything that happened to one subject, in any home, newest first."""
    return work.rows(
        """SELECT id, home_id, name, subject, actor, happened_at, recorded_at FROM fact
            WHERE subject = %(subject)s ORDER BY id DESC LIMIT %(most)s""",
        subject=subject,
        most=FACTS_MAX + 1,
    )


def find_fulfilments(work: Work, text: str) -> list[Any]:
    """The work for an order, by the order's number or the parcel's: for the slip in one's hand."""
    return work.rows(
        """SELECT f.home_id, f.order_id, f.no, f.state, o.number, o.client->>'name' AS client
             FROM fulfilment f JOIN orders o ON o.home_id = f.home_id AND o.id = f.order_id
            WHERE f.state <> 'canceled' AND (f.home_id, f.order_id) IN (
                  SELECT home_id, id FROM orders
                   WHERE home_id IN (SELECT id FROM affiliate) AND number = %(number)s
                  UNION ALL SELECT home_id, order_id FROM parcel WHERE tracking = %(text)s)
            ORDER BY f.home_id, f.order_id, f.no LIMIT 20""",
        number=as_number(text),
        text=text,
    )
