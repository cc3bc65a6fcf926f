"""Periods: what a month, a quarter or a year pays beside its sales, by ranks, tiers, goals, pools and prizes."""

from mainstem.periods.checking import Difference, check, closed
from mainstem.periods.closing import close
from mainstem.periods.columns import Facts as PeriodFacts
from mainstem.periods.columns import People, Sales
from mainstem.periods.facts import read_span, take_time
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
from mainstem.periods.plans import LENGTHS as EVERY
from mainstem.periods.plans import PeriodPlan, version
from mainstem.periods.reckoning import Outcome, reckon
from mainstem.periods.settling import settle, touch
from mainstem.periods.spans import Every, Span, day_of_name, name_of, span_of
from mainstem.periods.titles import Titles, no_titles
from mainstem.plan.periods import Needed

__all__ = [
    "EVERY",
    "Difference",
    "EarlierPeriodFirst",
    "Every",
    "Forecast",
    "MayNotClose",
    "Needed",
    "NextRank",
    "NextTier",
    "Outcome",
    "People",
    "Period",
    "PeriodClosed",
    "PeriodFacts",
    "PeriodNotOver",
    "PeriodPlan",
    "PreviewFirst",
    "PreviewOutdated",
    "Sales",
    "SamePerson",
    "Span",
    "Titles",
    "check",
    "close",
    "closed",
    "day_of_name",
    "forecast",
    "name_of",
    "next_rank",
    "next_tiers",
    "no_titles",
    "pays_now",
    "period",
    "preview",
    "read_span",
    "reckon",
    "refresh",
    "settle",
    "span_of",
    "take_time",
    "touch",
    "version",
]
