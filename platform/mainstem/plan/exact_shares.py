"""The exact shares of a sale, before they are whole: what each level gets of each portion, under every cap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import gcd, prod

from mainstem.money import BASIS, rdiv
from mainstem.plan.sale_rules import CapBy, Level, SalePlan, SaleRule
from mainstem.plan.uplines import Member, places


@dataclass(frozen=True, slots=True)
class Portion:
    """What of one sale was delivered under one rule, in minor units of the rule's base.

    `returned_minor` is how much of it went back: 0 <= returned <= base. `pieces` is what fixed money is
    paid for.

    What falls under several rules, one for each milestone of a service, is worth once what it is worth:
    `worth_minor` is what of the base this portion stands for, None for all of it. What is not `is_due`
    yet pays nothing, and takes its place under the plan's cap, so that nothing shrinks when it is.
    """

    rule: str
    base_minor: int
    returned_minor: int = 0
    pieces: int = 0
    worth_minor: int | None = None
    is_due: bool = True

    @property
    def counted_minor(self) -> int:
        """What it adds to what a sale is worth."""
        return self.base_minor if self.worth_minor is None else self.worth_minor


@dataclass(frozen=True, slots=True)
class Party:
    """One of those to whom a sale is credited, and everybody above them: with so much of the sale, in
    basis points. Those of all parties add up to the whole."""

    upline: Sequence[Member]
    part_bp: int = BASIS


@dataclass(frozen=True, slots=True)
class Way:
    """How a level's share comes to be: its rates, one after the other, of so much of the portion's base
    (`part_bp`); or of an amount, where it is one. Fixed money has no rate."""

    chain_bp: tuple[int, ...] = ()
    of_minor: int | None = None
    part_bp: int = BASIS


@dataclass(slots=True)
class ExactShare:
    """What somebody gets of a portion at one level: a numerator over the portion's denominator.

    `part_bp` is how much of the sale is credited to them at this level. There are several ways where
    somebody stands at one level above several parties. `cut` is the fraction that caps left of it.
    """

    level: int
    beneficiary_id: int
    ways: list[Way]
    part_bp: int
    numerator: int
    cut: tuple[int, int] = (1, 1)
    cut_by: CapBy = "proportion"
    gave_way: bool = False
    """Whether the cap that is being applied has cut it."""

    def give_way(self, part: int, whole: int, by: CapBy) -> None:
        """Let so much be left of it, over a denominator that is so many times as large."""
        self.numerator, self.gave_way = self.numerator * part, True
        common = gcd(self.cut[0] * part, self.cut[1] * whole) or 1
        self.cut = (self.cut[0] * part // common, self.cut[1] * whole // common)
        self.cut_by = "priority" if "priority" in (by, self.cut_by) else by

    def join(self, other: ExactShare, *, rounded: bool) -> None:
        """Add what the same one gets at the same level above another party: by one way if both are alike,
        and neither was rounded on its own."""
        self.numerator += other.numerator
        self.part_bp += other.part_bp
        (new,) = other.ways
        for at, way in enumerate(self.ways):
            if not rounded and (way.chain_bp, way.of_minor) == (new.chain_bp, new.of_minor):
                self.ways[at] = Way(way.chain_bp, way.of_minor, way.part_bp + new.part_bp)
                return
        self.ways.append(new)


@dataclass(slots=True)
class ExactShares:
    """The exact shares of a portion over one denominator, the lower level first, then the earlier party."""

    portion: Portion
    rule: SaleRule
    shares: list[ExactShare]
    per: int

    @property
    def capped_bp(self) -> tuple[int, int] | None:
        """The rule's cap and the rates that it cuts, where its own cap alone cut nothing but rates of
        the sale, each of all of it, and all alike."""
        levels = [self.rule.levels[share.level] for share in self.shares]
        in_part = any(share.part_bp != BASIS for share in self.shares)
        if in_part or any(level.each_minor for level in levels) or self.rule.levels_of != "sale":
            return None
        cap, rates = self.rule.cap_bp, sum(level.rate_bp for level in levels)
        cut = self.shares[0].cut
        alike = all(share.cut == cut and share.cut_by == "proportion" for share in self.shares)
        return (cap, rates) if alike and cut[0] * rates == cut[1] * cap and rates > cap else None


def exact_shares(
    plan: SalePlan, parties: Sequence[Party], currency: str, portion: Portion
) -> ExactShares | None:
    """The shares of one portion, under its rule's cap; None where nobody gets any."""
    assert 0 <= portion.returned_minor <= portion.base_minor, "no more goes back than came"
    rule = plan.rule(portion.rule)
    if not portion.base_minor:
        return None
    found = [_of_party(plan, rule, party, currency, portion) for party in parties]
    per = max((per for _, per in found), default=1)
    joined: dict[tuple[int, int], ExactShare] = {}
    for shares, own in found:
        for share in shares:
            # Every denominator is a power of the same base, so the largest is a multiple of each.
            share.numerator *= per // own
            key = (share.level, share.beneficiary_id)
            if key in joined:
                joined[key].join(share, rounded=rule.is_rounded_by_level)
            else:
                joined[key] = share
    if not joined:
        return None
    exact = ExactShares(portion, rule, sorted(joined.values(), key=lambda one: one.level), per)
    _cap([exact], portion.base_minor * rule.cap_bp, rule.cap_by, {})
    return exact


