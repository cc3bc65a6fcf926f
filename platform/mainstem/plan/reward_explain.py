"""A reward in words, and why there is none: told to the client and to staff from figures that are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mainstem.money import Money
from mainstem.plan.rewards import FriendsOrder, NoReward, ReferAFriend, RewardCredit, Side

if TYPE_CHECKING:
    from mainstem.plan.explain import Explanation, Reader

BASE = "Of order {order}, {base} was delivered and counts."
RATE = "{rate} of that is {exact}."
FIXED = "For a friend's first order {exact} is given."
MOST = "At most {credit} is given."
CUT = "Everything together may cost {cap} of it; beside what affiliates earn, {credit} is left for this."
BACK = "{returned} of it went back, so {stands} stands."
NONE = "Nothing stands of it any more."

OWN_RATE = "You get {rate} of what was delivered to your friend and counts."
OWN_CUT = "The plan gives no more than {credit} for this order."
OWN_BACK = "Something of the order went back, so {stands} stands."
OWN_NOTHING = "It does not meet what the plan asks for."
"""What the client who sent a friend is told: what stands in the friend's order is the friend's."""

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

OWN: Mapping[str, str] = {BASE: "", RATE: OWN_RATE, BACK: OWN_BACK, CUT: OWN_CUT}

OF_SOMEBODY_ELSE: frozenset[NoReward] = frozenset({"same_person", "too_many_friends"})
"""What says something of the other client."""

SIDE_WORDS: Mapping[str, str] = {
    "referrer": "For a friend whom they sent",
    "friend": "As a friend who was sent",
}

REWARD_EXPLAINED = (
    BASE, RATE, FIXED, MOST, CUT, BACK, NONE, OWN_RATE, OWN_CUT, OWN_BACK, OWN_NOTHING,
    *WHY_NOT.values(), *SIDE_WORDS.values(),
)  # fmt: skip
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
    """The sentences in the reader's language, with their amounts and rates written out: for staff."""
    return _told(_sentences(said["message"], said["facts"]), said["facts"], reader)


def tell_own_reward(said: Mapping[str, Any], reader: Reader, *, side: Side) -> str:
    """The same to the client on one side of it, without what is the other's or an affiliate's."""
    facts = said["facts"]
    if said["message"] == "no_reward":
        return _told([NONE], facts, reader)
    told = _sentences(said["message"], facts)
    instead = OWN if side == "referrer" else {CUT: OWN_CUT}
    kept = [instead.get(sentence, sentence) for sentence in told]
    return _told([sentence for sentence in kept if sentence], facts, reader)


def tell_no_reward(why: str, reader: Reader) -> str:
    """Why an order gives no reward: for staff."""
    return reader.text(next(words for name, words in WHY_NOT.items() if name == why))


def tell_own_no_reward(why: NoReward, reader: Reader) -> str:
    """The same to whoever made the order, without what says something of who sent them."""
    return reader.text(OWN_NOTHING if why in OF_SOMEBODY_ELSE else WHY_NOT[why])


def _told(sentences: Sequence[str], facts: Mapping[str, Any], reader: Reader) -> str:
    return " ".join(
        reader.text(sentence).format(
            **{name: _written(name, value, facts, reader) for name, value in facts.items()}
        )
        for sentence in sentences
    )


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
