"""What a plan gives for one sale: pure, exact, and the only place where it is worked out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mainstem.money import BASIS, largest_remainder, rdiv
from mainstem.plan.credit import Credit, line_by_line, most_of, of_only_order
from mainstem.plan.exact_shares import (
    ExactShares,
    Party,
    Portion,
    cut_to_plan,
    exact_shares,
)
from mainstem.plan.sale_rules import SalePlan
from mainstem.plan.uplines import Member


def credits(
    plan: SalePlan, upline: Sequence[Member], currency: str, portions: Sequence[Portion]
) -> list[Credit]:
    """Every level's share of everything that was delivered of one sale and is due, the seller first.

    The shares of a portion add up to the exact sum of their rates rounded down, at most the rule's
    cap, and all portions to no more than the plan's; the parts are whole by largest remainder, a tie
    going to the lower level. A reversal is the returned part of each share, taken cumulatively and
    rounded once, so any sequence of refunds that adds up to the base takes back every cent and never
    one more; what a sale, and a line of it, may pay at most is then applied to what stands. No refund
    raises a level.
    """
    return shared_credits(plan, [Party(upline)], currency, portions)


def shared_credits(
    plan: SalePlan, parties: Sequence[Party], currency: str, portions: Sequence[Portion]
) -> list[Credit]:
    """The same of a sale that is credited to several, each with a part of it and their own upline.

    All of them share one cap and one rounding, a tie going to the lower level and then to the earlier
    party; whoever stands at one level above several is credited once, with their parts together. What one
    sale pays a level at most is for each their part of it: nobody gains by sharing a sale. What all sales to one
    client may pay is applied as if this were the only one.
    """
    assert sum(party.part_bp for party in parties) == BASIS, "they share the whole"
    exact = [
        share
        for portion in portions
        if (share := exact_shares(plan, parties, currency, portion)) is not None
    ]
    cut_to_plan(plan, portions, exact)
    due = (share for share in exact if share.portion.is_due)
    return [credit for share in due for credit in _whole(share, currency)]


def _whole(exact: ExactShares, currency: str) -> Iterator[Credit]:
    parts = largest_remainder(1, [share.numerator for share in exact.shares], exact.per)
    at_most = exact.rule.at_most_minor.get(currency)
    portion = exact.portion
    for share, part in zip(exact.shares, parts, strict=True):
        if not part:
            continue
        most = part if at_most is None else most_of(at_most, share.part_bp)
        left = part - rdiv(part * portion.returned_minor, portion.base_minor)
        lines = line_by_line(exact, part, share.part_bp, currency)
        gets, left = (part, left) if lines is None else (lines.credited_minor, lines.stands_minor)
        credited, stands = min(gets, most), min(left, most)
        if by_client := of_only_order(exact.rule, currency):
            credited, stands = by_client.left_of(credited), by_client.left_of(stands)
        if not credited:
            continue
        yield Credit(
            rule=exact.rule.id,
            level=share.level,
            beneficiary_id=share.beneficiary_id,
            rate_bp=exact.rule.levels[share.level].rate_bp,
            uncapped_minor=part,
            credited_minor=credited,
            reversed_minor=credited - stands,
            cut=share.cut,
            capped_bp=exact.capped_bp,
            ways=tuple(share.ways),
            part_bp=share.part_bp,
            cut_by=share.cut_by,
            by_line=lines,
            by_client=by_client,
        )
