"""Why somebody earned nothing of an order, or of a member of their team: the rule that excluded them, with
its facts.

Pure: whoever asks has gathered what is known. Nothing that is told names a client or another affiliate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol

from mainstem.money import Money

Standing = Literal[
    "", "house", "suspended", "inactive", "wrong_group", "rank_too_low", "not_active"
]
"""Why somebody in an upline could not be paid at the sale; empty where they could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpaidFacts:
    """What is known of one order and one affiliate.

    `steps` is how far above the seller they were at the sale: 0 the seller, None not above them at all.
    `is_above_now` and `in_own_shop` tell a later join and a client of their own shop apart from somebody
    else's sale. `levels` is how many levels the plan paid for what was sold, and `pays_here` whether
    theirs was one that is paid anything. `waits_for_acceptance`: all that pays them is for work that the
    client has not accepted yet; `needs_a_lead`: no rule was for it, and one would have been for a service that
    began with a request. Amounts are minor units of what the affiliate earned of it.
    """

    order: str
    currency: str
    sold_on: date
    state: str
    is_paid: bool
    steps: int | None
    is_above_now: bool = False
    in_own_shop: bool = False
    attributed_by: str = "storefront"
    earns_reason: str = "real_client"
    standing: Standing = ""
    levels: int = 0
    pays_here: bool = True
    review: str = ""
    is_delivered: bool = False
    waits_for_acceptance: bool = False
    needs_a_lead: bool = False
    credited_minor: int = 0
    stands_minor: int = 0
    is_all_back: bool = False
    payable_on: date | None = None
    is_released: bool = False
    is_left_nothing: bool = False
    """Whether whoever is paid before them came to all that a cap leaves."""
    is_all_of_client: bool = False
    """Whether older orders of the client came to all that one client pays a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberFacts:
    """What is known of an affiliate and a member of their team, as of now.

    `level` is how far below them the member stands, None where not at all; `sales` how many orders the
    member was credited with, `delivered` how many of those reached their client.
    """

    member: str
    level: int | None
    levels: int
    standing: Standing
    sales: int
    delivered: int


@dataclass(frozen=True, slots=True)
class UnpaidReason:
    """What excluded somebody, and the facts that its sentence names."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


class Reader(Protocol):
    """Whoever reads it: translates, and writes money and days."""

    def text(self, message: str) -> str:
        """The message in the reader's language."""
        ...

    def money(self, amount: Money) -> str:
        """An amount in the reader's language."""
        ...

    def day(self, at: date) -> str:
        """A day in the reader's language."""
        ...


