"""Out in the field: a team leaves, arrives, and says what was done; the client may object."""

from __future__ import annotations

from mainstem.kit.errors import InvalidInput, Problem
from mainstem.kit.events import record
from mainstem.kit.text import refuse_unseen
from mainstem.kit.work import Work
from mainstem_fulfillment.jobs import rules
from mainstem_fulfillment.jobs.model import Job, JobKey
from mainstem_fulfillment.jobs.rules import JOB


def depart(work: Work, key: JobKey) -> None:
    """The team is on its way."""
    job = work.take(Job, key)
    job.state = JOB.step(job.state, "depart")
    record(work, "job.departed", key.subject, home=key.home_id)


def arrive(work: Work, key: JobKey) -> None:
    """The team is there."""
    job = work.take(Job, key)
    job.state = JOB.step(job.state, "arrive")
    record(work, "job.arrived", key.subject, home=key.home_id)


def finish(work: Work, key: JobKey, *, report: str) -> None:
    """The work is done, and this is what was done. From now on the client's days run."""
    job = work.take(Job, key)
    state = JOB.step(job.state, "finish")
    job.report = _words("/report", report)
    job.state = state
    job.done_at = work.now()
    record(work, "job.done", key.subject, home=key.home_id)


def dispute(work: Work, key: JobKey, *, objection: str) -> None:
    """The client says that it is not done, so it is not signed off by waiting."""
    job = work.take(Job, key)
    state = JOB.step(job.state, "dispute")
    job.objection = _words("/objection", objection)
    job.state = state
    record(work, "job.disputed", key.subject, home=key.home_id)


def _words(pointer: str, words: str) -> str:
    if not 0 < len(words.strip()) <= rules.REPORT_MAX:
        raise InvalidInput(
            Problem(
                pointer,
                "invalid_field",
                "Write what happened, in at most {max} characters.",
                {"max": rules.REPORT_MAX},
            )
        )
    refuse_unseen(pointer, words, lines=True)
    return words.strip()
