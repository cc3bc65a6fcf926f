"""How far the work has come: the figures of the console's home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from mainstem.kit.work import Work
from mainstem.leads.queries import STAGE


@dataclass(frozen=True, slots=True)
class Funnel:
    """How much stands at which step, and since when the oldest does."""

    in_transit: int
    in_transit_oldest: datetime | None
    to_pick: int
    to_pick_oldest: datetime | None
    picking: int
    picking_oldest: datetime | None
    to_pack: int
    to_pack_oldest: datetime | None
    to_hand_over: int
    to_hand_over_oldest: datetime | None
    leads_to_quote: int
    quotes_out: int
    jobs_today: int
    jobs_sign_off: int
    payouts_under_way: int
    facts_waiting: int


# Every count reads a partial index over what is open; nothing here grows with history.
_FUNNEL = """
SELECT f.*, l.*, j.*,
       (SELECT count(*) FROM parcel WHERE state = 'in_transit') AS in_transit,
       (SELECT min(shipped_at) FROM parcel WHERE state = 'in_transit') AS in_transit_oldest,
       (SELECT count(*) FROM payout WHERE state <> 'paid' AND state IN
         ('reserved','transferring','transferred','requested','in_transit','reversing')) AS payouts_under_way,
       (SELECT count(*) FROM fact_waiting WHERE state = 'waiting') AS facts_waiting
  FROM (SELECT count(*) FILTER (WHERE state IN ('assigned','released')) AS to_pick,
               min(routed_at) FILTER (WHERE state IN ('assigned','released')) AS to_pick_oldest,
               count(*) FILTER (WHERE state = 'picking') AS picking,
               min(routed_at) FILTER (WHERE state = 'picking') AS picking_oldest,
               count(*) FILTER (WHERE state = 'picked') AS to_pack,
               min(routed_at) FILTER (WHERE state = 'picked') AS to_pack_oldest,
               count(*) FILTER (WHERE state = 'packed') AS to_hand_over,
               min(routed_at) FILTER (WHERE state = 'packed') AS to_hand_over_oldest
          FROM fulfilment
         WHERE state IN ('assigned','released','picking','picked','packed','parked')) f,
       (SELECT count(*) FILTER (WHERE stage = 'qualified') AS leads_to_quote,
               count(*) FILTER (WHERE stage = 'quoted') AS quotes_out
          FROM (SELECT {stage} AS stage FROM lead l
                 WHERE l.state IN ('qualified','quoted')) AS open_leads) l,
       (SELECT count(*) FILTER (WHERE starts_at >= %(opens)s AND starts_at < %(closes)s
                                  AND state IN ('scheduled','en_route','on_site')) AS jobs_today,
               count(*) FILTER (WHERE state = 'done') AS jobs_sign_off
          FROM job
         WHERE state IN ('unscheduled','scheduled','en_route','on_site','done','disputed')) j"""


def funnel(work: Work) -> Funnel:
    """How much stands at which step, and since when the oldest does."""
    today = work.now().astimezone(work.tools.zone).date()
    opens = datetime.combine(today, time.min, tzinfo=work.tools.zone)
    [counts] = work.rows_as(
        Funnel,
        _FUNNEL.format(stage=STAGE),
        opens=opens,
        closes=opens + timedelta(days=1),
        now=work.now(),
    )
    return counts