SENTENCES = {
    "another_credited": "Order {order} was credited to another affiliate, {signal}, and you were not above"
    " them when it was sold.",
    "another_credited_here": "Order {order} was placed in your shop and credited to another affiliate,"
    " {signal}. That comes before the shop.",
    "not_above_then": "When order {order} was sold, on {day}, you were not above its seller yet. What was"
    " sold before counts as things were then.",
    "own_purchase": "The buyer of order {order} takes part in the programme: what participants buy earns"
    " nobody anything.",
    "nobody_eligible": "Nobody was active for whom order {order} could be credited, so it earns no"
    " commission.",
    "sold_by_company": "The company sold order {order} itself, so it earns no commission.",
    "house": "You are a house account of the company: it is credited and earns nothing.",
    "suspended": "You were suspended when order {order} was sold, on {day}. Nothing is earned of sales of"
    " that time.",
    "not_active": "You were not active when order {order} was sold, on {day}. Nothing is earned of sales of"
    " that time.",
    "inactive": "When order {order} was sold, on {day}, you had fewer delivered sales of your own than the"
    " plan asks of a sponsor.",
    "wrong_group": "Level {level} is paid only to members of a group in which you were not when order"
    " {order} was sold.",
    "rank_too_low": "Level {level} is paid only from a rank on that you did not have when order {order} was"
    " sold.",
    "no_rule": "No rule of the plan was for what was sold on order {order}, so it earns no commission.",
    "needs_a_lead": "Order {order} was bought without a request. The plan that it was sold by pays only for"
    " services that began with one.",
    "not_accepted": "What order {order} pays you is for work that the client has accepted. It is credited as"
    " soon as they have, or have let the time for it pass.",
    "beyond_levels": "You stand at level {level} above this sale. The plan that it was sold by pays down to"
    " level {last}.",
    "level_pays_nothing": "You stand at level {level} above this sale. The plan that it was sold by pays"
    " nothing at this level.",
    "not_paid": "The client has not paid order {order} yet. Only what is paid and delivered earns.",
    "expired": "The client never paid order {order}, so it came to nothing.",
    "canceled": "Order {order} was canceled before it was delivered. Only what was delivered earns.",
    "held_for_review": "The commission of order {order} waits: somebody checks whether a participant"
    " bought it for themselves. It is credited as soon as that is settled.",
    "refused_by_review": "It was found that a participant bought order {order} for themselves, which earns"
    " nobody anything.",
    "not_delivered": "Order {order} has not been delivered yet. Commission is credited when it is.",
    "went_back": "All that order {order} had earned you, {credited}, went back with the money that went"
    " back to the client.",
    "all_back": "All of the money of order {order} went back to the client, so nothing of it was earned.",
    "client_used_up": "Older orders of the client of order {order} have come to all that the plan pays your level of"
    " one client.",
    "cap_used_up": "Whoever is paid before your level, {level}, came to all that the plan pays of order {order}:"
    " nothing was left for it.",
    "earns_too_little": "Your share of order {order} comes to less than the smallest unit of its currency.",
    "held": "Order {order} has earned you {stands}. It is held until the client can no longer send it back:"
    " payable on {day}.",
    "held_open": "Order {order} has earned you {stands}. It is held until all of it has arrived and may no"
    " longer come back.",
    "payable": "Order {order} has earned you {stands}, and it is free: it is in a payout, or in the next"
    " one.",
}
"""What is said of an order, by the reason."""

MEMBER_SENTENCES = {
    "not_in_team": "{member} is not in your team, so you earn nothing of what is sold there.",
    "house": "You are a house account of the company: it is credited and earns nothing.",
    "suspended": "You are suspended, and earn nothing of what is sold meanwhile.",
    "not_active": "You are not active, and earn nothing of what is sold meanwhile.",
    "inactive": "The plan asks a sponsor for sales of their own, and you have too few at present.",
    "wrong_group": "The plan pays level {level} only to members of a group in which you are not.",
    "rank_too_low": "The plan pays level {level} only from a rank on that you do not have.",
    "beyond_levels": "{member} is at level {level} of your team. The plan in force pays down to level"
    " {last}.",
    "no_sales": "{member} has not sold anything yet. Nobody is paid for joining: only what clients buy and"
    " keep earns.",
    "none_delivered": "Nothing that {member} sold has been delivered yet. Commission is credited when it"
    " is.",
    "earns": "You earn of what {member} sells, at level {level}, once it is delivered. Ask about a single"
    " order if one is missing.",
}
"""What is said of a member of the team, by the reason."""

SIGNALS = {
    "binding": "to whom the client was bound by an earlier order",
    "bound_by_staff": "to whom the company had tied the client",
    "code": "whose code the client gave",
    "storefront": "in whose shop it was placed",
    "link": "by whose link the client came",
    "staff": "by a decision of the company",
}
"""How somebody else was credited, for the middle of a sentence."""

_OF_THE_ORDER = {
    "buyer_is_participant": "own_purchase",
    "house_account": "sold_by_company",
    "nobody_eligible": "nobody_eligible",
}


def why_unpaid(sale: UnpaidFacts) -> UnpaidReason:
    """The first rule that excludes the affiliate from an order; what they have earned where none does.

    Who they were at the sale comes before what became of it: money that came or went back changes
    nothing for somebody who was not to be paid at all.
    """
    return next(reason for reason in _of_sale(sale) if reason is not None)


def why_nothing_from(member: MemberFacts) -> UnpaidReason:
    """Why an affiliate earns nothing of a member's sales; or that they do."""
    return next(reason for reason in _of_member(member) if reason is not None)


