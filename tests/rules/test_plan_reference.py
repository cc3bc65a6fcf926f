"""The examples of the plan's reference are what a plan pays."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from mainstem.money import BASIS
from mainstem.plan.document import PlanDocument, compiled, compiled_period
from mainstem.plan.exact_shares import Party, Portion
from mainstem.plan.line_caps import LinePart
from mainstem.plan.period_documents import PeriodDocument, RanksDocument
from mainstem.plan.period_limits import Earned, limited
from mainstem.plan.periods import Participant, counted, earnings, teams
from mainstem.plan.reward_documents import ReferAFriendDocument, compiled_reward
from mainstem.plan.rewards import FriendsOrder, rewards_of
from mainstem.plan.sale_documents import (
    CreditDocument,
    SaleRuleDocument,
    UplinesDocument,
    WhenDocument,
)
from mainstem.plan.sales import shared_credits
from mainstem.plan.uplines import Member

PAGE = (Path(__file__).parent.parent.parent / "docs" / "plan-reference.md").read_text()
BEGINNING = tomllib.loads(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0])
EXAMPLES = [tomllib.loads(one) for one in re.findall(r"```toml example\n(.*?)```", PAGE, re.DOTALL)]
NAMES = ["Alder", "Birch", "Cedar", "Dogwood", "Elm"]


def plan(said: dict[str, Any]) -> PlanDocument:
    whole = copy.deepcopy(BEGINNING)
    for name, value in said.items():
        whole[name] = whole[name] | value if isinstance(value, dict) and name in whole else value
    return PlanDocument.model_validate(whole)


def member(said: str) -> Member:
    name, _, state = said.partition(" (")
    sales = re.search(r"(\d+) sale", state)
    return Member(
        NAMES.index(name), "house" in state, "suspended" in state, int(sales[1]) if sales else 0
    )


def participants(example: dict[str, Any]) -> list[Participant]:
    under = example.get("under", {})
    found = []
    for said, volume in example["sold"].items():
        one = member(said)
        name = NAMES[one.id]
        sponsor = NAMES.index(under[name]) if name in under else None
        found.append(Participant(one.id, sponsor, volume, suspended=one.suspended))
    return found


def earned(example: dict[str, Any]) -> dict[int, Earned]:
    """What sales have earned everybody, and whose first sale is in the period."""
    own, shares, first = example.get("own", {}), example.get("shares", {}), example.get("first", ())
    return {
        NAMES.index(name): Earned(own.get(name, 0), shares.get(name, 0), 1, name in first)
        for name in {*own, *shares, *first}
    }


def sold_elsewhere(example: dict[str, Any]) -> dict[tuple[int, ...], int]:
    """What was sold under another upline than that of the close."""
    return {
        tuple(NAMES.index(name) for name in one["upline"]): one["minor"]
        for one in example.get("sold_elsewhere", ())
    }


def parties(example: dict[str, Any]) -> list[Party]:
    said = example.get("parties") or [{"upline": example["upline"], "part_bp": BASIS}]
    return [Party([member(name) for name in one["upline"]], one["part_bp"]) for one in said]


FRIENDS = [one for one in EXAMPLES if "friend_order" in one]
SALES = [one for one in EXAMPLES if "sale" in one]
WORDS = {"tiers", "pool", "board", "cap", "overrides", "first_sale"}
PERIODS = [one for one in EXAMPLES if WORDS & one.keys()]
RANKS = [one for one in EXAMPLES if "rank" in one]


def test_every_example_is_worked_out() -> None:
    assert len(SALES) + len(PERIODS) + len(RANKS) + len(FRIENDS) == len(EXAMPLES) > 20


@pytest.mark.parametrize("number", range(len(SALES)))
def test_a_sale_pays_what_the_example_says(number: int) -> None:
    example = SALES[number]
    document = plan(example.get("plan", {}))
    sale = compiled(document)
    of_service = [rule for rule in example["sale"] if sale.rule(rule).when.kind == "service"]
    portions = [
        Portion(
            rule,
            max(worth - example.get("cost", {}).get(rule, 0), 0),
            example.get("back", {}).get(rule, 0),
            example.get("pieces", 1),
            # One service that falls under several rules is worth once what it is worth.
            worth_minor=0 if rule in of_service[1:] else None,
            is_due=rule not in example.get("waits", ()),
            lines=[LinePart(*line) for line in example.get("lines", {}).get(rule, ())],
        )
        for rule, worth in example["sale"].items()
    ]  # fmt: skip
    found: dict[str, dict[str, int]] = {}
    for one in shared_credits(sale, parties(example), "SEK", portions):
        name, stands = NAMES[one.beneficiary_id], one.stands_minor
        if one.by_client:
            older = example.get("older", {}).get(name, 0)
            stands = one.by_client._replace(before_minor=older).left_of(stands)
        found.setdefault(one.rule, {})[name] = stands
    assert found == example["pays"]


@pytest.mark.parametrize("number", range(len(PERIODS)))
def test_a_period_pays_what_the_example_says(number: int) -> None:
    example = PERIODS[number]
    period: dict[str, Any] = {"every": "month", "counted_at": "delivery", "hold_days": 30}
    if "teams" in example:
        period["teams"] = example["teams"]
    if "tiers" in example:
        period["tiers"] = [{"id": "volume", **example["tiers"]}]
    if "pool" in example:
        period["pools"] = [{"id": "pool", "rank_from": "any", **example["pool"]}]
        period["ranks"] = {
            "leg_share_of": "all_team_volume", "sale_sees": "highest_so_far", "grace_periods": 0,
            "ranks": [{"id": "any"}],
        }  # fmt: skip
    if "board" in example:
        period["leaderboards"] = [{"id": "board", **example["board"]}]
    if "cap" in example:
        period["caps"] = [{"id": "cap", **example["cap"]}]
    if "first_sale" in example:
        period["first_sales"] = [{"id": "first", **example["first_sale"]}]
    if "overrides" in example:
        period["overrides"] = example["overrides"]
    document = plan({"period": period})
    people = participants(example)
    found: dict[str, dict[str, int]] = {}
    rules = compiled_period(document, "SEK")
    elsewhere = sold_elsewhere(example) if rules.teams == "as_at_sale" else {}
    paid = earnings(rules, people, dict.fromkeys(range(9), 1), (), elsewhere)
    least = example.get("overrides", {}).get("own_volume_minor", {}).get("SEK", 0)
    active = {one.id for one in people if one.volume_minor >= least}
    for one in limited(rules, people, earned(example), active, paid):
        found.setdefault(one.rule, {})[NAMES[one.beneficiary_id]] = one.amount_minor
    assert found == example["pays"]


@pytest.mark.parametrize("number", range(len(RANKS)))
def test_a_rank_counts_what_the_example_says(number: int) -> None:
    example = RANKS[number]
    said = example["rank"]
    rank = {"id": "rank", "team_minor": {"SEK": said["team_minor"]}}
    document = plan(
        {
            "period": {
                "every": "month", "counted_at": "delivery", "hold_days": 30,
                "ranks": {
                    "leg_share_of": said["leg_share_of"], "sale_sees": "highest_so_far",
                    "grace_periods": 0,
                    "ranks": [rank | {"leg_share_bp": said["leg_share_bp"]}],
                },
            }
        }
    )  # fmt: skip
    people = participants(example)
    rules = compiled_period(document, "SEK").ranks
    team = teams(people)
    assert {
        NAMES[one.id]: counted(rules, rules.ranks[0], one, team[one.id])
        for one in people
        if NAMES[one.id] in example["counts"]
    } == example["counts"]


@pytest.mark.parametrize(
    "kind",
    [
        PlanDocument,
        SaleRuleDocument,
        WhenDocument,
        UplinesDocument,
        CreditDocument,
        PeriodDocument,
        RanksDocument,
        ReferAFriendDocument,
    ],
)
def test_every_setting_is_in_the_reference(kind: type[Any]) -> None:
    missing = {
        name for name in kind.model_fields if f"`{name}" not in PAGE and f"{name} =" not in PAGE
    }
    assert missing <= {
        "id",
        "name",
        "pays_on",
        "rules",
        "minimum_payout_minor",
        "ranks",
        "goals",
        "pools",
        "leaderboards",
    }


@pytest.mark.parametrize("example", FRIENDS, ids=range(len(FRIENDS)))
def test_a_friends_order_gives_what_its_example_says(example: dict[str, Any]) -> None:
    document = plan(example["plan"])
    assert document.refer_a_friend is not None
    order = FriendsOrder(
        "SEK", example["friend_order"], example.get("back", 0), example.get("commission", 0)
    )
    found = rewards_of(compiled_reward(document.refer_a_friend), order, cap_bp=document.cap_bp)
    assert {one.side: one.stands_minor for one in found if one.stands_minor} == example["gives"]
