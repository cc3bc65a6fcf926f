"""Jobs come from orders: one is opened for each paid service, with the team that is recommended."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from mainstem.kit.bulk import ASKED, Json, RowKey, asked, given, relation
from mainstem.kit.events import record_all
from mainstem.kit.work import Work
from mainstem_fulfillment.jobs import rules
from mainstem_fulfillment.jobs.model import JobKey
from mainstem_fulfillment.jobs.rules import Recommendation, TeamLoad

BOOKED_AHEAD = timedelta(days=14)


_LINES = f"""
SELECT o.home_id, o.id AS order_id, l.line_no, p.slug, p.category, p.skills AS needs
  FROM orders o
  JOIN {ASKED} USING (home_id, id)
  JOIN order_line l ON l.home_id = o.home_id AND l.order_id = o.id
  JOIN variant v ON v.id = l.variant_id
  JOIN product p ON p.id = v.product_id
 WHERE l.kind = 'service' AND l.quantity > l.canceled AND o.state = 'placed'
   AND NOT EXISTS (SELECT 1 FROM job j WHERE j.home_id = l.home_id
                      AND j.order_id = l.order_id AND j.line_no = l.line_no)
 ORDER BY o.home_id, o.id, l.line_no FOR UPDATE OF o"""


class _JobRow(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    state: str
    created_at: datetime


class _DecisionRow(NamedTuple):
    home_id: int
    order_id: UUID
    line_no: int
    chosen: str
    reason: str
    candidates: Json


_JOBS = f"""
INSERT INTO job (home_id, order_id, line_no, state, created_at)
SELECT home_id, order_id, line_no, state, created_at
  FROM {relation(_JobRow, "new")}
ON CONFLICT DO NOTHING
RETURNING home_id, order_id, line_no"""


_DECISIONS = f"""
INSERT INTO routing_decision
       (home_id, order_id, no, kind, chosen, reason, candidates, actor, decided_at)
SELECT new.home_id, new.order_id,
       row_number() OVER (PARTITION BY new.home_id, new.order_id ORDER BY new.line_no)
         + coalesce((SELECT max(d.no) FROM routing_decision d
                      WHERE d.home_id = new.home_id AND d.order_id = new.order_id), 0),
       'service', chosen, reason, candidates, %(actor)s, %(now)s
  FROM {relation(_DecisionRow, "new")}"""


def open_jobs(work: Work, paid: Sequence[RowKey]) -> list[JobKey]:
    """A job for every service line of these paid orders that has none yet, with who should do it.

    Orders are locked in key order. Asked again, it opens nothing more.
    """
    lines = work.rows(_LINES, **asked(sorted(set(paid))))
    now = work.now()
    jobs = [
        _JobRow(line.home_id, line.order_id, line.line_no, "unscheduled", now) for line in lines
    ]
    made = {JobKey(*row) for row in work.rows(_JOBS, **given(jobs, _JobRow, "new"))}
    fresh = [line for line in lines if JobKey(*line[:3]) in made]
    if not fresh:
        return []
    teams = _team_loads(work)
    decided: list[Recommendation] = [
        rules.recommend(line.line_no, line.slug, line.category, teams, needs=line.needs)
        for line in fresh
    ]
    kept = [
        _DecisionRow(
            home_id=line.home_id,
            order_id=line.order_id,
            line_no=line.line_no,
            chosen=one.chosen,
            reason=one.reason,
            candidates=Json(json.dumps(one.candidates)),
        )
        for line, one in zip(fresh, decided, strict=True)
    ]
    work.run(_DECISIONS, actor=str(work.actor), now=now, **given(kept, _DecisionRow, "new"))
    keys = [JobKey(*line[:3]) for line in fresh]
    record_all(work, "job.opened", [(key.home_id, key.subject) for key in keys])
    return keys


def _team_loads(work: Work) -> list[TeamLoad]:
    now = work.now()
    rows = work.rows(
        """SELECT t.code, t.skills, count(s.starts_at)::int AS booked
             FROM team t
             LEFT JOIN job_slot s ON s.team_id = t.id
                   AND s.starts_at >= %(now)s AND s.starts_at < %(end)s
            WHERE t.active GROUP BY t.id ORDER BY t.code""",
        now=now,
        end=now + BOOKED_AHEAD,
    )
    return [TeamLoad(row.code, frozenset(row.skills), row.booked) for row in rows]
