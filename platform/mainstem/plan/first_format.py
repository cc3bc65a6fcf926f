"""The first format of a plan: one rate a level for goods and for services.

    {"name": "First plan", "rules": {
        "goods":   {"pays_on": "delivered_sale", "levels_bp": [1000, 300, 100], "cap_bp": 1400,
                    "hold_days": 30},
        "service": {"pays_on": "delivered_sale", "levels_bp": [600, 150, 50], "cap_bp": 800,
                    "hold_days": 14}},
     "minimum_payout_minor": {"SEK": 20000}}

Versions that were published in it stand as they are, and whoever writes a plan may still write it so. It
is read as the document of today that pays the same, to the cent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mainstem.kit.errors import Problem
from mainstem.money import BASIS
from mainstem.plan.limits import HOLD_DAYS_MAX, HOLD_DAYS_MIN, LEVELS_MAX, PAYS_ON
from mainstem.plan.refusals import PlanRefused

KINDS = ("goods", "service")


def is_first_format(document: Mapping[str, Any]) -> bool:
    """Whether a document is meant in the first format: it names none, and its rules are a table."""
    return "format" not in document and not isinstance(document.get("rules"), list)


def from_first_format(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document of today that pays the same: nobody is passed over, each kind has its own cap.

    Raises PlanRefused, with a pointer into the document as it was written, for what is no plan.
    """
    problems = list(_problems(document))
    if problems:
        raise PlanRefused(*problems)
    return {
        "format": 2,
        "name": document["name"],
        "version_by": "order",
        "joined_before": "move",
        "cap_bp": max(rule["cap_bp"] for rule in document["rules"].values()),
        "uplines": {
            "house": "uses_up_level",
            "suspended": "uses_up_level",
            "inactive": "uses_up_level",
        },
        "rules": [_rule_of_today(kind, document["rules"][kind]) for kind in KINDS],
        "minimum_payout_minor": dict(document.get("minimum_payout_minor", {})),
    }


def _rule_of_today(kind: str, said: Mapping[str, Any]) -> dict[str, Any]:
    rule = {
        "id": kind,
        "when": {"kind": kind},
        "levels": [{"rate_bp": rate} for rate in said["levels_bp"]],
        "cap_bp": said["cap_bp"],
        "hold_days": said["hold_days"],
    }
    # Only where a cap cuts, so that what was published is still the same document.
    return rule | ({"cap_by": "proportion"} if sum(said["levels_bp"]) > said["cap_bp"] else {})


def _problems(document: Mapping[str, Any]) -> list[Problem]:
    problems: list[Problem] = []
    _only(document, {"name", "rules", "minimum_payout_minor"}, "", problems)
    if not isinstance(document.get("name"), str) or not document["name"]:
        problems.append(Problem("/name", "invalid_field", "Give the plan a name."))
    given = document.get("rules")
    if not isinstance(given, Mapping) or set(given) != set(KINDS):
        problems.append(
            Problem("/rules", "invalid_field", "Give one rule for goods and one for service.")
        )
    else:
        for kind in KINDS:
            _rule(kind, given[kind], problems)
    minimum = document.get("minimum_payout_minor", {})
    if not isinstance(minimum, Mapping) or not all(
        isinstance(k, str) and len(k) == 3 and type(v) is int and v > 0 for k, v in minimum.items()
    ):
        problems.append(
            Problem(
                "/minimum_payout_minor",
                "invalid_field",
                "Give whole minor units above zero per currency.",
            )
        )
    return problems


def _rule(kind: str, given: Any, problems: list[Problem]) -> None:
    at = f"/rules/{kind}"
    if not isinstance(given, Mapping):
        problems.append(Problem(at, "invalid_field", "A rule is a table of settings."))
        return
    _only(given, {"pays_on", "levels_bp", "cap_bp", "hold_days"}, at, problems)
    if given.get("pays_on", PAYS_ON) != PAYS_ON:
        # Koscot, the UCPD's black list and Mainstem agree: recruiting earns nothing, ever.
        problems.append(
            Problem(f"{at}/pays_on", "pays_without_sale",
                    "Only a delivered sale may pay. Joining, recruiting, training and own purchases never do.")
        )  # fmt: skip
    levels = given.get("levels_bp")
    if (
        not isinstance(levels, list)
        or not 1 <= len(levels) <= LEVELS_MAX
        or not all(type(bp) is int and 0 <= bp <= BASIS for bp in levels)
    ):
        problems.append(
            Problem(f"{at}/levels_bp", "invalid_field", "Give one to ten rates in basis points.")
        )
        levels = None
    elif any(bp > levels[0] for bp in levels[1:]):
        problems.append(
            Problem(
                f"{at}/levels_bp",
                "upline_above_seller",
                "No sponsor may earn more on a sale than who made it.",
            )
        )
    cap = given.get("cap_bp")
    if type(cap) is not int or not 0 < cap <= BASIS:
        problems.append(
            Problem(f"{at}/cap_bp", "invalid_field", "Give the cap on all levels in basis points.")
        )
    hold = given.get("hold_days")
    if type(hold) is not int or not HOLD_DAYS_MIN <= hold <= HOLD_DAYS_MAX:
        problems.append(
            Problem(f"{at}/hold_days", "hold_too_short", "Hold commissions for 14 to 365 days.")
        )


def _only(given: Mapping[str, Any], known: set[str], at: str, problems: list[Problem]) -> None:
    for name in sorted(set(given) - known):
        problems.append(
            Problem(
                f"{at}/{name}",
                "unknown_field",
                "A plan has no setting called {name}.",
                {"name": name},
            )
        )
