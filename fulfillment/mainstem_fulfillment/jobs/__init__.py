"""Service jobs: a paid service is scheduled, performed and signed off; then it is delivered."""

from mainstem_fulfillment.jobs import queries
from mainstem_fulfillment.jobs.history import NobodyPerforms, perform
from mainstem_fulfillment.jobs.model import Job, JobKey, Team
from mainstem_fulfillment.jobs.queries import JobCard, JobView, TeamDay
from mainstem_fulfillment.jobs.rules import (
    JOB,
    SIGN_OFF_AFTER,
    OutsideHours,
    SlotTaken,
    TeamElsewhere,
    TeamLacksSkill,
    allowed_actions,
    client_actions,
)
from mainstem_fulfillment.jobs.service import (
    FreeTimes,
    arrive,
    cancel,
    cancel_jobs,
    depart,
    dispute,
    finish,
    free_slots,
    open_jobs,
    reschedule,
    rework,
    schedule,
    sign_off,
    sign_off_overdue,
)

__all__ = [
    "JOB",
    "SIGN_OFF_AFTER",
    "FreeTimes",
    "Job",
    "JobCard",
    "JobKey",
    "JobView",
    "NobodyPerforms",
    "OutsideHours",
    "SlotTaken",
    "Team",
    "TeamDay",
    "TeamElsewhere",
    "TeamLacksSkill",
    "allowed_actions",
    "arrive",
    "cancel",
    "cancel_jobs",
    "client_actions",
    "depart",
    "dispute",
    "finish",
    "free_slots",
    "open_jobs",
    "perform",
    "queries",
    "reschedule",
    "rework",
    "schedule",
    "sign_off",
    "sign_off_overdue",
]