def cut_to_plan(plan: SalePlan, portions: Sequence[Portion], exact: Sequence[ExactShares]) -> None:
    """Let shares give way where all together are above what the plan allows: in proportion, or those of
    later rules and higher levels first."""
    order = {rule.id: number for number, rule in enumerate(plan.rules)}
    cap = sum(portion.counted_minor for portion in portions) * plan.cap_bp
    _cap(exact, cap, plan.cap_by, order)


def _cap(exact: Sequence[ExactShares], cap: int, by: CapBy, order: Mapping[str, int]) -> None:
    """Let shares give way to a cap, in minor units times BASIS: all alike, or whoever comes last of all."""
    per = max((one.per for one in exact), default=1)
    for one in exact:
        per = per if per % one.per == 0 else per * one.per
    total = sum(sum(share.numerator for share in one.shares) * (per // one.per) for one in exact)
    if total * BASIS <= cap * per:
        return
    for one in exact:
        for share in one.shares:
            share.numerator *= per // one.per
        one.per = per
    shares = [share for one in exact for share in one.shares]
    scale = _fill(_served(exact, order) if by == "priority" else [shares], cap * per, by)
    for share in shares:
        share.numerator *= 1 if share.gave_way else scale
        share.gave_way = False
    for one in exact:
        one.per *= scale


def _served(exact: Sequence[ExactShares], order: Mapping[str, int]) -> Iterator[list[ExactShare]]:
    """Who is served one after the other: the earlier rule first, and of a rule the lower level. All at
    one level come at once."""
    for one in sorted(exact, key=lambda one: order.get(one.rule.id, 0)):
        for _, level in groupby(one.shares, key=lambda share: share.level):
            yield list(level)


def _fill(groups: Iterable[list[ExactShare]], left: int, by: CapBy) -> int:
    """Serve one group after the other, as long as something is left; by what all must be multiplied that
    did not give way."""
    scale = 1
    for group in groups:
        wanted = sum(share.numerator for share in group) * BASIS
        if wanted <= left:
            left -= wanted
            continue
        for share in group:
            share.give_way(left, wanted, by)
        scale, left = (wanted if scale == 1 else scale), 0
    return scale


def _of_party(
    plan: SalePlan, rule: SaleRule, party: Party, currency: str, portion: Portion
) -> tuple[list[ExactShare], int]:
    """What each level above one party would get without any cap, exactly, over one denominator."""
    paid = [
        (place.level, place.member.id)
        for place in places(party.upline, plan.uplines, rule.levels)
        if place.reason is None
        and place.level is not None
        and _pays(rule.levels[place.level], currency)
    ]
    found: list[tuple[Way, int, int]] = []
    for level, _ in paid:
        seller = found[0] if paid[0][0] == 0 and found else None
        way = _way(rule, level, found, seller, party.part_bp, currency, portion)
        found.append((way, *_share(way, portion, rounded=rule.is_rounded_by_level)))
    per = max((denominator for _, _, denominator in found), default=1)
    shares = [
        ExactShare(level, who, [way], party.part_bp, numerator * (per // denominator))
        for (level, who), (way, numerator, denominator) in zip(paid, found, strict=True)
    ]
    return shares, per


def _pays(level: Level, currency: str) -> bool:
    return level.rate_bp > 0 or level.each_minor.get(currency, 0) > 0


def _way(
    rule: SaleRule,
    level: int,
    below: Sequence[tuple[Way, int, int]],
    seller: tuple[Way, int, int] | None,
    part_bp: int,
    currency: str,
    portion: Portion,
) -> Way:
    """How the share of a level comes to be, from those of the levels below it that are paid."""
    said = rule.levels[level]
    if said.each_minor:
        return Way((), said.each_minor[currency] * portion.pieces, part_bp)
    own = Way((said.rate_bp,), None, part_bp)
    if rule.levels_of == "sale" or level == 0:
        return own
    if rule.levels_of in ("sellers_commission", "sellers_commission_rounded"):
        # Nothing of nothing, where who sold is paid nothing.
        of = seller or (Way((), 0), 0, 1)
    elif below:
        of = below[-1]
    else:
        return own
    if rule.is_rounded_by_level:
        return Way((said.rate_bp,), of[1])
    return Way((*of[0].chain_bp, said.rate_bp), of[0].of_minor, part_bp)


def _share(way: Way, portion: Portion, *, rounded: bool) -> tuple[int, int]:
    """What a way comes to, as a fraction."""
    of = portion.base_minor if way.of_minor is None else way.of_minor
    share, per = of * prod(way.chain_bp), BASIS ** len(way.chain_bp)
    if way.part_bp != BASIS:
        share, per = share * way.part_bp, per * BASIS
    return (rdiv(share, per), 1) if rounded else (share, per)