def tell_unpaid(reason: UnpaidReason, reader: Reader) -> str:
    """The sentence in the reader's language, with its facts written out."""
    sentences = MEMBER_SENTENCES if "member" in reason.facts else SENTENCES
    shown = {name: _written(name, value, reader) for name, value in reason.facts.items()}
    return reader.text(sentences[reason.code]).format(**shown)


def _of_sale(sale: UnpaidFacts) -> Iterator[UnpaidReason | None]:
    said = {"order": sale.order, "day": sale.sold_on}
    yield _elsewhere(sale, said)
    if of_order := _OF_THE_ORDER.get(sale.earns_reason):
        yield UnpaidReason(of_order, said)
    assert sale.steps is not None, "whoever is not above the seller was told so"
    placed = {**said, "level": sale.steps, "last": sale.levels - 1}
    if sale.standing:
        yield UnpaidReason(sale.standing, placed)
    # What was earned tells more than what a plan would have paid: a sponsor may have moved up a level.
    if not sale.levels:
        yield UnpaidReason("needs_a_lead" if sale.needs_a_lead else "no_rule", said)
    if not sale.credited_minor and sale.steps >= sale.levels:
        yield UnpaidReason("beyond_levels", placed)
    if not sale.credited_minor and not sale.pays_here:
        yield UnpaidReason("level_pays_nothing", placed)
    yield _not_sold(sale, said)
    if sale.is_left_nothing and not sale.credited_minor:
        yield UnpaidReason("cap_used_up", placed)
    if sale.is_all_of_client and not sale.credited_minor:
        yield UnpaidReason("client_used_up", placed)
    yield UnpaidReason("not_accepted", said) if sale.waits_for_acceptance else None
    yield _earned(sale, said)


def _elsewhere(sale: UnpaidFacts, said: Mapping[str, Any]) -> UnpaidReason | None:
    if sale.steps is not None:
        return None
    if sale.is_above_now:
        return UnpaidReason("not_above_then", said)
    code = "another_credited_here" if sale.in_own_shop else "another_credited"
    return UnpaidReason(code, {**said, "signal": sale.attributed_by})


def _not_sold(sale: UnpaidFacts, said: Mapping[str, Any]) -> UnpaidReason | None:
    """What kept an order from becoming a delivered sale to a client."""
    if sale.state in ("canceled", "expired"):
        return UnpaidReason(sale.state, said)
    if not sale.is_paid:
        return UnpaidReason("not_paid", said)
    if sale.review in ("held", "refused"):
        return UnpaidReason(
            "held_for_review" if sale.review == "held" else "refused_by_review", said
        )
    return None if sale.is_delivered else UnpaidReason("not_delivered", said)


def _earned(sale: UnpaidFacts, said: Mapping[str, Any]) -> UnpaidReason:
    """What a delivered sale has earned, and where that is."""
    amounts = {
        "credited": Money(sale.credited_minor, sale.currency),
        "stands": Money(sale.stands_minor, sale.currency),
    }
    if not sale.stands_minor:
        gone = "went_back" if sale.credited_minor else "all_back"
        code = gone if sale.credited_minor or sale.is_all_back else "earns_too_little"
        return UnpaidReason(code, {**said, **amounts})
    if sale.is_released:
        return UnpaidReason("payable", {**said, **amounts})
    if sale.payable_on is None:
        return UnpaidReason("held_open", {**said, **amounts})
    return UnpaidReason("held", {**said, **amounts, "day": sale.payable_on})


def _of_member(it: MemberFacts) -> Iterator[UnpaidReason | None]:
    said: dict[str, Any] = {"member": it.member, "level": it.level, "last": it.levels - 1}
    yield UnpaidReason("not_in_team", said) if it.level is None else None
    yield UnpaidReason(it.standing, said) if it.standing else None
    yield UnpaidReason("beyond_levels", said) if (it.level or 0) >= it.levels else None
    yield None if it.sales else UnpaidReason("no_sales", said)
    yield None if it.delivered else UnpaidReason("none_delivered", said)
    yield UnpaidReason("earns", said)


def _written(name: str, value: Any, reader: Reader) -> str:
    if isinstance(value, Money):
        return reader.money(value)
    if isinstance(value, date):
        return reader.day(value)
    return reader.text(SIGNALS[value]) if name == "signal" else str(value)
