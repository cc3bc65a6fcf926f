"""How much waits where: the figures of the console's home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from mainstem.console.queries.money import OWED_BACK
from mainstem.kit.work import Work
from mainstem.leads.queries import STAGE


@dataclass(frozen=True, slots=True)
class Funnel:
    """How much waits where, and since when the oldest does."""

    in_transit: int
    in_transit_oldest: datetime | None
    commissions_held: int
    commissions_held_oldest: datetime | None
    to_approve: int
    storefronts_waiting: int
    storefronts_waiting_oldest: datetime | None
    refunds_failed: int
    payouts_failed: int
    payouts_failed_oldest: datetime | None
    stock_low: int
    checks_failed: int
    to_pick: int
    to_pick_oldest: datetime | None
    picking: int
    picking_oldest: datetime | None
    to_pack: int
    to_pack_oldest: datetime | None
    to_hand_over: int
    to_hand_over_oldest: datetime | None
    parked: int
    leads_new: int
    leads_new_oldest: datetime | None
    leads_to_quote: int
    quotes_out: int
    leads_follow_up: int
    jobs_unscheduled: int
    jobs_unscheduled_oldest: datetime | None
    jobs_today: int
    jobs_sign_off: int
    payouts_under_way: int
    payouts_held: int
    payouts_held_oldest: datetime | None
    payouts_to_confirm: int
    facts_waiting: int
    dead_letters: int


# Every count reads a partial index over what is open; nothing here grows with history.
_FUNNEL = """
SELECT f.*, l.*, j.*, p.*, w.*,
       (SELECT count(*) FROM parcel WHERE state = 'in_transit') AS in_transit,
       (SELECT min(shipped_at) FROM parcel WHERE state = 'in_transit') AS in_transit_oldest,
       (SELECT count(*) FROM commission_review WHERE state = 'held') AS commissions_held,
       (SELECT min(held_at) FROM commission_review WHERE state = 'held') AS commissions_held_oldest,
       (SELECT count(*) FROM approval WHERE state = 'needs_approval') AS to_approve,
       (SELECT count(*) FROM storefront_version WHERE state = 'submitted') AS storefronts_waiting,
       (SELECT min(submitted_at) FROM storefront_version WHERE state = 'submitted')
         AS storefronts_waiting_oldest,
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


def funnel(work: Work) -> Funnel:
    """How much waits where, and since when the oldest does."""
    today = work.now().astimezone(work.tools.zone).date()
    opens = datetime.combine(today, time.min, tzinfo=work.tools.zone)
    [counts] = work.rows_as(
        Funnel,
        _FUNNEL.format(owed_back=OWED_BACK, stage=STAGE),
        opens=opens,
        closes=opens + timedelta(days=1),
        now=work.now(),
    )
    return counts
