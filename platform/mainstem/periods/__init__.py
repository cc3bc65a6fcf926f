"""Periods: what a month, a quarter or a year pays beside its sales, by ranks, tiers, goals, pools and prizes."""

from mainstem.periods.checking import Difference, check, closed
from mainstem.periods.closing import close
from mainstem.periods.figures import pays_now, preview, refresh
from mainstem.periods.model import (
    EarlierPeriodFirst,
    MayNotClose,
    Period,
    PeriodClosed,
    PeriodNotOver,
    PreviewFirst,
    PreviewOutdated,
    SamePerson,
    period,
)
from mainstem.periods.outlook import (
    Forecast,
    NextRank,
    NextTier,
    forecast,
    next_rank,
    next_tiers,
)
from mainstem.periods.plans import PeriodPlan, version
from mainstem.periods.settling import settle, touch
from mainstem.periods.spans import day_of_name, name_of
from mainstem.plan.periods import Needed

__all__ = [
    "Difference",
    "EarlierPeriodFirst",
    "Forecast",
    "MayNotClose",
    "Needed",
    "NextRank",
    "NextTier",
    "Period",
    "PeriodClosed",
    "PeriodNotOver",
    "PeriodPlan",
    "PreviewFirst",
    "PreviewOutdated",
    "SamePerson",
    "check",
    "close",
    "closed",
    "day_of_name",
    "forecast",
    "name_of",
    "next_rank",
    "next_tiers",
    "pays_now",
    "period",
    "preview",
    "refresh",
    "settle",
    "touch",
    "version",
]
