"""The plan's documents, as they were published, as tables of numbers: the one thing that the audit shares
with what it checks.

They are read here anew, in both formats, and not by the code that pays by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from mainstem.audit.columns import Bools, Ints

BASIS = 10_000
LEVELS_MAX = 32
"""As many levels as the books have room for, and more than a plan may say."""
UNBOUNDED = 2**62


class Level(NamedTuple):
    """What one level gets: a rate, or fixed money a piece; and who must stand there."""

    rate_bp: int
    each_minor: Mapping[str, int]
    groups: frozenset[str]
    rank_from: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one version of the plan, as its document says it."""

    version: int
    id: str
    levels: tuple[Level, ...]
    cap_bp: int
    plan_cap_bp: int
    base: str = "commissionable_value"
    levels_of: str = "sale"
    at_most_minor: Mapping[str, int] = field(default_factory=dict)
    passed_over: frozenset[str] = frozenset()
    """Which sort of unpaid sponsor is passed over: house, suspended, inactive."""
    own_sales_min: int = 0
    cap_by: str = "proportion"
    plan_cap_by: str = "proportion"
    place: int = 0
    """Which of its plan's rules it is, from 0."""
    at_most_line_minor: Mapping[str, int] = field(default_factory=dict)
    at_most_client_minor: Mapping[str, int] = field(default_factory=dict)


def rules_of(version: int, document: Mapping[str, Any]) -> list[Rule]:
    """Every rule for sales that a document says, in either format."""
    return _second(version, document) if document.get("format") == 2 else _first(version, document)


def _first(version: int, document: Mapping[str, Any]) -> list[Rule]:
    return [
        Rule(
            version,
            kind,
            tuple(Level(rate, {}, frozenset(), 0) for rate in said["levels_bp"]),
            said["cap_bp"],
            BASIS,
        )
        for kind, said in document["rules"].items()
    ]


def _second(version: int, document: Mapping[str, Any]) -> list[Rule]:
    uplines = document["uplines"]
    passed = {why for why in ("house", "suspended", "inactive") if uplines[why] == "passed_over"}
    ranked = ((document.get("period") or {}).get("ranks") or {}).get("ranks") or ()
    numbers = {rank["id"]: number for number, rank in enumerate(ranked, 1)}
    return [
        Rule(
            version,
            said["id"],
            tuple(_level(level, numbers) for level in said["levels"]),
            said["cap_bp"],
            document["cap_bp"],
            said.get("base", "commissionable_value"),
            said.get("levels_of", "sale"),
            said.get("at_most_minor") or {},
            frozenset(passed),
            uplines.get("own_sales_min", 0),
            said.get("cap_by") or "proportion",
            document.get("cap_by") or "proportion",
            place,
            said.get("at_most_line_minor") or {},
            said.get("at_most_client_minor") or {},
        )
        for place, said in enumerate(document["rules"])
    ]


def _level(said: Mapping[str, Any], ranks: Mapping[str, int]) -> Level:
    asked = said.get("rank_from")
    return Level(
        said.get("rate_bp", 0),
        said.get("each_minor") or {},
        frozenset(said.get("groups") or ()),
        ranks[asked] if asked else 0,
    )


@dataclass(frozen=True, slots=True)
class Tables:
    """Rules as columns: a row for each, a place for each of its levels, and for each currency."""

    rules: Sequence[Rule]
    levels: Ints
    cap: Ints
    plan_cap: Ints
    rate: Ints
    fixed: Bools
    each: Ints
    most: Ints
    line_most: Ints
    rank: Ints
    chained: Bools
    """Whether sponsors' rates are of what another level earns."""
    by_priority: Bools
    own_sales: Ints
    over_house: Bools
    over_suspended: Bools
    over_inactive: Bools


def tables(rules: Sequence[Rule], currencies: Sequence[str]) -> Tables:
    """These rules, for sales in these currencies."""
    wide = max((len(rule.levels) for rule in rules), default=0) or 1

    def by_level(value: Any) -> Any:
        return [
            [value(rule.levels[n]) if n < len(rule.levels) else 0 for n in range(wide)]
            for rule in rules
        ]

    def column(value: Any, kind: Any = np.int64) -> Any:
        return np.array([value(rule) for rule in rules], kind)

    return Tables(
        rules,
        levels=column(lambda rule: len(rule.levels)),
        cap=column(lambda rule: rule.cap_bp),
        plan_cap=column(lambda rule: rule.plan_cap_bp),
        rate=np.array(by_level(lambda level: level.rate_bp), np.int64).reshape(-1, wide),
        fixed=np.array(by_level(lambda level: bool(level.each_minor)), bool).reshape(-1, wide),
        each=np.array(
            [by_level(lambda level, c=code: level.each_minor.get(c, 0)) for code in currencies],
            np.int64,
        ).reshape(len(currencies), -1, wide),
        most=np.array(
            [[rule.at_most_minor.get(code, UNBOUNDED) for rule in rules] for code in currencies],
            np.int64,
        ).reshape(len(currencies), -1),
        line_most=np.array(
            [
                [rule.at_most_line_minor.get(code, UNBOUNDED) for rule in rules]
                for code in currencies
            ],
            np.int64,
        ).reshape(len(currencies), -1),
        rank=np.array(by_level(lambda level: level.rank_from), np.int64).reshape(-1, wide),
        chained=column(lambda rule: rule.levels_of != "sale", bool),
        by_priority=column(lambda rule: rule.cap_by == "priority", bool),
        own_sales=column(lambda rule: rule.own_sales_min),
        over_house=column(lambda rule: "house" in rule.passed_over, bool),
        over_suspended=column(lambda rule: "suspended" in rule.passed_over, bool),
        over_inactive=column(lambda rule: "inactive" in rule.passed_over, bool),
    )
