"""What is found in what a plan gives for sending a friend, before it is published."""

from __future__ import annotations

from typing import Any

import pytest
from tests.earnings.test_rules_of_a_plan import PASSING, a_rule

from mainstem.plan import lint

SAID = {
    "referrer": {"rate_bp": 500}, "friend": {"rate_bp": 500}, "hold_days": 30, "friends_a_year": 5,
    "commission": "stands_beside", "spent": "company_bears",
}  # fmt: skip


def found(
    *, cap_bp: int = 5000, period: dict[str, Any] | None = None, **said: Any
) -> dict[str, str]:
    plan = {
        "format": 2, "name": "Friends", "version_by": "order", "joined_before": "move", "cap_bp": cap_bp,
        "uplines": PASSING, "rules": [a_rule("all", 1000)], "refer_a_friend": SAID | said,
    }  # fmt: skip
    return {one.code: one.severity for one in lint(plan | ({"period": period} if period else {}))}


ALWAYS = {"twice_as_a_client_gains": "note"}


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({}, {}),
        ({"hold_days": 14}, {"short_hold": "warn"}),
        ({"cap_bp": 1500}, {"reward_gives_way": "warn"}),
        ({"cap_bp": 1500, "commission": "comes_first"}, {}),
        ({"friend": {"fixed_minor": {"SEK": 5000}}}, {"reward_gives_way": "warn"}),
        ({"friend": {"fixed_minor": {"SEK": 5000}}, "least_minor": {"SEK": 100_000}},
         {"reward_cliff": "warn"}),
        ({"friend": {"rate_bp": 1}, "referrer": {"rate_bp": 1}, "least_minor": {"SEK": 100_000}}, {}),
    ],
)  # fmt: skip
def test_what_is_unwise_is_warned_of(said: dict[str, Any], codes: dict[str, str]) -> None:
    assert found(**said) == ALWAYS | codes


@pytest.mark.parametrize(
    "said",
    [
        {"referrer": {}, "friend": {}},
        {"friend": {"rate_bp": 1, "fixed_minor": {"SEK": 1}}},
        {"friend": {"fixed_minor": {"SEK": 1}}, "least_minor": {"EUR": 1}},
        {"hold_days": 3},
        {"spent": None},
        {"friends_a_year": 0},
        {"per_signup_minor": {"SEK": 100}},
    ],
)
def test_what_cannot_be_said_is_refused(said: dict[str, Any]) -> None:
    assert set(found(**said).values()) == {"refuse"}


def test_periods_and_rewards_together_stay_within_what_the_plan_allows() -> None:
    pool = {
        "every": "month", "counted_at": "delivery", "hold_days": 30,
        "tiers": [{"id": "more", "volume": "personal", "of": "marginal", "threshold": "from",
                   "tiers": [{"from_minor": {"SEK": 0}, "rate_bp": 300}]}],
    }  # fmt: skip
    assert "costs_more_than_agreed" not in found(cap_bp=2300, period=pool)
    assert found(cap_bp=2299, period=pool)["costs_more_than_agreed"] == "refuse"
