"""Jobs that do not take place: their half hours are free again."""

from __future__ import annotations

from collections.abc import Sequence

from mainstem.kit.bulk import ASKED_ORDERS, RowKey, asked
from mainstem.kit.events import record
from mainstem.kit.work import Work
from mainstem_fulfillment.jobs.model import Job, JobKey
from mainstem_fulfillment.jobs.rules import JOB


def cancel(work: Work, key: JobKey) -> None:
    """Cancel the job before the team is there; its half hours are free again.

    What the client paid for it goes back by canceling or refunding the order, not from here.
    """
    job = work.take(Job, key)
    job.state = JOB.step(job.state, "cancel")
    work.run(
        """DELETE FROM job_slot
            WHERE home_id = %(home)s AND order_id = %(order)s AND line_no = %(line)s""",
        home=key.home_id,
        order=key.order_id,
        line=key.line_no,
    )
    record(work, "job.canceled", key.subject, home=key.home_id)


_CANCELED = f"""
SELECT j.home_id, j.order_id, j.line_no
  FROM job j
  JOIN {ASKED_ORDERS} USING (home_id, order_id)
  JOIN order_line l USING (home_id, order_id, line_no)
 WHERE l.canceled = l.quantity AND j.state = ANY(%(states)s) ORDER BY 1, 2, 3"""


def cancel_jobs(work: Work, canceled: Sequence[RowKey]) -> int:
    """Cancel the jobs of these orders whose lines are canceled whole; how many."""
    rows = work.rows(_CANCELED, states=list(JOB.steps["cancel"].sources), **asked(canceled))
    for row in rows:
        cancel(work, JobKey(*row))
    return len(rows)
