"""What a plan says of sending a friend, in words."""

from __future__ import annotations

from collections.abc import Iterator

from mainstem.plan.period_words import Teller
from mainstem.plan.reward_documents import ReferAFriendDocument, RewardDocument

FRIEND_BASE = (
    "A client who sends a friend, and the friend, get store credit of the friend's first order, of what"
    " was delivered of it and counts for commission."
)
REFERRER_RATE = "Whoever sent the friend gets {pay} of it."
REFERRER_FIXED = "Whoever sent the friend gets {pay}."
FRIEND_RATE = "The friend gets {pay} of it."
FRIEND_FIXED = "The friend gets {pay}."
REFERRER_NOTHING = "Whoever sent the friend gets nothing."
FRIEND_NOTHING = "The friend gets nothing."
REFERRER_MOST = "Whoever sent the friend gets {amounts} at most."
FRIEND_MOST = "The friend gets {amounts} at most."
REWARD_LEAST = "The order must come to {amounts} or more of that."
FRIENDS_A_YEAR = "A client is rewarded for {n} friends a year at most, by the company's calendar: the first ones."
NOT_ONESELF = (
    "Nobody is their own friend: not by another spelling of their e-mail, not by their telephone, address or"
    " card. Affiliates and whoever works for them are nobody's friend and send none."
)
BESIDE = {
    "stands_beside": "What affiliates earn of the order stands beside it; the rewards give way to it where all"
    " together would come to more than a sale may pay.",
    "comes_first": "Where an affiliate earns of the order, there is no reward for it.",
}
REWARD_HELD = "It may be used {days} days after delivery, and goes back in proportion with money that goes back."
AFTER_SPENDING = {
    "company_bears": "What was spent by then is not taken back: the company bears it.",
    "is_owed": "What was spent by then is taken back all the same, from the next store credit.",
}
EXPIRES = "It may be used for {days} days."
NEVER_EXPIRES = "It does not expire."

REWARD_SENTENCES = (
    FRIEND_BASE, REFERRER_RATE, REFERRER_FIXED, FRIEND_RATE, FRIEND_FIXED, REFERRER_NOTHING, FRIEND_NOTHING,
    REFERRER_MOST, FRIEND_MOST, REWARD_LEAST, FRIENDS_A_YEAR, NOT_ONESELF, *BESIDE.values(), REWARD_HELD,
    *AFTER_SPENDING.values(), EXPIRES, NEVER_EXPIRES,
)  # fmt: skip
"""Everything that may be said of sending a friend."""


def reward_clause(said: ReferAFriendDocument, teller: Teller) -> Iterator[str]:
    """What sending a friend gives, sentence by sentence."""
    yield teller.say(FRIEND_BASE)
    yield from _side(
        said.referrer, teller, REFERRER_NOTHING, REFERRER_RATE, REFERRER_FIXED, REFERRER_MOST
    )
    yield from _side(said.friend, teller, FRIEND_NOTHING, FRIEND_RATE, FRIEND_FIXED, FRIEND_MOST)
    if said.least_minor:
        yield teller.say(REWARD_LEAST, amounts=teller.amounts(said.least_minor))
    yield teller.say(FRIENDS_A_YEAR, n=said.friends_a_year)
    yield teller.say(NOT_ONESELF)
    yield teller.say(BESIDE[said.commission])
    yield teller.say(REWARD_HELD, days=said.hold_days)
    yield teller.say(AFTER_SPENDING[said.spent])
    yield (
        teller.say(EXPIRES, days=said.expires_days)
        if said.expires_days
        else teller.say(NEVER_EXPIRES)
    )


def _side(
    said: RewardDocument, teller: Teller, nothing: str, rate: str, fixed: str, most: str
) -> Iterator[str]:
    if said.fixed_minor:
        yield teller.say(fixed, pay=teller.amounts(said.fixed_minor))
    elif said.rate_bp:
        yield teller.say(rate, pay=teller.rate(said.rate_bp))
    else:
        yield teller.say(nothing)
    if said.most_minor and said.rate_bp:
        yield teller.say(most, amounts=teller.amounts(said.most_minor))
