"""What a plan gives for one sale: pure, exact, and the only place where it is worked out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mainstem.money import largest_remainder, rdiv
from mainstem.plan.exact_shares import ExactShares, Portion, Way, cut_to_plan, exact_shares
from mainstem.plan.sale_rules import SalePlan
from mainstem.plan.uplines import Member


@dataclass(frozen=True, slots=True)
class Credit:
    """One level's share of a portion, in minor units.

    `uncapped_minor` is its share of what all levels get; `credited_minor` no more of it than one sale
    may pay. `reversed_minor` is how much of that has gone back: 0 <= reversed <= credited, and the
    difference is what stands. `cut` is the fraction by which caps made it smaller, (1, 1) where none did;
    `capped_bp` says it in rates, the cap and what all levels' rates come to, where that is all there is to it.
    `way` is how the share came to be before any cap.
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
    way: Way = field(default_factory=Way)

    @property
    def stands_minor(self) -> int:
        """What is earned as things are."""
        return self.credited_minor - self.reversed_minor


def credits(
    plan: SalePlan, upline: Sequence[Member], currency: str, portions: Sequence[Portion]
) -> list[Credit]:
    """Every level's share of everything that was delivered of one sale and is due, the seller first.

    The shares of a portion add up to the exact sum of their rates rounded down, at most the rule's
    cap, and all portions to no more than the plan's; the parts are whole by largest remainder, a tie
    going to the lower level. A reversal is the returned part of each share, taken cumulatively and
    rounded once, so any sequence of refunds that adds up to the base takes back every cent and never
    one more; what a sale may pay at most is then applied to what stands. No refund raises a level.
    """
    exact = [
        share
        for portion in portions
        if (share := exact_shares(plan, upline, currency, portion)) is not None
    ]
    cut_to_plan(plan.cap_bp, portions, exact)
    due = (share for share in exact if share.portion.is_due)
    return [credit for share in due for credit in _whole(share, currency)]


def _whole(share: ExactShares, currency: str) -> Iterator[Credit]:
    parts = largest_remainder(1, share.numerators, share.per)
    most = share.rule.at_most_minor.get(currency)
    for (level, place), way, part in zip(share.paid, share.ways, parts, strict=True):
        if not part:
            continue
        portion = share.portion
        left = part - rdiv(part * portion.returned_minor, portion.base_minor)
        credited = part if most is None else min(part, most)
        stands = left if most is None else min(left, most)
        yield Credit(
            rule=share.rule.id,
            level=level,
            beneficiary_id=place.member.id,
            rate_bp=share.rule.levels[level].rate_bp,
            uncapped_minor=part,
            credited_minor=credited,
            reversed_minor=credited - stands,
            cut=share.cut,
            capped_bp=share.capped_bp,
            way=way,
        )
