"""A reward in words, and why there is none: told to the client and to staff from figures that are stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mainstem.money import Money
from mainstem.plan.rewards import FriendsOrder, NoReward, ReferAFriend, RewardCredit

if TYPE_CHECKING:
    from mainstem.plan.explain import Explanation, Reader

BASE = "Of order {order}, {base} was delivered and counts."
RATE = "{rate} of that is {exact}."
FIXED = "For a friend's first order {exact} is given."
MOST = "At most {credit} is given."
CUT = "Everything together may cost {cap} of it; beside what affiliates earn, {credit} is left for this."
BACK = "{returned} of it went back, so {stands} stands."
NONE = "Nothing stands of it any more."

WHY_NOT: Mapping[NoReward, str] = {
    "same_person": "Whoever ordered is whoever sent the friend, by their e-mail, telephone, address or card.",
    "participant": "Affiliates and whoever works for them are nobody's friend and send none.",
    "under_review": "It looks like a purchase of somebody's own, and staff have not released it.",
    "not_first": "It was not the friend's first order.",
    "too_many_friends": "So many friends of one client had been rewarded in this year already.",
    "too_small": "The order came to less than the plan asks for.",
    "commission_comes_first": "An affiliate earns of the order, and the plan gives no reward beside that.",
    "currency": "The plan states its rewards in other currencies.",
}

REWARD_EXPLAINED = (BASE, RATE, FIXED, MOST, CUT, BACK, NONE, *WHY_NOT.values())
"""Everything that may be said of a reward."""


def explain_reward(
    rule: ReferAFriend,
    order: FriendsOrder,
    share: RewardCredit | None,
    *,
    side: str,
    number: str,
    cap_bp: int,
    why: NoReward | None,
) -> Explanation:
    """Why a friend's order gives one side so much; None of a share where nothing stands any more."""
    facts: dict[str, Any] = {
        "order": number, "currency": order.currency, "base": order.base_minor,
        "returned": order.returned_minor, "cap": cap_bp,
    }  # fmt: skip
    if share is None:
        return {"message": "no_reward", "facts": facts | ({"why": why} if why else {})}
    said = rule.referrer if side == "referrer" else rule.friend
    facts |= {
        "exact": said.of(order.base_minor, order.currency),
        "credit": share.credited_minor,
        "stands": share.stands_minor,
        "limited_by": share.limited_by,
    }
    if not said.fixed_minor:
        facts["rate"] = said.rate_bp
    return {"message": "reward", "facts": facts}


def tell_reward(said: Mapping[str, Any], reader: Reader) -> str:
    """The sentences in the reader's language, with their amounts and rates written out."""
    facts = said["facts"]
    return " ".join(
        reader.text(sentence).format(
            **{name: _written(name, value, facts, reader) for name, value in facts.items()}
        )
        for sentence in _sentences(said["message"], facts)
    )


def tell_no_reward(why: str, reader: Reader) -> str:
    """Why an order gives no reward."""
    return reader.text(next(words for name, words in WHY_NOT.items() if name == why))


def _sentences(message: str, facts: Mapping[str, Any]) -> list[str]:
    if message == "no_reward":
        why = [words for name, words in WHY_NOT.items() if name == facts.get("why")]
        return [*why, NONE]
    told = [BASE, RATE if "rate" in facts else FIXED]
    if facts["limited_by"] == "most":
        told.append(MOST)
    if facts["limited_by"] == "cap":
        told.append(CUT)
    if facts["returned"]:
        told.append(BACK)
    return told


def _written(name: str, value: Any, facts: Mapping[str, Any], reader: Reader) -> str:
    if name in ("rate", "cap"):
        return reader.percent(value)
    if name in ("base", "returned", "exact", "credit", "stands"):
        return reader.money(Money(value, facts["currency"]))
    return str(value)
