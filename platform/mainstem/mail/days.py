"""Days and weeks as the company lives them."""

from __future__ import annotations

from datetime import date, datetime, time

from mainstem.kit.work import Work


def midnight(work: Work, day: date) -> datetime:
    """The instant at which a day begins where the company is."""
    return datetime.combine(day, time.min, work.tools.zone)
