"""The plan in words: what each rule pays for what, as a clause that anybody can check a payment by.

The same sentences stand on the console, in the portal and in the agreement of the affiliates. They say
everything that the document says, so two versions that are told alike pay alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from mainstem.money import Money
from mainstem.plan.document import PlanDocument
from mainstem.plan.milestones import OF_A_LEAD
from mainstem.plan.period_words import PERIOD_SENTENCES, period_clauses
from mainstem.plan.reward_words import REWARD_SENTENCES, reward_clause
from mainstem.plan.sale_documents import (
    CreditDocument,
    LevelDocument,
    SaleRuleDocument,
    WhenDocument,
)

EVERYTHING = "For everything that is sold:"
ONLY = "For {which}:"
KINDS = {"goods": "goods", "service": "services", "": "goods and services"}
OF_SERVICES = {
    "": "",
    "qualified": "that began with a qualified request",
    "won": "that began with a request that was won",
    "delivered": "that were delivered",
    "accepted": "that the client has accepted",
}
ASKED = {
    "departments": "of the departments {names}",
    "products": "called {names}",
    "storefronts": "sold in the storefronts {names}",
    "affiliates": "sold by {names}",
    "groups": "sold by affiliates of the groups {names}",
}
CLIENTS = {
    "first_order": "on a client's first order",
    "repeat_order": "on a client's later orders",
}
MONTHS = "in the first {n} months of a client"
ORDERS = "on the first {n} orders of a client"
FROM = "from {day}"
UNTIL = "before {day}"
LARGE = "in orders that come to {amounts} or more without tax and delivery"
BASES = {
    "commissionable_value": "Whoever made the sale gets {pay} of what counts for commission.",
    "net_price": "Whoever made the sale gets {pay} of the price without tax.",
    "margin": "Whoever made the sale gets {pay} of the margin: the price without tax less what the article cost"
    " the company when it was ordered, never below nothing.",
}
SELLER_FIXED = "Whoever made the sale gets {pay} for each piece."
SPONSOR = "The sponsor at level {level} gets {pay} of the same."
SPONSOR_FIXED = "The sponsor at level {level} gets {pay} for each piece."
SPONSOR_BELOW = "The sponsor at level {level} gets {pay} of what the level below earns, unrounded."
SPONSOR_BELOW_ROUNDED = "The sponsor at level {level} gets {pay} of what the level below earns."
NOBODY = "Level {level} gets nothing."
IN_GROUPS = "Level {level} is paid only to members of {names}."
FROM_RANK = "Level {level} is paid only to those of the rank {rank} or higher."
SPONSOR_OF_SELLERS = (
    "The sponsor at level {level} gets {pay} of what whoever made the sale earns, unrounded."
)
SPONSOR_OF_SELLERS_ROUNDED = (
    "The sponsor at level {level} gets {pay} of what whoever made the sale earns."
)
CAP = "All levels together get {cap} of that at most; beyond it each gives way in proportion."
CAP_BY_PRIORITY = (
    "All levels together get {cap} of that at most; the lower level is paid first, and whoever comes last"
    " gets what is left."
)
AT_MOST = "No level gets more than {amounts} for one sale."
AT_MOST_LINE = (
    "No level gets more than {amounts} for one line of a sale: its share is divided over the lines by what of"
    " each it is paid of."
)
AT_MOST_CLIENT = (
    "No level gets more than {amounts} of all that one client ever buys under this rule, the oldest"
    " order first."
)
COST_KNOWN = "Only an article of which that cost is known falls under this rule."
HELD = "It is held for {days} days from delivery, and goes back with money that goes back."
HELD_FROM_ACCEPTANCE = (
    "It is held for {days} days from when the client accepted the work, and goes back with money that goes"
    " back."
)
AT_DELIVERY = (
    "It is credited when the service is delivered, never before. What was bought without a request pays"
    " nothing of it."
)

ORDER = "A line falls under the first of these rules that fits it. Only what was delivered to a client pays."
BY_MILESTONE = (
    "A service falls under one rule for each of its milestones, the first for it that fits: that its request"
    " was qualified, that it was won, that the work was delivered, that the client accepted it."
)
ALL = "All rules and levels together pay {cap} of a sale at most."
ALL_BY = {
    "proportion": "Where they would pay more, each gives way in proportion.",
    "priority": "Where they would pay more, the earlier rule is paid first, and of a rule the lower level;"
    " whoever comes last gets what is left.",
}
SPLIT = {
    "other_affiliates_code": "An order that comes through the storefront of one affiliate with a code of"
    " another is credited to both: {storefront} of it to the storefront, {other} to whose code it is.",
    "other_affiliates_link": "An order that comes through the storefront of one affiliate by a link of"
    " another is credited to both: {storefront} of it to the storefront, {other} to whose link it is.",
}
AS_ATTRIBUTED = {
    "other_affiliates_code": "An order that comes through the storefront of one affiliate with a code of"
    " another is credited to whose code it is.",
    "other_affiliates_link": "An order that comes through the storefront of one affiliate by a link of"
    " another is credited to the storefront.",
}
SHARED = (
    "Where an order is credited to several, every level above each is paid its rate of their part, under one"
    " cap for all together. A client who is bound to somebody is theirs, and nothing is shared."
)
ROUNDED = (
    "The shares of a sale are exact, rounded down together, and made whole by largest remainder; of two"
    " alike the lower level comes first."
)
VERSION_BY = {
    "order": "A sale falls under the version in force when it was ordered.",
    "delivery": "A sale falls under the version in force when it was delivered.",
}
JOINED_BEFORE = {
    "keep": "Affiliates who joined before this version keep the one that they have.",
    "move": "Affiliates who joined before this version move to it.",
}
PASSING = {
    ("house", "uses_up_level"): "A house account earns nothing; the company keeps its level.",
    ("house", "passed_over"): "A house account earns nothing; the next sponsor above moves into its level.",
    ("suspended", "uses_up_level"): "Whoever is suspended earns nothing; the company keeps their level.",
    ("suspended", "passed_over"): "Whoever is suspended earns nothing; the next sponsor above moves into"
    " their level.",
    ("inactive", "uses_up_level"): "A sponsor with fewer earns nothing of others' sales; the company keeps"
    " their level.",
    ("inactive", "passed_over"): "A sponsor with fewer earns nothing of others' sales; the next sponsor"
    " above moves into their level.",
}  # fmt: skip
REFUNDED = {
    "are_counted": "An order of a client counts also when its money has gone back.",
    "are_not_counted": "An order of a client whose money has gone back whole is not counted.",
}
ACTIVE = {
    "sale": "To be paid for others' sales, a sponsor has made {n} of their own, delivered to clients in the"
    " {days} days before the sale.",
    "delivery": "To be paid for others' sales, a sponsor has made {n} of their own, delivered to clients in"
    " the {days} days before the sale is first delivered.",
}
MINIMUM = "Less than {amounts} is not paid out and waits."
AND = " and "
OR = " or "

SENTENCES = (
    EVERYTHING, ONLY, *KINDS.values(), *filter(None, OF_SERVICES.values()),
    *ASKED.values(), *CLIENTS.values(), MONTHS, ORDERS, FROM, UNTIL,
    *BASES.values(), SELLER_FIXED, SPONSOR, SPONSOR_FIXED, SPONSOR_BELOW, SPONSOR_BELOW_ROUNDED,
    SPONSOR_OF_SELLERS, SPONSOR_OF_SELLERS_ROUNDED, CAP_BY_PRIORITY, *ALL_BY.values(), *SPLIT.values(),
    *AS_ATTRIBUTED.values(), SHARED, NOBODY, IN_GROUPS, FROM_RANK, CAP, AT_MOST, AT_MOST_LINE, COST_KNOWN, HELD,
    HELD_FROM_ACCEPTANCE, AT_DELIVERY, ORDER, BY_MILESTONE, ALL, ROUNDED, *VERSION_BY.values(),
    *JOINED_BEFORE.values(), *PASSING.values(), *REFUNDED.values(), *ACTIVE.values(), MINIMUM, AND, OR,
    *PERIOD_SENTENCES, *REWARD_SENTENCES,
)  # fmt: skip
"""Everything that may be said."""


class Reader(Protocol):
    """Whoever reads it: translates, and writes money, rates and days."""

    def text(self, message: str) -> str:
        """The message in the reader's language."""
        ...

    def money(self, amount: Money) -> str:
        """An amount in the reader's language."""
        ...

    def percent(self, basis_points: int) -> str:
        """A rate in the reader's language."""
        ...

    def day(self, at: date) -> str:
        """A day in the reader's language."""
        ...


