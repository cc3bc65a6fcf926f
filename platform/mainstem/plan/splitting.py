"""What somebody gains who appears as several: looked for over small trees of accounts, and shown as one.

Searched are all trees of up to three accounts. What each sells, or all of them together, is a volume at which
something begins or ends: between two of those a gain only rises or only falls, so the most is at one of them.
Three accounts sell equal parts of it, or each such a volume where a plan has few. Pools and prizes depend on what
others sell and are left out: they are shared by what is sold, which splitting does not raise, or go to whoever
sold most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations, product

from mainstem.plan.document import PlanDocument, compiled_period
from mainstem.plan.periods import Participant, PeriodRules, earnings
from mainstem.plan.worst_months import volumes

TREES: tuple[tuple[int | None, ...], ...] = ((None, None), (None, 0), (None, 0, 0), (None, 0, 1))
"""Each account's sponsor among them: two beside each other, and every tree of two and of three."""

FEW = 8
STEPS_MAX = 60
"""So many volumes are tried, the lowest; more than any plan has that somebody could read."""


@dataclass(frozen=True, slots=True)
class SplitGain:
    """Somebody who sells as these accounts, each under its `sponsors`, and is paid more than as one."""

    sponsors: tuple[int | None, ...]
    sold: tuple[int, ...]
    once_minor: int
    paid_minor: int

    @property
    def sold_minor(self) -> int:
        """What all of them sell."""
        return sum(self.sold)

    def tree(self, written: Callable[[int], str]) -> str:
        """The accounts as a tree: A with what it sells, and in brackets who stands under it."""
        roots = [at for at, sponsor in enumerate(self.sponsors) if sponsor is None]
        return ", ".join(self._told(at, written) for at in roots)

    def _told(self, at: int, written: Callable[[int], str]) -> str:
        below = [n for n, sponsor in enumerate(self.sponsors) if sponsor == at]
        under = f" ({', '.join(self._told(n, written) for n in below)})" if below else ""
        return f"{chr(ord('A') + at)}: {written(self.sold[at])}{under}"


def period_split(plan: PlanDocument, currency: str) -> SplitGain | None:
    """The split that gains most of what is sold, in one currency; None where none gains."""
    rules = replace(compiled_period(plan, currency), pools=(), leaderboards=())
    found = [
        gain for gain in _all(rules) if gain.paid_minor > gain.once_minor + _roundings(rules, gain)
    ]
    return max(
        found,
        key=lambda one: ((one.paid_minor - one.once_minor) / one.sold_minor, -len(one.sold)),
        default=None,
    )


def _all(rules: PeriodRules) -> Iterator[SplitGain]:
    if not (rules.tiers or rules.goals):
        return
    for tree in TREES if any(rule.depth for rule in rules.tiers) else TREES[1:3]:
        for sold in _sold(rules, len(tree)):
            once = paid(rules, (None,), (sum(sold),))
            yield SplitGain(tree, sold, once, paid(rules, tree, sold))


def _sold(rules: PeriodRules, many: int) -> Iterator[tuple[int, ...]]:
    steps = [0, *volumes(rules)[:-1][:STEPS_MAX]]
    if many == 2 or len(steps) <= FEW:
        yield from (sold for sold in product(steps, repeat=many) if any(sold))
    if many == 2:
        yield from ((part, whole - part) for part, whole in combinations(steps, 2))
    for whole in steps[1:]:
        yield (whole, *(whole for _ in range(many - 1)))
        part, left = divmod(whole, many)
        yield (part + left, *(part for _ in range(many - 1)))


def paid(rules: PeriodRules, sponsors: tuple[int | None, ...], sold: tuple[int, ...]) -> int:
    """What a period pays to accounts that sell so much, all of them together."""
    people = [
        Participant(at + 1, None if sponsor is None else sponsor + 1, volume, clients=1)
        for at, (sponsor, volume) in enumerate(zip(sponsors, sold, strict=True))
    ]
    return sum(one.amount_minor for one in earnings(rules, people, {}))


def _roundings(rules: PeriodRules, gain: SplitGain) -> int:
    # Half a unit a line, of which there are as many more as there are accounts and rules.
    return len(gain.sold) * len(rules.tiers)
