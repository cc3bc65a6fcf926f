"""What a period earned somebody in words: from what was sold in it to the amount.

Only figures are stored, as beside a commission; whoever reads can work the amount out from the sentences.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mainstem.money import Money
from mainstem.plan.periods import OVERRIDES, PeriodEarning, PeriodRules

if TYPE_CHECKING:
    from mainstem.plan.explain import Explanation, Reader

OWN = "What you sold in {period} comes to {volume}."
TEAM = "What you and your team, {depth} levels down, sold in {period} comes to {volume}."
AT_SALE = (
    "Each sale counts for the upline that it was sold under, also where somebody has moved since."
)
TIERS = "Of that, {parts}: {amount}."
PART = "{rate} of {part}"
AND = " and "
GOAL = "You sold for {volume} in {period}, and {goal} was the goal: {amount}."
POOL = (
    "{rate} of all {whole} that was sold in {period} is shared by own sales among those of the rank. Yours are"
    " {volume} of their {points}: {amount}."
)
BOARD = "With {volume} you are among those who sold most in {period}: {amount}."
FIRST_SALE = "{people} whom you brought in delivered their first sale in {period}, and sold {volume} in it: {amount}."
NOT_KEPT = (
    "Your shares of what others sold in {period} come to {volume}. You sold less yourself than the plan asks of whoever"
    " keeps them, so {taken} goes back."
)
ABOVE = (
    "Together you would get {volume} for {period}. {most} is the most that one affiliate gets, so {taken}"
    " goes back."
)
NOTHING = "After what has come back, nothing is due for {rule} in {period}."
STOOD = "Before this, {before} stood here."

PERIOD_EXPLAINED = (
    OWN,
    TEAM,
    AT_SALE,
    TIERS,
    PART,
    AND,
    GOAL,
    POOL,
    BOARD,
    FIRST_SALE,
    NOT_KEPT,
    ABOVE,
    NOTHING,
    STOOD,
)
"""Everything that may be said of what a period earned."""

_AMOUNTS = {"volume", "amount", "goal", "whole", "points", "before", "taken", "most"}


def explain_period(
    rules: PeriodRules,
    rule: str,
    earning: PeriodEarning | None,
    *,
    period: str,
    currency: str,
    before_minor: int,
) -> Explanation:
    """Why a rule earned somebody so much for a period; None for nothing, as after all has come back.

    `before_minor` is what stood before this movement.
    """
    facts: dict[str, Any] = {"period": period, "currency": currency, "rule": rule}
    if before_minor:
        facts["before"] = before_minor
    if earning is None:
        return {"message": "period_nothing", "facts": facts}
    facts |= {"volume": earning.of_minor, "amount": earning.amount_minor}
    for tiers in rules.tiers:
        if tiers.id == rule:
            facts["parts"] = [list(part) for part in tiers.parts(earning.of_minor)]
            if tiers.volume == "team":
                facts["depth"] = tiers.depth
                if rules.teams == "as_at_sale":
                    facts["teams"] = rules.teams
            return {"message": "period_tiers", "facts": facts}
    for goal in rules.goals:
        if goal.id == rule:
            facts["goal"] = goal.personal_minor
            return {"message": "period_goal", "facts": facts}
    for pool in rules.pools:
        if pool.id == rule:
            facts |= {"rate": pool.share_bp, "whole": earning.whole_minor, "points": earning.points}
            return {"message": "period_pool", "facts": facts}
    return _of_all(rules, rule, earning, facts)


def _of_all(
    rules: PeriodRules, rule: str, earning: PeriodEarning, facts: dict[str, Any]
) -> Explanation:
    """What is said of all that an affiliate gets; a place on a leaderboard where it is none of that."""
    if rule == OVERRIDES:
        return {"message": "period_overrides", "facts": facts | {"taken": -earning.amount_minor}}
    for cap in rules.caps:
        if cap.id == rule:
            taken = {"taken": -earning.amount_minor, "most": cap.at_most_minor}
            return {"message": "period_cap", "facts": facts | taken}
    if any(first.id == rule for first in rules.first_sales):
        return {"message": "period_first_sale", "facts": facts | {"people": earning.points}}
    return {"message": "period_board", "facts": facts}


def tell_period(message: str, facts: Mapping[str, Any], reader: Reader) -> str:
    """The sentences in the reader's language, with their amounts and rates written out."""
    shown = {name: _written(name, value, facts, reader) for name, value in facts.items()}
    said = {
        "period_tiers": [
            TEAM if "depth" in facts else OWN,
            *([AT_SALE] if "teams" in facts else []),
            TIERS,
        ],
        "period_goal": [GOAL],
        "period_pool": [POOL],
        "period_board": [BOARD],
        "period_first_sale": [FIRST_SALE],
        "period_overrides": [NOT_KEPT],
        "period_cap": [ABOVE],
        "period_nothing": [NOTHING],
    }[message]
    if facts.get("before"):
        said = [*said, STOOD]
    return " ".join(reader.text(sentence).format(**shown) for sentence in said)


def _written(name: str, value: Any, facts: Mapping[str, Any], reader: Reader) -> str:
    if name in _AMOUNTS:
        return reader.money(Money(value, facts["currency"]))
    if name == "rate":
        return reader.percent(value)
    if name == "parts":
        of = reader.text(PART)
        return reader.text(AND).join(
            of.format(rate=reader.percent(rate), part=reader.money(Money(minor, facts["currency"])))
            for minor, rate in value
        )
    return str(value)