@dataclass(frozen=True, slots=True)
class Clause:
    """What one rule says, or what holds for all of them: `about` is the rule's id, empty for all."""

    about: str
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        """The sentences as one paragraph."""
        return " ".join(self.sentences)


def clauses(
    plan: PlanDocument, reader: Reader, names: Mapping[str, str] | None = None
) -> list[Clause]:
    """The whole plan in the reader's language: what holds for all rules, then each rule in their order,
    then what a period pays, and what sending a friend gives.

    `names` are what products, departments, storefronts, affiliates and groups are called, by slug; without
    it, by their slugs.
    """
    teller = _Teller(reader, names or {})
    return [
        Clause("", tuple(teller.for_all(plan))),
        *(Clause(rule.id, tuple(teller.rule(rule))) for rule in plan.rules),
        *(
            Clause(about, tuple(said))
            for about, said in (period_clauses(plan.period, teller) if plan.period else ())
        ),
        *(
            [Clause("refer-a-friend", tuple(reward_clause(plan.refer_a_friend, teller)))]
            if plan.refer_a_friend
            else []
        ),
    ]


def which_of(rule: SaleRuleDocument, reader: Reader, names: Mapping[str, str] | None = None) -> str:
    """What a rule is for, as a heading: *Goods of the departments Lamps*."""
    said = " ".join(_Teller(reader, names or {}).which(rule.when))
    return said[:1].upper() + said[1:]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one clause from one version to the next: what is no longer said, and what is new."""

    about: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def difference(before: Sequence[Clause], after: Sequence[Clause]) -> list[Change]:
    """What two versions say differently, clause by clause in the order of the newer; what is gone last.

    A rule that only moved is told too: which of two comes first decides what a line pays.
    """
    was = {clause.about: clause.sentences for clause in before}
    now = {clause.about: clause.sentences for clause in after}
    changes = [
        Change(
            about,
            tuple(one for one in was.get(about, ()) if one not in said),
            tuple(one for one in said if one not in was.get(about, ())),
        )
        for about, said in now.items()
    ]
    changes += [Change(about, said, ()) for about, said in was.items() if about not in now]
    found = [one for one in changes if one.before or one.after]
    if not found and [one.about for one in before] != [one.about for one in after]:
        found = [Change("", tuple(was), tuple(now))]
    return found


@dataclass(frozen=True, slots=True)
class _Teller:
    reader: Reader
    names: Mapping[str, str]

    def say(self, message: str, **facts: object) -> str:
        return self.reader.text(message).format(**facts)

    def listed(self, slugs: Iterable[str], word: str) -> str:
        shown = [self.names.get(slug, slug) for slug in sorted(slugs)]
        if len(shown) < 2:
            return "".join(shown)
        return ", ".join(shown[:-1]) + self.reader.text(word) + shown[-1]

    def joined(self, parts: list[str]) -> str:
        return ", ".join(parts)

    def rate(self, basis_points: int) -> str:
        return self.reader.percent(basis_points)

    def amounts(self, minor: Mapping[str, int]) -> str:
        shown = [self.reader.money(Money(amount, code)) for code, amount in sorted(minor.items())]
        return self.reader.text(OR).join(shown)

    def for_all(self, plan: PlanDocument) -> Iterator[str]:
        yield self.say(ORDER)
        if any(rule.when.milestone for rule in plan.rules):
            yield self.say(BY_MILESTONE)
        yield self.say(ALL, cap=self.reader.percent(plan.cap_bp))
        if plan.cap_by:
            yield self.say(ALL_BY[plan.cap_by])
        yield self.say(ROUNDED)
        if plan.credit:
            yield from self.credit(plan.credit)
        yield self.say(VERSION_BY[plan.version_by])
        yield self.say(JOINED_BEFORE[plan.joined_before])
        yield self.say(PASSING["house", plan.uplines.house])
        yield self.say(PASSING["suspended", plan.uplines.suspended])
        if plan.refunded_orders:
            yield self.say(REFUNDED[plan.refunded_orders])
        if plan.uplines.own_sales_min:
            yield self.say(
                ACTIVE[plan.uplines.active_at or "sale"],
                n=plan.uplines.own_sales_min,
                days=plan.uplines.days,
            )
            yield self.say(PASSING["inactive", plan.uplines.inactive])
        if plan.minimum_payout_minor:
            yield self.say(MINIMUM, amounts=self.amounts(plan.minimum_payout_minor))

    def credit(self, said: CreditDocument) -> Iterator[str]:
        parts = {
            "storefront": self.reader.percent(said.storefront_bp),
            "other": self.reader.percent(said.other_bp),
        }
        signals = ("other_affiliates_code", "other_affiliates_link")
        for signal in signals:
            splits = getattr(said, signal) == "split"
            yield self.say((SPLIT if splits else AS_ATTRIBUTED)[signal], **parts)
        if said.storefront_bp:
            yield self.say(SHARED)

    def rule(self, rule: SaleRuleDocument) -> Iterator[str]:
        which = " ".join(self.which(rule.when))
        everything = which == self.reader.text(KINDS[""])
        yield self.say(EVERYTHING) if everything else self.say(ONLY, which=which)
        for level, said in enumerate(rule.levels):
            yield from self.level(rule, level, said)
        if rule.base == "margin":
            yield self.say(COST_KNOWN)
        by_priority = rule.cap_by == "priority"
        yield self.say(
            CAP_BY_PRIORITY if by_priority else CAP, cap=self.reader.percent(rule.cap_bp)
        )
        if rule.at_most_minor:
            yield self.say(AT_MOST, amounts=self.amounts(rule.at_most_minor))
        if rule.at_most_line_minor:
            yield self.say(AT_MOST_LINE, amounts=self.amounts(rule.at_most_line_minor))
        if rule.at_most_client_minor:
            yield self.say(AT_MOST_CLIENT, amounts=self.amounts(rule.at_most_client_minor))
        if rule.when.milestone in OF_A_LEAD:
            yield self.say(AT_DELIVERY)
        accepted = rule.when.milestone == "accepted"
        yield self.say(HELD_FROM_ACCEPTANCE if accepted else HELD, days=rule.hold_days)

    def which(self, when: WhenDocument) -> Iterator[str]:
        yield self.say(KINDS[when.kind])
        if when.milestone:
            yield self.say(OF_SERVICES[when.milestone])
        for name, message in ASKED.items():
            if slugs := getattr(when, name):
                word = AND if name in ("departments", "storefronts", "groups") else OR
                yield self.say(message, names=self.listed(slugs, word))
        if when.clients != "any":
            yield self.say(CLIENTS[when.clients])
        if when.months_max:
            yield self.say(MONTHS, n=when.months_max)
        if when.orders_max:
            yield self.say(ORDERS, n=when.orders_max)
        if when.starts_on:
            yield self.say(FROM, day=self.reader.day(when.starts_on))
        if when.ends_on:
            yield self.say(UNTIL, day=self.reader.day(when.ends_on))
        if when.order_min_minor:
            yield self.say(LARGE, amounts=self.amounts(when.order_min_minor))

    def level(self, rule: SaleRuleDocument, level: int, said: LevelDocument) -> Iterator[str]:
        pay = (
            self.amounts(said.each_minor)
            if said.each_minor
            else self.reader.percent(said.rate_bp)
        )  # fmt: skip
        if not said.rate_bp and not said.each_minor:
            yield self.say(NOBODY, level=level)
        else:
            yield self.say(_paid(rule, level, fixed=bool(said.each_minor)), level=level, pay=pay)
        if said.groups:
            yield self.say(IN_GROUPS, level=level, names=self.listed(said.groups, OR))
        if said.rank_from:
            yield self.say(FROM_RANK, level=level, rank=said.rank_from)


def _paid(rule: SaleRuleDocument, level: int, *, fixed: bool) -> str:
    if level == 0:
        return SELLER_FIXED if fixed else BASES[rule.base]
    if fixed:
        return SPONSOR_FIXED
    return {
        "sale": SPONSOR,
        "level_below": SPONSOR_BELOW,
        "level_below_rounded": SPONSOR_BELOW_ROUNDED,
        "sellers_commission": SPONSOR_OF_SELLERS,
        "sellers_commission_rounded": SPONSOR_OF_SELLERS_ROUNDED,
    }[rule.levels_of]
