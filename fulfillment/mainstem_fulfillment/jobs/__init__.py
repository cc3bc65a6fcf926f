"""Service jobs: a paid service is scheduled, performed and signed off; then it is delivered."""

from mainstem_fulfillment.jobs import queries
from mainstem_fulfillment.jobs.booking import FreeTimes, free_slots, reschedule, rework, schedule
from mainstem_fulfillment.jobs.canceling import cancel, cancel_jobs
from mainstem_fulfillment.jobs.history import NobodyPerforms, perform
from mainstem_fulfillment.jobs.model import Job, JobKey, Team
from mainstem_fulfillment.jobs.opening import open_jobs
from mainstem_fulfillment.jobs.performing import arrive, depart, dispute, finish
from mainstem_fulfillment.jobs.queries import JobCard, JobView, TeamDay
from mainstem_fulfillment.jobs.rules import (
    HALF_HOUR,
    HALF_HOURS_MAX,
    JOB,
    PERFORMS,
    SIGN_OFF_AFTER,
    OutsideHours,
    ServiceWithoutLength,
    SlotTaken,
    TeamElsewhere,
    TeamLacksSkill,
    allowed_actions,
    can_perform,
    client_actions,
    visit_length,
)
from mainstem_fulfillment.jobs.signing_off import sign_off, sign_off_overdue

__all__ = [
    "HALF_HOUR",
    "HALF_HOURS_MAX",
    "JOB",
    "PERFORMS",
    "SIGN_OFF_AFTER",
    "FreeTimes",
    "Job",
    "JobCard",
    "JobKey",
    "JobView",
    "NobodyPerforms",
    "OutsideHours",
    "ServiceWithoutLength",
    "SlotTaken",
    "Team",
    "TeamDay",
    "TeamElsewhere",
    "TeamLacksSkill",
    "allowed_actions",
    "arrive",
    "can_perform",
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
    "visit_length",
]
