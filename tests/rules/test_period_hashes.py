"""The hash of a period: what was closed before its figures were columns is still checked by what it was given then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from mainstem.periods.columns import Facts, People, Sales
from mainstem.periods.plans import PeriodPlan
from mainstem.periods.reckoning import BY_COLUMNS, reckon
from mainstem.periods.titles import Titles
from mainstem.plan.document import PlanDocument, compiled
from mainstem.plan.version import Plan

SAID: dict[str, Any] = {
    "format": 2, "name": "Plan of months", "version_by": "order", "joined_before": "move", "cap_bp": 5000,
    "uplines": {"house": "uses_up_level", "suspended": "uses_up_level", "inactive": "uses_up_level"},
    "rules": [{"id": "goods", "levels": [{"rate_bp": 1000}], "cap_bp": 1400, "hold_days": 30}],
    "period": {
        "every": "month", "counted_at": "delivery", "hold_days": 30,
        "ranks": {
            "leg_share_of": "needed_volume", "sale_sees": "highest_so_far", "grace_periods": 1,
            "ranks": [{"id": "silver", "personal_minor": {"SEK": 500}}],
        },
        "tiers": [{
            "id": "volume", "volume": "personal", "of": "whole", "threshold": "from",
            "tiers": [{"from_minor": {"SEK": 0}, "rate_bp": 1000}],
        }],
        "pools": [{"id": "pool", "share_bp": 100, "rank_from": "silver", "disqualified": "lapses"}],
        "leaderboards": [{
            "id": "board", "prizes_minor": {"SEK": [100, 50, 25]}, "least_minor": {"SEK": 1},
            "ties": "share_the_places",
        }],
    },
}  # fmt: skip
GIVEN_THEN = "c989035d8fb671fe9704887fe65893cdca76b6b9aac6a95731990194fe003f97"
"""What the code before columns gave this very month."""

_DOCUMENT = PlanDocument.model_validate(SAID)
PLAN = PeriodPlan(Plan(1, _DOCUMENT, compiled(_DOCUMENT), "f" * 64))


def micros(at: datetime) -> int:
    return (at - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


EARLY = micros(datetime(2026, 3, 2, 9, 0, 0, 123457, tzinfo=UTC))
LATE = micros(datetime(2026, 3, 31, 21, 59, tzinfo=UTC))
PEOPLE = People(
    np.array([1, 2, 3, 4, 7]),
    np.array([0, 1, 1, 2, 9]),
    np.array([False, False, True, False, False]),
    np.array([False, False, False, True, False]),
    {1: frozenset({"b", "a"})},
)
SOLD = Sales(
    np.array([1, 2, 4, 7]),
    np.array([500, 700, 900, 500]),
    np.array([1, 2, 1, 1]),
    np.array([LATE, EARLY, EARLY, EARLY]),
)
FACTS = Facts(PEOPLE, {"SEK": SOLD})
BEFORE = Titles(
    ["", "silver", "gold"], np.array([2, 4]), np.array([2, 1]), np.array([1, 1]), np.array([0, 2]),
    np.array([1, 1]), np.array([0, 0]),
)  # fmt: skip


def test_a_month_that_was_closed_before_has_the_hash_that_it_was_given() -> None:
    assert reckon(PLAN, FACTS, BEFORE).hash(PLAN, FACTS, like=GIVEN_THEN) == GIVEN_THEN


def test_every_unit_and_every_instant_is_in_the_hash_of_either_form() -> None:
    for like in (GIVEN_THEN, None):
        found = reckon(PLAN, FACTS, BEFORE).hash(PLAN, FACTS, like=like)
        assert found.startswith(BY_COLUMNS) == (like is None)
        for changed in (
            replace(SOLD, volume=SOLD.volume + np.array([0, 0, 0, 1])),
            replace(SOLD, clients=SOLD.clients + np.array([0, 1, 0, 0])),
            replace(SOLD, reached=SOLD.reached + np.array([0, 0, 1, 0])),
        ):
            facts = Facts(PEOPLE, {"SEK": changed})
            assert reckon(PLAN, facts, BEFORE).hash(PLAN, facts, like=like) != found
        moved = Facts(replace(PEOPLE, sponsor=np.array([0, 1, 1, 1, 9])), {"SEK": SOLD})
        assert reckon(PLAN, moved, BEFORE).hash(PLAN, moved, like=like) != found
