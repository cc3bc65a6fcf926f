"""What a sale gives one level by one rule, and how that came to be."""

from __future__ import annotations

from dataclasses import dataclass

from mainstem.money import BASIS
from mainstem.plan.client_caps import OfClient
from mainstem.plan.exact_shares import ExactShares, Way
from mainstem.plan.line_caps import ByLine, LinePart, by_line
from mainstem.plan.sale_rules import CapBy, SaleRule


@dataclass(frozen=True, slots=True)
class Credit:
    """One level's share of a portion, in minor units.

    `uncapped_minor` is its share of what all levels get; `credited_minor` no more of it than one sale
    may pay. `reversed_minor` is how much of that has gone back: 0 <= reversed <= credited, and the
    difference is what stands. `cut` is the fraction by which caps made it smaller, (1, 1) where none did,
    and `cut_by` who gave way to them; `capped_bp` says it in rates, the cap and what all levels' rates come
    to, where that is all there is to it. `ways` are how the share came to be before any cap: more than one
    where somebody stands above several who share the sale. `part_bp` is how much of the sale it is of.
    `by_line` is how it is limited line by line, and `by_client` by what else the client bought, where the rule
    does that.
    """

    rule: str
    level: int
    beneficiary_id: int
    rate_bp: int
    uncapped_minor: int
    credited_minor: int
    reversed_minor: int
    cut: tuple[int, int] = (1, 1)
    capped_bp: tuple[int, int] | None = None
    ways: tuple[Way, ...] = (Way(),)
    part_bp: int = BASIS
    cut_by: CapBy = "proportion"
    by_line: ByLine | None = None
    by_client: OfClient | None = None

    @property
    def stands_minor(self) -> int:
        """What is earned as things are."""
        return self.credited_minor - self.reversed_minor


def most_of(most_minor: int, part_bp: int) -> int:
    """What one level gets at most for a part of a sale, in minor units."""
    return most_minor * part_bp // BASIS


def of_only_order(rule: SaleRule, currency: str) -> OfClient | None:
    """What all sales to a client may pay, where this is the only one; None where its rule does not say."""
    most = rule.at_most_client_minor.get(currency)
    return None if most is None else OfClient(most)


def line_by_line(exact: ExactShares, part: int, part_bp: int, currency: str) -> ByLine | None:
    """What a level's whole part pays line by line; None where its rule has no limit for one line."""
    at_most = exact.rule.at_most_line_minor.get(currency)
    if at_most is None:
        return None
    portion = exact.portion
    lines = portion.lines or (LinePart(portion.base_minor, portion.returned_minor),)
    assert sum(line.base_minor for line in lines) == portion.base_minor, "lines are all there is"
    return by_line(part, lines, most_of(at_most, part_bp))
