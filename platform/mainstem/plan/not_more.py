"""Why a commission is not more, and what would have changed it: the same arithmetic, asked once more with one
thing different.

Pure. What the client did is told only as far as the plan asks about it; nobody is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mainstem.money import Money
from mainstem.plan.document import PlanDocument
from mainstem.plan.exact_shares import Party, Portion
from mainstem.plan.limits import NO_CAP
from mainstem.plan.line_caps import LinePart
from mainstem.plan.sale_rules import Line, SalePlan, SaleRule
from mainstem.plan.sales import shared_credits
from mainstem.plan.words import Reader, which_of

RULES_TOLD = 5
"""How many rules are named that would have paid more: those that would have paid most."""

LINES_ASKED = 20
"""Of how many lines of a sale it is asked what another rule would have paid: of those that count for most."""


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One line of a sale, as the plan was asked about it: its name (empty for a reader who may not know it),
    the rule that it fell under (None for none), and what of it was delivered, in minor units. `waits` is how
    many pieces may still come. A service is one for each of its milestones: `is_counted` where what it is
    worth is counted, and not `is_due` while its client has not accepted the work."""

    line: Line
    name: str
    rule: str | None
    counts_minor: int
    net_minor: int
    pieces: int
    waits: int = 0
    is_counted: bool = True
    is_due: bool = True
    margin_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldOrder:
    """A sale as it was sold, and how far it has come: `reversed_minor` is what of the asker's commission went
    back with the client's money."""

    currency: str
    parties: Sequence[Party]
    lines: Sequence[SoldLine]
    reversed_minor: int = 0
    credited_minor: int | None = None
    """What the asker was credited with, where other sales to the client have a say in it."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One thing that makes a commission what it is and no more, and the facts that its sentence names."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


NAMELESS = "Part of the sale"

SENTENCES = {
    "capped": "All levels together are paid no more than the plan's limit: without it your share would have"
    " been {more} higher.",
    "most": "One sale pays a level no more than a fixed amount: without it your share would have been {more}"
    " higher.",
    "line_most": "One line of a sale pays a level no more than a fixed amount: without it your share would have"
    " been {more} higher.",
    "client_most": "All sales to one client pay a level no more than a fixed amount, the oldest first: without it"
    " your share would have been {more} higher.",
    "waits": "{name}: {pieces} not delivered yet. They earn when they are.",
    "went_back": "{back} went back with the client's money. Had the client kept everything, it would be"
    " yours.",
    "came_first": "{name}: it would have earned you {more} more by the rule {rule}. Of two rules that fit, the"
    " first in the plan counts.",
    "other_rule": "{name}: it would have earned you {more} more by the rule {rule}. It is for {which}.",
    "nothing": "Nothing made it less: no other rule of the plan pays your level more of this sale.",
}
"""What is said, by the code."""


def otherwise(plan: SalePlan, sold: SoldOrder, me: int) -> list[Otherwise]:
    """Everything that would have made somebody's commission on a sale another; `nothing` where nothing would.

    Each is asked by itself, with all else as it was, of what was delivered before anything went back.
    """
    free = replace(plan, rules=tuple(replace(rule, at_most_client_minor={}) for rule in plan.rules))
    asked = _Asked(free, sold, me, _mine(free, sold, sold.lines, me))
    if sold.credited_minor is not None and (more := asked.now - sold.credited_minor) > 0:
        # Whatever else were different would come to the same.
        by_client = Otherwise("client_most", {"more": Money(more, sold.currency)})
        return [by_client, *asked.course()]
    return [*asked.limits(), *asked.course(), *asked.rules()] or [Otherwise("nothing")]


def tell_otherwise(
    one: Otherwise, plan: PlanDocument, reader: Reader, names: Mapping[str, str] | None = None
) -> str:
    """The sentence in the reader's language. `names` are what products, departments and so on are called, by
    slug."""
    shown = {name: _written(value, reader) for name, value in one.facts.items()}
    if "name" in shown:
        shown["name"] = shown["name"] or reader.text(NAMELESS)
    rule = next((rule for rule in plan.rules if rule.id == one.facts.get("rule")), None)
    if rule is not None:
        which = which_of(rule, reader, names)
        shown["which"] = which[:1].lower() + which[1:]
    return reader.text(SENTENCES[one.code]).format(**shown)


@dataclass(frozen=True, slots=True)
class _Asked:
    plan: SalePlan
    sold: SoldOrder
    me: int
    now: int

    def more(self, plan: SalePlan) -> int:
        """How much more the sale would have earned by another plan."""
        return _mine(plan, self.sold, self.sold.lines, self.me) - self.now

    def limits(self) -> Iterator[Otherwise]:
        uncapped = replace(
            self.plan,
            cap_bp=NO_CAP,
            rules=tuple(replace(rule, cap_bp=NO_CAP) for rule in self.plan.rules),
        )
        if (more := self.more(uncapped)) > 0:
            yield self._more("capped", more)
        unlimited = replace(
            self.plan, rules=tuple(replace(rule, at_most_minor={}) for rule in self.plan.rules)
        )
        if (more := self.more(unlimited)) > 0:
            yield self._more("most", more)
        by_sale = tuple(replace(rule, at_most_line_minor={}) for rule in self.plan.rules)
        if (more := self.more(replace(self.plan, rules=by_sale))) > 0:
            yield self._more("line_most", more)

    def course(self) -> Iterator[Otherwise]:
        for line in self.sold.lines:
            if line.waits and line.rule and line.is_counted:
                yield Otherwise("waits", {"name": line.name, "pieces": line.waits})
        if self.sold.reversed_minor:
            back = Money(self.sold.reversed_minor, self.sold.currency)
            yield Otherwise("went_back", {"back": back})

    def rules(self) -> Iterator[Otherwise]:
        found = [
            (more, self._more(code, more, rule=rule.id, name=line.name))
            for line, rule, code in self._other_rules()
            if (more := self._by(line, rule)) > 0
        ]
        most = sorted(found, key=lambda one: -one[0])[:RULES_TOLD]
        yield from (one for _, one in most)

    def _other_rules(self) -> Iterator[tuple[SoldLine, SaleRule, str]]:
        largest = sorted(self.sold.lines, key=lambda line: -line.counts_minor)[:LINES_ASKED]
        for line in largest:
            for rule in self.plan.rules:
                if rule.id == line.rule or not rule.pays_in(self.sold.currency):
                    continue
                if rule.when.milestone != line.line.milestone:
                    continue  # it pays beside this one, and not in its place
                yield line, rule, "other_rule" if rule.misses(line.line) else "came_first"

    def _by(self, line: SoldLine, rule: SaleRule) -> int:
        """How much more a line would have earned by another rule."""
        others = [one for one in self.sold.lines if one is not line]
        moved = [*others, replace(line, rule=rule.id)]
        return _mine(self.plan, self.sold, moved, self.me) - self.now

    def _more(self, code: str, more: int, **facts: Any) -> Otherwise:
        return Otherwise(code, {"more": Money(more, self.sold.currency), **facts})


def _mine(plan: SalePlan, sold: SoldOrder, lines: Iterable[SoldLine], me: int) -> int:
    found = shared_credits(plan, sold.parties, sold.currency, _portions(plan, lines))
    return sum(one.credited_minor for one in found if one.beneficiary_id == me)


def _portions(plan: SalePlan, lines: Iterable[SoldLine]) -> list[Portion]:
    sums: dict[tuple[str, bool], tuple[int, int, int]] = {}
    of_line: dict[tuple[str, bool], list[LinePart]] = {}
    for line in lines:
        if line.rule is not None:
            rule = plan.rule(line.rule)
            worth = rule.of(line.counts_minor, line.net_minor, line.margin_minor)
            base, pieces, counted = sums.get((line.rule, line.is_due), (0, 0, 0))
            counted += worth if line.is_counted else 0
            sums[line.rule, line.is_due] = base + worth, pieces + line.pieces, counted
            of_line.setdefault((line.rule, line.is_due), []).append(LinePart(worth))
    return [
        Portion(rule, base, 0, pieces, counted, is_due, of_line[rule, is_due])
        for (rule, is_due), (base, pieces, counted) in sums.items()
    ]


def _written(value: Any, reader: Reader) -> str:
    return reader.money(value) if isinstance(value, Money) else str(value)
